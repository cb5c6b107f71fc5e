//! Normal draws from a shipped table of quantiles. Never calls a transcendental function.

use super::normal_table::UPPER_QUANTILES_Q16;

/// A standard normal value in units of 1/65,536, from 64 uniform bits: one for the sign, eleven for the table's interval,
/// sixteen for the place in it. The tails end at 3.96.
#[inline]
pub fn normal_q16(bits: u64) -> i64 {
    let interval = (bits >> 52) as usize & 0x7ff;
    let place = (bits >> 36) as i64 & 0xffff;
    let low = UPPER_QUANTILES_Q16
        .get(interval)
        .map_or(0, |&q| i64::from(q));
    let high = UPPER_QUANTILES_Q16
        .get(interval + 1)
        .map_or(low, |&q| i64::from(q));
    let magnitude = low + (((high - low) * place) >> 16);
    if bits >> 63 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// The probability that a standard normal value lies above `deviations_q16` (in units of 1/65,536), in units of 2^-32: the
/// table read the other way, zero beyond its end.
pub fn upper_tail_q32(deviations_q16: i64) -> u64 {
    let magnitude = deviations_q16.unsigned_abs();
    let after = UPPER_QUANTILES_Q16.partition_point(|&q| u64::from(q) <= magnitude);
    let low = after.saturating_sub(1);
    let edge = |at: usize| UPPER_QUANTILES_Q16.get(at).map(|&q| u64::from(q));
    // 2^-12 of probability for each of the table's intervals.
    let inside = match (edge(low), edge(after)) {
        (Some(start), Some(end)) if end > start => (magnitude - start) * (1 << 20) / (end - start),
        _ => 0,
    };
    let from_middle = ((low as u64) << 20) + inside;
    let half = 1 << 31;
    if deviations_q16 >= 0 {
        half - from_middle
    } else {
        half + from_middle
    }
}

/// `value * factor` where the factor is in units of 1/65,536, rounded to the nearest, saturating.
#[inline]
pub const fn scale_q16(value: i64, factor_q16: i64) -> i64 {
    let product = (value as i128) * (factor_q16 as i128) + (1 << 15);
    let scaled = product >> 16;
    if scaled > i64::MAX as i128 {
        i64::MAX
    } else if scaled < i64::MIN as i128 {
        i64::MIN
    } else {
        scaled as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    #[test]
    fn moments_are_those_of_a_normal() {
        let key = StreamKey::new(1, StreamId::of("normal")).leaf(0);
        let count = 200_000;
        let (mut sum, mut squares, mut fourth) = (0.0, 0.0, 0.0);
        for index in 0..count {
            let z = normal_q16(key.draw(index)) as f64 / 65_536.0;
            sum += z;
            squares += z * z;
            fourth += z * z * z * z;
        }
        let n = count as f64;
        assert!((sum / n).abs() < 0.01);
        assert!((squares / n - 1.0).abs() < 0.015);
        assert!((fourth / n - 3.0).abs() < 0.1);
    }

    #[test]
    fn tails_are_those_of_a_normal() {
        for (deviations, expected) in [
            (0.0, 0.5),
            (1.0, 0.158_655),
            (-2.0, 0.977_250),
            (3.0, 0.001_350),
            (9.0, 0.0),
            (-9.0, 1.0),
        ] {
            let found = upper_tail_q32((deviations * 65_536.0) as i64) as f64 / 4_294_967_296.0;
            assert!((found - expected).abs() < 1e-5, "{deviations}: {found}");
        }
    }

    #[test]
    fn scaling_rounds_and_saturates() {
        assert_eq!(scale_q16(10, 65_536), 10);
        assert_eq!(scale_q16(3, 32_768), 2);
        assert_eq!(scale_q16(i64::MAX, 131_072), i64::MAX);
        assert_eq!(scale_q16(i64::MIN, 131_072), i64::MIN);
    }
}
