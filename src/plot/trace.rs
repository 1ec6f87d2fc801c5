//! From data to strokes: gaps, cutting at the limits, and thinning.

use super::axis::Axis;

/// A point; what its coordinates are in, the context says.
pub(super) type Point = [f64; 2];

/// What follows a line: a plotter's pen, in units of the plot area (0 to 1 from left and from bottom).
pub(super) trait Pen {
    /// Lifts the pen and sets it down at `to`.
    fn start(&mut self, to: Point);
    /// Draws from where the pen is.
    fn draw(&mut self, to: Point);
}

/// Follows the line through the points with `pen`, within the window of the axes.
///
/// The pen is lifted where a coordinate is not finite and where the line is outside. A point without neighbours is a
/// start without a stroke.
pub(super) fn trace(points: impl Iterator<Item = Point>, axes: &[Axis; 2], pen: &mut impl Pen) {
    let unit = |p: Point| [axes[0].unit(p[0]), axes[1].unit(p[1])];
    let inside = |p: Point| (0..2).all(|i| axes[i].low <= p[i] && p[i] <= axes[i].high);
    let mut last: Option<Last> = None;
    // The gap at the end: it too follows a point that may stand alone.
    for p in points.chain([[f64::NAN; 2]]) {
        if !p.iter().all(|v| v.is_finite()) {
            if let Some(last) = last.take()
                && last.alone
                && inside(last.point)
            {
                pen.start(unit(last.point));
            }
            continue;
        }
        let mut pen_arrived = false;
        if let Some(last) = &last
            && let Some((a, b)) = cut(last.point, p, axes)
            // A line that only touches a corner of the window leaves no stroke.
            && (a != b || last.point == p)
        {
            if !last.pen_arrived {
                pen.start(unit(a));
            }
            pen.draw(unit(b));
            pen_arrived = b == p;
        }
        last = Some(Last {
            point: p,
            alone: last.is_none(),
            pen_arrived,
        });
    }
}

/// The point before.
struct Last {
    point: Point,
    /// It follows a gap.
    alone: bool,
    /// The pen is there.
    pen_arrived: bool,
}

/// The part of the segment from `a` to `b` that is within the window.
fn cut(mut a: Point, mut b: Point, axes: &[Axis; 2]) -> Option<(Point, Point)> {
    for (i, axis) in axes.iter().enumerate() {
        for (bound, outside) in [
            (axis.low, (|v, bound| v < bound) as fn(f64, f64) -> bool),
            (axis.high, |v, bound| v > bound),
        ] {
            match (outside(a[i], bound), outside(b[i], bound)) {
                (true, true) => return None,
                (true, false) => a = crossing(a, b, i, bound),
                (false, true) => b = crossing(a, b, i, bound),
                (false, false) => {}
            }
        }
    }
    Some((a, b))
}

/// Where the segment meets the line on which coordinate `i` is `bound`.
fn crossing(a: Point, b: Point, i: usize, bound: f64) -> Point {
    // Halves, and a weighted mean: nothing overflows, however far apart the ends are.
    let way = b[i] / 2.0 - a[i] / 2.0;
    let share = if way == 0.0 {
        0.0
    } else {
        ((bound / 2.0 - a[i] / 2.0) / way).clamp(0.0, 1.0)
    };
    let mut meeting = [0, 1].map(|j| a[j] * (1.0 - share) + b[j] * share);
    meeting[i] = bound;
    meeting
}

/// Points a quarter of a pixel apart are not told apart.
const COLUMN: f64 = 0.25;

/// A pen that keeps strokes in hundredths of a pixel, thinned: of the points that follow one another in the same column
/// (a quarter of a pixel) the first, the lowest, the highest and the last. A million points leave as many as can be
/// seen, and every peak.
pub(super) struct Strokes {
    origin: Point,
    size: Point,
    done: Vec<Vec<Point>>,
    column: Option<Column>,
}

struct Column {
    index: i64,
    count: usize,
    last: Point,
    /// With the place in the order of points.
    lowest: (usize, Point),
    highest: (usize, Point),
}

impl Strokes {
    /// For a plot area with its bottom left corner at `origin`, `size` to the right and up.
    pub(super) fn new(origin: Point, size: Point) -> Strokes {
        Strokes {
            origin,
            size,
            done: Vec::new(),
            column: None,
        }
    }

    /// The strokes, each of at least one point.
    pub(super) fn finish(mut self) -> Vec<Vec<Point>> {
        self.end_column();
        self.done
    }

    fn pixel(&self, unit: Point) -> Point {
        let round = |v: f64| (v * 100.0).round() / 100.0;
        [
            round(self.origin[0] + unit[0] * self.size[0]),
            round(self.origin[1] - unit[1] * self.size[1]),
        ]
    }

    fn end_column(&mut self) {
        if let Some(column) = self.column.take() {
            let (a, b) = (column.lowest, column.highest);
            let (a, b) = if a.0 < b.0 { (a.1, b.1) } else { (b.1, a.1) };
            [a, b, column.last].into_iter().for_each(|p| self.push(p));
        }
    }

    fn push(&mut self, p: Point) {
        if let Some(stroke) = self.done.last_mut()
            && stroke.last() != Some(&p)
        {
            stroke.push(p);
        }
    }
}

impl Pen for Strokes {
    fn start(&mut self, to: Point) {
        self.end_column();
        self.done.push(vec![self.pixel(to)]);
    }

    fn draw(&mut self, to: Point) {
        let p = self.pixel(to);
        let index = (p[0] / COLUMN).floor() as i64;
        match &mut self.column {
            Some(column) if column.index == index => {
                column.count += 1;
                column.last = p;
                if p[1] < column.lowest.1[1] {
                    column.lowest = (column.count, p);
                }
                if p[1] > column.highest.1[1] {
                    column.highest = (column.count, p);
                }
            }
            _ => {
                self.end_column();
                self.push(p);
                self.column = Some(Column {
                    index,
                    count: 0,
                    last: p,
                    lowest: (0, p),
                    highest: (0, p),
                });
            }
        }
    }
}
