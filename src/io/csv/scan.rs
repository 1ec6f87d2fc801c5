//! Text, cut into lines and fields.

use super::super::error::{Error, Origin};
use super::CsvSeparator;
use std::borrow::Cow;

/// A place in the text, from which an error's line and column are found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    at: usize,
    /// From 1.
    line: u64,
    line_at: usize,
}

/// One field of a line.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) place: Place,
    /// Without the spaces around it, without its quotes.
    pub(super) text: Cow<'a, [u8]>,
    /// Whether the line ends behind it.
    pub(super) is_last: bool,
}

impl Field<'_> {
    /// The field, or its beginning, for a message.
    pub(super) fn shown(&self) -> String {
        const SHOWN: usize = 40;
        if self.text.is_empty() {
            return "an empty field".to_owned();
        }
        // More than enough for so many characters, however long the field is.
        let start = self.text.get(..5 * SHOWN).unwrap_or(&self.text);
        let text = String::from_utf8_lossy(start);
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
            None => format!("{text:?}"),
        }
    }
}

#[derive(Clone)]
pub(super) struct Scanner<'a> {
    /// Without the empty lines at its end.
    text: &'a [u8],
    next: Place,
    separator: CsvSeparator,
    origin: &'a Origin,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], separator: CsvSeparator, origin: &'a Origin) -> Self {
        let mut scanner = Self {
            text,
            next: Place {
                at: 0,
                line: 1,
                line_at: 0,
            },
            separator,
            origin,
        };
        let is_empty = |byte: u8| matches!(byte, b'\n' | b'\r') || scanner.is_space(byte);
        let end = text.iter().rposition(|&byte| !is_empty(byte));
        scanner.text = end.and_then(|end| text.get(..=end)).unwrap_or_default();
        scanner
    }

    pub(super) fn origin(&self) -> &'a Origin {
        self.origin
    }

    /// Where the next field starts.
    pub(super) fn place(&self) -> Place {
        self.next
    }

    /// Whether there is no line left.
    pub(super) fn is_at_end(&self) -> bool {
        // After the last field of the last line, which has no line end, `at` lies behind the text.
        self.next.at >= self.text.len()
    }

    /// No fewer than the values that all lines left can have if they have `cols` each.
    pub(super) fn most_values(&self, cols: usize) -> usize {
        let rest = self.rest();
        let lines = rest.iter().filter(|&&byte| byte == b'\n').count() + 1;
        // A value takes a byte, and another that ends it.
        cols.saturating_mul(lines).min(rest.len().div_ceil(2))
    }

    /// The next field of the line.
    pub(super) fn field(&mut self) -> Result<Field<'a>, Error> {
        self.skip_spaces();
        let place = self.next;
        let text = if self.peek() == Some(b'"') {
            self.next.at += 1;
            let text = self.quoted(place)?;
            self.skip_spaces();
            if self.peek() == Some(b'\r') {
                self.next.at += 1;
            }
            text
        } else {
            let rest = self.rest();
            let end = rest.iter().position(|&byte| self.ends_field(byte));
            let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            self.next.at += text.len();
            let text = self.trim_end(text);
            if text.contains(&b'"') {
                let expected = "quotes around the whole field, or none";
                let field = Field {
                    place,
                    text: Cow::Borrowed(text),
                    is_last: false,
                };
                return Err(self.fail(place, expected, field.shown()));
            }
            Cow::Borrowed(text)
        };
        let is_last = self.end_field()?;
        Ok(Field {
            place,
            text,
            is_last,
        })
    }

    /// The rest of a quoted field, up to its closing quote.
    fn quoted(&mut self, opening: Place) -> Result<Cow<'a, [u8]>, Error> {
        let mut text = Cow::Borrowed(&[][..]);
        loop {
            let rest = self.rest();
            let Some(end) = rest.iter().position(|&byte| byte == b'"') else {
                return Err(self.fail(opening, "a quote that ends this field", "the end"));
            };
            let (part, rest) = rest.split_at(end);
            for (i, _) in part.iter().enumerate().filter(|&(_, &byte)| byte == b'\n') {
                self.next.line += 1;
                self.next.line_at = self.next.at + i + 1;
            }
            let doubled = rest.starts_with(b"\"\"");
            // A doubled quote stands for one.
            let part_at = self.next.at;
            self.next.at += end + if doubled { 2 } else { 1 };
            let part = self.text.get(part_at..part_at + end + usize::from(doubled));
            let part = part.unwrap_or_default();
            if text.is_empty() {
                text = Cow::Borrowed(part);
            } else {
                text = Cow::Owned(self.joined(text, part)?);
            }
            if !doubled {
                return Ok(text);
            }
        }
    }

    /// `part` behind `text`.
    fn joined(&self, text: Cow<'_, [u8]>, part: &[u8]) -> Result<Vec<u8>, Error> {
        let mut joined = match text {
            Cow::Owned(text) => text,
            Cow::Borrowed(text) => {
                let mut copy = self.origin.try_vec(text.len())?;
                copy.extend_from_slice(text);
                copy
            }
        };
        if joined.try_reserve(part.len()).is_err() {
            let bytes = joined.len() + part.len();
            return Err(self.origin.out_of_memory(bytes as u64));
        }
        joined.extend_from_slice(part);
        Ok(joined)
    }

    /// Goes behind the separator or the line end; whether it was a line end.
    fn end_field(&mut self) -> Result<bool, Error> {
        if self.separator == CsvSeparator::Spaces {
            self.skip_spaces();
            if self.rest().starts_with(b"\r\n") {
                self.next.at += 1;
            }
        }
        match self.peek() {
            None => {
                self.next.at = self.text.len();
                Ok(true)
            }
            Some(b'\n') => {
                self.next.at += 1;
                self.next.line += 1;
                self.next.line_at = self.next.at;
                Ok(true)
            }
            Some(byte) if Some(byte) == self.separator_byte() => {
                self.next.at += 1;
                Ok(false)
            }
            Some(_) if self.separator == CsvSeparator::Spaces => Ok(false),
            Some(byte) => {
                let expected = "a separator or the end of the line after a quoted field";
                let found = format!("'{}'", byte.escape_ascii());
                Err(self.fail(self.next, expected, found))
            }
        }
    }

    fn separator_byte(&self) -> Option<u8> {
        match self.separator {
            CsvSeparator::Comma => Some(b','),
            CsvSeparator::Semicolon => Some(b';'),
            CsvSeparator::Tab => Some(b'\t'),
            CsvSeparator::Spaces => None,
        }
    }

    fn ends_field(&self, byte: u8) -> bool {
        byte == b'\n'
            || match self.separator_byte() {
                Some(separator) => byte == separator,
                None => self.is_space(byte),
            }
    }

    fn is_space(&self, byte: u8) -> bool {
        byte == b' ' || (byte == b'\t' && self.separator != CsvSeparator::Tab)
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest().iter();
        self.next.at += rest.take_while(|&&byte| self.is_space(byte)).count();
    }

    fn trim_end(&self, text: &'a [u8]) -> &'a [u8] {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let end = text.iter().rposition(|&byte| !self.is_space(byte));
        end.and_then(|end| text.get(..=end)).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.next.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.next.at..).unwrap_or_default()
    }

    /// The error of something else standing at `place` than what is expected.
    pub(super) fn fail(
        &self,
        place: Place,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        let before = self.text.get(place.line_at..place.at).unwrap_or_default();
        // Characters, as an editor counts them: every byte of UTF-8 but those that continue one.
        let chars = before.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        let column = chars as u64 + 1;
        self.origin
            .text("csv", (place.line, column), expected, found)
    }
}
