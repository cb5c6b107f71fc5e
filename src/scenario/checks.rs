//! Checks: what no single type can say about an estate and a scenario. Reads checked types and the places they were read
//! from; gives diagnostics. Never reads files.

pub mod nearest;
