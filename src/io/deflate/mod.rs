//! Deflate (RFC 1951): the compression inside gzip and zip, undone.
//!
//! A stream is a row of blocks. A block's bytes are stored as they are, or written in two codes, the format's own or the
//! block's: one of literal bytes, lengths of copies and the block's end, the other of how far back a copy reaches.

mod bits;
mod fault;
mod huffman;
mod unpacked;
mod window;

pub(super) use unpacked::Unpacked;

use super::bytes::Cursor;
use super::error::Error;
use bits::Bits;
use fault::{Code, Flaw};
use huffman::{Entry, Table, room};
use window::{Window, Writer};

/// Bits of a code that are looked up at once.
const LITERAL_BITS: usize = 11;
const DISTANCE_BITS: usize = 8;
/// The code lengths' own code has no longer ones.
const LENGTH_BITS: usize = 7;

/// Symbols of the format's own codes, reserved ones among them.
const LITERALS: usize = 288;
const DISTANCES: usize = 32;
/// How many of them a block's codes may have.
const MOST_LITERALS: usize = 286;
const MOST_DISTANCES: usize = 30;
const END: usize = 256;

static LITERAL_ENTRIES: [Entry; LITERALS] = literal_entries();
static DISTANCE_ENTRIES: [Entry; DISTANCES] = distance_entries();

const fn literal_entries() -> [Entry; LITERALS] {
    let mut entries = [Entry::NONE; LITERALS];
    let mut symbol = 0;
    while symbol < END {
        entries[symbol] = Entry::literal(symbol as u8);
        symbol += 1;
    }
    entries[END] = Entry::end();
    // Lengths: eight without extra bits, then four with each number of them; 258 has a symbol of its own.
    let (mut base, mut i) = (3, 0);
    while i < 28 {
        let extra = if i < 8 { 0 } else { i / 4 - 1 };
        entries[END + 1 + i] = Entry::base(base, extra as u8);
        base += 1 << extra;
        i += 1;
    }
    entries[END + 29] = Entry::base(258, 0);
    entries
}

const fn distance_entries() -> [Entry; DISTANCES] {
    let mut entries = [Entry::NONE; DISTANCES];
    // Four without extra bits, then two with each number of them.
    let (mut base, mut i) = (1, 0);
    while i < MOST_DISTANCES {
        let extra = if i < 4 { 0 } else { i / 2 - 1 };
        entries[i] = Entry::base(base as u16, extra as u8);
        base += 1 << extra;
        i += 1;
    }
    entries
}

type Literals = Table<LITERAL_BITS, { room(LITERAL_BITS, LITERALS) }>;
type Distances = Table<DISTANCE_BITS, { room(DISTANCE_BITS, DISTANCES) }>;

/// Unpacks streams: what they need besides the bytes, kept from one to the next.
#[derive(Debug)]
pub(super) struct Inflater {
    window: Window,
    literals: Literals,
    distances: Distances,
    lengths: Table<LENGTH_BITS, { 1 << LENGTH_BITS }>,
    /// Whether the tables are those of the format's own codes.
    fixed: bool,
}

impl Inflater {
    pub(super) fn new(at: &Cursor<'_>) -> Result<Self, Error> {
        let window = Window::new().map_err(|flaw| error(flaw, 0, at))?;
        Ok(Self {
            window,
            literals: Table::new(),
            distances: Table::new(),
            lengths: Table::new(),
            fixed: false,
        })
    }

    /// Unpacks the stream that starts at `cursor`, and moves the cursor behind it.
    ///
    /// Deflate makes at most 1032 bytes of one, so that no more come out than that times what is there.
    pub(super) fn unpack(
        &mut self,
        cursor: &mut Cursor<'_>,
        out: &mut Unpacked<'_>,
    ) -> Result<(), Error> {
        let mut bits = Bits::new(cursor.rest());
        self.window.clear();
        let done = self.blocks(&mut bits, out);
        // Whatever else went wrong after the end, went wrong with the zeros there.
        let done = match bits.overdrawn() {
            true => Err(Flaw::Truncated),
            false => done,
        };
        match done {
            Ok(()) => {
                let len = cursor.rest().len() - bits.rest().len();
                cursor.take(len, "the compressed data").map(drop)
            }
            Err(flaw) => Err(error(flaw, bits.offset(), cursor)),
        }
    }

    fn blocks(&mut self, bits: &mut Bits<'_>, out: &mut Unpacked<'_>) -> Result<(), Flaw> {
        loop {
            let last = take(bits, 1)? == 1;
            match take(bits, 2)? {
                0 => self.stored(bits, out)?,
                1 => {
                    self.fixed_codes()?;
                    self.coded(bits, out)?;
                }
                2 => {
                    self.own_codes(bits)?;
                    self.coded(bits, out)?;
                }
                _ => return Err(Flaw::BlockType),
            }
            if last {
                return self.window.hand_on(out);
            }
        }
    }

    fn stored(&mut self, bits: &mut Bits<'_>, out: &mut Unpacked<'_>) -> Result<(), Flaw> {
        bits.skip_bytes(0);
        let (head, rest) = bits.rest().split_at_checked(4).ok_or(Flaw::Truncated)?;
        let len = u16::from_le_bytes([head[0], head[1]]);
        let complement = u16::from_le_bytes([head[2], head[3]]);
        if len != !complement {
            return Err(Flaw::StoredLength { len, complement });
        }
        let stored = rest.get(..usize::from(len)).ok_or(Flaw::Truncated)?;
        bits.skip_bytes(head.len() + stored.len());
        self.window.store(stored, out)
    }

    fn fixed_codes(&mut self) -> Result<(), Flaw> {
        if self.fixed {
            return Ok(());
        }
        let mut lengths = [8; LITERALS];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.literals
            .fill(&lengths, &LITERAL_ENTRIES, Code::Literals)?;
        self.distances
            .fill(&[5; DISTANCES], &DISTANCE_ENTRIES, Code::Distances)?;
        self.fixed = true;
        Ok(())
    }

    /// Reads the block's codes.
    fn own_codes(&mut self, bits: &mut Bits<'_>) -> Result<(), Flaw> {
        /// In which order the lengths of the code lengths' code stand: those first that are seldom 0.
        const ORDER: [usize; 19] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let literals = 257 + take(bits, 5)?;
        let distances = 1 + take(bits, 5)?;
        let lengths_of_lengths = 4 + take(bits, 4)?;
        for (code, found, most) in [
            (Code::Literals, literals, MOST_LITERALS),
            (Code::Distances, distances, MOST_DISTANCES),
        ] {
            if found > most {
                return Err(Flaw::Symbols { code, found, most });
            }
        }

        let mut lengths = [0; ORDER.len()];
        for &symbol in ORDER.iter().take(lengths_of_lengths) {
            lengths[symbol] = take(bits, 3)? as u8;
        }
        let symbols = std::array::from_fn::<_, { ORDER.len() }, _>(|i| Entry::base(i as u16, 0));
        self.lengths.fill(&lengths, &symbols, Code::Lengths)?;

        // Both codes' lengths in one row; a repetition may go from the one to the other.
        let mut lengths = [0; MOST_LITERALS + MOST_DISTANCES];
        let mut at = 0;
        while at < literals + distances {
            refill(bits)?;
            let entry = self.lengths.look_up(bits.peek());
            if entry.is_special() {
                return Err(Flaw::Symbol(Code::Lengths));
            }
            bits.skip(entry.bits());
            let (value, times) = match entry.value(0) {
                16 => {
                    let before = at.checked_sub(1).ok_or(Flaw::NothingToRepeat)?;
                    (lengths[before], 3 + take(bits, 2)?)
                }
                17 => (0, 3 + take(bits, 3)?),
                18 => (0, 11 + take(bits, 7)?),
                len => (len as u8, 1),
            };
            let left = literals + distances - at;
            if times > left {
                return Err(Flaw::Repeat { found: times, left });
            }
            lengths[at..at + times].fill(value);
            at += times;
        }
        let (of_literals, of_distances) = lengths[..at].split_at(literals);
        if of_literals.get(END) == Some(&0) {
            return Err(Flaw::NoEnd);
        }
        self.fixed = false;
        self.literals
            .fill(of_literals, &LITERAL_ENTRIES, Code::Literals)?;
        self.distances
            .fill(of_distances, &DISTANCE_ENTRIES, Code::Distances)
    }

    /// Unpacks the rest of a block, in the codes of the tables.
    fn coded(&mut self, bits: &mut Bits<'_>, out: &mut Unpacked<'_>) -> Result<(), Flaw> {
        loop {
            let mut writer = self.window.writer();
            // Copied, to stay in registers.
            let mut own = bits.clone();
            let ended = until_full(&mut own, &mut writer, &self.literals, &self.distances);
            *bits = own;
            let at = writer.at();
            self.window.written(at);
            if ended? {
                return Ok(());
            }
            self.window.hand_on(out)?;
        }
    }
}

/// Unpacks until the block ends (true) or the window is full.
fn until_full(
    bits: &mut Bits<'_>,
    writer: &mut Writer<'_>,
    literals: &Literals,
    distances: &Distances,
) -> Result<bool, Flaw> {
    while !writer.is_full() {
        refill(bits)?;
        let mut entry = literals.look_up(bits.peek());
        if entry.is_literal() {
            bits.skip(entry.bits());
            writer.push(entry.byte());
            entry = literals.look_up(bits.peek());
            if entry.is_literal() {
                bits.skip(entry.bits());
                writer.push(entry.byte());
                entry = literals.look_up(bits.peek());
                if entry.is_literal() {
                    bits.skip(entry.bits());
                    writer.push(entry.byte());
                    continue;
                }
            }
        }
        if entry.is_special() {
            if entry.is_subtable() {
                bits.skip(LITERAL_BITS as u32);
                entry = literals.look_up_in(entry, bits.peek());
                if entry.is_literal() {
                    bits.skip(entry.bits());
                    writer.push(entry.byte());
                    continue;
                }
            }
            if entry.is_end() {
                bits.skip(entry.bits());
                return Ok(true);
            }
            if entry.is_special() {
                return Err(Flaw::Symbol(Code::Literals));
            }
        }
        let len = entry.value(bits.peek());
        bits.skip(entry.bits());

        refill(bits)?;
        let mut entry = distances.look_up(bits.peek());
        if entry.is_special() {
            if entry.is_subtable() {
                bits.skip(DISTANCE_BITS as u32);
                entry = distances.look_up_in(entry, bits.peek());
            }
            if entry.is_special() {
                return Err(Flaw::Symbol(Code::Distances));
            }
        }
        let distance = entry.value(bits.peek());
        bits.skip(entry.bits());
        writer.copy(distance, len)?;
    }
    Ok(false)
}

#[inline(always)]
fn refill(bits: &mut Bits<'_>) -> Result<(), Flaw> {
    match bits.refill() {
        true => Ok(()),
        false => Err(Flaw::Truncated),
    }
}

/// The next `count` bits as a number, at most sixteen.
fn take(bits: &mut Bits<'_>, count: u32) -> Result<usize, Flaw> {
    refill(bits)?;
    let value = bits.peek() & ((1 << count) - 1);
    bits.skip(count);
    Ok(value as usize)
}

fn error(flaw: Flaw, offset: usize, stream: &Cursor<'_>) -> Error {
    let (expected, found) = flaw.words();
    let at = stream.offset() + offset;
    match flaw {
        Flaw::Memory { bytes } => stream.origin().out_of_memory(bytes as u64),
        _ => stream.origin().format("deflate", at, expected, found),
    }
}
