//! Resources of the infrastructure's state, with their attributes. A pure function of the estate; drift is what the code
//! wants and the state is not.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::scenario::addresses::{self, plain};
use crate::scenario::format::service::WorkloadKind;
use crate::sim::World;
use crate::tools::cloudwatch::{account, alarms};
use crate::tools::drawn::{estate_key, uuid};

/// A resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its address: `type.name`, with a key where there are several.
    pub address: String,
    /// Its type.
    pub kind: String,
    /// Its name, without the key.
    pub name: String,
    /// Attributes, by name.
    pub attributes: BTreeMap<String, Value>,
}

impl Resource {
    /// Its id.
    pub fn id(&self) -> String {
        self.attributes
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }
}

/// A difference between the code and the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The resource's address.
    pub address: String,
    /// The attribute.
    pub attribute: String,
    /// What is.
    pub is: Value,
    /// What the code wants.
    pub wanted: Value,
}

struct Maker {
    found: BTreeMap<String, Resource>,
}

impl Maker {
    fn add(&mut self, kind: &str, name: &str, key: Option<&str>, attributes: Value) {
        let address = addresses::address(kind, name, key);
        let attributes = match attributes {
            Value::Object(fields) => fields.into_iter().collect(),
            _ => BTreeMap::new(),
        };
        self.found.insert(
            address.clone(),
            Resource {
                address,
                kind: kind.to_owned(),
                name: name.to_owned(),
                attributes,
            },
        );
    }
}

/// All resources, by address.
pub fn all(world: &World) -> Vec<Resource> {
    let plan = world.plan();
    let estate = &plan.pack.estate;
    let id = |prefix: &str, name: &str| account::id(world, prefix, name);
    let mut maker = Maker {
        found: BTreeMap::new(),
    };
    maker.add("aws_vpc", "main", None, json!({ "id": id("vpc", "main"), "cidr_block": "10.20.0.0/16", "enable_dns_hostnames": true }));
    maker.add("aws_eks_cluster", "main", None, json!({
        "id": estate.cluster, "name": estate.cluster, "version": "1.33", "status": "ACTIVE",
        "arn": format!("arn:aws:eks:{}:{}:cluster/{}", account::region(world), account::number(world), estate.cluster),
    }));
    maker.add("aws_route53_zone", "main", None, json!({ "id": id("zone", "main").to_uppercase().replace('-', ""), "name": estate.domain, "force_destroy": false }));
    for record in addresses::RECORDS {
        maker.add("aws_route53_record", "public", Some(record), json!({
            "id": format!("{record}.{}_A", estate.domain), "name": format!("{record}.{}", estate.domain), "type": "A", "ttl": 60,
        }));
    }
    for (name, node) in &estate.nodes {
        maker.add("aws_instance", "node", Some(name), json!({
            "id": account::instance(world, name), "instance_type": node.instance_type, "availability_zone": node.zone,
            "monitoring": true, "tags": { "Name": name, "eks:cluster-name": estate.cluster },
        }));
        if !node.zone.is_empty() {
            maker.add("aws_subnet", "private", Some(&node.zone), json!({
                "id": id("subnet", &node.zone), "availability_zone": node.zone, "map_public_ip_on_launch": false,
            }));
        }
    }
    for (name, namespace) in &estate.namespaces {
        let labels: BTreeMap<_, _> = namespace.labels.iter().collect();
        maker.add(
            "kubernetes_namespace",
            &plain(name),
            None,
            json!({ "id": name, "labels": labels }),
        );
    }
    for (service, number) in plan.services.iter().zip(0_u32..) {
        let spec = &service.spec;
        if spec.workload == WorkloadKind::StatefulSet {
            maker.add("aws_ebs_volume", &plain(&service.name), None, json!({
                "id": id("vol", &service.name), "type": "gp3", "size": 100, "iops": 3000, "throughput": 125, "encrypted": true,
                "tags": { "Name": format!("{}-data", service.name) },
            }));
        }
        if spec.source.is_none() {
            let tag = world
                .wanted_tag(crate::sim::ids::ServiceId(number))
                .unwrap_or_default();
            maker.add("helm_release", &plain(&service.name), None, json!({
                "id": service.name, "name": service.name, "namespace": spec.namespace, "app_version": tag, "status": "deployed",
            }));
        }
    }
    for cluster in estate.kafka.values() {
        for (name, topic) in &cluster.topics {
            let config: BTreeMap<_, _> = topic.config.iter().collect();
            maker.add("kafka_topic", &plain(name), None, json!({
                "id": name, "name": name, "partitions": topic.partitions, "replication_factor": 1, "config": config,
            }));
        }
    }
    for (server, database) in &estate.postgres {
        for name in database.databases.keys() {
            maker.add(
                "postgresql_database",
                &plain(name),
                None,
                json!({ "id": name, "name": name, "owner": server, "connection_limit": -1 }),
            );
        }
    }
    for alarm in alarms::all(world) {
        maker.add("aws_cloudwatch_metric_alarm", "alarm", Some(&alarm.name), json!({
            "id": alarm.name, "alarm_name": alarm.name, "namespace": alarm.namespace, "metric_name": alarm.metric,
            "threshold": alarm.threshold, "evaluation_periods": alarm.periods,
        }));
    }
    for (address, attributes) in &estate.infrastructure.resources {
        let Some((kind, name)) = address.split_once('.') else {
            continue;
        };
        let known = maker.found.entry(address.clone()).or_insert_with(|| {
            let uuid = uuid(estate_key(world, &format!("terraform/{address}")));
            Resource {
                address: address.clone(),
                kind: kind.to_owned(),
                name: name.to_owned(),
                attributes: BTreeMap::from([("id".to_owned(), json!(uuid))]),
            }
        });
        for (attribute, text) in attributes {
            known.attributes.insert(attribute.clone(), typed(text));
        }
    }
    maker.found.into_values().collect()
}

/// A text as the value that it reads as: a number, a truth value, or itself.
fn typed(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return json!(number);
    }
    match text {
        "true" => json!(true),
        "false" => json!(false),
        _ => json!(text),
    }
}

/// What a plan would change, by address.
pub fn drift(world: &World) -> Vec<Drift> {
    let pack = &world.plan().pack;
    let resources = all(world);
    let declared = pack
        .estate
        .infrastructure
        .drift
        .iter()
        .chain(&pack.scenario.drift);
    let mut found: Vec<Drift> = declared
        .filter_map(|(address, attribute, wanted)| {
            let known = resources.iter().find(|known| known.address == *address)?;
            let is = known
                .attributes
                .get(attribute)
                .cloned()
                .unwrap_or(Value::Null);
            let wanted = typed(wanted);
            (is != wanted).then(|| Drift {
                address: address.clone(),
                attribute: attribute.clone(),
                is,
                wanted,
            })
        })
        .collect();
    found.sort_by(|a, b| (&a.address, &a.attribute).cmp(&(&b.address, &b.attribute)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn the_addresses_are_those_that_checks_know() {
        let world = small_world();
        let found: Vec<String> = all(&world).into_iter().map(|one| one.address).collect();
        let known = addresses::resources(&world.plan().pack.estate);
        assert_eq!(found, known.into_iter().collect::<Vec<_>>());
        let names: Vec<String> = alarms::all(&world)
            .into_iter()
            .map(|one| one.name)
            .collect();
        let known = addresses::alarms(&world.plan().pack.estate);
        assert_eq!(names, known.into_iter().collect::<Vec<_>>());
    }
}
