//! Writing SVG.

use super::text::one_line;
use super::trace::Point;

/// What is looked for from the first on; the widths of `text` are enough for each.
const FONTS: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";

/// An area, in pixels from the top left corner of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn middle(&self) -> Point {
        [self.left + self.width / 2.0, self.top + self.height / 2.0]
    }
}

/// Which part of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// An SVG file under way.
pub(super) struct Svg {
    out: String,
}

impl Svg {
    /// A picture with a white ground (also in a dark viewer) and a name for who cannot see it.
    pub(super) fn new(width: f64, height: f64, name: &str) -> Svg {
        let (width, height) = (number(width), number(height));
        let mut svg = Svg {
            out: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
                 viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONTS}\" fill=\"#000\">\n"
            ),
        };
        if !name.is_empty() {
            svg.out += &format!("<title>{}</title>\n", escaped(name));
        }
        svg.out += "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
        svg
    }

    /// The complete file.
    pub(super) fn finish(self) -> String {
        self.out + "</svg>\n"
    }

    pub(super) fn open_group(&mut self, attributes: &str) {
        self.out += &format!("<g {attributes}>\n");
    }

    pub(super) fn close_group(&mut self) {
        self.out += "</g>\n";
    }

    pub(super) fn rect(&mut self, area: Area, attributes: &str) {
        self.out += &format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {attributes}/>\n",
            number(area.left),
            number(area.top),
            number(area.width),
            number(area.height)
        );
    }

    /// A PNG, written in base64.
    pub(super) fn image(&mut self, area: Area, png: &[u8]) {
        self.out += &format!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,",
            number(area.left),
            number(area.top),
            number(area.width),
            number(area.height)
        );
        base64(png, &mut self.out);
        self.out += "\"/>\n";
    }

    /// A path through the points of each stroke; a stroke of one point is a dot of the given radius.
    pub(super) fn strokes(&mut self, strokes: &[Vec<Point>], radius: f64) {
        let mut path = String::new();
        for stroke in strokes {
            match stroke.as_slice() {
                [[x, y]] => {
                    let (x, y, r) = (number(*x), number(*y), number(radius));
                    self.out += &format!(
                        "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"currentColor\" stroke=\"none\"/>\n"
                    );
                }
                points => {
                    for (i, [x, y]) in points.iter().enumerate() {
                        path.push(if i == 0 { 'M' } else { ' ' });
                        path += &number(*x);
                        path.push(',');
                        path += &number(*y);
                    }
                }
            }
        }
        if !path.is_empty() {
            self.out += &format!("<path d=\"{path}\"/>\n");
        }
    }

    /// A line of text, the middle of its height at `at`.
    pub(super) fn text(&mut self, at: Point, size: f64, anchor: Anchor, text: &str) {
        self.text_with(at, size, anchor, text, "");
    }

    /// A line of text that is read from below, the middle of its height at `at`.
    pub(super) fn text_upwards(&mut self, at: Point, size: f64, anchor: Anchor, text: &str) {
        let turn = format!(
            " transform=\"rotate(-90 {} {})\"",
            number(at[0]),
            number(at[1])
        );
        self.text_with(at, size, anchor, text, &turn);
    }

    pub(super) fn text_with(
        &mut self,
        at: Point,
        size: f64,
        anchor: Anchor,
        text: &str,
        attributes: &str,
    ) {
        if text.is_empty() {
            return;
        }
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.out += &format!(
            // Not dominant-baseline, which not every viewer knows.
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}{attributes}>{}</text>\n",
            number(at[0]),
            number(at[1] + 0.35 * size),
            number(size),
            escaped(text)
        );
    }
}

/// A coordinate in hundredths of a pixel, as short as it can be.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Text as XML, in an element or in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            c => out.push(c),
        }
    }
    out
}

/// Base64 (RFC 4648), appended.
fn base64(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let all = group
            .iter()
            .fold(0, |all, &byte| all << 8 | u32::from(byte));
        let all = all << (8 * (3 - group.len()));
        for i in 0..4 {
            out.push(if i <= group.len() {
                char::from(DIGITS[(all >> (18 - 6 * i) & 63) as usize])
            } else {
                '='
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let expected = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (case, expected) in cases.iter().zip(expected) {
            let mut out = String::new();
            base64(case.as_bytes(), &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn numbers_are_short() {
        let cases = [0.0, -0.001, 12.0, 100.0, 0.5, -3.256, 7.999];
        let expected = ["0", "0", "12", "100", "0.5", "-3.26", "8"];
        assert_eq!(cases.map(number), expected);
    }
}
