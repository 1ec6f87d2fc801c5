//! The order of sums, shown from outside.
//!
//! As in FPRev (Xie and others, 2024): of terms that are all 1, one becomes M and one -M, M so large that a 1 added to it
//! is lost. What is left of the sum is the number of terms that were added after the two had met; the others are the
//! leaves below the node where they met. These counts for all pairs determine the tree of additions; for a chain, the
//! counts of the first term with each other one do: 2, 3, 4, …, each node adding the next leaf.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use crate::common;

use common::fma::{PLATFORM_IS_EXACT, in_integers};
use common::{Layout, Random, Slice, assert_bits, sum_in_order};
use rowmajor::{Matrix, PackedMatrix, set_num_threads, vecmath};

/// 2^80: numbers up to 2^27 added to it are lost.
const M: f64 = (1u128 << 80) as f64;

/// The terms that meet at or below the node of terms `i` and `j`, by a sum of `terms` that is given masked terms.
fn leaves(terms: usize, sum: f64) -> usize {
    terms - sum as usize
}

/// Ones, M at `i`, -M at `j`.
fn masked(terms: usize, i: usize, j: usize) -> impl Fn(usize) -> f64 {
    assert!(i != j && i < terms && j < terms);
    move |p| match p {
        _ if p == i => M,
        _ if p == j => -M,
        _ => 1.0,
    }
}

/// Every way to ask for a product of these two matrices, through the public face.
fn products(a: &Matrix, b: &Matrix) -> [(&'static str, Matrix); 6] {
    let (a_turned, b_turned) = (a.transpose(), b.transpose());
    let layout = Layout {
        offset: 3,
        gap: 5,
        above: 1,
        below: 1,
    };
    let (a_cut, b_cut) = (Slice::new(a, layout), Slice::new(b, layout));
    let packed = PackedMatrix::new(b).unwrap();
    [
        ("matmul", a.matmul(b).unwrap()),
        ("matmul_tn", a_turned.matmul_tn(b).unwrap()),
        ("matmul_nt", a.matmul_nt(&b_turned).unwrap()),
        ("matmul_packed", a.matmul_packed(&packed).unwrap()),
        ("strided views", a_cut.view().matmul(b_cut.view()).unwrap()),
        (
            "a strided view and a packed matrix",
            a_cut.view().matmul_packed(&packed).unwrap(),
        ),
    ]
}

/// Every element of this shape is the chain 0, 1, 2, …, k - 1, whichever operand carries the mask.
fn assert_chains(shape @ (m, k, n): (usize, usize, usize), threads: usize) {
    // Each row or column that carries masks shows one step of the chain; the larger side shows many at a time.
    for from in (1..k).step_by(m.max(n)) {
        let step = |i: usize| from + i % (k - from);
        let check = |a: &Matrix, b: &Matrix, of: &dyn Fn(usize, usize) -> usize| {
            for (way, c) in products(a, b) {
                for (i, row) in c.rows().enumerate() {
                    for (j, &sum) in row.iter().enumerate() {
                        let step = of(i, j);
                        assert_eq!(
                            leaves(k, sum),
                            step + 1,
                            "{way} of {shape:?}, {threads} threads, element ({i}, {j}): terms 0 and {step} meet"
                        );
                    }
                }
            }
        };
        if m >= n {
            let a = Matrix::from_fn(m, k, |i, p| masked(k, 0, step(i))(p));
            check(&a, &Matrix::ones(k, n), &|i, _| step(i));
        } else {
            let b = Matrix::from_fn(k, n, |p, j| masked(k, 0, step(j))(p));
            check(&Matrix::ones(m, k), &b, &|_, j| step(j));
        }
    }
}

#[test]
fn every_element_of_a_product_is_the_chain_from_0_to_k() {
    let shapes = [
        (1, 9, 1),
        (3, 5, 4),     // one tile
        (8, 64, 24),   // one tile
        (20, 40, 33),  // small, in place
        (64, 64, 64),  // small, in place
        (2, 100, 300), // few rows
        (4, 100, 300),
        (100, 784, 50),   // a layer
        (70, 1100, 35),   // several blocks of depths
        (41, 2050, 19),   // more of them
        (300, 32, 600),   // shallow
        (260, 600, 520),  // B packed
        (1, 40, 20),      // a row, short
        (1, 1100, 3000),  // a row times a matrix
        (3000, 1100, 1),  // a matrix times a column
        (5, 600, 1),      // a column of few rows
        (1, 3000, 1),     // a dot product
        (129, 130, 1000), // wide
    ];
    for threads in [1, 2, 5] {
        set_num_threads(threads);
        for shape in shapes {
            // A dot product shows one step at a time.
            let (m, k, n) = shape;
            if m.max(n) > 1 || k < 100 {
                assert_chains(shape, threads);
            } else {
                for j in (1..k).step_by(97) {
                    let a = Matrix::from_fn(1, k, |_, p| masked(k, 0, j)(p));
                    for (way, c) in products(&a, &Matrix::ones(k, 1)) {
                        assert_eq!(leaves(k, c[(0, 0)]), j + 1, "{way} of {shape:?}, term {j}");
                    }
                }
            }
        }
    }
}

/// A tree of additions.
enum Tree {
    Leaf(usize),
    Sum(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn sum(a: Option<Tree>, b: Option<Tree>) -> Option<Tree> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Tree::Sum(Box::new(a), Box::new(b))),
            (a, b) => a.or(b), // +0.0 added is no leaf
        }
    }

    /// The published one: value i in lane i mod 8, then eight lanes.
    fn published(terms: usize) -> Option<Tree> {
        let mut l = [const { None }; 8];
        for i in 0..terms {
            l[i % 8] = Tree::sum(l[i % 8].take(), Some(Tree::Leaf(i)));
        }
        let [l0, l1, l2, l3, l4, l5, l6, l7] = l;
        let even = Tree::sum(Tree::sum(l0, l4), Tree::sum(l2, l6));
        let odd = Tree::sum(Tree::sum(l1, l5), Tree::sum(l3, l7));
        Tree::sum(even, odd)
    }

    /// The leaves; for each pair of them, how many meet at or below their node goes to `counts[i * terms + j]`.
    fn count(&self, terms: usize, counts: &mut [usize]) -> Vec<usize> {
        match self {
            Tree::Leaf(i) => vec![*i],
            Tree::Sum(a, b) => {
                let (a, b) = (a.count(terms, counts), b.count(terms, counts));
                for &i in &a {
                    for &j in &b {
                        counts[i * terms + j] = a.len() + b.len();
                        counts[j * terms + i] = a.len() + b.len();
                    }
                }
                [a, b].concat()
            }
        }
    }
}

#[test]
fn a_sum_over_a_row_is_the_published_tree() {
    for terms in (2..=41).chain([64, 100]) {
        let mut counts = vec![0; terms * terms];
        let all = Tree::published(terms).unwrap().count(terms, &mut counts);
        assert_eq!(all.len(), terms);
        let pairs = (0..terms).flat_map(|i| (0..terms).map(move |j| (i, j)));
        for (i, j) in pairs.filter(|(i, j)| i != j) {
            let row: Vec<f64> = (0..terms).map(masked(terms, i, j)).collect();
            let expected = counts[i * terms + j];
            let what = format!("terms {i} and {j} of {terms}");
            assert_eq!(leaves(terms, vecmath::sum(&row)), expected, "sum: {what}");
            let matrix = Matrix::from_vec(1, terms, row).unwrap();
            let sums = matrix.row_sums()[0];
            assert_eq!(leaves(terms, sums), expected, "row_sums: {what}");
            let mean = matrix.row_means()[0];
            assert_bits(&[mean], &[sums / terms as f64], &what);

            // A column is summed from top to bottom, and all of it, row by row, by the tree.
            let column = Matrix::from_vec(terms, 1, matrix.into_vec()).unwrap();
            let met = leaves(terms, column.col_sums()[0]);
            assert_eq!(met, i.max(j) + 1, "col_sums: {what}");
            assert_eq!(leaves(terms, column.sum()), expected, "Matrix::sum: {what}");
        }
    }
}

/// No term of softmax is negative, so its tree shows by what is lost: one term is 1, the others, below half a unit of its
/// last place, are lost one by one, but count where they meet before.
#[test]
fn the_sum_of_softmax_is_the_published_tree() {
    let (mut told_apart, mut rows) = (0, 0);
    for terms in 2..=100 {
        for large in 0..terms {
            let small = |i: usize| -36.8 - (i % 3) as f64 * 0.3; // e^x is 1.0e-16 down to 0.6e-16
            let row = (0..terms).map(|i| if i == large { 0.0 } else { small(i) });
            let row: Vec<f64> = row.collect();
            let mut e = row.clone();
            vecmath::exp(&mut e);
            let sum = sum_in_order(&e);
            let expected: Vec<f64> = e.iter().map(|e| e / sum).collect();
            // Once alone, once among eight: short rows go eight at a time.
            let mut found = row.clone();
            vecmath::softmax(&mut found);
            assert_bits(&found, &expected, (terms, large));
            let mut many = Matrix::from_fn(9, terms, |_, j| row[j]);
            rowmajor::nn::Activation::Softmax.apply(&mut many);
            many.rows()
                .for_each(|row| assert_bits(row, &expected, (terms, large)));

            let chain = e.iter().fold(0.0, |sum, e| sum + e);
            told_apart += usize::from(1.0 / chain != expected[large]);
            rows += 1;
        }
    }
    assert!(
        told_apart * 2 > rows,
        "{told_apart} of {rows} rows tell the tree from a chain"
    );
}

/// The oracle of the other tests where the platform's is not exact.
#[test]
fn multiply_add_in_integers_rounds_once() {
    // Products that a third term almost cancels, or that lie just between two numbers.
    let tiny = f64::EPSILON;
    assert_eq!(in_integers(1.0 + tiny, 1.0 - tiny, -1.0), -tiny * tiny);
    assert_eq!(
        in_integers(1.0 + tiny, 1.0 + tiny, -1.0 - 2.0 * tiny),
        tiny * tiny
    );
    assert_eq!(in_integers(1e-200, 1e-200, 5e-324).to_bits(), 1);
    assert_eq!(in_integers(f64::MAX, 2.0, -f64::MAX), f64::MAX);
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        5e-324,
        -2.5e-308,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
    ];
    let mut random = Random::new(11);
    let check = |a: f64, b: f64, c: f64| {
        // Where the platform is exact it must agree.
        if PLATFORM_IS_EXACT {
            assert_bits(&[in_integers(a, b, c)], &[a.mul_add(b, c)], (a, b, c));
        }
    };
    for a in special {
        for b in special {
            for c in special {
                check(a, b, c);
            }
        }
    }
    for _ in 0..100_000 {
        let (a, b) = (random.number(), random.number());
        for c in [
            random.number(),
            -a * b,
            -a * b * (1.0 + tiny),
            random.number() * a * b * 1e-17,
        ] {
            check(a, b, c);
        }
    }
}
