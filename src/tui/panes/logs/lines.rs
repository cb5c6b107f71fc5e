//! Log lines on screen: time, level, service, text with what was searched for; and one line's fields.

use ratatui::layout::Rect;

use super::LogsPane;
use crate::tui::canvas::{Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::pane::PaneId;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::widgets::rows::scrollbar;
use crate::tui::widgets::{log_line, paint};
use crate::tui::world::{Completions, Level, LogQuery, LogRow};

/// Rows of a scrollbar's scale: lines are counted in shares, not one by one.
const SCALE: usize = 1_000;

/// Where the columns are.
#[derive(Clone, Copy)]
struct Columns {
    millis: bool,
    level: u16,
    service: Option<(u16, u16)>,
    text: u16,
}

fn columns(width: u16, query: &LogQuery) -> Columns {
    let millis = width >= 90;
    let level = if millis { 13 } else { 9 };
    let service =
        (query.services.len() != 1).then_some((level + 4, if width >= 90 { 16 } else { 11 }));
    let text = service.map_or(level + 4, |(start, wide)| start + wide + 1);
    Columns {
        millis,
        level,
        service,
        text,
    }
}

/// Columns that a line's text has.
pub fn text_columns(width: u16, query: &LogQuery) -> usize {
    usize::from(width.saturating_sub(columns(width, query).text + 1)).max(4)
}

pub const fn level_role(level: Level) -> Role {
    match level {
        Level::Debug => Role::Debug,
        Level::Info => Role::Info,
        Level::Warn => Role::Warn,
        Level::Error => Role::Alert,
        Level::Fatal => Role::Siren,
    }
}

impl LogsPane {
    /// Says how many lines match, and how far the search is.
    pub(super) fn draw_state(&self, line: &mut Canvas<'_>) {
        if let Some(error) = &self.window.error {
            line.text(0, 0, &format!("✗ {}", error.message), Role::Alert);
            return;
        }
        if let Some(candidates) = self.shown_candidates() {
            draw_candidates(line, candidates);
            return;
        }
        let count = units::grouped(self.window.count);
        let at = line.text(0, 0, &format!("{count} lines"), Role::Muted);
        let mut at = at;
        if self.window.searched < 1.0 {
            let percent = (self.window.searched * 100.0).floor();
            at = line.text(at + 2, 0, &format!("{percent} % searched"), Role::Warn);
        }
        if let Some(row) = self.row().filter(|_| !self.following) {
            let when = units::instant(row.at_ms, "%a %b %e %H:%M:%S");
            at = line.text(at + 2, 0, &format!("at {when}"), Role::Muted);
        }
        if self.side > 0 {
            line.text(
                at + 2,
                0,
                &format!("from column {}", self.side),
                Role::Faint,
            );
        }
    }

    /// Draws the lines on screen.
    pub(super) fn draw_lines(&self, canvas: &mut Canvas<'_>, focused: bool) {
        if self.window.rows.is_empty() {
            let searched = self.window.searched >= 1.0;
            let says = match (&self.window.error, searched) {
                (Some(_), _) => "The filter cannot be read; Esc goes back to all lines.",
                (None, true) => "No line matches.",
                (None, false) => "Looking for lines…",
            };
            canvas.text(1, 1, says, Role::Muted);
            return;
        }
        let place = columns(canvas.width(), &self.query);
        let mut y = 0;
        for (index, row) in self.window.rows.iter().enumerate().skip(self.top) {
            if y >= canvas.height() {
                break;
            }
            let pieces = self.pieces(row, text_columns(canvas.width(), &self.query));
            let rows = (pieces.len() as u16).min(canvas.height() - y);
            let part = Rect::new(0, y, canvas.width(), rows);
            if index == self.selected && focused {
                canvas.tint(part, Role::Selected);
            } else if index == self.selected && !self.following {
                canvas.tint(part, Role::SelectedIdle);
            }
            self.draw_line(&mut canvas.part(part), &place, row, &pieces);
            y += rows;
            canvas.click(
                part,
                Hit::Row {
                    pane: PaneId::Logs,
                    list: 0,
                    row: index,
                },
            );
        }
        let whole = !self.window.is_start || !self.window.is_end || self.top > 0;
        if whole || self.window.rows.len() > self.height {
            let share = if self.following {
                1.0
            } else {
                self.window.fraction.clamp(0.0, 1.0)
            };
            let rect = canvas.rect();
            let top = (share * (SCALE - SCALE / 10) as f64) as usize;
            scrollbar(canvas, rect, top, SCALE / 10, SCALE);
        }
    }

    /// The pieces of a line, one a row: as it is read best, or all of it as it was written when lines are wrapped.
    fn pieces(&self, row: &LogRow, columns: usize) -> Vec<Vec<Run>> {
        let role = match row.level {
            Level::Debug => Role::Debug,
            Level::Error | Level::Fatal => Role::Strong,
            _ => Role::Base,
        };
        let cleaned = text::clean(&row.text);
        if self.wrap {
            text::wrap(&cleaned, columns)
                .into_iter()
                .map(|piece| vec![Run::new(role, piece)])
                .collect()
        } else {
            vec![paint::skipped(log_line::painted(&cleaned, role), self.side)]
        }
    }

    fn draw_line(
        &self,
        canvas: &mut Canvas<'_>,
        place: &Columns,
        row: &LogRow,
        pieces: &[Vec<Run>],
    ) {
        let pattern = if place.millis {
            "%H:%M:%S%.3f"
        } else {
            "%H:%M:%S"
        };
        canvas.text(0, 0, &units::instant(row.at_ms, pattern), Role::Faint);
        canvas.text(place.level, 0, row.level.word(), level_role(row.level));
        if let Some((start, wide)) = place.service {
            canvas.text_within(start, 0, wide, &row.service, Role::Link);
        }
        let room = canvas.width().saturating_sub(place.text + 1);
        let mut part = canvas.part(Rect::new(place.text, 0, room, pieces.len() as u16));
        for (y, piece) in pieces.iter().enumerate() {
            part.runs(0, y as u16, piece);
            self.mark_matches(
                &mut part,
                y as u16,
                room,
                &text::clean(&paint::text_of(piece)),
            );
        }
    }

    /// Shows where the filter's text is in a piece of a line.
    fn mark_matches(&self, canvas: &mut Canvas<'_>, y: u16, room: u16, piece: &str) {
        let wanted = self.marked_text().to_lowercase();
        let lower = piece.to_lowercase();
        if wanted.is_empty() || lower.len() != piece.len() {
            return;
        }
        for (start, found) in lower.match_indices(&wanted).take(16) {
            let before = piece.get(..start).map_or(0, text::width) as u16;
            let wide = text::width(found) as u16;
            if before < room {
                let part = Rect::new(before, y, wide.min(room - before), 1);
                canvas.tint(part, Role::Match);
            }
        }
    }
}

/// The candidates of a completion, the one that Tab takes first.
fn draw_candidates(line: &mut Canvas<'_>, candidates: &Completions) {
    let mut at = line.text(0, 0, "tab ", Role::Key);
    for (index, candidate) in candidates.items.iter().take(12).enumerate() {
        let role = if index == 0 { Role::Match } else { Role::Muted };
        at = line.text(at, 0, candidate.text.trim(), role);
        at = line.text(at, 0, "  ", Role::Muted);
    }
}

/// Rows of a line's text above its fields: what the fields leave, and half of the room where they leave less.
fn text_rows(room: usize, fields: usize) -> usize {
    room.saturating_sub(fields).max(room / 2)
}

/// Draws one line in full with its fields.
pub fn draw_detail(canvas: &mut Canvas<'_>, row: &LogRow, fields: &[(String, String)]) {
    for x in 0..canvas.width() {
        canvas.glyph(x, 0, '─', Role::Border);
    }
    let head = format!(" {} ", units::instant(row.at_ms, "%Y-%m-%d %H:%M:%S%.3f"));
    let at = canvas.text(1, 0, &head, Role::Title);
    canvas.text(at, 0, &format!("{} ", row.source), Role::Muted);
    let columns = usize::from(canvas.width().saturating_sub(2));
    let mut y = 1;
    let rows = text_rows(usize::from(canvas.height().saturating_sub(1)), fields.len());
    for line in text::wrap(&text::clean(&row.text), columns)
        .iter()
        .take(rows)
    {
        canvas.text(1, y, line, Role::Strong);
        y += 1;
    }
    let labels = fields
        .iter()
        .map(|(name, _)| text::width(name))
        .max()
        .unwrap_or(0)
        .min(22) as u16;
    for (name, value) in fields {
        if y >= canvas.height() {
            break;
        }
        canvas.text_within(1, y, labels, name, Role::Link);
        canvas.text(labels + 3, y, value, Role::Base);
        y += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_what_its_fields_leave_and_at_least_half() {
        for (room, fields, rows) in [(6, 0, 6), (6, 3, 3), (6, 20, 3), (13, 4, 9), (0, 4, 0)] {
            assert_eq!(text_rows(room, fields), rows, "{room} with {fields}");
        }
    }
}
