//! What a repository refuses, and its limits. Every error names the commit, as its author did or by its subject.

use thiserror::Error;

use super::apply::ApplyProblem;
use super::commit::{ID_LENGTH, MIN_ID_PREFIX};
use super::merge::MergeConflict;
use super::patch::PatchSyntaxError;
use super::path::TextProblem;
use super::tree::TreeError;

/// The most commits a repository can hold.
pub const MAX_COMMITS: usize = 50_000;
/// The most files a commit's tree can start with.
pub const MAX_FILES: usize = 20_000;
/// The longest commit message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 16 << 10;

/// Why a repository cannot be built or grow. `commit` names a commit as its author did, or by its subject.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RepositoryError {
    /// A patch is not a unified diff.
    #[error("commit {commit}: its patch cannot be read: {problem}")]
    PatchSyntax {
        /// The commit.
        commit: String,
        /// Where and what.
        problem: PatchSyntaxError,
    },
    /// A patch does not apply.
    #[error("commit {commit}: its patch does not apply to {file}: {problem}")]
    PatchDoesNotApply {
        /// The commit.
        commit: String,
        /// The file.
        file: String,
        /// The hunk and what is wrong.
        problem: ApplyProblem,
    },
    /// Two changes of the same lines.
    #[error("commit {commit}: {conflict}")]
    Conflict {
        /// The commit.
        commit: String,
        /// Where.
        conflict: MergeConflict,
    },
    /// A file cannot be written.
    #[error("commit {commit}: {problem}")]
    Tree {
        /// The commit.
        commit: String,
        /// What is wrong.
        problem: TreeError,
    },
    /// A text is not one that a repository holds.
    #[error("commit {commit}: {what} {problem}")]
    Text {
        /// The commit.
        commit: String,
        /// The file, or which part of the commit.
        what: String,
        /// What is wrong.
        problem: TextProblem,
    },
    /// A message or a name is empty or too long.
    #[error("commit {commit}: {what} must have 1 to {MAX_MESSAGE_BYTES} bytes")]
    Length {
        /// The commit.
        commit: String,
        /// Which part.
        what: &'static str,
    },
    /// An id of an author's choice is not 4 to 40 lower-case letters and digits.
    #[error(
        "commit id `{id}` must be {MIN_ID_PREFIX} to {ID_LENGTH} lower-case letters and digits"
    )]
    BadId {
        /// The id.
        id: String,
    },
    /// Two commits share an id, or one id starts with the other.
    #[error("commit id `{id}` names two commits")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A name that git would not take for a branch or tag.
    #[error("`{name}` cannot name a branch or tag")]
    BadRefName {
        /// The name.
        name: String,
    },
    /// A branch that does not exist.
    #[error("commit {commit}: there is no branch `{branch}`")]
    UnknownBranch {
        /// The commit.
        commit: String,
        /// The branch.
        branch: String,
    },
    /// No commit, or several, have an id that starts so.
    #[error("{by}: `{prefix}` does not name exactly one earlier commit")]
    UnknownCommit {
        /// Who asks.
        by: String,
        /// The prefix.
        prefix: String,
    },
    /// A tag with no commit before it.
    #[error("tag `{tag}` is older than the first commit")]
    TagTooOld {
        /// The tag.
        tag: String,
    },
    /// A merge cannot be undone without saying which side stays.
    #[error("commit {commit}: `{merge}` is a merge and cannot be reverted")]
    RevertOfMerge {
        /// The commit.
        commit: String,
        /// The merge.
        merge: String,
    },
    /// Nothing would change.
    #[error("commit {commit}: changes nothing")]
    NothingChanged {
        /// The commit.
        commit: String,
    },
    /// More commits or files than a repository can hold.
    #[error("a repository holds at most {MAX_COMMITS} commits and {MAX_FILES} files at its start")]
    TooLarge,
}

/// Whether git takes a name for a branch or tag; narrower than git: printable ASCII without what revisions mean by it.
pub fn check_ref_name(name: &str) -> Result<(), RepositoryError> {
    let fits = !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'+' | b'#' | b'@')
        })
        && !name.starts_with(['-', '/', '.', '@'])
        && !name.ends_with(['/', '.'])
        && !name.contains(".lock")
        && !["..", "//", "/.", "@{"]
            .iter()
            .any(|part| name.contains(part))
        && name != "HEAD";
    if fits {
        Ok(())
    } else {
        Err(RepositoryError::BadRefName {
            name: name.chars().filter(|c| !c.is_control()).take(100).collect(),
        })
    }
}
