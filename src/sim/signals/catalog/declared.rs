//! Series that the files declare: gauges, counters, stocks, shares, and other names for series that are there.

use std::sync::Arc;

use super::{Catalog, Labels};
use crate::scenario::format::telemetry::{SeriesSpec, SeriesValue};
use crate::sim::signals::STOCK_UNIT;
use crate::sim::telemetry::atom::{AtomDef, PER_SECOND_Q32};
use crate::sim::telemetry::series::{Base, Offsets, SeriesDef, Values};
use crate::sim::telemetry::traffic::TrafficShape;

pub(super) fn declare(catalog: &mut Catalog<'_>) {
    let plan = catalog.plan;
    let all = || {
        plan.pack
            .estate
            .series
            .iter()
            .chain(&plan.pack.scenario.series)
    };
    for (name, spec) in all() {
        if let Some(values) = values(catalog, name, spec) {
            catalog.single(&spec.metric, &spec.help, labels_of(spec), values);
        }
    }
    for (_, spec) in all() {
        if let SeriesValue::SameAs { metric, labels } = &spec.value {
            let wanted: Labels = labels
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            same_as(catalog, spec, metric, &wanted);
        }
    }
}

fn labels_of(spec: &SeriesSpec) -> Labels {
    spec.labels
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn values(catalog: &mut Catalog<'_>, name: &str, spec: &SeriesSpec) -> Option<Values> {
    match &spec.value {
        SeriesValue::Gauge {
            base,
            noise,
            with_traffic,
            range,
            step,
        } => {
            let mut gauge = catalog.gauge(format!("declared/{name}"), *base, *noise, *with_traffic);
            gauge.step = *step;
            gauge.range = range.or(Some((f64::MIN, f64::MAX)));
            Some(Values::Gauge(gauge))
        }
        SeriesValue::Counter {
            rate,
            base,
            with_traffic,
        } => {
            let shape = if *with_traffic {
                Arc::clone(&catalog.signals.shape)
            } else {
                Arc::new(TrafficShape::flat())
            };
            let atom = catalog.signals.telemetry.add_atom(AtomDef {
                path: format!("declared/{name}"),
                rate_q32: (rate.per_second * PER_SECOND_Q32 as f64) as u64,
                traffic: shape,
                slots: None,
                latency: None,
                pins: Vec::new(),
            });
            Some(Values::Counter {
                atoms: vec![atom.ok()?],
                unit: 1.0,
                base: Base::AtOrigin(*base),
                minus: None,
            })
        }
        SeriesValue::Stock(stock) => {
            let id = catalog.plan.names.stocks.get(stock)?;
            let value = catalog.signals.stock(*id)?;
            Some(Values::Value {
                value,
                scale: 1.0 / STOCK_UNIT,
            })
        }
        SeriesValue::SuccessShare { of, route } => {
            let id = *catalog
                .plan
                .names
                .routes
                .get(&(of.clone(), route.clone()))?;
            let value = catalog.signals.route(id)?.success_ppm;
            Some(Values::Value { value, scale: 1e-6 })
        }
        SeriesValue::Consumed { group } => {
            let id = *catalog.plan.names.groups.get(group)?;
            let topic = catalog.plan.groups.get(id.index())?.topic;
            let topic = catalog.signals.topic(topic)?.clone();
            let committed = catalog.signals.group(id)?.committed.iter();
            Some(Values::Offset {
                atoms: topic.producers,
                end_at_open: topic.end_at_page,
                partitions: topic.starts.len() as u32,
                shows: Offsets::Committed((0..).zip(committed.copied()).collect()),
            })
        }
        SeriesValue::SameAs { .. } => None,
    }
}

fn same_as(catalog: &mut Catalog<'_>, spec: &SeriesSpec, metric: &str, wanted: &Labels) {
    let own = labels_of(spec);
    for def in catalog.signals.telemetry.series_defs(metric) {
        if !wanted.iter().all(|label| def.labels.contains(label)) {
            continue;
        }
        let labels = if own.is_empty() {
            def.labels.clone()
        } else {
            own.clone()
        };
        catalog.add(SeriesDef {
            metric: spec.metric.clone(),
            help: spec.help.clone(),
            labels,
            ..(*def).clone()
        });
    }
}
