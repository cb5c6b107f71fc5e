//! Commands: what the trainee asks of the world, as the journal keeps it. Never how they were typed.

use serde::{Deserialize, Serialize};

use super::git::command::RepoCommand;
use super::kubernetes::KubeCommand;

/// A change that the trainee asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Something in the cluster.
    Kubernetes(Box<KubeCommand>),
    /// Something in Kafka.
    Kafka(KafkaCommand),
    /// Empties a Valkey server.
    ValkeyFlush {
        /// Server's name in the estate.
        server: String,
    },
    /// A message in Slack.
    SlackPost {
        /// Channel, with `#`.
        channel: String,
        /// The text.
        text: String,
        /// Id of the message whose thread it belongs to.
        thread: Option<String>,
    },
    /// Something in the paging system.
    Pager {
        /// The incident's id.
        incident: String,
        /// What.
        act: PagerAct,
    },
    /// Something in the trainee's clone of a repository.
    Repository {
        /// The repository.
        repo: String,
        /// What.
        command: RepoCommand,
    },
    /// Commits and pushes what is edited, builds a service from its repository's newest commit and rolls it out.
    Ship {
        /// Service.
        service: String,
    },
    /// Switches a feature flag.
    SetFlag {
        /// Flag's key.
        flag: String,
        /// On or off.
        on: bool,
    },
    /// Something in Alertmanager.
    Alerts(AlertCommand),
    /// Something of the drill itself.
    Drill(DrillAct),
}

/// A change in Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertCommand {
    /// Silences the alerts that have all of some labels.
    Silence {
        /// Labels and their values.
        matching: Vec<(String, String)>,
        /// How long, in milliseconds.
        lasts_ms: i64,
        /// Why.
        comment: String,
    },
    /// Ends a silence, by its id.
    ExpireSilence(String),
}

/// A change in Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaCommand {
    /// Sets a group's committed offsets on a topic.
    ResetOffsets {
        /// Group.
        group: String,
        /// Topic.
        topic: String,
        /// The partitions; all of them when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        partitions: Vec<u32>,
        /// Where to.
        to: OffsetTarget,
    },
    /// Sets a topic's setting; `None` removes it.
    AlterTopic {
        /// Topic.
        topic: String,
        /// Setting.
        key: String,
        /// Value.
        value: Option<String>,
    },
    /// Deletes a topic.
    DeleteTopic {
        /// Topic.
        topic: String,
    },
}

/// Where a group's offsets are set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffsetTarget {
    /// The oldest message that is still there.
    Earliest,
    /// After the newest message.
    Latest,
    /// An offset.
    Offset(u64),
    /// So many from where it is.
    ShiftBy(i64),
}

/// A change in the paging system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PagerAct {
    /// Takes the page.
    Acknowledge,
    /// Says it is over.
    Resolve,
    /// Adds a note.
    Note(String),
}

/// Something of the drill itself: it costs no simulated time and changes nothing in the estate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillAct {
    /// Asks for a hint.
    Hint {
        /// Which: faults in the order of the answer's path, three each.
        number: u32,
    },
    /// Keeps an artifact as evidence.
    Pin {
        /// The artifact's id as an observation gave it.
        artifact: String,
        /// What it was, as the trainee saw it.
        title: String,
    },
    /// Gives up a piece of evidence.
    Unpin {
        /// The artifact's id.
        artifact: String,
    },
    /// A note in the notebook.
    Note(String),
    /// Writes down or changes a hypothesis.
    Hypothesis(Hypothesis),
    /// Hands in a claim of the root cause.
    Claim(Claim),
    /// The incident report.
    Report(String),
    /// Hands the incident over, with a note.
    HandOver(String),
    /// Gives up.
    GiveUp,
}

/// A hypothesis in the notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Its number; an existing one is replaced.
    pub number: u32,
    /// What component is at fault.
    pub component: String,
    /// By what mechanism.
    pub mechanism: String,
    /// Why now.
    pub why_now: String,
    /// How sure, in percent.
    pub confidence: u8,
    /// Artifacts that support it.
    pub for_it: Vec<String>,
    /// Artifacts that speak against it.
    pub against_it: Vec<String>,
    /// Given up.
    pub rejected: bool,
}

/// A claim of the root cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What component is at fault.
    pub component: String,
    /// By what mechanism it comes to what customers see.
    pub mechanism: String,
    /// Why now.
    pub why_now: String,
    /// Artifacts that show it.
    pub evidence: Vec<String>,
}

/// Why the world did not do what was asked. The id is stable and stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// Stable id such as `no-such-topic`.
    pub id: &'static str,
    /// The text as the real system words it.
    pub message: String,
}

impl Rejection {
    /// A rejection with its id and text.
    pub fn new(id: &'static str, message: impl Into<String>) -> Self {
        Self {
            id,
            message: message.into(),
        }
    }
}
