//! Panels: each query of the metrics pane in a chart of its own, side by side.

use ratatui::layout::Rect;

use super::MetricsPane;
use crate::tui::canvas::{Align, Canvas};
use crate::tui::hits::Hit;
use crate::tui::pane::PaneId;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::widgets::chart::{self, Chart, Curve};
use crate::tui::widgets::heatmap;

/// The least columns and rows that a panel is readable in.
const LEAST: (u16, u16) = (33, 7);

/// Columns and rows of panels for a size; `None` where there is no room for all of them.
pub fn grid(width: u16, height: u16, count: usize) -> Option<(u16, u16)> {
    let count = u16::try_from(count).ok().filter(|count| *count > 1)?;
    let most = (width / LEAST.0).clamp(1, 3);
    (1..=most.min(count)).find_map(|columns| {
        let rows = count.div_ceil(columns);
        (rows * LEAST.1 <= height).then_some((columns, rows))
    })
}

impl MetricsPane {
    /// Draws the panels from a row on.
    pub(super) fn draw_panels(
        &self,
        canvas: &mut Canvas<'_>,
        (columns, rows): (u16, u16),
        focused: bool,
    ) {
        let (width, height) = (canvas.width() / columns, canvas.height() / rows);
        for index in 0..self.queries.len() {
            let (column, row) = (index as u16 % columns, index as u16 / columns);
            let last_column = column + 1 == columns;
            let last_row = row + 1 == rows;
            let part = Rect::new(
                column * width,
                row * height,
                if last_column {
                    canvas.width() - column * width
                } else {
                    width
                },
                if last_row {
                    canvas.height() - row * height
                } else {
                    height
                },
            );
            canvas.click(
                part,
                Hit::Row {
                    pane: PaneId::Metrics,
                    list: 1,
                    row: index,
                },
            );
            self.draw_panel(&mut canvas.part(part), index, focused);
        }
    }

    fn draw_panel(&self, canvas: &mut Canvas<'_>, index: usize, focused: bool) {
        let here = index == self.selected && focused;
        let title = self
            .titles
            .get(index)
            .filter(|title| !title.is_empty())
            .or_else(|| self.queries.get(index));
        let title = title.map_or("", String::as_str);
        let series: Vec<_> = self
            .data
            .series
            .iter()
            .filter(|series| series.query == index)
            .collect();
        let role = if here { Role::Accent } else { Role::Title };
        let mark = if here { "▸ " } else { "  " };
        let at = canvas.text(0, 0, mark, Role::Accent);
        let first = series.first();
        let value = first.map_or_else(String::new, |series| {
            let name = if series.name == *title {
                ""
            } else {
                series.name.as_str()
            };
            let shown = units::value(self.value_at(series), series.unit);
            let more = match self
                .data
                .series
                .iter()
                .filter(|other| other.query == index)
                .count()
            {
                0 | 1 => String::new(),
                count => format!(" of {count}"),
            };
            // The title is what is looked for; the first series' name has what it leaves.
            let wanted = usize::from(at) + text::width(title) + shown.len() + more.len() + 5;
            let room = usize::from(canvas.width()).saturating_sub(wanted).min(18);
            let name = text::clip(&text::clean(name), room).into_owned();
            let gap = if name.is_empty() { "" } else { " " };
            format!("{name}{gap}{shown}{more}")
        });
        let wide = text::width(&value) as u16;
        let room = canvas.width().saturating_sub(at + wide + 3);
        canvas.text_within(at, 0, room, title, role);
        let columns = canvas.width().saturating_sub(2);
        canvas.text_aligned((0, 0), columns, Align::Right, &value, Role::Strong);
        let body = Rect::new(
            0,
            1,
            canvas.width().saturating_sub(1),
            canvas.height().saturating_sub(1),
        );
        let mut part = canvas.part(body);
        if let Some(Some(error)) = self.data.errors.get(index) {
            part.text(2, 1, &format!("✗ {}", error.message), Role::Alert);
            return;
        }
        if series.is_empty() {
            let y = part.height() / 2;
            let columns = part.width();
            part.text_aligned((0, y), columns, Align::Centre, "no data", Role::Muted);
            return;
        }
        let curves: Vec<Curve<'_>> = series
            .iter()
            .enumerate()
            .map(|(at, series)| Curve {
                values: &series.values,
                unit: series.unit,
                role: Role::series(at),
                letter: chart::curve_letter(at),
            })
            .rev()
            .collect();
        let chart = Chart {
            times: &self.data.times,
            curves: &curves,
            unit: first.map(|series| series.unit).unwrap_or_default(),
            range_ms: (self.shown.start_ms, self.shown.end_ms),
            marks: &self.marks,
            cursor_ms: self.cursor_ms,
        };
        match heatmap::buckets(series.iter().copied()) {
            Some(buckets) => heatmap::draw(&mut part, &buckets, &chart),
            None => chart::draw(&mut part, &chart),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::grid;

    #[test]
    fn panels_take_the_fewest_columns_that_fit() {
        assert_eq!(grid(80, 40, 4), Some((1, 4)));
        assert_eq!(grid(80, 20, 4), Some((2, 2)));
        assert_eq!(grid(120, 20, 6), Some((3, 2)));
        assert_eq!(grid(60, 12, 6), None);
        assert_eq!(grid(120, 40, 1), None);
    }
}
