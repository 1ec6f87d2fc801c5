//! Memory that is marked for huge pages.

use super::{LARGE, advise};

/// Whether the memory at an address is marked for huge pages: `hg` among the flags of its mapping.
fn marked(address: usize) -> bool {
    let mut inside = false;
    for line in std::fs::read_to_string("/proc/self/smaps")
        .unwrap_or_default()
        .lines()
    {
        let bounds = line
            .split_once(' ')
            .and_then(|(range, _)| range.split_once('-'));
        if let Some((from, to)) = bounds
            && let (Ok(from), Ok(to)) = (
                usize::from_str_radix(from, 16),
                usize::from_str_radix(to, 16),
            )
        {
            inside = (from..to).contains(&address);
        } else if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
            return flags.split_whitespace().any(|flag| flag == "hg");
        }
    }
    false
}

#[test]
fn large_matrices_and_products_are_marked_from_their_first_value_to_their_last() {
    let side = 1024;
    let control = vec![0_u8; LARGE];
    advise(control.as_ptr(), control.len());
    if !marked(control.as_ptr().addr() + LARGE / 2) {
        eprintln!("SKIPPED: this system marks no memory for huge pages");
        return;
    }
    let a = crate::Matrix::zeros(side, side);
    for m in [&a, &a.matmul(&a).unwrap()] {
        for value in [0, side * side / 2, side * side - 1] {
            assert!(
                marked(m.as_slice()[value..].as_ptr().addr()),
                "value {value}"
            );
        }
    }
}
