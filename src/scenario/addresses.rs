//! Names that an estate's parts have in the cloud account and in the infrastructure's state: alarms and addresses of
//! resources. Says which there are; never what they hold.

use std::collections::BTreeSet;

use super::format::estate::Estate;
use super::format::service::WorkloadKind;

/// What is watched of every node, each by an alarm of its own.
pub const NODE_ALARMS: [&str; 3] = ["cpu", "memory", "disk"];
/// Names of the public records of the estate's domain.
pub const RECORDS: [&str; 3] = ["www", "api", "status"];

/// The name of the alarm on something of a node.
pub fn node_alarm(node: &str, what: &str) -> String {
    format!("{node}-{what}")
}

/// The address of a resource: `type.name`, with a key where there are several of that name.
pub fn address(kind: &str, name: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{kind}.{name}[\"{key}\"]"),
        None => format!("{kind}.{name}"),
    }
}

/// A name as Terraform takes it.
pub fn plain(name: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.chars()
        .map(|c| if taken(c) { c } else { '_' })
        .collect()
}

/// The names of all alarms of the cloud account.
pub fn alarms(estate: &Estate) -> BTreeSet<String> {
    let of_nodes = estate.nodes.keys();
    let of_nodes = of_nodes.flat_map(|node| NODE_ALARMS.map(|what| node_alarm(node, what)));
    of_nodes
        .chain(estate.cloud_alarms.keys().cloned())
        .collect()
}

/// The addresses of all resources of the infrastructure's state.
pub fn resources(estate: &Estate) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &str, name: &str, key: Option<&str>| {
        found.insert(address(kind, name, key));
    };
    for kind in ["aws_vpc", "aws_eks_cluster", "aws_route53_zone"] {
        add(kind, "main", None);
    }
    for record in RECORDS {
        add("aws_route53_record", "public", Some(record));
    }
    for (name, node) in &estate.nodes {
        add("aws_instance", "node", Some(name));
        if !node.zone.is_empty() {
            add("aws_subnet", "private", Some(&node.zone));
        }
    }
    for name in estate.namespaces.keys() {
        add("kubernetes_namespace", &plain(name), None);
    }
    for (name, service) in &estate.services {
        if service.workload == WorkloadKind::StatefulSet {
            add("aws_ebs_volume", &plain(name), None);
        }
        if service.source.is_none() {
            add("helm_release", &plain(name), None);
        }
    }
    for cluster in estate.kafka.values() {
        for name in cluster.topics.keys() {
            add("kafka_topic", &plain(name), None);
        }
    }
    for server in estate.postgres.values() {
        for name in server.databases.keys() {
            add("postgresql_database", &plain(name), None);
        }
    }
    for alarm in alarms(estate) {
        add("aws_cloudwatch_metric_alarm", "alarm", Some(&alarm));
    }
    let declared = estate.infrastructure.resources.keys();
    found.extend(declared.filter(|address| address.contains('.')).cloned());
    found
}
