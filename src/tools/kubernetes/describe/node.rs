//! A node in words.

use super::super::age;
use super::super::tabs::Page;
use super::{annotations, labels};
use crate::sim::kubernetes::node::{Node, NodeResources};
use crate::sim::kubernetes::pod::Pod;
use crate::sim::kubernetes::{Cluster, Quantity};
use crate::sim::time::SimTime;

/// A node.
pub(super) fn node(page: &mut Page, cluster: &Cluster, node: &Node, now: SimTime) {
    page.line(0, &format!("Name:\t{}", node.meta.name));
    page.line(0, &format!("Roles:\t{}", node.roles()));
    labels(page, "Labels", &node.meta.labels);
    annotations(page, "Annotations", &node.meta.annotations);
    let created = age::full(node.meta.created_at);
    page.line(0, &format!("CreationTimestamp:\t{created}"));
    let mut taints: Vec<String> = node.all_taints().iter().map(ToString::to_string).collect();
    taints.sort();
    super::many(page, "Taints", &taints);
    page.line(0, &format!("Unschedulable:\t{}", node.cordoned.is_some()));
    page.line(0, "Lease:");
    page.line(1, &format!("HolderIdentity:\t{}", node.meta.name));
    page.line(1, "AcquireTime:\t<unset>");
    let renewed = if node.is_ready() { now } else { node.health.at };
    page.line(1, &format!("RenewTime:\t{}", age::full(renewed)));
    conditions(page, node, now);
    addresses(page, node);
    amounts(page, "Capacity", &node.capacity);
    amounts(page, "Allocatable", &node.allocatable);
    system(page, cluster, node);
    pods(page, cluster, node, now);
}

fn conditions(page: &mut Page, node: &Node, now: SimTime) {
    page.line(0, "Conditions:");
    page.line(
        1,
        "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage",
    );
    page.line(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------",
    );
    for condition in node.conditions(now) {
        page.line(
            1,
            &format!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                condition.name,
                condition.status,
                age::full(condition.heartbeat),
                age::full(condition.since),
                condition.reason,
                condition.message
            ),
        );
    }
}

fn addresses(page: &mut Page, node: &Node) {
    page.line(0, "Addresses:");
    page.line(1, &format!("InternalIP:\t{}", node.internal_ip));
    page.line(1, &format!("InternalDNS:\t{}", node.meta.name));
    page.line(1, &format!("Hostname:\t{}", node.meta.name));
}

fn amounts(page: &mut Page, title: &str, resources: &NodeResources) {
    page.line(0, &format!("{title}:"));
    page.line(1, &format!("cpu:\t{}", resources.cpu));
    page.line(
        1,
        &format!("ephemeral-storage:\t{}", resources.ephemeral_storage),
    );
    page.line(1, &format!("memory:\t{}", resources.memory));
    page.line(1, &format!("pods:\t{}", resources.pods));
}

fn system(page: &mut Page, cluster: &Cluster, node: &Node) {
    let system = &node.system;
    page.line(0, "System Info:");
    for (title, value) in [
        ("Machine ID", cluster.node_hex(node, "machine", 32)),
        ("System UUID", cluster.node_uuid(node, "machine")),
        ("Boot ID", cluster.node_uuid(node, "boot")),
        ("Kernel Version", system.kernel_version.clone()),
        ("OS Image", system.os_image.clone()),
        ("Operating System", "linux".to_owned()),
        ("Architecture", system.architecture.clone()),
        (
            "Container Runtime Version",
            system.container_runtime.clone(),
        ),
        ("Kubelet Version", system.kubelet_version.clone()),
        ("Kube-Proxy Version", system.kubelet_version.clone()),
    ] {
        page.line(1, &format!("{title}:\t{value}"));
    }
    page.line(0, &format!("PodCIDR:\t{}", node.pod_cidr()));
    page.line(0, &format!("PodCIDRs:\t{}", node.pod_cidr()));
    page.line(0, &format!("ProviderID:\t{}", node.provider_id(cluster)));
}

/// CPU and memory with the share of what pods may have.
struct Share {
    cpu: i64,
    memory: i64,
}

impl Share {
    fn of(node: &Node) -> Self {
        Self {
            cpu: node.allocatable.cpu.millis().max(1),
            memory: node.allocatable.memory.units().max(1),
        }
    }

    fn cpu(&self, amount: Quantity) -> String {
        let percent = amount.millis().saturating_mul(100) / self.cpu;
        let amount = Quantity::cpu_millis(amount.millis());
        format!("{amount} ({percent}%)")
    }

    fn memory(&self, amount: Quantity) -> String {
        let percent = amount.units().saturating_mul(100) / self.memory;
        let amount = Quantity::bytes(amount.units());
        format!("{amount} ({percent}%)")
    }
}

fn pods(page: &mut Page, cluster: &Cluster, node: &Node, now: SimTime) {
    let here: Vec<&Pod> = cluster
        .pods()
        .values()
        .map(|pod| &**pod)
        .filter(|pod| pod.node() == Some(&*node.meta.name) && !pod.is_finished())
        .collect();
    let share = Share::of(node);
    page.line(
        0,
        &format!("Non-terminated Pods:\t({} in total)", here.len()),
    );
    page.line(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    );
    page.line(
        1,
        "---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
    );
    let mut total = [Quantity::default(); 4];
    for pod in here {
        let template = &pod.template;
        let amounts = [
            template.request("cpu"),
            template.limit("cpu"),
            template.request("memory"),
            template.limit("memory"),
        ];
        for (sum, amount) in total.iter_mut().zip(amounts) {
            *sum = sum.plus(amount);
        }
        let [cpu_request, cpu_limit, memory_request, memory_limit] = amounts;
        page.line(
            1,
            &format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                pod.meta.namespace,
                pod.meta.name,
                share.cpu(cpu_request),
                share.cpu(cpu_limit),
                share.memory(memory_request),
                share.memory(memory_limit),
                age::since(pod.meta.created_at, now)
            ),
        );
    }
    let [cpu_request, cpu_limit, memory_request, memory_limit] = total;
    page.line(0, "Allocated resources:");
    page.line(
        1,
        "(Total limits may be over 100 percent, i.e., overcommitted.)",
    );
    page.line(1, "Resource\tRequests\tLimits");
    page.line(1, "--------\t--------\t------");
    page.line(
        1,
        &format!("cpu\t{}\t{}", share.cpu(cpu_request), share.cpu(cpu_limit)),
    );
    page.line(
        1,
        &format!(
            "memory\t{}\t{}",
            share.memory(memory_request),
            share.memory(memory_limit)
        ),
    );
    page.line(1, "ephemeral-storage\t0 (0%)\t0 (0%)");
}
