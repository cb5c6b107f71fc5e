//! The journal as a whole: killed anywhere, damaged anywhere, on disks that fail. Only tests.

use std::sync::Arc;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::*;
use crate::session::clock::WallTime;
use crate::session::store::{MemoryStorage, Storage};
use crate::sim::time::SimTime;

mod damage;
mod disks;

const FILE: &str = "alpha-1.journal";

/// What a test's session does; the real one has other entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Act {
    Scale { workload: String, replicas: u32 },
    Call { tool: String, args: Value },
    Say(String),
    Weigh(f64),
}

fn header() -> Header {
    Header {
        rules_version: 3,
        drill: drill(),
        scenario: Label::cleaned("alpha"),
        content: Digest::of(b"files"),
        seed: 7,
        settings: Settings::default(),
        started: WallTime(1_700_000_000_000),
    }
}

fn drill() -> DrillId {
    DrillId::try_from("alpha-1".to_owned()).unwrap()
}

fn script() -> Vec<Act> {
    vec![
        Act::Scale {
            workload: "web".to_owned(),
            replicas: 3,
        },
        Act::Call {
            tool: "logs".to_owned(),
            // Fields that look like the journal's own.
            args: serde_json::json!({"z": 1, "before": Digest::of(b"x"), "a": [{"n": 1}]}),
        },
        Act::Say("quoted \",\"before\":\" and\nmore \u{1b}[2J é".to_owned()),
        Act::Weigh(0.1 + 0.2),
    ]
}

/// A world that is nothing but what was done to it; it refuses to weigh.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    state: Digest,
}

impl World {
    fn apply(&mut self, act: &Act) -> Verdict {
        let text = format!("{} {act:?}", self.state);
        self.state = Digest::of(text.as_bytes());
        match act {
            Act::Weigh(_) => Verdict::Rejected(Label::cleaned("no-scales")),
            _ => Verdict::Ok,
        }
    }
}

fn act_once(journal: &mut Journal<Act>, world: &mut World, act: &Act) {
    let step = journal.records().len() as i64;
    let sequence = journal
        .begin(
            SimTime(1_733_132_700_000 + step * 1000),
            WallTime(1_700_000_000_500 + step),
            Door::Tui,
            act.clone(),
        )
        .unwrap();
    let verdict = world.apply(act);
    journal.complete(sequence, verdict, world.state).unwrap();
}

fn conclude(journal: &mut Journal<Act>, world: &World) {
    let outcome = Outcome {
        ending: Label::cleaned("resolved"),
        at: SimTime(1_733_132_799_000),
        state: world.state,
        summary: Map::from_iter([("points".to_owned(), Value::from(71))]),
    };
    journal.conclude(outcome).unwrap();
}

/// Plays the script from where the journal stands to the end.
fn play_on(mut journal: Journal<Act>, world: &mut World) -> Saving {
    for act in script().iter().skip(journal.records().len()) {
        act_once(&mut journal, world, act);
    }
    conclude(&mut journal, world);
    journal.close()
}

/// Runs again what a resumed journal holds, and completes its open record.
fn replay(journal: &mut Journal<Act>) -> World {
    let mut world = World::default();
    for record in journal.records() {
        assert_eq!(world.apply(&record.intent.entry), record.verdict);
        assert_eq!(world.state, record.state);
    }
    if let Some(open) = journal.open_record().cloned() {
        let verdict = world.apply(&open.entry);
        journal
            .complete(Sequence(open.number), verdict, world.state)
            .unwrap();
    }
    world
}

/// The bytes of the whole drill, played without a break.
fn played() -> Vec<u8> {
    let storage = MemoryStorage::default();
    let journal = Journal::create(Arc::new(storage.clone()), header()).unwrap();
    let saving = play_on(journal, &mut World::default());
    assert!(matches!(saving, Saving::Saved { .. }), "{saving:?}");
    storage.bytes(FILE).unwrap()
}

fn stored(bytes: &[u8]) -> MemoryStorage {
    let storage = MemoryStorage::default();
    storage.replace(FILE, bytes).unwrap();
    storage
}

fn read_bytes(bytes: &[u8]) -> Result<Contents<Act>, Fault> {
    read(bytes, Limits::STANDARD)
}

/// Where each line ends, its line end not counted.
fn line_ends(bytes: &[u8]) -> Vec<usize> {
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn a_played_drill_reads_back() {
    let bytes = played();
    let contents = read_bytes(&bytes).unwrap();
    assert_eq!(contents.header, header());
    let acts: Vec<Act> = contents
        .records
        .iter()
        .map(|record| record.intent.entry.clone())
        .collect();
    assert_eq!(acts, script());
    assert_eq!(
        contents.records[3].verdict,
        Verdict::Rejected(Label::cleaned("no-scales"))
    );
    let outcome = contents.outcome.unwrap();
    assert_eq!(outcome.ending.as_str(), "resolved");
    assert_eq!(outcome.state, contents.records[3].state);
    assert_eq!(
        (contents.open, contents.tail, contents.fault),
        (None, Tail::Whole, None)
    );
    assert_eq!(line_ends(&bytes).len(), 6);
}

#[test]
fn an_entry_is_written_before_it_is_applied_and_its_result_after() {
    let storage = MemoryStorage::default();
    let mut journal = Journal::create(Arc::new(storage.clone()), header()).unwrap();
    let act = Act::Say("hello".to_owned());
    let before = storage.bytes(FILE).unwrap();
    let sequence = journal
        .begin(SimTime(1), WallTime(2), Door::Mcp, act.clone())
        .unwrap();
    let begun = String::from_utf8(storage.bytes(FILE).unwrap()[before.len()..].to_vec()).unwrap();
    let chain = Digest::of(before.trim_ascii_end());
    assert_eq!(
        begun,
        format!(
            "{{\"n\":1,\"at_ms\":1,\"wall_ms\":2,\"door\":\"mcp\",\"entry\":{{\"say\":\"hello\"}},\"before\":\"{chain}\""
        )
    );
    assert_eq!(journal.open_record().map(|open| &open.entry), Some(&act));
    assert_eq!(journal.records().len(), 0);
    journal
        .complete(sequence, Verdict::Ok, Digest::default())
        .unwrap();
    let whole = String::from_utf8(storage.bytes(FILE).unwrap()[before.len()..].to_vec()).unwrap();
    assert_eq!(
        whole,
        format!(
            "{begun},\"result\":\"ok\",\"state\":\"{}\"}}\n",
            Digest::default()
        )
    );
}

#[test]
fn killed_after_any_byte_it_goes_on_to_the_same_bytes() {
    let bytes = played();
    let ends = line_ends(&bytes);
    for cut in 0..bytes.len() {
        let storage = stored(&bytes[..cut]);
        let resumed = Journal::<Act>::resume(Arc::new(storage.clone()), &drill());
        if cut <= ends[0] {
            let Err(OpenError::Fault(fault)) = resumed else {
                panic!("cut at {cut}: {resumed:?}");
            };
            assert_eq!(
                fault,
                Fault {
                    line: 1,
                    problem: Problem::NoHeader
                }
            );
            continue;
        }
        if cut == ends[5] {
            // Only the last line end is missing: the drill is over all the same.
            assert!(matches!(resumed, Err(OpenError::Over)));
            continue;
        }
        let mut journal = resumed.unwrap();
        let whole_lines = ends.iter().filter(|end| **end < cut).count();
        // A record that lacks nothing but its line end counts.
        let no_line_end = ends.contains(&cut);
        let records = whole_lines - 1 + usize::from(no_line_end);
        assert_eq!(journal.records().len(), records, "cut at {cut}");
        if no_line_end {
            assert_eq!(journal.tail(), Tail::NoLineEnd);
        } else if cut == ends[whole_lines - 1] + 1 {
            assert_eq!(journal.tail(), Tail::Whole);
        }
        let mut world = replay(&mut journal);
        let saving = play_on(journal, &mut world);
        assert!(matches!(saving, Saving::Saved { .. }));
        assert_eq!(storage.bytes(FILE).unwrap(), bytes, "cut at {cut}");
    }
}

#[test]
fn what_was_cut_off_is_told() {
    let bytes = played();
    let ends = line_ends(&bytes);
    let second = &bytes[ends[0] + 1..ends[1]];
    let result = second
        .windows(10)
        .position(|window| window == b",\"result\":")
        .unwrap();
    let tail = |length: usize| {
        let contents = read_bytes(&bytes[..ends[0] + 1 + length]).unwrap();
        (contents.tail, contents.open.is_some())
    };
    assert_eq!(tail(0), (Tail::Whole, false));
    assert_eq!(tail(1), (Tail::TornRecord { line: 2, bytes: 1 }, false));
    let torn = Tail::TornRecord {
        line: 2,
        bytes: result as u64 - 1,
    };
    assert_eq!(tail(result - 1), (torn, false));
    assert_eq!(tail(result), (Tail::NoResult { line: 2 }, true));
    assert_eq!(tail(second.len() - 1), (Tail::NoResult { line: 2 }, true));
    assert_eq!(tail(second.len()), (Tail::NoLineEnd, false));
    assert_eq!(Tail::Whole.message(), None);
    assert!(torn.message().unwrap().contains("line 2"));
}

#[test]
fn an_entry_of_another_version_is_named_as_such() {
    let bytes = played();
    let contents: Contents<u32> = read(&*bytes, Limits::STANDARD).unwrap();
    let fault = contents.fault.unwrap();
    assert_eq!(fault.line, 2);
    assert!(matches!(fault.problem, Problem::UnknownEntry(_)));
}

#[test]
fn what_a_reader_would_refuse_is_not_written() {
    let mut journal = Journal::in_memory(header()).unwrap();
    let mut begin = |at, act| {
        journal
            .begin(SimTime(at), WallTime(0), Door::Cli, act)
            .err()
            .map(|error| error.to_string())
    };
    let long = "x".repeat(Limits::STANDARD.line_bytes);
    assert!(
        begin(5, Act::Say(long))
            .unwrap()
            .starts_with("that is too long: ")
    );
    let mut deep = Value::Null;
    for _ in 0..Limits::STANDARD.depth {
        deep = Value::Array(vec![deep]);
    }
    let call = Act::Call {
        tool: String::new(),
        args: deep,
    };
    assert_eq!(
        begin(5, call).unwrap(),
        "that is nested deeper than 48 levels"
    );
    assert_eq!(
        begin(5, Act::Weigh(f64::NAN)).unwrap(),
        "that cannot be kept in a journal"
    );
    let say = || Act::Say(String::new());
    assert_eq!(begin(5, say()), None);
    assert_eq!(begin(5, say()).unwrap(), "record 1 is still being applied");
    assert!(matches!(
        journal.complete(Sequence(2), Verdict::Ok, Digest::default()),
        Err(AppendError::NotOpen(2))
    ));
    journal
        .complete(Sequence(1), Verdict::Ok, Digest::default())
        .unwrap();
    assert!(matches!(
        journal.begin(SimTime(4), WallTime(0), Door::Cli, say()),
        Err(AppendError::TimeGoesBack { .. })
    ));
    conclude(&mut journal, &World::default());
    assert!(matches!(
        journal.begin(SimTime(9), WallTime(0), Door::Cli, say()),
        Err(AppendError::Over)
    ));
    assert_eq!(journal.saving(), Saving::NotKept);
    assert_eq!(journal.records().len(), 1);
}

#[test]
fn a_missing_or_renamed_drill_is_named() {
    let storage = Arc::new(MemoryStorage::default());
    let other = DrillId::try_from("beta-2".to_owned()).unwrap();
    let missing = Journal::<Act>::resume(storage.clone(), &other).unwrap_err();
    assert_eq!(missing.to_string(), "there is no drill beta-2 in memory");
    let bytes = played();
    storage
        .replace("beta-2.journal", &bytes[..=line_ends(&bytes)[1]])
        .unwrap();
    let renamed = Journal::<Act>::resume(storage, &other).unwrap_err();
    assert_eq!(
        renamed.to_string(),
        "the file of drill beta-2 holds drill alpha-1"
    );
}

#[test]
fn a_list_shows_how_drills_ended_and_how_far_they_got() {
    let bytes = played();
    let ends = line_ends(&bytes);
    let storage = MemoryStorage::default();
    storage.replace(FILE, &bytes).unwrap();
    let later = String::from_utf8(bytes[..ends[2] + 4].to_vec())
        .unwrap()
        .replace("1700000000000", "1700000000001");
    storage.replace("beta.journal", later.as_bytes()).unwrap();
    storage.replace("gamma.journal", b"").unwrap();
    storage.replace("alpha-1.pack", b"").unwrap();
    storage.replace("Not A Drill.journal", b"").unwrap_err();
    storage.replace("NOT.journal", b"").unwrap();
    let found = drills(&storage).unwrap();
    let ids: Vec<&str> = found.iter().map(|drill| drill.id.as_str()).collect();
    assert_eq!(ids, ["beta", "alpha-1", "gamma"]);
    let beta = found[0].glance.as_ref().unwrap();
    assert_eq!(beta.outcome, None);
    assert_eq!(
        beta.last,
        Some(LastRecord {
            number: 2,
            at: SimTime(1_733_132_701_000)
        })
    );
    let alpha = found[1].glance.as_ref().unwrap();
    assert_eq!(alpha.header, header());
    assert_eq!(alpha.outcome.as_ref().unwrap().summary["points"], 71);
    let gamma = found[2].glance.as_ref().unwrap_err();
    assert_eq!(gamma.problem, Problem::NoHeader);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn numbers_and_texts_come_back_to_the_bit(number in any::<f64>(), text in any::<String>()) {
        prop_assume!(number.is_finite());
        let storage = MemoryStorage::default();
        let mut journal = Journal::create(Arc::new(storage.clone()), header()).unwrap();
        for act in [Act::Weigh(number), Act::Say(text.clone())] {
            let sequence = journal.begin(SimTime(0), WallTime(0), Door::Tui, act).unwrap();
            journal.complete(sequence, Verdict::Ok, Digest::default()).unwrap();
        }
        drop(journal);
        let contents = read_bytes(&storage.bytes(FILE).unwrap()).unwrap();
        let entries: Vec<&Act> = contents.records.iter().map(|record| &record.intent.entry).collect();
        let [Act::Weigh(read), Act::Say(said)] = entries[..] else { panic!("{entries:?}") };
        prop_assert_eq!(read.to_bits(), number.to_bits());
        prop_assert_eq!(said, &text);
    }
}
