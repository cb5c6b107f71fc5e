//! How many events an issue has: exactly, by sums over the same atoms that series and log lines come from. Only a steady
//! background, which is in no series, is drawn, hour by hour.

use crate::scenario::format::records::{Counts, SentryIssue};
use crate::sim::World;
use crate::sim::draw::{LeafKey, poisson};
use crate::sim::plan::HISTORY;
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::reader::Part;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::estate_key;

const HOUR: Span = Span::from_hours(1);
/// No background has more events in an hour.
const MOST_IN_AN_HOUR: f64 = 100_000.0;

/// Events of an issue.
#[derive(Clone, Copy)]
pub struct Events<'a> {
    world: &'a World,
    counts: &'a Counts,
    /// Under which a steady background is drawn.
    key: LeafKey,
    /// When it was seen first, where that is declared.
    first: Option<SimTime>,
}

/// When an issue was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Events in all.
    pub events: u64,
    /// Events of the last 24 hours.
    pub last_day: u64,
    /// First.
    pub first: SimTime,
    /// Last.
    pub last: SimTime,
}

impl<'a> Events<'a> {
    /// The events that an issue counts.
    pub fn of(world: &'a World, issue: &'a SentryIssue) -> Self {
        Self {
            world,
            counts: &issue.counts,
            key: estate_key(world, &format!("sentry/{}/{}", issue.service, issue.title)),
            first: issue.first_seen.map(|at| world.plan().moment(at)),
        }
    }

    /// Events up to an instant, since telemetry's history began (a steady background: ever).
    pub fn until(&self, at: SimTime) -> u64 {
        self.until_each(&[at]).first().copied().unwrap_or(0)
    }

    /// [`Events::until`] at many ascending instants.
    pub fn until_each(&self, at: &[SimTime]) -> Vec<u64> {
        let times: Vec<i64> = at.iter().map(|at| at.millis()).collect();
        match self.counts {
            Counts::Outcome { .. } | Counts::Template { .. } => match self.atom() {
                Some(atom) => self
                    .world
                    .signals()
                    .telemetry()
                    .totals_at(atom, Part::ALL, &times),
                None => vec![0; at.len()],
            },
            Counts::Crashes { of } => at.iter().map(|at| self.crashes(of, *at)).collect(),
            Counts::Gaps { group } => at.iter().map(|at| self.gaps(group, *at)).collect(),
            Counts::Steady { total, rate } => at
                .iter()
                .map(|at| self.steady(*total, rate.per_second, *at))
                .collect(),
        }
    }

    /// A background has its total at the page, and before and after what each hour brings at its rate. What the rate leaves
    /// over since it was seen first came at once then.
    fn steady(&self, total: u64, per_second: f64, at: SimTime) -> u64 {
        if self.first.is_some_and(|first| at < first) {
            return 0;
        }
        let page = self.world.plan().page;
        let (from, until) = (at.min(page), at.max(page));
        let mut between = 0;
        let mut hour = from.floor_to(HOUR);
        while hour < until {
            let count = self.in_hour(per_second, hour);
            let upto = |at: SimTime| {
                let part = (at - hour).millis().clamp(0, HOUR.millis());
                count * part.unsigned_abs() / HOUR.millis().unsigned_abs()
            };
            between += upto(until) - upto(from);
            hour += HOUR;
        }
        if at < page {
            total.saturating_sub(between)
        } else {
            total + between
        }
    }

    /// What an hour brings: more by day than by night, and never the same.
    fn in_hour(&self, per_second: f64, hour: SimTime) -> u64 {
        let number = hour.millis().div_euclid(HOUR.millis());
        let shape = &self.world.plan().pack.estate.traffic.hours;
        let sum: f64 = shape.iter().sum();
        let now = shape.get(number.rem_euclid(24) as usize);
        let factor = now.map_or(1.0, |now| now * shape.len() as f64 / sum.max(1e-9));
        let mean = (per_second * 3600.0 * factor).clamp(0.0, MOST_IN_AN_HOUR);
        if mean <= 0.0 {
            return 0;
        }
        poisson(
            self.key,
            number.unsigned_abs(),
            (mean * 4_294_967_296.0) as u64,
        )
    }

    fn atom(&self) -> Option<AtomId> {
        let (plan, signals) = (self.world.plan(), self.world.signals());
        match self.counts {
            Counts::Outcome { of, route, class } => {
                let id = *plan.names.routes.get(&(of.clone(), route.clone()))?;
                let class = plan.routes.get(id.index())?.class(class)?;
                signals.route(id)?.atoms.get(class).copied()
            }
            Counts::Template { of, template } => {
                let (id, _) = plan.service(of)?;
                signals.service(id)?.templates.get(template).copied()
            }
            _ => None,
        }
    }

    /// A container that was started again had crashed; one that is dead now has, too.
    fn crashes(&self, service: &str, at: SimTime) -> u64 {
        let Some((id, _)) = self.world.plan().service(service) else {
            return 0;
        };
        let signals = self.world.signals();
        let slots = signals
            .service(id)
            .and_then(|of| signals.telemetry().slots(of.slots));
        let restarts: u64 = slots.map_or(0, |track| {
            let before =
                |slot: &crate::sim::telemetry::slots::Slot| u64::from(slot.restarts_before);
            let born = track
                .slots()
                .filter(|(_, slot)| slot.start_ms <= at.millis());
            born.map(|(_, slot)| slot.restarts_until(at.millis()) - before(slot))
                .sum()
        });
        let dead = self
            .world
            .fleet()
            .of(id)
            .filter(|(_, pod)| !pod.alive && pod.started <= at);
        let dead = if at >= self.world.now() {
            dead.count() as u64
        } else {
            0
        };
        restarts + dead
    }

    fn gaps(&self, group: &str, at: SimTime) -> u64 {
        let id = self.world.plan().names.groups.get(group);
        let group = id.and_then(|id| self.world.groups().get(id.index()));
        group.map_or(0, |group| {
            group.gaps.partition_point(|gap| gap.at <= at) as u64
        })
    }

    /// When it was seen; `None` for what has not happened.
    pub fn seen(&self) -> Option<Seen> {
        let (now, page) = (self.world.now(), self.world.plan().page);
        let start = page - HISTORY;
        let events = self.until(now);
        if events == 0 {
            return None;
        }
        let first = self
            .first
            .unwrap_or_else(|| self.reached(1, start, now))
            .min(now);
        let day_ago = now - Span::from_hours(24);
        Some(Seen {
            events,
            last_day: events - self.until(day_ago).min(events),
            first,
            last: self.reached(events, start, now).max(first),
        })
    }

    /// The first whole second at which there were so many events.
    fn reached(&self, count: u64, from: SimTime, until: SimTime) -> SimTime {
        let (mut low, mut high) = (from.secs(), until.secs());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.until(SimTime(middle * 1000)) >= count {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        SimTime(low * 1000)
    }

    /// Events in each of the last 24 hours, oldest first; the last one ends now.
    pub fn by_hour(&self) -> Vec<u64> {
        let now = self.world.now();
        let edges: Vec<SimTime> = (0..=24)
            .map(|hour| now - Span::from_hours(24 - hour))
            .collect();
        let totals = self.until_each(&edges);
        totals
            .iter()
            .zip(totals.iter().skip(1))
            .map(|(from, to)| to.saturating_sub(*from))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    /// An issue that counts something else, of which it is not said when it was seen first.
    fn counting(world: &World, counts: Counts) -> SentryIssue {
        let declared = world.plan().pack.scenario.sentry.get("GATE-3").unwrap();
        SentryIssue {
            counts,
            first_seen: None,
            ..declared.clone()
        }
    }

    #[test]
    fn what_has_stopped_was_seen_last_when_it_was_seen_first() {
        let world = small_world();
        let rate = crate::scenario::format::values::Rate { per_second: 0.0 };
        let issue = SentryIssue {
            first_seen: Some(crate::scenario::format::values::Moment::FromPage(
                -7_200_000,
            )),
            ..counting(&world, Counts::Steady { total: 12, rate })
        };
        let events = Events::of(&world, &issue);
        let seen = events.seen().unwrap();
        let first = world.plan().page - Span::from_hours(2);
        assert_eq!((seen.first, seen.last), (first, first));
        assert_eq!((seen.events, seen.last_day), (12, 12));
        assert_eq!(events.by_hour().iter().sum::<u64>(), 12);
    }

    #[test]
    fn a_pinned_outcome_is_counted_to_the_event() {
        let world = small_world();
        let issue = world
            .plan()
            .pack
            .scenario
            .sentry
            .get("GATE-3")
            .unwrap()
            .clone();
        let events = Events::of(&world, &issue);
        let half = world.now() - Span::from_mins(30);
        assert_eq!(events.until(world.now()) - events.until(half), 4200);
        let seen = events.seen().unwrap();
        assert_eq!(events.by_hour().iter().sum::<u64>(), seen.last_day);
        assert!(
            events.until(seen.first) >= 1 && events.until(seen.first - Span::from_mins(1)) == 0
        );
    }

    #[test]
    fn crashes_are_counted_by_restarts() {
        let world = small_world();
        let issue = counting(
            &world,
            Counts::Crashes {
                of: "worker".to_owned(),
            },
        );
        let events = Events::of(&world, &issue);
        assert_eq!(events.until(world.now() - Span::from_hours(2)), 0);
        assert!((5..30).contains(&events.until(world.now())));
    }

    #[test]
    fn a_steady_background_has_its_total_at_the_page() {
        let world = small_world();
        let rate = crate::scenario::format::values::Rate { per_second: 0.5 };
        let issue = counting(&world, Counts::Steady { total: 100, rate });
        let events = Events::of(&world, &issue);
        assert_eq!(events.until(world.plan().page), 100);
        let before = events.until(world.plan().page - Span::from_secs(20));
        assert!((75..98).contains(&before), "{before}");
        let long = counting(
            &world,
            Counts::Steady {
                total: 100_000,
                rate,
            },
        );
        let day = Events::of(&world, &long).by_hour();
        assert!(day.iter().any(|count| *count != day[23]), "{day:?}");
        assert_eq!(events.until(world.plan().page - Span::from_hours(20)), 0);
    }
}
