//! The world on the small scenario: what happened before the page, what remedies do, and that the same inputs give the
//! same bits whatever the stride.

use std::sync::Arc;

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::command::Command;
use firedrill::sim::kubernetes::template::EnvVar;
use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;

fn plan() -> Arc<Plan> {
    let root = Source::folder(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/scenarios"
    ));
    let pack = loader::load(&root, "small").expect("the small scenario has no problems");
    Arc::new(Plan::new(Arc::new(pack)))
}

fn lag(world: &World) -> u64 {
    let group = world.plan().names.groups["worker"];
    world.lag(group)
}

fn intensity(world: &World, fault: &str) -> f64 {
    world.intensity(world.plan().names.faults[fault])
}

#[test]
fn at_the_page_the_worker_crashes_and_jobs_pile_up() {
    let world = World::open(plan(), 7);
    assert_eq!(world.plan().gaps, Vec::<String>::new());
    assert_eq!(world.signals().refused(), 0, "telemetry refused something");
    assert_eq!(world.now(), world.plan().page);
    assert!(lag(&world) > 5000, "lag is {}", lag(&world));
    assert!(intensity(&world, "jobs-pile-up") > 0.5);
    let worker = world.plan().names.services["worker"];
    assert!(
        world.fleet().of(worker).any(|(_, pod)| pod.life > 5),
        "the worker restarts"
    );
}

#[test]
fn setting_the_variable_mends_it() {
    let mut world = World::open(plan(), 7);
    let set = Command::Kubernetes(Box::new(KubeCommand::SetEnv {
        target: ObjectRef::new(Kind::Deployment, "back", "worker"),
        containers: "*".to_owned(),
        set: vec![EnvVar::plain("BATCH_MS", "250")],
        remove: Vec::new(),
    }));
    world.apply(&set).expect("the cluster takes it");
    let later = world.now() + Span::from_mins(90);
    world.advance_to(later);
    assert!(intensity(&world, "batch-time-missing") < 0.01);
    assert!(lag(&world) < 100, "lag is {}", lag(&world));
    assert!(intensity(&world, "jobs-refused") < 0.01);
}

#[test]
fn nothing_done_nothing_mended() {
    let mut world = World::open(plan(), 7);
    let before = world.loss().total();
    let later = world.now() + Span::from_mins(30);
    world.advance_to(later);
    assert!(
        world.loss().total() > before + 100.0,
        "lost {}",
        world.loss().total()
    );
}

#[test]
fn strides_do_not_matter() {
    let plan = plan();
    let mut one = World::open(Arc::clone(&plan), 3);
    let mut other = World::open(plan, 3);
    let end = one.now() + Span::from_mins(20);
    one.advance_to(end);
    while other.now() < end {
        let next = other.now() + Span::from_millis(1700);
        other.advance_to(next.min(end));
    }
    assert_eq!(one.hash(), other.hash());
}

fn scale(service: &str, namespace: &str, replicas: u32) -> Command {
    Command::Kubernetes(Box::new(KubeCommand::Scale {
        target: ObjectRef::new(Kind::Deployment, namespace, service),
        replicas,
        expected: None,
    }))
}

/// Messages that were ever written to each topic, read from what the drill's telemetry counted.
fn ends(world: &World) -> Vec<u64> {
    world.topics().iter().map(|log| log.end).collect()
}

#[test]
fn a_look_ahead_leaves_no_trace() {
    let plan = plan();
    let mut plain = World::open(Arc::clone(&plan), 7);
    let mut looked = World::open(plan, 7);
    let mut ahead = looked.clone();
    ahead.advance_to(ahead.now() + Span::from_mins(30));
    for world in [&mut plain, &mut looked] {
        world.apply(&scale("intake", "front", 0)).unwrap();
        world.advance_to(world.now() + Span::from_mins(30));
    }
    assert_ne!(
        ends(&plain),
        ends(&ahead),
        "the command changes what is written"
    );
    assert_eq!(ends(&plain), ends(&looked));
    assert_eq!(plain.hash(), looked.hash());
}

#[test]
fn each_release_is_rolled_out_and_announced_once() {
    let plan = plan();
    let worker = &plan.services[plan.names.services["worker"].index()];
    let tags: Vec<_> = worker
        .spec
        .releases
        .iter()
        .map(|release| &release.tag)
        .collect();
    assert_eq!(tags, ["1.3.0", "1.4.0"]);
    let world = World::open(plan, 7);
    let told = world.slack().posts().iter();
    let told = told.filter(|post| post.channel == "#deploys" && post.text.contains("1.4.0"));
    assert_eq!(told.count(), 1);
}
