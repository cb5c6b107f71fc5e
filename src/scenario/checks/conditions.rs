//! Checks of conditions, actions and changes: what they refer to, and how deep they go.

use super::Checker;
use super::names::Kind;
use crate::scenario::format::change::Change;
use crate::scenario::format::condition::{Action, Condition};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

/// How deep conditions may be nested.
const MAX_DEPTH: usize = 16;
/// The most parts of one `All` or `Any`.
const MAX_PARTS: usize = 64;

impl Checker<'_> {
    /// A condition with everything in it.
    pub(super) fn condition(&mut self, condition: &Condition, at: &Place<'_>) {
        self.condition_at(condition, at, 0);
    }

    fn condition_at(&mut self, condition: &Condition, at: &Place<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            self.push(
                at.tag()
                    .error(
                        ids::CONDITION_DEPTH,
                        format!("the condition is nested more than {MAX_DEPTH} deep"),
                    )
                    .hint("give a part of it to a fault or a fact of its own"),
            );
            return;
        }
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                self.limit(parts.len(), MAX_PARTS, "parts", &at.tag());
                let list = at.item(0);
                for (index, part) in parts.iter().enumerate() {
                    self.condition_at(part, &list.item(index), depth + 1);
                }
            }
            Condition::Not(inner) => self.condition_at(inner, &at.item(0), depth + 1),
            Condition::Always => {}
            Condition::After(moment) | Condition::Before(moment) => {
                self.moment(*moment, false, &at.item(0));
            }
            _ => self.condition_on_story(condition, at),
        }
    }

    /// Conditions on the causal graph and the trainee.
    fn condition_on_story(&mut self, condition: &Condition, at: &Place<'_>) {
        match condition {
            Condition::Active(fault) => self.refer(Kind::Fault, fault, &at.item(0)),
            Condition::ActiveFor { fault, .. } => {
                self.refer(Kind::Fault, fault, &at.field("fault"));
            }
            Condition::Above { fault, level } | Condition::AboveFor { fault, level, .. } => {
                self.refer(Kind::Fault, fault, &at.field("fault"));
                self.share(*level, &at.field("level"));
            }
            Condition::StockAbove { stock, level } => {
                self.refer(Kind::Stock, stock, &at.field("stock"));
                self.number(*level, 0.0, 1e15, &at.field("level"));
            }
            Condition::DriverAbove { driver, .. } | Condition::DriverBelow { driver, .. } => {
                self.refer(Kind::Driver, driver, &at.field("driver"));
            }
            Condition::TrafficAbove(factor) => self.number(*factor, 0.0, 1000.0, &at.item(0)),
            Condition::AlertFiring(alert) => self.refer(Kind::Alert, alert, &at.item(0)),
            Condition::ClueSeen(clue) => self.refer(Kind::Clue, clue, &at.item(0)),
            Condition::Refuted(herring) => self.refer(Kind::Herring, herring, &at.item(0)),
            Condition::Did(action) => self.action(action, &at.item(0)),
            _ => self.condition_on_facts(condition, at),
        }
    }

    /// Conditions on the estate's configuration and state.
    fn condition_on_facts(&mut self, condition: &Condition, at: &Place<'_>) {
        match condition {
            Condition::ImageAtLeast { of, tag } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.release(of, tag, &at.field("tag"));
            }
            Condition::EnvMissing { of, .. }
            | Condition::EnvIs { of, .. }
            | Condition::Healthy { of, .. }
            | Condition::ReplicasAtLeast { of, .. }
            | Condition::ReadyBelow { of, .. } => self.refer(Kind::Service, of, &at.field("of")),
            Condition::CodeMatches { of, path, pattern } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.regex(pattern, &at.field("pattern"));
                self.source_file(of, path, &at.field("path"));
            }
            Condition::FlagOn(flag) => self.refer(Kind::Flag, flag, &at.item(0)),
            Condition::FactIs { fact, .. } => self.refer(Kind::Fact, fact, &at.field("fact")),
            Condition::FactBelow { fact, .. } => {
                self.refer(Kind::Fact, fact, &at.field("fact"));
                self.fact_is_number(fact, at);
            }
            Condition::RetentionBelow { topic, .. } => {
                self.refer(Kind::Topic, topic, &at.field("topic"));
            }
            Condition::LagAbove {
                group, partition, ..
            }
            | Condition::ExpiredAbove {
                group, partition, ..
            } => {
                self.refer(Kind::Group, group, &at.field("group"));
                if let (Some(partition), Some(count)) = (partition, self.partitions_of(group)) {
                    let last = u64::from(count.saturating_sub(1));
                    self.count(u64::from(*partition), 0, last, &at.field("partition"));
                }
            }
            Condition::JobRunning(job) => self.refer(Kind::Job, job, &at.item(0)),
            _ => {}
        }
    }

    /// How many partitions the topic has that a group reads.
    fn partitions_of(&self, group: &str) -> Option<u32> {
        let services = self.subject.estate.services.values();
        let consumes = services.flat_map(|service| &service.consumes);
        let topic = consumes.filter(|consumes| consumes.group == group);
        let topic = topic.map(|consumes| &consumes.topic).next()?;
        let mut clusters = self.subject.estate.kafka.values();
        clusters.find_map(|cluster| Some(cluster.topics.get(topic)?.partitions))
    }

    fn fact_is_number(&mut self, fact: &str, at: &Place<'_>) {
        let declared = self
            .subject
            .scenario
            .and_then(|scenario| scenario.facts.get(fact));
        if let Some(declared) = declared
            && declared.value.trim().parse::<f64>().is_err()
        {
            self.push(
                at.field("fact")
                    .error(
                        ids::NUMBER,
                        format!(
                            "the fact `{fact}` is `{}`, which is no number",
                            declared.value
                        ),
                    )
                    .hint("compare it with `FactIs`, or give the fact a number"),
            );
        }
    }

    /// Something the trainee may do.
    pub(super) fn action(&mut self, action: &Action, at: &Place<'_>) {
        match action {
            Action::Acknowledged => {}
            Action::Restart { of } | Action::ScaledTo { of, .. } => {
                self.refer(Kind::Service, of, &at.field("of"));
            }
            Action::Flush { of } => self.refer(Kind::Valkey, of, &at.field("of")),
            Action::OffsetsReset { group } => self.refer(Kind::Group, group, &at.field("group")),
            Action::TopicDeleted { topic } => self.refer(Kind::Topic, topic, &at.field("topic")),
            Action::Posted { channel, .. } => {
                self.refer(Kind::Channel, channel, &at.field("channel"));
            }
        }
    }

    /// A list of changes of the estate.
    pub(super) fn changes(&mut self, changes: &[Change], at: &Place<'_>) {
        for (index, change) in changes.iter().enumerate() {
            self.change(change, &at.item(index));
        }
    }

    fn change(&mut self, change: &Change, at: &Place<'_>) {
        match change {
            Change::Deploy { of, tag } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.release(of, tag, &at.field("tag"));
            }
            Change::SetEnv { of, .. } | Change::Restart { of } => {
                self.refer(Kind::Service, of, &at.field("of"));
            }
            Change::Scale { of, replicas } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.count(
                    u64::from(*replicas),
                    0,
                    super::limits::MAX_REPLICAS,
                    &at.field("replicas"),
                );
            }
            Change::SetFlag { flag, .. } => self.refer(Kind::Flag, flag, &at.field("flag")),
            Change::SetFact { fact, .. } => self.refer(Kind::Fact, fact, &at.field("fact")),
            Change::SetTopicConfig { topic, .. } => {
                self.refer(Kind::Topic, topic, &at.field("topic"));
            }
            Change::Silence {
                alert, matching, ..
            } => {
                if let Some(alert) = alert {
                    self.refer(Kind::Alert, alert, &at.field("alert"));
                }
                if alert.is_none() && matching.is_empty() {
                    self.push(
                        at.error(
                            ids::EMPTY,
                            "the silence says nothing about what it silences",
                        )
                        .hint("give the `alert`, or labels in `matching`"),
                    );
                }
                for label in matching.keys() {
                    let label_at = at.field("matching").field(label);
                    self.prometheus_name(label, &label_at.name());
                }
            }
        }
    }
}
