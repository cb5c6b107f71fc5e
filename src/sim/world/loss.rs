//! Customer minutes lost: customers in a journey times the share of its requests that fail beyond an ordinary day's.

use crate::sim::time::{SimTime, Span};

/// The business's estimate reaches the board this much later than what it is about.
pub const REPORTED_LATE: Span = Span::from_mins(2);

/// What was lost since the page, in thousandths of a customer minute, so that adding up is exact.
#[derive(Clone, Debug, Default)]
pub struct Loss {
    total: i64,
    /// The total at each whole minute.
    minutes: Vec<(SimTime, i64)>,
}

impl Loss {
    /// Adds a step in which `customers` customers were harmed.
    pub fn add(&mut self, customers: f64, now: SimTime, span: Span) {
        self.total += (customers * span.millis() as f64 / 60.0) as i64;
        if now.millis().rem_euclid(60_000) == 0 {
            self.minutes.push((now, self.total));
        }
    }

    /// Customer minutes lost since the page.
    pub fn total(&self) -> f64 {
        self.total as f64 / 1000.0
    }

    /// The same in thousandths, exact.
    pub const fn thousandths(&self) -> i64 {
        self.total
    }

    /// What the business says now: the total of two minutes ago.
    pub fn reported(&self, now: SimTime) -> f64 {
        let known = self
            .minutes
            .partition_point(|(at, _)| *at <= now - REPORTED_LATE);
        known
            .checked_sub(1)
            .and_then(|last| self.minutes.get(last))
            .map_or(0.0, |(_, total)| *total as f64 / 1000.0)
    }

    /// The total at each whole minute, for the debrief.
    pub fn minutes(&self) -> impl Iterator<Item = (SimTime, f64)> + '_ {
        self.minutes
            .iter()
            .map(|(at, total)| (*at, *total as f64 / 1000.0))
    }
}
