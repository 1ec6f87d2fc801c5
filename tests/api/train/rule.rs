//! `fit` and the optimisers, written again from their documentation: the same bits.

use super::*;

fn with_parameters(network: &Network, mut values: &[f64]) -> Network {
    let layers = network.layers().iter().map(|layer| {
        let (weights, rest) = values.split_at(layer.weights().len());
        let (bias, rest) = rest.split_at(layer.outputs());
        values = rest;
        let weights = Matrix::from_vec(layer.inputs(), layer.outputs(), weights.to_vec()).unwrap();
        Dense::new(weights, bias.to_vec(), layer.activation()).unwrap()
    });
    Network::new(layers.collect()).unwrap()
}

/// Whether a parameter is a weight and not a bias.
fn weights(network: &Network) -> Vec<bool> {
    let of_layer = |layer: &Dense| {
        [
            vec![true; layer.weights().len()],
            vec![false; layer.outputs()],
        ]
        .concat()
    };
    network.layers().iter().flat_map(of_layer).collect()
}

/// The rules of the optimisers' documentation, number by number.
struct Rule {
    optimizer: Optimizer,
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl Rule {
    fn new(optimizer: Optimizer, len: usize) -> Self {
        Self {
            optimizer,
            first: vec![0.0; len],
            second: vec![0.0; len],
            steps: 0,
        }
    }

    fn step(&mut self, rate: f64, w: &mut [f64], gradients: &[f64], is_weight: &[bool]) {
        self.steps += 1;
        // By squaring, as documented for schedules and Adam alike.
        let power = |base: f64| {
            let (mut result, mut square, mut n) = (1.0, base, self.steps);
            while n > 0 {
                if n % 2 == 1 {
                    result *= square;
                }
                square *= square;
                n /= 2;
            }
            result
        };
        for i in 0..w.len() {
            let mut g = gradients[i];
            match self.optimizer {
                Optimizer::Sgd(sgd) => {
                    if is_weight[i] && sgd.weight_decay != 0.0 {
                        g += sgd.weight_decay * w[i];
                    }
                    if sgd.momentum == 0.0 {
                        w[i] -= rate * g;
                        continue;
                    }
                    self.first[i] = sgd.momentum * self.first[i] - rate * g;
                    w[i] += match sgd.nesterov {
                        true => sgd.momentum * self.first[i] - rate * g,
                        false => self.first[i],
                    };
                }
                Optimizer::Adam(adam) => {
                    if is_weight[i] && adam.weight_decay != 0.0 {
                        w[i] -= (rate * adam.weight_decay) * w[i];
                    }
                    self.first[i] = adam.beta1 * self.first[i] + (1.0 - adam.beta1) * g;
                    self.second[i] = adam.beta2 * self.second[i] + (1.0 - adam.beta2) * (g * g);
                    let r = rate * (1.0 - power(adam.beta2)).sqrt() / (1.0 - power(adam.beta1));
                    w[i] -= r * self.first[i] / (self.second[i].sqrt() + adam.epsilon);
                }
                _ => unreachable!(),
            }
        }
    }
}

fn sum(row: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    row.iter().enumerate().for_each(|(i, x)| l[i % 8] += x);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// `fit`, written again from its documentation: orders, batches, micro-batches, clipping, schedules, steps.
#[test]
fn training_has_the_bits_of_the_rule() {
    let (x, labels) = data(50);
    for (i, optimizer) in optimizers().into_iter().enumerate() {
        let (shuffle, micro, clip) = (i % 2 == 0, i % 3 == 1, i % 3 != 0);
        let start = network([Activation::Tanh, Activation::Relu][i % 2]);
        let schedule = match i % 3 {
            0 => Schedule::Step {
                epochs: 2,
                factor: 0.5,
            },
            1 => Schedule::Cosine { epochs: 6 },
            _ => Schedule::Constant,
        };
        let mut trainer = Trainer::new(start.clone(), optimizer, Loss::CrossEntropy)
            .unwrap()
            .batch_size(16)
            .shuffle(shuffle)
            .seed(7)
            .schedule(schedule)
            .warm_up(2);
        if micro {
            trainer = trainer.micro_batch(5);
        }
        if clip {
            trainer = trainer.clip_norm(0.5);
        }
        trainer.fit(&x, &labels, 5, go_on).unwrap();

        let (mut w, is_weight) = (parameters(&start), weights(&start));
        let mut rule = Rule::new(optimizer, w.len());
        let mut rng = Rng::new(7);
        let mut clipped = 0;
        for epoch in 0..5 {
            let order = match shuffle {
                true => rng.permutation(50),
                false => (0..50).collect(),
            };
            let mut rate = optimizer.rate() * schedule.factor(epoch);
            if epoch < 2 {
                rate *= (epoch + 1) as f64 / 2.0;
            }
            let mut total_loss = 0.0;
            for batch in order.chunks(16) {
                let now = with_parameters(&start, &w);
                let mut total: Option<Gradients> = None;
                for part in batch.chunks(if micro { 5 } else { 16 }) {
                    let part_x = x.select_rows(part).unwrap();
                    let part_labels: Vec<usize> = part.iter().map(|&i| labels[i]).collect();
                    let mut more = Gradients::new();
                    now.gradients_into(
                        &part_x,
                        &part_labels,
                        Loss::CrossEntropy,
                        batch.len(),
                        &mut more,
                    )
                    .unwrap();
                    match &mut total {
                        Some(total) => total.add(&more).unwrap(),
                        None => total = Some(more),
                    }
                }
                let total = total.unwrap();
                total_loss += total.loss() * batch.len() as f64;
                let mut gradients = total.as_slice().to_vec();
                if clip {
                    let squares =
                        |values: &[f64]| sum(&values.iter().map(|x| x * x).collect::<Vec<_>>());
                    let of_layer = |l: usize| {
                        [
                            squares(total.weights(l).to_matrix().as_slice()),
                            squares(total.bias(l)),
                        ]
                    };
                    let norm = (0..2).flat_map(of_layer).fold(0.0, |s, x| s + x).sqrt();
                    if norm > 0.5 {
                        clipped += 1;
                        gradients.iter_mut().for_each(|g| *g *= 0.5 / norm);
                    }
                }
                rule.step(rate, &mut w, &gradients, &is_weight);
            }
            let found = &trainer.history().epochs()[epoch];
            assert_eq!(found.loss, total_loss / 50.0);
            assert_eq!((found.rate, found.number), (rate, epoch + 1));
        }
        assert!(!clip || clipped > 0, "nothing was clipped");
        let expected: Vec<u64> = w.iter().map(|x| x.to_bits()).collect();
        assert_eq!(bits(trainer.network()), expected, "{optimizer:?}");
    }
}
