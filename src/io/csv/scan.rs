//! Text, cut into lines and fields.

use super::super::error::{Error, Origin};
use super::{CsvComment, CsvOptions, CsvSeparator, number};
use std::borrow::Cow;

/// A place in the text, from which an error's line and column are found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    at: usize,
    /// From 1.
    pub(super) line: u64,
    line_at: usize,
}

/// One field of a line.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) place: Place,
    /// Without the spaces around it, without its quotes.
    pub(super) text: Cow<'a, [u8]>,
    pub(super) is_quoted: bool,
    /// Whether the line ends behind it, or a comment begins.
    pub(super) is_last: bool,
    /// The mark of a comment behind it that may be part of its text: no space follows it.
    doubtful: Option<Place>,
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

    /// Whether another separator would make several fields of it.
    pub(super) fn may_be_several(&self) -> bool {
        !self.is_quoted && self.text.iter().any(|byte| b",;|\t ".contains(byte))
    }

    /// Whether this is nothing but what follows the separator at the end of a line of so many `fields`.
    pub(super) fn is_behind_separator(&self, fields: usize) -> bool {
        self.is_last && fields > 1 && self.text.is_empty() && !self.is_quoted
    }
}

/// What was passed over on the way to a line.
pub(super) struct Gap {
    /// The first empty line.
    pub(super) empty: Option<Place>,
}

const LINE_ENDS: &str = "lines that end in \\n or \\r\\n, not in \\r alone";

/// What a spreadsheet writes where it has no value: no comments, though they begin with the mark of one.
const SHEET_ERRORS: [&[u8]; 9] = [
    b"#N/A N/A",
    b"#N/A",
    b"#NA",
    b"#DIV/0!",
    b"#VALUE!",
    b"#REF!",
    b"#NAME?",
    b"#NUM!",
    b"#NULL!",
];

#[derive(Clone)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    next: Place,
    /// `None` for spaces.
    separator: Option<u8>,
    /// What starts a comment.
    mark: Option<u8>,
    /// A comment with a carriage return within: to other readers, the lines behind it are no part of it.
    lone_return: Option<Place>,
    origin: &'a Origin,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], options: &CsvOptions<'_>, origin: &'a Origin) -> Self {
        Self {
            text,
            next: Place {
                at: 0,
                line: 1,
                line_at: 0,
            },
            separator: match options.separator {
                CsvSeparator::Comma => Some(b','),
                CsvSeparator::Semicolon => Some(b';'),
                CsvSeparator::Tab => Some(b'\t'),
                CsvSeparator::Spaces => None,
            },
            mark: match options.comment {
                CsvComment::Hash => Some(b'#'),
                CsvComment::Percent => Some(b'%'),
                CsvComment::None => None,
            },
            lone_return: None,
            origin,
        }
    }

    pub(super) fn origin(&self) -> &'a Origin {
        self.origin
    }

    /// Where the next field starts.
    pub(super) fn place(&self) -> Place {
        self.next
    }

    /// From the start of a line, goes to the next that holds a field; `None` at the end of the text. Empty lines, and
    /// those that hold nothing but a comment, are passed over.
    pub(super) fn next_line(&mut self) -> Option<Gap> {
        let mut empty = None;
        loop {
            let start = self.next;
            self.skip_spaces();
            match self.rest() {
                [] | [b'\r'] => {
                    self.next.at = self.text.len();
                    return None;
                }
                [b'\n', ..] | [b'\r', b'\n', ..] => {
                    empty = empty.or(Some(start));
                    self.skip_line();
                }
                _ if self.is_at_mark() => self.skip_line(),
                _ => {
                    self.next = start;
                    return Some(Gap { empty });
                }
            }
        }
    }

    /// From the start of the text, where its first line with content is a comment, goes to what the comment says; whether
    /// it is one. Comments of nothing but marks are passed over.
    pub(super) fn enter_comment(&mut self) -> bool {
        let start = self.next;
        loop {
            self.skip_spaces();
            match self.rest() {
                [b'\n', ..] | [b'\r', b'\n', ..] => self.skip_line(),
                _ if self.is_at_mark() => {
                    let marks = self.rest().iter();
                    self.next.at += marks.take_while(|&&byte| Some(byte) == self.mark).count();
                    self.skip_spaces();
                    if !matches!(self.rest(), [] | [b'\r'] | [b'\n', ..] | [b'\r', b'\n', ..]) {
                        return true;
                    }
                }
                _ => {
                    self.next = start;
                    return false;
                }
            }
        }
    }

    /// Whether a comment starts here, where a field could.
    fn is_at_mark(&self) -> bool {
        let rest = self.rest();
        if self.mark.is_none() || rest.first().copied() != self.mark {
            return false;
        }
        let ends = |rest: &[u8]| {
            let spaces = rest.iter().take_while(|&&byte| self.is_space(byte)).count();
            match rest.get(spaces) {
                None | Some(b'\r' | b'\n') => true,
                Some(&byte) if self.separator.is_none() => spaces > 0 || byte == b'"',
                byte => byte.copied() == self.separator,
            }
        };
        let mut errors = SHEET_ERRORS.iter();
        !errors.any(|error| rest.strip_prefix(*error).is_some_and(ends))
    }

    /// Passes over the rest of the line, at whose start a mark may stand. That mark, where no space follows it.
    fn skip_comment(&mut self) -> Option<Place> {
        let mark = self.next;
        let behind = self.text.get(mark.at + 1);
        self.skip_line();
        match behind {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => None,
            Some(_) => Some(mark),
        }
    }

    /// Goes to the start of the next line.
    fn skip_line(&mut self) {
        let rest = self.rest();
        let end = rest.iter().position(|&byte| byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r') {
            self.lone_return = self.lone_return.or(Some(self.next));
        }
        match end {
            Some(end) => {
                self.next.at += end + 1;
                self.next.line += 1;
                self.next.line_at = self.next.at;
            }
            None => self.next.at = self.text.len(),
        }
    }

    /// No fewer than the values that all lines left can have if they have `cols` each, which may be empty or not.
    pub(super) fn most_values(&self, cols: usize, may_be_empty: bool) -> usize {
        let rest = self.rest();
        let lines = rest.iter().filter(|&&byte| byte == b'\n').count() + 1;
        // A value takes a byte, and another that ends it; an empty one but that.
        let values = match may_be_empty {
            true => rest.len() + 1,
            false => rest.len().div_ceil(2),
        };
        cols.saturating_mul(lines).min(values)
    }

    /// The next field of the line.
    pub(super) fn field(&mut self) -> Result<Field<'a>, Error> {
        self.skip_spaces();
        let place = self.next;
        let is_quoted = self.peek() == Some(b'"');
        let text = if is_quoted {
            self.next.at += 1;
            let text = self.quoted(place)?;
            self.skip_spaces();
            if matches!(self.rest(), [b'\r'] | [b'\r', b'\n', ..]) {
                self.next.at += 1;
            }
            text
        } else {
            let text = self.unquoted();
            self.next.at += text.len();
            Cow::Borrowed(self.trim_end(text))
        };
        let mut field = Field {
            place,
            text,
            is_quoted,
            is_last: false,
            doubtful: None,
        };
        let mut odd = field.text.iter().filter(|_| !is_quoted);
        if let Some(byte) = odd.find(|byte| b"\"\r".contains(byte)) {
            let expected = match byte {
                b'\r' => LINE_ENDS,
                _ => "quotes around the whole field, or none",
            };
            return Err(self.fail(place, expected, field.shown()));
        }
        (field.is_last, field.doubtful) = self.end_field(is_quoted)?;
        Ok(field)
    }

    /// The text up to a separator, the end of the line, or a comment.
    fn unquoted(&self) -> &'a [u8] {
        let rest = self.rest();
        let (mut end, mut has_mark) = (0, false);
        loop {
            let (text, behind) = rest.split_at(end);
            let Some(more) = behind.iter().position(|&byte| self.ends_field(byte)) else {
                return rest;
            };
            let (text, behind) = match rest.split_at_checked(text.len() + more) {
                Some(parts) => parts,
                None => return rest,
            };
            if behind.first().copied() != self.mark {
                return text;
            }
            let is_comment = match text.last() {
                None => self.is_at_mark(),
                // Right behind a number, which has no second mark within; Visual C++ writes 1.#INF.
                Some(b'.') => false,
                Some(&last) => self.is_space(last) || (!has_mark && number(text).is_some()),
            };
            if is_comment {
                return text;
            }
            has_mark = true;
            end = text.len() + 1;
        }
    }

    /// The error of lines that a comment may have hidden.
    pub(super) fn check_comments(&self) -> Result<(), Error> {
        match self.lone_return {
            None => Ok(()),
            Some(place) => Err(self.fail(place, LINE_ENDS, "one within a comment")),
        }
    }

    /// The error of a name or a label that a comment's mark may have cut off.
    pub(super) fn check_whole(&self, field: &Field<'_>) -> Result<(), Error> {
        match field.doubtful {
            None => Ok(()),
            Some(place) => {
                let expected = "a space behind the mark of a comment, quotes around text that \
                                holds it, or another CsvOptions::comment";
                Err(self.fail(place, expected, "none"))
            }
        }
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

    /// Goes behind the separator, the line end or the comment; whether the line ends here, and the doubtful mark.
    fn end_field(&mut self, is_quoted: bool) -> Result<(bool, Option<Place>), Error> {
        if self.separator.is_none() {
            self.skip_spaces();
            if self.rest().starts_with(b"\r\n") {
                self.next.at += 1;
            }
        }
        match self.peek() {
            None => {
                self.next.at = self.text.len();
                Ok((true, None))
            }
            Some(b'\n') => {
                self.skip_line();
                Ok((true, None))
            }
            Some(byte) if Some(byte) == self.separator => {
                self.next.at += 1;
                Ok((false, None))
            }
            // Behind an unquoted field there is no other mark than one that starts a comment.
            Some(byte)
                if Some(byte) == self.mark
                    && (self.separator.is_some() && !is_quoted || self.is_at_mark()) =>
            {
                Ok((true, self.skip_comment()))
            }
            Some(_) if self.separator.is_none() => Ok((false, None)),
            Some(byte) => {
                let expected = "a separator or the end of the line after a quoted field";
                let found = format!("'{}'", byte.escape_ascii());
                Err(self.fail(self.next, expected, found))
            }
        }
    }

    /// Whether a field may end here; at the mark of a comment it need not.
    fn ends_field(&self, byte: u8) -> bool {
        byte == b'\n'
            || Some(byte) == self.mark
            || match self.separator {
                Some(separator) => byte == separator,
                None => self.is_space(byte),
            }
    }

    fn is_space(&self, byte: u8) -> bool {
        byte == b' ' || (byte == b'\t' && self.separator != Some(b'\t'))
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest().iter();
        self.next.at += rest.take_while(|&&byte| self.is_space(byte)).count();
    }

    fn trim_end(&self, text: &'a [u8]) -> &'a [u8] {
        let text = match (text, self.peek()) {
            ([text @ .., b'\r'], None | Some(b'\n')) => text,
            _ => text,
        };
        let end = text.iter().rposition(|&byte| !self.is_space(byte));
        end.and_then(|end| text.get(..=end)).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.next.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.next.at..).unwrap_or_default()
    }

    /// The column of a place, from 1, counted on from a `known` one where that is before it in the same line.
    pub(super) fn column(&self, place: Place, known: Option<(Place, u64)>) -> u64 {
        let known = known.filter(|(from, _)| from.line_at == place.line_at);
        let (from, column) = known.map_or((place.line_at, 1), |(from, column)| (from.at, column));
        let between = self.text.get(from..place.at).unwrap_or_default();
        // Characters, as an editor counts them: every byte of UTF-8 but those that continue one.
        let chars = between.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        column + chars as u64
    }

    /// The error of something else standing at `place` than what is expected.
    pub(super) fn fail(
        &self,
        place: Place,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        let place = (place.line, self.column(place, None));
        self.origin.text("csv", place, expected, found)
    }
}
