//! The Deployment controller: ReplicaSets for templates, and moving pods from the old to the new.

use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::fate::ClusterEventKind;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef, OwnerReference};
use super::super::names;
use super::super::template::PodTemplate;
use super::super::timers::Timer;
use super::super::workload::{
    CHANGE_CAUSE, Deployment, DeploymentStatus, Progress, ReplicaSet, Since, Strategy,
    TEMPLATE_HASH,
};
use crate::sim::time::{SimTime, Span};

/// A ReplicaSet as the controller counts it.
struct Counted {
    key: ObjectKey,
    /// Wanted.
    replicas: u32,
    /// Available now.
    available: u32,
}

impl Cluster {
    /// One look of the controller at a Deployment.
    pub(in super::super) fn sync_deployment(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(deployment) = self.deployments.get(key).cloned() else {
            return;
        };
        for set in self.set_keys(&deployment) {
            self.sync_replica_set(&set, &deployment, at);
        }
        if !deployment.spec.paused {
            let newest = self.ensure_new_set(&deployment, at);
            let Some(deployment) = self.deployments.get(key).cloned() else {
                return;
            };
            match deployment.spec.strategy {
                Strategy::Recreate => self.roll_by_recreating(&deployment, &newest, at),
                Strategy::RollingUpdate { .. } => self.roll(&deployment, &newest, at),
            }
            self.forget_old_sets(&deployment, &newest);
        }
        self.update_status(key, at);
    }

    /// The keys of a Deployment's ReplicaSets, oldest revision first.
    pub(in super::super) fn set_keys(&self, deployment: &Deployment) -> Vec<ObjectKey> {
        self.replica_sets_of(deployment)
            .into_iter()
            .map(|set| set.meta.key())
            .collect()
    }

    /// The ReplicaSet of the wanted template, made or renumbered if need be.
    fn ensure_new_set(&mut self, deployment: &Deployment, at: SimTime) -> ObjectKey {
        let sets = self.replica_sets_of(deployment);
        let highest = sets.iter().map(|set| set.revision).max().unwrap_or(0);
        let known = sets
            .iter()
            .find(|set| set.template == deployment.spec.template)
            .map(|set| (set.meta.key(), set.revision));
        let cause = deployment.meta.annotations.get(CHANGE_CAUSE).cloned();
        if let Some((key, revision)) = known {
            if revision == highest {
                if let Some(set) = self.replica_sets.get_mut(&key)
                    && set.change_cause != cause
                {
                    Arc::make_mut(set).change_cause = cause;
                }
            } else {
                self.renumber(&key, highest + 1, cause);
                let found = Progress::FoundNewReplicaSet;
                self.begin_rollout(deployment, &key, highest + 1, found, at);
            }
            return key;
        }
        let key = self.make_set(deployment, highest + 1, cause, at);
        let made = Progress::NewReplicaSetCreated;
        self.begin_rollout(deployment, &key, highest + 1, made, at);
        key
    }

    fn renumber(&mut self, key: &ObjectKey, revision: u64, cause: Option<String>) {
        let version = self.bump();
        if let Some(set) = self.replica_sets.get_mut(key) {
            let set = Arc::make_mut(set);
            set.former_revisions.push(set.revision);
            set.revision = revision;
            if cause.is_some() {
                set.change_cause = cause;
            }
            set.meta.resource_version = version;
        }
    }

    fn begin_rollout(
        &mut self,
        deployment: &Deployment,
        set: &ObjectKey,
        revision: u64,
        progress: Progress,
        at: SimTime,
    ) {
        let key = deployment.meta.key();
        if let Some(deployment) = self.deployments.get_mut(&key) {
            let deployment = Arc::make_mut(deployment);
            deployment.revision = revision;
            deployment.newest_set = Arc::clone(&set.name);
            deployment.status.set_progress(progress, at);
        }
        self.tell(ClusterEventKind::RolloutStarted {
            workload: deployment.workload(),
            revision,
        });
    }

    /// Makes the ReplicaSet of the Deployment's template, wanting no pods yet.
    pub(in super::super) fn make_set(
        &mut self,
        deployment: &Deployment,
        revision: u64,
        change_cause: Option<String>,
        at: SimTime,
    ) -> ObjectKey {
        let template = Arc::clone(&deployment.spec.template);
        let namespace = Arc::clone(&deployment.meta.namespace);
        let mut collisions = deployment.collisions;
        let (hash, key) = loop {
            let hash =
                names::template_hash(&canonical(&template, &deployment.meta.name), collisions);
            let key = ObjectKey::new(&namespace, &format!("{}-{hash}", deployment.meta.name));
            if !self.replica_sets.contains_key(&key) {
                break (hash, key);
            }
            collisions += 1;
        };
        if collisions != deployment.collisions
            && let Some(stored) = self.deployments.get_mut(&deployment.meta.key())
        {
            Arc::make_mut(stored).collisions = collisions;
        }
        let mut pod_template = (*template).clone();
        pod_template
            .metadata
            .labels
            .insert(TEMPLATE_HASH.to_owned(), hash.clone());
        let mut selector = deployment.spec.selector.clone();
        selector.insert(TEMPLATE_HASH.to_owned(), hash.clone());
        let labels = pod_template.metadata.labels.clone();
        let mut meta = self.new_meta(Kind::ReplicaSet, &namespace, &key.name, labels, at);
        meta.owner = Some(OwnerReference {
            kind: Kind::Deployment,
            name: Arc::clone(&deployment.meta.name),
            uid: Arc::clone(&deployment.meta.uid),
        });
        let set = ReplicaSet {
            meta,
            deployment: deployment.workload(),
            hash: hash.into(),
            template,
            pod_template: Arc::new(pod_template),
            selector,
            replicas: 0,
            revision,
            former_revisions: Vec::new(),
            change_cause,
            pods_made: 0,
        };
        self.replica_sets.insert(key.clone(), Arc::new(set));
        key
    }

    fn count(&self, key: &ObjectKey, min_ready: u32, at: SimTime) -> Counted {
        let min_ready = Span::from_secs(i64::from(min_ready));
        Counted {
            key: key.clone(),
            replicas: self.replica_sets.get(key).map_or(0, |set| set.replicas),
            available: self
                .pods_owned_by(Kind::ReplicaSet, key)
                .filter(|pod| pod.serves() && at - pod.ready_since >= min_ready)
                .count() as u32,
        }
    }

    fn counts(
        &self,
        deployment: &Deployment,
        newest: &ObjectKey,
        at: SimTime,
    ) -> (Counted, Vec<Counted>) {
        let count = |key: &ObjectKey| self.count(key, deployment.spec.min_ready_seconds, at);
        let old = self
            .set_keys(deployment)
            .iter()
            .filter(|key| *key != newest)
            .map(count)
            .collect();
        (count(newest), old)
    }

    /// Pods go before new ones are made.
    fn roll_by_recreating(&mut self, deployment: &Deployment, newest: &ObjectKey, at: SimTime) {
        let (_, old) = self.counts(deployment, newest, at);
        let mut scaled = false;
        for set in old.iter().filter(|set| set.replicas > 0) {
            self.scale_set(deployment, &set.key, 0, at);
            scaled = true;
        }
        let old_pods_left = old.iter().any(|set| {
            self.pods_owned_by(Kind::ReplicaSet, &set.key)
                .any(|pod| !pod.is_finished())
        });
        if !scaled && !old_pods_left {
            self.scale_set(deployment, newest, deployment.spec.replicas, at);
        }
    }

    /// A few pods at a time: never more than the surge allows, never fewer available than must be.
    fn roll(&mut self, deployment: &Deployment, newest: &ObjectKey, at: SimTime) {
        let wanted = deployment.spec.replicas;
        let (surge, missing) = deployment.spec.strategy.bounds(wanted);
        let (new, old) = self.counts(deployment, newest, at);
        let old_total: u32 = old.iter().map(|set| set.replicas).sum();
        let total = new.replicas + old_total;
        if new.replicas > wanted {
            self.scale_set(deployment, newest, wanted, at);
            return;
        }
        let up = (wanted + surge)
            .saturating_sub(total)
            .min(wanted - new.replicas);
        if up > 0 {
            self.scale_set(deployment, newest, new.replicas + up, at);
            return;
        }
        if old_total == 0 {
            return;
        }
        let must = wanted.saturating_sub(missing);
        let new_unavailable = new.replicas.saturating_sub(new.available);
        let room = total.saturating_sub(must).saturating_sub(new_unavailable);
        if room == 0 {
            return;
        }
        if self.drop_unhealthy(deployment, &old, room, at) {
            return;
        }
        let available = new.available + old.iter().map(|set| set.available).sum::<u32>();
        let mut down = available.saturating_sub(must);
        for set in &old {
            let step = down.min(set.replicas);
            if step > 0 {
                self.scale_set(deployment, &set.key, set.replicas - step, at);
                down -= step;
            }
        }
    }

    /// Old pods that are not available go first: they serve nobody.
    fn drop_unhealthy(
        &mut self,
        deployment: &Deployment,
        old: &[Counted],
        room: u32,
        at: SimTime,
    ) -> bool {
        let mut left = room;
        for set in old {
            let step = set.replicas.saturating_sub(set.available).min(left);
            if step > 0 {
                self.scale_set(deployment, &set.key, set.replicas - step, at);
                left -= step;
            }
        }
        left < room
    }

    /// Sets how many pods a ReplicaSet wants, says so, and makes it so.
    pub(in super::super) fn scale_set(
        &mut self,
        deployment: &Deployment,
        key: &ObjectKey,
        to: u32,
        at: SimTime,
    ) {
        let version = self.bump();
        let Some(set) = self.replica_sets.get_mut(key) else {
            return;
        };
        let from = set.replicas;
        if from == to {
            return;
        }
        let set = Arc::make_mut(set);
        let fresh = set.pods_made == 0 && from == 0;
        set.replicas = to;
        set.meta.generation += 1;
        set.meta.resource_version = version;
        let message = match (to > from, fresh) {
            (true, true) => format!("Scaled up replica set {} to {to}", key.name),
            (true, false) => format!("Scaled up replica set {} to {to} from {from}", key.name),
            (false, _) => format!("Scaled down replica set {} to {to} from {from}", key.name),
        };
        let object = ObjectRef::new(Kind::Deployment, &key.namespace, &deployment.meta.name);
        self.report_normal(
            object,
            "deployment-controller",
            "ScalingReplicaSet",
            message,
        );
        self.sync_replica_set(key, deployment, at);
        self.dirty.insert(deployment.workload());
    }

    /// Old ReplicaSets beyond the limit go, oldest first.
    fn forget_old_sets(&mut self, deployment: &Deployment, newest: &ObjectKey) {
        let idle: Vec<ObjectKey> = self
            .replica_sets_of(deployment)
            .into_iter()
            .filter(|set| set.replicas == 0 && set.meta.key() != *newest)
            .map(|set| set.meta.key())
            .filter(|key| self.pods_owned_by(Kind::ReplicaSet, key).next().is_none())
            .collect();
        let limit = deployment.spec.revision_history_limit as usize;
        let extra = idle.len().saturating_sub(limit);
        for key in idle.iter().take(extra) {
            self.replica_sets.remove(key);
        }
    }

    /// Counts the pods and notes how far the rollout is.
    fn update_status(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(deployment) = self.deployments.get(key).cloned() else {
            return;
        };
        let status = self.observe(&deployment, at);
        let due = self.next_look(&deployment, &status, at);
        let old = &deployment.status;
        if status.progress.value == Progress::NewReplicaSetAvailable
            && old.progress.value != Progress::NewReplicaSetAvailable
        {
            self.tell(ClusterEventKind::RolloutComplete {
                workload: deployment.workload(),
                revision: deployment.revision,
            });
        }
        if status.progress.value == Progress::ProgressDeadlineExceeded
            && old.progress.value != Progress::ProgressDeadlineExceeded
        {
            self.tell(ClusterEventKind::RolloutStuck {
                workload: deployment.workload(),
                revision: deployment.revision,
            });
        }
        if status == *old && due == deployment.due {
            return;
        }
        let version = self.bump();
        if let Some(before) = deployment.due {
            self.timers.clear(before, Timer::Deployment(key.clone()));
        }
        if let Some(due) = due {
            self.timers.set(due, Timer::Deployment(key.clone()));
        }
        if let Some(stored) = self.deployments.get_mut(key) {
            let stored = Arc::make_mut(stored);
            stored.status = status;
            stored.due = due;
            stored.meta.resource_version = version;
        }
    }

    /// The status that follows from the pods.
    pub(in super::super) fn observe(
        &self,
        deployment: &Deployment,
        at: SimTime,
    ) -> DeploymentStatus {
        let mut status = deployment.status.clone();
        let min_ready = Span::from_secs(i64::from(deployment.spec.min_ready_seconds));
        let (mut replicas, mut updated, mut ready, mut available) = (0, 0, 0, 0);
        let newest = self
            .replica_sets_of(deployment)
            .into_iter()
            .find(|set| set.template == deployment.spec.template)
            .map(|set| Arc::clone(&set.hash));
        let workload = deployment.workload();
        for pod in self.pods_of(&workload).filter(|pod| pod.is_active()) {
            replicas += 1;
            let hash = pod.meta.labels.get(TEMPLATE_HASH).map(String::as_str);
            updated += u32::from(hash.is_some() && hash == newest.as_deref());
            ready += u32::from(pod.is_ready());
            available += u32::from(pod.is_ready() && at - pod.ready_since >= min_ready);
        }
        let moved = updated > status.updated
            || replicas - updated < status.replicas.saturating_sub(status.updated)
            || ready > status.ready
            || available > status.available;
        let wanted = deployment.spec.replicas;
        let complete = updated == wanted && replicas == wanted && available >= wanted;
        status.observed_generation = deployment.meta.generation;
        status.replicas = replicas;
        status.updated = updated;
        status.ready = ready;
        status.available = available;
        let (_, missing) = deployment.spec.strategy.bounds(wanted);
        let missing = match deployment.spec.strategy {
            Strategy::Recreate => 0,
            Strategy::RollingUpdate { .. } => missing,
        };
        let enough = available >= wanted.saturating_sub(missing);
        if status.is_available.value != enough {
            status.is_available = Since { value: enough, at };
        }
        if deployment.spec.paused {
            return status;
        }
        let was = status.progress.value;
        if complete && was != Progress::NewReplicaSetAvailable {
            status.set_progress(Progress::NewReplicaSetAvailable, at);
        } else if !complete && was != Progress::NewReplicaSetAvailable {
            let overdue = status.progressed_at + deployment.progress_deadline() <= at;
            if moved {
                status.set_progress(Progress::ReplicaSetUpdated, at);
            } else if overdue && was != Progress::ProgressDeadlineExceeded {
                status.set_progress(Progress::ProgressDeadlineExceeded, at);
            }
        }
        status
    }

    /// When the controller has to look again by itself.
    fn next_look(
        &self,
        deployment: &Deployment,
        status: &DeploymentStatus,
        at: SimTime,
    ) -> Option<SimTime> {
        if deployment.spec.paused {
            return None;
        }
        let min_ready = Span::from_secs(i64::from(deployment.spec.min_ready_seconds));
        let workload = deployment.workload();
        let available = self
            .pods_of(&workload)
            .filter(|pod| pod.serves())
            .map(|pod| pod.ready_since + min_ready)
            .filter(|instant| *instant > at)
            .min();
        let deadline = match status.progress.value {
            Progress::NewReplicaSetAvailable
            | Progress::ProgressDeadlineExceeded
            | Progress::DeploymentPaused => None,
            _ => Some(status.progressed_at + deployment.progress_deadline()),
        };
        available.into_iter().chain(deadline).min()
    }

    /// Spreads a new wanted number over the ReplicaSets there are.
    pub(in super::super) fn scale_deployment(&mut self, deployment: &Deployment, at: SimTime) {
        let wanted = deployment.spec.replicas;
        let sets: Vec<(ObjectKey, u32, bool)> = self
            .replica_sets_of(deployment)
            .into_iter()
            .map(|set| {
                (
                    set.meta.key(),
                    set.replicas,
                    set.template == deployment.spec.template,
                )
            })
            .collect();
        let active: Vec<&(ObjectKey, u32, bool)> = sets
            .iter()
            .filter(|(_, replicas, _)| *replicas > 0)
            .collect();
        match active.as_slice() {
            [] => {
                let newest = sets.iter().find(|(_, _, newest)| *newest);
                if let Some((key, _, _)) = newest.or(sets.last()) {
                    self.scale_set(deployment, key, wanted, at);
                }
            }
            [(key, _, _)] => self.scale_set(deployment, key, wanted, at),
            several => {
                let total: u32 = several.iter().map(|(_, replicas, _)| *replicas).sum();
                let (surge, _) = deployment.spec.strategy.bounds(wanted);
                let allowed = if wanted == 0 { 0 } else { wanted + surge };
                let shares = proportional(
                    &several
                        .iter()
                        .map(|(_, replicas, _)| *replicas)
                        .collect::<Vec<_>>(),
                    total,
                    allowed,
                );
                for ((key, _, _), share) in several.iter().zip(shares) {
                    self.scale_set(deployment, key, share, at);
                }
            }
        }
    }
}

/// Shares `allowed` out as `parts` of `total` are, rounding to the nearest and giving what is left to the largest part.
fn proportional(parts: &[u32], total: u32, allowed: u32) -> Vec<u32> {
    let total = total.max(1);
    let mut left = i64::from(allowed);
    let mut shares: Vec<u32> = parts
        .iter()
        .map(|part| {
            let share = (u64::from(*part) * u64::from(allowed) * 2 + u64::from(total))
                / (u64::from(total) * 2);
            let share = (share as i64).min(left).max(0);
            left -= share;
            share as u32
        })
        .collect();
    let largest = parts
        .iter()
        .enumerate()
        .max_by_key(|(_, part)| **part)
        .map_or(0, |(index, _)| index);
    if let Some(share) = shares.get_mut(largest) {
        *share += left.max(0) as u32;
    }
    shares
}

impl DeploymentStatus {
    /// Notes progress; the condition's transition time changes only with its status.
    pub(in super::super) fn set_progress(&mut self, value: Progress, at: SimTime) {
        let same_status = self.progress.value.status() == value.status();
        self.progress = Since {
            value,
            at: if same_status { self.progress.at } else { at },
        };
        self.progressed_at = at;
    }
}

/// The text a template's hash is made from.
pub(in super::super) fn canonical(template: &PodTemplate, owner: &str) -> String {
    let body = serde_json::to_string(template).unwrap_or_default();
    format!("{owner}\n{body}")
}

#[cfg(test)]
mod tests {
    use super::proportional;

    #[test]
    fn shares_add_up() {
        assert_eq!(proportional(&[6, 4], 10, 20), [12, 8]);
        assert_eq!(proportional(&[3, 1], 4, 0), [0, 0]);
        assert_eq!(proportional(&[1, 1, 1], 3, 10).iter().sum::<u32>(), 10);
    }
}
