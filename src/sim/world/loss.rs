//! Customer minutes lost: customers in a journey times the share of its requests that fail beyond an ordinary day's.

use crate::sim::time::{SimTime, Span};

/// The business's estimate reaches the board this much later than what it is about.
pub const REPORTED_LATE: Span = Span::from_mins(2);

const MINUTE: Span = Span::from_mins(1);

/// What was lost since the page, in thousandths of a customer minute, so that adding up is exact.
#[derive(Clone, Debug, Default)]
pub struct Loss {
    total: i64,
    /// The total at each whole minute.
    minutes: Vec<(SimTime, i64)>,
}

impl Loss {
    /// Lets time pass from one whole second to a later one. `harmed` gives the customers harmed at an instant; nobody is
    /// while there is none.
    #[expect(clippy::needless_pass_by_value, reason = "a closure is handed over")]
    pub fn pass(&mut self, from: SimTime, now: SimTime, harmed: Option<impl Fn(SimTime) -> f64>) {
        let second = Span::from_secs(1);
        let stride = if harmed.is_some() { second } else { MINUTE };
        let mut at = from;
        while at < now {
            at = (at.floor_to(stride) + stride).min(now);
            if let Some(harmed) = &harmed {
                self.total += (harmed(at) * 1000.0 / 60.0) as i64;
            }
            if at.floor_to(MINUTE) == at {
                self.minutes.push((at, self.total));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_step_is_many_short_ones() {
        let harmed = |at: SimTime| (at.millis() % 7919) as f64;
        let (mut long, mut short) = (Loss::default(), Loss::default());
        let end = SimTime(600_000);
        long.pass(SimTime(30_000), end, Some(harmed));
        for second in 30..600 {
            let from = SimTime(second * 1000);
            short.pass(from, from + Span::from_secs(1), Some(harmed));
        }
        assert_eq!(long.minutes, short.minutes);
        assert_eq!((long.minutes.len(), long.total), (10, short.total));
        let quiet = None::<fn(SimTime) -> f64>;
        long.pass(end, end + Span::from_secs(90), quiet);
        assert_eq!(long.minutes.last(), Some(&(SimTime(660_000), long.total)));
    }
}
