//! Large buffers in large pages.

/// Buffers from this size on are worth it: NumPy's threshold.
#[cfg(target_os = "linux")]
const WORTH_IT: usize = 1 << 22;

/// Advises the kernel to back a large buffer that nobody has written yet by pages of 2 MiB instead of 4 KiB.
///
/// Linux gives them on this advice only (`transparent_hugepage` is `madvise` on most systems). Without it, the first
/// pass over a new buffer is interrupted at every 4 KiB: to standardise 60000×784 values took 0.25 s and takes 0.12 s (one
/// thread, Zen 3, a virtual machine whose host has the memory ready). It is advice: where it is not followed, or on another
/// system, nothing is different but the time.
pub(crate) fn prefer_large_pages<T>(buffer: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        use std::ffi::{c_int, c_void};
        use std::ptr;

        const PAGE: usize = 4096;
        const MADV_HUGEPAGE: c_int = 14;
        unsafe extern "C" {
            fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
        }
        let spare = buffer.spare_capacity_mut();
        let bytes = size_of_val(spare);
        if bytes < WORTH_IT {
            return;
        }
        let start = spare.as_mut_ptr().cast::<u8>();
        // The advice is given to whole pages, from the first one that begins in the buffer.
        let skipped = start.addr().next_multiple_of(PAGE) - start.addr();
        let length = (bytes - skipped) / PAGE * PAGE;
        // SAFETY: these bytes lie in the buffer, skipped being less than a page; the advice leaves what is in memory as it
        // is, and where it is.
        let _ = unsafe {
            madvise(
                ptr::addr_of_mut!(*start.add(skipped)).cast(),
                length,
                MADV_HUGEPAGE,
            )
        };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = buffer;
}

#[cfg(test)]
mod tests {
    use super::prefer_large_pages;

    /// Whatever the size and the kernel: the buffer holds what it held, and can be filled.
    #[test]
    fn a_buffer_is_what_it_was() {
        for len in [0, 1, 511, (1 << 19) - 1, 1 << 19, (1 << 19) + 1000, 3 << 20] {
            let mut buffer = Vec::with_capacity(len + 3);
            buffer.extend([1.5_f64, 2.5, 3.5]);
            let place = buffer.as_ptr();
            prefer_large_pages(&mut buffer);
            assert_eq!(buffer, [1.5, 2.5, 3.5]);
            buffer.resize(len + 3, 7.0);
            assert_eq!(buffer.as_ptr(), place);
            assert!(buffer[..3] == [1.5, 2.5, 3.5] && buffer[3..].iter().all(|&x| x == 7.0));
        }
        prefer_large_pages(&mut Vec::<()>::new());
    }
}
