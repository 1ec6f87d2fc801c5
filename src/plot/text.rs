//! Text that is safe to put anywhere, and how much room it takes.

/// Text on one line: white space becomes blanks, other control characters (an escape sequence for a terminal, what XML
/// forbids) become U+FFFD.
pub(super) fn one_line(text: &str) -> String {
    let safe = |c: char| match c {
        '\t' | '\n' | '\r' => ' ',
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.trim().chars().map(safe).collect()
}

/// The columns that a character takes in a terminal: two for Chinese, Japanese, Korean and pictures, none for marks
/// that join the character before.
pub(super) fn columns(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x1160..=0x11ff | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f => 0,
        0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f | 0xfeff | 0xe0000..=0xe0fff => 0,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 => {
            2
        }
        0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 => 2,
        0x1f300..=0x1f64f | 0x1f680..=0x1f6ff | 0x1f900..=0x1f9ff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The columns of a text in a terminal.
pub(super) fn text_columns(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The width of a character in a sans-serif font, as a share of the font's size. There is no font here to ask: these
/// are the widths of wide fonts (Verdana, DejaVu Sans), rounded up, so that what is left for a text is enough in any.
fn em(c: char) -> f64 {
    match c {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | 'I' | 'J' | ' '..='!' | '\'' | '(' | ')' => 0.46,
        ',' | '-' | '.' | '/' | ':' | ';' | '[' | '\\' | ']' | '`' | '|' => 0.46,
        'M' | 'W' | 'm' | 'w' | '@' | '%' | '+' | '=' | '<' | '>' | '~' | '#' | '&' => 1.0,
        '\u{2212}' => 0.84, // the minus sign
        'A'..='Z' => 0.79,
        ..='\x7f' => 0.65,
        _ => match (columns(c), c as u32) {
            (_, 0x1f000..) => 1.4,
            (0, _) => 0.0,
            _ => 1.0,
        },
    }
}

/// The width of a text in a font of size 1.
pub(super) fn text_em(text: &str) -> f64 {
    text.chars().map(em).sum()
}

/// The text, or as much of its beginning as leaves room for `end` to say that there is more.
fn shortened(text: &str, room: f64, end: &str, width: impl Fn(char) -> f64) -> String {
    let sum = |text: &str| -> f64 { text.chars().map(&width).sum() };
    if sum(text) <= room {
        return text.to_owned();
    }
    let mut left = room - sum(end);
    if left < 0.0 {
        return String::new();
    }
    let fits = |&c: &char| {
        left -= width(c);
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end().to_owned() + end
}

/// The text shortened to so many columns of a terminal.
pub(super) fn shortened_to_columns(text: &str, room: usize, end: &str) -> String {
    shortened(text, room as f64, end, |c| columns(c) as f64)
}

/// The text and the size of its font that fit: up to a quarter smaller than asked for, then shortened.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> (String, f64) {
    let size = size.min(room / text_em(text).max(1e-9)).max(0.75 * size);
    (shortened(text, room / size, "…", em), size)
}

#[cfg(test)]
mod tests;
