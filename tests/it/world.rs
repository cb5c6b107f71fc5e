//! The world on the small scenario: what happened before the page, what remedies do, and that the same inputs give the
//! same bits whatever the stride.

use std::sync::Arc;

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::command::Command;
use firedrill::sim::kubernetes::template::EnvVar;
use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
use firedrill::sim::plan::Plan;
use firedrill::sim::telemetry::slots::SlotTrack;
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

#[test]
fn the_past_of_the_cluster_is_one_that_a_cluster_can_have() {
    use firedrill::sim::kubernetes::pod::Phase;
    let world = World::open(plan(), 7);
    let now = world.now();
    // A CronJob keeps three Jobs that ended well and one that failed; none runs longer than a run takes.
    let (mut of_jobs, mut restarted) = (0, 0);
    for job in world.cluster().jobs().values() {
        let newest = now - job.meta.created_at;
        assert!(newest < Span::from_hours(6), "{} is old", job.meta.name);
    }
    for cron_job in world.cluster().cron_jobs().values() {
        let jobs: Vec<_> = world.cluster().jobs_of(cron_job).collect();
        assert!((3..=5).contains(&jobs.len()), "{} jobs", jobs.len());
    }
    for (key, pod) in world.cluster().pods() {
        if pod.cron_job.is_some() {
            of_jobs += 1;
            let age = now - pod.meta.created_at;
            assert!(
                pod.phase() != Phase::Running || age < Span::from_mins(30),
                "{} runs since {}",
                key.name,
                pod.meta.created_at
            );
        }
    }
    assert!(of_jobs >= 3, "{of_jobs} pods of Jobs");
    // What Prometheus says of restarts is what kubectl says, for crash loops that everybody knows too.
    for (index, service) in world.plan().services.iter().enumerate() {
        let id = firedrill::sim::ids::ServiceId(index as u32);
        let telemetry = world.signals().telemetry();
        let track = world
            .signals()
            .service(id)
            .and_then(|of| telemetry.slots(of.slots));
        for (_, slot) in track.into_iter().flat_map(SlotTrack::slots) {
            let pod = world.cluster().pod(&service.spec.namespace, &slot.pod);
            if let Some(pod) = pod.filter(|_| slot.end_ms.is_none()) {
                let told = slot.restarts_until(now.millis());
                assert_eq!(told, u64::from(pod.restart_count()), "{}", slot.pod);
                restarted += told;
            }
        }
    }
    assert!(restarted > 5_000, "{restarted}");
    // A kubelet counts from its own start on: at a look each fourteen seconds, three weeks are 130,000.
    let counts = world.cluster().pods().keys().flat_map(|key| {
        let counts = world.cluster().event_counts(&key.namespace, &key.name);
        counts.into_iter().filter(|count| count.reason == "BackOff")
    });
    let most = counts.map(|count| count.times).max().unwrap_or(0);
    assert!((1_000..130_000).contains(&most), "{most}");
}

#[test]
fn a_pod_that_is_replaced_under_its_own_name_within_a_step_runs() {
    let mut world = World::open(plan(), 7);
    let broker = world.plan().names.services["broker"];
    let service = &world.plan().services[broker.index()];
    let target = ObjectRef::new(Kind::StatefulSet, &service.spec.namespace, "broker");
    for round in 0..12 {
        let restart = KubeCommand::RolloutRestart {
            target: target.clone(),
        };
        world
            .apply(&Command::Kubernetes(Box::new(restart)))
            .expect("the cluster takes it");
        world.advance_to(world.now() + Span::from_secs(97));
        assert_eq!(world.fleet().ready_of(broker), 1, "round {round}");
    }
}
