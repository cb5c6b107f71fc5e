//! What a repository is built from: plain data that a loader or a generator fills. Never the running repository.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::Signature;
use crate::sim::time::SimTime;

/// A repository as an author describes it: the files of the first commit, then the commits that follow.
#[derive(Clone, Debug)]
pub struct RepositorySource {
    /// Name of the repository, such as `alpha`.
    pub name: String,
    /// The branch that releases come from, such as `main`.
    pub default_branch: String,
    /// The commit that brings the base files.
    pub root: RootSource,
    /// The files of the first commit: path to text.
    pub base: BTreeMap<String, Arc<str>>,
    /// What follows. Sorted by date when the repository is built; commits of one instant keep their order.
    pub commits: Vec<CommitSource>,
    /// Tags by name.
    pub tags: Vec<TagSource>,
    /// Branches that stay after they were merged; the others go with their merge.
    pub kept_branches: BTreeSet<String>,
}

/// The first commit.
#[derive(Clone, Debug)]
pub struct RootSource {
    /// Short id of the author's choice, or `None` to derive it.
    pub id: Option<String>,
    /// Who made it.
    pub author: Signature,
    /// When.
    pub at: SimTime,
    /// Its message.
    pub message: String,
}

impl RootSource {
    /// The usual first commit.
    pub fn import(author: Signature, at: SimTime) -> Self {
        Self {
            id: None,
            author,
            at,
            message: "Initial import".to_owned(),
        }
    }
}

/// A commit as an author describes it.
#[derive(Clone, Debug)]
pub struct CommitSource {
    /// Short id of the author's choice (4 to 40 lower-case letters and digits), or `None` to derive it.
    pub id: Option<String>,
    /// Who wrote it.
    pub author: Signature,
    /// Who recorded it, if that was someone else (a review system, for a squashed pull request).
    pub committer: Option<Signature>,
    /// When it was written and recorded.
    pub at: SimTime,
    /// The whole message.
    pub message: String,
    /// The branch it is on; `None` is the default branch. A branch that does not exist starts at the default branch.
    pub branch: Option<String>,
    /// What it does.
    pub change: ChangeSource,
}

/// What a commit does to the files.
#[derive(Clone, Debug)]
pub enum ChangeSource {
    /// Nothing, as `git commit --allow-empty`.
    Nothing,
    /// A unified diff; see [`super::patch::Patch::parse`].
    Patch(String),
    /// New texts by path; `None` removes the file.
    Write(BTreeMap<String, Option<Arc<str>>>),
    /// Joins a branch into the commit's own branch.
    Merge {
        /// The branch that is joined.
        branch: String,
    },
    /// Undoes an earlier commit, which is named by a prefix of its id.
    Revert {
        /// Prefix of the id of the commit that is undone.
        commit: String,
    },
}

/// A tag.
#[derive(Clone, Debug)]
pub struct TagSource {
    /// Name, such as `v2.13.1`.
    pub name: String,
    /// The commit it marks: a prefix of its id, or `None` for the default branch's last commit not after `at`.
    pub commit: Option<String>,
    /// Message of an annotated tag; `None` for a light one.
    pub message: Option<String>,
    /// When it was made.
    pub at: SimTime,
}
