//! Random commands and random waits at the small scenario's world: nothing panics, no state is impossible, and the same
//! script gives the same world run twice, run with another stride, and run while somebody looks.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::artifact::Shown;
use firedrill::sim::command::{
    Claim, Command, DrillAct, Hypothesis, KafkaCommand, OffsetTarget, PagerAct,
};
use firedrill::sim::git::command::RepoCommand;
use firedrill::sim::kubernetes::command::PatchForm;
use firedrill::sim::kubernetes::template::EnvVar;
use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef, Quantity};
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;
use firedrill::sim::world::consumers::Pace;
use proptest::prelude::*;
use proptest::sample::select;

/// The world at the page; opened once, for every case begins there.
fn opened() -> World {
    static WORLD: OnceLock<std::sync::Mutex<World>> = OnceLock::new();
    let open = || {
        let root = Source::folder(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/scenarios"
        ));
        let pack = loader::load(&root, "small").expect("the small scenario has no problems");
        World::open(Arc::new(Plan::new(Arc::new(pack))), 5).into()
    };
    WORLD.get_or_init(open).lock().unwrap().clone()
}

/// One step of a script.
#[derive(Clone, Debug)]
enum Act {
    Wait(i64),
    Do(Box<Command>),
    Look,
}

fn name(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(known).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => "[a-z*:/ ]{1,12}",
    ]
}

const SERVICES: &[&str] = &["gate", "intake", "worker", "broker", "cache", "mailer"];

fn target() -> impl Strategy<Value = ObjectRef> {
    let kinds = [
        Kind::Deployment,
        Kind::Deployment,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::Pod,
        Kind::Node,
        Kind::ConfigMap,
        Kind::Service,
        Kind::CronJob,
    ];
    (
        select(kinds.to_vec()),
        name(&["front", "back"]),
        name(SERVICES),
    )
        .prop_map(|(kind, namespace, name)| ObjectRef::new(kind, &namespace, &name))
}

/// A workload that exists, in the namespace it is in.
fn workload() -> impl Strategy<Value = ObjectRef> {
    select(vec![
        ObjectRef::new(Kind::Deployment, "front", "gate"),
        ObjectRef::new(Kind::Deployment, "front", "intake"),
        ObjectRef::new(Kind::Deployment, "back", "worker"),
        ObjectRef::new(Kind::Deployment, "back", "mailer"),
        ObjectRef::new(Kind::StatefulSet, "back", "broker"),
        ObjectRef::new(Kind::StatefulSet, "back", "cache"),
    ])
}

fn any_target() -> impl Strategy<Value = ObjectRef> {
    prop_oneof![4 => workload(), 1 => target()]
}

fn cluster_command() -> impl Strategy<Value = KubeCommand> {
    let value = name(&["250", "1", "-1", "info"]);
    let variable = name(&["BATCH_MS", "LOG_LEVEL", "KAFKA_LOG_RETENTION_HOURS"]);
    let containers = name(&["*", "worker", "gate"]);
    let replicas = prop_oneof![Just(0_u32), Just(1), 0..6_u32, Just(100)];
    let node = || name(&["node-a", "node-b"]);
    prop_oneof![
        3 => (any_target(), containers, variable, value, any::<bool>()).prop_map(
            |(target, containers, name, value, remove)| KubeCommand::SetEnv {
                target,
                containers,
                set: if remove { Vec::new() } else { vec![EnvVar::plain(&name, &value)] },
                remove: if remove { vec![name] } else { Vec::new() },
            }
        ),
        3 => (any_target(), replicas.clone(), prop::option::of(0..3_u32)).prop_map(
            |(target, replicas, expected)| KubeCommand::Scale { target, replicas, expected }
        ),
        2 => any_target().prop_map(|target| KubeCommand::RolloutRestart { target }),
        2 => (any_target(), prop::option::of(0..5_u64))
            .prop_map(|(target, to_revision)| KubeCommand::RolloutUndo { target, to_revision }),
        2 => (any_target(), name(&["registry.alpha.example/worker:1.3.0", "nothing:none"]))
            .prop_map(|(target, image)| KubeCommand::SetImage {
                target,
                images: vec![("*".to_owned(), image)],
            }),
        1 => any_target().prop_map(|target| KubeCommand::RolloutPause { target }),
        1 => any_target().prop_map(|target| KubeCommand::RolloutResume { target }),
        1 => (any_target(), any::<bool>())
            .prop_map(|(target, force)| KubeCommand::Delete { target, grace: None, force }),
        1 => target().prop_map(|target| KubeCommand::Evict { target }),
        1 => (any_target(), name(&["{\"spec\":{\"replicas\":3}}", "{", "[]"])).prop_map(
            |(target, patch)| KubeCommand::Patch { target, form: PatchForm::Merge, patch }
        ),
        1 => (any_target(), name(&["{}", "null"]))
            .prop_map(|(target, manifest)| KubeCommand::ReplaceManifest { target, manifest }),
        1 => (any_target(), 1..400_i64).prop_map(|(target, mebibytes)| KubeCommand::SetResources {
            target,
            containers: "*".to_owned(),
            limits: BTreeMap::from([("memory".to_owned(), Quantity::mebibytes(mebibytes))]),
            requests: BTreeMap::new(),
        }),
        1 => node().prop_map(|node| KubeCommand::Cordon { node }),
        1 => node().prop_map(|node| KubeCommand::Uncordon { node }),
        1 => node().prop_map(|node| KubeCommand::Drain { node }),
        1 => (any_target(), 0..3_u32, replicas).prop_map(|(target, min, max)| {
            KubeCommand::Autoscale { target, name: None, min, max, cpu_percent: 80 }
        }),
        1 => (name(&["back"]), name(&["by-hand"]), name(&["cleanup"])).prop_map(
            |(namespace, name, from)| KubeCommand::CreateJob { namespace, name, from }
        ),
        1 => name(&["new"]).prop_map(|name| KubeCommand::CreateNamespace { name }),
    ]
}

fn kafka_command() -> impl Strategy<Value = KafkaCommand> {
    let to = prop_oneof![
        Just(OffsetTarget::Earliest),
        Just(OffsetTarget::Latest),
        any::<u64>().prop_map(OffsetTarget::Offset),
        any::<i64>().prop_map(OffsetTarget::ShiftBy),
    ];
    let topic = || name(&["jobs"]);
    prop_oneof![
        4 => (name(&["worker"]), topic(), to)
            .prop_map(|(group, topic, to)| KafkaCommand::ResetOffsets { group, topic, partitions: Vec::new(), to }),
        4 => (
            topic(),
            name(&["retention.ms", "cleanup.policy"]),
            prop::option::of(name(&["60000", "-1", "86400000", "9223372036854775807"])),
        )
            .prop_map(|(topic, key, value)| KafkaCommand::AlterTopic { topic, key, value }),
        1 => topic().prop_map(|topic| KafkaCommand::DeleteTopic { topic }),
    ]
}

fn drill_act() -> impl Strategy<Value = DrillAct> {
    prop_oneof![
        3 => (0..40_u32).prop_map(|number| DrillAct::Hint { number }),
        3 => (".{0,20}", ".{0,8}").prop_map(|(artifact, title)| DrillAct::Pin { artifact, title }),
        2 => ".{0,20}".prop_map(|artifact| DrillAct::Unpin { artifact }),
        2 => ".{0,40}".prop_map(DrillAct::Note),
        1 => Just(DrillAct::Hypothesis(Hypothesis { number: 1, ..Hypothesis::default() })),
        1 => Just(DrillAct::Claim(Claim { component: "worker".to_owned(), ..Claim::default() })),
        1 => ".{0,40}".prop_map(DrillAct::Report),
    ]
}

fn repository_command() -> impl Strategy<Value = RepoCommand> {
    prop_oneof![
        3 => (name(&[".env", "src/worker/Main.cs", "README.md", "../out"]), prop::option::of("[A-Z_=0-9\n]{0,40}"))
            .prop_map(|(path, text)| RepoCommand::Write { path, text }),
        1 => Just(RepoCommand::Stage { paths: Vec::new(), tracked_only: false }),
        1 => prop::option::of("[a-z ]{0,12}").prop_map(|message| RepoCommand::Commit {
            message,
            all: true,
            amend: false,
            allow_empty: false,
        }),
        1 => name(&["HEAD", "b7c0de1", "a100001"]).prop_map(|commit| RepoCommand::Revert {
            commits: vec![commit],
            commit: true,
        }),
        1 => name(&["main"]).prop_map(|branch| RepoCommand::Push { branch, force: false }),
        1 => Just(RepoCommand::Pull),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let act = prop_oneof![
        Just(PagerAct::Acknowledge),
        Just(PagerAct::Resolve),
        ".{0,20}".prop_map(PagerAct::Note),
    ];
    prop_oneof![
        8 => cluster_command().prop_map(|command| Command::Kubernetes(Box::new(command))),
        3 => kafka_command().prop_map(Command::Kafka),
        1 => name(&["cache"]).prop_map(|server| Command::ValkeyFlush { server }),
        2 => (name(&["#incidents", "#jobs"]), ".{0,60}", prop::option::of(name(&["1772459400.236066", "m2"])))
            .prop_map(|(channel, text, thread)| Command::SlackPost { channel, text, thread }),
        1 => "@lena [a-z ]{0,20}(worker deploy|mailer|jobs gate)".prop_map(|text| Command::SlackPost {
            channel: "#incidents".to_owned(),
            text,
            thread: None,
        }),
        2 => (name(&["PD-1"]), act).prop_map(|(incident, act)| Command::Pager { incident, act }),
        2 => (name(&["alpha"]), repository_command())
            .prop_map(|(repo, command)| Command::Repository { repo, command }),
        2 => name(SERVICES).prop_map(|service| Command::Ship { service }),
        1 => (name(&["batch-size-v2"]), any::<bool>())
            .prop_map(|(flag, on)| Command::SetFlag { flag, on }),
        2 => drill_act().prop_map(Command::Drill),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1..600_i64).prop_map(Act::Wait),
        1 => (600..5400_i64).prop_map(Act::Wait),
        8 => command().prop_map(|command| Act::Do(Box::new(command))),
        1 => Just(Act::Look),
    ]
}

/// Moves a world as its caller strides.
type Advance = fn(&mut World, Span);

fn at_once(world: &mut World, span: Span) {
    let target = world.now() + span;
    world.advance_to(target);
}

fn in_pieces(world: &mut World, span: Span) {
    let target = world.now() + span;
    let mut piece = 700;
    while world.now() < target {
        let before = world.now();
        piece = piece * 7 % 90_001 + 1000;
        world.advance_to((before + Span::from_millis(piece)).min(target));
        if world.now() == before {
            return;
        }
    }
}

/// What never goes back, as of the step before.
#[derive(Default)]
struct Before {
    lost: f64,
    ends: Vec<u64>,
    starts: Vec<u64>,
    gone: Vec<u64>,
}

impl Before {
    /// Whether a world can have come from there, and is possible at all.
    fn check(&mut self, world: &World) -> Result<(), TestCaseError> {
        prop_assert!(
            world.loss().total() >= self.lost,
            "what was lost comes back"
        );
        self.lost = world.loss().total();
        let plan = Arc::clone(world.plan());
        self.ends.resize(plan.topics.len(), 0);
        self.starts.resize(plan.topics.len(), 0);
        self.gone.resize(plan.groups.len(), 0);
        for (index, log) in world.topics().iter().enumerate() {
            prop_assert!(
                log.start <= log.end,
                "{} begins after its end",
                plan.topics[index].name
            );
            prop_assert!(log.end >= self.ends[index] && log.start >= self.starts[index]);
            (self.ends[index], self.starts[index]) = (log.end, log.start);
        }
        for (index, (group, spec)) in world.groups().iter().zip(&plan.groups).enumerate() {
            let log = &world.topics()[spec.topic.index()];
            for (progress, log) in group.with(log) {
                prop_assert!(
                    progress.committed <= log.end,
                    "{} is ahead of its topic",
                    spec.name
                );
            }
            let lag = if log.exists {
                log.end - group.committed()
            } else {
                0
            };
            prop_assert_eq!(world.lag(plan.names.groups[&spec.name]), lag);
            prop_assert!(!group.is_all(Pace::Following) || lag == 0);
            prop_assert!(group.lost() >= self.gone[index]);
            self.gone[index] = group.lost();
        }
        for (index, service) in plan.services.iter().enumerate() {
            let id = plan.names.services[&service.name];
            let pods = world.fleet().of(id);
            let (count, ready) = pods.fold((0, 0), |(count, ready), (_, pod)| {
                (count + 1, ready + u32::from(pod.ready))
            });
            prop_assert!(ready <= count);
            prop_assert_eq!(ready, world.fleet().ready()[index]);
        }
        for (name, fault) in &plan.names.faults {
            let intensity = world.intensity(*fault);
            prop_assert!((0.0..=1.0).contains(&intensity), "{name} is at {intensity}");
        }
        for (name, id) in &plan.names.stocks {
            let (level, stock) = (world.stock(*id), &plan.pack.scenario.stocks[name]);
            prop_assert!(
                (0.0..=stock.capacity).contains(&level),
                "{name} is at {level}"
            );
        }
        for flow in &world.flows().routes {
            let all: f64 = flow.shares.iter().sum();
            prop_assert!((all - 1.0).abs() < 1e-9 && flow.shares.iter().all(|share| *share >= 0.0));
            prop_assert!(flow.rate.is_finite() && flow.latency_ms.is_finite());
        }
        prop_assert_eq!(world.signals().refused(), 0, "telemetry refused something");
        Ok(())
    }
}

/// Plays a script and answers with the hash after each of its steps.
fn play(script: &[Act], advance: Advance) -> Result<Vec<String>, TestCaseError> {
    let mut world = opened();
    let mut before = Before::default();
    let mut hashes = Vec::new();
    for act in script {
        match act {
            Act::Wait(seconds) => advance(&mut world, Span::from_secs(*seconds)),
            Act::Do(command) => drop(world.apply(command)),
            Act::Look => world.observe(&[
                Shown::Group("worker".to_owned()),
                Shown::PodStatus("mailer".to_owned()),
            ]),
        }
        before.check(&world)?;
        hashes.push(world.hash());
    }
    Ok(hashes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    #[cfg_attr(
        debug_assertions,
        ignore = "takes minutes without optimisation: cargo test --release"
    )]
    fn the_world_stays_possible_and_the_same(script in prop::collection::vec(act(), 1..24)) {
        let once = play(&script, at_once)?;
        prop_assert_eq!(&play(&script, at_once)?, &once, "run twice");
        prop_assert_eq!(&play(&script, in_pieces)?, &once, "another stride");
    }
}
