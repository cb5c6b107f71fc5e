//! Tests of the cluster as a whole: rollouts, crash loops, commands, random sequences. Owns no code of the program.

use std::collections::BTreeMap;

use proptest::prelude::*;

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

#[test]
fn a_crash_loop_backs_off_as_the_kubelet_does() {
    let mut cluster = cluster();
    cluster
        .apply(&set_image(books(), "r/books:bad"), start())
        .unwrap();
    let events = cluster.advance(start() + Span::from_mins(40), &World::calm());
    let (ended, started) = (crashes(&events), starts(&events));
    let waits: Vec<i64> = ended
        .iter()
        .zip(started.iter().skip(1))
        .map(|(end, next)| (*next - *end).secs())
        .collect();
    // The first restart comes as soon as the end is noticed; then ten seconds, doubled up to five minutes.
    assert_eq!(
        waits.get(..10).unwrap(),
        [1, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    );
    let pod = pods_of(&cluster, "books")[0];
    assert_eq!(pod.display_status(), "CrashLoopBackOff");
    assert_eq!(pod.restart_count() as usize, started.len() - 1);
    let ContainerState::Waiting(waiting) = &pod.containers[0].state else {
        panic!("it waits");
    };
    assert!(
        waiting
            .message
            .starts_with("back-off 5m0s restarting failed container=books pod=books-")
    );
}

#[test]
fn a_long_life_forgets_the_back_off() {
    let world = World {
        life: Span::from_mins(11),
        cpu_percent: None,
    };
    let mut cluster = cluster();
    cluster
        .apply(&set_image(books(), "r/books:bad"), start())
        .unwrap();
    let events = cluster.advance(start() + Span::from_mins(60), &world);
    let (ended, started) = (crashes(&events), starts(&events));
    assert!(ended.len() >= 4);
    for (end, next) in ended.iter().zip(started.iter().skip(1)) {
        assert_eq!((*next - *end).secs(), 1);
    }
}

#[test]
fn an_error_is_shown_before_the_back_off() {
    let mut cluster = cluster();
    cluster
        .apply(&set_image(books(), "r/books:bad"), start())
        .unwrap();
    let mut seen: Vec<String> = Vec::new();
    for second in 0..42 {
        cluster.advance(start() + Span::from_secs(second), &World::calm());
        if let Some(pod) = pods_of(&cluster, "books").last() {
            let status = pod.display_status();
            if seen.last() != Some(&status) {
                seen.push(status);
            }
        }
    }
    assert_eq!(
        seen,
        [
            "Terminating",
            "ContainerCreating",
            "Running",
            "Error",
            "Running",
            "Error",
            "CrashLoopBackOff",
            "Running",
            "Error",
            "CrashLoopBackOff"
        ]
    );
}

#[test]
fn a_rolling_update_keeps_its_bounds() {
    let mut cluster = cluster();
    cluster
        .apply(&set_image(web(), "r/web:2"), start())
        .unwrap();
    let mut complete = None;
    let mut at = start();
    while complete.is_none() {
        at += Span::from_millis(500);
        for event in cluster.advance(at, &World::calm()) {
            if let ClusterEventKind::RolloutComplete { revision, .. } = event.kind {
                complete = Some((event.at, revision));
            }
        }
        let active = pods_of(&cluster, "web")
            .iter()
            .filter(|pod| pod.is_active())
            .count();
        let ready = pods_of(&cluster, "web")
            .iter()
            .filter(|pod| pod.serves())
            .count();
        assert!(active <= 4 && ready >= 3, "{active} {ready}");
        assert!(at < start() + Span::from_mins(5));
    }
    let (at, revision) = complete.unwrap();
    assert_eq!(revision, 3);
    assert!(at - start() > Span::from_secs(24), "one after the other");
    let deployment = cluster.deployment("alpha", "web").unwrap();
    let sets = cluster.replica_sets_of(deployment);
    let counts: Vec<u32> = sets.iter().map(|set| set.replicas).collect();
    assert_eq!(counts, [0, 0, 3]);
    let told: Vec<&str> = cluster
        .events_of(&web())
        .iter()
        .map(|event| event.message.split_whitespace().nth(1).unwrap())
        .collect();
    assert_eq!(told, ["up", "down", "up", "down", "up", "down"]);
}

#[test]
fn a_broken_rolling_update_keeps_the_old_pods_and_misses_its_deadline() {
    let mut cluster = cluster();
    cluster
        .apply(&set_image(web(), "r/web:bad"), start())
        .unwrap();
    let events = cluster.advance(start() + Span::from_mins(11), &World::calm());
    let serving = pods_of(&cluster, "web")
        .iter()
        .filter(|pod| pod.serves())
        .count();
    assert_eq!(serving, 3);
    let stuck = events
        .iter()
        .find(|event| matches!(event.kind, ClusterEventKind::RolloutStuck { .. }))
        .unwrap();
    assert_eq!((stuck.at - start()).secs(), 600);
    let deployment = cluster.deployment("alpha", "web").unwrap();
    assert_eq!(
        deployment.status.progress.value,
        Progress::ProgressDeadlineExceeded
    );
}

#[test]
fn recreate_stops_the_old_pod_first() {
    let mut cluster = cluster();
    cluster
        .apply(&set_image(books(), "r/books:2"), start())
        .unwrap();
    let events = cluster.advance(start() + Span::from_mins(2), &World::calm());
    let order: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.kind {
            ClusterEventKind::PodDeleted(_) => Some("deleted"),
            ClusterEventKind::PodCreated(_) => Some("created"),
            ClusterEventKind::PodReady(_) => Some("ready"),
            ClusterEventKind::PodUnready(_) => Some("unready"),
            ClusterEventKind::RolloutComplete { .. } => Some("complete"),
            _ => None,
        })
        .collect();
    assert_eq!(
        order,
        ["unready", "deleted", "created", "ready", "complete"]
    );
}

#[test]
fn undo_goes_back_and_renumbers() {
    let mut cluster = cluster();
    let old_pods: Vec<String> = pods_of(&cluster, "web")
        .iter()
        .map(|pod| pod.meta.name.to_string())
        .collect();
    let hash_before = old_pods[0].rsplit_once('-').unwrap().0.to_owned();
    cluster
        .apply(&set_image(web(), "r/web:bad"), start())
        .unwrap();
    let mut at = start() + Span::from_mins(3);
    cluster.advance(at, &World::calm());
    let undo = |to_revision| KubeCommand::RolloutUndo {
        target: web(),
        to_revision,
    };
    cluster.apply(&undo(None), at).unwrap();
    at += Span::from_mins(3);
    cluster.advance(at, &World::calm());
    let deployment = cluster.deployment("alpha", "web").unwrap();
    assert_eq!(deployment.revision, 4);
    assert_eq!(deployment.spec.template.spec.containers[0].image, "r/web:1");
    let set = cluster.replica_sets_of(deployment).pop().unwrap();
    assert_eq!(
        &*set.meta.name, hash_before,
        "the old ReplicaSet is taken up again"
    );
    assert_eq!(set.former_revisions, [2]);
    assert_eq!(set.replicas, 3);
    assert_eq!(
        cluster.apply(&undo(Some(42)), at).unwrap_err().to_string(),
        "unable to find specified revision 42 in history"
    );
    assert_eq!(
        cluster.apply(&undo(Some(4)), at).unwrap().note,
        "skipped rollback (current template already matches revision 4)"
    );
}

#[test]
fn restart_replaces_every_pod() {
    let mut cluster = cluster();
    let before: Vec<_> = cluster.pods().keys().cloned().collect();
    let restart = KubeCommand::RolloutRestart { target: web() };
    cluster.apply(&restart, start()).unwrap();
    cluster.advance(start() + Span::from_mins(3), &World::calm());
    let web_pods = pods_of(&cluster, "web");
    assert_eq!(web_pods.len(), 3);
    assert!(web_pods.iter().all(|pod| !before.contains(&pod.meta.key())));
    let mut slots: Vec<u32> = web_pods.iter().map(|pod| pod.slot).collect();
    slots.sort_unstable();
    assert!(slots.iter().all(|slot| *slot <= 5), "{slots:?}");
}

#[test]
fn variables_are_set_and_taken_at_the_next_start() {
    let mut cluster = cluster();
    let command = KubeCommand::SetEnv {
        target: web(),
        containers: "*".to_owned(),
        set: vec![EnvVar::plain("TIMEOUT_MS", "250")],
        remove: vec!["POOL_SIZE".to_owned()],
    };
    assert!(cluster.apply(&command, start()).unwrap().changed);
    assert!(!cluster.apply(&command, start()).unwrap().changed);
    cluster.advance(start() + Span::from_mins(3), &World::calm());
    for pod in pods_of(&cluster, "web") {
        assert_eq!(pod.containers[0].env.get("TIMEOUT_MS"), Some("250"));
        assert_eq!(pod.containers[0].env.get("POOL_SIZE"), None);
    }
}

#[test]
fn a_missing_config_map_holds_the_container_until_it_is_there() {
    let mut cluster = cluster();
    let reference = EnvVar {
        name: "LEVEL".to_owned(),
        source: EnvSource::ConfigMapKey(KeyRef {
            key: "level".to_owned(),
            name: "settings".to_owned(),
            optional: false,
        }),
    };
    let command = KubeCommand::SetEnv {
        target: books(),
        containers: "*".to_owned(),
        set: vec![reference],
        remove: Vec::new(),
    };
    cluster.apply(&command, start()).unwrap();
    let mut at = start() + Span::from_mins(2);
    cluster.advance(at, &World::calm());
    assert_eq!(
        pods_of(&cluster, "books")[0].display_status(),
        "CreateContainerConfigError"
    );
    let create = KubeCommand::CreateConfigMap {
        namespace: "alpha".to_owned(),
        name: "settings".to_owned(),
        data: BTreeMap::from([("level".to_owned(), "info".to_owned())]),
    };
    cluster.apply(&create, at).unwrap();
    at += Span::from_secs(30);
    cluster.advance(at, &World::calm());
    let pod = pods_of(&cluster, "books")[0];
    assert!(pod.serves());
    assert_eq!(pod.containers[0].env.get("LEVEL"), Some("info"));
    assert_eq!(pod.restart_count(), 0);
}

#[test]
fn an_image_that_cannot_be_pulled_backs_off() {
    let mut cluster = cluster();
    cluster
        .apply(&set_image(books(), "r/books:missing"), start())
        .unwrap();
    cluster.advance(start() + Span::from_mins(4), &World::calm());
    let pod = pods_of(&cluster, "books")[0];
    assert!(["ErrImagePull", "ImagePullBackOff"].contains(&pod.display_status().as_str()));
    assert_eq!(pod.phase().name(), "Pending");
    assert_eq!(pod.restart_count(), 0);
}

#[test]
fn a_kill_for_memory_restarts_the_container() {
    let mut cluster = cluster();
    let name = pods_of(&cluster, "books")[0].meta.name.to_string();
    assert!(cluster.kill_container("alpha", &name, None, 137, CrashReason::OomKilled));
    assert!(!cluster.kill_container("alpha", &name, None, 137, CrashReason::OomKilled));
    assert_eq!(pods_of(&cluster, "books")[0].display_status(), "OOMKilled");
    cluster.advance(start() + Span::from_secs(30), &World::calm());
    let pod = pods_of(&cluster, "books")[0];
    assert_eq!(pod.restart_count(), 1);
    assert!(pod.serves());
    let last = pod.containers[0].last.as_ref().unwrap();
    assert_eq!((last.exit_code, last.reason), (137, CrashReason::OomKilled));
}

#[test]
fn a_changed_answer_is_taken_when_the_world_says_so() {
    struct Failing;
    impl ContainerFate for Failing {
        fn on_start(&self, _: &PodRef<'_>, _: SimTime) -> Fate {
            Fate::Crashes {
                after: Span::from_secs(5),
                exit_code: 2,
                reason: CrashReason::Error,
                ready_before_crash: true,
            }
        }
    }
    let mut cluster = cluster();
    cluster.recheck(&WorkloadKey::new(Kind::Deployment, "alpha", "web"));
    assert_eq!(cluster.next_event_at(), Some(start()));
    let events = cluster.advance(start() + Span::from_secs(5), &Failing);
    assert_eq!(crashes(&events), [start() + Span::from_secs(5); 3]);
    assert_eq!(pods_of(&cluster, "web")[0].display_status(), "Error");
}

#[test]
fn a_lost_node_gives_its_pods_up_after_five_minutes() {
    let mut cluster = cluster();
    let lost = pods_of(&cluster, "books")[0].node().unwrap().to_owned();
    cluster.set_node_health(&lost, super::node::NodeHealth::Unknown);
    let pod = pods_of(&cluster, "books")[0];
    assert!(!pod.is_ready() && pod.containers_ready());
    cluster.advance(start() + Span::from_mins(6), &World::calm());
    let statuses: Vec<String> = pods_of(&cluster, "books")
        .iter()
        .map(|pod| pod.display_status())
        .collect();
    assert!(statuses.contains(&"Terminating".to_owned()));
    assert!(statuses.contains(&"Running".to_owned()));
    cluster.set_node_health(&lost, super::node::NodeHealth::Ready);
    cluster.advance(start() + Span::from_mins(7), &World::calm());
    assert_eq!(pods_of(&cluster, "books").len(), 1);
}

#[test]
fn a_pod_that_fits_nowhere_says_why() {
    let mut cluster = cluster();
    for name in ["node-1", "node-2"] {
        let command = KubeCommand::Cordon {
            node: name.to_owned(),
        };
        assert!(cluster.apply(&command, start()).unwrap().changed);
        assert!(!cluster.apply(&command, start()).unwrap().changed);
    }
    let command = KubeCommand::SetResources {
        target: books(),
        containers: "*".to_owned(),
        limits: BTreeMap::from([("cpu".to_owned(), Quantity::cpu_millis(9000))]),
        requests: BTreeMap::from([("cpu".to_owned(), Quantity::cpu_millis(9000))]),
    };
    cluster.apply(&command, start()).unwrap();
    cluster.advance(start() + Span::from_mins(2), &World::calm());
    let pod = pods_of(&cluster, "books")[0];
    assert_eq!(pod.display_status(), "Pending");
    let pod = ObjectRef::new(Kind::Pod, "alpha", &pod.meta.name);
    let events = cluster.events_of(&pod);
    assert_eq!(
        events[0].message,
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
    );
}

#[test]
fn patches_and_edits_change_what_they_name() {
    let mut cluster = cluster();
    let patch = |form, patch: &str| KubeCommand::Patch {
        target: web(),
        form,
        patch: patch.to_owned(),
    };
    let strategic = patch(
        PatchForm::Strategic,
        r#"{"spec":{"replicas":5,"template":{"spec":{"containers":[{"name":"web","image":"r/web:9"}]}}}}"#,
    );
    assert!(cluster.apply(&strategic, start()).unwrap().changed);
    assert!(!cluster.apply(&strategic, start()).unwrap().changed);
    let deployment = cluster.deployment("alpha", "web").unwrap();
    assert_eq!(deployment.spec.replicas, 5);
    assert_eq!(deployment.spec.template.spec.containers[0].image, "r/web:9");
    assert_eq!(deployment.spec.template.spec.containers[0].env.len(), 1);
    let bad = patch(PatchForm::Merge, r#"{"spec":{"replicas":-1}}"#);
    assert_eq!(
        cluster.apply(&bad, start()).unwrap_err().kubectl_text(),
        "The Deployment \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    );
    let mut document = cluster.document(&web()).unwrap();
    document["spec"]["strategy"] = serde_json::json!({"type": "Recreate"});
    let edit = KubeCommand::ReplaceManifest {
        target: web(),
        manifest: document.to_string(),
    };
    assert!(cluster.apply(&edit, start()).unwrap().changed);
    assert!(matches!(
        cluster.apply(&edit, start()).unwrap_err(),
        super::KubeError::Conflict { .. }
    ));
}

#[test]
fn a_document_reads_back_as_it_was() {
    let mut cluster = cluster();
    let document = cluster.document(&web()).unwrap();
    let edit = KubeCommand::ReplaceManifest {
        target: web(),
        manifest: document.to_string(),
    };
    assert!(!cluster.apply(&edit, start()).unwrap().changed);
    assert_eq!(document, cluster.document(&web()).unwrap());
}

#[test]
fn scaling_moves_pods_at_once_and_pausing_holds_changes() {
    let mut cluster = cluster();
    let scale = |replicas, expected| KubeCommand::Scale {
        target: web(),
        replicas,
        expected,
    };
    assert_eq!(
        cluster
            .apply(&scale(2, Some(9)), start())
            .unwrap_err()
            .kubectl_text(),
        "error: Expected replicas to be 9, was 3"
    );
    cluster.apply(&scale(5, None), start()).unwrap();
    cluster.advance(start() + Span::from_mins(1), &World::calm());
    assert_eq!(pods_of(&cluster, "web").len(), 5);
    cluster.apply(&scale(0, None), start()).unwrap();
    cluster.advance(start() + Span::from_mins(2), &World::calm());
    assert_eq!(pods_of(&cluster, "web").len(), 0);
    cluster.apply(&scale(1, None), start()).unwrap();
    let pause = KubeCommand::RolloutPause { target: web() };
    let resume = KubeCommand::RolloutResume { target: web() };
    cluster.apply(&pause, start()).unwrap();
    assert_eq!(
        cluster.apply(&pause, start()).unwrap_err().kubectl_text(),
        "error: deployments.apps \"web\" is already paused"
    );
    cluster
        .apply(&set_image(web(), "r/web:3"), start())
        .unwrap();
    cluster.advance(start() + Span::from_mins(4), &World::calm());
    assert_eq!(pods_of(&cluster, "web")[0].containers[0].image, "r/web:1");
    cluster.apply(&resume, start()).unwrap();
    cluster.advance(start() + Span::from_mins(6), &World::calm());
    assert_eq!(pods_of(&cluster, "web")[0].containers[0].image, "r/web:3");
}

#[test]
fn a_deleted_pod_is_replaced_and_a_deleted_deployment_is_not() {
    let mut cluster = cluster();
    let name = pods_of(&cluster, "books")[0].meta.name.to_string();
    let delete = |target| KubeCommand::Delete {
        target,
        grace: None,
        force: false,
    };
    let pod = ObjectRef::new(Kind::Pod, "alpha", &name);
    cluster.apply(&delete(pod.clone()), start()).unwrap();
    assert_eq!(pods_of(&cluster, "books").len(), 2);
    cluster.advance(start() + Span::from_mins(1), &World::calm());
    assert_eq!(pods_of(&cluster, "books").len(), 1);
    assert_eq!(
        cluster
            .apply(&delete(pod), start())
            .unwrap_err()
            .kubectl_text(),
        format!("Error from server (NotFound): pods \"{name}\" not found")
    );
    cluster.apply(&delete(books()), start()).unwrap();
    cluster.advance(start() + Span::from_mins(2), &World::calm());
    assert_eq!(pods_of(&cluster, "books").len(), 0);
    assert_eq!(cluster.next_event_at(), None);
}

#[test]
fn a_relabelled_pod_is_let_go() {
    let mut cluster = cluster();
    let name = pods_of(&cluster, "books")[0].meta.name.to_string();
    let label = KubeCommand::Label {
        target: ObjectRef::new(Kind::Pod, "alpha", &name),
        set: Labels::from([("app".to_owned(), "quarantine".to_owned())]),
        remove: Vec::new(),
        overwrite: true,
    };
    cluster.apply(&label, start()).unwrap();
    cluster.advance(start() + Span::from_mins(1), &World::calm());
    assert!(cluster.pod("alpha", &name).unwrap().serves());
    assert_eq!(pods_of(&cluster, "books").len(), 1);
    assert_ne!(&*pods_of(&cluster, "books")[0].meta.name, name);
}

fn batch_spec(image: &str) -> ClusterSpec {
    let mut template = template("report", image);
    template.spec.restart_policy = super::template::RestartPolicy::Never;
    let mut spec = spec();
    spec.cron_jobs = vec![CronJobSeed {
        namespace: "alpha".to_owned(),
        name: "report".to_owned(),
        labels: Labels::new(),
        created_at: days_ago(30),
        schedule: "30 * * * *".to_owned(),
        concurrency: super::batch::Concurrency::Forbid,
        suspended: false,
        template,
        typical_duration: Span::from_secs(28),
        pace: Pace::default(),
    }];
    spec
}

#[test]
fn cron_jobs_run_and_keep_their_last_jobs() {
    let mut cluster = Cluster::new(&batch_spec("r/report:1"), 7, start()).unwrap();
    let names: Vec<String> = cluster
        .jobs()
        .keys()
        .map(|key| key.name.to_string())
        .collect();
    assert_eq!(names.len(), 3);
    assert_eq!(
        cluster.next_event_at(),
        SimTime::parse_rfc3339("2024-05-06T08:30:00Z")
    );
    let events = cluster.advance(start() + Span::from_mins(60), &World::calm());
    assert!(events.iter().any(|event| matches!(
        event.kind,
        ClusterEventKind::JobFinished {
            succeeded: true,
            ..
        }
    )));
    assert_eq!(cluster.jobs().len(), 3);
    assert!(!cluster.jobs().keys().any(|key| *key.name == *names[0]));
    let cron_job = cluster.cron_job("alpha", "report").unwrap();
    assert_eq!(
        cron_job.last_schedule,
        SimTime::parse_rfc3339("2024-05-06T08:30:00Z")
    );
}

#[test]
fn a_failing_job_is_retried_with_longer_waits() {
    let mut cluster = Cluster::new(&batch_spec("r/report:bad"), 7, start()).unwrap();
    let events = cluster.advance(start() + Span::from_mins(60), &World::calm());
    let finished: Vec<&ClusterEvent> = events
        .iter()
        .filter(|event| matches!(event.kind, ClusterEventKind::JobFinished { .. }))
        .collect();
    assert_eq!(crashes(&events).len(), 7);
    assert!(matches!(
        finished[0].kind,
        ClusterEventKind::JobFinished {
            succeeded: false,
            ..
        }
    ));
}

#[test]
fn sets_are_replaced_one_at_a_time() {
    let mut spec = spec();
    spec.stateful_sets = vec![StatefulSetSeed {
        namespace: "alpha".to_owned(),
        name: "store".to_owned(),
        labels: Labels::new(),
        created_at: days_ago(30),
        replicas: 3,
        service_name: "store".to_owned(),
        template: template("store", "r/store:1"),
        history: Vec::new(),
        pace: Pace::default(),
        past: PodPast::Quiet,
    }];
    spec.daemon_sets = vec![DaemonSetSeed {
        namespace: "alpha".to_owned(),
        name: "agent".to_owned(),
        labels: Labels::new(),
        created_at: days_ago(30),
        template: template("agent", "r/agent:1"),
        history: Vec::new(),
        pace: Pace::default(),
        past: PodPast::Quiet,
    }];
    let mut cluster = Cluster::new(&spec, 7, start()).unwrap();
    assert_eq!(cluster.next_event_at(), None);
    let store = ObjectRef::new(Kind::StatefulSet, "alpha", "store");
    let agent = ObjectRef::new(Kind::DaemonSet, "alpha", "agent");
    cluster
        .apply(&set_image(store.clone(), "r/store:2"), start())
        .unwrap();
    cluster
        .apply(&KubeCommand::RolloutRestart { target: agent }, start())
        .unwrap();
    let events = cluster.advance(start() + Span::from_mins(5), &World::calm());
    let order: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.kind {
            ClusterEventKind::PodReady(pod) if pod.workload.kind == Kind::StatefulSet => {
                Some(pod.pod.to_string())
            }
            _ => None,
        })
        .collect();
    assert_eq!(order, ["store-2", "store-1", "store-0"]);
    let complete = events
        .iter()
        .filter(|event| matches!(event.kind, ClusterEventKind::RolloutComplete { .. }))
        .count();
    assert_eq!(complete, 2);
    assert!(cluster.pods().values().all(|pod| pod.serves()));
    let undo = KubeCommand::RolloutUndo {
        target: store,
        to_revision: None,
    };
    cluster.apply(&undo, cluster.now()).unwrap();
    cluster.advance(start() + Span::from_mins(10), &World::calm());
    assert_eq!(
        cluster.pod("alpha", "store-0").unwrap().containers[0].image,
        "r/store:1"
    );
}

#[test]
fn sets_have_the_history_they_were_seeded_with() {
    let revision = |days: i64, template| RevisionSeed {
        at: days_ago(days),
        change_cause: Some(format!("{days} days ago")),
        template,
    };
    let earlier = RevisionTemplate::Image {
        image: "r/store:1".to_owned(),
        env: None,
    };
    let mut spec = spec();
    let seed = StatefulSetSeed {
        namespace: "alpha".to_owned(),
        name: "store".to_owned(),
        labels: Labels::new(),
        created_at: days_ago(30),
        replicas: 1,
        service_name: "store".to_owned(),
        template: template("store", "r/store:2"),
        history: vec![
            revision(30, earlier),
            revision(10, RevisionTemplate::Newest),
        ],
        pace: Pace::default(),
        past: PodPast::Spotless,
    };
    let single = StatefulSetSeed {
        name: "single".to_owned(),
        history: Vec::new(),
        template: template("single", "r/single:1"),
        ..seed.clone()
    };
    spec.stateful_sets = vec![seed, single];
    let mut cluster = Cluster::new(&spec, 7, start()).unwrap();
    let store = ObjectRef::new(Kind::StatefulSet, "alpha", "store");
    let told: Vec<(u64, Option<String>)> = cluster
        .revisions(&store)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.number, entry.change_cause))
        .collect();
    assert_eq!(
        told,
        [
            (1, Some("30 days ago".to_owned())),
            (2, Some("10 days ago".to_owned()))
        ]
    );
    let pod = cluster.pod("alpha", "store-0").unwrap();
    assert!(start() - pod.meta.created_at < Span::from_hours(10 * 24 + 1));
    let undo = |target| KubeCommand::RolloutUndo {
        target,
        to_revision: None,
    };
    cluster.apply(&undo(store), start()).unwrap();
    cluster.advance(start() + Span::from_mins(5), &World::calm());
    let pod = cluster.pod("alpha", "store-0").unwrap();
    assert_eq!(pod.containers[0].image, "r/store:1");
    let single = ObjectRef::new(Kind::StatefulSet, "alpha", "single");
    let refused = cluster.apply(&undo(single), cluster.now()).unwrap_err();
    assert_eq!(
        refused.kubectl_text(),
        "error: unable to find specified revision 0 in history"
    );
}

#[test]
fn the_autoscaler_scales_up_at_once_and_down_late() {
    let mut spec = spec();
    spec.autoscalers = vec![AutoscalerSeed {
        namespace: "alpha".to_owned(),
        name: "web".to_owned(),
        created_at: days_ago(40),
        target_kind: Kind::Deployment,
        target: "web".to_owned(),
        min: 2,
        max: 6,
        cpu_percent: 70,
        current_percent: Some(50),
    }];
    let mut cluster = Cluster::new(&spec, 7, start()).unwrap();
    let hot = World {
        life: Span::ZERO,
        cpu_percent: Some(140),
    };
    cluster.advance(start() + Span::from_secs(16), &hot);
    let wanted = |cluster: &Cluster| cluster.deployment("alpha", "web").unwrap().spec.replicas;
    assert_eq!(wanted(&cluster), 6);
    let cold = World {
        life: Span::ZERO,
        cpu_percent: Some(10),
    };
    cluster.advance(start() + Span::from_mins(5), &cold);
    assert_eq!(wanted(&cluster), 6);
    cluster.advance(start() + Span::from_mins(6), &cold);
    assert_eq!(wanted(&cluster), 2);
}

#[test]
fn a_budget_stops_an_eviction() {
    let mut spec = spec();
    spec.budgets = vec![BudgetSeed {
        namespace: "alpha".to_owned(),
        name: "books".to_owned(),
        created_at: days_ago(40),
        bound: super::autoscaling::DisruptionBound::MinAvailable(Share::Count(1)),
        selector: Labels::from([("app".to_owned(), "books".to_owned())]),
    }];
    let mut cluster = Cluster::new(&spec, 7, start()).unwrap();
    let node = pods_of(&cluster, "books")[0].node().unwrap().to_owned();
    let applied = cluster
        .apply(&KubeCommand::Drain { node }, start())
        .unwrap();
    assert_eq!(applied.refused.len(), 1);
    assert_eq!(
        applied.refused[0].1,
        "Cannot evict pod as it would violate the pod's disruption budget."
    );
    assert!(!applied.also.is_empty());
}

#[test]
fn known_crash_loopers_are_there_from_the_start() {
    let mut spec = spec();
    let mut flaky = DeploymentSeed::new(
        "alpha",
        "flaky",
        1,
        template("flaky", "r/flaky:bad"),
        days_ago(21),
    );
    flaky.past = PodPast::CrashLooping {
        life: Span::from_secs(3),
        restarts: 5_900,
        exit_code: 1,
        reason: CrashReason::Error,
    };
    spec.deployments.push(flaky);
    let mut cluster = Cluster::new(&spec, 7, start()).unwrap();
    let pod = pods_of(&cluster, "flaky")[0];
    assert_eq!(pod.display_status(), "CrashLoopBackOff");
    assert_eq!(pod.restart_count(), 5_900);
    let events = cluster.advance(start() + Span::from_mins(20), &World::calm());
    let waits: Vec<i64> = crashes(&events)
        .iter()
        .zip(starts(&events).iter().skip(1))
        .map(|(end, next)| (*next - *end).secs())
        .collect();
    assert!(waits.iter().all(|wait| *wait == 300));
    assert_eq!(
        pods_of(&cluster, "flaky")[0].restart_count() as usize,
        5_900 + starts(&events).len()
    );
}

#[test]
fn a_mounted_config_map_lags_behind() {
    let mut spec = spec();
    spec.config_maps = vec![ConfigMapSeed {
        namespace: "alpha".to_owned(),
        name: "settings".to_owned(),
        created_at: days_ago(40),
        data: BTreeMap::from([("level".to_owned(), "info".to_owned())]),
    }];
    let mut cluster = Cluster::new(&spec, 7, start()).unwrap();
    let patch = KubeCommand::Patch {
        target: ObjectRef::new(Kind::ConfigMap, "alpha", "settings"),
        form: PatchForm::Strategic,
        patch: r#"{"data":{"level":"debug"}}"#.to_owned(),
    };
    cluster.apply(&patch, start()).unwrap();
    let level = |cluster: &Cluster| {
        let pod = pods_of(cluster, "web")[0];
        cluster.mounted_config(pod, "settings").unwrap()["level"].clone()
    };
    assert_eq!(level(&cluster), "info");
    cluster.advance(start() + Span::from_secs(90), &World::calm());
    assert_eq!(level(&cluster), "debug");
}

fn commands() -> impl Strategy<Value = KubeCommand> {
    let target = prop_oneof![Just(web()), Just(books())];
    let image = prop_oneof![
        Just("r/x:1"),
        Just("r/x:2"),
        Just("r/x:bad"),
        Just("r/x:missing"),
        Just("r/x:slow")
    ];
    let nodes = prop_oneof![Just("node-1"), Just("node-2"), Just("none")];
    prop_oneof![
        (target.clone(), image).prop_map(|(target, image)| set_image(target, image)),
        (target.clone(), 0_u32..8).prop_map(|(target, replicas)| KubeCommand::Scale {
            target,
            replicas,
            expected: None
        }),
        target
            .clone()
            .prop_map(|target| KubeCommand::RolloutRestart { target }),
        (target.clone(), prop::option::of(0_u64..6)).prop_map(|(target, to_revision)| {
            KubeCommand::RolloutUndo {
                target,
                to_revision,
            }
        }),
        target
            .clone()
            .prop_map(|target| KubeCommand::RolloutPause { target }),
        target
            .clone()
            .prop_map(|target| KubeCommand::RolloutResume { target }),
        nodes.clone().prop_map(|node| KubeCommand::Cordon {
            node: node.to_owned()
        }),
        nodes.clone().prop_map(|node| KubeCommand::Uncordon {
            node: node.to_owned()
        }),
        nodes.prop_map(|node| KubeCommand::Drain {
            node: node.to_owned()
        }),
        (target.clone(), any::<bool>()).prop_map(|(target, recreate)| KubeCommand::Patch {
            target,
            form: PatchForm::Merge,
            patch: if recreate {
                r#"{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}"#.to_owned()
            } else {
                r#"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0}}}}"#
                    .to_owned()
            }
        }),
        (0_usize..8, any::<bool>()).prop_map(|(index, force)| KubeCommand::Delete {
            target: ObjectRef::new(Kind::Pod, "alpha", &index.to_string()),
            grace: None,
            force
        }),
    ]
}

/// Deletions name a pod by its place in the list, since names are not known beforehand.
fn resolve(cluster: &Cluster, command: KubeCommand) -> KubeCommand {
    let KubeCommand::Delete {
        mut target,
        grace,
        force,
    } = command
    else {
        return command;
    };
    let index: usize = target.name.parse().unwrap_or(0);
    if let Some(key) = cluster.pods().keys().nth(index) {
        target.name = key.name.to_string();
    }
    KubeCommand::Delete {
        target,
        grace,
        force,
    }
}

fn check(cluster: &Cluster) {
    for deployment in cluster.deployments().values() {
        let workload = deployment.workload();
        let status = &deployment.status;
        assert!(status.available <= status.ready.max(status.available));
        assert!(status.ready <= status.replicas);
        assert!(status.updated <= status.replicas);
        let mut slots = std::collections::BTreeSet::new();
        let mut active = 0;
        for pod in cluster.pods_of(&workload) {
            assert!(
                pod.is_finished() || slots.insert(pod.slot),
                "two pods in one place"
            );
            assert!(!pod.serves() || pod.ip().is_some());
            assert!(pod.ready_count() <= pod.containers.len());
            active += u32::from(pod.is_active());
        }
        assert_eq!(active, status.replicas);
        let sets: u32 = cluster
            .replica_sets_of(deployment)
            .iter()
            .map(|set| set.replicas)
            .sum();
        assert_eq!(active, sets, "every ReplicaSet has what it wants");
        let (surge, _) = deployment.spec.strategy.bounds(deployment.spec.replicas);
        if !deployment.spec.paused && deployment.spec.strategy == Rollout::Recreate {
            assert!(active <= deployment.spec.replicas + surge);
        }
    }
    let mut ips: Vec<_> = cluster.pods().values().filter_map(|pod| pod.ip()).collect();
    let count = ips.len();
    ips.sort_unstable();
    ips.dedup();
    assert_eq!(count, ips.len(), "addresses are unique");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_commands_never_break_the_cluster(
        steps in prop::collection::vec((commands(), 0_i64..400), 1..24),
        seed in any::<u64>(),
    ) {
        let mut cluster = Cluster::new(&spec(), seed, start()).unwrap();
        let mut at = start();
        for (command, wait) in steps {
            let command = resolve(&cluster, command);
            let _ = cluster.apply(&command, at);
            check(&cluster);
            at += Span::from_secs(wait);
            cluster.advance(at, &World::calm());
            check(&cluster);
        }
    }
}
