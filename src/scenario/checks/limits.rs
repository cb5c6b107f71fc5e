//! Limits on what files can ask for: scenario files come from strangers.

use super::Checker;
use crate::scenario::format::effect::Effect;
use crate::scenario::format::service::Service;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

/// The most pods of one workload.
pub(super) const MAX_REPLICAS: u64 = 200;
/// The most pods of an estate.
const MAX_PODS: u64 = 2_000;
/// The most routes of a service.
pub(super) const MAX_ROUTES: usize = 100;
/// The most calls of a route.
pub(super) const MAX_CALLS: usize = 32;
/// The most log templates of a service.
pub(super) const MAX_TEMPLATES: usize = 100;
/// The most releases of a service.
pub(super) const MAX_RELEASES: usize = 200;
/// The most partitions of a topic.
pub(super) const MAX_PARTITIONS: u64 = 256;
/// The most rows of a prepared table.
pub(super) const MAX_ROWS: usize = 1_000;
/// The most panels of a dashboard.
pub(super) const MAX_PANELS: usize = 50;
/// The most columns of a prepared table.
pub(super) const MAX_COLUMNS: usize = 50;
/// The most regular expressions of a scenario: each is compiled to see whether it can be.
pub(super) const MAX_PATTERNS: usize = 100;
/// The most effects of a fault.
pub(super) const MAX_EFFECTS: usize = 64;
/// The most points of a driver.
pub(super) const MAX_POINTS: usize = 500;
/// The most events that a pin may count: each of them is placed one by one.
pub(super) const MAX_PINNED: u64 = 10_000;
/// The most customers' requests a second, before the calls they make.
const MAX_REQUESTS: f64 = 20_000.0;
/// The most log lines a second that templates and faults ask for.
const MAX_LINES: f64 = 20_000.0;

impl Checker<'_> {
    /// Says when there is too much of something.
    pub(super) fn limit(&mut self, count: usize, most: usize, noun: &str, at: &Place<'_>) {
        if count > most {
            self.push(
                at.error(ids::TOO_MANY, format!("there are {count} {noun}"))
                    .hint(format!("at most {most}")),
            );
        }
    }

    /// The limits of whole estates and scenarios.
    pub(super) fn limits(&mut self) {
        self.estate_counts();
        self.scenario_counts();
        self.pods();
        self.rates();
    }

    fn estate_counts(&mut self) {
        let estate = self.subject.estate;
        for (field, count, most) in [
            ("services", estate.services.len(), 200),
            ("namespaces", estate.namespaces.len(), 50),
            ("nodes", estate.nodes.len(), 100),
            ("kafka", estate.kafka.len(), 10),
            ("valkey", estate.valkey.len(), 20),
            ("postgres", estate.postgres.len(), 20),
            ("jobs", estate.jobs.len(), 100),
            ("repositories", estate.repositories.len(), 50),
            ("teams", estate.teams.len(), 100),
            ("people", estate.people.len(), 300),
            ("channels", estate.channels.len(), 200),
            ("journeys", estate.journeys.len(), 100),
            ("flags", estate.flags.len(), 500),
            ("dashboards", estate.dashboards.len(), 200),
            ("alerts", estate.alerts.len(), 500),
            ("recordings", estate.recordings.len(), 500),
            ("series", estate.series.len(), 2_000),
            ("tickets", estate.tickets.len(), 2_000),
            ("jira_projects", estate.jira_projects.len(), 50),
            ("cloud_metrics", estate.cloud_metrics.len(), 500),
            ("cloud_alarms", estate.cloud_alarms.len(), 500),
            ("image_tags", estate.image_tags.len(), 500),
        ] {
            let at = self.subject.estate_places.field(field).name();
            self.limit(count, most, field, &at);
        }
        for (name, cluster) in &estate.kafka {
            let at = self
                .subject
                .estate_places
                .entry("kafka", name)
                .field("topics")
                .name();
            self.limit(cluster.topics.len(), 200, "topics", &at);
        }
    }

    fn scenario_counts(&mut self) {
        let Some(scenario) = self.subject.scenario else {
            return;
        };
        for (field, count, most) in [
            ("faults", scenario.faults.len(), 200),
            ("facts", scenario.facts.len(), 200),
            ("drivers", scenario.drivers.len(), 50),
            ("stocks", scenario.stocks.len(), 100),
            ("pins", scenario.pins.len(), 200),
            ("story", scenario.story.len(), 1_000),
            ("automations", scenario.automations.len(), 100),
            ("series", scenario.series.len(), 2_000),
            ("alerts", scenario.alerts.len(), 500),
            ("clues", scenario.clues.len(), 500),
            ("red_herrings", scenario.red_herrings.len(), 200),
            ("people", scenario.people.len(), 300),
            ("messages", scenario.messages.len(), 2_000),
            ("sentry", scenario.sentry.len(), 500),
            ("incidents", scenario.incidents.len(), 500),
            ("tickets", scenario.tickets.len(), 2_000),
            ("traffic", scenario.traffic.len(), 200),
            ("status_incidents", scenario.status_incidents.len(), 200),
            ("drift", scenario.drift.len(), 200),
            ("image_tags", scenario.image_tags.len(), 500),
        ] {
            let at = self.subject.scenario_places.field(field).name();
            self.limit(count, most, field, &at);
        }
    }

    fn pods(&mut self) {
        let of = |service: &Service| {
            let most = service.autoscale.map_or(0, |scale| scale.max);
            u64::from(most.max(service.replicas))
        };
        let services = &self.subject.estate.services;
        let pods: u64 = services.values().map(of).sum();
        let largest = first_largest(services.iter().map(|(name, service)| (name, of(service))));
        if pods > MAX_PODS
            && let Some(name) = largest
        {
            self.push(
                self.service_place(name)
                    .name()
                    .error(
                        ids::TOO_MANY_PODS,
                        format!("the estate has {pods} pods, most of them of this service"),
                    )
                    .hint(format!("at most {MAX_PODS}")),
            );
        }
    }

    fn rates(&mut self) {
        let estate = self.subject.estate;
        let journeys: f64 = estate
            .journeys
            .values()
            .map(|journey| journey.rate.per_second)
            .sum();
        let own: f64 = estate
            .services
            .values()
            .flat_map(|service| service.routes.values())
            .filter_map(|route| route.own_rate)
            .map(|rate| rate.per_second)
            .sum();
        let rates = estate.journeys.iter();
        let busiest = first_largest(rates.map(|(name, journey)| (name, journey.rate.per_second)));
        if journeys + own > MAX_REQUESTS {
            let places = self.subject.estate_places;
            let at = busiest.map_or_else(
                || places.field("services").name(),
                |name| places.entry("journeys", name).field("rate"),
            );
            self.push(
                at.error(
                    ids::TOO_FAST,
                    format!(
                        "customers and others make {} requests a second",
                        journeys + own
                    ),
                )
                .hint(format!("at most {MAX_REQUESTS} together")),
            );
        }
        self.lines();
    }

    /// Log lines of services and of faults.
    fn lines(&mut self) {
        let services = self.subject.estate.services.iter();
        let templates: Vec<_> = services
            .flat_map(|(name, service)| {
                let logs = service.logs.iter();
                logs.map(move |(template, log)| ((name, template), log.rate.per_second))
            })
            .collect();
        let lines: f64 = templates.iter().map(|(_, rate)| rate).sum();
        if lines > MAX_LINES
            && let Some((name, template)) = first_largest(templates)
        {
            self.push(
                self.service_place(name)
                    .field("logs")
                    .field(template)
                    .field("rate")
                    .error(
                        ids::TOO_FAST,
                        format!("services write {lines} log lines a second"),
                    )
                    .hint(format!("at most {MAX_LINES} together")),
            );
        }
        let faults = self.subject.scenario.into_iter();
        let effects: Vec<_> = faults
            .flat_map(|scenario| &scenario.faults)
            .flat_map(|(name, fault)| {
                let effects = fault.effects.iter().enumerate();
                effects.filter_map(move |(index, effect)| match effect {
                    Effect::Log { rate, .. } => Some(((name, index), rate.per_second)),
                    _ => None,
                })
            })
            .collect();
        let lines: f64 = effects.iter().map(|(_, rate)| rate).sum();
        if lines > MAX_LINES
            && let Some((name, index)) = first_largest(effects)
        {
            self.push(
                self.subject
                    .scenario_places
                    .entry("faults", name)
                    .field("effects")
                    .item(index)
                    .field("rate")
                    .error(
                        ids::TOO_FAST,
                        format!("faults write {lines} log lines a second at full intensity"),
                    )
                    .hint(format!("at most {MAX_LINES} together")),
            );
        }
    }
}

/// The first of those with the largest measure.
fn first_largest<T, M: PartialOrd>(all: impl IntoIterator<Item = (T, M)>) -> Option<T> {
    let mut all = all.into_iter();
    let mut largest = all.next()?;
    for (each, measure) in all {
        if measure > largest.1 {
            largest = (each, measure);
        }
    }
    Some(largest.0)
}
