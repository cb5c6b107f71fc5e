//! Ordinary messages in channels: drawn when looked at, a pure function of seed, channel and time. Never kept.
//!
//! Time is cut into leaves of 15 minutes. How many messages a leaf has follows the working hours of those who write.
//! The corpus is walked along a keyed permutation, so a line comes back only when all others have been said.

use crate::scenario::format::estate::Estate;
use crate::scenario::format::people::{Channel, Person};
use crate::scenario::format::values::Moment;
use crate::scenario::pack::Pack;

use super::draw::{LeafKey, Permutation, StreamId, StreamKey, poisson};
use super::plan::HISTORY;
use super::slack::{Post, message_id};
use super::time::{SimTime, Span};
use tickets::Tickets;

pub mod tickets;

/// Length of a leaf.
const LEAF: Span = Span::from_mins(15);
const HOUR: Span = Span::from_hours(1);
/// No leaf has more messages than this.
const MOST_IN_A_LEAF: u64 = 40;

/// What draws are used for in a leaf's key.
mod index {
    pub(super) const COUNT: u64 = 0;
    pub(super) const PLACES: u64 = 1000;
}

/// What draws are used for in a message's key.
mod field {
    pub(super) const AUTHOR: u64 = 0;
    pub(super) const SECOND: u64 = 1;
    pub(super) const FILL: u64 = 16;
}

/// Somebody who writes, or an app that does (no person of the estate).
type Author<'a> = (&'a str, Option<&'a Person>);

/// A stretch of time with messages.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    start: SimTime,
    /// Messages in it.
    count: u64,
    /// Messages before it.
    said: u64,
}

/// The chatter of one channel.
#[derive(Debug)]
pub struct Chatter<'a> {
    pack: &'a Pack,
    channel: &'a str,
    lines: &'a [String],
    per_leaf: f64,
    authors: Vec<Author<'a>>,
    key: StreamKey,
    /// The page, as everything is counted from its history's start.
    page: SimTime,
}

impl<'a> Chatter<'a> {
    /// The chatter of a channel; `None` for one in which nobody talks.
    pub fn of(pack: &'a Pack, seed: u64, channel: &'a str) -> Option<Self> {
        let declared = pack.estate.channels.get(channel)?;
        let chatter = declared.chatter.as_ref()?;
        let lines = pack.chatter.get(&chatter.corpus)?;
        let authors = authors(&pack.estate, declared, &pack.scenario.trainee);
        if lines.is_empty() || authors.is_empty() {
            return None;
        }
        let stream = StreamId::of(&format!("slack/chatter/{channel}"));
        Some(Self {
            pack,
            channel,
            lines,
            per_leaf: chatter.rate.per_second * LEAF.secs() as f64,
            authors,
            key: StreamKey::new(seed, stream),
            page: SimTime(pack.scenario.starts.millis),
        })
    }

    /// All messages with `from <= at <= until`, oldest first; none from before the telemetry's history.
    pub fn between(&self, tickets: &Tickets, from: SimTime, until: SimTime) -> Vec<Post> {
        let mut posts = Vec::new();
        for leaf in self.leaves(until) {
            if leaf.start + LEAF > from {
                posts.extend(self.posts(&leaf, tickets));
            }
        }
        posts.retain(|post| from <= post.at && post.at <= until);
        posts
    }

    /// When each line of the corpus is said first, up to an instant.
    fn first_said(&self, until: SimTime) -> Vec<(usize, SimTime)> {
        let mut first = Vec::new();
        let order = self.order();
        for leaf in self.leaves(until) {
            for number in 0..leaf.count {
                let said = leaf.said + number;
                if said >= self.lines.len() as u64 {
                    return first;
                }
                let at = self.instant(&leaf, number);
                first.push((order.forward(said) as usize, at));
            }
        }
        first
    }

    /// The leaves up to an instant that have messages.
    fn leaves(&self, until: SimTime) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        let mut said = 0;
        let mut start = self.first_leaf();
        let mut hour = (start - LEAF, 0.0);
        while start <= until {
            // Working hours begin and end on the hour.
            if start.floor_to(HOUR) != hour.0 {
                hour = (start.floor_to(HOUR), self.mean(start));
            }
            let count = self.count(start, hour.1);
            if count > 0 {
                leaves.push(Leaf { start, count, said });
            }
            said += count;
            start += LEAF;
        }
        leaves
    }

    /// The order in which lines of the corpus are said.
    fn order(&self) -> Permutation {
        Permutation::new(
            self.key.leaf(i64::MIN),
            index::PLACES,
            self.lines.len() as u64,
        )
    }

    /// When a message of a leaf is written.
    fn instant(&self, leaf: &Leaf, number: u64) -> SimTime {
        let key = self.leaf_key(leaf.start).child(number + 1);
        leaf.start + Span::from_secs(key.below(field::SECOND, LEAF.secs() as u64) as i64)
    }

    fn first_leaf(&self) -> SimTime {
        (self.page - HISTORY).floor_to(LEAF)
    }

    fn leaf_key(&self, start: SimTime) -> LeafKey {
        self.key.leaf(start.millis().div_euclid(LEAF.millis()))
    }

    /// Messages that are expected of a leaf.
    fn mean(&self, start: SimTime) -> f64 {
        let weights: u64 = self.awake(start).sum();
        let share = weights as f64 / (100.0 * self.authors.len() as f64);
        (self.per_leaf * share).clamp(0.0, MOST_IN_A_LEAF as f64)
    }

    fn count(&self, start: SimTime, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        let mean_q32 = (mean * 4_294_967_296.0) as u64;
        poisson(self.leaf_key(start), index::COUNT, mean_q32).min(MOST_IN_A_LEAF)
    }

    fn posts(&self, leaf: &Leaf, tickets: &Tickets) -> Vec<Post> {
        let key = self.leaf_key(leaf.start);
        let order = self.order();
        let mut posts: Vec<Post> = (0..leaf.count)
            .filter_map(|number| {
                let one = key.child(number + 1);
                let said = leaf.said + number;
                let place = order.forward(said % self.lines.len() as u64) as usize;
                let line = self.lines.get(place)?;
                let by = self.author(one, leaf.start)?;
                let at = self.instant(leaf, number);
                let ticket = tickets.key(self.channel, place);
                Some(Post {
                    // Far from the numbers of those that are kept.
                    id: message_id(at, 500_000 + said),
                    channel: self.channel.to_owned(),
                    by: by.to_owned(),
                    at,
                    text: fill(&self.pack.estate, line, by, ticket.as_deref(), one),
                    thread: None,
                    reactions: Vec::new(),
                    script: None,
                })
            })
            .collect();
        posts.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        posts
    }

    /// Somebody who is at work then; those in the middle of their day more often.
    fn author(&self, key: LeafKey, at: SimTime) -> Option<&'a str> {
        let whole: u64 = self.awake(at).sum();
        let mut left = key.below(field::AUTHOR, whole);
        let mut both = self.authors.iter().zip(self.awake(at));
        both.find(|(_, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        })
        .map(|((handle, _), _)| *handle)
    }

    /// How much each author writes at a moment, in percent; whoever is away writes nothing.
    fn awake(&self, at: SimTime) -> impl Iterator<Item = u64> + '_ {
        let is_away = move |person: &Person| {
            let at_ms = |moment: Moment| moment.millis(self.pack.scenario.starts);
            let mut spans = person.away.iter();
            spans.any(|(from, until)| (at_ms(*from)..at_ms(*until)).contains(&at.millis()))
        };
        self.authors.iter().map(move |(_, person)| match person {
            Some(person) if is_away(person) => 0,
            person => awake(*person, at),
        })
    }
}

/// Who writes in a channel: never the trainee, whose messages are the trainee's own.
fn authors<'a>(estate: &'a Estate, channel: &'a Channel, trainee: &str) -> Vec<Author<'a>> {
    let by = channel
        .chatter
        .as_ref()
        .map_or(&[][..], |chatter| &chatter.by);
    let named = if by.is_empty() { &channel.members } else { by };
    let all: Vec<Author<'a>> = if named.is_empty() {
        let everybody = estate.people.iter();
        everybody
            .map(|(handle, person)| (handle.as_str(), Some(person)))
            .collect()
    } else {
        named
            .iter()
            .map(|handle| (handle.as_str(), estate.people.get(handle)))
            .collect()
    };
    all.into_iter()
        .filter(|(handle, _)| *handle != trainee)
        .collect()
}

/// How much somebody writes at a moment, in percent: working hours in their own time, less at noon, nothing at week-ends.
/// An app writes at all hours.
fn awake(person: Option<&Person>, at: SimTime) -> u64 {
    let Some(person) = person else {
        return 30;
    };
    let local = at.millis() + i64::from(person.utc_offset_hours) * 3_600_000;
    let day = local.div_euclid(86_400_000);
    // The epoch was a Thursday.
    if (day + 3).rem_euclid(7) >= 5 {
        return 0;
    }
    match local.rem_euclid(86_400_000) / 3_600_000 {
        9..=11 | 13..=16 => 100,
        12 => 55,
        8 | 17 => 40,
        18 => 10,
        _ => 0,
    }
}

/// Fills `{service}`, `{person}` and `{pr}` from the estate, `{ticket}` with the one that the line is about. Anything else
/// stays as it is.
fn fill(estate: &Estate, line: &str, by: &str, ticket: Option<&str>, key: LeafKey) -> String {
    let mut filled = String::with_capacity(line.len() + 16);
    let mut rest = line;
    let mut number = field::FILL;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let filled_in = match (name, ticket) {
            ("ticket", Some(ticket)) => Some(ticket.to_owned()),
            _ => placeholder(estate, name, by, key, number),
        };
        match filled_in {
            Some(word) => filled.push_str(&word),
            None => filled.push_str(&format!("{{{name}}}")),
        }
        number += 1;
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

fn placeholder(estate: &Estate, name: &str, by: &str, key: LeafKey, number: u64) -> Option<String> {
    match name {
        "service" => pick(estate.services.keys(), key, number).cloned(),
        "person" => {
            let others = estate.people.iter().filter(|(handle, _)| *handle != by);
            let (handle, person) = pick(others, key, number)?;
            let first = person.name.split_whitespace().next();
            Some(first.unwrap_or(handle).to_owned())
        }
        "pr" => Some(format!("#{}", 1000 + key.below(number, 900))),
        _ => None,
    }
}

fn pick<T>(from: impl Iterator<Item = T>, key: LeafKey, number: u64) -> Option<T> {
    let all: Vec<T> = from.collect();
    let place = key.below(number, all.len() as u64) as usize;
    all.into_iter().nth(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_pack;

    fn at(text: &str) -> SimTime {
        SimTime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn windows_join_and_nobody_talks_at_night_or_at_week_ends() {
        let pack = small_pack();
        let chatter = Chatter::of(&pack, 7, "#platform").unwrap();
        let tickets = Tickets::of(&pack, 7);
        let (from, until) = (at("2026-02-23T00:00:00Z"), at("2026-03-02T14:00:00Z"));
        let all = chatter.between(&tickets, from, until);
        assert!((60..400).contains(&all.len()), "{}", all.len());
        let cut = at("2026-02-25T10:07:03Z");
        let mut joined = chatter.between(&tickets, from, cut);
        joined.extend(chatter.between(&tickets, cut + Span(1), until));
        assert_eq!(joined, all);
        let hour = |post: &Post| post.at.millis().rem_euclid(86_400_000) / 3_600_000;
        assert!(all.iter().all(|post| (6..20).contains(&hour(post))));
        let week_end = (at("2026-02-28T00:00:00Z"), at("2026-03-01T23:59:59Z"));
        assert!(chatter.between(&tickets, week_end.0, week_end.1).is_empty());
    }

    #[test]
    fn whoever_is_away_says_nothing() {
        let mut pack = (*small_pack()).clone();
        let (from, until) = (at("2026-02-24T00:00:00Z"), at("2026-02-26T00:00:00Z"));
        let by = |pack: &Pack, who: &str| {
            let chatter = Chatter::of(pack, 7, "#platform").unwrap();
            let tickets = Tickets::default();
            let said = chatter.between(&tickets, from, until);
            (
                said.iter().filter(|post| post.by == who).count(),
                said.len(),
            )
        };
        let (before, all) = by(&pack, "mara");
        assert!(before > 0 && before < all, "{before} of {all}");
        let moment =
            |at: SimTime| Moment::FromPage((at - SimTime(pack.scenario.starts.millis)).millis());
        let away = vec![(moment(from), moment(until))];
        let mara = pack.estate.people.get_mut("mara").unwrap();
        mara.away = away;
        let (away, others) = by(&pack, "mara");
        assert!(away == 0 && others > 0);
    }

    #[test]
    fn a_line_comes_back_only_after_all_others() {
        let pack = small_pack();
        let chatter = Chatter::of(&pack, 7, "#platform").unwrap();
        let tickets = Tickets::default();
        let posts = chatter.between(
            &tickets,
            at("2026-02-16T00:00:00Z"),
            at("2026-03-02T14:00:00Z"),
        );
        let size = chatter.lines.len();
        for leaf in posts.chunks(size).filter(|leaf| leaf.len() == size) {
            let numbers: std::collections::BTreeSet<_> = leaf.iter().map(|post| &post.id).collect();
            assert_eq!(numbers.len(), size);
        }
        assert!(Chatter::of(&pack, 7, "#alerts").is_none());
    }

    #[test]
    fn one_thing_has_one_ticket_and_later_things_have_higher_ones() {
        let mut pack = (*small_pack()).clone();
        let lines = (0..6).map(|number| format!("thing {number}: {{ticket}}"));
        let corpus = &pack.estate.channels["#platform"]
            .chatter
            .as_ref()
            .unwrap()
            .corpus;
        pack.chatter.insert(corpus.clone(), lines.collect());
        let tickets = Tickets::of(&pack, 7);
        let chatter = Chatter::of(&pack, 7, "#platform").unwrap();
        let (from, until) = (at("2026-02-16T00:00:00Z"), at("2026-03-02T14:00:00Z"));
        let said = chatter.between(&tickets, from, until);
        let mut named = Vec::new();
        for post in &said {
            let (thing, ticket) = post.text.split_once(": ").unwrap();
            let number: u32 = ticket.strip_prefix("ALPHA-").unwrap().parse().unwrap();
            match named.iter().find(|(known, _)| known == thing) {
                Some((_, known)) => assert_eq!(*known, number, "{thing}"),
                None => named.push((thing.to_owned(), number)),
            }
        }
        assert!(
            said.len() > 12 && named.len() == 6,
            "{} {named:?}",
            said.len()
        );
        assert!(named.is_sorted_by(|a, b| a.1 < b.1), "{named:?}");
        let declared = |number| pack.estate.tickets.contains_key(&format!("ALPHA-{number}"));
        assert!(!named.iter().any(|(_, number)| declared(number)));
    }

    #[test]
    fn placeholders_are_filled_from_the_estate_and_others_stay() {
        let pack = small_pack();
        let key = StreamKey::new(1, StreamId::of("fill")).leaf(0);
        let text = fill(
            &pack.estate,
            "{ticket} {odd} {pr} {",
            "mara",
            Some("ALPHA-12"),
            key,
        );
        assert!(text.starts_with("ALPHA-12 {odd} #1"), "{text}");
        let text = fill(&pack.estate, "{person}", "mara", None, key);
        assert!(["Jon", "Lena"].contains(&text.as_str()), "{text}");
    }
}
