//! The ReplicaSet controller: as many pods of one template as are wanted.

use std::cmp::Reverse;
use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef, OwnerReference};
use super::super::pod::{Phase, Pod};
use super::super::workload::{Deployment, ReplicaSet};
use super::pods::NewPod;
use crate::sim::time::SimTime;

impl Cluster {
    /// Makes or removes pods of a ReplicaSet until there are as many as wanted.
    pub(super) fn sync_replica_set(
        &mut self,
        key: &ObjectKey,
        deployment: &Deployment,
        at: SimTime,
    ) {
        let Some(set) = self.replica_sets.get(key).cloned() else {
            return;
        };
        let active: Vec<&Pod> = self
            .pods_owned_by(Kind::ReplicaSet, key)
            .filter(|pod| pod.is_active())
            .collect();
        let count = active.len() as u32;
        if count < set.replicas {
            for _ in count..set.replicas {
                self.make_replica(&set, deployment, at);
            }
        } else if count > set.replicas {
            let mut doomed: Vec<(_, ObjectKey)> = active
                .iter()
                .map(|pod| (self.deletion_rank(pod), pod.meta.key()))
                .collect();
            doomed.sort();
            doomed.truncate((count - set.replicas) as usize);
            for (_, pod) in doomed {
                let object = ObjectRef::new(Kind::ReplicaSet, &key.namespace, &key.name);
                let message = format!("Deleted pod: {}", pod.name);
                self.report_normal(object, "replicaset-controller", "SuccessfulDelete", message);
                self.terminate_pod(&pod, None, at);
            }
        }
    }

    fn make_replica(&mut self, set: &ReplicaSet, deployment: &Deployment, at: SimTime) {
        let mut made = self
            .replica_sets
            .get(&set.meta.key())
            .map_or(set.pods_made, |set| set.pods_made);
        let name = self.pod_name(&set.meta.namespace, &set.meta.name, &mut made);
        if let Some(set) = self.replica_sets.get_mut(&set.meta.key()) {
            Arc::make_mut(set).pods_made = made;
        }
        let object = ObjectRef::new(Kind::ReplicaSet, &set.meta.namespace, &set.meta.name);
        let message = format!("Created pod: {name}");
        self.report_normal(object, "replicaset-controller", "SuccessfulCreate", message);
        self.make_pod(
            NewPod {
                name,
                owner: OwnerReference {
                    kind: Kind::ReplicaSet,
                    name: Arc::clone(&set.meta.name),
                    uid: Arc::clone(&set.meta.uid),
                },
                workload: set.deployment.clone(),
                cron_job: None,
                revision: set.revision,
                template: Arc::clone(&set.pod_template),
                pace: deployment.pace,
                slot: None,
            },
            at,
        );
    }

    /// Pods that come first here are deleted first: those that do least, then the younger.
    fn deletion_rank(&self, pod: &Pod) -> impl Ord + use<> {
        let neighbours = self
            .pods_of(&pod.workload)
            .filter(|other| other.is_active() && other.node() == pod.node())
            .count();
        (
            pod.placement.is_some(),
            pod.phase() != Phase::Pending,
            pod.is_ready(),
            Reverse(neighbours),
            Reverse(pod.ready_since),
            Reverse(pod.restart_count()),
            Reverse(pod.meta.created_at),
        )
    }
}
