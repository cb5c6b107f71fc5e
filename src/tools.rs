//! Families of typed tools over a session: what a pane shows, a shell line prints and a program reads. Never draws.

pub mod family;
pub mod kubernetes;
pub mod program;
pub mod registry;
pub mod tool;

pub use family::Family;
pub use program::{Act, Example, Place, Program, Run};
pub use registry::Registry;
pub use tool::{AnyLook, Look, Seen, Text, ToolError, ToolExample};

/// Every tool that looks. A new tool is listed here and nowhere else.
fn all_tools() -> Vec<Box<dyn AnyLook>> {
    Vec::new()
}

/// Every program of the shell. A new program is listed here and nowhere else.
fn all_programs() -> Vec<Box<dyn Program>> {
    Vec::new()
}
