//! Programs of the in-game shell: a command line in, an answer or commands out. Never prints, never touches a session.

use crate::session::Answer;
use crate::sim::command::{Command, Rejection};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};

use super::family::Family;

/// Where a command line is run.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Folder: the repository's name, then the path in it; empty for the folder that holds the repositories.
    pub cwd: String,
}

/// A program of the in-game shell.
pub trait Program: Send + Sync {
    /// The word it is called by.
    fn name(&self) -> &'static str;

    /// The family it belongs to.
    fn family(&self) -> Family;

    /// One sentence: what it is for.
    fn about(&self) -> &'static str;

    /// Simulated time that a use takes.
    fn cost(&self, argv: &[String]) -> Span {
        let _ = argv;
        Span::from_secs(2)
    }

    /// Runs it. `argv` holds the arguments without the program's own name. Pure: what it wants to change it answers as
    /// commands.
    fn run(&self, world: &World, place: &Place, argv: &[String], stdin: &str) -> Run;

    /// Uses with what they print, on the small scenario of the tests; see `tests/it/examples.rs`.
    fn examples(&self) -> Vec<Example>;
}

/// A use of a program and what it prints.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The command line.
    pub line: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Exactly what it prints on the small scenario at its page; standard error follows standard output.
    pub prints: &'static str,
}

/// What a run of a program wants.
pub enum Run {
    /// To answer.
    Answer(Answer),
    /// To change the world, then to answer.
    Act(Act),
}

/// A wish to change the world.
pub struct Act {
    /// Commands, done in order; the first rejection stops the rest.
    pub commands: Vec<Command>,
    /// Words what came of them.
    pub answer: Box<dyn FnOnce(&World, &[Result<WorldOutcome, Rejection>]) -> Answer + Send>,
}

impl Run {
    /// An answer of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Answer(Answer {
            text: text.into(),
            ..Answer::default()
        })
    }

    /// A failure.
    pub fn failed(error: impl Into<String>, code: i32) -> Self {
        Self::Answer(Answer::failed(error, code))
    }
}
