//! The packed copy of a scenario beside a journal: decoded within its limits, or refused.

#![no_main]

use firedrill::session::journal::Pack;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pack) = Pack::decode(bytes) {
        assert!(pack.files().values().map(Vec::len).sum::<usize>() <= 64 << 20);
    }
});
