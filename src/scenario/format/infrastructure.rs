//! Infrastructure of an estate: the cluster's nodes and namespaces, Kafka, Valkey, PostgreSQL, cron jobs.

use serde::{Deserialize, Serialize};

use super::Map;
use super::values::{Duration, Instant, Size};

/// A namespace of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Namespace {
    /// Labels.
    pub labels: Map<String>,
    /// Config maps: name to keys and texts.
    pub config_maps: Map<Map<String>>,
    /// Secrets: name to the names of their keys (values are never in the game).
    pub secrets: Map<Vec<String>>,
}

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Cores.
    pub cpu: Size,
    /// Memory.
    pub memory: Size,
    /// Availability zone.
    #[serde(default)]
    pub zone: String,
    /// Instance type, as `node.kubernetes.io/instance-type` shows it.
    #[serde(default)]
    pub instance_type: String,
    /// Further labels.
    #[serde(default)]
    pub labels: Map<String>,
}

/// A Kafka cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaCluster {
    /// The service whose pods are its brokers.
    pub service: String,
    /// Address that command-line tools are given, for example `"kafka:9092"`.
    pub bootstrap: String,
    /// Topics by name.
    pub topics: Map<Topic>,
    /// The broker's environment variable for the default retention in hours, as read when it starts.
    #[serde(default = "retention_env")]
    pub retention_env: String,
    /// How often the broker deletes what is too old.
    #[serde(default = "check_interval")]
    pub retention_check: Duration,
}

fn retention_env() -> String {
    "KAFKA_LOG_RETENTION_HOURS".to_owned()
}

fn check_interval() -> Duration {
    Duration::from_secs(300)
}

/// A Kafka topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Partitions.
    #[serde(default = "one_partition")]
    pub partitions: u32,
    /// Topic settings that were set explicitly (`retention.ms`, `segment.ms`, ...).
    #[serde(default)]
    pub config: Map<String>,
    /// Bytes of a message on average.
    #[serde(default = "message_bytes")]
    pub message_bytes: u32,
    /// How often a segment closes.
    #[serde(default = "segment_roll")]
    pub segment: Duration,
    /// Known instants and offsets: the log end offset was exactly this then.
    #[serde(default)]
    pub offsets: Vec<OffsetMark>,
    /// An instant at which a segment closes; others follow from `segment`.
    #[serde(default)]
    pub segment_closes: Option<Instant>,
}

fn one_partition() -> u32 {
    1
}

fn message_bytes() -> u32 {
    900
}

fn segment_roll() -> Duration {
    Duration::from_secs(6 * 3600)
}

/// The log end offset of a topic at an instant before the page, the same for every seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffsetMark {
    /// The instant.
    pub at: Instant,
    /// The offset that the next message will get.
    pub end: u64,
}

/// A Valkey server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Valkey {
    /// The service whose pod it is.
    pub service: String,
    /// Its version as `INFO` shows it.
    pub version: String,
    /// `maxmemory`.
    pub max_memory: Size,
    /// Memory in ordinary use as a share of `max_memory`.
    pub used_share: f64,
    /// Keys in ordinary use.
    pub keys: u64,
    /// A key is gone so long after its last change; never when left out.
    #[serde(default)]
    pub expires: Option<Duration>,
    /// What its keys are, by prefix, for `SCAN` and samples.
    #[serde(default)]
    pub key_prefix: String,
    /// What a flush empties, told in the world's words (for example "every open session").
    #[serde(default)]
    pub holds: String,
}

/// A PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The service whose pod it is.
    pub service: String,
    /// Its version, as `select version()` shows it.
    pub version: String,
    /// Most connections.
    pub max_connections: u32,
    /// Databases and their tables.
    pub databases: Map<Map<Table>>,
}

/// A prepared table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Column names and PostgreSQL types, in order.
    pub columns: Vec<(String, String)>,
    /// Rows as texts, for small tables.
    #[serde(default)]
    pub rows: Vec<Vec<String>>,
    /// Rows that grow with what happens: one for each message a group has worked off.
    #[serde(default)]
    pub grows_with: Option<TableGrowth>,
}

/// A table that gets one row for each message of a consumer group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableGrowth {
    /// The consumer group.
    pub group: String,
    /// Rows it had when the group's committed offset was zero.
    #[serde(default)]
    pub base: u64,
    /// The column that holds the time a row was written.
    pub time_column: String,
}

/// A cron job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledJob {
    /// Namespace.
    pub namespace: String,
    /// Five cron fields.
    pub schedule: String,
    /// Image with tag.
    pub image: String,
    /// How long a run takes.
    pub runs_for: Duration,
    /// Log lines of a run.
    #[serde(default)]
    pub says: Vec<String>,
    /// Suspended.
    #[serde(default)]
    pub suspend: bool,
}
