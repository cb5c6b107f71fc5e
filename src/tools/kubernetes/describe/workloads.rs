//! Deployments, ReplicaSets, StatefulSets and DaemonSets in words.

use super::super::age;
use super::super::rows::workloads::replica_counts;
use super::super::tabs::Page;
use super::template::pod_template;
use super::{annotations, head, labels};
use crate::sim::kubernetes::meta::labels_text;
use crate::sim::kubernetes::pod::{Phase, Pod};
use crate::sim::kubernetes::workload::{DaemonSet, Deployment, ReplicaSet, StatefulSet, Strategy};
use crate::sim::kubernetes::{Cluster, Kind};

/// A Deployment.
pub(super) fn deployment(page: &mut Page, cluster: &Cluster, deployment: &Deployment) {
    head(page, &deployment.meta);
    let created = age::full(deployment.meta.created_at);
    page.line(0, &format!("CreationTimestamp:\t{created}"));
    labels(page, "Labels", &deployment.meta.labels);
    annotations(page, "Annotations", &deployment.shown_annotations());
    let (spec, status) = (&deployment.spec, &deployment.status);
    page.line(0, &format!("Selector:\t{}", labels_text(&spec.selector)));
    page.line(
        0,
        &format!(
            "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas,
            status.updated,
            status.replicas,
            status.available,
            spec.replicas
                .max(status.replicas)
                .saturating_sub(status.available)
        ),
    );
    page.line(0, &format!("StrategyType:\t{}", spec.strategy.name()));
    page.line(0, &format!("MinReadySeconds:\t{}", spec.min_ready_seconds));
    if let Strategy::RollingUpdate {
        max_surge,
        max_unavailable,
    } = spec.strategy
    {
        page.line(
            0,
            &format!(
                "RollingUpdateStrategy:\t{max_unavailable} max unavailable, {max_surge} max surge"
            ),
        );
    }
    pod_template(page, &spec.template);
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus\tReason");
    page.line(1, "----\t------\t------");
    for condition in deployment.conditions() {
        page.line(
            1,
            &format!(
                "{} \t{}\t{}",
                condition.name, condition.status, condition.reason
            ),
        );
    }
    let sets = cluster.replica_sets_of(deployment);
    let (new, old): (Vec<&ReplicaSet>, Vec<&ReplicaSet>) = sets
        .into_iter()
        .partition(|set| set.meta.name == deployment.newest_set);
    page.line(0, &format!("OldReplicaSets:\t{}", sets_text(cluster, &old)));
    page.line(0, &format!("NewReplicaSet:\t{}", sets_text(cluster, &new)));
}

fn sets_text(cluster: &Cluster, sets: &[&ReplicaSet]) -> String {
    if sets.is_empty() {
        return "<none>".to_owned();
    }
    let texts: Vec<String> = sets
        .iter()
        .map(|set| {
            let (current, _) = replica_counts(cluster, set);
            format!(
                "{} ({current}/{} replicas created)",
                set.meta.name, set.replicas
            )
        })
        .collect();
    texts.join(", ")
}

/// How many pods run, wait, ended well, failed.
pub(super) fn pod_counts<'a>(pods: impl Iterator<Item = &'a Pod>) -> String {
    let (mut running, mut waiting, mut succeeded, mut failed) = (0, 0, 0, 0);
    for pod in pods {
        match pod.phase() {
            Phase::Running => running += 1,
            Phase::Pending => waiting += 1,
            Phase::Succeeded => succeeded += 1,
            Phase::Failed => failed += 1,
        }
    }
    format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed")
}

/// A ReplicaSet.
pub(super) fn replica_set(page: &mut Page, cluster: &Cluster, set: &ReplicaSet) {
    head(page, &set.meta);
    page.line(0, &format!("Selector:\t{}", labels_text(&set.selector)));
    labels(page, "Labels", &set.meta.labels);
    let owner = &set.deployment.key;
    let deployment = cluster.deployment(&owner.namespace, &owner.name);
    annotations(page, "Annotations", &set.shown_annotations(deployment));
    page.line(0, &format!("Controlled By:\tDeployment/{}", owner.name));
    let (current, _) = replica_counts(cluster, set);
    page.line(
        0,
        &format!("Replicas:\t{current} current / {} desired", set.replicas),
    );
    let pods = cluster.pods_of(&set.deployment).filter(|pod| {
        pod.meta
            .owner
            .as_ref()
            .is_some_and(|owner| owner.kind == Kind::ReplicaSet && owner.name == set.meta.name)
    });
    page.line(0, &format!("Pods Status:\t{}", pod_counts(pods)));
    pod_template(page, &set.pod_template);
}

/// A StatefulSet.
pub(super) fn stateful_set(page: &mut Page, cluster: &Cluster, set: &StatefulSet) {
    head(page, &set.meta);
    let created = age::full(set.meta.created_at);
    page.line(0, &format!("CreationTimestamp:\t{created}"));
    page.line(0, &format!("Selector:\t{}", labels_text(&set.selector)));
    labels(page, "Labels", &set.meta.labels);
    annotations(page, "Annotations", &set.meta.annotations);
    let workload = set.workload();
    let total = cluster.pods_of(&workload).count();
    page.line(
        0,
        &format!("Replicas:\t{} desired | {total} total", set.replicas),
    );
    page.line(0, "Update Strategy:\tRollingUpdate");
    page.line(0, "  Partition:\t0");
    page.line(
        0,
        &format!("Pods Status:\t{}", pod_counts(cluster.pods_of(&workload))),
    );
    pod_template(page, &set.template);
    page.line(0, "Volume Claims:\t<none>");
}

/// A DaemonSet.
pub(super) fn daemon_set(page: &mut Page, cluster: &Cluster, set: &DaemonSet) {
    head(page, &set.meta);
    page.line(0, &format!("Selector:\t{}", labels_text(&set.selector)));
    let nodes = labels_text(&set.template.spec.node_selector);
    page.line(0, &format!("Node-Selector:\t{nodes}"));
    labels(page, "Labels", &set.meta.labels);
    annotations(page, "Annotations", &set.meta.annotations);
    let counts = cluster.daemon_counts(set);
    for (title, count) in [
        ("Desired Number of Nodes Scheduled", counts.desired),
        ("Current Number of Nodes Scheduled", counts.current),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            counts.updated,
        ),
        (
            "Number of Nodes Scheduled with Available Pods",
            counts.available,
        ),
        ("Number of Nodes Misscheduled", 0),
    ] {
        page.line(0, &format!("{title}: {count}"));
    }
    let workload = set.workload();
    page.line(
        0,
        &format!("Pods Status:\t{}", pod_counts(cluster.pods_of(&workload))),
    );
    pod_template(page, &set.template);
}
