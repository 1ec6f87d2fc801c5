//! Deflate: every kind of block and code. The streams are the test's own, read as
//! gzipped IDX files of bytes.

use crate::common::{Random, config};
use crate::deflater::{Deflater, Token, deflate, gzip_of, meaning, tokens};
use proptest::prelude::*;
use rowmajor::io::{Error, read_idx};

/// An IDX file of these bytes.
pub(super) fn idx(data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u32).to_be_bytes();
    [&[0, 0, 8, 1], &len[..], data].concat()
}

/// The tokens that write an IDX header for `len` bytes.
pub(super) fn idx_tokens(len: usize) -> Vec<Token> {
    let header = [&[0, 0, 8, 1], &(len as u32).to_be_bytes()[..]].concat();
    header.into_iter().map(Token::Literal).collect()
}

/// Reads the bytes that `stream` unpacks to; `whole` is what that should be, header and all.
pub(super) fn read(stream: &[u8], whole: &[u8]) -> Result<Vec<u8>, Error> {
    let array = read_idx(&gzip_of(stream, whole)[..])?;
    let values = array.into_vec()?;
    Ok(values.into_iter().map(|value| value as u8).collect())
}

#[track_caller]
fn reads(stream: &[u8], whole: &[u8]) {
    assert!(read(stream, whole).unwrap() == whole[8..]);
}

#[test]
fn blocks_of_every_type_in_any_order_read() {
    let data: Vec<u8> = (0..3000).map(|i| (i * i % 251) as u8).collect();
    let whole = idx(&data);
    let mut random = Random::new(1);
    for _ in 0..200 {
        let mut out = Deflater::default();
        let mut at = 0;
        while at < whole.len() {
            let part = &whole[at..(at + random.below(700)).min(whole.len())];
            at += part.len();
            let last = at == whole.len();
            match random.below(3) {
                0 => out.stored(part, last),
                1 => out.fixed(&tokens(part), last),
                _ => out.dynamic(&tokens(part), last),
            };
        }
        reads(&out.bytes, &whole);
    }
}

#[test]
fn empty_blocks_read() {
    let whole = idx(&[1, 2, 3]);
    let mut out = Deflater::default();
    out.stored(&[], false).fixed(&[], false).dynamic(&[], false);
    out.stored(&whole, false).stored(&[], false);
    out.dynamic(&[], false).fixed(&[], true);
    reads(&out.bytes, &whole);
}

#[test]
fn every_length_at_every_kind_of_distance_reads() {
    let near = 1..=70;
    let far = [
        127, 128, 255, 256, 257, 1000, 4095, 4096, 32_511, 32_767, 32_768,
    ];
    for distance in near.chain(far) {
        let mut random = Random::new(distance as u64);
        let mut tokens = Vec::new();
        let mut len = 0;
        while len < distance {
            tokens.push(Token::Literal(random.bits() as u8));
            len += 1;
        }
        for copied in 3..=258 {
            // A byte between, lest a copy of a copy hide a shift.
            tokens.push(Token::Literal(random.bits() as u8));
            let len_and_distance = Token::Copy {
                len: copied,
                distance,
            };
            tokens.push(len_and_distance);
            len += 1 + copied;
        }
        let tokens = [idx_tokens(len), tokens].concat();
        let whole = meaning(&tokens);
        for fixed in [true, false] {
            let mut out = Deflater::default();
            if fixed {
                out.fixed(&tokens, true);
            } else {
                out.dynamic(&tokens, true);
            }
            assert!(
                read(&out.bytes, &whole).unwrap() == whole[8..],
                "distance {distance}, fixed: {fixed}"
            );
        }
    }
}

#[test]
fn the_farthest_copies_read_wherever_they_fall() {
    // Long enough to run through any buffer several times; steps that meet every offset.
    let mut tokens: Vec<Token> = (0..32_768_u32)
        .map(|i| Token::Literal((i.wrapping_mul(2_654_435_761) >> 24) as u8))
        .collect();
    let mut len = tokens.len();
    for i in 0..6000 {
        let (copied, distance) = (3 + i * 7 % 256, 32_768 - i % 2);
        tokens.push(Token::Copy {
            len: copied,
            distance,
        });
        len += copied;
        // Copies right after copies too: these are the ones that find a buffer just begun anew.
        if i % 3 == 0 {
            tokens.push(Token::Literal(i as u8));
            len += 1;
        }
    }
    let tokens = [idx_tokens(len), tokens].concat();
    let whole = meaning(&tokens);
    assert!(whole.len() > 700_000);
    let mut out = Deflater::default();
    out.dynamic(&tokens, true);
    reads(&out.bytes, &whole);
}

#[test]
fn codes_of_up_to_fifteen_bits_read() {
    // Fibonacci frequencies make the longest codes, for bytes and for distances.
    let mut tokens = Vec::new();
    let (mut a, mut b) = (1, 1);
    for byte in 0..20 {
        tokens.extend(vec![Token::Literal(byte); a]);
        (a, b) = (b, a + b);
    }
    (a, b) = (1, 1);
    for i in 0..18_usize {
        let distance = [
            1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385,
        ][i];
        let len = 3 + 13 * i;
        tokens.extend(vec![Token::Copy { len, distance }; a]);
        (a, b) = (b, a + b);
    }
    let tokens = [idx_tokens(meaning(&tokens).len()), tokens].concat();
    let whole = meaning(&tokens);
    let mut out = Deflater::default();
    out.dynamic(&tokens, true);
    reads(&out.bytes, &whole);
}

#[test]
fn a_single_code_of_one_bit_reads() {
    // One distance in use: its code is one bit, and the code is not complete. RFC 1951 §3.2.7 allows it.
    let mut literals = vec![0; 258];
    for symbol in [0, 1, 2, 6, 8, 255] {
        literals[symbol] = 3;
    }
    (literals[256], literals[257]) = (3, 3);
    let mut distances = vec![0; 3];
    distances[2] = 1;
    let tokens = [
        idx_tokens(6),
        vec![
            Token::Literal(1),
            Token::Literal(2),
            Token::Literal(255),
            Token::Copy {
                len: 3,
                distance: 3,
            },
        ],
    ]
    .concat();
    let whole = [&[0, 0, 8, 1, 0, 0, 0, 6][..], &[1, 2, 255, 1, 2, 255]].concat();
    let mut out = Deflater::default();
    out.dynamic_header(&literals, &distances, true);
    out.tokens(&tokens, &literals, &distances);
    reads(&out.bytes, &whole);
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn any_bytes_come_back(
        data in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..3000),
            prop::collection::vec(0..4_u8, 0..30_000),
            (any::<u8>(), 0..300_000_usize).prop_map(|(byte, len)| vec![byte; len]),
        ],
        cuts in prop::collection::vec((0..400_usize, 0..3), 0..20),
    ) {
        let whole = idx(&data);
        prop_assert!(read(&deflate(&whole), &whole).unwrap() == data);

        // The same in blocks of any type, cut anywhere.
        let mut out = Deflater::default();
        let all = tokens(&whole);
        let mut rest = &all[..];
        for (len, kind) in cuts {
            let (block, later) = rest.split_at(len.min(rest.len()));
            rest = later;
            match kind {
                0 if block.iter().all(|token| matches!(token, Token::Literal(_))) => {
                    out.stored(&meaning(block), false)
                }
                1 => out.fixed(block, false),
                _ => out.dynamic(block, false),
            };
        }
        out.fixed(rest, true);
        prop_assert!(read(&out.bytes, &whole).unwrap() == data);
    }

    #[test]
    fn any_bytes_for_a_stream_are_an_error_or_what_they_say(stream in prop::collection::vec(any::<u8>(), 0..400)) {
        // The checksum is of other bytes, so that even what can be unpacked is an error.
        prop_assert!(read(&stream, b"other").is_err());
    }
}
