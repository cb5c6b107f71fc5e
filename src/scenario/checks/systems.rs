//! Checks of outer systems: the status page, cloud alarms, drift, instruments that fail.

use super::Checker;
use super::names::Kind;
use crate::scenario::format::scenario::Scenario;
use crate::scenario::format::systems::{MovedTag, StatusIncident};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

const IMPACTS: [&str; 5] = ["none", "minor", "major", "critical", "maintenance"];
const STATES: [&str; 8] = [
    "investigating",
    "identified",
    "monitoring",
    "resolved",
    "scheduled",
    "in_progress",
    "verifying",
    "completed",
];

impl Checker<'_> {
    /// Everything that the estate's outer systems hold.
    pub(super) fn systems(&mut self) {
        let subject = self.subject;
        let places = subject.estate_places;
        for (id, incident) in &subject.estate.status_page.incidents {
            let at = places.field("status_page").field("incidents").field(id);
            self.status_incident(incident, &at);
        }
        for (name, supplier) in &subject.estate.status_page.suppliers {
            let at = places.field("status_page").field("suppliers").field(name);
            self.not_empty(&supplier.address, "the address", &at.field("address"));
            for (id, incident) in &supplier.incidents {
                self.status_incident(incident, &at.field("incidents").field(id));
            }
        }
        self.image_tags(&subject.estate.image_tags, &places.field("image_tags"));
        for (index, metric) in subject.estate.cloud_metrics.iter().enumerate() {
            let at = places.field("cloud_metrics").item(index);
            self.not_empty(&metric.namespace, "the namespace", &at.field("namespace"));
            self.not_empty(&metric.metric, "the metric", &at.field("metric"));
            self.promql(&metric.is, &at.field("is"));
        }
        for (name, alarm) in &subject.estate.cloud_alarms {
            let at = places.entry("cloud_alarms", name);
            self.not_empty(&alarm.namespace, "the namespace", &at.field("namespace"));
            self.number(f64::from(alarm.periods), 1.0, 100.0, &at.field("periods"));
            self.duration(alarm.period, "1m", "1d", &at.field("period"));
            self.number(alarm.threshold, -1e15, 1e15, &at.field("threshold"));
        }
        self.tracing();
        self.drift(
            &subject.estate.infrastructure.drift,
            &places.field("infrastructure").field("drift"),
        );
    }

    /// How requests are traced.
    fn tracing(&mut self) {
        let subject = self.subject;
        let traces = &subject.estate.traces;
        let at = subject.estate_places.field("traces");
        self.count(u64::from(traces.one_in), 0, 1_000_000, &at.field("one_in"));
        if traces.retention.millis != 0 {
            self.duration(traces.retention, "1h", "60d", &at.field("retention"));
        }
        if let Some(collector) = &traces.collector {
            self.refer(Kind::Service, collector, &at.field("collector"));
        }
    }

    /// Everything that the scenario puts into outer systems.
    pub(super) fn systems_of(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        for (id, incident) in &scenario.status_incidents {
            self.status_incident(incident, &places.entry("status_incidents", id));
        }
        for (supplier, incidents) in &scenario.supplier_incidents {
            let at = places.entry("supplier_incidents", supplier);
            self.refer(Kind::Supplier, supplier, &at.name());
            for (id, incident) in incidents {
                self.status_incident(incident, &at.field(id));
            }
        }
        self.image_tags(&scenario.image_tags, &places.field("image_tags"));
        self.drift(&scenario.drift, &places.field("drift"));
        for (system, limit) in &scenario.instruments.rate_limits {
            let at = places
                .field("instruments")
                .field("rate_limits")
                .field(system);
            self.refer(Kind::System, system, &at.name());
            self.number(f64::from(*limit), 1.0, 10_000.0, &at);
        }
        for (server, behind) in &scenario.instruments.stale_replicas {
            let at = places
                .field("instruments")
                .field("stale_replicas")
                .field(server);
            self.refer(Kind::Postgres, server, &at.name());
            self.duration(*behind, "1s", "7d", &at);
        }
    }

    fn image_tags(&mut self, tags: &[MovedTag], at: &Place<'_>) {
        for (index, moved) in tags.iter().enumerate() {
            let at = at.item(index);
            self.refer(Kind::Service, &moved.of, &at.field("of"));
            self.not_empty(&moved.tag, "the tag", &at.field("tag"));
            self.release(&moved.of, &moved.release, &at.field("release"));
            self.moment(moved.at, true, &at.field("at"));
        }
    }

    fn drift(&mut self, drift: &[(String, String, String)], at: &Place<'_>) {
        for (index, (address, attribute, _)) in drift.iter().enumerate() {
            let place = at.item(index);
            if address.contains('.') {
                self.refer(Kind::Resource, address, &place.item(0));
            } else {
                self.push(
                    place
                        .item(0)
                        .error(ids::NAME, format!("`{address}` is no resource's address"))
                        .hint("TYPE.NAME, as `terraform state list` prints it"),
                );
            }
            self.not_empty(attribute, "the attribute", &place.item(1));
        }
    }

    fn status_incident(&mut self, incident: &StatusIncident, at: &Place<'_>) {
        self.not_empty(&incident.title, "the title", &at.field("title"));
        self.word(&incident.impact, &IMPACTS, &at.field("impact"));
        for (index, component) in incident.components.iter().enumerate() {
            self.refer(
                Kind::StatusComponent,
                component,
                &at.field("components").item(index),
            );
        }
        if incident.updates.is_empty() {
            self.push(
                at.field("updates")
                    .error(ids::SHAPE, "an incident without an update was not posted")
                    .hint("give the first update: when, its state, its text"),
            );
        }
        for (index, (when, state, _)) in incident.updates.iter().enumerate() {
            let place = at.field("updates").item(index);
            self.moment(*when, true, &place.item(0));
            self.word(state, &STATES, &place.item(1));
        }
    }

    fn word(&mut self, given: &str, known: &[&str], at: &Place<'_>) {
        if !known.contains(&given) {
            self.push(
                at.error(ids::NAME, format!("`{given}` is none of the words here"))
                    .hint(format!("one of {}", super::nearest::list(known))),
            );
        }
    }
}
