//! Conditions: what must hold for a fault, an inject, an ending.

use serde::{Deserialize, Serialize};

use super::values::{Duration, Moment};

/// A condition on the world or on what the trainee did. Facts are read from each instance's running copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Condition {
    /// Holds always.
    Always,
    /// All of these hold; an empty list holds.
    All(Vec<Condition>),
    /// At least one of these holds; an empty list does not.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// The moment has come.
    After(Moment),
    /// The moment has not come yet.
    Before(Moment),
    /// The fault is active at all.
    Active(String),
    /// The fault has been active for this long.
    ActiveFor {
        /// Fault.
        fault: String,
        /// How long.
        lasts: Duration,
    },
    /// The fault's intensity is above a level (0 to 1).
    Above {
        /// Fault.
        fault: String,
        /// Level.
        level: f64,
    },
    /// The fault's intensity has been above a level for a while.
    AboveFor {
        /// Fault.
        fault: String,
        /// Level.
        level: f64,
        /// How long.
        lasts: Duration,
    },
    /// A service runs an image with this tag or one released later.
    ImageAtLeast {
        /// Service.
        of: String,
        /// Tag in its releases.
        tag: String,
    },
    /// An environment variable is missing or empty in the running container.
    EnvMissing {
        /// Service.
        of: String,
        /// Variable.
        name: String,
    },
    /// An environment variable has this value in the running container.
    EnvIs {
        /// Service.
        of: String,
        /// Variable.
        name: String,
        /// Value.
        value: String,
    },
    /// The source that the running image was built from matches a regular expression.
    CodeMatches {
        /// Service.
        of: String,
        /// Path in its repository.
        path: String,
        /// Regular expression, in which `.` matches line breaks too.
        pattern: String,
    },
    /// A service has at least this many pods wanted.
    ReplicasAtLeast {
        /// Service.
        of: String,
        /// Pods.
        count: u32,
    },
    /// A service has fewer ready pods than this.
    ReadyBelow {
        /// Service.
        of: String,
        /// Pods.
        count: u32,
    },
    /// A flag is on.
    FlagOn(String),
    /// A declared fact has this value.
    FactIs {
        /// Fact.
        fact: String,
        /// Value, as text.
        value: String,
    },
    /// A declared fact is a number below this.
    FactBelow {
        /// Fact.
        fact: String,
        /// Bound.
        value: f64,
    },
    /// A topic keeps its messages for less than this.
    RetentionBelow {
        /// Topic.
        topic: String,
        /// Bound.
        keeps: Duration,
    },
    /// A consumer group's lag is above this.
    LagAbove {
        /// Group.
        group: String,
        /// In this partition of its topic; in all of them together when left out.
        #[serde(default)]
        partition: Option<u32>,
        /// Messages.
        messages: u64,
    },
    /// A consumer group has lost more messages than this to retention.
    ExpiredAbove {
        /// Group.
        group: String,
        /// In this partition of its topic; in all of them together when left out.
        #[serde(default)]
        partition: Option<u32>,
        /// Messages.
        messages: u64,
    },
    /// A declared stock is above this level.
    StockAbove {
        /// Stock.
        stock: String,
        /// Level.
        level: f64,
    },
    /// Traffic, as a factor of its mean, is above this.
    TrafficAbove(f64),
    /// A driver is above a value.
    DriverAbove {
        /// Driver.
        driver: String,
        /// Value.
        value: f64,
    },
    /// A driver is below a value.
    DriverBelow {
        /// Driver.
        driver: String,
        /// Value.
        value: f64,
    },
    /// A cron job is running.
    JobRunning(String),
    /// A service's success share has been above 0.99 and all its wanted pods ready for this long.
    Healthy {
        /// Service.
        of: String,
        /// How long.
        lasts: Duration,
    },
    /// An alert is firing.
    AlertFiring(String),
    /// The trainee saw a clue.
    ClueSeen(String),
    /// The trainee did something of this kind.
    Did(Action),
    /// A herring was refuted by what the trainee saw.
    Refuted(String),
}

/// Something the trainee may do, as a condition or a remedy names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Action {
    /// Acknowledged the page.
    Acknowledged,
    /// Restarted a service, by whatever way.
    Restart {
        /// Service.
        of: String,
    },
    /// Scaled a service to at most this many pods.
    ScaledTo {
        /// Service.
        of: String,
        /// Pods.
        most: u32,
    },
    /// Flushed a Valkey server.
    Flush {
        /// Server.
        of: String,
    },
    /// Set a group's offsets.
    OffsetsReset {
        /// Group.
        group: String,
    },
    /// Deleted a topic.
    TopicDeleted {
        /// Topic.
        topic: String,
    },
    /// Posted in a channel.
    Posted {
        /// Channel, with `#`.
        channel: String,
        /// Any of these words is in it; empty for any post.
        #[serde(default)]
        words: Vec<String>,
    },
}
