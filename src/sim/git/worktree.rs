//! A person's clone of a repository: own branches, what is staged, edited files, stashes. Holds no commits: those are in
//! the shared [`Repository`]. Changed by `command` alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::commit::CommitIndex;
use super::file_diff::{FileChange, tree_changes};
use super::history::ancestors;
use super::repository::Repository;
use super::tree::Tree;
use crate::sim::time::SimTime;

/// What is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// The last commit of a branch.
    Branch(Arc<str>),
    /// A commit without a branch.
    Detached(CommitIndex),
}

/// Edits put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stash {
    /// The commit that was checked out.
    pub base: CommitIndex,
    /// The branch that was checked out, if any.
    pub branch: Option<Arc<str>>,
    /// A message of the person's own.
    pub message: Option<String>,
    /// All files as they were edited.
    pub files: Tree,
    /// When.
    pub at: SimTime,
}

/// A clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    pub(super) head: Head,
    pub(super) branches: BTreeMap<Arc<str>, CommitIndex>,
    /// The shared branches as this clone last saw them: `origin/...`.
    pub(super) remote: BTreeMap<Arc<str>, CommitIndex>,
    pub(super) index: Tree,
    pub(super) files: Tree,
    pub(super) stashes: Vec<Stash>,
}

/// How far a branch and its shared counterpart have moved apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// Commits that are here alone.
    pub ahead: usize,
    /// Commits that are there alone.
    pub behind: usize,
}

impl Worktree {
    /// A fresh clone with the default branch checked out; `None` for a repository without commits.
    pub fn clone_of(repository: &Repository) -> Option<Self> {
        let head = repository.head()?;
        let name: Arc<str> = Arc::from(repository.default_branch());
        let tree = repository.tree(head)?.clone();
        Some(Self {
            head: Head::Branch(Arc::clone(&name)),
            branches: BTreeMap::from([(name, head)]),
            remote: repository.branches().clone(),
            index: tree.clone(),
            files: tree,
            stashes: Vec::new(),
        })
    }

    /// What is checked out.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The commit that is checked out.
    pub fn head_commit(&self) -> Option<CommitIndex> {
        match &self.head {
            Head::Branch(name) => self.branches.get(name).copied(),
            Head::Detached(index) => Some(*index),
        }
    }

    /// The branch that is checked out.
    pub fn current_branch(&self) -> Option<&str> {
        match &self.head {
            Head::Branch(name) => Some(name),
            Head::Detached(_) => None,
        }
    }

    /// The clone's own branches.
    pub fn branches(&self) -> &BTreeMap<Arc<str>, CommitIndex> {
        &self.branches
    }

    /// The shared branches as last seen.
    pub fn remote_branches(&self) -> &BTreeMap<Arc<str>, CommitIndex> {
        &self.remote
    }

    /// The files as they are staged.
    pub fn index(&self) -> &Tree {
        &self.index
    }

    /// The files as they are on this person's disk.
    pub fn files(&self) -> &Tree {
        &self.files
    }

    /// Edits put aside, newest first.
    pub fn stashes(&self) -> &[Stash] {
        &self.stashes
    }

    /// The files of the commit that is checked out.
    pub fn head_tree(&self, repository: &Repository) -> Tree {
        self.head_commit()
            .and_then(|head| repository.tree(head))
            .cloned()
            .unwrap_or_default()
    }

    /// Whether nothing is edited or staged.
    pub fn is_clean(&self, repository: &Repository) -> bool {
        let head = self.head_tree(repository);
        head == self.index && head == self.files
    }

    /// What is staged: the difference of the commit and the index.
    pub fn staged(&self, repository: &Repository) -> Vec<FileChange> {
        tree_changes(&self.head_tree(repository), &self.index, &|_| true)
    }

    /// What is edited but not staged. Files that were never staged are in [`Worktree::untracked`].
    pub fn unstaged(&self) -> Vec<FileChange> {
        let known = |path: &str| self.index.file(path).is_some();
        tree_changes(&self.index, &self.files, &known)
    }

    /// Files that are in no commit and not staged.
    pub fn untracked(&self) -> Vec<String> {
        let mut paths = self.index.changed(&self.files);
        paths.retain(|path| self.index.file(path).is_none());
        paths
    }

    /// How far the checked-out branch is from its shared counterpart; `None` without one.
    pub fn divergence(&self, repository: &Repository) -> Option<Divergence> {
        let name = self.current_branch()?;
        let here = ancestors(repository, &[*self.branches.get(name)?]);
        let there = ancestors(repository, &[*self.remote.get(name)?]);
        Some(Divergence {
            ahead: here.difference(&there).count(),
            behind: there.difference(&here).count(),
        })
    }
}
