//! What an answer showed of an object: artifacts name the workload, not the pod of the day.

use crate::sim::artifact::Shown;
use crate::sim::kubernetes::{Cluster, Kind, ObjectRef};

/// The name under which an object counts: its workload's for pods and ReplicaSets, its CronJob's for Jobs.
pub fn known_name(cluster: &Cluster, object: &ObjectRef) -> String {
    let (namespace, name) = (object.namespace.as_str(), object.name.as_str());
    let found = match object.kind {
        Kind::Pod => cluster.pod(namespace, name).map(|pod| match &pod.cron_job {
            Some(cron_job) => cron_job.to_string(),
            None => pod.workload.key.name.to_string(),
        }),
        Kind::ReplicaSet => cluster
            .replica_set(namespace, name)
            .map(|set| set.deployment.key.name.to_string()),
        Kind::Job => cluster
            .job(namespace, name)
            .and_then(|job| job.cron_job.as_ref())
            .map(ToString::to_string),
        _ => None,
    };
    found.unwrap_or_else(|| object.name.clone())
}

/// An object shown in detail.
pub fn detail(cluster: &Cluster, object: &ObjectRef) -> Vec<Shown> {
    let name = known_name(cluster, object);
    let mut shown = vec![Shown::Object {
        kind: object.kind.name().to_owned(),
        name: name.clone(),
    }];
    if object.kind == Kind::Pod {
        shown.push(Shown::PodStatus(name));
    }
    shown
}

/// An object shown as a row of a list: some kinds say all they have to say there.
pub fn row(cluster: &Cluster, object: &ObjectRef) -> Option<Shown> {
    let name = known_name(cluster, object);
    match object.kind {
        Kind::Pod => Some(Shown::PodStatus(name)),
        Kind::CronJob | Kind::HorizontalPodAutoscaler | Kind::PodDisruptionBudget | Kind::Node => {
            Some(Shown::Object {
                kind: object.kind.name().to_owned(),
                name,
            })
        }
        _ => None,
    }
}
