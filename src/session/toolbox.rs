//! The session's way to the tools above it: what a call costs and what it showed. Implemented by the tool layer.

use super::entry::Call;
pub use super::quota::Refused;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::Command;
use crate::sim::time::Span;

/// The answer of a tool that looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What the shell prints on standard output.
    pub text: String,
    /// What the shell prints on standard error.
    pub error: String,
    /// Exit code.
    pub code: i32,
    /// The same answer as data.
    pub data: serde_json::Value,
    /// What it showed.
    pub shown: Vec<Shown>,
    /// The tool call that this is the answer of, where a program passes on a tool's: journals name the tool.
    pub asked: Option<Call>,
}

impl Answer {
    /// A failure with its text and exit code.
    pub fn failed(error: impl Into<String>, code: i32) -> Self {
        Self {
            error: error.into(),
            code,
            ..Self::default()
        }
    }
}

/// Tools that look, as the session and a replay need them.
pub trait Toolbox: Send + Sync {
    /// The simulated time that a call takes.
    fn cost(&self, world: &World, call: &Call) -> Span;

    /// What a call answers in a world. Pure: asking changes nothing.
    fn answer(&self, world: &World, call: &Call) -> Answer;

    /// The system that a use is of, by the name that scenarios limit it by; none for what is nobody's.
    fn system(&self, used: Used<'_>) -> Option<String>;

    /// What the system says to a use that is one too many.
    fn refusal(&self, used: Used<'_>, refused: Refused) -> Answer;
}

/// A use of a system.
#[derive(Clone, Copy, Debug)]
pub enum Used<'a> {
    /// It looks.
    Call(&'a Call),
    /// It acts.
    Command(&'a Command),
}
