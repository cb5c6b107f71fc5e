//! Checkpoints of running totals: one each 64 leaves, least recently used dropped first. A cache and nothing more: with a
//! capacity of zero every answer is the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::atom::AtomId;
use super::leaf::LeafIndex;
use super::reader::{AtomReader, Part};

/// Leaves between two checkpoints.
pub(super) const BLOCK: i64 = 64;
/// What the cache may hold by default.
pub const CACHE_BYTES: usize = 16 << 20;
/// Bytes of an entry beside its checkpoints: key, stamps and the maps' own nodes, rounded up.
const ENTRY_BYTES: usize = 160;

type Key = (AtomId, Part);

#[derive(Debug, Default)]
struct Entry {
    stamp: u64,
    /// The total from the origin to the end of each block, in order.
    totals: Vec<u64>,
    /// Leaves that were summed as they are because the totals did not reach so far.
    summed: i64,
}

#[derive(Debug, Default)]
struct Store {
    entries: BTreeMap<Key, Entry>,
    by_stamp: BTreeMap<u64, Key>,
    clock: u64,
    bytes: usize,
}

/// Running totals of parts of atoms.
#[derive(Debug)]
pub(super) struct PrefixCache {
    store: Mutex<Store>,
    capacity_bytes: usize,
}

impl PrefixCache {
    pub(super) fn new(capacity_bytes: usize) -> Self {
        Self {
            store: Mutex::default(),
            capacity_bytes,
        }
    }

    pub(super) const fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// What a part counted from the start of leaf `origin` to the end of the leaf before `end`. The leaves up to `end` must
    /// be closed.
    pub(super) fn total(
        &self,
        atom: AtomId,
        part: Part,
        reader: &mut AtomReader<'_>,
        origin: LeafIndex,
        end: LeafIndex,
    ) -> u64 {
        let mut sum = Sum {
            key: (atom, part),
            origin,
            from: origin,
            until: end,
            keeps: true,
            at: origin,
            total: 0,
            before: Some(0),
        };
        self.carry_on(&mut sum, reader, u64::MAX);
        sum.count()
    }

    /// Begins to sum what a part counted in the leaves `from..until`, which must be closed. Few leaves, and those that are
    /// seldom asked for, are summed as they are: a running total from the part's beginning would read days for a window
    /// of minutes.
    pub(super) fn begin(
        &self,
        key: Key,
        origin: LeafIndex,
        (from, until): (LeafIndex, LeafIndex),
    ) -> Sum {
        let from = from.max(origin);
        let keeps = until > from && !self.is_summed(key, origin, (from, until));
        Sum {
            key,
            origin,
            from,
            until,
            keeps,
            at: if keeps { origin } else { from },
            total: 0,
            before: (!keeps).then_some(0),
        }
    }

    /// Goes on until everything is summed or a budget of work is spent, a leaf at least. Says what it has spent.
    pub(super) fn carry_on(&self, sum: &mut Sum, reader: &mut AtomReader<'_>, budget: u64) -> u64 {
        let mut spent = 0;
        while !sum.is_done() && spent <= budget {
            let end = if sum.before.is_none() {
                sum.from
            } else {
                sum.until
            };
            if sum.keeps {
                self.jump(sum, end);
            }
            let first = sum.block();
            let mut fresh = Vec::new();
            while sum.at < end && spent <= budget {
                spent += sum.add_to(sum.stop(end), reader, budget - spent);
                if sum.keeps && sum.is_at_checkpoint() && sum.block() > first {
                    fresh.push(sum.total);
                }
            }
            self.extend(sum.key, first, fresh);
            if sum.at >= sum.from && sum.before.is_none() {
                sum.before = Some(sum.total);
            }
        }
        spent
    }

    /// Takes a running total on to the last checkpoint that is known up to an end.
    fn jump(&self, sum: &mut Sum, end: LeafIndex) {
        let blocks = (end - sum.origin).max(0) / BLOCK;
        let (done, total) = self.nearest(sum.key, blocks as usize);
        let at = sum.origin + done as i64 * BLOCK;
        if at > sum.at {
            (sum.at, sum.total) = (at, total);
        }
    }

    /// Whether the leaves `from..until` had better be summed as they are: they are few, or nobody has asked so often yet that
    /// it would have been cheaper to carry the running total on from where it is known.
    pub(super) fn is_summed(
        &self,
        key: Key,
        origin: LeafIndex,
        (from, until): (LeafIndex, LeafIndex),
    ) -> bool {
        let leaves = until - from;
        if leaves <= 2 * BLOCK || self.capacity_bytes == 0 {
            return true;
        }
        let mut guard = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = guard.entry(key);
        let missing = from - origin - entry.totals.len() as i64 * BLOCK;
        if entry.summed + leaves > missing {
            return false;
        }
        entry.summed += leaves;
        guard.shrink_to(self.capacity_bytes);
        true
    }

    /// The last known checkpoint at or before a number of blocks.
    fn nearest(&self, key: Key, blocks: usize) -> (usize, u64) {
        if self.capacity_bytes == 0 || blocks == 0 {
            return (0, 0);
        }
        let mut guard = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &mut *guard;
        store.clock += 1;
        let Some(entry) = store.entries.get_mut(&key) else {
            return (0, 0);
        };
        store.by_stamp.remove(&entry.stamp);
        entry.stamp = store.clock;
        store.by_stamp.insert(store.clock, key);
        let done = entry.totals.len().min(blocks);
        let total = done.checked_sub(1).and_then(|last| entry.totals.get(last));
        (done, total.copied().unwrap_or(0))
    }

    fn extend(&self, key: Key, done: usize, fresh: Vec<u64>) {
        if self.capacity_bytes == 0 || fresh.is_empty() {
            return;
        }
        let mut guard = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &mut *guard;
        store.clock += 1;
        let clock = store.clock;
        let entry = store.entries.entry(key).or_insert_with(|| {
            store.bytes += ENTRY_BYTES;
            Entry::default()
        });
        // Another reader may have filled it, or it may have been dropped meanwhile: then only what fits is taken.
        if entry.totals.len() >= done {
            let known = entry.totals.len() - done;
            let before = entry.totals.capacity();
            entry.totals.extend(fresh.into_iter().skip(known));
            store.bytes += (entry.totals.capacity() - before) * size_of::<u64>();
        }
        store.by_stamp.remove(&entry.stamp);
        entry.stamp = clock;
        store.by_stamp.insert(clock, key);
        store.shrink_to(self.capacity_bytes);
    }
}

impl Store {
    fn entry(&mut self, key: Key) -> &mut Entry {
        let Self {
            entries,
            by_stamp,
            clock,
            bytes,
        } = self;
        entries.entry(key).or_insert_with(|| {
            *clock += 1;
            *bytes += ENTRY_BYTES;
            by_stamp.insert(*clock, key);
            Entry {
                stamp: *clock,
                ..Entry::default()
            }
        })
    }

    fn shrink_to(&mut self, capacity_bytes: usize) {
        while self.bytes > capacity_bytes {
            let Some((_, oldest)) = self.by_stamp.pop_first() else {
                return;
            };
            if let Some(entry) = self.entries.remove(&oldest) {
                self.bytes = self
                    .bytes
                    .saturating_sub(ENTRY_BYTES + entry.totals.capacity() * size_of::<u64>());
            }
        }
    }
}

/// A count of whole leaves as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    key: Key,
    origin: LeafIndex,
    from: LeafIndex,
    until: LeafIndex,
    /// The total runs from the origin on, and its checkpoints are kept.
    keeps: bool,
    at: LeafIndex,
    total: u64,
    /// The total at `from`, once that is reached.
    before: Option<u64>,
}

impl Sum {
    /// Whether everything is summed.
    pub(super) const fn is_done(&self) -> bool {
        self.at >= self.until && self.before.is_some()
    }

    /// What was counted so far.
    pub(super) fn count(&self) -> u64 {
        self.before.map_or(0, |before| self.total - before)
    }

    /// The block that the total has come to.
    const fn block(&self) -> usize {
        ((self.at - self.origin) / BLOCK) as usize
    }

    const fn is_at_checkpoint(&self) -> bool {
        (self.at - self.origin) % BLOCK == 0
    }

    /// The next leaf up to an end at which the total is to be seen.
    fn stop(&self, end: LeafIndex) -> LeafIndex {
        if self.keeps {
            end.min(self.origin + (self.block() as i64 + 1) * BLOCK)
        } else {
            end
        }
    }

    /// Sums the leaves up to one of them within a budget of work, a leaf at least. Says what it has spent.
    fn add_to(&mut self, stop: LeafIndex, reader: &mut AtomReader<'_>, budget: u64) -> u64 {
        let mut spent = 0;
        let mut leaf = reader.skip_silence(self.at);
        while leaf < stop && spent <= budget {
            let (count, cost) = reader.whole_for(leaf, self.key.1);
            self.total += count;
            spent += cost;
            leaf = reader.skip_silence(leaf + 1);
        }
        self.at = leaf.min(stop);
        spent
    }
}

/// What a part counted in the leaves `from..until`.
pub(super) fn sum_leaves(
    reader: &mut AtomReader<'_>,
    part: Part,
    from: LeafIndex,
    until: LeafIndex,
) -> u64 {
    let mut sum = 0;
    let mut leaf = reader.skip_silence(from);
    while leaf < until {
        sum += reader.whole(leaf, part);
        leaf = reader.skip_silence(leaf + 1);
    }
    sum
}
