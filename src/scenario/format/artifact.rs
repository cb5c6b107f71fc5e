//! Artifacts: things with an identity that an observation can show. Clues and herrings name these, never commands.

use serde::{Deserialize, Serialize};

use super::Map;
use super::values::Duration;

/// Something an observation can show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Artifact {
    /// A series, over a window that reaches back at least `spans`.
    Series {
        /// Metric.
        metric: String,
        /// Labels that select it.
        #[serde(default)]
        matching: Map<String>,
        /// The window must cover at least this much before the look.
        #[serde(default)]
        spans: Option<Duration>,
    },
    /// A log line of a service that contains a text.
    Line {
        /// Service.
        of: String,
        /// Text.
        contains: String,
    },
    /// A Kubernetes object shown in detail (describe, yaml, json, an `env` in it).
    Object {
        /// Kind, for example `"Deployment"`.
        kind: String,
        /// Name; for pods the service.
        name: String,
    },
    /// A pod of a service in a list, with its status.
    PodStatus {
        /// Service.
        of: String,
    },
    /// The rollout history of a service.
    Rollout(String),
    /// A commit with its changes.
    Commit(String),
    /// A commit's title in a list.
    CommitTitle(String),
    /// Lines of a file.
    FileLines {
        /// Repository.
        repo: String,
        /// Path.
        path: String,
        /// Text that must be on the screen.
        contains: String,
    },
    /// A consumer group's offsets.
    Group(String),
    /// A topic's settings or offsets.
    Topic(String),
    /// Valkey's figures.
    ValkeyInfo(String),
    /// A scripted message, by its name in the scenario.
    Message(String),
    /// A Sentry issue.
    SentryIssue(String),
    /// An incident of the paging system.
    Incident(String),
    /// A wiki page, by its file name without ending.
    WikiPage(String),
    /// A ticket.
    Ticket(String),
    /// A run of CI that built or deployed a release, with its log.
    CiRun {
        /// Service.
        of: String,
        /// Tag of the release.
        tag: String,
    },
    /// The manifest of a release's image, with its labels.
    ImageManifest {
        /// Service.
        of: String,
        /// Tag of the release.
        tag: String,
    },
    /// A tag in the list of a service's images, as it is pushed now.
    ImageTag {
        /// Service.
        of: String,
        /// The tag: that of a release, or one that moves.
        tag: String,
    },
    /// A trace that was opened, with a span of this work.
    Span {
        /// The service that sent the span.
        of: String,
        /// Its resource: a route of the service or of one that it calls, or `"Produce Topic NAME"`.
        resource: String,
        /// It took at least so long.
        #[serde(default)]
        lasts: Option<Duration>,
        /// It failed.
        #[serde(default)]
        failed: bool,
    },
    /// A feature flag's value.
    Flag(String),
    /// A feature flag's audit: who switched it and when.
    FlagAudit(String),
    /// A team's on-call schedule.
    Schedule(String),
    /// An incident of the status page, or of a supplier's.
    StatusIncident(String),
    /// A component of the status page with its state, or of a supplier's.
    StatusComponent(String),
    /// A resource of the infrastructure's state, by address.
    TerraformResource(String),
    /// A resource in a plan that would change it, by address.
    TerraformDrift(String),
    /// An alarm of the cloud account.
    Alarm(String),
    /// Rows of a table.
    Table {
        /// Database server.
        server: String,
        /// Table.
        table: String,
    },
}
