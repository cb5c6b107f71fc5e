//! Opening a drill, and replaying a long one.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use firedrill::scenario::format::Map;
use firedrill::scenario::loader::{self, Source};
use firedrill::session::Session;
use firedrill::session::clock::WallTime;
use firedrill::session::entry::{Call, ClockChange, Entry, Look};
use firedrill::session::journal::{
    Digest, Door, DrillId, Header, Journal, Label, Record, Settings,
};
use firedrill::session::workers::Threads;
use firedrill::sim::World;
use firedrill::sim::command::{Command, DrillAct, PagerAct};
use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;
use firedrill::tools::Registry;

use super::{Figure, median};

/// The shipped scenario that is measured.
pub const SCENARIO: &str = "carts-emptying";
const SEED: u64 = 7;
const ENTRIES: usize = 200;
const HOURS: i64 = 4;

/// The scenario as it ships.
fn plan() -> Arc<Plan> {
    static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();
    let load = || {
        let pack = loader::load(&Source::built_in(), SCENARIO).expect("it ships without problems");
        Arc::new(Plan::new(Arc::new(pack)))
    };
    Arc::clone(PLAN.get_or_init(load))
}

/// Whether a long drill has its alert rules.
#[derive(Clone, Copy)]
enum Rules {
    All,
    None,
}

/// The same with a deadline that a long drill does not reach.
fn long_plan(rules: Rules) -> Arc<Plan> {
    static PLANS: [OnceLock<Arc<Plan>>; 2] = [OnceLock::new(), OnceLock::new()];
    let load = || {
        let mut pack =
            loader::load(&Source::built_in(), SCENARIO).expect("it ships without problems");
        pack.scenario.deadline.millis = Span::from_hours(HOURS + 2).millis();
        pack.scenario.made_worse = None;
        if matches!(rules, Rules::None) {
            pack.scenario.alerts = Map::default();
            pack.estate.alerts = Map::default();
            pack.estate.alerting.standard = false;
        }
        Arc::new(Plan::new(Arc::new(pack)))
    };
    Arc::clone(PLANS[rules as usize].get_or_init(load))
}

fn header() -> Header {
    Header {
        rules_version: firedrill::tools::open::RULES_VERSION,
        drill: DrillId::try_from("figures".to_owned()).expect("a name"),
        scenario: Label::cleaned(SCENARIO),
        content: Digest::of(b""),
        seed: SEED,
        settings: Settings::default(),
        started: WallTime(0),
    }
}

fn started(rules: Rules) -> Session {
    let journal = Journal::in_memory(header()).expect("a journal in memory");
    Session::start(long_plan(rules), journal, Registry::standard())
}

fn call(tool: &str, argv: &[&str]) -> Call {
    Call {
        tool: tool.to_owned(),
        args: serde_json::json!({ "argv": argv }),
    }
}

/// What a busy trainee does: looks at pods, messages, groups, logs and code; acts now and then.
fn entry(session: &Session, number: usize) -> Entry {
    let plan = session.world().plan();
    let page = plan.pack.scenario.page.clone();
    let service = &plan.services[number * 7 % plan.services.len()];
    let target = ObjectRef::new(Kind::Deployment, &service.spec.namespace, &service.name);
    let name = service.name.as_str();
    match number % 10 {
        0 => Entry::Call(call("kubectl", &["get", "pods", "-A"])),
        1 => Entry::Call(call("slack", &["read", "incidents", "-n", "20"])),
        2 => Entry::Call(call("logs", &[name, "--since", "5m", "-n", "50"])),
        3 => Entry::Call(call(
            "kubectl",
            &["describe", "deploy", name, "-n", &service.spec.namespace],
        )),
        4 => Entry::Look(Look {
            pane: "kubectl".to_owned(),
            query: Some(call("kubectl", &["get", "events", "-A"])),
            first_row: None,
            height: 20 + (number % 7) as u32,
            frozen: true,
        }),
        5 => Entry::Call(call("git", &["log", "-n", "20"])),
        6 => Entry::Command(Command::Kubernetes(Box::new(KubeCommand::RolloutRestart {
            target,
        }))),
        7 => Entry::Command(Command::SlackPost {
            channel: plan.pack.estate.incident_channel.clone(),
            text: format!("looking at {name}"),
            thread: None,
        }),
        8 => Entry::Command(Command::Drill(DrillAct::Note(format!("{name} looks fine")))),
        _ => Entry::Command(Command::Pager {
            incident: page,
            act: PagerAct::Note(format!("checked {name}")),
        }),
    }
}

fn enter(session: &mut Session, entry: Entry) {
    match entry {
        Entry::Command(command) => drop(session.command(Door::Cli, command)),
        Entry::Call(call) => drop(session.call(Door::Cli, call)),
        Entry::Look(look) => drop(session.look(Door::Tui, look)),
        Entry::Clock(
            ClockChange::SkippedTo(_) | ClockChange::Speed(_) | ClockChange::Paused(_),
        ) => {}
    }
}

/// The records of a drill of four hours.
fn records(rules: Rules) -> &'static [Record<Entry>] {
    static RECORDS: [OnceLock<Vec<Record<Entry>>>; 2] = [OnceLock::new(), OnceLock::new()];
    RECORDS[rules as usize].get_or_init(|| {
        let mut session = started(rules);
        let gap = Span::from_hours(HOURS).millis() / (ENTRIES as i64 / 2);
        for number in 0..ENTRIES / 2 {
            let next = entry(&session, number);
            enter(&mut session, next);
            session
                .wait(Door::Cli, Span::from_millis(gap))
                .expect("a journal in memory takes it");
        }
        session.journal().records().to_vec()
    })
}

fn replay(mut session: Session, records: &[Record<Entry>]) -> Digest {
    for record in records {
        session.repeat(record.intent.at, &record.intent.entry);
        assert_eq!(
            session.state(),
            record.state,
            "record {}",
            record.intent.number
        );
    }
    session.state()
}

/// The middle one of several replays' times; what comes before the page is opened before the clock runs.
fn replaying(rules: Rules) -> Duration {
    let records = records(rules);
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let session = started(rules);
            let begun = Instant::now();
            std::hint::black_box(replay(session, records));
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

pub fn figures() -> Vec<Figure> {
    let loading = median(5, || loader::load(&Source::built_in(), SCENARIO));
    let pack =
        Arc::new(loader::load(&Source::built_in(), SCENARIO).expect("it ships without problems"));
    let opening = median(9, || {
        World::open_with(Arc::new(Plan::new(Arc::clone(&pack))), SEED, &Threads)
    });
    // What the threads that a session lends are good for.
    let opening_alone = median(9, || {
        World::open(Arc::new(Plan::new(Arc::clone(&pack))), SEED)
    });
    println!(
        "opened on one thread: {:.1} ms",
        opening_alone.as_secs_f64() * 1000.0
    );
    let with_rules = long_plan(Rules::All);
    let records = records(Rules::None);
    let length = records
        .last()
        .map_or(Span::ZERO, |last| last.intent.at - with_rules.page);
    println!(
        "replayed: {} records over {:.1} h, with {} alert rules or none",
        records.len(),
        length.secs() as f64 / 3600.0,
        with_rules.rules.alerting.len()
    );
    vec![
        Figure::millis("loading a scenario's files", loading, 30.0),
        Figure::millis("opening a drill (plan and world)", opening, 30.0),
        Figure::millis(
            "replaying 4 h, 200 entries, no rules",
            replaying(Rules::None),
            100.0,
        ),
        Figure::millis(
            "replaying 4 h, 200 entries, all rules",
            replaying(Rules::All),
            500.0,
        ),
    ]
}

#[divan::bench(sample_count = 20)]
fn opening_a_drill() -> World {
    World::open_with(plan(), SEED, &Threads)
}

#[divan::bench(sample_count = 10)]
fn replaying_a_drill(bencher: divan::Bencher<'_, '_>) {
    bencher
        .with_inputs(|| started(Rules::All))
        .bench_local_values(|session| replay(session, records(Rules::All)));
}
