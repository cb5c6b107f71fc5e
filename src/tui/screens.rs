//! The screens beside the board: title, briefing, debrief.

pub mod briefing;
pub mod debrief;
pub mod title;
