//! Splitting a count over cells by binomials down a fixed tree, only as deep as asked. Knows nothing of what the cells are.
//!
//! A tree halves a range of cells `lo..hi` at its middle; a node's number says where it is, so every way of asking meets
//! the same draws.

use crate::sim::draw::{LeafKey, binomial, ratio_q32};

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

    /// How many of `count` fall into the cells before `end`. `weight_before(i)` is the weight of all cells before `i`.
    #[inline]
    pub(super) fn before(
        &self,
        count: u64,
        end: usize,
        weight_before: impl Fn(usize) -> u64,
    ) -> u64 {
        if end >= self.cells {
            return count;
        }
        let (mut lo, mut hi, mut node, mut left) = (0, self.cells, 1, count);
        let mut sum = 0;
        while end > lo && left > 0 {
            let middle = usize::midpoint(lo, hi);
            let lower = self.lower(node, left, lo, middle, hi, &weight_before);
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
    pub(super) fn cell(
        &self,
        count: u64,
        cell: usize,
        weight_before: impl Fn(usize) -> u64,
    ) -> u64 {
        if cell >= self.cells {
            return 0;
        }
        let (mut lo, mut hi, mut node, mut left) = (0, self.cells, 1, count);
        while hi - lo > 1 && left > 0 {
            let middle = usize::midpoint(lo, hi);
            let lower = self.lower(node, left, lo, middle, hi, &weight_before);
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
        weight_before: &impl Fn(usize) -> u64,
        visit: &mut impl FnMut(usize, u64),
    ) {
        if self.cells > 0 {
            self.descend(1, count, 0, self.cells, weight_before, visit);
        }
    }

    fn descend(
        &self,
        node: u64,
        count: u64,
        lo: usize,
        hi: usize,
        weight_before: &impl Fn(usize) -> u64,
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
        let lower = self.lower(node, count, lo, middle, hi, weight_before);
        self.descend(node * 2, lower, lo, middle, weight_before, visit);
        self.descend(
            node * 2 + 1,
            count - lower,
            middle,
            hi,
            weight_before,
            visit,
        );
    }

    #[inline]
    fn lower(
        &self,
        node: u64,
        count: u64,
        lo: usize,
        middle: usize,
        hi: usize,
        weight_before: &impl Fn(usize) -> u64,
    ) -> u64 {
        let start = weight_before(lo);
        let share = ratio_q32(weight_before(middle) - start, weight_before(hi) - start);
        binomial(self.key, self.base + node, count, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    #[test]
    fn every_way_of_asking_agrees() {
        let stream = StreamKey::new(5, StreamId::of("tree"));
        for cells in 1..20_usize {
            let tree = Tree::new(stream.leaf(cells as i64), 1 << 20, cells);
            let weight = |i: usize| (i * i) as u64;
            let mut all = vec![0; cells];
            tree.each(1000, &weight, &mut |cell, count| all[cell] = count);
            assert_eq!(all.iter().sum::<u64>(), 1000);
            for cell in 0..cells {
                assert_eq!(tree.cell(1000, cell, weight), all[cell]);
                let before: u64 = all[..cell].iter().sum();
                assert_eq!(tree.before(1000, cell, weight), before);
            }
            assert_eq!(tree.before(1000, cells, weight), 1000);
        }
    }
}
