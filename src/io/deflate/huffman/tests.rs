#![allow(clippy::unwrap_used, reason = "a test may fail")]
use super::*;
use crate::random::Rng;

const PRIMARY: usize = 8;

/// Lengths of a complete code: leaves of a tree that is split at `splits` until there are so many.
fn code(symbols: usize, mut split: impl FnMut(&[u8]) -> usize) -> Vec<u8> {
    let mut lengths = vec![1, 1];
    while lengths.len() < symbols {
        let at = split(&lengths);
        if lengths[at] < 15 {
            lengths[at] += 1;
            lengths.push(lengths[at]);
        } else {
            // Full there; the shortest has room.
            let at = (0..lengths.len()).min_by_key(|&i| lengths[i]).unwrap();
            lengths[at] += 1;
            lengths.push(lengths[at]);
        }
    }
    lengths
}

/// Looks every code up, with every kind of bits after it, and asserts what the definition of the codes says.
fn check<const LEN: usize>(lengths: &[u8]) {
    let symbols: Vec<Entry> = (0..lengths.len())
        .map(|i| Entry::base(i as u16, 0))
        .collect();
    let mut table = Table::<PRIMARY, LEN>::new();
    // What another code leaves behind does no harm.
    table
        .fill(&[8; 256], &[Entry::literal(9); 256], Code::Literals)
        .unwrap();
    table.fill(lengths, &symbols, Code::Literals).unwrap();
    let mut next = 0_u64;
    for len in 1..=15_u8 {
        next <<= 1;
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, l)| **l == len) {
            let bits = next.reverse_bits() >> (64 - u32::from(len));
            for after in [0, u64::MAX, 0x5555_5555_5555_5555] {
                let mut bits = bits | after << len;
                let mut taken = 0;
                let mut entry = table.look_up(bits);
                if entry.is_subtable() {
                    bits >>= PRIMARY;
                    taken = PRIMARY as u32;
                    entry = table.look_up_in(entry, bits);
                }
                assert!(!entry.is_special() && !entry.is_literal());
                assert_eq!(entry.value(bits), symbol);
                assert_eq!(taken + entry.bits(), u32::from(len));
            }
            next += 1;
        }
    }
    assert_eq!(next, 1 << 15, "the code is complete");
}

#[test]
fn tables_say_what_the_codes_are() {
    let mut rng = Rng::new(1);
    let mut below = |n: usize| rng.below(n);
    for round in 0..400 {
        let symbols = [2, 3, 19, 30, 32, 100, 286, 288][round % 8];
        let lengths = match round % 3 {
            0 => code(symbols, |lengths| below(lengths.len())),
            // Longer codes are split sooner.
            1 => code(symbols, |lengths| {
                lengths.len() - 1 - below(lengths.len().min(3))
            }),
            _ => code(symbols, |lengths| {
                below(lengths.len()).min(below(lengths.len()))
            }),
        };
        check::<{ room(PRIMARY, 288) }>(&lengths);
    }
}

/// As many deep subtables as the symbols suffice for: each of a chain of eight codes, 9 to 15 bits and 15.
#[test]
fn the_most_subtables_fit() {
    for symbols in [32, 280] {
        let chains = symbols / 8;
        let mut lengths = Vec::new();
        for _ in 0..chains {
            lengths.extend([9, 10, 11, 12, 13, 14, 15, 15]);
        }
        // The rest of the space in codes of eight bits, or fewer longer ones where symbols are short.
        let mut left: usize = 256 - chains;
        while left > 0 {
            let bits = left.ilog2();
            lengths.push(8 - bits as u8);
            left -= 1 << bits;
        }
        check::<{ room(PRIMARY, 288) }>(&lengths);
        let subtables = lengths.iter().filter(|&&len| len == 9).count();
        assert_eq!(subtables, chains);
    }
}

#[test]
fn one_code_of_one_bit_leaves_the_other_bit_free() {
    let mut table = Table::<PRIMARY, { room(PRIMARY, 32) }>::new();
    let symbols = [Entry::base(5, 0); 4];
    table
        .fill(&[0, 0, 1, 0], &symbols, Code::Distances)
        .unwrap();
    assert_eq!(table.look_up(0).value(0), 5);
    assert_eq!(table.look_up(0b1111_1110).bits(), 1);
    assert_eq!(table.look_up(1), Entry::NONE);
    table.fill(&[0; 4], &symbols, Code::Distances).unwrap();
    assert!((0..256).all(|bits| table.look_up(bits) == Entry::NONE));
}
