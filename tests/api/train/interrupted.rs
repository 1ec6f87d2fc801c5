//! Runs that are stopped, saved and read again; a process that is killed.

use super::*;

fn written(trainer: &Trainer) -> Vec<u8> {
    let mut npz = NpzWriter::new(Vec::new());
    trainer.write_npz(&mut npz).unwrap();
    npz.finish().unwrap()
}

fn reread(trainer: &Trainer) -> Trainer {
    Trainer::from_npz(&Npz::from_bytes(written(trainer)).unwrap()).unwrap()
}

/// Stopped, saved and read again after each batch and at each epoch: the same bits as without.
#[test]
fn interruptions_change_nothing() {
    let (x, labels) = data(50);
    for (i, optimizer) in optimizers().into_iter().enumerate() {
        let new = || {
            let trainer =
                Trainer::new(network(Activation::Tanh), optimizer, Loss::CrossEntropy).unwrap();
            let trainer = trainer
                .batch_size(12)
                .shuffle(i % 3 != 2)
                .seed(3)
                .schedule(Schedule::Cosine { epochs: 9 });
            match i % 2 {
                0 => trainer.micro_batch(5).clip_norm(0.7),
                _ => trainer.warm_up(3).early_stopping(4),
            }
        };
        let mut whole = new();
        whole.fit(&x, &labels, 4, go_on).unwrap();
        let network = Network::from_npz(&Npz::from_bytes(written(&whole)).unwrap()).unwrap();
        assert_eq!(bits(&network), bits(whole.network()));
        let same = |found: &Trainer, what: &str| {
            assert_eq!(bits(found.network()), bits(whole.network()), "{what}");
            let losses = |t: &Trainer| {
                t.history()
                    .epochs()
                    .iter()
                    .map(|e| (e.number, e.loss, e.accuracy, e.rate))
                    .collect::<Vec<_>>()
            };
            assert_eq!(losses(found), losses(&whole), "{what}");
        };
        let mut by_epoch = new();
        for _ in 0..4 {
            by_epoch = reread(&by_epoch);
            by_epoch.fit(&x, &labels, 1, go_on).unwrap();
        }
        same(&by_epoch, "by epoch");
        // Five batches an epoch.
        for stop in 0..20 {
            let mut trainer = new();
            if stop > 0 {
                trainer.fit_batches(&x, &labels, stop).unwrap();
            }
            let mut trainer = reread(&trainer);
            assert_eq!(trainer.epoch(), stop / 5);
            trainer.fit(&x, &labels, 4 - stop / 5, go_on).unwrap();
            same(&trainer, &format!("after {stop} batches"));
        }
        let mut by_batch = new();
        for _ in 0..20 {
            by_batch = reread(&by_batch);
            by_batch.fit_batches(&x, &labels, 1).unwrap();
        }
        same(&by_batch, "after each batch");
    }
}

/// An epoch's time is that of its parts together, kept from one to the next.
#[test]
fn parts_of_an_epoch_add_up_their_time() {
    let (x, labels) = data(50);
    let start = network(Activation::Tanh);
    let trainer = Trainer::new(start, Sgd::new(0.1), Loss::CrossEntropy).unwrap();
    let mut trainer = trainer.batch_size(10);
    let mut before = 0.0;
    for _ in 0..2 {
        trainer.fit_batches(&x, &labels, 2).unwrap();
        let npz = Npz::from_bytes(written(&trainer)).unwrap();
        let seconds = npz.vector("train_numbers").unwrap()[8];
        assert!(seconds > before, "{seconds}, {before} before");
        before = seconds;
    }
    trainer.fit_batches(&x, &labels, 1).unwrap();
    assert!(trainer.history().last().unwrap().seconds > before);
}

/// A process that saves all the time is killed: its file is a whole checkpoint.
#[test]
fn a_kill_while_saving_loses_nothing() {
    const CHILD: &str = "ROWMAJOR_TEST_SAVES_TO";
    let (x, labels) = data(40);
    if let Some(path) = std::env::var_os(CHILD) {
        let start = network(Activation::Tanh);
        let mut trainer = Trainer::new(start, Adam::new(0.01), Loss::CrossEntropy).unwrap();
        loop {
            trainer.fit_batches(&x, &labels, 1).unwrap();
            trainer.save(&path).unwrap();
        }
    }
    let folder = std::env::temp_dir().join(format!("rowmajor-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("run.npz");
    for round in 0..8 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "train::interrupted::a_kill_while_saving_loses_nothing",
            ])
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // The first checkpoint must be there; the others are met at any moment.
        while !path.exists() {
            assert!(child.try_wait().unwrap().is_none(), "the child ended");
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut trainer = Trainer::load(&path).unwrap();
        trainer.fit_batches(&x, &labels, 3).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A callback that panics: the epoch is over, and the history knows of it.
#[test]
fn a_callback_that_panics_leaves_a_sound_run() {
    let (x, labels) = data(40);
    let new = || {
        let trainer = Trainer::new(
            network(Activation::Tanh),
            Adam::new(0.01),
            Loss::CrossEntropy,
        );
        trainer.unwrap().batch_size(9)
    };
    let mut whole = new();
    whole.fit(&x, &labels, 3, go_on).unwrap();
    let mut trainer = new();
    let panics =
        std::panic::AssertUnwindSafe(|| trainer.fit(&x, &labels, 3, |_| panic!("on purpose")));
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!(trainer.history().epochs().len(), trainer.epoch());
    let mut trainer = reread(&trainer);
    trainer.fit(&x, &labels, 2, go_on).unwrap();
    assert_eq!(bits(trainer.network()), bits(whole.network()));
}

/// A checkpoint with an array left out or another in its place, and what is said of it.
#[test]
fn checkpoints_that_are_not_whole_are_refused() {
    let (x, labels) = data(40);
    let trainer = Trainer::new(
        network(Activation::Tanh),
        Adam::new(0.01),
        Loss::CrossEntropy,
    );
    let mut trainer = trainer.unwrap().early_stopping(3);
    trainer.fit(&x, &labels, 2, go_on).unwrap();
    let sound = Npz::from_bytes(written(&trainer)).unwrap();
    let counts = sound.labels("train_counts").unwrap();
    let read = |changed: &str, with: Option<f64>, counts: &[usize]| {
        let mut npz = NpzWriter::new(Vec::new());
        trainer.network().write_npz(&mut npz).unwrap();
        npz.labels("train_counts", counts).unwrap();
        let kinds = sound.text("train_kinds").unwrap();
        npz.text("train_kinds", &kinds).unwrap();
        let history = sound.matrix("train_history").unwrap();
        npz.matrix("train_history", &history).unwrap();
        for name in ["train_numbers", "train_first", "train_second", "train_best"] {
            let mut values = sound.vector(name).unwrap();
            match with {
                None if name == changed => continue,
                Some(value) if name == changed => values[4] = value,
                _ => {}
            }
            npz.vector(name, &values).unwrap();
        }
        Trainer::from_npz(&Npz::from_bytes(npz.finish().unwrap()).unwrap())
    };
    assert_eq!(
        written(&read("", None, &counts).unwrap()).len(),
        written(&trainer).len()
    );
    for name in ["train_first", "train_second", "train_best"] {
        let error = read(name, None, &counts).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    // Early stopping would make it a weight.
    let error = read("train_best", Some(f64::NAN), &counts).unwrap_err();
    assert!(error.to_string().contains("train_best"), "{error}");
    // Epochs that the history has not.
    for epochs in [0, 1, 3, 1 << 53] {
        let mut changed = counts.clone();
        changed[0] = epochs;
        let error = read("", None, &changed).unwrap_err().to_string();
        assert!(error.contains("train_history"), "{error}");
    }
}
