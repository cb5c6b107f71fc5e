//! The in-game shell of a drill: lines in, what they printed out; jobs that go on; where the shell stands.

use std::sync::Arc;

use super::Workbench;
use super::host::{Live, Peek};
use super::language::parse;
use super::language::tree::List;
use super::machine::{Machine, Printed, Stop};
use super::state::State;
use super::stream::{Job, PANE};
use crate::session::journal::Door;
use crate::session::{Answer, Look, SessionError};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::{Command, Rejection};
use crate::sim::git::command::RepoCommand;
use crate::tools::program::Place;
use crate::tools::registry::Registry;

/// What a command line gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellRun {
    /// Printed lines and whether they went to standard error.
    pub lines: Vec<(String, bool)>,
    /// What comes after.
    pub then: Then,
    /// The artifact that a pin of it keeps.
    pub artifact: Option<String>,
    /// The lines take the place of those printed before.
    pub replaces: bool,
}

/// What follows the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The command ended, with an exit code.
    Done(i32),
    /// It goes on: ask [`Workbench::shell_poll`] for more.
    Running(u64),
    /// A file is to be edited; hand the text back with [`Workbench::save_file`].
    Edit {
        /// Repository and path.
        path: String,
        /// Its text now.
        text: String,
    },
    /// The screen is to be cleared.
    Clear,
}

impl Default for Then {
    fn default() -> Self {
        Self::Done(0)
    }
}

/// Where in a line to begin, and how.
struct Part<'a> {
    list: &'a List,
    from: usize,
    door: Door,
    may_go_on: bool,
}

impl Workbench {
    /// Where the shell stands, as its prompt shows it.
    pub fn prompt(&self) -> String {
        let cluster = &self.world().plan().pack.estate.cluster;
        let cwd = &self.shell.place.cwd;
        let cwd = if cwd.is_empty() { "~" } else { cwd.as_str() };
        format!("oncall@{cluster}:{cwd}$ ")
    }

    /// Runs one command line to its end. What would go on for ever is stopped after a while of simulated time.
    pub fn shell(&mut self, door: Door, line: &str) -> ShellRun {
        self.run_line(door, line, false)
    }

    /// Runs one command line; what goes on is a job to be polled. For a door whose clock runs by itself.
    pub fn shell_live(&mut self, door: Door, line: &str) -> ShellRun {
        self.run_line(door, line, true)
    }

    fn run_line(&mut self, door: Door, line: &str, may_go_on: bool) -> ShellRun {
        self.end_job(door);
        let recalled = match self.shell.recall(line) {
            Ok(recalled) => recalled,
            Err(error) => return refused(&error, 1),
        };
        self.shell.remember(&recalled);
        let list = match parse(&recalled) {
            Ok(list) => list,
            Err(error) => {
                self.shell.status = 2;
                return refused(&error, 2);
            }
        };
        let mut printed = Printed::default();
        if recalled != line {
            printed.push(&format!("{recalled}\n"), false);
        }
        let part = Part {
            list: &list,
            from: 0,
            door,
            may_go_on,
        };
        self.run_from(&part, printed)
    }

    /// Runs a line from one of its entries on.
    fn run_from(&mut self, part: &Part<'_>, before: Printed) -> ShellRun {
        let mut host = Live {
            session: &mut self.session,
            registry: Arc::clone(&self.registry),
            door: part.door,
        };
        let mut machine = Machine::new(&mut host, &mut self.shell, part.may_go_on);
        machine.printed = before;
        let rest: List = part.list.get(part.from..).unwrap_or(&[]).to_vec();
        let result = machine.list(&rest, "");
        let printed = std::mem::take(&mut machine.printed);
        let artifact = machine.shown.first().map(Shown::id);
        let (cleared, edit) = (machine.cleared, machine.edit.take());
        let pending = machine
            .pending
            .take()
            .map(|going| (going, machine.stopped_at));
        let code = match result {
            Ok(code) | Err(Stop::Exit(code)) => code,
            Err(Stop::Break | Stop::Continue) => 0,
        };
        self.shell.status = code;
        let then = match (pending, edit) {
            (Some((pending, at)), _) => {
                self.jobs += 1;
                let now = self.session.world().now();
                let line = (part.list.clone(), part.from + at);
                let job = Job::new(self.jobs, pending, line, now);
                if let Some(look) = job.look(&self.shell.place) {
                    // A journal that cannot take it is said by the next command.
                    let _ = self.session.look(part.door, look);
                }
                let id = job.id;
                self.job = Some(job);
                Then::Running(id)
            }
            (None, Some((path, text))) => Then::Edit { path, text },
            (None, None) if cleared => Then::Clear,
            (None, None) => Then::Done(code),
        };
        ShellRun {
            lines: lines(printed),
            then,
            artifact,
            replaces: false,
        }
    }

    /// What a job printed since it was last asked. A job that is done lets the rest of its line run.
    pub fn shell_poll(&mut self, door: Door, id: u64) -> ShellRun {
        let Some(mut job) = self.job.take_if(|job| job.id == id) else {
            return ShellRun::default();
        };
        let polled = job.poll(self.session.world(), &self.registry, &self.shell);
        let Some(code) = polled.done else {
            let id = job.id;
            self.job = Some(job);
            return ShellRun {
                lines: lines(polled.printed),
                then: Then::Running(id),
                artifact: None,
                replaces: polled.replaces,
            };
        };
        self.look_away(door);
        let mut printed = polled.printed;
        let mut code = code;
        if !job.pending.stages.is_empty() {
            let (rest, last) = self.finish_pipe(door, &job);
            printed.push(&rest, false);
            code = last;
        }
        if job.pending.negated {
            code = i32::from(code == 0);
        }
        self.shell.status = code;
        let (list, at) = &job.line;
        let part = Part {
            list,
            from: at + 1,
            door,
            may_go_on: true,
        };
        if at + 1 >= list.len() {
            return ShellRun {
                lines: lines(printed),
                then: Then::Done(code),
                ..ShellRun::default()
            };
        }
        self.run_from(&part, printed)
    }

    /// Runs the commands behind a stream that has ended, on all that it printed; what they print beyond what they had.
    fn finish_pipe(&mut self, door: Door, job: &Job) -> (String, i32) {
        let mut host = Live {
            session: &mut self.session,
            registry: Arc::clone(&self.registry),
            door,
        };
        let mut machine = Machine::new(&mut host, &mut self.shell, false);
        let result = machine.stages(&job.pending.stages, job.collected(), false);
        let text = machine.printed.text();
        let new = text.strip_prefix(job.sent()).unwrap_or("").to_owned();
        let code = match result {
            Ok(code) | Err(Stop::Exit(code)) => code,
            Err(_) => 0,
        };
        (new, code)
    }

    /// Interrupts a job, as Ctrl-C does: the rest of its line is not run.
    pub fn shell_interrupt(&mut self, door: Door, id: u64) -> ShellRun {
        let is_it = self.job.as_ref().is_some_and(|job| job.id == id);
        if is_it {
            self.end_job(door);
            self.shell.status = 130;
        }
        ShellRun {
            lines: vec![("^C".to_owned(), false)],
            then: Then::Done(130),
            ..ShellRun::default()
        }
    }

    /// The job that goes on.
    pub fn running(&self) -> Option<u64> {
        self.job.as_ref().map(|job| job.id)
    }

    fn end_job(&mut self, door: Door) {
        self.job = None;
        self.look_away(door);
    }

    /// The shell's pane shows nothing of a stream any more.
    fn look_away(&mut self, door: Door) {
        if self.session.is_looking(PANE) {
            let look = Look {
                pane: PANE.to_owned(),
                query: None,
                first_row: None,
                height: 0,
                frozen: false,
            };
            // A journal that cannot take it is said by the next command.
            let _ = self.session.look(door, look);
        }
    }

    /// Uses one program by its words, as a line of the shell would.
    pub fn exec(&mut self, door: Door, argv: &[String], stdin: &str) -> Answer {
        let mut host = Live {
            session: &mut self.session,
            registry: Arc::clone(&self.registry),
            door,
        };
        let mut machine = Machine::new(&mut host, &mut self.shell, false);
        let code = match machine.exec(argv, stdin, false) {
            Ok(code) | Err(Stop::Exit(code)) => code,
            Err(_) => 0,
        };
        let shown = std::mem::take(&mut machine.shown);
        let (mut text, mut error) = (String::new(), String::new());
        for (piece, is_error) in std::mem::take(&mut machine.printed).pieces {
            if is_error {
                error.push_str(&piece);
            } else {
                text.push_str(&piece);
            }
        }
        Answer {
            text,
            error,
            code,
            shown,
            ..Answer::default()
        }
    }

    /// Saves a file of the trainee's clone; `path` begins with the repository's name. Of an object that `kubectl edit` asked
    /// to be edited, the path is that command.
    ///
    /// # Errors
    /// As the repository refuses it.
    pub fn save_file(&mut self, door: Door, path: &str, text: &str) -> Result<(), SessionError> {
        if let Some(words) = path.strip_prefix("kubectl ") {
            let argv: Vec<String> = std::iter::once("kubectl")
                .chain(words.split_whitespace())
                .map(str::to_owned)
                .collect();
            let answer = self.exec(door, &argv, text);
            return if answer.code == 0 {
                Ok(())
            } else {
                let said = answer.error.trim_end().to_owned();
                Err(SessionError::Rejected(Rejection::new("edit", said)))
            };
        }
        let (repo, path) = path.split_once('/').unwrap_or((path, ""));
        let command = RepoCommand::Write {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        self.session
            .command(
                door,
                Command::Repository {
                    repo: repo.to_owned(),
                    command,
                },
            )
            .map(|_| ())
    }

    /// A file of the trainee's clone; `path` begins with the repository's name.
    pub fn file(&self, path: &str) -> Option<String> {
        let (repo, path) = path.split_once('/')?;
        let worktree = self.world().worktree(repo)?;
        worktree.files().file(path).map(ToString::to_string)
    }

    /// The lines that were typed, oldest first.
    pub fn history(&self) -> &[String] {
        &self.shell.history
    }
}

/// Runs a line in a world that is only looked at, from a folder: for examples and documentation. Output, then errors.
pub fn peek(world: &World, registry: &Registry, place: &Place, line: &str) -> Answer {
    let mut state = State::new(place.cwd.clone());
    let mut host = Peek { world, registry };
    let mut machine = Machine::new(&mut host, &mut state, false);
    let code = match parse(line) {
        Ok(list) => match machine.list(&list, "") {
            Ok(code) | Err(Stop::Exit(code)) => code,
            Err(_) => 0,
        },
        Err(error) => {
            machine.printed.push(&format!("bash: {error}\n"), true);
            2
        }
    };
    let shown = std::mem::take(&mut machine.shown);
    let (mut text, mut error) = (String::new(), String::new());
    for (piece, is_error) in machine.printed.pieces {
        if is_error {
            error.push_str(&piece);
        } else {
            text.push_str(&piece);
        }
    }
    Answer {
        text,
        error,
        code,
        shown,
        ..Answer::default()
    }
}

fn refused(error: &str, code: i32) -> ShellRun {
    ShellRun {
        lines: vec![(format!("bash: {error}"), true)],
        then: Then::Done(code),
        ..ShellRun::default()
    }
}

fn lines(printed: Printed) -> Vec<(String, bool)> {
    let pieces = printed.pieces.into_iter();
    pieces
        .flat_map(|(text, is_error)| {
            text.lines()
                .map(|line| (line.to_owned(), is_error))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A path as typed, from a folder, without `.` and `..`. The trainee's home is the folder that holds the clones.
pub fn resolve(cwd: &str, path: &str) -> String {
    let start = if path.starts_with('/') || path == "~" || path.starts_with("~/") {
        ""
    } else {
        cwd
    };
    let path = path.strip_prefix('~').unwrap_or(path);
    let path = match path.strip_prefix("/home/") {
        Some(rest) => rest.split_once('/').map_or("", |(_, inside)| inside),
        None => path,
    };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_resolve_from_where_the_shell_stands() {
        assert_eq!(resolve("web/src", "../deploy/./x"), "web/deploy/x");
        assert_eq!(resolve("web", "~/other"), "other");
        assert_eq!(resolve("web", "/home/you/other/x"), "other/x");
        assert_eq!(resolve("", "../.."), "");
    }
}
