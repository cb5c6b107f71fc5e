//! Systems that take only so many uses a minute, where a scenario says so. Counts on simulated time what the journal
//! holds, so that a replay refuses the same uses. Never words a refusal.

use std::collections::{BTreeMap, VecDeque};

use crate::sim::time::{SimTime, Span};

/// The window that uses are counted in.
const WINDOW: Span = Span::from_mins(1);

/// A use that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Uses that the system takes a minute.
    pub limit: u32,
    /// How long it takes until there is room for another one.
    pub wait: Span,
}

/// The uses of the last minute, by system.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    used: BTreeMap<String, VecDeque<SimTime>>,
}

impl Quotas {
    /// Notes a use now, or says why there is no room for it. What is refused does not count.
    pub fn take(&mut self, system: &str, limit: u32, now: SimTime) -> Option<Refused> {
        let used = self.used.entry(system.to_owned()).or_default();
        while used.front().is_some_and(|at| *at + WINDOW <= now) {
            used.pop_front();
        }
        match used.front() {
            Some(first) if used.len() >= limit as usize => Some(Refused {
                limit,
                wait: *first + WINDOW - now,
            }),
            _ => {
                used.push_back(now);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_count_for_a_minute_and_each_system_by_itself() {
        let mut quotas = Quotas::default();
        let at = |seconds: i64| SimTime(seconds * 1000);
        assert_eq!(quotas.take("jira", 2, at(0)), None);
        assert_eq!(quotas.take("jira", 2, at(30)), None);
        let refused = Refused {
            limit: 2,
            wait: Span::from_secs(15),
        };
        assert_eq!(quotas.take("jira", 2, at(45)), Some(refused));
        assert_eq!(quotas.take("sentry", 1, at(45)), None);
        assert_eq!(quotas.take("jira", 2, at(60)), None);
        assert!(quotas.take("jira", 2, at(61)).is_some());
    }
}
