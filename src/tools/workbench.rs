//! The trainee's place in one drill: its session, its tools, where the shell stands. What every door works through.

mod builtins;
mod complete;
mod exec;
mod expand;
mod host;
mod language;
mod machine;
mod shell;
mod state;
pub mod stream;
mod sum;
#[cfg(test)]
mod tests;
mod uses;

use std::sync::Arc;

pub use shell::{ShellRun, Then, peek, resolve};

use super::program::Place;
use super::registry::Registry;
use crate::session::ahead::CountAhead;
use crate::session::journal::Door;
use crate::session::{Answer, Call, Session, SessionError};
use crate::sim::World;
use crate::sim::WorldOutcome;
use crate::sim::command::Command;

/// A drill with its tools.
#[derive(Debug)]
pub struct Workbench {
    session: Session,
    registry: Arc<Registry>,
    shell: state::State,
    job: Option<stream::Job>,
    jobs: u64,
    /// Counts where counters stand before somebody asks.
    ahead: Option<CountAhead>,
}

impl Workbench {
    /// A place in a drill.
    pub fn new(session: Session, registry: Arc<Registry>) -> Self {
        let first = session.world().repositories().keys().next().cloned();
        Self {
            session,
            registry,
            shell: state::State::new(first.unwrap_or_default()),
            job: None,
            jobs: 0,
            ahead: None,
        }
    }

    /// The same, and what takes long to count at the first look at a counter is counted from now on, beside everything
    /// else. Not in a build that is not optimised: there it would take a minute from all that is tested.
    #[must_use]
    pub fn counting_ahead(mut self) -> Self {
        if !cfg!(debug_assertions) {
            let telemetry = self.world().signals().telemetry().snapshot();
            self.ahead = CountAhead::begin(telemetry);
        }
        self
    }

    /// The drill.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The drill, to let time pass in it and to close it.
    pub const fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The world as it is.
    pub const fn world(&self) -> &World {
        self.session.world()
    }

    /// The tools.
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Where the shell stands.
    pub const fn place(&self) -> &Place {
        &self.shell.place
    }

    /// Closes the drill and hands its session back.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Asks a tool without leaving a trace: what panes draw from.
    pub fn peek(&self, call: &Call) -> Answer {
        self.session.toolbox().answer(self.session.world(), call)
    }

    /// Uses a tool that looks: journaled, and it costs its time.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn call(&mut self, door: Door, call: Call) -> Result<Answer, SessionError> {
        self.session.call(door, call)
    }

    /// Asks the world for a change.
    ///
    /// # Errors
    /// The world's rejection, or the journal's refusal.
    pub fn command(&mut self, door: Door, command: Command) -> Result<WorldOutcome, SessionError> {
        self.session.command(door, command)
    }
}

/// A folder of the clones as `pwd` prints it.
fn shown_folder(world: &World, cwd: &str) -> String {
    let home = format!("/home/{}", world.trainee_handle());
    if cwd.is_empty() {
        home
    } else if cwd == "tmp" || cwd.starts_with("tmp/") {
        format!("/{cwd}")
    } else {
        format!("{home}/{cwd}")
    }
}
