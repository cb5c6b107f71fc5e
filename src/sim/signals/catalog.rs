//! Which series there are: what each kind of component brings by itself under its exporters' real names, and what the
//! files declare. Values come from atoms, levels and facts; nothing is made up here but bases of gauges.

mod cluster;
mod declared;
mod kafka;
mod routes;
mod runtime;
mod stores;

use super::Signals;
use crate::scenario::format::service::Runtime;
use crate::sim::ids::ServiceId;
use crate::sim::plan::effect::{Bend as PlanBend, BendPlan};
use crate::sim::plan::{Plan, ServicePlan};
use crate::sim::telemetry::gauge::{Bend, GaugeDef, GaugeEffect};
use crate::sim::telemetry::series::{PerPod, PodLabel, SeriesDef, Values};

/// Declares all series of a plan.
pub(super) fn declare(signals: &mut Signals, plan: &Plan) {
    let mut catalog = Catalog { signals, plan };
    for (index, service) in plan.services.iter().enumerate() {
        let id = ServiceId(index as u32);
        runtime::declare(&mut catalog, id, service);
        routes::declare(&mut catalog, id, service);
        cluster::declare(&mut catalog, id, service);
    }
    cluster::declare_nodes(&mut catalog);
    kafka::declare(&mut catalog);
    stores::declare(&mut catalog);
    declared::declare(&mut catalog);
}

/// Declares series one by one, with what bends them.
pub(super) struct Catalog<'a> {
    pub signals: &'a mut Signals,
    pub plan: &'a Plan,
}

type Labels = Vec<(String, String)>;

pub(super) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The labels that all series of a service have.
pub(super) fn service_labels(service: &ServicePlan) -> Labels {
    labels([
        ("namespace", service.spec.namespace.as_str()),
        ("service", &service.name),
        ("job", &service.name),
    ])
}

impl Catalog<'_> {
    pub fn add(&mut self, def: SeriesDef) {
        let added = self.signals.telemetry.add_series(def);
        if added.is_err() {
            self.signals.refused += 1;
        }
    }

    /// A series that is not per pod.
    pub fn single(&mut self, metric: &str, help: &str, labels: Labels, values: Values) {
        let values = self.bent(metric, &labels, values);
        self.add(SeriesDef {
            metric: metric.to_owned(),
            help: help.to_owned(),
            labels,
            per_pod: None,
            values,
            from_ms: None,
        });
    }

    /// A series for each pod of a service; `scraped` from the pod itself.
    pub fn per_pod(
        &mut self,
        id: ServiceId,
        metric: &str,
        help: &str,
        labels: Labels,
        values: Values,
        scraped: bool,
    ) {
        let Some(slots) = self.signals.service(id).map(|service| service.slots) else {
            return;
        };
        let values = self.bent(metric, &labels, values);
        let mut pod_labels = vec![("pod".to_owned(), PodLabel::Pod)];
        if !scraped {
            pod_labels.push(("node".to_owned(), PodLabel::Node));
        }
        self.add(SeriesDef {
            metric: metric.to_owned(),
            help: help.to_owned(),
            labels,
            per_pod: Some(PerPod {
                slots,
                labels: pod_labels,
                scraped,
            }),
            values,
            from_ms: None,
        });
    }

    /// A gauge with noise around a base.
    pub fn gauge(&self, path: String, base: f64, noise: f64, with_traffic: bool) -> GaugeDef {
        GaugeDef {
            path,
            base,
            traffic: with_traffic.then(|| std::sync::Arc::clone(&self.signals.shape)),
            noise,
            range: Some((0.0, f64::MAX)),
            step: 0.0,
            leaks: false,
            effects: Vec::new(),
        }
    }

    /// A gauge of things that are counted, and of bytes: whole numbers.
    pub fn counted(&self, path: String, base: f64, noise: f64, with_traffic: bool) -> GaugeDef {
        GaugeDef {
            step: 1.0,
            ..self.gauge(path, base, noise, with_traffic)
        }
    }

    /// Puts the faults' bends on a gauge.
    fn bent(&self, metric: &str, labels: &Labels, values: Values) -> Values {
        let Values::Gauge(mut gauge) = values else {
            return values;
        };
        for (index, fault) in self.plan.faults.iter().enumerate() {
            let Some(level) = self.signals.faults.get(index).copied() else {
                continue;
            };
            for bend in fault
                .effects
                .bends
                .iter()
                .filter(|bend| fits(bend, metric, labels))
            {
                let effect = match bend.bend {
                    PlanBend::Add(by) => Bend::Add(by),
                    PlanBend::Scale(by) => Bend::Scale(by),
                    PlanBend::Toward(to) => Bend::Toward(to),
                };
                let starts = bend.after_starts.and_then(|(service, lasts_ms)| {
                    Some((self.signals.service(service)?.slots, lasts_ms))
                });
                gauge.effects.push(GaugeEffect {
                    bend: effect,
                    level,
                    only: Vec::new(),
                    after_starts: starts,
                });
            }
        }
        Values::Gauge(gauge)
    }
}

fn fits(bend: &BendPlan, metric: &str, labels: &Labels) -> bool {
    bend.metric == metric && bend.matching.iter().all(|wanted| labels.contains(wanted))
}

/// Whether a runtime is the company's own code.
pub(super) const fn is_own(runtime: Runtime) -> bool {
    !matches!(runtime, Runtime::Vendor | Runtime::Proxy)
}
