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
