//! `kubectl top`: what pods and nodes use.

use serde::Serialize;
use serde_json::json;

use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::outcome::KubectlOutcome;
use super::resources::not_found;
use super::selector::LabelSelector;
use super::show;
use super::tabs::{TABLE, lay_out};
use super::view::Usage;
use crate::sim::artifact::Shown;
use crate::sim::kubernetes::pod::{Phase, Pod};
use crate::sim::kubernetes::{Kind, ObjectRef};

/// The flags of `top pods`.
pub const POD_FLAGS: &[Flag] = &[
    switch("all-namespaces", 'A'),
    switch("containers", ' '),
    value("field-selector", ' '),
    switch("no-headers", ' '),
    value("selector", 'l'),
    value("sort-by", ' '),
    switch("sum", ' '),
    switch("use-protocol-buffers", ' '),
];

/// The flags of `top nodes`.
pub const NODE_FLAGS: &[Flag] = &[
    switch("no-headers", ' '),
    value("selector", 'l'),
    switch("show-capacity", ' '),
    value("sort-by", ' '),
    switch("use-protocol-buffers", ' '),
];

/// What a pod uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodUsage {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Thousandths of a core.
    pub cpu_millis: i64,
    /// Bytes.
    pub memory_bytes: i64,
    /// What its containers use.
    pub containers: Vec<ContainerUsage>,
}

/// What a container uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContainerUsage {
    /// Its name.
    pub name: String,
    /// Thousandths of a core.
    pub cpu_millis: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

fn cpu(millis: i64) -> String {
    format!("{millis}m")
}

fn memory(bytes: i64) -> String {
    format!("{}Mi", bytes / (1 << 20))
}

/// What a pod uses; `None` while no container of it is measured.
pub fn pod_usage(context: &Context<'_>, pod: &Pod) -> Option<PodUsage> {
    if pod.phase() != Phase::Running {
        return None;
    }
    let usage = context.view.usage();
    let containers: Vec<ContainerUsage> = pod
        .containers
        .iter()
        .filter_map(|container| {
            let Usage {
                cpu_millis,
                memory_bytes,
            } = usage.container(pod, &container.name)?;
            Some(ContainerUsage {
                name: container.name.clone(),
                cpu_millis,
                memory_bytes,
            })
        })
        .collect();
    if containers.is_empty() {
        return None;
    }
    Some(PodUsage {
        namespace: pod.meta.namespace.to_string(),
        name: pod.meta.name.to_string(),
        cpu_millis: containers
            .iter()
            .map(|container| container.cpu_millis)
            .sum(),
        memory_bytes: containers
            .iter()
            .map(|container| container.memory_bytes)
            .sum(),
        containers,
    })
}

/// `top pods`.
pub fn pods(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let everywhere = parsed.on("all-namespaces");
    let sort_by = parsed.get("sort-by").unwrap_or_default();
    if !["", "cpu", "memory"].contains(&sort_by) {
        return KubectlOutcome::error("--sort-by accepts only cpu or memory");
    }
    let selector = match LabelSelector::parse(parsed.get("selector").unwrap_or_default()) {
        Ok(selector) => selector,
        Err(error) => return KubectlOutcome::error(error),
    };
    let cluster = context.cluster();
    if let Some(name) = parsed.args.first()
        && cluster.pod(&context.namespace, name).is_none()
    {
        return KubectlOutcome::failed(not_found(Kind::Pod, name));
    }
    let candidates: Vec<&Pod> = cluster
        .pods()
        .values()
        .map(|pod| &**pod)
        .filter(|pod| {
            (everywhere || *pod.meta.namespace == *context.namespace)
                && selector.matches(&pod.meta.labels)
                && parsed
                    .args
                    .first()
                    .is_none_or(|name| *pod.meta.name == **name)
        })
        .collect();
    let mut rows: Vec<PodUsage> = candidates
        .iter()
        .filter_map(|pod| pod_usage(context, pod))
        .collect();
    if rows.is_empty() {
        let mut outcome = KubectlOutcome::default();
        match candidates.first() {
            None if everywhere => outcome.complain("No resources found"),
            None => outcome.complain(&format!(
                "No resources found in {} namespace.",
                context.namespace
            )),
            Some(pod) if parsed.args.is_empty() => {
                let _ = pod;
                outcome.fail("error: metrics not available yet");
            }
            Some(pod) => outcome.fail(&format!(
                "Error from server (NotFound): podmetrics.metrics.k8s.io \"{}/{}\" not found",
                pod.meta.namespace, pod.meta.name
            )),
        }
        return outcome;
    }
    match sort_by {
        "cpu" => rows.sort_by_key(|row| std::cmp::Reverse(row.cpu_millis)),
        "memory" => rows.sort_by_key(|row| std::cmp::Reverse(row.memory_bytes)),
        _ => {}
    }
    KubectlOutcome {
        data: json!({"kind": "PodMetricsList", "items": rows}),
        stdout: pod_table(parsed, &rows, everywhere),
        shown: candidates
            .iter()
            .map(|pod| {
                let object = ObjectRef::new(Kind::Pod, &pod.meta.namespace, &pod.meta.name);
                Shown::PodStatus(show::known_name(cluster, &object))
            })
            .collect(),
        ..KubectlOutcome::default()
    }
}

fn pod_table(parsed: &Parsed, rows: &[PodUsage], everywhere: bool) -> String {
    let by_container = parsed.on("containers");
    let mut text = String::new();
    let lead = |row: &PodUsage| {
        if everywhere {
            format!("{}\t", row.namespace)
        } else {
            String::new()
        }
    };
    if !parsed.on("no-headers") {
        if everywhere {
            text.push_str("NAMESPACE\t");
        }
        text.push_str(if by_container {
            "POD\tNAME\t"
        } else {
            "NAME\t"
        });
        text.push_str("CPU(cores)\tMEMORY(bytes)\t\n");
    }
    for row in rows {
        if by_container {
            for container in &row.containers {
                text.push_str(&format!(
                    "{}{}\t{}\t{}\t{}\t\n",
                    lead(row),
                    row.name,
                    container.name,
                    cpu(container.cpu_millis),
                    memory(container.memory_bytes)
                ));
            }
        } else {
            text.push_str(&format!(
                "{}{}\t{}\t{}\t\n",
                lead(row),
                row.name,
                cpu(row.cpu_millis),
                memory(row.memory_bytes)
            ));
        }
    }
    if parsed.on("sum") {
        let blank = "\t".repeat(1 + usize::from(everywhere) + usize::from(by_container));
        text.push_str(&format!("{blank}________\t________\t\n"));
        text.push_str(&format!(
            "{blank}{}\t{}\t\n",
            cpu(rows.iter().map(|row| row.cpu_millis).sum()),
            memory(rows.iter().map(|row| row.memory_bytes).sum())
        ));
    }
    lay_out(&text, TABLE)
}

/// What a node uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeUsage {
    /// Its name.
    pub name: String,
    /// Thousandths of a core; `None` while it is not measured.
    pub cpu_millis: Option<i64>,
    /// Per cent of what pods may have.
    pub cpu_percent: Option<i64>,
    /// Bytes.
    pub memory_bytes: Option<i64>,
    /// Per cent of what pods may have.
    pub memory_percent: Option<i64>,
}

/// `top nodes`.
pub fn nodes(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let cluster = context.cluster();
    if let Some(name) = parsed.args.first()
        && cluster.node(name).is_none()
    {
        return KubectlOutcome::failed(not_found(Kind::Node, name));
    }
    let sort_by = parsed.get("sort-by").unwrap_or_default();
    if !["", "cpu", "memory"].contains(&sort_by) {
        return KubectlOutcome::error("--sort-by accepts only cpu or memory");
    }
    let selector = match LabelSelector::parse(parsed.get("selector").unwrap_or_default()) {
        Ok(selector) => selector,
        Err(error) => return KubectlOutcome::error(error),
    };
    let capacity = parsed.on("show-capacity");
    let mut rows: Vec<NodeUsage> = cluster
        .nodes()
        .values()
        .filter(|node| selector.matches(&node.meta.labels))
        .filter(|node| {
            parsed
                .args
                .first()
                .is_none_or(|name| *node.meta.name == **name)
        })
        .map(|node| {
            let used = context
                .view
                .usage()
                .node(&node.meta.name)
                .filter(|_| node.is_ready());
            let of = if capacity {
                &node.capacity
            } else {
                &node.allocatable
            };
            let percent = |used: i64, of: i64| used.saturating_mul(100) / of.max(1);
            NodeUsage {
                name: node.meta.name.to_string(),
                cpu_millis: used.map(|used| used.cpu_millis),
                cpu_percent: used.map(|used| percent(used.cpu_millis, of.cpu.millis())),
                memory_bytes: used.map(|used| used.memory_bytes),
                memory_percent: used.map(|used| percent(used.memory_bytes, of.memory.units())),
            }
        })
        .collect();
    if rows.iter().all(|row| row.cpu_millis.is_none()) {
        return KubectlOutcome::error("metrics not available yet");
    }
    match sort_by {
        "cpu" => rows.sort_by_key(|row| std::cmp::Reverse(row.cpu_millis)),
        "memory" => rows.sort_by_key(|row| std::cmp::Reverse(row.memory_bytes)),
        // What is not measured comes last.
        _ => rows.sort_by_key(|row| row.cpu_millis.is_none()),
    }
    let mut text = String::new();
    if !parsed.on("no-headers") {
        text.push_str("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n");
    }
    let unknown = || "<unknown>".to_owned();
    for row in &rows {
        let percent = |value: Option<i64>| value.map_or_else(unknown, |value| format!("{value}%"));
        text.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}\t\n",
            row.name,
            row.cpu_millis.map_or_else(unknown, cpu),
            percent(row.cpu_percent),
            row.memory_bytes.map_or_else(unknown, memory),
            percent(row.memory_percent),
        ));
    }
    KubectlOutcome {
        data: json!({"kind": "NodeMetricsList", "items": rows}),
        stdout: lay_out(&text, TABLE),
        ..KubectlOutcome::default()
    }
}
