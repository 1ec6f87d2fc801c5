//! The hashes that `cargo run --release --example fingerprint` prints.

#[allow(dead_code, reason = "an example's main is not called by tests")]
#[path = "../../examples/fingerprint.rs"]
mod fingerprint;

use crate::common::fma::Fused;
use fingerprint::{ALL, GROUPS, Hash, products};
use rowmajor::Matrix;

#[test]
fn every_group_has_its_hash() {
    let mut differing = Vec::new();
    let mut all = Hash::new();
    for group in GROUPS {
        let found = (group.compute)().expect(group.name).0;
        all.group(found);
        if found != group.expected {
            differing.push(format!("{}: {found:016x}", group.name));
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(all.0, ALL, "of all groups: {:016x}", all.0);
}

/// The hash is that of the rule, not only of what the library happened to give.
#[test]
fn the_hash_of_products_is_that_of_the_chain() {
    fn chain(a: &Matrix, b: &Matrix) -> Matrix {
        let element = |i, j| (0..a.ncols()).fold(0.0, |c, p| a[(i, p)].fused(b[(p, j)], c));
        Matrix::from_fn(a.nrows(), b.ncols(), element)
    }
    let found = products(|a, b| Ok(chain(a, b))).unwrap().0;
    assert_eq!(found, GROUPS[0].expected);
}
