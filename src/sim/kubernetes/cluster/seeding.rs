//! Workloads at the first instant, with their past: revisions, running pods, restarts, Jobs that ended.

use std::sync::Arc;

use super::super::batch::{CronJob, Job, JobEnd};
use super::super::controllers::{NewPod, numbered_pod, push_revision};
use super::super::error::KubeError;
use super::super::event::{EventType, Seen};
use super::super::fate::CrashReason;
use super::super::kind::Kind;
use super::super::meta::{Labels, ObjectKey, OwnerReference};
use super::super::names;
use super::super::pod::{
    AfterEnd, BACK_OFF_LIMIT, BackOff, ContainerState, ContainerStatus, Ended, NextStep, Outcome,
    Placement, Readiness, Running, Termination, Waiting, WaitingReason,
};
use super::super::schedule::Schedule;
use super::super::spec::{
    ClusterSpec, CronJobSeed, DaemonSetSeed, DeploymentSeed, PastEnd, PodPast, RevisionSeed,
    RevisionTemplate, SlotPast, StatefulSetSeed,
};
use super::super::template::PodTemplate;
use super::super::workload::{
    CHANGE_CAUSE, ControllerRevision, DaemonSet, Deployment, DeploymentSpec, DeploymentStatus,
    Progress, Since, StatefulSet,
};
use super::Cluster;
use crate::sim::time::{SimTime, Span};

impl Cluster {
    pub(super) fn seed_workloads(&mut self, spec: &ClusterSpec) -> Result<(), KubeError> {
        for seed in &spec.daemon_sets {
            self.seed_daemon_set(seed);
        }
        for seed in &spec.stateful_sets {
            self.seed_stateful_set(seed);
        }
        for seed in &spec.deployments {
            self.seed_deployment(seed);
        }
        for seed in &spec.cron_jobs {
            self.seed_cron_job(seed)?;
        }
        Ok(())
    }

    fn seed_deployment(&mut self, seed: &DeploymentSeed) {
        let start = self.now;
        let mut meta = self.new_meta(
            Kind::Deployment,
            &seed.namespace,
            &seed.name,
            seed.labels.clone(),
            seed.created_at,
        );
        meta.annotations.clone_from(&seed.annotations);
        let history = history_of(&seed.history, &seed.template, seed.created_at);
        meta.generation = history.len() as u64;
        let last_at = history.last().map_or(seed.created_at, |(seed, _)| seed.at);
        let wanted = seed.replicas;
        let deployment = Deployment {
            spec: DeploymentSpec {
                replicas: wanted,
                selector: selector_of(&seed.template),
                template: Arc::new(seed.template.clone()),
                strategy: seed.strategy,
                min_ready_seconds: 0,
                revision_history_limit: seed.revision_history_limit,
                progress_deadline_seconds: seed.progress_deadline.secs().max(0) as u32,
                paused: seed.paused,
            },
            revision: history.len() as u64,
            pace: seed.pace,
            status: DeploymentStatus {
                observed_generation: meta.generation,
                replicas: wanted,
                updated: wanted,
                ready: wanted,
                available: wanted,
                is_available: Since {
                    value: true,
                    at: seed.created_at + Span::from_mins(1),
                },
                progress: Since {
                    value: Progress::NewReplicaSetAvailable,
                    at: seed.created_at,
                },
                progressed_at: last_at + Span::from_secs(40),
            },
            collisions: 0,
            newest_set: "".into(),
            due: None,
            meta,
        };
        let key = deployment.meta.key();
        self.deployments.insert(key.clone(), Arc::new(deployment));
        let newest = history.len();
        let kept = seed.revision_history_limit as usize + 1;
        let forgotten = newest.saturating_sub(kept);
        for (index, (revision, template)) in history.into_iter().enumerate().skip(forgotten) {
            self.seed_revision(
                &key,
                seed,
                index + 1 == newest,
                index as u64 + 1,
                &revision,
                template,
            );
        }
        // What is seen of the pods now, without changing how far the rollout is said to be.
        if let Some(deployment) = self.deployments.get(&key).cloned() {
            let mut status = self.observe(&deployment, start);
            status.progress = deployment.status.progress;
            status.progressed_at = deployment.status.progressed_at;
            if let Some(stored) = self.deployments.get_mut(&key) {
                Arc::make_mut(stored).status = status;
            }
        }
    }

    fn seed_revision(
        &mut self,
        key: &ObjectKey,
        seed: &DeploymentSeed,
        newest: bool,
        number: u64,
        revision: &RevisionSeed,
        template: PodTemplate,
    ) {
        let Some(stored) = self.deployments.get_mut(key) else {
            return;
        };
        let deployment = Arc::make_mut(stored);
        deployment.spec.template = Arc::new(template);
        if newest && let Some(cause) = &revision.change_cause {
            deployment
                .meta
                .annotations
                .insert(CHANGE_CAUSE.to_owned(), cause.clone());
        }
        let deployment = deployment.clone();
        let known = self
            .replica_sets_of(&deployment)
            .into_iter()
            .find(|set| set.template == deployment.spec.template)
            .map(|set| set.meta.key());
        let set_key = match known {
            // An earlier revision had the same template: it was rolled back to.
            Some(known) => {
                if let Some(set) = self.replica_sets.get_mut(&known) {
                    let set = Arc::make_mut(set);
                    set.former_revisions.push(set.revision);
                    set.revision = number;
                }
                known
            }
            None => self.make_set(
                &deployment,
                number,
                revision.change_cause.clone(),
                revision.at,
            ),
        };
        if !newest {
            return;
        }
        if let Some(stored) = self.deployments.get_mut(key) {
            Arc::make_mut(stored).newest_set = Arc::clone(&set_key.name);
        }
        let Some(set) = self.replica_sets.get_mut(&set_key) else {
            return;
        };
        let set = Arc::make_mut(set);
        set.replicas = seed.replicas;
        let set = set.clone();
        let mut made = 0;
        for slot in 0..seed.replicas {
            let name = self.pod_name(&seed.namespace, &set.meta.name, &mut made);
            let new = NewPod {
                name,
                owner: OwnerReference {
                    kind: Kind::ReplicaSet,
                    name: Arc::clone(&set.meta.name),
                    uid: Arc::clone(&set.meta.uid),
                },
                workload: deployment.workload(),
                cron_job: None,
                revision: number,
                template: Arc::clone(&set.pod_template),
                pace: seed.pace,
                slot: Some(slot),
            };
            self.seed_pod(new, slot, revision.at, &seed.past, None);
        }
        if let Some(set) = self.replica_sets.get_mut(&set_key) {
            Arc::make_mut(set).pods_made = made.max(1);
        }
    }

    fn seed_stateful_set(&mut self, seed: &StatefulSetSeed) {
        let meta = self.new_meta(
            Kind::StatefulSet,
            &seed.namespace,
            &seed.name,
            seed.labels.clone(),
            seed.created_at,
        );
        let template = Arc::new(seed.template.clone());
        let history = history_of(&seed.history, &seed.template, seed.created_at);
        let (revisions, rolled_out_at) = controller_revisions(&seed.name, history);
        let set = StatefulSet {
            meta,
            replicas: seed.replicas,
            selector: selector_of(&template),
            service_name: seed.service_name.clone(),
            template,
            revisions,
            pace: seed.pace,
            settled: true,
        };
        self.stateful_sets
            .insert(set.meta.key(), Arc::new(set.clone()));
        for ordinal in 0..seed.replicas {
            if let Some(new) = numbered_pod(&set, ordinal) {
                let at = rolled_out_at + Span::from_secs(i64::from(ordinal) * 25);
                self.seed_pod(new, ordinal, at, &seed.past, None);
            }
        }
    }

    fn seed_daemon_set(&mut self, seed: &DaemonSetSeed) {
        let meta = self.new_meta(
            Kind::DaemonSet,
            &seed.namespace,
            &seed.name,
            seed.labels.clone(),
            seed.created_at,
        );
        let template = Arc::new(seed.template.clone());
        let history = history_of(&seed.history, &seed.template, seed.created_at);
        let (revisions, rolled_out_at) = controller_revisions(&seed.name, history);
        let mut set = DaemonSet {
            meta,
            selector: selector_of(&template),
            template,
            revisions,
            pace: seed.pace,
            pods_made: 0,
            settled: true,
        };
        for (slot, node) in self.daemon_nodes(&set) {
            let name = self.pod_name(&seed.namespace, &seed.name, &mut set.pods_made);
            let Some(new) = super::super::controllers::daemon_pod(&set, name, slot) else {
                continue;
            };
            let joined = self
                .node(&node)
                .map_or(seed.created_at, |node| node.meta.created_at);
            self.seed_pod(new, slot, rolled_out_at.max(joined), &seed.past, Some(node));
        }
        self.daemon_sets.insert(set.meta.key(), Arc::new(set));
    }

    /// A CronJob that has been there for a while, with the Jobs that it ran last. Refuses a schedule that cannot be read.
    pub fn add_cron_job(&mut self, seed: &CronJobSeed) -> Result<(), KubeError> {
        self.seed_cron_job(seed)?;
        self.settle();
        Ok(())
    }

    fn seed_cron_job(&mut self, seed: &CronJobSeed) -> Result<(), KubeError> {
        let start = self.now;
        let schedule = Schedule::parse(&seed.schedule).map_err(|error| {
            KubeError::invalid(
                Kind::CronJob,
                &seed.name,
                format!(
                    "spec.schedule: Invalid value: \"{}\": {error}",
                    seed.schedule
                ),
            )
        })?;
        let meta = self.new_meta(
            Kind::CronJob,
            &seed.namespace,
            &seed.name,
            seed.labels.clone(),
            seed.created_at,
        );
        let mut cron_job = CronJob {
            meta,
            schedule_text: seed.schedule.clone(),
            schedule,
            concurrency: seed.concurrency,
            suspended: seed.suspended,
            template: Arc::new(seed.template.clone()),
            backoff_limit: 6,
            successful_history: 3,
            failed_history: 1,
            last_schedule: None,
            last_success: None,
            pace: seed.pace,
        };
        let ended_by = start - seed.typical_duration - Span::from_secs(5);
        let kept = cron_job.successful_history as usize;
        let mut due: Vec<SimTime> = if seed.suspended {
            Vec::new()
        } else {
            schedule.last_until(ended_by, kept)
        };
        due.retain(|at| *at > seed.created_at);
        due.reverse();
        for at in due {
            let ended = self.seed_ended_job(&cron_job, seed, at);
            cron_job.last_schedule = Some(at);
            cron_job.last_success = Some(ended);
        }
        self.plan_cron_job(&cron_job, start);
        self.cron_jobs
            .insert(cron_job.meta.key(), Arc::new(cron_job));
        Ok(())
    }

    fn seed_ended_job(&mut self, cron_job: &CronJob, seed: &CronJobSeed, at: SimTime) -> SimTime {
        let name = format!("{}-{}", seed.name, at.secs().div_euclid(60));
        let typical = seed.typical_duration.millis().max(4_000);
        let took = names::keyed_between(
            self.seed,
            &["job-took", &seed.namespace, &name],
            0,
            typical * 9 / 10,
            typical,
        );
        let ended = at + Span::from_millis(took);
        let mut job: Job = self.new_job(cron_job, &name, at);
        job.finished = Some(JobEnd {
            at: ended,
            succeeded: true,
        });
        let pod_name = self.pod_name(&seed.namespace, &name, &mut job.pods_made);
        let new = Self::job_pod(&job, pod_name);
        let key = self.seed_pod(new, 0, at, &PodPast::Spotless, None);
        self.jobs.insert(job.meta.key(), Arc::new(job));
        if let Some(pod) = self.pod_mut(&key) {
            pod.outcome = Some(Outcome::Succeeded);
            pod.ready_since = ended;
            for container in &mut pod.containers {
                let started_at = container.running_since().unwrap_or(at);
                container.state = ContainerState::Terminated(Ended {
                    how: Termination {
                        exit_code: 0,
                        reason: CrashReason::Completed,
                        started_at,
                        finished_at: ended,
                    },
                    then: AfterEnd::Stay,
                });
            }
        }
        self.schedule_kubelet(&key);
        ended
    }

    /// A pod that has been there for a while.
    fn seed_pod(
        &mut self,
        new: NewPod,
        slot: u32,
        rolled_out_at: SimTime,
        past: &PodPast,
        node: Option<Arc<str>>,
    ) -> ObjectKey {
        let given = match past {
            PodPast::Given(slots) => slots.get(slot as usize),
            _ => None,
        };
        let jitter = names::keyed_between(self.seed, &["born", &new.name], 0, 0, 20_000);
        let born = given
            .and_then(|given| given.created_at)
            .unwrap_or(rolled_out_at + Span::from_millis(jitter))
            .min(self.now);
        let key = self.make_pod(new, born);
        let placed = node.or_else(|| {
            let pod = self.pods.get(&key)?;
            self.pick_node(pod).ok()
        });
        let Some(node) = placed else {
            return key;
        };
        self.unscheduled.remove(&key);
        if let Some(pod) = self.pod_mut(&key) {
            pod.placement = Some(Placement {
                node: Arc::clone(&node),
                at: born,
                ip: None,
            });
        }
        self.assign_address(&key);
        self.seed_containers(&key, &node, born, past, given);
        self.schedule_kubelet(&key);
        key
    }

    fn seed_containers(
        &mut self,
        key: &ObjectKey,
        node: &Arc<str>,
        born: SimTime,
        past: &PodPast,
        given: Option<&SlotPast>,
    ) {
        let started_at = born + Span::from_secs(3);
        let count = self.pods.get(key).map_or(0, |pod| pod.containers.len());
        for index in 0..count {
            let Some(pod) = self.pods.get(key) else {
                return;
            };
            let env = self.resolve_env(pod, index).unwrap_or_default();
            let files = self.read_files(pod, index);
            let image = pod.containers.get(index).map(|status| status.image.clone());
            let node_key = ObjectKey::new("", node);
            if let (Some(node), Some(image)) = (self.nodes.get_mut(&node_key), image) {
                Arc::make_mut(node).images.insert(image);
            }
            let restart = if index == 0 {
                self.past_restart(key, born, past, given)
            } else {
                None
            };
            if let Some(pod) = self.pod_mut(key)
                && let Some(container) = pod.containers.get_mut(index)
            {
                container.env = env;
                container.files = files;
                container.state = running(started_at);
                if let Some((restarts, end)) = restart {
                    container.restart_count = restarts;
                    container.last = end.map(|end| ended_life(end, started_at));
                    let again = end.map_or(started_at, |end| end.at + Span::from_secs(1));
                    container.state = running(again);
                }
                pod.ready_since = started_at + pod.pace.startup;
            }
        }
        if let PodPast::CrashLooping {
            life,
            restarts,
            exit_code,
            reason,
        } = past
        {
            self.seed_crash_loop(key, born, *life, *restarts, *exit_code, *reason);
        }
    }

    /// How often a pod's first container was restarted, and how the life before ended.
    fn past_restart(
        &self,
        key: &ObjectKey,
        born: SimTime,
        past: &PodPast,
        given: Option<&SlotPast>,
    ) -> Option<(u32, Option<PastEnd>)> {
        if let Some(given) = given {
            return Some((given.restarts, given.last_end));
        }
        let age = self.now - born;
        if !matches!(past, PodPast::Quiet) || age < Span::from_hours(72) {
            return None;
        }
        let parts = ["past-restarts", &key.namespace, &key.name];
        let draw = names::keyed(self.seed, &parts, 0) % 100;
        let restarts = match draw {
            0..=6 => 1,
            7..=9 => 2,
            10 => 3,
            _ => return None,
        };
        let newest = age.millis() - Span::from_hours(20).millis();
        let since_birth = names::keyed_between(self.seed, &parts, 1, age.millis() / 4, newest);
        let out_of_memory = names::keyed(self.seed, &parts, 2).is_multiple_of(3);
        let end = PastEnd {
            at: born + Span::from_millis(since_birth),
            exit_code: if out_of_memory { 137 } else { 1 },
            reason: if out_of_memory {
                CrashReason::OomKilled
            } else {
                CrashReason::Error
            },
        };
        Some((restarts, Some(end)))
    }

    /// The first container crashes again and again, as it has for long: now it waits for its next start.
    fn seed_crash_loop(
        &mut self,
        key: &ObjectKey,
        born: SimTime,
        life: Span,
        restarts: u32,
        exit_code: i32,
        reason: CrashReason,
    ) {
        let start = self.now;
        let parts = ["crash-phase", &key.namespace, &key.name];
        let wait = names::keyed_between(
            self.seed,
            &parts,
            0,
            5_000,
            BACK_OFF_LIMIT.millis() - 15_000,
        );
        let restart_at = start + Span::from_millis(wait);
        let finished_at = restart_at - BACK_OFF_LIMIT;
        let how = Termination {
            exit_code,
            reason,
            started_at: finished_at - life,
            finished_at,
        };
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let place = format!("{}_{}({})", pod.meta.name, pod.meta.namespace, pod.meta.uid);
        let Some(name) = pod.containers.first().map(|status| status.name.clone()) else {
            return;
        };
        let message = format!("back-off 5m0s restarting failed container={name} pod={place}");
        if let Some(container) = self.pod_mut(key).and_then(|pod| pod.containers.first_mut()) {
            container.restart_count = restarts;
            container.back_off = Some(BackOff {
                delay: BACK_OFF_LIMIT,
                set_at: how.started_at,
            });
            container.last = Some(how.clone());
            container.state = ContainerState::Waiting(Waiting {
                reason: WaitingReason::CrashLoopBackOff,
                message,
                next: Some(NextStep::Start(restart_at)),
            });
        }
        self.seed_crash_events(key, &name, &place, born, &how, restarts);
    }

    fn seed_crash_events(
        &mut self,
        key: &ObjectKey,
        name: &str,
        place: &str,
        born: SimTime,
        how: &Termination,
        restarts: u32,
    ) {
        let since = self.counts_since(key).max(born);
        let every = BACK_OFF_LIMIT + (how.finished_at - how.started_at);
        let lives = (how.started_at - since).millis().max(0) / every.millis().max(1);
        let seen = Seen {
            count: restarts.min(lives as u32) + 1,
            last_at: how.started_at,
        };
        let image = self
            .pods
            .get(key)
            .and_then(|pod| pod.containers.first())
            .map_or_else(String::new, |status: &ContainerStatus| status.image.clone());
        let told = [
            (
                "Pulled",
                format!("Container image \"{image}\" already present on machine"),
            ),
            ("Created", format!("Created container {name}")),
            ("Started", format!("Started container {name}")),
        ];
        for (reason, message) in told {
            let report = self.kubelet_report(key, name, EventType::Normal, reason, message);
            self.events
                .record_past(self.seed, report, since, seen, None);
        }
        let every = Span::from_secs(14);
        let shown_at = how.finished_at + Span::from_secs(12);
        let told = ((self.now - since).millis() / every.millis() * 24 / 25).max(1);
        let report = self.kubelet_report(
            key,
            name,
            EventType::Warning,
            "BackOff",
            format!("Back-off restarting failed container {name} in pod {place}"),
        );
        let seen = Seen {
            count: told as u32,
            last_at: shown_at,
        };
        self.events
            .record_past(self.seed, report, since, seen, Some(every));
    }

    /// Since when the kubelet of a pod's node counts what it sees: it forgets when it is restarted, as with each patch of
    /// its node.
    fn counts_since(&self, key: &ObjectKey) -> SimTime {
        let node = self.pods.get(key).and_then(|pod| pod.node()).unwrap_or("");
        let (least, most) = (
            Span::from_hours(24).millis(),
            Span::from_hours(6 * 24).millis(),
        );
        let ago = names::keyed_between(self.seed, &["kubelet-began", node], 0, least, most);
        self.now - Span::from_millis(ago)
    }
}

const fn running(started_at: SimTime) -> ContainerState {
    ContainerState::Running(Running {
        started_at,
        readiness: Readiness::Ready { until: None },
        end: None,
    })
}

fn ended_life(end: PastEnd, started_at: SimTime) -> Termination {
    Termination {
        exit_code: end.exit_code,
        reason: end.reason,
        started_at: started_at.min(end.at),
        finished_at: end.at,
    }
}

/// The labels a workload finds its pods by: `app` alone where there is one.
fn selector_of(template: &PodTemplate) -> Labels {
    let labels = &template.metadata.labels;
    for name in ["app", "app.kubernetes.io/name"] {
        if let Some(value) = labels.get(name) {
            return Labels::from([(name.to_owned(), value.clone())]);
        }
    }
    labels.clone()
}

/// The revisions with their templates; at least one, and the last is the newest.
fn history_of(
    history: &[RevisionSeed],
    newest: &PodTemplate,
    created_at: SimTime,
) -> Vec<(RevisionSeed, PodTemplate)> {
    if history.is_empty() {
        let only = RevisionSeed {
            at: created_at,
            change_cause: None,
            template: RevisionTemplate::Newest,
        };
        return vec![(only, newest.clone())];
    }
    let last = history.len() - 1;
    history
        .iter()
        .enumerate()
        .map(|(index, revision)| {
            let template = if index == last {
                newest.clone()
            } else {
                template_of(newest, revision)
            };
            (revision.clone(), template)
        })
        .collect()
}

/// The ControllerRevisions of a StatefulSet or DaemonSet, and when the newest was rolled out.
fn controller_revisions(
    owner: &str,
    history: Vec<(RevisionSeed, PodTemplate)>,
) -> (Vec<ControllerRevision>, SimTime) {
    let (mut revisions, mut rolled_out_at) = (Vec::new(), SimTime(0));
    for (revision, template) in history {
        let template = Arc::new(template);
        push_revision(
            &mut revisions,
            owner,
            &template,
            revision.change_cause,
            revision.at,
        );
        rolled_out_at = revision.at;
    }
    (revisions, rolled_out_at)
}

fn template_of(newest: &PodTemplate, revision: &RevisionSeed) -> PodTemplate {
    match &revision.template {
        RevisionTemplate::Newest => newest.clone(),
        RevisionTemplate::Whole(template) => (**template).clone(),
        RevisionTemplate::Image { image, env } => {
            let mut template = newest.clone();
            if let Some(container) = template.spec.containers.first_mut() {
                container.image.clone_from(image);
                if let Some(env) = env {
                    container.env.clone_from(env);
                }
            }
            template
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_the_app_label_where_there_is_one() {
        let mut template = PodTemplate::of(
            "web",
            super::super::super::template::Container::new("web", "r/web:1"),
        );
        template
            .metadata
            .labels
            .insert("tier".to_owned(), "front".to_owned());
        assert_eq!(
            selector_of(&template),
            Labels::from([("app".to_owned(), "web".to_owned())])
        );
    }
}
