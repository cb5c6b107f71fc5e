//! Keyed permutations that can be run both ways: of `0..n`, and of 128-bit numbers. Never stores the permutation.

use super::{LeafKey, squares64};

const ROUNDS: usize = 6;

/// A keyed permutation of `0..n`: a Feistel network on the next power of two, walked until it lands inside.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    size: u64,
    low_bits: u32,
    low_mask: u64,
    high_mask: u64,
    round_keys: [u64; ROUNDS],
}

impl Permutation {
    /// The permutation of `0..size` under a key; `index` is where its own draws start (six of them).
    #[inline]
    pub fn new(key: LeafKey, index: u64, size: u64) -> Self {
        let bits = (64 - size.saturating_sub(1).leading_zeros()).max(2);
        let low_bits = bits / 2;
        let mut round_keys = [0; ROUNDS];
        for (round, slot) in round_keys.iter_mut().enumerate() {
            *slot = key.draw(index + round as u64);
        }
        Self {
            size,
            low_bits,
            low_mask: (1 << low_bits) - 1,
            high_mask: (1 << (bits - low_bits)) - 1,
            round_keys,
        }
    }

    /// How many numbers it permutes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where a number goes. Numbers outside `0..size` stay as they are.
    #[inline]
    pub fn forward(&self, number: u64) -> u64 {
        if number >= self.size {
            return number;
        }
        let mut value = number;
        loop {
            let (mut low, mut high) = self.halves(value);
            for (round, key) in self.round_keys.iter().enumerate() {
                self.round(round, *key, &mut low, &mut high);
            }
            value = (high << self.low_bits) | low;
            // A cycle of a permutation that started inside comes back inside.
            if value < self.size {
                return value;
            }
        }
    }

    /// Which number goes there: the inverse of [`Permutation::forward`].
    #[inline]
    pub fn inverse(&self, number: u64) -> u64 {
        if number >= self.size {
            return number;
        }
        let mut value = number;
        loop {
            let (mut low, mut high) = self.halves(value);
            for (round, key) in self.round_keys.iter().enumerate().rev() {
                self.round(round, *key, &mut low, &mut high);
            }
            value = (high << self.low_bits) | low;
            if value < self.size {
                return value;
            }
        }
    }

    #[inline]
    fn halves(&self, value: u64) -> (u64, u64) {
        (
            value & self.low_mask,
            (value >> self.low_bits) & self.high_mask,
        )
    }

    /// One round changes one half by the other, and undoes itself.
    #[inline]
    fn round(&self, round: usize, key: u64, low: &mut u64, high: &mut u64) {
        if round.is_multiple_of(2) {
            *low ^= mix(*high, key) & self.low_mask;
        } else {
            *high ^= mix(*low, key) & self.high_mask;
        }
    }
}

#[inline]
const fn mix(half: u64, key: u64) -> u64 {
    let product = (half ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product ^ (product >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
}

/// A keyed permutation of all 128-bit numbers: six Feistel rounds of the Squares generator.
#[derive(Clone, Copy, Debug)]
pub struct Permutation128 {
    round_keys: [u64; ROUNDS],
}

impl Permutation128 {
    /// The permutation under a key.
    pub fn new(key: LeafKey) -> Self {
        let mut round_keys = [0; ROUNDS];
        for (round, slot) in round_keys.iter_mut().enumerate() {
            *slot = key.draw(round as u64) | 1;
        }
        Self { round_keys }
    }

    /// Where a number goes.
    #[inline]
    pub fn forward(&self, number: u128) -> u128 {
        let (mut left, mut right) = ((number >> 64) as u64, number as u64);
        for key in self.round_keys {
            (left, right) = (right, left ^ squares64(right, key));
        }
        (u128::from(left) << 64) | u128::from(right)
    }

    /// Where several numbers go: together they take less time than one after the other.
    #[inline]
    pub fn forward_all<const N: usize>(&self, numbers: [u128; N]) -> [u128; N] {
        let mut left = numbers.map(|number| (number >> 64) as u64);
        let mut right = numbers.map(|number| number as u64);
        for key in self.round_keys {
            for (left, right) in left.iter_mut().zip(&mut right) {
                let mixed = *left ^ squares64(*right, key);
                *left = std::mem::replace(right, mixed);
            }
        }
        let mut places = numbers;
        for (place, (left, right)) in places.iter_mut().zip(left.into_iter().zip(right)) {
            *place = (u128::from(left) << 64) | u128::from(right);
        }
        places
    }

    /// Which number goes there.
    #[inline]
    pub fn inverse(&self, number: u128) -> u128 {
        let (mut left, mut right) = ((number >> 64) as u64, number as u64);
        for key in self.round_keys.iter().rev() {
            (left, right) = (right ^ squares64(left, *key), left);
        }
        (u128::from(left) << 64) | u128::from(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    #[test]
    fn every_number_is_hit_once_and_found_again() {
        let stream = StreamKey::new(9, StreamId::of("permutation"));
        for size in (0..70).chain([100, 127, 128, 129, 1000, 4097]) {
            let permutation = Permutation::new(stream.leaf(size as i64), 0, size);
            let mut seen = vec![false; size as usize];
            for number in 0..size {
                let image = permutation.forward(number);
                assert!(!std::mem::replace(&mut seen[image as usize], true));
                assert_eq!(permutation.inverse(image), number);
            }
            assert_eq!(permutation.forward(size), size);
        }
    }

    /// The first place of eight is equally often each number, over many leaves.
    #[test]
    fn places_are_evenly_shared() {
        let stream = StreamKey::new(9, StreamId::of("permutation"));
        let mut seen = [0_u32; 8];
        for leaf in 0..16_000 {
            seen[Permutation::new(stream.leaf(leaf), 0, 8).forward(3) as usize] += 1;
        }
        let chi: f64 = seen
            .iter()
            .map(|&n| (f64::from(n) - 2000.0).powi(2) / 2000.0)
            .sum();
        assert!(chi < 24.3, "{seen:?}");
    }

    #[test]
    fn wide_numbers_come_back() {
        let permutation = Permutation128::new(StreamKey::new(9, StreamId::of("trace")).leaf(0));
        for number in [0, 1, u128::MAX, 0x1234_5678_9abc_def0_u128 << 32] {
            assert_eq!(permutation.inverse(permutation.forward(number)), number);
            assert_ne!(permutation.forward(number), number);
            let together = permutation.forward_all([number, 7, number ^ 1]);
            let alone = [number, 7, number ^ 1].map(|number| permutation.forward(number));
            assert_eq!(together, alone);
        }
    }
}
