//! What a fault does, resolved and sorted by who asks: flows, kubelets, consumers, series, logs.

use std::sync::Arc;

use super::Plan;
use crate::scenario::format::effect::Effect;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::{GroupId, RouteId, ServiceId, StockId};
use crate::sim::time::Span;

/// All effects of one fault.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Shares of requests that fail: route, class index, share at full intensity.
    pub errors: Vec<(RouteId, usize, f64)>,
    /// Slower routes: route, factor, added milliseconds.
    pub latency: Vec<(RouteId, f64, f64)>,
    /// More or less traffic into routes.
    pub traffic: Vec<(RouteId, f64)>,
    /// Capacity gone: service, share.
    pub capacity_loss: Vec<(ServiceId, f64)>,
    /// Pools in use: service, share.
    pub pool_use: Vec<(ServiceId, f64)>,
    /// Crashes.
    pub crashes: Vec<CrashPlan>,
    /// Leaks: service, bytes a minute.
    pub leaks: Vec<(ServiceId, f64)>,
    /// Pods that are not ready.
    pub not_ready: Vec<ServiceId>,
    /// Joins a start.
    pub rebalances: Vec<JoinsPlan>,
    /// Consumption less: group, share.
    pub consumes_less: Vec<ConsumesLess>,
    /// Inflows: stock, units a second.
    pub fills: Vec<(StockId, f64)>,
    /// Bends of series.
    pub bends: Vec<BendPlan>,
    /// Log lines.
    pub logs: Vec<LogPlan>,
    /// Prefixes of metrics that are not scraped.
    pub blind: Vec<String>,
}

impl Effects {
    /// Whether flows depend on the fault.
    pub const fn bend_flows(&self) -> bool {
        !(self.errors.is_empty()
            && self.latency.is_empty()
            && self.traffic.is_empty()
            && self.capacity_loss.is_empty())
    }
}

/// A group that works off less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConsumesLess {
    /// The group.
    pub group: GroupId,
    /// In this partition of its topic; in all of them when none is named.
    pub partition: Option<u32>,
    /// The share (0 to 1) at full intensity.
    pub share: f64,
}

impl ConsumesLess {
    /// In all partitions.
    const fn of(group: GroupId, share: f64) -> Self {
        Self {
            group,
            partition: None,
            share,
        }
    }
}

/// How often each start of a consumer joins its group.
#[derive(Clone, Debug)]
pub struct JoinsPlan {
    /// The group.
    pub group: GroupId,
    /// Joins a start.
    pub per_start: u32,
    /// Client ids, one after the other; none for the library's own.
    pub clients: Arc<[Arc<str>]>,
}

/// Containers that crash.
#[derive(Clone, Debug)]
pub struct CrashPlan {
    /// Whose.
    pub service: ServiceId,
    /// How long a life lasts.
    pub after: Span,
    /// Exit code.
    pub exit_code: i32,
    /// What a life prints.
    pub says: Arc<[(Span, Level, Arc<str>)]>,
    /// Ready before it crashes.
    pub ready_before: bool,
}

/// A bend of series.
#[derive(Clone, Debug, PartialEq)]
pub struct BendPlan {
    /// Metric name.
    pub metric: String,
    /// Labels that a bent series has.
    pub matching: Vec<(String, String)>,
    /// How.
    pub bend: Bend,
    /// Only for so many milliseconds, at full intensity, after each start of a container of this service.
    pub after_starts: Option<(ServiceId, i64)>,
}

/// How a series is bent at full intensity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bend {
    /// Added.
    Add(f64),
    /// Multiplied.
    Scale(f64),
    /// Moved towards.
    Toward(f64),
}

/// Log lines that come with a fault.
#[derive(Clone, Debug)]
pub struct LogPlan {
    /// Whose.
    pub service: ServiceId,
    /// Name for clues and pins.
    pub name: String,
    /// Level.
    pub level: Level,
    /// Template.
    pub template: String,
    /// Lines a second at full intensity.
    pub rate: f64,
}

impl Plan {
    pub(super) fn effects(&self, declared: &[Effect]) -> Effects {
        let mut effects = Effects::default();
        for effect in declared {
            if self.add_flow(effect, &mut effects).is_none() {
                self.add_other(effect, &mut effects);
            }
        }
        effects
    }

    fn add_flow(&self, effect: &Effect, into: &mut Effects) -> Option<()> {
        match effect {
            Effect::Errors {
                of,
                route,
                class,
                share,
                ..
            } => {
                for id in self.routes_of(of, route.as_deref()) {
                    if let Some(index) = self
                        .routes
                        .get(id.index())
                        .and_then(|found| found.class(class))
                    {
                        into.errors.push((id, index, *share));
                    }
                }
            }
            Effect::Latency {
                of,
                route,
                factor,
                add,
            } => {
                for id in self.routes_of(of, route.as_deref()) {
                    into.latency.push((id, *factor, add.millis as f64));
                }
            }
            Effect::Traffic { of, factor } => {
                into.traffic
                    .extend(self.routes_of(of, None).into_iter().map(|id| (id, *factor)));
            }
            Effect::CapacityLoss { of, share } => {
                into.capacity_loss
                    .extend(self.names.services.get(of).map(|id| (*id, *share)));
            }
            Effect::PoolUse { of, to } => {
                into.pool_use
                    .extend(self.names.services.get(of).map(|id| (*id, *to)));
            }
            _ => return None,
        }
        Some(())
    }

    fn add_other(&self, effect: &Effect, into: &mut Effects) {
        let service = |name: &String| self.names.services.get(name).copied();
        let group = |name: &String| self.names.groups.get(name).copied();
        match effect {
            Effect::Crash {
                of,
                after,
                exit_code,
                says,
                ready_before,
            } => {
                into.crashes.extend(service(of).map(|service| {
                    CrashPlan {
                        service,
                        after: Span(after.millis),
                        exit_code: *exit_code,
                        says: says
                            .iter()
                            .map(|(at, level, text)| {
                                (Span(at.millis), *level, text.as_str().into())
                            })
                            .collect(),
                        ready_before: *ready_before,
                    }
                }));
            }
            Effect::MemoryLeak { of, per_minute } => {
                into.leaks
                    .extend(service(of).map(|id| (id, per_minute.value)));
            }
            Effect::NotReady { of } => into.not_ready.extend(service(of)),
            Effect::Rebalances {
                group: name,
                per_start,
                clients,
            } => {
                into.rebalances.extend(group(name).map(|group| JoinsPlan {
                    group,
                    per_start: *per_start,
                    clients: clients.iter().map(|id| Arc::from(id.as_str())).collect(),
                }));
            }
            Effect::ConsumesLess { group: name, share } => {
                let less = group(name).map(|group| ConsumesLess::of(group, *share));
                into.consumes_less.extend(less);
            }
            Effect::Fills { stock, rate } => {
                into.fills.extend(
                    self.names
                        .stocks
                        .get(stock)
                        .map(|id| (*id, rate.per_second)),
                );
            }
            Effect::Log {
                of,
                name,
                level,
                template,
                rate,
            } => {
                into.logs.extend(service(of).map(|service| LogPlan {
                    service,
                    name: name.clone(),
                    level: *level,
                    template: template.clone(),
                    rate: rate.per_second,
                }));
            }
            Effect::Add {
                metric,
                matching,
                by,
            } => into.bends.push(bend(metric, matching, Bend::Add(*by))),
            Effect::Scale {
                metric,
                matching,
                by,
            } => into.bends.push(bend(metric, matching, Bend::Scale(*by))),
            Effect::Toward {
                metric,
                matching,
                to,
                after_starts,
            } => {
                let starts = after_starts.as_ref();
                into.bends.push(BendPlan {
                    after_starts: starts.and_then(|(of, lasts)| Some((service(of)?, lasts.millis))),
                    ..bend(metric, matching, Bend::Toward(*to))
                });
            }
            Effect::Blind { metric } => into.blind.push(metric.clone()),
            Effect::Errors { .. }
            | Effect::Latency { .. }
            | Effect::Traffic { .. }
            | Effect::CapacityLoss { .. }
            | Effect::PoolUse { .. } => {}
        }
    }
}

fn bend(metric: &str, matching: &crate::scenario::format::Map<String>, bend: Bend) -> BendPlan {
    let matching = matching
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    BendPlan {
        metric: metric.to_owned(),
        matching,
        bend,
        after_starts: None,
    }
}
