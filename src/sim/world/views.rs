//! What the world lets others read. Never changes anything.

use std::collections::BTreeMap;

use super::consumers::Group;
use super::fleet::Fleet;
use super::kafka::TopicLog;
use super::loss::Loss;
use super::memo::Needs;
use super::trainee::Trainee;
use super::valkey::ValkeyState;
use super::{Facts, World, WorldEvent};
use crate::scenario::format::values::Moment;
use crate::sim::artifact::Shown;
use crate::sim::chatter::tickets::Tickets;
use crate::sim::flows::Flows;
use crate::sim::git::Repository;
use crate::sim::git::worktree::Worktree;
use crate::sim::ids::{DriverId, GroupId, ServiceId, StockId, TopicId};
use crate::sim::kubernetes::Cluster;
use crate::sim::pager::Pager;
use crate::sim::rules::{Alerts, Recorded};
use crate::sim::signals::Signals;
use crate::sim::slack::Slack;
use crate::sim::time::{SimTime, Span};

/// What Kafka keeps when nothing else is said: seven days.
const DEFAULT_RETENTION: Span = Span::from_hours(168);

impl World {
    /// The cluster.
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Slack.
    pub const fn slack(&self) -> &Slack {
        &self.slack
    }

    /// What an artifact's id names: an id that [`Shown::id`] gave, where a message is named by its place
    /// (`#channel/id`) and counts under its script's name.
    pub fn artifact(&self, id: &str) -> Option<Shown> {
        let shown = Shown::from_id(id)?;
        let Shown::Message(place) = &shown else {
            return Some(shown);
        };
        let script = place.split_once('/').and_then(|(channel, id)| {
            let mut posts = self.slack.posts().iter();
            let post = posts.find(|post| post.channel == channel && post.id == id)?;
            post.script.clone()
        });
        match script {
            Some(script) => Some(Shown::Message(script)),
            // Nobody is shown a script's name: one that is given was guessed.
            None => place.starts_with('#').then_some(shown),
        }
    }

    /// The tickets that ordinary talk is about.
    pub fn talked(&self) -> &Tickets {
        let numbered = || Tickets::of(&self.plan.pack, self.seed);
        self.talked.get_or_init(numbered)
    }

    /// The paging system.
    pub const fn pager(&self) -> &Pager {
        &self.pager
    }

    /// Everything that can be queried: what is scraped, what rules record, the alerts themselves.
    pub fn series(&self) -> Recorded<'_> {
        Recorded::new(
            self.signals.telemetry(),
            &self.plan.rules,
            self.alerts.history(),
        )
    }

    /// Alerts.
    pub const fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// What runs.
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Flags and declared facts.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the trainee did and saw.
    pub const fn trainee(&self) -> &Trainee {
        &self.trainee
    }

    /// Customer minutes lost.
    pub const fn loss(&self) -> &Loss {
        &self.loss
    }

    /// Flows as of the last step.
    pub const fn flows(&self) -> &Flows {
        &self.flows
    }

    /// Telemetry's history.
    pub const fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Repositories by name.
    pub const fn repositories(&self) -> &BTreeMap<String, Repository> {
        &self.repositories
    }

    /// The trainee's clone of a repository.
    pub fn worktree(&self, repo: &str) -> Option<&Worktree> {
        self.worktrees.get(repo)
    }

    /// What happened, in order.
    pub fn events(&self) -> &[WorldEvent] {
        &self.events
    }

    /// Topics, in the plan's order.
    pub fn topics(&self) -> &[TopicLog] {
        &self.topics
    }

    /// Consumer groups, in the plan's order.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Valkey servers, in the order of their names.
    pub fn valkey(&self) -> &[ValkeyState] {
        &self.valkey
    }

    /// Pods wanted of a service.
    pub fn wanted(&self, service: ServiceId) -> u32 {
        self.wanted.get(service.index()).copied().unwrap_or(0)
    }

    /// The tag that a service's newest template has.
    pub fn wanted_tag(&self, service: ServiceId) -> Option<&str> {
        self.templates
            .get(service.index())
            .map(|copy| copy.tag.as_str())
    }

    /// Messages a group has still to work off.
    pub fn lag(&self, group: GroupId) -> u64 {
        self.lag_in(group, None)
    }

    /// Messages that were gone before a group read them.
    pub fn expired(&self, group: GroupId) -> u64 {
        self.expired_in(group, None)
    }

    /// Messages a group has still to work off in all partitions, or in one.
    pub fn lag_in(&self, group: GroupId, partition: Option<u32>) -> u64 {
        self.group_and_log(group)
            .map_or(0, |(group, log)| group.lag(log, partition))
    }

    /// Messages that were gone before a group read them, in all partitions or in one.
    pub fn expired_in(&self, group: GroupId, partition: Option<u32>) -> u64 {
        self.group_and_log(group)
            .map_or(0, |(group, log)| group.expired(log, partition))
    }

    fn group_and_log(&self, group: GroupId) -> Option<(&Group, &TopicLog)> {
        let plan = self.plan.groups.get(group.index())?;
        Some((
            self.groups.get(group.index())?,
            self.topics.get(plan.topic.index())?,
        ))
    }

    /// A stock's level.
    pub fn stock(&self, stock: StockId) -> f64 {
        self.stocks.get(stock.index()).copied().unwrap_or(0.0)
    }

    /// What flowed into a stock beyond its capacity and is lost.
    pub fn spilled(&self, stock: StockId) -> f64 {
        self.spilled.get(stock.index()).copied().unwrap_or(0.0)
    }

    /// A driver's value now: straight lines between its points.
    pub fn driver(&self, driver: DriverId) -> f64 {
        let Some(spec) = self.plan.pack.scenario.drivers.values().nth(driver.index()) else {
            return 0.0;
        };
        let mut before: Option<(SimTime, f64)> = None;
        for (moment, value) in &spec.points {
            let at = self.plan.moment(*moment);
            if at > self.now {
                let (from, start) = before.unwrap_or((at, spec.base));
                let whole = (at - from).millis().max(1) as f64;
                return start
                    + (value - start)
                        * ((self.now - from).millis() as f64 / whole).clamp(0.0, 1.0);
            }
            before = Some((at, *value));
        }
        before.map_or(spec.base, |(_, value)| value)
    }

    /// Whether some driver that a condition looks at is between its points now.
    pub(super) fn drivers_move(&self) -> bool {
        self.timers.needs.meets(Needs::DRIVERS)
            && self.plan.pack.scenario.drivers.values().any(|driver| {
                let started = |(moment, _): &&(Moment, f64)| self.plan.moment(*moment) <= self.now;
                let points = &driver.points;
                points.first().as_ref().is_some_and(&started)
                    && points.last().as_ref().is_some_and(|last| !started(last))
            })
    }

    /// When the next driver begins to move.
    pub(super) fn drivers_start(&self) -> Option<SimTime> {
        let drivers = self.plan.pack.scenario.drivers.values();
        drivers
            .filter_map(|driver| driver.points.first())
            .map(|(moment, _)| self.plan.moment(*moment))
            .filter(|at| *at > self.now)
            .min()
    }

    /// How long a topic keeps its messages; `None` for ever. The topic's own setting counts before the broker's.
    pub fn retention(&self, topic: TopicId) -> Option<Span> {
        let log = self.topics.get(topic.index())?;
        let plan = self.plan.topics.get(topic.index())?;
        if let Some(set) = log.config.get("retention.ms") {
            return set
                .parse::<i64>()
                .ok()
                .filter(|millis| *millis >= 0)
                .map(Span);
        }
        let broker = plan.broker?;
        let running = self.fleet.of(broker).next().map(|(_, pod)| &pod.copy);
        let copy = running.or_else(|| self.templates.get(broker.index()))?;
        let hours = copy
            .env
            .get(&plan.retention_env)
            .and_then(|text| text.parse::<i64>().ok());
        match hours {
            Some(hours) if hours < 0 => None,
            Some(hours) => Some(Span::from_hours(hours.min(100_000))),
            None => Some(DEFAULT_RETENTION),
        }
    }

    /// Traffic as a factor of the estate's shape.
    pub(super) fn traffic_factor(&self, at: SimTime) -> f64 {
        let changes = self.plan.pack.scenario.traffic.iter();
        changes
            .filter(|(moment, _)| self.plan.moment(*moment) <= at)
            .last()
            .map_or(1.0, |(_, factor)| *factor)
    }

    /// The estate's traffic shape now.
    pub fn shape_now(&self) -> f64 {
        self.signals.shape(self.now)
    }

    /// Whether a service answers well, all its wanted pods are ready and its groups keep up.
    pub fn is_healthy(&self, service: ServiceId) -> bool {
        let Some(plan) = self.plan.services.get(service.index()) else {
            return false;
        };
        let wanted = self.wanted(service);
        let flows = plan
            .routes
            .iter()
            .filter_map(|id| self.flows.routes.get(id.index()));
        wanted > 0
            && self.fleet.ready_of(service) >= wanted
            && flows.into_iter().all(|flow| flow.failing() < 0.01)
            && plan
                .groups
                .iter()
                .all(|id| self.groups.get(id.index()).is_some_and(Group::follows))
    }
}
