//! Rows of Services, endpoints and Ingresses.

use serde::Serialize;

use super::{Column, Row, or_none};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::meta::labels_text;
use crate::sim::kubernetes::network::{Ingress, Service};
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// A Service in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The address inside the cluster.
    pub cluster_ip: String,
    /// The address outside.
    pub external_ip: String,
    /// Its ports.
    pub ports: String,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
    /// Which pods answer for it.
    pub selector: String,
}

impl Row for ServiceRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("TYPE", false),
        ("CLUSTER-IP", false),
        ("EXTERNAL-IP", false),
        ("PORT(S)", false),
        ("AGE", false),
        ("SELECTOR", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.kind.to_owned(),
            self.cluster_ip.clone(),
            self.external_ip.clone(),
            self.ports.clone(),
            self.age.clone(),
            self.selector.clone(),
        ]
    }
}

/// The row of a Service.
pub fn service_row(_: &Cluster, service: &Service, now: SimTime) -> ServiceRow {
    let ports: Vec<String> = service
        .ports
        .iter()
        .map(|port| match port.node_port {
            Some(node_port) => format!("{}:{node_port}/{}", port.port, port.protocol.name()),
            None => format!("{}/{}", port.port, port.protocol.name()),
        })
        .collect();
    ServiceRow {
        namespace: service.meta.namespace.to_string(),
        name: service.meta.name.to_string(),
        kind: service.exposure.type_name(),
        cluster_ip: service.exposure.cluster_ip(),
        external_ip: service.exposure.external_ip(),
        ports: or_none(ports.join(",")),
        created_at: service.meta.created_at,
        age: age::since(service.meta.created_at, now),
        selector: labels_text(&service.selector),
    }
}

/// The endpoints of a Service in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndpointsRow {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub name: String,
    /// Addresses of ready pods, with ports.
    pub endpoints: Vec<String>,
    /// When the Service was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for EndpointsRow {
    const COLUMNS: &'static [Column] = &[("NAME", false), ("ENDPOINTS", false), ("AGE", false)];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), few(&self.endpoints), self.age.clone()]
    }
}

/// The first three, and how many more.
pub fn few(endpoints: &[String]) -> String {
    let shown: Vec<&str> = endpoints.iter().take(3).map(String::as_str).collect();
    let text = or_none(shown.join(","));
    match endpoints.len().checked_sub(3) {
        Some(more) if more > 0 => format!("{text} + {more} more..."),
        _ => text,
    }
}

/// Addresses of the ready pods behind a Service, with ports.
pub fn ready_endpoints(cluster: &Cluster, service: &Service) -> Vec<String> {
    let found = cluster.endpoints(service);
    let mut texts = Vec::new();
    for (_, port, _) in &found.ports {
        for address in found.addresses.iter().filter(|address| address.ready) {
            texts.push(format!("{}:{port}", address.ip));
        }
    }
    texts
}

/// The row of the endpoints of a Service.
pub fn endpoints_row(cluster: &Cluster, service: &Service, now: SimTime) -> EndpointsRow {
    EndpointsRow {
        namespace: service.meta.namespace.to_string(),
        name: service.meta.name.to_string(),
        endpoints: ready_endpoints(cluster, service),
        created_at: service.meta.created_at,
        age: age::since(service.meta.created_at, now),
    }
}

/// An Ingress in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IngressRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The controller that serves it.
    pub class: String,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// Its address.
    pub address: String,
    /// Its ports.
    pub ports: &'static str,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for IngressRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("CLASS", false),
        ("HOSTS", false),
        ("ADDRESS", false),
        ("PORTS", false),
        ("AGE", false),
    ];

    fn cells(&self) -> Vec<String> {
        let hosts = if self.hosts.is_empty() {
            "*".to_owned()
        } else {
            few(&self.hosts)
        };
        vec![
            self.name.clone(),
            or_none(self.class.clone()),
            hosts,
            self.address.clone(),
            self.ports.to_owned(),
            self.age.clone(),
        ]
    }
}

/// The row of an Ingress.
pub fn ingress_row(_: &Cluster, ingress: &Ingress, now: SimTime) -> IngressRow {
    let mut hosts: Vec<String> = Vec::new();
    for rule in &ingress.rules {
        if !rule.host.is_empty() && !hosts.contains(&rule.host) {
            hosts.push(rule.host.clone());
        }
    }
    IngressRow {
        namespace: ingress.meta.namespace.to_string(),
        name: ingress.meta.name.to_string(),
        class: ingress.class.clone(),
        hosts,
        address: ingress.address.clone(),
        ports: if ingress.tls_hosts.is_empty() {
            "80"
        } else {
            "80, 443"
        },
        created_at: ingress.meta.created_at,
        age: age::since(ingress.meta.created_at, now),
    }
}
