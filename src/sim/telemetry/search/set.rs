//! Sets of an automaton's numbered states: a bit for each. Knows nothing of the automaton.

use super::machine::{MOST_STATES, State};

const WORDS: usize = MOST_STATES / 64;

/// A set of states by their numbers, all below [`MOST_STATES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set([u64; WORDS]);

impl Set {
    /// The set of some states.
    pub(super) fn of(states: impl IntoIterator<Item = State>) -> Self {
        let mut set = Self::default();
        for state in states {
            set.insert(state);
        }
        set
    }

    /// Adds a state.
    #[inline]
    pub(super) fn insert(&mut self, state: State) {
        if let Some(word) = self.0.get_mut(usize::from(state) / 64) {
            *word |= 1 << (state % 64);
        }
    }

    /// Adds all states of another set.
    #[inline]
    pub(super) fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// Its states, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = State> + use<> {
        let words = self.0.into_iter().enumerate();
        words.flat_map(|(number, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| (number * 64 + bit) as State)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut set = Set::of([511, 3, 64, 3]);
        set.add(&Set::of([0, 63]));
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 3, 63, 64, 511]);
        assert_eq!(Set::default().iter().next(), None);
    }
}
