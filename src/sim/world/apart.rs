//! What pods of one service do differently: a fault that reaches only some of them shows in their series and lines alone.
//! Flows know the mean over all pods; here each pod gets its part of it. And what faults do to instruments and readiness.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::World;
use super::fleet::Running;
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::fate::WorkloadKey;
use crate::sim::plan::{RoutePlan, Strains};
use crate::sim::signals::Apart;

/// Beyond this use a queue grows no further: as flows have it.
const QUEUE_CAP: f64 = 0.95;

impl World {
    /// Tells telemetry how pods that some fault reaches differ from the mean.
    pub(super) fn tell_apart(&mut self) {
        let plan = Arc::clone(&self.plan);
        let services: BTreeSet<ServiceId> =
            plan.partial.iter().map(|(_, service)| *service).collect();
        for service in services {
            let routes = plan.services.get(service.index());
            for id in routes.into_iter().flat_map(|found| &found.routes) {
                let (Some(route), Some(flow)) = (
                    plan.routes.get(id.index()),
                    self.flows.routes.get(id.index()),
                ) else {
                    continue;
                };
                if !is_split(&route.strains, plan.faults.len()) {
                    continue;
                }
                let used = self.flows.used.get(service.index()).copied();
                let pods = self.fleet.of(service);
                let apart: Vec<_> = pods
                    .map(|(pod, running)| {
                        let (shares, more_ms) = self.own_part(service, pod, running, route);
                        let waits = 1.0 - used.unwrap_or(0.0).min(QUEUE_CAP);
                        let slower = 1.0 + more_ms / waits / flow.latency_ms.max(0.001);
                        (Arc::clone(pod), settled(&flow.shares, &shares), slower)
                    })
                    .collect();
                for (pod, shares, slower) in &apart {
                    let apart = Apart {
                        pod,
                        means: &flow.shares,
                        shares,
                        slower: slower.max(0.01),
                    };
                    self.signals.record_apart(self.now, service, *id, &apart);
                }
            }
        }
    }

    /// By how much more of its requests a pod fails in each class than the mean, and how much longer they take.
    fn own_part(
        &self,
        service: ServiceId,
        pod: &str,
        running: &Running,
        route: &RoutePlan,
    ) -> (Vec<f64>, f64) {
        let whole = self.plan.faults.len();
        let own = |place: usize| match place.checked_sub(whole) {
            None => self.level_at(place),
            Some(part) => self.plan.partial.get(part).map_or(0.0, |(fault, _)| {
                self.intensity_in(*fault, service, pod, running)
            }),
        };
        let mut shares = vec![0.0; route.classes.len()];
        for (place, class, share) in &route.strains.errors {
            if let Some(slot) = shares.get_mut(*class) {
                *slot += share * (own(*place) - self.level_at(*place));
            }
        }
        let latency = |level: &dyn Fn(usize) -> f64| {
            let (mut factor, mut added) = (1.0, 0.0);
            for (place, by, add) in &route.strains.latency {
                factor *= 1.0 + (by - 1.0) * level(*place);
                added += add * level(*place);
            }
            route.p50_ms * factor + added
        };
        let more_ms = latency(&own) - latency(&|place| self.level_at(place));
        (shares, more_ms)
    }

    /// Metrics whose exporters fail stop being scraped, and are again when they recover.
    pub(super) fn blind(&mut self) {
        let plan = Arc::clone(&self.plan);
        let faults = plan.faults.iter().zip(&self.faults);
        let felt = faults.filter(|(_, state)| state.felt(self.now) > 0);
        let blind: BTreeSet<String> = felt
            .flat_map(|(fault, _)| fault.effects.blind.iter().cloned())
            .collect();
        if blind == self.derived.blind {
            return;
        }
        // Those that are scraped again first: one prefix may be a part of another.
        for metric in self.derived.blind.difference(&blind) {
            self.signals.record_blind(self.now, metric, false);
        }
        for metric in &blind {
            self.signals.record_blind(self.now, metric, true);
        }
        self.derived.blind = blind;
    }

    /// Running containers hear of a fault that keeps them from being ready, and of its end.
    pub(super) fn recheck_readiness(&mut self) {
        let plan = Arc::clone(&self.plan);
        let faults = plan.faults.iter().zip(&self.faults);
        let felt = faults.filter(|(_, state)| state.felt(self.now) > 0);
        let kept: BTreeSet<ServiceId> = felt
            .flat_map(|(fault, _)| fault.effects.not_ready.iter().copied())
            .collect();
        let changed = kept.symmetric_difference(&self.derived.not_ready);
        for service in changed.filter_map(|id| plan.services.get(id.index())) {
            let target = super::releases::workload_ref(service);
            let key = WorkloadKey {
                kind: target.kind,
                key: target.key(),
            };
            self.cluster.recheck(&key);
        }
        self.derived.not_ready = kept;
    }
}

/// Whether some fault reaches only a part of the pods that serve a route.
fn is_split(strains: &Strains, whole: usize) -> bool {
    let errors = strains.errors.iter().map(|(place, ..)| *place);
    let latency = strains.latency.iter().map(|(place, ..)| *place);
    errors.chain(latency).any(|place| place >= whole)
}

/// A pod's own shares of classes: the mean and what it has more or less, the good class being the rest.
fn settled(mean: &[f64], more: &[f64]) -> Vec<f64> {
    let mut shares: Vec<f64> = mean
        .iter()
        .zip(more)
        .map(|(mean, more)| (mean + more).max(0.0))
        .collect();
    let failing: f64 = shares.iter().skip(1).sum();
    if let Some(good) = shares.first_mut() {
        *good = (1.0 - failing).max(0.0);
    }
    shares
}
