//! firedrill: a flight simulator for on-call engineers.
//!
//! The layers, lowest first: [`diag`], [`scenario`], [`sim`], [`session`], [`debrief`] and [`tools`], then the doors
//! [`tui`], [`cli`] and [`mcp`]. A layer uses those below it and never one above; `tests/it/layers.rs` holds the table.

pub mod cli;
pub mod debrief;
pub mod diag;
pub mod mcp;
pub mod scenario;
pub mod session;
pub mod sim;
pub mod tools;
pub mod tui;
