//! Services and Ingresses. Endpoints are not kept: they follow from selectors and ready pods.

use core::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::meta::{Labels, ObjectMeta};
use super::template::{PortRef, Protocol};

/// A Service.
#[derive(Clone, Debug, Hash)]
pub struct Service {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// How it is reached.
    pub exposure: Exposure,
    /// Which pods answer for it; empty for a service without pods.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// How a Service is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Exposure {
    /// By an address inside the cluster.
    ClusterIp(Ipv4Addr),
    /// By the pods' own addresses.
    Headless,
    /// By a port of each node.
    NodePort(Ipv4Addr),
    /// By a load balancer outside.
    LoadBalancer {
        /// The address inside.
        cluster_ip: Ipv4Addr,
        /// The balancer's name.
        hostname: String,
    },
    /// By another name.
    ExternalName(String),
}

impl Exposure {
    /// `ClusterIP` and the like.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::ClusterIp(_) | Self::Headless => "ClusterIP",
            Self::NodePort(_) => "NodePort",
            Self::LoadBalancer { .. } => "LoadBalancer",
            Self::ExternalName(_) => "ExternalName",
        }
    }

    /// The CLUSTER-IP column.
    pub fn cluster_ip(&self) -> String {
        match self {
            Self::ClusterIp(ip)
            | Self::NodePort(ip)
            | Self::LoadBalancer { cluster_ip: ip, .. } => ip.to_string(),
            Self::Headless => "None".to_owned(),
            Self::ExternalName(_) => "<none>".to_owned(),
        }
    }

    /// The EXTERNAL-IP column.
    pub fn external_ip(&self) -> String {
        match self {
            Self::LoadBalancer { hostname, .. } if hostname.is_empty() => "<pending>".to_owned(),
            Self::LoadBalancer { hostname, .. } | Self::ExternalName(hostname) => hostname.clone(),
            _ => "<none>".to_owned(),
        }
    }
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServicePort {
    /// Its name; may be empty if it is the only one.
    #[serde(default)]
    pub name: String,
    /// The port of the service.
    pub port: u16,
    /// The port of the pods.
    pub target: PortRef,
    /// The port of each node, if it has one.
    #[serde(default)]
    pub node_port: Option<u16>,
    /// TCP or UDP.
    #[serde(default)]
    pub protocol: Protocol,
}

/// An Ingress.
#[derive(Clone, Debug, Hash)]
pub struct Ingress {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// The controller that serves it.
    pub class: String,
    /// The address of that controller.
    pub address: String,
    /// Hosts for which it ends TLS.
    pub tls_hosts: Vec<String>,
    /// The Secret with the certificate.
    pub tls_secret: String,
    /// Where requests go.
    pub rules: Vec<IngressRule>,
}

/// Where the requests for a host and path go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IngressRule {
    /// The host.
    pub host: String,
    /// The path's beginning.
    pub path: String,
    /// The service.
    pub service: String,
    /// The service's port.
    pub port: u16,
}

/// One address behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointAddress {
    /// The pod's address.
    pub ip: Ipv4Addr,
    /// The pod.
    pub pod: String,
    /// Its node.
    pub node: String,
    /// Whether it takes traffic.
    pub ready: bool,
}

/// The addresses behind a Service: they follow from its selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The pods' addresses, in the order of the addresses.
    pub addresses: Vec<EndpointAddress>,
    /// The pods' ports, with their names.
    pub ports: Vec<(String, u16, Protocol)>,
}
