//! Kinds of lines instead of lines: how many each wrote, which are new. Its rows are the desk's; nothing is counted here.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas};
use crate::tui::hits::Hit;
use crate::tui::pane::PaneId;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::widgets::log_line;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::LogGroup;

/// Columns of the count, the level and the service.
const COUNT: u16 = 8;
const LEVEL: u16 = 4;
const SERVICE: u16 = 16;

/// The kinds of lines of a window of time.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// The window.
    pub range_ms: (i64, i64),
    /// Only kinds that had no line before it.
    pub new_only: bool,
    /// The kinds, most lines first.
    pub rows: Vec<LogGroup>,
    /// The place in the list.
    pub list: Rows,
}

impl Groups {
    /// Takes in what was counted.
    pub fn set(&mut self, mut rows: Vec<LogGroup>, height: usize) {
        if self.new_only {
            rows.retain(|row| row.is_new);
        }
        self.rows = rows;
        self.list.fit(self.rows.len(), height);
    }

    /// The selected kind.
    pub fn selected(&self) -> Option<&LogGroup> {
        self.rows.get(self.list.selected)
    }

    /// Draws the list with its heading.
    pub fn draw(&self, canvas: &mut Canvas<'_>, focused: bool) {
        let since = units::instant(self.range_ms.0, "%H:%M:%S");
        let what = if self.new_only {
            format!("{} kinds of lines are new since {since}", self.rows.len())
        } else {
            format!("{} kinds of lines since {since}", self.rows.len())
        };
        canvas.text(0, 0, &what, Role::Title);
        if self.rows.is_empty() {
            canvas.text(1, 2, "There is none.", Role::Muted);
            return;
        }
        for (offset, index) in self.list.visible().enumerate() {
            let (Some(row), y) = (self.rows.get(index), offset as u16 + 1) else {
                continue;
            };
            if y >= canvas.height() {
                break;
            }
            let part = Rect::new(0, y, canvas.width(), 1);
            if index == self.list.selected {
                let role = if focused {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint(part, role);
            }
            draw_row(&mut canvas.part(part), row);
            canvas.click(
                part,
                Hit::Row {
                    pane: PaneId::Logs,
                    list: 1,
                    row: index,
                },
            );
        }
        let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(1));
        self.list.scrollbar(canvas, part);
    }
}

fn draw_row(line: &mut Canvas<'_>, row: &LogGroup) {
    let count = units::grouped(row.lines);
    line.text_aligned((0, 0), COUNT, Align::Right, &count, Role::Strong);
    let mut at = COUNT + 1;
    line.text(at, 0, row.level.word(), super::lines::level_role(row.level));
    at += LEVEL;
    let wide = if line.width() >= 90 {
        SERVICE
    } else {
        SERVICE - 5
    };
    line.text_within(at, 0, wide, &row.service, Role::Link);
    at += wide + 1;
    if row.is_new {
        at = line.text(at, 0, "new ", Role::Warn);
    }
    let room = line.width().saturating_sub(at + 1);
    let pattern = row.pattern.replace('\n', " ⏎ ");
    let runs = log_line::kind(&text::clean(&pattern), Role::Base);
    line.part(Rect::new(at, 0, room, 1)).runs(0, 0, &runs);
}
