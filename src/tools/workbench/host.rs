//! Who runs programs for a shell line: the drill, where each use is journaled and costs time, or a bare world, which only looks.

use std::sync::Arc;

use crate::session::journal::Door;
use crate::session::{Answer, Call, Look, Session, SessionError};
use crate::sim::World;
use crate::sim::command::{Command, Rejection};
use crate::sim::git::command::RepoCommand;
use crate::sim::time::Span;
use crate::tools::program::{Act, Following, Place, Run};
use crate::tools::registry::{Registry, program_call};

/// What a program gave, and what goes on.
pub struct Ran {
    /// Its answer.
    pub answer: Answer,
    /// What goes on.
    pub following: Option<Box<dyn Following>>,
}

impl From<Answer> for Ran {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            following: None,
        }
    }
}

/// Runs programs.
pub trait Host {
    /// The world as it is.
    fn world(&self) -> &World;
    /// The programs.
    fn registry(&self) -> &Registry;
    /// Whether uses are journaled and time passes.
    fn is_live(&self) -> bool;
    /// Runs a program.
    fn run(&mut self, place: &Place, argv: &[String], stdin: &str) -> Ran;
    /// Notes a look that was answered already.
    ///
    /// # Errors
    /// The journal's refusal.
    fn trace(&mut self, call: Call) -> Result<(), String>;
    /// Writes a file of a clone.
    ///
    /// # Errors
    /// As the file system would word it.
    fn write(&mut self, path: &str, text: &str) -> Result<(), String>;
    /// Lets simulated time pass.
    fn wait(&mut self, span: Span);
    /// Notes what a program that went on has shown over the last while.
    fn saw(&mut self, argv: &[String], place: &Place, span: Span);
}

/// Does commands in order up to the first that is refused, and words what came of them; whether all were done.
pub fn carry_out(session: &mut Session, door: Door, act: Act) -> (Answer, bool) {
    let mut outcomes = Vec::new();
    for command in act.commands {
        let outcome = match session.command(door, command) {
            Ok(outcome) => Ok(outcome),
            Err(SessionError::Rejected(rejection)) => Err(rejection),
            Err(error) => Err(Rejection::new("journal", error.to_string())),
        };
        let stop = outcome.is_err();
        outcomes.push(outcome);
        if stop {
            break;
        }
    }
    let done = outcomes.iter().all(Result::is_ok);
    ((act.answer)(session.world(), &outcomes), done)
}

/// A drill that is being played.
pub struct Live<'a> {
    /// The drill.
    pub session: &'a mut Session,
    /// The programs.
    pub registry: Arc<Registry>,
    /// Where the line came from.
    pub door: Door,
}

impl Host for Live<'_> {
    fn world(&self) -> &World {
        self.session.world()
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn is_live(&self) -> bool {
        true
    }

    fn run(&mut self, place: &Place, argv: &[String], stdin: &str) -> Ran {
        let registry = Arc::clone(&self.registry);
        let Some((name, args)) = argv.split_first() else {
            return Answer::default().into();
        };
        let Some(program) = registry.program(name) else {
            return Answer::default().into();
        };
        match program.run(self.session.world(), place, args, stdin) {
            Run::Answer(answer) => {
                let call = program_call(program.name(), place, args, stdin);
                match self.session.call(self.door, answer.asked.unwrap_or(call)) {
                    Ok(answer) => Ran {
                        answer,
                        following: program.follow(self.session.world(), place, args, stdin),
                    },
                    Err(error) => Answer::failed(format!("{name}: {error}\n"), 1).into(),
                }
            }
            Run::Act(_) => {
                self.session.spend(program.cost(args));
                // Once more: the world has moved while it was typed.
                let following = program.follow(self.session.world(), place, args, stdin);
                match program.run(self.session.world(), place, args, stdin) {
                    Run::Answer(answer) => answer.into(),
                    Run::Act(act) => {
                        let (answer, done) = carry_out(self.session, self.door, act);
                        Ran {
                            answer,
                            following: following.filter(|_| done),
                        }
                    }
                }
            }
        }
    }

    fn trace(&mut self, call: Call) -> Result<(), String> {
        self.session
            .call(self.door, call)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    fn write(&mut self, path: &str, text: &str) -> Result<(), String> {
        let (repo, path) = path.split_once('/').unwrap_or((path, ""));
        let command = RepoCommand::Write {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        let repo = repo.to_owned();
        self.session
            .command(self.door, Command::Repository { repo, command })
            .map(drop)
            .map_err(|error| error.to_string())
    }

    fn wait(&mut self, span: Span) {
        // A drill that is over waits no more; a journal that cannot take it is said by the next command.
        let _ = self.session.wait(self.door, span);
    }

    fn saw(&mut self, argv: &[String], place: &Place, span: Span) {
        let since = self.session.world().now() - span;
        let look = super::stream::look_of(argv, place, since.millis());
        let ended = Look {
            query: None,
            ..look.clone()
        };
        let _ = self.session.look(self.door, look);
        let _ = self.session.look(self.door, ended);
    }
}

/// A world that is only looked at: nothing is journaled, nothing changes, no time passes.
pub struct Peek<'a> {
    /// The world.
    pub world: &'a World,
    /// The programs.
    pub registry: &'a Registry,
}

impl Host for Peek<'_> {
    fn world(&self) -> &World {
        self.world
    }

    fn registry(&self) -> &Registry {
        self.registry
    }

    fn is_live(&self) -> bool {
        false
    }

    fn run(&mut self, place: &Place, argv: &[String], stdin: &str) -> Ran {
        let Some((name, args)) = argv.split_first() else {
            return Answer::default().into();
        };
        match self
            .registry
            .program(name)
            .map(|program| program.run(self.world, place, args, stdin))
        {
            Some(Run::Answer(answer)) => answer.into(),
            Some(Run::Act(_)) => Answer::failed(
                format!("{name}: this would change something each time it is run here; run it by itself\n"),
                1,
            )
            .into(),
            None => Answer::default().into(),
        }
    }

    fn trace(&mut self, _: Call) -> Result<(), String> {
        Ok(())
    }

    fn write(&mut self, _: &str, _: &str) -> Result<(), String> {
        Err("Read-only file system".to_owned())
    }

    fn wait(&mut self, _: Span) {}

    fn saw(&mut self, _: &[String], _: &Place, _: Span) {}
}
