//! The type of the values: what a header calls it, and how its bytes become numbers or text.

use super::super::bytes::{Cursor, excerpt};
use super::super::error::{Error, Origin};
use super::dict::Literal;

/// A type that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dtype {
    pub(super) kind: Kind,
    /// Bytes per value.
    pub(super) size: usize,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::io) enum Kind {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
    Unicode,
    Bytes,
}

const SUPPORTED: &str = "numbers (b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8) and text (U, S)";

/// What a 64-bit integer must be, so that no value changes in silence.
const EXACT: &str = "a whole number that f64 holds exactly";

impl Dtype {
    /// Understands `'<f8'`, and whatever else NumPy's `dtype` takes for the same: `'d'`, `'float64'`. The spelling is
    /// returned too.
    pub(super) fn from_literal(descr: Literal, at: &Cursor<'_>) -> Result<(Dtype, String), Error> {
        let refuse = |what: &str| Err(at.origin().unsupported("npy", what, SUPPORTED));
        let descr = match descr {
            Literal::Text(descr) => descr,
            Literal::List(_) => return refuse("an array of records (a structured dtype)"),
            Literal::Tuple(_) => return refuse("an array of arrays (a subarray dtype)"),
            Literal::Int(_) | Literal::Bool(_) => {
                return Err(at.fail("a dtype such as '<f8'", "a literal of another kind"));
            }
        };
        let malformed = || at.fail("a dtype such as '<f8'", format!("{descr:?}"));
        let (order, code) = match descr.chars().next() {
            Some(order @ ('<' | '>' | '=' | '|')) => (order, descr.get(1..).unwrap_or_default()),
            // A name of a type has no byte order before it.
            _ => ('=', canonical(&descr)),
        };
        let code = one_letter(code);
        let mut rest = code.chars();
        let letter = rest.next().ok_or_else(malformed)?;
        let digits = rest.as_str();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) && !matches!(letter, 'm' | 'M') {
            return Err(malformed());
        }
        // NumPy reads '<f08' as '<f8'.
        let digits = match digits.trim_start_matches('0') {
            "" if !digits.is_empty() => "0",
            significant => significant,
        };
        let kind = match (letter, digits) {
            ('b', "1") => Kind::Bool,
            ('i', "1") => Kind::I8,
            ('u', "1") => Kind::U8,
            ('i', "2") => Kind::I16,
            ('u', "2") => Kind::U16,
            ('i', "4") => Kind::I32,
            ('u', "4") => Kind::U32,
            ('i', "8") => Kind::I64,
            ('u', "8") => Kind::U64,
            ('f', "2") => Kind::F16,
            ('f', "4") => Kind::F32,
            ('f', "8") => Kind::F64,
            ('U', _) => Kind::Unicode,
            // 'a' is an old name of 'S'.
            ('S' | 'a', _) => Kind::Bytes,
            _ => {
                let what = match (letter, digits) {
                    ('c', _) => "an array of complex numbers",
                    ('f', "12" | "16") => "an array of long doubles",
                    ('O', _) => "an array of Python objects (a pickle)",
                    ('M', _) => "an array of dates",
                    ('m', _) => "an array of time spans",
                    ('V', _) => "an array of raw bytes",
                    ('T', _) => "an array of variable-width strings",
                    _ => "an array of unknown type",
                };
                return refuse(&format!("{what} ({descr:?})"));
            }
        };
        let size = match (kind, digits.parse::<usize>()) {
            // Width 0 would claim any number of values in no bytes.
            (Kind::Unicode | Kind::Bytes, Ok(0)) => {
                return refuse(&format!("text of no width ({descr:?})"));
            }
            (Kind::Unicode, Ok(width)) => width.checked_mul(4).ok_or_else(malformed)?,
            (_, Ok(width)) => width,
            (_, Err(_)) => return Err(malformed()),
        };
        let big_endian = match order {
            '>' => true,
            '<' => false,
            _ => cfg!(target_endian = "big"),
        };
        let dtype = Dtype {
            kind,
            size,
            big_endian,
        };
        Ok((dtype, descr))
    }

    /// Numbers whose count is known, so that their size is not asked for.
    pub(super) fn big_endian(kind: Kind) -> Dtype {
        Dtype {
            kind,
            size: 0,
            big_endian: true,
        }
    }

    /// The numbers in the order of the file; `data` holds exactly `count` of them.
    pub(super) fn numbers(
        &self,
        data: &[u8],
        count: usize,
        origin: &Origin,
    ) -> Result<Vec<f64>, Fault> {
        let mut out = origin.try_vec(count)?;
        match self.kind {
            Kind::Bool => self.checked(data, &mut out, "0 or 1", |[byte]: [u8; 1]| match byte {
                0 | 1 => Ok(f64::from(byte)),
                other => Err(other.to_string()),
            })?,
            Kind::I8 => self.extend(data, &mut out, |b| f64::from(i8::from_le_bytes(b))),
            Kind::U8 => self.extend(data, &mut out, |b| f64::from(u8::from_le_bytes(b))),
            Kind::I16 => self.extend(data, &mut out, |b| f64::from(i16::from_le_bytes(b))),
            Kind::U16 => self.extend(data, &mut out, |b| f64::from(u16::from_le_bytes(b))),
            Kind::I32 => self.extend(data, &mut out, |b| f64::from(i32::from_le_bytes(b))),
            Kind::U32 => self.extend(data, &mut out, |b| f64::from(u32::from_le_bytes(b))),
            Kind::I64 => self.checked(data, &mut out, EXACT, |b| {
                let int = i64::from_le_bytes(b);
                // Compared as i128: converting back to i64 would saturate and hide the last value.
                exact(int as f64, int.into(), int)
            })?,
            Kind::U64 => self.checked(data, &mut out, EXACT, |b| {
                let int = u64::from_le_bytes(b);
                exact(int as f64, int.into(), int)
            })?,
            Kind::F16 => self.extend(data, &mut out, |b| half(u16::from_le_bytes(b))),
            Kind::F32 => self.extend(data, &mut out, |b| f64::from(f32::from_le_bytes(b))),
            Kind::F64 => self.extend(data, &mut out, f64::from_le_bytes),
            Kind::Unicode | Kind::Bytes => {}
        }
        Ok(out)
    }

    /// The text in the order of the file, without the NULs that fill each item up; `data` holds exactly `count` items.
    pub(super) fn text(
        &self,
        data: &[u8],
        count: usize,
        origin: &Origin,
    ) -> Result<Vec<String>, Fault> {
        let mut out = origin.try_vec(count)?;
        for (index, item) in data.chunks_exact(self.size).enumerate() {
            let fault = |expected, found| Fault::Value {
                index,
                expected,
                found,
            };
            let text = match self.kind {
                Kind::Unicode => unicode(item, self.big_endian, origin)?.map_err(|point| {
                    fault("a Unicode character", format!("code point {point:#x}"))
                })?,
                _ => {
                    let end = item.iter().rposition(|&byte| byte != 0);
                    let item = end.and_then(|end| item.get(..=end)).unwrap_or_default();
                    let mut bytes = origin.try_vec(item.len())?;
                    bytes.extend_from_slice(item);
                    String::from_utf8(bytes).map_err(|error| {
                        let found = format!("\"{}\"", excerpt(error.as_bytes()));
                        fault("ASCII or UTF-8 text", found)
                    })?
                }
            };
            out.push(text);
        }
        Ok(out)
    }

    /// Appends `value` of each item's bytes in little-endian order.
    fn extend<const N: usize>(
        &self,
        data: &[u8],
        out: &mut Vec<f64>,
        value: impl Fn([u8; N]) -> f64,
    ) {
        let (items, _) = data.as_chunks::<N>();
        out.extend(items.iter().map(|&item| value(self.ordered(item))));
    }

    /// An item's bytes in little-endian order.
    #[inline(always)]
    fn ordered<const N: usize>(&self, mut item: [u8; N]) -> [u8; N] {
        if self.big_endian {
            item.reverse();
        }
        item
    }

    /// As [`extend`](Self::extend), for types of which not every value can be taken.
    fn checked<const N: usize>(
        &self,
        data: &[u8],
        out: &mut Vec<f64>,
        expected: &'static str,
        value: impl Fn([u8; N]) -> Result<f64, String>,
    ) -> Result<(), Fault> {
        let (items, _) = data.as_chunks::<N>();
        for (index, &item) in items.iter().enumerate() {
            match value(self.ordered(item)) {
                Ok(value) => out.push(value),
                Err(found) => {
                    return Err(Fault::Value {
                        index,
                        expected,
                        found,
                    });
                }
            }
        }
        Ok(())
    }
}

/// Why there are no values.
#[derive(Debug)]
pub(super) enum Fault {
    /// One of them cannot be taken; `index` counts in the order of the file.
    Value {
        index: usize,
        expected: &'static str,
        found: String,
    },
    Other(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Other(error)
    }
}

/// The type that a name stands for; anything else as it is.
///
/// C's `long` has eight bytes here, as on Linux and macOS. Where a file of Windows means four, its length tells: an error.
fn canonical(name: &str) -> &str {
    match name {
        "bool" | "bool_" => "b1",
        "int8" | "byte" => "i1",
        "uint8" | "ubyte" => "u1",
        "int16" | "short" => "i2",
        "uint16" | "ushort" => "u2",
        "int32" | "intc" => "i4",
        "uint32" | "uintc" => "u4",
        "int64" | "int" | "int_" | "intp" | "long" | "longlong" => "i8",
        "uint64" | "uint" | "uintp" | "ulong" | "ulonglong" => "u8",
        "float16" | "half" => "f2",
        "float32" | "single" => "f4",
        "float64" | "float" | "double" => "f8",
        "float128" | "longdouble" => "f16",
        "complex" | "complex64" | "complex128" | "csingle" | "cdouble" => "c16",
        "object" | "object_" => "O8",
        "str" | "str_" | "unicode" => "U0",
        "bytes" | "bytes_" => "S0",
        "void" => "V0",
        _ => name,
    }
}

/// The type that a single letter stands for; anything else as it is.
fn one_letter(code: &str) -> &str {
    match code {
        "?" => "b1",
        "b" => "i1",
        "B" => "u1",
        "h" => "i2",
        "H" => "u2",
        "i" => "i4",
        "I" => "u4",
        "l" | "q" | "p" | "n" => "i8",
        "L" | "Q" | "P" | "N" => "u8",
        "e" => "f2",
        "f" => "f4",
        "d" => "f8",
        "g" => "f16",
        "F" | "D" | "G" => "c16",
        // One character of text.
        "c" => "S1",
        _ => code,
    }
}

fn exact(float: f64, int: i128, shown: impl ToString) -> Result<f64, String> {
    if float as i128 == int {
        Ok(float)
    } else {
        Err(shown.to_string())
    }
}

/// IEEE half precision, exactly.
fn half(bits: u16) -> f64 {
    let sign = u64::from(bits >> 15) << 63;
    let exponent = u64::from((bits >> 10) & 0x1f);
    let fraction = u64::from(bits & 0x3ff);
    match exponent {
        // Zero and subnormals: multiples of 2^-24, which f64 holds as normal numbers.
        0 => {
            let magnitude = fraction as f64 * f64::from_bits((1023 - 24) << 52);
            f64::from_bits(sign | magnitude.to_bits())
        }
        // Infinity, and NaN with its payload.
        31 => f64::from_bits(sign | (0x7ff << 52) | (fraction << 42)),
        _ => f64::from_bits(sign | ((exponent + 1023 - 15) << 52) | (fraction << 42)),
    }
}

/// UTF-32 without the NULs at its end; the inner error is a code point that is none.
fn unicode(item: &[u8], big_endian: bool, origin: &Origin) -> Result<Result<String, u32>, Error> {
    let (points, _) = item.as_chunks::<4>();
    let point = |bytes: &[u8; 4]| {
        if big_endian {
            u32::from_be_bytes(*bytes)
        } else {
            u32::from_le_bytes(*bytes)
        }
    };
    let end = points.iter().rposition(|bytes| *bytes != [0; 4]);
    let points = end.and_then(|end| points.get(..=end)).unwrap_or_default();
    let chars = |bytes: &[u8; 4]| char::from_u32(point(bytes));
    let mut len = 0;
    for bytes in points {
        let Some(char) = chars(bytes) else {
            return Ok(Err(point(bytes)));
        };
        len += char.len_utf8();
    }
    let mut utf8: Vec<u8> = origin.try_vec(len)?;
    for char in points.iter().filter_map(chars) {
        utf8.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
    // Made of whole characters, so it is UTF-8 and this copies nothing.
    Ok(Ok(String::from_utf8(utf8).unwrap_or_default()))
}
