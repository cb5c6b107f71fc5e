//! Counts of a query's lines by time, level and kind, in slices: what a log view draws above its lines. Makes lines only
//! where the pipeline needs them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::entries::{Prepared, Run, Window};
use crate::scenario::format::telemetry::Level;
use crate::sim::telemetry::lines::LEVELS;
use crate::sim::telemetry::search::tally::{Detail, Matches, Walk};
use crate::sim::telemetry::search::{Budget, Counting};
use crate::sim::telemetry::store::Telemetry;

/// Counts as far as they have come.
pub struct Tally {
    prepared: Prepared,
    /// None until all templates are decided.
    how: Option<How>,
    cuts: Vec<i64>,
    bars: Vec<[u64; 5]>,
    by_name: ByName,
}

/// Counts by kind of line, by service.
pub type ByName = BTreeMap<String, BTreeMap<String, u64>>;

enum How {
    /// Line by line or template by template.
    Walked(Walk, Detail),
    /// All at once, by running totals.
    Counted(Counting),
}

impl How {
    fn begin(prepared: &Prepared, parts: usize) -> Self {
        let search = &prepared.search;
        match (prepared.stages.is_empty(), parts) {
            (true, 1) => Self::Counted(search.start_counting()),
            (true, _) => Self::Walked(search.start_walk(), Detail::Templates),
            (false, _) => Self::Walked(search.start_walk(), Detail::Lines),
        }
    }
}

impl Tally {
    /// Begins to count what a run of the same query looks for, in equal parts of a window, which must have a beginning and
    /// an end unless there is one part. What the run made ready is shared.
    pub fn of(run: &Run, telemetry: Arc<Telemetry>, window: Window, parts: usize) -> Self {
        let mut prepared = run.prepared().clone();
        prepared.renew(telemetry, window);
        Self::begun(prepared, window, parts)
    }

    /// Begins anew over another snapshot and window, what was made ready kept.
    #[must_use]
    pub fn restarted(mut self, telemetry: Arc<Telemetry>, window: Window, parts: usize) -> Self {
        self.prepared.renew(telemetry, window);
        Self::begun(self.prepared, window, parts)
    }

    fn begun(prepared: Prepared, window: Window, parts: usize) -> Self {
        let parts = parts.clamp(1, 4096);
        let span = window.until_ms.saturating_sub(window.from_ms).max(1);
        let cuts = (0..=parts as i64)
            .map(|part| {
                let share = i128::from(span) * i128::from(part) / parts as i128;
                window.from_ms.saturating_add(share as i64)
            })
            .collect();
        Self {
            prepared,
            how: None,
            cuts,
            bars: vec![[0; 5]; parts],
            by_name: BTreeMap::new(),
        }
    }

    /// Goes on within a budget of work (see [`Budget::work`]).
    pub fn step(&mut self, mut work: u64) {
        if !self.prepared.decide(&mut work) {
            return;
        }
        let budget = Budget::work(work);
        let Self {
            prepared,
            how,
            cuts,
            bars,
            by_name,
        } = self;
        match how.get_or_insert_with(|| How::begin(prepared, bars.len())) {
            How::Counted(counting) => {
                prepared.search.count(counting, budget);
                if let Some(bar) = bars.first_mut() {
                    *bar = counting.counts;
                }
            }
            How::Walked(walk, detail) => {
                let mut add = |at_ms: i64, level: Level, service: &str, name: &str, count: u64| {
                    let part = cuts.partition_point(|cut| *cut <= at_ms).saturating_sub(1);
                    let level = LEVELS.iter().position(|known| *known == level).unwrap_or(0);
                    if let Some(slot) = bars.get_mut(part).and_then(|bar| bar.get_mut(level)) {
                        *slot += count;
                    }
                    // Names are copied once, not for every leaf.
                    if let Some(known) = by_name
                        .get_mut(service)
                        .and_then(|kinds| kinds.get_mut(name))
                    {
                        *known += count;
                    } else {
                        let kinds = by_name.entry(service.to_owned()).or_default();
                        kinds.insert(name.to_owned(), count);
                    }
                };
                let walked: Result<u64, Infallible> =
                    prepared
                        .search
                        .walk(walk, *detail, cuts, budget, &mut |matches| {
                            match matches {
                                Matches::Many {
                                    service,
                                    name,
                                    level,
                                    at_ms,
                                    count,
                                    ..
                                } => add(at_ms, level, service, name, count),
                                Matches::One(line) => {
                                    if prepared.run(line, |_| Some(())).is_some() {
                                        add(
                                            line.key.at_ms,
                                            line.level,
                                            &line.service,
                                            &line.name,
                                            1,
                                        );
                                    }
                                }
                            }
                            Ok(())
                        });
                // It cannot fail.
                match walked {
                    Ok(_) => {}
                    Err(never) => match never {},
                }
            }
        }
    }

    /// Whether everything is counted.
    pub const fn is_done(&self) -> bool {
        match &self.how {
            None => false,
            Some(How::Walked(walk, _)) => walk.is_done(),
            Some(How::Counted(counting)) => counting.done,
        }
    }

    /// Lines so far.
    pub fn total(&self) -> u64 {
        self.bars.iter().flatten().sum()
    }

    /// Lines so far by part of the window and level, as in [`LEVELS`].
    pub fn bars(&self) -> &[[u64; 5]] {
        &self.bars
    }

    /// Lines so far by service and kind; empty while nothing but a total is counted.
    pub const fn by_name(&self) -> &ByName {
        &self.by_name
    }
}
