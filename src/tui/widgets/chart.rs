//! Line charts in braille: two by four dots a cell, a y axis for each of two units, a time axis with marks, a cursor.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::world::{Mark, MarkKind, Unit};

/// One curve.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// One value an instant.
    pub values: &'a [f64],
    /// What its values mean.
    pub unit: Unit,
    /// Its look.
    pub role: Role,
    /// The letter at its end, for those who see no colours.
    pub letter: char,
}

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// The instants, rising.
    pub times: &'a [i64],
    /// The curves; the last is on top.
    pub curves: &'a [Curve<'a>],
    /// The unit of the left axis; one other unit gets the right axis, curves of a third are left out.
    pub unit: Unit,
    /// The first and last instant of the axis.
    pub range_ms: (i64, i64),
    /// What happened.
    pub marks: &'a [Mark],
    /// The instant the cursor stands at.
    pub cursor_ms: Option<i64>,
}

/// The letter and look of a mark.
pub const fn mark_sign(kind: MarkKind) -> (char, Role) {
    match kind {
        MarkKind::Rollout => ('R', Role::Info),
        MarkKind::Config => ('C', Role::Link),
        MarkKind::Alert => ('!', Role::Warn),
        MarkKind::Page => ('P', Role::Alert),
        MarkKind::Action => ('▴', Role::Accent),
    }
}

/// The letter of a chart's n-th curve.
pub fn curve_letter(index: usize) -> char {
    char::from(b'a' + (index % 26) as u8)
}

/// A y axis.
struct Scale {
    unit: Unit,
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
}

impl Scale {
    /// The axis for a unit's curves. It starts at zero unless values are negative.
    fn of(chart: &Chart<'_>, unit: Unit, height: u16) -> Self {
        let mut low: f64 = 0.0;
        let mut high = f64::NEG_INFINITY;
        let curves = chart.curves.iter().filter(|curve| curve.unit == unit);
        for value in curves.flat_map(|curve| curve.values) {
            if value.is_finite() {
                low = low.min(*value);
                high = high.max(*value);
            }
        }
        if high <= low {
            high = low + 1.0;
        }
        let wanted = usize::from(height / 4).clamp(2, 6);
        let mut ticks = units::ticks(low, high, wanted, unit);
        if ticks.len() < 2 {
            ticks = vec![low, high];
        }
        Self {
            unit,
            low: ticks.first().copied().unwrap_or(low),
            high: ticks.last().copied().unwrap_or(high),
            ticks: ticks
                .into_iter()
                .map(|tick| (tick, units::value(tick, unit)))
                .collect(),
        }
    }

    /// Columns that the labels take.
    fn width(&self) -> u16 {
        self.ticks
            .iter()
            .map(|(_, label)| text::width(label))
            .max()
            .unwrap_or(0) as u16
    }
}

/// Where a chart's parts are, in columns and rows of its canvas.
struct Frame {
    plot: Rect,
    left: Scale,
    right: Option<Scale>,
    start_ms: i64,
    end_ms: i64,
}

impl Frame {
    fn new(canvas: &Canvas<'_>, chart: &Chart<'_>) -> Self {
        let left = Scale::of(chart, chart.unit, canvas.height());
        let right = chart
            .curves
            .iter()
            .find(|curve| curve.unit != chart.unit)
            .map(|curve| Scale::of(chart, curve.unit, canvas.height()));
        let gutter = left.width() + 2;
        let letters = if chart.curves.len() > 1 { 2 } else { 1 };
        let tail = letters + right.as_ref().map_or(0, |scale| scale.width() + 1);
        Self {
            plot: Rect::new(
                gutter,
                0,
                canvas.width().saturating_sub(gutter + tail),
                canvas.height().saturating_sub(2),
            ),
            left,
            right,
            start_ms: chart.range_ms.0,
            end_ms: chart.range_ms.1,
        }
    }

    fn column_of(&self, at_ms: i64) -> Option<u16> {
        let dot = self.dot_of(at_ms)?;
        Some(self.plot.x + (dot / 2) as u16)
    }

    /// The dot column of an instant inside the range.
    fn dot_of(&self, at_ms: i64) -> Option<i32> {
        if at_ms < self.start_ms || at_ms > self.end_ms || self.end_ms <= self.start_ms {
            return None;
        }
        let dots = i64::from(self.plot.width) * 2 - 1;
        let share = (at_ms - self.start_ms) as f64 / (self.end_ms - self.start_ms) as f64;
        Some((share * dots as f64).round() as i32)
    }

    /// The axis of a unit, if it has one.
    fn scale_of(&self, unit: Unit) -> Option<&Scale> {
        if self.left.unit == unit {
            return Some(&self.left);
        }
        self.right.as_ref().filter(|scale| scale.unit == unit)
    }

    /// The dot row of a value, from the top.
    fn row_of(&self, scale: &Scale, value: f64) -> i32 {
        let dots = f64::from(self.plot.height) * 4.0 - 1.0;
        let share = ((value - scale.low) / (scale.high - scale.low)).clamp(0.0, 1.0);
        ((1.0 - share) * dots).round() as i32
    }
}

/// Draws a chart; gives where its plot is, for clicks.
pub fn draw(canvas: &mut Canvas<'_>, chart: &Chart<'_>) -> Rect {
    let frame = Frame::new(canvas, chart);
    if frame.plot.width < 4 || frame.plot.height < 1 {
        return Rect::default();
    }
    draw_value_axes(canvas, &frame);
    draw_time_axis(canvas, &frame);
    draw_marks(canvas, &frame, chart.marks);
    if let Some(column) = chart.cursor_ms.and_then(|at| frame.column_of(at)) {
        for y in 0..=frame.plot.height {
            canvas.glyph(column, y, '│', Role::Crosshair);
        }
    }
    draw_curves(canvas, &frame, chart);
    frame.plot
}

/// Draws the time axis, marks and cursor of a chart whose plot something else fills.
pub fn draw_time(canvas: &mut Canvas<'_>, plot: Rect, chart: &Chart<'_>) {
    let frame = Frame {
        plot,
        left: Scale {
            unit: chart.unit,
            low: 0.0,
            high: 1.0,
            ticks: Vec::new(),
        },
        right: None,
        start_ms: chart.range_ms.0,
        end_ms: chart.range_ms.1,
    };
    draw_time_axis(canvas, &frame);
    for mark in chart.marks {
        if let Some(column) = frame.column_of(mark.at_ms) {
            let (sign, role) = mark_sign(mark.kind);
            canvas.glyph(column, plot.height, sign, role);
        }
    }
    if let Some(column) = chart.cursor_ms.and_then(|at| frame.column_of(at)) {
        for y in 0..=plot.height {
            canvas.glyph(column, y, '│', Role::Crosshair);
        }
    }
}

fn draw_value_axes(canvas: &mut Canvas<'_>, frame: &Frame) {
    let plot = frame.plot;
    let axis = plot.x.saturating_sub(1);
    for y in 0..plot.height {
        canvas.glyph(axis, y, '│', Role::Grid);
    }
    for (tick, label) in &frame.left.ticks {
        let y = (frame.row_of(&frame.left, *tick) / 4) as u16;
        for x in 0..plot.width {
            canvas.glyph(plot.x + x, y, '┈', Role::Grid);
        }
        canvas.glyph(axis, y, '┤', Role::Axis);
        canvas.text_aligned((0, y), axis, Align::Right, label, Role::Axis);
    }
    if let Some(scale) = &frame.right {
        let start = canvas.width().saturating_sub(scale.width());
        for (tick, label) in &scale.ticks {
            let y = (frame.row_of(scale, *tick) / 4) as u16;
            canvas.text(start, y, label, Role::Axis);
        }
    }
}

fn draw_time_axis(canvas: &mut Canvas<'_>, frame: &Frame) {
    let plot = frame.plot;
    let y = plot.height;
    for x in 0..plot.width {
        canvas.glyph(plot.x + x, y, '─', Role::Axis);
    }
    canvas.glyph(plot.x.saturating_sub(1), y, '└', Role::Axis);
    let day_ms = 86_400_000;
    let pattern = if frame.end_ms - frame.start_ms > day_ms {
        "%b %d %H:%M"
    } else if frame.end_ms - frame.start_ms <= 180_000 {
        "%H:%M:%S"
    } else {
        "%H:%M"
    };
    let wide = text::width(&units::instant(frame.start_ms, pattern)) as u16;
    let wanted = usize::from(plot.width / (wide + 4)).max(1);
    let last = canvas.width().saturating_sub(wide);
    let mut free = 0;
    for at_ms in units::time_ticks(frame.start_ms, frame.end_ms, wanted) {
        let Some(column) = frame.column_of(at_ms) else {
            continue;
        };
        canvas.glyph(column, y, '┴', Role::Axis);
        let start = column.saturating_sub(wide / 2).min(last);
        if start >= free {
            canvas.text(start, y + 1, &units::instant(at_ms, pattern), Role::Axis);
            free = start + wide + 1;
        }
    }
}

fn draw_marks(canvas: &mut Canvas<'_>, frame: &Frame, marks: &[Mark]) {
    for mark in marks {
        let Some(column) = frame.column_of(mark.at_ms) else {
            continue;
        };
        let (sign, role) = mark_sign(mark.kind);
        for row in 0..frame.plot.height {
            canvas.glyph(column, row, '┊', Role::Faint);
        }
        canvas.glyph(column, frame.plot.height, sign, role);
    }
}

/// A grid of braille cells with the curve that drew last in each.
struct Dots {
    width: usize,
    cells: Vec<(u8, Role)>,
}

impl Dots {
    fn set(&mut self, x: i32, y: i32, role: Role) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x / 2 >= self.width {
            return;
        }
        let bit = BITS
            .get(y % 4)
            .and_then(|row| row.get(x % 2))
            .copied()
            .unwrap_or(0);
        if let Some(cell) = self.cells.get_mut(y / 4 * self.width + x / 2) {
            *cell = (cell.0 | bit, role);
        }
    }

    /// Sets the dots of a straight line.
    fn line(&mut self, from: (i32, i32), to: (i32, i32), role: Role) {
        let (mut x, mut y) = from;
        let (across, down) = ((to.0 - x).abs(), -(to.1 - y).abs());
        let (step_x, step_y) = ((to.0 - x).signum(), (to.1 - y).signum());
        let mut slack = across + down;
        loop {
            self.set(x, y, role);
            if (x, y) == to {
                return;
            }
            let doubled = 2 * slack;
            if doubled >= down {
                slack += down;
                x += step_x;
            }
            if doubled <= across {
                slack += across;
                y += step_y;
            }
        }
    }
}

fn draw_curves(canvas: &mut Canvas<'_>, frame: &Frame, chart: &Chart<'_>) {
    let plot = frame.plot;
    let width = usize::from(plot.width);
    let mut dots = Dots {
        width,
        cells: vec![(0, Role::Base); width * usize::from(plot.height)],
    };
    let mut ends = Vec::new();
    for curve in chart.curves {
        let Some(scale) = frame.scale_of(curve.unit) else {
            continue;
        };
        let mut before: Option<(i32, i32)> = None;
        let mut last = None;
        for (at_ms, value) in chart.times.iter().zip(curve.values) {
            let here = frame
                .dot_of(*at_ms)
                .filter(|_| value.is_finite())
                .map(|x| (x, frame.row_of(scale, *value)));
            if let Some(here) = here {
                dots.line(before.unwrap_or(here), here, curve.role);
                last = Some(here);
            }
            before = here;
        }
        if let Some((_, y)) = last {
            ends.push((y / 4, curve.letter, curve.role));
        }
    }
    for (index, (bits, role)) in dots.cells.iter().enumerate() {
        if *bits != 0 {
            let glyph = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
            let (x, y) = (index % width, index / width);
            canvas.glyph(plot.x + x as u16, plot.y + y as u16, glyph, *role);
        }
    }
    if chart.curves.len() > 1 {
        draw_letters(canvas, plot, ends);
    }
}

/// Writes each curve's letter behind its end, moved where two would meet. With more curves than rows none is moved, as it
/// would stand beside another's end: then the first curve of each row has its letter there.
fn draw_letters(canvas: &mut Canvas<'_>, plot: Rect, mut ends: Vec<(i32, char, Role)>) {
    if ends.len() > usize::from(plot.height) {
        let mut taken = BTreeSet::new();
        ends.retain(|(row, ..)| taken.insert(*row));
    }
    ends.sort_by_key(|(row, ..)| *row);
    let mut free = 0;
    for (row, ..) in &mut ends {
        *row = free.max(*row);
        free = *row + 1;
    }
    let mut lowest = i32::from(plot.height) - 1;
    for (row, letter, role) in ends.into_iter().rev() {
        let y = row.min(lowest);
        if y >= 0 {
            canvas.glyph(plot.x + plot.width, y as u16, letter, role);
        }
        lowest = y - 1;
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::hits::Hits;
    use crate::tui::theme::{Depth, Theme};

    fn drawn(width: u16, height: u16, chart: &Chart<'_>) -> String {
        let theme = Theme::for_depth(Depth::None).unwrap();
        let mut hits = Hits::default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw(&mut Canvas::new(&mut buffer, &theme, &mut hits), chart);
        let mut out = String::new();
        for y in 0..height {
            for x in 0..width {
                out.push_str(buffer[(x, y)].symbol());
            }
            out.push('\n');
        }
        out
    }

    #[test]
    fn a_ramp_rises_from_corner_to_corner() {
        let times: Vec<i64> = (0..11).map(|index| index * 60_000).collect();
        let values: Vec<f64> = (0..11).map(f64::from).collect();
        let curve = Curve {
            values: &values,
            unit: Unit::Count,
            role: Role::Series0,
            letter: 'a',
        };
        let shown = drawn(
            28,
            7,
            &Chart {
                times: &times,
                curves: &[curve],
                unit: Unit::Count,
                range_ms: (0, 600_000),
                marks: &[Mark {
                    at_ms: 300_000,
                    kind: MarkKind::Rollout,
                    label: String::new(),
                }],
                cursor_ms: None,
            },
        );
        let rows: Vec<&str> = shown.lines().collect();
        assert!(rows[0].starts_with(" 10┤"), "{shown}");
        assert!(
            rows[0].trim_end().ends_with(['⠁', '⠉', '⠊', '⠔', '⠈', '⠋']),
            "{shown}"
        );
        assert!(rows[5].contains('R'), "{shown}");
        assert!(
            rows[6].contains("00:00") && rows[6].contains("00:10"),
            "{shown}"
        );
    }

    #[test]
    fn letters_stand_at_their_curves_where_there_are_more_than_rows() {
        let values: [[f64; 2]; 7] = [9.0, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5].map(|value| [value; 2]);
        let curves: Vec<Curve<'_>> = (0..)
            .zip(&values)
            .map(|(index, values)| Curve {
                values,
                unit: Unit::Count,
                role: Role::Series0,
                letter: curve_letter(index),
            })
            .collect();
        let chart = Chart {
            times: &[0, 60_000],
            curves: &curves,
            unit: Unit::Count,
            range_ms: (0, 60_000),
            marks: &[],
            cursor_ms: None,
        };
        let letters = |height| -> String {
            let shown = drawn(30, height, &chart);
            let ends = shown
                .lines()
                .filter_map(|line| line.trim_end().chars().last());
            ends.filter(char::is_ascii_lowercase).collect()
        };
        assert_eq!(letters(6), "ab");
        assert_eq!(letters(14), "abcdefg");
    }

    #[test]
    fn odd_values_do_not_matter() {
        let values = [f64::NAN, f64::INFINITY, -1.0, f64::NEG_INFINITY];
        let curve = Curve {
            values: &values,
            unit: Unit::Count,
            role: Role::Series0,
            letter: 'a',
        };
        for (width, height) in [(0, 0), (3, 3), (40, 10)] {
            drawn(
                width,
                height,
                &Chart {
                    times: &[0, 1, 2, 3],
                    curves: &[curve, curve],
                    unit: Unit::Bytes,
                    range_ms: (0, 3),
                    marks: &[],
                    cursor_ms: Some(2),
                },
            );
        }
    }
}
