//! Which entries of a cache go when it holds too much: those that were not asked for the longest. Holds nothing itself.

/// The stamp from which on entries are kept, so that at most three quarters of a capacity are held: a good deal goes at
/// once, as all entries are gone through for it. Entries are given as stamp (the higher, the later they were asked for) and
/// bytes; `held` is the sum of their bytes. Equal stamps stay or go together.
pub(super) fn oldest_kept(
    entries: impl Iterator<Item = (u64, usize)>,
    held: usize,
    capacity_bytes: usize,
) -> u64 {
    let mut by_age: Vec<(u64, usize)> = entries.collect();
    by_age.sort_unstable();
    let mut left = held;
    for (stamp, bytes) in by_age {
        if left <= capacity_bytes / 4 * 3 {
            return stamp;
        }
        left = left.saturating_sub(bytes);
    }
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_up_to_three_quarters() {
        let kept = |entries: &[(u64, usize)], capacity| {
            let held = entries.iter().map(|(_, bytes)| bytes).sum();
            oldest_kept(entries.iter().copied(), held, capacity)
        };
        assert_eq!(kept(&[(3, 40), (1, 40), (2, 40)], 120), 2);
        assert_eq!(kept(&[(3, 40), (1, 40), (2, 40)], 80), 3);
        assert_eq!(kept(&[(3, 40), (1, 40)], 200), 1, "nothing has to go");
        assert_eq!(kept(&[(3, 40)], 0), u64::MAX, "nothing can stay");
        assert_eq!(kept(&[], 0), u64::MAX);
    }
}
