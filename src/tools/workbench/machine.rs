//! Runs a parsed line: pipelines, conditions, loops, redirections. Programs are run by a host, which journals them or not.
//! Bounded in commands, depth and output; never knows a pane or a protocol.

use super::host::Host;
use super::language::parse;
use super::language::tree::{Change, Command, Connector, Kind, List, Pipeline, Redirect, Word};
use super::state::State;
use crate::sim::artifact::Shown;
use crate::sim::time::Span;
use crate::tools::code;
use crate::tools::code::text::Files;
use crate::tools::program::Following;

/// Commands that one line runs at most.
const MOST_COMMANDS: usize = 2_000;
/// The most bytes that one line prints.
pub const MOST_PRINTED: usize = 2 << 20;
/// How deep blocks, substitutions and aliases go.
const DEEPEST: usize = 40;

/// Why a line stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `exit`, or an error that ends the line.
    Exit(i32),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// What was printed, in order, and whether it went to standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The pieces.
    pub pieces: Vec<(String, bool)>,
    size: usize,
}

impl Printed {
    /// Prints to standard output or error.
    pub fn push(&mut self, text: &str, is_error: bool) {
        if text.is_empty() || self.size > MOST_PRINTED {
            return;
        }
        self.size += text.len();
        match self.pieces.last_mut() {
            Some((last, known)) if *known == is_error => last.push_str(text),
            _ => self.pieces.push((text.to_owned(), is_error)),
        }
    }

    /// What went to standard output.
    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .filter(|(_, is_error)| !is_error)
            .map(|(text, _)| text.as_str())
            .collect()
    }

    fn append(&mut self, other: Self) {
        for (text, is_error) in other.pieces {
            self.push(&text, is_error);
        }
    }

    fn errors_only(&self, out: &mut Self) {
        for (text, is_error) in &self.pieces {
            if *is_error {
                out.push(text, true);
            }
        }
    }
}

/// What goes on after a line's answer.
pub enum Going {
    /// A program that goes on.
    Program {
        /// What is asked again.
        following: Box<dyn Following>,
        /// Its words, with its name.
        argv: Vec<String>,
    },
    /// `watch`: a line that is run again and again.
    Watch {
        /// The line.
        line: String,
        /// How often, in simulated time.
        every: Span,
        /// Without the line about what is watched.
        plain: bool,
    },
    /// `sleep`.
    Sleep(Span),
}

/// A pipeline whose first command goes on.
pub struct Pending {
    /// What goes on.
    pub going: Going,
    /// What its first command has printed into the pipe.
    pub printed: String,
    /// The commands behind it.
    pub stages: Vec<(Command, bool)>,
    /// `!` before it.
    pub negated: bool,
}

/// Runs lines.
pub struct Machine<'a> {
    pub(super) host: &'a mut dyn Host,
    pub(super) state: &'a mut State,
    /// What the whole line printed.
    pub printed: Printed,
    /// What was shown.
    pub shown: Vec<Shown>,
    /// What goes on.
    pub pending: Option<Pending>,
    /// The place in the line of what goes on.
    pub stopped_at: usize,
    /// The screen is to be cleared.
    pub cleared: bool,
    /// A file to edit: its path and text.
    pub edit: Option<(String, String)>,
    may_go_on: bool,
    commands: usize,
    depth: usize,
    pub(super) waited: Span,
}

type Flow = Result<i32, Stop>;

impl<'a> Machine<'a> {
    /// A machine over a host and a shell's state. With `may_go_on`, what goes on is handed out instead of waited for.
    pub fn new(host: &'a mut dyn Host, state: &'a mut State, may_go_on: bool) -> Self {
        Self {
            host,
            state,
            printed: Printed::default(),
            shown: Vec::new(),
            pending: None,
            stopped_at: 0,
            cleared: false,
            edit: None,
            may_go_on,
            commands: 0,
            depth: 0,
            waited: Span::ZERO,
        }
    }

    /// Says something on standard error and ends the line with 1.
    pub(super) fn fail<T>(&mut self, words: &str) -> Result<T, Stop> {
        self.printed.push(&format!("{words}\n"), true);
        Err(Stop::Exit(1))
    }

    pub(super) fn files(&self) -> Files<'_> {
        Files {
            world: self.host.world(),
            cwd: &self.state.place.cwd,
            scratch: &self.state.scratch,
        }
    }

    pub(super) fn home(&self) -> String {
        format!("/home/{}", self.host.world().trainee_handle())
    }

    /// A variable's value.
    pub(super) fn lookup(&self, name: &str) -> Option<String> {
        if let Some((value, _)) = self.state.variables.get(name) {
            return Some(value.clone());
        }
        let world = self.host.world();
        Some(match name {
            "?" => self.state.status.to_string(),
            "#" => "0".to_owned(),
            "$" => "4711".to_owned(),
            "0" | "BASH" => "bash".to_owned(),
            "HOME" => self.home(),
            "PWD" => super::shown_folder(world, &self.state.place.cwd),
            "OLDPWD" => super::shown_folder(world, &self.state.before),
            "USER" | "LOGNAME" => world.trainee_handle().to_owned(),
            "HOSTNAME" => format!("oncall.{}", world.plan().pack.estate.domain),
            "SHELL" => "/bin/bash".to_owned(),
            "TZ" => "UTC".to_owned(),
            "SECONDS" => (world.now() - world.plan().page).secs().to_string(),
            "KUBECONFIG" => format!("{}/.kube/config", self.home()),
            _ => return None,
        })
    }

    /// Runs a whole line: its entries in order, each on its condition.
    ///
    /// # Errors
    /// Where the line stops.
    pub fn list(&mut self, list: &List, stdin: &str) -> Flow {
        let nested = self.depth > 0;
        for (index, (connector, pipeline)) in list.iter().enumerate() {
            let runs = match connector {
                Connector::Always => true,
                Connector::And => self.state.status == 0,
                Connector::Or => self.state.status != 0,
            };
            if !runs {
                continue;
            }
            let code = self.pipeline(pipeline, stdin)?;
            self.state.status = code;
            if self.pending.is_some() && !nested {
                // The caller goes on with the rest of the line when this is done.
                self.stopped_at = index;
                return Ok(code);
            }
        }
        Ok(self.state.status)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &str) -> Flow {
        let began = self.host.world().now();
        let may_go_on = self.may_go_on && self.depth == 0;
        let code = self.stages(&pipeline.stages, stdin, may_go_on)?;
        if let Some(pending) = &mut self.pending {
            pending.negated = pipeline.negated;
        }
        if pipeline.timed {
            let took = self.host.world().now() - began;
            let (minutes, seconds) = (took.secs() / 60, took.secs() % 60);
            self.printed.push(
                &format!("\nreal\t{minutes}m{seconds}.000s\nuser\t0m0.004s\nsys\t0m0.002s\n"),
                true,
            );
        }
        Ok(if pipeline.negated {
            i32::from(code == 0)
        } else {
            code
        })
    }

    /// Runs a pipeline's commands, each on what the one before it printed; the last one's output is printed.
    ///
    /// # Errors
    /// Where the line stops.
    pub fn stages(&mut self, stages: &[(Command, bool)], stdin: &str, may_go_on: bool) -> Flow {
        let mut input = stdin.to_owned();
        let mut code = 0;
        for (index, (command, both)) in stages.iter().enumerate() {
            let last = index + 1 == stages.len();
            let (out, result) =
                self.captured(|machine| machine.command(command, &input, may_go_on && index == 0));
            code = match result {
                Ok(code) => code,
                // In a pipe a command's exit is its own.
                Err(Stop::Exit(code)) if stages.len() > 1 => code,
                Err(stop) => {
                    self.printed.append(out);
                    return Err(stop);
                }
            };
            if let Some(pending) = &mut self.pending
                && index == 0
                && may_go_on
            {
                if last {
                    self.printed.append(out);
                } else {
                    out.errors_only(&mut self.printed);
                    pending.printed = out.text();
                    pending.stages = stages.get(1..).unwrap_or(&[]).to_vec();
                }
                return Ok(0);
            }
            if last {
                self.printed.append(out);
            } else if *both {
                input = out.pieces.into_iter().map(|(text, _)| text).collect();
            } else {
                out.errors_only(&mut self.printed);
                input = out.text();
            }
        }
        Ok(code)
    }

    /// Runs something with what it prints set aside.
    fn captured<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (Printed, T) {
        let outer = std::mem::take(&mut self.printed);
        let result = run(self);
        (std::mem::replace(&mut self.printed, outer), result)
    }

    pub(super) fn deeper<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        if self.depth >= DEEPEST {
            return self.fail("bash: maximum nesting level exceeded");
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// What a substitution's commands print.
    pub(super) fn output_of(&mut self, list: &List) -> String {
        let saved = self.state.place.clone();
        let (out, result) =
            self.captured(|machine| machine.deeper(|machine| machine.list(list, "")));
        self.state.place = saved;
        out.errors_only(&mut self.printed);
        match result {
            Ok(code) | Err(Stop::Exit(code)) => self.state.status = code,
            Err(_) => {}
        }
        out.text()
    }

    fn command(&mut self, command: &Command, stdin: &str, may_go_on: bool) -> Flow {
        self.commands += 1;
        if self.commands > MOST_COMMANDS {
            return self.fail("bash: stopped: the line ran more than 2000 commands");
        }
        let mut input = None;
        // Where 1 and 2 go: to the pipe, to standard error, nowhere, or to a file.
        let mut targets = [Target::Out, Target::Error];
        for redirect in &command.redirects {
            match redirect {
                Redirect::From(file) => {
                    let name = self.single(file)?;
                    match self.files().open(&name) {
                        Ok(opened) => input = Some(opened.text),
                        Err(problem) => {
                            self.printed
                                .push(&format!("bash: {name}: {problem}\n"), true);
                            return Ok(1);
                        }
                    }
                }
                Redirect::Here(word) => input = Some(format!("{}\n", self.single(word)?)),
                Redirect::Join { from, to } => {
                    let target = targets.get(usize::from(*to) - 1).cloned();
                    if let (Some(slot), Some(target)) =
                        (targets.get_mut(usize::from(*from) - 1), target)
                    {
                        *slot = target;
                    }
                }
                Redirect::To { from, file, append } => {
                    let name = self.single(file)?;
                    let target = if name == "/dev/null" {
                        Target::Nowhere
                    } else {
                        if name.is_empty() || self.files().is_folder(&name) {
                            let problem = if name.is_empty() {
                                "No such file or directory"
                            } else {
                                "Is a directory"
                            };
                            self.printed
                                .push(&format!("bash: {name}: {problem}\n"), true);
                            return Ok(1);
                        }
                        Target::File(name, *append)
                    };
                    match from {
                        0 => targets = [target.clone(), target],
                        1 => targets[0] = target,
                        _ => targets[1] = target,
                    }
                }
            }
        }
        let stdin = input.as_deref().unwrap_or(stdin);
        if targets == [Target::Out, Target::Error] {
            return self.kind(&command.kind, stdin, may_go_on);
        }
        let (out, result) = self.captured(|machine| machine.kind(&command.kind, stdin, may_go_on));
        let mut files: Vec<(String, bool, String)> = Vec::new();
        for target in &targets {
            if let Target::File(name, append) = target
                && !files.iter().any(|(known, ..)| known == name)
            {
                files.push((name.clone(), *append, String::new()));
            }
        }
        for (text, is_error) in out.pieces {
            let [output, error] = &targets;
            match if is_error { error } else { output } {
                Target::Out => self.printed.push(&text, false),
                Target::Error => self.printed.push(&text, true),
                Target::Nowhere => {}
                Target::File(name, _) => {
                    if let Some((.., content)) = files.iter_mut().find(|(known, ..)| known == name)
                    {
                        content.push_str(&text);
                    }
                }
            }
        }
        let code = result?;
        for (name, append, content) in files {
            if !self.write(&name, &content, append) {
                return Ok(1);
            }
        }
        Ok(code)
    }

    /// Writes a file of the clone or outside of it; says what is wrong, if that fails.
    pub(super) fn write(&mut self, name: &str, content: &str, append: bool) -> bool {
        let path = self.files().resolve(name);
        let before = if append {
            self.files()
                .open(name)
                .map(|opened| opened.text)
                .unwrap_or_default()
        } else {
            String::new()
        };
        let text = format!("{before}{content}");
        let in_clone = path
            .split_once('/')
            .is_some_and(|(repo, _)| self.host.world().worktree(repo).is_some());
        let result = if in_clone {
            self.host.write(&path, &text)
        } else {
            self.state.write(&path, text)
        };
        match result {
            Ok(()) => true,
            Err(problem) => {
                self.printed
                    .push(&format!("bash: {name}: {problem}\n"), true);
                false
            }
        }
    }

    fn kind(&mut self, kind: &Kind, stdin: &str, may_go_on: bool) -> Flow {
        match kind {
            Kind::Simple { assigns, words } => self.simple(assigns, words, stdin, may_go_on),
            Kind::Group { body, own } => {
                let saved = own.then(|| self.state.clone());
                let result = self.deeper(|machine| machine.list(body, stdin));
                if let Some(saved) = saved {
                    let scratch = std::mem::take(&mut self.state.scratch);
                    *self.state = State { scratch, ..saved };
                    return match result {
                        Err(Stop::Exit(code)) => Ok(code),
                        other => other,
                    };
                }
                result
            }
            Kind::For { name, words, body } => {
                let mut code = 0;
                for value in self.words(words)? {
                    self.state.set(name, value);
                    match self.deeper(|machine| machine.list(body, stdin)) {
                        Ok(done) => code = done,
                        Err(Stop::Break) => break,
                        Err(Stop::Continue) => {}
                        Err(stop) => return Err(stop),
                    }
                }
                Ok(code)
            }
            Kind::While {
                until,
                condition,
                body,
            } => self.repeat(*until, condition, body, stdin),
            Kind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    if self.deeper(|machine| machine.list(condition, stdin))? == 0 {
                        return self.deeper(|machine| machine.list(body, stdin));
                    }
                }
                self.state.status = 0;
                self.deeper(|machine| machine.list(otherwise, stdin))
            }
            Kind::Case { word, arms } => {
                let value = self.single(word)?;
                for (patterns, body) in arms {
                    for pattern in patterns {
                        let pattern = self.pattern(pattern)?;
                        if code::glob::matches(&pattern, &value) {
                            self.state.status = 0;
                            return self.deeper(|machine| machine.list(body, stdin));
                        }
                    }
                }
                Ok(0)
            }
        }
    }

    /// `while` and `until`. `read` in the condition takes lines of what is piped into the loop, one each time.
    fn repeat(&mut self, until: bool, condition: &List, body: &List, stdin: &str) -> Flow {
        let mut rest = stdin;
        let mut code = 0;
        loop {
            let input = rest;
            let holds = match super::builtins::read_of(condition) {
                Some(words) => {
                    let names = self.words(words)?;
                    match input.split_once('\n') {
                        _ if input.is_empty() => false,
                        Some((line, after)) => {
                            rest = after;
                            self.read_into(&names, line);
                            true
                        }
                        None => {
                            rest = "";
                            self.read_into(&names, input);
                            true
                        }
                    }
                }
                None => self.deeper(|machine| machine.list(condition, input))? == 0,
            };
            if holds == until {
                return Ok(code);
            }
            match self.deeper(|machine| machine.list(body, "")) {
                Ok(done) => code = done,
                Err(Stop::Break) => return Ok(code),
                Err(Stop::Continue) => {}
                Err(stop) => return Err(stop),
            }
            self.commands += 1;
            if self.commands > MOST_COMMANDS {
                return self.fail("bash: stopped: the line ran more than 2000 commands");
            }
        }
    }

    fn simple(
        &mut self,
        assigns: &[(String, Word)],
        words: &[Word],
        stdin: &str,
        may_go_on: bool,
    ) -> Flow {
        let mut values = Vec::new();
        for (name, word) in assigns {
            values.push((name.clone(), self.single(word)?));
        }
        let words = self.aliased(words)?;
        let argv = self.words(&words)?;
        if argv.is_empty() {
            for (name, value) in values {
                self.state.set(&name, value);
            }
            return Ok(if words.is_empty() && !has_output(assigns) {
                0
            } else {
                self.state.status
            });
        }
        let saved: Vec<_> = values
            .iter()
            .map(|(name, _)| (name.clone(), self.state.variables.get(name).cloned()))
            .collect();
        for (name, value) in values {
            self.state.variables.insert(name, (value, true));
        }
        let result = self.exec(&argv, stdin, may_go_on);
        for (name, value) in saved {
            match value {
                Some(value) => self.state.variables.insert(name, value),
                None => self.state.variables.remove(&name),
            };
        }
        result
    }

    /// Words with an alias in the first place replaced.
    fn aliased(&mut self, words: &[Word]) -> Result<Vec<Word>, Stop> {
        let mut words = words.to_vec();
        let mut used: Vec<String> = Vec::new();
        while let Some(name) = words.first().and_then(Word::plain).map(str::to_owned) {
            let Some(value) = self
                .state
                .aliases
                .get(&name)
                .filter(|_| !used.contains(&name))
            else {
                break;
            };
            let parsed = parse(value);
            used.push(name);
            let Ok([(_, pipeline)]) = parsed.as_deref() else {
                return self.fail("bash: an alias stands for one command here");
            };
            let Some((
                Command {
                    kind: Kind::Simple { words: start, .. },
                    ..
                },
                _,
            )) = pipeline.stages.first()
            else {
                return self.fail("bash: an alias stands for one command here");
            };
            words.splice(..1, start.iter().cloned());
        }
        Ok(words)
    }
}

fn has_output(assigns: &[(String, Word)]) -> bool {
    use super::language::tree::Part;
    let is_output = |part: &Part| {
        matches!(part, Part::Output(..))
            || matches!(
                part,
                Part::Variable {
                    change: Some((Change::Default, _)),
                    ..
                }
            )
    };
    assigns
        .iter()
        .any(|(_, word)| word.parts.iter().any(is_output))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Out,
    Error,
    Nowhere,
    File(String, bool),
}
