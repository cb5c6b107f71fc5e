//! Tests of containers' lives: crash loops, back-off, images, memory, configuration, lost nodes.

use super::*;
use crate::sim::kubernetes::node::NodeHealth;

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
    cluster.set_node_health(&lost, NodeHealth::Unknown);
    let pod = pods_of(&cluster, "books")[0];
    assert!(!pod.is_ready() && pod.containers_ready());
    cluster.advance(start() + Span::from_mins(6), &World::calm());
    let statuses: Vec<String> = pods_of(&cluster, "books")
        .iter()
        .map(|pod| pod.display_status())
        .collect();
    assert!(statuses.contains(&"Terminating".to_owned()));
    assert!(statuses.contains(&"Running".to_owned()));
    cluster.set_node_health(&lost, NodeHealth::Ready);
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
