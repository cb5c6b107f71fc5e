//! What other systems hold: repositories, tickets, flags, dashboards, Sentry issues, incidents, customers' journeys.

use serde::{Deserialize, Serialize};

use super::Map;
use super::values::{Moment, Rate};

/// A repository. Its files and commits are in `repos/<name>/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repository {
    /// One sentence.
    pub about: String,
    /// Default branch.
    pub branch: String,
    /// Paths that ordinary background commits may touch (prefixes).
    pub background_paths: Vec<String>,
    /// Ordinary background commits a week.
    pub background_per_week: u32,
}

/// Something customers do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journey {
    /// Entry service.
    pub service: String,
    /// Entry route.
    pub route: String,
    /// Requests at the shape's mean.
    pub rate: Rate,
    /// Customers that are in this journey at the shape's mean.
    pub customers: f64,
    /// Whether customers try again when it fails, as a factor on the rate when everything fails (1 = no retries).
    #[serde(default = "one")]
    pub retry_factor: f64,
}

fn one() -> f64 {
    1.0
}

/// A feature flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureFlag {
    /// What it switches.
    pub about: String,
    /// Its value.
    pub on: bool,
    /// Owner.
    pub owner: String,
    /// Last change.
    #[serde(default)]
    pub changed: Option<Moment>,
    /// The service that reads it.
    #[serde(default)]
    pub service: Option<String>,
    /// The share of sessions that get it while it is on, in percent; all when left out.
    #[serde(default)]
    pub percent: Option<u32>,
    /// Changes before the last one.
    #[serde(default)]
    pub history: Vec<FlagChange>,
}

/// A change of a feature flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagChange {
    /// When.
    pub at: Moment,
    /// To what.
    pub on: bool,
    /// By whom.
    pub by: String,
    /// Why, as they wrote it.
    #[serde(default)]
    pub why: String,
}

/// A dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// Panels: title and expression.
    pub panels: Vec<(String, String)>,
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Title.
    pub title: String,
    /// Status, for example `"In Progress"`.
    pub status: String,
    /// Assignee's handle.
    #[serde(default)]
    pub assignee: Option<String>,
    /// Who opened it.
    pub reporter: String,
    /// When.
    pub opened: Moment,
    /// Text.
    pub text: String,
    /// Comments: when, who, what.
    #[serde(default)]
    pub comments: Vec<(Moment, String, String)>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What it is: `"Bug"`, `"Task"` or `"Story"`; drawn when left out.
    #[serde(default)]
    pub kind: Option<String>,
    /// Priority, for example `"High"`; `"Medium"` when left out.
    #[serde(default)]
    pub priority: Option<String>,
}

/// A Sentry issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentryIssue {
    /// Service it belongs to.
    pub service: String,
    /// Title, for example `"context deadline exceeded"`.
    pub title: String,
    /// Where it happens, for example `"main.(*checkout).PlaceOrder"`.
    pub culprit: String,
    /// Level: `"error"`, `"warning"`, `"fatal"`.
    #[serde(default = "error_level")]
    pub level: String,
    /// What its events are counted from.
    pub counts: Counts,
    /// Stack frames, innermost last: file, line, function, source line.
    #[serde(default)]
    pub frames: Vec<(String, u32, String, String)>,
    /// Tags.
    #[serde(default)]
    pub tags: Map<String>,
    /// First seen, where it is older than its events here.
    #[serde(default)]
    pub first_seen: Option<Moment>,
    /// Assignee's handle.
    #[serde(default)]
    pub assignee: Option<String>,
}

fn error_level() -> String {
    "error".to_owned()
}

/// Where a count of events comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Counts {
    /// The requests of a route that ended in an outcome class.
    Outcome {
        /// Service.
        of: String,
        /// Route.
        route: String,
        /// Class, as an `Errors` effect names it, or `"error"` for the ordinary failures.
        class: String,
    },
    /// The lines of a log template: `(service, template)`.
    Template {
        /// Service.
        of: String,
        /// Template name.
        template: String,
    },
    /// The crashes of a service's containers.
    Crashes {
        /// Service.
        of: String,
    },
    /// The messages a group found missing, one event for each gap.
    Gaps {
        /// Consumer group.
        group: String,
    },
    /// A steady background: so many by the page, and so many a day.
    Steady {
        /// Events by the page.
        total: u64,
        /// Events a second.
        rate: Rate,
    },
}

/// An incident of the paging system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Title.
    pub title: String,
    /// Service, or the name of the cluster.
    pub service: String,
    /// `"high"` or `"low"`.
    pub urgency: String,
    /// Priority, for example `"P0"`.
    #[serde(default)]
    pub priority: Option<String>,
    /// When it was triggered.
    pub triggered: Moment,
    /// Further entries of its timeline: when, who (or `"system"`), what.
    #[serde(default)]
    pub timeline: Vec<(Moment, String, String)>,
    /// When it was acknowledged, and by whom.
    #[serde(default)]
    pub acknowledged: Option<(Moment, String)>,
    /// When it was resolved, and by whom.
    #[serde(default)]
    pub resolved: Option<(Moment, String)>,
}
