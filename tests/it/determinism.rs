//! A drill is a pure function of scenario, seed and journal: a scripted player over the shipped scenario and several seeds
//! comes to the same world again, also when it was saved and loaded on the way; and what telemetry has shown once stays as
//! it was, to the byte, whatever happens later, in whatever order it is read and however much of it is cached.

use std::path::Path;

use firedrill::scenario::loader::Source;
use firedrill::session::clock::Speed;
use firedrill::session::entry::{Call, Look};
use firedrill::session::journal::{Digest, Door, DrillId, Settings};
use firedrill::sim::promql::matcher::{MatchOp, Matcher};
use firedrill::sim::promql::source::SeriesSource;
use firedrill::sim::telemetry::line_types::{Direction, LineFilter};
use firedrill::sim::telemetry::store::Telemetry;
use firedrill::sim::time::{SimTime, Span};
use firedrill::tools::{Places, Workbench};
use tempfile::TempDir;

const SCENARIO: &str = "carts-emptying";

/// One thing that the scripted player does.
#[derive(Clone, Copy)]
enum Play {
    Shell(&'static str),
    Look(&'static str, &'static str, &'static str),
    Skip,
    Wait(i64),
    Speed(Speed),
}

/// Looks first, tries what does not help, mends one cause, waits for what comes of it.
const SCRIPT: &[Play] = &[
    Play::Shell("pd ack PD-94018"),
    Play::Look(
        "slack",
        "slack_read_channel",
        "{\"channel\":\"#incidents\"}",
    ),
    Play::Shell("kubectl get pods -A"),
    Play::Skip,
    Play::Shell("kubectl rollout restart deploy/cart -n shop"),
    Play::Wait(185),
    Play::Look(
        "kubectl",
        "kubectl",
        "{\"argv\":[\"get\",\"events\",\"-A\"]}",
    ),
    Play::Shell(
        "kafka-consumer-groups --bootstrap-server kafka:9092 --describe --group accounting",
    ),
    Play::Speed(Speed::X10),
    Play::Wait(240),
    Play::Shell("kubectl scale deploy/accounting --replicas=0 -n backoffice"),
    Play::Skip,
    Play::Shell("kubectl get no-such-kind"),
    Play::Shell("valkey-cli -h valkey-cart FLUSHALL --yes"),
    Play::Wait(600),
    Play::Shell("kubectl scale deploy/accounting --replicas=2 -n backoffice"),
    Play::Shell("kubectl rollout restart deploy/checkout -n shop"),
    Play::Skip,
    Play::Skip,
    Play::Shell(
        "kubectl set env deploy/accounting -n backoffice KAFKA_SESSION_TIMEOUT_MS=45000 KAFKA_HEARTBEAT_INTERVAL_MS=3000 KAFKA_MAX_POLL_INTERVAL_MS=300000",
    ),
    Play::Wait(1800),
    Play::Shell("kubectl logs deploy/accounting -n backoffice --tail=20"),
    Play::Wait(900),
];

fn places(saves: &Path) -> Places {
    Places {
        sources: vec![Source::folder(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/scenarios"
        ))],
        saves: saves.to_owned(),
    }
}

fn act(bench: &mut Workbench, play: Play) {
    match play {
        Play::Shell(line) => drop(bench.shell(Door::Shell, line)),
        Play::Look(pane, tool, args) => {
            let look = Look {
                pane: pane.to_owned(),
                query: Some(Call {
                    tool: tool.to_owned(),
                    args: serde_json::from_str(args).unwrap(),
                }),
                first_row: None,
                height: 20,
                frozen: false,
            };
            bench.session_mut().look(Door::Tui, look).unwrap();
        }
        Play::Skip => drop(bench.session_mut().skip(Door::Tui).unwrap()),
        Play::Wait(seconds) => {
            let span = Span::from_secs(seconds);
            bench.session_mut().wait(Door::Cli, span).unwrap();
        }
        Play::Speed(speed) => bench.session_mut().set_speed(Door::Tui, speed).unwrap(),
    }
}

/// States after each record, and the drill's id.
fn states(bench: &Workbench) -> Vec<Digest> {
    let records = bench.session().journal().records();
    records.iter().map(|record| record.state).collect()
}

/// Plays the script; before the steps whose numbers are in `cuts` the drill is closed and loaded from its journal.
fn played(seed: u64, cuts: &[usize]) -> (TempDir, DrillId, Vec<Digest>) {
    let folder = TempDir::new().unwrap();
    let places = places(folder.path());
    let settings = Settings::default();
    let mut bench = places.start(SCENARIO, seed, settings, true).unwrap();
    let id = bench.session().header().drill.clone();
    for (number, play) in SCRIPT.iter().enumerate() {
        if cuts.contains(&number) {
            bench.into_session().close();
            bench = places.resume(Some(id.as_str())).unwrap();
        }
        act(&mut bench, *play);
    }
    let states = states(&bench);
    bench.into_session().close();
    (folder, id, states)
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn a_drill_is_the_same_run_twice_saved_and_loaded_and_replayed() {
    for seed in [1, 20_241_202] {
        let (folder, id, once) = played(seed, &[]);
        assert!(once.len() >= SCRIPT.len() / 2, "{} records", once.len());
        assert_ne!(once.first(), once.last());
        let (_other, _, cut) = played(seed, &[2, 5, 10, 17, 21]);
        assert_eq!(once, cut, "seed {seed}, saved and loaded at five points");
        let journal = folder.path().join(id.journal_name());
        let replayed = places(folder.path()).replay(&journal).unwrap();
        assert_eq!(replayed.difference, None);
        assert_eq!(replayed.records, once.len());
        assert_eq!(Some(replayed.state), once.last().map(Digest::to_string));
    }
}

/// Counters that begin with history cost a pass over all of it where nothing is cached: so many metrics are read.
const METRICS: usize = 6;

/// Samples of some metrics of every kind, and every line of a window.
fn read(telemetry: &Telemetry, from: SimTime, until: SimTime) -> Digest {
    let mut text = Vec::new();
    let names = telemetry.metric_names();
    for name in names.iter().step_by(names.len() / METRICS) {
        let named = Matcher::new("__name__", MatchOp::Equal, name).unwrap();
        let mut series = telemetry.select(&[named], from, until).unwrap();
        series.sort_by_key(|series| series.labels.to_string());
        for one in &series {
            text.extend(one.labels.to_string().into_bytes());
            for (at, value) in one.times.iter().zip(one.values.iter()) {
                text.extend(at.to_le_bytes());
                text.extend(value.to_bits().to_le_bytes());
            }
        }
    }
    let filter = LineFilter {
        from_ms: from.millis(),
        until_ms: until.millis(),
        ..LineFilter::default()
    };
    let mut cursor = None;
    loop {
        let page = telemetry.lines(&filter, cursor, Direction::Newer, 10_000);
        for line in &page.lines {
            text.extend(line.key.to_string().into_bytes());
            text.extend(line.text.as_bytes());
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Digest::of(&text)
}

fn opened(saves: &Path) -> Workbench {
    let settings = Settings::default();
    places(saves).start(SCENARIO, 3, settings, false).unwrap()
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn closed_history_stays_as_it_was() {
    let folder = TempDir::new().unwrap();
    let bench = opened(folder.path());
    let world = bench.world();
    let minute = Span::from_mins(1);
    let (from, middle, until) = (
        world.now() - minute,
        world.now() + minute,
        world.now() + minute + minute,
    );
    let mut plain = world.clone();
    plain.advance_to(until);
    let first = read(plain.signals().telemetry(), from, until);
    assert_eq!(
        read(plain.signals().telemetry(), from, until),
        first,
        "read twice"
    );

    let mut uncached = plain.signals().telemetry().clone();
    uncached.set_cache_bytes(0);
    assert_eq!(read(&uncached, from, until), first, "nothing cached");

    let other_order = plain.signals().telemetry().clone();
    let halves =
        [(middle, until), (from, middle)].map(|(from, until)| read(&other_order, from, until));
    assert_eq!(
        read(&other_order, from, until),
        first,
        "halves read before, the later one first"
    );
    assert_ne!(halves[0], halves[1]);

    let mut changed = world.clone();
    changed.advance_to(middle);
    let early = read(changed.signals().telemetry(), from, middle);
    assert_eq!(early, halves[1], "read while it was new");
    changed.advance_to(until);
    for command in disasters(&changed) {
        drop(changed.apply(&command));
    }
    changed.advance_to(until + Span::from_mins(12));
    let later = read(changed.signals().telemetry(), from, until);
    assert_eq!(later, first, "later faults change what was");
    let mut uncached = changed.signals().telemetry().clone();
    uncached.set_cache_bytes(0);
    assert_eq!(
        read(&uncached, from, until),
        first,
        "nothing cached after later faults"
    );
}

/// Every workload gone, every topic emptied, every server flushed.
fn disasters(world: &firedrill::sim::World) -> Vec<firedrill::sim::command::Command> {
    use firedrill::sim::command::{Command, KafkaCommand};
    use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
    let plan = world.plan();
    let mut commands = Vec::new();
    for service in &plan.services {
        commands.push(Command::Kubernetes(Box::new(KubeCommand::Scale {
            target: ObjectRef::new(Kind::Deployment, &service.spec.namespace, &service.name),
            replicas: u32::from(service.name.len() % 2 == 0),
            expected: None,
        })));
    }
    for topic in plan.names.topics.keys() {
        commands.push(Command::Kafka(KafkaCommand::AlterTopic {
            topic: topic.clone(),
            key: "retention.ms".to_owned(),
            value: Some("60000".to_owned()),
        }));
    }
    for server in plan.names.valkey.keys() {
        commands.push(Command::ValkeyFlush {
            server: server.clone(),
        });
    }
    commands
}
