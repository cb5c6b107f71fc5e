//! What atoms counted from scrape to scrape, for all pods and latency buckets of an atom in one walk over its leaves.
//!
//! Counts come in blocks of 64 scrapes. Blocks that may be asked for again are kept, those least recently asked for are
//! dropped first. A cache and nothing more: with a capacity of zero every answer is the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::age::oldest_kept;
use super::atom::AtomId;
use super::leaf::{LeafGrid, SCRAPE_MS};
use super::reader::AtomReader;
use super::slots::SlotId;
use super::store::Telemetry;

/// Scrapes of a block. A block's length is a whole number of minutes, so no leaf lies in two of them.
pub(super) const BLOCK: i64 = 64;
const LENGTH: usize = BLOCK as usize;
/// What the cache may hold by default.
pub const COUNT_CACHE_BYTES: usize = 12 << 20;
/// Bytes of a block beside its counts, rounded up.
const BLOCK_BYTES: usize = 128;

/// Of which atom a block counts events, and whether it tells their latency buckets apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counted {
    pub(super) atom: AtomId,
    pub(super) by_bucket: bool,
}

/// Counts of one atom over a block of scrapes. Interval `i` of block `b` ends at the scrape at `(b * 64 + i + 1) * 15 s`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// So many intervals are counted.
    filled: usize,
    /// How many rows each pod has.
    buckets: usize,
    /// The pods that counted something; `None` for events without pods.
    slots: Vec<Option<SlotId>>,
    /// For each pod and bucket a row of what was counted in it and all buckets below, from the block's start to the end of
    /// each interval.
    counts: Vec<u32>,
}

impl Block {
    /// Adds to `sums` what a pod (all of them for `None`) counted in its buckets up to one (in all for `None`) since the start
    /// of the interval `from`, up to the end of it and of those that follow, and `before` besides. Gives the last one.
    pub(super) fn add_to(
        &self,
        sums: &mut [u64],
        (slot, bucket): (Option<SlotId>, Option<usize>),
        from: usize,
        before: u64,
    ) -> u64 {
        let mut last = before;
        for row in self.rows(slot, bucket) {
            let start = from.checked_sub(1).and_then(|from| row.get(from)).copied();
            let start = start.unwrap_or(0);
            let mut risen = 0;
            let counts = row.get(from..self.filled).unwrap_or(&[]);
            for (sum, count) in sums.iter_mut().zip(counts) {
                risen = u64::from(count - start);
                *sum += risen;
            }
            last += risen;
        }
        if before > 0 {
            for sum in sums.iter_mut() {
                *sum += before;
            }
        }
        last
    }

    /// What was counted from the block's start to that of an interval.
    pub(super) fn until(
        &self,
        (slot, bucket): (Option<SlotId>, Option<usize>),
        interval: usize,
    ) -> u64 {
        let Some(last) = interval.min(self.filled).checked_sub(1) else {
            return 0;
        };
        let counts = self.rows(slot, bucket).filter_map(|row| row.get(last));
        counts.copied().map(u64::from).sum()
    }

    fn rows(&self, slot: Option<SlotId>, bucket: Option<usize>) -> impl Iterator<Item = &[u32]> {
        let all = self.buckets.saturating_sub(1);
        let bucket = bucket.map_or(all, |bucket| bucket.min(all));
        let rows = self.counts.chunks_exact(LENGTH).skip(bucket);
        let last_rows = rows.step_by(self.buckets.max(1));
        let owned = last_rows.zip(&self.slots);
        owned
            .filter(move |(_, own)| slot.is_none() || **own == slot)
            .map(|(row, _)| row)
    }

    /// Counts on until so many intervals are filled.
    fn fill(
        &mut self,
        reader: &mut AtomReader<'_>,
        grid: &LeafGrid,
        number: i64,
        by_bucket: bool,
        filled: usize,
    ) {
        let start_ms = number * BLOCK * SCRAPE_MS;
        let edge = |interval: usize| grid.leaf_at(start_ms + interval as i64 * SCRAPE_MS);
        let (known, end) = (self.filled, edge(filled));
        self.buckets = if by_bucket { reader.buckets() } else { 1 };
        let mut leaf = reader.skip_silence(edge(known).max(grid.first()));
        while leaf < end {
            let interval = ((grid.start_ms(leaf) - start_ms) / SCRAPE_MS) as usize;
            let drawn = reader.leaf(leaf);
            let mut found = (usize::MAX, 0);
            reader.each_quarter(&drawn, by_bucket, &mut |place, bucket, quarter, events| {
                if found.0 != place {
                    found = (place, self.rows_of(reader.slot_at(place)));
                }
                let bucket = if by_bucket { bucket } else { 0 };
                let at = (found.1 + bucket) * LENGTH + interval + quarter;
                if let Some(count) = self.counts.get_mut(at) {
                    *count += events as u32;
                }
            });
            leaf = reader.skip_silence(leaf + 1);
        }
        self.filled = filled;
        self.add_up(known);
    }

    /// The first row of a pod.
    fn rows_of(&mut self, slot: Option<SlotId>) -> usize {
        let known = self.slots.iter().position(|own| *own == slot);
        let place = known.unwrap_or_else(|| {
            self.slots.push(slot);
            let rows = self.slots.len() * self.buckets;
            self.counts.resize(rows * LENGTH, 0);
            self.slots.len() - 1
        });
        place * self.buckets
    }

    /// Makes totals of the counts from an interval on: over buckets, then over time.
    fn add_up(&mut self, known: usize) {
        let fresh = known..self.filled;
        for of_slot in self.counts.chunks_exact_mut(self.buckets * LENGTH) {
            let mut below = [0; LENGTH];
            for row in of_slot.chunks_exact_mut(LENGTH) {
                let mut total = known
                    .checked_sub(1)
                    .map_or(0, |last| row.get(last).copied().unwrap_or(0));
                let counts = row.get_mut(fresh.clone()).unwrap_or(&mut []);
                for (count, below) in counts.iter_mut().zip(&mut below) {
                    *below += *count;
                    total += *below;
                    *count = total;
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        BLOCK_BYTES
            + self.counts.capacity() * size_of::<u32>()
            + self.slots.capacity() * size_of::<Option<SlotId>>()
    }
}

#[derive(Debug)]
struct Held {
    number: i64,
    /// When it was asked for last.
    stamp: u64,
    block: Arc<Block>,
}

#[derive(Debug, Default)]
struct Store {
    /// Blocks by number.
    held: BTreeMap<Counted, Vec<Held>>,
    clock: u64,
    bytes: usize,
}

/// Blocks that may be asked for again.
#[derive(Debug)]
pub(super) struct CountCache {
    store: Mutex<Store>,
    capacity_bytes: usize,
}

impl CountCache {
    pub(super) fn new(capacity_bytes: usize) -> Self {
        Self {
            store: Mutex::default(),
            capacity_bytes,
        }
    }

    pub(super) const fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// The blocks `first..=last` as far as they are known.
    fn known(&self, of: Counted, first: i64, last: i64) -> Vec<Option<Arc<Block>>> {
        let mut found = vec![None; (last - first + 1).max(0) as usize];
        if self.capacity_bytes == 0 {
            return found;
        }
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.clock += 1;
        let clock = store.clock;
        let held = store
            .held
            .get_mut(&of)
            .map_or(&mut [][..], Vec::as_mut_slice);
        let from = held.partition_point(|one| one.number < first);
        for one in held.iter_mut().skip(from) {
            if let Some(slot) = found.get_mut((one.number - first) as usize) {
                one.stamp = clock;
                *slot = Some(Arc::clone(&one.block));
            }
        }
        found
    }

    fn keep(&self, of: Counted, fresh: Vec<(i64, Arc<Block>)>) {
        if self.capacity_bytes == 0 || fresh.is_empty() {
            return;
        }
        let mut guard = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &mut *guard;
        let held = store.held.entry(of).or_default();
        for (number, block) in fresh {
            let bytes = block.bytes();
            let stamp = store.clock;
            match held.binary_search_by_key(&number, |one| one.number) {
                Ok(place) => {
                    // Another reader may have come further meanwhile.
                    if let Some(one) = held.get_mut(place)
                        && one.block.filled < block.filled
                    {
                        store.bytes = store.bytes.saturating_sub(one.block.bytes()) + bytes;
                        one.block = block;
                    }
                }
                Err(place) => {
                    store.bytes += bytes;
                    let fresh = Held {
                        number,
                        stamp,
                        block,
                    };
                    held.insert(place, fresh);
                }
            }
        }
        store.shrink_to(self.capacity_bytes);
    }
}

impl Store {
    /// Drops what was not asked for the longest.
    fn shrink_to(&mut self, capacity_bytes: usize) {
        if self.bytes <= capacity_bytes {
            return;
        }
        let blocks = self.held.values().flatten();
        let ages = blocks.map(|one| (one.stamp, one.block.bytes()));
        let oldest_kept = oldest_kept(ages, self.bytes, capacity_bytes);
        self.bytes = 0;
        self.held.retain(|_, held| {
            held.retain(|one| one.stamp >= oldest_kept);
            self.bytes += held.iter().map(|one| one.block.bytes()).sum::<usize>();
            !held.is_empty()
        });
    }
}

impl Telemetry {
    /// The blocks `first..=last` of what an atom counted, filled as far as history is closed (and T0 is). `keep` says
    /// whether they may be asked for again.
    pub(super) fn count_blocks(
        &self,
        of: Counted,
        (first, last): (i64, i64),
        keep: bool,
    ) -> Vec<Arc<Block>> {
        let closed = self.closed_ms().div_euclid(SCRAPE_MS);
        let mut reader = None;
        let mut fresh = Vec::new();
        let known = self.counts().known(of, first, last);
        let blocks = (first..).zip(known).map(|(number, known)| {
            let filled = closed.saturating_sub(number * BLOCK).clamp(0, BLOCK) as usize;
            if let Some(block) = known.as_ref().filter(|block| block.filled >= filled) {
                return Arc::clone(block);
            }
            let mut block = known.map_or_else(Block::default, |block| Block::clone(&block));
            if reader.is_none() {
                reader = self.reader(of.atom);
            }
            if let Some(reader) = &mut reader {
                block.fill(reader, self.grid(), number, of.by_bucket, filled);
            }
            let block = Arc::new(block);
            if keep {
                fresh.push((number, Arc::clone(&block)));
            }
            block
        });
        let blocks = blocks.collect();
        self.counts().keep(of, fresh);
        blocks
    }
}
