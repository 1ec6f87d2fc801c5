//! Networks saved and loaded: what NumPy users make, what we write, what is refused and how.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly"
)]

use rowmajor::io::{Error, Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::{Matrix, ShapeError};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data");

/// A network with telling values: signed zeros, subnormals, infinities, NaN, and every activation.
fn network() -> Network {
    let special = [
        0.0,
        -0.0,
        5e-324,
        -1e-310,
        f64::INFINITY,
        f64::NAN,
        f64::MAX,
        1.0 / 3.0,
    ];
    let layers = Activation::ALL
        .into_iter()
        .enumerate()
        .map(|(i, activation)| {
            let (inputs, outputs) = (i + 1, i + 2);
            let weights =
                Matrix::from_fn(inputs, outputs, |row, col| special[(row * 3 + col + i) % 8]);
            Dense::new(
                weights,
                (0..outputs).map(|j| special[j % 5]).collect(),
                activation,
            )
            .unwrap()
        });
    Network::new(layers.collect()).unwrap()
}

/// Every layer's activation, sizes and values, to the bit.
fn bits(network: &Network) -> Vec<(Activation, Vec<u64>)> {
    let layer = |layer: &Dense| {
        let values = layer
            .weights()
            .as_slice()
            .iter()
            .chain(layer.bias())
            .map(|x| x.to_bits());
        let sizes = [layer.inputs() as u64, layer.outputs() as u64];
        (
            layer.activation(),
            sizes.into_iter().chain(values).collect(),
        )
    };
    network.layers().iter().map(layer).collect()
}

fn archive(fill: impl FnOnce(&mut NpzWriter<Vec<u8>>) -> Result<(), Error>) -> Npz {
    let mut npz = NpzWriter::new(Vec::new());
    fill(&mut npz).unwrap();
    Npz::from_bytes(npz.finish().unwrap()).unwrap()
}

#[test]
fn a_saved_network_comes_back_bit_for_bit() {
    let folder = std::env::temp_dir().join(format!("rowmajor-network-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("net.npz");
    let network = network();
    network.save(&path).unwrap();
    assert_eq!(bits(&Network::load(&path).unwrap()), bits(&network));
    // Saving again replaces the file and leaves nothing else behind.
    network.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn equal_networks_give_equal_bytes() {
    let bytes = || {
        let mut npz = NpzWriter::new(Vec::new());
        network().write_npz(&mut npz).unwrap();
        npz.finish().unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_network_that_numpy_wrote_answers_as_scikit_learn_does() {
    let network = Network::load(format!("{DATA}/digits-network.npz")).unwrap();
    let digits = Npz::load(format!("{DATA}/digits.npz")).unwrap();
    let expected = Npz::load(format!("{DATA}/digits-expected.npz")).unwrap();
    let images = digits.matrix("images").unwrap() / 16.0;
    let test = images.view_rows(1297..).unwrap();

    assert_eq!(
        network.predict(test).unwrap(),
        expected.labels("classes").unwrap()
    );
    let probabilities = network.forward(test).unwrap();
    assert_eq!(probabilities.shape(), (500, 10));
    let difference = probabilities
        .max_abs_diff(&expected.matrix("probabilities").unwrap())
        .unwrap();
    assert!(difference < 1e-12, "{difference:e}");

    let labels = &digits.labels("labels").unwrap()[1297..];
    let confusion = network.evaluate(test, labels).unwrap().confusion;
    assert_eq!((confusion.correct(), confusion.total()), (461, 500));
}

#[test]
fn capital_names_and_given_activations() {
    let npz = archive(|npz| {
        npz.matrix("W1", &Matrix::identity(2))?
            .vector("b1", &[1.0, 2.0])?;
        npz.matrix("W2", &Matrix::ones(2, 1))?
            .matrix("b2", &Matrix::ones(1, 1))?;
        Ok(())
    });
    let network = Network::from_npz_with(&npz, &[Activation::Relu, Activation::Identity]).unwrap();
    assert_eq!(
        network.forward(&Matrix::ones(1, 2)).unwrap().into_vec(),
        [6.0]
    );
}

#[test]
fn what_is_wrong_is_named() {
    let good = |npz: &mut NpzWriter<Vec<u8>>| {
        npz.matrix("w1", &Matrix::ones(3, 2))?
            .vector("b1", &[0.0, 0.0])
            .map(|_| ())
    };
    let load = |npz: Npz| Network::from_npz(&npz).unwrap_err();

    let error = load(archive(good));
    assert!(
        matches!(&error, Error::Missing { name, .. } if name == "activations"),
        "{error}"
    );

    let error = load(archive(|npz| {
        good(npz)?;
        npz.text("activations", &["swish"]).map(|_| ())
    }));
    assert!(
        matches!(&error, Error::Value { index: 0, found, .. } if found == "\"swish\""),
        "{error}"
    );

    let error = load(archive(|npz| {
        good(npz)?;
        npz.text("activations", &["relu", "softmax"]).map(|_| ())
    }));
    assert!(
        matches!(&error, Error::Missing { name, .. } if name == "w2"),
        "{error}"
    );

    let error = load(archive(|npz| {
        good(npz)?;
        npz.matrix("w2", &Matrix::ones(2, 1))?
            .vector("b2", &[0.0])?
            .text("activations", &["relu"])
            .map(|_| ())
    }));
    assert!(
        matches!(&error, Error::Kind { found, .. } if found == "1 activations and an array \"w2\""),
        "{error}"
    );

    let error = load(archive(|npz| {
        npz.vector("w1", &[1.0])?
            .vector("b1", &[0.0])?
            .text("activations", &["relu"])
            .map(|_| ())
    }));
    assert!(
        matches!(&error, Error::Kind { found, .. } if found == "shape (1,)"),
        "{error}"
    );

    let error = load(archive(|npz| {
        npz.matrix("w1", &Matrix::ones(3, 2))?
            .vector("b1", &[0.0])?
            .text("activations", &["relu"])
            .map(|_| ())
    }));
    assert!(
        matches!(&error, Error::Kind { member: Some(member), found, .. }
            if member == "b1.npy" && found == "1 for 3x2"),
        "{error}"
    );

    let error = load(archive(|npz| {
        good(npz)?;
        npz.matrix("w2", &Matrix::ones(3, 1))?
            .vector("b2", &[0.0])?
            .text("activations", &["relu", "tanh"])
            .map(|_| ())
    }));
    assert!(
        matches!(
            error,
            Error::Shape(ShapeError::Layers {
                layer: 0,
                lhs: (3, 2),
                rhs: (3, 1)
            })
        ),
        "{error}"
    );

    let error = load(archive(|npz| {
        npz.text::<&str>("activations", &[]).map(|_| ())
    }));
    assert!(
        matches!(error, Error::Shape(ShapeError::Empty { .. })),
        "{error}"
    );
}

#[test]
fn an_unknown_activation_is_told_with_its_place() {
    let npz = archive(|npz| npz.text("activations", &["relu", "swish"]).map(|_| ()));
    let error = Network::from_npz(&npz).unwrap_err();
    assert_eq!(
        error.to_string(),
        "member \"activations.npy\": value 1: expected identity, step, sigmoid, relu, tanh or softmax, found \"swish\""
    );
}

#[test]
fn a_layer_without_activation_is_told_with_the_file() {
    let path = std::env::temp_dir().join(format!("rowmajor-beyond-{}.npz", std::process::id()));
    let saved = NpzWriter::save(&path, |npz| {
        npz.matrix("w1", &Matrix::ones(2, 2))?
            .vector("b1", &[0.0; 2])?
            .matrix("w2", &Matrix::ones(2, 1))?
            .text("activations", &["relu"])
            .map(|_| ())
    });
    let error = saved.and_then(|()| Network::load(&path)).unwrap_err();
    let _ = std::fs::remove_file(&path);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: expected one activation for each layer, found 1 activations and an array \"w2\"",
            path.display()
        )
    );
}
