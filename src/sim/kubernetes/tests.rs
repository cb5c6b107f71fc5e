//! Tests of the cluster as a whole: its fixture, and what holds whatever happens. Owns no code of the program.

mod batch;
mod commands;
mod lives;
mod random;
mod rollouts;

use std::collections::BTreeMap;

use super::cluster::Cluster;
use super::command::{KubeCommand, PatchForm};
use super::digest::KnownDigests;
use super::fate::{
    ClusterEvent, ClusterEventKind, ContainerFate, CrashReason, Fate, PodRef, WorkloadKey,
};
use super::kind::Kind;
use super::meta::{Labels, ObjectRef};
use super::node::NodeSystem;
use super::pod::{ContainerState, Pace};
use super::quantity::Quantity;
use super::spec::{
    AutoscalerSeed, BudgetSeed, ClusterSpec, ConfigMapSeed, CronJobSeed, DaemonSetSeed,
    DeploymentSeed, NamespaceSpec, NodeSpec, PodPast, RevisionSeed, RevisionTemplate,
    StatefulSetSeed,
};
use super::template::{Container, EnvSource, EnvVar, KeyRef, PodTemplate, Resources};
use super::workload::{Progress, Share, Strategy as Rollout};
use crate::sim::hash::StateHasher;
use crate::sim::time::{SimTime, Span};

fn start() -> SimTime {
    SimTime::parse_rfc3339("2024-05-06T08:00:00Z").unwrap()
}

fn days_ago(days: i64) -> SimTime {
    start() - Span::from_hours(24 * days)
}

/// Containers of `bad` images crash after three seconds; all others run.
struct World {
    life: Span,
    cpu_percent: Option<u32>,
}

impl World {
    const fn calm() -> Self {
        Self {
            life: Span::from_secs(3),
            cpu_percent: None,
        }
    }
}

impl ContainerFate for World {
    fn on_start(&self, pod: &PodRef<'_>, _: SimTime) -> Fate {
        if pod.image.contains("missing") {
            return Fate::ImagePullFails {
                message: "not found".to_owned(),
            };
        }
        if pod.workload.kind == Kind::Job {
            return Fate::Crashes {
                after: Span::from_secs(20),
                exit_code: i32::from(pod.image.contains("bad")),
                reason: if pod.image.contains("bad") {
                    CrashReason::Error
                } else {
                    CrashReason::Completed
                },
                ready_before_crash: false,
            };
        }
        if pod.image.contains("bad") {
            Fate::Crashes {
                after: self.life,
                exit_code: 1,
                reason: CrashReason::Error,
                ready_before_crash: false,
            }
        } else if pod.image.contains("slow") {
            Fate::NeverReady
        } else {
            Fate::Runs {
                ready_after: pod.startup,
            }
        }
    }

    fn cpu_percent(&self, _: &WorkloadKey, _: SimTime) -> Option<u32> {
        self.cpu_percent
    }
}

fn template(name: &str, image: &str) -> PodTemplate {
    let mut container = Container::new(name, image);
    container.resources = Resources::of(100, 500, 128, 256);
    container.env = vec![EnvVar::plain("POOL_SIZE", "5")];
    PodTemplate::of(name, container)
}

fn node(name: &str) -> NodeSpec {
    NodeSpec {
        name: name.to_owned(),
        created_at: days_ago(60),
        pool: String::new(),
        zone: "zone-a".to_owned(),
        instance_type: "large".to_owned(),
        internal_ip: None,
        cpu: Quantity::cpu_millis(4000),
        memory: Quantity::mebibytes(8192),
        pods: 58,
        labels: Labels::new(),
        taints: Vec::new(),
        system: NodeSystem::default(),
    }
}

fn spec() -> ClusterSpec {
    let mut web = DeploymentSeed::new("alpha", "web", 3, template("web", "r/web:1"), days_ago(40));
    web.history = vec![
        RevisionSeed {
            at: days_ago(40),
            change_cause: None,
            template: RevisionTemplate::Image {
                image: "r/web:0".to_owned(),
                env: None,
            },
        },
        RevisionSeed {
            at: days_ago(20),
            change_cause: Some("release 1".to_owned()),
            template: RevisionTemplate::Newest,
        },
    ];
    let mut books = DeploymentSeed::new(
        "alpha",
        "books",
        1,
        template("books", "r/books:1"),
        days_ago(30),
    );
    books.strategy = Rollout::Recreate;
    ClusterSpec {
        name: "test".to_owned(),
        user: "trainee".to_owned(),
        server: "https://10.0.0.1:6443".to_owned(),
        server_version: "v1.32.3".to_owned(),
        default_namespace: "alpha".to_owned(),
        created_at: days_ago(60),
        namespaces: vec![NamespaceSpec {
            name: "alpha".to_owned(),
            created_at: days_ago(60),
            labels: Labels::new(),
        }],
        nodes: vec![node("node-1"), node("node-2"), node("node-3")],
        deployments: vec![web, books],
        ..ClusterSpec::default()
    }
}

fn cluster() -> Cluster {
    Cluster::new(&spec(), 7, start()).unwrap()
}

fn web() -> ObjectRef {
    ObjectRef::new(Kind::Deployment, "alpha", "web")
}

fn books() -> ObjectRef {
    ObjectRef::new(Kind::Deployment, "alpha", "books")
}

fn set_image(target: ObjectRef, image: &str) -> KubeCommand {
    KubeCommand::SetImage {
        target,
        images: vec![("*".to_owned(), image.to_owned())],
    }
}

fn hash(cluster: &Cluster) -> String {
    let mut hasher = StateHasher::default();
    cluster.digest_into(&mut KnownDigests::default(), &mut hasher);
    hasher.hex()
}

fn pods_of<'a>(cluster: &'a Cluster, name: &str) -> Vec<&'a super::pod::Pod> {
    let workload = WorkloadKey::new(Kind::Deployment, "alpha", name);
    cluster
        .pods()
        .values()
        .map(|pod| &**pod)
        .filter(|pod| pod.workload == workload)
        .collect()
}

fn crashes(events: &[ClusterEvent]) -> Vec<SimTime> {
    events
        .iter()
        .filter(|event| matches!(event.kind, ClusterEventKind::ContainerCrashed { .. }))
        .map(|event| event.at)
        .collect()
}

fn starts(events: &[ClusterEvent]) -> Vec<SimTime> {
    events
        .iter()
        .filter(|event| matches!(event.kind, ClusterEventKind::ContainerStarted { .. }))
        .map(|event| event.at)
        .collect()
}

#[test]
fn what_has_been_stable_costs_nothing() {
    let mut cluster = cluster();
    assert_eq!(cluster.next_event_at(), None);
    assert_eq!(cluster.pods().len(), 4);
    assert!(cluster.pods().values().all(|pod| pod.serves()));
    let nodes: std::collections::BTreeSet<_> = pods_of(&cluster, "web")
        .iter()
        .filter_map(|pod| pod.node())
        .collect();
    assert_eq!(nodes.len(), 3, "replicas are spread over the nodes");
    let happened = cluster.advance(start() + Span::from_hours(24), &World::calm());
    assert_eq!(happened, []);
    let deployment = cluster.deployment("alpha", "web").unwrap();
    assert_eq!(deployment.revision, 2);
    assert_eq!(deployment.status.available, 3);
}

#[test]
fn the_same_seed_gives_the_same_cluster_however_it_is_advanced() {
    let (mut once, mut often) = (cluster(), cluster());
    assert_eq!(hash(&once), hash(&often));
    let command = set_image(web(), "r/web:bad");
    once.apply(&command, start()).unwrap();
    often.apply(&command, start()).unwrap();
    let end = start() + Span::from_hours(2);
    let whole = once.advance(end, &World::calm());
    let mut parts = Vec::new();
    let mut at = start();
    while at < end {
        at += Span::from_secs(7);
        parts.extend(often.advance(at.min(end), &World::calm()));
    }
    assert_eq!(whole, parts);
    assert_eq!(hash(&once), hash(&often));
    assert_ne!(
        hash(&once),
        hash(&Cluster::new(&spec(), 8, start()).unwrap())
    );
}
