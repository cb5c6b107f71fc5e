//! The estate: the company under the incident. Its files are merged into this one type by the loader.
//!
//! An estate's folder holds `estate.ron` (this struct), and further `*.ron` files of the same struct whose maps and
//! lists are joined; `repos/`, `wiki/` and `chatter/` beside them hold texts.

use serde::{Deserialize, Serialize};

use super::Map;
use super::alerting::Alerting;
use super::infrastructure::{Database, KafkaCluster, Namespace, Node, ScheduledJob, Valkey};
use super::people::{Channel, Person, Team};
use super::records::{Dashboard, FeatureFlag, Journey, Repository, Ticket};
use super::service::Service;
use super::systems::{CloudAlarm, CloudMetric, Infrastructure, MovedTag, StatusPage, Tracing};
use super::telemetry::{AlertRule, SeriesSpec, TrafficShape};
use super::values::{Duration, Instant};

/// A company: what runs, who works there, what they know. Reused by scenarios.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Estate {
    /// What people call the company's system, for example `"Alpha"`.
    pub title: String,
    /// The cluster's name as `kubectl config get-contexts` shows it.
    pub cluster: String,
    /// The domain of e-mail addresses and host names, for example `"alpha.example"`.
    pub domain: String,
    /// Namespaces of the cluster.
    pub namespaces: Map<Namespace>,
    /// Nodes of the cluster.
    pub nodes: Map<Node>,
    /// Services by name; each is a workload of its namespace.
    pub services: Map<Service>,
    /// Kafka clusters by name.
    pub kafka: Map<KafkaCluster>,
    /// Valkey (Redis) servers by name.
    pub valkey: Map<Valkey>,
    /// PostgreSQL servers by name.
    pub postgres: Map<Database>,
    /// Cron jobs by name.
    pub jobs: Map<ScheduledJob>,
    /// Repositories by name; their files are in `repos/<name>/`.
    pub repositories: Map<Repository>,
    /// Teams by name.
    pub teams: Map<Team>,
    /// People by handle, without `@`.
    pub people: Map<Person>,
    /// Programs that post, commit or roll out under a name of their own, such as `"nightly-release"`. Names that begin with a
    /// capital (`"PagerDuty"`) need not be given.
    pub apps: Vec<String>,
    /// Slack channels by name, with `#`.
    pub channels: Map<Channel>,
    /// What customers do: entry points, weights and value.
    pub journeys: Map<Journey>,
    /// How traffic goes up and down over a day and a week.
    pub traffic: TrafficShape,
    /// Feature flags by key.
    pub flags: Map<FeatureFlag>,
    /// Dashboards by title.
    pub dashboards: Map<Dashboard>,
    /// Alert rules by name.
    pub alerts: Map<AlertRule>,
    /// How alerts are grouped and routed.
    pub alerting: Alerting,
    /// Recording rules: the new name and its expression, evaluated every 30 s.
    pub recordings: Map<String>,
    /// Further series that no component brings by itself.
    pub series: Map<SeriesSpec>,
    /// Tickets by key.
    pub tickets: Map<Ticket>,
    /// Jira projects by key, with their titles; those of the tickets' keys when left out.
    pub jira_projects: Map<String>,
    /// The public status page.
    pub status_page: StatusPage,
    /// Metrics of the cloud account beside those of the nodes.
    pub cloud_metrics: Vec<CloudMetric>,
    /// Alarms of the cloud account beside those of the nodes, by name.
    pub cloud_alarms: Map<CloudAlarm>,
    /// Infrastructure as code beside what nodes and servers bring.
    pub infrastructure: Infrastructure,
    /// Tags of images that move.
    pub image_tags: Vec<MovedTag>,
    /// The channel where incidents are worked.
    pub incident_channel: String,
    /// The channel where alerts are posted.
    pub alert_channel: String,
    /// The channel where deployments are announced.
    pub deploy_channel: String,
    /// One good request in so many writes its access line; failed ones always do. 10 when left out.
    pub access_log_one_in: u32,
    /// How long access lines of good requests are kept; a day when left out. All other lines are kept for a week.
    pub access_log_retention: Duration,
    /// How requests are traced.
    pub traces: Tracing,
    /// When the estate as described came into being; older pods and objects are not shown as older than this.
    pub since: Option<Instant>,
}
