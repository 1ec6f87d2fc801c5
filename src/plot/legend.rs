//! The legend of an SVG chart: how large it is, and where it hides least.

use super::svg::{Anchor, Area, Svg};
use super::text::{fitted, text_em};
use super::trace::Point;

/// The largest share of the plot area's width and of its height that a legend takes, and of the area itself.
const SHARE: f64 = 0.7;
const AREA_SHARE: f64 = 0.25;

/// The names of the lines that have one, in a box.
pub(super) struct Legend {
    /// The line's index, its name, the size of its letters.
    rows: Vec<(usize, String, f64)>,
    /// How many more there are than have room.
    more: usize,
    font: f64,
    area: Area,
}

impl Legend {
    /// The legend within `plot`, placed beside the strokes as well as can be; `None` where no line has a name, or there
    /// is no room for one.
    pub(super) fn new<'a>(
        names: impl Iterator<Item = (usize, &'a str)>,
        font: f64,
        plot: Area,
        strokes: &[Vec<Vec<Point>>],
    ) -> Option<Legend> {
        let names: Vec<(usize, &str)> = names.filter(|(_, name)| !name.is_empty()).collect();
        let room = ((SHARE * plot.height - font) / row_height(font)).floor();
        let room = if room < 1.0 { 0 } else { room as usize };
        // The last row of a list that is too long says so.
        let shown = if names.len() <= room {
            names.len()
        } else {
            room.saturating_sub(1)
        };
        // A list of one or two of many says less than it hides.
        if shown == 0 || (shown < names.len() && shown < 3) {
            return None;
        }
        let longest = SHARE * plot.width - sample(font) - 2.0 * font;
        let rows: Vec<(usize, String, f64)> = names[..shown]
            .iter()
            .map(|&(line, name)| {
                let (name, size) = fitted(name, font, longest);
                (line, name, size)
            })
            .collect();
        let widest = rows.iter().map(|(_, name, size)| size * text_em(name));
        let widest = widest.fold(0.0, f64::max);
        let more = names.len() - shown;
        let lines = shown + usize::from(more > 0);
        let mut legend = Legend {
            rows,
            more,
            font,
            area: Area {
                left: 0.0,
                top: 0.0,
                width: widest + sample(font) + 1.8 * font,
                height: lines as f64 * row_height(font) + 0.5 * font,
            },
        };
        legend.place(plot, strokes);
        let covers = legend.area.width * legend.area.height;
        (covers <= AREA_SHARE * plot.width * plot.height).then_some(legend)
    }

    /// Of the corners, the middles of the sides and the centre, the first that covers the least length of lines.
    fn place(&mut self, plot: Area, strokes: &[Vec<Vec<Point>>]) {
        let gap = 0.6 * self.font;
        let (width, height) = (self.area.width, self.area.height);
        let x = |share: f64| plot.left + gap + share * (plot.width - width - 2.0 * gap);
        let y = |share: f64| plot.top + gap + share * (plot.height - height - 2.0 * gap);
        let mut least = f64::INFINITY;
        for (across, down) in [
            (1.0, 0.0),
            (0.0, 0.0),
            (0.0, 1.0),
            (1.0, 1.0),
            (1.0, 0.5),
            (0.0, 0.5),
            (0.5, 0.0),
            (0.5, 1.0),
            (0.5, 0.5),
        ] {
            let area = Area {
                left: x(across),
                top: y(down),
                ..self.area
            };
            // A line beside the box is as good as hidden.
            let near = Area {
                left: area.left - gap / 2.0,
                top: area.top - gap / 2.0,
                width: width + gap,
                height: height + gap,
            };
            let covered: f64 = strokes.iter().flatten().map(|s| covered(s, near)).sum();
            if covered < least {
                (least, self.area) = (covered, area);
            }
        }
    }

    /// Draws it; `style` gives the attributes of a line's strokes.
    pub(super) fn draw(&self, svg: &mut Svg, style: impl Fn(usize) -> String) {
        let font = self.font;
        svg.rect(
            self.area,
            "rx=\"3\" fill=\"#fff\" fill-opacity=\"0.85\" stroke=\"#ccc\"",
        );
        let left = self.area.left + 0.6 * font;
        let text = left + sample(font) + 0.5 * font;
        let middle =
            |row: usize| self.area.top + 0.25 * font + (row as f64 + 0.5) * row_height(font);
        for (row, (line, name, size)) in self.rows.iter().enumerate() {
            let y = middle(row);
            svg.open_group(&style(*line));
            svg.strokes(&[vec![[left, y], [left + sample(font), y]]], 0.0);
            svg.close_group();
            svg.text([text, y], *size, Anchor::Start, name);
        }
        if self.more > 0 {
            let more = format!("+ {}", self.more);
            svg.text([left, middle(self.rows.len())], font, Anchor::Start, &more);
        }
    }
}

fn row_height(font: f64) -> f64 {
    1.45 * font
}

/// The length of the piece of line before a name.
fn sample(font: f64) -> f64 {
    2.2 * font
}

/// The length of a stroke within an area; a stroke that is a dot counts as a pixel.
fn covered(stroke: &[Point], area: Area) -> f64 {
    let low = [area.left, area.top];
    let high = [area.right(), area.bottom()];
    if let [p] = stroke {
        let inside = (0..2).all(|i| low[i] <= p[i] && p[i] <= high[i]);
        return f64::from(u8::from(inside));
    }
    let segments = stroke.iter().zip(stroke.iter().skip(1));
    segments.map(|(a, b)| length_within(a, b, low, high)).sum()
}

/// The length of the part of the segment within the box (Liang and Barsky).
fn length_within(a: &Point, b: &Point, low: Point, high: Point) -> f64 {
    let way = [b[0] - a[0], b[1] - a[1]];
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for i in 0..2 {
        if way[i] == 0.0 {
            if a[i] < low[i] || a[i] > high[i] {
                return 0.0;
            }
        } else {
            let (s, t) = ((low[i] - a[i]) / way[i], (high[i] - a[i]) / way[i]);
            from = from.max(s.min(t));
            to = to.min(s.max(t));
        }
    }
    (to - from).max(0.0) * way[0].hypot(way[1])
}
