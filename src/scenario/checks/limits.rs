//! Limits on what files can ask for: scenario files come from strangers.

use super::Checker;
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
        ] {
            let at = self.subject.scenario_places.field(field).name();
            self.limit(count, most, field, &at);
        }
    }

    fn pods(&mut self) {
        let services = self.subject.estate.services.values();
        let pods: u64 = services
            .map(|service| {
                u64::from(
                    service
                        .autoscale
                        .map_or(service.replicas, |scale| scale.max.max(service.replicas)),
                )
            })
            .sum();
        if pods > MAX_PODS {
            let at = self.subject.estate_places.field("services").name();
            self.push(
                at.error(ids::TOO_MANY_PODS, format!("the estate has {pods} pods"))
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
        if journeys + own > MAX_REQUESTS {
            let at = self.subject.estate_places.field("journeys").name();
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
        let lines: f64 = estate
            .services
            .values()
            .flat_map(|service| service.logs.values())
            .map(|template| template.rate.per_second)
            .sum();
        if lines > MAX_LINES {
            let at = self.subject.estate_places.field("services").name();
            self.push(
                at.error(
                    ids::TOO_FAST,
                    format!("services write {lines} log lines a second"),
                )
                .hint(format!("at most {MAX_LINES} together")),
            );
        }
    }
}
