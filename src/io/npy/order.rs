//! From Fortran order (the first axis runs fastest) to row-major order.

use super::super::error::{Error, Origin};
use super::dtype::Fault;

/// Values in the order of the file, to row-major order; a fault gets its row-major index.
pub(super) fn row_major<T: Default>(
    values: Result<Vec<T>, Fault>,
    shape: &[usize],
    fortran: bool,
    origin: &Origin,
) -> Result<Vec<T>, Error> {
    match values {
        Ok(values) if fortran => from_fortran(values, shape, origin),
        Ok(values) => Ok(values),
        Err(Fault::Other(error)) => Err(error),
        Err(Fault::Value {
            index,
            expected,
            found,
        }) => {
            let index = if fortran {
                row_major_index(index, shape)
            } else {
                index
            };
            Err(origin.value(index, expected, found))
        }
    }
}

/// The axes in opposite order, by one transpose for each but the last: what is left of the axes after axis k, times
/// axis k, becomes axis k times the rest.
fn from_fortran<T: Default>(
    mut values: Vec<T>,
    shape: &[usize],
    origin: &Origin,
) -> Result<Vec<T>, Error> {
    let long_axes = shape.iter().filter(|&&size| size != 1).count();
    if values.is_empty() || long_axes < 2 {
        return Ok(values);
    }
    let mut other = origin.try_vec(values.len())?;
    other.resize_with(values.len(), T::default);
    let mut slab = values.len();
    for &size in shape {
        let rest = slab / size;
        if size > 1 && rest > 1 {
            for (from, to) in values
                .chunks_exact_mut(slab)
                .zip(other.chunks_exact_mut(slab))
            {
                transpose(from, to, size);
            }
            std::mem::swap(&mut values, &mut other);
        }
        slab = rest;
    }
    Ok(values)
}

/// Moves the rows of `from`, of length `rows`, into the columns of `to`.
///
/// Eight rows of `to` at a time: each read takes a whole cache line, and eight lines are written to in turn.
fn transpose<T: Default>(from: &mut [T], to: &mut [T], rows: usize) {
    const STRIP: usize = 8;
    let cols = from.len() / rows;
    for (strip, to) in to.chunks_mut(STRIP * cols).enumerate() {
        for (col, from) in from.chunks_exact_mut(rows).enumerate() {
            let from = from.iter_mut().skip(strip * STRIP);
            for (from, to) in from.zip(to.chunks_exact_mut(cols)) {
                if let Some(to) = to.get_mut(col) {
                    *to = std::mem::take(from);
                }
            }
        }
    }
}

/// The row-major index of the value that stands at `index` in Fortran order.
fn row_major_index(mut index: usize, shape: &[usize]) -> usize {
    let mut position = 0;
    let mut stride: usize = shape.iter().product();
    for &size in shape {
        // There is a value, so no size is 0.
        stride /= size.max(1);
        position += index % size.max(1) * stride;
        index /= size.max(1);
    }
    position
}

#[cfg(test)]
mod tests;
