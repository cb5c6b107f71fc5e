//! What an atom's reader has looked up and what holds for a while: rate, ready pods, shares of buckets, counts of pins.

use std::sync::Arc;

use super::super::atom::PinState;
use super::super::history::RATE_ONE;
use super::super::leaf::LeafIndex;
use super::super::split::{Tree, by_weight, shares_by_node};
use super::AtomReader;
use crate::sim::draw::ONE_Q32;

/// A value that holds over a span of time, so that reading on needs no search.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    pub(super) value: T,
}

impl<T> Held<T> {
    pub(super) fn nothing(value: T) -> Self {
        Self {
            from_ms: i64::MAX,
            until_ms: i64::MIN,
            value,
        }
    }

    #[inline]
    pub(super) fn holds(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && at_ms < self.until_ms
    }
}

impl<'a> AtomReader<'a> {
    pub(super) fn refresh_rate(&mut self, at_ms: i64) {
        if !self.rate.holds(at_ms) {
            let (value, from_ms, until_ms) = self.atom.rate.span_at(at_ms);
            self.rate = Held {
                from_ms,
                until_ms,
                value: *value,
            };
            self.rate_product = u128::from(self.atom.def.rate_q32) * u128::from(*value);
        }
    }

    pub(super) fn refresh_ready(&mut self, at_ms: i64) {
        let Some(slots) = self.slots else {
            return;
        };
        if self.ready.holds(at_ms) {
            return;
        }
        let (ready, mut from_ms, mut until_ms) = slots.ready_span(at_ms);
        self.weights.clear();
        self.weights.push(0);
        self.slow.clear();
        self.place_shares.clear();
        self.shares_of = None;
        let mut sum = 0;
        for &(slot, weight) in ready.iter() {
            let bias = self.atom.bias.iter().find(|(biased, _)| *biased == slot);
            let factor = bias.map_or(65_536, |(_, track)| {
                let (factor, since, until) = track.span_at(at_ms);
                from_ms = from_ms.max(since);
                until_ms = until_ms.min(until);
                *factor
            });
            sum += (u64::from(weight) * u64::from(factor)) >> 16;
            self.weights.push(sum);
            if !self.atom.slow.is_empty() {
                let slow = self.atom.slow.iter().find(|(of, _)| *of == slot);
                self.slow.push(slow.map_or(RATE_ONE, |(_, track)| {
                    let (factor, since, until) = track.span_at(at_ms);
                    from_ms = from_ms.max(since);
                    until_ms = until_ms.min(until);
                    *factor
                }));
            }
        }
        let weights = &self.weights;
        let weight_before = |place: usize| weights.get(place).copied().unwrap_or(0);
        shares_by_node(ready.len(), &weight_before, &mut self.weight_nodes);
        if self.slow.iter().all(|factor| *factor == RATE_ONE) {
            self.slow.clear();
        }
        self.ready = Held {
            from_ms,
            until_ms,
            value: Arc::clone(ready),
        };
    }

    pub(super) fn refresh_shares(&mut self, at_ms: i64) {
        let (Some((latency, _)), Some(track)) = (&self.atom.def.latency, self.factor) else {
            return;
        };
        if !self.latency_factor.holds(at_ms) {
            let (value, from_ms, until_ms) = track.span_at(at_ms);
            self.latency_factor = Held {
                from_ms,
                until_ms,
                value: *value,
            };
        }
        if self.shares_of != Some(self.latency_factor.value) {
            let factor = self.latency_factor.value;
            self.shares_of = Some(factor);
            self.buckets = latency.buckets();
            self.shares_before = latency.shares_q32(factor);
            bucket_shares(&self.shares_before, &mut self.shares);
            self.place_shares.clear();
            for slow in &self.slow {
                let slowed = (u64::from(factor) * u64::from(*slow)) >> 16;
                let mut shares = Vec::new();
                let before = latency.shares_q32(slowed.min(u64::from(u32::MAX)) as u32);
                bucket_shares(&before, &mut shares);
                self.place_shares.push(shares);
            }
        }
    }

    /// Makes the shares of pods and buckets ready for an instant, and says until when they stay as they are.
    pub(super) fn split_until(&mut self, at_ms: i64) -> i64 {
        self.refresh_ready(at_ms);
        self.refresh_shares(at_ms);
        let ready = self.slots.map_or(i64::MAX, |_| self.ready.until_ms);
        let slower = match (&self.atom.def.latency, self.factor) {
            (Some(_), Some(_)) => self.latency_factor.until_ms,
            _ => i64::MAX,
        };
        ready.min(slower)
    }

    pub(super) fn pinned(&mut self, number: usize, pin: &'a PinState, index: LeafIndex) -> u64 {
        let counts = if let Some(counts) = pin.counts.get() {
            counts
        } else {
            let counts = self.apportion(number, pin);
            pin.counts.get_or_init(|| counts)
        };
        usize::try_from(index - pin.first)
            .ok()
            .and_then(|at| counts.get(at))
            .map_or(0, |&count| u64::from(count))
    }

    /// Splits a pin's total over its leaves by binomials weighted with the expected number of each; evenly if none is
    /// expected at all.
    fn apportion(&mut self, number: usize, pin: &PinState) -> Box<[u32]> {
        let leaves = (pin.end - pin.first) as usize;
        let mut before = Vec::with_capacity(leaves + 1);
        let mut sum = 0_u64;
        before.push(sum);
        for index in pin.first..pin.end {
            // In 2^-16ths: a window of 2^15 leaves cannot overflow.
            sum = sum.saturating_add(self.expected_q32(index) >> 16);
            before.push(sum);
        }
        let weight_before = |i: usize| {
            if sum == 0 {
                i as u64
            } else {
                before.get(i).copied().unwrap_or(sum)
            }
        };
        let key = self.atom.key.leaf(i64::MIN + number as i64);
        let mut counts = vec![0; leaves].into_boxed_slice();
        Tree::new(key, 1 << 20, leaves).each(
            pin.total,
            &by_weight(weight_before),
            &mut |leaf, events| {
                if let Some(count) = counts.get_mut(leaf) {
                    *count = events as u32;
                }
            },
        );
        counts
    }
}

/// The shares of the nodes of a tree over buckets of which the shares before each are known.
fn bucket_shares(before: &[u64], out: &mut Vec<u64>) {
    let share_before = |bucket: usize| before.get(bucket).copied().unwrap_or(ONE_Q32);
    shares_by_node(before.len().saturating_sub(1), &share_before, out);
}
