//! A journal whose process is killed for real: nothing that was applied is lost. Never looks inside the format.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use firedrill::session::clock::WallTime;
use firedrill::session::journal::{
    Digest, Door, DrillId, Header, Journal, Label, Saving, Sequence, Settings, Verdict,
};
use firedrill::session::store::FolderStorage;
use firedrill::sim::time::SimTime;

/// The folder that the child plays in; without it, the child's test does nothing.
const FOLDER: &str = "FIREDRILL_TEST_PLAYS_IN";
const CHILD: &str = "journal::plays_until_it_is_killed";

fn drill() -> DrillId {
    DrillId::try_from("alpha-1".to_owned()).unwrap()
}

fn header() -> Header {
    Header {
        rules_version: 1,
        drill: drill(),
        scenario: Label::cleaned("alpha"),
        content: Digest::of(b"files"),
        seed: 1,
        settings: Settings::default(),
        started: WallTime(0),
    }
}

/// A world that counts what was done to it.
fn apply(world: &mut u64, entry: &str) -> Digest {
    *world += 1;
    Digest::of(format!("{world} {entry}").as_bytes())
}

/// Run by the other test in a process of its own.
#[test]
fn plays_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let storage = Arc::new(FolderStorage::new(folder));
    let mut journal = Journal::create(storage, header()).unwrap();
    let mut world = 0;
    for step in 0.. {
        let entry = format!("step {step}");
        let sequence = journal
            .begin(SimTime(step), WallTime(step), Door::Cli, entry.clone())
            .unwrap();
        let state = apply(&mut world, &entry);
        println!("\napplied {}", sequence.0);
        journal.complete(sequence, Verdict::Ok, state).unwrap();
    }
}

/// Plays in a child until it says that it applied so many entries, and kills it.
fn play_and_kill(folder: &Path, entries: u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .any(|line| line == format!("applied {entries}"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told, "the child ended before it applied {entries} entries");
}

#[test]
fn a_killed_process_loses_nothing_it_applied() {
    for entries in [1, 2, 25, 300] {
        let folder = tempfile::tempdir().unwrap();
        play_and_kill(folder.path(), entries);

        let storage = Arc::new(FolderStorage::new(folder.path()));
        let mut journal = Journal::<String>::resume(storage.clone(), &drill()).unwrap();
        let mut world = 0;
        for record in journal.records() {
            assert_eq!(apply(&mut world, &record.intent.entry), record.state);
        }
        if let Some(open) = journal.open_record().cloned() {
            let state = apply(&mut world, &open.entry);
            journal
                .complete(Sequence(open.number), Verdict::Ok, state)
                .unwrap();
        }
        assert!(world >= entries, "{world} of {entries} entries are there");

        let sequence = journal
            .begin(SimTime(i64::MAX), WallTime(0), Door::Cli, "on".to_owned())
            .unwrap();
        assert_eq!(sequence, Sequence(world + 1));
        let state = apply(&mut world, "on");
        journal.complete(sequence, Verdict::Ok, state).unwrap();
        assert!(matches!(journal.close(), Saving::Saved { .. }));

        let again = Journal::<String>::resume(storage, &drill()).unwrap();
        assert_eq!(again.records().len() as u64, world);
    }
}
