//! Sprints: two weeks each, from a Monday to the Friday of the week after, the same for all projects. Never plans one.

use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::oncall::rotation::{WEEK, monday, week_of};

/// Sprints before the one of the page that Jira still lists.
const BEFORE: i64 = 8;
/// Sprints after it that are planned.
const AFTER: i64 = 2;

/// A sprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sprint {
    /// Its number.
    pub number: u32,
    /// When it begins.
    pub starts: SimTime,
    /// When it ends.
    pub ends: SimTime,
}

impl Sprint {
    /// `closed`, `active` or `future` at an instant.
    pub fn state(&self, now: SimTime) -> &'static str {
        // It is closed when the next one begins, on Monday.
        if now >= self.starts + WEEK + WEEK {
            "closed"
        } else if now >= self.starts {
            "active"
        } else {
            "future"
        }
    }
}

/// The week in which the estate's first sprint began.
fn first_week(world: &World) -> i64 {
    let since = world.plan().pack.estate.since;
    let earliest = week_of(world.plan().page) - 2 * BEFORE;
    since.map_or(earliest, |at| week_of(SimTime(at.millis)).min(earliest))
}

fn of_number(world: &World, number: i64) -> Sprint {
    let starts = monday(first_week(world) + 2 * (number - 1)) + Span::from_hours(9);
    Sprint {
        number: number.max(0) as u32,
        starts,
        ends: starts + WEEK + Span::from_hours(4 * 24 + 8),
    }
}

/// The sprint that an instant lies in; a weekend belongs to the sprint before it.
pub fn at(world: &World, at: SimTime) -> Option<Sprint> {
    let weeks = week_of(at) - first_week(world);
    (weeks >= 0).then(|| of_number(world, weeks / 2 + 1))
}

/// The sprints that Jira lists, newest first.
pub fn listed(world: &World) -> Vec<Sprint> {
    let now = (week_of(world.now()) - first_week(world)) / 2 + 1;
    ((now - BEFORE).max(1)..=now + AFTER)
        .rev()
        .map(|number| of_number(world, number))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn one_sprint_is_active() {
        let world = small_world();
        let states: Vec<&str> = listed(&world)
            .iter()
            .map(|sprint| sprint.state(world.now()))
            .collect();
        assert_eq!(states.iter().filter(|state| **state == "active").count(), 1);
        assert_eq!(states.first(), Some(&"future"));
        assert_eq!(states.last(), Some(&"closed"));
        let page = at(&world, world.plan().page).unwrap();
        assert!(page.starts <= world.plan().page && world.plan().page < page.starts + WEEK + WEEK);
    }
}
