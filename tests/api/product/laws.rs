//! Any shape, layout and value; the laws of products.

use super::common::{Layout, Random, Slice, assert_bits, config};
use super::{Form, filled, oracle};
use proptest::prelude::*;
use rowmajor::Matrix;

fn layout() -> impl Strategy<Value = Layout> {
    (0..8usize, 0..4usize, 0..3usize, 0..3usize).prop_map(|(offset, gap, above, below)| Layout {
        offset,
        gap,
        above,
        below,
    })
}

fn form() -> impl Strategy<Value = Form> {
    prop::sample::select(&Form::ALL[..])
}

/// Matrices of whole numbers, so small that every sum of products is exact in any order.
fn whole(rows: usize, cols: usize, random: &mut Random) -> Matrix {
    filled(rows, cols, || random.whole(1000))
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn any_shape_form_layout_and_value_has_the_bits_of_the_naive_loop(
        (m, k, n) in (0..=200usize, 0..=200usize, 0..=200usize),
        (form, la, lb) in (form(), layout(), layout()),
        (seed, wild) in (any::<u64>(), any::<bool>()),
    ) {
        let mut random = Random::new(seed);
        let mut value = || if wild { random.wild() } else { random.number() };
        let a = filled(m, k, &mut value);
        let b = filled(k, n, &mut value);
        let expected = oracle(&a, &b);
        let (a, b) = form.stored(&a, &b);
        let (a, b) = (Slice::new(&a, la), Slice::new(&b, lb));
        let c = form.of_views(a.view(), b.view()).unwrap();
        prop_assert_eq!(c.shape(), (m, n));
        assert_bits(c.as_slice(), &expected, "result");
        let mut out = Matrix::filled(m, n, f64::NAN);
        form.of_views_into(a.view(), b.view(), &mut out).unwrap();
        assert_bits(out.as_slice(), &expected, "output");
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn rows_of_the_left_and_columns_of_the_right_shape_the_result(
        (a, b, c) in (0..=60usize, 0..=60usize, 0..=60usize),
        other in 0..=60usize,
    ) {
        let product = Matrix::zeros(a, b).matmul(&Matrix::zeros(b, c)).unwrap();
        prop_assert_eq!(product.shape(), (a, c));
        let result = Matrix::zeros(a, b).matmul(&Matrix::zeros(other, c));
        prop_assert_eq!(result.is_ok(), other == b);
    }

    #[test]
    fn the_transpose_of_a_product_is_the_product_of_the_transposes_turned_round(
        (m, k, n) in (0..=40usize, 0..=40usize, 0..=40usize),
        seed in any::<u64>(),
    ) {
        let mut random = Random::new(seed);
        // Bit for bit even for numbers that round: each chain has the same factors in the same order.
        let a = filled(m, k, || random.number());
        let b = filled(k, n, || random.number());
        let turned_product = a.matmul(&b).unwrap().transpose();
        let product_of_turned = b.transpose().matmul(&a.transpose()).unwrap();
        assert_bits(turned_product.as_slice(), product_of_turned.as_slice(), "(AB)ᵀ");
        assert_bits(
            a.transpose().matmul_tn(&b).unwrap().as_slice(),
            a.matmul_nt(&b.transpose()).unwrap().as_slice(),
            "AᵀᵀB = ABᵀᵀ",
        );
    }

    #[test]
    fn the_identity_changes_nothing(
        (m, n) in (0..=40usize, 0..=40usize),
        seed in any::<u64>(),
    ) {
        let mut random = Random::new(seed);
        let a = filled(m, n, || match random.wild() {
            x if x.is_finite() => x,
            _ => f64::MAX,
        });
        prop_assert_eq!(&a.matmul(&Matrix::identity(n)).unwrap(), &a);
        prop_assert_eq!(&Matrix::identity(m).matmul(&a).unwrap(), &a);
    }

    #[test]
    fn whole_numbers_give_what_whole_arithmetic_gives(
        (m, k, n) in (0..=40usize, 0..=300usize, 0..=40usize),
        (form, seed) in (form(), any::<u64>()),
    ) {
        let mut random = Random::new(seed);
        let a = filled(m, k, || random.whole(1 << 20));
        let b = filled(k, n, || random.whole(1 << 20));
        let (stored_a, stored_b) = form.stored(&a, &b);
        let c = form.of_matrices(&stored_a, &stored_b).unwrap();
        for i in 0..m {
            for j in 0..n {
                let exact: i64 = (0..k).map(|p| a[(i, p)] as i64 * b[(p, j)] as i64).sum();
                prop_assert_eq!(c[(i, j)], exact as f64, "element ({}, {})", i, j);
            }
        }
    }

    #[test]
    fn the_product_distributes_over_sums_of_whole_numbers(
        (m, k, n) in (0..=30usize, 0..=30usize, 0..=30usize),
        seed in any::<u64>(),
    ) {
        let random = &mut Random::new(seed);
        let (a, b, c) = (whole(m, k, random), whole(k, n, random), whole(k, n, random));
        let (ab, ac) = (a.matmul(&b).unwrap(), a.matmul(&c).unwrap());
        let left = a.matmul(&(&b + &c)).unwrap();
        assert_bits(left.as_slice(), (ab + ac).as_slice(), "A(B + C) = AB + AC");
        let (d, e) = (whole(m, k, random), whole(m, k, random));
        let (db, eb) = (d.matmul(&b).unwrap(), e.matmul(&b).unwrap());
        let right = (&d - &e).matmul(&b).unwrap();
        assert_bits(right.as_slice(), (db - eb).as_slice(), "(D - E)B = DB - EB");
    }

    #[test]
    fn the_product_of_whole_numbers_is_associative(
        (m, k, l, n) in (0..=20usize, 0..=20usize, 0..=20usize, 0..=20usize),
        seed in any::<u64>(),
    ) {
        let random = &mut Random::new(seed);
        let (a, b, c) = (whole(m, k, random), whole(k, l, random), whole(l, n, random));
        let left = a.matmul(&b).unwrap().matmul(&c).unwrap();
        let right = a.matmul(&b.matmul(&c).unwrap()).unwrap();
        assert_bits(left.as_slice(), right.as_slice(), "(AB)C = A(BC)");
    }
}
