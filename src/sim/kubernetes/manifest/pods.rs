//! Pods and pod templates as documents, with the defaults that the API server fills in.

use serde_json::{Map, Value, json};

use super::super::cluster::Cluster;
use super::super::controllers::daemon_tolerations;
use super::super::kind::Kind;
use super::super::pod::{
    ContainerState, ContainerStatus, Outcome, Phase, Pod, Termination, WaitingReason,
};
use super::super::template::{PodSpec, PodTemplate};
use super::{frame, metadata, put, time, truth};
use crate::sim::time::{SimTime, Span};

/// The document of a pod.
pub(super) fn pod(cluster: &Cluster, pod: &Pod) -> Value {
    let mut meta = metadata(&pod.meta, &pod.meta.annotations, false);
    if let Some(owner) = &pod.meta.owner {
        put(&mut meta, "generateName", json!(format!("{}-", owner.name)));
    }
    if let Some(deletion) = pod.deletion {
        put(
            &mut meta,
            "deletionGracePeriodSeconds",
            json!(deletion.grace.secs()),
        );
        put(
            &mut meta,
            "deletionTimestamp",
            time(deletion.requested_at + deletion.grace),
        );
    }
    let rest = json!({"spec": spec(cluster, pod), "status": status(cluster, pod)});
    frame(Kind::Pod, meta, rest)
}

/// A pod template with the defaults the API server fills in.
pub(super) fn template(template: &PodTemplate) -> Value {
    let mut meta = serde_json::to_value(&template.metadata).unwrap_or_default();
    if let Value::Object(map) = &mut meta {
        map.insert("creationTimestamp".to_owned(), Value::Null);
    }
    json!({"metadata": meta, "spec": spec_with_defaults(&template.spec)})
}

fn spec_with_defaults(spec: &PodSpec) -> Value {
    let mut value = serde_json::to_value(spec).unwrap_or_default();
    if let Some(Value::Array(containers)) = value.get_mut("containers") {
        for container in containers {
            let latest = container
                .get("image")
                .and_then(Value::as_str)
                .is_some_and(|image| image.ends_with(":latest") || !image.contains(':'));
            let policy = if latest { "Always" } else { "IfNotPresent" };
            put(container, "imagePullPolicy", json!(policy));
            put(
                container,
                "terminationMessagePath",
                json!("/dev/termination-log"),
            );
            put(container, "terminationMessagePolicy", json!("File"));
        }
    }
    if let Some(Value::Array(volumes)) = value.get_mut("volumes") {
        for source in volumes
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .flat_map(Map::values_mut)
            .filter(|source| source.get("name").is_some() || source.get("secretName").is_some())
        {
            put(source, "defaultMode", json!(420));
        }
    }
    put(&mut value, "dnsPolicy", json!("ClusterFirst"));
    put(&mut value, "schedulerName", json!("default-scheduler"));
    put(&mut value, "securityContext", json!({}));
    if !spec.service_account_name.is_empty() {
        put(
            &mut value,
            "serviceAccount",
            json!(spec.service_account_name),
        );
    }
    value
}

fn spec(cluster: &Cluster, pod: &Pod) -> Value {
    let mut value = spec_with_defaults(&pod.template.spec);
    let account = &pod.template.spec.service_account_name;
    let account = if account.is_empty() {
        "default"
    } else {
        account
    };
    let token = format!("kube-api-access-{}", cluster.suffix_of(&pod.meta));
    if let Some(Value::Array(containers)) = value.get_mut("containers") {
        let mount = json!({
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "name": token,
            "readOnly": true,
        });
        for container in containers {
            match container.get_mut("volumeMounts") {
                Some(Value::Array(mounts)) => mounts.push(mount.clone()),
                _ => put(container, "volumeMounts", json!([mount])),
            }
        }
    }
    let volume = json!({"name": token, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [{
            "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
            "path": "namespace",
        }]}},
    ]}});
    match value.get_mut("volumes") {
        Some(Value::Array(volumes)) => volumes.push(volume),
        _ => put(&mut value, "volumes", json!([volume])),
    }
    put(&mut value, "enableServiceLinks", json!(true));
    if let Some(node) = pod.node() {
        put(&mut value, "nodeName", json!(node));
    }
    put(
        &mut value,
        "preemptionPolicy",
        json!("PreemptLowerPriority"),
    );
    put(&mut value, "priority", json!(0));
    put(&mut value, "serviceAccount", json!(account));
    put(&mut value, "serviceAccountName", json!(account));
    put(&mut value, "tolerations", tolerations(pod));
    value
}

fn tolerations(pod: &Pod) -> Value {
    let mut all: Vec<Value> = pod
        .template
        .spec
        .tolerations
        .iter()
        .map(|toleration| serde_json::to_value(toleration).unwrap_or_default())
        .collect();
    if pod.workload.kind == Kind::DaemonSet {
        all.extend(
            daemon_tolerations()
                .iter()
                .map(|toleration| serde_json::to_value(toleration).unwrap_or_default()),
        );
    } else {
        for key in [
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
        ] {
            all.push(json!({
                "effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300,
            }));
        }
    }
    Value::Array(all)
}

/// One condition of a pod: type, status, since when.
pub struct PodCondition {
    /// The type.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// Since when.
    pub since: SimTime,
    /// Why it does not hold; empty if it does.
    pub reason: &'static str,
    /// In words; empty if it holds.
    pub message: String,
}

impl Pod {
    /// The pod's conditions, in the API's order.
    pub fn conditions(&self) -> Vec<PodCondition> {
        let plain = |name, holds, since| PodCondition {
            name,
            holds,
            since,
            reason: "",
            message: String::new(),
        };
        let Some(placement) = &self.placement else {
            return vec![PodCondition {
                name: "PodScheduled",
                holds: false,
                since: self.meta.created_at,
                reason: "Unschedulable",
                message: String::new(),
            }];
        };
        let (done, ready) = (self.phase() == Phase::Succeeded, self.is_ready());
        let why = |condition: PodCondition| {
            if condition.holds {
                condition
            } else if done {
                PodCondition {
                    reason: "PodCompleted",
                    ..condition
                }
            } else {
                PodCondition {
                    reason: "ContainersNotReady",
                    message: format!("containers with unready status: [{}]", self.unready_names()),
                    ..condition
                }
            }
        };
        vec![
            plain(
                "PodReadyToStartContainers",
                placement.ip.is_some() && !self.is_finished(),
                placement.at + Span::from_secs(2),
            ),
            plain("Initialized", true, placement.at),
            why(plain("Ready", ready, self.ready_since)),
            why(plain(
                "ContainersReady",
                self.containers_ready(),
                self.ready_since,
            )),
            plain("PodScheduled", true, placement.at),
        ]
    }

    fn unready_names(&self) -> String {
        let names: Vec<&str> = self
            .containers
            .iter()
            .filter(|container| !container.is_ready())
            .map(|container| container.name.as_str())
            .collect();
        names.join(" ")
    }
}

fn status(cluster: &Cluster, pod: &Pod) -> Value {
    let mut status = json!({"phase": pod.phase().name(), "qosClass": pod.template.qos_class()});
    if let Some(Outcome::Evicted { message }) = &pod.outcome {
        put(&mut status, "message", json!(message));
        put(&mut status, "reason", json!("Evicted"));
        put(
            &mut status,
            "startTime",
            pod.placement
                .as_ref()
                .map_or(Value::Null, |placement| time(placement.at)),
        );
        return status;
    }
    let conditions: Vec<Value> = pod
        .conditions()
        .into_iter()
        .map(|condition| {
            let mut value = json!({
                "lastProbeTime": null,
                "lastTransitionTime": time(condition.since),
                "status": truth(condition.holds),
                "type": condition.name,
            });
            if !condition.reason.is_empty() {
                put(&mut value, "reason", json!(condition.reason));
            }
            if !condition.message.is_empty() {
                put(&mut value, "message", json!(condition.message));
            }
            value
        })
        .collect();
    put(&mut status, "conditions", json!(conditions));
    let Some(placement) = &pod.placement else {
        return status;
    };
    let containers: Vec<Value> = pod
        .containers
        .iter()
        .map(|container| container_status(cluster, pod, container))
        .collect();
    put(&mut status, "containerStatuses", json!(containers));
    if let Some(node) = cluster.node(&placement.node) {
        let ip = node.internal_ip.to_string();
        put(&mut status, "hostIP", json!(ip));
        put(&mut status, "hostIPs", json!([{"ip": ip}]));
    }
    if let Some(ip) = placement.ip {
        put(&mut status, "podIP", json!(ip.to_string()));
        put(&mut status, "podIPs", json!([{"ip": ip.to_string()}]));
    }
    put(&mut status, "startTime", time(placement.at));
    status
}

fn container_status(cluster: &Cluster, pod: &Pod, container: &ContainerStatus) -> Value {
    let running = matches!(container.state, ContainerState::Running(_));
    let mut value = json!({
        "image": container.image,
        "imageID": "",
        "lastState": {},
        "name": container.name,
        "ready": container.is_ready(),
        "restartCount": container.restart_count,
        "started": running,
        "state": {},
    });
    let life = container.restart_count;
    let id = |life: u32| {
        json!(format!(
            "containerd://{}",
            cluster.container_id(pod, &container.name, life)
        ))
    };
    let was_started = running
        || container.last.is_some()
        || matches!(container.state, ContainerState::Terminated(_));
    if was_started {
        put(&mut value, "containerID", id(life));
        put(
            &mut value,
            "imageID",
            json!(image_id(cluster, &container.image)),
        );
    }
    let terminated = |how: &Termination, life: u32| {
        json!({"terminated": {
            "containerID": id(life),
            "exitCode": how.exit_code,
            "finishedAt": time(how.finished_at),
            "reason": how.reason.name(),
            "startedAt": time(how.started_at),
        }})
    };
    let state = match &container.state {
        ContainerState::Running(running) => {
            json!({"running": {"startedAt": time(running.started_at)}})
        }
        ContainerState::Terminated(ended) => terminated(&ended.how, life),
        ContainerState::Waiting(waiting) => {
            let mut state = json!({"reason": waiting.reason.name()});
            if !waiting.message.is_empty() {
                put(&mut state, "message", json!(waiting.message));
            }
            json!({"waiting": state})
        }
    };
    put(&mut value, "state", state);
    if let Some(last) = &container.last {
        let backing_off = matches!(&container.state, ContainerState::Waiting(waiting)
            if waiting.reason == WaitingReason::CrashLoopBackOff);
        let last_life = if backing_off {
            life
        } else {
            life.saturating_sub(1)
        };
        put(&mut value, "lastState", terminated(last, last_life));
    }
    value
}

/// The identifier of an image as the runtime gives it.
pub fn image_id(cluster: &Cluster, image: &str) -> String {
    let slash = image.rfind('/').map_or(0, |at| at + 1);
    let name = match image.get(slash..).and_then(|last| last.find(':')) {
        Some(colon) => image.get(..slash + colon).unwrap_or(image),
        None => image,
    };
    format!("{name}@sha256:{}", cluster.image_digest(image))
}
