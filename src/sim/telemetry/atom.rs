//! Atoms: independent streams of events from which every counter, histogram and log line is summed. An atom is a flow and
//! an outcome class, or a log template; it is never per pod.

use std::sync::{Arc, OnceLock};

use super::history::{RATE_ONE, RateTrack};
use super::latency::Latency;
use super::leaf::{LeafGrid, LeafIndex};
use super::slots::SlotId;
use super::traffic::TrafficShape;
use crate::sim::draw::{StreamId, StreamKey};

/// One event a second, in the unit of rates: 2^-32 per second.
pub const PER_SECOND_Q32: u64 = 1 << 32;
/// No atom may be faster than this many events a second.
pub const FASTEST_PER_SECOND: u64 = 1 << 20;
/// A pin's total may not be larger.
pub const LARGEST_PIN: u64 = 1 << 24;

/// Why an atom or a pin was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AtomError {
    /// Two atoms have the same path, or paths that give the same stream.
    #[error("stream {path:?} is declared twice")]
    Duplicate {
        /// The second one's path.
        path: String,
    },
    /// The rate is above [`FASTEST_PER_SECOND`].
    #[error("stream {path:?} is faster than {FASTEST_PER_SECOND} events a second")]
    TooFast {
        /// The atom's path.
        path: String,
    },
    /// A pin's window does not begin and end on leaves of the history, is empty, or reaches past T0.
    #[error("a pin of {path:?} needs a window of whole leaves before the drill's start")]
    PinWindow {
        /// The atom's path.
        path: String,
    },
    /// Two pins of one atom overlap.
    #[error("two pins of {path:?} overlap")]
    PinsOverlap {
        /// The atom's path.
        path: String,
    },
    /// A pin's total is above [`LARGEST_PIN`].
    #[error("a pin of {path:?} is larger than {LARGEST_PIN}")]
    PinTooLarge {
        /// The atom's path.
        path: String,
    },
    /// The atom names slots or a latency factor that are not registered.
    #[error("stream {path:?} refers to slots or a factor that do not exist")]
    Unknown {
        /// The atom's path.
        path: String,
    },
}

/// An exact total over a window before the drill's start, whatever the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Start of the window in ms since the Unix epoch, at a leaf's start.
    pub from_ms: i64,
    /// End of the window, at a leaf's end, T0 at the latest.
    pub until_ms: i64,
    /// How many events happen in it.
    pub total: u64,
}

/// Numbers an atom in its telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomId(pub u32);
/// Numbers a workload's slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotsId(pub u32);
/// Numbers a factor that latencies follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactorId(pub u32);

/// What an atom is, without its history.
#[derive(Clone, Debug)]
pub struct AtomDef {
    /// A readable path such as `web/http/POST /items/2xx`; its hash is the stream of the atom's draws.
    pub path: String,
    /// Events a second at a factor of one, in units of 2^-32 ([`PER_SECOND_Q32`]).
    pub rate_q32: u64,
    /// How the rate follows the hour of the week.
    pub traffic: Arc<TrafficShape>,
    /// The workload whose ready pods share the events; without one they belong to no pod.
    pub slots: Option<SlotsId>,
    /// How long the events take, and the factor that stretches it.
    pub latency: Option<(Arc<Latency>, FactorId)>,
    /// Exact totals before the drill's start; disjoint.
    pub pins: Vec<Pin>,
}

/// A pin in leaves, with its counts once someone has asked for them.
#[derive(Debug)]
pub(super) struct PinState {
    pub(super) first: LeafIndex,
    pub(super) end: LeafIndex,
    pub(super) total: u64,
    /// Filled on first touch. The window lies in closed history, so nothing that is appended later can change it.
    pub(super) counts: OnceLock<Box<[u32]>>,
}

/// An atom with its history.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    pub(super) def: Arc<AtomDef>,
    pub(super) key: StreamKey,
    pub(super) rate: RateTrack,
    /// Pods that take more or less of this atom than their weight says.
    pub(super) bias: Vec<(SlotId, RateTrack)>,
    /// Pods whose events take longer than those of the others, by a factor.
    pub(super) slow: Vec<(SlotId, RateTrack)>,
    pub(super) pins: Arc<[PinState]>,
}

impl Atom {
    pub(super) fn new(def: AtomDef, seed: u64, grid: &LeafGrid) -> Result<Self, AtomError> {
        if def.rate_q32 > FASTEST_PER_SECOND * PER_SECOND_Q32 {
            return Err(AtomError::TooFast { path: def.path });
        }
        let mut pins = Vec::new();
        for pin in &def.pins {
            pins.push(pin_state(*pin, grid, &def.path)?);
        }
        pins.sort_by_key(|pin: &PinState| pin.first);
        if !pins.is_sorted_by(|a, b| a.end <= b.first) {
            return Err(AtomError::PinsOverlap { path: def.path });
        }
        let stream = StreamId::of(&def.path);
        Ok(Self {
            key: StreamKey::new(seed, stream),
            rate: RateTrack::new(RATE_ONE),
            bias: Vec::new(),
            slow: Vec::new(),
            pins: pins.into(),
            def: Arc::new(def),
        })
    }

    /// The pin whose window holds a leaf, with its number.
    #[inline]
    pub(super) fn pin_at(&self, leaf: LeafIndex) -> Option<(usize, &PinState)> {
        if self.pins.is_empty() {
            return None;
        }
        let number = self.pins.partition_point(|pin| pin.end <= leaf);
        let pin = self.pins.get(number)?;
        (pin.first <= leaf).then_some((number, pin))
    }
}

fn pin_state(pin: Pin, grid: &LeafGrid, path: &str) -> Result<PinState, AtomError> {
    let path = || path.to_owned();
    let first = grid.leaf_at(pin.from_ms);
    let end = grid.leaf_at(pin.until_ms);
    let aligned = grid.start_ms(first) == pin.from_ms && grid.start_ms(end) == pin.until_ms;
    if !aligned || first < grid.first() || end <= first || end > 0 {
        return Err(AtomError::PinWindow { path: path() });
    }
    if pin.total > LARGEST_PIN {
        return Err(AtomError::PinTooLarge { path: path() });
    }
    Ok(PinState {
        first,
        end,
        total: pin.total,
        counts: OnceLock::new(),
    })
}
