//! Repositories of the estate: commits whose patches apply, and what git computes from them. Never reads the disk.
//!
//! [`Repository::build`] makes one from a [`RepositorySource`]: base files, then commits, each with a unified diff that
//! must apply. Trees share what did not change, so every commit keeps its whole tree.

mod build;
pub mod commit;
pub mod error;
pub mod file_diff;
pub mod history;
pub mod hunk;
pub mod line_diff;
pub mod merge;
pub mod patch;
pub mod path;
pub mod repository;
pub mod source;
pub mod tree;

pub use commit::{Commit, CommitId, CommitIndex, Signature};
pub use error::RepositoryError;
pub use repository::{NewCommit, Repository, Tag};
pub use source::{ChangeSource, CommitSource, RepositorySource, RootSource, TagSource};
pub use tree::Tree;

#[cfg(test)]
mod tests;
