//! An `.npy` to be written: its size is known before, its bytes are made in pieces, as often as needed.

use super::header;
use crate::MatrixView;
use std::io::{self, Write};

/// What is written.
#[derive(Clone, Copy)]
pub(in crate::io) enum Body<'a> {
    /// Two axes of `<f8`.
    Matrix(MatrixView<'a>),
    /// One axis of `<f8`.
    Vector(&'a [f64]),
    /// One axis of `<i8`; each fits.
    Labels(&'a [usize]),
    /// One axis of `<U`, of this many characters each; none is longer.
    Text(&'a [&'a str], usize),
}

/// A header and the values.
pub(in crate::io) struct Payload<'a> {
    header: Vec<u8>,
    body: Body<'a>,
}

impl<'a> Payload<'a> {
    pub(in crate::io) fn new(body: Body<'a>) -> Self {
        let header = match body {
            Body::Matrix(view) => header::write("<f8", &[view.nrows(), view.ncols()]),
            Body::Vector(values) => header::write("<f8", &[values.len()]),
            Body::Labels(labels) => header::write("<i8", &[labels.len()]),
            Body::Text(items, width) => header::write(&format!("<U{width}"), &[items.len()]),
        };
        Self { header, body }
    }

    /// How many bytes [`write_to`](Self::write_to) writes; `None` where that passes 2^64.
    pub(in crate::io) fn size(&self) -> Option<u64> {
        let (count, each) = match self.body {
            Body::Matrix(view) => (view.len(), 8),
            Body::Vector(values) => (values.len(), 8),
            Body::Labels(labels) => (labels.len(), 8),
            Body::Text(items, width) => (items.len(), (width as u64).checked_mul(4)?),
        };
        (count as u64)
            .checked_mul(each)?
            .checked_add(self.header.len() as u64)
    }

    /// Writes it all; the same bytes every time.
    pub(in crate::io) fn write_to(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        out.write_all(&self.header)?;
        let mut out = Pieces {
            buffer: [0; PIECE],
            used: 0,
            out,
        };
        match self.body {
            Body::Matrix(view) => view.filled_rows().try_for_each(|row| out.numbers(row))?,
            Body::Vector(values) => out.numbers(values)?,
            Body::Labels(labels) => labels
                .iter()
                .try_for_each(|&label| out.put((label as u64).to_le_bytes()))?,
            Body::Text(items, width) => {
                for item in items {
                    let mut points = item.chars().map(u32::from);
                    for _ in 0..width {
                        out.put(points.next().unwrap_or(0).to_le_bytes())?;
                    }
                }
            }
        }
        out.flush()
    }
}

const PIECE: usize = 1 << 13;

/// Gathers values into pieces worth a call.
struct Pieces<'a, W: ?Sized> {
    buffer: [u8; PIECE],
    used: usize,
    out: &'a mut W,
}

impl<W: Write + ?Sized> Pieces<'_, W> {
    fn numbers(&mut self, values: &[f64]) -> io::Result<()> {
        // Whole pieces at once, without asking for room at each value.
        for values in values.chunks(PIECE / 8) {
            if self.buffer.len() - self.used < values.len() * 8 {
                self.flush()?;
            }
            let (items, _) = self.buffer[self.used..].as_chunks_mut::<8>();
            for (item, value) in items.iter_mut().zip(values) {
                *item = value.to_le_bytes();
            }
            self.used += values.len() * 8;
        }
        Ok(())
    }

    fn put<const N: usize>(&mut self, bytes: [u8; N]) -> io::Result<()> {
        if self.buffer.len() - self.used < N {
            self.flush()?;
        }
        self.buffer[self.used..][..N].copy_from_slice(&bytes);
        self.used += N;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let used = std::mem::take(&mut self.used);
        self.out.write_all(&self.buffer[..used])
    }
}
