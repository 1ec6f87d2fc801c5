//! What the product reads and writes: borrowed blocks with strides.

use crate::simd::LANES;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

/// A matrix, not yet checked: `rows` rows of `cols` values, `row_stride` apart, the last of which ends the data.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) data: &'a [f64],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows without gaps.
    pub(super) fn dense(data: &'a [f64], rows: usize, cols: usize) -> Self {
        Self {
            data,
            rows,
            cols,
            row_stride: cols,
        }
    }
}

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
    /// # Panics
    /// Where the last row ends outside the data.
    #[inline(always)]
    pub(crate) fn new(rows: Rows<'a>) -> Self {
        assert_inside(rows.data.len(), rows.rows, rows.cols, rows.row_stride);
        Self {
            data: rows.data,
            rows: rows.rows,
            cols: rows.cols,
            row_stride: rows.row_stride,
            col_stride: 1,
        }
    }

    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: if self.rows == 1 { 1 } else { self.row_stride },
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

    /// A pointer to element (0, 0), if there is one.
    pub(super) fn as_ptr(&self) -> *const f64 {
        self.data.as_ptr()
    }

    /// The block of `rows` × `cols` that starts at (`row`, `col`) and lies inside.
    #[inline(always)]
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

/// B: as it is, or packed before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rhs<'a> {
    Plain(Operand<'a>),
    Packed(Panels<'a>),
}

impl<'a> Rhs<'a> {
    pub(crate) fn shape(&self) -> (usize, usize) {
        match self {
            Rhs::Plain(b) => (b.rows, b.cols),
            Rhs::Packed(b) => (b.rows, b.cols),
        }
    }

    /// The rows from the first element on, and how far apart they are; of packed ones those of the first panel.
    #[inline(always)]
    pub(super) fn first_rows(&self) -> (&'a [f64], usize) {
        match self {
            Rhs::Plain(b) => (b.data, b.row_stride),
            Rhs::Packed(b) => (b.data, b.nr),
        }
    }

    /// `cols` columns from `col` on; of packed ones the first of a panel.
    #[inline(always)]
    pub(super) fn columns(&self, col: usize, cols: usize) -> Rhs<'a> {
        match self {
            Rhs::Plain(b) => Rhs::Plain(b.block(0, col, b.rows, cols)),
            Rhs::Packed(b) => Rhs::Packed(Panels {
                data: b.from(0, col),
                cols,
                ..*b
            }),
        }
    }
}

/// A whole matrix packed as B is: panels of `nr` columns, all depths of one behind each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels<'a> {
    // Invariant: data holds at least ceil(cols / nr) panels of rows·nr values, `panel` apart.
    data: &'a [f64],
    rows: usize,
    cols: usize,
    nr: usize,
    panel: usize,
}

impl<'a> Panels<'a> {
    /// How many values the panels of a matrix have; the largest number where that overflows.
    pub(super) fn len(rows: usize, cols: usize, nr: usize) -> usize {
        cols.div_ceil(nr).saturating_mul(nr.saturating_mul(rows))
    }

    /// # Panics
    /// Where `data` does not hold the panels.
    #[inline(always)]
    pub(super) fn new(
        data: &'a [f64],
        (rows, cols): (usize, usize),
        nr: usize,
        panel: usize,
    ) -> Self {
        let panels = cols.div_ceil(nr);
        assert!(
            panel >= nr.saturating_mul(rows) && data.len() >= panels.saturating_mul(panel),
            "panels are missing"
        );
        Self {
            data,
            rows,
            cols,
            nr,
            panel,
        }
    }

    /// Columns of a panel.
    pub(super) fn nr(&self) -> usize {
        self.nr
    }

    /// Values from a panel to the next.
    pub(super) fn panel(&self) -> usize {
        self.panel
    }

    /// Everything from depth `row` of the panel of column `col`, the first one of a panel, on.
    #[inline(always)]
    pub(super) fn from(&self, row: usize, col: usize) -> &'a [f64] {
        debug_assert!(col.is_multiple_of(self.nr));
        &self.data[col / self.nr * self.panel + row * self.nr..]
    }
}

/// A matrix to write, its rows contiguous; through a pointer, so that its tiles can be written side by side.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    // Invariant: where rows and cols are not 0, (rows - 1)·row_stride + cols values from `data` on are this value's
    // alone for 'a. They are only read after they were written.
    data: *mut f64,
    rows: usize,
    cols: usize,
    row_stride: usize,
    /// Of column j, no more than the rows up to this plus j need be written.
    diagonal: isize,
    borrow: PhantomData<&'a mut [MaybeUninit<f64>]>,
}

// SAFETY: an `Output` is a mutable borrow of plain numbers, which may be sent.
unsafe impl Send for Output<'_> {}

impl<'a> Output<'a> {
    /// # Panics
    /// Where the last row ends outside `data`, or rows overlap.
    #[inline(always)]
    pub(crate) fn new(data: &'a mut [f64], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert!(rows <= 1 || row_stride >= cols, "rows overlap");
        assert_inside(data.len(), rows, cols, row_stride);
        Self::at_start(data.as_mut_ptr(), rows, cols, row_stride)
    }

    /// The same, of which no more than the rows up to `diagonal` + j of column j need be written.
    pub(crate) fn above(self, diagonal: usize) -> Self {
        let diagonal = isize::try_from(diagonal).unwrap_or(isize::MAX);
        Self { diagonal, ..self }
    }

    /// Rows without gaps, in memory that holds nothing yet.
    ///
    /// # Panics
    /// Where `data` is too short.
    #[inline(always)]
    pub(super) fn uninit(data: &'a mut [MaybeUninit<f64>], rows: usize, cols: usize) -> Self {
        assert_inside(data.len(), rows, cols, cols);
        Self::at_start(data.as_mut_ptr().cast(), rows, cols, cols)
    }

    fn at_start(data: *mut f64, rows: usize, cols: usize, row_stride: usize) -> Self {
        Self {
            data,
            rows,
            cols,
            row_stride,
            diagonal: isize::MAX,
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

    /// Of column `col` + j, no more than the rows up to `row` plus this plus j need be written.
    pub(super) fn diagonal_at(&self, row: usize, col: usize) -> isize {
        // They lie inside a slice: not beyond isize.
        self.diagonal
            .saturating_add(col as isize)
            .saturating_sub(row as isize)
    }

    /// A pointer to element (`row`, `col`); only to be used where that lies inside.
    #[inline(always)]
    pub(super) fn at(&self, row: usize, col: usize) -> *mut f64 {
        debug_assert!(row < self.rows && col < self.cols);
        self.data.wrapping_add(row * self.row_stride + col)
    }

    /// Writes `values` to a row from a column on.
    ///
    /// # Panics
    /// Where they end outside.
    #[inline(always)]
    pub(super) fn write(&mut self, row: usize, col: usize, values: &[f64]) {
        assert!(row < self.rows && col < self.cols && values.len() <= self.cols - col);
        // SAFETY: the values lie inside (asserted), and the memory is this value's alone.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), self.at(row, col), values.len()) };
    }

    /// The transpose of a single column without gaps, or of a single row.
    pub(super) fn transposed(self) -> Self {
        debug_assert!(self.rows == 1 || self.cols == 1 && self.row_stride == 1);
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.rows,
            diagonal: isize::MAX,
            ..self
        }
    }

    /// Sets every element to +0.0, the value of an empty chain.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        let rows = if self.cols == 0 { 0 } else { self.rows };
        for row in 0..rows {
            // SAFETY: the row is this value's (invariant), and +0.0 is all zeros.
            unsafe { ptr::write_bytes(self.at(row, 0), 0, self.cols) };
        }
    }
}

/// An output that several tasks write, each a block of its own.
pub(super) struct SharedOutput<'a>(pub(super) Output<'a>);

// SAFETY: through a shared reference there is only `block`, whose callers see to it that blocks do not overlap.
unsafe impl Sync for SharedOutput<'_> {}

impl SharedOutput<'_> {
    /// The block of `rows` × `cols` that starts at (`row`, `col`).
    ///
    /// # Safety
    /// It lies inside; as long as it lives, nobody writes or reads there but through it.
    #[inline(always)]
    pub(super) unsafe fn block(
        &self,
        row: usize,
        col: usize,
        rows: usize,
        cols: usize,
    ) -> Output<'_> {
        debug_assert!(row + rows <= self.0.rows && col + cols <= self.0.cols);
        Output {
            data: self.0.at(row, col),
            rows,
            cols,
            diagonal: self.0.diagonal_at(row, col),
            ..self.0
        }
    }
}

/// The last of `rows` rows of `cols` values, `row_stride` apart, ends inside `len` values.
#[inline(always)]
fn assert_inside(len: usize, rows: usize, cols: usize, row_stride: usize) {
    // What holds of all but empty blocks is tested first; without rows, the first factor is the largest number.
    let end = rows.wrapping_sub(1).checked_mul(row_stride);
    let end = end.and_then(|start| start.checked_add(cols));
    if !(end.is_some_and(|end| end <= len) || rows == 0 || cols == 0) {
        outside(len, rows, cols, row_stride);
    }
}

/// Apart, so that the numbers need not stand in memory for the sake of a message.
#[allow(clippy::panic, reason = "callers have checked")]
#[cold]
#[inline(never)]
fn outside(len: usize, rows: usize, cols: usize, row_stride: usize) -> ! {
    panic!("{rows}x{cols} with rows {row_stride} apart does not lie in {len} values")
}

/// Columns to peel of a matrix, its first value here and its rows so far apart: registers of `width` values behind them lie in one
/// cache line each, and lines begin in the same column of every row, or every other one. 0 where the stride does not allow it.
#[inline(always)]
pub(super) fn columns_to_peel(first: *const f64, row_stride: usize, width: usize) -> usize {
    let lines = row_stride | LANES;
    let unit = lines & lines.wrapping_neg();
    if unit < width {
        return 0;
    }
    (first.addr() / size_of::<f64>()).wrapping_neg() % unit
}
