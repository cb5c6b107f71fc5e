//! The reference runs in `saves/`: each journal is replayed and must come to its recorded outcome, hash and score. They are
//! made by a scripted player; `FIREDRILL_BLESS=1` plays the scripts again and rewrites the journals.

pub mod player;
mod scripts;

use std::path::{Path, PathBuf};

use firedrill::debrief::{self, Debrief};
use firedrill::scenario::loader::Source;
use firedrill::session::Entry;
use firedrill::session::journal::{self, Contents, Limits};
use firedrill::session::store::open_file;
use firedrill::tools::open::RULES_VERSION;
use firedrill::tools::{Places, Watched};
use scripts::RUNS;

const BLESS: &str = "FIREDRILL_BLESS";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn places() -> Places {
    Places {
        sources: vec![Source::folder(root().join("scenarios"))],
        saves: root().join("saves"),
    }
}

fn path_of(name: &str) -> PathBuf {
    root().join("saves").join(format!("{name}.journal"))
}

fn read(path: &Path) -> Option<Contents<Entry>> {
    let file = open_file(path).ok()?;
    journal::read(file, Limits::STANDARD).ok()
}

fn watch(name: &str) -> (Watched, Debrief) {
    let watched = places()
        .watch(&path_of(name))
        .unwrap_or_else(|error| panic!("{name}: {error}; {BLESS}=1 records the runs again"));
    let debrief = debrief::debrief(&watched.played());
    (watched, debrief)
}

/// Plays the scripts and writes the journals. A run that would replay differently from what is recorded, with the same
/// entries, the same scenario and the same rules version, is refused: the version must rise with the rules.
fn bless() {
    for run in RUNS {
        let path = path_of(run.name);
        if let Some(old) = read(&path)
            && old.header.rules_version == RULES_VERSION
            && let Ok(watched) = places().watch(&path)
            && watched.replayed.remarks.is_empty()
            && let Some(difference) = watched.replayed.difference
        {
            panic!(
                "{}: {difference}, but the rules version is still {RULES_VERSION}: raise RULES_VERSION in src/tools/open.rs first",
                run.name
            );
        }
        let bytes = player::record(&places(), run);
        std::fs::create_dir_all(root().join("saves")).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let (watched, debrief) = watch(run.name);
        println!(
            "{}: {} after {} records, {} of {} points",
            run.name,
            watched.replayed.outcome,
            watched.replayed.records,
            debrief.score.points,
            debrief.score.out_of
        );
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn reference_runs_replay_to_their_outcome_hash_and_score() {
    if std::env::var_os(BLESS).is_some() {
        bless();
    }
    for run in RUNS {
        let (watched, debrief) = watch(run.name);
        let header = &watched.contents.header;
        assert_eq!(
            header.rules_version, RULES_VERSION,
            "{}: the rules version has risen; {BLESS}=1 records the runs again",
            run.name
        );
        assert_eq!(
            watched.replayed.remarks,
            Vec::<String>::new(),
            "{}: {BLESS}=1 records the runs again",
            run.name
        );
        assert_eq!(
            watched.replayed.difference, None,
            "{}: the same entries give another world: raise RULES_VERSION in src/tools/open.rs, then record with {BLESS}=1",
            run.name
        );
        let outcome = watched
            .contents
            .outcome
            .as_ref()
            .expect("the run has ended");
        assert_eq!(outcome.ending.as_str(), run.ending, "{}", run.name);
        assert_eq!(watched.replayed.outcome, run.ending, "{}", run.name);
        assert_eq!(
            serde_json::Value::Object(outcome.summary.clone()),
            serde_json::Value::Object(debrief.summary()),
            "{}: the score differs from what was recorded; {BLESS}=1 records the runs again",
            run.name
        );
        assert_eq!(debrief.is_win, run.wins, "{}", run.name);
        let (least, most) = run.points;
        assert!(
            (least..=most).contains(&debrief.score.points),
            "{}: {} points are not in {least}..={most}",
            run.name,
            debrief.score.points
        );
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn points_name_entries_of_the_journal() {
    let (watched, debrief) = watch("carts-emptying.expert");
    let items = debrief.score.parts.iter().flat_map(|part| &part.items);
    for item in items.filter(|item| item.points != 0) {
        assert!(!item.entries.is_empty(), "{} names no entry", item.name);
    }
    for entry in debrief.named_entries() {
        let record = watched
            .contents
            .records
            .iter()
            .find(|record| record.intent.number == entry.record)
            .unwrap_or_else(|| panic!("there is no record {}", entry.record));
        assert_eq!(record.intent.at, entry.at);
        assert_eq!(debrief::entries::entry(&record.intent.entry), entry.what);
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn the_course_without_looks_loses_what_the_drill_lost() {
    for name in ["carts-emptying.expert", "carts-emptying.restart-checkout"] {
        let (watched, debrief) = watch(name);
        let end = watched.session.world().now();
        let whole = end.floor_to(firedrill::sim::time::Span::from_mins(1));
        let lost = |minutes: &[(firedrill::sim::time::SimTime, f64)]| {
            let found = minutes.iter().find(|(at, _)| *at == whole);
            found.map(|(_, total)| *total)
        };
        let drill: Vec<_> = watched.session.world().loss().minutes().collect();
        assert_eq!(lost(&debrief.actual.minutes), lost(&drill), "{name}");
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn steps_are_named_by_what_they_cost() {
    use firedrill::debrief::steps::Effect;
    let (_, flush) = watch("carts-emptying.flush-valkey");
    let step = flush
        .steps
        .iter()
        .find(|step| step.entry.what.contains("FLUSHALL"))
        .expect("the flush was tried without");
    assert_eq!(step.effect, Effect::Worse, "{}", step.says);
    let (_, cart) = watch("carts-emptying.restart-cart");
    assert!(
        cart.steps.iter().all(|step| step.effect == Effect::Nothing),
        "{:?}",
        cart.steps
    );
    let (_, expert) = watch("carts-emptying.expert");
    assert!(
        expert
            .steps
            .iter()
            .all(|step| matches!(step.effect, Effect::Helped | Effect::Spare)),
        "{:?}",
        expert.steps
    );
}

#[test]
fn the_debrief_fits_its_columns_and_tells_where_to_look() {
    let (_, debrief) = watch("carts-emptying.restart-cart");
    let text = debrief::text::markdown(&debrief);
    for line in text.lines() {
        assert!(
            line.chars().count() <= debrief::drawing::COLUMNS + 4,
            "{line}"
        );
    }
    for heading in [
        "## Result",
        "## Causal graph",
        "## Impact",
        "## Timeline",
        "## Clues",
        "## Wrong trails",
        "## Steps",
        "## Better",
        "## Your report",
    ] {
        assert!(text.contains(heading), "{heading}");
    }
    assert!(text.contains("Where: Shell: `kubectl describe deployment accounting -n backoffice`"));
}
