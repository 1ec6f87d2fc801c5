//! Archives made by hand, sharing nothing with what reads them.
#![allow(dead_code, reason = "each file uses a part of it")]

use super::deflater::deflate;

/// How a member of an archive is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Style {
    Plain,
    /// Sizes and offset in zip64 blocks.
    Zip64,
    /// Checksum and sizes behind the bytes.
    Described,
}

/// A member: its name, its bytes as they stand in the archive, and method, checksum and size of what they unpack to.
pub(crate) struct Packed<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) size: usize,
}

pub(crate) fn stored<'a>(name: &'a str, bytes: &[u8]) -> Packed<'a> {
    Packed {
        name,
        bytes: bytes.to_vec(),
        method: 0,
        crc: crc32(bytes),
        size: bytes.len(),
    }
}

pub(crate) fn deflated<'a>(name: &'a str, bytes: &[u8]) -> Packed<'a> {
    Packed {
        bytes: deflate(bytes),
        method: 8,
        ..stored(name, bytes)
    }
}

pub(crate) fn zip(members: &[Packed<'_>], style: Style) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let Packed {
            name, method, crc, ..
        } = *member;
        let offset = out.len();
        let (packed, size) = (member.bytes.len(), member.size);
        let fields = |crc: u32, packed: u32, size: u32, extra: usize| {
            let flags: u16 = if style == Style::Described { 8 } else { 0 };
            let mut out = [20_u16, flags, method, 0, 33]
                .map(u16::to_le_bytes)
                .concat();
            out.extend([crc, packed, size].map(u32::to_le_bytes).concat());
            out.extend((name.len() as u16).to_le_bytes());
            out.extend((extra as u16).to_le_bytes());
            out
        };
        let long = [size, packed, offset].map(|n| (n as u64).to_le_bytes());
        let (local, central, extra) = match style {
            Style::Plain => {
                let fields = fields(crc, packed as u32, size as u32, 0);
                (fields.clone(), fields, [vec![], vec![]])
            }
            Style::Described => (
                fields(0, 0, 0, 0),
                fields(crc, packed as u32, size as u32, 0),
                [vec![], vec![]],
            ),
            Style::Zip64 => (
                fields(crc, u32::MAX, u32::MAX, 20),
                fields(crc, u32::MAX, u32::MAX, 28),
                [
                    [&[1, 0, 16, 0], &long[..2].concat()[..]].concat(),
                    [&[1, 0, 24, 0], &long.concat()[..]].concat(),
                ],
            ),
        };
        out.extend(b"PK\x03\x04");
        out.extend(local);
        out.extend(name.as_bytes());
        out.extend(&extra[0]);
        out.extend(&member.bytes);
        if style == Style::Described {
            out.extend(b"PK\x07\x08");
            out.extend(
                [crc, packed as u32, size as u32]
                    .map(u32::to_le_bytes)
                    .concat(),
            );
        }
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(central);
        directory.extend([0; 10]);
        let at = if style == Style::Zip64 {
            u32::MAX
        } else {
            offset as u32
        };
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
        directory.extend(&extra[1]);
    }
    let (offset, size, count) = (out.len(), directory.len(), members.len());
    out.extend(directory);
    if style == Style::Zip64 {
        let end64 = out.len() as u64;
        out.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        out.extend(
            [count, count, size, offset]
                .map(|n| (n as u64).to_le_bytes())
                .concat(),
        );
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(end64.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count as u16; 2].map(u16::to_le_bytes).concat());
    out.extend([size as u32, offset as u32].map(u32::to_le_bytes).concat());
    out.extend([0; 2]);
    out
}

static CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (crc >> 8) ^ CRC[usize::from(crc as u8 ^ byte)];
    !bytes.iter().fold(!0, step)
}
