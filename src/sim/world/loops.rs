//! Containers that have crashed for weeks and are no part of the story: of their history only the ends are played.
//!
//! Such a container repeats itself to the millisecond. One life is played and compared; the lives until shortly before the
//! page are then left out of the cluster and told to telemetry at once.

use std::sync::Arc;

use super::World;
use super::fate::Started;
use crate::scenario::format::change::Change;
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::event::Count;
use crate::sim::plan::ServicePlan;
use crate::sim::time::{SimTime, Span};

/// The last lives before the page are played: events are forgotten after an hour, and nothing looks further back.
const PLAYED_BEFORE_PAGE: Span = Span::from_hours(2);
/// The back-off of a seeded pod has come to rest after this long.
const COMES_TO_REST: Span = Span::from_mins(15);

impl World {
    /// Leaves out lives of containers that crash all the time.
    pub(super) fn leave_out_known_crashes(&mut self) {
        let plan = Arc::clone(&self.plan);
        let start = self.now;
        for (index, service) in plan.services.iter().enumerate() {
            let id = ServiceId(index as u32);
            let quiet = service.spec.known_crash_loop.is_some()
                && service.groups.is_empty()
                && !self.timers.services.contains(&id);
            if quiet {
                let until = self.first_change_of(service) - PLAYED_BEFORE_PAGE;
                self.advance_to((start + COMES_TO_REST).max(self.now));
                self.leave_out_crashes_of(id, service, until);
            }
        }
    }

    /// The first instant after now at which something is done to a service, or the page.
    fn first_change_of(&self, service: &ServicePlan) -> SimTime {
        let plan = &self.plan;
        let releases = service.spec.releases.iter();
        let deployed = releases.filter_map(|release| Some(SimTime(release.deployed?.millis)));
        let scenario = &plan.pack.scenario;
        let story = scenario.story.iter();
        let told = story
            .filter(|happening| {
                happening
                    .does
                    .iter()
                    .any(|change| is_about(change, service))
            })
            .map(|happening| plan.moment(happening.at));
        let by_itself = scenario.automations.values();
        let may_act = by_itself
            .filter(|automation| {
                automation
                    .does
                    .iter()
                    .any(|change| is_about(change, service))
            })
            .map(|_| self.now);
        deployed
            .chain(told)
            .filter(|at| *at > self.now)
            .chain(may_act)
            .chain([plan.page])
            .min()
            .unwrap_or(plan.page)
    }

    fn leave_out_crashes_of(&mut self, id: ServiceId, service: &ServicePlan, until: SimTime) {
        let namespace = &service.spec.namespace;
        let pods: Vec<Arc<str>> = self.fleet.of(id).map(|(pod, _)| Arc::clone(pod)).collect();
        for pod in pods {
            let Some(before) = self.cluster.crash_cycle(namespace, &pod) else {
                continue;
            };
            let counted = self.cluster.event_counts(namespace, &pod);
            self.advance_to(self.now + before.period);
            let Some(cycle) = self.cluster.crash_cycle(namespace, &pod) else {
                continue;
            };
            let repeats =
                cycle.period == before.period && cycle.starts_at == before.starts_at + cycle.period;
            let lives = (until - cycle.starts_at).millis() / cycle.period.millis().max(1);
            if !repeats || lives < 1 {
                continue;
            }
            let once = since(&counted, self.cluster.event_counts(namespace, &pod));
            let starts: Vec<SimTime> = (0..lives)
                .map(|life| cycle.starts_at + Span(cycle.period.millis() * life))
                .collect();
            self.cluster
                .leave_out_lives(namespace, &pod, lives as u32, &once);
            let mut seen = None;
            self.fleet.change(id, &pod, |running| {
                running.life += lives as u32;
                running.started = starts.last().copied().unwrap_or(running.started);
                seen = Some(running.clone());
            });
            if let Some(running) = seen {
                let started = Started {
                    at: running.started,
                    service: id,
                    pod,
                    running,
                    crash: None,
                };
                self.signals.lived(&self.plan, &started, &starts);
            }
        }
    }
}

/// What was counted since.
fn since(before: &[Count], mut now: Vec<Count>) -> Vec<Count> {
    for count in &mut now {
        let same = |old: &&Count| old.reason == count.reason && old.message == count.message;
        let known = before.iter().find(same).map_or(0, |old| old.times);
        count.times = count.times.saturating_sub(known);
    }
    now
}

fn is_about(change: &Change, service: &ServicePlan) -> bool {
    match change {
        Change::Deploy { of, .. }
        | Change::SetEnv { of, .. }
        | Change::Scale { of, .. }
        | Change::Restart { of } => *of == service.name,
        Change::SetFlag { .. }
        | Change::SetFact { .. }
        | Change::SetTopicConfig { .. }
        | Change::Silence { .. } => false,
    }
}
