//! The on-call workstation's own programs, and those whose home is elsewhere. Never a command without an answer.

pub mod basics;
pub mod elsewhere;
pub mod network;
pub mod people;

use super::family::Family;
use super::program::{Example, Place, Program, Run};
use crate::sim::World;
use crate::sim::time::Span;

/// A program that is one function.
pub struct Small {
    /// The word it is called by.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// Simulated seconds that a use takes.
    pub seconds: i64,
    /// What it does.
    pub run: fn(&World, &[String]) -> Run,
    /// Uses with what they print.
    pub examples: &'static [Example],
}

impl Program for Small {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::Host
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(self.seconds)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        (self.run)(world, argv)
    }

    fn examples(&self) -> Vec<Example> {
        self.examples.to_vec()
    }
}

/// All programs of this family.
pub fn programs() -> Vec<Box<dyn Program>> {
    let all = basics::PROGRAMS
        .into_iter()
        .chain(elsewhere::PROGRAMS)
        .chain(network::PROGRAMS);
    let all = all.chain(people::PROGRAMS);
    all.map(|program| Box::new(program) as Box<dyn Program>)
        .collect()
}
