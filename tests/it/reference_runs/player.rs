//! A player that follows a script: shell lines, looks and notebook acts at their times. Never decides anything itself.

use std::sync::Arc;

use firedrill::debrief::{self, Played};
use firedrill::session::clock::WallTime;
use firedrill::session::journal::{Door, DrillId, Header, Journal, Label, Settings};
use firedrill::session::store::{MemoryStorage, Storage};
use firedrill::session::{Call, Entry, Look, Session};
use firedrill::sim::artifact::Shown;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;
use firedrill::tools::open::{RULES_VERSION, digest_of};
use firedrill::tools::orders::{Order, carry_out};
use firedrill::tools::{Places, Registry, Workbench};

/// A scripted run.
pub struct Run {
    /// Name of the journal in `saves/`.
    pub name: &'static str,
    pub scenario: &'static str,
    pub seed: u64,
    /// Seconds after the page, and what is done then.
    pub script: &'static [(i64, Do)],
    /// How it must end.
    pub ending: &'static str,
    pub wins: bool,
    /// Points it must be between.
    pub points: (u32, u32),
}

/// Something the player does.
pub enum Do {
    /// Types a command line.
    Shell(&'static str),
    /// Pins what the last command line showed: the first thing whose identity has this text.
    PinShown(&'static str, &'static str),
    /// Lets a pane show something: pane, query, filter, first row.
    Look(
        &'static str,
        &'static str,
        &'static str,
        Option<&'static str>,
    ),
    /// Pins what the last look showed.
    PinLooked(&'static str, &'static str),
    Acknowledge(&'static str),
    Resolve(&'static str),
    Post(&'static str),
    Claim {
        component: &'static str,
        mechanism: &'static str,
        why_now: &'static str,
    },
    Report(&'static str),
    /// Only lets time pass.
    Wait,
}

const ROWS: u32 = 40;

/// When reference runs were played, as far as their wall times say: what they are must not change with each recording.
const STARTED: WallTime = WallTime(1_735_689_600_000);

/// Plays a run and gives its journal.
pub fn record(places: &Places, run: &Run) -> Vec<u8> {
    let pack = places.pack(run.scenario).expect("the scenario loads");
    let header = Header {
        rules_version: RULES_VERSION,
        drill: DrillId::try_from(run.name.replace('.', "-")).expect("a drill's name"),
        scenario: Label::cleaned(run.scenario),
        content: digest_of(&pack),
        seed: run.seed,
        settings: Settings::default(),
        started: STARTED,
    };
    let bench = play(pack, header.clone(), run);
    let session = bench.session();
    let played = debrief::debrief(&Played::of(session));
    if std::env::var_os("FIREDRILL_SHOW").is_some() {
        println!("{}", debrief::text::markdown(&played));
    }
    let mut ended = bench.into_session();
    ended.conclude(played.summary()).expect("it concludes");
    rewrite(&ended, header)
}

/// The same records with wall times that follow the simulated ones.
fn rewrite(session: &Session, header: Header) -> Vec<u8> {
    let storage = MemoryStorage::default();
    let name = header.drill.journal_name();
    let kept: Arc<dyn Storage> = Arc::new(storage.clone());
    let mut journal = Journal::<Entry>::create(kept, header).expect("a journal in memory");
    let page = session.world().plan().page;
    for record in session.journal().records() {
        let intent = &record.intent;
        let wall = WallTime(STARTED.0 + (intent.at - page).millis());
        let sequence = journal
            .begin(intent.at, wall, intent.door, intent.entry.clone())
            .expect("the record is taken again");
        journal
            .complete(sequence, record.verdict.clone(), record.state)
            .expect("the record is completed");
    }
    let outcome = session
        .journal()
        .outcome()
        .unwrap_or_else(|| panic!("{name} does not end: it is {:?}", session.world().drill()));
    journal.conclude(outcome.clone()).expect("it concludes");
    journal.close();
    storage.bytes(&name).expect("the journal was written")
}

fn play(pack: firedrill::scenario::Pack, header: Header, run: &Run) -> Workbench {
    let registry = Registry::standard();
    let plan = Arc::new(Plan::new(Arc::new(pack)));
    let journal = Journal::in_memory(header).expect("a journal in memory");
    let session = Session::start(plan, journal, Arc::<Registry>::clone(&registry));
    let mut bench = Workbench::new(session, registry);
    let mut shown = Vec::new();
    for (after, step) in run.script {
        let at = bench.world().plan().page + Span::from_secs(*after);
        assert!(
            at >= bench.world().now() || bench.session().is_over(),
            "{}: it is later than {after} s already: {}",
            run.name,
            bench.world().now()
        );
        bench.session_mut().run_to(at);
        act(&mut bench, step, &mut shown, run.name);
    }
    bench
}

fn act(bench: &mut Workbench, step: &Do, shown: &mut Vec<Shown>, name: &str) {
    let order = match step {
        Do::Wait => return,
        Do::Shell(line) => {
            let answer = bench.exec(Door::Shell, &words(line), "");
            assert!(
                answer.code == 0,
                "{name}: {line}: {}{}",
                answer.text,
                answer.error
            );
            if std::env::var_os("FIREDRILL_SHOW").is_some() {
                println!("{}$ {line}\n{}", bench.world().now(), answer.text);
            }
            *shown = answer.shown;
            return;
        }
        Do::Look(pane, query, filter, first) => {
            let args = serde_json::json!({
                "pane": pane, "query": query, "filter": filter, "first": first, "rows": ROWS,
                "frozen_at_ms": null,
            });
            let query = Call {
                tool: "board_view".to_owned(),
                args,
            };
            *shown = bench.peek(&query).shown;
            let look = Look {
                pane: (*pane).to_owned(),
                query: Some(query),
                first_row: None,
                height: ROWS,
                frozen: false,
            };
            bench
                .session_mut()
                .look(Door::Tui, look)
                .expect("the look is taken");
            return;
        }
        Do::PinShown(text, label) | Do::PinLooked(text, label) => {
            let id = shown.iter().map(Shown::id).find(|id| id.contains(text));
            let ids: Vec<String> = shown.iter().map(Shown::id).collect();
            Order::Pin {
                artifact: id.unwrap_or_else(|| panic!("{name}: nothing with {text} in {ids:#?}")),
                label: (*label).to_owned(),
            }
        }
        Do::Acknowledge(page) => Order::Acknowledge((*page).to_owned()),
        Do::Resolve(page) => Order::Resolve((*page).to_owned()),
        Do::Post(text) => Order::Post {
            channel: bench.world().plan().pack.estate.incident_channel.clone(),
            thread: None,
            text: (*text).to_owned(),
        },
        Do::Claim {
            component,
            mechanism,
            why_now,
        } => Order::Claim {
            component: (*component).to_owned(),
            mechanism: (*mechanism).to_owned(),
            why_now: (*why_now).to_owned(),
            evidence: bench.world().trainee().pins.keys().cloned().collect(),
        },
        Do::Report(text) => Order::Report((*text).to_owned()),
    };
    carry_out(bench, Door::Tui, order).unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// The words of a line: single quotes hold together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
