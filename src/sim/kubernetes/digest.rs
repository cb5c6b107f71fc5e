//! The digest of the cluster's state. Objects that have not changed since the digest before are not read again.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use super::autoscaling::{Autoscaler, DisruptionBudget};
use super::batch::{CronJob, Job};
use super::cluster::{Cluster, Objects};
use super::config::{ConfigMap, Namespace, Secret};
use super::event::Event;
use super::network::{Ingress, Service};
use super::node::Node;
use super::pod::Pod;
use super::workload::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use crate::sim::hash::{Digest, StateHasher};

/// Digests of objects as they were when they were last read. A cache and nothing more.
#[derive(Debug, Default)]
pub struct KnownDigests {
    namespaces: Known<Namespace>,
    nodes: Known<Node>,
    deployments: Known<Deployment>,
    replica_sets: Known<ReplicaSet>,
    stateful_sets: Known<StatefulSet>,
    daemon_sets: Known<DaemonSet>,
    pods: Known<Pod>,
    jobs: Known<Job>,
    cron_jobs: Known<CronJob>,
    services: Known<Service>,
    config_maps: Known<ConfigMap>,
    secrets: Known<Secret>,
    autoscalers: Known<Autoscaler>,
    budgets: Known<DisruptionBudget>,
    ingresses: Known<Ingress>,
    events: Known<Event>,
}

/// Digests by the address of what was read. The weak pointer keeps the address from being given to anything else, and a
/// changed object lies at another one.
#[derive(Debug)]
struct Known<T>(BTreeMap<usize, (Weak<T>, Digest)>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Hash> Known<T> {
    fn digest_of(&mut self, object: &Arc<T>) -> Digest {
        let address = Arc::as_ptr(object).addr();
        if let Some((_, digest)) = self.0.get(&address) {
            return *digest;
        }
        let mut hasher = StateHasher::default();
        object.hash(&mut hasher);
        let digest = hasher.digest();
        self.0.insert(address, (Arc::downgrade(object), digest));
        digest
    }

    fn forget_gone(&mut self, count: usize) {
        if self.0.len() > 2 * count + 16 {
            self.0.retain(|_, (held, _)| held.strong_count() > 0);
        }
    }

    fn all<'a>(&mut self, objects: impl Iterator<Item = &'a Arc<T>>, into: &mut StateHasher)
    where
        T: 'a,
    {
        let mut count = 0;
        for object in objects {
            into.write(&self.digest_of(object));
            count += 1;
        }
        into.number(count as i64);
        self.forget_gone(count);
    }

    /// Objects by name. Each holds its own names, so the keys need not be read.
    fn objects(&mut self, objects: &Objects<T>, into: &mut StateHasher) {
        self.all(objects.values(), into);
    }
}

impl Cluster {
    /// Feeds the whole state to a hasher: equal clusters give equal hashes, and a difference anywhere shows.
    pub fn digest_into(&self, known: &mut KnownDigests, into: &mut StateHasher) {
        let Self {
            seed,
            identity,
            now,
            version,
            namespaces,
            nodes,
            deployments,
            replica_sets,
            stateful_sets,
            daemon_sets,
            pods,
            jobs,
            cron_jobs,
            services,
            config_maps,
            secrets,
            autoscalers,
            budgets,
            ingresses,
            events,
            timers,
            dirty,
            unscheduled,
            room_changed,
            rechecks,
            outbox,
        } = self;
        (seed, identity, now, version).hash(into);
        (dirty, unscheduled, room_changed, rechecks, outbox).hash(into);
        timers.hash(into);
        known.namespaces.objects(namespaces, into);
        known.nodes.objects(nodes, into);
        known.deployments.objects(deployments, into);
        known.replica_sets.objects(replica_sets, into);
        known.stateful_sets.objects(stateful_sets, into);
        known.daemon_sets.objects(daemon_sets, into);
        known.pods.objects(pods, into);
        known.jobs.objects(jobs, into);
        known.cron_jobs.objects(cron_jobs, into);
        known.services.objects(services, into);
        known.config_maps.objects(config_maps, into);
        known.secrets.objects(secrets, into);
        known.autoscalers.objects(autoscalers, into);
        known.budgets.objects(budgets, into);
        known.ingresses.objects(ingresses, into);
        known.events.all(events.entries(), into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::kubernetes::ObjectKey;

    #[test]
    fn what_has_changed_is_read_again_and_the_rest_is_not() {
        let mut objects: Objects<u64> = BTreeMap::new();
        for number in 0..3_u64 {
            let key = ObjectKey::new("ns", &number.to_string());
            objects.insert(key, Arc::new(number));
        }
        let mut known = Known::default();
        let mut digest = |objects: &Objects<u64>| {
            let mut hasher = StateHasher::default();
            known.objects(objects, &mut hasher);
            hasher.digest()
        };
        let first = digest(&objects);
        assert_eq!(digest(&objects), first);
        let key = ObjectKey::new("ns", "1");
        *Arc::make_mut(objects.get_mut(&key).unwrap()) = 7;
        let changed = digest(&objects);
        assert_ne!(changed, first);
        *Arc::make_mut(objects.get_mut(&key).unwrap()) = 1;
        assert_eq!(digest(&objects), first);
    }
}
