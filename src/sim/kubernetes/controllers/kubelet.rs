//! The kubelet's steps with running and ended containers: readiness, ends, restarts with their back-off, deletion.
//! Why a container ends is the world's to say.

use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::event::{EventType, Report};
use super::super::fate::{ClusterEventKind, ContainerFate, CrashReason, Fate};
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef};
use super::super::pod::{
    AfterEnd, BACK_OFF_FIRST, BACK_OFF_LIMIT, BACK_OFF_RESET, BackOff, ContainerState,
    ContainerStatus, Ended, NextStep, Outcome, PlannedEnd, Pod, Readiness, Running, Termination,
    Waiting, WaitingReason,
};
use super::super::template::{PodTemplate, RestartPolicy};
use crate::sim::time::{SimTime, Span};

/// How long the kubelet takes to notice that a container has ended.
const NOTICE: Span = Span::from_secs(1);
/// For how long an ended container is at most shown as ended before it is shown as backing off.
const END_SHOWN: Span = Span::from_secs(12);
/// How often the kubelet looks at a pod that backs off, telling so each time.
const BACK_OFF_TOLD: Span = Span::from_secs(14);

impl Cluster {
    /// The kubelet looks at a pod whose next step is due.
    pub(in super::super) fn step_pod(
        &mut self,
        key: &ObjectKey,
        at: SimTime,
        fate: &dyn ContainerFate,
    ) {
        let Some(pod) = self.pods.get_mut(key) else {
            return;
        };
        Arc::make_mut(pod).due = None;
        if pod.deletion.is_some() {
            self.remove_pod(key);
            return;
        }
        let (was_ready, count) = (pod.is_ready(), pod.containers.len());
        for index in 0..count {
            self.step_container(key, index, at, fate);
        }
        self.after_step(key, was_ready, at);
    }

    /// Containers may have changed: what follows for the pod.
    pub(in super::super) fn after_step(&mut self, key: &ObjectKey, was_ready: bool, at: SimTime) {
        self.conclude(key);
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let (ready, finished, workload, seat) = (
            pod.is_ready(),
            pod.is_finished(),
            pod.workload.clone(),
            pod.seat(),
        );
        if ready != was_ready {
            if let Some(pod) = self.pod_mut(key) {
                pod.ready_since = at;
            }
            self.tell(if ready {
                ClusterEventKind::PodReady(seat)
            } else {
                ClusterEventKind::PodUnready(seat)
            });
        }
        if ready != was_ready || finished {
            self.dirty.insert(workload);
        }
        self.schedule_kubelet(key);
    }

    fn step_container(
        &mut self,
        key: &ObjectKey,
        index: usize,
        at: SimTime,
        fate: &dyn ContainerFate,
    ) {
        let Some(container) = self.container(key, index) else {
            return;
        };
        if container.due().is_none_or(|due| due > at) {
            return;
        }
        match container.state.clone() {
            ContainerState::Waiting(waiting) => {
                if let Some(next) = waiting.next {
                    self.step_waiting(key, index, next, at, fate);
                }
            }
            ContainerState::Running(running) => self.step_running(key, index, &running, at),
            ContainerState::Terminated(ended) => match ended.then {
                AfterEnd::Restart(_) => self.start_container(key, index, None, at, fate),
                AfterEnd::BackOff { restart_at, .. } => {
                    self.show_back_off(key, index, &ended.how, restart_at, at);
                }
                AfterEnd::Stay => {}
            },
        }
    }

    pub(super) fn container(&self, key: &ObjectKey, index: usize) -> Option<&ContainerStatus> {
        self.pods.get(key)?.containers.get(index)
    }

    pub(super) fn container_mut(
        &mut self,
        key: &ObjectKey,
        index: usize,
    ) -> Option<&mut ContainerStatus> {
        self.pod_mut(key)?.containers.get_mut(index)
    }

    fn step_running(&mut self, key: &ObjectKey, index: usize, running: &Running, at: SimTime) {
        if let Some(end) = running.end
            && end.at <= at
        {
            self.end_container(key, index, end, at);
            return;
        }
        let readiness = match running.readiness {
            Readiness::NotReady { until: Some(until) } if until <= at => {
                self.stop_telling(key, "Unhealthy", at);
                Readiness::Ready { until: None }
            }
            Readiness::Ready { until: Some(until) } if until <= at => {
                self.tell_unready(key, index, at);
                Readiness::NotReady { until: None }
            }
            unchanged => unchanged,
        };
        if let Some(container) = self.container_mut(key, index)
            && let ContainerState::Running(running) = &mut container.state
        {
            running.readiness = readiness;
        }
    }

    /// A container ends.
    pub(in super::super) fn end_container(
        &mut self,
        key: &ObjectKey,
        index: usize,
        end: PlannedEnd,
        at: SimTime,
    ) {
        self.stop_telling(key, "Unhealthy", at);
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let seat = pod.seat();
        let policy = pod.template.spec.restart_policy;
        let Some(container) = pod.containers.get(index) else {
            return;
        };
        let Some(started_at) = container.running_since() else {
            return;
        };
        let (name, life) = (container.name.clone(), container.restart_count);
        let delay = container
            .back_off
            .filter(|back_off| at - back_off.set_at <= BACK_OFF_RESET)
            .map(|back_off| back_off.delay);
        if end.by_liveness {
            self.tell_liveness(key, &name, at);
        }
        let how = Termination {
            exit_code: end.exit_code,
            reason: end.reason,
            started_at,
            finished_at: at,
        };
        let then = if restarts(policy, end.exit_code) {
            after_end(at, delay)
        } else {
            AfterEnd::Stay
        };
        if let Some(container) = self.container_mut(key, index) {
            container.state = ContainerState::Terminated(Ended { how, then });
        }
        self.tell(ClusterEventKind::ContainerCrashed {
            pod: seat,
            container: name,
            life,
            exit_code: end.exit_code,
            reason: end.reason,
        });
    }

    fn show_back_off(
        &mut self,
        key: &ObjectKey,
        index: usize,
        how: &Termination,
        restart_at: SimTime,
        at: SimTime,
    ) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some(container) = pod.containers.get(index) else {
            return;
        };
        let place = format!("{}_{}({})", pod.meta.name, pod.meta.namespace, pod.meta.uid);
        let name = container.name.clone();
        let message = format!(
            "back-off {} restarting failed container={name} pod={place}",
            go_duration(restart_at - how.finished_at)
        );
        let report = self.kubelet_report(
            key,
            &name,
            EventType::Warning,
            "BackOff",
            format!("Back-off restarting failed container {name} in pod {place}"),
        );
        self.events
            .record_repeating(self.seed, report, at, BACK_OFF_TOLD);
        let how = how.clone();
        if let Some(container) = self.container_mut(key, index) {
            container.last = Some(how);
            container.state = ContainerState::Waiting(Waiting {
                reason: WaitingReason::CrashLoopBackOff,
                message,
                next: Some(NextStep::Start(restart_at)),
            });
        }
    }

    /// The world kills a running container now, as the kernel does for memory. Nothing happens if it does not run.
    pub fn kill_container(
        &mut self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        exit_code: i32,
        reason: CrashReason,
    ) -> bool {
        let key = ObjectKey::new(namespace, pod);
        let at = self.now;
        let Some(pod) = self.pods.get(&key) else {
            return false;
        };
        let was_ready = pod.is_ready();
        let found = pod.containers.iter().position(|status| {
            container.is_none_or(|name| status.name == name) && status.running_since().is_some()
        });
        let Some(index) = found.filter(|_| pod.deletion.is_none()) else {
            return false;
        };
        let end = PlannedEnd {
            at,
            exit_code,
            reason,
            by_liveness: false,
        };
        self.end_container(&key, index, end, at);
        self.after_step(&key, was_ready, at);
        self.settle();
        true
    }

    /// Asks the world about running containers whose fate may have changed.
    pub(in super::super) fn ask_again(&mut self, fate: &dyn ContainerFate) {
        let at = self.now;
        while let Some(key) = self.rechecks.pop_first() {
            let Some(pod) = self.pods.get(&key) else {
                continue;
            };
            if pod.deletion.is_some() {
                continue;
            }
            let count = pod.containers.len();
            for index in 0..count {
                let Some(container) = self.container(&key, index) else {
                    continue;
                };
                let ContainerState::Running(running) = container.state.clone() else {
                    continue;
                };
                let life = container.restart_count;
                let Some(answer) = self.ask(&key, index, life, at, fate) else {
                    continue;
                };
                let Some(pod) = self.pods.get(&key) else {
                    continue;
                };
                let next = continue_as(
                    &running,
                    &answer,
                    at,
                    pod.pace.startup,
                    &pod.template,
                    index,
                );
                if let Some(container) = self.container_mut(&key, index) {
                    container.state = ContainerState::Running(next);
                }
            }
            self.schedule_kubelet(&key);
        }
        self.settle();
    }

    /// Decides whether the pod is done for good.
    fn conclude(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        if pod.is_finished() || pod.containers.is_empty() {
            return;
        }
        let mut failed = false;
        for container in &pod.containers {
            let ContainerState::Terminated(Ended {
                how,
                then: AfterEnd::Stay,
            }) = &container.state
            else {
                return;
            };
            failed |= how.exit_code != 0;
        }
        let outcome = if failed {
            Outcome::Failed
        } else {
            Outcome::Succeeded
        };
        if let Some(pod) = self.pod_mut(key) {
            pod.outcome = Some(outcome);
        }
        self.room_changed = true;
    }

    fn tell_liveness(&mut self, key: &ObjectKey, container: &str, at: SimTime) {
        let unhealthy = self.kubelet_report(
            key,
            container,
            EventType::Warning,
            "Unhealthy",
            "Liveness probe failed: HTTP probe failed with statuscode: 503".to_owned(),
        );
        self.events.record(self.seed, unhealthy, at);
        let killing = self.kubelet_report(
            key,
            container,
            EventType::Normal,
            "Killing",
            format!("Container {container} failed liveness probe, will be restarted"),
        );
        self.events.record(self.seed, killing, at);
    }

    /// The readiness probe of a container fails from now on.
    pub(super) fn tell_unready(&mut self, key: &ObjectKey, index: usize, at: SimTime) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some((spec, probe)) = pod
            .template
            .spec
            .containers
            .get(index)
            .and_then(|spec| Some((spec, spec.readiness_probe.as_ref()?)))
        else {
            return;
        };
        let name = spec.name.clone();
        let every = Span::from_secs(i64::from(probe.period_seconds.max(1)));
        let report = self.kubelet_report(
            key,
            &name,
            EventType::Warning,
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned(),
        );
        self.events.record_repeating(self.seed, report, at, every);
    }

    pub(super) fn stop_telling(&mut self, key: &ObjectKey, reason: &str, at: SimTime) {
        let object = ObjectRef::new(Kind::Pod, &key.namespace, &key.name);
        self.events.stop_repeating(&object, reason, at);
    }

    pub(in super::super) fn kubelet_report(
        &self,
        key: &ObjectKey,
        container: &str,
        event_type: EventType,
        reason: &'static str,
        message: String,
    ) -> Report {
        Report {
            object: ObjectRef::new(Kind::Pod, &key.namespace, &key.name),
            container: Some(container.to_owned()),
            event_type,
            reason,
            message,
            component: "kubelet",
            host: self
                .pods
                .get(key)
                .and_then(|pod| pod.placement.as_ref())
                .map(|placement| Arc::clone(&placement.node)),
        }
    }
}

/// Whether a container that ended is started again.
const fn restarts(policy: RestartPolicy, exit_code: i32) -> bool {
    match policy {
        RestartPolicy::Always => true,
        RestartPolicy::OnFailure => exit_code != 0,
        RestartPolicy::Never => false,
    }
}

/// What follows an end: without a back-off the kubelet restarts the container as soon as it notices, which is why the
/// first restart of a crash loop comes at once and the second after ten seconds.
fn after_end(at: SimTime, delay: Option<Span>) -> AfterEnd {
    match delay {
        None => AfterEnd::Restart(at + NOTICE),
        Some(delay) => AfterEnd::BackOff {
            shown_at: at + Span::from_millis((delay.millis() / 2).min(END_SHOWN.millis())),
            restart_at: at + delay,
        },
    }
}

/// The back-off that a restart at `at` sets.
pub(super) fn next_back_off(before: Option<BackOff>, ended_at: SimTime, at: SimTime) -> BackOff {
    let delay = match before {
        Some(back_off) if ended_at - back_off.set_at <= BACK_OFF_RESET => {
            Span::from_millis((back_off.delay.millis() * 2).min(BACK_OFF_LIMIT.millis()))
        }
        _ => BACK_OFF_FIRST,
    };
    BackOff { delay, set_at: at }
}

/// A fresh life by the world's answer; `None` if the container does not even start.
pub(super) fn begin_as(
    answer: &Fate,
    at: SimTime,
    startup: Span,
    template: &PodTemplate,
    index: usize,
) -> Option<Running> {
    if matches!(
        answer,
        Fate::ImagePullFails { .. } | Fate::CreateConfigError { .. }
    ) {
        return None;
    }
    let fresh = Running {
        started_at: at,
        readiness: Readiness::NotReady { until: None },
        end: None,
    };
    Some(continue_as(&fresh, answer, at, startup, template, index))
}

/// A life that goes on by the world's answer as of `at`.
fn continue_as(
    running: &Running,
    answer: &Fate,
    at: SimTime,
    startup: Span,
    template: &PodTemplate,
    index: usize,
) -> Running {
    let becomes_ready = |after: Span| match running.readiness {
        Readiness::Ready { .. } => Readiness::Ready { until: None },
        Readiness::NotReady { .. } => Readiness::NotReady {
            until: Some(at + after),
        },
    };
    let stays = |readies: bool| {
        if readies {
            becomes_ready(startup)
        } else {
            match running.readiness {
                Readiness::Ready { .. } => Readiness::Ready { until: None },
                Readiness::NotReady { .. } => Readiness::NotReady { until: None },
            }
        }
    };
    let (readiness, end) = match answer {
        Fate::Runs { ready_after } => (becomes_ready(*ready_after), None),
        Fate::Crashes {
            after,
            exit_code,
            reason,
            ready_before_crash,
        } => (
            stays(*ready_before_crash),
            Some(PlannedEnd {
                at: at + *after,
                exit_code: *exit_code,
                reason: *reason,
                by_liveness: false,
            }),
        ),
        Fate::FailsLiveness {
            after,
            ready_before_kill,
        } => (
            stays(*ready_before_kill),
            Some(PlannedEnd {
                at: at + *after,
                exit_code: 137,
                reason: CrashReason::Error,
                by_liveness: true,
            }),
        ),
        Fate::NeverReady => (
            match running.readiness {
                Readiness::Ready { .. } => Readiness::Ready {
                    until: Some(at + probe_patience(template, index)),
                },
                Readiness::NotReady { .. } => Readiness::NotReady { until: None },
            },
            None,
        ),
        Fate::ImagePullFails { .. } | Fate::CreateConfigError { .. } => {
            (running.readiness, running.end)
        }
    };
    Running {
        started_at: running.started_at,
        readiness,
        end,
    }
}

/// How long a readiness probe fails before the container counts as not ready.
fn probe_patience(template: &PodTemplate, index: usize) -> Span {
    template
        .spec
        .containers
        .get(index)
        .and_then(|container| container.readiness_probe.as_ref())
        .map_or(Span::from_secs(30), |probe| {
            Span::from_secs(i64::from(probe.period_seconds) * i64::from(probe.failure_threshold))
        })
}

/// A span as Go writes durations: `10s`, `2m40s`, `5m0s`.
pub(in super::super) fn go_duration(span: Span) -> String {
    let millis = span.millis();
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1000 % 60, millis % 1000);
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if millis >= 60_000 {
        text.push_str(&format!("{minutes}m"));
    }
    if rest == 0 {
        text.push_str(&format!("{seconds}s"));
    } else if millis < 1000 {
        text.push_str(&format!("{millis}ms"));
    } else {
        let fraction = format!("{rest:03}");
        text.push_str(&format!("{seconds}.{}s", fraction.trim_end_matches('0')));
    }
    text
}

impl Pod {
    /// The pod's template's container of this place.
    pub(super) fn container_spec(
        &self,
        index: usize,
    ) -> Option<&super::super::template::Container> {
        self.template.spec.containers.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_go_does() {
        let texts: Vec<String> = [10_000, 160_000, 300_000, 3_600_000, 1_500, 250]
            .iter()
            .map(|millis| go_duration(Span::from_millis(*millis)))
            .collect();
        assert_eq!(texts, ["10s", "2m40s", "5m0s", "1h0m0s", "1.5s", "250ms"]);
    }
}
