//! Traces, made when somebody looks: a request that was counted (the event behind its log line) with all that it waited
//! for. Nothing is stored, and nothing is counted anew.
//!
//! The entry span is the request itself: its instant, duration, pod and outcome are those of its line and its histogram.
//! What lies below is drawn under the event's own key from what flows were at that moment: which calls there were, how
//! long each took, and which one failed when the request failed because of another. So a trace is the same whenever and
//! in whatever order it is looked at.

mod attributes;
mod grow;
mod list;
mod moment;
mod step;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::World;
use super::artifact::Shown;
use super::ids::{RouteId, ServiceId};
use super::plan::{ClassPlan, Plan, RoutePlan, ServicePlan};
use super::signals::Signals;
use super::telemetry::atom::AtomId;
use super::telemetry::events::{EventId, SingleEvent};
use super::time::{SimTime, Span};
use crate::scenario::format::service::Runtime;

pub use list::{Cursor, Found, LARGEST, ListedTrace, Order, Outcome, Wanted};

/// A trace has no more spans.
pub const MOST_SPANS: usize = 400;
/// How long traces are kept when the estate says nothing.
const RETENTION: Span = Span::from_hours(15 * 24);

/// A request that was traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The event that is counted.
    pub event: SingleEvent,
    /// Its route.
    pub route: RouteId,
    /// How it ended: a class of its route.
    pub class: usize,
}

/// A trace: its spans, each parent before its children.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Its id.
    pub id: u128,
    /// The request behind it.
    pub request: Request,
    /// Spans that arrived, in the order in which work began below each parent.
    pub spans: Vec<TraceSpan>,
    /// Spans that name a parent which never arrived.
    pub orphans: usize,
    /// It has more spans than [`MOST_SPANS`]; the rest is left out.
    pub cut: bool,
}

impl Trace {
    /// What it shows to somebody who opens it: its spans, those of one kind of work and outcome together.
    pub fn shown(&self) -> Vec<Shown> {
        let mut longest: BTreeMap<(&str, &str, bool), u64> = BTreeMap::new();
        for span in &self.spans {
            let kind = (&*span.service, &*span.resource, span.error.is_some());
            let known = longest.entry(kind).or_default();
            *known = span.duration_us.max(*known);
        }
        let shown = longest.into_iter();
        let shown = shown.map(|((service, resource, failed), duration_us)| Shown::Span {
            service: service.to_owned(),
            resource: resource.to_owned(),
            duration_us,
            failed,
        });
        std::iter::once(Shown::Trace(format!("{:032x}", self.id)))
            .chain(shown)
            .collect()
    }
}

/// On which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// The side that answers.
    Server,
    /// The side that asks.
    Client,
    /// The side that writes a message.
    Producer,
}

/// One span.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSpan {
    /// Its id.
    pub id: u64,
    /// The span that it is part of.
    pub parent: Option<u64>,
    /// The service that did the work.
    pub service: Arc<str>,
    /// What kind of work it is, such as `grpc.server`.
    pub operation: &'static str,
    /// Which work: a route, a statement, a topic.
    pub resource: String,
    /// Its side.
    pub kind: SpanKind,
    /// The pod that did it.
    pub pod: Option<Arc<str>>,
    /// When it began, in microseconds since the Unix epoch.
    pub start_us: i64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What went wrong, if something did.
    pub error: Option<String>,
    /// Further names and values.
    pub attributes: Vec<(&'static str, String)>,
}

impl TraceSpan {
    /// When it ended, in microseconds since the Unix epoch.
    pub const fn end_us(&self) -> i64 {
        self.start_us.saturating_add_unsigned(self.duration_us)
    }
}

/// Why a trace cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No request has this trace.
    Unknown,
    /// The request was not sampled: one good one in so many is.
    NotKept(u32),
    /// It is older than traces are kept.
    Expired,
    /// Its entry span never reached the backend.
    Lost,
}

/// Reads the traces of a world.
#[derive(Clone, Copy, Debug)]
pub struct Traces<'a> {
    plan: &'a Plan,
    signals: &'a Signals,
}

impl<'a> Traces<'a> {
    /// The traces of a world.
    pub fn of(world: &'a World) -> Self {
        Self {
            plan: world.plan(),
            signals: world.signals(),
        }
    }

    /// One good request in so many keeps its trace.
    pub fn one_in(&self) -> u32 {
        let estate = &self.plan.pack.estate;
        match estate.traces.one_in {
            0 => super::signals::logs::access_one_in(estate),
            one_in => one_in,
        }
    }

    /// How long traces are kept.
    pub fn retention(&self) -> Span {
        match self.plan.pack.estate.traces.retention.millis {
            0 => RETENTION,
            millis => Span(millis),
        }
    }

    /// The instant up to which requests are known.
    pub fn closed(&self) -> SimTime {
        SimTime(self.signals.telemetry().closed_ms())
    }

    /// The oldest instant of which traces are kept.
    pub fn oldest(&self) -> SimTime {
        let origin = SimTime(self.signals.telemetry().grid().origin_ms());
        origin.max(self.closed() - self.retention())
    }

    /// Services that send spans, with the routes that are asked for, in the order of their names.
    pub fn services(&self) -> impl Iterator<Item = (ServiceId, &'a ServicePlan)> + use<'a> {
        let (plan, signals) = (self.plan, self.signals);
        plan.services
            .iter()
            .enumerate()
            .filter_map(move |(index, service)| {
                let asked = |id: &RouteId| {
                    signals
                        .route(*id)
                        .is_some_and(|route| !route.atoms.is_empty())
                };
                let sends =
                    service.spec.runtime != Runtime::Vendor && service.routes.iter().any(asked);
                sends.then_some((ServiceId(index as u32), service))
            })
    }

    /// A service that sends spans, by name.
    pub fn service(&self, name: &str) -> Option<(ServiceId, &'a ServicePlan)> {
        self.services().find(|(_, service)| service.name == name)
    }

    /// The request that began a trace.
    ///
    /// # Errors
    /// When there is none, or its trace is not there to be opened.
    pub fn request_of(&self, trace: u128) -> Result<Request, Missing> {
        let telemetry = self.signals.telemetry();
        let id = telemetry.event_of_trace(trace).ok_or(Missing::Unknown)?;
        let (route, class) = self.place_of(id.atom).ok_or(Missing::Unknown)?;
        let event = telemetry.event(id).ok_or(Missing::Unknown)?;
        if event.at_ms < self.oldest().millis() {
            return Err(Missing::Expired);
        }
        if class == RoutePlan::OK && !telemetry.keeps_event(id, self.one_in()) {
            return Err(Missing::NotKept(self.one_in()));
        }
        let request = Request {
            event,
            route,
            class,
        };
        if self.is_lost(id, moment::Moment::new(*self, id.leaf).lost()) {
            return Err(Missing::Lost);
        }
        Ok(request)
    }

    /// Opens a trace.
    ///
    /// # Errors
    /// When it is not there.
    pub fn open(&self, trace: u128) -> Result<Trace, Missing> {
        let request = self.request_of(trace)?;
        grow::grow(*self, &request).ok_or(Missing::Unknown)
    }

    /// What a trace shows to somebody who opens it, by its id in hexadecimal digits; nothing where it cannot be opened.
    pub fn shown(&self, id: &str) -> Vec<Shown> {
        let trace = u128::from_str_radix(id, 16);
        let trace = trace.ok().and_then(|id| self.open(id).ok());
        trace.map_or_else(Vec::new, |trace| trace.shown())
    }

    /// The trace of a request.
    pub fn id_of(&self, request: &Request) -> u128 {
        self.signals.telemetry().trace_of_event(request.event.id)
    }

    /// A request's route, its service and the class in which it ended.
    pub fn names_of(
        &self,
        request: &Request,
    ) -> Option<(&'a ServicePlan, &'a RoutePlan, &'a ClassPlan)> {
        let route = self.plan.routes.get(request.route.index())?;
        let service = self.plan.services.get(route.service.index())?;
        Some((service, route, route.classes.get(request.class)?))
    }

    /// The pod that answered a request.
    pub fn pod_of(&self, request: &Request) -> Option<Arc<str>> {
        let slot = self.signals.telemetry().pod_of_event(&request.event)?;
        Some(Arc::clone(&slot.pod))
    }

    /// What a failed request said of its failure: the same words as in its line.
    pub fn said(&self, request: &Request) -> Option<String> {
        let (service, _, class) = self.names_of(request)?;
        if request.class == RoutePlan::OK {
            return None;
        }
        let text = super::signals::logs::said(class, service.spec.runtime);
        let template = super::signals::logs::template(&text);
        Some(
            self.signals
                .telemetry()
                .event_says(&request.event, &template),
        )
    }

    /// Whether spans were lost on their way at some time in a window, as far as traces of it are kept.
    pub fn lost_within(&self, from: SimTime, until: SimTime) -> bool {
        moment::lost_within(*self, from.max(self.oldest()), until.min(self.closed()))
    }

    /// Whether the entry span of a request was lost, where a share of spans was.
    fn is_lost(&self, id: EventId, lost: f64) -> bool {
        lost > 0.0
            && self
                .signals
                .telemetry()
                .key_beside(id)
                .is_none_or(|key| grow::loses(key, 0, lost))
    }

    /// The route and class whose requests an atom counts.
    fn place_of(&self, atom: AtomId) -> Option<(RouteId, usize)> {
        (0..self.plan.routes.len()).find_map(|index| {
            let id = RouteId(index as u32);
            let atoms = &self.signals.route(id)?.atoms;
            let class = atoms.iter().position(|own| *own == atom)?;
            Some((id, class))
        })
    }
}
