//! The closed sets at the interface's two ends: what comes in, and what the interface makes of it.

use ratatui::crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEventKind};

use super::pane::{Answer, PaneId, Size};
use super::world::{Briefing, DrillRow, PageRow, Report, ScenarioRow, Status, Tone};

/// What comes in from outside. Nothing else does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The left button was pressed.
    Click {
        /// The column.
        column: u16,
        /// The row.
        row: u16,
    },
    /// The wheel was turned; up is negative.
    Wheel {
        /// The column.
        column: u16,
        /// The row.
        row: u16,
        /// Rows.
        rows: i32,
    },
    /// The screen has a new size.
    Resized(Size),
    /// The system asked the program to end.
    Terminated,
}

impl Input {
    /// What a terminal event means, if it means something.
    pub fn from_event(event: Event) -> Option<Self> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(Self::Key(key)),
            Event::Paste(text) => Some(Self::Paste(text)),
            Event::Resize(width, height) => Some(Self::Resized(Size { width, height })),
            Event::Mouse(mouse) => {
                let (column, row) = (mouse.column, mouse.row);
                match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => Some(Self::Click { column, row }),
                    MouseEventKind::ScrollUp => Some(Self::Wheel {
                        column,
                        row,
                        rows: -3,
                    }),
                    MouseEventKind::ScrollDown => Some(Self::Wheel {
                        column,
                        row,
                        rows: 3,
                    }),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// What the interface is to take in: an input, time, or something the driver read or got answered.
#[derive(Clone, Debug)]
pub enum Action {
    /// Something came in from outside.
    Input(Input),
    /// The player's time, in milliseconds since the start.
    Beat(u64),
    /// The drill's status.
    Status(Box<Status>),
    /// The title screen's lists.
    Lists {
        /// Scenarios.
        scenarios: Vec<ScenarioRow>,
        /// Drills to continue.
        drills: Vec<DrillRow>,
    },
    /// A drill was opened.
    Opened(Box<Briefing>, Box<Status>),
    /// The drill was left.
    Left,
    /// The drill ended.
    Debrief(Box<Report>),
    /// A page arrived.
    Paged(PageRow),
    /// An answer for a pane.
    Answer(PaneId, Answer),
    /// Something to say.
    Notice(Tone, String),
}
