//! The HorizontalPodAutoscaler: measures every 15 s, scales up at once and down only after five quiet minutes.

use std::sync::Arc;

use super::super::autoscaling::{Autoscaler, Limited};
use super::super::cluster::Cluster;
use super::super::event::{EventType, Report};
use super::super::fate::ContainerFate;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef};
use super::super::timers::Timer;
use super::super::workload::Since;
use crate::sim::time::{SimTime, Span};

/// How often an autoscaler measures.
pub(in super::super) const MEASURED_EVERY: Span = Span::from_secs(15);
/// Scaling down takes the highest recommendation of this span.
const DOWN_WINDOW: Span = Span::from_mins(5);
/// A use within a tenth of the target changes nothing, in per cent of the target.
const TOLERANCE_PERCENT: u64 = 10;

impl Cluster {
    /// One measurement of an autoscaler.
    pub(in super::super) fn autoscale(
        &mut self,
        key: &ObjectKey,
        at: SimTime,
        fate: &dyn ContainerFate,
    ) {
        let Some(autoscaler) = self.autoscalers.get(key).cloned() else {
            return;
        };
        self.timers
            .set(at + MEASURED_EVERY, Timer::Autoscaler(key.clone()));
        let current = self.wanted_replicas(&autoscaler.target);
        let Some(current) = current.filter(|current| *current > 0) else {
            return;
        };
        let measured = fate.cpu_percent(&autoscaler.target, at);
        let mut next = (*autoscaler).clone();
        next.current_percent = measured;
        if next.active.value != measured.is_some() {
            next.active = Since {
                value: measured.is_some(),
                at,
            };
        }
        let desired = match measured {
            Some(percent) => decide(&mut next, current, percent, at),
            None => current,
        };
        next.desired = desired;
        if desired != current {
            next.last_scaled = Some(at);
        }
        if measured.is_none() && autoscaler.active.value {
            self.tell_unmeasured(key);
        }
        let above = desired > current;
        let target = autoscaler.target.clone();
        if next.current_percent != autoscaler.current_percent || desired != current {
            next.meta.resource_version = self.bump();
        }
        self.autoscalers.insert(key.clone(), Arc::new(next));
        if desired != current {
            let reason = if above {
                "cpu resource utilization (percentage of request) above target"
            } else {
                "All metrics below target"
            };
            let object = ObjectRef::new(Kind::HorizontalPodAutoscaler, &key.namespace, &key.name);
            let message = format!("New size: {desired}; reason: {reason}");
            self.report_normal(
                object,
                "horizontal-pod-autoscaler",
                "SuccessfulRescale",
                message,
            );
            self.set_replicas(&target, desired, true, at);
        }
    }

    fn tell_unmeasured(&mut self, key: &ObjectKey) {
        self.report(Report {
            object: ObjectRef::new(Kind::HorizontalPodAutoscaler, &key.namespace, &key.name),
            container: None,
            event_type: EventType::Warning,
            reason: "FailedGetResourceMetric",
            message: "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API".to_owned(),
            component: "horizontal-pod-autoscaler",
            host: None,
        });
    }
}

/// How many pods there should be, given the use of CPU.
fn decide(autoscaler: &mut Autoscaler, current: u32, percent: u32, at: SimTime) -> u32 {
    let target = u64::from(autoscaler.cpu_percent.max(1));
    let percent = u64::from(percent);
    let within = percent.abs_diff(target) * 100 <= target * TOLERANCE_PERCENT;
    let raw = if within {
        current
    } else {
        (u64::from(current) * percent).div_ceil(target) as u32
    };
    autoscaler
        .recommendations
        .retain(|(made_at, _)| *made_at + DOWN_WINDOW > at);
    autoscaler.recommendations.push((at, raw));
    let highest = autoscaler
        .recommendations
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or(raw);
    // Down only to the highest of the window; up by at most the double or four pods at a time.
    let steady = if raw < current {
        highest.min(current)
    } else {
        raw.min((current * 2).max(current + 4))
    };
    let (bounded, limited) = if steady > autoscaler.max {
        (autoscaler.max, Limited::TooManyReplicas)
    } else if steady < autoscaler.min {
        (autoscaler.min, Limited::TooFewReplicas)
    } else {
        (steady, Limited::No)
    };
    if autoscaler.limited.value != limited {
        autoscaler.limited = Since { value: limited, at };
    }
    bounded
}
