//! The kubelet's steps up to a running container: sandbox, image, configuration, start. Asks the world at the start.

use core::net::Ipv4Addr;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::event::EventType;
use super::super::fate::{ClusterEventKind, ContainerFate, EnvSnapshot, Fate, PodRef};
use super::super::meta::ObjectKey;
use super::super::names;
use super::super::pod::{
    BACK_OFF_FIRST, BACK_OFF_LIMIT, ContainerState, NextStep, Pod, Running, Waiting, WaitingReason,
};
use super::super::template::{EnvFrom, EnvSource, KeyRef, VolumeSource};
use super::kubelet::{begin_as, go_duration, next_back_off};
use crate::sim::time::{SimTime, Span};

/// How often the kubelet tries again to make a container whose configuration lacks something.
const CONFIG_RETRY: Span = Span::from_secs(12);

impl Cluster {
    /// The next step of a container that waits.
    pub(super) fn step_waiting(
        &mut self,
        key: &ObjectKey,
        index: usize,
        next: NextStep,
        at: SimTime,
        fate: &dyn ContainerFate,
    ) {
        match next {
            NextStep::Sandbox(_) => {
                self.assign_address(key);
                if self.node_has_image(key, index) {
                    self.start_container(key, index, None, at, fate);
                } else {
                    self.begin_pull(key, index, at);
                }
            }
            NextStep::Pull(_) => self.begin_pull(key, index, at),
            NextStep::Pulled { began, .. } => {
                self.start_container(key, index, Some(began), at, fate);
            }
            NextStep::Start(_) => self.start_container(key, index, None, at, fate),
            NextStep::ShowPullBackOff { pull_at, .. } => {
                self.show_pull_back_off(key, index, pull_at, at);
            }
        }
    }

    /// The world's answer for a life of a container, as of now.
    pub(super) fn ask(
        &self,
        key: &ObjectKey,
        index: usize,
        life: u32,
        at: SimTime,
        fate: &dyn ContainerFate,
    ) -> Option<Fate> {
        let pod = self.pods.get(key)?;
        let container = pod.containers.get(index)?;
        Some(fate.on_start(
            &PodRef {
                namespace: &pod.meta.namespace,
                workload: &pod.workload,
                cron_job: pod.cron_job.as_deref(),
                slot: pod.slot,
                pod: &pod.meta.name,
                container: &container.name,
                life,
                running_since: container.running_since(),
                env: &container.env,
                image: &container.image,
                revision: pod.revision,
                node: pod.node().unwrap_or_default(),
                startup: pod.pace.startup,
            },
            at,
        ))
    }

    /// Starts a container, for the first time or again; `pull_began` if its image has just arrived.
    pub(super) fn start_container(
        &mut self,
        key: &ObjectKey,
        index: usize,
        pull_began: Option<SimTime>,
        at: SimTime,
        fate: &dyn ContainerFate,
    ) {
        self.stop_telling(key, "BackOff", at);
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let env = match self.resolve_env(pod, index) {
            Ok(env) => env,
            Err(message) => return self.refuse_config(key, index, message, at),
        };
        let files = self.read_files(pod, index);
        let Some(container) = self.container_mut(key, index) else {
            return;
        };
        container.env = env;
        container.files = files;
        if let ContainerState::Terminated(ended) = &container.state {
            container.last = Some(ended.how.clone());
        }
        let life = container.restart_count + u32::from(container.last.is_some());
        match self.ask(key, index, life, at, fate) {
            None => {}
            Some(Fate::ImagePullFails { message }) => self.fail_pull(key, index, &message, at),
            Some(Fate::CreateConfigError { message }) => {
                self.refuse_config(key, index, message, at);
            }
            Some(answer) => {
                self.tell_image(key, index, pull_began, at);
                self.run_container(key, index, life, &answer, at);
            }
        }
    }

    fn run_container(
        &mut self,
        key: &ObjectKey,
        index: usize,
        life: u32,
        answer: &Fate,
        at: SimTime,
    ) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some(running) = begin_as(answer, at, pod.pace.startup, &pod.template, index) else {
            return;
        };
        let seat = pod.seat();
        self.tell_probe_while_starting(key, index, &running, at);
        let Some(container) = self.container_mut(key, index) else {
            return;
        };
        container.restart_count = life;
        if let Some(last) = &container.last {
            container.back_off = Some(next_back_off(container.back_off, last.finished_at, at));
        }
        container.state = ContainerState::Running(running);
        let name = container.name.clone();
        self.tell_normal(key, &name, "Created", format!("Created container {name}"));
        self.tell_normal(key, &name, "Started", format!("Started container {name}"));
        self.tell(ClusterEventKind::ContainerStarted {
            pod: seat,
            container: name,
            life,
        });
    }

    /// Tells where a container's image came from, and keeps it on the node.
    fn tell_image(&mut self, key: &ObjectKey, index: usize, began: Option<SimTime>, at: SimTime) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some(container) = pod.containers.get(index) else {
            return;
        };
        let (name, image) = (container.name.clone(), container.image.clone());
        let Some(began) = began else {
            let message = format!("Container image \"{image}\" already present on machine");
            self.tell_normal(key, &name, "Pulled", message);
            return;
        };
        let node = pod.node().map(|node| ObjectKey::new("", node));
        if let Some(node) = node.and_then(|node| self.nodes.get_mut(&node)) {
            Arc::make_mut(node).images.insert(image.clone());
        }
        let took = go_duration(at - began);
        let size = names::keyed_between(self.seed, &["size", &image], 0, 18_000_000, 240_000_000);
        let message = format!(
            "Successfully pulled image \"{image}\" in {took} ({took} including waiting). Image size: {size} bytes."
        );
        self.tell_normal(key, &name, "Pulled", message);
    }

    /// While a program starts, its readiness probe fails and says so.
    fn tell_probe_while_starting(
        &mut self,
        key: &ObjectKey,
        index: usize,
        running: &Running,
        at: SimTime,
    ) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some((name, probe)) = pod
            .container_spec(index)
            .and_then(|spec| Some((spec.name.clone(), spec.readiness_probe.clone()?)))
        else {
            return;
        };
        let first = at
            + Span::from_secs(
                i64::from(probe.initial_delay_seconds) + i64::from(probe.period_seconds),
            );
        let ready_at = match running.readiness {
            super::super::pod::Readiness::NotReady { until } => until,
            super::super::pod::Readiness::Ready { .. } => return,
        };
        let ends = ready_at
            .into_iter()
            .chain(running.end.map(|end| end.at))
            .min();
        if ends.is_some_and(|ends| ends <= first) {
            return;
        }
        let address = pod.ip().map_or_else(String::new, |ip| ip.to_string());
        let message = probe_refused(pod, &probe, &address);
        let report = self.kubelet_report(key, &name, EventType::Warning, "Unhealthy", message);
        let every = Span::from_secs(i64::from(probe.period_seconds.max(1)));
        self.events
            .record_repeating(self.seed, report, first, every);
    }

    fn refuse_config(&mut self, key: &ObjectKey, index: usize, message: String, at: SimTime) {
        let Some(name) = self.container(key, index).map(|status| status.name.clone()) else {
            return;
        };
        self.tell_failed(key, &name, format!("Error: {message}"));
        if let Some(container) = self.container_mut(key, index) {
            container.state = ContainerState::Waiting(Waiting {
                reason: WaitingReason::CreateContainerConfigError,
                message,
                next: Some(NextStep::Start(at + CONFIG_RETRY)),
            });
        }
    }

    fn node_has_image(&self, key: &ObjectKey, index: usize) -> bool {
        let Some(pod) = self.pods.get(key) else {
            return true;
        };
        let image = pod.containers.get(index).map(|status| &status.image);
        pod.node()
            .and_then(|node| self.node(node))
            .zip(image)
            .is_some_and(|(node, image)| node.images.contains(image))
    }

    fn begin_pull(&mut self, key: &ObjectKey, index: usize, at: SimTime) {
        self.stop_telling(key, "BackOff", at);
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some(container) = pod.containers.get(index) else {
            return;
        };
        let (name, image) = (container.name.clone(), container.image.clone());
        let node = pod.node().unwrap_or_default();
        let took = names::keyed_between(self.seed, &["pull", &image, node], 0, 1_400, 6_500);
        self.tell_normal(key, &name, "Pulling", format!("Pulling image \"{image}\""));
        let next = NextStep::Pulled {
            at: at + Span::from_millis(took),
            began: at,
        };
        if let Some(container) = self.container_mut(key, index)
            && let ContainerState::Waiting(waiting) = &mut container.state
        {
            waiting.next = Some(next);
        }
    }

    fn fail_pull(&mut self, key: &ObjectKey, index: usize, message: &str, at: SimTime) {
        let Some((name, image, restarts)) = self.container(key, index).map(|status| {
            (
                status.name.clone(),
                status.image.clone(),
                status.back_off.map(|back_off| back_off.delay),
            )
        }) else {
            return;
        };
        let delay = restarts.unwrap_or(BACK_OFF_FIRST);
        self.tell_failed(
            key,
            &name,
            format!("Failed to pull image \"{image}\": {message}"),
        );
        self.tell_failed(key, &name, "Error: ErrImagePull".to_owned());
        let next_delay = Span::from_millis((delay.millis() * 2).min(BACK_OFF_LIMIT.millis()));
        if let Some(container) = self.container_mut(key, index) {
            container.back_off = Some(super::super::pod::BackOff {
                delay: next_delay,
                set_at: at,
            });
            container.state = ContainerState::Waiting(Waiting {
                reason: WaitingReason::ErrImagePull,
                message: message.to_owned(),
                next: Some(NextStep::ShowPullBackOff {
                    at: at + Span::from_millis(delay.millis() / 2),
                    pull_at: at + delay,
                }),
            });
        }
    }

    fn show_pull_back_off(&mut self, key: &ObjectKey, index: usize, pull_at: SimTime, at: SimTime) {
        let Some((name, image)) = self
            .container(key, index)
            .map(|status| (status.name.clone(), status.image.clone()))
        else {
            return;
        };
        let message = format!("Back-off pulling image \"{image}\"");
        let report = self.kubelet_report(key, &name, EventType::Normal, "BackOff", message.clone());
        self.events
            .record_repeating(self.seed, report, at, Span::from_secs(14));
        self.tell_failed(key, &name, "Error: ImagePullBackOff".to_owned());
        if let Some(container) = self.container_mut(key, index) {
            container.state = ContainerState::Waiting(Waiting {
                reason: WaitingReason::ImagePullBackOff,
                message,
                next: Some(NextStep::Pull(pull_at)),
            });
        }
    }

    fn tell_normal(
        &mut self,
        key: &ObjectKey,
        container: &str,
        reason: &'static str,
        message: String,
    ) {
        let report = self.kubelet_report(key, container, EventType::Normal, reason, message);
        self.report(report);
    }

    fn tell_failed(&mut self, key: &ObjectKey, container: &str, message: String) {
        let report = self.kubelet_report(key, container, EventType::Warning, "Failed", message);
        self.report(report);
    }

    /// Gives the pod an address in its node's range, unless it has one.
    pub(in super::super) fn assign_address(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let Some(index) = pod
            .node()
            .and_then(|node| self.node(node))
            .map(|node| node.index)
        else {
            return;
        };
        if pod.ip().is_some() {
            return;
        }
        let mut octet = names::pod_octet(self.seed, &key.namespace, &key.name);
        for _ in 0..253 {
            let ip = Ipv4Addr::new(10, 244, index, octet);
            if !self.pods.values().any(|other| other.ip() == Some(ip)) {
                if let Some(placement) = self.pod_mut(key).and_then(|pod| pod.placement.as_mut()) {
                    placement.ip = Some(ip);
                }
                return;
            }
            octet = if octet >= 254 { 2 } else { octet + 1 };
        }
    }

    /// The container's variables as they are now; the error is the kubelet's message.
    pub(in super::super) fn resolve_env(
        &self,
        pod: &Pod,
        index: usize,
    ) -> Result<EnvSnapshot, String> {
        let Some(spec) = pod.container_spec(index) else {
            return Ok(EnvSnapshot::default());
        };
        let namespace = &*pod.meta.namespace;
        let mut variables = Vec::new();
        for source in &spec.env_from {
            let (found, reference, kind) = match source {
                EnvFrom::ConfigMapRef(reference) => (
                    self.config_map(namespace, &reference.name)
                        .map(|map| map.data.iter()),
                    reference,
                    "configmap",
                ),
                EnvFrom::SecretRef(reference) => (
                    self.secret(namespace, &reference.name)
                        .map(|secret| secret.data.iter()),
                    reference,
                    "secret",
                ),
            };
            match found {
                Some(pairs) => {
                    variables.extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
                }
                None if reference.optional => {}
                None => return Err(format!("{kind} \"{}\" not found", reference.name)),
            }
        }
        for variable in &spec.env {
            let value = match &variable.source {
                EnvSource::Value(value) => Some(value.clone()),
                EnvSource::ConfigMapKey(key) => self.key_of(namespace, key, "configmap")?,
                EnvSource::SecretKey(key) => self.key_of(namespace, key, "secret")?,
                EnvSource::Field(path) => Some(field_of(pod, path)),
                EnvSource::Resource(resource) => Some(resource_of(spec, resource)),
            };
            variables.extend(value.map(|value| (variable.name.clone(), value)));
        }
        Ok(EnvSnapshot::new(variables))
    }

    fn key_of(&self, namespace: &str, key: &KeyRef, kind: &str) -> Result<Option<String>, String> {
        let holder = if kind == "secret" {
            self.secret(namespace, &key.name).map(|secret| &secret.data)
        } else {
            self.config_map(namespace, &key.name).map(|map| &*map.data)
        };
        match holder.map(|data| data.get(&key.key)) {
            Some(Some(value)) => Ok(Some(value.clone())),
            _ if key.optional => Ok(None),
            Some(None) => {
                let name = if kind == "secret" {
                    "Secret"
                } else {
                    "ConfigMap"
                };
                Err(format!(
                    "couldn't find key {} in {name} {namespace}/{}",
                    key.key, key.name
                ))
            }
            None => Err(format!("{kind} \"{}\" not found", key.name)),
        }
    }

    /// The mounted ConfigMaps of a container as a program that reads them once at its start sees them.
    pub(in super::super) fn read_files(
        &self,
        pod: &Pod,
        index: usize,
    ) -> BTreeMap<String, Arc<BTreeMap<String, String>>> {
        let Some(spec) = pod.container_spec(index) else {
            return BTreeMap::new();
        };
        pod.template
            .spec
            .volumes
            .iter()
            .filter(|volume| {
                spec.volume_mounts
                    .iter()
                    .any(|mount| mount.name == volume.name)
            })
            .filter_map(|volume| match &volume.source {
                VolumeSource::ConfigMap(reference) => Some(reference.name.clone()),
                _ => None,
            })
            .filter_map(|name| {
                let map = self.config_map(&pod.meta.namespace, &name)?;
                Some((name, Arc::clone(&map.data)))
            })
            .collect()
    }
}

fn probe_refused(pod: &Pod, probe: &super::super::template::Probe, address: &str) -> String {
    use super::super::template::ProbeCheck;
    let number = |port| super::super::cluster::target_port(pod, port).unwrap_or(80);
    match &probe.check {
        ProbeCheck::HttpGet { path, port, scheme } => {
            let port = number(port);
            format!(
                "Readiness probe failed: Get \"{}://{address}:{port}{path}\": dial tcp {address}:{port}: connect: connection refused",
                scheme.to_lowercase()
            )
        }
        ProbeCheck::TcpSocket { port } => format!(
            "Readiness probe failed: dial tcp {address}:{}: connect: connection refused",
            number(port)
        ),
        ProbeCheck::Exec { .. } => "Readiness probe failed: ".to_owned(),
        ProbeCheck::Grpc { port } => format!(
            "Readiness probe failed: timeout: failed to connect service \"{address}:{port}\" within 1s: context deadline exceeded"
        ),
    }
}

fn field_of(pod: &Pod, path: &str) -> String {
    match path {
        "metadata.name" => pod.meta.name.to_string(),
        "metadata.namespace" => pod.meta.namespace.to_string(),
        "metadata.uid" => pod.meta.uid.to_string(),
        "spec.nodeName" => pod.node().unwrap_or_default().to_owned(),
        "spec.serviceAccountName" => pod.template.spec.service_account_name.clone(),
        "status.podIP" => pod.ip().map_or_else(String::new, |ip| ip.to_string()),
        other => other
            .strip_prefix("metadata.labels['")
            .and_then(|rest| rest.strip_suffix("']"))
            .and_then(|label| pod.meta.labels.get(label))
            .cloned()
            .unwrap_or_default(),
    }
}

fn resource_of(spec: &super::super::template::Container, resource: &str) -> String {
    let amount = match resource.split_once('.') {
        Some(("limits", name)) => spec.resources.limit(name),
        Some(("requests", name)) => Some(spec.resources.request(name)),
        _ => None,
    };
    amount.map_or_else(|| "0".to_owned(), |amount| amount.units().to_string())
}
