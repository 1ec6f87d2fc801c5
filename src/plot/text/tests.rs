use super::*;

#[test]
fn control_characters_do_not_get_through() {
    let hostile: String = ('\0'..='\u{9f}').chain(['\u{fffe}', '\u{ffff}']).collect();
    let safe = one_line(&hostile);
    assert!(!safe.chars().any(|c| c.is_control()));
    assert_eq!(
        safe.chars().filter(|&c| c == '\u{fffd}').count(),
        29 + 1 + 32 + 2
    );
    assert_eq!(one_line(" two\nlines\t"), "two lines");
}

#[test]
fn hangul_is_twice_as_wide() {
    assert_eq!(text_columns("계단 step"), 9);
    assert_eq!(text_columns("e\u{301}"), 1);
    assert!(text_em("계단") >= 2.0);
}

#[test]
fn what_does_not_fit_is_cut() {
    assert_eq!(shortened_to_columns("sigmoid", 7, "…"), "sigmoid");
    assert_eq!(shortened_to_columns("sigmoid", 6, "…"), "sigmo…");
    assert_eq!(shortened_to_columns("계단 함수", 6, "..."), "계...");
    assert_eq!(shortened_to_columns("계단 함수", 2, "..."), "");
    let (text, size) = fitted("sigmoid", 10.0, 40.0);
    assert_eq!((text.as_str(), size < 10.0), ("sigmoid", true));
    for room in [0.0, 1.0, 7.0, 20.0, 35.0] {
        let (text, size) = fitted("sigmoid", 10.0, room);
        assert!(text_em(&text) * size <= room + 1e-9, "{text} in {room}");
    }
}
