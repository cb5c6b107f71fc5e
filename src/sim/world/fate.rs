//! What a container does once it was started: the causal graph decides, from the container's own copy of the facts.

use std::cell::RefCell;
use std::sync::Arc;

use super::World;
use super::evaluate::OwnCopy;
use super::fleet::{Copy, Running};
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::{ContainerFate, CrashReason, Fate, PodRef};
use crate::sim::plan::effect::CrashPlan;
use crate::sim::time::{SimTime, Span};

/// A container that is well again is found ready at its next probe.
const PROBED_AGAIN: Span = Span::from_secs(10);
/// A CronJob that takes less is taken to run for about this long.
const LEAST_RUN: Span = Span::from_secs(1);

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
        if let Some(job) = pod.cron_job {
            return self.run_of_job(job, pod);
        }
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
        let own = OwnCopy {
            service,
            copy: &copy,
        };
        let crash = self.world.crash_of(own, pod.pod, pod.node);
        self.started(pod, at, service, copy, crash)
    }
}

impl WorldFate<'_> {
    /// A CronJob's container does its work and ends well; one run takes a little less time than another.
    fn run_of_job(&self, job: &str, pod: &PodRef<'_>) -> Fate {
        let declared = self.world.plan.pack.estate.jobs.get(job);
        let typical = declared.map_or(0, |job| job.runs_for.millis);
        let typical = typical.max(LEAST_RUN.millis());
        let stream = StreamId::of(&format!("job/{}/{}", pod.namespace, pod.pod));
        let key = StreamKey::new(self.world.seed, stream).leaf(0);
        Fate::Crashes {
            after: Span(key.between(0, typical * 9 / 10, typical)),
            exit_code: 0,
            reason: CrashReason::Completed,
            ready_before_crash: true,
        }
    }

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
            None if self.world.kept_unready(service, pod.pod, pod.node) => Fate::NeverReady,
            None => Fate::Runs {
                ready_after: pod.startup,
            },
        };
        // Asked again about a container that runs: it goes on as it is. What the fleet knows under this name may be a pod
        // that was replaced within the step.
        let runs =
            |known: &&Running| pod.running_since.is_some() && known.alive && known.life == pod.life;
        if let Some(known) = self.world.fleet.get(service, pod.pod).filter(runs) {
            return continued(fate, known.started, at);
        }
        let running = Running {
            slot: pod.slot,
            node: Arc::from(pod.node),
            copy,
            started: at,
            life: pod.life,
            alive: true,
            ready: false,
            leaked: 0.0,
            leaks: 0.0,
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

/// What a container that has run since `started` does from `at` on.
fn continued(fate: Fate, started: SimTime, at: SimTime) -> Fate {
    match fate {
        Fate::Runs { .. } => Fate::Runs {
            ready_after: PROBED_AGAIN,
        },
        Fate::Crashes {
            after,
            exit_code,
            reason,
            ready_before_crash,
        } => Fate::Crashes {
            after: (started + after - at).max(Span::ZERO),
            exit_code,
            reason,
            ready_before_crash,
        },
        other => other,
    }
}

impl World {
    /// The crash that awaits a container with this copy of the facts: the shortest life of all that apply.
    fn crash_of(&self, own: OwnCopy<'_>, pod: &str, node: &str) -> Option<(usize, CrashPlan)> {
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
            .filter(|(index, _)| self.reaches_start(*index, own.service, pod, node))
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

    fn kept_unready(&self, service: ServiceId, pod: &str, node: &str) -> bool {
        let faults = self.plan.faults.iter().zip(&self.faults).enumerate();
        faults
            .filter(|(_, (plan, _))| plan.effects.not_ready.contains(&service))
            .any(|(index, (_, state))| {
                state.felt(self.now) > 0 && self.reaches_start(index, service, pod, node)
            })
    }
}
