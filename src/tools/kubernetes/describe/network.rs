//! Services, endpoints and Ingresses in words.

use super::super::rows::network::few;
use super::super::tabs::Page;
use super::{annotations, head, labels};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::meta::labels_text;
use crate::sim::kubernetes::network::{Exposure, Ingress, Service};

/// A Service.
pub(super) fn service(page: &mut Page, cluster: &Cluster, service: &Service) {
    head(page, &service.meta);
    labels(page, "Labels", &service.meta.labels);
    annotations(page, "Annotations", &service.meta.annotations);
    page.line(0, &format!("Selector:\t{}", labels_text(&service.selector)));
    page.line(0, &format!("Type:\t{}", service.exposure.type_name()));
    if let Exposure::ExternalName(name) = &service.exposure {
        page.line(0, &format!("External Name:\t{name}"));
    } else {
        let ip = service.exposure.cluster_ip();
        page.line(0, "IP Family Policy:\tSingleStack");
        page.line(0, "IP Families:\tIPv4");
        page.line(0, &format!("IP:\t{ip}"));
        page.line(0, &format!("IPs:\t{ip}"));
    }
    if let Exposure::LoadBalancer { hostname, .. } = &service.exposure {
        page.line(0, &format!("LoadBalancer Ingress:\t{hostname}"));
    }
    let found = cluster.endpoints(service);
    for port in &service.ports {
        let name = if port.name.is_empty() {
            "<unset>"
        } else {
            &port.name
        };
        let protocol = port.protocol.name();
        page.line(0, &format!("Port:\t{name}\t{}/{protocol}", port.port));
        page.line(0, &format!("TargetPort:\t{}/{protocol}", port.target));
        if let Some(node_port) = port.node_port {
            page.line(0, &format!("NodePort:\t{name}\t{node_port}/{protocol}"));
        }
        let target = found
            .ports
            .iter()
            .find(|(found, _, _)| *found == port.name)
            .map(|(_, number, _)| *number);
        let behind: Vec<String> = found
            .addresses
            .iter()
            .filter(|address| address.ready)
            .filter_map(|address| Some(format!("{}:{}", address.ip, target?)))
            .collect();
        page.line(0, &format!("Endpoints:\t{}", few(&behind)));
    }
    page.line(0, "Session Affinity:\tNone");
    if matches!(
        service.exposure,
        Exposure::LoadBalancer { .. } | Exposure::NodePort(_)
    ) {
        page.line(0, "External Traffic Policy:\tCluster");
    }
    page.line(0, "Internal Traffic Policy:\tCluster");
}

/// The endpoints of a Service.
pub(super) fn endpoints(page: &mut Page, cluster: &Cluster, service: &Service) {
    head(page, &service.meta);
    labels(page, "Labels", &service.meta.labels);
    annotations(page, "Annotations", &service.meta.annotations);
    page.line(0, "Subsets:");
    let found = cluster.endpoints(service);
    let list = |ready: bool| {
        let texts: Vec<String> = found
            .addresses
            .iter()
            .filter(|address| address.ready == ready)
            .map(|address| address.ip.to_string())
            .collect();
        if texts.is_empty() {
            "<none>".to_owned()
        } else {
            texts.join(",")
        }
    };
    if !found.addresses.is_empty() {
        page.line(1, &format!("Addresses:\t{}", list(true)));
        page.line(1, &format!("NotReadyAddresses:\t{}", list(false)));
        page.line(1, "Ports:");
        page.line(2, "Name\tPort\tProtocol");
        page.line(2, "----\t----\t--------");
        for (name, port, protocol) in &found.ports {
            let name = if name.is_empty() { "<unset>" } else { name };
            page.line(2, &format!("{name}\t{port}\t{}", protocol.name()));
        }
    }
    page.line(0, "");
}

/// An Ingress.
pub(super) fn ingress(page: &mut Page, cluster: &Cluster, ingress: &Ingress) {
    page.line(0, &format!("Name:\t{}", ingress.meta.name));
    labels(page, "Labels", &ingress.meta.labels);
    page.line(0, &format!("Namespace:\t{}", ingress.meta.namespace));
    page.line(0, &format!("Address:\t{}", ingress.address));
    let class = if ingress.class.is_empty() {
        "<none>"
    } else {
        &ingress.class
    };
    page.line(0, &format!("Ingress Class:\t{class}"));
    page.line(0, "Default backend:\t<default>");
    if !ingress.tls_hosts.is_empty() {
        page.line(0, "TLS:");
        let hosts = ingress.tls_hosts.join(",");
        if ingress.tls_secret.is_empty() {
            page.line(1, &format!("SNI routes {hosts}"));
        } else {
            page.line(1, &format!("{} terminates {hosts}", ingress.tls_secret));
        }
    }
    page.line(0, "Rules:");
    page.line(1, "Host\tPath\tBackends");
    page.line(1, "----\t----\t--------");
    let mut host = None;
    for rule in &ingress.rules {
        if host != Some(&rule.host) {
            let shown = if rule.host.is_empty() {
                "*"
            } else {
                &rule.host
            };
            page.line(1, &format!("{shown}\t"));
            host = Some(&rule.host);
        }
        let behind = cluster
            .service(&ingress.meta.namespace, &rule.service)
            .map_or_else(
                || format!("<error: services \"{}\" not found>", rule.service),
                |service| {
                    few(&super::super::rows::network::ready_endpoints(
                        cluster, service,
                    ))
                },
            );
        page.line(
            1,
            &format!(
                "\t{} \t{}:{} ({behind})",
                rule.path, rule.service, rule.port
            ),
        );
    }
    annotations(page, "Annotations", &ingress.meta.annotations);
}
