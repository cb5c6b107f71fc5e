//! Pieces that several panes are made of. They know roles and text, nothing of the drill.

pub mod candidates;
pub mod chart;
pub mod editor;
pub mod field;
pub mod heatmap;
pub mod log_line;
pub mod paint;
pub mod rows;
