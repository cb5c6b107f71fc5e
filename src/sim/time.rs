//! Simulated time: instants and spans in whole milliseconds. Never reads a clock.

use std::fmt::{self, Write};
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// An instant of simulated time: milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SimTime(pub i64);

/// A span of simulated time in milliseconds. Negative spans point backwards.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// A span of whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// A span of whole minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self::from_secs(minutes * 60)
    }

    /// A span of whole hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_mins(hours * 60)
    }

    /// The span in milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The span in whole seconds, towards zero.
    pub const fn secs(self) -> i64 {
        self.0 / 1000
    }
}

impl SimTime {
    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The instant rounded down to a multiple of `step` since the epoch. A step of zero or less leaves it as it is.
    #[must_use]
    pub const fn floor_to(self, step: Span) -> Self {
        if step.0 <= 0 {
            self
        } else {
            Self(self.0.div_euclid(step.0) * step.0)
        }
    }

    /// `2024-12-02T09:45:00Z`: RFC 3339 to the second, as Kubernetes and most logs write it.
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// The instant written with a chrono format, in UTC; empty for an instant outside chrono's calendar, and for a
    /// pattern that is none.
    pub fn format(self, pattern: &str) -> String {
        let Some(at) = chrono::DateTime::from_timestamp_millis(self.0) else {
            return String::new();
        };
        let mut text = String::new();
        match write!(text, "{}", at.format(pattern)) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }

    /// Reads an RFC 3339 instant; `None` if it is not one.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| Self(at.timestamp_millis()))
    }
}

impl Add<Span> for SimTime {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for SimTime {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for SimTime {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_round_down_and_read_back() {
        let at = SimTime::parse_rfc3339("2024-12-02T09:45:07Z").unwrap();
        assert_eq!(at.rfc3339(), "2024-12-02T09:45:07Z");
        assert_eq!(
            at.floor_to(Span::from_mins(1)).rfc3339(),
            "2024-12-02T09:45:00Z"
        );
        assert_eq!(SimTime(-1).secs(), -1);
    }
}
