//! A pod in words.

use super::super::age;
use super::super::tabs::Page;
use super::template::{
    environment, image_and_ports, mounts, resources_and_probes, tolerations, volume_source,
};
use super::{annotations, head, labels};
use crate::sim::kubernetes::manifest::image_id;
use crate::sim::kubernetes::pod::{
    ContainerState, ContainerStatus, Outcome, Pod, Termination, WaitingReason,
};
use crate::sim::kubernetes::template::Toleration;
use crate::sim::kubernetes::{Cluster, Kind};
use crate::sim::time::SimTime;

/// A pod.
pub(super) fn pod(page: &mut Page, cluster: &Cluster, pod: &Pod, now: SimTime) {
    head(page, &pod.meta);
    page.line(0, "Priority:\t0");
    let account = &pod.template.spec.service_account_name;
    let account = if account.is_empty() {
        "default"
    } else {
        account
    };
    page.line(0, &format!("Service Account:\t{account}"));
    match &pod.placement {
        None => page.line(0, "Node:\t<none>"),
        Some(placement) => {
            let evicted = matches!(pod.outcome, Some(Outcome::Evicted { .. }));
            let address = cluster
                .node(&placement.node)
                .filter(|_| !evicted)
                .map_or_else(String::new, |node| node.internal_ip.to_string());
            page.line(0, &format!("Node:\t{}/{address}", placement.node));
            page.line(0, &format!("Start Time:\t{}", age::full(placement.at)));
        }
    }
    labels(page, "Labels", &pod.meta.labels);
    annotations(page, "Annotations", &pod.meta.annotations);
    status(page, pod, now);
    if let Some(owner) = &pod.meta.owner {
        page.line(
            0,
            &format!("Controlled By:\t{}/{}", owner.kind.name(), owner.name),
        );
    }
    let token = format!("kube-api-access-{}", cluster.suffix_of(&pod.meta));
    page.line(0, "Containers:");
    for (spec, state) in pod.template.spec.containers.iter().zip(&pod.containers) {
        page.line(1, &format!("{}:", spec.name));
        let known = !matches!(pod.outcome, Some(Outcome::Evicted { .. }));
        container(page, cluster, pod, spec, state, known);
        mounts(page, spec, Some(&token));
    }
    conditions(page, pod);
    volumes(page, pod, &token);
    page.line(0, &format!("QoS Class:\t{}", pod.template.qos_class()));
    labels(page, "Node-Selectors", &pod.template.spec.node_selector);
    tolerations(page, "Tolerations", &all_tolerations(pod));
}

fn status(page: &mut Page, pod: &Pod, now: SimTime) {
    if let Some(deletion) = pod.deletion {
        let ends = deletion.requested_at + deletion.grace;
        page.line(
            0,
            &format!("Status:\tTerminating (lasts {})", age::since(ends, now)),
        );
        page.line(
            0,
            &format!("Termination Grace Period:\t{}s", deletion.grace.secs()),
        );
    } else {
        page.line(0, &format!("Status:\t{}", pod.phase().name()));
    }
    if let Some(Outcome::Evicted { message }) = &pod.outcome {
        page.line(0, "Reason:\tEvicted");
        page.line(0, &format!("Message:\t{message}"));
    }
    let ip = pod
        .ip()
        .filter(|_| !matches!(pod.outcome, Some(Outcome::Evicted { .. })));
    if let Some(ip) = ip {
        page.line(0, &format!("IP:\t{ip}"));
        page.line(0, "IPs:");
        page.line(1, &format!("IP:\t{ip}"));
    } else {
        page.line(0, "IP:\t");
        page.line(0, "IPs:\t<none>");
    }
}

fn container(
    page: &mut Page,
    cluster: &Cluster,
    pod: &Pod,
    spec: &crate::sim::kubernetes::template::Container,
    state: &ContainerStatus,
    known: bool,
) {
    let has_status = known
        && !matches!(&state.state, ContainerState::Waiting(waiting)
            if waiting.reason == WaitingReason::Unscheduled);
    let started = state.running_since().is_some()
        || state.last.is_some()
        || matches!(state.state, ContainerState::Terminated(_));
    let (id, image) = if started {
        (
            format!(
                "containerd://{}",
                cluster.container_id(pod, &state.name, state.restart_count)
            ),
            image_id(cluster, &state.image),
        )
    } else {
        (String::new(), String::new())
    };
    image_and_ports(page, spec, has_status.then_some((&id, &image)));
    if has_status {
        container_state(page, state);
        page.line(2, &format!("Ready:\t{}", truth(state.is_ready())));
        page.line(2, &format!("Restart Count:\t{}", state.restart_count));
    }
    resources_and_probes(page, spec);
    environment(page, spec, |variable| {
        state.env.get(&variable.name).map_or_else(
            || {
                // Before its first start a container has no variables yet; its pod's name is known all the same.
                match &variable.source {
                    crate::sim::kubernetes::template::EnvSource::Field(path)
                        if path == "metadata.name" =>
                    {
                        pod.meta.name.to_string()
                    }
                    _ => String::new(),
                }
            },
            str::to_owned,
        )
    });
}

fn container_state(page: &mut Page, state: &ContainerStatus) {
    match &state.state {
        ContainerState::Running(running) => {
            page.line(2, "State:\tRunning");
            page.line(3, &format!("Started:\t{}", age::full(running.started_at)));
        }
        ContainerState::Waiting(waiting) => {
            page.line(2, "State:\tWaiting");
            page.line(3, &format!("Reason:\t{}", waiting.reason.name()));
        }
        ContainerState::Terminated(ended) => terminated(page, "State", &ended.how),
    }
    if let Some(last) = &state.last {
        terminated(page, "Last State", last);
    }
}

fn terminated(page: &mut Page, title: &str, how: &Termination) {
    page.line(2, &format!("{title}:\tTerminated"));
    page.line(3, &format!("Reason:\t{}", how.reason.name()));
    page.line(3, &format!("Exit Code:\t{}", how.exit_code));
    page.line(3, &format!("Started:\t{}", age::full(how.started_at)));
    page.line(3, &format!("Finished:\t{}", age::full(how.finished_at)));
}

fn conditions(page: &mut Page, pod: &Pod) {
    if matches!(pod.outcome, Some(Outcome::Evicted { .. })) {
        return;
    }
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus");
    for condition in pod.conditions() {
        page.line(
            1,
            &format!("{} \t{} ", condition.name, truth(condition.holds)),
        );
    }
}

fn volumes(page: &mut Page, pod: &Pod, token: &str) {
    page.line(0, "Volumes:");
    for volume in &pod.template.spec.volumes {
        page.line(1, &format!("{}:", volume.name));
        volume_source(page, &volume.source);
    }
    page.line(1, &format!("{token}:"));
    for line in [
        "Type:\tProjected (a volume that contains injected data from multiple sources)",
        "TokenExpirationSeconds:\t3607",
        "ConfigMapName:\tkube-root-ca.crt",
        "Optional:\tfalse",
        "DownwardAPI:\ttrue",
    ] {
        page.line(2, line);
    }
}

fn all_tolerations(pod: &Pod) -> Vec<Toleration> {
    let mut all = pod.template.spec.tolerations.clone();
    if pod.workload.kind == Kind::DaemonSet {
        all.extend(crate::sim::kubernetes::daemon_tolerations());
    } else {
        for key in [
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
        ] {
            all.push(Toleration {
                effect: "NoExecute".to_owned(),
                key: key.to_owned(),
                operator: "Exists".to_owned(),
                toleration_seconds: Some(300),
                value: String::new(),
            });
        }
    }
    all
}

const fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
