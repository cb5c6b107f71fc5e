//! Rotations: whose week it is, and who stands in. Weeks begin on Monday, 00:00 UTC. Never pages anybody.

use crate::scenario::format::people::Team;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};

/// A week.
pub const WEEK: Span = Span::from_hours(7 * 24);
const WEEK_MS: i64 = 7 * 86_400_000;
/// The epoch was a Thursday: its week began three days before.
const FIRST_MONDAY_MS: i64 = -3 * 86_400_000;

/// The number of the week that an instant lies in.
pub const fn week_of(at: SimTime) -> i64 {
    (at.millis() - FIRST_MONDAY_MS).div_euclid(WEEK_MS)
}

/// When a week begins.
pub const fn monday(week: i64) -> SimTime {
    SimTime(week * WEEK_MS + FIRST_MONDAY_MS)
}

/// Who of a rotation has a week, counted from the first in the week of the page; `level` 0 is the primary, 1 the secondary.
pub fn of_week<'a>(
    world: &World,
    rotation: &'a [String],
    week: i64,
    level: usize,
) -> Option<&'a str> {
    if level >= rotation.len() {
        return None;
    }
    let turn = week - week_of(world.plan().page) + level as i64;
    let place = turn.rem_euclid(rotation.len().max(1) as i64) as usize;
    rotation.get(place).map(String::as_str)
}

/// A span in which one person takes pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// From then on.
    pub from: SimTime,
    /// Until then.
    pub until: SimTime,
    /// Who.
    pub by: String,
    /// They stand in for somebody.
    pub instead_of: Option<String>,
    /// What they wrote beside it.
    pub note: String,
}

/// A team's primary shifts of some weeks, with those who stand in.
pub fn shifts(world: &World, team: &Team, weeks: std::ops::RangeInclusive<i64>) -> Vec<Shift> {
    let mut shifts = Vec::new();
    for week in weeks {
        let Some(by) = of_week(world, &team.on_call, week, 0) else {
            continue;
        };
        let (mut from, until) = (monday(week), monday(week + 1));
        let mut covers: Vec<(SimTime, SimTime, &str, &str)> = team
            .overrides
            .iter()
            .map(|cover| {
                let (begin, end) = (
                    world.plan().moment(cover.from),
                    world.plan().moment(cover.until),
                );
                let (by, note) = (cover.by.as_str(), cover.note.as_str());
                (begin.max(from), end.min(until), by, note)
            })
            .filter(|(begin, end, ..)| begin < end)
            .collect();
        covers.sort();
        for (begin, end, cover, note) in covers {
            let begin = begin.max(from);
            if begin >= end {
                continue;
            }
            if from < begin {
                shifts.push(own(from, begin, by));
            }
            shifts.push(Shift {
                from: begin,
                until: end,
                by: cover.to_owned(),
                instead_of: Some(by.to_owned()),
                note: note.to_owned(),
            });
            from = end;
        }
        if from < until {
            shifts.push(own(from, until, by));
        }
    }
    shifts
}

fn own(from: SimTime, until: SimTime, by: &str) -> Shift {
    Shift {
        from,
        until,
        by: by.to_owned(),
        instead_of: None,
        note: String::new(),
    }
}

/// The shift that holds now.
pub fn now(world: &World, team: &Team) -> Option<Shift> {
    let (at, week) = (world.now(), week_of(world.now()));
    shifts(world, team, week..=week)
        .into_iter()
        .find(|shift| shift.from <= at && at < shift.until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::format::people::OnCallOverride;
    use crate::scenario::format::values::Moment;
    use crate::sim::testing::small_world;

    #[test]
    fn weeks_begin_on_monday() {
        let at = |text| SimTime::parse_rfc3339(text).unwrap();
        let week = week_of(at("2026-03-02T00:00:00Z"));
        assert_eq!(monday(week).rfc3339(), "2026-03-02T00:00:00Z");
        assert_eq!(week_of(at("2026-03-01T23:59:59Z")), week - 1);
        assert_eq!(week_of(at("2026-03-08T23:59:59Z")), week);
    }

    #[test]
    fn whoever_stands_in_cuts_a_week() {
        let world = small_world();
        let mut team = world
            .plan()
            .pack
            .estate
            .teams
            .get("platform")
            .unwrap()
            .clone();
        team.overrides.push(OnCallOverride {
            from: Moment::FromPage(-3_600_000),
            until: Moment::FromPage(3_600_000),
            by: "lena".to_owned(),
            note: "swap".to_owned(),
        });
        let week = week_of(world.now());
        let found = shifts(&world, &team, week..=week);
        let who: Vec<&str> = found.iter().map(|shift| shift.by.as_str()).collect();
        assert_eq!(who, ["mara", "lena", "mara"]);
        assert_eq!(
            now(&world, &team).unwrap().instead_of.as_deref(),
            Some("mara")
        );
        assert!(found.windows(2).all(|pair| pair[0].until == pair[1].from));
        let next = shifts(&world, &team, week + 1..=week + 1);
        assert_eq!(next[0].by, "jon");
    }
}
