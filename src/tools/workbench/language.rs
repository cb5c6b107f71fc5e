//! The in-game shell's language: bash's most used part, parsed into a tree. Knows no program and runs nothing.

mod parse;
pub mod tree;

pub use parse::{is_name, parse};
