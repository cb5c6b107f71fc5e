//! Click regions: what a click at a place means. Drawing adds them, the last drawn is on top.

use ratatui::layout::{Position, Rect};

use super::pane::PaneId;
use super::verbs::Verb;

/// What a click means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The pane, without anything more.
    Pane(PaneId),
    /// A row of one of a pane's lists.
    Row {
        /// The pane.
        pane: PaneId,
        /// Which of its lists.
        list: u8,
        /// The row.
        row: usize,
    },
    /// A place in a pane's drawing; the pane knows where it is by the column.
    Column {
        /// The pane.
        pane: PaneId,
        /// The first column of the drawing on the screen.
        left: u16,
        /// The columns it has.
        columns: u16,
    },
    /// The same as a key with this meaning.
    Verb(Verb),
    /// A row of the modal or screen on top.
    Choice(usize),
    /// Something that takes the click and does nothing: a modal's ground.
    Nothing,
}

/// The regions of the last frame.
#[derive(Clone, Debug, Default)]
pub struct Hits(Vec<(Rect, Hit)>);

impl Hits {
    /// Adds a region over those before.
    pub fn add(&mut self, area: Rect, hit: Hit) {
        if !area.is_empty() {
            self.0.push((area, hit));
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What is under a place.
    pub fn at(&self, column: u16, row: u16) -> Option<Hit> {
        self.0
            .iter()
            .rev()
            .find(|(area, _)| area.contains(Position::new(column, row)))
            .map(|(_, hit)| *hit)
    }

    /// The pane under a place, whatever else is there.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<PaneId> {
        self.0.iter().rev().find_map(|(area, hit)| {
            if !area.contains(Position::new(column, row)) {
                return None;
            }
            match hit {
                Hit::Pane(pane) | Hit::Row { pane, .. } | Hit::Column { pane, .. } => Some(*pane),
                _ => None,
            }
        })
    }
}
