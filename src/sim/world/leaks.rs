//! Memory that containers leak: it grows by what faults say and is gone with the container, which the kernel kills at its
//! limit.

use std::sync::Arc;

use super::World;
use super::fleet::Running;
use crate::sim::ids::{FaultId, ServiceId};
use crate::sim::kubernetes::CrashReason;
use crate::sim::time::Span;

/// What the kernel's kill leaves as exit code: 128 and the signal.
const KILLED: i32 = 137;

/// A pod whose container is out of memory.
struct OutOfMemory {
    namespace: String,
    pod: Arc<str>,
}

impl World {
    /// Whether some container's memory grows.
    pub(super) const fn leaks_move(&self) -> bool {
        self.derived.leaks
    }

    /// Lets memory grow, and kills those that have come to their limit.
    pub(super) fn run_leaks(&mut self, span: Span) {
        let plan = Arc::clone(&self.plan);
        let leaking = plan
            .faults
            .iter()
            .zip(&self.faults)
            .any(|(fault, state)| !fault.effects.leaks.is_empty() && state.felt(self.now) > 0);
        if !leaking && !self.derived.leaks {
            return;
        }
        self.derived.leaks = false;
        let mut services: Vec<ServiceId> = plan
            .faults
            .iter()
            .flat_map(|fault| fault.effects.leaks.iter().map(|(service, _)| *service))
            .collect();
        services.sort_unstable();
        services.dedup();
        let mut killed = Vec::new();
        for service in services {
            self.leak(service, span, &mut killed);
        }
        if killed.is_empty() {
            return;
        }
        self.advance_cluster();
        for one in &killed {
            let reason = CrashReason::OomKilled;
            self.cluster
                .kill_container(&one.namespace, &one.pod, None, KILLED, reason);
        }
        self.advance_cluster();
    }

    fn leak(&mut self, service: ServiceId, span: Span, killed: &mut Vec<OutOfMemory>) {
        let Some(plan) = self.plan.services.get(service.index()) else {
            return;
        };
        let namespace = plan.spec.namespace.clone();
        let resources = &plan.spec.resources;
        let ordinary = resources.memory_limit.value * resources.memory_use;
        let seconds = span.millis() as f64 / 1000.0;
        let pods: Vec<(Arc<str>, f64)> = self
            .fleet
            .of(service)
            .map(|(pod, running)| {
                let rate = self.leaks_in(service, pod, running);
                (Arc::clone(pod), rate)
            })
            .collect();
        for (pod, rate) in pods {
            let mut change = None;
            self.fleet.change(service, &pod, |running| {
                // What grew in this step grew at the rate of the step before.
                running.leaked += running.leaks * seconds;
                if running.leaks != rate {
                    running.leaks = rate;
                    change = Some(running.leaked);
                }
            });
            if let Some(leaked) = change {
                self.signals
                    .record_leak(self.now, service, &pod, leaked, rate);
            }
            self.derived.leaks |= rate > 0.0;
            let limit = self.memory_limit(&namespace, &pod);
            let leaked = self
                .fleet
                .get(service, &pod)
                .filter(|running| running.alive && running.leaked > 0.0)
                .map(|running| running.leaked);
            if let (Some(limit), Some(leaked)) = (limit, leaked)
                && ordinary + leaked >= limit
            {
                let namespace = namespace.clone();
                killed.push(OutOfMemory { namespace, pod });
            }
        }
    }

    /// Bytes a second that a pod's container leaks now.
    fn leaks_in(&self, service: ServiceId, pod: &str, running: &Running) -> f64 {
        if !running.alive {
            return 0.0;
        }
        let faults = self.plan.faults.iter().enumerate();
        faults
            .flat_map(|(index, fault)| {
                let leaks = fault.effects.leaks.iter();
                let here = leaks.filter(|(of, _)| *of == service);
                here.map(move |(_, per_minute)| (FaultId(index as u32), *per_minute))
            })
            .map(|(fault, per_minute)| {
                per_minute / 60.0 * self.intensity_in(fault, service, pod, running)
            })
            .sum()
    }

    /// The limit of a pod's first container, as its template has it now.
    fn memory_limit(&self, namespace: &str, pod: &str) -> Option<f64> {
        let pod = self.cluster.pod(namespace, pod)?;
        let container = pod.template.spec.containers.first()?;
        let limit = container.resources.limits.get("memory")?;
        Some(limit.units() as f64)
    }
}
