//! Event objects: what controllers and kubelets tell people, counted, kept for an hour after they were last seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::meta::ObjectRef;
use super::names;
use crate::sim::time::{SimTime, Span};

/// How long an event is kept after it was last seen.
pub const EVENT_LIFETIME: Span = Span::from_hours(1);
/// After so many new events the log forgets those that are over.
const PRUNE_EVERY: u64 = 64;

/// Whether an event is good or bad news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// All in order.
    Normal,
    /// Somebody should look.
    Warning,
}

impl EventType {
    /// The word in the TYPE column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// What is said, by whom, of what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Report {
    pub object: ObjectRef,
    /// The container, for events of one container.
    pub container: Option<String>,
    pub event_type: EventType,
    pub reason: &'static str,
    pub message: String,
    pub component: &'static str,
    /// The node, for the kubelet's events.
    pub host: Option<Arc<str>>,
}

/// An event.
#[derive(Clone, Debug, Hash)]
pub struct Event {
    /// The event's own name.
    pub name: Arc<str>,
    /// What it is about.
    pub object: ObjectRef,
    /// The container it is about, if one.
    pub container: Option<String>,
    /// Good or bad news.
    pub event_type: EventType,
    /// The reason in one word.
    pub reason: &'static str,
    /// What happened.
    pub message: String,
    /// Who says so.
    pub component: &'static str,
    /// The node of who says so.
    pub host: Option<Arc<str>>,
    /// When it was first seen.
    pub first_at: SimTime,
    /// In which order events were first made.
    pub number: u64,
    last_at: SimTime,
    count: u32,
    /// While something goes on, it is seen again and again: with this period, since `last_at`.
    repeats_every: Option<Span>,
}

/// How often and when an event was seen, as of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How often.
    pub count: u32,
    /// When last.
    pub last_at: SimTime,
}

/// How often an event was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Its reason.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
    /// How often.
    pub times: u32,
}

impl Event {
    /// How often and when it was last seen, as of `now`.
    pub fn seen(&self, now: SimTime) -> Seen {
        let Some(every) = self.repeats_every else {
            return Seen {
                count: self.count,
                last_at: self.last_at,
            };
        };
        let times = ((now - self.last_at).millis() / every.millis().max(1)).max(0);
        Seen {
            count: self.count.saturating_add(times as u32),
            last_at: self.last_at + Span::from_millis(times * every.millis()),
        }
    }

    /// Whether it is still kept at `now`.
    pub fn is_kept(&self, now: SimTime) -> bool {
        self.seen(now).last_at + EVENT_LIFETIME > now
    }

    fn settle(&mut self, at: SimTime) {
        let seen = self.seen(at);
        self.count = seen.count;
        self.last_at = seen.last_at;
        self.repeats_every = None;
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Identity {
    object: ObjectRef,
    reason: &'static str,
    message: String,
}

/// All events.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct EventLog {
    entries: BTreeMap<Identity, Arc<Event>>,
    made: u64,
}

impl EventLog {
    /// Takes down something that happened once.
    pub fn record(&mut self, seed: u64, report: Report, at: SimTime) {
        self.note(seed, report, at, None);
    }

    /// Takes down something that goes on: seen at `at` and then with this period until it is stopped.
    pub fn record_repeating(&mut self, seed: u64, report: Report, at: SimTime, every: Span) {
        self.note(seed, report, at, Some(every));
    }

    /// Takes down something that has gone on since long before: seen so often by `last_at`, and further with this period.
    pub fn record_past(
        &mut self,
        seed: u64,
        report: Report,
        first_at: SimTime,
        seen: Seen,
        every: Option<Span>,
    ) {
        let identity = Identity {
            object: report.object.clone(),
            reason: report.reason,
            message: report.message.clone(),
        };
        self.note(seed, report, first_at, None);
        if let Some(event) = self.entries.get_mut(&identity) {
            let event = Arc::make_mut(event);
            event.count = seen.count;
            event.last_at = seen.last_at;
            event.repeats_every = every;
        }
    }

    fn note(&mut self, seed: u64, report: Report, at: SimTime, every: Option<Span>) {
        let identity = Identity {
            object: report.object.clone(),
            reason: report.reason,
            message: report.message.clone(),
        };
        if let Some(known) = self.entries.get_mut(&identity) {
            let event = Arc::make_mut(known);
            if event.is_kept(at) {
                event.settle(at);
                event.count = event.count.saturating_add(1);
                event.last_at = at;
                event.repeats_every = every;
                return;
            }
        }
        self.made += 1;
        let name = format!(
            "{}.{:x}",
            report.object.name,
            // Real names end in the nanosecond of the first sighting.
            (at.millis().unsigned_abs() * 1_000_000)
                .wrapping_add(names::keyed(seed, &["event"], self.made) % 1_000_000)
        );
        let event = Event {
            name: name.into(),
            object: report.object,
            container: report.container,
            event_type: report.event_type,
            reason: report.reason,
            message: report.message,
            component: report.component,
            host: report.host,
            first_at: at,
            number: self.made,
            last_at: at,
            count: 1,
            repeats_every: every,
        };
        self.entries.insert(identity, Arc::new(event));
        if self.made.is_multiple_of(PRUNE_EVERY) {
            self.entries.retain(|_, event| event.is_kept(at));
        }
    }

    /// All events, in a fixed order.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.entries.values()
    }

    /// How often each event about an object was seen by an instant.
    pub fn counts_of(&self, object: &ObjectRef, now: SimTime) -> Vec<Count> {
        let of_object = self.entries.iter();
        of_object
            .filter(|(identity, _)| identity.object == *object)
            .map(|(identity, event)| Count {
                reason: identity.reason,
                message: identity.message.clone(),
                times: event.seen(now).count,
            })
            .collect()
    }

    /// All events about an object came so many times more often, `once` each time, and are so much younger.
    pub fn repeat(&mut self, object: &ObjectRef, later: Span, times: u32, once: &[Count]) {
        for event in self.of_object_mut(object) {
            let same =
                |count: &&Count| count.reason == event.reason && count.message == event.message;
            let Some(once) = once.iter().find(same).filter(|once| once.times > 0) else {
                continue;
            };
            let more = once.times.saturating_mul(times);
            let event = Arc::make_mut(event);
            event.count = event.count.saturating_add(more);
            event.last_at += later;
        }
    }

    /// What went on with this object for this reason has stopped.
    pub fn stop_repeating(&mut self, object: &ObjectRef, reason: &str, at: SimTime) {
        for event in self.of_object_mut(object) {
            if event.repeats_every.is_some() && event.reason == reason {
                Arc::make_mut(event).settle(at);
            }
        }
    }

    /// The object is gone: nothing about it goes on any more.
    pub fn stop_all(&mut self, object: &ObjectRef, at: SimTime) {
        for event in self.of_object_mut(object) {
            if event.repeats_every.is_some() {
                Arc::make_mut(event).settle(at);
            }
        }
    }

    fn of_object_mut(&mut self, object: &ObjectRef) -> impl Iterator<Item = &mut Arc<Event>> {
        let from = Identity {
            object: object.clone(),
            reason: "",
            message: String::new(),
        };
        self.entries
            .range_mut(from..)
            .take_while(|(identity, _)| identity.object == *object)
            .map(|(_, event)| event)
    }

    /// The events that are kept at `now`, in the order they were first made.
    pub fn kept(&self, now: SimTime) -> Vec<&Event> {
        let mut kept: Vec<&Event> = self
            .entries
            .values()
            .map(|event| &**event)
            .filter(|event| event.is_kept(now))
            .collect();
        kept.sort_by_key(|event| event.number);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::kubernetes::kind::Kind;

    fn report() -> Report {
        Report {
            object: ObjectRef::new(Kind::Pod, "ns", "alpha"),
            container: None,
            event_type: EventType::Warning,
            reason: "BackOff",
            message: "Back-off".to_owned(),
            component: "kubelet",
            host: None,
        }
    }

    #[test]
    fn the_same_news_is_counted_and_forgotten_after_an_hour() {
        let mut log = EventLog::default();
        let start = SimTime(0);
        log.record(1, report(), start);
        log.record(1, report(), start + Span::from_mins(10));
        let kept = log.kept(start + Span::from_mins(20));
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].seen(start + Span::from_mins(20)).count, 2);
        assert!(log.kept(start + Span::from_mins(70)).is_empty());
        log.record(1, report(), start + Span::from_mins(90));
        let later = start + Span::from_mins(91);
        assert_eq!(log.kept(later)[0].seen(later).count, 1);
    }

    #[test]
    fn what_goes_on_is_counted_without_being_stored() {
        let mut log = EventLog::default();
        let start = SimTime(0);
        log.record_repeating(1, report(), start, Span::from_secs(15));
        let minute = start + Span::from_mins(1);
        assert_eq!(
            log.kept(minute)[0].seen(minute),
            Seen {
                count: 5,
                last_at: minute
            }
        );
        log.stop_repeating(&report().object, "BackOff", start + Span::from_secs(100));
        let later = start + Span::from_mins(30);
        assert_eq!(
            log.kept(later)[0].seen(later),
            Seen {
                count: 7,
                last_at: start + Span::from_secs(90)
            }
        );
    }
}
