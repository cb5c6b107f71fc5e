//! What panes draw on: a part of the screen, with text that is cleaned and cut, roles for looks, and click regions.
//! All text reaches cells through here, so nothing unclean can.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::hits::{Hit, Hits};
use super::pane::PaneId;
use super::text;
use super::theme::{Role, Theme};

/// A piece of a line with one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The text.
    pub text: String,
    /// The look.
    pub role: Role,
}

impl Run {
    /// A run.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }
}

/// The columns a line of runs takes.
pub fn runs_width(runs: &[Run]) -> usize {
    runs.iter()
        .map(|run| text::width(&text::clean(&run.text)))
        .sum()
}

/// Where text stands in its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

/// A part of the screen. Positions are relative to its top left corner; nothing is drawn outside it.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    hits: &'a mut Hits,
    area: Rect,
}

impl<'a> Canvas<'a> {
    /// The whole of a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, hits: &'a mut Hits) -> Self {
        let area = buffer.area;
        Self {
            buffer,
            theme,
            hits,
            area,
        }
    }

    /// Columns.
    pub const fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub const fn height(&self) -> u16 {
        self.area.height
    }

    /// The whole of it, relative to itself.
    pub const fn rect(&self) -> Rect {
        Rect::new(0, 0, self.area.width, self.area.height)
    }

    /// A part of this part.
    pub fn part(&mut self, part: Rect) -> Canvas<'_> {
        let area = self.absolute(part);
        Canvas {
            buffer: self.buffer,
            theme: self.theme,
            hits: self.hits,
            area,
        }
    }

    fn absolute(&self, part: Rect) -> Rect {
        Rect {
            x: self.area.x.saturating_add(part.x),
            y: self.area.y.saturating_add(part.y),
            ..part
        }
        .intersection(self.area)
    }

    /// Clears a part: blank cells in a role's look, over the ground.
    pub fn fill(&mut self, part: Rect, role: Role) {
        let area = self.absolute(part);
        let style = self.theme.style(Role::Ground).patch(self.theme.style(role));
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut(Position::new(x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Gives the cells of a part a role's look without touching their text.
    pub fn tint(&mut self, part: Rect, role: Role) {
        let area = self.absolute(part);
        self.buffer.set_style(area, self.theme.style(role));
    }

    /// Gives a row of the canvas a role's look without touching its text.
    pub fn tint_row(&mut self, y: u16, role: Role) {
        self.tint(Rect::new(0, y, self.width(), 1), role);
    }

    /// Writes text from a column on, as far as there is room; gives the column after it.
    pub fn text(&mut self, x: u16, y: u16, shown: &str, role: Role) -> u16 {
        let room = self.width().saturating_sub(x);
        self.text_within(x, y, room, shown, role)
    }

    /// Writes text in at most `columns`, with an ellipsis where it was cut; gives the column after it.
    pub fn text_within(&mut self, x: u16, y: u16, columns: u16, shown: &str, role: Role) -> u16 {
        let cleaned = text::clean(shown);
        let room = columns.min(self.width().saturating_sub(x));
        let cut = text::clip(&cleaned, usize::from(room));
        self.put(x, y, &cut, self.theme.style(role))
    }

    /// Writes text somewhere in `columns`.
    pub fn text_aligned(
        &mut self,
        (x, y): (u16, u16),
        columns: u16,
        align: Align,
        shown: &str,
        role: Role,
    ) {
        let cleaned = text::clean(shown);
        let cut = text::clip(&cleaned, usize::from(columns));
        let spare = columns.saturating_sub(text::width(&cut) as u16);
        let start = match align {
            Align::Left => x,
            Align::Centre => x + spare / 2,
            Align::Right => x + spare,
        };
        self.put(start, y, &cut, self.theme.style(role));
    }

    /// Writes runs one after another, as far as there is room; gives the column after them.
    pub fn runs(&mut self, x: u16, y: u16, runs: &[Run]) -> u16 {
        let mut at = x;
        for run in runs {
            if at >= self.width() {
                break;
            }
            at = self.text(at, y, &run.text, run.role);
        }
        at
    }

    fn put(&mut self, x: u16, y: u16, cleaned: &str, style: Style) -> u16 {
        let mut at = x;
        if y >= self.height() {
            return at;
        }
        for (symbol, wide) in text::cells(cleaned) {
            if at.saturating_add(wide) > self.width() {
                break;
            }
            for offset in 0..wide {
                let position = Position::new(self.area.x + at + offset, self.area.y + y);
                if let Some(cell) = self.buffer.cell_mut(position) {
                    cell.set_symbol(if offset == 0 { symbol } else { "" });
                    cell.set_style(style);
                }
            }
            at += wide;
        }
        at
    }

    /// Writes one character that is known to be harmless and one column wide: lines, dots, blocks.
    pub fn glyph(&mut self, x: u16, y: u16, glyph: char, role: Role) {
        if x >= self.width() || y >= self.height() {
            return;
        }
        let style = self.theme.style(role);
        let position = Position::new(self.area.x + x, self.area.y + y);
        if let Some(cell) = self.buffer.cell_mut(position) {
            cell.set_char(glyph);
            cell.set_style(style);
        }
    }

    /// Draws a rounded border around a part.
    pub fn border(&mut self, part: Rect, role: Role) {
        if part.width < 2 || part.height < 2 {
            return;
        }
        let (left, right) = (part.x, part.x + part.width - 1);
        let (top, bottom) = (part.y, part.y + part.height - 1);
        for x in left + 1..right {
            self.glyph(x, top, '─', role);
            self.glyph(x, bottom, '─', role);
        }
        for y in top + 1..bottom {
            self.glyph(left, y, '│', role);
            self.glyph(right, y, '│', role);
        }
        self.glyph(left, top, '╭', role);
        self.glyph(right, top, '╮', role);
        self.glyph(left, bottom, '╰', role);
        self.glyph(right, bottom, '╯', role);
    }

    /// Remembers what a click on a part means.
    pub fn click(&mut self, part: Rect, hit: Hit) {
        let area = self.absolute(part);
        self.hits.add(area, hit);
    }

    /// Remembers that clicks on a part are told to a pane by their column.
    pub fn click_columns(&mut self, part: Rect, pane: PaneId) {
        let area = self.absolute(part);
        let hit = Hit::Column {
            pane,
            left: area.x,
            columns: area.width,
        };
        self.hits.add(area, hit);
    }

    /// Draws a text area of the editor on a part, over the ground.
    pub fn editor(&mut self, part: Rect, editor: &ratatui_textarea::TextArea<'_>) {
        use ratatui::widgets::Widget;
        let area = self.absolute(part);
        editor.render(area, self.buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;

    #[test]
    fn hostile_text_cannot_leave_its_cells() {
        let theme = Theme::for_depth(Depth::None).unwrap();
        let mut hits = Hits::default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
        let mut canvas = Canvas::new(&mut buffer, &theme, &mut hits);
        let mut part = canvas.part(Rect::new(2, 0, 4, 1));
        part.text(0, 0, "\u{1b}[2Jab\ncdefg", Role::Base);
        part.text(3, 0, "火", Role::Base);
        assert_eq!(buffer, Buffer::with_lines(["  ab …  ", "        "]));
    }
}
