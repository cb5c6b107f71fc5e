//! Programs of the in-game shell: a command line in, an answer or commands out. Never prints, never touches a session.

use crate::session::Answer;
use crate::sim::artifact::Shown;
use crate::sim::command::{Command, Rejection};
use crate::sim::time::{SimTime, Span};
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

    /// What goes on after a use has answered, such as `-f` and `-w`; `None` for uses that end at once. Asked in the world
    /// in which it answered; for a use that changes the world, in that before the change.
    fn follow(
        &self,
        world: &World,
        place: &Place,
        argv: &[String],
        stdin: &str,
    ) -> Option<Box<dyn Following>> {
        let _ = (world, place, argv, stdin);
        None
    }

    /// The text that a use wants edited; what comes back is piped into the same use. `None` for uses that want none.
    fn editor(&self, world: &World, place: &Place, argv: &[String]) -> Option<String> {
        let _ = (world, place, argv);
        None
    }

    /// What a use that goes on has shown between an instant and now: what the journal counts as seen.
    fn followed(
        &self,
        world: &World,
        place: &Place,
        argv: &[String],
        since: SimTime,
    ) -> Vec<Shown> {
        let _ = since;
        match self.run(world, place, argv, "") {
            Run::Answer(answer) => answer.shown,
            Run::Act(_) => Vec::new(),
        }
    }

    /// Uses with what they print, on the small scenario of the tests; see `tests/it/examples.rs`.
    fn examples(&self) -> Vec<Example>;
}

/// A use that goes on: asked again as time passes.
pub trait Following: Send {
    /// What came up to now.
    fn step(&mut self, world: &World) -> Step;
}

/// What a use that goes on printed since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To standard output.
    pub text: String,
    /// To standard error.
    pub error: String,
    /// Its exit code, once it is done.
    pub done: Option<i32>,
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
#[expect(
    clippy::large_enum_variant,
    reason = "one value lives at a time, and is taken apart at once"
)]
pub enum Run {
    /// To answer.
    Answer(Answer),
    /// To change the world, then to answer.
    Act(Act),
}

/// Words what came of commands: the world after them, and what each of them led to.
pub type Wording = Box<dyn FnOnce(&World, &[Result<WorldOutcome, Rejection>]) -> Answer + Send>;

/// A wish to change the world.
pub struct Act {
    /// Commands, done in order; the first rejection stops the rest.
    pub commands: Vec<Command>,
    /// Words what came of them.
    pub answer: Wording,
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
