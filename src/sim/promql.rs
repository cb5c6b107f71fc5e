//! PromQL: evaluation of expressions over a source of series. Never makes samples itself.

pub mod ast;
mod diagnose;
pub mod function;
pub mod labels;
mod lex;
pub mod matcher;
pub mod memory;
pub mod numbers;
mod parse;
pub mod source;

pub use parse::{ParseError, parse};
