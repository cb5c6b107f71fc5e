//! Faults: the nodes of the causal graph. Drivers and stocks that they look at.

use serde::{Deserialize, Serialize};

use super::condition::{Action, Condition};
use super::effect::Effect;
use super::values::{Duration, Moment, Rate};

/// A node of the causal graph: active while its condition holds, with an intensity that rises and falls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// One sentence, for the debrief.
    pub says: String,
    /// Where it is.
    pub scope: Scope,
    /// What kind of thing it is.
    pub kind: FaultKind,
    /// It becomes active when this holds.
    pub when: Condition,
    /// It ends when this holds; when `when` no longer holds, if left out.
    #[serde(default)]
    pub until: Option<Condition>,
    /// How long `when` must hold before it begins.
    #[serde(default)]
    pub delay: Duration,
    /// Time from nothing to full intensity.
    #[serde(default)]
    pub rises: Duration,
    /// Time from full intensity to nothing.
    #[serde(default)]
    pub falls: Duration,
    /// What it does.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// What hides it for a while without mending it.
    #[serde(default)]
    pub eased_by: Vec<Ease>,
    /// What makes it worse: while this holds it rises this many times as fast.
    #[serde(default)]
    pub worsened_by: Vec<Worsening>,
    /// Where to look, what to look for, what it means.
    #[serde(default)]
    pub hints: Vec<Hint>,
}

/// Where a fault is, and what it has an intensity of its own for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Scope {
    /// A service as a whole.
    Service(String),
    /// Each pod of a service by itself; a share of them, drawn by the seed, when less than one.
    Pods {
        /// Service.
        of: String,
        /// Share of pods (0 to 1).
        #[serde(default = "all")]
        share: f64,
    },
    /// A node.
    Node(String),
    /// The nodes that a service's pods are on.
    NodesOf(String),
    /// A zone.
    Zone(String),
    /// A topic.
    Topic(String),
    /// One partition of a topic: groups that it slows are slowed there alone.
    Partition {
        /// Topic.
        topic: String,
        /// Partition.
        partition: u32,
    },
    /// The way from one service to another.
    Edge {
        /// Caller.
        from: String,
        /// Called.
        to: String,
    },
    /// The whole estate.
    Estate,
}

fn all() -> f64 {
    1.0
}

/// The mechanism of a fault, as a claim names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FaultKind {
    /// A setting is missing or wrong.
    Misconfiguration,
    /// A change of code is wrong.
    CodeDefect,
    /// More work than it can do.
    Overload,
    /// Something finite is used up.
    ResourceExhaustion,
    /// Processes crash.
    CrashLoop,
    /// Data is gone.
    DataLoss,
    /// Something behind it fails.
    DependencyFailure,
    /// The network between two things fails.
    NetworkFault,
    /// A certificate, token or lease ran out.
    Expiry,
    /// Hardware or a node fails.
    HardwareFault,
    /// Things work in the wrong order.
    OrderOfOperations,
    /// Customers see it.
    CustomerImpact,
}

/// Something that hides a fault for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ease {
    /// What was done.
    pub by: Action,
    /// How long it helps the first time.
    pub lasts: Duration,
    /// Each further time it helps this share as long (0 to 1).
    #[serde(default = "half")]
    pub again: f64,
}

fn half() -> f64 {
    0.5
}

/// Something that makes a fault rise faster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worsening {
    /// While this holds.
    pub when: Condition,
    /// Times as fast.
    pub factor: f64,
}

/// One of a fault's three hints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The hint.
    pub says: String,
    /// What it costs, in points; told before it is shown.
    pub cost: u32,
}

/// A driver: something from outside that has a value over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// What it is.
    pub says: String,
    /// Its value before the first point.
    pub base: f64,
    /// Points it passes through; straight lines between them.
    pub points: Vec<(Moment, f64)>,
}

/// A stock: a level with inflow and outflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// What it is.
    pub says: String,
    /// Its level in ordinary times.
    #[serde(default)]
    pub base: f64,
    /// Highest level; what flows in beyond it is lost.
    pub capacity: f64,
    /// Outflow while above the base.
    #[serde(default)]
    pub drains: Rate,
    /// What sets it back to the base.
    #[serde(default)]
    pub reset_by: Vec<Action>,
    /// Its exact level at the page, whatever the seed.
    #[serde(default)]
    pub at_page: Option<f64>,
    /// Unit, for display.
    #[serde(default)]
    pub unit: String,
    /// What is lost, where the stock counts something lost, and how it can be got back.
    #[serde(default)]
    pub lost: Option<Loss>,
}

/// How something lost can be got back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// By reading it again.
    Replay,
    /// By comparing two records of it.
    Reconciliation,
    /// Never.
    Never,
}
