//! Networks: their answers, their files.

use super::readers::content;
use super::{FIXED, alone, numbers, spared, starve};
use rowmajor::io::{self, Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use rowmajor::{Matrix, ShapeError, set_num_threads};

fn network(sizes: &[usize]) -> Network {
    let layers = sizes.windows(2).zip(Activation::ALL.into_iter().cycle());
    let layers = layers.map(|(pair, activation)| {
        let bias = numbers(1, pair[1]).into_vec();
        Dense::new(numbers(pair[0], pair[1]), bias, activation).unwrap()
    });
    Network::new(layers.collect()).unwrap()
}

#[test]
fn networks_give_their_answer_or_an_error() {
    let _turn = alone();
    let deep: Vec<usize> = (0..150).map(|i| 2 + i % 3).collect();
    for (threads, spared_bytes) in [(1, 0), (3, FIXED)] {
        set_num_threads(threads);
        for (sizes, rows) in [
            (&[60, 50, 40, 10][..], 300),
            (&[700, 600, 10], 100),
            (&deep, 300),
        ] {
            let network = network(sizes);
            let x = numbers(rows, sizes[0]);
            let labels = vec![1; rows];
            let every = threads > 1;
            let what = |name: &str| format!("{name} {} layers, {threads} threads", sizes.len() - 1);
            let mut errors = vec![
                starve(&what("forward"), spared_bytes, every, || {
                    network.forward(&x)
                }),
                starve(&what("predict"), spared_bytes, every, || {
                    network.predict(&x)
                }),
                starve(&what("evaluate"), spared_bytes, every, || {
                    network
                        .evaluate(&x, &labels)
                        .map(|e| spared(|| vec![e.confusion.correct()]))
                }),
                starve(&what("layer"), spared_bytes, every, || {
                    network.layers()[0].forward(&x)
                }),
            ];
            let mut out = Matrix::zeros(rows, network.outputs());
            errors.push(starve(&what("Predictor"), spared_bytes, every, || {
                let predictor = Predictor::try_new(&network)?;
                predictor.forward_into(&x, &mut out)?;
                Ok::<_, ShapeError>(spared(|| out.clone()))
            }));
            // A single layer may be smaller than what is spared.
            let layer = errors.swap_remove(3);
            assert!(
                errors.iter().all(|&errors| errors > 0) && (layer > 0 || sizes.len() > 100),
                "{sizes:?}: {errors:?}, {layer}"
            );
        }
    }
    set_num_threads(0);
}

#[test]
fn networks_are_read_and_written_or_an_error() {
    let _turn = alone();
    let sizes: Vec<usize> = (0..600).map(|i| 2 + i % 3).chain([40, 50]).collect();
    let network = network(&sizes);
    let mut npz = NpzWriter::new(Vec::new());
    network.write_npz(&mut npz).unwrap();
    let bytes = npz.finish().unwrap();
    let npz = Npz::from_bytes(bytes).unwrap();
    assert!(
        starve("from_npz", FIXED, false, || {
            Network::from_npz(&npz).map(|read| vec![read.layers().len()])
        }) > 0
    );
    assert!(
        starve("write_npz", FIXED, false, || {
            let mut npz = NpzWriter::new(std::io::sink());
            network.write_npz(&mut npz)?;
            npz.finish().map(|_| ())
        }) > 0
    );
    let path = std::env::temp_dir().join(format!("rowmajor-memory-{}.npz", std::process::id()));
    network.save(&path).unwrap();
    starve("save", FIXED, false, || network.save(&path));
    starve("load", FIXED, false, || {
        Network::load(&path).map(|read| vec![read.layers().len()])
    });
    let text: Vec<String> = (0..3000).map(|i| i.to_string()).collect();
    starve("text", FIXED, false, || {
        NpzWriter::new(std::io::sink()).text("t", &text).map(|_| ())
    });
    let matrix = numbers(100, 100);
    starve("save_npy", FIXED, false, || io::save_npy(&path, &matrix));
    assert!(
        starve("load_npy", FIXED, false, || {
            content(io::load_npy(&path)?)
        }) > 0
    );
    std::fs::remove_file(&path).unwrap();
}
