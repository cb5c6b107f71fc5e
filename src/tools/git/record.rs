//! A commit as data: what a program reads and what the text of `git log` is made from.

use std::sync::Arc;

use serde::Serialize;

use super::{Context, Shown};
use crate::sim::git::file_diff::{DiffOptions, FileChange, FileDiff, tree_diff};
use crate::sim::git::pathspec::Pathspec;
use crate::sim::git::{Commit, CommitIndex, Signature, Tree};

/// A commit with as much of its change as was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommitRecord {
    /// Full id.
    pub id: String,
    /// Abbreviated id.
    pub short_id: String,
    /// Full ids of the parents.
    pub parents: Vec<String>,
    /// Who wrote it.
    pub author: Signature,
    /// When it was written, RFC 3339.
    pub authored_at: String,
    /// Who recorded it.
    pub committer: Signature,
    /// When it was recorded, RFC 3339.
    pub committed_at: String,
    /// The message's first paragraph.
    pub subject: String,
    /// The rest of the message.
    pub body: String,
    /// Branches and tags at it.
    pub refs: Vec<String>,
    /// The files it changed, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileSummary>,
    /// The changed lines, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<FileDiff>,
    #[serde(skip)]
    pub(super) index: CommitIndex,
    #[serde(skip)]
    pub(super) commit: Arc<Commit>,
}

/// What happened to one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// What happened.
    #[serde(flatten)]
    pub change: FileChange,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
}

impl FileSummary {
    /// The summary of a difference.
    pub fn of(diff: &FileDiff) -> Self {
        Self {
            change: diff.change.clone(),
            added: diff.added,
            removed: diff.removed,
        }
    }
}

impl CommitRecord {
    /// A commit without its change.
    pub(super) fn new(context: &Context<'_>, index: CommitIndex) -> Option<Self> {
        let repository = context.mount.repository;
        let commit = Arc::clone(repository.commit(index)?);
        let parents = commit
            .parents
            .iter()
            .filter_map(|parent| repository.commit(*parent));
        Some(Self {
            id: commit.id.to_string(),
            short_id: repository.short_id(index).to_owned(),
            parents: parents.map(|parent| parent.id.to_string()).collect(),
            author: commit.author.clone(),
            authored_at: commit.authored_at.rfc3339(),
            committer: commit.committer.clone(),
            committed_at: commit.committed_at.rfc3339(),
            subject: commit.subject(),
            body: commit.body().to_owned(),
            refs: context.clone.decorations(index),
            files: Vec::new(),
            diff: Vec::new(),
            index,
            commit,
        })
    }

    /// The change against the first parent, in the files of a pathspec.
    pub(super) fn change(
        &self,
        context: &Context<'_>,
        options: DiffOptions,
        paths: &Pathspec,
    ) -> Vec<FileDiff> {
        let parent = self.commit.parents.first();
        let before = parent.and_then(|parent| context.mount.repository.tree(*parent));
        let empty = Tree::default();
        tree_diff(
            before.unwrap_or(&empty),
            &self.commit.tree,
            options,
            &|path| paths.matches(path),
        )
    }

    /// What a trainee sees of it.
    pub(super) fn shown(&self, context: &Context<'_>) -> Shown {
        let (repository, id) = (context.mount.repository.name().to_owned(), self.id.clone());
        if self.diff.is_empty() {
            Shown::CommitTitle { repository, id }
        } else {
            Shown::Commit { repository, id }
        }
    }
}
