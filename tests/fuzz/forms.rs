//! The corpus: small sound files, made by hand; and what makes a changed archive consistent again.

use super::mutate::Random;

/// An `.npy` with the shortest header.
pub(crate) fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// An `.npy` of version 1 with NumPy's three keys.
pub(crate) fn array(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let header =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    npy(1, &header, data)
}

pub(crate) fn floats(values: &[f64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

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

/// Makes sizes, checksums, and the end record of a plain archive fit what stands between its signatures; each now and
/// then, so that single lies remain.
pub(crate) fn repair(random: &mut Random, bytes: &mut [u8]) {
    if random.below(3) == 0 {
        return;
    }
    let finds = |signature: &[u8; 4]| -> Vec<usize> {
        let windows = bytes.windows(4).enumerate();
        windows
            .filter(|(_, w)| w == signature)
            .map(|(at, _)| at)
            .collect()
    };
    let (locals, centrals) = (finds(b"PK\x03\x04"), finds(b"PK\x01\x02"));
    let end = finds(b"PK\x05\x06").pop();
    let directory = centrals.first().copied().unwrap_or(bytes.len());
    for (i, &local) in locals.iter().enumerate() {
        let next = locals
            .get(i + 1)
            .copied()
            .unwrap_or(bytes.len())
            .min(directory);
        let Some(head) = bytes.get(local..local + 30) else {
            continue;
        };
        let names = usize::from(u16_at(head, 26)) + usize::from(u16_at(head, 28));
        let Some(data) = bytes.get(local + 30 + names..next) else {
            continue;
        };
        let (crc, size, method) = (crc32(data), data.len() as u32, u16_at(head, 8));
        let records = [Some((local, 14)), centrals.get(i).map(|&at| (at, 16))];
        for (record, field) in records.into_iter().flatten() {
            if method == 0 && random.below(16) > 0 {
                put(bytes, record + field, crc);
                put(bytes, record + field + 8, size);
            }
            if random.below(16) > 0 {
                put(bytes, record + field + 4, size);
            }
        }
        if let Some(&central) = centrals.get(i)
            && random.below(16) > 0
        {
            put(bytes, central + 42, local as u32);
        }
    }
    if let Some(end) = end.filter(|&end| end >= directory)
        && random.below(16) > 0
    {
        put(bytes, end + 12, (end - directory) as u32);
        put(bytes, end + 16, directory as u32);
        let count = centrals.len() as u32;
        put(bytes, end + 8, count | count << 16);
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(field) = bytes.get_mut(at..at + 4) {
        field.copy_from_slice(&value.to_le_bytes());
    }
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
