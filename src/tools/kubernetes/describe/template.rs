//! Pod templates and containers in words: of a running pod, of a workload, of an old revision.

use super::super::tabs::Page;
use super::{annotations, labels, many};
use crate::sim::kubernetes::template::{
    Container, EnvFrom, EnvSource, EnvVar, PodTemplate, Probe, ProbeCheck, Toleration, VolumeSource,
};

/// A workload's pod template.
pub fn pod_template(page: &mut Page, template: &PodTemplate) {
    page.line(0, "Pod Template:");
    labels(page, "  Labels", &template.metadata.labels);
    if !template.metadata.annotations.is_empty() {
        annotations(page, "  Annotations", &template.metadata.annotations);
    }
    let account = &template.spec.service_account_name;
    if !account.is_empty() {
        page.line(0, &format!("  Service Account:\t{account}"));
    }
    page.line(0, "  Containers:");
    for container in &template.spec.containers {
        page.line(1, &format!(" {}:", container.name));
        image_and_ports(page, container, None);
        resources_and_probes(page, container);
        environment(page, container, |_| String::new());
        mounts(page, container, None);
    }
    volumes(page, template);
    labels(page, "  Node-Selectors", &template.spec.node_selector);
    tolerations(page, "  Tolerations", &template.spec.tolerations);
}

/// Image, ports, command. Of a running container its identifiers too.
pub fn image_and_ports(page: &mut Page, container: &Container, running: Option<(&str, &str)>) {
    if let Some((id, _)) = running {
        page.line(2, &format!("Container ID:\t{id}"));
    }
    page.line(2, &format!("Image:\t{}", container.image));
    if let Some((_, image_id)) = running {
        page.line(2, &format!("Image ID:\t{image_id}"));
    }
    let list = |text: &dyn Fn(u16) -> u16| -> String {
        let ports: Vec<String> = container
            .ports
            .iter()
            .map(|port| format!("{}/{}", text(port.container_port), port.protocol.name()))
            .collect();
        if ports.is_empty() {
            "<none>".to_owned()
        } else {
            ports.join(", ")
        }
    };
    let plural = if container.ports.len() > 1 { "s" } else { "" };
    page.line(2, &format!("Port{plural}:\t{}", list(&|port| port)));
    page.line(2, &format!("Host Port{plural}:\t{}", list(&|_| 0)));
    for (title, words) in [("Command", &container.command), ("Args", &container.args)] {
        if !words.is_empty() {
            page.line(2, &format!("{title}:"));
            for line in words.iter().flat_map(|word| word.split('\n')) {
                page.line(3, line);
            }
        }
    }
}

/// Limits, requests, probes.
pub fn resources_and_probes(page: &mut Page, container: &Container) {
    let resources = &container.resources;
    for (title, amounts) in [
        ("Limits", &resources.limits),
        ("Requests", &resources.requests),
    ] {
        if !amounts.is_empty() {
            page.line(2, &format!("{title}:"));
        }
        for (name, amount) in amounts {
            page.line(3, &format!("{name}:\t{amount}"));
        }
    }
    for (title, probe) in [
        ("Liveness", &container.liveness_probe),
        ("Readiness", &container.readiness_probe),
    ] {
        if let Some(probe) = probe {
            page.line(2, &format!("{title}:\t{}", probe_text(probe)));
        }
    }
}

fn probe_text(probe: &Probe) -> String {
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold
    );
    match &probe.check {
        ProbeCheck::HttpGet { path, port, scheme } => format!(
            "http-get {}://:{port}{path} {attributes}",
            scheme.to_ascii_lowercase()
        ),
        ProbeCheck::TcpSocket { port } => format!("tcp-socket :{port} {attributes}"),
        ProbeCheck::Exec { command } => format!("exec [{}] {attributes}", command.join(" ")),
        ProbeCheck::Grpc { port } => format!("grpc <pod>:{port}  {attributes}"),
    }
}

/// Variables. `field` gives the value of a pod's field, where there is a pod.
pub fn environment(page: &mut Page, container: &Container, field: impl Fn(&EnvVar) -> String) {
    if !container.env_from.is_empty() {
        page.line(2, "Environment Variables from:");
        for source in &container.env_from {
            let (reference, kind) = match source {
                EnvFrom::ConfigMapRef(reference) => (reference, "ConfigMap"),
                EnvFrom::SecretRef(reference) => (reference, "Secret"),
            };
            page.line(
                3,
                &format!(
                    "{}\t{kind}\tOptional: {}",
                    reference.name, reference.optional
                ),
            );
        }
    }
    if container.env.is_empty() {
        page.line(2, "Environment:\t<none>");
        return;
    }
    page.line(2, "Environment:");
    for variable in &container.env {
        let name = &variable.name;
        match &variable.source {
            EnvSource::Value(value) => {
                let mut lines = value.split('\n');
                page.line(3, &format!("{name}:\t{}", lines.next().unwrap_or_default()));
                for line in lines {
                    page.line(3, &format!("\t{line}"));
                }
            }
            EnvSource::Field(path) => {
                page.line(3, &format!("{name}:\t{} (v1:{path})", field(variable)));
            }
            EnvSource::Resource(resource) => {
                page.line(3, &format!("{name}:\t{} ({resource})", field(variable)));
            }
            EnvSource::SecretKey(key) => page.line(
                3,
                &format!(
                    "{name}:\t<set to the key '{}' in secret '{}'>\tOptional: {}",
                    key.key, key.name, key.optional
                ),
            ),
            EnvSource::ConfigMapKey(key) => page.line(
                3,
                &format!(
                    "{name}:\t<set to the key '{}' of config map '{}'>\tOptional: {}",
                    key.key, key.name, key.optional
                ),
            ),
        }
    }
}

/// Mounts; of a pod, the one of its token too.
pub fn mounts(page: &mut Page, container: &Container, token: Option<&str>) {
    let mut lines: Vec<(String, String)> = container
        .volume_mounts
        .iter()
        .map(|mount| {
            let mut flags = vec![if mount.read_only { "ro" } else { "rw" }.to_owned()];
            if !mount.sub_path.is_empty() {
                flags.push(format!("path=\"{}\"", mount.sub_path));
            }
            let line = format!(
                "{} from {} ({})",
                mount.mount_path,
                mount.name,
                flags.join(",")
            );
            (mount.mount_path.clone(), line)
        })
        .collect();
    if let Some(token) = token {
        let path = "/var/run/secrets/kubernetes.io/serviceaccount";
        lines.push((path.to_owned(), format!("{path} from {token} (ro)")));
    }
    lines.sort();
    if lines.is_empty() {
        page.line(2, "Mounts:\t<none>");
        return;
    }
    page.line(2, "Mounts:");
    for (_, line) in lines {
        page.line(3, &line);
    }
}

fn volumes(page: &mut Page, template: &PodTemplate) {
    if template.spec.volumes.is_empty() {
        page.line(0, "  Volumes:\t<none>");
        return;
    }
    page.line(0, "  Volumes:");
    for volume in &template.spec.volumes {
        page.line(1, &format!(" {}:", volume.name));
        volume_source(page, &volume.source);
    }
}

/// What is in a volume.
pub fn volume_source(page: &mut Page, source: &VolumeSource) {
    match source {
        VolumeSource::ConfigMap(reference) => {
            page.line(2, "Type:\tConfigMap (a volume populated by a ConfigMap)");
            page.line(2, &format!("Name:\t{}", reference.name));
            page.line(2, &format!("Optional:\t{}", reference.optional));
        }
        VolumeSource::Secret { secret_name } => {
            page.line(2, "Type:\tSecret (a volume populated by a Secret)");
            page.line(2, &format!("SecretName:\t{secret_name}"));
            page.line(2, "Optional:\tfalse");
        }
        VolumeSource::EmptyDir {} => {
            page.line(
                2,
                "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
            );
            page.line(2, "Medium:\t");
            page.line(2, "SizeLimit:\t<unset>");
        }
        VolumeSource::PersistentVolumeClaim { claim_name } => {
            page.line(
                2,
                "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            );
            page.line(2, &format!("ClaimName:\t{claim_name}"));
            page.line(2, "ReadOnly:\tfalse");
        }
        VolumeSource::HostPath { path } => {
            page.line(2, "Type:\tHostPath (bare host directory volume)");
            page.line(2, &format!("Path:\t{path}"));
            page.line(2, "HostPathType:\t");
        }
    }
}

/// Tolerations, by key.
pub fn tolerations(page: &mut Page, title: &str, all: &[Toleration]) {
    let mut sorted: Vec<&Toleration> = all.iter().collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    let lines: Vec<String> = sorted.into_iter().map(toleration_text).collect();
    many(page, title, &lines);
}

fn toleration_text(toleration: &Toleration) -> String {
    let mut text = toleration.key.clone();
    if !toleration.value.is_empty() {
        text.push_str(&format!("={}", toleration.value));
    }
    if !toleration.effect.is_empty() {
        text.push_str(&format!(":{}", toleration.effect));
    }
    if toleration.operator == "Exists" && toleration.value.is_empty() {
        text.push_str(if text.is_empty() {
            "op=Exists"
        } else {
            " op=Exists"
        });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        text.push_str(&format!(" for {seconds}s"));
    }
    text
}
