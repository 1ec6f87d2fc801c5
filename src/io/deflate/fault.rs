//! What can be wrong with a deflate stream.

use std::fmt;

/// One of the codes of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Code {
    /// The code in which the lengths of the other two are written.
    Lengths,
    /// Literals, lengths of copies and the end.
    Literals,
    Distances,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lengths => "the code of the code lengths",
            Self::Literals => "the code of literals and lengths",
            Self::Distances => "the code of distances",
        })
    }
}

/// What is wrong; where, the bits know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    /// The input ends in the middle.
    Truncated,
    BlockType,
    StoredLength {
        len: u16,
        complement: u16,
    },
    /// More symbols than the alphabet has.
    Symbols {
        code: Code,
        found: usize,
        most: usize,
    },
    OverSubscribed(Code),
    Incomplete(Code),
    /// The block could never end.
    NoEnd,
    /// Bits with which no code begins, or whose symbol is reserved.
    Symbol(Code),
    /// Repeats the length before the first.
    NothingToRepeat,
    /// Repeats a length beyond the last symbol.
    Repeat {
        found: usize,
        left: usize,
    },
    Distance {
        found: usize,
        written: usize,
    },
    /// More comes out than was declared.
    TooLong {
        most: u64,
    },
    Memory {
        bytes: usize,
    },
}

impl Flaw {
    /// What should be, and what is.
    pub(super) fn words(self) -> (String, String) {
        let words = |expected: &str, found: &str| (expected.to_owned(), found.to_owned());
        match self {
            Self::Truncated => words("the rest of the compressed data", "the end"),
            Self::BlockType => words("a block of type 0, 1 or 2", "one of type 3"),
            Self::StoredLength { len, complement } => (
                format!(
                    "a stored block's length and its complement, {:#06x} after {len:#06x}",
                    !len
                ),
                format!("{complement:#06x}"),
            ),
            Self::Symbols { code, found, most } => (
                format!("at most {most} symbols in {code}"),
                found.to_string(),
            ),
            Self::OverSubscribed(code) => (
                format!("lengths that make {code}"),
                "more codes than there is room for".to_owned(),
            ),
            Self::Incomplete(code) => (
                format!("lengths that make {code}"),
                "an incomplete one".to_owned(),
            ),
            Self::NoEnd => words("a code for the end of the block", "none"),
            Self::Symbol(code) => (
                format!("a symbol of {code}"),
                "bits that stand for none".to_owned(),
            ),
            Self::NothingToRepeat => words("a code length", "a repetition of the one before it"),
            Self::Repeat { found, left } => (
                format!("at most {left} more code lengths"),
                format!("{found} times the same"),
            ),
            Self::Distance { found, written } => (
                format!("a distance of at most {written}, as many bytes as there are"),
                found.to_string(),
            ),
            Self::TooLong { most } => (format!("at most {most} bytes unpacked"), "more".to_owned()),
            Self::Memory { bytes } => (format!("memory for {bytes} bytes"), "none".to_owned()),
        }
    }
}
