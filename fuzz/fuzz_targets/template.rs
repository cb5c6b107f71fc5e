//! Log templates: read or refused with a place inside of the text.

#![no_main]

use firedrill::sim::telemetry::template::Template;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Template::parse(text) {
        assert!(error.span.start <= error.span.end && error.span.end <= text.len());
    }
});
