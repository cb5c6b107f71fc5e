//! `git` as a tool: a command line in, a typed result with its text out. Looks read the shared repository through a
//! person's clone; acts are planned as [`RepoCommand`]s and carried out by the caller. Never changes anything itself.

#![expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a command line are independent of one another"
)]

use std::path::Path;

use serde::Serialize;

use crate::sim::git::revision::CloneView;
use crate::sim::git::{RepoCommand, Repository, Signature, Worktree};
use crate::sim::time::SimTime;

mod act;
mod arguments;
mod blame;
mod branch;
mod commands;
mod diff;
mod error;
mod graph;
mod log;
mod look;
mod pretty;
pub mod program;
mod record;
mod refs;
mod search;
mod shortlog;
mod show;
mod stat;
mod status;
mod target;
pub mod tools;

pub use blame::{BlameOutput, BlameRow, blame_file};
pub use branch::BranchRow;
pub use error::GitError;
pub use log::{LogOutput, recent_commits};
pub use record::{CommitRecord, FileSummary};
pub use refs::TagRow;
pub use search::GrepRow;
pub use shortlog::ShortlogRow;
pub use status::StatusOutput;

/// A clone at a folder of the simulated machine.
#[derive(Clone, Copy, Debug)]
pub struct Mount<'a> {
    /// The absolute folder, without a slash at its end.
    pub folder: &'a str,
    /// Where the repository is shared, as `git remote -v` shows it.
    pub remote_url: &'a str,
    /// The shared commits.
    pub repository: &'a Repository,
    /// The person's clone.
    pub worktree: &'a Worktree,
}

/// Everything that `git` can see.
#[derive(Clone, Debug)]
pub struct RepoView<'a> {
    /// The clones.
    pub mounts: Vec<Mount<'a>>,
    /// Whose clones they are.
    pub user: Signature,
    /// Columns of the terminal that the output goes to; `None` for a pipe. On a terminal, `git log` shows branches and tags.
    pub terminal_columns: Option<usize>,
}

/// A command for the caller to carry out, at the instant at which it was planned: the ids in the output depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedCommand {
    /// The repository.
    pub repository: String,
    /// What to do in the clone.
    pub command: RepoCommand,
}

/// Something with an identity that the output shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A commit's id and title.
    CommitTitle {
        /// Repository.
        repository: String,
        /// Full id.
        id: String,
    },
    /// A commit with its changed lines.
    Commit {
        /// Repository.
        repository: String,
        /// Full id.
        id: String,
    },
    /// Lines of a file.
    FileLines {
        /// Repository.
        repository: String,
        /// Path in it.
        path: String,
        /// First line, from 1.
        first: usize,
        /// Last line.
        last: usize,
    },
}

/// What a look found, as data.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GitResult {
    /// Commits.
    Log(LogOutput),
    /// Differences of files.
    Diff(Vec<crate::sim::git::file_diff::FileDiff>),
    /// Where each line of a file comes from.
    Blame(BlameOutput),
    /// What is edited and staged.
    Status(StatusOutput),
    /// Branches.
    Branches(Vec<BranchRow>),
    /// Tags.
    Tags(Vec<TagRow>),
    /// Commits by author.
    Shortlog(Vec<ShortlogRow>),
    /// Matching lines.
    Grep(Vec<GrepRow>),
    /// Paths, ids or other plain lines.
    Lines(Vec<String>),
    /// The text of a file.
    File(String),
}

/// What a call of `git` did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GitOutcome {
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
    /// Exit code: 0, 1 for an answer of no, 128 for a fatal error, 129 for wrong usage.
    pub code: i32,
    /// The result as data, for looks.
    pub result: Option<GitResult>,
    /// What the caller has to carry out, in order.
    pub commands: Vec<PlannedCommand>,
    /// What the output shows.
    pub shown: Vec<Shown>,
}

impl GitOutcome {
    fn text(stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            ..Self::default()
        }
    }

    fn lines(lines: Vec<String>) -> Self {
        let mut stdout = lines.join("\n");
        if !lines.is_empty() {
            stdout.push('\n');
        }
        Self {
            stdout,
            result: Some(GitResult::Lines(lines)),
            ..Self::default()
        }
    }

    fn with(mut self, result: GitResult) -> Self {
        self.result = Some(result);
        self
    }

    fn showing(mut self, shown: Vec<Shown>) -> Self {
        self.shown = shown;
        self
    }
}

impl From<GitError> for GitOutcome {
    fn from(error: GitError) -> Self {
        Self {
            stdout: error.stdout,
            stderr: error.stderr,
            code: error.code,
            ..Self::default()
        }
    }
}

/// The clone that a call works in, with what its output depends on.
#[derive(Clone, Debug)]
struct Context<'a> {
    mount: Mount<'a>,
    clone: CloneView<'a>,
    user: &'a Signature,
    /// The current folder relative to the repository; empty at its top.
    prefix: String,
    now: SimTime,
    terminal_columns: Option<usize>,
}

/// Runs a command line; `argv` starts with `git`, `cwd` is an absolute folder.
pub fn run(view: &RepoView<'_>, argv: &[String], now: SimTime, cwd: &str) -> GitOutcome {
    let mut cwd = cwd.to_owned();
    let mut rest = argv.get(1..).unwrap_or_default();
    let mut columns = view.terminal_columns;
    loop {
        match rest {
            [option, later @ ..]
                if matches!(option.as_str(), "--no-pager" | "-P" | "-p" | "--paginate") =>
            {
                if option == "--no-pager" && view.terminal_columns.is_none() {
                    columns = None;
                }
                rest = later;
            }
            [option, later @ ..]
                if option == "--no-optional-locks" || option == "--literal-pathspecs" =>
            {
                rest = later;
            }
            [option, folder, later @ ..] if option == "-C" => {
                cwd = crate::tools::code::paths::join(&cwd, folder);
                rest = later;
            }
            [option, _, later @ ..] if option == "-c" => rest = later,
            [option, ..] if matches!(option.as_str(), "--version" | "-v" | "version") => {
                return GitOutcome::text("git version 2.47.3\n");
            }
            [] | [_]
                if rest
                    .first()
                    .is_none_or(|word| matches!(word.as_str(), "help" | "--help" | "-h")) =>
            {
                let code = i32::from(rest.is_empty());
                return GitOutcome {
                    code,
                    ..GitOutcome::text(commands::overview())
                };
            }
            [option, ..] if option.starts_with('-') => {
                return GitError::usage(&format!(
                    "unknown option: {option}\n{}",
                    commands::SYNOPSIS
                ))
                .into();
            }
            _ => break,
        }
    }
    let Some((name, arguments)) = rest.split_first() else {
        return GitOutcome::text(commands::overview());
    };
    let Some(command) = commands::find(name) else {
        return commands::unknown(name).into();
    };
    let Some(mount) = view
        .mounts
        .iter()
        .find(|mount| within(&cwd, mount.folder).is_some())
    else {
        return GitError::fatal("not a git repository (or any of the parent directories): .git")
            .into();
    };
    let context = Context {
        mount: *mount,
        clone: CloneView {
            repository: mount.repository,
            worktree: mount.worktree,
        },
        user: &view.user,
        prefix: within(&cwd, mount.folder).unwrap_or_default(),
        now,
        terminal_columns: columns,
    };
    command(&context, arguments).unwrap_or_else(GitOutcome::from)
}

/// A folder relative to another that holds it.
fn within(folder: &str, root: &str) -> Option<String> {
    let rest = Path::new(folder).strip_prefix(root).ok()?;
    Some(rest.to_str()?.to_owned())
}

#[cfg(test)]
mod tests;
