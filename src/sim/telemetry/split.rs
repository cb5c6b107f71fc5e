//! Splitting a count over cells by binomials down a fixed tree, only as deep as asked. Knows nothing of what the cells are.
//!
//! A tree halves a range of cells `lo..hi` at its middle; a node's number says where it is, so every way of asking meets
//! the same draws.

use crate::sim::draw::{LANES, LeafKey, ONE_Q32, binomial, binomials, ratio_q32};

/// Where a tree's range of cells is halved: the node's number and the range's three borders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) number: u64,
    lo: usize,
    middle: usize,
    hi: usize,
}

/// The share of a node's lower half by the weights of the cells; `weight_before(i)` is that of all cells before `i`.
#[inline]
pub(super) fn by_weight(weight_before: impl Fn(usize) -> u64) -> impl Fn(Node) -> u64 {
    move |node| {
        let start = weight_before(node.lo);
        ratio_q32(
            weight_before(node.middle) - start,
            weight_before(node.hi) - start,
        )
    }
}

/// The share of a node's lower half where all cells weigh the same.
#[inline]
pub(super) const fn evenly(node: Node) -> u64 {
    let (lower, all) = (node.middle - node.lo, node.hi - node.lo);
    if 2 * lower == all {
        ONE_Q32 / 2
    } else {
        ratio_q32(lower as u64, all as u64)
    }
}

/// The shares of all nodes of a tree by their numbers, for one that is used often.
pub(super) fn shares_by_node(
    cells: usize,
    weight_before: &impl Fn(usize) -> u64,
    out: &mut Vec<u64>,
) {
    out.clear();
    out.resize((2 * cells).next_power_of_two(), 0);
    let mut open = vec![(1_u64, 0, cells)];
    while let Some((number, lo, hi)) = open.pop() {
        if hi - lo < 2 {
            continue;
        }
        let middle = usize::midpoint(lo, hi);
        let node = Node {
            number,
            lo,
            middle,
            hi,
        };
        if let Some(share) = out.get_mut(number as usize) {
            *share = by_weight(weight_before)(node);
        }
        open.push((number * 2, lo, middle));
        open.push((number * 2 + 1, middle, hi));
    }
}

/// A tree's place among the draws of a leaf: its nodes are `base + 1 ..`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree {
    key: LeafKey,
    base: u64,
    cells: usize,
}

impl Tree {
    /// A tree over `cells` cells (below 2^15) whose nodes take the numbers after `base` (whose low 16 bits are zero).
    #[inline]
    pub(super) const fn new(key: LeafKey, base: u64, cells: usize) -> Self {
        Self { key, base, cells }
    }

    /// How many of `count` fall into the cells before `end`. `share` says which part of a node's events fall into the
    /// lower half of its cells.
    #[inline]
    pub(super) fn before(&self, count: u64, end: usize, share: impl Fn(Node) -> u64) -> u64 {
        if end >= self.cells {
            return count;
        }
        let (mut lo, mut hi, mut node, mut left) = (0, self.cells, 1, count);
        let mut sum = 0;
        while end > lo && left > 0 {
            let middle = usize::midpoint(lo, hi);
            let lower = self.lower(node, left, lo, middle, hi, &share);
            if end < middle {
                (hi, node, left) = (middle, node * 2, lower);
            } else {
                sum += lower;
                (lo, node, left) = (middle, node * 2 + 1, left - lower);
            }
        }
        sum
    }

    /// How many of `count` fall into one cell.
    #[inline]
    pub(super) fn cell(&self, count: u64, cell: usize, share: impl Fn(Node) -> u64) -> u64 {
        if cell >= self.cells {
            return 0;
        }
        let (mut lo, mut hi, mut node, mut left) = (0, self.cells, 1, count);
        while hi - lo > 1 && left > 0 {
            let middle = usize::midpoint(lo, hi);
            let lower = self.lower(node, left, lo, middle, hi, &share);
            if cell < middle {
                (hi, node, left) = (middle, node * 2, lower);
            } else {
                (lo, node, left) = (middle, node * 2 + 1, left - lower);
            }
        }
        left
    }

    /// Calls `visit(cell, events)` for every cell that gets some, in order.
    pub(super) fn each(
        &self,
        count: u64,
        share: &impl Fn(Node) -> u64,
        visit: &mut impl FnMut(usize, u64),
    ) {
        if self.cells > 0 {
            self.descend(1, count, 0, self.cells, share, visit);
        }
    }

    /// The cell of the event of a rank (below `count`) when events are numbered cell by cell, with the number of events in the
    /// cells before it and in the cell itself.
    #[inline]
    pub(super) fn holding(
        &self,
        count: u64,
        rank: u64,
        share: impl Fn(Node) -> u64,
    ) -> (usize, u64, u64) {
        let (mut lo, mut hi, mut node, mut left, mut before) = (0, self.cells, 1, count, 0);
        while hi - lo > 1 {
            let middle = usize::midpoint(lo, hi);
            let lower = self.lower(node, left, lo, middle, hi, &share);
            if rank < before + lower {
                (hi, node, left) = (middle, node * 2, lower);
            } else {
                before += lower;
                (lo, node, left) = (middle, node * 2 + 1, left - lower);
            }
        }
        (lo, before, left)
    }

    /// Calls `visit(cell, events before it, events)` for every cell of a set (of the first 64 cells) that gets some, in order;
    /// what lies outside the set is not split.
    pub(super) fn each_of(
        &self,
        count: u64,
        set: u64,
        share: &impl Fn(Node) -> u64,
        visit: &mut impl FnMut(usize, u64, u64),
    ) {
        // Nodes that are still to be looked at, the next one last: a path of at most 16 halves.
        let mut open = [(0_u64, 0_usize, 0_usize, 0_u64, 0_u64); 20];
        let mut depth = 0;
        let mut next = Some((1, 0, self.cells, 0, count));
        while let Some((node, lo, hi, before, left)) = next {
            next = None;
            if left > 0 && hi > lo && set & cells_between(lo, hi) != 0 {
                if hi - lo == 1 {
                    visit(lo, before, left);
                } else {
                    let middle = usize::midpoint(lo, hi);
                    let lower = self.lower(node, left, lo, middle, hi, share);
                    if let Some(slot) = open.get_mut(depth) {
                        *slot = (node * 2 + 1, middle, hi, before + lower, left - lower);
                        depth += 1;
                    }
                    next = Some((node * 2, lo, middle, before, lower));
                    continue;
                }
            }
            if depth > 0 {
                depth -= 1;
                next = open.get(depth).copied();
            }
        }
    }

    fn descend(
        &self,
        node: u64,
        count: u64,
        lo: usize,
        hi: usize,
        share: &impl Fn(Node) -> u64,
        visit: &mut impl FnMut(usize, u64),
    ) {
        if count == 0 {
            return;
        }
        if hi - lo == 1 {
            visit(lo, count);
            return;
        }
        let middle = usize::midpoint(lo, hi);
        let lower = self.lower(node, count, lo, middle, hi, share);
        self.descend(node * 2, lower, lo, middle, share, visit);
        self.descend(node * 2 + 1, count - lower, middle, hi, share, visit);
    }

    #[inline]
    fn lower(
        &self,
        number: u64,
        count: u64,
        lo: usize,
        middle: usize,
        hi: usize,
        share: &impl Fn(Node) -> u64,
    ) -> u64 {
        let node = Node {
            number,
            lo,
            middle,
            hi,
        };
        binomial(self.key, self.base + number, count, share(node))
    }
}

/// Counts of many leaves, none of them zero, that are split in the same way and so can be at once.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    keys: [LeafKey; LANES],
    counts: [u64; LANES],
    len: usize,
}

impl Lanes {
    /// No leaf yet. The key stands where none is.
    #[inline]
    pub(super) const fn none(any: LeafKey) -> Self {
        Self {
            keys: [any; LANES],
            counts: [0; LANES],
            len: 0,
        }
    }

    /// Takes a leaf with its count, unless that is zero or there are [`LANES`] leaves.
    #[inline]
    pub(super) fn push(&mut self, key: LeafKey, count: u64) {
        let slots = (self.keys.get_mut(self.len), self.counts.get_mut(self.len));
        if let (Some(key_slot), Some(count_slot)) = slots {
            (*key_slot, *count_slot) = (key, count);
            self.len += usize::from(count > 0);
        }
    }

    /// Forgets all leaves.
    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }

    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.len >= LANES
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn keys(&self) -> &[LeafKey] {
        self.keys.get(..self.len).unwrap_or(&[])
    }

    #[inline]
    pub(super) fn counts(&self) -> &[u64] {
        self.counts.get(..self.len).unwrap_or(&[])
    }

    /// Calls `visit` with every cell of a tree that gets some events in any leaf, in order, and with those leaves; the trees
    /// are those of [`Tree::new`].
    pub(super) fn each(
        &self,
        (base, cells): (u64, usize),
        share: &impl Fn(Node) -> u64,
        visit: &mut impl FnMut(usize, &Self),
    ) {
        if cells > 0 && !self.is_empty() {
            self.descend(base, 1, (0, cells), share, visit);
        }
    }

    fn descend(
        &self,
        base: u64,
        number: u64,
        (lo, hi): (usize, usize),
        share: &impl Fn(Node) -> u64,
        visit: &mut impl FnMut(usize, &Self),
    ) {
        if hi - lo == 1 {
            visit(lo, self);
            return;
        }
        let (Some(&any), middle) = (self.keys.first(), usize::midpoint(lo, hi)) else {
            return;
        };
        let share_of_lower = share(Node {
            number,
            lo,
            middle,
            hi,
        });
        let mut drawn = [0; LANES];
        let drawn = drawn.get_mut(..self.len).unwrap_or(&mut []);
        binomials(
            self.keys(),
            base + number,
            self.counts(),
            share_of_lower,
            drawn,
        );
        let (mut lower, mut upper) = (Self::none(any), Self::none(any));
        let leaves = self.keys().iter().zip(self.counts());
        for ((key, count), below) in leaves.zip(drawn) {
            lower.push(*key, *below);
            upper.push(*key, *count - *below);
        }
        if !lower.is_empty() {
            lower.descend(base, number * 2, (lo, middle), share, visit);
        }
        if !upper.is_empty() {
            upper.descend(base, number * 2 + 1, (middle, hi), share, visit);
        }
    }
}

/// The bits of the cells `lo..hi` that lie below the 64th.
const fn cells_between(lo: usize, hi: usize) -> u64 {
    upto(hi) & !upto(lo)
}

const fn upto(cell: usize) -> u64 {
    if cell >= 64 {
        u64::MAX
    } else {
        (1 << cell) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    #[test]
    fn many_leaves_at_once_agree_with_each_alone() {
        let stream = StreamKey::new(5, StreamId::of("tree"));
        for cells in 0..20_usize {
            let weight = by_weight(|i: usize| (i * i) as u64);
            let (mut alone, mut together) = (vec![0; cells], vec![0; cells]);
            let mut lanes = Lanes::none(stream.leaf(0));
            for leaf in 0..LANES as i64 + 5 {
                let (key, count) = (stream.leaf(leaf), leaf as u64 * 3 % 50);
                if lanes.is_full() {
                    break;
                }
                lanes.push(key, count);
                Tree::new(key, 1 << 20, cells).each(count, &weight, &mut |cell, events| {
                    alone[cell] += events;
                });
            }
            lanes.each((1 << 20, cells), &weight, &mut |cell, lanes| {
                assert!(lanes.counts().iter().all(|count| *count > 0));
                assert_eq!(lanes.counts().len(), lanes.keys().len());
                together[cell] += lanes.counts().iter().sum::<u64>();
            });
            assert_eq!(alone, together);
        }
    }

    #[test]
    fn every_way_of_asking_agrees() {
        let stream = StreamKey::new(5, StreamId::of("tree"));
        for cells in 1..20_usize {
            let tree = Tree::new(stream.leaf(cells as i64), 1 << 20, cells);
            let weight = by_weight(|i: usize| (i * i) as u64);
            let mut all = vec![0; cells];
            tree.each(1000, &weight, &mut |cell, count| all[cell] = count);
            assert_eq!(all.iter().sum::<u64>(), 1000);
            for cell in 0..cells {
                assert_eq!(tree.cell(1000, cell, &weight), all[cell]);
                let before: u64 = all[..cell].iter().sum();
                assert_eq!(tree.before(1000, cell, &weight), before);
            }
            assert_eq!(tree.before(1000, cells, &weight), 1000);
            let mut shares = Vec::new();
            shares_by_node(cells, &|i: usize| (i * i) as u64, &mut shares);
            let table = |node: Node| shares[node.number as usize];
            for end in 0..cells {
                assert_eq!(
                    tree.before(1000, end, table),
                    tree.before(1000, end, &weight)
                );
            }
            let mut rank = 0;
            for (cell, &count) in all.iter().enumerate() {
                for _ in 0..count {
                    assert_eq!(
                        tree.holding(1000, rank, &weight),
                        (cell, all[..cell].iter().sum(), count)
                    );
                    rank += 1;
                }
            }
            for set in [0, u64::MAX, 0b1010_0110, 1 << (cells - 1)] {
                let mut of_set = Vec::new();
                tree.each_of(1000, set, &weight, &mut |cell, before, count| {
                    of_set.push((cell, before, count));
                });
                let expected: Vec<_> = (0..cells)
                    .filter(|cell| set >> cell & 1 == 1 && all[*cell] > 0)
                    .map(|cell| (cell, all[..cell].iter().sum(), all[cell]))
                    .collect();
                assert_eq!(of_set, expected);
            }
        }
    }
}
