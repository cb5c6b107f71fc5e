//! Commits and who made them. Never a diff: what a commit changed is computed from its tree and its parent's.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::tree::Tree;
use crate::sim::time::SimTime;

/// Characters of a commit's full id.
pub const ID_LENGTH: usize = 40;
/// Characters of an abbreviated id.
pub const SHORT_ID_LENGTH: usize = 7;
/// The fewest characters that name a commit.
pub const MIN_ID_PREFIX: usize = 4;

/// The full id of a commit: 40 lower-case letters and digits. An author's own short id comes first, so it may have
/// letters past `f`; the rest is hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CommitId(Arc<str>);

impl CommitId {
    /// An id from its 40 characters.
    pub(super) fn new(full: &str) -> Self {
        Self(Arc::from(full))
    }

    /// All 40 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven characters.
    pub fn short(&self) -> &str {
        self.0.get(..SHORT_ID_LENGTH).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Who wrote or recorded a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// Full name.
    pub name: Arc<str>,
    /// E-mail address.
    pub email: Arc<str>,
}

impl Signature {
    /// A signature from its parts.
    pub fn new(name: &str, email: &str) -> Self {
        Self {
            name: Arc::from(name),
            email: Arc::from(email),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} <{}>", self.name, self.email)
    }
}

/// A commit's place in its repository; rises with the time at which it was recorded there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CommitIndex(pub(super) u32);

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its full id.
    pub id: CommitId,
    /// None for the first commit, two for a merge.
    pub parents: Vec<CommitIndex>,
    /// Who wrote it.
    pub author: Signature,
    /// When it was written.
    pub authored_at: SimTime,
    /// Who recorded it.
    pub committer: Signature,
    /// When it was recorded; history is ordered by it.
    pub committed_at: SimTime,
    /// The whole message, without a newline at its end.
    pub message: Arc<str>,
    /// All files after it.
    pub tree: Tree,
}

impl Commit {
    /// The first paragraph of the message on one line.
    pub fn subject(&self) -> String {
        let first = self.message.split("\n\n").next().unwrap_or_default();
        first
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// What follows the first paragraph.
    pub fn body(&self) -> &str {
        self.message
            .split_once("\n\n")
            .map_or("", |(_, body)| body.trim_start_matches('\n'))
    }

    /// Whether it joins two lines of history.
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}
