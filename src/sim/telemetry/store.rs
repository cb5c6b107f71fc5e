//! One drill's telemetry: what is declared, its history, and how far it is closed. Readers take snapshots of it.
//!
//! Declared and given its history before [`Telemetry::open`], appended to afterwards; only what is closed can be read, and
//! what is closed can never change.

mod changes;
mod counting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::atom::{Atom, AtomDef, AtomError, AtomId, FactorId, SlotsId};
use super::counts::{COUNT_CACHE_BYTES, CountCache};
use super::history::{LevelTrack, RATE_ONE, RateTrack, StepTrack, TrackError};
use super::homes::Home;
use super::leaf::LeafGrid;
use super::logs::Logs;
use super::prefix::{CACHE_BYTES, PrefixCache};
use super::reader::AtomReader;
use super::series::{Family, MOST_FAMILIES, SeriesDef, SeriesError, SeriesId};
use super::slots::{SlotError, SlotTrack};
use super::totals::{TOTALS_CACHE_BYTES, TotalsCache};
use crate::sim::draw::StreamId;
use crate::sim::time::SimTime;

/// Numbers a level: a fault's intensity or a stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LevelId(pub u32);
/// Numbers a fact that is a whole number at a time, such as a count of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u32);

/// Why a change of the history was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The change lies in a stretch that may have been read already.
    #[error("history is closed until {closed_ms} ms, a change at {at_ms} ms comes too late")]
    Closed {
        /// When the change was to take effect.
        at_ms: i64,
        /// Up to where history is closed.
        closed_ms: i64,
    },
    /// The change lies before one that is already there.
    #[error(transparent)]
    Track(#[from] TrackError),
    /// The change of a workload's pods was refused.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// Nothing has this number.
    #[error("nothing is registered under number {0}")]
    Unknown(u32),
}

/// A drill's telemetry. A clone may go another way from here, so it has a cache of its own; what is only read shares the
/// cache: see [`Telemetry::snapshot`].
#[derive(Debug)]
pub struct Telemetry {
    grid: LeafGrid,
    seed: u64,
    /// Up to where history is closed, in ms since the Unix epoch.
    closed_ms: i64,
    atoms: Arc<Vec<Atom>>,
    streams: Arc<BTreeSet<StreamId>>,
    slots: Arc<Vec<SlotTrack>>,
    factors: Arc<Vec<RateTrack>>,
    levels: Arc<Vec<LevelTrack>>,
    values: Arc<Vec<StepTrack<i64>>>,
    families: Arc<Vec<Family>>,
    /// Families by the name they were declared under.
    by_metric: Arc<BTreeMap<String, Vec<u32>>>,
    logs: Arc<Logs>,
    homes: Arc<BTreeMap<Arc<str>, Home>>,
    cache: Arc<PrefixCache>,
    counts: Arc<CountCache>,
    totals: Arc<TotalsCache>,
}

impl Clone for Telemetry {
    fn clone(&self) -> Self {
        Self {
            cache: Arc::new(PrefixCache::new(self.cache.capacity_bytes())),
            counts: Arc::new(CountCache::new(self.counts.capacity_bytes())),
            totals: Arc::new(TotalsCache::new(self.totals.capacity_bytes())),
            ..self.sharing()
        }
    }
}

impl Telemetry {
    /// Telemetry of a drill with nothing declared yet.
    pub fn new(grid: LeafGrid, seed: u64) -> Self {
        Self {
            grid,
            seed,
            closed_ms: i64::MIN,
            atoms: Arc::default(),
            streams: Arc::default(),
            slots: Arc::default(),
            factors: Arc::default(),
            levels: Arc::default(),
            values: Arc::default(),
            families: Arc::default(),
            by_metric: Arc::default(),
            logs: Arc::default(),
            homes: Arc::default(),
            cache: Arc::new(PrefixCache::new(CACHE_BYTES)),
            counts: Arc::new(CountCache::new(COUNT_CACHE_BYTES)),
            totals: Arc::new(TotalsCache::new(TOTALS_CACHE_BYTES)),
        }
    }

    /// Limits the caches of running totals and of counts, each; zero keeps none. Forgets what was cached.
    pub fn set_cache_bytes(&mut self, capacity_bytes: usize) {
        self.cache = Arc::new(PrefixCache::new(capacity_bytes));
        self.counts = Arc::new(CountCache::new(capacity_bytes));
        self.totals = Arc::new(TotalsCache::new(capacity_bytes));
    }

    /// Ends the preparation: everything before T0 is closed and can be read.
    pub fn open(&mut self) {
        self.close_until(self.grid.t0());
    }

    /// Closes history up to an instant: it can be read from now on and not be changed any more. Never goes back.
    pub fn close_until(&mut self, now: SimTime) {
        self.closed_ms = self.closed_ms.max(now.millis());
    }

    /// Up to where history is closed, in ms since the Unix epoch.
    pub const fn closed_ms(&self) -> i64 {
        self.closed_ms
    }

    /// The grid of leaves.
    pub const fn grid(&self) -> &LeafGrid {
        &self.grid
    }

    /// The drill's seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// What a reader keeps: a frozen copy that costs a few counted pointers and shares the cache. Later changes of this
    /// telemetry are not seen in it.
    pub fn snapshot(&self) -> Arc<Self> {
        Arc::new(self.sharing())
    }

    /// A copy with the same cache. Sound only while one of both appends: running totals are kept by leaf, and leaves that
    /// two copies close differently would be mixed up.
    fn sharing(&self) -> Self {
        Self {
            grid: self.grid,
            seed: self.seed,
            closed_ms: self.closed_ms,
            atoms: Arc::clone(&self.atoms),
            streams: Arc::clone(&self.streams),
            slots: Arc::clone(&self.slots),
            factors: Arc::clone(&self.factors),
            levels: Arc::clone(&self.levels),
            values: Arc::clone(&self.values),
            families: Arc::clone(&self.families),
            by_metric: Arc::clone(&self.by_metric),
            logs: Arc::clone(&self.logs),
            homes: Arc::clone(&self.homes),
            cache: Arc::clone(&self.cache),
            counts: Arc::clone(&self.counts),
            totals: Arc::clone(&self.totals),
        }
    }

    /// Declares a workload's pods.
    pub fn add_slots(&mut self) -> SlotsId {
        let slots = Arc::make_mut(&mut self.slots);
        slots.push(SlotTrack::default());
        SlotsId(slots.len() as u32 - 1)
    }

    /// Declares a factor that latencies follow; one at first.
    pub fn add_factor(&mut self) -> FactorId {
        let factors = Arc::make_mut(&mut self.factors);
        factors.push(RateTrack::new(RATE_ONE));
        FactorId(factors.len() as u32 - 1)
    }

    /// Declares a level.
    pub fn add_level(&mut self, level: LevelTrack) -> LevelId {
        let levels = Arc::make_mut(&mut self.levels);
        levels.push(level);
        LevelId(levels.len() as u32 - 1)
    }

    /// Declares a whole number that changes in steps.
    pub fn add_value(&mut self, initial: i64) -> ValueId {
        let values = Arc::make_mut(&mut self.values);
        values.push(StepTrack::new(initial));
        ValueId(values.len() as u32 - 1)
    }

    /// Declares an atom. Its path must be its own, and what it refers to must be registered.
    pub fn add_atom(&mut self, def: AtomDef) -> Result<AtomId, AtomError> {
        let slots_known = def.slots.is_none_or(|id| self.slots(id).is_some());
        let factor_known = def
            .latency
            .as_ref()
            .is_none_or(|(_, id)| self.factor(*id).is_some());
        if !slots_known || !factor_known {
            return Err(AtomError::Unknown { path: def.path });
        }
        let stream = StreamId::of(&def.path);
        if self.streams.contains(&stream) {
            return Err(AtomError::Duplicate { path: def.path });
        }
        let atom = Atom::new(def, self.seed, &self.grid)?;
        Arc::make_mut(&mut self.streams).insert(stream);
        let atoms = Arc::make_mut(&mut self.atoms);
        atoms.push(atom);
        Ok(AtomId(atoms.len() as u32 - 1))
    }

    /// Declares a series. What it refers to must be registered; after [`Telemetry::open`] it must begin in the open.
    pub fn add_series(&mut self, mut def: SeriesDef) -> Result<SeriesId, SeriesError> {
        if self.families.len() >= MOST_FAMILIES {
            return Err(SeriesError::TooMany);
        }
        if self.closed_ms > i64::MIN {
            def.from_ms = Some(def.from_ms.unwrap_or(self.closed_ms).max(self.closed_ms));
        }
        let family = Family::new(def, self)?;
        let place = self.families.len() as u32;
        let by_metric = Arc::make_mut(&mut self.by_metric);
        by_metric
            .entry(family.def.metric.clone())
            .or_default()
            .push(place);
        let families = Arc::make_mut(&mut self.families);
        families.push(family);
        Ok(SeriesId(place))
    }

    /// The declared series of a metric, by the name without `_bucket` and the like.
    pub fn series_defs(&self, metric: &str) -> Vec<Arc<super::series::SeriesDef>> {
        self.families()
            .iter()
            .filter(|family| family.def.metric == metric)
            .map(|family| Arc::clone(&family.def))
            .collect()
    }

    /// A workload's pods.
    pub fn slots(&self, slots: SlotsId) -> Option<&SlotTrack> {
        self.slots.get(slots.0 as usize)
    }

    /// A factor's history.
    pub fn factor(&self, factor: FactorId) -> Option<&RateTrack> {
        self.factors.get(factor.0 as usize)
    }

    /// A level's history.
    pub fn level(&self, level: LevelId) -> Option<&LevelTrack> {
        self.levels.get(level.0 as usize)
    }

    /// A whole number's history.
    pub fn value(&self, value: ValueId) -> Option<&StepTrack<i64>> {
        self.values.get(value.0 as usize)
    }

    /// What an atom was declared as.
    pub fn atom_def(&self, atom: AtomId) -> Option<&AtomDef> {
        self.atom(atom).map(|atom| atom.def.as_ref())
    }

    /// Says where a service runs: its lines are labelled so.
    pub fn set_home(&mut self, service: &str, home: Home) {
        Arc::make_mut(&mut self.homes).insert(Arc::from(service), home);
    }

    /// Where a service runs.
    pub fn home(&self, service: &str) -> Option<&Home> {
        self.homes.get(service)
    }

    pub(super) fn logs(&self) -> &Logs {
        &self.logs
    }

    pub(super) fn logs_mut(&mut self) -> &mut Logs {
        Arc::make_mut(&mut self.logs)
    }

    /// A reader of an atom's leaves; the caller asks for closed ones only.
    pub(super) fn reader(&self, atom: AtomId) -> Option<AtomReader<'_>> {
        let held = self.atom(atom)?;
        let slots = held.def.slots.and_then(|id| self.slots(id));
        let factor = held
            .def
            .latency
            .as_ref()
            .and_then(|(_, id)| self.factor(*id));
        Some(AtomReader::new(held, &self.grid, slots, factor))
    }

    pub(super) fn counts(&self) -> &CountCache {
        &self.counts
    }

    pub(super) fn families(&self) -> &[Family] {
        &self.families
    }

    /// The families that may have a series of this name; all of them for `None`.
    pub(super) fn families_named(&self, metric: Option<&str>) -> impl Iterator<Item = &Family> {
        let places = self.places_named(metric).into_iter();
        places.filter_map(|place| self.families.get(place as usize))
    }

    /// The places of the families that may have a series of this name, ascending.
    pub(super) fn places_named(&self, metric: Option<&str>) -> Vec<u32> {
        let Some(name) = metric else {
            return (0..self.families.len() as u32).collect();
        };
        let stems = ["", "_bucket", "_sum", "_count"].into_iter();
        let mut places: Vec<u32> = stems
            .filter_map(|suffix| self.by_metric.get(name.strip_suffix(suffix)?))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places
    }

    pub(super) fn atom(&self, atom: AtomId) -> Option<&Atom> {
        self.atoms.get(atom.0 as usize)
    }

    pub(super) fn check_open(&self, at_ms: i64) -> Result<(), HistoryError> {
        if at_ms < self.closed_ms {
            return Err(HistoryError::Closed {
                at_ms,
                closed_ms: self.closed_ms,
            });
        }
        Ok(())
    }

    /// Undoes [`Telemetry::open`].
    #[cfg(test)]
    pub(super) fn reopen_for_tests(&mut self) {
        self.closed_ms = i64::MIN;
    }
}
