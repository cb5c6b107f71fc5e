//! Systems agree with each other, for every shipped scenario and a few seeds: a rollout is the same in the cluster, in CI,
//! in the channel of deployments, in the registry and in Git; a flag's change is in its audit.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::command::Command;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::{SimTime, Span};
use firedrill::sim::world::deployments::Deployment;
use serde_json::{Value, json};

use super::asking::{ask, ask_all};

const SEEDS: [u64; 2] = [1, 11];

/// The worlds of all shipped scenarios and of the small one, at their pages.
fn worlds() -> Vec<(String, World)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut worlds = Vec::new();
    for folder in ["scenarios", "tests/fixtures/scenarios"] {
        let source = Source::folder(root.join(folder));
        for listing in loader::list(&source) {
            let Ok(pack) = loader::load(&source, &listing.name) else {
                panic!("{} has problems", listing.name);
            };
            let plan = Arc::new(Plan::new(Arc::new(pack)));
            for seed in SEEDS {
                let name = format!("{} with seed {seed}", listing.name);
                worlds.push((name, World::open(Arc::clone(&plan), seed)));
            }
        }
    }
    assert!(worlds.len() >= 4, "no scenarios were found");
    worlds
}

fn name_of(world: &World, deployment: &Deployment) -> String {
    world.plan().services[deployment.service.index()]
        .name
        .clone()
}

fn instant(ms: &Value) -> SimTime {
    SimTime(ms.as_i64().unwrap())
}

/// Which deployments each system must know, and what is wrong.
fn disagreements(world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    let deploys = ask_all(
        world,
        "ci_list_runs",
        json!({ "workflow": "deploy" }),
        "runs",
    );
    let builds = ask_all(world, "ci_list_runs", json!({ "workflow": "ci" }), "runs");
    for deployment in world.deployments() {
        let service = name_of(world, deployment);
        let tag = &deployment.tag;
        let mut note = |what: String| wrong.push(format!("{service} {tag}: {what}"));
        in_ci(world, deployment, &service, &deploys, &mut note);
        in_slack(world, deployment, &service, &mut note);
        in_registry(world, deployment, &service, &builds, &mut note);
    }
    for (index, service) in world.plan().services.iter().enumerate() {
        let last = world.deployments().iter().rev();
        let last = last
            .filter(|deployment| deployment.service.index() == index)
            .map(|deployment| deployment.tag.as_str());
        let runs = world.wanted_tag(firedrill::sim::ids::ServiceId(index as u32));
        if last.into_iter().next() != runs {
            wrong.push(format!(
                "{}: the cluster wants {runs:?}, which is not what was deployed last",
                service.name
            ));
        }
    }
    wrong
}

fn in_ci(
    world: &World,
    deployment: &Deployment,
    service: &str,
    deploys: &[Value],
    note: &mut dyn FnMut(String),
) {
    let of: Vec<&Value> = deploys
        .iter()
        .filter(|run| {
            let started = instant(&run["started_ms"]);
            let ended = started + Span(run["elapsed_ms"].as_i64().unwrap());
            run["services"]
                .as_array()
                .unwrap()
                .contains(&json!(service))
                && started <= deployment.at
                && deployment.at <= ended
        })
        .collect();
    let [run] = of.as_slice() else {
        note(format!("{} runs of CI deployed it", of.len()));
        return;
    };
    let lines = ask_all(
        world,
        "ci_get_run_logs",
        json!({ "run_id": run["id"] }),
        "lines",
    );
    let applied = lines.iter().any(|line| {
        instant(&line["at_ms"]) == deployment.at
            && line["text"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/{service} configured"))
    });
    if !applied {
        note("the run's log does not apply it when it was".to_owned());
    }
}

fn in_slack(world: &World, deployment: &Deployment, service: &str, note: &mut dyn FnMut(String)) {
    // What went out before history began is not in any channel.
    if deployment.at <= world.plan().history_start() {
        return;
    }
    let channel = &world.plan().pack.estate.deploy_channel;
    let words = format!("Deploying `{service}` {} to production", deployment.tag);
    let posts = world.slack().posts().iter();
    let found = posts.filter(|post| post.channel == *channel && post.text.starts_with(&words));
    let times: Vec<SimTime> = found.map(|post| post.at).collect();
    if !times.contains(&deployment.at) {
        note(format!("{channel} told of it at {times:?}"));
    }
}

fn in_registry(
    world: &World,
    deployment: &Deployment,
    service: &str,
    builds: &[Value],
    note: &mut dyn FnMut(String),
) {
    let spec = &world.plan().services[deployment.service.index()].spec;
    let tag = &deployment.tag;
    let manifest = ask(
        world,
        "registry_get_manifest",
        &json!({ "repo": spec.image, "tag": tag }),
    );
    let built = instant(&manifest["created_ms"]);
    if built > deployment.at {
        note("it was built after it was deployed".to_owned());
    }
    let digest = format!(
        "sha256:{}",
        world
            .cluster()
            .image_digest(&format!("{}:{tag}", spec.image))
    );
    if manifest["digest"] != json!(digest) {
        note("the registry's digest is not the cluster's".to_owned());
    }
    let release = world.releases_of(deployment.service);
    let commit = release
        .filter(|release| release.tag == *tag)
        .find_map(|release| release.commit.clone());
    let (Some(commit), Some(source)) = (commit, &spec.source) else {
        return;
    };
    let repository = &world.repositories()[&source.repo];
    let Some(known) = repository
        .find(&commit)
        .and_then(|index| repository.commit(index))
    else {
        note(format!("Git has no commit {commit}"));
        return;
    };
    let full = known.id.as_str();
    if manifest["labels"]["org.opencontainers.image.revision"] != json!(full) {
        note("the image's label names another commit".to_owned());
    }
    let builder = builds.iter().find(|run| {
        let started = instant(&run["started_ms"]);
        let ended = started + Span(run["elapsed_ms"].as_i64().unwrap());
        run["sha"] == json!(full)
            && run["conclusion"] == json!("success")
            && run["services"]
                .as_array()
                .unwrap()
                .contains(&json!(service))
            && started <= built
            && built <= ended
    });
    if builder.is_none() {
        note("no run of CI built it when the registry says".to_owned());
    }
}

#[test]
fn a_rollout_is_the_same_everywhere() {
    // The scenario with every field of the format is no story: its releases need not make sense.
    for (name, world) in worlds()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("full "))
    {
        assert!(!world.deployments().is_empty(), "{name}");
        assert_eq!(disagreements(&world), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_is_shipped_in_a_drill_is_everywhere_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    let pack = loader::load(&Source::folder(folder), "small").unwrap();
    let mut world = World::open(Arc::new(Plan::new(Arc::new(pack))), 3);
    world
        .apply(&Command::Ship {
            service: "gate".to_owned(),
        })
        .unwrap();
    let running = ask(&world, "ci_list_runs", &json!({ "status": "in_progress" }));
    assert_eq!(
        running["total"],
        json!(1),
        "the build is seen while it runs"
    );
    let until = world.now() + Span::from_mins(8);
    world.advance_to(until);
    let last = world.deployments().last().unwrap();
    assert_eq!(name_of(&world, last), "gate");
    assert!(last.complete.is_some());
    assert_eq!(disagreements(&world), Vec::<String>::new());
}

#[test]
fn every_change_of_a_flag_is_in_its_audit() {
    for (name, mut world) in worlds() {
        let flags: Vec<String> = world.facts().flags.keys().cloned().collect();
        for flag in &flags {
            let on = !world.facts().flags[flag];
            world
                .apply(&Command::SetFlag {
                    flag: flag.clone(),
                    on,
                })
                .unwrap();
        }
        for (at, flag, on, by) in world.facts().flag_changes.clone() {
            let audit = ask(&world, "featureflags_get", &json!({ "flag": flag }));
            let known = audit["audit"].as_array().unwrap().iter().any(|change| {
                instant(&change["at_ms"]) == at
                    && change["on"] == json!(on)
                    && change["by"] == json!(by)
            });
            assert!(known, "{name}: {flag} at {at}");
        }
        let listed = ask_all(&world, "featureflags_list", json!({}), "flags");
        let keys: BTreeSet<&str> = listed
            .iter()
            .map(|flag| flag["flag"].as_str().unwrap())
            .collect();
        assert_eq!(keys.len(), flags.len(), "{name}");
    }
}
