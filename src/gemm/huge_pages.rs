//! Huge pages for large buffers: most Linux systems give them only to memory that is marked by `madvise`.

/// Bytes from which on a buffer is marked; NumPy's bound, too.
pub(super) const LARGE: usize = 4 << 20;

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
pub(super) fn advise(start: *const u8, bytes: usize) {
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
