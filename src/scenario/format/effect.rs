//! Effects: what a fault does to signals, pods, consumers and instruments, in proportion to its intensity.

use serde::{Deserialize, Serialize};

use super::Map;
use super::telemetry::Level;
use super::values::{Duration, Rate, Size};

/// An effect of a fault. A sample is `(base + sum of Add) x product of Scale`, then moved `Toward` its targets by
/// intensity, strongest last, and clamped to the series' range: the order of a file never matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Effect {
    /// A share of a route's requests fails in a class of its own.
    Errors {
        /// Service.
        of: String,
        /// Route; all routes when left out.
        #[serde(default)]
        route: Option<String>,
        /// Class: a short name for this way to fail.
        class: String,
        /// Share at full intensity (0 to 1).
        share: f64,
        /// Status as the service writes it.
        status: String,
        /// The error line each failed request writes; a plain one when left out.
        #[serde(default)]
        line: Option<String>,
        /// Whether a failed request still has the effects of a good one on the topic it writes to.
        #[serde(default)]
        produces: bool,
        /// A request that ends so has taken at least so long: it waited for something until it gave up.
        #[serde(default)]
        takes: Duration,
    },
    /// A route is slower: times a factor, plus a span, at full intensity.
    Latency {
        /// Service.
        of: String,
        /// Route; all routes when left out.
        #[serde(default)]
        route: Option<String>,
        /// Factor.
        #[serde(default = "one")]
        factor: f64,
        /// Added.
        #[serde(default)]
        add: Duration,
    },
    /// More or less traffic into a service's own entry routes.
    Traffic {
        /// Service.
        of: String,
        /// Factor at full intensity.
        factor: f64,
    },
    /// Log lines that come at a rate.
    Log {
        /// Service.
        of: String,
        /// Name, for clues and pins.
        name: String,
        /// Level.
        #[serde(default)]
        level: Level,
        /// Template.
        template: String,
        /// Lines at full intensity.
        rate: Rate,
    },
    /// Adds to a series.
    Add {
        /// Metric.
        metric: String,
        /// Labels that select it.
        #[serde(default)]
        matching: Map<String>,
        /// Added at full intensity.
        by: f64,
    },
    /// Multiplies a series.
    Scale {
        /// Metric.
        metric: String,
        /// Labels that select it.
        #[serde(default)]
        matching: Map<String>,
        /// Factor at full intensity.
        by: f64,
    },
    /// Moves a series towards a value.
    Toward {
        /// Metric.
        metric: String,
        /// Labels that select it.
        #[serde(default)]
        matching: Map<String>,
        /// Value at full intensity.
        to: f64,
        /// Only for so long (at full intensity) after each start of a container of this service.
        #[serde(default)]
        after_starts: Option<(String, Duration)>,
    },
    /// Containers of a service crash some time after they start. Decided at each start from the new container's facts.
    Crash {
        /// Service.
        of: String,
        /// How long a life lasts.
        after: Duration,
        /// Exit code.
        exit_code: i32,
        /// What a life prints: when after its start, level, text.
        #[serde(default)]
        says: Vec<(Duration, Level, String)>,
        /// Whether it becomes ready before it crashes.
        #[serde(default)]
        ready_before: bool,
    },
    /// Containers of a service use more and more memory and are killed at their limit.
    MemoryLeak {
        /// Service.
        of: String,
        /// How much a minute, at full intensity.
        per_minute: Size,
    },
    /// Containers of a service run but are not ready.
    NotReady {
        /// Service.
        of: String,
    },
    /// Each start of a consumer's container joins its group this many times.
    Rebalances {
        /// Group.
        group: String,
        /// Joins a start.
        per_start: u32,
        /// Client ids under which it joins, one after the other; that of its runtime's library when left out.
        #[serde(default)]
        clients: Vec<String>,
    },
    /// A consumer group works off this share less (0 to 1) at full intensity; in one partition alone when that is where the
    /// fault is.
    ConsumesLess {
        /// Group.
        group: String,
        /// Share.
        share: f64,
    },
    /// A service uses its outgoing pool up to this share (0 to 1).
    PoolUse {
        /// Service.
        of: String,
        /// Share at full intensity.
        to: f64,
    },
    /// Part of a service's capacity is gone (0 to 1).
    CapacityLoss {
        /// Service.
        of: String,
        /// Share at full intensity.
        share: f64,
    },
    /// Something flows into a stock.
    Fills {
        /// Stock.
        stock: String,
        /// Units at full intensity.
        rate: Rate,
    },
    /// A metric's series stop being scraped.
    Blind {
        /// Metric name prefix.
        metric: String,
    },
}

fn one() -> f64 {
    1.0
}
