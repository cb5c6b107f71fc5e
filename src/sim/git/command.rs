//! What a person does in a clone: edit, stage, commit, revert, push, stash, switch. Each command either changes the clone
//! (and, for a push, the shared branches) or is refused and changes nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::commit::{CommitIndex, Signature};
use super::error::RepositoryError;
use super::merge::MergeConflict;
use super::repository::{Repository, write_checked};
use super::revision::{CloneView, RevisionError};
use super::tree::Tree;
use super::worktree::{Head, Stash, Worktree};
use crate::sim::time::SimTime;

mod branch;
mod files;
mod replay;
mod share;
mod stash;

/// A command in a clone. Paths are relative to the repository; commits are named as on a command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RepoCommand {
    /// Save a file in the editor; `None` deletes it.
    Write {
        /// Where.
        path: String,
        /// The new text.
        text: Option<String>,
    },
    /// `git add`: stage files at or below the paths.
    Stage {
        /// Files and folders; none is everything.
        paths: Vec<String>,
        /// Leave out files that git does not know yet.
        tracked_only: bool,
    },
    /// `git restore`, `git checkout -- FILE`, `git reset FILE`: take files back.
    Restore {
        /// Files and folders.
        paths: Vec<String>,
        /// From this commit; `None` is the index (or `HEAD`, when the index itself is restored).
        from: Option<String>,
        /// Restore what is staged.
        staged: bool,
        /// Restore the files on disk.
        files: bool,
    },
    /// `git commit`.
    Commit {
        /// The message; `None` keeps that of the amended commit.
        message: Option<String>,
        /// Stage every known file first.
        all: bool,
        /// Replace the last commit.
        amend: bool,
        /// Allow a commit that changes nothing.
        allow_empty: bool,
    },
    /// `git revert`: undo commits, newest named first.
    Revert {
        /// The commits.
        commits: Vec<String>,
        /// Record each as a commit, else only change files and index.
        commit: bool,
    },
    /// `git cherry-pick`.
    CherryPick {
        /// The commits.
        commits: Vec<String>,
    },
    /// `git merge`.
    Merge {
        /// The commit that is joined.
        from: String,
        /// Record a commit even where moving the branch would do.
        no_fast_forward: bool,
    },
    /// `git push`: give a branch to everybody.
    Push {
        /// The branch.
        branch: String,
        /// Even if commits of others are lost by it.
        force: bool,
    },
    /// `git fetch`: see what others have pushed.
    Fetch,
    /// `git pull`: fetch, then join the shared branch into the checked-out one.
    Pull,
    /// `git switch`, `git checkout BRANCH`.
    Switch {
        /// A branch, or a commit to look at without one.
        to: String,
        /// Make the branch, here or at a commit.
        create: bool,
        /// Where a new branch starts; `None` is here.
        start: Option<String>,
    },
    /// `git branch NAME`.
    CreateBranch {
        /// Its name.
        name: String,
        /// Where it starts; `None` is here.
        start: Option<String>,
    },
    /// `git branch -d`.
    DeleteBranch {
        /// Its name.
        name: String,
        /// Even if its commits are on no other branch.
        force: bool,
    },
    /// `git stash`.
    StashPush {
        /// A message of one's own.
        message: Option<String>,
        /// Put files away that git does not know yet, too.
        untracked: bool,
    },
    /// `git stash pop`, `git stash apply`.
    StashApply {
        /// Number, newest first.
        number: usize,
        /// Drop it afterwards.
        drop: bool,
    },
    /// `git stash drop`.
    StashDrop {
        /// Number, newest first.
        number: usize,
    },
    /// `git reset`.
    Reset {
        /// The commit that becomes the last one.
        to: String,
        /// What moves with it.
        mode: ResetMode,
    },
}

/// What `git reset` takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetMode {
    /// The branch alone.
    Soft,
    /// The branch and what is staged.
    Mixed,
    /// The branch, what is staged and the files.
    Hard,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepoEvent {
    /// Files, index or branches of the clone changed.
    Changed {
        /// The files touched.
        paths: Vec<String>,
    },
    /// New commits in the clone, oldest first.
    Committed {
        /// The commits.
        commits: Vec<CommitIndex>,
    },
    /// A shared branch moved.
    Pushed {
        /// The branch.
        branch: String,
        /// Where it was; `None` for a new one.
        from: Option<CommitIndex>,
        /// Where it is.
        to: CommitIndex,
    },
    /// The clone has seen where shared branches are.
    Fetched {
        /// Those that moved.
        updates: Vec<RemoteUpdate>,
    },
    /// The checked-out branch moved along existing commits.
    Moved {
        /// Where it was.
        from: CommitIndex,
        /// Where it is.
        to: CommitIndex,
        /// Shared branches seen by the way.
        updates: Vec<RemoteUpdate>,
    },
    /// Edits were put aside.
    Stashed,
    /// Nothing was to be done.
    UpToDate,
}

/// A shared branch that a clone sees at a new place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUpdate {
    /// The branch.
    pub branch: Arc<str>,
    /// Where it was seen before; `None` for a new one.
    pub from: Option<CommitIndex>,
    /// Where it is.
    pub to: CommitIndex,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// A name that names no commit.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The repository refuses it.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Nothing is staged, or nothing is edited.
    #[error("nothing to commit")]
    NothingToCommit,
    /// No file matches a path.
    #[error("pathspec '{0}' did not match any file(s) known to git")]
    NoSuchPath(String),
    /// Both sides changed the same lines.
    #[error("conflict while applying {commit}: {conflict}")]
    Conflict {
        /// The commit that would not apply, if it was one.
        commit: String,
        /// Where.
        conflict: MergeConflict,
    },
    /// Edits would be lost.
    #[error("local changes to {} would be overwritten", .0.join(", "))]
    WouldOverwrite(Vec<String>),
    /// Something is staged where the command needs the index as it was committed.
    #[error("your local changes would be overwritten: {}", .0.join(", "))]
    Staged(Vec<String>),
    /// The shared branch has commits that this clone has not.
    #[error("updates were rejected because the remote contains work that you do not have locally")]
    PushRejected {
        /// Whether the clone knows of them already.
        known: bool,
    },
    /// The command needs a branch.
    #[error("you are not currently on a branch")]
    NoBranch,
    /// No such branch.
    #[error("branch '{0}' not found")]
    NoSuchBranch(String),
    /// The branch exists.
    #[error("a branch named '{0}' already exists")]
    BranchExists(String),
    /// A branch that is checked out, or not merged, cannot go.
    #[error("the branch '{0}' is not fully merged")]
    BranchNotMerged(String),
    /// The branch is checked out.
    #[error("cannot delete branch '{0}' used by worktree")]
    BranchCheckedOut(String),
    /// No such stash.
    #[error("stash@{{{0}}} is not a valid reference")]
    NoSuchStash(usize),
    /// The branch has no shared counterpart.
    #[error("there is no tracking information for the current branch")]
    NoUpstream,
    /// The clone has no commit checked out.
    #[error("your current branch does not have any commits yet")]
    NoCommits,
}

/// Carries out a command. On an error, repository and clone are as before (a repository may keep commits that no branch
/// holds).
pub fn apply(
    repository: &mut Repository,
    worktree: &mut Worktree,
    command: &RepoCommand,
    person: &Signature,
    at: SimTime,
) -> Result<RepoEvent, CommandError> {
    let mut next = worktree.clone();
    let mut actor = Actor {
        repository,
        worktree: &mut next,
        person,
        at,
    };
    let event = actor.run(command)?;
    *worktree = next;
    Ok(event)
}

/// Who does it, where and when.
struct Actor<'a> {
    repository: &'a mut Repository,
    worktree: &'a mut Worktree,
    person: &'a Signature,
    at: SimTime,
}

impl Actor<'_> {
    fn run(&mut self, command: &RepoCommand) -> Result<RepoEvent, CommandError> {
        match command {
            RepoCommand::Write { path, text } => self.write(path, text.as_deref()),
            RepoCommand::Stage {
                paths,
                tracked_only,
            } => self.stage(paths, *tracked_only),
            RepoCommand::Restore {
                paths,
                from,
                staged,
                files,
            } => self.restore(paths, from.as_deref(), *staged, *files),
            RepoCommand::Commit {
                message,
                all,
                amend,
                allow_empty,
            } => {
                if *all {
                    self.stage(&[], true)?;
                }
                self.commit(message.as_deref(), *amend, *allow_empty)
            }
            RepoCommand::Revert { commits, commit } => self.revert(commits, *commit),
            RepoCommand::CherryPick { commits } => self.cherry_pick(commits),
            RepoCommand::Merge {
                from,
                no_fast_forward,
            } => self.merge(from, *no_fast_forward),
            RepoCommand::Push { branch, force } => self.push(branch, *force),
            RepoCommand::Fetch => Ok(self.fetch()),
            RepoCommand::Pull => self.pull(),
            RepoCommand::Switch { to, create, start } => self.switch(to, *create, start.as_deref()),
            RepoCommand::CreateBranch { name, start } => self.create_branch(name, start.as_deref()),
            RepoCommand::DeleteBranch { name, force } => self.delete_branch(name, *force),
            RepoCommand::StashPush { message, untracked } => {
                self.stash(message.clone(), *untracked)
            }
            RepoCommand::StashApply { number, drop } => self.unstash(*number, *drop),
            RepoCommand::StashDrop { number } => self.drop_stash(*number),
            RepoCommand::Reset { to, mode } => self.reset(to, *mode),
        }
    }

    fn head(&self) -> Result<CommitIndex, CommandError> {
        self.worktree.head_commit().ok_or(CommandError::NoCommits)
    }

    fn resolve(&self, name: &str) -> Result<CommitIndex, CommandError> {
        let view = CloneView {
            repository: self.repository,
            worktree: self.worktree,
        };
        Ok(view.resolve(name)?)
    }

    fn tree(&self, index: CommitIndex) -> Tree {
        self.repository.tree(index).cloned().unwrap_or_default()
    }

    /// Moves the checked-out branch, or the detached head, to a commit.
    fn set_head(&mut self, commit: CommitIndex) {
        match &mut self.worktree.head {
            Head::Branch(name) => {
                self.worktree.branches.insert(Arc::clone(name), commit);
            }
            Head::Detached(at) => *at = commit,
        }
    }
}

fn changed(paths: Vec<String>) -> RepoEvent {
    RepoEvent::Changed { paths }
}

fn put(tree: &mut Tree, path: &str, text: Option<Arc<str>>) -> Result<(), CommandError> {
    write_checked("(checkout)", tree, path, text).map_err(CommandError::from)
}

#[cfg(test)]
mod tests;
