//! Deleting objects with what they own, evicting pods within their budgets, draining nodes.

use std::sync::Arc;

use super::super::command::Applied;
use super::super::error::KubeError;
use super::super::fate::{ClusterEventKind, WorkloadKey};
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef, selects};
use super::super::pod::Pod;
use super::super::timers::Timer;
use super::Cluster;
use crate::sim::time::{SimTime, Span};

impl Cluster {
    pub(super) fn delete(
        &mut self,
        target: &ObjectRef,
        grace: Option<Span>,
        force: bool,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let key = target.key();
        let missing = || KubeError::not_found(target.kind, &target.name);
        let found = match target.kind {
            Kind::Pod => {
                let found = self.pods.contains_key(&key);
                let grace = if force { Some(Span::ZERO) } else { grace };
                self.terminate_pod(&key, grace, at);
                found
            }
            Kind::Deployment => self.delete_deployment(&key, at),
            Kind::ReplicaSet => self.delete_replica_set(&key, at),
            Kind::StatefulSet => {
                let removed = self.stateful_sets.remove(&key);
                self.drop_workload(removed.map(|set| set.workload()), at)
            }
            Kind::DaemonSet => {
                let removed = self.daemon_sets.remove(&key);
                self.drop_workload(removed.map(|set| set.workload()), at)
            }
            Kind::Job => {
                let found = self.jobs.contains_key(&key);
                self.delete_job(&key, at);
                found
            }
            Kind::CronJob => self.delete_cron_job(&key, at),
            Kind::Service => self.services.remove(&key).is_some(),
            Kind::ConfigMap => {
                let found = self.config_maps.remove(&key).is_some();
                if found {
                    self.tell(ClusterEventKind::ConfigMapChanged(key));
                }
                found
            }
            Kind::Secret => self.secrets.remove(&key).is_some(),
            Kind::HorizontalPodAutoscaler => self.autoscalers.remove(&key).is_some(),
            Kind::PodDisruptionBudget => self.budgets.remove(&key).is_some(),
            Kind::Ingress => self.ingresses.remove(&key).is_some(),
            Kind::Node | Kind::Namespace => {
                return Err(KubeError::Forbidden {
                    message: format!(
                        "{} \"{}\" is forbidden: User \"{}\" cannot delete resource \"{}\" in API group \"\" at the cluster scope",
                        target.kind.resource(),
                        target.name,
                        self.identity.user,
                        target.kind.resource()
                    ),
                });
            }
            _ => return Err(missing()),
        };
        if found {
            Ok(Applied::to(target.clone(), true))
        } else {
            Err(missing())
        }
    }

    fn delete_deployment(&mut self, key: &ObjectKey, at: SimTime) -> bool {
        let Some(deployment) = self.deployments.remove(key) else {
            return false;
        };
        if let Some(due) = deployment.due {
            self.timers.clear(due, Timer::Deployment(key.clone()));
        }
        for set in self.set_keys(&deployment) {
            self.replica_sets.remove(&set);
        }
        self.drop_workload(Some(deployment.workload()), at)
    }

    fn delete_replica_set(&mut self, key: &ObjectKey, at: SimTime) -> bool {
        let Some(set) = self.replica_sets.remove(key) else {
            return false;
        };
        let pods: Vec<ObjectKey> = self
            .pods_owned_by(Kind::ReplicaSet, key)
            .map(|pod| pod.meta.key())
            .collect();
        for pod in pods {
            self.terminate_pod(&pod, None, at);
        }
        self.dirty.insert(set.deployment.clone());
        true
    }

    fn delete_cron_job(&mut self, key: &ObjectKey, at: SimTime) -> bool {
        let Some(cron_job) = self.cron_jobs.remove(key) else {
            return false;
        };
        let jobs: Vec<ObjectKey> = self.jobs_of(&cron_job).map(|job| job.meta.key()).collect();
        for job in jobs {
            self.delete_job(&job, at);
        }
        true
    }

    /// A workload is gone: its pods stop.
    fn drop_workload(&mut self, workload: Option<WorkloadKey>, at: SimTime) -> bool {
        let Some(workload) = workload else {
            return false;
        };
        let pods: Vec<ObjectKey> = self.pods_of(&workload).map(|pod| pod.meta.key()).collect();
        for pod in pods {
            self.terminate_pod(&pod, None, at);
        }
        self.tell(ClusterEventKind::WorkloadDeleted(workload));
        true
    }

    pub(super) fn evict(&mut self, target: &ObjectRef, at: SimTime) -> Result<Applied, KubeError> {
        let key = target.key();
        let pod = self
            .pods
            .get(&key)
            .cloned()
            .ok_or_else(|| KubeError::not_found(Kind::Pod, &target.name))?;
        if pod.serves() && !self.budgets_allow(&pod) {
            return Err(KubeError::TooManyRequests);
        }
        self.terminate_pod(&key, None, at);
        Ok(Applied::to(target.clone(), true))
    }

    /// Whether every budget that protects a pod lets it go now.
    fn budgets_allow(&self, pod: &Pod) -> bool {
        self.budgets
            .values()
            .filter(|budget| {
                budget.meta.namespace == pod.meta.namespace
                    && selects(&budget.selector, &pod.meta.labels)
            })
            .all(|budget| self.budget_status(budget).allowed > 0)
    }

    pub(super) fn drain(&mut self, name: &str, at: SimTime) -> Result<Applied, KubeError> {
        let node = ObjectKey::new("", name);
        let version = self.bump();
        let stored = self
            .nodes
            .get_mut(&node)
            .ok_or_else(|| KubeError::not_found(Kind::Node, name))?;
        let mut applied = Applied::to(ObjectRef::new(Kind::Node, "", name), true);
        applied.changed = stored.cordoned.is_none();
        if stored.cordoned.is_none() {
            let stored = Arc::make_mut(stored);
            stored.cordoned = Some(at);
            stored.meta.resource_version = version;
        }
        let pods: Vec<ObjectKey> = self
            .pods
            .values()
            .filter(|pod| pod.node() == Some(name) && pod.deletion.is_none())
            .filter(|pod| pod.workload.kind != Kind::DaemonSet)
            .map(|pod| pod.meta.key())
            .collect();
        for pod in pods {
            let object = ObjectRef::new(Kind::Pod, &pod.namespace, &pod.name);
            match self.evict(&object, at) {
                Ok(_) => applied.also.push(object),
                Err(error) => applied.refused.push((object, error.to_string())),
            }
        }
        Ok(applied)
    }
}
