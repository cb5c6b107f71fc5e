//! The catalog of series: what each is called, where its values come from, how long it lives. Values are made elsewhere.

use std::sync::{Arc, OnceLock};

use super::atom::{AtomId, SlotsId};
use super::gauge::{Gauge, GaugeDef};
use super::history::StepTrack;
use super::reader::Measure;
use super::slots::{Slot, SlotId};
use super::store::{LevelId, Telemetry, ValueId};
use crate::sim::promql::labels::{BUCKET_BOUND, Labels, METRIC_NAME};
use crate::sim::promql::matcher::Matcher;

/// More series definitions than this are refused.
pub const MOST_FAMILIES: usize = 20_000;

/// Numbers a declared series (which has as many series as pods and buckets).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

/// Why a series was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// It refers to an atom, a level, a value or pods that are not registered.
    #[error("series {0:?} refers to something that is not registered")]
    Unknown(String),
    /// A histogram needs atoms, all with the same latency bounds.
    #[error("histogram {0:?} needs streams that share their latency buckets")]
    NoBuckets(String),
    /// There are [`MOST_FAMILIES`] already.
    #[error("more than {MOST_FAMILIES} series are declared")]
    TooMany,
}

/// Where a counter stands apart from what its atoms have counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Base {
    /// It began at zero with its pod, or had this value when the history began.
    AtOrigin(f64),
    /// It has exactly this value at T0.
    AtOpen(f64),
}

/// Which offsets a series shows. Of a group, the partitions come with its committed offset there, which is negative while
/// the group keeps up with the log end; several partitions are added up.
#[derive(Clone, Debug)]
pub enum Offsets {
    /// A partition's log end.
    LogEnd(u32),
    /// What a group has worked off.
    Committed(Vec<(u32, ValueId)>),
    /// What a group has still to work off.
    Lag(Vec<(u32, ValueId)>),
}

impl Offsets {
    /// The partitions of a group that are shown, with its committed offsets.
    pub(super) fn held(&self) -> &[(u32, ValueId)] {
        match self {
            Self::LogEnd(_) => &[],
            Self::Committed(held) | Self::Lag(held) => held,
        }
    }
}

/// Where a series' values come from.
#[derive(Clone, Debug)]
pub enum Values {
    /// Events of some atoms; one pod's share of them if the series is per pod, beginning anew with its container.
    Counter {
        /// The atoms whose events are counted; their sum agrees with their lines.
        atoms: Vec<AtomId>,
        /// What one event adds: 1, or bytes of a block, or seconds of a tick.
        unit: f64,
        /// Where it stands without them. Ignored for counters per pod.
        base: Base,
        /// A stock that is taken off, in the unit of the events: what is consumed is what was produced less the lag.
        minus: Option<LevelId>,
    },
    /// Latency buckets, their sum and their count: `NAME_bucket`, `NAME_sum`, `NAME_count`.
    Histogram {
        /// The atoms whose events are counted.
        atoms: Vec<AtomId>,
        /// Microseconds in the metric's unit: 1,000,000 for seconds, 1,000 for milliseconds.
        unit_us: u64,
    },
    /// A level with noise and effects.
    Gauge(GaugeDef),
    /// A level as it is, times a factor.
    Level {
        /// The level.
        level: LevelId,
        /// What a level of one shows as.
        scale: f64,
    },
    /// A whole number as it is, times a factor.
    Value {
        /// The number.
        value: ValueId,
        /// What one shows as.
        scale: f64,
    },
    /// Offsets in partitions of the topic that these atoms write to.
    Offset {
        /// The atoms whose events are the topic's messages.
        atoms: Vec<AtomId>,
        /// The topic's log end at T0, over all partitions.
        end_at_open: u64,
        /// How many partitions the topic has.
        partitions: u32,
        /// Which offset.
        shows: Offsets,
    },
    /// How often the pod's container was started again.
    PodRestarts,
    /// Seconds of CPU that the pod's container has used since it started, where no requests say how many.
    PodCpu {
        /// Cores that it uses on average while it runs.
        cores: f64,
    },
    /// When the pod was created, in seconds since the Unix epoch.
    PodCreated,
    /// 1 while the pod takes traffic, else 0.
    PodReady,
    /// Always this value, as info metrics have 1.
    Constant(f64),
}

/// What a label of a series per pod shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodLabel {
    /// The pod's name.
    Pod,
    /// The node it runs on.
    Node,
}

impl PodLabel {
    const fn text(self, pod: &Slot) -> &Arc<str> {
        match self {
            Self::Pod => &pod.pod,
            Self::Node => &pod.node,
        }
    }
}

/// A series for each pod of a workload.
#[derive(Clone, Debug)]
pub struct PerPod {
    /// The workload's pods.
    pub slots: SlotsId,
    /// The labels that tell the pods apart.
    pub labels: Vec<(String, PodLabel)>,
    /// Scraped from the pod itself, so gone while no container runs. Else told by the cluster about it.
    pub scraped: bool,
}

/// A declared series.
#[derive(Clone, Debug)]
pub struct SeriesDef {
    /// The metric's name, without `_bucket` and the like.
    pub metric: String,
    /// Help text.
    pub help: String,
    /// Labels that all its series have.
    pub labels: Vec<(String, String)>,
    /// One series for each pod.
    pub per_pod: Option<PerPod>,
    /// Where the values come from.
    pub values: Values,
    /// It begins here, if later than the history; in ms since the Unix epoch.
    pub from_ms: Option<i64>,
}

/// Kind of a metric as the exposition format names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only rises, but for resets.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets, a sum and a count.
    Histogram,
}

/// A declared series with what is needed to read it.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) def: Arc<SeriesDef>,
    pub(super) gauge: Option<Gauge>,
    /// Upper bounds of a histogram's buckets as labels, the unbounded one last.
    pub(super) bounds: Arc<[String]>,
    pub(super) blind: StepTrack<bool>,
    pub(super) until_ms: Option<i64>,
    /// Its labels' texts, once someone has asked for them.
    texts: OnceLock<Arc<Texts>>,
}

/// Texts that the labels of a family's series share.
#[derive(Debug)]
struct Texts {
    labels: Vec<(Arc<str>, Arc<str>)>,
    pod: Vec<(Arc<str>, PodLabel)>,
    name: Arc<str>,
    /// The metric's name with each of the suffixes.
    names: Vec<(&'static str, Arc<str>)>,
    le: Arc<str>,
    bounds: Vec<Arc<str>>,
}

impl Texts {
    fn of(family: &Family) -> Self {
        let shared = |text: &String| Arc::from(text.as_str());
        let pod = family.def.per_pod.iter();
        let pod = pod.flat_map(|per_pod| &per_pod.labels);
        let suffixes: &[&str] = if family.bounds.is_empty() {
            &[""]
        } else {
            &["_bucket", "_sum", "_count"]
        };
        let named = |suffix: &&'static str| {
            let name = format!("{}{suffix}", family.def.metric);
            (*suffix, Arc::from(name))
        };
        Self {
            labels: family
                .def
                .labels
                .iter()
                .map(|(name, value)| (shared(name), shared(value)))
                .collect(),
            pod: pod.map(|(name, shows)| (shared(name), *shows)).collect(),
            name: Arc::from(METRIC_NAME),
            names: suffixes.iter().map(named).collect(),
            le: Arc::from(BUCKET_BOUND),
            bounds: family.bounds.iter().map(shared).collect(),
        }
    }
}

/// One series of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) slot: Option<SlotId>,
    pub(super) aspect: Aspect,
}

/// Which of a histogram's series; other families have but one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Plain,
    Bucket(u8),
    Sum,
    Count,
}

impl Aspect {
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bucket(_) => "_bucket",
            Self::Sum => "_sum",
            Self::Count => "_count",
        }
    }

    pub(super) const fn measure(self) -> Measure {
        match self {
            Self::Plain | Self::Count => Measure::Events,
            // Bucket `b` counts what lies in it and all before.
            Self::Bucket(bucket) => Measure::UpTo(bucket + 1),
            Self::Sum => Measure::DurationUs,
        }
    }
}

impl Family {
    pub(super) fn new(mut def: SeriesDef, telemetry: &Telemetry) -> Result<Self, SeriesError> {
        let unknown = || SeriesError::Unknown(def.metric.clone());
        if let Some(per_pod) = &def.per_pod {
            telemetry.slots(per_pod.slots).ok_or_else(unknown)?;
        } else if needs_pods(&def.values) {
            return Err(unknown());
        }
        let mut bounds = Arc::from([]);
        let mut gauge = None;
        match &mut def.values {
            Values::Counter { atoms, minus, .. } => {
                let level_known = minus.is_none_or(|id| telemetry.level(id).is_some());
                if !level_known || atoms.iter().any(|&id| telemetry.atom(id).is_none()) {
                    return Err(unknown());
                }
            }
            Values::Histogram { atoms, unit_us } => {
                bounds = bucket_labels(telemetry, atoms, (*unit_us).max(1))
                    .ok_or_else(|| SeriesError::NoBuckets(def.metric.clone()))?;
            }
            Values::Gauge(gauge_def) => {
                let known =
                    |effect: &super::gauge::GaugeEffect| telemetry.level(effect.level).is_some();
                if !gauge_def.effects.iter().all(known) {
                    return Err(unknown());
                }
                gauge = Some(Gauge::new(gauge_def.clone()));
            }
            Values::Level { level, .. } => {
                telemetry.level(*level).ok_or_else(unknown)?;
            }
            Values::Value { value, .. } => {
                telemetry.value(*value).ok_or_else(unknown)?;
            }
            Values::Offset { atoms, shows, .. } => {
                let mut held = shows.held().iter();
                if held.any(|(_, held)| telemetry.value(*held).is_none()) {
                    return Err(unknown());
                }
                if atoms.iter().any(|&id| telemetry.atom(id).is_none()) {
                    return Err(unknown());
                }
            }
            Values::PodRestarts
            | Values::PodCpu { .. }
            | Values::PodCreated
            | Values::PodReady
            | Values::Constant(_) => {}
        }
        Ok(Self {
            def: Arc::new(def),
            gauge,
            bounds,
            blind: StepTrack::new(false),
            until_ms: None,
            texts: OnceLock::new(),
        })
    }

    pub(super) fn kind(&self) -> MetricKind {
        match &self.def.values {
            Values::Counter { .. } | Values::PodRestarts | Values::PodCpu { .. } => {
                MetricKind::Counter
            }
            Values::Histogram { .. } => MetricKind::Histogram,
            // Some libraries call a gauge a total; what is no gauge here and is called so only rises.
            Values::Gauge(_) => MetricKind::Gauge,
            _ if self.def.metric.ends_with("_total") => MetricKind::Counter,
            _ => MetricKind::Gauge,
        }
    }

    /// The aspects whose series are called `name`, or all of them for `None`.
    pub(super) fn aspects(&self, name: Option<&str>) -> Vec<Aspect> {
        let mut aspects = Vec::new();
        if self.bounds.is_empty() {
            aspects.push(Aspect::Plain);
        } else {
            aspects.extend((0..self.bounds.len()).map(|bucket| Aspect::Bucket(bucket as u8)));
            aspects.extend([Aspect::Sum, Aspect::Count]);
        }
        aspects.retain(|aspect| {
            name.is_none_or(|name| {
                name.strip_prefix(self.def.metric.as_str()) == Some(aspect.suffix())
            })
        });
        aspects
    }

    /// The pods whose series may have a sample in `(after, until]`, or the one series without pod.
    pub(super) fn slots<'a>(
        &self,
        telemetry: &'a Telemetry,
        window_ms: (i64, i64),
    ) -> Vec<(Option<SlotId>, Option<&'a Slot>)> {
        let Some(per_pod) = &self.def.per_pod else {
            return vec![(None, None)];
        };
        let Some(track) = telemetry.slots(per_pod.slots) else {
            return Vec::new();
        };
        // A scrape interval more, for the marker that a series has ended.
        let (after, until) = (
            window_ms.0.saturating_sub(2 * super::leaf::SCRAPE_MS),
            window_ms.1,
        );
        track
            .slots()
            .filter(|(_, slot)| slot.lives_within(after, until))
            .map(|(id, slot)| (Some(id), Some(slot)))
            .collect()
    }

    /// Whether a member may fulfil some matchers, by what is known without its pod: `false` is certain.
    pub(super) fn may_match(&self, matchers: &[Matcher], aspect: Aspect) -> bool {
        let of_pod = |name: &str| {
            let labels = self.def.per_pod.as_ref().map(|per_pod| &per_pod.labels);
            labels.is_some_and(|labels| labels.iter().any(|(own, _)| own == name))
        };
        let bound = match aspect {
            Aspect::Bucket(bucket) => self.bounds.get(usize::from(bucket)),
            _ => None,
        };
        matchers
            .iter()
            .all(|matcher| match (matcher.name(), bound) {
                (METRIC_NAME, _) => true,
                (BUCKET_BOUND, Some(bound)) => matcher.matches(bound),
                (name, _) if of_pod(name) => true,
                (name, _) => {
                    let own = self.def.labels.iter().rev().find(|(own, _)| own == name);
                    matcher.matches(own.map_or("", |(_, value)| value))
                }
            })
    }

    /// The labels of a member. Their texts are shared by the family's series.
    pub(super) fn identity(&self, member: Member, pod: Option<&Slot>) -> Labels {
        let texts = self.texts.get_or_init(|| Arc::new(Texts::of(self)));
        let mut labels = Vec::with_capacity(texts.labels.len() + texts.pod.len() + 2);
        labels.extend(texts.labels.iter().cloned());
        let suffix = member.aspect.suffix();
        let named = texts.names.iter().find(|(own, _)| *own == suffix);
        labels.extend(named.map(|(_, name)| (Arc::clone(&texts.name), Arc::clone(name))));
        if let Some(pod) = pod {
            let of_pod = texts.pod.iter();
            labels.extend(
                of_pod.map(|(label, shows)| (Arc::clone(label), Arc::clone(shows.text(pod)))),
            );
        }
        if let Aspect::Bucket(bucket) = member.aspect
            && let Some(bound) = texts.bounds.get(usize::from(bucket))
        {
            labels.push((Arc::clone(&texts.le), Arc::clone(bound)));
        }
        Labels::shared(labels)
    }

    /// All labels of a member, the metric's name among them, in no order.
    pub(super) fn labels(&self, member: Member, pod: Option<&Slot>) -> Vec<(String, String)> {
        let mut labels = self.def.labels.clone();
        let name = format!("{}{}", self.def.metric, member.aspect.suffix());
        labels.push(("__name__".to_owned(), name));
        if let (Some(per_pod), Some(pod)) = (&self.def.per_pod, pod) {
            for (label, shows) in &per_pod.labels {
                labels.push((label.clone(), shows.text(pod).to_string()));
            }
        }
        if let Aspect::Bucket(bucket) = member.aspect
            && let Some(bound) = self.bounds.get(usize::from(bucket))
        {
            labels.push(("le".to_owned(), bound.clone()));
        }
        labels
    }
}

const fn needs_pods(values: &Values) -> bool {
    matches!(
        values,
        Values::PodRestarts | Values::PodCpu { .. } | Values::PodCreated | Values::PodReady
    )
}

fn bucket_labels(telemetry: &Telemetry, atoms: &[AtomId], unit_us: u64) -> Option<Arc<[String]>> {
    let bounds_of = |id: &AtomId| {
        let (latency, _) = telemetry.atom_def(*id)?.latency.as_ref()?;
        Some(latency.bounds_us())
    };
    let first = bounds_of(atoms.first()?)?;
    if !atoms.iter().all(|id| bounds_of(id) == Some(first)) {
        return None;
    }
    let mut labels: Vec<_> = first.iter().map(|&us| decimal(us, unit_us)).collect();
    labels.push("+Inf".to_owned());
    Some(labels.into())
}

/// `value / unit` in decimal without trailing zeros, up to nine digits.
fn decimal(value: u64, unit: u64) -> String {
    let mut text = (value / unit).to_string();
    let mut rest = u128::from(value % unit);
    if rest > 0 {
        text.push('.');
    }
    for _ in 0..9 {
        if rest == 0 {
            break;
        }
        rest *= 10;
        text.push(char::from(b'0' + (rest / u128::from(unit)) as u8));
        rest %= u128::from(unit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_written_as_prometheus_does() {
        assert_eq!(decimal(5_000, 1_000_000), "0.005");
        assert_eq!(decimal(2_500_000, 1_000_000), "2.5");
        assert_eq!(decimal(10_000_000, 1_000_000), "10");
        assert_eq!(decimal(1, 3), "0.333333333");
    }
}
