//! Binomial splits in integers, exact to the probability's 32 bits up to 512 trials. Never calls a transcendental
//! function.

use super::{LeafKey, normal_q16};

/// Certainty, in the unit of the probabilities here: 2^-32.
pub const ONE_Q32: u64 = 1 << 32;

/// The share of `part` in `whole` in units of 2^-32; an empty whole has a share of zero.
#[inline]
pub const fn ratio_q32(part: u64, whole: u64) -> u64 {
    if whole == 0 || part == 0 {
        0
    } else if part >= whole {
        ONE_Q32
    } else if part < ONE_Q32 {
        (part << 32) / whole
    } else {
        (((part as u128) << 32) / (whole as u128)) as u64
    }
}

/// How many of `trials` succeed, each with a probability given in units of 2^-32.
///
/// Every trial compares random bits, highest first, with the probability's bits; all trials that are still undecided do
/// so at once, so one step is a fair split of their number, and about half of them are decided by it. `node` tells the
/// splits of one key apart (below 2^48).
#[inline]
pub fn binomial(key: LeafKey, node: u64, trials: u64, probability_q32: u64) -> u64 {
    if trials == 0 || probability_q32 == 0 {
        return 0;
    }
    if probability_q32 >= ONE_Q32 {
        return trials;
    }
    let mut undecided = trials;
    let mut successes = 0;
    // The bits of the probability that are left to compare, highest first.
    let mut rest = probability_q32 as u32;
    let mut step = 0;
    while undecided > 0 && rest != 0 {
        let ones = heads(key, (node << 8) | (step << 3), undecided);
        if rest >> 31 == 1 {
            successes += undecided - ones;
            undecided = ones;
        } else {
            undecided -= ones;
        }
        rest <<= 1;
        step += 1;
    }
    successes
}

/// So many keys are split at once: see [`binomials`].
pub const LANES: usize = 64;

/// [`binomial`] under many keys (no more than [`LANES`] of them) with one node and one probability: the same numbers, in
/// less time, as no draw waits for another and all keys compare the same bit.
pub fn binomials(
    keys: &[LeafKey],
    node: u64,
    trials: &[u64],
    probability_q32: u64,
    successes: &mut [u64],
) {
    if probability_q32 >= ONE_Q32 {
        successes.copy_from_slice(trials);
        return;
    }
    successes.fill(0);
    if probability_q32 == 0 {
        return;
    }
    // What is still undecided: whose trials they are, under which key, and how many.
    let mut open = [(0_u8, LeafKey(0), 0_u64); LANES];
    let mut count = 0;
    for (lane, (key, trials)) in keys.iter().zip(trials).enumerate() {
        if let Some(slot) = open.get_mut(count) {
            *slot = (lane as u8, *key, *trials);
            count += usize::from(*trials > 0);
        }
    }
    let mut rest = probability_q32 as u32;
    let mut step = 0;
    while count > 0 && rest != 0 {
        let index = (node << 8) | (step << 3);
        let succeeds = rest >> 31 == 1;
        let mut left = 0;
        for place in 0..count {
            let Some(&(lane, key, undecided)) = open.get(place) else {
                break;
            };
            let ones = heads(key, index, undecided);
            let zeros = undecided - ones;
            let (decided, undecided) = if succeeds { (zeros, ones) } else { (0, zeros) };
            if let Some(sum) = successes.get_mut(usize::from(lane)) {
                *sum += decided;
            }
            if let Some(slot) = open.get_mut(left) {
                *slot = (lane, key, undecided);
            }
            left += usize::from(undecided > 0);
        }
        count = left;
        rest <<= 1;
        step += 1;
    }
}

/// Heads among `coins` fair coins: the set bits of up to eight draws; above 512 coins a rounded normal, whose error is
/// far below the count's own spread.
#[inline]
fn heads(key: LeafKey, index: u64, coins: u64) -> u64 {
    if coins <= 64 {
        let mask = u64::MAX >> (64 - coins);
        return u64::from((key.draw(index) & mask).count_ones());
    }
    if coins > 512 {
        return rounded_heads(key.draw(index), coins);
    }
    let mut left = coins;
    let mut word = 0;
    let mut found = 0;
    while left > 0 {
        let taken = left.min(64);
        let mask = u64::MAX >> (64 - taken);
        found += u64::from((key.draw(index + word) & mask).count_ones());
        left -= taken;
        word += 1;
    }
    found
}

fn rounded_heads(bits: u64, coins: u64) -> u64 {
    // coins/2 + sqrt(coins)/2 * z, in units of 2^-33: the root of coins * 2^32 comes in units of 2^-16.
    if coins < 1 << 30 {
        // The same within 64 bits.
        let root_q16 = (coins << 32).isqrt() as i64;
        let twice_q32 = ((coins as i64) << 32) + root_q16 * normal_q16(bits);
        return ((twice_q32 + ONE_Q32 as i64) >> 33).clamp(0, coins as i64) as u64;
    }
    wide_rounded_heads(bits, coins)
}

fn wide_rounded_heads(bits: u64, coins: u64) -> u64 {
    let root_q16 = i128::from(((u128::from(coins) << 32).isqrt()) as u64);
    let twice_q32 = (i128::from(coins) << 32) + root_q16 * i128::from(normal_q16(bits));
    let rounded = (twice_q32 + i128::from(ONE_Q32)) >> 33;
    rounded.clamp(0, i128::from(coins)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    #[test]
    fn narrow_and_wide_numbers_agree() {
        let key = StreamKey::new(1, StreamId::of("split")).leaf(2);
        for index in 0..20_000 {
            let coins = 513 + key.below(index, 1 << (10 + index % 21));
            let bits = key.draw(1 << 40 | index);
            assert_eq!(rounded_heads(bits, coins), wide_rounded_heads(bits, coins));
        }
    }

    #[test]
    fn borders_are_exact() {
        let key = StreamKey::new(1, StreamId::of("split")).leaf(1);
        assert_eq!(binomial(key, 0, 100, 0), 0);
        assert_eq!(binomial(key, 0, 100, ONE_Q32), 100);
        assert_eq!(binomial(key, 0, 0, ONE_Q32 / 2), 0);
        assert_eq!(ratio_q32(1, 2), ONE_Q32 / 2);
        assert_eq!(ratio_q32(5, 0), 0);
        assert_eq!(ratio_q32(u64::MAX / 2, u64::MAX), ONE_Q32 / 2 - 1);
        assert!(binomial(key, 0, u64::MAX, ONE_Q32 / 2) > u64::MAX / 4);
    }

    #[test]
    fn many_keys_at_once_are_split_as_one_by_one() {
        let stream = StreamKey::new(1, StreamId::of("split"));
        for number in 0..400_u64 {
            let size = 1 + number % LANES as u64;
            let keys: Vec<_> = (0..size)
                .map(|leaf| stream.leaf((number << 8 | leaf) as i64))
                .collect();
            let trials: Vec<u64> = keys
                .iter()
                .map(|key| {
                    key.below(1 << 40, 2 + (1 << (number % 12)))
                        .saturating_sub(1)
                })
                .collect();
            let probability = match number % 5 {
                0 => ONE_Q32 / 2,
                1 => 0,
                2 => ONE_Q32 + number % 2 - 1,
                _ => keys[0].below(2 << 40, ONE_Q32),
            };
            let mut together = vec![7; trials.len()];
            binomials(&keys, number, &trials, probability, &mut together);
            let alone = keys.iter().zip(&trials);
            let alone = alone.map(|(key, trials)| binomial(*key, number, *trials, probability));
            assert_eq!(together, alone.collect::<Vec<_>>(), "{number}");
        }
    }

    #[test]
    fn splits_have_the_mean_and_variance_asked_for() {
        let stream = StreamKey::new(3, StreamId::of("split"));
        for (number, (trials, share)) in [
            (1_u64, 0.5),
            (7, 0.1),
            (64, 0.333),
            (65, 0.9),
            (500, 0.02),
            (40_000, 0.001),
            (1_000_000, 0.25),
        ]
        .into_iter()
        .enumerate()
        {
            let leaves = 20_000;
            let mean = trials as f64 * share;
            let variance = mean * (1.0 - share);
            let (mut sum, mut squares) = (0.0, 0.0);
            for leaf in 0..leaves {
                let key = stream.leaf(leaf + 100_000 * number as i64);
                let off = binomial(key, 5, trials, (share * ONE_Q32 as f64) as u64) as f64 - mean;
                sum += off;
                squares += off * off;
            }
            let n = leaves as f64;
            assert!(
                (sum / n).abs() < 4.0 * libm::sqrt(variance / n),
                "{trials} {share}"
            );
            let tolerance = 4.0 * libm::sqrt((2.0 + 1.0 / variance) / n);
            assert!(
                (squares / n / variance - 1.0).abs() < tolerance,
                "{trials} {share}"
            );
        }
    }
}
