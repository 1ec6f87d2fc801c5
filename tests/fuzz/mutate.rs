//! How an input is made from sound files.

use super::readers::Reader;
use crate::common::Random;

/// Inputs are cut here, so that pieces repeated again and again do not grow without end.
const LONGEST: usize = 2048;

/// The next input, in `out`.
pub(crate) fn mutate(random: &mut Random, reader: &Reader, out: &mut Vec<u8>) {
    out.clear();
    match random.below(64) {
        0 => {
            let len = random.below(200);
            out.extend((0..len).map(|_| random.bits() as u8));
        }
        1 => {
            for _ in 0..random.below(12) {
                out.extend_from_slice(random.pick(&reader.words));
            }
        }
        _ => out.extend_from_slice(&reader.corpus[random.below(reader.corpus.len())]),
    }
    // Mostly one to three changes, now and then many.
    let changes = match random.below(16) {
        0 => 4 + random.below(12),
        _ => 1 + random.below(3),
    };
    for _ in 0..changes {
        change(random, reader, out);
        out.truncate(LONGEST);
    }
    (reader.finish)(random, out);
}

fn change(random: &mut Random, reader: &Reader, out: &mut Vec<u8>) {
    let len = out.len();
    let at = random.below(len + 1);
    match random.below(13) {
        // Single bits and bytes.
        0 | 1 if len > 0 => out[at.min(len - 1)] ^= 1 << random.below(8),
        2 if len > 0 => out[at.min(len - 1)] = random.bits() as u8,
        3 if len > 0 => {
            let byte = &mut out[at.min(len - 1)];
            *byte = byte.wrapping_add(if random.below(2) == 0 { 1 } else { 255 });
        }
        // A cut at either end, a piece less, a piece twice or elsewhere.
        4 => out.truncate(at),
        5 => {
            let end = at + random.below((len - at + 1).min(40));
            out.drain(at..end);
        }
        6 => {
            let end = at + random.below((len - at + 1).min(80));
            let piece = out[at..end].to_vec();
            let to = random.below(len + 1);
            out.splice(to..to, piece);
        }
        // A piece of another file.
        7 => {
            let other = &reader.corpus[random.below(reader.corpus.len())];
            let from = random.below(other.len() + 1);
            let piece = &other[from..];
            let piece = &piece[..random.below(piece.len() + 1)];
            let end = (at + random.below(piece.len() + 1)).min(len);
            out.splice(at..end, piece.iter().copied());
        }
        // A word that means something, over what is there or between.
        8 | 9 => {
            let word = random.pick(&reader.words);
            let end = match random.below(2) {
                0 => at,
                _ => (at + word.len()).min(len),
            };
            out.splice(at..end, word.iter().copied());
        }
        // A field of 2, 4 or 8 bytes in either order: limits, and what is near the length.
        10 => {
            let value = number(random, len);
            let width = [2, 4, 8][random.below(3)];
            let mut field = value.to_le_bytes()[..width].to_vec();
            if random.below(2) == 0 {
                field.reverse();
            }
            let end = (at + width).min(len);
            out.splice(at..end, field);
        }
        // A number in text.
        11 => {
            let digits = |byte: &u8| byte.is_ascii_digit();
            let Some(start) = out[at..].iter().position(digits) else {
                return;
            };
            let start = at + start;
            let end = out[start..].iter().position(|byte| !digits(byte));
            let end = end.map_or(len, |end| start + end);
            let text = number(random, len).to_string();
            out.splice(start..end, text.into_bytes());
        }
        _ => {
            let count = random.below(9);
            let bytes: Vec<u8> = (0..count).map(|_| random.bits() as u8).collect();
            out.splice(at..at, bytes);
        }
    }
}

/// A number at which code goes wrong.
fn number(random: &mut Random, len: usize) -> u64 {
    let base = match random.below(10) {
        0 => 0,
        1 => len as u64,
        2 => 1 << random.below(64),
        3 => (1 << random.below(64)) - 1,
        4 => u64::from(u32::MAX),
        5 => u64::from(u16::MAX),
        6 => u64::MAX,
        7 => i64::MAX as u64,
        8 => random.below(len + 1) as u64,
        _ => random.below(10) as u64,
    };
    base.wrapping_add(random.below(3) as u64).wrapping_sub(1)
}
