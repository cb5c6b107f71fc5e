//! Lists of traces: newest first as far as asked for, failed first, slowest first. Walks a window leaf by leaf from its end
//! and stops at the limit; opens no trace.

use std::fmt;

use super::{Request, Traces};
use crate::sim::ids::{RouteId, ServiceId};
use crate::sim::plan::RoutePlan;
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::events::{EventId, EventReader};
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::time::SimTime;

/// No list looks at more requests.
const MOST_LOOKED_AT: u64 = 250_000;
/// No list has more traces.
pub const LARGEST: usize = 1000;

/// How requests ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// In any way.
    #[default]
    Any,
    /// Well.
    Ok,
    /// Not well.
    Error,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What was answered last.
    #[default]
    Newest,
    /// What took longest.
    Slowest,
    /// What failed; among these, and after them, what was answered last.
    Failed,
}

/// Which traces are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this service.
    pub service: Option<ServiceId>,
    /// Of this route alone.
    pub route: Option<RouteId>,
    /// How they ended.
    pub outcome: Outcome,
    /// Answered from this instant.
    pub from: SimTime,
    /// To before this instant.
    pub until: SimTime,
    /// What comes first.
    pub order: Order,
    /// What comes after this one in that order.
    pub after: Option<Cursor>,
    /// At most so many, to [`LARGEST`].
    pub limit: usize,
}

/// A trace of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedTrace {
    /// The request.
    pub request: Request,
    /// Its trace.
    pub trace: u128,
}

/// Traces.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In the order wanted.
    pub entries: Vec<ListedTrace>,
    /// Where the next page goes on; none at the end.
    pub next: Option<Cursor>,
    /// There were too many requests to look at all: those before this instant were not.
    pub looked_from: Option<SimTime>,
}

/// A place in an order: after the trace that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Whether it is of good requests, where failed ones come first.
    good: bool,
    /// How long it took, where that decides; 0 otherwise.
    duration_us: u64,
    at_ms: i64,
    id: EventId,
}

/// `e.0.1733132701123.-340.12.7`
impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.good { 'o' } else { 'e' };
        let EventId { leaf, atom, number } = self.id;
        write!(
            out,
            "{side}.{}.{}.{leaf}.{}.{number}",
            self.duration_us, self.at_ms, atom.0
        )
    }
}

impl Cursor {
    /// Reads what [`fmt::Display`] writes; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let good = match parts.next()? {
            "o" => true,
            "e" => false,
            _ => return None,
        };
        let cursor = Self {
            good,
            duration_us: parts.next()?.parse().ok()?,
            at_ms: parts.next()?.parse().ok()?,
            id: EventId {
                leaf: parts.next()?.parse().ok()?,
                atom: AtomId(parts.next()?.parse().ok()?),
                number: parts.next()?.parse().ok()?,
            },
        };
        parts.next().is_none().then_some(cursor)
    }

    fn of(entry: &ListedTrace, order: Order) -> Self {
        let event = &entry.request.event;
        let good = entry.request.class == RoutePlan::OK;
        Self {
            good: good && order == Order::Failed,
            duration_us: if order == Order::Slowest {
                event.duration_us
            } else {
                0
            },
            at_ms: event.at_ms,
            id: event.id,
        }
    }

    /// Whether another comes later in the order: good ones after failed ones, then shorter, older ones.
    fn is_before(&self, other: &Self) -> bool {
        let key = |one: &Self| {
            (
                one.good,
                std::cmp::Reverse((one.duration_us, one.at_ms, one.id)),
            )
        };
        key(self) < key(other)
    }
}

/// An atom whose requests are wanted.
struct Source<'a> {
    events: EventReader<'a>,
    route: RouteId,
    class: usize,
    one_in: u32,
}

impl Traces<'_> {
    /// The traces that are wanted.
    pub fn list(&self, wanted: &Wanted) -> Found {
        let mut wanted = wanted.clone();
        wanted.limit = wanted.limit.clamp(1, LARGEST);
        wanted.from = wanted.from.max(self.oldest());
        wanted.until = wanted.until.min(self.closed());
        if wanted.until <= wanted.from {
            return Found::default();
        }
        let mut walk = Walk {
            traces: *self,
            looked_at: 0,
            found: Found::default(),
            wanted,
        };
        match walk.wanted.order {
            Order::Newest => walk.back(walk.wanted.outcome),
            Order::Slowest => walk.all(),
            Order::Failed => {
                let past = walk.wanted.after.is_some_and(|after| after.good);
                if walk.wanted.outcome != Outcome::Ok && !past {
                    walk.back(Outcome::Error);
                }
                if walk.wanted.outcome != Outcome::Error {
                    walk.back(Outcome::Ok);
                }
            }
        }
        walk.done()
    }
}

struct Walk<'a> {
    traces: Traces<'a>,
    wanted: Wanted,
    found: Found,
    looked_at: u64,
}

impl<'a> Walk<'a> {
    /// From the newest back until there is one more than wanted.
    fn back(&mut self, outcome: Outcome) {
        let mut sources = self.sources(outcome);
        let (first, last) = self.leaves(outcome);
        let mut lines = Vec::new();
        for leaf in (first..=last).rev() {
            if self.found.entries.len() > self.wanted.limit || self.is_too_far(leaf) {
                return;
            }
            lines.clear();
            self.leaf(&mut sources, leaf, &mut lines);
            lines.sort_unstable_by_key(|entry: &ListedTrace| {
                let event = &entry.request.event;
                std::cmp::Reverse((event.at_ms, event.id))
            });
            self.found.entries.append(&mut lines);
        }
    }

    /// All of the window, the slowest kept.
    fn all(&mut self) {
        let mut sources = self.sources(self.wanted.outcome);
        let (first, last) = self.leaves(self.wanted.outcome);
        let keep = self.wanted.limit + 1;
        let order = self.wanted.order;
        let mut kept: Vec<ListedTrace> = Vec::new();
        let sort = |kept: &mut Vec<ListedTrace>| {
            kept.sort_by(|a, b| {
                let (a, b) = (Cursor::of(a, order), Cursor::of(b, order));
                b.is_before(&a).cmp(&a.is_before(&b))
            });
            kept.truncate(keep);
        };
        for leaf in (first..=last).rev() {
            if self.is_too_far(leaf) {
                break;
            }
            self.leaf(&mut sources, leaf, &mut kept);
            if kept.len() > keep * 4 + 1024 {
                sort(&mut kept);
            }
        }
        sort(&mut kept);
        self.found.entries = kept;
    }

    fn done(mut self) -> Found {
        if self.found.entries.len() > self.wanted.limit {
            self.found.entries.truncate(self.wanted.limit);
            let last = self.found.entries.last();
            self.found.next = last.map(|last| Cursor::of(last, self.wanted.order));
            if self.wanted.order != Order::Slowest {
                self.found.looked_from = None;
            }
        }
        self.found
    }

    /// Whether enough was looked at; notes where it ended.
    fn is_too_far(&mut self, leaf: LeafIndex) -> bool {
        if self.looked_at < MOST_LOOKED_AT {
            return false;
        }
        let end = self.traces.signals.telemetry().grid().end_ms(leaf);
        self.found.looked_from = Some(SimTime(end));
        true
    }

    fn leaves(&self, outcome: Outcome) -> (LeafIndex, LeafIndex) {
        let grid = self.traces.signals.telemetry().grid();
        let mut last = self.wanted.until.millis() - 1;
        // Where instants decide, what comes after a cursor is not later than it; with failed ones first, on its own side.
        let by_instant = |after: &Cursor| match self.wanted.order {
            Order::Newest => true,
            Order::Slowest => false,
            Order::Failed => after.good == (outcome == Outcome::Ok),
        };
        if let Some(after) = self.wanted.after.filter(by_instant) {
            last = last.min(after.at_ms);
        }
        (grid.leaf_at(self.wanted.from.millis()), grid.leaf_at(last))
    }

    fn leaf(&mut self, sources: &mut [Source<'_>], leaf: LeafIndex, out: &mut Vec<ListedTrace>) {
        let telemetry = self.traces.signals.telemetry();
        let (from, until) = (self.wanted.from.millis(), self.wanted.until.millis());
        let lost = super::moment::Moment::new(self.traces, leaf).lost();
        for source in sources {
            let (route, class) = (source.route, source.class);
            self.looked_at += source.events.leaf(leaf, source.one_in, |event| {
                if event.at_ms < from || event.at_ms >= until {
                    return;
                }
                let request = Request {
                    event,
                    route,
                    class,
                };
                let entry = ListedTrace { request, trace: 0 };
                let cursor = Cursor::of(&entry, self.wanted.order);
                let is_after = |after: Cursor| after.is_before(&cursor);
                if self.wanted.after.is_none_or(is_after) && !self.traces.is_lost(event.id, lost) {
                    out.push(ListedTrace {
                        trace: telemetry.trace_of_event(event.id),
                        ..entry
                    });
                }
            });
        }
    }

    fn sources(&self, outcome: Outcome) -> Vec<Source<'a>> {
        let traces = self.traces;
        let telemetry = traces.signals.telemetry();
        let one_in = traces.one_in();
        let is_wanted = |class: usize| match outcome {
            Outcome::Any => true,
            Outcome::Ok => class == RoutePlan::OK,
            Outcome::Error => class != RoutePlan::OK,
        };
        let services = traces
            .services()
            .filter(|(id, _)| self.wanted.service.is_none_or(|of| of == *id));
        let routes = services.flat_map(|(_, service)| service.routes.iter().copied());
        let mut sources = Vec::new();
        for route in routes.filter(|id| self.wanted.route.is_none_or(|route| route == *id)) {
            let atoms = traces.signals.route(route).map(|signals| &signals.atoms);
            for (class, atom) in atoms.into_iter().flatten().enumerate() {
                if let (true, Some(events)) = (is_wanted(class), telemetry.events(*atom)) {
                    sources.push(Source {
                        events,
                        route,
                        class,
                        one_in: if class == RoutePlan::OK { one_in } else { 1 },
                    });
                }
            }
        }
        sources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_written_and_read() {
        let id = EventId {
            leaf: -340,
            atom: AtomId(12),
            number: 7,
        };
        let cursor = Cursor {
            good: true,
            duration_us: 88,
            at_ms: 1_733_132_701_123,
            id,
        };
        assert_eq!(cursor.to_string(), "o.88.1733132701123.-340.12.7");
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for wrong in [
            "",
            "o",
            "x.1.2.3.4.5",
            "o.1.2.3.4",
            "o.1.2.3.4.5.6",
            "e.a.2.3.4.5",
        ] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
