//! Random commands against the cluster: nothing impossible comes of them.

use proptest::prelude::*;

use super::*;

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
