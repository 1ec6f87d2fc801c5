//! Confusion matrices as heat maps.

use super::HOSTILE;
use super::xml::{Element, parse};
use rowmajor::nn::ConfusionMatrix;
use rowmajor::plot::ConfusionMap;

/// The cells: row, column and color.
fn cells(svg: &Element, classes: usize) -> Vec<(usize, usize, [u8; 3])> {
    let groups = svg.all("g");
    let rects = groups[0].all("rect");
    let frames = svg.all("rect");
    let frame = frames
        .iter()
        .find(|r| r.get("fill") == Some("none"))
        .unwrap();
    let side = frame.number("width") / classes as f64;
    rects
        .iter()
        .map(|rect| {
            let place = |name| ((rect.number(name) - frame.number(name)) / side).round() as usize;
            let color = rect.get("fill").unwrap().strip_prefix('#').unwrap();
            let part = |i: usize| u8::from_str_radix(&color[2 * i..2 * i + 2], 16).unwrap();
            (place("y"), place("x"), [0, 1, 2].map(part))
        })
        .collect()
}

#[test]
fn each_count_stands_in_its_cell() {
    // True 0: 3 right, 1 as 2. True 1: all 5 as 0. True 2: none. True 3: 12 right.
    let mut pairs = vec![(0, 0); 3];
    pairs.push((0, 2));
    pairs.extend([(1, 0); 5]);
    pairs.extend([(3, 3); 12]);
    let (labels, predicted): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
    let confusion = ConfusionMatrix::new(4, &labels, &predicted).unwrap();
    let svg = parse(&ConfusionMap::new(&confusion).title("t").to_svg());
    let cells = cells(&svg, 4);
    let places: Vec<(usize, usize)> = cells.iter().map(|c| (c.0, c.1)).collect();
    assert_eq!(places, [(0, 0), (0, 2), (1, 0), (3, 3)]);
    // Whole rows are darkest, a quarter is lighter than three quarters.
    let light = |i: usize| cells[i].2.iter().map(|&v| u32::from(v)).sum::<u32>();
    assert_eq!(cells[2].2, [8, 48, 107]);
    assert_eq!(cells[3].2, [8, 48, 107]);
    assert!(light(1) > light(0) && light(0) > light(2));
    for count in ["3", "1", "5", "12", "predicted class", "true class", "t"] {
        assert!(svg.texts().contains(&count), "{count}");
    }
    // Each text is read: its brightness is far from its cell's.
    for text in svg.all("text") {
        if let Some(cell) = ["3", "1", "5", "12"].iter().position(|t| *t == text.text)
            && text.get("fill").is_some()
        {
            assert!(light(cell) < 400, "white on {:?}", cells[cell]);
        }
    }
}

#[test]
fn texts_contrast_with_their_cells() {
    // Each share from 1 to 100 of 100.
    for share in 1..=100 {
        let predicted: Vec<usize> = (0..100).map(|i| usize::from(i >= share)).collect();
        let confusion = ConfusionMatrix::new(2, &[0; 100], &predicted).unwrap();
        let svg = parse(&ConfusionMap::new(&confusion).to_svg());
        let cell = cells(&svg, 2)[0].2;
        let count = share.to_string();
        let texts = svg.all("text");
        let text = texts
            .iter()
            .rfind(|t| t.text == count && t.number("font-size") > 13.5);
        let white = text.unwrap().get("fill") == Some("#fff");
        // WCAG's relative luminance and contrast.
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        let luminance =
            0.2126 * linear(cell[0]) + 0.7152 * linear(cell[1]) + 0.0722 * linear(cell[2]);
        let contrast = if white {
            1.05 / (luminance + 0.05)
        } else {
            (luminance + 0.05) / 0.05
        };
        assert!(contrast >= 4.5, "{share} %: {contrast}, white: {white}");
    }
}

#[test]
fn none_one_and_many_classes() {
    let none = ConfusionMatrix::new(0, &[], &[]).unwrap();
    parse(&ConfusionMap::new(&none).to_svg());
    let one = ConfusionMatrix::new(1, &[], &[]).unwrap();
    let svg = parse(&ConfusionMap::new(&one).to_svg());
    assert_eq!(cells(&svg, 1), []);
    // A thousand classes: only what is not 0 is in the file.
    let labels: Vec<usize> = (0..1000).collect();
    let many = ConfusionMatrix::new(1000, &labels, &labels).unwrap();
    let svg = ConfusionMap::new(&many).to_svg();
    assert_eq!(cells(&parse(&svg), 1000).len(), 1000);
    assert!(svg.len() < 100_000, "{} bytes", svg.len());
}

#[test]
fn names_are_counted_and_safe() {
    let confusion = ConfusionMatrix::new(HOSTILE.len(), &[0], &[1]).unwrap();
    let map = ConfusionMap::new(&confusion);
    let error = map.clone().class_names(&["a"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "class names: expected 12 values, found 1"
    );
    let map = map.class_names(&HOSTILE).unwrap().title(HOSTILE[3]);
    let svg = parse(&map.to_svg());
    assert!(svg.texts().contains(&"plain"));
}
