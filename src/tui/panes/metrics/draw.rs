//! How the metrics pane looks: query lines with their errors, the chart, the legend with values, the mark at hand.

use ratatui::layout::Rect;

use super::{MetricsPane, panels};
use crate::tui::canvas::{Align, Canvas};
use crate::tui::hits::Hit;
use crate::tui::pane::PaneId;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::widgets::chart::{self, Chart, Curve};
use crate::tui::widgets::heatmap;
use crate::tui::world::{Mark, QueryError, SeriesColumn};

/// Rows of the legend for a pane's height.
pub fn legend_rows(height: u16, series: usize) -> u16 {
    let most = match height {
        0..=11 => 1,
        12..=17 => 3,
        18..=25 => 4,
        _ => 8,
    };
    most.min(series as u16)
}

impl MetricsPane {
    pub(super) fn draw_all(&self, canvas: &mut Canvas<'_>, focused: bool) {
        let (width, height) = (canvas.width(), canvas.height());
        let room = height.saturating_sub(1);
        let grid = panels::grid(width, room, self.queries.len()).filter(|_| self.panels);
        if let (Some(grid), None) = (grid, &self.editing) {
            self.draw_panels(
                &mut canvas.part(Rect::new(0, 0, width, room)),
                grid,
                focused,
            );
            self.draw_readout(&mut canvas.part(Rect::new(0, room, width, 1)));
            return;
        }
        let mut y = self.draw_queries(canvas, focused);
        if self.queries.is_empty() && self.editing.is_none() {
            draw_invitation(canvas, y);
            return;
        }
        let legend = legend_rows(canvas.height(), self.data.series.len());
        let foot = legend + 1;
        let height = canvas.height().saturating_sub(y + foot);
        if height >= 4 {
            let part = Rect::new(0, y, canvas.width(), height);
            self.draw_chart(&mut canvas.part(part));
            y += height;
        }
        self.draw_readout(&mut canvas.part(Rect::new(0, y, canvas.width(), 1)));
        let part = Rect::new(0, y + 1, canvas.width(), legend);
        self.draw_legend(&mut canvas.part(part), focused);
        if let Some(editing) = &self.editing {
            let row = if editing.adds {
                self.queries.len()
            } else {
                self.selected
            };
            let y = (row as u16).min(canvas.height().saturating_sub(1));
            editing.candidates.draw(canvas, &editing.field, (2, y));
        }
    }

    fn draw_queries(&self, canvas: &mut Canvas<'_>, focused: bool) -> u16 {
        let most = (canvas.height() / 4).max(1);
        let mut y = 0;
        for (index, query) in self.queries.iter().enumerate() {
            let here = index == self.selected;
            let hidden = y >= most && !here;
            if hidden {
                continue;
            }
            let editing = self
                .editing
                .as_ref()
                .filter(|editing| here && !editing.adds);
            let role = if here && focused {
                Role::Accent
            } else {
                Role::Faint
            };
            let at = canvas.text(0, y, "› ", role);
            if let Some(editing) = editing {
                let part = Rect::new(at, y, canvas.width().saturating_sub(at), 1);
                editing.field.draw(canvas, part, "a PromQL query", focused);
            } else {
                let role = if here { Role::Base } else { Role::Muted };
                canvas.text(at, y, query, role);
            }
            y += 1;
            let error = self.data.errors.get(index).and_then(Option::as_ref);
            if let (Some(error), None) = (error, editing) {
                y = draw_error(canvas, at, y, error);
            }
        }
        if let Some(editing) = self.editing.as_ref().filter(|editing| editing.adds) {
            let at = canvas.text(0, y, "+ ", Role::Accent);
            let part = Rect::new(at, y, canvas.width().saturating_sub(at), 1);
            editing.field.draw(canvas, part, "a PromQL query", focused);
            y += 1;
        }
        y
    }

    fn is_shown(&self, index: usize) -> bool {
        !self.solo || index == self.legend.selected
    }

    fn draw_chart(&self, canvas: &mut Canvas<'_>) {
        let unit = self
            .series()
            .or_else(|| self.data.series.first())
            .map_or_else(Default::default, |series| series.unit);
        let mut curves: Vec<(usize, Curve<'_>)> = self
            .data
            .series
            .iter()
            .enumerate()
            .filter(|(index, _)| self.is_shown(*index))
            .map(|(index, series)| {
                let curve = Curve {
                    values: &series.values,
                    unit: series.unit,
                    role: Role::series(index),
                    letter: chart::curve_letter(index),
                };
                (index, curve)
            })
            .collect();
        curves.sort_by_key(|(index, _)| *index == self.legend.selected);
        for series in self.series_of_yesterday() {
            let curve = Curve {
                values: &series.values,
                unit: series.unit,
                role: Role::Faint,
                letter: ' ',
            };
            curves.insert(0, (usize::MAX, curve));
        }
        let curves: Vec<Curve<'_>> = curves.into_iter().map(|(_, curve)| curve).collect();
        let chart = Chart {
            times: &self.data.times,
            curves: &curves,
            unit,
            range_ms: (self.shown.start_ms, self.shown.end_ms),
            marks: &self.marks,
            cursor_ms: self.cursor_ms,
        };
        let of_query = self.data.series.iter();
        let of_query = of_query.filter(|series| series.query == self.selected);
        let plot = match heatmap::buckets(of_query) {
            Some(buckets) if !self.solo => heatmap::draw(canvas, &buckets, &chart),
            _ => chart::draw(canvas, &chart),
        };
        canvas.click_columns(plot, PaneId::Metrics);
        if curves.is_empty() {
            let y = canvas.height() / 2;
            let columns = canvas.width();
            canvas.text_aligned((0, y), columns, Align::Centre, "no data", Role::Muted);
        }
    }

    /// Series of the day before that are drawn beside those of today: all of a few, else the selected one's.
    fn series_of_yesterday(&self) -> impl Iterator<Item = &SeriesColumn> {
        let all = self.data.series.len() <= 3 && !self.solo;
        let selected = self.series();
        self.before.series.iter().filter(move |series| {
            all || selected.is_some_and(|chosen| {
                chosen.query == series.query && chosen.labels == series.labels
            })
        })
    }

    /// The time under the cursor and what happened near it.
    fn draw_readout(&self, line: &mut Canvas<'_>) {
        let near = self.range_near();
        let mut at = 1;
        if let Some(cursor) = self.cursor_ms {
            let when = units::instant(cursor, "%a %H:%M:%S");
            at = line.text(at, 0, &format!("┃ {when}"), Role::Strong) + 2;
        }
        let marks: Vec<&Mark> = match self.cursor_ms {
            Some(cursor) => self
                .marks
                .iter()
                .filter(|mark| (mark.at_ms - cursor).abs() <= near)
                .collect(),
            None => self.marks.iter().rev().take(4).collect(),
        };
        for mark in marks {
            let (sign, role) = chart::mark_sign(mark.kind);
            at = line.text(at, 0, &format!("{sign} "), role);
            let when = units::clock_minute(mark.at_ms);
            at = line.text(at, 0, &format!("{when} {}", mark.label), Role::Muted) + 2;
            if at >= line.width() {
                break;
            }
        }
    }

    const fn range_near(&self) -> i64 {
        (self.shown.end_ms - self.shown.start_ms) / 40
    }

    pub(super) fn value_at(&self, series: &SeriesColumn) -> f64 {
        let index = match self.cursor_ms {
            Some(cursor) => self
                .data
                .times
                .partition_point(|at| *at < cursor)
                .min(self.data.times.len().saturating_sub(1)),
            None => {
                return series
                    .values
                    .iter()
                    .rev()
                    .copied()
                    .find(|value| !value.is_nan())
                    .unwrap_or(f64::NAN);
            }
        };
        series.values.get(index).copied().unwrap_or(f64::NAN)
    }

    fn draw_legend(&self, canvas: &mut Canvas<'_>, focused: bool) {
        let columns = canvas.width();
        for (y, index) in self.legend.visible().enumerate() {
            let y = y as u16;
            let Some(series) = self.data.series.get(index) else {
                continue;
            };
            let here = index == self.legend.selected;
            let role = if self.is_shown(index) {
                Role::series(index)
            } else {
                Role::Faint
            };
            let letter = chart::curve_letter(index);
            let at = canvas.text(1, y, &format!("{letter} ━ "), role);
            let value = units::value(self.value_at(series), series.unit);
            let wide = text::width(&value) as u16 + 1;
            let room = columns.saturating_sub(at + wide + 2);
            let role = if here { Role::Strong } else { Role::Base };
            canvas.text_within(at, y, room, &series.name, role);
            let room = columns.saturating_sub(2);
            canvas.text_aligned((0, y), room, Align::Right, &value, Role::Strong);
            if here && focused {
                canvas.tint(Rect::new(0, y, columns, 1), Role::Selected);
            }
            canvas.click(
                Rect::new(0, y, columns, 1),
                Hit::Row {
                    pane: PaneId::Metrics,
                    list: 0,
                    row: index,
                },
            );
        }
        let rect = canvas.rect();
        self.legend.scrollbar(canvas, rect);
    }
}

fn draw_error(canvas: &mut Canvas<'_>, x: u16, y: u16, error: &QueryError) -> u16 {
    let mut y = y;
    if let Some(range) = &error.at {
        let start = x.saturating_add(range.start.min(400) as u16);
        let wide = range.len().clamp(1, 200);
        canvas.text(start, y, &"^".repeat(wide), Role::Alert);
        y += 1;
    }
    canvas.text(x, y, &format!("✗ {}", error.message), Role::Alert);
    y + 1
}

fn draw_invitation(canvas: &mut Canvas<'_>, y: u16) {
    let y = y.max(canvas.height() / 2).saturating_sub(1);
    let columns = canvas.width();
    for (offset, line) in ["No chart yet.", "m picks a metric, e writes a query"]
        .iter()
        .enumerate()
    {
        let y = y + offset as u16;
        canvas.text_aligned((0, y), columns, Align::Centre, line, Role::Muted);
    }
}
