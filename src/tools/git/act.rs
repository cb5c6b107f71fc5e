//! Acts in a clone. Each is tried on a copy, which gives the text that git prints and shows whether it is refused; the
//! commands themselves go to the caller.

use std::sync::Arc;

use super::error::GitError;
use super::record::FileSummary;
use super::stat::{Summary, modes, totals};
use super::status::{StatusOutput, state};
use super::{Context, GitOutcome, Mount, PlannedCommand};
use crate::sim::git::command::{CommandError, apply};
use crate::sim::git::file_diff::{DiffOptions, FileDiff, tree_diff};
use crate::sim::git::revision::CloneView;
use crate::sim::git::worktree::Head;
use crate::sim::git::{Commit, CommitIndex, RepoCommand, RepoEvent, Repository, Tree, Worktree};

mod record;
mod replay;
mod restore;
mod share;
mod stash;

pub(super) use record::{add, commit, remove};
pub(super) use replay::{cherry_pick, revert};
pub(super) use restore::{checkout, reset, restore, switch};
pub(super) use share::{fetch, merge, pull, push};
pub(super) use stash::stash;

/// Commands tried one after another on a copy of the clone.
pub(super) struct Plan<'a> {
    context: &'a Context<'a>,
    repository: Repository,
    worktree: Worktree,
    outcome: GitOutcome,
}

impl<'a> Plan<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            repository: context.mount.repository.clone(),
            worktree: context.mount.worktree.clone(),
            outcome: GitOutcome::default(),
        }
    }

    /// Tries a command; if it is not refused, it is planned.
    pub(super) fn attempt(&mut self, command: RepoCommand) -> Result<RepoEvent, CommandError> {
        let context = self.context;
        let event = apply(
            &mut self.repository,
            &mut self.worktree,
            &command,
            context.user,
            context.now,
        )?;
        self.outcome.commands.push(PlannedCommand {
            repository: context.mount.repository.name().to_owned(),
            command,
        });
        Ok(event)
    }

    /// As [`Plan::attempt`], with the refusal in git's words.
    pub(super) fn run(&mut self, command: RepoCommand) -> Result<RepoEvent, GitError> {
        self.attempt(command).map_err(|error| refusal(&error))
    }

    pub(super) fn say(&mut self, text: &str) {
        self.outcome.stdout.push_str(text);
    }

    fn complain(&mut self, text: &str) {
        self.outcome.stderr.push_str(text);
    }

    pub(super) fn finish(self) -> GitOutcome {
        self.outcome
    }

    /// The clone as it is after the commands so far.
    fn with_state<T>(&self, look: impl FnOnce(&Context<'_>) -> T) -> T {
        let context = self.context;
        look(&Context {
            mount: Mount {
                repository: &self.repository,
                worktree: &self.worktree,
                ..context.mount
            },
            clone: CloneView {
                repository: &self.repository,
                worktree: &self.worktree,
            },
            user: context.user,
            prefix: context.prefix.clone(),
            now: context.now,
            terminal_columns: context.terminal_columns,
        })
    }

    fn status_text(&self) -> String {
        self.with_state(|context| {
            let status: StatusOutput = state(context);
            status.long(context)
        })
    }

    fn commit_at(&self, index: CommitIndex) -> Option<Arc<Commit>> {
        self.repository.commit(index).cloned()
    }

    fn tree(&self, index: CommitIndex) -> Tree {
        self.repository.tree(index).cloned().unwrap_or_default()
    }

    /// `[main 9e4146a] Title`, the totals, the files made and removed.
    fn commit_summary(&self, index: CommitIndex, with_date: bool) -> String {
        let Some(commit) = self.commit_at(index) else {
            return String::new();
        };
        let place = match self.worktree.head() {
            Head::Branch(name) => name.to_string(),
            Head::Detached(_) => "detached HEAD".to_owned(),
        };
        let date = if with_date {
            format!(
                " Date: {}\n",
                commit.authored_at.format("%a %b %-d %H:%M:%S %Y +0000")
            )
        } else {
            String::new()
        };
        let files = changes(&self.repository.tree_before(index), &commit.tree);
        let counts = if files.is_empty() {
            String::new()
        } else {
            totals(&files) + &modes(&files)
        };
        format!(
            "[{place} {}] {}\n{date}{counts}",
            self.repository.short_id(index),
            commit.subject()
        )
    }

    /// `--stat --summary` of what a merge or pull brought.
    fn stat(&self, from: CommitIndex, to: CommitIndex) -> String {
        let files = changes(&self.tree(from), &self.tree(to));
        Summary::Stat.render(&files, self.context.stat_width()) + &modes(&files)
    }
}

fn changes(old: &Tree, new: &Tree) -> Vec<FileSummary> {
    differences(old, new).iter().map(FileSummary::of).collect()
}

/// The differences that a diff of two trees shows, for acts that list them.
fn differences(old: &Tree, new: &Tree) -> Vec<FileDiff> {
    tree_diff(old, new, DiffOptions::default(), &|_| true)
}

/// A refusal in git's words, where the command has none of its own.
pub(super) fn refusal(error: &CommandError) -> GitError {
    match error {
        CommandError::NoSuchPath(path) => GitError::error(&format!(
            "pathspec '{path}' did not match any file(s) known to git"
        )),
        CommandError::NoSuchBranch(name) => GitError::error(&format!("branch '{name}' not found")),
        CommandError::BranchExists(name) => {
            GitError::fatal(&format!("a branch named '{name}' already exists"))
        }
        CommandError::BranchNotMerged(name) => GitError::error(&format!(
            "the branch '{name}' is not fully merged\nhint: If you are sure you want to delete it, run 'git branch -D {name}'"
        )),
        CommandError::Repository(crate::sim::git::RepositoryError::BadRefName { name }) => {
            GitError::fatal(&format!(
                "'{name}' is not a valid branch name\nhint: See `man git check-ref-format`\n\
             hint: Disable this message with \"git config advice.refSyntax false\""
            ))
        }
        CommandError::WouldOverwrite(paths) | CommandError::Staged(paths) => {
            overwrite(paths, "merge", "merge")
        }
        CommandError::NoBranch => GitError::fatal("You are not currently on a branch."),
        CommandError::NothingToCommit => GitError::silent(),
        other => GitError::fatal(&other.to_string()),
    }
}

/// `error: Your local changes to the following files would be overwritten`
fn overwrite(paths: &[String], by: &str, before: &str) -> GitError {
    let files: String = paths.iter().map(|path| format!("\t{path}\n")).collect();
    GitError::error(&format!(
        "Your local changes to the following files would be overwritten by {by}:\n{files}\
         Please commit your changes or stash them before you {before}.\nAborting"
    ))
}
