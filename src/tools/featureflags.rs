//! Feature flags: their values and the audit of who switched them. Never knows what a flag breaks.

pub mod audit;
pub mod get;
pub mod list;
pub mod program;
pub mod set;
