//! Tests of what a command changes: patches, scale, deletion, labels, budgets.

use super::*;
use crate::sim::kubernetes::KubeError;
use crate::sim::kubernetes::autoscaling::DisruptionBound;
use crate::sim::kubernetes::cluster::Deploy;

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
        KubeError::Conflict { .. }
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
        bound: DisruptionBound::MinAvailable(Share::Count(1)),
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
fn a_release_does_what_the_same_patch_does() {
    let env: BTreeMap<String, Option<String>> = [
        ("A", Some("2")),
        ("NEW", Some("x")),
        ("EMPTY", Some("")),
        ("GONE", None),
    ]
    .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
    .into();
    let variables: Vec<_> = env
        .iter()
        .map(|(name, value)| match value {
            Some(value) => serde_json::json!({ "name": name, "value": value }),
            None => serde_json::json!({ "name": name, "$patch": "delete" }),
        })
        .collect();
    let released = |cluster: &mut Cluster, container: &str, tag: &str| {
        let deploy = Deploy {
            cause: format!("deploy {tag}"),
            container,
            image: format!("r/web:{tag}"),
            env: &env,
        };
        cluster.deploy(&web(), &deploy, start()).unwrap();
    };
    let patched = |cluster: &mut Cluster, container: &str, tag: &str| {
        let patch = serde_json::json!({
            "metadata": { "annotations": { "kubernetes.io/change-cause": format!("deploy {tag}") } },
            "spec": { "template": { "spec": {
                "containers": [{ "name": container, "image": format!("r/web:{tag}"), "env": variables }]
            } } }
        });
        let command = KubeCommand::Patch {
            target: web(),
            form: PatchForm::Strategic,
            patch: patch.to_string(),
        };
        cluster.apply(&command, start()).unwrap();
    };
    let (mut one, mut other) = (cluster(), cluster());
    // A new release, the same again, the one before, and a container that is not there.
    for (container, tag) in [("web", "2"), ("web", "2"), ("web", "1"), ("other", "1")] {
        released(&mut one, container, tag);
        patched(&mut other, container, tag);
        assert_eq!(
            format!("{one:?}"),
            format!("{other:?}"),
            "{container} {tag}"
        );
    }
}
