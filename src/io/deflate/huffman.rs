//! Prefix codes, decoded by table.
//!
//! A table is looked up with the next `PRIMARY` bits. What it holds there is an [`Entry`]: the symbol whose code these
//! bits begin with, or the place of a subtable, to be looked up with the bits after them.

use super::fault::{Code, Flaw};

/// No code is longer.
const MAX_LEN: usize = 15;
/// No alphabet has more symbols.
const MAX_SYMBOLS: usize = 288;

/// What a table says of the next bits.
///
/// | bits | |
/// | --- | --- |
/// | 0-7 | how many bits to take: the code and the extra bits behind it |
/// | 8-11 | how many of them are the code; of a subtable, how many bits to look it up with |
/// | 13-15 | see the constants |
/// | 16-30 | the byte to put out, the smallest length or distance, the symbol, the place of the subtable |
/// | 31 | [`LITERAL`](Entry::LITERAL) |
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry(u32);

impl Entry {
    /// The value is a byte to put out.
    const LITERAL: u32 = 1 << 31;
    /// Neither a literal nor a length: one of the two below, or a symbol that there is not.
    const SPECIAL: u32 = 1 << 15;
    const SUBTABLE: u32 = 1 << 14;
    /// The end of the block.
    const END: u32 = 1 << 13;

    /// No code begins with these bits.
    pub(super) const NONE: Entry = Entry(Self::SPECIAL);

    pub(super) const fn literal(byte: u8) -> Entry {
        Entry(Self::LITERAL | (byte as u32) << 16)
    }

    /// `base`, to which the next `extra` bits are added.
    pub(super) const fn base(base: u16, extra: u8) -> Entry {
        Entry((base as u32) << 16 | extra as u32)
    }

    pub(super) const fn end() -> Entry {
        Entry(Self::SPECIAL | Self::END)
    }

    /// This symbol with a code of `len` bits.
    fn with_code(self, len: usize) -> Entry {
        Entry(self.0 + ((len as u32) << 8 | len as u32))
    }

    #[inline(always)]
    pub(super) fn is_literal(self) -> bool {
        self.0 & Self::LITERAL != 0
    }

    #[inline(always)]
    pub(super) fn is_special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    #[inline(always)]
    pub(super) fn is_subtable(self) -> bool {
        self.0 & Self::SUBTABLE != 0
    }

    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 & Self::END != 0
    }

    #[inline(always)]
    pub(super) fn byte(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// How many bits to take.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 63
    }

    /// The base and the extra bits, which `bits` has behind the code.
    #[inline(always)]
    pub(super) fn value(self, bits: u64) -> usize {
        let extra = (bits & !(u64::MAX << self.bits())) >> (self.0 >> 8 & 15);
        (self.0 >> 16) as usize + extra as usize
    }
}

/// How many entries a table of a code of so many symbols may need.
///
/// A subtable of s bits has at least s + 1 codes in it, since its code is complete, so that the subtables of n codes have
/// at most n·2^s / (s + 1) entries, with s = 15 - `primary`.
pub(super) const fn room(primary: usize, symbols: usize) -> usize {
    let sub = MAX_LEN - primary;
    (1 << primary) + (symbols << sub) / (sub + 1)
}

/// The table of one code: `LEN` entries, of which the first 2^`PRIMARY` are looked up first.
#[derive(Clone, Debug)]
pub(super) struct Table<const PRIMARY: usize, const LEN: usize> {
    entries: [Entry; LEN],
}

impl<const PRIMARY: usize, const LEN: usize> Table<PRIMARY, LEN> {
    pub(super) fn new() -> Self {
        Self {
            entries: [Entry::NONE; LEN],
        }
    }

    #[inline(always)]
    pub(super) fn look_up(&self, bits: u64) -> Entry {
        self.entries[bits as usize & ((1 << PRIMARY) - 1)]
    }

    /// The entry of the subtable that `entry` tells of; `bits` are those after the first `PRIMARY` ones.
    #[inline(always)]
    pub(super) fn look_up_in(&self, entry: Entry, bits: u64) -> Entry {
        let within = bits & !(u64::MAX << (entry.0 >> 8 & 15));
        let index = (entry.0 >> 16 & 0x7fff) as usize + within as usize;
        self.entries.get(index).copied().unwrap_or(Entry::NONE)
    }

    /// Fills the table for the code in which symbol i has `lengths[i]` bits, or no code where that is 0, and stands for
    /// `symbols[i]`.
    ///
    /// Codes of one length follow one another in the order of their symbols, shorter ones come before longer ones, and
    /// together they must be all there are; only a single code of one bit, or none at all, may stand alone.
    pub(super) fn fill(
        &mut self,
        lengths: &[u8],
        symbols: &[Entry],
        code: Code,
    ) -> Result<(), Flaw> {
        let (counts, sorted) = sort(lengths, code)?;
        let mut sorted = sorted
            .iter()
            .map(|&symbol| symbols.get(usize::from(symbol)).copied());
        let mut next_symbol = || sorted.next().flatten().unwrap_or(Entry::NONE);
        let entries = &mut self.entries;

        // The next code, its first bit lowest. The table of one length, twice, is the table of the next, apart from
        // the codes of that length: they take the place of what was there before, which was no code.
        let mut next = 0;
        entries[0] = Entry::NONE;
        for (len, &count) in counts.iter().enumerate().take(PRIMARY + 1).skip(1) {
            let size = 1 << len;
            entries.copy_within(..size / 2, size / 2);
            for _ in 0..count {
                entries[next] = next_symbol().with_code(len);
                next = after(next, len);
            }
        }

        let mut end = 1 << PRIMARY;
        let (mut start, mut prefix) = (end, None);
        for len in PRIMARY + 1..=MAX_LEN {
            for done in 0..counts[len] {
                let this = next & ((1 << PRIMARY) - 1);
                if prefix != Some(this) {
                    // As many bits as make room for all codes with this prefix: the code is complete.
                    let mut bits = len - PRIMARY;
                    let mut codes = counts[len] - done;
                    while codes < 1 << bits && PRIMARY + bits < MAX_LEN {
                        bits += 1;
                        codes = 2 * codes + counts[PRIMARY + bits];
                    }
                    (start, prefix) = (end, Some(this));
                    end += 1 << bits;
                    let place = (start as u32) << 16 | (bits as u32) << 8 | PRIMARY as u32;
                    entries[this] = Entry(Entry::SPECIAL | Entry::SUBTABLE | place);
                }
                let entry = next_symbol().with_code(len - PRIMARY);
                let of_prefix = entries.get_mut(start..end).unwrap_or_default();
                let from = of_prefix.iter_mut().skip(next >> PRIMARY);
                from.step_by(1 << (len - PRIMARY))
                    .for_each(|place| *place = entry);
                next = after(next, len);
            }
        }
        Ok(())
    }
}

/// How many codes there are of each length, and the symbols in the order of their codes, where the lengths are those of
/// a code.
fn sort(lengths: &[u8], code: Code) -> Result<([usize; MAX_LEN + 1], [u16; MAX_SYMBOLS]), Flaw> {
    let mut counts = [0; MAX_LEN + 1];
    for &len in lengths {
        counts[usize::from(len) & MAX_LEN] += 1;
    }
    counts[0] = 0;

    let mut first = [0; MAX_LEN + 2];
    let mut free = 1_i32;
    for len in 1..=MAX_LEN {
        first[len + 1] = first[len] + counts[len];
        free = 2 * free - counts[len] as i32;
        if free < 0 {
            return Err(Flaw::OverSubscribed(code));
        }
    }
    let used = first[MAX_LEN + 1];
    let alone = used == 0 || (used == 1 && counts[1] == 1 && code != Code::Lengths);
    if free > 0 && !alone {
        return Err(Flaw::Incomplete(code));
    }

    let mut sorted = [0; MAX_SYMBOLS];
    for (symbol, &len) in lengths.iter().enumerate() {
        if len != 0 {
            let place = &mut first[usize::from(len) & MAX_LEN];
            if let Some(sorted) = sorted.get_mut(*place) {
                *sorted = symbol as u16;
            }
            *place += 1;
        }
    }
    Ok((counts, sorted))
}

/// The code after `code`, both of `len` bits and their first bit lowest.
fn after(code: usize, len: usize) -> usize {
    // The last bit that is 0 becomes 1, and those after it 0.
    match (!code & ((1 << len) - 1)).checked_ilog2() {
        Some(bit) => code & ((1 << bit) - 1) | 1 << bit,
        None => 0,
    }
}

#[cfg(test)]
mod tests;
