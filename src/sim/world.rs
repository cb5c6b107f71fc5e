//! The world: everything that changes, and the steps in which it does. Pure; the same inputs give the same bits.
//!
//! Time goes in steps on a fixed grid: a minute until half an hour before the page, then a second. A step first does
//! what was due, then lets the cluster, Kafka, stocks, faults and flows move, then looks at what follows from that:
//! messages, alerts, the state of the drill. While nothing can change by itself, steps are left out; that changes no
//! bit of the state, because a step at rest does nothing.

mod alerting;
mod apart;
mod brokers;
mod change;
mod cluster;
mod cluster_spec;
pub mod code;
pub mod commands;
pub mod consumers;
pub mod deployments;
mod drill;
pub mod evaluate;
pub mod fate;
pub mod faults;
pub mod fleet;
mod hashing;
mod instances;
pub mod kafka;
mod leaks;
mod load;
mod loops;
pub mod loss;
pub mod members;
pub mod memo;
mod open;
mod people;
pub mod queue;
mod releases;
pub(in crate::sim) mod repositories;
mod step;
pub mod trainee;
pub mod valkey;
pub mod views;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use self::code::Code;
use self::consumers::Group;
use self::evaluate::Timers;
use self::faults::FaultState;
use self::fleet::{Copy, Fleet};
use self::instances::Instances;
use self::kafka::TopicLog;
use self::loss::Loss;
use self::memo::Moves;
use self::queue::Queue;
use self::trainee::{DrillState, Trainee};
use self::valkey::ValkeyState;
use super::chatter::tickets::Tickets;
use super::flows::Flows;
use super::git::Repository;
use super::git::worktree::Worktree;
use super::kubernetes::Cluster;
use super::pager::Pager;
use super::plan::Plan;
use super::rules::Alerts;
use super::signals::Signals;
use super::slack::Slack;
use super::time::{SimTime, Span};
use crate::scenario::format::service::Release;

/// The world of one drill.
#[derive(Clone, Debug)]
pub struct World {
    plan: Arc<Plan>,
    seed: u64,
    now: SimTime,
    cluster: Cluster,
    fleet: Fleet,
    /// What is wanted of each service: pods, and the facts a new pod would start with.
    wanted: Vec<u32>,
    templates: Vec<Copy>,
    faults: Vec<FaultState>,
    /// Faults' intensities in single pods.
    instances: Vec<Instances>,
    stocks: Vec<f64>,
    /// What flowed into each stock beyond its capacity: lost, and no remedy brings it back.
    spilled: Vec<f64>,
    topics: Vec<TopicLog>,
    groups: Vec<Group>,
    valkey: Vec<ValkeyState>,
    facts: Facts,
    slack: Slack,
    pager: Pager,
    people: people::Memory,
    trainee: Trainee,
    queue: Queue,
    timers: Timers,
    flows: Flows,
    ordinary: Arc<Flows>,
    loss: Loss,
    drill: DrillState,
    /// A what-if: nothing ends the drill.
    endless: bool,
    repositories: BTreeMap<String, Repository>,
    /// The trainee's clones.
    worktrees: BTreeMap<String, Worktree>,
    /// Releases made since the page, by service.
    shipped: Vec<Vec<Release>>,
    /// Releases that went out, by time.
    deployments: Vec<deployments::Deployment>,
    code: Code,
    signals: Signals,
    alerts: Alerts,
    scripts: step::Scripts,
    /// What has moved since conditions were last asked.
    moves: Moves,
    memos: step::Memos,
    verdicts: step::Verdicts,
    derived: load::Derived,
    events: Vec<WorldEvent>,
    /// For the hash alone.
    digests: hashing::Digests,
    /// Tickets of the channels' talk, once somebody has asked for them.
    talked: Arc<OnceLock<Tickets>>,
}

/// Facts that no component holds.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Declared facts as they were set.
    pub set: BTreeMap<String, String>,
    /// Declared facts as they have reached what runs.
    pub reached: BTreeMap<String, String>,
    /// Feature flags.
    pub flags: BTreeMap<String, bool>,
    /// Changes of flags: when, flag, value, by whom.
    pub flag_changes: Vec<(SimTime, String, bool, String)>,
    /// Cron jobs that run, and since when.
    pub jobs_running: BTreeMap<String, SimTime>,
}

/// Something that happened in the world, for those who wait for the next thing, and for the debrief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldEvent {
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: WorldEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldEventKind {
    /// A message was posted: its id.
    Posted(String),
    /// An incident changed: its id.
    Paged(String),
    /// An alert began or stopped firing.
    Alert {
        /// Its name.
        name: String,
        /// It fires now.
        firing: bool,
    },
    /// A service was rolled out: its name and tag.
    RolledOut {
        /// Service.
        service: String,
        /// Tag.
        tag: String,
    },
    /// A fault began or ended: never shown before the debrief.
    Fault {
        /// Its name.
        name: String,
        /// It is active now.
        active: bool,
    },
    /// The state of the drill changed.
    Drill(DrillState),
}

impl WorldEventKind {
    /// Whether the trainee can see it happen.
    pub const fn is_visible(&self) -> bool {
        matches!(
            self,
            Self::Posted(_) | Self::Paged(_) | Self::Alert { .. } | Self::RolledOut { .. }
        )
    }
}

/// Before this long before the page, steps are a minute long.
const FINE_FROM: Span = Span::from_mins(30);

impl World {
    /// The plan it runs.
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The seed of its draws.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Now: a whole second.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// State of the drill.
    pub const fn drill(&self) -> DrillState {
        self.drill
    }

    /// Lets time pass up to `target`, rounded down to a second.
    pub fn advance_to(&mut self, target: SimTime) {
        let target = target.floor_to(Span::from_secs(1));
        while self.now < target && !matches!(self.drill, DrillState::Ended(_)) {
            let next = self.next_step(target);
            self.step(next);
        }
        self.settle_kafka();
        if !matches!(self.drill, DrillState::Ended(_)) {
            self.now = self.now.max(target);
        }
    }

    /// The end of the next step: an edge of the grid, or the target when nothing can change before it.
    fn next_step(&self, target: SimTime) -> SimTime {
        let stride = self.stride();
        let grid = self.now.floor_to(stride) + stride;
        // What is due has its effect at its own second, also where the grid is coarse.
        let moment = self
            .queue
            .next_at()
            .map(|at| (at - Span(1)).floor_to(Span::from_secs(1)) + Span::from_secs(1));
        let edge = moment
            .filter(|at| *at > self.now)
            .map_or(grid, |at| at.min(grid));
        if !self.rests() {
            return edge.min(target);
        }
        let due = self.next_due().unwrap_or(target);
        let due_edge = (due - Span(1)).floor_to(stride) + stride;
        let due_edge = moment
            .filter(|at| *at > self.now)
            .map_or(due_edge, |at| at.min(due_edge));
        due_edge.max(edge).min(target)
    }

    fn stride(&self) -> Span {
        if self.now < self.plan.page - FINE_FROM {
            Span::from_mins(1)
        } else {
            Span::from_secs(1)
        }
    }
}
