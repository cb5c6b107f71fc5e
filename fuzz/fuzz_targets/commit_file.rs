//! A commit file with its patch: read and applied to a sound repository by a scenario's check.

#![no_main]

use std::collections::BTreeMap;

use firedrill::scenario::loader::Source;
use firedrill::session::content::inspect_estate;
use libfuzzer_sys::fuzz_target;

const ROOT: &[u8] = b"commit a100001\nAuthor: Mara Lindqvist <mara@alpha.example>\nDate: 2026-01-15T09:00:00Z\n\n    Import\n";

fuzz_target!(|bytes: &[u8]| {
    let files = [
        ("estates/e/estate.ron", b"(people: {\"mara\": (name: \"Mara Lindqvist\", role: \"SRE\", team: \"x\")}, repositories: {\"r\": ()})".as_slice()),
        ("estates/e/repos/r/base/README.md", b"# Alpha\n\nOne\nTwo\nThree\n"),
        ("estates/e/repos/r/commits/0001.patch", ROOT),
        ("estates/e/repos/r/commits/0002.patch", bytes),
    ];
    let files: BTreeMap<_, _> = files
        .into_iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let _ = inspect_estate(&Source::memory(files), "e");
});
