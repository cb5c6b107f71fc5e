//! Keyed draws: a counter-based generator and the distributions on it. Never a generator with a position.
//!
//! A draw is a function of (seed, stream, leaf, index): [`StreamKey`] mixes the first two, [`StreamKey::leaf`] the third,
//! and [`LeafKey::draw`] runs the Squares generator on the last. Nothing else may enter a key: no name of a pod, no
//! counter that depends on the order of reading.

mod binomial;
mod normal;
mod normal_table;
mod permutation;
mod poisson;

pub use binomial::{LANES, ONE_Q32, binomial, binomials, ratio_q32};
pub use normal::{normal_q16, scale_q16, upper_tail_q32};
pub use permutation::{Permutation, Permutation128};
pub use poisson::poisson;

/// The Squares generator of Widynski with five rounds: 64 bits from a counter and a key.
///
/// The key's bits should look irregular, which the mixing of [`StreamKey`] sees to.
#[inline]
pub const fn squares64(counter: u64, key: u64) -> u64 {
    let y = counter.wrapping_mul(key);
    let z = y.wrapping_add(key);
    let mut x = y;
    x = x.wrapping_mul(x).wrapping_add(y).rotate_left(32);
    x = x.wrapping_mul(x).wrapping_add(z).rotate_left(32);
    x = x.wrapping_mul(x).wrapping_add(y).rotate_left(32);
    let fourth = x.wrapping_mul(x).wrapping_add(z);
    x = fourth.rotate_left(32);
    fourth ^ (x.wrapping_mul(x).wrapping_add(y) >> 32)
}

/// A finaliser that spreads every input bit over the whole word (Stafford's thirteenth variant of MurmurHash3's).
#[inline]
const fn spread(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The name of a stream of draws, as a number: 64-bit FNV-1a over the UTF-8 bytes of a readable path such as
/// `web/http/POST /orders/2xx`, then spread. Two paths that give the same number are an error where streams are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u64);

impl StreamId {
    /// The stream of a readable path.
    pub const fn of(path: &str) -> Self {
        let bytes = path.as_bytes();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut rest = bytes;
        while let [first, tail @ ..] = rest {
            hash = (hash ^ *first as u64).wrapping_mul(0x0000_0100_0000_01b3);
            rest = tail;
        }
        Self(spread(hash))
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// A number below another one that the path alone decides, whatever the seed.
    pub const fn below(self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0 % end }
    }

    /// A stream that belongs to this one, told apart by a number.
    #[must_use]
    pub const fn child(self, number: u64) -> Self {
        Self(spread(
            self.0 ^ spread(number.wrapping_add(0x9e37_79b9_7f4a_7c15)),
        ))
    }
}

/// The key of a stream under a drill's seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamKey(u64);

impl StreamKey {
    /// Mixes a drill's seed with a stream.
    pub const fn new(seed: u64, stream: StreamId) -> Self {
        Self(spread(
            spread(seed ^ 0x6a09_e667_f3bc_c909).wrapping_add(stream.0),
        ))
    }

    /// The key of one leaf (or lattice point, or line) of the stream.
    #[inline]
    pub const fn leaf(self, leaf: i64) -> LeafKey {
        // Odd, so that no counter but zero gives a zero product.
        LeafKey(
            spread(
                self.0
                    .wrapping_add((leaf as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            ) | 1,
        )
    }
}

/// The key under which indices are drawn. Indices stay below 2^56; the bits above number the retries of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafKey(u64);

impl LeafKey {
    /// 64 uniform bits.
    #[inline]
    pub const fn draw(self, index: u64) -> u64 {
        squares64(index, self.0)
    }

    /// A key of its own for one index, for things that need many draws each.
    #[inline]
    #[must_use]
    pub const fn child(self, index: u64) -> Self {
        Self(spread(self.0 ^ squares64(index, self.0)) | 1)
    }

    /// A uniform number in `0..bound`, without bias; 0 for a bound of 0. Lemire's multiplication, which draws again
    /// (with the retry's number in the index) for the few values that would favour some results.
    #[inline]
    pub const fn below(self, index: u64, bound: u64) -> u64 {
        let mut retry = 0;
        loop {
            let product = (self.draw(index | (retry << 56)) as u128) * (bound as u128);
            let low = product as u64;
            if low >= bound || retry == 255 || low >= bound.wrapping_neg() % max_one(bound) {
                return (product >> 64) as u64;
            }
            retry += 1;
        }
    }

    /// A uniform number in `low..=high`; `low` if the range is empty.
    #[inline]
    pub const fn between(self, index: u64, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let width = (high.wrapping_sub(low) as u64).wrapping_add(1);
        if width == 0 {
            return self.draw(index) as i64;
        }
        low.wrapping_add(self.below(index, width) as i64)
    }

    /// True with a probability given in units of 2^-32.
    #[inline]
    pub const fn bernoulli(self, index: u64, probability_q32: u64) -> bool {
        (self.draw(index) >> 32) < probability_q32
    }
}

const fn max_one(value: u64) -> u64 {
    if value == 0 { 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of the author's reference implementation for its sample key.
    #[test]
    fn squares_gives_the_published_values() {
        let expected = [
            0x36d8_8366_cee6_33a5,
            0x9447_16e0_0e60_dfaa,
            0xc8a8_f4e0_6786_54bf,
            0x35cc_666a_ab11_c80d,
            0x7094_eab1_cbae_8747,
            0xa2a1_b6f5_6e92_a96f,
            0xd884_957d_4800_7552,
            0xe61f_37b9_7d59_3453,
            0xe4d4_5c47_62b1_0dad,
            0xb0db_d071_f201_dd2a,
            0x4e25_c6af_4a50_64a7,
            0xd54d_50af_3613_4ceb,
            0x7dab_9179_5085_0951,
            0xe43b_aa93_06de_9c8d,
            0x18b0_3264_7cb3_0acf,
            0xeef7_e3a1_4a14_8ca7,
        ];
        for (counter, value) in expected.into_iter().enumerate() {
            assert_eq!(squares64(counter as u64, 0x548c_9dec_bce6_5297), value);
        }
    }

    #[test]
    fn streams_keys_and_leaves_are_told_apart() {
        let key = |seed, path, leaf| StreamKey::new(seed, StreamId::of(path)).leaf(leaf).draw(0);
        let base = key(1, "alpha/http/GET /", -5);
        assert_eq!(base, key(1, "alpha/http/GET /", -5));
        assert_ne!(base, key(2, "alpha/http/GET /", -5));
        assert_ne!(base, key(1, "alpha/http/GET /x", -5));
        assert_ne!(base, key(1, "alpha/http/GET /", -4));
        assert_ne!(StreamId::of("a").child(1), StreamId::of("a").child(2));
    }

    #[test]
    fn bounded_numbers_are_uniform() {
        let key = StreamKey::new(7, StreamId::of("die")).leaf(0);
        let mut faces = [0_u32; 6];
        for index in 0..60_000 {
            faces[key.below(index, 6) as usize] += 1;
        }
        let chi: f64 = faces
            .iter()
            .map(|&n| (f64::from(n) - 10_000.0).powi(2) / 10_000.0)
            .sum();
        assert!(chi < 20.5, "{faces:?}");
        assert_eq!(key.below(0, 0), 0);
        assert_eq!(key.below(0, 1), 0);
        assert_eq!(key.between(3, 5, 5), 5);
        assert!((-3..=3).contains(&key.between(3, -3, 3)));
        let _whole = key.between(1, i64::MIN, i64::MAX);
    }

    #[test]
    fn bernoulli_follows_its_probability() {
        let key = StreamKey::new(7, StreamId::of("coin")).leaf(0);
        let hits = (0..100_000)
            .filter(|&index| key.bernoulli(index, ONE_Q32 / 4))
            .count();
        assert!((24_500..25_500).contains(&hits), "{hits}");
        assert!(!key.bernoulli(0, 0));
        assert!(key.bernoulli(0, ONE_Q32));
    }
}
