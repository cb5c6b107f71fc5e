//! Telemetry that a file declares: log templates, further series, alert rules, the shape of traffic, pins.

use serde::{Deserialize, Serialize};

use super::Map;
use super::values::{Duration, Moment, Rate};

/// Level of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// For developers.
    Debug,
    /// Ordinary.
    #[default]
    Info,
    /// Odd.
    Warn,
    /// Something failed.
    Error,
    /// The process cannot go on.
    Fatal,
}

/// A kind of log line: its text with fields in braces, and how often it comes.
///
/// A field is `{name:kind(args)}`: `{ms:digits(1..900)}`, `{shard:word(a|b|c)}`, `{id:hex(16)}`, `{trace}`,
/// `{duration_ms}`; see `docs/scenario-format.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogTemplate {
    /// Level.
    #[serde(default)]
    pub level: Level,
    /// The text; several lines for a stack trace.
    pub text: String,
    /// Lines of all pods together at the traffic's mean.
    pub rate: Rate,
    /// Follows the traffic's shape.
    #[serde(default)]
    pub with_traffic: bool,
}

/// How traffic goes up and down: a factor for each hour of the day and each day of the week (Monday first).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrafficShape {
    /// 24 factors, in UTC; interpolated between the hours.
    pub hours: Vec<f64>,
    /// 7 factors.
    pub days: Vec<f64>,
}

impl Default for TrafficShape {
    fn default() -> Self {
        Self {
            hours: vec![1.0; 24],
            days: vec![1.0; 7],
        }
    }
}

/// A series that no component brings by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// Metric name as Prometheus shows it; the key in the map is only a name within the file.
    pub metric: String,
    /// Labels.
    #[serde(default)]
    pub labels: Map<String>,
    /// Help text.
    #[serde(default)]
    pub help: String,
    /// What its values are.
    pub value: SeriesValue,
}

/// What a declared series shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SeriesValue {
    /// A gauge around a base, bent by effects.
    Gauge {
        /// Base.
        base: f64,
        /// Amplitude of its noise as a share of the base.
        #[serde(default)]
        noise: f64,
        /// Follows the traffic's shape.
        #[serde(default)]
        with_traffic: bool,
        /// Lowest and highest value it can have.
        #[serde(default)]
        range: Option<(f64, f64)>,
        /// Its values are multiples of this: 1 for what is counted; any value when left out.
        #[serde(default)]
        step: f64,
    },
    /// A counter of events at a rate.
    Counter {
        /// Rate at the traffic's mean.
        rate: Rate,
        /// Value fourteen days before the page.
        #[serde(default)]
        base: f64,
        /// Follows the traffic's shape.
        #[serde(default)]
        with_traffic: bool,
    },
    /// A stock's level.
    Stock(String),
    /// The same values as another series, under this name.
    SameAs {
        /// Metric of the other series.
        metric: String,
        /// Labels that select it.
        #[serde(default)]
        labels: Map<String>,
    },
    /// The share of a route's requests that are answered well, as the service expects it at that moment (0 to 1).
    SuccessShare {
        /// Service.
        of: String,
        /// Route.
        route: String,
    },
    /// Messages a consumer group has worked off.
    Consumed {
        /// Group.
        group: String,
    },
}

/// An alert rule, as Prometheus evaluates one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertRule {
    /// PromQL expression: each series that it gives is an alert.
    pub expr: String,
    /// How long it must hold before the alert fires (`for` in Prometheus).
    #[serde(default)]
    pub hold: Duration,
    /// How long the alert goes on firing after it ceased to hold (`keep_firing_for`).
    #[serde(default)]
    pub keep_firing: Duration,
    /// Labels that the alert gets beside those of its series, `severity` among them. Templates, as in `annotations`.
    #[serde(default)]
    pub labels: Map<String>,
    /// Texts; `summary` is what is posted. Go's templates: `{{ $labels.pod }}`, `{{ $value | humanizePercentage }}`.
    #[serde(default)]
    pub annotations: Map<String>,
    /// Whether it pages; one with `severity: "critical"` does anyway.
    #[serde(default)]
    pub pages: bool,
    /// The service it is about, where its series do not say so themselves.
    #[serde(default)]
    pub service: Option<String>,
    /// Silenced between these moments.
    #[serde(default)]
    pub silences: Vec<(Moment, Moment)>,
}

/// The exact number of events in a window before the page, whatever the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What is counted.
    pub of: super::records::Counts,
    /// Start of the window.
    pub from: Moment,
    /// End of the window, not after the page.
    pub until: Moment,
    /// How many events.
    pub total: u64,
}
