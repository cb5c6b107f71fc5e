//! What outer systems of an estate hold beside their quiet background: the status page, cloud alarms, infrastructure as
//! code, and instruments that fail.

use serde::{Deserialize, Serialize};

use super::Map;
use super::values::{Duration, Moment};

/// The company's public status page. An estate without one has a component for each of its journeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusPage {
    /// Components by the name that customers read, with one sentence each.
    pub components: Map<String>,
    /// Incidents that were posted, by id.
    pub incidents: Map<StatusIncident>,
    /// Status pages of suppliers that people here look at, by the supplier's name.
    pub suppliers: Map<SupplierPage>,
}

/// A supplier's public status page. Names of its components and ids of its incidents are of no other page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupplierPage {
    /// Its address, for example `"status.carrier.example"`.
    pub address: String,
    /// Components with one sentence each.
    pub components: Map<String>,
    /// Incidents that the supplier posted, by id.
    pub incidents: Map<StatusIncident>,
}

/// An incident or a maintenance on the status page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusIncident {
    /// Title.
    pub title: String,
    /// How much it hurt: `"none"`, `"minor"`, `"major"`, `"critical"` or `"maintenance"`.
    pub impact: String,
    /// The components it names.
    #[serde(default)]
    pub components: Vec<String>,
    /// What was posted: when, the state (`"investigating"`, `"identified"`, `"monitoring"`, `"resolved"`, `"scheduled"`,
    /// `"completed"`), and the text.
    pub updates: Vec<(Moment, String, String)>,
}

/// How requests are traced. Traces of failed requests are all kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// The trace of one good request in so many is kept; as many as write their access line when left out, so that
    /// every trace id in a log opens.
    pub one_in: u32,
    /// How long traces are kept; 15 days when left out.
    pub retention: Duration,
    /// The service that collects spans, where there is one: the share of its requests that fail is the share of spans that
    /// are lost, and all are while none of its pods is ready.
    pub collector: Option<String>,
}

/// An alarm of the cloud account on a metric that it knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudAlarm {
    /// What it watches, in one sentence.
    #[serde(default)]
    pub about: String,
    /// Namespace, for example `"AWS/EBS"`.
    pub namespace: String,
    /// Metric, for example `"VolumeReadBytes"`.
    pub metric: String,
    /// Dimensions.
    #[serde(default)]
    pub dimensions: Map<String>,
    /// It is in alarm above this (below this when `below`).
    pub threshold: f64,
    /// It is in alarm below the threshold.
    #[serde(default)]
    pub below: bool,
    /// Length of a period.
    #[serde(default = "five_minutes")]
    pub period: Duration,
    /// So many periods in a row must be beyond the threshold.
    #[serde(default = "three")]
    pub periods: u32,
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

fn three() -> u32 {
    3
}

/// A metric of the cloud account that is one of the estate's series under another name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudMetric {
    /// Namespace, for example `"AWS/EBS"`.
    pub namespace: String,
    /// Name, for example `"VolumeReadBytes"`.
    pub metric: String,
    /// Dimensions.
    #[serde(default)]
    pub dimensions: Map<String>,
    /// The PromQL expression that gives its samples; it must give one series.
    pub is: String,
    /// Unit, as CloudWatch calls it, for example `"Bytes/Second"`.
    #[serde(default)]
    pub unit: String,
}

/// What an infrastructure's code says that its state does not, or a resource that nothing else declares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Infrastructure {
    /// Further resources by address (`"aws_s3_bucket.invoices"`), each with its attributes as texts.
    pub resources: Map<Map<String>>,
    /// Attributes whose real value is not what the code says: address, attribute, and the value that the code wants.
    pub drift: Vec<(String, String, String)>,
}

/// A tag of a service's images that moves from release to release, as somebody or something put it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedTag {
    /// Service.
    pub of: String,
    /// The tag, for example `"stable"`.
    pub tag: String,
    /// The release that it names from then on, by its tag.
    pub release: String,
    /// When it was pushed.
    pub at: Moment,
}

/// The systems whose calls can be limited, as scenarios call them.
pub const SYSTEMS: &[&str] = &[
    "slack",
    "pagerduty",
    "sentry",
    "prometheus",
    "logs",
    "git",
    "code",
    "kubernetes",
    "kafka",
    "valkey",
    "postgres",
    "featureflags",
    "jira",
    "wiki",
    "ci",
    "statuspage",
    "oncall",
    "terraform",
    "imageregistry",
    "cloudwatch",
    "datadog",
    "delivery",
    "host",
];

/// Instruments that fail during a drill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instruments {
    /// Systems that take only so many calls a minute, by family (`"jira"`, `"sentry"`, `"cloudwatch"`).
    pub rate_limits: Map<u32>,
    /// Links of the wiki and of dashboards that lead nowhere: what they end with, and what is shown instead.
    pub dead_links: Map<String>,
    /// Database servers whose questions are answered by a read replica that is so far behind: what was written since is
    /// not in it yet.
    pub stale_replicas: Map<Duration>,
}
