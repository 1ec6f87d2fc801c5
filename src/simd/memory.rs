//! Memory: allocations that may fail, buffers that start at a cache line, and huge pages for large ones, which most Linux
//! systems give only to memory that is marked by `madvise`.

use super::LANES;
use std::alloc::{Layout, alloc, alloc_zeroed};
use std::collections::TryReserveError;
use std::mem::MaybeUninit;
use std::ptr;

/// So many values of +0.0, unless the allocation fails; what the system gives out as zeros is not touched.
pub(crate) fn zeros(values: usize) -> Option<Vec<f64>> {
    let zeros = allocate(values, true)?;
    advise_huge_pages(zeros.as_ptr(), values);
    // SAFETY: +0.0 is all zeros.
    Some(unsafe { zeros.assume_init() }.into_vec())
}

/// A buffer of so many values, zeros or uninitialised, unless the allocation fails.
///
/// A 2×2 product with `Vec::try_reserve_exact` instead took 27 ns, not 23 (Zen 4).
#[inline(always)]
pub(crate) fn allocate(values: usize, zeroed: bool) -> Option<Box<[MaybeUninit<f64>]>> {
    let layout = Layout::array::<f64>(values).ok()?;
    if values == 0 {
        return Some(Box::default());
    }
    let alloc = if zeroed { alloc_zeroed } else { alloc };
    // SAFETY: the size is not 0.
    let memory = unsafe { alloc(layout) }.cast::<MaybeUninit<f64>>();
    // SAFETY: just allocated for so many values, unless it is null.
    (!memory.is_null())
        .then(|| unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(memory, values)) })
}

/// The part of a slice that starts at a cache line, as packed panels do.
pub(crate) fn aligned(values: &mut [f64]) -> &mut [f64] {
    let skip = values.as_ptr().align_offset(align_of::<Line>());
    values.get_mut(skip..).unwrap_or_default()
}

/// A cache line, which is also a vector.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f64; LANES]);

/// A buffer aligned to 64 bytes: for packed blocks and vectors, kept for the next.
#[derive(Clone)]
pub(crate) struct Buffer(Vec<Line>);

impl Buffer {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Everything that the buffer holds.
    pub(crate) fn values(&self) -> &[f64] {
        // SAFETY: initialised lines of eight f64 each, without padding (repr(C), 64 bytes aligned to 64).
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast::<f64>(), self.0.len() * LANES) }
    }

    /// The first `len` values, whatever they hold; grows where needed.
    pub(crate) fn get(&mut self, len: usize) -> Result<&mut [f64], TryReserveError> {
        let lines = len.div_ceil(LANES);
        if let Some(more) = lines.checked_sub(self.0.len()) {
            self.0.try_reserve_exact(more)?;
            advise_huge_pages(self.0.as_ptr(), self.0.capacity());
            self.0.resize(lines, Line([0.0; LANES]));
        }
        let (start, values) = (self.0.as_mut_ptr().cast(), self.0.len() * LANES);
        // SAFETY: as above; the borrow is this method's.
        Ok(&mut unsafe { std::slice::from_raw_parts_mut(start, values) }[..len])
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

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
mod tests;
