//! Conditions, evaluated on the world as it is now. Facts are read from the running copies, not from what is wanted.

use std::collections::BTreeSet;

use super::World;
use super::fleet::Copy;
use super::memo::Needs;
use crate::sim::ids::{FaultId, ServiceId};
use crate::sim::plan::{Cond, Deed};
use crate::sim::time::{SimTime, Span};

/// One container's copy of the facts, where a condition is asked for it alone.
#[derive(Clone, Copy)]
pub struct OwnCopy<'a> {
    /// Its service.
    pub service: ServiceId,
    /// Its copy.
    pub copy: &'a Copy,
}

impl World {
    /// Whether a condition holds now.
    pub fn holds(&self, condition: &Cond) -> bool {
        self.holds_for(condition, None)
    }

    /// Whether a condition holds for a container that is just starting: facts about its own service are read from its
    /// own copy.
    pub(super) fn holds_for(&self, condition: &Cond, own: Option<OwnCopy<'_>>) -> bool {
        match condition {
            Cond::Always => true,
            Cond::Never => false,
            Cond::All(parts) => parts.iter().all(|part| self.holds_for(part, own)),
            Cond::Any(parts) => parts.iter().any(|part| self.holds_for(part, own)),
            Cond::Not(part) => !self.holds_for(part, own),
            Cond::After(at) => self.now >= *at,
            Cond::ImageAtLeast(service, rank) => self.any_copy(*service, own, |copy| {
                self.rank_of(*service, &copy.tag) >= Some(*rank)
            }),
            Cond::EnvMissing(service, name) => self.any_copy(*service, own, |copy| {
                copy.env.get(name).is_none_or(str::is_empty)
            }),
            Cond::EnvIs(service, name, value) => self.any_copy(*service, own, |copy| {
                copy.env.get(name) == Some(value.as_str())
            }),
            Cond::CodeMatches(service, path, pattern) => self.any_copy(*service, own, |copy| {
                self.code.matches(self, *service, &copy.tag, path, pattern)
            }),
            other => self.holds_measure(other),
        }
    }

    fn holds_measure(&self, condition: &Cond) -> bool {
        match condition {
            Cond::Active(fault) => self.fault_active_for(*fault, Span::ZERO),
            Cond::ActiveFor(fault, lasts) => self.fault_active_for(*fault, *lasts),
            Cond::Above(fault, level) => self.intensity(*fault) > *level,
            Cond::AboveFor(fault, level, lasts) => {
                self.timers.above_for(*fault, *level, *lasts, self.now)
            }
            Cond::ReplicasAtLeast(service, count) => self.wanted(*service) >= *count,
            Cond::ReadyBelow(service, count) => self.fleet.ready_of(*service) < *count,
            Cond::FlagOn(flag) => self.facts.flags.get(flag).copied().unwrap_or(false),
            Cond::FactIs(fact, value) => self.facts.reached.get(fact) == Some(value),
            Cond::FactBelow(fact, value) => self
                .facts
                .reached
                .get(fact)
                .and_then(|text| text.parse::<f64>().ok())
                .is_some_and(|now| now < *value),
            Cond::RetentionBelow(topic, keeps) => self
                .retention(*topic)
                .is_some_and(|retention| retention < *keeps),
            Cond::LagAbove(group, partition, messages) => {
                self.lag_in(*group, *partition) > *messages
            }
            Cond::ExpiredAbove(group, partition, messages) => {
                self.expired_in(*group, *partition) > *messages
            }
            Cond::StockAbove(stock, level) => self.stock(*stock) > *level,
            Cond::TrafficAbove(factor) => {
                self.shape_now() * self.traffic_factor(self.now) > *factor
            }
            Cond::DriverAbove(driver, value) => self.driver(*driver) > *value,
            Cond::DriverBelow(driver, value) => self.driver(*driver) < *value,
            Cond::Healthy(service, lasts) => self.timers.healthy_for(*service, *lasts, self.now),
            Cond::JobRunning(job) => self.facts.jobs_running.contains_key(job),
            Cond::AlertFiring(alert) => self.alerts.is_firing(&self.plan.rules, alert),
            Cond::ClueSeen(clue) => self.trainee.clues.contains_key(clue),
            Cond::Refuted(herring) => self.trainee.refuted.contains_key(herring),
            Cond::Did(deed) => self
                .trainee
                .deeds
                .iter()
                .any(|done| deed_fits(&done.deed, deed)),
            _ => false,
        }
    }

    fn fault_active_for(&self, fault: FaultId, lasts: Span) -> bool {
        self.active_since(fault)
            .is_some_and(|since| self.now - since >= lasts)
    }

    /// The intensity of a fault as the world feels it, 0 to 1.
    pub fn intensity(&self, fault: FaultId) -> f64 {
        self.faults
            .get(fault.index())
            .map_or(0.0, |state| state.intensity(self.now))
    }

    pub(super) fn active_since(&self, fault: FaultId) -> Option<SimTime> {
        self.faults
            .get(fault.index())
            .and_then(|state| state.active_since)
    }

    fn any_copy(
        &self,
        service: ServiceId,
        own: Option<OwnCopy<'_>>,
        test: impl Fn(&Copy) -> bool,
    ) -> bool {
        if let Some(own) = own.filter(|own| own.service == service) {
            return test(own.copy);
        }
        let mut pods = self.fleet.of(service).map(|(_, pod)| &pod.copy).peekable();
        if pods.peek().is_some() {
            return pods.any(test);
        }
        self.templates.get(service.index()).is_some_and(test)
    }

    /// The position of a tag among a service's releases, those shipped in the drill after those of the files.
    fn rank_of(&self, service: ServiceId, tag: &str) -> Option<usize> {
        self.releases_of(service)
            .position(|release| release.tag == tag)
    }
}

/// Whether something done is what was asked for; a post fits when it has one of the words.
pub(super) fn deed_fits(done: &Deed, asked: &Deed) -> bool {
    match (done, asked) {
        (
            Deed::Posted { channel, words },
            Deed::Posted {
                channel: asked_channel,
                words: any,
            },
        ) => {
            channel == asked_channel
                && (any.is_empty()
                    || words
                        .iter()
                        .any(|text| any.iter().any(|word| text.contains(word.as_str()))))
        }
        (Deed::ScaledTo(service, now), Deed::ScaledTo(asked_service, most)) => {
            service == asked_service && now <= most
        }
        _ => done == asked,
    }
}

/// Timers of conditions that need something to have held for a while.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    above: Vec<(FaultId, f64, Option<SimTime>)>,
    healthy: Vec<(ServiceId, Option<SimTime>)>,
    /// What is waited for, and for how long.
    waits: Vec<(Wait, Span)>,
    /// Instants that conditions name.
    moments: Vec<SimTime>,
    /// What all conditions together read.
    pub needs: Needs,
    /// Services that some condition looks at.
    pub services: BTreeSet<ServiceId>,
}

/// What has to last.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Active(FaultId),
    /// By position among the timers.
    Above(usize),
    Healthy(usize),
}

impl Timers {
    /// Notes what a condition will have to time.
    pub fn watch(&mut self, condition: &Cond) {
        self.needs = self.needs.with(Needs::of(condition));
        self.time(condition);
    }

    /// The same for a condition that only matters while something moves anyway: traffic and drivers need not be watched
    /// for it.
    pub fn watch_while_moving(&mut self, condition: &Cond) {
        let by_themselves = Needs::TRAFFIC.with(Needs::DRIVERS);
        let needs = Needs::of(condition).without(by_themselves);
        self.needs = self.needs.with(needs);
        self.time(condition);
    }

    /// The same for a condition that is asked for only at an instant of its own.
    pub fn time(&mut self, condition: &Cond) {
        condition.walk(&mut |part| {
            self.services.extend(part.service());
            match part {
                Cond::AboveFor(fault, level, lasts) => {
                    let place = self.above.len();
                    self.above.push((*fault, *level, None));
                    self.waits.push((Wait::Above(place), *lasts));
                }
                Cond::ActiveFor(fault, lasts) => self.waits.push((Wait::Active(*fault), *lasts)),
                Cond::Healthy(service, lasts) => {
                    let known = self.healthy.iter().position(|(of, _)| of == service);
                    let place = known.unwrap_or(self.healthy.len());
                    if known.is_none() {
                        self.healthy.push((*service, None));
                    }
                    self.waits.push((Wait::Healthy(place), *lasts));
                }
                Cond::After(at) => self.moments.push(*at),
                _ => {}
            }
        });
    }

    /// Instants that conditions name, ascending.
    pub fn moments(&self) -> Vec<SimTime> {
        let mut moments = self.moments.clone();
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// Looks at what holds now.
    pub fn look(
        &mut self,
        now: SimTime,
        level: impl Fn(FaultId) -> f64,
        healthy: impl Fn(ServiceId) -> bool,
    ) {
        for (fault, bound, since) in &mut self.above {
            *since = if level(*fault) > *bound {
                since.or(Some(now))
            } else {
                None
            };
        }
        for (service, since) in &mut self.healthy {
            *since = if healthy(*service) {
                since.or(Some(now))
            } else {
                None
            };
        }
    }

    /// The next instant after `now` at which something has lasted for as long as some condition asks.
    pub fn next_at(
        &self,
        now: SimTime,
        active_since: impl Fn(FaultId) -> Option<SimTime>,
    ) -> Option<SimTime> {
        let ends = self.waits.iter().filter_map(|(wait, lasts)| {
            let since = match wait {
                Wait::Active(fault) => active_since(*fault),
                Wait::Above(place) => self.above.get(*place).and_then(|(_, _, since)| *since),
                Wait::Healthy(place) => self.healthy.get(*place).and_then(|(_, since)| *since),
            };
            since.map(|since| since + *lasts)
        });
        ends.filter(|at| *at > now).min()
    }

    fn above_for(&self, fault: FaultId, level: f64, lasts: Span, now: SimTime) -> bool {
        self.above.iter().any(|(of, bound, since)| {
            *of == fault
                && bound.to_bits() == level.to_bits()
                && since.is_some_and(|since| now - since >= lasts)
        })
    }

    fn healthy_for(&self, service: ServiceId, lasts: Span, now: SimTime) -> bool {
        self.healthy
            .iter()
            .any(|(of, since)| *of == service && since.is_some_and(|since| now - since >= lasts))
    }
}
