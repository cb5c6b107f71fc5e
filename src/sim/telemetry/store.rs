//! One drill's telemetry: what is declared, its history, and how far it is closed. Readers take snapshots of it.
//!
//! Declared and given its history before [`Telemetry::open`], appended to afterwards; only what is closed can be read, and
//! what is closed can never change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::atom::{Atom, AtomDef, AtomError, AtomId, FactorId, SlotsId};
use super::counts::{COUNT_CACHE_BYTES, CountCache};
use super::history::{LevelTrack, RATE_ONE, RateTrack, StepTrack, TrackError};
use super::homes::Home;
use super::leaf::{LeafGrid, LeafIndex};
use super::logs::Logs;
use super::prefix::{CACHE_BYTES, PrefixCache, Sum, sum_leaves};
use super::reader::{AtomReader, Measure, Part};
use super::series::{Family, MOST_FAMILIES, SeriesDef, SeriesError, SeriesId};
use super::slots::{SlotError, SlotId, SlotTrack};
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
}

impl Clone for Telemetry {
    fn clone(&self) -> Self {
        Self {
            cache: Arc::new(PrefixCache::new(self.cache.capacity_bytes())),
            counts: Arc::new(CountCache::new(self.counts.capacity_bytes())),
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
        }
    }

    /// Limits the caches of running totals and of counts, each; zero keeps none. Forgets what was cached.
    pub fn set_cache_bytes(&mut self, capacity_bytes: usize) {
        self.cache = Arc::new(PrefixCache::new(capacity_bytes));
        self.counts = Arc::new(CountCache::new(capacity_bytes));
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

    /// A series ends: its next scrape finds it gone.
    pub fn end_series(&mut self, at_ms: i64, series: SeriesId) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        Arc::make_mut(&mut self.families)
            .get_mut(series.0 as usize)
            .ok_or(HistoryError::Unknown(series.0))?
            .until_ms = Some(at_ms);
        Ok(())
    }

    /// From `at_ms` on the series whose metric begins with a prefix are not scraped any more, or are again.
    pub fn set_blind(
        &mut self,
        at_ms: i64,
        metric_prefix: &str,
        blind: bool,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        for family in Arc::make_mut(&mut self.families) {
            if family.def.metric.starts_with(metric_prefix) {
                family.blind.push(at_ms, blind)?;
            }
        }
        Ok(())
    }

    /// From `at_ms` on an atom's rate is multiplied by a factor in units of 1/65,536.
    pub fn set_rate(
        &mut self,
        at_ms: i64,
        atom: AtomId,
        factor_q16: u32,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        let held = self.atom(atom).ok_or(HistoryError::Unknown(atom.0))?;
        if *held.rate.last() == factor_q16 {
            return Ok(());
        }
        self.change_atom(atom)?.rate.push(at_ms, factor_q16)?;
        Ok(())
    }

    /// From `at_ms` on a pod takes so much more (or less) of an atom than its weight says, in units of 1/65,536.
    pub fn set_bias(
        &mut self,
        at_ms: i64,
        atom: AtomId,
        slot: SlotId,
        factor_q16: u32,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        let held = self.atom(atom).ok_or(HistoryError::Unknown(atom.0))?;
        if last_of(&held.bias, slot) == factor_q16 {
            return Ok(());
        }
        push_for(&mut self.change_atom(atom)?.bias, slot, at_ms, factor_q16)
    }

    /// From `at_ms` on a pod's events of an atom take longer (or less long) than the others', by a factor in units of
    /// 1/65,536.
    pub fn set_slowness(
        &mut self,
        at_ms: i64,
        atom: AtomId,
        slot: SlotId,
        factor_q16: u32,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        let held = self.atom(atom).ok_or(HistoryError::Unknown(atom.0))?;
        if last_of(&held.slow, slot) == factor_q16 {
            return Ok(());
        }
        push_for(&mut self.change_atom(atom)?.slow, slot, at_ms, factor_q16)
    }

    /// From `at_ms` on a pod's container has leaked so many bytes and goes on by so many a second.
    pub fn set_leak(
        &mut self,
        at_ms: i64,
        slots: SlotsId,
        slot: SlotId,
        bytes: i64,
        bytes_per_s: i64,
    ) -> Result<(), HistoryError> {
        Ok(self
            .change_slots(at_ms, slots)?
            .set_leak(at_ms, slot, bytes, bytes_per_s)?)
    }

    /// From `at_ms` on latencies that follow a factor are stretched by it, in units of 1/65,536.
    pub fn set_factor(
        &mut self,
        at_ms: i64,
        factor: FactorId,
        factor_q16: u32,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        let known = self.factor(factor).ok_or(HistoryError::Unknown(factor.0))?;
        if *known.last() == factor_q16 {
            return Ok(());
        }
        if let Some(track) = Arc::make_mut(&mut self.factors).get_mut(factor.0 as usize) {
            track.push(at_ms, factor_q16)?;
        }
        Ok(())
    }

    /// From `at_ms` on a level starts at a value and moves along a slope: see [`LevelTrack::push`].
    pub fn set_level(
        &mut self,
        at_ms: i64,
        level: LevelId,
        level_q16: i64,
        slope_q16_per_s: i64,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        Arc::make_mut(&mut self.levels)
            .get_mut(level.0 as usize)
            .ok_or(HistoryError::Unknown(level.0))?
            .push(at_ms, level_q16, slope_q16_per_s)?;
        Ok(())
    }

    /// From `at_ms` on a whole number has a value.
    pub fn set_value(
        &mut self,
        at_ms: i64,
        value: ValueId,
        number: i64,
    ) -> Result<(), HistoryError> {
        self.check_open(at_ms)?;
        let known = self.value(value).ok_or(HistoryError::Unknown(value.0))?;
        if *known.last() == number {
            return Ok(());
        }
        Arc::make_mut(&mut self.values)
            .get_mut(value.0 as usize)
            .ok_or(HistoryError::Unknown(value.0))?
            .push(at_ms, number)?;
        Ok(())
    }

    /// A pod appears; it takes no traffic until [`Telemetry::set_pod_weight`].
    pub fn start_pod(
        &mut self,
        at_ms: i64,
        slots: SlotsId,
        pod: &str,
        node: &str,
    ) -> Result<SlotId, HistoryError> {
        Ok(self.change_slots(at_ms, slots)?.start(at_ms, pod, node)?)
    }

    /// A pod's readiness changes: see [`SlotTrack::set_weight`].
    pub fn set_pod_weight(
        &mut self,
        at_ms: i64,
        slots: SlotsId,
        slot: SlotId,
        weight: u32,
    ) -> Result<(), HistoryError> {
        Ok(self
            .change_slots(at_ms, slots)?
            .set_weight(at_ms, slot, weight)?)
    }

    /// A pod's container starts again, and its counters with it.
    pub fn restart_pod(
        &mut self,
        at_ms: i64,
        slots: SlotsId,
        slot: SlotId,
    ) -> Result<(), HistoryError> {
        Ok(self.change_slots(at_ms, slots)?.restart(at_ms, slot)?)
    }

    /// A pod's container ends and no other runs yet; the pod takes no traffic until it is given a weight again.
    pub fn stop_pod(
        &mut self,
        at_ms: i64,
        slots: SlotsId,
        slot: SlotId,
    ) -> Result<(), HistoryError> {
        Ok(self.change_slots(at_ms, slots)?.stop(at_ms, slot)?)
    }

    /// A pod had been restarted so often before history began; told before [`Telemetry::open`].
    pub fn set_restarts_before(
        &mut self,
        slots: SlotsId,
        slot: SlotId,
        restarts: u32,
    ) -> Result<(), HistoryError> {
        let origin_ms = self.grid.origin_ms();
        Ok(self
            .change_slots(origin_ms, slots)?
            .set_restarts_before(slot, restarts)?)
    }

    /// A pod is gone.
    pub fn end_pod(
        &mut self,
        at_ms: i64,
        slots: SlotsId,
        slot: SlotId,
    ) -> Result<(), HistoryError> {
        Ok(self.change_slots(at_ms, slots)?.end(at_ms, slot)?)
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

    /// What a part of an atom counted from the beginning of history to a cut (see [`LeafGrid::cut`]) at or before `at_ms`,
    /// or to where history is closed if that is earlier.
    pub fn total_until(&self, atom: AtomId, part: Part, at_ms: i64) -> u64 {
        let Some(mut reader) = self.reader(atom) else {
            return 0;
        };
        self.total_with(&mut reader, atom, part, at_ms)
    }

    /// What a part of an atom counted between two cuts, the second not before the first: without what came before.
    pub(super) fn between(&self, atom: AtomId, part: Part, from_ms: i64, until_ms: i64) -> u64 {
        let Some(mut reader) = self.reader(atom) else {
            return 0;
        };
        let (first, before) = self.grid.cut(from_ms.max(self.grid.origin_ms()));
        let (last, after) = self.grid.cut(until_ms.min(self.closed_ms));
        if last < first {
            return 0;
        }
        let whole = sum_leaves(&mut reader, part, first, last);
        let rest = reader.first_quarters(last, after, part);
        (whole + rest).saturating_sub(reader.first_quarters(first, before, part))
    }

    /// [`Telemetry::total_until`] at many ascending instants, in one pass over the leaves between them.
    pub fn totals_at(&self, atom: AtomId, part: Part, times_ms: &[i64]) -> Vec<u64> {
        let Some(mut reader) = self.reader(atom) else {
            return vec![0; times_ms.len()];
        };
        let origin = self.origin_of(atom, part);
        let mut totals = Vec::with_capacity(times_ms.len());
        // The next leaf to count and the total before it; unknown until the first instant that counts anything.
        let mut reached: Option<(LeafIndex, u64)> = None;
        for &at_ms in times_ms {
            let (leaf, quarters) = self.grid.cut(at_ms.min(self.closed_ms));
            if leaf < origin {
                totals.push(0);
                continue;
            }
            let total = match reached {
                Some((from, total)) => total + sum_leaves(&mut reader, part, from, leaf),
                None => self.cache.total(atom, part, &mut reader, origin, leaf),
            };
            reached = Some((leaf, total));
            totals.push(total + reader.first_quarters(leaf, quarters, part));
        }
        totals
    }

    /// What an atom counted from one edge of leaves to a later one, both closed. Costs a draw a leaf and leaves the cache
    /// of running totals alone: for who follows a total step by step.
    pub fn count_between(&self, atom: AtomId, from_ms: i64, until_ms: i64) -> u64 {
        let until_ms = until_ms.min(self.closed_ms);
        let Some(mut reader) = self.reader(atom) else {
            return 0;
        };
        let (from, until) = (self.grid.leaf_at(from_ms), self.grid.leaf_at(until_ms));
        sum_leaves(&mut reader, Part::ALL, from, until)
    }

    /// What a part of an atom would count in some seconds at its ordinary rate, all pods of T0 sharing it evenly.
    pub(super) fn ordinary_events(&self, atom: AtomId, part: Part, seconds: u64) -> u64 {
        let Some(def) = self.atom_def(atom) else {
            return 0;
        };
        let events = (u128::from(def.rate_q32) * u128::from(seconds)) >> 32;
        let pods = def
            .slots
            .and_then(|id| self.slots(id))
            .filter(|_| part.slot.is_some())
            .map_or(1, |track| {
                track.ready_at(self.grid.origin_ms()).len().max(1)
            });
        let events = (events / pods as u128) as u64;
        let latency = def.latency.as_ref().map(|(latency, _)| latency);
        match (part.measure, latency) {
            (Measure::UpTo(end), Some(latency)) => latency.ordinary_up_to(events, usize::from(end)),
            (Measure::DurationUs, Some(latency)) => latency.ordinary_sum_us(events),
            (Measure::Sampled(one_in), _) => events / u64::from(one_in.max(1)),
            _ => events,
        }
    }

    /// The first leaf in which a part of an atom can have counted anything.
    pub(super) fn origin_of(&self, atom: AtomId, part: Part) -> LeafIndex {
        let first = self.grid.first();
        let Some(slot) = part.slot else {
            return first;
        };
        self.atom_def(atom)
            .and_then(|def| def.slots)
            .and_then(|slots| self.slots(slots))
            .and_then(|track| track.slot(slot))
            .map_or(first, |slot| self.grid.leaf_at(slot.start_ms).max(first))
    }

    /// What a part of an atom counted in the leaves `from..until`.
    pub(super) fn total_of_leaves(
        &self,
        reader: &mut AtomReader<'_>,
        atom: AtomId,
        part: Part,
        leaves: (LeafIndex, LeafIndex),
    ) -> u64 {
        let mut sum = self.begin_sum(atom, part, leaves);
        self.carry_on(&mut sum, reader, u64::MAX);
        sum.count()
    }

    /// Begins to sum what a part of an atom counted in the leaves `from..until`.
    pub(super) fn begin_sum(
        &self,
        atom: AtomId,
        part: Part,
        leaves: (LeafIndex, LeafIndex),
    ) -> Sum {
        let origin = self.origin_of(atom, part);
        self.cache.begin((atom, part), origin, leaves)
    }

    /// Goes on with a sum within a budget of work, in units of about ten nanoseconds; says what it has spent.
    pub(super) fn carry_on(&self, sum: &mut Sum, reader: &mut AtomReader<'_>, budget: u64) -> u64 {
        self.cache.carry_on(sum, reader, budget)
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

    pub(super) fn total_with(
        &self,
        reader: &mut AtomReader<'_>,
        atom: AtomId,
        part: Part,
        at_ms: i64,
    ) -> u64 {
        let (leaf, quarters) = self.grid.cut(at_ms.min(self.closed_ms));
        let origin = self.origin_of(atom, part);
        if leaf < origin {
            return 0;
        }
        let total = self.cache.total(atom, part, reader, origin, leaf);
        total + reader.first_quarters(leaf, quarters, part)
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

    fn change_atom(&mut self, atom: AtomId) -> Result<&mut Atom, HistoryError> {
        Arc::make_mut(&mut self.atoms)
            .get_mut(atom.0 as usize)
            .ok_or(HistoryError::Unknown(atom.0))
    }

    fn change_slots(&mut self, at_ms: i64, slots: SlotsId) -> Result<&mut SlotTrack, HistoryError> {
        self.check_open(at_ms)?;
        Arc::make_mut(&mut self.slots)
            .get_mut(slots.0 as usize)
            .ok_or(HistoryError::Unknown(slots.0))
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

fn last_of(tracks: &[(SlotId, RateTrack)], slot: SlotId) -> u32 {
    let place = tracks.binary_search_by_key(&slot, |(other, _)| *other);
    let track = place.ok().and_then(|place| tracks.get(place));
    track.map_or(RATE_ONE, |(_, track)| *track.last())
}

fn push_for(
    tracks: &mut Vec<(SlotId, RateTrack)>,
    slot: SlotId,
    at_ms: i64,
    factor_q16: u32,
) -> Result<(), HistoryError> {
    let place = match tracks.binary_search_by_key(&slot, |(other, _)| *other) {
        Ok(place) => place,
        Err(place) => {
            tracks.insert(place, (slot, RateTrack::new(RATE_ONE)));
            place
        }
    };
    let (_, track) = tracks.get_mut(place).ok_or(HistoryError::Unknown(slot))?;
    track.push(at_ms, factor_q16)?;
    Ok(())
}
