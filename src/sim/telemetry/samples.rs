//! Values of series at scrapes. Everything comes from totals of atoms, levels and facts; nothing here draws by itself.

use super::atom::AtomId;
use super::leaf::SCRAPE_MS;
use super::reader::{Measure, Part};
use super::series::{Aspect, Base, Family, Member, MetricKind, Offsets, Values};
use super::slots::Slot;
use super::store::{LevelId, Telemetry, ValueId};
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::partitions::share;
use crate::sim::promql::matcher::Matcher;

/// What Prometheus stores where a series has ended.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

pub(super) const ONE_Q16: f64 = 65_536.0;

/// Samples of one series: instants in ms and values, as long as each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Instants in ms since the Unix epoch, ascending multiples of 15 s.
    pub times: Vec<i64>,
    /// Values; the stale marker where the series has just ended.
    pub values: Vec<f64>,
}

/// The first scrape in `(after, until]` and how many there are; never before the history's first leaf nor after where it
/// is closed.
pub(super) fn scrapes(telemetry: &Telemetry, after_ms: i64, until_ms: i64) -> (i64, usize) {
    let origin = telemetry.grid().origin_ms();
    let after = after_ms.max(origin.saturating_sub(1));
    let until = until_ms.min(telemetry.closed_ms());
    let first = (after.div_euclid(SCRAPE_MS).saturating_add(1)).saturating_mul(SCRAPE_MS);
    if until < first {
        return (first, 0);
    }
    (first, ((until - first) / SCRAPE_MS + 1) as usize)
}

/// The samples of a member of a family in `(after, until]`.
pub(super) fn read(
    telemetry: &Telemetry,
    family: &Family,
    member: Member,
    pod: Option<&Slot>,
    window_ms: (i64, i64),
) -> Samples {
    let mut samples = Samples::default();
    let (first, count) = scrapes(telemetry, window_ms.0, window_ms.1);
    let mut was_there = count > 0 && is_there(telemetry, family, pod, first - SCRAPE_MS);
    let mut live = Vec::with_capacity(count);
    for scrape in 0..count as i64 {
        let at = first + scrape * SCRAPE_MS;
        let there = is_there(telemetry, family, pod, at);
        if there || was_there {
            samples.times.push(at);
            live.push(there);
        }
        was_there = there;
    }
    samples.values = values(telemetry, family, member, pod, &samples.times);
    for (value, there) in samples.values.iter_mut().zip(live) {
        if !there {
            *value = f64::from_bits(STALE_BITS);
        }
    }
    samples
}

/// A number times a factor. A factor that is one part of a whole number divides by that: 399,602 millionths are 0.399602.
fn scaled(number: i64, scale: f64) -> f64 {
    let parts = libm::round(1.0 / scale);
    if scale > 0.0 && scale < 1.0 && (1.0 / scale - parts).abs() < 1e-6 {
        number as f64 / parts
    } else {
        // What a whole number stands for is counted: bytes, keys.
        libm::round(number as f64 * scale)
    }
}

/// Whether a scrape at an instant finds the series.
pub(super) fn is_there(
    telemetry: &Telemetry,
    family: &Family,
    pod: Option<&Slot>,
    at_ms: i64,
) -> bool {
    there_until(telemetry, family, pod, at_ms).0
}

/// Whether scrapes find a series, and until when that is so.
pub(super) fn there_until(
    telemetry: &Telemetry,
    family: &Family,
    pod: Option<&Slot>,
    at_ms: i64,
) -> (bool, i64) {
    let origin = telemetry.grid().origin_ms();
    let begins = origin.max(family.def.from_ms.unwrap_or(i64::MIN));
    if at_ms < begins {
        return (false, begins);
    }
    let ends = family.until_ms.unwrap_or(i64::MAX);
    if at_ms >= ends {
        return (false, i64::MAX);
    }
    let (blind, until) = family.blind.at_until(at_ms);
    let until = until.min(ends);
    let (there, changes) = match (&family.def.per_pod, pod) {
        (Some(per_pod), Some(pod)) => pod.there_until(at_ms, per_pod.scraped),
        (Some(_), None) => (false, i64::MAX),
        (None, _) => (true, i64::MAX),
    };
    (there && !*blind, until.min(changes))
}

/// The values of a member of a family at some instants (ascending), whether it is there or not.
pub(super) fn values(
    telemetry: &Telemetry,
    family: &Family,
    member: Member,
    pod: Option<&Slot>,
    times: &[i64],
) -> Vec<f64> {
    match &family.def.values {
        Values::Counter {
            atoms,
            unit,
            base,
            minus,
        } => {
            let counted = Counted {
                telemetry,
                atoms,
                part: Part {
                    slot: member.slot,
                    measure: Measure::Events,
                },
                pod,
            };
            counter(&counted, times, *unit, *base, *minus)
        }
        Values::Histogram { atoms, unit_us } => {
            let counted = Counted {
                telemetry,
                atoms,
                part: Part {
                    slot: member.slot,
                    measure: member.aspect.measure(),
                },
                pod,
            };
            let scale = if member.aspect == Aspect::Sum {
                (*unit_us).max(1) as f64
            } else {
                1.0
            };
            counted
                .totals(times)
                .into_iter()
                .map(|total| total as f64 / scale)
                .collect()
        }
        Values::Gauge(_) => family.gauge.as_ref().map_or_else(Vec::new, |gauge| {
            let key = gauge.noise_key(telemetry.seed(), member.slot);
            times
                .iter()
                .map(|&at| gauge.value(telemetry, pod, key, at))
                .collect()
        }),
        Values::Level { level, scale } => {
            let track = telemetry.level(*level);
            let at =
                |&at: &i64| track.map_or(0.0, |track| track.value_at(at) as f64 / ONE_Q16 * scale);
            times.iter().map(at).collect()
        }
        Values::Value { value, scale } => {
            let track = telemetry.value(*value);
            times
                .iter()
                .map(|&at| track.map_or(0.0, |track| scaled(*track.at(at), *scale)))
                .collect()
        }
        Values::Offset { .. } => offsets(telemetry, &family.def.values, times),
        Values::PodRestarts => times
            .iter()
            .map(|&at| pod.map_or(0.0, |pod| pod.restarts_until(at) as f64))
            .collect(),
        Values::PodCpu { cores } => times
            .iter()
            .map(|&at| pod.map_or(0.0, |pod| cpu_seconds(*cores, pod.ran_ms(at))))
            .collect(),
        Values::PodCreated => {
            let created = pod.map_or(0.0, |pod| pod.start_ms.div_euclid(1000) as f64);
            vec![created; times.len()]
        }
        Values::PodReady => ready(telemetry, family, member, times),
        Values::Constant(value) => vec![*value; times.len()],
    }
}

/// Seconds of CPU after a container has run for so long: it uses now a little more, now a little less.
fn cpu_seconds(cores: f64, ran_ms: i64) -> f64 {
    /// One wave of its use, in seconds, and how much of the use comes and goes with it.
    const WAVE: (f64, f64) = (420.0, 0.2);
    let seconds = ran_ms as f64 / 1000.0;
    let angular = core::f64::consts::TAU / WAVE.0;
    cores * (seconds + WAVE.1 / angular * libm::sin(seconds * angular))
}

/// A group that keeps up is a few messages behind at each scrape: what is on its way.
const IN_FLIGHT: u64 = 8;

/// Offsets hang on what was counted since T0, or until then: at a few instants that are so near to it, nothing else is
/// counted.
const NEAR_MS: i64 = 12 * 3_600_000;
const FEW: usize = 24;

fn offsets(telemetry: &Telemetry, values: &Values, times: &[i64]) -> Vec<f64> {
    let Values::Offset { atoms, .. } = values else {
        return Vec::new();
    };
    let part = Part::ALL;
    let counted = Counted {
        telemetry,
        atoms,
        part,
        pod: None,
    };
    let open_ms = telemetry.grid().t0().millis();
    let near = |at: &i64| (open_ms - at).abs() <= NEAR_MS;
    let (totals, open) = if times.len() <= FEW && times.iter().all(near) {
        // What lies between them is less to count than what lies before.
        let first = times.first().map_or(open_ms, |first| open_ms.min(*first));
        let since = |at: &i64| counted.between(first, *at);
        (times.iter().map(since).collect(), since(&open_ms))
    } else {
        (counted.totals(times), counted.at(open_ms))
    };
    let shown = totals.into_iter().zip(times);
    shown
        .map(|(total, &at)| offset(telemetry, values, total, open, at))
        .collect()
}

/// An offset or lag at an instant, by what was counted of its topic's messages until then and until T0.
pub(super) fn offset(
    telemetry: &Telemetry,
    values: &Values,
    total: u64,
    open: u64,
    at_ms: i64,
) -> f64 {
    let Values::Offset {
        end_at_open,
        partitions,
        shows,
        ..
    } = values
    else {
        return 0.0;
    };
    let end = (end_at_open + total).saturating_sub(open);
    let end_of = |partition| share(end, partition, *partitions);
    let committed = |&(partition, held): &(u32, ValueId)| {
        committed(telemetry, (partition, held), end_of(partition), at_ms)
    };
    let shown: u64 = match shows {
        Offsets::LogEnd(partition) => end_of(*partition),
        Offsets::Committed(held) => held.iter().map(committed).sum(),
        Offsets::Lag(held) => {
            let lag = |one: &(u32, ValueId)| end_of(one.0).saturating_sub(committed(one));
            held.iter().map(lag).sum()
        }
    };
    shown as f64
}

/// What a group has committed in a partition with this log end: a little less than all while it keeps up.
fn committed(
    telemetry: &Telemetry,
    (partition, held): (u32, ValueId),
    end: u64,
    at_ms: i64,
) -> u64 {
    let held = telemetry.value(held).map_or(-1, |track| *track.at(at_ms));
    u64::try_from(held).unwrap_or_else(|_| {
        let key = StreamKey::new(telemetry.seed(), StreamId::of("consumers/in-flight"));
        let scrape = key.leaf(at_ms.div_euclid(SCRAPE_MS));
        end.saturating_sub(scrape.below(u64::from(partition) + 1, IN_FLIGHT))
    })
}

fn ready(telemetry: &Telemetry, family: &Family, member: Member, times: &[i64]) -> Vec<f64> {
    let track = family
        .def
        .per_pod
        .as_ref()
        .and_then(|per_pod| telemetry.slots(per_pod.slots));
    let is_ready = |at: i64| {
        track.is_some_and(|track| {
            track
                .ready_at(at)
                .iter()
                .any(|&(slot, _)| Some(slot) == member.slot)
        })
    };
    times
        .iter()
        .map(|&at| f64::from(u8::from(is_ready(at))))
        .collect()
}

fn counter(
    counted: &Counted<'_>,
    times: &[i64],
    unit: f64,
    base: Base,
    minus: Option<LevelId>,
) -> Vec<f64> {
    let totals = counted.totals(times);
    let offset = match base {
        _ if counted.pod.is_some() => 0.0,
        Base::AtOrigin(value) => value,
        Base::AtOpen(value) => {
            let t0 = counted.telemetry.grid().t0().millis();
            value - counted.at(t0) as f64 * unit
        }
    };
    let level = minus.and_then(|id| counted.telemetry.level(id));
    let at = |(total, &at): (u64, &i64)| match level {
        Some(level) => {
            (total as f64 * unit + offset - level.value_at(at) as f64 / ONE_Q16 * unit).max(0.0)
        }
        None => total as f64 * unit + offset,
    };
    totals.into_iter().zip(times).map(at).collect()
}

/// A sum over atoms, since the start of a pod's container if there is one.
pub(super) struct Counted<'a> {
    pub(super) telemetry: &'a Telemetry,
    pub(super) atoms: &'a [AtomId],
    pub(super) part: Part,
    pub(super) pod: Option<&'a Slot>,
}

impl Counted<'_> {
    /// The sum at an instant, since the beginning of history.
    pub(super) fn at(&self, at_ms: i64) -> u64 {
        self.atoms
            .iter()
            .map(|&atom| self.telemetry.total_until(atom, self.part, at_ms))
            .sum()
    }

    /// The sum of what was counted between two instants, without what came before.
    pub(super) fn between(&self, from_ms: i64, until_ms: i64) -> u64 {
        let of_atom = |atom: &AtomId| self.telemetry.between(*atom, self.part, from_ms, until_ms);
        self.atoms.iter().map(of_atom).sum()
    }

    /// The sum at each instant (ascending).
    fn totals(&self, times: &[i64]) -> Vec<u64> {
        let mut sums = vec![0; times.len()];
        for &atom in self.atoms {
            let totals = self.telemetry.totals_at(atom, self.part, times);
            for (sum, total) in sums.iter_mut().zip(totals) {
                *sum += total;
            }
        }
        if let Some(pod) = self.pod {
            self.reset_with(pod, times, &mut sums);
        }
        sums
    }

    /// Takes off what was counted before the container that ran at each instant.
    fn reset_with(&self, pod: &Slot, times: &[i64], sums: &mut [u64]) {
        let (mut until_ms, mut before, mut older) = (i64::MIN, 0, 0);
        for (&at, sum) in times.iter().zip(sums) {
            if at >= until_ms {
                let (start, next) = pod.container_until(at);
                until_ms = next;
                before = self.at(self.telemetry.grid().cut_at_or_after(start));
                older = self.before_history(start);
            }
            *sum = sum.saturating_sub(before) + older;
        }
    }

    /// What a container that is older than the history had counted when it began, by its ordinary rate: an estimate, of
    /// which no line and no other series tells.
    pub(super) fn before_history(&self, start_ms: i64) -> u64 {
        let origin = self.telemetry.grid().origin_ms();
        let seconds = (origin - start_ms).max(0) / 1000;
        if seconds == 0 {
            return 0;
        }
        let of_atom = |&atom: &AtomId| {
            self.telemetry
                .ordinary_events(atom, self.part, seconds as u64)
        };
        self.atoms.iter().map(of_atom).sum()
    }
}

/// What is known of a metric without its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricInfo {
    /// Its name, without `_bucket` and the like.
    pub metric: String,
    /// Its kind.
    pub kind: MetricKind,
    /// Help text; the first one given wins.
    pub help: String,
}

impl Telemetry {
    /// All declared metrics, sorted by name.
    pub fn metrics(&self) -> Vec<MetricInfo> {
        let mut metrics: Vec<MetricInfo> = self
            .families()
            .iter()
            .map(|family| MetricInfo {
                metric: family.def.metric.clone(),
                kind: family.kind(),
                help: family.def.help.clone(),
            })
            .collect();
        metrics.sort_by(|a, b| a.metric.cmp(&b.metric));
        metrics.dedup_by(|a, b| a.metric == b.metric);
        metrics
    }

    /// The series called `metric` (all of them for `None`) that `wanted` accepts by their labels, each with its samples in
    /// `(after, until]`; none without a sample. Labels are in no order and hold `__name__`.
    pub fn read_series(
        &self,
        metric: Option<&str>,
        window_ms: (i64, i64),
        mut wanted: impl FnMut(&[(String, String)]) -> bool,
    ) -> Vec<(Vec<(String, String)>, Samples)> {
        let mut found = Vec::new();
        self.visit_series(metric, &[], window_ms, |family, member, pod| {
            let labels = family.labels(member, pod);
            if wanted(&labels) {
                let samples = read(self, family, member, pod, window_ms);
                if !samples.times.is_empty() {
                    found.push((labels, samples));
                }
            }
        });
        found
    }

    /// Calls `visit` with the identity of every series that may fulfil some matchers and have a sample in `(after, until]`,
    /// reading none. `visit` still has to ask the matchers.
    pub(super) fn visit_series<'a>(
        &'a self,
        metric: Option<&str>,
        matchers: &[Matcher],
        window_ms: (i64, i64),
        mut visit: impl FnMut(&'a Family, Member, Option<&'a Slot>),
    ) {
        for family in self.families_named(metric) {
            let mut aspects = family.aspects(metric);
            aspects.retain(|aspect| family.may_match(matchers, *aspect));
            if aspects.is_empty() {
                continue;
            }
            for (slot, pod) in family.slots(self, window_ms) {
                for &aspect in &aspects {
                    let member = Member { slot, aspect };
                    visit(family, member, pod);
                }
            }
        }
    }
}
