//! Reads the series of one selection: what its series share is made once. Never says which series there are.
//!
//! A reading knows what a query looks at. Of a gauge under a coarse grid only the samples that show are made; of a counter
//! of which only the rise is asked, not where it stands, nothing is counted that lies before the window but what the rise
//! depends on. What is left out never changes an answer, not in its last bit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::atom::AtomId;
use super::counts::{BLOCK, Block, Counted};
use super::leaf::SCRAPE_MS;
use super::reader::{Measure, Part};
use super::samples::{self, STALE_BITS, there_until};
use super::series::{self, Aspect, Family, Member, Values};
use super::slots::Slot;
use super::store::Telemetry;
use crate::sim::promql::source::Looked;

/// Scrapes of one series in runs: the first one in ms, how many there are, and whether they find the series.
type Runs = Vec<(i64, usize, bool)>;

/// A series' instants in ms and its values, as long as each other.
pub(super) type Read = (Arc<[i64]>, Arc<[f64]>);

/// One selection's reading.
pub(super) struct Reading<'a> {
    telemetry: &'a Telemetry,
    looked: Looked,
    /// The first scrape of the window in ms, and how many there are.
    scrapes: (i64, usize),
    /// Whether counts may be asked for again.
    keep: bool,
    /// The instants of the series read last.
    times: (Runs, Arc<[i64]>),
    /// Blocks of counts of the family read last.
    blocks: BTreeMap<Counted, Blocks>,
    /// Room for a series' counts.
    sums: Vec<u64>,
}

/// Blocks of an atom's counts one after another.
struct Blocks {
    /// The number of the first.
    first: i64,
    /// How many lie before the window.
    before: i64,
    held: Vec<Arc<Block>>,
}

/// What of its atoms a counter counts.
struct Counter<'a> {
    atoms: &'a [AtomId],
    part: Part,
    by_bucket: bool,
    /// What it stands at besides; only known for one without a pod.
    offset: u64,
}

impl<'a> Counter<'a> {
    /// A counter of whole events, which can be moved without a change in the last bit of a difference.
    fn of(family: &'a Family, member: Member) -> Option<Self> {
        let counter = |atoms, measure, offset| {
            let part = Part {
                slot: member.slot,
                measure,
            };
            Some(Self {
                atoms,
                part,
                by_bucket: matches!(measure, Measure::UpTo(_)),
                offset,
            })
        };
        match &family.def.values {
            Values::Counter {
                atoms,
                unit,
                base,
                minus: None,
            } if *unit == 1.0 => match base {
                _ if member.slot.is_some() => counter(atoms, Measure::Events, 0),
                series::Base::AtOrigin(value)
                    if *value == libm::trunc(*value) && (0.0..1e15).contains(value) =>
                {
                    counter(atoms, Measure::Events, *value as u64)
                }
                _ => None,
            },
            Values::Histogram { atoms, .. } if member.aspect != Aspect::Sum => {
                counter(atoms, member.aspect.measure(), 0)
            }
            _ => None,
        }
    }

    fn row(&self) -> (Option<u32>, Option<usize>) {
        let bucket = match self.part.measure {
            Measure::UpTo(end) => Some(usize::from(end).saturating_sub(1)),
            _ => None,
        };
        (self.part.slot, bucket)
    }

    fn counted(&self, atom: AtomId) -> Counted {
        Counted {
            atom,
            by_bucket: self.by_bucket,
        }
    }
}

/// Where a counter stands at its first sample.
#[derive(Clone, Copy)]
enum Base {
    /// There.
    Known(u64),
    /// Only how much it rises in windows of this length (in ms) is asked; zero for windows that begin and end with a sample.
    Rises(i64),
}

/// Whether instants lie so close that one walk over all scrapes between them is cheaper than one for each series.
fn are_close(times: &[i64]) -> bool {
    let span = times.last().zip(times.first());
    let scrapes = span.map_or(0, |(last, first)| (last - first) / SCRAPE_MS);
    times.len() > 1 && scrapes <= 20 * times.len() as i64
}

/// How much a counter rises at most in a window of its sums from scrape to scrape; in all of them if its container changes.
fn most_risen(sums: &[u64], window_ms: i64, one_container: bool) -> u64 {
    let steps = (window_ms / SCRAPE_MS + 1) as usize;
    if !one_container || (steps >= sums.len() && window_ms > 0) {
        return sums.last().copied().unwrap_or(0);
    }
    if window_ms == 0 {
        return 0;
    }
    let pairs = sums.iter().zip(sums.iter().skip(steps));
    pairs
        .map(|(before, after)| after - before)
        .max()
        .unwrap_or(0)
}

impl<'a> Reading<'a> {
    /// A reading of the samples in `(after, until]`.
    pub(super) fn new(
        telemetry: &'a Telemetry,
        window_ms: (i64, i64),
        looked: Looked,
        keep: bool,
    ) -> Self {
        Self {
            telemetry,
            looked,
            scrapes: samples::scrapes(telemetry, window_ms.0, window_ms.1),
            keep,
            times: (Runs::new(), Arc::from([])),
            blocks: BTreeMap::new(),
            sums: Vec::new(),
        }
    }

    /// Another family follows: what is known of the one before is of no use to it.
    pub(super) fn next_family(&mut self) {
        self.blocks.clear();
    }

    /// The samples of a series; `None` if it has none.
    pub(super) fn read(
        &mut self,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
    ) -> Option<Read> {
        let runs = match self.looked {
            Looked::Newest {
                first,
                step,
                count,
                rises,
            } if rises || count == 1 || step.millis() > SCRAPE_MS => {
                self.newest(family, pod, first.millis(), step.millis(), count)
            }
            _ => self.all(family, pod),
        };
        if runs.is_empty() {
            return None;
        }
        if runs != self.times.0 {
            let times = runs.iter().flat_map(|&(first, count, _)| {
                (0..count as i64).map(move |scrape| first + scrape * SCRAPE_MS)
            });
            self.times = (runs.clone(), times.collect());
        }
        let times = Arc::clone(&self.times.1);
        let whole = runs.iter().all(|(_, _, live)| *live);
        let values = self.values(family, member, pod, &times, whole);
        if whole {
            return Some((times, values));
        }
        let live = runs
            .iter()
            .flat_map(|&(_, count, live)| std::iter::repeat_n(live, count));
        let marked = values.iter().zip(live).map(|(value, live)| {
            if live {
                *value
            } else {
                f64::from_bits(STALE_BITS)
            }
        });
        Some((times, marked.collect()))
    }

    fn values(
        &mut self,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        times: &[i64],
        goes_on: bool,
    ) -> Arc<[f64]> {
        let telemetry = self.telemetry;
        let open = telemetry.closed_ms() >= telemetry.grid().t0().millis();
        let counter = Counter::of(family, member).filter(|_| open);
        let values = |times: &[i64]| samples::values(telemetry, family, member, pod, times);
        match (counter, self.looked) {
            (Some(counter), Looked::Rises { window }) => {
                self.counted(&counter, pod, times, Base::Rises(window.millis()))
            }
            // Where it stands at the first instant makes no difference as long as it is there at all of them.
            (Some(counter), Looked::Newest { rises: true, .. }) if goes_on => {
                self.counted(&counter, pod, times, Base::Rises(0))
            }
            (Some(counter), _) if are_close(times) => {
                let first = values(times.get(..1).unwrap_or(&[]));
                let first = first.first().copied().unwrap_or(0.0);
                self.counted(&counter, pod, times, Base::Known(first as u64))
            }
            _ => values(times).into(),
        }
    }

    /// All scrapes of the window that find a series, or find it gone.
    fn all(&self, family: &Family, pod: Option<&Slot>) -> Runs {
        let (first, count) = self.scrapes;
        let mut runs = Runs::new();
        if count == 0 {
            return runs;
        }
        let there = |at| there_until(self.telemetry, family, pod, at);
        let mut was_there = there(first - SCRAPE_MS).0;
        let (mut at, end) = (first, first + count as i64 * SCRAPE_MS);
        while at < end {
            let (there, until) = there(at);
            let length = (until.min(end) - at + SCRAPE_MS - 1).div_euclid(SCRAPE_MS);
            if there {
                runs.push((at, length as usize, true));
            } else if was_there {
                runs.push((at, 1, false));
            }
            was_there = there;
            at += length * SCRAPE_MS;
        }
        runs
    }

    /// The newest scrape at or before each instant of a grid.
    fn newest(
        &self,
        family: &Family,
        pod: Option<&Slot>,
        first: i64,
        step: i64,
        count: usize,
    ) -> Runs {
        let (begin, scrapes) = self.scrapes;
        let last = begin + (scrapes as i64 - 1) * SCRAPE_MS;
        let mut runs = Runs::new();
        let (mut there, mut until) = (false, i64::MIN);
        let mut seen = begin - SCRAPE_MS;
        for index in 0..count as i64 {
            let at = first.saturating_add(index.saturating_mul(step));
            let at = at.div_euclid(SCRAPE_MS).saturating_mul(SCRAPE_MS).min(last);
            if at <= seen {
                continue;
            }
            seen = at;
            if at >= until {
                (there, until) = there_until(self.telemetry, family, pod, at);
            }
            runs.push((at, 1, there));
        }
        if !runs.iter().any(|(_, _, live)| *live) {
            runs.clear();
        }
        runs
    }

    /// The values of a counter by what was counted from scrape to scrape.
    ///
    /// Where the rise alone is asked they stand apart from the true ones by a number that is the same until its container
    /// ends, and only where that makes no difference: a rise is extrapolated to before the first sample of a window, but not
    /// to below zero, which matters to counters that stand lower than they rise; and a fall must be seen.
    fn counted(
        &mut self,
        counter: &Counter<'_>,
        pod: Option<&Slot>,
        times: &[i64],
        base: Base,
    ) -> Arc<[f64]> {
        let scrape = |at: i64| at.div_euclid(SCRAPE_MS);
        let (Some(&begin), Some(&end)) = (times.first(), times.last()) else {
            return Arc::from([]);
        };
        let (first, last) = (scrape(begin), scrape(end));
        let mut sums = std::mem::take(&mut self.sums);
        self.count(counter, (first, last), &mut sums);
        let grid = *self.telemetry.grid();
        let (start, mut until) = pod.map_or((i64::MIN, i64::MAX), |pod| pod.container_until(begin));
        let mut stands = match base {
            Base::Known(stands) => stands,
            Base::Rises(window_ms) => {
                let most = most_risen(&sums, window_ms, until > end);
                self.stands(counter, pod, start, first, 2 * most)
            }
        };
        if until > end && sums.len() == times.len() {
            let values = sums.iter().map(|sum| (stands + sum) as f64).collect();
            self.sums = sums;
            return values;
        }
        // The next container counts from its own start.
        let mut values = Vec::with_capacity(times.len());
        for &at in times {
            if at >= until {
                let slot = pod.map_or((i64::MIN, i64::MAX), |pod| pod.container_until(at));
                until = slot.1;
                let begun = grid.cut_at_or_after(slot.0);
                let edge = (begun + SCRAPE_MS - 1).div_euclid(SCRAPE_MS);
                let before = sums.get((edge - first).max(0) as usize).copied();
                let partial = self.between(counter, begun, edge * SCRAPE_MS);
                stands = partial.wrapping_sub(before.unwrap_or(0));
            }
            let sum = sums.get((scrape(at) - first) as usize).copied();
            values.push(stands.wrapping_add(sum.unwrap_or(0)) as f64);
        }
        self.sums = sums;
        values.into()
    }

    /// What a counter counted from the first of some scrapes to each of them.
    fn count(&mut self, counter: &Counter<'_>, (first, last): (i64, i64), sums: &mut Vec<u64>) {
        sums.clear();
        sums.resize((last - first + 1).max(0) as usize, 0);
        if last <= first {
            return;
        }
        let row = counter.row();
        for &atom in counter.atoms {
            let mut rest = sums.get_mut(1..).unwrap_or(&mut []);
            let (mut at, mut before) = (first, 0);
            while !rest.is_empty() {
                let from = at.rem_euclid(BLOCK);
                let length = ((BLOCK - from) as usize).min(rest.len());
                let (these, others) = rest.split_at_mut(length);
                if let Some(block) = self.block(counter.counted(atom), at.div_euclid(BLOCK)) {
                    before = block.add_to(these, row, from as usize, before);
                }
                at += length as i64;
                rest = others;
            }
        }
    }

    /// A number that a counter at least stands at, at a scrape: `enough`, or else where it really stands. `start_ms` is when
    /// the pod's container had started.
    fn stands(
        &mut self,
        counter: &Counter<'_>,
        pod: Option<&Slot>,
        start_ms: i64,
        scrape: i64,
        enough: u64,
    ) -> u64 {
        let grid = *self.telemetry.grid();
        let (begun, mut stands) = match pod {
            Some(_) => {
                let older = samples::Counted {
                    telemetry: self.telemetry,
                    atoms: counter.atoms,
                    part: counter.part,
                    pod,
                };
                (
                    grid.cut_at_or_after(start_ms),
                    older.before_history(start_ms),
                )
            }
            None => (grid.origin_ms(), counter.offset),
        };
        let begun = begun.max(grid.origin_ms());
        let edge = (begun + SCRAPE_MS - 1).div_euclid(SCRAPE_MS);
        let row = counter.row();
        let mut end = scrape;
        while stands < enough && end > edge {
            let number = (end - 1).div_euclid(BLOCK);
            let start = edge.max(number * BLOCK);
            let inside = |scrape: i64| (scrape - number * BLOCK) as usize;
            for &atom in counter.atoms {
                if let Some(block) = self.block(counter.counted(atom), number) {
                    stands += block.until(row, inside(end)) - block.until(row, inside(start));
                }
            }
            end = start;
        }
        if end <= edge {
            stands += self.between(counter, begun, edge.min(scrape) * SCRAPE_MS);
        }
        stands
    }

    /// What was counted between two cuts of which one need not be a scrape.
    fn between(&self, counter: &Counter<'_>, from_ms: i64, until_ms: i64) -> u64 {
        if from_ms >= until_ms {
            return 0;
        }
        let atoms = counter.atoms.iter();
        atoms
            .map(|atom| {
                self.telemetry
                    .between(*atom, counter.part, from_ms, until_ms)
            })
            .sum()
    }

    /// A block of the window, or one before it.
    fn block(&mut self, of: Counted, number: i64) -> Option<&Block> {
        let telemetry = self.telemetry;
        let (first, count) = self.scrapes;
        let first = first.div_euclid(SCRAPE_MS);
        let keep = self.keep;
        let blocks = self.blocks.entry(of).or_insert_with(|| {
            let numbers = (
                first.div_euclid(BLOCK),
                (first + count as i64 - 2).max(first).div_euclid(BLOCK),
            );
            Blocks {
                first: numbers.0,
                before: 0,
                held: telemetry.count_blocks(of, numbers, keep),
            }
        });
        if number < blocks.first {
            // Whoever looks back may look further: each time twice as far.
            let from = number.min(blocks.first - blocks.before);
            let mut earlier = telemetry.count_blocks(of, (from, blocks.first - 1), keep);
            earlier.append(&mut blocks.held);
            *blocks = Blocks {
                first: from,
                before: blocks.before + (blocks.first - from),
                held: earlier,
            };
        }
        let place = usize::try_from(number - blocks.first).ok()?;
        blocks.held.get(place).map(AsRef::as_ref)
    }
}
