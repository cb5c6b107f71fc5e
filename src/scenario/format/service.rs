//! A service: what runs, what it serves, what it calls, and how much it can take.

use serde::{Deserialize, Serialize};

use super::Map;
use super::telemetry::LogTemplate;
use super::values::{Duration, Instant, Rate, Size};

/// A service of the estate. Its runtime brings its standard telemetry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// One sentence: what it does.
    pub about: String,
    /// Language runtime; decides standard metrics, log format and stack traces.
    pub runtime: Runtime,
    /// Namespace it runs in.
    pub namespace: String,
    /// The kind of its Kubernetes object.
    pub workload: WorkloadKind,
    /// Wanted number of pods.
    pub replicas: u32,
    /// How a new revision replaces the old one.
    pub strategy: Strategy,
    /// Team that owns it.
    pub team: String,
    /// Where its source is.
    pub source: Option<Source>,
    /// Image repository without tag, for example `"registry.alpha.example/web"`.
    pub image: String,
    /// Images that were built, oldest first; the newest one deployed before the page is running.
    pub releases: Vec<Release>,
    /// Environment variables of its container.
    pub env: Map<String>,
    /// An env file in its repository whose variables are added to `env` when it is shipped.
    pub env_file: Option<String>,
    /// The variables that a ship takes from `env_file`; others in the file are not passed to this service.
    pub env_passthrough: Vec<String>,
    /// Container ports.
    pub ports: Vec<u16>,
    /// What its container asks for and may use.
    pub resources: Resources,
    /// Time from container start to readiness.
    pub starts_in: Duration,
    /// How often a pod restarted by itself in its past, and how long ago the last time was.
    pub past_restarts: Option<PastRestarts>,
    /// A pod that has crash-looped for a long time, is known, and has nothing to do with anything.
    pub known_crash_loop: Option<KnownCrashLoop>,
    /// Routes it serves, by `"METHOD /path"` or `"package.Service/Method"`.
    pub routes: Map<Route>,
    /// How much one pod can take.
    pub capacity: Capacity,
    /// A request that takes longer is slow: when one in twenty is for five minutes, `HighLatency` is raised. No such alert
    /// when left out. At most 10 s.
    pub slow_above: Option<Duration>,
    /// Kafka topics it consumes, with the group.
    pub consumes: Vec<Consumes>,
    /// Stores it reads and writes (names of Valkey or PostgreSQL servers).
    pub stores: Vec<String>,
    /// Log lines that are not access lines.
    pub logs: Map<LogTemplate>,
    /// Mounted files by path, with their text: what `exec POD -- cat` can read.
    pub files: Map<String>,
    /// Sentry project, where it has one.
    pub sentry: Option<String>,
    /// Horizontal autoscaling, where it has one.
    pub autoscale: Option<Autoscale>,
}

/// Language runtime of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Runtime {
    /// Go: goroutines, GC pauses, JSON logs.
    #[default]
    Go,
    /// .NET: thread pool, GC generations, console logs.
    DotNet,
    /// Java or Kotlin on a JVM.
    Java,
    /// Node.js.
    Node,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
    /// C++.
    Cpp,
    /// PHP.
    Php,
    /// nginx or Envoy: access lines only.
    Proxy,
    /// A component that is not the company's own code (Kafka, Valkey, PostgreSQL).
    Vendor,
}

/// Kind of the Kubernetes object behind a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkloadKind {
    /// A Deployment.
    #[default]
    Deployment,
    /// A StatefulSet; pods are named by ordinal.
    StatefulSet,
    /// A DaemonSet; one pod a node.
    DaemonSet,
}

/// How a new revision replaces the old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// New pods come up before old ones go.
    #[default]
    RollingUpdate,
    /// All old pods go first.
    Recreate,
}

/// Where the source of a service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Repository.
    pub repo: String,
    /// Folder in the repository.
    pub path: String,
}

/// An image that was built and, where `deployed` is given, rolled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Image tag.
    pub tag: String,
    /// Commit it was built from (short id); `None` for a vendor's image.
    #[serde(default)]
    pub commit: Option<String>,
    /// When the build ended.
    pub built: Instant,
    /// When it was rolled out, if it was.
    #[serde(default)]
    pub deployed: Option<Instant>,
    /// Who rolled it out.
    #[serde(default)]
    pub by: Option<String>,
}

/// Requests and limits of a container.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// CPU asked for, in cores.
    pub cpu_request: Size,
    /// CPU limit; `None` for no limit.
    pub cpu_limit: Option<Size>,
    /// Memory asked for.
    pub memory_request: Size,
    /// Memory limit.
    pub memory_limit: Size,
    /// Memory in ordinary use, as a share of the limit (0 to 1).
    pub memory_use: f64,
}

impl Default for Resources {
    fn default() -> Self {
        Self {
            cpu_request: Size { value: 0.1 },
            cpu_limit: None,
            memory_request: Size {
                value: 134_217_728.0,
            },
            memory_limit: Size {
                value: 268_435_456.0,
            },
            memory_use: 0.45,
        }
    }
}

/// Restarts in a pod's past that mean nothing now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastRestarts {
    /// How many.
    pub count: u32,
    /// How long before the page the last one was.
    pub last: Duration,
}

/// A deployment that nobody has got round to removing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownCrashLoop {
    /// How long before the page it began.
    pub since: Duration,
    /// How long each life lasts.
    pub life: Duration,
    /// Exit code of each life.
    pub exit_code: i32,
    /// What each life prints before it ends.
    pub says: Vec<String>,
}

/// A route of a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// Requests that come from no other service of the estate (health checks aside): partners, cron, workers.
    pub own_rate: Option<Rate>,
    /// Latency of a request that this service itself causes: the median.
    pub p50: Duration,
    /// The 99th percentile of the same.
    pub p99: Duration,
    /// Calls to other services that one request makes.
    pub calls: Vec<Call>,
    /// Share of requests that fail on an ordinary day (0 to 1).
    pub error_share: f64,
    /// Status of an ordinary failure, as HTTP or gRPC write it.
    pub error_status: Option<String>,
    /// Topic that each successful request writes one message to.
    pub produces: Option<String>,
    /// After this long the service gives up handing that message over.
    pub produce_timeout: Option<Duration>,
    /// After this long the service gives up a request, whatever it waits for.
    pub deadline: Option<Duration>,
}

/// A call from one service to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The service called.
    pub to: String,
    /// The route called.
    pub route: String,
    /// Calls per request; may be a fraction.
    #[serde(default = "one")]
    pub per_request: f64,
    /// How the call is made.
    #[serde(default)]
    pub protocol: Protocol,
    /// Whether the request fails when this call fails.
    #[serde(default = "yes")]
    pub required: bool,
    /// After this long the caller gives up.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// How often the caller tries again.
    #[serde(default)]
    pub retries: u32,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// Protocol of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// HTTP/1.1 or 2.
    #[default]
    Http,
    /// gRPC.
    Grpc,
    /// Valkey's RESP.
    Resp,
    /// PostgreSQL's protocol.
    Postgres,
}

/// How much a pod can take. Beyond it requests wait, then fail (see `sim::flows` for the formula).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// Requests a second that one ready pod can serve; `None` means more than it will ever get.
    pub per_pod: Option<Rate>,
    /// Connections in its outgoing pool.
    pub pool: Option<u32>,
}

/// A consumer group of a service on a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumes {
    /// Kafka cluster.
    pub cluster: String,
    /// Topic.
    pub topic: String,
    /// Consumer group.
    pub group: String,
    /// Messages a second that one ready pod can work off.
    pub per_pod: Rate,
    /// Log template (a name in `logs`) written for each message, where there is one.
    #[serde(default)]
    pub line: Option<String>,
}

/// Horizontal pod autoscaling on CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscale {
    /// Least replicas.
    pub min: u32,
    /// Most replicas.
    pub max: u32,
    /// Wanted CPU utilisation in percent of the request.
    pub cpu_percent: u32,
}
