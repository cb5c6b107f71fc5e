//! Objects as documents: what `kubectl get -o json` shows, made from the typed objects. Reading back is `cluster::edit`'s.

pub mod merge;

mod nodes;
mod others;
pub use nodes::NodeCondition;
pub use others::event_namespace;
pub use pods::{PodCondition, image_id};
pub use workloads::{DaemonCounts, DeploymentCondition, JobCounts};
mod pods;
mod workloads;

use serde_json::{Map, Value, json};

use super::cluster::Cluster;
use super::kind::Kind;
use super::meta::{Labels, ObjectMeta, ObjectRef};
use crate::sim::time::SimTime;

/// The document of an object, with its keys in alphabetical order; `None` if there is no such object.
pub fn document(cluster: &Cluster, target: &ObjectRef) -> Option<Value> {
    let key = target.key();
    let value = match target.kind {
        Kind::Pod => pods::pod(cluster, cluster.pods.get(&key)?),
        Kind::Deployment => workloads::deployment(cluster.deployments.get(&key)?),
        Kind::ReplicaSet => workloads::replica_set(cluster, cluster.replica_sets.get(&key)?),
        Kind::StatefulSet => workloads::stateful_set(cluster, cluster.stateful_sets.get(&key)?),
        Kind::DaemonSet => workloads::daemon_set(cluster, cluster.daemon_sets.get(&key)?),
        Kind::Job => workloads::job(cluster, cluster.jobs.get(&key)?),
        Kind::CronJob => workloads::cron_job(cluster, cluster.cron_jobs.get(&key)?),
        Kind::Service => others::service(cluster.services.get(&key)?),
        Kind::Endpoints => others::endpoints(cluster, cluster.services.get(&key)?),
        Kind::ConfigMap => others::config_map(cluster.config_maps.get(&key)?),
        Kind::Secret => others::secret(cluster.secrets.get(&key)?),
        Kind::Namespace => others::namespace(cluster.namespaces.get(&key)?),
        Kind::HorizontalPodAutoscaler => {
            others::autoscaler(cluster, cluster.autoscalers.get(&key)?)
        }
        Kind::PodDisruptionBudget => others::budget(cluster, cluster.budgets.get(&key)?),
        Kind::Ingress => others::ingress(cluster.ingresses.get(&key)?),
        Kind::Node => nodes::node(cluster, cluster.nodes.get(&key)?),
        Kind::Event => {
            let events = cluster.events();
            let event = events.iter().find(|event| {
                *event.name == target.name && others::event_namespace(event) == target.namespace
            })?;
            others::event(cluster, event)
        }
        _ => return None,
    };
    Some(sorted(value))
}

/// The same value with the keys of every map in alphabetical order, as the API shows them.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<(String, Value)> = map
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The frame of a document.
fn frame(kind: Kind, metadata: Value, rest: Value) -> Value {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), json!(kind.api_version()));
    document.insert("kind".to_owned(), json!(kind.name()));
    document.insert("metadata".to_owned(), metadata);
    if let Value::Object(rest) = rest {
        document.extend(rest);
    }
    Value::Object(document)
}

fn metadata(meta: &ObjectMeta, annotations: &Labels, with_generation: bool) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    if !annotations.is_empty() {
        put("annotations", json!(annotations));
    }
    put("creationTimestamp", time(meta.created_at));
    if with_generation {
        put("generation", json!(meta.generation));
    }
    if !meta.labels.is_empty() {
        put("labels", json!(meta.labels));
    }
    put("name", json!(&*meta.name));
    if !meta.namespace.is_empty() {
        put("namespace", json!(&*meta.namespace));
    }
    if let Some(owner) = &meta.owner {
        put(
            "ownerReferences",
            json!([{
                "apiVersion": owner.kind.api_version(),
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": owner.kind.name(),
                "name": &*owner.name,
                "uid": &*owner.uid,
            }]),
        );
    }
    put("resourceVersion", json!(meta.resource_version.to_string()));
    put("uid", json!(&*meta.uid));
    Value::Object(fields)
}

fn time(at: SimTime) -> Value {
    json!(at.rfc3339())
}

/// Adds a field unless it is null.
fn put(map: &mut Value, name: &str, value: Value) {
    if !value.is_null()
        && let Value::Object(map) = map
    {
        map.insert(name.to_owned(), value);
    }
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
