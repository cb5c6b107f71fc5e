//! Poisson counts by inversion against threshold tables, or by a rounded normal above a mean of 30.
//!
//! A mean is split into its whole part, whose thresholds are tables made at compile time, and its fraction, which is
//! inverted step by step: the sum of two independent Poisson counts is one. So a mean that changes at every leaf costs no
//! table of its own.

use super::{LeafKey, normal_q16};

const WHOLE_MEANS: usize = 30;
const LONGEST: usize = 96;
const ONE_Q32: u64 = 1 << 32;
const LARGE_Q32: u64 = (WHOLE_MEANS as u64) << 32;

/// `THRESHOLDS[m][k]` is the probability of at most `k` events at mean `m`, in units of 2^-64.
static THRESHOLDS: [[u64; LONGEST]; WHOLE_MEANS] = thresholds();

/// `e^(-k/2^10)`, `e^(-k/2^20)` and `e^(-k/2^30)` in units of 2^-64.
static EXP_COARSE: [u64; 1024] = powers(18_428_738_468_430_479_223);
static EXP_MIDDLE: [u64; 1024] = powers(18_446_726_481_531_895_805);
static EXP_FINE: [u64; 1024] = powers(18_446_744_056_529_682_439);

/// The number of events of a leaf whose expected number is `mean_q32` in units of 2^-32.
///
/// Uses the indices `index` and `index + 1` of the key.
#[inline]
pub fn poisson(key: LeafKey, index: u64, mean_q32: u64) -> u64 {
    if mean_q32 >= LARGE_Q32 {
        return rounded_normal(key.draw(index), mean_q32);
    }
    let whole = (mean_q32 >> 32) as usize;
    let fraction_q32 = mean_q32 & (ONE_Q32 - 1);
    let mut count = 0;
    if whole > 0 {
        count += from_table(key.draw(index), whole);
    }
    if fraction_q32 > 0 {
        count += small(key.draw(index + 1), fraction_q32);
    }
    count
}

fn rounded_normal(bits: u64, mean_q32: u64) -> u64 {
    // The root of a number in units of 2^-32 comes in units of 2^-16.
    if mean_q32 < 1 << 61 {
        // The same within 64 bits.
        let moved_q32 = mean_q32.isqrt() as i64 * normal_q16(bits);
        let value_q32 = mean_q32 as i64 + moved_q32;
        return ((value_q32 + (ONE_Q32 / 2) as i64) >> 32).max(0) as u64;
    }
    wide_rounded_normal(bits, mean_q32)
}

fn wide_rounded_normal(bits: u64, mean_q32: u64) -> u64 {
    let deviation_q16 = i128::from(mean_q32.isqrt());
    let value_q32 = i128::from(mean_q32) + deviation_q16 * i128::from(normal_q16(bits));
    ((value_q32 + i128::from(ONE_Q32 / 2)) >> 32).max(0) as u64
}

#[inline]
fn from_table(bits: u64, whole_mean: usize) -> u64 {
    THRESHOLDS
        .get(whole_mean)
        .map_or(0, |row| row.partition_point(|&edge| edge <= bits) as u64)
}

/// A count at a mean below one.
#[inline]
fn small(bits: u64, mean_q32: u64) -> u64 {
    // e^-x > 1 - x: most leaves of a quiet stream end here without looking at a table.
    if bits < (mean_q32 << 32).wrapping_neg() {
        return 0;
    }
    let mut mass = exp_minus(mean_q32);
    let mut edge = mass;
    let mut count = 0;
    while bits >= edge && count < 40 {
        count += 1;
        mass = ((u128::from(mass) * u128::from(mean_q32)) >> 32) as u64 / count;
        let Some(next) = edge.checked_add(mass) else {
            break;
        };
        edge = next;
    }
    count
}

/// `e^-x` in units of 2^-64 for `x` below one in units of 2^-32 (of which the last two bits are dropped).
#[inline]
fn exp_minus(x_q32: u64) -> u64 {
    let part = |table: &[u64; 1024], shift: u32| {
        table
            .get((x_q32 >> shift) as usize & 0x3ff)
            .copied()
            .unwrap_or(u64::MAX)
    };
    multiply(
        multiply(part(&EXP_COARSE, 22), part(&EXP_MIDDLE, 12)),
        part(&EXP_FINE, 2),
    )
}

#[inline]
const fn multiply(a_q64: u64, b_q64: u64) -> u64 {
    (((a_q64 as u128) * (b_q64 as u128) + (1 << 63)) >> 64) as u64
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where a wrong index does not build"
)]
const fn powers(base_q64: u64) -> [u64; 1024] {
    let mut table = [u64::MAX; 1024];
    let mut power = 1;
    while power < 1024 {
        table[power] = multiply(table[power - 1], base_q64);
        power += 1;
    }
    table
}

/// Weights of the counts grow from the mean's own, in 2^100ths, and are then divided by their sum.
#[expect(
    clippy::indexing_slicing,
    clippy::large_stack_arrays,
    reason = "evaluated by the compiler, where a wrong index does not build and there is no stack"
)]
const fn thresholds() -> [[u64; LONGEST]; WHOLE_MEANS] {
    let mut tables = [[u64::MAX; LONGEST]; WHOLE_MEANS];
    let mut mean = 1;
    while mean < WHOLE_MEANS {
        let mut weights = [0_u128; LONGEST];
        weights[mean] = 1 << 100;
        let mut k = mean;
        while k > 0 {
            weights[k - 1] = weights[k] * (k as u128) / (mean as u128);
            k -= 1;
        }
        k = mean;
        while k + 1 < LONGEST {
            weights[k + 1] = weights[k] * (mean as u128) / (k as u128 + 1);
            k += 1;
        }
        let mut total = 0;
        k = 0;
        while k < LONGEST {
            total += weights[k];
            k += 1;
        }
        // At most 2^107: dividing by its upper 64 bits keeps 60 of them exact.
        let divisor = total >> 44;
        let mut sum = 0;
        k = 0;
        while k < LONGEST {
            sum += weights[k];
            let edge = ((sum >> 44) << 64) / divisor;
            tables[mean][k] = if edge > u64::MAX as u128 {
                u64::MAX
            } else {
                edge as u64
            };
            k += 1;
        }
        mean += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    fn stream() -> StreamKey {
        StreamKey::new(42, StreamId::of("poisson"))
    }

    fn q32(mean: f64) -> u64 {
        (mean * ONE_Q32 as f64) as u64
    }

    #[test]
    fn narrow_and_wide_numbers_agree() {
        let key = StreamKey::new(1, StreamId::of("count")).leaf(2);
        for index in 0..20_000 {
            let mean = LARGE_Q32 + key.below(index, 1 << (30 + index % 31));
            let bits = key.draw(1 << 40 | index);
            assert_eq!(rounded_normal(bits, mean), wide_rounded_normal(bits, mean));
        }
    }

    #[test]
    fn the_exponential_table_is_exact_enough() {
        for step in 0..1000_u64 {
            let x_q32 = step * 4_294_967;
            let expected = libm::exp(-(x_q32 as f64) / ONE_Q32 as f64);
            let found = exp_minus(x_q32) as f64 / 18_446_744_073_709_551_616.0;
            assert!((found / expected - 1.0).abs() < 2e-9, "{x_q32}");
        }
    }

    #[test]
    fn thresholds_agree_with_the_formula() {
        for mean in [1_usize, 7, 29] {
            let mut mass = libm::exp(-(mean as f64));
            let mut sum = mass;
            for (k, threshold) in THRESHOLDS[mean].iter().take(60).enumerate() {
                let found = *threshold as f64 / 18_446_744_073_709_551_616.0;
                assert!((found - sum).abs() < 1e-12, "{mean} {k}");
                mass *= mean as f64 / (k + 1) as f64;
                sum += mass;
            }
        }
    }

    /// Mean and variance of many leaves, for means on both sides of every border.
    #[test]
    fn counts_have_the_mean_and_variance_asked_for() {
        for (number, mean) in [0.001, 0.3, 0.99, 1.0, 4.7, 29.99, 30.0, 250.5, 90_000.0]
            .into_iter()
            .enumerate()
        {
            let leaves = 40_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for leaf in 0..leaves {
                let key = stream().leaf(leaf + 1_000_000 * number as i64);
                let count = poisson(key, 0, q32(mean)) as f64;
                sum += count - mean;
                squares += (count - mean) * (count - mean);
            }
            let n = leaves as f64;
            let error = libm::sqrt(mean / n);
            assert!(
                (sum / n).abs() < 4.0 * error,
                "mean {mean}: off by {}",
                sum / n
            );
            let spread = squares / n / mean;
            let tolerance = 4.0 * libm::sqrt((2.0 + 1.0 / mean) / n);
            assert!(
                (spread - 1.0).abs() < tolerance,
                "variance of {mean}: {spread}"
            );
        }
    }

    #[test]
    fn chi_square_of_a_small_mean() {
        let mean = 2.6;
        let leaves = 50_000;
        let mut seen = [0_u32; 9];
        for leaf in 0..leaves {
            let count = poisson(stream().leaf(leaf), 0, q32(mean)).min(8);
            seen[count as usize] += 1;
        }
        let (mut chi, mut mass, mut rest) = (0.0, libm::exp(-mean), 1.0);
        for (k, &found) in seen.iter().enumerate() {
            let share = if k == 8 { rest } else { mass };
            let expected = share * leaves as f64;
            chi += (f64::from(found) - expected) * (f64::from(found) - expected) / expected;
            rest -= mass;
            mass *= mean / (k as f64 + 1.0);
        }
        assert!(chi < 26.1, "{chi}: {seen:?}");
    }

    #[test]
    fn no_mean_no_event_and_no_mean_is_too_large() {
        assert_eq!(poisson(stream().leaf(0), 0, 0), 0);
        let most = poisson(stream().leaf(0), 0, u64::MAX);
        assert!((4_294_000_000..4_296_000_000).contains(&most));
    }
}
