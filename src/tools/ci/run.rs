//! One run of a workflow: what it is of, when it began and ends, how it ended. Never its steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::git::CommitIndex;
use crate::sim::ids::ServiceId;
use crate::sim::time::SimTime;

/// The workflow that tests and builds.
pub const CI: &str = "ci";
/// The workflow that deploys.
pub const DEPLOY: &str = "deploy";

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id: rises with time.
    pub id: u64,
    /// What it is of.
    pub kind: Kind,
    /// Repository.
    pub repo: String,
    /// Workflow: [`CI`] or [`DEPLOY`].
    pub workflow: &'static str,
    /// Title.
    pub title: String,
    /// Branch.
    pub branch: String,
    /// What set it off: `push`, `pull_request`, `workflow_dispatch`, `schedule`.
    pub event: &'static str,
    /// Who did.
    pub actor: String,
    /// The commit it ran on: its full id.
    pub sha: String,
    /// When it began.
    pub started: SimTime,
    /// When it ended, or will.
    pub ends: SimTime,
    /// It ends, or ended, with a failure.
    pub fails: bool,
    /// The services it is about.
    pub services: Vec<ServiceId>,
    /// The releases it built or deployed: service and tag.
    pub releases: Vec<(ServiceId, String)>,
}

/// What a run is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A commit that came to the default branch.
    Push(CommitIndex),
    /// A change before it was merged.
    PullRequest {
        /// The commit it became.
        commit: CommitIndex,
        /// What was wrong with it, where it failed.
        flaw: Option<Flaw>,
    },
    /// An image that was built again from an older commit.
    Rebuild(CommitIndex),
    /// Deployments: their places in the world's list.
    Deploy(Vec<usize>),
}

/// Why an ordinary run before a merge failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A base image could not be fetched.
    Network,
    /// A file is not as the linter wants it.
    Lint,
    /// A test that fails now and then.
    Test,
}

/// How far a run or a part of it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has not begun.
    Queued,
    /// It runs.
    InProgress,
    /// It is over.
    Completed,
}

/// How a run or a part of it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Well.
    Success,
    /// Not well.
    Failure,
    /// It was not wanted.
    Skipped,
}

impl Status {
    /// The word that GitHub has for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}

impl Conclusion {
    /// The word that GitHub has for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
        }
    }
}

/// The sign that `gh` sets before something that is so far and ended so.
pub const fn sign(status: Status, conclusion: Option<Conclusion>) -> &'static str {
    match (status, conclusion) {
        (Status::Completed, Some(Conclusion::Success)) => "✓",
        (Status::Completed, Some(Conclusion::Failure)) => "X",
        (Status::Completed, _) => "-",
        _ => "*",
    }
}

impl Run {
    /// How far it is at an instant.
    pub fn status(&self, now: SimTime) -> Status {
        if self.ends <= now {
            Status::Completed
        } else if self.started <= now {
            Status::InProgress
        } else {
            Status::Queued
        }
    }

    /// How it ended; `None` while it runs.
    pub fn conclusion(&self, now: SimTime) -> Option<Conclusion> {
        (self.ends <= now).then_some(if self.fails {
            Conclusion::Failure
        } else {
            Conclusion::Success
        })
    }
}
