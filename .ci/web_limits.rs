//! What a browser does not have, used all the same: an error each time, and no panic, which would end the program.
//! `.ci/web test` runs it in Chromium.
#![allow(unreachable_pub, reason = "the function is exported")]

use rowmajor::io::{
    CsvOptions, Mnist, MnistSet, Npz, load_csv, load_idx, load_npy, save_csv, save_npy,
};
use rowmajor::nn::{Activation, Dense, Loss, Network};
use rowmajor::plot::Chart;
use rowmajor::train::{Sgd, Trainer};
use rowmajor::{Matrix, matrix, set_num_threads};
use std::error::Error;
use std::ops::ControlFlow;

/// 0 where all is as it should be; otherwise the number of the first thing that is not.
#[unsafe(no_mangle)]
pub extern "C" fn limits() -> i32 {
    tried().unwrap_or(-1)
}

fn tried() -> Result<i32, Box<dyn Error>> {
    // Threads: there is one, whatever number is set.
    let a = Matrix::from_fn(70, 300, |i, j| (i * 7 + j) as f64 / 3.0);
    let b = Matrix::from_fn(300, 90, |i, j| (i + j * 5) as f64 / 7.0);
    let alone = a.matmul(&b)?;
    set_num_threads(4);
    if a.matmul(&b)? != alone {
        return Ok(1);
    }
    // No clock: training counts no time.
    let network = Network::new(vec![Dense::new(
        matrix![[0.0]],
        vec![0.0],
        Activation::Identity,
    )?])?;
    let mut trainer = Trainer::new(network.clone(), Sgd::new(0.1), Loss::MeanSquaredError)?;
    let x = matrix![[1.0], [2.0]];
    trainer.fit(&x, &x, 2, |_| ControlFlow::Continue(()))?;
    if trainer
        .history()
        .last()
        .is_none_or(|epoch| epoch.seconds != 0.0)
    {
        return Ok(2);
    }
    // No files.
    let failed = [
        network.save("a.npz").is_err(),
        Network::load("a.npz").is_err(),
        Npz::load("a.npz").is_err(),
        trainer.save("a.npz").is_err(),
        Trainer::load("a.npz").is_err(),
        save_npy("a.npy", &x).is_err(),
        load_npy("a.npy").is_err(),
        load_idx("a.idx").is_err(),
        Mnist::load("a", MnistSet::Test).is_err(),
        save_csv("a.csv", &x).is_err(),
        load_csv("a.csv", &CsvOptions::default()).is_err(),
        Chart::from(trainer.history()).save("a.svg").is_err(),
    ];
    Ok(failed
        .iter()
        .position(|failed| !failed)
        .map_or(0, |i| 3 + i as i32))
}
