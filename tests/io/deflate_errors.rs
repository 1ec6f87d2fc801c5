//! Deflate: every way a stream can be wrong.

use super::deflate::{idx, idx_tokens, read};
use crate::deflater::{Deflater, Token, deflate, gzip_of, tokens};
use rowmajor::io::{Error, read_idx};

/// A gzip file's header, which stands before the stream.
const GZIP: usize = 10;

/// Asserts that the stream is refused at byte `at` of it, with these words.
#[track_caller]
fn refused(stream: &[u8], at: usize, what: &str) {
    let error = read(stream, &[]).unwrap_err();
    let want = format!("deflate, byte {}: expected {what}", GZIP + at);
    assert_eq!(error.to_string(), want);
    assert!(
        matches!(error, Error::Format { format: "deflate", offset, .. } if offset == (GZIP + at) as u64)
    );
}

#[test]
fn a_block_of_the_reserved_type_is_an_error() {
    refused(
        &[0b111, 0, 0, 0, 0],
        0,
        "a block of type 0, 1 or 2, found one of type 3",
    );
}

#[test]
fn stored_lengths_must_match_their_complements() {
    refused(
        &[1, 3, 0, 0xfc, 0xfe, 1, 2, 3],
        1,
        "a stored block's length and its complement, 0xfffc after 0x0003, found 0xfefc",
    );
}

#[test]
fn streams_that_end_early_are_an_error_at_their_end() {
    let data: Vec<u8> = (0..200).map(|i| (i % 17 * 15) as u8).collect();
    let whole = idx(&data);
    let mut fixed = Deflater::default();
    fixed.fixed(&tokens(&whole), true);
    let mut stored = Deflater::default();
    stored.stored(&whole, true);
    for stream in [deflate(&whole), fixed.bytes, stored.bytes] {
        for len in 0..stream.len() {
            let cut = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], &stream[..len]].concat();
            let text = read_idx(&cut[..]).unwrap_err().to_string();
            let end = "expected the rest of the compressed data, found the end";
            assert!(text.ends_with(end), "{len}: {text}");
        }
    }
}

#[test]
fn more_symbols_than_there_are_are_an_error() {
    let header = |literals: usize, distances: usize| {
        let mut out = Deflater::default();
        out.bits(1, 1).bits(2, 2);
        out.bits(literals - 257, 5)
            .bits(distances - 1, 5)
            .bits(15, 4);
        out.bits(0, 64).bits(0, 64);
        out.bytes
    };
    for found in [287, 288] {
        let what = "at most 286 symbols in the code of literals and lengths";
        refused(&header(found, 30), 2, &format!("{what}, found {found}"));
    }
    for found in [31, 32] {
        let what = "at most 30 symbols in the code of distances";
        refused(&header(286, found), 2, &format!("{what}, found {found}"));
    }
}

/// A dynamic block's head with these lengths for the code of code lengths, in the order of the symbols.
fn lengths_of_lengths(lengths: [usize; 19]) -> Deflater {
    let mut out = Deflater::default();
    out.bits(1, 1).bits(2, 2).bits(0, 5).bits(0, 5).bits(15, 4);
    for symbol in [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ] {
        out.bits(lengths[symbol], 3);
    }
    out
}

/// Where the head with nineteen lengths of lengths ends: after 17 + 57 bits.
const HEAD: usize = (17 + 57) / 8;

#[test]
fn code_lengths_codes_must_be_codes() {
    let mut lengths = [0; 19];
    (lengths[0], lengths[1], lengths[2]) = (1, 1, 1);
    let stream = lengths_of_lengths(lengths).bits(0, 64).bytes.clone();
    let what = "lengths that make the code of the code lengths";
    let over = format!("{what}, found more codes than there is room for");
    refused(&stream, HEAD, &over);

    let mut lengths = [0; 19];
    (lengths[0], lengths[1]) = (1, 2);
    let stream = lengths_of_lengths(lengths).bits(0, 64).bytes.clone();
    refused(&stream, HEAD, &format!("{what}, found an incomplete one"));

    let mut lengths = [0; 19];
    lengths[7] = 1;
    let stream = lengths_of_lengths(lengths).bits(0, 64).bytes.clone();
    refused(&stream, HEAD, &format!("{what}, found an incomplete one"));

    // No code at all: nothing can be read with it.
    let stream = lengths_of_lengths([0; 19]).bits(0, 64).bytes.clone();
    let what = "a symbol of the code of the code lengths, found bits that stand for none";
    refused(&stream, HEAD, what);
}

#[test]
fn repetitions_stay_inside() {
    let mut lengths = [0; 19];
    (lengths[16], lengths[18]) = (1, 1);
    // 0 is "repeat what was before", and nothing was.
    let stream = lengths_of_lengths(lengths).bits(0, 64).bytes.clone();
    refused(
        &stream,
        HEAD,
        "a code length, found a repetition of the one before it",
    );
    // 258 lengths: 138 zeros and 138 more.
    let mut out = lengths_of_lengths(lengths);
    out.bits(1, 1).bits(127, 7).bits(1, 1).bits(127, 7);
    out.bits(0, 64);
    refused(
        &out.bytes,
        HEAD + 2,
        "at most 120 more code lengths, found 138 times the same",
    );
}

#[test]
fn a_block_without_an_end_is_an_error() {
    let mut out = Deflater::default();
    let mut literals = vec![0; 257];
    (literals[0], literals[1]) = (1, 1);
    out.dynamic_header(&literals, &[1], true);
    let at = out.bytes.len();
    out.bits(0, 64);
    let error = read(&out.bytes, &[]).unwrap_err().to_string();
    assert!(
        error.ends_with("expected a code for the end of the block, found none"),
        "{at}: {error}"
    );
}

#[test]
fn codes_of_a_block_must_be_codes() {
    let what = |literals: &[(usize, u32)], distances: &[u32]| {
        let mut lengths = vec![0; 258];
        literals
            .iter()
            .for_each(|&(symbol, len)| lengths[symbol] = len);
        let mut out = Deflater::default();
        out.dynamic_header(&lengths, distances, true);
        out.bits(0, 64);
        let text = read(&out.bytes, &[]).unwrap_err().to_string();
        text.split_once("expected ").unwrap().1.to_owned()
    };
    let of_literals = "lengths that make the code of literals and lengths, found";
    let of_distances = "lengths that make the code of distances, found";
    let (over, incomplete) = ("more codes than there is room for", "an incomplete one");
    for (literals, distances, want) in [
        (
            &[(0, 1), (1, 1), (256, 1)][..],
            &[1, 1][..],
            format!("{of_literals} {over}"),
        ),
        (
            &[(0, 2), (1, 2), (256, 2)],
            &[1, 1],
            format!("{of_literals} {incomplete}"),
        ),
        (&[(256, 2)], &[1, 1], format!("{of_literals} {incomplete}")),
        (
            &[(0, 15), (256, 1)],
            &[1, 1],
            format!("{of_literals} {incomplete}"),
        ),
        (
            &[(0, 1), (256, 1)],
            &[1, 1, 15],
            format!("{of_distances} {over}"),
        ),
        (
            &[(0, 1), (256, 1)],
            &[2, 2, 2],
            format!("{of_distances} {incomplete}"),
        ),
        (
            &[(0, 1), (256, 1)],
            &[2, 0],
            format!("{of_distances} {incomplete}"),
        ),
    ] {
        assert_eq!(what(literals, distances), want);
    }
}

#[test]
fn reserved_and_absent_symbols_are_an_error() {
    let what = |code: &str| format!("a symbol of {code}, found bits that stand for none");
    // Fixed codes: 286 and 287 are 1100_0110 and 1100_0111, as distances 30 and 31 are 11110 and 11111.
    for symbol in [0b0110_0011, 0b1110_0011] {
        let mut out = Deflater::default();
        out.bits(1, 1).bits(1, 2).bits(symbol, 8).bits(0, 64);
        refused(&out.bytes, 0, &what("the code of literals and lengths"));
    }
    for symbol in [0b01111, 0b11111] {
        let mut out = Deflater::default();
        // A literal 0 (00110000), a length of 3 (0000001), the distance.
        out.bits(1, 1)
            .bits(1, 2)
            .bits(0b0000_1100, 8)
            .bits(0b100_0000, 7);
        out.bits(symbol, 5).bits(0, 64);
        refused(&out.bytes, 2, &what("the code of distances"));
    }
    // The other half of a code of a single bit, and a code with nothing in it.
    for distances in [&[1, 0][..], &[0]] {
        let mut literals = vec![0; 258];
        (literals[0], literals[256], literals[257]) = (1, 2, 2);
        let mut out = Deflater::default();
        out.dynamic_header(&literals, distances, true);
        // Literal 0, length 3, distance 1.
        out.bits(0, 1).bits(0b11, 2).bits(1, 1).bits(0, 64);
        let text = read(&out.bytes, &[]).unwrap_err().to_string();
        assert!(text.ends_with(&what("the code of distances")), "{text}");
    }
}

#[test]
fn distances_beyond_the_start_are_an_error() {
    for (before, distance) in [(1, 2), (3, 4), (100, 101), (100, 32_768)] {
        let mut tokens = vec![Token::Literal(9); before];
        tokens.push(Token::Copy { len: 3, distance });
        let mut out = Deflater::default();
        out.fixed(&tokens, true);
        let text = read(&out.bytes, &[]).unwrap_err().to_string();
        let want =
            format!("a distance of at most {before}, as many bytes as there are, found {distance}");
        assert!(text.ends_with(&want), "{text}");
    }
    // Nor may one reach into the member before.
    let whole = idx(&[7; 100]);
    let mut first = Deflater::default();
    first.stored(&whole, true);
    let mut second = Deflater::default();
    second.fixed(
        &[Token::Copy {
            len: 3,
            distance: 1,
        }],
        true,
    );
    let bytes = [
        gzip_of(&first.bytes, &whole),
        gzip_of(&second.bytes, &[7; 3]),
    ]
    .concat();
    let text = read_idx(&bytes[..]).unwrap_err().to_string();
    assert!(
        text.ends_with("a distance of at most 0, as many bytes as there are, found 1"),
        "{text}"
    );
}

/// A gigabyte of zeros in a megabyte: no more of it is unpacked than the header inside promises.
#[test]
fn more_than_was_declared_is_an_error_before_it_is_unpacked() {
    let mut bomb = Deflater::default();
    let copies = vec![
        Token::Copy {
            len: 258,
            distance: 1
        };
        100_000
    ];
    bomb.fixed(
        &[idx_tokens(1000), vec![Token::Literal(0)], copies.clone()].concat(),
        true,
    );
    let text = read(&bomb.bytes, &[]).unwrap_err().to_string();
    assert!(
        text.ends_with("expected at most 1008 bytes unpacked, found more"),
        "{text}"
    );
    // And of what is no IDX, no more than it takes to see that.
    let mut bomb = Deflater::default();
    bomb.fixed(&[vec![Token::Literal(7)], copies].concat(), true);
    let text = read(&bomb.bytes, &[]).unwrap_err().to_string();
    assert!(text.contains("unpacked, found more"), "{text}");
}
