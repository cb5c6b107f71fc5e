//! Tickets that ordinary talk is about: one for each line of a channel that names one, numbered as a tracker does, by the time
//! at which it first comes up. Opens none: they are in projects that the trainee's account does not see.

use std::collections::{BTreeMap, BTreeSet};

use super::Chatter;
use crate::scenario::format::estate::Estate;
use crate::scenario::format::values::Moment;
use crate::scenario::pack::Pack;
use crate::sim::time::{SimTime, Span};

/// The placeholder of a ticket in a corpus.
pub(super) const TICKET: &str = "{ticket}";
/// Tickets that a project gets a day, where those that are declared do not tell.
pub const PER_DAY: f64 = 1.2;
/// Talk is followed so long after the page: longer than any drill lasts.
const FOLLOWED: Span = Span::from_hours(24);

/// The tickets of an estate's talk in one drill.
#[derive(Debug, Default)]
pub struct Tickets {
    /// By channel and line of its corpus.
    lines: BTreeMap<(String, usize), (String, u32)>,
}

impl Tickets {
    /// Numbers the tickets of all channels.
    pub fn of(pack: &Pack, seed: u64) -> Self {
        let marks = marks(pack);
        let mut first = Vec::new();
        for channel in pack.estate.channels.keys() {
            let Some(chatter) = Chatter::of(pack, seed, channel) else {
                continue;
            };
            let project = project_of(&pack.estate, &chatter, &marks);
            let Some(project) = project else { continue };
            let until = chatter.page + FOLLOWED;
            for (place, at) in chatter.first_said(until) {
                let names_one = |line: &String| line.contains(TICKET);
                if chatter.lines.get(place).is_some_and(names_one) {
                    first.push((at, channel.clone(), place, project.clone()));
                }
            }
        }
        first.sort();
        let mut last: BTreeMap<String, u32> = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for (at, channel, place, project) in first {
            let marks = marks.get(&project).map_or(&[][..], Vec::as_slice);
            let taken: BTreeSet<u32> = marks.iter().map(|(_, number)| *number).collect();
            let after = last.get(&project).map_or(0, |last| last + 1);
            let mut number = number_at(&rising(marks), at, PER_DAY).max(after);
            while taken.contains(&number) {
                number += 1;
            }
            last.insert(project.clone(), number);
            lines.insert((channel, place), (project, number));
        }
        Self { lines }
    }

    /// The key of the ticket that a line of a channel's corpus is about.
    pub(super) fn key(&self, channel: &str, place: usize) -> Option<String> {
        let (project, number) = self.lines.get(&(channel.to_owned(), place))?;
        Some(format!("{project}-{number}"))
    }

    /// All of them: project and number.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, u32)> {
        let all = self.lines.values();
        all.map(|(project, number)| (project.as_str(), *number))
    }
}

/// The declared tickets of each project: when each was opened, and its number, in the order of time.
fn marks(pack: &Pack) -> BTreeMap<String, Vec<(SimTime, u32)>> {
    let starts = pack.scenario.starts;
    let mut marks: BTreeMap<String, Vec<(SimTime, u32)>> = BTreeMap::new();
    let all = pack.estate.tickets.iter().chain(&pack.scenario.tickets);
    for (key, ticket) in all {
        let opened: Moment = ticket.opened;
        if let Some((project, number)) = key.rsplit_once('-')
            && let Ok(number) = number.parse()
        {
            let mark = (SimTime(opened.millis(starts)), number);
            marks.entry(project.to_owned()).or_default().push(mark);
        }
    }
    for marks in marks.values_mut() {
        marks.sort_unstable();
    }
    marks
}

/// Marks without those of a lower number than one before them: they tell nothing of the order.
pub fn rising(marks: &[(SimTime, u32)]) -> Vec<(SimTime, u32)> {
    let mut highest = 0;
    let mut rising = marks.to_vec();
    rising.retain(|(_, number)| {
        let rises = *number > highest;
        highest = highest.max(*number);
        rises
    });
    rising
}

/// The project that a channel's people have most declared tickets in, otherwise the one with most of all.
fn project_of(
    estate: &Estate,
    chatter: &Chatter<'_>,
    marks: &BTreeMap<String, Vec<(SimTime, u32)>>,
) -> Option<String> {
    let theirs = |project: &str| {
        let tickets = estate.tickets.iter();
        tickets
            .filter(|(key, ticket)| {
                let of_project = key.rsplit_once('-').is_some_and(|(own, _)| own == project);
                let people = ticket.assignee.iter().chain([&ticket.reporter]);
                let mut people = people.map(String::as_str);
                let talks = |who: &str| chatter.authors.iter().any(|(handle, _)| *handle == who);
                of_project && people.any(talks)
            })
            .count()
    };
    // Of equals the first by name.
    marks
        .iter()
        .rev()
        .max_by_key(|(project, marks)| (theirs(project), marks.len()))
        .map(|(project, _)| project.clone())
}

/// The number that something opened at an instant would have, where numbers rise with time: on the straight line between
/// its neighbours, or so many a day before the first and after the last of them. Marks are sorted.
pub fn number_at(marks: &[(SimTime, u32)], at: SimTime, per_day: f64) -> u32 {
    let days = |span: Span| span.millis() as f64 / 86_400_000.0;
    let place = marks.partition_point(|(opened, _)| *opened <= at);
    let before = place.checked_sub(1).and_then(|place| marks.get(place));
    match (before, marks.get(place)) {
        (None, None) => 1,
        (None, Some((next, number))) => {
            (f64::from(*number) - days(*next - at) * per_day).max(1.0) as u32
        }
        (Some((last, number)), None) => *number + (days(at - *last) * per_day) as u32 + 1,
        (Some((last, low)), Some((next, high))) => {
            let share = days(at - *last) / days(*next - *last).max(1e-9);
            *low + (f64::from(high.saturating_sub(*low)) * share) as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_between_their_neighbours() {
        let at = |days: i64| SimTime(days * 86_400_000);
        let marks = [(at(10), 100), (at(20), 140)];
        assert_eq!(number_at(&marks, at(15), 1.2), 120);
        assert_eq!(number_at(&marks, at(5), 1.2), 94);
        assert_eq!(number_at(&marks, at(25), 1.2), 147);
        assert_eq!(number_at(&[], at(1), 1.2), 1);
    }

    #[test]
    fn a_lower_number_that_was_opened_later_tells_nothing() {
        let at = SimTime;
        let marks = [(at(1), 5), (at(2), 3), (at(3), 9)];
        assert_eq!(rising(&marks), [(at(1), 5), (at(3), 9)]);
    }
}
