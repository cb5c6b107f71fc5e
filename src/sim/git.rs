//! Repositories of the estate: commits whose patches apply, and what git computes from them. Never reads the disk.
//!
//! [`Repository::build`] makes one from a [`RepositorySource`]: base files, then commits, each with a unified diff that
//! must apply. Trees share what did not change, so every commit keeps its whole tree.

pub mod apply;
pub mod background;
pub mod blame;
mod build;
pub mod command;
pub mod commit;
pub mod commit_file;
pub mod date;
pub mod date_style;
pub mod error;
pub mod file_diff;
pub mod history;
pub mod hunk;
pub mod line_diff;
pub mod log;
pub mod merge;
pub mod patch;
pub mod path;
pub mod pathspec;
pub mod repository;
pub mod revision;
pub mod source;
pub mod tree;
pub mod worktree;

pub use command::{RepoCommand, RepoEvent};
pub use commit::{Commit, CommitId, CommitIndex, Signature};
pub use error::RepositoryError;
pub use repository::{NewCommit, Repository, Tag};
pub use source::{ChangeSource, CommitSource, RepositorySource, RootSource, TagSource};
pub use tree::Tree;
pub use worktree::Worktree;

#[cfg(test)]
mod tests;
