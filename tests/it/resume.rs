//! Drills that were broken off: cut at any byte, killed for real, damaged, written by other rules. What was applied is
//! there when the drill is resumed, and what cannot be resumed says what can be done.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use firedrill::scenario::loader::Source;
use firedrill::session::journal::{Digest, Door, Settings};
use firedrill::sim::time::Span;
use firedrill::tools::open::OpeningError;
use firedrill::tools::{Places, Workbench};

/// The folder that the child plays in; without it, the child's test does nothing.
const FOLDER: &str = "FIREDRILL_TEST_DRILL_IN";
const CHILD: &str = "resume::plays_a_drill_until_it_is_killed";

/// Lines of the shell that look and that change, one after the other.
const SCRIPT: [&str; 8] = [
    "kubectl get pods -A",
    "kubectl -n back set env deploy/worker BATCH_MS=250",
    "git log --oneline",
    "kubectl -n back rollout restart deploy/worker",
    "kubectl -n nowhere delete pod nobody",
    "kubectl -n front scale deploy/gate --replicas=3",
    "kafka-consumer-groups.sh --bootstrap-server broker:9092 --describe --group worker",
    "kubectl -n back get events",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios")
}

fn places(saves: &Path) -> Places {
    Places {
        sources: vec![Source::folder(fixtures())],
        saves: saves.to_path_buf(),
    }
}

fn play(bench: &mut Workbench, step: usize) {
    bench.shell(Door::Shell, SCRIPT[step % SCRIPT.len()]);
    if step % 3 == 2 {
        bench
            .session_mut()
            .wait(Door::Cli, Span::from_secs(20))
            .unwrap();
    }
}

/// The journal in a folder of one drill, and the drill's id.
fn journal_in(saves: &Path) -> (PathBuf, String) {
    let name = std::fs::read_dir(saves)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.ends_with(".journal"))
        .unwrap();
    let id = name.trim_end_matches(".journal").to_owned();
    (saves.join(name), id)
}

/// The same drill in another folder, with another text as its journal.
fn copied(saves: &Path, journal: &[u8]) -> tempfile::TempDir {
    let (path, id) = journal_in(saves);
    let copy = tempfile::tempdir().unwrap();
    std::fs::write(copy.path().join(path.file_name().unwrap()), journal).unwrap();
    std::fs::copy(
        saves.join(format!("{id}.pack")),
        copy.path().join(format!("{id}.pack")),
    )
    .unwrap();
    copy
}

/// A drill that was played and closed: its folder, and the state after each record.
fn played() -> (tempfile::TempDir, Vec<Digest>) {
    let saves = tempfile::tempdir().unwrap();
    let mut bench = places(saves.path())
        .start("small", 7, Settings::default(), true)
        .unwrap();
    for step in 0..SCRIPT.len() {
        play(&mut bench, step);
    }
    let states = bench.session().journal().records().iter();
    let states = states.map(|record| record.state).collect();
    bench.into_session().close();
    (saves, states)
}

#[test]
fn a_drill_cut_at_any_byte_has_all_that_was_applied() {
    let (saves, states) = played();
    let (path, id) = journal_in(saves.path());
    let whole = std::fs::read(&path).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    // Where the first part of each record ends: from there on its entry may have been applied.
    let (mut start, mut begun) = (0, Vec::new());
    for line in text.lines() {
        if start > 0 {
            let at = line.rfind(",\"before\":\"").unwrap();
            begun.push(start + at + ",\"before\":\"".len() + states[0].to_string().len() + 1);
        }
        start += line.len() + 1;
    }
    let header = text.find('\n').unwrap() + 1;
    let last = begun[begun.len() - 2];
    let cuts = (header..whole.len())
        .step_by(503)
        .chain((last..whole.len()).step_by(61))
        .chain(
            begun
                .iter()
                .rev()
                .take(3)
                .flat_map(|at| [at - 1, *at, at + 1]),
        );
    for cut in cuts {
        let copy = copied(saves.path(), &whole[..cut]);
        let applied = begun.iter().filter(|at| **at <= cut).count();
        let places = places(copy.path());
        let mut bench = places.resume(Some(&id)).unwrap();
        assert_eq!(
            bench.session().journal().records().len(),
            applied,
            "cut at {cut}"
        );
        if let Some(state) = applied.checked_sub(1).map(|last| states[last]) {
            assert_eq!(bench.session().state(), state, "cut at {cut}");
        }
        let torn = !text[..cut].ends_with('\n');
        let told = bench.session().journal().tail().message();
        assert_eq!(
            told.is_some(),
            torn && !text[cut..].starts_with('\n'),
            "cut at {cut}: {told:?}"
        );
        play(&mut bench, 0);
        bench.into_session().close();
        let replayed = places.replay(&journal_in(copy.path()).0).unwrap();
        assert_eq!(replayed.difference, None, "cut at {cut}");
        assert_eq!(replayed.records, applied + 1, "cut at {cut}");
    }
}

/// Run by the next test in a process of its own.
#[test]
fn plays_a_drill_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut bench = places(Path::new(&folder))
        .start("small", 7, Settings::default(), true)
        .unwrap();
    for step in 0.. {
        play(&mut bench, step);
        println!("\napplied {}", bench.session().journal().records().len());
    }
}

#[test]
fn a_killed_drill_loses_nothing_it_applied() {
    for entries in [1, 4, 21] {
        let saves = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
            .env(FOLDER, saves.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
            .filter_map(|line| line.strip_prefix("applied ")?.parse::<usize>().ok())
            .find(|applied| *applied >= entries);
        child.kill().unwrap();
        child.wait().unwrap();
        let told = told.expect("the child ended before it had applied so many entries");

        let places = places(saves.path());
        let (path, id) = journal_in(saves.path());
        let bench = places.resume(Some(&id)).unwrap();
        assert!(bench.session().journal().records().len() >= told);
        let state = bench.session().state().to_string();
        bench.into_session().close();
        let replayed = places.replay(&path).unwrap();
        assert_eq!((replayed.difference, replayed.state), (None, state));
    }
}

fn refusal(places: &Places, id: &str) -> (String, String) {
    let checked = places.check_resume(Some(id)).map(|_| ()).unwrap_err();
    let resumed = places.resume(Some(id)).map(|_| ()).unwrap_err();
    (checked.to_string(), resumed.to_string())
}

#[test]
fn a_damaged_journal_names_the_line_and_what_can_be_done() {
    let (saves, _) = played();
    let (path, id) = journal_in(saves.path());
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[4] = "{\"n\":4,\"garbage\":";
    let copy = copied(saves.path(), (lines.join("\n") + "\n").as_bytes());
    let places = places(copy.path());
    let (checked, resumed) = refusal(&places, &id);
    assert_eq!(checked, resumed);
    for part in [
        "line 5",
        "delete line 5 and all after it",
        "firedrill replay --show ",
    ] {
        assert!(checked.contains(part), "{checked}");
    }
    let replayed = places.replay(&journal_in(copy.path()).0).unwrap();
    assert_eq!(
        (replayed.records, replayed.applied, replayed.difference),
        (3, 3, None)
    );
    assert!(
        replayed.remarks[0].contains("line 5"),
        "{:?}",
        replayed.remarks
    );
    assert!(
        replayed.lines[0].contains("kubectl"),
        "{:?}",
        replayed.lines
    );
}

#[test]
fn a_journal_of_other_rules_can_be_watched_up_to_the_first_difference() {
    let (saves, _) = played();
    let (path, id) = journal_in(saves.path());
    let text = std::fs::read_to_string(path).unwrap();
    // The rules of the second record changed, say: the chain is that of the file as it is.
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut line = match index {
            0 => line.replacen("\"rules_version\":", "\"rules_version\":9", 1),
            2 => {
                let (head, tail) = line.rsplit_once("\"state\":\"").unwrap();
                format!("{head}\"state\":\"{}\"}}", "0".repeat(tail.len() - 2))
            }
            _ => line.to_owned(),
        };
        if let Some(before) = lines.last() {
            let (head, tail) = line.rsplit_once("\"before\":\"").unwrap();
            let (_, rest) = tail.split_once('"').unwrap();
            line = format!(
                "{head}\"before\":\"{}\"{rest}",
                Digest::of(before.as_bytes())
            );
        }
        lines.push(line);
    }
    let copy = copied(saves.path(), (lines.join("\n") + "\n").as_bytes());
    let places = places(copy.path());
    let (checked, resumed) = refusal(&places, &id);
    assert_eq!(checked, resumed);
    for part in [
        "rules version 9",
        "watched up to the first difference",
        "firedrill replay --show ",
    ] {
        assert!(checked.contains(part), "{checked}");
    }
    let replayed = places.replay(&journal_in(copy.path()).0).unwrap();
    assert_eq!(replayed.applied, 2);
    assert!(replayed.records > 2);
    assert_eq!(
        replayed.difference.as_deref(),
        Some("record 2: the state differs from what was recorded")
    );
    assert!(
        replayed.remarks[0].contains("rules version 9"),
        "{:?}",
        replayed.remarks
    );
}

#[test]
fn a_drill_outlives_its_scenario_and_two_programs_do_not_play_it() {
    let saves = tempfile::tempdir().unwrap();
    let bench = places(saves.path())
        .start("small", 7, Settings::default(), true)
        .unwrap();
    let (_, id) = journal_in(saves.path());
    // The copy beside the journal is played, not what the folder of scenarios holds by now.
    let elsewhere = Places {
        sources: Vec::new(),
        saves: saves.path().to_path_buf(),
    };
    let in_use = elsewhere.resume(Some(&id)).map(|_| ()).unwrap_err();
    let told = format!(
        "the drill is being played by process {}",
        std::process::id()
    );
    assert_eq!(in_use.to_string(), told);
    assert_eq!(
        elsewhere.check_resume(Some(&id)).unwrap_err().to_string(),
        told
    );
    bench.into_session().close();
    drop(elsewhere.resume(Some(&id)).unwrap());
    std::fs::remove_file(saves.path().join(format!("{id}.pack"))).unwrap();
    assert!(matches!(
        elsewhere.resume(Some(&id)),
        Err(OpeningError::NoScenario { .. })
    ));
}

#[test]
fn names_that_lead_elsewhere_are_no_drills() {
    let saves = tempfile::tempdir().unwrap();
    for name in [
        "../other",
        "/etc/passwd",
        "",
        "a b",
        "nothing-20240101-000000-0000",
    ] {
        let places = places(saves.path());
        assert!(
            matches!(places.resume(Some(name)), Err(OpeningError::NoDrill(..))),
            "{name}"
        );
        assert!(matches!(
            places.check_resume(Some(name)),
            Err(OpeningError::NoDrill(..))
        ));
    }
}

#[test]
fn a_folder_that_cannot_be_made_costs_the_saving_and_not_the_drill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let mut bench = places(&file.join("saves"))
        .start("small", 7, Settings::default(), true)
        .unwrap();
    play(&mut bench, 0);
    assert_eq!(bench.session().journal().records().len(), 1);
    let unsaved = match bench.into_session().close() {
        firedrill::session::journal::Saving::Unsaved(unsaved) => unsaved.to_string(),
        saving => panic!("{saving:?}"),
    };
    assert!(
        unsaved.starts_with("nothing of this drill is saved in ") && unsaved.contains("saves: "),
        "{unsaved}"
    );
}

#[test]
fn of_thousands_of_drills_the_latest_are_listed() {
    let (saves, _) = played();
    let (path, _) = journal_in(saves.path());
    let journal = std::fs::read(path).unwrap();
    let many = tempfile::tempdir().unwrap();
    for number in 0..3_000 {
        let name = format!("small-20200101-{number:06}-0007.journal");
        std::fs::write(many.path().join(name), &journal).unwrap();
    }
    let drills = places(many.path()).drills();
    assert_eq!(drills.len(), 2_000);
    assert!(
        drills
            .iter()
            .all(|drill| drill.id.as_str() >= "small-20200101-001000")
    );
    assert!(drills.iter().all(|drill| drill.glance.is_ok()));
}
