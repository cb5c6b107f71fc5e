//! Command lines of the in-game shell: words, pipes and conditions to uses of programs, each journaled as itself.

use crate::session::journal::Door;
use crate::session::{Answer, SessionError};
use crate::sim::command::Command;
use crate::sim::git::command::RepoCommand;
use crate::tools::program::Run;
use crate::tools::registry::program_call;

use super::Workbench;

/// What a command line gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellRun {
    /// Printed lines and whether they went to standard error.
    pub lines: Vec<(String, bool)>,
    /// What comes after.
    pub then: Then,
    /// The artifact that a pin of it keeps.
    pub artifact: Option<String>,
}

/// What follows the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The command ended, with an exit code.
    Done(i32),
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

impl Workbench {
    /// Where the shell stands, as its prompt shows it.
    pub fn prompt(&self) -> String {
        let cluster = &self.world().plan().pack.estate.cluster;
        let cwd = if self.place.cwd.is_empty() {
            "~"
        } else {
            self.place.cwd.as_str()
        };
        format!("oncall@{cluster}:{cwd}$ ")
    }

    /// Runs one command line.
    pub fn shell(&mut self, door: Door, line: &str) -> ShellRun {
        let mut stages: Vec<Vec<String>> = match words(line) {
            Ok(stages) => stages,
            Err(error) => return printed(Answer::failed(format!("bash: {error}\n"), 2)),
        };
        let first = stages.remove(0);
        let mut answer = match first.first().map(String::as_str) {
            None => Answer::default(),
            Some("clear") => {
                return ShellRun {
                    then: Then::Clear,
                    ..ShellRun::default()
                };
            }
            Some("cd") => self.change_folder(first.get(1).map_or("", String::as_str)),
            Some("edit" | "vi" | "vim" | "nano") => {
                return self.edit(first.get(1).map_or("", String::as_str));
            }
            Some(_) => self.exec(door, &first, ""),
        };
        for stage in stages {
            let next = self.filter(&stage, &answer.text);
            answer = Answer {
                error: format!("{}{}", answer.error, next.error),
                shown: answer.shown,
                ..next
            };
        }
        printed(answer)
    }

    /// A program that only sees what is piped into it: it costs nothing and leaves no trace of its own.
    fn filter(&self, argv: &[String], stdin: &str) -> Answer {
        let Some((name, args)) = argv.split_first() else {
            return Answer::default();
        };
        if let Some(text) = super::filters::run(name, args, stdin) {
            return Answer {
                text,
                ..Answer::default()
            };
        }
        match self
            .registry
            .program(name)
            .map(|program| program.run(self.session.world(), &self.place, args, stdin))
        {
            Some(Run::Answer(answer)) => answer,
            Some(Run::Act(_)) => {
                Answer::failed(format!("{name}: cannot stand behind a pipe here\n"), 1)
            }
            None => Answer::failed(unknown(name, &self.registry), 127),
        }
    }

    fn edit(&self, path: &str) -> ShellRun {
        let path = resolve(&self.place.cwd, path);
        match self.file(&path) {
            Some(text) => ShellRun {
                then: Then::Edit { path, text },
                ..ShellRun::default()
            },
            None => printed(Answer::failed(
                format!("edit: {path}: No such file in the checkout\n"),
                1,
            )),
        }
    }

    /// What could stand at a place of a command line: where the word begins, and candidates with what they are.
    pub fn complete(&self, line: &str, cursor: usize) -> (usize, Vec<(String, String)>) {
        let before = line.get(..cursor).unwrap_or(line);
        let from = before.rfind(' ').map_or(0, |space| space + 1);
        let word = before.get(from..).unwrap_or("");
        if from == 0 {
            let programs = self
                .registry
                .programs()
                .filter(|program| program.name().starts_with(word));
            return (
                from,
                programs
                    .map(|program| (format!("{} ", program.name()), program.about().to_owned()))
                    .collect(),
            );
        }
        let estate = self
            .world()
            .plan()
            .services
            .iter()
            .map(|service| (service.name.clone(), "service"));
        let namespaces = self
            .world()
            .plan()
            .pack
            .estate
            .namespaces
            .keys()
            .map(|name| (name.clone(), "namespace"));
        let pods = self
            .world()
            .cluster()
            .pods()
            .keys()
            .map(|key| (key.name.to_string(), "pod"));
        let items = estate
            .chain(namespaces)
            .chain(pods)
            .filter(|(name, _)| !word.is_empty() && name.starts_with(word));
        (
            from,
            items
                .take(40)
                .map(|(name, about)| (format!("{name} "), about.to_owned()))
                .collect(),
        )
    }

    /// Uses one program: looks are journaled as calls, changes as commands.
    pub fn exec(&mut self, door: Door, argv: &[String], stdin: &str) -> Answer {
        let Some((name, args)) = argv.split_first() else {
            return Answer::default();
        };
        let Some(program) = self.registry.program(name) else {
            return Answer::failed(unknown(name, &self.registry), 127);
        };
        let call = program_call(program.name(), &self.place, args, stdin);
        match program.run(self.session.world(), &self.place, args, stdin) {
            Run::Answer(answer) => self.look(door, answer.asked.unwrap_or(call)),
            Run::Act(_) => {
                self.session.spend(program.cost(args));
                let registry = std::sync::Arc::clone(&self.registry);
                let run = registry
                    .program(name)
                    .map(|program| program.run(self.session.world(), &self.place, args, stdin));
                self.finish(door, run)
            }
        }
    }

    /// Saves a file of the trainee's clone; `path` begins with the repository's name.
    ///
    /// # Errors
    /// As the repository refuses it.
    pub fn save_file(&mut self, door: Door, path: &str, text: &str) -> Result<(), SessionError> {
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

    pub(super) fn change_folder(&mut self, to: &str) -> Answer {
        let target = resolve(&self.place.cwd, to);
        if target.is_empty() || self.is_folder(&target) {
            self.place.cwd = target;
            return Answer::default();
        }
        let problem = if self.file(&target).is_some() {
            "Not a directory"
        } else {
            "No such file or directory"
        };
        Answer::failed(format!("bash: cd: {to}: {problem}\n"), 1)
    }

    fn is_folder(&self, path: &str) -> bool {
        let (repo, inside) = path.split_once('/').unwrap_or((path, ""));
        self.world()
            .worktree(repo)
            .is_some_and(|worktree| inside.is_empty() || worktree.files().list(inside).is_some())
    }
}

fn printed(answer: Answer) -> ShellRun {
    let out = answer.text.lines().map(|line| (line.to_owned(), false));
    let err = answer.error.lines().map(|line| (line.to_owned(), true));
    ShellRun {
        lines: out.chain(err).collect(),
        then: Then::Done(answer.code),
        artifact: answer.shown.first().map(crate::sim::artifact::Shown::id),
    }
}

fn unknown(name: &str, registry: &crate::tools::Registry) -> String {
    let near = registry
        .programs()
        .map(|program| {
            (
                strsim::damerau_levenshtein(program.name(), name),
                program.name(),
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let hint = near.map_or_else(
        || "`help` lists what this workstation has.".to_owned(),
        |(_, near)| format!("Did you mean `{near}`? `help` lists what this workstation has."),
    );
    format!("bash: {name}: command not found on the on-call workstation. {hint}\n")
}

/// The longest command line.
const LONGEST_LINE: usize = 16 * 1024;

/// The words of each program of a pipeline: quotes taken off, `2>&1` and redirections to nowhere left out.
fn words(line: &str) -> Result<Vec<Vec<String>>, String> {
    if line.len() > LONGEST_LINE {
        return Err("the line is too long".to_owned());
    }
    let (mut stages, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut quote = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('"'), '\\') | (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '|') => {
                words.extend(word.take());
                stages.push(std::mem::take(&mut words));
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    if let Some(open) = quote {
        return Err(format!(
            "unexpected EOF while looking for matching `{open}'"
        ));
    }
    words.extend(word);
    stages.push(words);
    for stage in &mut stages {
        stage.retain(|word| !matches!(word.as_str(), "2>&1" | "2>/dev/null" | ">/dev/null"));
    }
    if stages.len() > 1 && stages.iter().any(Vec::is_empty) {
        return Err("syntax error near unexpected token `|'".to_owned());
    }
    Ok(stages)
}

/// A path as typed, from a folder, without `.` and `..`.
pub fn resolve(cwd: &str, path: &str) -> String {
    let start = if path.starts_with('/') || path.starts_with('~') {
        ""
    } else {
        cwd
    };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.trim_start_matches('~').split('/') {
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
    use super::{resolve, words};

    #[test]
    fn words_pipes_and_quotes() {
        let stages = words(r#"kubectl get pods -l 'a in (b, c)' 2>&1 | grep "x y" # z"#).unwrap();
        assert_eq!(stages[0], ["kubectl", "get", "pods", "-l", "a in (b, c)"]);
        assert_eq!(stages[1], ["grep", "x y"]);
        assert!(words("echo 'x").is_err());
        assert!(words("a | | b").is_err());
    }

    #[test]
    fn paths_resolve_from_where_the_shell_stands() {
        assert_eq!(resolve("web/src", "../deploy/./x"), "web/deploy/x");
        assert_eq!(resolve("web", "~/other"), "other");
        assert_eq!(resolve("", "../.."), "");
    }
}
