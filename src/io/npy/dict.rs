//! The header's notation: a Python dict of literals, parsed strictly. Nothing is evaluated.

use super::super::bytes::{Cursor, excerpt, quoted};
use super::super::error::Error;

/// A Python literal, as far as NumPy's headers use them.
#[derive(Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Int(u64),
    Bool(bool),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
}

/// `key: value`, and where in the file each starts.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: usize,
    pub(super) value: Literal,
    pub(super) value_at: usize,
}

/// Nested lists and tuples (record types) end here; a stack is not for a file to fill.
const MAX_DEPTH: usize = 16;

/// No key and no type is longer; names of a record's fields, which is refused in any case, could be.
const MAX_TEXT: usize = 256;

/// Parses `{key: value, ...}` and white space around it, to the end.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Vec<Entry>, Error> {
    let mut entries: Vec<Entry> = Vec::new();
    skip_space(cursor);
    expect(cursor, b'{', "a dict ('{')")?;
    loop {
        skip_space(cursor);
        if accept(cursor, b'}') {
            break;
        }
        let key_at = cursor.offset();
        let Some(quote) = opening_quote(cursor) else {
            return Err(unexpected(cursor, "a key in quotes, or '}'"));
        };
        let key = text(cursor, quote)?;
        if entries.iter().any(|entry| entry.key == key) {
            return Err(cursor
                .at(key_at)
                .fail("each key once", format!("{} again", quoted(&key))));
        }
        skip_space(cursor);
        expect(cursor, b':', "':'")?;
        skip_space(cursor);
        let value_at = cursor.offset();
        let value = literal(cursor, 0)?;
        let entry = Entry {
            key,
            key_at,
            value,
            value_at,
        };
        cursor.origin().try_push(&mut entries, entry)?;
        skip_space(cursor);
        if !accept(cursor, b',') {
            expect(cursor, b'}', "',' or '}'")?;
            break;
        }
    }
    skip_space(cursor);
    match cursor.peek() {
        None => Ok(entries),
        Some(_) => Err(unexpected(cursor, "only spaces after the dict")),
    }
}

fn literal(cursor: &mut Cursor<'_>, depth: usize) -> Result<Literal, Error> {
    if depth > MAX_DEPTH {
        return Err(unexpected(
            cursor,
            &format!("at most {MAX_DEPTH} nested brackets"),
        ));
    }
    if let Some(quote) = opening_quote(cursor) {
        return text(cursor, quote).map(Literal::Text);
    }
    match cursor.peek() {
        Some(b'0'..=b'9') => int(cursor).map(Literal::Int),
        Some(b'[') => items(cursor, b']', depth).map(|(items, _)| Literal::List(items)),
        Some(b'(') => {
            let (mut items, comma) = items(cursor, b')', depth)?;
            // (3) is the number 3; (3,) is a tuple.
            Ok(match items.pop() {
                Some(only) if items.is_empty() && !comma => only,
                last => {
                    items.extend(last);
                    Literal::Tuple(items)
                }
            })
        }
        Some(b'T') if word(cursor, "True") => Ok(Literal::Bool(true)),
        Some(b'F') if word(cursor, "False") => Ok(Literal::Bool(false)),
        _ => Err(unexpected(
            cursor,
            "a string, a whole number from 0, True, False, a tuple or a list",
        )),
    }
}

/// The items between brackets, and whether a comma follows the last.
fn items(cursor: &mut Cursor<'_>, close: u8, depth: usize) -> Result<(Vec<Literal>, bool), Error> {
    let mut items = Vec::new();
    advance(cursor);
    loop {
        skip_space(cursor);
        if accept(cursor, close) {
            return Ok((items, true));
        }
        let item = literal(cursor, depth + 1)?;
        cursor.origin().try_push(&mut items, item)?;
        skip_space(cursor);
        if !accept(cursor, b',') {
            expect(cursor, close, &format!("',' or '{}'", char::from(close)))?;
            return Ok((items, false));
        }
    }
}

/// The quote that starts a string; a prefix before it is passed over. Python 2 wrote `u'descr'` where its strings were
/// Unicode; an `r` changes nothing in text without a backslash.
fn opening_quote(cursor: &mut Cursor<'_>) -> Option<u8> {
    match *cursor.rest() {
        [quote @ (b'\'' | b'"'), ..] => Some(quote),
        [b'u' | b'U' | b'r' | b'R', quote @ (b'\'' | b'"'), ..] => {
            advance(cursor);
            Some(quote)
        }
        _ => None,
    }
}

/// A string; a backslash makes the next character an ordinary one (no name that matters here has one).
fn text(cursor: &mut Cursor<'_>, quote: u8) -> Result<String, Error> {
    let start = cursor.clone();
    advance(cursor);
    let mut bytes = Vec::new();
    while let Some(byte) = cursor.peek() {
        advance(cursor);
        if bytes.len() > MAX_TEXT {
            return Err(start.fail(
                format!("a string of at most {MAX_TEXT} bytes"),
                "a longer one",
            ));
        }
        match byte {
            _ if byte == quote => {
                // Latin-1 in versions 1 and 2, UTF-8 in version 3: only field names of records go beyond ASCII.
                return Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
                    error.as_bytes().iter().map(|&b| char::from(b)).collect()
                }));
            }
            b'\n' => break,
            b'\\' => {
                bytes.extend(cursor.peek());
                advance(cursor);
            }
            _ => bytes.push(byte),
        }
    }
    Err(start.fail("a string with its closing quote", "none"))
}

/// A whole number; Python 2 wrote an `L` after long ones.
fn int(cursor: &mut Cursor<'_>) -> Result<u64, Error> {
    let start = cursor.clone();
    let mut value: u64 = 0;
    while let Some(digit @ b'0'..=b'9') = cursor.peek() {
        advance(cursor);
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(u64::from(digit - b'0')))
            .ok_or_else(|| unexpected(&start, "a number below 2^64"))?;
    }
    if start.peek() == Some(b'0') && cursor.offset() - start.offset() > 1 {
        return Err(unexpected(&start, "a number without leading zeros"));
    }
    accept(cursor, b'L');
    match cursor.peek() {
        Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.') => {
            Err(unexpected(&start, "a whole number"))
        }
        _ => Ok(value),
    }
}

fn word(cursor: &mut Cursor<'_>, word: &str) -> bool {
    let Some(after) = cursor.rest().strip_prefix(word.as_bytes()) else {
        return false;
    };
    if after
        .first()
        .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
    {
        return false;
    }
    *cursor = cursor.at(cursor.offset() + word.len());
    true
}

fn skip_space(cursor: &mut Cursor<'_>) {
    while let Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0c') = cursor.peek() {
        advance(cursor);
    }
}

fn advance(cursor: &mut Cursor<'_>) {
    *cursor = cursor.at(cursor.offset() + 1);
}

fn accept(cursor: &mut Cursor<'_>, byte: u8) -> bool {
    let there = cursor.peek() == Some(byte);
    if there {
        advance(cursor);
    }
    there
}

fn expect(cursor: &mut Cursor<'_>, byte: u8, what: &str) -> Result<(), Error> {
    if accept(cursor, byte) {
        Ok(())
    } else {
        Err(unexpected(cursor, what))
    }
}

fn unexpected(cursor: &Cursor<'_>, expected: &str) -> Error {
    let found = match cursor.rest() {
        [] => "the end of the header".to_owned(),
        rest => format!("\"{}\"", excerpt(rest)),
    };
    cursor.fail(expected, found)
}
