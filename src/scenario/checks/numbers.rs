//! Checks of single numbers, durations and moments.

use super::Checker;
use crate::scenario::format::values::{Duration, Moment};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

/// How far a drill reaches back before its page, in milliseconds.
pub(super) const HISTORY_MS: i64 = 14 * 86_400_000;

impl Checker<'_> {
    /// Says when a share is not between 0 and 1.
    pub(super) fn share(&mut self, value: f64, at: &Place<'_>) {
        // A number that is none is said where the file is read.
        if value.is_finite() && !(0.0..=1.0).contains(&value) {
            self.push(
                at.error(ids::SHARE, format!("{value} is not a share"))
                    .hint("a share is between 0.0 and 1.0"),
            );
        }
    }

    /// Says when a number is outside of a range that makes sense.
    pub(super) fn number(&mut self, value: f64, least: f64, most: f64, at: &Place<'_>) {
        if value.is_finite() && !(least..=most).contains(&value) {
            self.push(
                at.error(ids::NUMBER, format!("{value} is out of range here"))
                    .hint(format!("{least} to {most}")),
            );
        }
    }

    /// Says when a count is outside of a range that makes sense.
    pub(super) fn count(&mut self, value: u64, least: u64, most: u64, at: &Place<'_>) {
        if !(least..=most).contains(&value) {
            self.push(
                at.error(ids::NUMBER, format!("{value} is out of range here"))
                    .hint(format!("{least} to {most}")),
            );
        }
    }

    /// Says when a process cannot end with an exit code.
    pub(super) fn exit_code(&mut self, code: i32, at: &Place<'_>) {
        if !(0..=255).contains(&code) {
            self.push(
                at.error(ids::NUMBER, format!("{code} is no exit code"))
                    .hint("0 to 255; a process killed by a signal ends with 128 and its number"),
            );
        }
    }

    /// Says when a duration is outside of a range that makes sense.
    pub(super) fn duration(&mut self, value: Duration, least: &str, most: &str, at: &Place<'_>) {
        let parse = |text| <Duration as crate::scenario::format::values::Text>::parse(text);
        if let (Ok(lower), Ok(upper)) = (parse(least), parse(most))
            && !(lower..=upper).contains(&value)
        {
            self.push(
                at.error(ids::DURATION, format!("{value} is out of range here"))
                    .hint(format!("{least} to {most}")),
            );
        }
    }

    /// Says when a moment is after the drill's deadline or before the world that a drill can show. Old records (`old`)
    /// may be older than the telemetry.
    pub(super) fn moment(&mut self, moment: Moment, old: bool, at: &Place<'_>) {
        let Some(scenario) = self.subject.scenario else {
            return;
        };
        let page = scenario.starts;
        let after = moment.millis(page) - page.millis;
        if after > scenario.deadline.millis {
            self.push(
                at.error(ids::MOMENT, "this is after the drill's deadline")
                    .hint(format!("the drill ends at T+{}", scenario.deadline)),
            );
        } else if !old && after < -HISTORY_MS {
            self.push(
                at.error(ids::MOMENT, "this is before the drill's history begins")
                    .hint("history begins fourteen days before the page: T-14d"),
            );
        }
    }

    /// Says when a text that people read is empty.
    pub(super) fn not_empty(&mut self, text: &str, what: &str, at: &Place<'_>) {
        if text.trim().is_empty() && self.subject.whole {
            self.push(
                at.error(ids::EMPTY, format!("{what} is empty"))
                    .hint("write a sentence for whoever reads it"),
            );
        }
    }
}
