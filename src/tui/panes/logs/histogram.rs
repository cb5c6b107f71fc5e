//! The volume of log lines over time: all lines, and under them those that report an error.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas};
use crate::tui::pane::PaneId;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::world::LogHistogram;

/// Columns of labels before the bars.
const LABELS: u16 = 4;

/// How many bars fit.
pub const fn columns(width: u16) -> u16 {
    width.saturating_sub(LABELS + 6)
}

/// Draws two rows (all, errors) or four (all in two, errors, times).
pub fn draw(canvas: &mut Canvas<'_>, histogram: &LogHistogram, range_ms: (i64, i64)) {
    let all_rows = if canvas.height() >= 4 { 2 } else { 1 };
    let all: Vec<u64> = histogram
        .buckets
        .iter()
        .map(|levels| levels.iter().sum())
        .collect();
    let errors: Vec<u64> = histogram
        .buckets
        .iter()
        .map(|levels| levels.iter().skip(3).sum())
        .collect();
    let wide = canvas.width();
    let bars = Rect::new(LABELS, 0, columns(wide), all_rows);
    canvas.text(0, all_rows - 1, "all", Role::Faint);
    draw_bars(&mut canvas.part(bars), &all, Role::Axis);
    let highest = all.iter().max().copied().unwrap_or(0);
    let label = units::short_count(highest);
    canvas.text_aligned(
        (wide.saturating_sub(6), 0),
        6,
        Align::Right,
        &label,
        Role::Faint,
    );
    let bars = Rect::new(LABELS, all_rows, columns(wide), 1);
    canvas.text(0, all_rows, "err", Role::Faint);
    draw_bars(&mut canvas.part(bars), &errors, Role::Alert);
    let highest = errors.iter().max().copied().unwrap_or(0);
    let label = units::short_count(highest);
    canvas.text_aligned(
        (wide.saturating_sub(6), all_rows),
        6,
        Align::Right,
        &label,
        Role::Faint,
    );
    if canvas.height() >= 4 {
        draw_times(canvas, range_ms, &histogram.note);
    }
    let part = Rect::new(LABELS, 0, columns(wide), all_rows + 1);
    canvas.click_columns(part, PaneId::Logs);
}

fn draw_times(canvas: &mut Canvas<'_>, (start_ms, end_ms): (i64, i64), note: &str) {
    let y = canvas.height() - 1;
    let wide = columns(canvas.width());
    let said = text::width(note) as u16 + 2;
    let mut free = 0;
    for at_ms in units::time_ticks(start_ms, end_ms, usize::from(wide / 10).max(1)) {
        let share = (at_ms - start_ms) * i64::from(wide) / (end_ms - start_ms).max(1);
        let column = LABELS + share as u16;
        let start = column.saturating_sub(2);
        if start >= free && start + 5 + said < canvas.width() {
            canvas.text(start, y, &units::clock_minute(at_ms), Role::Faint);
            free = start + 6;
        }
    }
    let columns = canvas.width();
    canvas.text_aligned((0, y), columns, Align::Right, note, Role::Faint);
}

/// Bars of eighths; a bar of at least one is never invisible.
fn draw_bars(canvas: &mut Canvas<'_>, counts: &[u64], role: Role) {
    const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = counts.iter().max().copied().unwrap_or(0).max(1);
    let full = u64::from(canvas.height()) * 8;
    for (x, count) in counts.iter().take(usize::from(canvas.width())).enumerate() {
        let eighths = (count * full).div_ceil(highest);
        for row in 0..canvas.height() {
            let below = u64::from(canvas.height() - 1 - row) * 8;
            let inside = eighths.saturating_sub(below).min(8) as usize;
            let glyph = EIGHTHS.get(inside).copied().unwrap_or(' ');
            if inside > 0 {
                canvas.glyph(x as u16, row, glyph, role);
            }
        }
    }
    if counts.iter().all(|count| *count == 0) {
        for x in 0..canvas.width() {
            canvas.glyph(x, canvas.height().saturating_sub(1), '·', Role::Grid);
        }
    }
}
