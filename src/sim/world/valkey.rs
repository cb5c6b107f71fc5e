//! Valkey: how full it is. A flush empties it; what it holds comes back as customers come.

use crate::scenario::format::infrastructure::Valkey;
use crate::sim::time::{SimTime, Span};

/// Half of what was flushed is back after this long.
const HALF_BACK: Span = Span::from_mins(40);

/// A Valkey server at a moment.
#[derive(Clone, Debug, Default)]
pub struct ValkeyState {
    /// The last flush.
    pub flushed: Option<SimTime>,
    /// Flushes ever.
    pub flushes: u32,
    /// Keys that flushes deleted.
    pub deleted: u64,
}

impl ValkeyState {
    /// Share of its ordinary content that it holds, 0 to 1.
    pub fn filled(&self, now: SimTime) -> f64 {
        let Some(flushed) = self.flushed else {
            return 1.0;
        };
        let age = (now - flushed).millis().max(0) as f64;
        age / (age + HALF_BACK.millis() as f64)
    }

    /// Keys it holds.
    pub fn keys(&self, spec: &Valkey, now: SimTime) -> u64 {
        libm::round(spec.keys as f64 * self.filled(now)) as u64
    }

    /// Bytes it uses: about an eighth is its own, the rest its keys'.
    pub fn used_bytes(&self, spec: &Valkey, now: SimTime) -> u64 {
        let share = spec.used_share * (0.125 + 0.875 * self.filled(now));
        libm::round(spec.max_memory.value * share) as u64
    }
}
