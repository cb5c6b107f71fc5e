//! What strangers may hand in: any text as a scenario's file, any bytes as a journal. Nothing panics, everything that is
//! refused is refused with a place and a hint, nothing reaches a terminal unescaped, and what is accepted can be played.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use firedrill::diag::position::{self, Position};
use firedrill::diag::render::{Colour, render};
use firedrill::diag::text::is_forbidden;
use firedrill::diag::{Diagnostic, SourceText};
use firedrill::scenario::format::values::{Delay, Duration, Instant, Moment, Rate, Size, Text};
use firedrill::scenario::ids;
use firedrill::scenario::loader::tree::{self, Node};
use firedrill::scenario::loader::{Source, lexer};
use firedrill::session::clock::{Speed, WallTime};
use firedrill::session::content::inspect;
use firedrill::session::journal::{
    self, Digest, Door, DrillId, Header, Journal, Label, Limits, Settings, Verdict,
};
use firedrill::session::store::MemoryStorage;
use firedrill::session::{Call, ClockChange, Entry, Look};
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::{SimTime, Span};
use firedrill::tools::Places;
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios")
}

/// The small scenario with its estate.
static SMALL: LazyLock<Files> = LazyLock::new(|| {
    let pack = firedrill::scenario::loader::load(&Source::folder(fixtures()), "small").unwrap();
    (*pack.files).clone()
});

/// Pieces of RON and what looks like them.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[(){}\\[\\],:]{1,6}",
        "[a-z_]{1,8}: ",
        "\"[ -~]{0,12}\",",
        "-?[0-9]{1,20}(\\.[0-9]{0,3})?,",
        Just("Some(".to_owned()),
        Just("r##\"a\"#\"##".to_owned()),
        Just("/* /* */".to_owned()),
        Just("// \u{202e}\n".to_owned()),
        Just("\"\\u{1b}[2J\"".to_owned()),
        Just("'\\''".to_owned()),
        Just("#![enable(implicit_some)]".to_owned()),
        Just("inf, NaN, 1e999".to_owned()),
        Just("Not(Not(Not(".to_owned()),
        any::<String>(),
    ]
}

/// An edit of a text: where, how much of it goes, what comes instead.
fn edit() -> impl Strategy<Value = (f64, usize, String)> {
    (0.0..1.0, 0_usize..40, piece())
}

fn edited(text: &str, edits: &[(f64, usize, String)]) -> String {
    let mut text = text.to_owned();
    for (at, gone, new) in edits {
        let start = position::floor(&text, (at * text.len() as f64) as usize);
        let end = position::ceil(&text, start + gone);
        text.replace_range(start..end, new);
    }
    text
}

fn spans_are_sound(text: &str, node: &Node) {
    assert!(text.get(node.span.clone()).is_some(), "{node:?}");
    assert!(node.tail >= node.span.end && node.tail <= text.len());
    for entry in node.entries() {
        assert!(text.get(entry.name_span.clone()).is_some());
    }
    for child in node.children() {
        assert!(node.span.start <= child.span.start && child.span.end <= node.span.end);
        spans_are_sound(text, child);
    }
}

fn is_well_said(diagnostic: &Diagnostic) {
    assert!(
        ids::ALL.iter().any(|(id, _)| *id == diagnostic.id),
        "{diagnostic:?}"
    );
    assert!(
        diagnostic
            .hint
            .as_ref()
            .is_some_and(|hint| !hint.is_empty()),
        "{diagnostic:?}"
    );
    assert!(!diagnostic.message.is_empty());
    let text = &diagnostic.file.text;
    let end = diagnostic.span.end.min(text.len().max(1));
    assert!(
        diagnostic.span.start <= end,
        "{:?} of {}",
        diagnostic.span,
        text.len()
    );
    let drawn = render(diagnostic, Colour::Never);
    assert!(!drawn.chars().any(is_forbidden), "{drawn:?}");
}

/// Reads and checks files; plays a little what is accepted.
fn inspected(files: Files) -> bool {
    let inspection = inspect(&Source::memory(files), "small");
    inspection.diagnostics.iter().for_each(is_well_said);
    let failed = firedrill::diag::has_errors(&inspection.diagnostics);
    assert_eq!(failed, inspection.pack.is_none());
    let Some(pack) = inspection.pack else {
        return false;
    };
    let mut world = World::open(Arc::new(Plan::new(Arc::new(pack))), 1);
    let until = world.now() + Span::from_mins(10);
    world.advance_to(until);
    true
}

/// The quoted texts and the numbers of a RON text: what a value's type and range say something about.
fn literals(text: &str) -> Vec<std::ops::Range<usize>> {
    let (tokens, _) = lexer::tokens(text);
    let is_value =
        |token: &lexer::Token| matches!(token, lexer::Token::Text(_) | lexer::Token::Number);
    let values = tokens.into_iter().filter(|(token, _)| is_value(token));
    values.map(|(_, span)| span).collect()
}

/// Values at the ends of what can be written.
const ENDS: [&str; 22] = [
    "0",
    "1",
    "-1",
    "4294967295",
    "18446744073709551615",
    "0.0",
    "1.0",
    "-0.0",
    "1e15",
    "1e-300",
    "\"\"",
    "\"0s\"",
    "\"1ms\"",
    "\"400d\"",
    "\"0/s\"",
    "\"100000/s\"",
    "\"0\"",
    "\"1TiB\"",
    "\"T+0s\"",
    "\"T-14d\"",
    "\"T+3h\"",
    "\"1990-01-01T00:00:00Z\"",
];

proptest! {
    #[test]
    fn any_text_is_a_tree_with_sound_places(pieces in prop::collection::vec(piece(), 0..30)) {
        let text = pieces.concat();
        let (node, flaws) = tree::parse(&text);
        if let Some(node) = &node {
            spans_are_sound(&text, node);
        }
        for flaw in flaws {
            prop_assert!(flaw.span.start <= flaw.span.end && flaw.span.end <= text.len() + 2, "{:?}", flaw);
        }
    }

    #[test]
    fn any_edit_of_a_scenario_is_refused_well_or_can_be_played(
        file in prop::sample::select(vec!["small/scenario.ron", "estates/small/estate.ron", "estates/small/services.ron"]),
        edits in prop::collection::vec(edit(), 1..4),
    ) {
        let mut files = SMALL.clone();
        let text = String::from_utf8(files[file].clone()).unwrap();
        files.insert(file.to_owned(), edited(&text, &edits).into_bytes());
        inspected(files);
    }

    #[test]
    fn any_value_in_a_scenario_is_refused_well_or_can_be_played(
        file in prop::sample::select(vec!["small/scenario.ron", "estates/small/estate.ron", "estates/small/services.ron"]),
        at in any::<prop::sample::Index>(),
        value in prop::sample::select(&ENDS[..]),
    ) {
        let mut files = SMALL.clone();
        let mut text = String::from_utf8(files[file].clone()).unwrap();
        let spans = literals(&text);
        text.replace_range(at.get(&spans).clone(), value);
        files.insert(file.to_owned(), text.into_bytes());
        inspected(files);
    }

    #[test]
    fn any_edit_of_a_commit_is_refused_well_or_can_be_played(edits in prop::collection::vec(edit(), 1..4)) {
        let mut files = SMALL.clone();
        let file = "small/repos/alpha/commits/0001-b7c0de1.patch";
        let text = String::from_utf8(files[file].clone()).unwrap();
        files.insert(file.to_owned(), edited(&text, &edits).into_bytes());
        inspected(files);
    }

    #[test]
    fn any_bytes_are_no_trouble(file in prop::sample::select(vec!["small/scenario.ron", "small/brief.md", "small/wiki/queue.md"]), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut files = SMALL.clone();
        files.insert(file.to_owned(), bytes);
        inspected(files);
    }

    #[test]
    fn values_come_back_as_they_were_written(millis in 0..=Duration::MAX_MILLIS, more in 0..=Duration::MAX_MILLIS, bits in any::<u64>(), text in "\\PC{0,12}|[0-9.]{1,8}(ms|s|m|h|d|w|/s|/min|/h|MiB|GiB|Ki)?|T[+-][0-9]{1,6}[smhd]") {
        let duration = Duration { millis };
        prop_assert_eq!(Duration::parse(&duration.write()), Ok(duration));
        let delay = Delay { least: Duration { millis: millis.min(more) }, most: Duration { millis: millis.max(more) } };
        prop_assert_eq!(Delay::parse(&delay.write()), Ok(delay));
        for moment in [Moment::FromPage(millis), Moment::FromPage(-millis)] {
            prop_assert_eq!(Moment::parse(&moment.write()), Ok(moment));
        }
        let instant = Instant { millis: 1_700_000_000_000 + millis };
        prop_assert_eq!(Instant::parse(&instant.write()), Ok(instant));
        let number = f64::from_bits(bits).abs();
        if number <= Rate::MAX_PER_SECOND {
            let rate = Rate { per_second: number };
            prop_assert_eq!(Rate::parse(&rate.write()), Ok(rate));
        }
        if number <= 1e18 {
            let size = Size { value: number };
            prop_assert_eq!(Size::parse(&size.write()), Ok(size));
        }
        // Any text is read or refused in words; what was read is written so that it reads the same.
        if let Ok(read) = Duration::parse(&text) {
            prop_assert_eq!(Duration::parse(&read.write()), Ok(read));
        }
        if let Ok(read) = Rate::parse(&text) {
            prop_assert_eq!(Rate::parse(&read.write()), Ok(read));
        }
        if let Ok(read) = Size::parse(&text) {
            prop_assert_eq!(Size::parse(&read.write()), Ok(read));
        }
        if let Ok(read) = Moment::parse(&text) {
            prop_assert_eq!(Moment::parse(&read.write()), Ok(read));
        }
        let _ = (Delay::parse(&text), Instant::parse(&text));
    }

    #[test]
    fn any_place_of_any_text_is_found_and_drawn(text in "(\\PC|[\t\n\u{1b}\u{202e}日é]){0,60}", start in 0_usize..200, length in 0_usize..200) {
        let place = position::position(&text, start);
        let back = position::offset(&text, place);
        prop_assert!(text.is_char_boundary(back) && back <= start.min(text.len()));
        prop_assert_eq!(position::position(&text, back), place);
        let beyond = Position { line: place.line + length, column: place.column + length };
        prop_assert!(text.is_char_boundary(position::offset(&text, beyond)));
        let file = Arc::new(SourceText { name: text.clone(), text: text.clone() });
        let diagnostic = Diagnostic::error(ids::SYNTAX, &file, start..start + length, text.clone())
            .label(&file, start..start, text.clone())
            .hint(text);
        let drawn = render(&diagnostic, Colour::Never);
        prop_assert!(!drawn.chars().any(is_forbidden), "{:?}", drawn);
    }

    #[test]
    fn any_journal_is_read_within_its_limits(edits in prop::collection::vec((0.0..1.0, any::<u8>(), 0_usize..30), 0..6)) {
        let mut bytes = written(&[(1, skip(5)), (2, skip(9)), (3, skip(20))]);
        for (at, byte, count) in edits {
            let at = (at * bytes.len() as f64) as usize;
            let end = (at + count).min(bytes.len());
            bytes.splice(at..end, std::iter::repeat_n(byte, count / 2));
        }
        if let Ok(contents) = journal::read::<Entry>(&*bytes, Limits::STANDARD) {
            prop_assert!(contents.records.len() <= 3);
        }
    }

}

proptest! {
    // Each case opens a world.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.div_ceil(8)))]

    #[test]
    fn any_sound_journal_can_be_replayed(entries in prop::collection::vec((any::<i64>(), entry()), 0..8)) {
        let mut entries = entries;
        entries.sort_by_key(|(at, _)| *at);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        std::fs::write(&path, written(&entries)).unwrap();
        let places = Places { sources: vec![Source::folder(fixtures())], saves: folder.path().to_path_buf() };
        let replayed = places.replay(&path).unwrap();
        prop_assert_eq!(replayed.records, entries.len());
        for line in replayed.lines.iter().chain(&replayed.remarks) {
            prop_assert!(!line.chars().any(|c| is_forbidden(c) || c == '\n'), "{:?}", line);
        }
    }
}

fn skip(seconds: i64) -> Entry {
    Entry::Clock(ClockChange::SkippedTo(1_772_460_000_000 + seconds * 1000))
}

/// Entries that the session itself would never write.
fn entry() -> impl Strategy<Value = Entry> {
    let call = ("[a-z_.]{1,12}|kubectl|logs_search", "\\PC{0,10}").prop_map(|(tool, text)| Call {
        tool,
        args: serde_json::json!({"argv": ["get", text], "query": text, "service": text}),
    });
    prop_oneof![
        any::<i64>().prop_map(|at| Entry::Clock(ClockChange::SkippedTo(at))),
        any::<bool>().prop_map(|paused| Entry::Clock(ClockChange::Paused(paused))),
        Just(Entry::Clock(ClockChange::Speed(Speed::X30))),
        call.clone().prop_map(Entry::Call),
        (
            "\\PC{0,8}",
            prop::option::of(call),
            any::<u64>(),
            any::<u32>(),
            any::<bool>()
        )
            .prop_map(|(pane, query, first, height, frozen)| Entry::Look(Look {
                pane,
                query,
                first_row: Some(first),
                height,
                frozen,
            })),
    ]
}

/// A journal whose chain is sound, whatever its entries are.
fn written(entries: &[(i64, Entry)]) -> Vec<u8> {
    let storage = MemoryStorage::default();
    let drill = DrillId::try_from("small-1".to_owned()).unwrap();
    let header = Header {
        rules_version: 1,
        drill: drill.clone(),
        scenario: Label::cleaned("small"),
        content: Digest::of(b"files"),
        seed: 7,
        settings: Settings::default(),
        started: WallTime(0),
    };
    let mut journal = Journal::create(Arc::new(storage.clone()), header).unwrap();
    for (at, entry) in entries {
        let sequence = journal
            .begin(SimTime(*at), WallTime(*at), Door::Cli, entry.clone())
            .unwrap();
        journal
            .complete(sequence, Verdict::Ok, Digest::default())
            .unwrap();
    }
    journal.close();
    storage.bytes(&drill.journal_name()).unwrap()
}

#[test]
fn a_journal_that_asks_for_too_much_is_refused_with_its_line() {
    let header = written(&[]);
    let refused = |line: &[u8]| {
        let bytes = [&header, line].concat();
        let contents = journal::read::<Entry>(&*bytes, Limits::STANDARD).unwrap();
        assert_eq!(contents.records.len(), 0);
        contents.fault.unwrap().to_string()
    };
    let long = vec![b'x'; Limits::STANDARD.line_bytes + 10];
    assert_eq!(
        refused(&long),
        "line 2: the line is longer than 1048576 bytes"
    );
    let deep = [&b"{\"a\":"[..], &vec![b'['; 100_000], b"\n"].concat();
    assert_eq!(
        refused(&deep),
        "line 2: the line is nested deeper than 48 levels"
    );
    assert!(refused(b"{}\n").starts_with("line 2: not a whole record: "));
    assert!(refused(b"\xff\xfe\n").starts_with("line 2: not a whole record: "));
    let few = Limits {
        records: 2,
        ..Limits::STANDARD
    };
    let bytes = written(&[(1, skip(1)), (2, skip(2)), (3, skip(3))]);
    let contents = journal::read::<Entry>(&*bytes, few).unwrap();
    assert_eq!(
        contents.fault.unwrap().to_string(),
        "line 4: there are more than 2 records"
    );
    let small = Limits {
        file_bytes: header.len() as u64 + 10,
        ..Limits::STANDARD
    };
    let contents = journal::read::<Entry>(&*bytes, small).unwrap();
    assert!(contents.fault.unwrap().to_string().ends_with(" bytes"));
}
