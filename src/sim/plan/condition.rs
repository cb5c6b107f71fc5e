//! Conditions with their names resolved. Never evaluates them: the world does, it has the facts.

use regex::Regex;

use super::Plan;
use crate::scenario::format::condition::{Action, Condition};
use crate::sim::ids::{
    ClueId, DriverId, FaultId, GroupId, HerringId, ServiceId, StockId, TopicId, ValkeyId,
};
use crate::sim::time::{SimTime, Span};

/// A condition with its names resolved; see [`Condition`] for what each means.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "one to one with the format's documented conditions"
)]
pub enum Cond {
    Always,
    Never,
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    After(SimTime),
    Active(FaultId),
    ActiveFor(FaultId, Span),
    Above(FaultId, f64),
    AboveFor(FaultId, f64, Span),
    ImageAtLeast(ServiceId, usize),
    EnvMissing(ServiceId, String),
    EnvIs(ServiceId, String, String),
    CodeMatches(ServiceId, String, Regex),
    ReplicasAtLeast(ServiceId, u32),
    ReadyBelow(ServiceId, u32),
    FlagOn(String),
    FactIs(String, String),
    FactBelow(String, f64),
    RetentionBelow(TopicId, Span),
    /// A group's messages still to be worked off, in all partitions or in one, are more than these.
    LagAbove(GroupId, Option<u32>, u64),
    ExpiredAbove(GroupId, Option<u32>, u64),
    StockAbove(StockId, f64),
    TrafficAbove(f64),
    DriverAbove(DriverId, f64),
    DriverBelow(DriverId, f64),
    JobRunning(String),
    Healthy(ServiceId, Span),
    AlertFiring(String),
    ClueSeen(ClueId),
    Did(Deed),
    Refuted(HerringId),
}

/// Something the trainee may have done, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "one to one with the format's documented actions"
)]
pub enum Deed {
    Acknowledged,
    Restart(ServiceId),
    ScaledTo(ServiceId, u32),
    Flush(ValkeyId),
    OffsetsReset(GroupId),
    TopicDeleted(TopicId),
    Posted { channel: String, words: Vec<String> },
}

impl Plan {
    /// Resolves a condition; a name that does not exist makes that part `Never` and is kept in `gaps`.
    pub(crate) fn resolve(&mut self, condition: &Condition) -> Cond {
        self.try_resolve(condition).unwrap_or_else(|| {
            self.gap(format!("in condition {condition:?}"));
            Cond::Never
        })
    }

    fn all(&mut self, parts: &[Condition]) -> Vec<Cond> {
        parts.iter().map(|part| self.resolve(part)).collect()
    }

    fn service_id(&self, name: &str) -> Option<ServiceId> {
        self.names.services.get(name).copied()
    }

    fn fault_id(&self, name: &str) -> Option<FaultId> {
        self.names.faults.get(name).copied()
    }

    fn try_resolve(&mut self, condition: &Condition) -> Option<Cond> {
        use Condition as C;
        Some(match condition {
            C::Always => Cond::Always,
            C::All(parts) => Cond::All(self.all(parts)),
            C::Any(parts) => Cond::Any(self.all(parts)),
            C::Not(part) => Cond::Not(Box::new(self.resolve(part))),
            C::After(moment) => Cond::After(self.moment(*moment)),
            C::Before(moment) => Cond::Not(Box::new(Cond::After(self.moment(*moment)))),
            C::Active(fault) => Cond::Active(self.fault_id(fault)?),
            C::ActiveFor { fault, lasts } => {
                Cond::ActiveFor(self.fault_id(fault)?, Span(lasts.millis))
            }
            C::Above { fault, level } => Cond::Above(self.fault_id(fault)?, *level),
            C::AboveFor {
                fault,
                level,
                lasts,
            } => Cond::AboveFor(self.fault_id(fault)?, *level, Span(lasts.millis)),
            C::ImageAtLeast { of, tag } => {
                let service = self.service_id(of)?;
                Cond::ImageAtLeast(service, self.release_rank(service, tag)?)
            }
            C::EnvMissing { of, name } => Cond::EnvMissing(self.service_id(of)?, name.clone()),
            C::EnvIs { of, name, value } => {
                Cond::EnvIs(self.service_id(of)?, name.clone(), value.clone())
            }
            C::CodeMatches { of, path, pattern } => {
                let regex = regex::RegexBuilder::new(pattern)
                    .dot_matches_new_line(true)
                    .size_limit(1 << 20)
                    .build()
                    .ok()?;
                Cond::CodeMatches(self.service_id(of)?, path.clone(), regex)
            }
            C::ReplicasAtLeast { of, count } => Cond::ReplicasAtLeast(self.service_id(of)?, *count),
            C::ReadyBelow { of, count } => Cond::ReadyBelow(self.service_id(of)?, *count),
            C::Healthy { of, lasts } => Cond::Healthy(self.service_id(of)?, Span(lasts.millis)),
            C::FlagOn(flag) => Cond::FlagOn(flag.clone()),
            C::FactIs { fact, value } => Cond::FactIs(fact.clone(), value.clone()),
            C::FactBelow { fact, value } => Cond::FactBelow(fact.clone(), *value),
            other => return self.resolve_measure(other),
        })
    }

    fn resolve_measure(&mut self, condition: &Condition) -> Option<Cond> {
        use Condition as C;
        Some(match condition {
            C::RetentionBelow { topic, keeps } => {
                Cond::RetentionBelow(self.names.topics.get(topic).copied()?, Span(keeps.millis))
            }
            C::LagAbove {
                group,
                partition,
                messages,
            } => {
                let group = self.names.groups.get(group).copied()?;
                Cond::LagAbove(group, *partition, *messages)
            }
            C::ExpiredAbove {
                group,
                partition,
                messages,
            } => {
                let group = self.names.groups.get(group).copied()?;
                Cond::ExpiredAbove(group, *partition, *messages)
            }
            C::StockAbove { stock, level } => {
                Cond::StockAbove(self.names.stocks.get(stock).copied()?, *level)
            }
            C::TrafficAbove(factor) => Cond::TrafficAbove(*factor),
            C::DriverAbove { driver, value } => {
                Cond::DriverAbove(self.names.drivers.get(driver).copied()?, *value)
            }
            C::DriverBelow { driver, value } => {
                Cond::DriverBelow(self.names.drivers.get(driver).copied()?, *value)
            }
            C::JobRunning(job) => Cond::JobRunning(job.clone()),
            C::AlertFiring(alert) => Cond::AlertFiring(alert.clone()),
            C::ClueSeen(clue) => Cond::ClueSeen(self.names.clues.get(clue).copied()?),
            C::Refuted(herring) => Cond::Refuted(self.names.herrings.get(herring).copied()?),
            C::Did(action) => Cond::Did(self.deed(action)?),
            _ => return None,
        })
    }

    /// Resolves an action; `None` when a name does not exist.
    pub(crate) fn deed(&self, action: &Action) -> Option<Deed> {
        Some(match action {
            Action::Acknowledged => Deed::Acknowledged,
            Action::Restart { of } => Deed::Restart(self.service_id(of)?),
            Action::ScaledTo { of, most } => Deed::ScaledTo(self.service_id(of)?, *most),
            Action::Flush { of } => Deed::Flush(self.names.valkey.get(of).copied()?),
            Action::OffsetsReset { group } => {
                Deed::OffsetsReset(self.names.groups.get(group).copied()?)
            }
            Action::TopicDeleted { topic } => {
                Deed::TopicDeleted(self.names.topics.get(topic).copied()?)
            }
            Action::Posted { channel, words } => Deed::Posted {
                channel: channel.clone(),
                words: words.iter().map(|word| word.to_lowercase()).collect(),
            },
        })
    }

    /// A moment of the scenario as an instant.
    pub fn moment(&self, moment: crate::scenario::format::values::Moment) -> SimTime {
        SimTime(moment.millis(self.pack.scenario.starts))
    }
}

impl Cond {
    /// The service that this condition itself looks at, if it does.
    pub const fn service(&self) -> Option<ServiceId> {
        match self {
            Self::ImageAtLeast(service, _)
            | Self::EnvMissing(service, _)
            | Self::EnvIs(service, ..)
            | Self::CodeMatches(service, ..)
            | Self::ReplicasAtLeast(service, _)
            | Self::ReadyBelow(service, _)
            | Self::Healthy(service, _) => Some(*service),
            _ => None,
        }
    }

    /// Calls `visit` for this condition and all inside it.
    pub fn walk(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.walk(visit)),
            Self::Not(part) => part.walk(visit),
            _ => {}
        }
    }
}
