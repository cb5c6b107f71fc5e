//! Changes: what happens to the estate by itself or by its people, before and during a drill.

use serde::{Deserialize, Serialize};

use super::Map;
use super::condition::Condition;
use super::values::{Delay, Duration, Moment};

/// A change of the estate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Change {
    /// Rolls out a release.
    Deploy {
        /// Service.
        of: String,
        /// Tag in its releases.
        tag: String,
    },
    /// Sets an environment variable of a workload.
    SetEnv {
        /// Service.
        of: String,
        /// Variable.
        name: String,
        /// Value; `None` removes it.
        #[serde(default)]
        value: Option<String>,
    },
    /// Scales a workload.
    Scale {
        /// Service.
        of: String,
        /// Pods.
        replicas: u32,
    },
    /// Restarts a workload pod by pod.
    Restart {
        /// Service.
        of: String,
    },
    /// Switches a flag.
    SetFlag {
        /// Flag.
        flag: String,
        /// On or off.
        on: bool,
    },
    /// Sets a declared fact.
    SetFact {
        /// Fact.
        fact: String,
        /// Value, as text.
        value: String,
    },
    /// Sets or removes a topic's setting.
    SetTopicConfig {
        /// Topic.
        topic: String,
        /// Setting.
        key: String,
        /// Value; `None` removes it.
        #[serde(default)]
        value: Option<String>,
    },
    /// Stops alerts from being announced for a while: those of a name, those with some labels, or those with both.
    Silence {
        /// Alert.
        #[serde(default)]
        alert: Option<String>,
        /// Labels that the alerts have.
        #[serde(default)]
        matching: Map<String>,
        /// How long.
        lasts: Duration,
    },
}

/// Something that happens at a moment of the story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    /// When.
    pub at: Moment,
    /// What.
    pub does: Vec<Change>,
    /// By whom, where a person did it.
    #[serde(default)]
    pub by: Option<String>,
}

/// A rule of the estate that changes facts when a condition comes to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Automation {
    /// What it is.
    pub says: String,
    /// It acts when this comes to hold.
    pub when: Condition,
    /// After this long.
    #[serde(default)]
    pub delay: Duration,
    /// What it does.
    pub does: Vec<Change>,
    /// It acts at most this often.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// A declared fact that no component brings: a sysctl, a DNS record, a certificate's date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it is.
    pub says: String,
    /// Its value, as text.
    pub value: String,
    /// How long a change takes to reach what runs.
    #[serde(default)]
    pub reaches_in: Delay,
}
