//! Journals: any bytes are read up to their first fault, within the limits.

#![no_main]

use firedrill::session::Entry;
use firedrill::session::journal::{Limits, read};
use libfuzzer_sys::fuzz_target;

const HEADER: &[u8] = b"{\"firedrill_journal\":1,\"rules_version\":1,\"drill\":\"small-1\",\"scenario\":\"small\",\"content\":\"3d7db37d08f9140fd09f12b9621cd095\",\"seed\":7,\"settings\":{\"level\":\"normal\",\"mode\":\"scored\",\"pace\":\"wall\",\"speed\":1},\"started_ms\":0}\n";

fuzz_target!(|bytes: &[u8]| {
    let _ = read::<Entry>(bytes, Limits::STANDARD);
    let whole = [HEADER, bytes].concat();
    if let Ok(contents) = read::<Entry>(&*whole, Limits::STANDARD) {
        if let Some(fault) = &contents.fault {
            assert!(!format!("{fault} {}", fault.advice()).contains('\u{1b}'));
        }
    }
});
