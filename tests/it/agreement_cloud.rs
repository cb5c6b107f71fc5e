//! The cloud account and the infrastructure's state agree with the estate: Terraform with the cluster and Kafka, CloudWatch's
//! metrics with Prometheus's series, its log events with what kubectl reads.

use std::path::Path;
use std::sync::Arc;

use firedrill::scenario::loader::{self, Source};
use firedrill::session::Answer;
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::{SimTime, Span};
use firedrill::tools::program::Run;
use firedrill::tools::{Place, Registry};
use serde_json::{Value, json};

use super::asking::ask;

use super::reference_runs::player::words;

/// The first shipped scenario and the small one, at their pages.
fn worlds() -> Vec<World> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [
        ("scenarios", "carts-emptying"),
        ("tests/fixtures/scenarios", "small"),
    ]
    .into_iter()
    .map(|(folder, name)| {
        let pack = loader::load(&Source::folder(root.join(folder)), name).unwrap();
        World::open(Arc::new(Plan::new(Arc::new(pack))), 7)
    })
    .collect()
}

fn typed(world: &World, line: &str) -> Answer {
    let registry = Registry::standard();
    let argv = words(line);
    let (name, args) = argv.split_first().unwrap();
    match registry
        .program(name)
        .unwrap()
        .run(world, &Place::default(), args, "")
    {
        Run::Answer(answer) => answer,
        Run::Act(_) => panic!("{line} changes something"),
    }
}

fn printed(world: &World, line: &str) -> String {
    let answer = typed(world, line);
    assert_eq!(answer.code, 0, "{line}: {}", answer.error);
    answer.text
}

fn json_of(world: &World, line: &str) -> Value {
    serde_json::from_str(&printed(world, line)).unwrap()
}

fn resources(world: &World, prefix: &str) -> Vec<Value> {
    let list = ask(
        world,
        "terraform_list_resources",
        &json!({"prefix": prefix, "limit": 200}),
    );
    assert!(list["cursor"].is_null());
    let rows = list["resources"].as_array().unwrap();
    assert!(!rows.is_empty(), "{prefix}");
    rows.iter()
        .map(|row| {
            ask(
                world,
                "terraform_show_state",
                &json!({"resource": row["address"]}),
            )
        })
        .collect()
}

#[test]
fn terraform_has_the_clusters_nodes_with_their_instance_classes() {
    for world in worlds() {
        let nodes = json_of(&world, "kubectl get nodes -o json");
        let nodes = nodes["items"].as_array().unwrap();
        let instances = resources(&world, "aws_instance.node");
        assert_eq!(nodes.len(), instances.len());
        for node in nodes {
            let name = &node["metadata"]["name"];
            let instance = instances
                .iter()
                .find(|instance| instance["attributes"]["tags"]["Name"] == *name)
                .unwrap_or_else(|| panic!("no instance for {name}"));
            let labels = &node["metadata"]["labels"];
            assert_eq!(
                instance["attributes"]["instance_type"], labels["node.kubernetes.io/instance-type"],
                "{name}"
            );
            assert_eq!(
                instance["attributes"]["availability_zone"], labels["topology.kubernetes.io/zone"],
                "{name}"
            );
        }
    }
}

#[test]
fn terraform_has_the_releases_that_run_and_their_namespaces() {
    for world in worlds() {
        for release in resources(&world, "helm_release.") {
            let attributes = &release["attributes"];
            let (name, namespace) = (
                attributes["name"].as_str().unwrap(),
                attributes["namespace"].as_str().unwrap(),
            );
            let kinds = json_of(
                &world,
                &format!("kubectl get deployments,statefulsets,daemonsets -n {namespace} -o json"),
            );
            let workload = kinds["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|item| item["metadata"]["name"] == name)
                .unwrap_or_else(|| panic!("{name} does not run in {namespace}"));
            let image = workload["spec"]["template"]["spec"]["containers"][0]["image"]
                .as_str()
                .unwrap();
            let version = attributes["app_version"].as_str().unwrap();
            assert!(image.ends_with(&format!(":{version}")), "{name}: {image}");
        }
    }
}

#[test]
fn terraform_has_the_topics_with_their_partitions_and_retention() {
    for world in worlds() {
        let services = world.plan().services.iter();
        let brokers: Vec<String> = services.map(|service| service.name.clone()).collect();
        for topic in resources(&world, "kafka_topic.") {
            let name = topic["attributes"]["name"].as_str().unwrap();
            let described = brokers
                .iter()
                .map(|broker| {
                    typed(
                        &world,
                        &format!("kafka-topics --bootstrap-server {broker}:9092 --describe --topic {name}"),
                    )
                    .text
                })
                .find(|text| text.contains(name))
                .unwrap_or_else(|| panic!("no broker has {name}"));
            let partitions = format!("PartitionCount: {}", topic["attributes"]["partitions"]);
            assert!(described.contains(&partitions), "{name}: {described}");
            let config = topic["attributes"]["config"].as_object().unwrap();
            for (key, value) in config {
                let set = format!("{key}={}", value.as_str().unwrap());
                assert!(
                    described.contains(&set),
                    "{name}: {set} is not in {described}"
                );
            }
        }
    }
}

#[test]
fn a_cloudwatch_metric_is_the_series_of_prometheus() {
    for world in worlds() {
        let list = ask(
            &world,
            "cloudwatch_get_metrics",
            &json!({"namespace": "ContainerInsights", "limit": 200}),
        );
        let restarts = list["metrics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|metric| metric["metric"] == "pod_number_of_container_restarts");
        let mut compared = 0;
        for metric in restarts {
            let value = |name: &str| {
                let pairs = metric["dimensions"].as_array().unwrap();
                let pair = pairs.iter().find(|pair| pair["name"] == name);
                pair.unwrap()["value"].as_str().unwrap().to_owned()
            };
            let service = value("PodName");
            let line = format!(
                "aws cloudwatch get-metric-statistics --namespace ContainerInsights --metric-name pod_number_of_container_restarts --dimensions Name=ClusterName,Value={} Name=Namespace,Value={} Name=PodName,Value={service} --start-time {} --period 300 --statistics Average",
                value("ClusterName"),
                value("Namespace"),
                (world.now() - Span::from_hours(1)).rfc3339(),
            );
            let points = json_of(&world, &line);
            for point in points["Datapoints"].as_array().unwrap() {
                let at = SimTime::parse_rfc3339(point["Timestamp"].as_str().unwrap()).unwrap();
                let query = format!(
                    "sum(kube_pod_container_status_restarts_total{{container=\"{service}\"}})"
                );
                let found = ask(
                    &world,
                    "prometheus_query",
                    &json!({"query": query, "time": at.rfc3339()}),
                );
                let expected = found["data"]["result"][0]["value"][1].as_str().unwrap();
                let expected: f64 = expected.parse().unwrap();
                assert_eq!(
                    point["Average"].as_f64(),
                    Some(expected),
                    "{service} at {at}"
                );
                compared += 1;
            }
        }
        assert!(compared > 20, "{compared} points");
    }
}

#[test]
fn log_events_are_the_lines_that_kubectl_reads() {
    for world in worlds() {
        let pods = ask(&world, "kubectl_get_pods", &json!({}));
        let mut compared = 0;
        for pod in pods["pods"].as_array().unwrap() {
            let (name, namespace, workload) = (
                pod["name"].as_str().unwrap(),
                pod["namespace"].as_str().unwrap(),
                pod["workload"].as_str().unwrap(),
            );
            if pod["restarts"] != 0 || compared >= 12 {
                continue;
            }
            let read = typed(
                &world,
                &format!("kubectl logs {name} -n {namespace} --since 5m"),
            );
            let groups = ask(&world, "cloudwatch_list_log_groups", &json!({"limit": 200}));
            let group = groups["groups"]
                .as_array()
                .unwrap()
                .iter()
                .find(|group| group["service"] == workload);
            let Some(group) = group.filter(|_| !read.text.is_empty()) else {
                continue;
            };
            let events = ask(
                &world,
                "cloudwatch_filter_log_events",
                &json!({
                    "log_group": group["name"], "stream_prefix": name, "limit": 10_000,
                    "start_ms": (world.now() - Span::from_mins(5)).millis(),
                }),
            );
            for event in events["events"].as_array().unwrap() {
                let message = event["message"].as_str().unwrap();
                assert!(
                    read.text.contains(message),
                    "{name} did not write {message:?}"
                );
                compared += 1;
            }
        }
        assert!(compared > 5, "{compared} lines");
    }
}
