//! What a journal's record can hold. Never how it was typed or drawn: the same use gives the same entry at every door.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Speed;
use crate::sim::command::Command;

/// One entry of a drill's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Changes the world.
    Command(Command),
    /// An explicit use of a tool that looks: it costs time.
    Call(Call),
    /// What a pane shows, until the next look of the same pane.
    Look(Look),
    /// The clock was changed.
    Clock(ClockChange),
}

/// One use of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The tool's name.
    pub tool: String,
    /// Its arguments, as the tool's own type writes them.
    pub args: Value,
}

/// What a pane shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The pane.
    pub pane: String,
    /// The tool call whose answer the pane draws; `None` when the pane shows nothing of the world any more.
    pub query: Option<Call>,
    /// First row shown; `None` while the pane follows the newest.
    pub first_row: Option<u64>,
    /// Rows shown.
    pub height: u32,
    /// The view is frozen.
    pub frozen: bool,
}

/// A change of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockChange {
    /// Another speed.
    Speed(Speed),
    /// Stopped or started.
    Paused(bool),
    /// Skipped to an instant, in milliseconds since the epoch.
    SkippedTo(i64),
}
