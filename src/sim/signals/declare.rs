//! Declares a plan's atoms, levels, pods and pins to telemetry. Never records anything that happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    FOLLOWS, GroupSignals, RouteSignals, STOCK_UNIT, ServiceSignals, Signals, TopicSignals,
    factor_q16,
};
use crate::scenario::format::records::Counts;
use crate::sim::flows::Flows;
use crate::sim::ids::ServiceId;
use crate::sim::plan::{HISTORY, Plan, RoutePlan};
use crate::sim::telemetry::atom::{AtomDef, AtomError, AtomId, PER_SECOND_Q32, Pin};
use crate::sim::telemetry::history::LevelTrack;
use crate::sim::telemetry::latency::Latency;
use crate::sim::telemetry::leaf::LeafGrid;
use crate::sim::telemetry::store::Telemetry;
use crate::sim::telemetry::traffic::TrafficShape;
use crate::sim::time::{SimTime, Span};

/// Upper bounds of the latency histograms' buckets, in seconds as OpenTelemetry's default has them, in microseconds.
pub const BUCKETS_US: [u64; 14] = [
    5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 250_000, 500_000, 750_000, 1_000_000,
    2_500_000, 5_000_000, 7_500_000, 10_000_000,
];
/// The shortest request takes this part of the median.
const SHORTEST: u64 = 10;
/// No request takes longer.
const CEILING_US: u64 = 60_000_000;

impl Signals {
    /// Declares a plan. Names that telemetry refuses (a path given twice) are counted in `refused`.
    pub fn new(plan: &Plan, seed: u64, ordinary: Arc<Flows>) -> Self {
        let grid =
            LeafGrid::new(plan.page.floor_to(Span::from_mins(1)), HISTORY).unwrap_or_default();
        let mut telemetry = Telemetry::new(grid, seed);
        let shape = Arc::new(shape(plan));
        let flat = Arc::new(TrafficShape::flat());
        let mut refused = 0;
        let mut services: Vec<_> = plan
            .services
            .iter()
            .map(|service| ServiceSignals {
                slots: telemetry.add_slots(),
                pods: BTreeMap::new(),
                templates: BTreeMap::new(),
                wanted: telemetry.add_value(i64::from(service.spec.replicas)),
                ready: telemetry.add_value(i64::from(service.spec.replicas)),
                pool: telemetry.add_value(0),
            })
            .collect();
        let mut declarer = Declarer {
            plan,
            telemetry,
            shape: Arc::clone(&shape),
            flat,
            refused: &mut refused,
        };
        let routes = declarer.routes(&services, &ordinary);
        declarer.templates(&mut services);
        let topics = declarer.topics(&routes);
        let mut telemetry = declarer.telemetry;
        let faults = plan
            .faults
            .iter()
            .map(|_| telemetry.add_level(LevelTrack::intensity()))
            .collect();
        let stocks = plan.pack.scenario.stocks.values();
        let stocks = stocks
            .map(|stock| telemetry.add_value((stock.base * STOCK_UNIT) as i64))
            .collect();
        let groups = plan
            .groups
            .iter()
            .map(|group| GroupSignals {
                committed: (0..plan.partitions(group.topic))
                    .map(|_| telemetry.add_value(FOLLOWS))
                    .collect(),
                rebalances: telemetry.add_value(0),
                members: telemetry.add_value(0),
            })
            .collect();
        let valkey = plan
            .pack
            .estate
            .valkey
            .iter()
            .map(|_| telemetry.add_value(1_000_000))
            .collect();
        let mut signals = Self {
            telemetry,
            page: plan.page,
            shape,
            services,
            routes,
            faults,
            stocks,
            topics,
            groups,
            ordinary,
            valkey,
            pools_declared: std::collections::BTreeSet::new(),
            past_lines: Vec::new(),
            coordinators: BTreeMap::new(),
            valkey_flushes: vec![Vec::new(); plan.pack.estate.valkey.len()],
            refused,
        };
        super::catalog::declare(&mut signals, plan);
        super::logs::declare(&mut signals, plan);
        signals
    }
}

fn shape(plan: &Plan) -> TrafficShape {
    let traffic = &plan.pack.estate.traffic;
    let q16 = |factor: f64| (factor.clamp(0.0, 1000.0) * 65_536.0) as u32;
    let mut hours = [65_536; 24];
    hours
        .iter_mut()
        .zip(&traffic.hours)
        .for_each(|(slot, factor)| *slot = q16(*factor));
    let mut days = [65_536; 7];
    days.iter_mut()
        .zip(&traffic.days)
        .for_each(|(slot, factor)| *slot = q16(*factor));
    TrafficShape::daily(&hours, &days, 0)
}

struct Declarer<'a> {
    plan: &'a Plan,
    telemetry: Telemetry,
    shape: Arc<TrafficShape>,
    flat: Arc<TrafficShape>,
    refused: &'a mut u64,
}

impl Declarer<'_> {
    fn keep(&mut self, added: Result<AtomId, AtomError>) -> Option<AtomId> {
        if added.is_err() {
            *self.refused += 1;
        }
        added.ok()
    }

    fn routes(&mut self, services: &[ServiceSignals], ordinary: &Flows) -> Vec<RouteSignals> {
        let plan = self.plan;
        let ceilings = ceilings_us(plan);
        let mut routes = Vec::new();
        for (index, route) in plan.routes.iter().enumerate() {
            let factor = self.telemetry.add_factor();
            let mut atoms = Vec::new();
            if route.mean_rate > 0.0 {
                let usual = ordinary
                    .routes
                    .get(index)
                    .map_or(route.p50_ms, |flow| flow.latency_ms);
                let ceiling = ceilings.get(index).copied().unwrap_or(CEILING_US);
                let latency = latency(route, usual, ceiling);
                let plain = latency.clone().map(Arc::new);
                for (class, of_class) in route.classes.iter().enumerate() {
                    let slow = latency.clone().filter(|_| of_class.least_ms > 0);
                    let slow = slow.map(|own| {
                        Arc::new(own.with_floor(of_class.least_ms.saturating_mul(1000)))
                    });
                    let slots = services
                        .get(route.service.index())
                        .map(|service| service.slots);
                    let def = AtomDef {
                        path: class_path(plan, route, class),
                        rate_q32: (route.mean_rate * PER_SECOND_Q32 as f64) as u64,
                        traffic: Arc::clone(if route.shaped {
                            &self.shape
                        } else {
                            &self.flat
                        }),
                        slots,
                        latency: slow.or_else(|| plain.clone()).map(|own| (own, factor)),
                        pins: self.class_pins(route, class),
                    };
                    let added = self.telemetry.add_atom(def);
                    atoms.extend(self.keep(added));
                }
                self.start_at_ordinary(index, route, &atoms, ordinary);
            }
            let usual = ordinary.routes.get(index).map_or(1_000_000, super::ppm);
            let success_ppm = self.telemetry.add_value(usual);
            routes.push(RouteSignals {
                atoms,
                factor,
                success_ppm,
            });
        }
        routes
    }

    fn start_at_ordinary(
        &mut self,
        index: usize,
        route: &RoutePlan,
        atoms: &[AtomId],
        ordinary: &Flows,
    ) {
        let Some(flow) = ordinary.routes.get(index) else {
            return;
        };
        let start = self.telemetry.grid().origin_ms();
        for (atom, share) in atoms.iter().zip(&flow.shares) {
            if self
                .telemetry
                .set_rate(start, *atom, factor_q16(flow.rate * share, route.mean_rate))
                .is_err()
            {
                *self.refused += 1;
            }
        }
    }

    /// The pins of a class: those the scenario states, and for the good class those that a topic's known offsets make.
    fn class_pins(&self, route: &RoutePlan, class: usize) -> Vec<Pin> {
        let plan = self.plan;
        let service = plan
            .services
            .get(route.service.index())
            .map_or("", |service| service.name.as_str());
        let name = route
            .classes
            .get(class)
            .map_or("", |class| class.name.as_str());
        let mut pins = self.pins(|counts| {
            matches!(counts, Counts::Outcome { of, route: at, class } if of == service && *at == route.name && class == name)
        });
        if class == RoutePlan::OK {
            let topic = route
                .produces
                .and_then(|topic| plan.topics.get(topic.index()));
            if let Some(topic) = topic.filter(|topic| topic.producers.len() == 1) {
                pins.extend(topic.marks.windows(2).filter_map(|pair| match pair {
                    [(from, start), (until, end)] => {
                        Some(pin(*from, *until, end.saturating_sub(*start)))
                    }
                    _ => None,
                }));
            }
        }
        pins
    }

    fn pins(&self, of: impl Fn(&Counts) -> bool) -> Vec<Pin> {
        let plan = self.plan;
        let stated = plan
            .pack
            .scenario
            .pins
            .iter()
            .filter(|stated| of(&stated.of));
        stated
            .map(|stated| {
                pin(
                    plan.moment(stated.from),
                    plan.moment(stated.until),
                    stated.total,
                )
            })
            .collect()
    }

    fn templates(&mut self, services: &mut [ServiceSignals]) {
        let plan = self.plan;
        for (index, service) in plan.services.iter().enumerate() {
            for (name, template) in &service.spec.logs {
                let rate = template.rate.per_second;
                self.template(
                    services,
                    ServiceId(index as u32),
                    name,
                    rate,
                    template.with_traffic,
                    65_536,
                );
            }
        }
        for fault in &plan.faults {
            for log in &fault.effects.logs {
                self.template(services, log.service, &log.name, log.rate, false, 0);
            }
        }
    }

    fn template(
        &mut self,
        services: &mut [ServiceSignals],
        id: ServiceId,
        name: &str,
        rate: f64,
        shaped: bool,
        factor: u32,
    ) {
        let plan = self.plan;
        let service = plan
            .services
            .get(id.index())
            .map_or("", |service| service.name.as_str());
        let def = AtomDef {
            path: format!("{service}/log/{name}"),
            rate_q32: (rate * PER_SECOND_Q32 as f64) as u64,
            traffic: Arc::clone(if shaped { &self.shape } else { &self.flat }),
            slots: services.get(id.index()).map(|service| service.slots),
            latency: None,
            pins: self.pins(|counts| {
                matches!(counts, Counts::Template { of, template } if of == service && template == name)
            }),
        };
        let added = self.telemetry.add_atom(def);
        let Some(atom) = self.keep(added) else { return };
        let start = self.telemetry.grid().origin_ms();
        if self.telemetry.set_rate(start, atom, factor).is_err() {
            *self.refused += 1;
        }
        if let Some(service) = services.get_mut(id.index()) {
            service.templates.insert(name.to_owned(), atom);
        }
    }

    fn topics(&mut self, routes: &[RouteSignals]) -> Vec<TopicSignals> {
        let plan = self.plan;
        let mut topics = Vec::new();
        for topic in &plan.topics {
            let mut producers = Vec::new();
            for id in &topic.producers {
                let (Some(route), Some(signals)) =
                    (plan.routes.get(id.index()), routes.get(id.index()))
                else {
                    continue;
                };
                let written = route
                    .classes
                    .iter()
                    .zip(&signals.atoms)
                    .filter(|(class, _)| class.produces);
                producers.extend(written.map(|(_, atom)| *atom));
            }
            let mean_rate = topic
                .producers
                .iter()
                .filter_map(|id| plan.routes.get(id.index()))
                .map(|route| route.mean_rate)
                .sum();
            let mut signals = TopicSignals {
                producers,
                end_at_page: 0,
                marks: topic.marks.clone(),
                mean_rate,
                starts: (0..topic.partitions())
                    .map(|_| self.telemetry.add_value(0))
                    .collect(),
            };
            if signals.marks.is_empty() {
                let whole = signals.expected(HISTORY.millis());
                signals.marks.push((plan.history_start(), whole));
            }
            signals.end_at_page = signals.on_the_line(plan.page);
            topics.push(signals);
        }
        topics
    }
}

fn class_path(plan: &Plan, route: &RoutePlan, class: usize) -> String {
    let service = plan
        .services
        .get(route.service.index())
        .map_or("", |service| service.name.as_str());
    let name = route
        .classes
        .get(class)
        .map_or("", |class| class.name.as_str());
    format!("{service}/http/{}/{name}", route.name)
}

/// A pin's window, in whole minutes: the leaves of history.
fn pin(from: SimTime, until: SimTime, total: u64) -> Pin {
    let minute = Span::from_mins(1);
    Pin {
        from_ms: from.floor_to(minute).millis(),
        until_ms: until.floor_to(minute).millis(),
        total,
    }
}

/// Longest durations of each route's requests, in microseconds: it gives up itself, whoever asks gives up after a while, and
/// a route that nobody asks with all that it waits for.
fn ceilings_us(plan: &Plan) -> Vec<u64> {
    let mut asked: Vec<Option<f64>> = vec![None; plan.routes.len()];
    for call in plan.routes.iter().flat_map(|route| &route.calls) {
        if let Some(longest) = asked.get_mut(call.to.index()) {
            *longest = Some(longest.map_or(call.timeout_ms, |ms| ms.max(call.timeout_ms)));
        }
    }
    let mut ceilings = vec![CEILING_US; plan.routes.len()];
    // What is asked comes before who asks.
    for id in plan.route_order.iter().rev() {
        let Some(route) = plan.routes.get(id.index()) else {
            continue;
        };
        let waits = route.calls.iter().map(|call| {
            let longest = ceilings.get(call.to.index()).copied().unwrap_or(CEILING_US);
            let times = call.per_request.max(1.0) * f64::from(call.retries + 1);
            call.timeout_ms.min(longest as f64 / 1000.0) * times
        });
        let late = route.strains.latency.iter();
        let late = late.map(|(_, factor, add)| route.p99_ms * factor + add);
        let with_all = waits.sum::<f64>() + late.sum::<f64>() + route.p99_ms * 10.0;
        let waits_only = !route.calls.is_empty() && route.produces.is_none();
        let asked = asked.get(id.index()).copied().flatten();
        let bounds = [
            asked.filter(|_| route.own_rate <= 0.0),
            route.deadline_ms,
            waits_only.then_some(with_all),
        ];
        let ceiling_ms = bounds.into_iter().flatten().fold(f64::MAX, f64::min);
        if let Some(ceiling) = ceilings.get_mut(id.index()) {
            *ceiling = ((ceiling_ms.max(route.p99_ms) * 1000.0) as u64).clamp(1_000, CEILING_US);
        }
    }
    ceilings
}

fn latency(route: &RoutePlan, usual_ms: f64, ceiling_us: u64) -> Option<Latency> {
    let octaves = libm::log2((route.p99_ms / route.p50_ms).max(1.05)) / 2.326;
    let median_us = (usual_ms * 1000.0).max(1.0) as u64;
    Latency::new(
        Arc::from(BUCKETS_US),
        median_us,
        (octaves * 65_536.0).max(1.0) as u32,
        ceiling_us,
    )
    .map(|latency| latency.with_floor(median_us / SHORTEST))
    .ok()
}
