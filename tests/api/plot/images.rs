//! Image grids: the PNGs inside are decoded and compared with the pixels.

use super::xml::parse;
use super::{HOSTILE, common};
use rowmajor::plot::Images;
use rowmajor::{Matrix, ShapeError, matrix};

fn base64(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    assert_eq!(text.len() % 4, 0);
    let bits: Vec<u8> = text
        .trim_end_matches('=')
        .chars()
        .flat_map(|c| {
            let digit = digits.find(c).unwrap();
            (0..6).rev().map(move |bit| (digit >> bit & 1) as u8)
        })
        .collect();
    let whole = bits.chunks_exact(8);
    whole
        .map(|b| b.iter().fold(0, |byte, bit| byte << 1 | bit))
        .collect()
}

/// Bit by bit, as PNG's specification has it.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// Width, height and the pixels as red, green, blue.
fn decoded(file: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
    let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
    let u32_at =
        |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let length = u32_at(rest, 0) as usize;
        let (name, data) = (&rest[4..8], &rest[8..8 + length]);
        assert_eq!(u32_at(rest, 8 + length), crc(&rest[4..8 + length]));
        chunks.push((name, data));
        rest = &rest[12 + length..];
    }
    let names: Vec<&[u8]> = chunks.iter().map(|c| c.0).collect();
    let palette = names.contains(&&b"PLTE"[..]);
    let expected: &[&[u8]] = match palette {
        true => &[b"IHDR", b"PLTE", b"IDAT", b"IEND"],
        false => &[b"IHDR", b"IDAT", b"IEND"],
    };
    assert_eq!(names, expected);
    let header = chunks[0].1;
    let (width, height) = (u32_at(header, 0) as usize, u32_at(header, 4) as usize);
    assert_eq!(header[8..], [8, if palette { 3 } else { 0 }, 0, 0, 0]);

    // zlib: two bytes, stored blocks, Adler-32.
    let stream = chunks[names.len() - 2].1;
    assert_eq!(
        u32::from(u16::from_be_bytes([stream[0], stream[1]])) % 31,
        0
    );
    assert_eq!(stream[0] & 15, 8);
    let (mut at, mut rows) = (2, Vec::new());
    loop {
        let length = u16::from_le_bytes([stream[at + 1], stream[at + 2]]);
        assert_eq!(
            !length,
            u16::from_le_bytes([stream[at + 3], stream[at + 4]])
        );
        rows.extend(&stream[at + 5..at + 5 + usize::from(length)]);
        let last = stream[at] == 1;
        at += 5 + usize::from(length);
        if last {
            break;
        }
    }
    let (mut a, mut b) = (1u64, 0u64);
    for byte in &rows {
        a = (a + u64::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    assert_eq!(u64::from(u32_at(stream, at)), b << 16 | a);
    assert_eq!(at + 4, stream.len());

    assert_eq!(rows.len(), height * (width + 1));
    let color = |&v: &u8| match palette {
        true => {
            let colors = chunks[1].1;
            [0, 1, 2].map(|i| colors[3 * usize::from(v) + i])
        }
        false => [v; 3],
    };
    let pixels = rows.chunks(width + 1).flat_map(|row| {
        assert_eq!(row[0], 0);
        row[1..].iter().map(color)
    });
    (width, height, pixels.collect())
}

/// The pictures in an SVG: left, top and the decoded file.
#[allow(clippy::type_complexity, reason = "a test's helper")]
fn pictures(svg: &str) -> Vec<((f64, f64), (usize, usize, Vec<[u8; 3]>))> {
    let svg = parse(svg);
    let (width, height) = (svg.number("width"), svg.number("height"));
    let images = svg.all("image");
    images
        .iter()
        .map(|image| {
            let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| image.number(name));
            assert!(x >= 0.0 && y >= 0.0 && x + w <= width && y + h <= height);
            assert!(x.fract() == 0.0 && y.fract() == 0.0, "pixels are whole");
            let data = image.get("href").unwrap();
            let file = base64(data.strip_prefix("data:image/png;base64,").unwrap());
            ((x, y), decoded(&file))
        })
        .collect()
}

#[test]
fn every_pixel_comes_back() {
    // Bytes are exact; a picture of more than one block; pictures with and without NaN.
    let mut random = common::Random::new(7);
    for (height, width) in [(28, 28), (1, 1), (3, 7), (300, 301)] {
        let mut pixels = Matrix::from_fn(3, height * width, |_, _| random.below(256) as f64);
        pixels[(0, 0)] = 0.0;
        pixels[(1, 0)] = 255.0;
        pixels[(2, 0)] = f64::NAN;
        let svg = Images::new(&pixels, height, width)
            .unwrap()
            .columns(2)
            .to_svg();
        let pictures = pictures(&svg);
        assert_eq!(pictures.len(), 3);
        assert_eq!(pictures[0].0.1, pictures[1].0.1);
        assert_eq!(pictures[0].0.0, pictures[2].0.0);
        assert!(pictures[0].0.0 < pictures[1].0.0 && pictures[0].0.1 < pictures[2].0.1);
        for (i, (_, (w, h, found))) in pictures.iter().enumerate() {
            assert_eq!((*h, *w), (height, width));
            for (found, expected) in found.iter().zip(pixels.row(i)) {
                if expected.is_nan() {
                    assert_eq!(*found, [0xd5, 0x5e, 0x00]);
                    continue;
                }
                let off = f64::from(found[0]) - expected;
                let allowed = if i == 2 { 1.0 } else { 0.0 };
                assert!(off.abs() <= allowed, "{found:?} for {expected}");
                assert!(found[0] == found[1] && found[1] == found[2]);
            }
        }
    }
}

#[test]
fn limits_and_their_turn() {
    let pixels = matrix![[-5.0, 0.0, 0.5, 1.0, f64::INFINITY]];
    let grey = |images: Images| -> Vec<u8> {
        let pictures = pictures(&images.to_svg());
        pictures[0].1.2.iter().map(|p| p[0]).collect()
    };
    let images = Images::new(&pixels, 1, 5).unwrap();
    assert_eq!(grey(images.clone().limits(0.0, 1.0)), [0, 0, 128, 255, 255]);
    assert_eq!(grey(images.clone().limits(1.0, 0.0)), [255, 255, 128, 0, 0]);
    // From the finite pixels: -5 to 1.
    assert_eq!(grey(images), [0, 213, 234, 255, 255]);
}

#[test]
fn wrong_sizes_are_errors() {
    let pixels = Matrix::zeros(3, 64);
    let length = |op, expected, found| ShapeError::Length {
        op,
        expected,
        found,
    };
    let error = Images::new(&pixels, 8, 9).unwrap_err();
    assert_eq!(error, length("images", 72, 64));
    let error = Images::new(&pixels, usize::MAX, 2).unwrap_err();
    assert_eq!(error, length("images", usize::MAX, 64));
    let error = Images::new(Matrix::zeros(2, 0).view(), 0, 5).unwrap_err();
    let expected = ShapeError::Empty {
        op: "images",
        shape: (0, 5),
    };
    assert_eq!(error, expected);
    let images = Images::new(&pixels, 8, 8).unwrap();
    let error = images.captions(&["one"]).unwrap_err();
    assert_eq!(error, length("captions", 3, 1));
}

#[test]
fn captions_and_titles_are_safe() {
    let pixels = Matrix::zeros(HOSTILE.len(), 4);
    let images = Images::new(&pixels, 2, 2).unwrap();
    for title in HOSTILE {
        let images = images.clone().title(title).captions(&HOSTILE).unwrap();
        parse(&images.to_svg());
        for text in [images.to_text(80), images.to_ascii(80)] {
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        }
        assert!(images.to_ascii(80).is_ascii());
    }
    // All in one line, however long.
    let images = Images::new(&pixels, 2, 2).unwrap();
    assert_eq!(images.to_text(usize::MAX), images.to_text(10_000));
    assert_eq!(images.to_ascii(usize::MAX), images.to_ascii(10_000));
    // No picture at all.
    let none = Images::new(Matrix::zeros(0, 4).view(), 2, 2).unwrap();
    assert!(pictures(&none.to_svg()).is_empty());
    assert_eq!(none.to_text(80), "");
}
