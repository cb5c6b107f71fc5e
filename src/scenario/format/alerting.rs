//! How an estate's alerts reach people: groups, waits, routes. The rules themselves are [`super::telemetry::AlertRule`].

use serde::{Deserialize, Serialize};

use super::Map;
use super::values::Duration;

/// How alerts are grouped and who is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerting {
    /// Whether services, workloads, nodes, consumer groups and servers bring their ordinary alert rules by themselves. A
    /// rule of the estate with the same name takes the place of one of these.
    pub standard: bool,
    /// Ordinary alert rules that this estate does without, by name.
    pub without: Vec<String>,
    /// How long a new group waits for further alerts before it is posted: 30 s when left out.
    pub group_wait: Duration,
    /// How long a group waits before it posts what changed in it: 5 min when left out.
    pub group_interval: Duration,
    /// After so long a group whose alerts still fire is posted again: 4 h when left out.
    pub repeat_interval: Duration,
    /// Where alerts go; the first route that fits counts. Without one they go to the estate's `alert_channel`, and those
    /// with `severity: "critical"` page.
    pub routes: Vec<AlertRoute>,
}

impl Default for Alerting {
    fn default() -> Self {
        Self {
            standard: true,
            without: Vec::new(),
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_secs(300),
            repeat_interval: Duration::from_secs(4 * 3600),
            routes: Vec::new(),
        }
    }
}

/// Where some alerts go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertRoute {
    /// Labels that an alert must have; none means every alert.
    pub matching: Map<String>,
    /// The channel they are posted in; the estate's `alert_channel` when left out.
    pub channel: Option<String>,
    /// Whether they page; by their severity when left out.
    pub pages: Option<bool>,
}
