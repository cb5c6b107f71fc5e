//! The pack: everything a drill starts from, checked and joined. Holds no file handles and changes nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::format::estate::Estate;
use super::format::scenario::Scenario;
use super::format::values::Instant;
use crate::diag::Diagnostic;

/// A scenario with its estate and all texts: what the simulation starts from.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Name of the scenario: its folder.
    pub name: String,
    /// The estate, with the scenario's `services` put in (whole, by name) and its `releases` appended.
    pub estate: Estate,
    /// The scenario as it was written.
    pub scenario: Scenario,
    /// Files and commits by repository, the estate's and the scenario's together.
    pub repositories: BTreeMap<String, RepositoryTexts>,
    /// Wiki pages by file name without its ending: Markdown. A scenario's page replaces the estate's of the same name.
    pub wiki: BTreeMap<String, Arc<str>>,
    /// Ordinary messages by file name without its ending, one a line, empty lines left out. A scenario's file replaces the
    /// estate's of the same name.
    pub chatter: BTreeMap<String, Vec<String>>,
    /// The briefing: Markdown.
    pub briefing: String,
    /// Identifies names and contents of all files.
    pub content_hash: ContentHash,
    /// All files by path: `NAME/...` and `estates/NAME/...`, as they were hashed. `Source::memory` of these
    /// loads the same pack again.
    pub files: Arc<BTreeMap<String, Vec<u8>>>,
    /// What is odd, but no error.
    pub warnings: Vec<Diagnostic>,
}

/// What the files of a repository say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryTexts {
    /// Path to text: what the root commit brings.
    pub base: BTreeMap<String, Arc<str>>,
    /// The commit that brings the base: the earliest one, without a change of its own.
    pub root: Option<CommitText>,
    /// What follows, by rising date; commits of one instant by file name, the estate's first.
    pub commits: Vec<CommitText>,
}

/// A commit as a file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitText {
    /// The author's short id: 4 to 40 lower-case letters and digits.
    pub id: String,
    /// Who wrote it.
    pub author: Signature,
    /// Who recorded it, if that was someone else.
    pub committer: Option<Signature>,
    /// When.
    pub at: Instant,
    /// The whole message, without a line break at its end.
    pub message: String,
    /// The branch it is on; `None` is the default branch.
    pub branch: Option<String>,
    /// What it does.
    pub change: CommitChange,
}

/// Name and e-mail address of an author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
}

/// What a commit does to the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitChange {
    /// Nothing; or, for the root, it brings the base.
    Nothing,
    /// A unified diff.
    Patch(String),
    /// Joins a branch.
    Merge(String),
    /// Undoes the commit with this id.
    Revert(String),
}

/// SHA-256 over names and contents of a pack's files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ContentHash({self})")
    }
}
