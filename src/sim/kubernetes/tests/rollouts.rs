//! Tests of rollouts: their bounds, undo, restart, the history of sets.

use super::*;

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
        "error: no last revision to roll back to"
    );
}
