//! A reader of XML that takes nothing for granted: what it accepts is well-formed (of what an SVG file here may use).

/// An element with what is in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, name: &str) -> f64 {
        let text = self
            .get(name)
            .unwrap_or_else(|| panic!("no {name}: {self:?}"));
        let value: f64 = text.parse().unwrap();
        assert!(value.is_finite(), "{name}={text}");
        value
    }

    /// All elements of this name, at any depth, in order.
    pub(crate) fn all<'a>(&'a self, name: &str) -> Vec<&'a Element> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }

    /// The texts of all `text` elements.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.all("text").iter().map(|e| e.text.as_str()).collect()
    }
}

/// The root of a document; a panic that says what is wrong with it.
pub(crate) fn parse(document: &str) -> Element {
    for c in document.chars() {
        let allowed = matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(allowed, "XML 1.0 forbids {c:?}");
    }
    let mut rest = document;
    let root = element(&mut rest);
    assert_eq!(rest.trim(), "", "after the root");
    root
}

fn expect(rest: &mut &str, text: &str) {
    let after = rest.strip_prefix(text);
    *rest = after.unwrap_or_else(|| panic!("expected {text:?} before {:?}", start(rest)));
}

fn start(text: &str) -> String {
    text.chars().take(60).collect()
}

fn name(rest: &mut &str) -> String {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
    let (name, after) = rest.split_at(end.unwrap());
    let letter = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    assert!(letter, "no name before {:?}", start(rest));
    *rest = after;
    name.to_owned()
}

fn element(rest: &mut &str) -> Element {
    expect(rest, "<");
    let mut element = Element {
        name: name(rest),
        ..Element::default()
    };
    loop {
        let trimmed = rest.trim_start();
        let space = trimmed.len() < rest.len();
        *rest = trimmed;
        if rest.starts_with("/>") {
            expect(rest, "/>");
            return element;
        }
        if rest.starts_with('>') {
            break;
        }
        assert!(
            space,
            "no white space before an attribute: {:?}",
            start(rest)
        );
        let key = name(rest);
        assert_eq!(element.get(&key), None, "{key} twice");
        expect(rest, "=\"");
        let (value, after) = rest.split_once('"').unwrap();
        *rest = after;
        element.attributes.push((key, unescaped(value)));
    }
    expect(rest, ">");
    loop {
        let (text, _) = rest.split_once('<').unwrap();
        *rest = &rest[text.len()..];
        assert!(!text.contains("]]>"));
        element.text += &unescaped(text);
        if rest.starts_with("</") {
            expect(rest, "</");
            expect(rest, &element.name);
            expect(rest, ">");
            return element;
        }
        element.children.push(self::element(rest));
    }
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains('<'));
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out += before;
        let (entity, after) = after.split_once(';').unwrap();
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => panic!("unknown entity {other:?}"),
        });
        rest = after;
    }
    out + rest
}

#[test]
#[should_panic(expected = "expected \"g\"")]
fn tags_that_do_not_match_are_found() {
    parse("<svg><g></svg>");
}

#[test]
#[should_panic(expected = "twice")]
fn attributes_that_come_twice_are_found() {
    parse("<svg a=\"1\" a=\"2\"/>");
}

#[test]
#[should_panic(expected = "unknown entity")]
fn bare_ampersands_are_found() {
    parse("<svg>a & b;</svg>");
}

#[test]
#[should_panic(expected = "forbids")]
fn control_characters_are_found() {
    parse("<svg>\u{1b}</svg>");
}
