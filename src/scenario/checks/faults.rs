//! Checks of faults one by one, and of the facts, drivers and stocks they look at.

use super::names::Kind;
use super::{Checker, limits};
use crate::scenario::format::fault::{Driver, Fault, Scope, Stock};
use crate::scenario::format::scenario::Scenario;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

/// Where to look, what to look for, what it means.
const HINTS: usize = 3;

impl Checker<'_> {
    /// All faults, drivers and stocks.
    pub(super) fn faults(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        for (name, fault) in &scenario.faults {
            self.fault(fault, &places.entry("faults", name));
        }
        for (name, driver) in &scenario.drivers {
            self.driver(driver, &places.entry("drivers", name));
        }
        for (name, stock) in &scenario.stocks {
            self.stock(stock, &places.entry("stocks", name));
        }
    }

    fn fault(&mut self, fault: &Fault, at: &Place<'_>) {
        self.not_empty(&fault.says, "the sentence", &at.field("says"));
        self.scope(&fault.scope, &at.field("scope"));
        self.condition(&fault.when, &at.field("when"));
        if let Some(until) = &fault.until {
            self.condition(until, &at.field("until"));
        }
        for (field, span) in [
            ("delay", fault.delay),
            ("rises", fault.rises),
            ("falls", fault.falls),
        ] {
            self.duration(span, "0s", "14d", &at.field(field));
        }
        self.limit(
            fault.effects.len(),
            limits::MAX_EFFECTS,
            "effects",
            &at.field("effects").name(),
        );
        for (index, effect) in fault.effects.iter().enumerate() {
            self.effect(effect, &at.field("effects").item(index));
        }
        for (index, ease) in fault.eased_by.iter().enumerate() {
            let place = at.field("eased_by").item(index);
            self.action(&ease.by, &place.field("by"));
            self.duration(ease.lasts, "1s", "7d", &place.field("lasts"));
            self.share(ease.again, &place.field("again"));
        }
        for (index, worse) in fault.worsened_by.iter().enumerate() {
            let place = at.field("worsened_by").item(index);
            self.condition(&worse.when, &place.field("when"));
            self.number(worse.factor, 1.0, 1000.0, &place.field("factor"));
        }
        self.hints(fault, at);
    }

    fn hints(&mut self, fault: &Fault, at: &Place<'_>) {
        if fault.hints.len() != HINTS {
            let place = if fault.hints.is_empty() {
                at.name()
            } else {
                at.field("hints").name()
            };
            self.push(
                place
                    .error(
                        ids::HINTS,
                        format!("the fault has {} hints", fault.hints.len()),
                    )
                    .hint("write three: where to look, what to look for, what it means"),
            );
        }
        for (index, hint) in fault.hints.iter().enumerate() {
            let place = at.field("hints").item(index);
            self.not_empty(&hint.says, "the hint", &place.field("says"));
            self.count(u64::from(hint.cost), 0, 1000, &place.field("cost"));
        }
    }

    fn scope(&mut self, scope: &Scope, at: &Place<'_>) {
        match scope {
            Scope::Service(name) | Scope::NodesOf(name) => {
                self.refer(Kind::Service, name, &at.item(0));
            }
            Scope::Pods { of, share } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.share(*share, &at.field("share"));
            }
            Scope::Node(name) => self.refer(Kind::Node, name, &at.item(0)),
            Scope::Zone(name) => self.refer(Kind::Zone, name, &at.item(0)),
            Scope::Topic(name) => self.refer(Kind::Topic, name, &at.item(0)),
            Scope::Partition { topic, partition } => {
                self.refer(Kind::Topic, topic, &at.field("topic"));
                let mut clusters = self.subject.estate.kafka.values();
                let found = clusters.find_map(|cluster| cluster.topics.get(topic));
                if let Some(partitions) = found.map(|topic| topic.partitions) {
                    let last = u64::from(partitions.saturating_sub(1));
                    self.count(u64::from(*partition), 0, last, &at.field("partition"));
                }
            }
            Scope::Edge { from, to } => {
                self.refer(Kind::Service, from, &at.field("from"));
                self.refer(Kind::Service, to, &at.field("to"));
            }
            Scope::Estate => {}
        }
    }

    fn driver(&mut self, driver: &Driver, at: &Place<'_>) {
        let page = self
            .subject
            .scenario
            .map(|scenario| scenario.starts)
            .unwrap_or_default();
        for (index, (moment, _)) in driver.points.iter().enumerate() {
            let place = at.field("points").item(index).item(0);
            self.moment(*moment, false, &place);
            let (before, _) = driver.points.split_at(index);
            if before
                .last()
                .is_some_and(|(last, _)| last.millis(page) >= moment.millis(page))
            {
                self.push(
                    place
                        .error(ids::ORDER, "the points are not in the order of time")
                        .hint("write the earliest first"),
                );
            }
        }
        self.limit(
            driver.points.len(),
            limits::MAX_POINTS,
            "points",
            &at.field("points").name(),
        );
    }

    fn stock(&mut self, stock: &Stock, at: &Place<'_>) {
        self.number(stock.capacity, 0.0, 1e15, &at.field("capacity"));
        let within = 0.0..=stock.capacity;
        for (field, level) in [("base", Some(stock.base)), ("at_page", stock.at_page)] {
            if let Some(level) = level
                && !within.contains(&level)
            {
                self.push(
                    at.field(field)
                        .error(
                            ids::BOUNDS,
                            format!("the level {level} does not fit into the stock"),
                        )
                        .hint(format!("0 to its capacity, {}", stock.capacity)),
                );
            }
        }
        for (index, action) in stock.reset_by.iter().enumerate() {
            self.action(action, &at.field("reset_by").item(index));
        }
    }
}
