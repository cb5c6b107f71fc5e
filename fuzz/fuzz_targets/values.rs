//! Values with units: what is read is written so that it reads the same.

#![no_main]

use firedrill::scenario::format::values::{Delay, Duration, Instant, Moment, Rate, Size, Text};
use libfuzzer_sys::fuzz_target;

fn check<T: Text + PartialEq + std::fmt::Debug>(text: &str) {
    if let Ok(value) = T::parse(text) {
        assert_eq!(T::parse(&value.write()), Ok(value));
    }
}

fuzz_target!(|text: &str| {
    check::<Duration>(text);
    check::<Instant>(text);
    check::<Moment>(text);
    check::<Rate>(text);
    check::<Size>(text);
    check::<Delay>(text);
});
