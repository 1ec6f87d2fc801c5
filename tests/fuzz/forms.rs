//! The corpus: small sound files, made by hand; and what makes a changed archive consistent again.

use super::zips::crc32;
use crate::common::Random;

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
