//! Random numbers, orders and splits from a seed; one-hot rows.

use crate::common;

use common::config;
use proptest::prelude::*;
use rowmajor::preprocess::{Split, one_hot, stratified_split, train_test_split};
use rowmajor::random::Rng;
use rowmajor::{Matrix, ShapeError};

#[test]
fn one_hot_rows() {
    let labels = [3, 0, 2, 2];
    let t = one_hot(&labels, 4).unwrap();
    assert_eq!(t.argmax_rows().unwrap(), labels);
    assert_eq!((t.row_sums(), t.sum()), (vec![1.0; 4], 4.0));
    assert_eq!(one_hot(&[], 4).unwrap().shape(), (0, 4));
    let error = ShapeError::Label {
        op: "one_hot",
        row: 0,
        label: 3,
        classes: 3,
    };
    assert_eq!(one_hot(&labels, 3), Err(error));
    assert!(matches!(
        one_hot(&labels, usize::MAX),
        Err(ShapeError::TooLarge { .. })
    ));
}

fn is_a_partition(split: &Split, rows: usize) -> bool {
    let mut all: Vec<usize> = split.train.iter().chain(&split.test).copied().collect();
    all.sort();
    all.into_iter().eq(0..rows)
}

#[test]
fn an_order_stays_what_it_was() {
    // By the rule in the documentation, written again in Python.
    let order = [6, 0, 7, 3, 9, 4, 8, 1, 2, 5];
    assert_eq!(Rng::new(2024).permutation(10), order);
    let split = train_test_split(10, 4, &mut Rng::new(2024)).unwrap();
    assert_eq!((&split.test[..], &split.train[..]), order.split_at(4));
}

#[test]
fn draws_are_even() {
    // 60000 draws below 6: each number 10000 times, five deviations of √(60000 · 5/36) = 91 either way.
    let mut rng = Rng::new(5);
    let mut counts = [0_i32; 6];
    (0..60_000).for_each(|_| counts[rng.below(6)] += 1);
    assert!(
        counts.iter().all(|count| (count - 10_000).abs() < 460),
        "{counts:?}"
    );
    // Of 3·2^62 numbers every third would come twice as often if nothing were drawn again.
    #[cfg(target_pointer_width = "64")]
    {
        let third = (0..1000)
            .filter(|_| rng.below(3 << 62).is_multiple_of(3))
            .count();
        assert!((260..410).contains(&third), "{third}");
    }
    assert_eq!((rng.below(0), rng.below(1)), (0, 0));
    // All six orders of three.
    let mut orders = std::collections::BTreeMap::new();
    (0..6000).for_each(|_| *orders.entry(rng.permutation(3)).or_insert(0) += 1);
    assert!(
        orders.len() == 6
            && orders
                .values()
                .all(|&count: &i32| (count - 1000).abs() < 145)
    );
    let units: Vec<f64> = (0..1000).map(|_| rng.uniform(0.0, 1.0)).collect();
    assert!(units.iter().all(|x| (0.0..1.0).contains(x)));
    assert!((units.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 0.05);
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn splits(labels in prop::collection::vec(0usize..5, 0..60), share in 0.0..=1.0, seed: u64) {
        let n = labels.len();
        let test = (share * n as f64) as usize;
        let split = train_test_split(n, test, &mut Rng::new(seed)).unwrap();
        prop_assert!(is_a_partition(&split, n) && split.test.len() == test);
        prop_assert_eq!(&split, &train_test_split(n, test, &mut Rng::new(seed)).unwrap());

        let split = stratified_split(&labels, test, &mut Rng::new(seed)).unwrap();
        prop_assert!(is_a_partition(&split, n) && split.test.len() == test);
        let (train_labels, test_labels) = split.items(&labels).unwrap();
        prop_assert_eq!(train_labels.len(), n - test);
        for class in 0..5 {
            let count = |labels: &[usize]| labels.iter().filter(|&&label| label == class).count();
            let ideal = (count(&labels) * test) as f64 / n.max(1) as f64;
            prop_assert!((count(&test_labels) as f64 - ideal).abs() < 1.0);
        }
    }
}

#[test]
fn splits_that_cannot_be() {
    let error = |op| ShapeError::OutOfRange {
        op,
        index: 4,
        len: 3,
    };
    let rng = &mut Rng::new(1);
    assert_eq!(train_test_split(3, 4, rng), Err(error("train_test_split")));
    assert_eq!(
        stratified_split(&[0, 1, 1], 4, rng),
        Err(error("stratified_split"))
    );
    let shape = (1, usize::MAX);
    assert_eq!(
        train_test_split(usize::MAX, 1, rng),
        Err(ShapeError::TooLarge { shape })
    );
    let split = Split {
        train: vec![0],
        test: vec![4],
    };
    let outside = |op| ShapeError::OutOfRange {
        op,
        index: 4,
        len: 4,
    };
    assert_eq!(
        split.rows(&Matrix::zeros(4, 2)),
        Err(outside("select_rows"))
    );
    assert_eq!(split.items(&[1, 2, 3, 4]), Err(outside("items")));
}
