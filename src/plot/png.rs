//! Grey pictures as PNG files, not compressed: small ones are no smaller compressed.

use crate::io::crc32;

/// What a NaN looks like: Okabe and Ito's vermilion.
const NAN: [u8; 3] = [0xd5, 0x5e, 0x00];

/// A file of the pixels, row by row: 0 black, 1 white, NaN vermilion.
pub(super) fn encoded(pixels: &[f64], width: usize) -> Vec<u8> {
    let height = pixels.len() / width;
    // A picture with a NaN needs a palette: greys, then that.
    let palette = pixels.iter().any(|v| v.is_nan());
    let last_grey = if palette { 254 } else { 255 };
    let sample = |&v: &f64| {
        if v.is_nan() {
            255
        } else {
            (v * f64::from(last_grey)).round() as u8
        }
    };
    let mut rows = Vec::with_capacity(pixels.len() + height);
    for row in pixels.chunks_exact(width) {
        rows.push(0); // no filter
        rows.extend(row.iter().map(sample));
    }

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&(width as u32).to_be_bytes());
    header.extend_from_slice(&(height as u32).to_be_bytes());
    header.extend_from_slice(&[8, if palette { 3 } else { 0 }, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    if palette {
        let grey = |i: usize| [((i * 255 + 127) / 254) as u8; 3];
        let mut colors: [[u8; 3]; 256] = std::array::from_fn(grey);
        colors[255] = NAN;
        chunk(&mut file, b"PLTE", colors.as_flattened());
    }
    chunk(&mut file, b"IDAT", &stored(&rows));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(name);
    file.extend_from_slice(data);
    let checksum = crc32(&file[start..]);
    file.extend_from_slice(&checksum.to_be_bytes());
}

/// The bytes as a zlib stream of stored blocks (RFC 1950, 1951).
fn stored(bytes: &[u8]) -> Vec<u8> {
    const LARGEST: usize = 0xffff;
    let mut out = vec![0x78, 0x01];
    let blocks = bytes.len().div_ceil(LARGEST);
    for (i, block) in bytes.chunks(LARGEST).enumerate() {
        out.push(u8::from(i + 1 == blocks));
        let length = block.len() as u16;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&adler32(bytes).to_be_bytes());
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    // So many bytes leave both sums below 2^32.
    const RUN: usize = 5552;
    let (mut a, mut b) = (1, 0);
    for run in bytes.chunks(RUN) {
        for &byte in run {
            a += u32::from(byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zlib() {
        // From Python's zlib.adler32.
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&[255; 100_000]), 0x149a_302c);
    }
}
