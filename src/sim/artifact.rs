//! What an observation showed, and whether that is the artifact a clue or a herring names.

use serde::{Deserialize, Serialize};

use crate::scenario::format::artifact::Artifact;
use crate::scenario::format::values::Duration;

use super::telemetry::lines::LogLine;
use super::time::{SimTime, Span};

/// Something that an observation showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Samples of a series over a window.
    Series {
        /// Metric name.
        metric: String,
        /// Its labels.
        labels: Vec<(String, String)>,
        /// Start of the window.
        from: SimTime,
        /// End of the window.
        to: SimTime,
    },
    /// A log line.
    Line {
        /// Service.
        service: String,
        /// The line as it was shown.
        text: String,
        /// When it was written; artifacts that somebody gives may leave it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<SimTime>,
        /// The pod that wrote it, if one did.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pod: String,
    },
    /// A Kubernetes object in detail.
    Object {
        /// Kind.
        kind: String,
        /// Name of the workload it belongs to, or its own.
        name: String,
    },
    /// A pod's status in a list.
    PodStatus(String),
    /// A rollout history.
    Rollout(String),
    /// A commit with its changes: its id.
    Commit(String),
    /// A commit's title: its id.
    CommitTitle(String),
    /// Lines of a file.
    File {
        /// Repository.
        repo: String,
        /// Path.
        path: String,
        /// The lines that were shown.
        text: String,
    },
    /// A consumer group's offsets.
    Group(String),
    /// A topic.
    Topic(String),
    /// Valkey's figures.
    ValkeyInfo(String),
    /// A message that was posted: the name of its script.
    Message(String),
    /// A Sentry issue.
    SentryIssue(String),
    /// An incident.
    Incident(String),
    /// A wiki page.
    WikiPage(String),
    /// A ticket.
    Ticket(String),
    /// A run of CI with its log.
    CiRun {
        /// Its id.
        run: u64,
        /// The releases it built or deployed: service and tag.
        releases: Vec<(String, String)>,
    },
    /// The manifest of an image.
    ImageManifest {
        /// Service.
        service: String,
        /// The release's tag.
        tag: String,
    },
    /// A tag in a list of images.
    ImageTag {
        /// Service.
        service: String,
        /// The tag.
        tag: String,
    },
    /// Spans of one kind of work in a trace that was opened.
    Span {
        /// The service that sent them.
        service: String,
        /// Their resource.
        resource: String,
        /// How long the longest of them took, in microseconds.
        duration_us: u64,
        /// They failed.
        failed: bool,
    },
    /// A feature flag's value.
    Flag(String),
    /// A feature flag's audit.
    FlagAudit(String),
    /// A team's on-call schedule.
    Schedule(String),
    /// An incident of the status page.
    StatusIncident(String),
    /// A component of the status page.
    StatusComponent(String),
    /// A resource of the infrastructure's state: its address.
    TerraformResource(String),
    /// A resource that a plan would change: its address.
    TerraformDrift(String),
    /// An alarm of the cloud account.
    Alarm(String),
    /// A trace: its id in 32 hexadecimal digits.
    Trace(String),
    /// Rows of a table.
    Table {
        /// Server.
        server: String,
        /// Table.
        table: String,
    },
}

impl Shown {
    /// A line of the log system.
    pub fn line(line: &LogLine) -> Self {
        Self::Line {
            service: line.service.to_string(),
            text: line.text.clone(),
            at: Some(SimTime(line.key.at_ms)),
            pod: line.pod.as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// The identity under which it can be pinned: a text that reads back with [`Shown::from_id`].
    pub fn id(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What an identity names; `None` for a text that is none.
    pub fn from_id(id: &str) -> Option<Self> {
        serde_json::from_str(id).ok()
    }
}

/// Whether what was shown is the artifact.
pub fn shows(shown: &Shown, artifact: &Artifact) -> bool {
    match (shown, artifact) {
        (
            Shown::Series {
                metric,
                labels,
                from,
                to,
            },
            Artifact::Series {
                metric: wanted,
                matching,
                spans,
            },
        ) => {
            metric == wanted
                && matching
                    .iter()
                    .all(|(name, value)| labels.iter().any(|(n, v)| n == name && v == value))
                && spans.is_none_or(|spans| *to - *from >= Span(spans.millis))
        }
        (Shown::Line { service, text, .. }, Artifact::Line { of, contains }) => {
            service == of && text.contains(contains.as_str())
        }
        (
            Shown::Object { kind, name },
            Artifact::Object {
                kind: wanted_kind,
                name: wanted,
            },
        ) => kind.eq_ignore_ascii_case(wanted_kind) && name == wanted,
        (
            Shown::File { repo, path, text },
            Artifact::FileLines {
                repo: in_repo,
                path: at,
                contains,
            },
        ) => repo == in_repo && path == at && text.contains(contains.as_str()),
        (
            Shown::Table { server, table },
            Artifact::Table {
                server: on,
                table: wanted,
            },
        ) => server == on && table == wanted,
        (Shown::CiRun { releases, .. }, Artifact::CiRun { of, tag: wanted }) => releases
            .iter()
            .any(|(service, tag)| service == of && tag == wanted),
        (Shown::ImageManifest { service, tag }, Artifact::ImageManifest { of, tag: wanted })
        | (Shown::ImageTag { service, tag }, Artifact::ImageTag { of, tag: wanted }) => {
            service == of && tag == wanted
        }
        (Shown::Span { .. }, Artifact::Span { .. }) => shows_span(shown, artifact),
        (Shown::FlagAudit(name), Artifact::Flag(wanted) | Artifact::FlagAudit(wanted)) => {
            name == wanted
        }
        (Shown::Commit(id), Artifact::Commit(wanted) | Artifact::CommitTitle(wanted))
        | (Shown::CommitTitle(id), Artifact::CommitTitle(wanted)) => {
            id.starts_with(wanted.as_str())
        }
        (Shown::PodStatus(name), Artifact::PodStatus { of: wanted })
        | (Shown::Rollout(name), Artifact::Rollout(wanted))
        | (Shown::Group(name), Artifact::Group(wanted))
        | (Shown::Topic(name), Artifact::Topic(wanted))
        | (Shown::ValkeyInfo(name), Artifact::ValkeyInfo(wanted))
        | (Shown::Message(name), Artifact::Message(wanted))
        | (Shown::SentryIssue(name), Artifact::SentryIssue(wanted))
        | (Shown::Incident(name), Artifact::Incident(wanted))
        | (Shown::WikiPage(name), Artifact::WikiPage(wanted))
        | (Shown::Ticket(name), Artifact::Ticket(wanted))
        | (Shown::Flag(name), Artifact::Flag(wanted))
        | (Shown::Schedule(name), Artifact::Schedule(wanted))
        | (Shown::StatusIncident(name), Artifact::StatusIncident(wanted))
        | (Shown::StatusComponent(name), Artifact::StatusComponent(wanted))
        | (Shown::TerraformResource(name), Artifact::TerraformResource(wanted))
        | (Shown::TerraformDrift(name), Artifact::TerraformDrift(wanted))
        | (Shown::Alarm(name), Artifact::Alarm(wanted)) => name == wanted,
        _ => false,
    }
}

/// Whether spans that were shown are of the work, as long and as failed as the artifact says.
fn shows_span(shown: &Shown, artifact: &Artifact) -> bool {
    let (
        Shown::Span {
            service,
            resource,
            duration_us,
            failed,
        },
        Artifact::Span {
            of,
            resource: wanted,
            lasts,
            failed: must_fail,
        },
    ) = (shown, artifact)
    else {
        return false;
    };
    let is_long = |lasts: &Duration| {
        u64::try_from(lasts.millis).is_ok_and(|least| *duration_us >= least.saturating_mul(1000))
    };
    service == of
        && resource == wanted
        && lasts.as_ref().is_none_or(is_long)
        && (*failed || !must_fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_when_it_is_long_enough_and_failed_as_it_must() {
        let shown = |duration_us, failed| Shown::Span {
            service: "gate".into(),
            resource: "POST /hand-in".into(),
            duration_us,
            failed,
        };
        let wanted = |lasts: Option<i64>, failed| Artifact::Span {
            of: "gate".into(),
            resource: "POST /hand-in".into(),
            lasts: lasts.map(|millis| Duration { millis }),
            failed,
        };
        assert!(shows(&shown(5_000_000, true), &wanted(Some(5000), true)));
        assert!(!shows(&shown(4_999_999, true), &wanted(Some(5000), true)));
        assert!(!shows(&shown(5_000_000, false), &wanted(None, true)));
        assert!(shows(&shown(1, true), &wanted(None, false)));
        let other = Artifact::Span {
            of: "intake".into(),
            resource: "POST /hand-in".into(),
            lasts: None,
            failed: false,
        };
        assert!(!shows(&shown(1, false), &other));
    }

    #[test]
    fn a_commit_with_its_changes_shows_its_title_too() {
        let shown = Shown::Commit("9f31c2e0aa".into());
        assert!(shows(&shown, &Artifact::CommitTitle("9f31c2e".into())));
        assert!(shows(&shown, &Artifact::Commit("9f31c2e".into())));
        assert!(!shows(
            &Shown::CommitTitle("9f31c2e0aa".into()),
            &Artifact::Commit("9f31c2e".into())
        ));
    }
}
