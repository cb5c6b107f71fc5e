//! What happens: each change is appended to its track at an instant that is still open. Reads nothing, draws nothing.

use std::sync::Arc;

use super::{HistoryError, LevelId, Telemetry, ValueId};
use crate::sim::telemetry::atom::{Atom, AtomId, FactorId, SlotsId};
use crate::sim::telemetry::history::{RATE_ONE, RateTrack};
use crate::sim::telemetry::series::SeriesId;
use crate::sim::telemetry::slots::{SlotId, SlotTrack};

impl Telemetry {
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

    /// From `at_ms` on a level starts at a value and moves along a slope: see `LevelTrack::push`.
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
