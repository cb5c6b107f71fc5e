//! Services, endpoints, ConfigMaps, Secrets, autoscalers, budgets, Ingresses and events as documents.

use serde_json::{Map, Value, json};

use super::super::autoscaling::{Autoscaler, DisruptionBound, DisruptionBudget};
use super::super::cluster::Cluster;
use super::super::config::{ConfigMap, Namespace, Secret};
use super::super::event::Event;
use super::super::kind::Kind;
use super::super::network::{Exposure, Ingress, Service};
use super::super::workload::Share;
use super::{frame, metadata, put, time};

/// The document of a Service.
pub(super) fn service(service: &Service) -> Value {
    let ports: Vec<Value> = service
        .ports
        .iter()
        .map(|port| {
            let mut value = json!({
                "port": port.port,
                "protocol": port.protocol.name(),
                "targetPort": port.target,
            });
            if !port.name.is_empty() {
                put(&mut value, "name", json!(port.name));
            }
            if let Some(node_port) = port.node_port {
                put(&mut value, "nodePort", json!(node_port));
            }
            value
        })
        .collect();
    let mut spec = json!({
        "internalTrafficPolicy": "Cluster",
        "ports": ports,
        "sessionAffinity": "None",
        "type": service.exposure.type_name(),
    });
    if !service.selector.is_empty() {
        put(&mut spec, "selector", json!(service.selector));
    }
    let mut balancer = json!({});
    match &service.exposure {
        Exposure::ExternalName(name) => put(&mut spec, "externalName", json!(name)),
        exposure => {
            let ip = exposure.cluster_ip();
            put(&mut spec, "clusterIP", json!(ip));
            put(&mut spec, "clusterIPs", json!([ip]));
            put(&mut spec, "ipFamilies", json!(["IPv4"]));
            put(&mut spec, "ipFamilyPolicy", json!("SingleStack"));
        }
    }
    if let Exposure::LoadBalancer { hostname, .. } = &service.exposure {
        put(&mut spec, "externalTrafficPolicy", json!("Cluster"));
        balancer = json!({"ingress": [{"hostname": hostname}]});
    }
    frame(
        Kind::Service,
        metadata(&service.meta, &service.meta.annotations, false),
        json!({"spec": spec, "status": {"loadBalancer": balancer}}),
    )
}

/// The document of the endpoints of a Service.
pub(super) fn endpoints(cluster: &Cluster, service: &Service) -> Value {
    let found = cluster.endpoints(service);
    let ports: Vec<Value> = found
        .ports
        .iter()
        .map(|(name, number, protocol)| {
            let mut value = json!({"port": number, "protocol": protocol.name()});
            if !name.is_empty() {
                put(&mut value, "name", json!(name));
            }
            value
        })
        .collect();
    let list = |ready: bool| -> Vec<Value> {
        found
            .addresses
            .iter()
            .filter(|address| address.ready == ready)
            .map(|address| {
                json!({
                    "ip": address.ip.to_string(),
                    "nodeName": address.node,
                    "targetRef": {
                        "kind": "Pod",
                        "name": address.pod,
                        "namespace": &*service.meta.namespace,
                    },
                })
            })
            .collect()
    };
    let mut subset = json!({});
    for (name, addresses) in [
        ("addresses", list(true)),
        ("notReadyAddresses", list(false)),
    ] {
        if !addresses.is_empty() {
            put(&mut subset, name, json!(addresses));
        }
    }
    put(&mut subset, "ports", json!(ports));
    let rest = if found.addresses.is_empty() {
        json!({})
    } else {
        json!({"subsets": [subset]})
    };
    frame(
        Kind::Endpoints,
        metadata(&service.meta, &service.meta.annotations, false),
        rest,
    )
}

/// The document of a ConfigMap.
pub(super) fn config_map(config_map: &ConfigMap) -> Value {
    let rest = if config_map.data.is_empty() {
        json!({})
    } else {
        json!({"data": &*config_map.data})
    };
    frame(
        Kind::ConfigMap,
        metadata(&config_map.meta, &config_map.meta.annotations, false),
        rest,
    )
}

/// The document of a Secret: as many asterisks as its values have bytes, in the encoding the API uses.
pub(super) fn secret(secret: &Secret) -> Value {
    let data: Map<String, Value> = secret
        .data
        .iter()
        .map(|(name, value)| (name.clone(), json!(base64(&vec![b'*'; value.len()]))))
        .collect();
    frame(
        Kind::Secret,
        metadata(&secret.meta, &secret.meta.annotations, false),
        json!({"data": data, "type": secret.secret_type}),
    )
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .chain(std::iter::repeat(&0))
            .take(3)
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for place in 0..4 {
            let letter = LETTERS
                .get((bits >> (18 - 6 * place)) as usize & 63)
                .map_or('=', |letter| char::from(*letter));
            text.push(if place > chunk.len() { '=' } else { letter });
        }
    }
    text
}

/// The document of a Namespace.
pub(super) fn namespace(namespace: &Namespace) -> Value {
    frame(
        Kind::Namespace,
        metadata(&namespace.meta, &namespace.meta.annotations, false),
        json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
    )
}

/// The document of an autoscaler.
pub(super) fn autoscaler(cluster: &Cluster, autoscaler: &Autoscaler) -> Value {
    let current = cluster.wanted_replicas(&autoscaler.target).unwrap_or(0);
    let mut status = json!({
        "currentMetrics": [],
        "currentReplicas": current,
        "desiredReplicas": autoscaler.desired,
    });
    if let Some(percent) = autoscaler.current_percent {
        put(
            &mut status,
            "currentMetrics",
            json!([{"resource": {"current": {"averageUtilization": percent}, "name": "cpu"}, "type": "Resource"}]),
        );
    }
    if let Some(at) = autoscaler.last_scaled {
        put(&mut status, "lastScaleTime", time(at));
    }
    let spec = json!({
        "maxReplicas": autoscaler.max,
        "metrics": [{
            "resource": {
                "name": "cpu",
                "target": {"averageUtilization": autoscaler.cpu_percent, "type": "Utilization"},
            },
            "type": "Resource",
        }],
        "minReplicas": autoscaler.min,
        "scaleTargetRef": {
            "apiVersion": autoscaler.target.kind.api_version(),
            "kind": autoscaler.target.kind.name(),
            "name": &*autoscaler.target.key.name,
        },
    });
    frame(
        Kind::HorizontalPodAutoscaler,
        metadata(&autoscaler.meta, &autoscaler.meta.annotations, false),
        json!({"spec": spec, "status": status}),
    )
}

/// The document of a disruption budget.
pub(super) fn budget(cluster: &Cluster, budget: &DisruptionBudget) -> Value {
    let status = cluster.budget_status(budget);
    let share = |share: Share| match share {
        Share::Count(count) => json!(count),
        Share::Percent(_) => json!(share.to_string()),
    };
    let bound = match budget.bound {
        DisruptionBound::MinAvailable(amount) => ("minAvailable", share(amount)),
        DisruptionBound::MaxUnavailable(amount) => ("maxUnavailable", share(amount)),
    };
    let mut spec = json!({"selector": {"matchLabels": budget.selector}});
    put(&mut spec, bound.0, bound.1);
    frame(
        Kind::PodDisruptionBudget,
        metadata(&budget.meta, &budget.meta.annotations, true),
        json!({"spec": spec, "status": {
            "currentHealthy": status.current,
            "desiredHealthy": status.desired,
            "disruptionsAllowed": status.allowed,
            "expectedPods": status.total,
            "observedGeneration": budget.meta.generation,
        }}),
    )
}

/// The document of an Ingress.
pub(super) fn ingress(ingress: &Ingress) -> Value {
    let rules: Vec<Value> = ingress
        .rules
        .iter()
        .map(|rule| {
            json!({
                "host": rule.host,
                "http": {"paths": [{
                    "backend": {"service": {"name": rule.service, "port": {"number": rule.port}}},
                    "path": rule.path,
                    "pathType": "Prefix",
                }]},
            })
        })
        .collect();
    let mut spec = json!({"ingressClassName": ingress.class, "rules": rules});
    if !ingress.tls_hosts.is_empty() {
        put(
            &mut spec,
            "tls",
            json!([{"hosts": ingress.tls_hosts, "secretName": ingress.tls_secret}]),
        );
    }
    frame(
        Kind::Ingress,
        metadata(&ingress.meta, &ingress.meta.annotations, true),
        json!({"spec": spec, "status": {"loadBalancer": {"ingress": [{"ip": ingress.address}]}}}),
    )
}

/// The namespace an event is kept in: that of its object, or `default`.
pub fn event_namespace(event: &Event) -> &str {
    if event.object.namespace.is_empty() {
        "default"
    } else {
        &event.object.namespace
    }
}

/// The document of an event.
pub(super) fn event(cluster: &Cluster, event: &Event) -> Value {
    let seen = event.seen(cluster.now());
    let mut object = json!({
        "apiVersion": event.object.kind.api_version(),
        "kind": event.object.kind.name(),
        "name": event.object.name,
    });
    if !event.object.namespace.is_empty() {
        put(&mut object, "namespace", json!(event.object.namespace));
    }
    if let Some(container) = &event.container {
        put(
            &mut object,
            "fieldPath",
            json!(format!("spec.containers{{{container}}}")),
        );
    }
    let mut source = json!({"component": event.component});
    if let Some(host) = &event.host {
        put(&mut source, "host", json!(&**host));
    }
    frame(
        Kind::Event,
        json!({
            "creationTimestamp": time(event.first_at),
            "name": &*event.name,
            "namespace": event_namespace(event),
        }),
        json!({
            "count": seen.count,
            "eventTime": null,
            "firstTimestamp": time(event.first_at),
            "involvedObject": object,
            "lastTimestamp": time(seen.last_at),
            "message": event.message,
            "reason": event.reason,
            "reportingComponent": event.component,
            "reportingInstance": event.host.as_deref().unwrap_or_default(),
            "source": source,
            "type": event.event_type.name(),
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn bytes_are_encoded_as_the_api_does() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b"abc"), "YWJj");
    }
}
