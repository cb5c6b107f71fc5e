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
        if end <= origin {
            return 0;
        }
        let blocks = ((end - origin) / BLOCK) as usize;
        let (done, mut sum) = self.nearest((atom, part), blocks);
        let mut fresh = Vec::with_capacity(blocks - done);
        for block in done..blocks {
            let start = origin + block as i64 * BLOCK;
            sum += sum_leaves(reader, part, start, start + BLOCK);
            fresh.push(sum);
        }
        self.extend((atom, part), done, fresh);
        sum + sum_leaves(reader, part, origin + blocks as i64 * BLOCK, end)
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
