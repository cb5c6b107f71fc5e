//! A whole scenario file: read, joined with a sound estate, checked. What is said about it can be drawn.

#![no_main]

use std::collections::BTreeMap;

use firedrill::diag::render::{Colour, render};
use firedrill::diag::text::is_forbidden;
use firedrill::scenario::loader::Source;
use firedrill::session::content::inspect;
use libfuzzer_sys::fuzz_target;

const ESTATE: &str = include_str!("../../tests/fixtures/scenarios/estates/small/estate.ron");
const SERVICES: &str = include_str!("../../tests/fixtures/scenarios/estates/small/services.ron");

fuzz_target!(|bytes: &[u8]| {
    let files = [
        ("mine/scenario.ron", bytes),
        ("mine/brief.md", b"# A briefing".as_slice()),
        ("estates/small/estate.ron", ESTATE.as_bytes()),
        ("estates/small/services.ron", SERVICES.as_bytes()),
    ];
    let files: BTreeMap<_, _> = files
        .into_iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let inspection = inspect(&Source::memory(files), "mine");
    for diagnostic in inspection.diagnostics.iter().take(50) {
        assert!(!render(diagnostic, Colour::Never).chars().any(is_forbidden));
    }
});
