//! Gauges: the composition law of effects, and keyed noise on a lattice. Reads levels, never integrates anything.
//!
//! A sample is `(base + sum of Add) x product of Scale`, moved `Toward` its targets by intensity with the strongest last,
//! given its noise, and clamped to its range. Effects are sorted before they are applied, so the order in which they were
//! declared never matters, not even in the last bit. Only additions, multiplications and divisions are used, whose results
//! are the same on every machine.

use std::sync::Arc;

use super::atom::SlotsId;
use super::slots::{Slot, SlotTrack};
use super::store::{LevelId, Telemetry};
use super::traffic::TrafficShape;
use crate::sim::draw::{StreamId, StreamKey, normal_q16};

/// Distances of the lattice's points for the three layers of noise, and each layer's weight in 1/65,536: the squares of
/// the weights add up to one.
const LAYERS: [(i64, i64); 3] = [(15_000, 36_045), (120_000, 39_322), (960_000, 38_066)];
const ONE_Q16: f64 = 65_536.0;

/// What an effect does at full intensity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bend {
    /// Adds so much.
    Add(f64),
    /// Multiplies by so much.
    Scale(f64),
    /// Moves to this value.
    Toward(f64),
}

/// An effect on a gauge.
#[derive(Clone, Debug, PartialEq)]
pub struct GaugeEffect {
    /// What it does.
    pub bend: Bend,
    /// The intensity it follows.
    pub level: LevelId,
    /// Pods or nodes by name to which it is limited; empty for all.
    pub only: Vec<String>,
    /// It acts only for so many milliseconds, at full intensity, after each start of a container of these pods.
    pub after_starts: Option<(SlotsId, i64)>,
}

/// A gauge around a base.
#[derive(Clone, Debug)]
pub struct GaugeDef {
    /// Name of its noise's stream. Two series with the same one have the same noise.
    pub path: String,
    /// Its value on an ordinary day at a traffic factor of one.
    pub base: f64,
    /// Follows this shape of traffic.
    pub traffic: Option<Arc<TrafficShape>>,
    /// One standard deviation of its noise as a share of its value.
    pub noise: f64,
    /// Lowest and highest value.
    pub range: Option<(f64, f64)>,
    /// Values are multiples of this, 1 for things that are counted; 0 for any value.
    pub step: f64,
    /// What a pod's container has leaked is added to it.
    pub leaks: bool,
    /// What bends it.
    pub effects: Vec<GaugeEffect>,
}

impl GaugeDef {
    /// A steady gauge without noise or effects.
    pub fn steady(path: &str, base: f64) -> Self {
        Self {
            path: path.to_owned(),
            base,
            traffic: None,
            noise: 0.0,
            range: None,
            step: 0.0,
            leaks: false,
            effects: Vec::new(),
        }
    }
}

/// A gauge ready to be read.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    def: Arc<GaugeDef>,
    stream: StreamId,
}

impl Gauge {
    pub(super) fn new(mut def: GaugeDef) -> Self {
        // By kind, then value, then level: any order of declaration gives this one.
        def.effects.sort_by(|a, b| {
            let key = |effect: &GaugeEffect| match effect.bend {
                Bend::Add(value) => (0, value),
                Bend::Scale(value) => (1, value),
                Bend::Toward(value) => (2, value),
            };
            let (a_kind, a_value) = key(a);
            let (b_kind, b_value) = key(b);
            a_kind
                .cmp(&b_kind)
                .then(a_value.total_cmp(&b_value))
                .then(a.level.cmp(&b.level))
                .then_with(|| a.only.cmp(&b.only))
                .then(a.after_starts.cmp(&b.after_starts))
        });
        let stream = StreamId::of(&def.path);
        Self {
            def: Arc::new(def),
            stream,
        }
    }

    /// The key of the noise of one of the pods, or of the gauge that has none.
    pub(super) fn noise_key(&self, seed: u64, slot: Option<u32>) -> StreamKey {
        let stream = slot.map_or(self.stream, |slot| self.stream.child(u64::from(slot)));
        StreamKey::new(seed, stream)
    }

    /// The sample at an instant.
    pub(super) fn value(
        &self,
        telemetry: &Telemetry,
        pod: Option<&Slot>,
        key: StreamKey,
        at_ms: i64,
    ) -> f64 {
        let def = self.def.as_ref();
        let traffic = def.traffic.as_ref();
        let mut base =
            def.base * traffic.map_or(1.0, |shape| f64::from(shape.factor_q16(at_ms)) / ONE_Q16);
        if let Some(pod) = pod.filter(|_| def.leaks) {
            base += pod.leaked_until(at_ms) as f64;
        }
        let mut value = compose(base, &self.active(telemetry, pod, at_ms));
        if def.noise > 0.0 {
            value += value * def.noise * (noise_q16(key, at_ms) as f64 / ONE_Q16);
        }
        if def.step >= 1.0 {
            value = libm::round(value / def.step) * def.step;
        } else if def.step > 0.0 {
            let parts = libm::round(1.0 / def.step);
            value = libm::round(value * parts) / parts;
        }
        if let Some((low, high)) = def.range {
            // Not `clamp`, which panics when an author swaps the ends.
            value = value.min(high).max(low);
        }
        value
    }

    fn active(&self, telemetry: &Telemetry, pod: Option<&Slot>, at_ms: i64) -> Vec<(Bend, f64)> {
        let concerned = |effect: &&GaugeEffect| {
            effect.only.is_empty()
                || pod.is_some_and(|pod| {
                    effect
                        .only
                        .iter()
                        .any(|name| **name == *pod.pod || **name == *pod.node)
                })
        };
        self.def
            .effects
            .iter()
            .filter(concerned)
            .filter_map(|effect| {
                let level = telemetry.level(effect.level)?.value_at(at_ms) as f64 / ONE_Q16;
                let acts = level > 0.0
                    && effect.after_starts.is_none_or(|(slots, lasts_ms)| {
                        has_started(telemetry, slots, at_ms, lasts_ms as f64 * level.min(1.0))
                    });
                acts.then_some((effect.bend, level))
            })
            .collect()
    }
}

/// Whether a container of some pods was started within so many milliseconds before an instant.
fn has_started(telemetry: &Telemetry, slots: SlotsId, at_ms: i64, within_ms: f64) -> bool {
    let pods = telemetry.slots(slots);
    let mut pods = pods.into_iter().flat_map(SlotTrack::slots);
    pods.any(|(_, pod)| {
        let since_ms = at_ms - pod.container_start_ms(at_ms).max(pod.start_ms);
        pod.lives_at(at_ms) && (0.0..=within_ms).contains(&(since_ms as f64))
    })
}

/// Applies the effects, each with its intensity, in their fixed order; those that move toward a value by intensity.
fn compose(base: f64, effects: &[(Bend, f64)]) -> f64 {
    let (mut sum, mut product) = (base, 1.0);
    let mut targets = Vec::new();
    for &(bend, level) in effects {
        match bend {
            Bend::Add(by) => sum += by * level,
            Bend::Scale(by) => product *= 1.0 + (by - 1.0) * level,
            Bend::Toward(to) => targets.push((level, to)),
        }
    }
    targets.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    targets.iter().fold(sum * product, |value, &(level, to)| {
        let level = level.min(1.0);
        value * (1.0 - level) + to * level
    })
}

/// Noise of one standard deviation at an instant, in units of 1/65,536.
fn noise_q16(key: StreamKey, at_ms: i64) -> i64 {
    let mut sum = 0;
    for (layer, (distance_ms, weight)) in LAYERS.into_iter().enumerate() {
        let point = at_ms.div_euclid(distance_ms);
        let into = at_ms.rem_euclid(distance_ms);
        let at = |point: i64| normal_q16(key.leaf(point).draw(layer as u64));
        let before = at(point);
        let value = if into == 0 {
            before
        } else {
            before + (at(point + 1) - before) * into / distance_ms
        };
        sum += (value * weight) >> 16;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_composition_law_holds_in_any_order() {
        let effects = [
            (Bend::Add(10.0), 0.5),
            (Bend::Scale(3.0), 0.5),
            (Bend::Toward(100.0), 0.25),
        ];
        // (20 + 5) x 2 = 50, a quarter of the way to 100.
        assert_eq!(compose(20.0, &effects), 62.5);
        let strongest_last = [(Bend::Toward(0.0), 1.0), (Bend::Toward(100.0), 0.5)];
        assert_eq!(compose(20.0, &strongest_last), 0.0);
        assert_eq!(compose(20.0, &[(Bend::Toward(7.0), 9.0)]), 7.0);
    }

    #[test]
    fn noise_has_one_deviation_and_moves_slowly() {
        let key = StreamKey::new(1, StreamId::of("noise"));
        let (mut squares, mut steps, count) = (0.0, 0.0, 20_000);
        for point in 0..count {
            let z = noise_q16(key, point * 15_000) as f64 / ONE_Q16;
            let next = noise_q16(key, (point + 1) * 15_000) as f64 / ONE_Q16;
            squares += z * z;
            steps += (next - z) * (next - z);
        }
        let n = count as f64;
        // Between the points of the slow layers the straight lines take a little of the variance.
        assert!((0.6..1.1).contains(&(squares / n)), "{}", squares / n);
        assert!(steps / n < squares / n);
        assert_eq!(noise_q16(key, 15_000), noise_q16(key, 15_000));
    }
}
