//! The same bits on every ISA, in every lane, beside every neighbour.

use super::*;

/// Function `which` (softmax as one row last) on the ISA that runs it.
struct On<'a>(usize, &'a mut [f64]);

impl Kernel for On<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(which, values) = self;
        match which {
            0 => Map::<exp::Exp>(values, PhantomData).run(s),
            1 => Map::<ln::Ln>(values, PhantomData).run(s),
            2 => Map::<tanh::Tanh>(values, PhantomData).run(s),
            3 => Map::<sigmoid::Sigmoid>(values, PhantomData).run(s),
            _ => {
                let cols = values.len().max(1);
                softmax::Softmax { values, cols }.run(s);
            }
        }
    }
}

#[test]
fn every_isa_and_every_length_give_the_same_bits() {
    let scalars = [scalar::exp, scalar::ln, scalar::tanh, scalar::sigmoid];
    let mut random = Random(7);
    for len in (0..=2 * GROUP * LANES + 3).chain([1000]) {
        let x: Vec<f64> = (0..len).map(|_| random.wild()).collect();
        for which in 0..5 {
            let on = |isa: Isa| {
                let mut y = x.clone();
                isa.run(On(which, &mut y));
                y
            };
            let results: Vec<Vec<f64>> = Isa::available().into_iter().map(on).collect();
            for (i, &x) in x.iter().enumerate() {
                for y in &results {
                    assert!(same(y[i], results[0][i]), "ISAs differ at {x:e}, {which}");
                }
                if let Some(scalar) = scalars.get(which) {
                    assert!(
                        same(scalar(x), results[0][i]),
                        "function {which} of one number differs at {x:e}, place {i} of {len}"
                    );
                }
            }
        }
    }
}

#[test]
fn no_machine_no_lane_and_no_neighbour_changes_a_bit() {
    check_lanes(8);
}

/// 10^7 inputs for each function and ISA: `cargo test --lib survey_of_lanes -- --ignored`
#[test]
#[ignore = "takes minutes"]
fn survey_of_lanes() {
    (1..=100).for_each(check_lanes);
}

/// Each value alone, and in a random lane beside seven others; against the first ISA.
fn check_lanes(seed: u64) {
    const INPUTS: usize = 100_000;
    let mut random = Random(seed);
    let x: Vec<f64> = (0..INPUTS).map(|_| random.wild()).collect();
    for which in 0..4 {
        let mut expected = x.clone();
        for x in &mut expected {
            Isa::available()[0].run(On(which, std::slice::from_mut(x)));
        }
        for isa in Isa::available() {
            let mut vectors: Vec<f64> = (0..INPUTS * LANES).map(|_| random.wild()).collect();
            let lanes: Vec<usize> = (0..INPUTS)
                .map(|_| random.next() as usize % LANES)
                .collect();
            for ((vector, lane), x) in vectors.chunks_exact_mut(LANES).zip(&lanes).zip(&x) {
                vector[*lane] = *x;
            }
            isa.run(On(which, &mut vectors));
            for (i, (vector, lane)) in vectors.chunks_exact(LANES).zip(&lanes).enumerate() {
                assert!(
                    same(vector[*lane], expected[i]),
                    "{isa:?}, function {which}, lane {lane}: {:e} of {:e} is not {:e}",
                    vector[*lane],
                    x[i],
                    expected[i],
                );
            }
        }
    }
}
