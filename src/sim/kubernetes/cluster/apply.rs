//! Commands: what each changes in what is wanted, and what is refused. How it comes about is the controllers' work.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::command::{Applied, KubeCommand};
use super::super::controllers::push_revision;
use super::super::error::KubeError;
use super::super::fate::{ClusterEventKind, WorkloadKey};
use super::super::kind::Kind;
use super::super::meta::{Labels, ObjectKey, ObjectMeta, ObjectRef, selects};
use super::super::node::Taint;
use super::super::quantity::Quantity;
use super::super::spec::{AutoscalerSeed, ConfigMapSeed, NamespaceSpec};
use super::super::template::{EnvVar, PodTemplate};
use super::super::workload::CHANGE_CAUSE;
use super::Cluster;
use crate::sim::time::SimTime;

impl Cluster {
    /// Applies a command at `at`, which must not be before now; everything due by then should have been advanced past.
    /// What happens because of it is told by the next [`advance`](Self::advance).
    pub fn apply(&mut self, command: &KubeCommand, at: SimTime) -> Result<Applied, KubeError> {
        self.now = self.now.max(at);
        let applied = self.dispatch(command, self.now);
        self.settle();
        applied
    }

    fn dispatch(&mut self, command: &KubeCommand, at: SimTime) -> Result<Applied, KubeError> {
        match command {
            KubeCommand::SetEnv {
                target,
                containers,
                set,
                remove,
            } => self.set_env(target, containers, set, remove, at),
            KubeCommand::SetImage { target, images } => self.set_image(target, images, at),
            KubeCommand::SetResources {
                target,
                containers,
                limits,
                requests,
            } => self.set_resources(target, containers, limits, requests, at),
            KubeCommand::Scale {
                target,
                replicas,
                expected,
            } => self.scale(target, *replicas, *expected, at),
            KubeCommand::RolloutRestart { target } => self.restart(target, at),
            KubeCommand::RolloutUndo {
                target,
                to_revision,
            } => self.undo(target, *to_revision, at),
            KubeCommand::RolloutPause { target } => self.pause(target, true, at),
            KubeCommand::RolloutResume { target } => self.pause(target, false, at),
            KubeCommand::Delete {
                target,
                grace,
                force,
            } => self.delete(target, *grace, *force, at),
            KubeCommand::Evict { target } => self.evict(target, at),
            KubeCommand::Patch {
                target,
                form,
                patch,
            } => self.patch(target, *form, patch, at),
            KubeCommand::ReplaceManifest { target, manifest } => {
                self.replace_manifest(target, manifest, at)
            }
            KubeCommand::Cordon { node } => self.cordon(node, true, at),
            KubeCommand::Uncordon { node } => self.cordon(node, false, at),
            KubeCommand::Drain { node } => self.drain(node, at),
            KubeCommand::Taint { node, set, remove } => self.taint(node, set, remove),
            KubeCommand::Label {
                target,
                set,
                remove,
                overwrite,
            } => self.label(target, set, remove, *overwrite),
            KubeCommand::Annotate {
                target,
                set,
                remove,
                overwrite,
            } => self.annotate(target, set, remove, *overwrite),
            KubeCommand::Autoscale {
                target,
                name,
                min,
                max,
                cpu_percent,
            } => self.make_autoscaler(target, name.as_deref(), (*min, *max), *cpu_percent, at),
            KubeCommand::CreateConfigMap {
                namespace,
                name,
                data,
            } => self.create_config_map(namespace, name, data, at),
            KubeCommand::CreateJob {
                namespace,
                name,
                from,
            } => self.create_job(namespace, name, from, at),
            KubeCommand::CreateNamespace { name } => self.create_namespace(name, at),
        }
    }

    /// The template of a workload.
    pub fn template_of(&self, target: &ObjectRef) -> Result<&Arc<PodTemplate>, KubeError> {
        let key = target.key();
        let found = match target.kind {
            Kind::Deployment => self.deployments.get(&key).map(|owner| &owner.spec.template),
            Kind::StatefulSet => self.stateful_sets.get(&key).map(|owner| &owner.template),
            Kind::DaemonSet => self.daemon_sets.get(&key).map(|owner| &owner.template),
            Kind::ReplicaSet => self.replica_sets.get(&key).map(|owner| &owner.template),
            Kind::CronJob => self.cron_jobs.get(&key).map(|owner| &owner.template),
            Kind::Job => self.jobs.get(&key).map(|owner| &owner.template),
            Kind::Pod => self.pods.get(&key).map(|owner| &owner.template),
            _ => return Err(KubeError::MethodNotAllowed),
        };
        found.ok_or_else(|| KubeError::not_found(target.kind, &target.name))
    }

    /// Gives a workload another template. False if it is the one it has.
    pub(super) fn put_template(
        &mut self,
        target: &ObjectRef,
        template: PodTemplate,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        if **self.template_of(target)? == template {
            return Ok(false);
        }
        let key = target.key();
        let version = self.bump();
        let template = Arc::new(template);
        match target.kind {
            Kind::Deployment => {
                if let Some(owner) = self.deployments.get_mut(&key) {
                    let owner = Arc::make_mut(owner);
                    owner.spec.template = template;
                    touch(&mut owner.meta, version);
                    self.dirty.insert(owner.workload());
                }
            }
            Kind::StatefulSet => {
                if let Some(owner) = self.stateful_sets.get_mut(&key) {
                    let owner = Arc::make_mut(owner);
                    let cause = owner.meta.annotations.get(CHANGE_CAUSE).cloned();
                    let revision =
                        push_revision(&mut owner.revisions, &target.name, &template, cause, at);
                    owner.template = template;
                    owner.settled = false;
                    touch(&mut owner.meta, version);
                    let workload = owner.workload();
                    self.begin_set_rollout(workload, revision);
                }
            }
            Kind::DaemonSet => {
                if let Some(owner) = self.daemon_sets.get_mut(&key) {
                    let owner = Arc::make_mut(owner);
                    let cause = owner.meta.annotations.get(CHANGE_CAUSE).cloned();
                    let revision =
                        push_revision(&mut owner.revisions, &target.name, &template, cause, at);
                    owner.template = template;
                    owner.settled = false;
                    touch(&mut owner.meta, version);
                    let workload = owner.workload();
                    self.begin_set_rollout(workload, revision);
                }
            }
            Kind::CronJob => {
                if let Some(owner) = self.cron_jobs.get_mut(&key) {
                    let owner = Arc::make_mut(owner);
                    owner.template = template;
                    touch(&mut owner.meta, version);
                }
            }
            Kind::Pod => {
                return Err(KubeError::invalid(
                    Kind::Pod,
                    &target.name,
                    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)".to_owned(),
                ));
            }
            Kind::Job => {
                return Err(KubeError::invalid(
                    Kind::Job,
                    &target.name,
                    "spec.template: Invalid value: field is immutable".to_owned(),
                ));
            }
            _ => return Err(KubeError::MethodNotAllowed),
        }
        Ok(true)
    }

    fn begin_set_rollout(&mut self, workload: WorkloadKey, revision: u64) {
        self.tell(ClusterEventKind::RolloutStarted {
            workload: workload.clone(),
            revision,
        });
        self.dirty.insert(workload);
    }

    fn set_env(
        &mut self,
        target: &ObjectRef,
        containers: &str,
        set: &[EnvVar],
        remove: &[String],
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let mut template = (**self.template_of(target)?).clone();
        let mut found = false;
        for container in &mut template.spec.containers {
            if !matches_pattern(containers, &container.name) {
                continue;
            }
            found = true;
            for variable in set {
                match container
                    .env
                    .iter_mut()
                    .find(|known| known.name == variable.name)
                {
                    Some(known) => known.clone_from(variable),
                    None => container.env.push(variable.clone()),
                }
            }
            container.env.retain(|known| !remove.contains(&known.name));
        }
        if !found {
            return Err(no_container(target, containers));
        }
        let changed = self.put_template(target, template, at)?;
        Ok(Applied::to(target.clone(), changed))
    }

    fn set_image(
        &mut self,
        target: &ObjectRef,
        images: &[(String, String)],
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let mut template = (**self.template_of(target)?).clone();
        for (pattern, image) in images {
            let mut found = false;
            for container in &mut template.spec.containers {
                if pattern == "*" || *pattern == container.name {
                    container.image.clone_from(image);
                    found = true;
                }
            }
            if !found {
                return Err(KubeError::client(format!(
                    "unable to find container named \"{pattern}\""
                )));
            }
        }
        let changed = self.put_template(target, template, at)?;
        Ok(Applied::to(target.clone(), changed))
    }

    fn set_resources(
        &mut self,
        target: &ObjectRef,
        containers: &str,
        limits: &BTreeMap<String, Quantity>,
        requests: &BTreeMap<String, Quantity>,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let mut template = (**self.template_of(target)?).clone();
        let mut found = false;
        for container in &mut template.spec.containers {
            if !matches_pattern(containers, &container.name) {
                continue;
            }
            found = true;
            merge_amounts(&mut container.resources.limits, limits);
            merge_amounts(&mut container.resources.requests, requests);
        }
        if !found {
            return Err(no_container(target, containers));
        }
        check_resources(target, &template)?;
        let changed = self.put_template(target, template, at)?;
        Ok(Applied::to(target.clone(), changed))
    }

    fn scale(
        &mut self,
        target: &ObjectRef,
        replicas: u32,
        expected: Option<u32>,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let key = target.key();
        let current = match target.kind {
            Kind::Deployment => self.deployments.get(&key).map(|owner| owner.spec.replicas),
            Kind::StatefulSet => self.stateful_sets.get(&key).map(|owner| owner.replicas),
            Kind::ReplicaSet => self.replica_sets.get(&key).map(|owner| owner.replicas),
            _ => {
                return Err(KubeError::client(format!(
                    "cannot scale {}",
                    target.kind.qualified_resource()
                )));
            }
        };
        let Some(current) = current else {
            return Err(KubeError::client(format!(
                "no objects passed to scale {}",
                KubeError::not_found(target.kind, &target.name)
            )));
        };
        if let Some(expected) = expected
            && expected != current
        {
            return Err(KubeError::client(format!(
                "Expected replicas to be {expected}, was {current}"
            )));
        }
        if target.kind == Kind::ReplicaSet {
            // Its Deployment will set it back at once, as in life.
            let deployment = self
                .replica_sets
                .get(&key)
                .and_then(|set| self.deployments.get(&set.deployment.key))
                .cloned();
            if let Some(deployment) = deployment {
                self.scale_set(&deployment, &key, replicas, at);
            }
        } else {
            let workload = WorkloadKey {
                kind: target.kind,
                key,
            };
            self.set_replicas(&workload, replicas, false, at);
        }
        Ok(Applied::to(target.clone(), current != replicas))
    }

    /// Sets how many pods a Deployment or StatefulSet wants.
    pub(in super::super) fn set_replicas(
        &mut self,
        workload: &WorkloadKey,
        to: u32,
        by_autoscaler: bool,
        at: SimTime,
    ) {
        let version = self.bump();
        let from = match workload.kind {
            Kind::Deployment => self.deployments.get_mut(&workload.key).map(|owner| {
                let owner = Arc::make_mut(owner);
                touch(&mut owner.meta, version);
                std::mem::replace(&mut owner.spec.replicas, to)
            }),
            Kind::StatefulSet => self.stateful_sets.get_mut(&workload.key).map(|owner| {
                let owner = Arc::make_mut(owner);
                touch(&mut owner.meta, version);
                std::mem::replace(&mut owner.replicas, to)
            }),
            _ => None,
        };
        let Some(from) = from.filter(|from| *from != to) else {
            return;
        };
        self.tell(ClusterEventKind::ScaledTo {
            workload: workload.clone(),
            from,
            to,
            by_autoscaler,
        });
        if let Some(deployment) = self.deployments.get(&workload.key).cloned()
            && workload.kind == Kind::Deployment
        {
            self.scale_deployment(&deployment, at);
        }
        self.dirty.insert(workload.clone());
    }

    fn cordon(&mut self, name: &str, on: bool, at: SimTime) -> Result<Applied, KubeError> {
        let version = self.bump();
        let node = self
            .nodes
            .get_mut(&ObjectKey::new("", name))
            .ok_or_else(|| KubeError::not_found(Kind::Node, name))?;
        let object = ObjectRef::new(Kind::Node, "", name);
        if node.cordoned.is_some() == on {
            return Ok(Applied::to(object, false));
        }
        let node = Arc::make_mut(node);
        node.cordoned = on.then_some(at);
        node.meta.resource_version = version;
        let word = if on {
            "NodeNotSchedulable"
        } else {
            "NodeSchedulable"
        };
        self.report_normal(
            object.clone(),
            "kubelet",
            word,
            format!("Node {name} status is now: {word}"),
        );
        self.room_changed = true;
        Ok(Applied::to(object, true))
    }

    fn taint(
        &mut self,
        name: &str,
        set: &[Taint],
        remove: &[(String, Option<String>)],
    ) -> Result<Applied, KubeError> {
        let version = self.bump();
        let node = self
            .nodes
            .get_mut(&ObjectKey::new("", name))
            .ok_or_else(|| KubeError::not_found(Kind::Node, name))?;
        let node = Arc::make_mut(node);
        for (key, effect) in remove {
            let before = node.taints.len();
            node.taints.retain(|taint| {
                taint.key != *key
                    || effect
                        .as_ref()
                        .is_some_and(|effect| *effect != taint.effect)
            });
            if before == node.taints.len() {
                return Err(KubeError::client(format!("taint \"{key}\" not found")));
            }
        }
        for taint in set {
            node.taints
                .retain(|known| known.key != taint.key || known.effect != taint.effect);
            node.taints.push(taint.clone());
        }
        node.meta.resource_version = version;
        self.room_changed = true;
        let daemons: Vec<WorkloadKey> = self
            .daemon_sets
            .values()
            .map(|set| set.workload())
            .collect();
        self.dirty.extend(daemons);
        Ok(Applied::to(ObjectRef::new(Kind::Node, "", name), true))
    }

    fn label(
        &mut self,
        target: &ObjectRef,
        set: &Labels,
        remove: &[String],
        overwrite: bool,
    ) -> Result<Applied, KubeError> {
        let meta = self.meta_mut(target)?;
        let changed = change_pairs(&mut meta.labels, set, remove, overwrite)?;
        if changed && target.kind == Kind::Pod {
            self.release_pod(&target.key());
        }
        Ok(Applied::to(target.clone(), changed))
    }

    fn annotate(
        &mut self,
        target: &ObjectRef,
        set: &Labels,
        remove: &[String],
        overwrite: bool,
    ) -> Result<Applied, KubeError> {
        let meta = self.meta_mut(target)?;
        let changed = change_pairs(&mut meta.annotations, set, remove, overwrite)?;
        if changed && target.kind == Kind::Deployment {
            self.dirty.insert(WorkloadKey {
                kind: Kind::Deployment,
                key: target.key(),
            });
        }
        Ok(Applied::to(target.clone(), changed))
    }

    /// A pod whose labels its controller no longer selects is let go: the controller makes another, this one runs on.
    pub(super) fn release_pod(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some(owner) = &pod.meta.owner else {
            return;
        };
        let owner_key = ObjectKey {
            namespace: Arc::clone(&key.namespace),
            name: Arc::clone(&owner.name),
        };
        let selector = match owner.kind {
            Kind::ReplicaSet => self.replica_sets.get(&owner_key).map(|set| &set.selector),
            Kind::StatefulSet => self.stateful_sets.get(&owner_key).map(|set| &set.selector),
            Kind::DaemonSet => self.daemon_sets.get(&owner_key).map(|set| &set.selector),
            _ => None,
        };
        if selector.is_none_or(|selector| selects(selector, &pod.meta.labels)) {
            return;
        }
        let workload = pod.workload.clone();
        let alone = WorkloadKey {
            kind: Kind::Pod,
            key: key.clone(),
        };
        if let Some(pod) = self.pod_mut(key) {
            pod.meta.owner = None;
            pod.workload = alone;
        }
        self.dirty.insert(workload);
    }

    fn make_autoscaler(
        &mut self,
        target: &ObjectRef,
        name: Option<&str>,
        (min, max): (u32, u32),
        cpu_percent: u32,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let workload = WorkloadKey {
            kind: target.kind,
            key: target.key(),
        };
        if self.wanted_replicas(&workload).is_none() {
            return Err(KubeError::not_found(target.kind, &target.name));
        }
        let name = name.unwrap_or(&target.name);
        let object = ObjectRef::new(Kind::HorizontalPodAutoscaler, &target.namespace, name);
        if self.autoscalers.contains_key(&object.key()) {
            return Err(KubeError::AlreadyExists {
                kind: object.kind,
                name: name.to_owned(),
            });
        }
        self.seed_autoscaler(&AutoscalerSeed {
            namespace: target.namespace.clone(),
            name: name.to_owned(),
            created_at: at,
            target_kind: target.kind,
            target: target.name.clone(),
            min,
            max,
            cpu_percent,
            current_percent: None,
        });
        Ok(Applied::to(object, true))
    }

    fn create_config_map(
        &mut self,
        namespace: &str,
        name: &str,
        data: &BTreeMap<String, String>,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        self.require_namespace(namespace)?;
        let object = ObjectRef::new(Kind::ConfigMap, namespace, name);
        if self.config_maps.contains_key(&object.key()) {
            return Err(KubeError::AlreadyExists {
                kind: Kind::ConfigMap,
                name: name.to_owned(),
            });
        }
        self.seed_config_map(&ConfigMapSeed {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            created_at: at,
            data: data.clone(),
        });
        self.tell(ClusterEventKind::ConfigMapChanged(object.key()));
        Ok(Applied::to(object, true))
    }

    fn create_job(
        &mut self,
        namespace: &str,
        name: &str,
        from: &str,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let cron_job = self
            .cron_jobs
            .get(&ObjectKey::new(namespace, from))
            .cloned()
            .ok_or_else(|| KubeError::not_found(Kind::CronJob, from))?;
        let object = ObjectRef::new(Kind::Job, namespace, name);
        if self.jobs.contains_key(&object.key()) {
            return Err(KubeError::AlreadyExists {
                kind: Kind::Job,
                name: name.to_owned(),
            });
        }
        self.make_job(&cron_job, name, at);
        Ok(Applied::to(object, true))
    }

    fn create_namespace(&mut self, name: &str, at: SimTime) -> Result<Applied, KubeError> {
        let object = ObjectRef::new(Kind::Namespace, "", name);
        if self.namespaces.contains_key(&object.key()) {
            return Err(KubeError::AlreadyExists {
                kind: Kind::Namespace,
                name: name.to_owned(),
            });
        }
        self.seed_namespace(&NamespaceSpec {
            name: name.to_owned(),
            created_at: at,
            labels: Labels::new(),
        });
        Ok(Applied::to(object, true))
    }

    fn require_namespace(&self, name: &str) -> Result<(), KubeError> {
        if self.namespace(name).is_some() {
            Ok(())
        } else {
            Err(KubeError::not_found(Kind::Namespace, name))
        }
    }

    /// The metadata of any object there is, to change.
    pub(super) fn meta_mut(&mut self, target: &ObjectRef) -> Result<&mut ObjectMeta, KubeError> {
        let version = self.bump();
        let key = target.key();
        let missing = || KubeError::not_found(target.kind, &target.name);
        macro_rules! meta_in {
            ($objects:expr) => {
                $objects
                    .get_mut(&key)
                    .map(|object| &mut Arc::make_mut(object).meta)
                    .ok_or_else(missing)
            };
        }
        let meta = match target.kind {
            Kind::Pod => meta_in!(self.pods),
            Kind::Deployment => meta_in!(self.deployments),
            Kind::ReplicaSet => meta_in!(self.replica_sets),
            Kind::StatefulSet => meta_in!(self.stateful_sets),
            Kind::DaemonSet => meta_in!(self.daemon_sets),
            Kind::Job => meta_in!(self.jobs),
            Kind::CronJob => meta_in!(self.cron_jobs),
            Kind::Service => meta_in!(self.services),
            Kind::ConfigMap => meta_in!(self.config_maps),
            Kind::Secret => meta_in!(self.secrets),
            Kind::HorizontalPodAutoscaler => meta_in!(self.autoscalers),
            Kind::PodDisruptionBudget => meta_in!(self.budgets),
            Kind::Ingress => meta_in!(self.ingresses),
            Kind::Namespace => meta_in!(self.namespaces),
            Kind::Node => meta_in!(self.nodes),
            _ => Err(missing()),
        }?;
        meta.resource_version = version;
        Ok(meta)
    }
}

/// Notes a change of the specification.
pub(super) const fn touch(meta: &mut ObjectMeta, version: u64) {
    meta.generation += 1;
    meta.resource_version = version;
}

/// Whether a container is meant: by its name, or by a pattern in which `*` stands for anything.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
    }
}

fn no_container(target: &ObjectRef, pattern: &str) -> KubeError {
    KubeError::client(format!(
        "{} does not have any containers matching \"{pattern}\"",
        target.qualified()
    ))
}

fn merge_amounts(into: &mut BTreeMap<String, Quantity>, from: &BTreeMap<String, Quantity>) {
    for (name, amount) in from {
        if amount.millis() == 0 {
            into.remove(name);
        } else {
            into.insert(name.clone(), *amount);
        }
    }
}

/// Requests must not be more than limits.
pub(super) fn check_resources(target: &ObjectRef, template: &PodTemplate) -> Result<(), KubeError> {
    let mut causes = Vec::new();
    for (index, container) in template.spec.containers.iter().enumerate() {
        for (name, request) in &container.resources.requests {
            if let Some(limit) = container.resources.limit(name)
                && request.millis() > limit.millis()
            {
                causes.push(format!(
                    "spec.template.spec.containers[{index}].resources.requests: Invalid value: \"{request}\": must be less than or equal to {name} limit of {limit}"
                ));
            }
        }
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(KubeError::Invalid {
            kind: target.kind,
            name: target.name.clone(),
            causes,
        })
    }
}

fn change_pairs(
    pairs: &mut Labels,
    set: &Labels,
    remove: &[String],
    overwrite: bool,
) -> Result<bool, KubeError> {
    for (name, value) in set {
        if let Some(old) = pairs.get(name)
            && old != value
            && !overwrite
        {
            return Err(KubeError::client(format!(
                "'{name}' already has a value ({old}), and --overwrite is false"
            )));
        }
    }
    let before = pairs.clone();
    for (name, value) in set {
        pairs.insert(name.clone(), value.clone());
    }
    for name in remove {
        pairs.remove(name);
    }
    Ok(before != *pairs)
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn patterns_match_as_kubectl_does() {
        assert!(matches_pattern("*", "web"));
        assert!(matches_pattern("w*", "web"));
        assert!(matches_pattern("w*b", "web"));
        assert!(!matches_pattern("we*eb", "web"));
        assert!(!matches_pattern("web", "web2"));
    }
}
