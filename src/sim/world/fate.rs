//! What a container does once it was started: the causal graph decides, from the container's own copy of the facts.

use std::cell::RefCell;
use std::sync::Arc;

use super::World;
use super::evaluate::OwnCopy;
use super::fleet::{Copy, Running};
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::{ContainerFate, CrashReason, Fate, PodRef};
use crate::sim::plan::effect::CrashPlan;
use crate::sim::time::{SimTime, Span};

/// Answers the cluster's questions from the world as it is, and keeps what was started.
pub(super) struct WorldFate<'a> {
    pub world: &'a World,
    pub started: RefCell<Vec<Started>>,
}

/// A container that was started.
#[derive(Clone, Debug)]
pub struct Started {
    /// When.
    pub at: SimTime,
    /// Whose.
    pub service: ServiceId,
    /// Its pod.
    pub pod: Arc<str>,
    /// The pod as it runs now.
    pub running: Running,
    /// The fault that will crash it, and how; `usize::MAX` for a crash loop that is no part of the scenario.
    pub crash: Option<(usize, CrashPlan)>,
}

/// The tag of an image reference; the whole text when it has none.
pub fn tag_of(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => image,
    }
}

impl ContainerFate for WorldFate<'_> {
    fn on_start(&self, pod: &PodRef<'_>, at: SimTime) -> Fate {
        let Some((service, found)) = self.world.plan.service(&pod.workload.key.name) else {
            return Fate::Runs {
                ready_after: pod.startup,
            };
        };
        let copy = Copy {
            env: pod.env.clone(),
            tag: tag_of(pod.image).to_owned(),
        };
        if let Some(known) = &found.spec.known_crash_loop {
            let crash = CrashPlan {
                service,
                after: Span(known.life.millis),
                exit_code: known.exit_code,
                says: Arc::from([]),
                ready_before: false,
            };
            return self.started(pod, at, service, copy, Some((usize::MAX, crash)));
        }
        let crash = self.world.crash_of(OwnCopy {
            service,
            copy: &copy,
        });
        self.started(pod, at, service, copy, crash)
    }
}

impl WorldFate<'_> {
    fn started(
        &self,
        pod: &PodRef<'_>,
        at: SimTime,
        service: ServiceId,
        copy: Copy,
        crash: Option<(usize, CrashPlan)>,
    ) -> Fate {
        let fate = match &crash {
            Some((_, plan)) => Fate::Crashes {
                after: plan.after,
                exit_code: plan.exit_code,
                reason: if plan.exit_code == 0 {
                    CrashReason::Completed
                } else {
                    CrashReason::Error
                },
                ready_before_crash: plan.ready_before,
            },
            None if self.world.kept_unready(service) => Fate::NeverReady,
            None => Fate::Runs {
                ready_after: pod.startup,
            },
        };
        let running = Running {
            slot: pod.slot,
            node: Arc::from(pod.node),
            copy,
            started: at,
            life: pod.life,
            alive: true,
            ready: false,
        };
        self.started.borrow_mut().push(Started {
            at,
            service,
            pod: Arc::from(pod.pod),
            running,
            crash,
        });
        fate
    }
}

impl World {
    /// The crash that awaits a container with this copy of the facts: the shortest life of all that apply.
    fn crash_of(&self, own: OwnCopy<'_>) -> Option<(usize, CrashPlan)> {
        self.plan
            .faults
            .iter()
            .enumerate()
            .filter(|(_, fault)| {
                fault
                    .effects
                    .crashes
                    .iter()
                    .any(|crash| crash.service == own.service)
            })
            .filter(|(_, fault)| self.holds_for(&fault.when, Some(own)))
            .flat_map(|(index, fault)| {
                fault
                    .effects
                    .crashes
                    .iter()
                    .map(move |crash| (index, crash.clone()))
            })
            .filter(|(_, crash)| crash.service == own.service)
            .min_by_key(|(index, crash)| (crash.after, *index))
    }

    fn kept_unready(&self, service: ServiceId) -> bool {
        self.plan
            .faults
            .iter()
            .zip(&self.faults)
            .any(|(plan, state)| {
                state.felt(self.now) > 0 && plan.effects.not_ready.contains(&service)
            })
    }
}
