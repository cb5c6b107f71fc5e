//! Tables of what the values of one kind do to an automaton's numbered states. Knows nothing of values.

use super::machine::{FOUND, LOST, State, UNSURE};
use super::set::Set;

/// For every state, the states after each value of one kind.
#[derive(Clone, Debug)]
pub(super) struct Table {
    width: usize,
    cells: Vec<State>,
    /// The states of each row that is made.
    all: Vec<Option<Set>>,
}

impl Table {
    /// Of values below a width; only the states that stay as they are have rows.
    pub(super) fn new(width: usize) -> Self {
        let mut table = Self {
            width,
            cells: Vec::new(),
            all: Vec::new(),
        };
        for state in [LOST, FOUND, UNSURE] {
            table.fill(state, &vec![state; width]);
        }
        table
    }

    /// The state after a value.
    #[inline]
    pub(super) fn get(&self, state: State, value: usize) -> State {
        let place = usize::from(state) * self.width + value;
        self.cells.get(place).copied().unwrap_or(UNSURE)
    }

    /// The states after each value.
    pub(super) fn row(&self, state: State) -> &[State] {
        let start = usize::from(state) * self.width;
        self.cells.get(start..start + self.width).unwrap_or(&[])
    }

    /// Whether a state has its row.
    pub(super) fn has(&self, state: State) -> bool {
        let all = self.all.get(usize::from(state));
        all.is_some_and(Option::is_some)
    }

    /// The states after any value.
    pub(super) fn all(&self, state: State) -> Set {
        let all = self.all.get(usize::from(state)).copied().flatten();
        all.unwrap_or_else(|| Set::of([UNSURE]))
    }

    /// What a copy of it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.cells) + size_of_val(&*self.all)
    }

    /// Makes a state's row.
    pub(super) fn fill(&mut self, state: State, after: &[State]) {
        let place = usize::from(state);
        if self.all.len() <= place {
            self.all.resize(place + 1, None);
            self.cells.resize((place + 1) * self.width, UNSURE);
        }
        let start = place * self.width;
        if let Some(row) = self.cells.get_mut(start..start + after.len()) {
            row.copy_from_slice(after);
        }
        if let Some(all) = self.all.get_mut(place) {
            *all = Some(Set::of(after.iter().copied()));
        }
    }
}
