//! The packed bytes as a stream of bits, the lowest bit of each byte first.

/// At least this many bits are at hand after a [`refill`](Bits::refill): the longest length, two literals before it, or
/// the longest distance.
pub(super) const REFILLED: u32 = 56;

/// The bits of `input` not yet taken.
///
/// After the last byte come zeros, so that a code may be looked up that ends with the input; taking one of them is found
/// out by the next refill, or by [`overdrawn`](Bits::overdrawn).
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    input: &'a [u8],
    /// The next byte to go into `buffer`.
    at: usize,
    /// The next bits. What stands above `count` are bits of the input as well, to be filled in once more.
    buffer: u64,
    /// How many bits of `buffer` are accounted for; below 64.
    count: u32,
    /// Zero bytes put in after the end.
    padding: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            at: 0,
            buffer: 0,
            count: 0,
            padding: 0,
        }
    }

    /// The next bits, as many as there are at hand.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.buffer
    }

    /// Drops `count` bits, at most as many as are at hand.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer >>= count & 63;
        self.count = self.count.wrapping_sub(count & 63);
    }

    /// Brings at least [`REFILLED`] bits to hand; false where bits were taken that there are not.
    #[inline(always)]
    #[must_use]
    pub(super) fn refill(&mut self) -> bool {
        match self.input.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => {
                self.buffer |= u64::from_le_bytes(*bytes) << (self.count & 63);
                // The whole bytes that found room.
                self.at += ((!self.count & 63) >> 3) as usize;
                self.count |= REFILLED;
                true
            }
            None => self.refill_bytes(),
        }
    }

    /// The last few bytes, and zeros after them.
    #[cold]
    fn refill_bytes(&mut self) -> bool {
        while self.count < REFILLED {
            match self.input.get(self.at) {
                Some(&byte) => {
                    self.buffer |= u64::from(byte) << self.count;
                    self.at += 1;
                }
                None => self.padding += 1,
            }
            self.count += 8;
        }
        !self.overdrawn()
    }

    /// Whether bits were taken that there are not.
    pub(super) fn overdrawn(&self) -> bool {
        8 * self.padding > self.count
    }

    /// The byte that holds the next bit.
    pub(super) fn offset(&self) -> usize {
        self.before(self.count.div_ceil(8))
    }

    /// The bytes after the one that the last bit was taken from.
    pub(super) fn rest(&self) -> &'a [u8] {
        let start = self.before(self.count / 8);
        self.input.get(start..).unwrap_or_default()
    }

    /// Where the last `bytes` bytes start that were filled in, the zeros after the end among them.
    fn before(&self, bytes: u32) -> usize {
        let real = bytes.saturating_sub(self.padding) as usize;
        self.at.saturating_sub(real)
    }

    /// Goes on `bytes` after the next byte border.
    pub(super) fn skip_bytes(&mut self, bytes: usize) {
        *self = Self {
            at: self.input.len().min(self.before(self.count / 8) + bytes),
            ..Self::new(self.input)
        };
    }
}
