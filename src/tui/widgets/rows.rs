//! The state of a list: which row is selected, which is on top, how a verb moves them; and the scrollbar beside it.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;

/// A list's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The selected row.
    pub selected: usize,
    /// The first row on screen.
    pub top: usize,
    count: usize,
    height: usize,
}

impl Rows {
    /// Takes in how many rows there are and how many fit, keeping the selection on screen.
    pub fn fit(&mut self, count: usize, height: usize) {
        self.count = count;
        self.height = height.max(1);
        self.settle();
    }

    fn settle(&mut self) {
        self.selected = self.selected.min(self.count.saturating_sub(1));
        if self.selected < self.top {
            self.top = self.selected;
        }
        if self.selected >= self.top + self.height.max(1) {
            self.top = self.selected + 1 - self.height.max(1);
        }
        self.top = self.top.min(self.count.saturating_sub(self.height));
    }

    /// Whether the last row is selected (or there is none).
    pub const fn at_end(&self) -> bool {
        self.selected + 1 >= self.count
    }

    /// Selects a row.
    pub fn select(&mut self, row: usize) {
        self.selected = row;
        self.settle();
    }

    /// Moves the selection by some rows.
    pub fn step(&mut self, rows: isize) {
        let wanted = self.selected.saturating_add_signed(rows);
        self.select(wanted);
    }

    /// Moves as the verb says; whether it was one that moves.
    pub fn on(&mut self, verb: Verb) -> bool {
        let page = self.height.saturating_sub(1).max(1) as isize;
        match verb {
            Verb::Up => self.step(-1),
            Verb::Down => self.step(1),
            Verb::PageUp => self.step(-page),
            Verb::PageDown => self.step(page),
            Verb::Top => self.select(0),
            Verb::Bottom => self.select(self.count.saturating_sub(1)),
            _ => return false,
        }
        true
    }

    /// The rows on screen, as indices.
    pub fn visible(&self) -> std::ops::Range<usize> {
        self.top..(self.top + self.height).min(self.count)
    }

    /// Draws a scrollbar in the last column of a part, if not all rows fit.
    pub fn scrollbar(&self, canvas: &mut Canvas<'_>, part: Rect) {
        scrollbar(canvas, part, self.top, self.height, self.count);
    }
}

/// Draws a scrollbar in the last column of a part, if not all rows fit.
pub fn scrollbar(canvas: &mut Canvas<'_>, part: Rect, top: usize, height: usize, count: usize) {
    if count <= height || part.width == 0 || part.height == 0 {
        return;
    }
    let track = usize::from(part.height);
    let thumb = (track * height / count).clamp(1, track);
    let room = track - thumb;
    let start = (room * top)
        .div_ceil(count.saturating_sub(height).max(1))
        .min(room);
    let x = part.x + part.width - 1;
    for offset in 0..part.height {
        let inside = (start..start + thumb).contains(&usize::from(offset));
        let (glyph, role) = if inside {
            ('▐', Role::ScrollThumb)
        } else {
            ('▕', Role::ScrollTrack)
        };
        canvas.glyph(x, part.y + offset, glyph, role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_on_screen() {
        let mut rows = Rows::default();
        rows.fit(100, 10);
        rows.on(Verb::Bottom);
        assert_eq!((rows.selected, rows.top), (99, 90));
        rows.on(Verb::PageUp);
        assert_eq!((rows.selected, rows.top), (90, 90));
        rows.on(Verb::Up);
        assert_eq!((rows.selected, rows.top), (89, 89));
        rows.fit(5, 10);
        assert_eq!((rows.selected, rows.top), (4, 0));
        rows.fit(0, 0);
        assert_eq!(rows.visible(), 0..0);
    }
}
