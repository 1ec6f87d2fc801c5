//! Huge pages for large buffers: most Linux systems give them only to memory that is marked by `madvise`.

/// Bytes from which on a buffer is marked; NumPy's bound, too.
const LARGE: usize = 4 << 20;

/// Marks a new buffer of `len` values for huge pages, if it is large. The first write to a page is a fault: 60000×784 values
/// took 0.19 s in pages of 4 KiB and 0.04 s in pages of 2 MiB (Zen 3, a virtual machine; 0.4 s where its host had taken the
/// memory back).
///
/// It is advice: where the system does not take it, nothing changes.
#[inline(always)]
pub(crate) fn advise_huge_pages<T>(start: *const T, len: usize) {
    let bytes = len * size_of::<T>();
    if bytes >= LARGE {
        advise(start.cast(), bytes);
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
#[cold]
fn advise(start: *const u8, bytes: usize) {
    use std::ffi::{c_int, c_void};
    // SAFETY: the declaration is the C library's. The call is safe with any addresses, since this advice changes no content.
    unsafe extern "C" {
        safe fn madvise(start: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    }
    const MADV_HUGEPAGE: c_int = 14;
    /// A multiple of the small pages' size. A start in the middle of a huge page would leave that one out, so the allocator's
    /// header is taken along.
    const PAGE: usize = 64 << 10;

    let before = start.addr() % PAGE;
    let _ = madvise(
        start.wrapping_sub(before).cast_mut().cast(),
        before + bytes,
        MADV_HUGEPAGE,
    );
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise(_: *const u8, _: usize) {}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;

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
}
