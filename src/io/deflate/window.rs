//! The bytes last put out, for copies to reach back to.

use super::fault::Flaw;
use super::unpacked::Unpacked;

/// How far a copy may reach back.
const HISTORY: usize = 1 << 15;
/// The places that `at & (SPAN - 1)` leaves as they are, which spares each access its check.
const SPAN: usize = 1 << 16;
const LEN: usize = SPAN + CHUNK;
/// How many bytes are copied at once; a copy may write that many too many.
const CHUNK: usize = 16;
/// The longest copy.
const LONGEST: usize = 258;

/// A buffer that is filled front to back and, when full, handed on and begun again with its last `HISTORY` bytes.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8; LEN]>,
    /// Where the next byte goes.
    at: usize,
    /// Where the bytes start that were not handed on yet.
    fresh: usize,
}

impl Window {
    pub(super) fn new() -> Result<Self, Flaw> {
        let memory = Flaw::Memory { bytes: LEN };
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(LEN).map_err(|_| memory)?;
        bytes.resize(LEN, 0);
        Ok(Self {
            bytes: bytes.into_boxed_slice().try_into().map_err(|_| memory)?,
            at: 0,
            fresh: 0,
        })
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        (self.at, self.fresh) = (0, 0);
    }

    /// Where to write, until it is full.
    pub(super) fn writer(&mut self) -> Writer<'_> {
        Writer {
            bytes: &mut self.bytes,
            at: self.at,
        }
    }

    /// What a writer wrote, it left off at `at`.
    pub(super) fn written(&mut self, at: usize) {
        self.at = at;
    }

    /// Puts bytes out as they are.
    pub(super) fn store(&mut self, mut stored: &[u8], out: &mut Unpacked) -> Result<(), Flaw> {
        while !stored.is_empty() {
            let room = self.bytes.get_mut(self.at..).unwrap_or_default();
            let (now, later) = stored.split_at(stored.len().min(room.len()));
            room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            self.at += now.len();
            stored = later;
            if self.at > Writer::FULL {
                self.hand_on(out)?;
            }
        }
        Ok(())
    }

    /// Hands everything on, and makes room where a writer would find too little.
    pub(super) fn hand_on(&mut self, out: &mut Unpacked) -> Result<(), Flaw> {
        out.append(self.bytes.get(self.fresh..self.at).unwrap_or_default())?;
        self.fresh = self.at;
        if self.at > Writer::FULL {
            self.bytes.copy_within(self.at - HISTORY..self.at, 0);
            (self.at, self.fresh) = (HISTORY, HISTORY);
        }
        Ok(())
    }
}

/// The window, open for writing. What is not [`full`](Writer::is_full) has room for three bytes and a copy.
pub(super) struct Writer<'a> {
    bytes: &'a mut [u8; LEN],
    at: usize,
}

impl Writer<'_> {
    const FULL: usize = SPAN - 3 - LONGEST - CHUNK;

    pub(super) fn at(&self) -> usize {
        self.at
    }

    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.at > Self::FULL
    }

    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[self.at & (SPAN - 1)] = byte;
        self.at += 1;
    }

    /// Puts out once more the `len` bytes, 3 to 258, that start `distance` back; they may run into those they make.
    #[inline(always)]
    pub(super) fn copy(&mut self, distance: usize, len: usize) -> Result<(), Flaw> {
        if distance > self.at {
            return Err(Flaw::Distance {
                found: distance,
                written: self.at,
            });
        }
        let (mut to, end) = (self.at, self.at + len);
        self.at = end;
        if distance >= CHUNK {
            loop {
                let chunk = self.chunk(to - distance);
                self.set_chunk(to, chunk);
                to += CHUNK;
                if to >= end {
                    return Ok(());
                }
            }
        }
        if distance == 1 {
            let chunk = [self.bytes[(to - 1) & (SPAN - 1)]; CHUNK];
            loop {
                self.set_chunk(to, chunk);
                to += CHUNK;
                if to >= end {
                    return Ok(());
                }
            }
        }
        self.repeat(distance, to, end);
        Ok(())
    }

    /// A run of 2 to 15 bytes over and over.
    #[inline(always)]
    fn repeat(&mut self, distance: usize, mut to: usize, end: usize) {
        let run = self.chunk(to - distance);
        let mut chunk = [0; CHUNK];
        let mut from = 0;
        for byte in &mut chunk {
            *byte = run[from & (CHUNK - 1)];
            from += 1;
            if from == distance {
                from = 0;
            }
        }
        // As many whole runs as a chunk holds.
        let step = CHUNK - CHUNK % distance;
        loop {
            self.set_chunk(to, chunk);
            to += step;
            if to >= end {
                return;
            }
        }
    }

    #[inline(always)]
    fn chunk(&self, at: usize) -> [u8; CHUNK] {
        let at = at & (SPAN - 1);
        let mut chunk = [0; CHUNK];
        chunk.copy_from_slice(&self.bytes[at..at + CHUNK]);
        chunk
    }

    #[inline(always)]
    fn set_chunk(&mut self, at: usize, chunk: [u8; CHUNK]) {
        let at = at & (SPAN - 1);
        self.bytes[at..at + CHUNK].copy_from_slice(&chunk);
    }
}
