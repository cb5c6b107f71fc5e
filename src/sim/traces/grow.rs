//! Grows a request to its tree of spans. Draws under the request's own key, in the order of growth; counts nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::attributes::{self, Called};
use super::moment::Moment;
use super::step::{self, Step, Target};
use super::{MOST_SPANS, Request, SpanKind, Trace, TraceSpan, Traces};
use crate::sim::draw::LeafKey;
use crate::sim::ids::RouteId;
use crate::sim::plan::RoutePlan;
use crate::sim::signals;

/// No trace is deeper.
const DEEPEST: usize = 16;
/// No call is made more often in one request.
const MOST_CALLS: u32 = 40;
/// At most so long a request is on its way, in microseconds each way.
const ON_THE_WAY_US: u64 = 350;
/// Draws of what was lost lie above those of growth.
const LOSSES: u64 = 1 << 32;
/// Keys of what peers said.
const SAYINGS: u64 = 2 << 32;

/// Whether the span of a number was lost, where a share of them was.
pub(super) const fn loses(key: LeafKey, number: u64, share: f64) -> bool {
    let share = if share >= 1.0 { 1.0 } else { share };
    key.bernoulli(LOSSES | number, (share * 4_294_967_296.0) as u64)
}

/// A request's trace.
pub(super) fn grow(traces: Traces<'_>, request: &Request) -> Option<Trace> {
    let telemetry = traces.signals.telemetry();
    let id = request.event.id;
    let moment = Moment::new(traces, id.leaf);
    let key = telemetry.key_beside(id)?;
    let mut grower = Grower {
        moment,
        key,
        next: 0,
        spans: Vec::new(),
        cut: false,
    };
    let slot = telemetry.pod_of_event(&request.event);
    let duration_us = request.event.duration_us.max(1);
    grower.serve(&Served {
        id: telemetry.span_of_event(id),
        route: request.route,
        class: request.class,
        start_us: request.event.at_ms * 1000 - duration_us as i64,
        duration_us,
        parent: None,
        depth: 0,
        pod: slot.map(|slot| Arc::clone(&slot.pod)),
        said: traces.said(request),
    });
    let lost = moment.lost();
    let mut spans = grower.spans;
    if lost > 0.0 {
        let mut number = 0;
        spans.retain(|_| {
            number += 1;
            !loses(key, number - 1, lost)
        });
    }
    let known: BTreeSet<u64> = spans.iter().map(|span| span.id).collect();
    let orphan = |span: &&TraceSpan| span.parent.is_some_and(|id| !known.contains(&id));
    Some(Trace {
        id: traces.id_of(request),
        request: *request,
        orphans: spans.iter().filter(orphan).count(),
        cut: grower.cut,
        spans,
    })
}

/// A request of a route that is to be grown.
struct Served {
    id: u64,
    route: RouteId,
    class: usize,
    start_us: i64,
    duration_us: u64,
    parent: Option<u64>,
    depth: usize,
    pod: Option<Arc<str>>,
    said: Option<String>,
}

/// One use of a step in a request.
struct Done {
    step: Step,
    fails: bool,
    /// The peer never heard of it, or said nothing of its own.
    unheard: bool,
    /// Whether it failed only after a while, where that is known.
    late: Option<bool>,
    /// Tries that failed before the last one.
    tries: u32,
    duration_us: u64,
    /// How much of each try is its peer's own work.
    work_us: f64,
}

/// Where a request is on its own: a while between steps (twice before the first one), and once longer.
struct Own {
    between_us: i64,
    pause_us: i64,
    /// The longer while comes before the step of this number; after all of them if there is none.
    pauses_before: usize,
}

struct Grower<'a> {
    moment: Moment<'a>,
    key: LeafKey,
    next: u64,
    spans: Vec<TraceSpan>,
    cut: bool,
}

impl Grower<'_> {
    /// Uniform in 0 to 1, one after the other.
    fn point(&mut self) -> f64 {
        self.next += 1;
        (self.key.draw(self.next) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn bits(&mut self) -> u64 {
        self.next += 1;
        self.key.draw(self.next)
    }

    fn serve(&mut self, served: &Served) {
        let moment = self.moment;
        let Some(route) = moment.route(served.route) else {
            return;
        };
        let Some(service) = moment.traces.plan.services.get(route.service.index()) else {
            return;
        };
        let Some(class) = route.classes.get(served.class) else {
            return;
        };
        let called = Called::of(route);
        let mut attributes = attributes::server(&called, &class.status);
        attributes.extend(attributes::of_pod(service, served.pod.as_deref()));
        self.spans.push(TraceSpan {
            id: served.id,
            parent: served.parent,
            service: Arc::from(service.name.as_str()),
            operation: called.server_operation(),
            resource: route.name.clone(),
            kind: SpanKind::Server,
            pod: served.pod.clone(),
            start_us: served.start_us,
            duration_us: served.duration_us,
            error: (served.class != RoutePlan::OK).then(|| served.said.clone().unwrap_or_default()),
            attributes,
        });
        if served.class == RoutePlan::OVERLOADED || served.depth >= DEEPEST {
            self.cut |= served.depth >= DEEPEST;
            return;
        }
        let Some(work) = step::work(&moment, served.route) else {
            return;
        };
        let mut done = self.plan(served, route, &work.steps);
        let own = self.fill(served, work.own_us, &mut done);
        let mut at = served.start_us + own.between_us * 2;
        for (index, one) in done.iter().enumerate() {
            if index == own.pauses_before {
                at += own.pause_us;
            }
            self.step(served, one, at, &service.name);
            at += one.duration_us as i64 + own.between_us;
        }
    }

    /// Which steps were done, and which of them failed.
    fn plan(&mut self, served: &Served, route: &RoutePlan, steps: &[Step]) -> Vec<Done> {
        let said = served.said.as_deref().unwrap_or("");
        let is_late = route.late == Some(served.class);
        let passed_on = is_late || served.class == RoutePlan::DEPENDENCY;
        let culprit = match served.class {
            RoutePlan::OK | RoutePlan::ERROR => None,
            _ if passed_on => self.failed_call(steps, is_late),
            class => step::culprit(&self.moment, route, class, said, steps),
        };
        let mut done = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let is_culprit = culprit == Some(at);
            let mut count = step.call().map_or(1, |call| self.times(call.per_request));
            if is_culprit {
                count = count.max(1);
            }
            for turn in 1..=count {
                let fails = is_culprit && turn == count;
                let mut one = self.outcome(step, fails, !passed_on);
                one.late = (fails && passed_on).then_some(is_late);
                done.push(one);
            }
            if is_culprit {
                break;
            }
        }
        done
    }

    /// How often a step is done that is done so often on average.
    fn times(&mut self, mean: f64) -> u32 {
        let whole = mean as u32;
        let more = u32::from(self.point() < mean - f64::from(whole));
        (whole + more).min(MOST_CALLS)
    }

    fn outcome(&mut self, step: &Step, fails: bool, named: bool) -> Done {
        let mut done = Done {
            step: step.clone(),
            fails,
            unheard: fails && named,
            late: None,
            tries: 0,
            duration_us: 0,
            work_us: 0.0,
        };
        let Some(call) = step.call().copied() else {
            return done;
        };
        let failing = self.moment.failing(call.to);
        if fails {
            done.tries = call.retries;
            return done;
        }
        while done.tries < call.retries && self.point() < failing {
            done.tries += 1;
        }
        done.fails = !call.required && done.tries == call.retries && self.point() < failing;
        done
    }

    /// Which of the required calls failed, by how often each does so: only after a while, or before.
    fn failed_call(&mut self, steps: &[Step], late: bool) -> Option<usize> {
        let weight = |step: &Step| {
            let call = step.call().filter(|call| call.required);
            call.map_or(0.0, |call| {
                self.moment.failing_so(call.to, late) * call.per_request.min(1.0)
            })
        };
        let weights: Vec<f64> = steps.iter().map(weight).collect();
        let all: f64 = weights.iter().sum();
        if all <= 0.0 {
            return steps
                .iter()
                .position(|step| step.call().is_some_and(|call| call.required));
        }
        let mut left = self.point() * all;
        for (at, weight) in weights.iter().enumerate() {
            if *weight > 0.0 && left < *weight {
                return Some(at);
            }
            left -= weight;
        }
        weights.iter().rposition(|weight| *weight > 0.0)
    }

    /// Gives every step its time within the request's, and says where the request is on its own.
    fn fill(&mut self, served: &Served, own_us: f64, done: &mut [Done]) -> Own {
        let whole = served.duration_us as f64;
        let own = own_us * (0.6 + 0.9 * self.point());
        // Work and what faults add to it, of all tries.
        let mut parts: Vec<(f64, f64)> = Vec::with_capacity(done.len());
        for one in done.iter() {
            let jitter = 0.6 + 0.9 * self.point();
            let tries = f64::from(one.tries + 1);
            let step = &one.step;
            let work = ((step.expected_us - step.late_us).max(0.0) * jitter).min(step.limit_us);
            let late = (step.late_us * jitter).min(step.limit_us - work);
            parts.push((work * tries, late * tries));
        }
        // Who gave up waiting has waited as long as it does, and all else happened in the time that is left.
        let gave_up = Self::gave_up(served, done);
        let waited = gave_up.and_then(|at| {
            let one = done.get(at)?;
            let limit = one.step.limit_us * f64::from(one.tries + 1);
            (limit < 1e15).then_some((at, limit.min(whole * 0.98)))
        });
        let (fixed, room) = waited.map_or((None, whole), |(at, us)| (Some(at), whole - us));
        let others = parts.iter().enumerate();
        let others = others.filter(|(at, _)| Some(*at) != fixed);
        let (work, late) = others.fold((own, 0.0), |(work, late), (_, part)| {
            (work + part.0, late + part.1)
        });
        // What is late gives way first.
        let (quick, less) = if room >= work {
            (1.0, ((room - work) / late).min(1.0))
        } else {
            (room / work, 0.0)
        };
        for part in &mut parts {
            *part = (
                part.0 * quick,
                if part.1 > 0.0 { part.1 * less } else { 0.0 },
            );
        }
        if let Some((at, us)) = waited
            && let Some(part) = parts.get_mut(at)
        {
            *part = (0.0, us);
        }
        let mut takes: Vec<f64> = parts.iter().map(|(work, late)| work + late).collect();
        let rest = (room - work - late).max(0.0);
        let longer = gave_up.or_else(|| self.longest(own, &takes));
        let mut pause = rest;
        if let Some(at) = longer
            && let (Some(take), Some(one)) = (takes.get_mut(at), done.get(at))
        {
            let room = one.step.limit_us * f64::from(one.tries + 1) - *take;
            let more = rest.min(room.max(0.0));
            *take += more;
            pause -= more;
        }
        let mut used = 0;
        for (one, (take, part)) in done.iter_mut().zip(takes.iter().zip(&parts)) {
            one.duration_us = *take as u64;
            one.work_us = part.0 / f64::from(one.tries + 1);
            used += one.duration_us;
        }
        let left = served.duration_us.saturating_sub(used) as i64;
        let pause_us = (pause as i64).min(left);
        let failed = done.iter().position(|one| one.fails);
        let anywhere = (self.point() * (done.len() as f64 + 1.0)) as usize;
        Own {
            between_us: (left - pause_us) / (done.len() as i64 + 2),
            pause_us,
            pauses_before: failed.unwrap_or(anywhere),
        }
    }

    /// The step that ran into its limit, where the request says that it waited.
    fn gave_up(served: &Served, done: &[Done]) -> Option<usize> {
        let said = served.said.as_deref().unwrap_or("");
        let waited = ["deadline exceeded", "timeout", "timed out", "Timeout"];
        let waited = waited.iter().any(|word| said.contains(word));
        let fails = waited.then(|| done.iter().rposition(|one| one.fails));
        fails.flatten()
    }

    /// Who else took longer than expected: any by how long it takes; none for the request itself.
    fn longest(&mut self, own: f64, takes: &[f64]) -> Option<usize> {
        let mut left = self.point() * (own + takes.iter().sum::<f64>());
        for (at, take) in takes.iter().enumerate() {
            if left < *take {
                return Some(at);
            }
            left -= take;
        }
        None
    }

    fn step(&mut self, served: &Served, done: &Done, start_us: i64, service: &str) {
        let turns = u64::from(done.tries) + 1;
        let each = done.duration_us / turns;
        let mut at = start_us;
        for turn in 1..=turns {
            let fails = done.fails || turn < turns;
            let length = if turn == turns {
                done.duration_us - each * (turns - 1)
            } else {
                each
            };
            self.once(served, done, at, length, fails, service);
            at += length as i64;
        }
    }

    /// One try of a step: what the caller sees, and below it what the peer did.
    fn once(
        &mut self,
        served: &Served,
        done: &Done,
        start_us: i64,
        length: u64,
        fails: bool,
        service: &str,
    ) {
        if self.spans.len() + 2 > MOST_SPANS {
            self.cut = true;
            return;
        }
        let id = self.bits() | 1;
        let moment = self.moment;
        let answer = match &done.step.target {
            Target::Call(call) if !(fails && done.unheard) => {
                self.answer(call.to, fails, done.late)
            }
            _ => None,
        };
        let said = served.said.as_deref().unwrap_or("");
        let status = answer.as_ref().map(|answer| answer.status.as_str());
        let mut span = attributes::client(&moment, served.route, &done.step, status);
        span.id = id;
        span.parent = Some(served.id);
        span.service = Arc::from(service);
        span.pod.clone_from(&served.pod);
        span.start_us = start_us;
        span.duration_us = length;
        span.error = fails.then(|| match &answer {
            Some(answer) => attributes::passed_on(&answer.status, answer.said.as_deref()),
            None => attributes::cause(said),
        });
        self.spans.push(span);
        if let Some(answer) = answer
            && done.step.peer_sends(&moment)
        {
            self.below(served, done, id, (start_us, length), answer);
        }
    }

    /// What the peer of a call did in the caller's time.
    fn below(
        &mut self,
        served: &Served,
        done: &Done,
        parent: u64,
        (start_us, length): (i64, u64),
        answer: Answer,
    ) {
        let moment = self.moment;
        // A peer that hears late takes no longer for it: what a caller waits for is its own.
        let left = if done.step.waits_us > 0.0 {
            (done.work_us.max(150.0) as u64).min(length)
        } else {
            length
        };
        let way = (left / 20).min(ON_THE_WAY_US);
        let point = (self.bits() >> 32) as u32;
        let signals = moment.traces.signals;
        let atom = signals
            .route(answer.route)
            .and_then(|own| own.atoms.get(answer.class).copied());
        let slot = atom.and_then(|atom| signals.telemetry().pod_for(atom, moment.leaf, point));
        let id = self.bits() | 1;
        self.serve(&Served {
            id,
            route: answer.route,
            class: answer.class,
            start_us: start_us + (length - left + way) as i64,
            duration_us: (left - way * 2).max(1).min(length),
            parent: Some(parent),
            depth: served.depth + 1,
            pod: slot.map(|slot| Arc::clone(&slot.pod)),
            said: answer.said,
        });
    }

    /// How a call was answered.
    fn answer(&mut self, route: RouteId, fails: bool, late: Option<bool>) -> Option<Answer> {
        let point = self.point();
        let moment = self.moment;
        let class = if fails {
            moment.failed_class(route, late, point)
        } else {
            RoutePlan::OK
        };
        let plan = moment.route(route)?;
        let ends = plan.classes.get(class)?;
        let service = moment.traces.plan.services.get(plan.service.index())?;
        let said = fails.then(|| {
            let template =
                signals::logs::template(&signals::logs::said(ends, service.spec.runtime));
            let telemetry = moment.traces.signals.telemetry();
            let at_ms = telemetry.grid().start_ms(moment.leaf);
            telemetry.says_under(self.key.child(SAYINGS | self.next), &template, at_ms)
        });
        Some(Answer {
            route,
            class,
            status: ends.status.clone(),
            said,
        })
    }
}

/// How a call was answered.
struct Answer {
    route: RouteId,
    class: usize,
    status: String,
    /// What the peer said of its failure.
    said: Option<String>,
}
