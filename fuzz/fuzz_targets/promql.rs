//! PromQL: read or refused with a place inside of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = firedrill::sim::promql::parse(text) {
        let span = error.span();
        assert!(span.start <= span.end && span.end <= text.len().max(1));
    }
});
