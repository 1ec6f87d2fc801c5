//! What the product reads and writes: borrowed blocks with strides.

use std::marker::PhantomData;

/// A matrix to read: element (i, j) is `data[i * row_stride + j * col_stride]`.
///
/// A transposed operand is the same data with the strides exchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand<'a> {
    // Invariant: where rows and cols are not 0, (rows - 1)·row_stride + (cols - 1)·col_stride < data.len().
    data: &'a [f64],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Operand<'a> {
    /// Rows of `cols` values, `row_stride` apart.
    ///
    /// # Panics
    /// Where the last row ends outside `data`.
    pub(crate) fn row_major(data: &'a [f64], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert_inside(data, rows, cols, row_stride);
        Self {
            data,
            rows,
            cols,
            row_stride,
            col_stride: 1,
        }
    }

    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn cols(&self) -> usize {
        self.cols
    }

    pub(super) fn row_stride(&self) -> usize {
        self.row_stride
    }

    pub(super) fn col_stride(&self) -> usize {
        self.col_stride
    }

    /// Everything from element (`row`, `col`) on.
    #[inline(always)]
    pub(super) fn from(&self, row: usize, col: usize) -> &'a [f64] {
        &self.data[row * self.row_stride + col * self.col_stride..]
    }

    /// The block of `rows` × `cols` that starts at (`row`, `col`) and lies inside.
    pub(super) fn block(&self, row: usize, col: usize, rows: usize, cols: usize) -> Operand<'a> {
        debug_assert!(row + rows <= self.rows && col + cols <= self.cols);
        let data = if rows == 0 || cols == 0 {
            &[]
        } else {
            self.from(row, col)
        };
        Operand {
            data,
            rows,
            cols,
            ..*self
        }
    }
}

/// A matrix to write, its rows contiguous; through a pointer, so that its tiles can be written side by side.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    // Invariant: where rows and cols are not 0, (rows - 1)·row_stride + cols values from `data` on are this value's
    // alone for 'a.
    data: *mut f64,
    rows: usize,
    cols: usize,
    row_stride: usize,
    borrow: PhantomData<&'a mut [f64]>,
}

impl<'a> Output<'a> {
    /// # Panics
    /// Where the last row ends outside `data`, or rows overlap.
    pub(crate) fn new(data: &'a mut [f64], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert!(
            rows <= 1 || row_stride >= cols,
            "rows of {cols} values overlap {row_stride} apart"
        );
        assert_inside(data, rows, cols, row_stride);
        Self {
            data: data.as_mut_ptr(),
            rows,
            cols,
            row_stride,
            borrow: PhantomData,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn cols(&self) -> usize {
        self.cols
    }

    pub(super) fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// A pointer to element (`row`, `col`); only to be used where that lies inside.
    #[inline(always)]
    pub(super) fn at(&mut self, row: usize, col: usize) -> *mut f64 {
        debug_assert!(row < self.rows && col < self.cols);
        self.data.wrapping_add(row * self.row_stride + col)
    }

    /// Sets every element to +0.0, the value of an empty chain.
    pub(super) fn clear(&mut self) {
        if self.cols == 0 {
            return;
        }
        for row in 0..self.rows {
            let start = self.at(row, 0);
            // SAFETY: a row is `cols` values from its start on (invariant), and any f64 may be overwritten.
            unsafe { std::slice::from_raw_parts_mut(start, self.cols) }.fill(0.0);
        }
    }
}

/// The last of `rows` rows of `cols` values, `row_stride` apart, ends inside `data`.
fn assert_inside(data: &[f64], rows: usize, cols: usize, row_stride: usize) {
    let end = rows
        .saturating_sub(1)
        .checked_mul(row_stride)
        .and_then(|start| start.checked_add(cols));
    assert!(
        rows == 0 || cols == 0 || end.is_some_and(|end| end <= data.len()),
        "{rows}x{cols} with rows {row_stride} apart does not lie in {} values",
        data.len()
    );
}
