//! Alarms of the account: those of the nodes and those that the estate declares, with the state that their samples give.
//! Never one that pages: Alertmanager does.

use std::collections::BTreeMap;

use super::account;
use super::metrics::{Metric, Points};
use crate::scenario::addresses;
use crate::scenario::format::values::Duration;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};

/// How far back the last change of an alarm's state is looked for at once.
const BACK: Span = Span::from_hours(6);
/// How far back it is looked for at all, a day after the other.
const FAR_BACK: i64 = 14;
const DAY: Span = Span::from_hours(24);

/// An alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it watches.
    pub about: String,
    /// Namespace.
    pub namespace: String,
    /// Metric.
    pub metric: String,
    /// Dimensions.
    pub dimensions: Vec<(String, String)>,
    /// Threshold.
    pub threshold: f64,
    /// It is in alarm below the threshold.
    pub below: bool,
    /// Length of a period.
    pub period: Span,
    /// So many periods in a row must be beyond the threshold.
    pub periods: u32,
}

/// The state of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub value: &'static str,
    /// Why.
    pub reason: String,
    /// Since when, as far as was looked back.
    pub since: SimTime,
    /// Nothing changed as far as was looked back.
    pub steady: bool,
}

/// All alarms, by name.
pub fn all(world: &World) -> Vec<Alarm> {
    let estate = &world.plan().pack.estate;
    let mut found = BTreeMap::new();
    for name in estate.nodes.keys() {
        let mut add = |what: &str,
                       about: &str,
                       namespace: &str,
                       metric: &str,
                       dimension: (&str, String),
                       threshold: f64,
                       below: bool| {
            let mut dimensions = vec![(dimension.0.to_owned(), dimension.1)];
            if namespace == "ContainerInsights" {
                dimensions.insert(0, ("ClusterName".to_owned(), estate.cluster.clone()));
            }
            let alarm = Alarm {
                name: addresses::node_alarm(name, what),
                about: format!("{about} {name}"),
                namespace: namespace.to_owned(),
                metric: metric.to_owned(),
                dimensions,
                threshold,
                below,
                period: Span::from_mins(5),
                periods: 3,
            };
            found.insert(alarm.name.clone(), alarm);
        };
        let instance = account::instance(world, name);
        add(
            "cpu",
            "Processors of",
            "AWS/EC2",
            "CPUUtilization",
            ("InstanceId", instance),
            85.0,
            false,
        );
        add(
            "memory",
            "Memory of",
            "ContainerInsights",
            "node_memory_utilization",
            ("NodeName", name.clone()),
            90.0,
            false,
        );
        add(
            "disk",
            "Root disk of",
            "ContainerInsights",
            "node_filesystem_available",
            ("NodeName", name.clone()),
            1e10,
            true,
        );
    }
    for (name, declared) in &estate.cloud_alarms {
        let Duration { millis } = declared.period;
        let alarm = Alarm {
            name: name.clone(),
            about: declared.about.clone(),
            namespace: declared.namespace.clone(),
            metric: declared.metric.clone(),
            dimensions: declared
                .dimensions
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            threshold: declared.threshold,
            below: declared.below,
            period: Span(millis),
            periods: declared.periods.clamp(1, 100),
        };
        found.insert(name.clone(), alarm);
    }
    found.into_values().collect()
}

impl Alarm {
    /// The metric that it watches.
    pub fn watched(&self, all: &[Metric]) -> Option<Metric> {
        all.iter()
            .find(|metric| {
                metric.namespace == self.namespace
                    && metric.name == self.metric
                    && metric.dimensions == self.dimensions
            })
            .cloned()
    }

    fn is_beyond(&self, value: f64) -> bool {
        if self.below {
            value < self.threshold
        } else {
            value > self.threshold
        }
    }

    fn is_in_alarm(&self, points: &[(SimTime, f64)]) -> bool {
        let count = self.periods as usize;
        points.len() >= count
            && points
                .iter()
                .rev()
                .take(count)
                .all(|(_, value)| self.is_beyond(*value))
    }

    /// Its state now.
    pub fn state(&self, world: &World, all: &[Metric]) -> State {
        let until = world.now().floor_to(self.period);
        let from = until - BACK.max(Span(self.period.millis() * i64::from(self.periods + 1)));
        let points: Points = self
            .watched(all)
            .and_then(|metric| metric.points(world, from, until, self.period).ok())
            .unwrap_or_default();
        let count = self.periods as usize;
        if points.len() < count {
            return State {
                value: "INSUFFICIENT_DATA",
                reason:
                    "Insufficient Data: no datapoints were received for the periods of the alarm"
                        .to_owned(),
                since: from,
                steady: true,
            };
        }
        let alarm = self.is_in_alarm(&points);
        let changed = self.changed(&points, alarm);
        let mut last: Vec<String> = points
            .iter()
            .rev()
            .take(count)
            .map(|(_, value)| number(*value))
            .collect();
        last.reverse();
        let side = match (self.below, alarm) {
            (false, true) => "greater than",
            (false, false) => "not greater than",
            (true, true) => "less than",
            (true, false) => "not less than",
        };
        State {
            value: if alarm { "ALARM" } else { "OK" },
            reason: format!(
                "Threshold Crossed: {count} out of the last {count} datapoints [{}] were {side} the threshold ({}).",
                last.join(", "),
                number(self.threshold)
            ),
            since: changed.unwrap_or(from),
            steady: changed.is_none(),
        }
    }

    /// When a state that samples end in began, if they show it.
    fn changed(&self, points: &[(SimTime, f64)], alarm: bool) -> Option<SimTime> {
        let ends = (self.periods as usize..points.len()).rev();
        let mut other = ends.filter(|end| {
            let part = points.get(..*end);
            part.is_some_and(|part| self.is_in_alarm(part) != alarm)
        });
        points.get(other.next()?).map(|(at, _)| *at)
    }

    /// When a state began: where the state itself does not show it, a day after the other is looked at, up to the oldest
    /// sample.
    pub fn began(&self, world: &World, all: &[Metric], state: &State) -> SimTime {
        if !state.steady {
            return state.since;
        }
        let oldest = world.plan().history_start();
        let Some(metric) = self
            .watched(all)
            .filter(|_| state.value != "INSUFFICIENT_DATA")
        else {
            return oldest;
        };
        let before = Span(self.period.millis() * i64::from(self.periods + 1));
        let mut until = state.since + before;
        for _ in 0..=FAR_BACK {
            let from = (until - before - DAY).max(oldest).floor_to(self.period);
            let points = metric.points(world, from, until.floor_to(self.period), self.period);
            let points = points.unwrap_or_default();
            if let Some(at) = self.changed(&points, state.value == "ALARM") {
                return at;
            }
            if from <= oldest {
                break;
            }
            until = from + before;
        }
        oldest
    }
}

/// A number as CloudWatch writes it: always with a point.
pub fn number(value: f64) -> String {
    let rounded = libm::round(value * 1000.0) / 1000.0;
    if libm::floor(rounded) == rounded {
        format!("{rounded:.1}")
    } else {
        format!("{rounded}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::metrics;
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn an_alarm_needs_all_its_periods() {
        let world = small_world();
        let mut alarm = all(&world)
            .into_iter()
            .find(|alarm| alarm.name == "node-a-cpu")
            .unwrap();
        let metrics = metrics::all(&world);
        assert_eq!(alarm.state(&world, &metrics).value, "OK");
        alarm.threshold = 0.0;
        let state = alarm.state(&world, &metrics);
        assert_eq!(state.value, "ALARM");
        assert!(
            state
                .reason
                .starts_with("Threshold Crossed: 3 out of the last 3 datapoints [")
        );
        alarm.metric = "Nothing".to_owned();
        assert_eq!(alarm.state(&world, &metrics).value, "INSUFFICIENT_DATA");
    }

    #[test]
    fn a_steady_state_began_where_samples_begin_or_where_they_cross() {
        let world = small_world();
        let metrics = metrics::all(&world);
        let mut alarm = all(&world)
            .into_iter()
            .find(|alarm| alarm.name == "node-a-cpu")
            .unwrap();
        let state = alarm.state(&world, &metrics);
        assert!(state.steady);
        let began = alarm.began(&world, &metrics, &state);
        assert_eq!(began, world.plan().history_start());
        // Above all but the busiest moments of two weeks: somewhere it crossed.
        let metric = alarm.watched(&metrics).unwrap();
        let (from, until) = (world.now() - Span::from_hours(13 * 24), world.now());
        let points = metric
            .points(&world, from, until, Span::from_hours(1))
            .unwrap();
        let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        alarm.threshold = most * 0.98;
        alarm.periods = 1;
        let state = alarm.state(&world, &metrics);
        let since = alarm.began(&world, &metrics, &state);
        assert!(since > world.plan().history_start() && since <= world.now());
    }

    #[test]
    fn numbers_have_a_point() {
        assert_eq!([number(10.0), number(0.12345)], ["10.0", "0.123"]);
    }
}
