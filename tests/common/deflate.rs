//! A small deflate and gzip encoder, written from RFC 1951 and 1952: the opposite of what `io` reads, sharing nothing
//! with it.
#![allow(dead_code, reason = "each file uses a part of it")]

/// A step of a coded block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token {
    Literal(u8),
    Copy { len: usize, distance: usize },
}

/// Lengths 3 to 258 by symbol, from 257 on: the smallest, and the number of extra bits.
const LENGTHS: [(usize, u32); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// Distances 1 to 32768 by symbol.
const DISTANCES: [(usize, u32); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// Literals and copies that make `data`; greedy, with the last place of every three bytes.
pub(crate) fn tokens(data: &[u8]) -> Vec<Token> {
    let mut last = std::collections::HashMap::new();
    let mut out = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let key = |at: usize| data.get(at..at + 3);
        let from = key(at).and_then(|key| last.get(key).copied());
        let len = from.map_or(0, |from: usize| {
            let same = data[from..].iter().zip(&data[at..]).take(258);
            same.take_while(|(a, b)| a == b).count()
        });
        let (token, step) = match from {
            Some(from) if len >= 3 && at - from <= 32768 => {
                let distance = at - from;
                (Token::Copy { len, distance }, len)
            }
            _ => (Token::Literal(data[at]), 1),
        };
        out.push(token);
        for at in at..at + step {
            if let Some(key) = key(at) {
                last.insert(key, at);
            }
        }
        at += step;
    }
    out
}

/// What the tokens make.
pub(crate) fn meaning(tokens: &[Token]) -> Vec<u8> {
    let mut out = Vec::new();
    for token in tokens {
        match *token {
            Token::Literal(byte) => out.push(byte),
            Token::Copy { len, distance } => {
                for _ in 0..len {
                    out.push(out[out.len() - distance]);
                }
            }
        }
    }
    out
}

/// Writes bits and blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deflater {
    pub(crate) bytes: Vec<u8>,
    /// Bits of the last byte that are free.
    free: u32,
}

impl Deflater {
    /// The low `count` bits of `value`, the lowest first.
    pub(crate) fn bits(&mut self, value: usize, count: u32) -> &mut Self {
        for i in 0..count {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let last = self.bytes.last_mut().unwrap();
            *last |= ((value >> i & 1) as u8) << (8 - self.free);
            self.free -= 1;
        }
        self
    }

    /// A Huffman code: the highest bit first.
    fn code(&mut self, (code, len): (usize, u32)) {
        for i in (0..len).rev() {
            self.bits(code >> i & 1, 1);
        }
    }

    /// Zeros up to the next byte.
    pub(crate) fn align(&mut self) -> &mut Self {
        self.free = 0;
        self
    }

    /// At most 65535 bytes as they are.
    pub(crate) fn stored(&mut self, data: &[u8], last: bool) -> &mut Self {
        self.bits(usize::from(last), 1).bits(0, 2).align();
        let len = data.len() as u16;
        self.bytes.extend(len.to_le_bytes());
        self.bytes.extend((!len).to_le_bytes());
        self.bytes.extend(data);
        self
    }

    /// A block in the format's own codes.
    pub(crate) fn fixed(&mut self, tokens: &[Token], last: bool) -> &mut Self {
        self.bits(usize::from(last), 1).bits(1, 2);
        let lengths: Vec<u32> = (0..288)
            .map(|symbol| match symbol {
                0..144 => 8,
                144..256 => 9,
                256..280 => 7,
                _ => 8,
            })
            .collect();
        self.tokens(tokens, &lengths, &[5; 30])
    }

    /// A block in codes made for these tokens.
    pub(crate) fn dynamic(&mut self, tokens: &[Token], last: bool) -> &mut Self {
        let mut literals = vec![0; 286];
        let mut distances = vec![0; 30];
        literals[256] = 1;
        for token in tokens {
            match *token {
                Token::Literal(byte) => literals[usize::from(byte)] += 1,
                Token::Copy { len, distance } => {
                    literals[257 + symbol(&LENGTHS, len)] += 1;
                    distances[symbol(&DISTANCES, distance)] += 1;
                }
            }
        }
        let literals = code_lengths(&literals, 15);
        let distances = code_lengths(&distances, 15);
        self.dynamic_header(&literals, &distances, last);
        self.tokens(tokens, &literals, &distances)
    }

    /// The head of a dynamic block with these code lengths, whether they make a code or not.
    pub(crate) fn dynamic_header(&mut self, literals: &[u32], distances: &[u32], last: bool) {
        // Runs as the format has them: 16 repeats the one before 3 to 6 times, 17 and 18 zeros 3 to 10 and 11 to 138.
        let lengths = [literals, distances].concat();
        let mut steps: Vec<(usize, usize, u32)> = Vec::new();
        let mut at = 0;
        while at < lengths.len() {
            let same = lengths[at..].iter().take_while(|&&l| l == lengths[at]);
            let run = same.count();
            let step = if lengths[at] == 0 && run >= 3 {
                let run = run.min(138);
                at += run;
                if run < 11 {
                    (17, run - 3, 3)
                } else {
                    (18, run - 11, 7)
                }
            } else if at > 0 && lengths[at] == lengths[at - 1] && run >= 3 {
                let run = run.min(6);
                at += run;
                (16, run - 3, 2)
            } else {
                at += 1;
                (lengths[at - 1] as usize, 0, 0)
            };
            steps.push(step);
        }
        let mut uses = vec![0; 19];
        steps.iter().for_each(|&(symbol, ..)| uses[symbol] += 1);
        let of_lengths = code_lengths(&uses, 7);

        self.bits(usize::from(last), 1).bits(2, 2);
        self.bits(literals.len() - 257, 5)
            .bits(distances.len() - 1, 5)
            .bits(19 - 4, 4);
        for symbol in ORDER {
            self.bits(of_lengths[symbol] as usize, 3);
        }
        let codes = codes(&of_lengths);
        for (symbol, extra, bits) in steps {
            self.code(codes[symbol]);
            self.bits(extra, bits);
        }
    }

    pub(crate) fn tokens(
        &mut self,
        tokens: &[Token],
        literals: &[u32],
        distances: &[u32],
    ) -> &mut Self {
        let (literals, distances) = (codes(literals), codes(distances));
        for token in tokens {
            match *token {
                Token::Literal(byte) => self.code(literals[usize::from(byte)]),
                Token::Copy { len, distance } => {
                    let i = symbol(&LENGTHS, len);
                    self.code(literals[257 + i]);
                    self.bits(len - LENGTHS[i].0, LENGTHS[i].1);
                    let i = symbol(&DISTANCES, distance);
                    self.code(distances[i]);
                    self.bits(distance - DISTANCES[i].0, DISTANCES[i].1);
                }
            }
        }
        self.code(literals[256]);
        self
    }
}

/// The last symbol that starts at or below `value`.
fn symbol(symbols: &[(usize, u32)], value: usize) -> usize {
    symbols
        .iter()
        .rposition(|&(base, _)| base <= value)
        .unwrap()
}

/// Lengths of a Huffman code for symbols of these frequencies, none above `most`.
fn code_lengths(uses: &[usize], most: u32) -> Vec<u32> {
    let mut uses = uses.to_vec();
    // Complete codes only: where fewer than two symbols are used, the first ones lend theirs.
    for i in 0..uses.len() {
        if uses.iter().filter(|&&n| n > 0).count() < 2 && uses[i] == 0 {
            uses[i] = 1;
        }
    }
    loop {
        let mut lengths = vec![0; uses.len()];
        // Groups of symbols by total frequency; joining two makes their codes one bit longer.
        let mut groups: Vec<(usize, Vec<usize>)> = (0..uses.len())
            .filter(|&symbol| uses[symbol] > 0)
            .map(|symbol| (uses[symbol], vec![symbol]))
            .collect();
        while groups.len() > 1 {
            groups.sort_by_key(|group| std::cmp::Reverse(group.0));
            let ((a, mut left), (b, right)) = (groups.pop().unwrap(), groups.pop().unwrap());
            left.extend(right);
            left.iter().for_each(|&symbol| lengths[symbol] += 1);
            groups.push((a + b, left));
        }
        if lengths.iter().all(|&len| len <= most) {
            return lengths;
        }
        // Flatter frequencies, shorter codes.
        uses.iter_mut().for_each(|n| *n = n.div_ceil(2));
    }
}

/// The canonical codes of these lengths, as RFC 1951 §3.2.2 makes them.
pub(crate) fn codes(lengths: &[u32]) -> Vec<(usize, u32)> {
    let mut next = 0;
    let mut codes = vec![(0, 0); lengths.len()];
    for len in 1..=15 {
        next <<= 1;
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, l)| **l == len) {
            codes[symbol] = (next, len);
            next += 1;
        }
    }
    codes
}

/// Deflated in blocks of 65535 tokens, each in codes of its own.
pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let tokens = tokens(data);
    let mut out = Deflater::default();
    let blocks = tokens.chunks(65535);
    let count = blocks.len();
    for (i, block) in blocks.enumerate() {
        out.dynamic(block, i + 1 == count);
    }
    if count == 0 {
        out.fixed(&[], true);
    }
    out.bytes
}

/// A gzip member around deflated `data`.
pub(crate) fn gzip_of(deflated: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(deflated);
    out.extend(crc32(data).to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out
}

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    gzip_of(&deflate(data), data)
}

/// The checksum by its definition, one bit at a time.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
        }
    }
    !crc
}
