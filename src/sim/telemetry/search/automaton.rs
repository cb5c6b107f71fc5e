//! A pattern's automaton, whose states are made as far as texts lead to them, and what following it costs. Knows nothing of
//! values and templates.

use std::sync::{Mutex, MutexGuard, PoisonError};

use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID as StateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_syntax::hir::Hir;

use super::{cost, size};

/// A pattern's program may take so many bytes; a larger one is looked for in whole lines.
const PROGRAM_BYTES: usize = 1 << 18;
/// The states that a pattern's automaton has come to may take so many bytes. What would need more is read in whole lines.
pub(super) const STATES_BYTES: usize = 1 << 17;
/// So often a state is sought that there is no room for; then none is sought any more.
const MOST_REFUSED: u32 = 100;
/// No text has this byte: the automaton quits there, which gives the state in which it cannot say.
const NO_TEXT: u8 = 0xff;

/// A pattern's automaton, of which only those states are made that some line can lead to. Making it costs the pattern's
/// program; a pattern of many states costs no more than the few that templates come to.
#[derive(Debug)]
pub(super) struct Automaton(DFA);

impl Automaton {
    /// Compiles a parsed pattern; none if its program is too large or has what an automaton cannot follow.
    pub(super) fn new(parsed: &Hir) -> Option<Self> {
        if size::exceeds(parsed, PROGRAM_BYTES) {
            return None;
        }
        let program = thompson::Config::new()
            .nfa_size_limit(Some(PROGRAM_BYTES))
            .which_captures(thompson::WhichCaptures::None);
        let program = thompson::Compiler::new()
            .configure(program)
            .build_from_hir(parsed)
            .ok()?;
        let config = Config::new()
            // Word boundaries are followed while the text is ASCII; a template with other letters is read whole.
            .unicode_word_boundary(true)
            .quit(NO_TEXT, true)
            // States are known by their numbers: none is ever dropped.
            .minimum_cache_clear_count(Some(0));
        let least = config.get_minimum_cache_capacity(&program).ok()?;
        let automaton = DFA::builder()
            .configure(config.cache_capacity(least + STATES_BYTES))
            .build_from_nfa(program)
            .ok()?;
        Some(Self(automaton))
    }

    /// The states so far, and the one before a line; none if it cannot start.
    pub(super) fn begin(&self) -> Option<(Made, StateID)> {
        let mut cache = self.0.create_cache();
        let program = self.0.get_nfa().states().len();
        let at_start = start::Config::new().anchored(Anchored::No);
        let start = self.0.start_state(&mut cache, &at_start).ok()?;
        let states = States {
            unsure: self.0.next_state(&mut cache, start, NO_TEXT).ok()?,
            cache,
            refused: 0,
            read: 0,
            worked_out: 0,
            new_step: cost::NEW_STEP + program as u64 / cost::PROGRAM_STATES,
        };
        Some((Made(Mutex::new(states)), start))
    }
}

/// The states of an automaton so far.
#[derive(Clone, Debug)]
pub(super) struct States {
    cache: Cache,
    /// The state in which the automaton cannot say.
    unsure: StateID,
    /// How often there was no room for one more.
    refused: u32,
    /// Bytes read, and those among them for which a step was taken for the first time.
    read: u64,
    worked_out: u64,
    /// What one of the latter costs: more for a program of many states, as each stands for a set of them.
    new_step: u64,
}

impl States {
    /// The state after a byte; that in which it cannot say where there is no room for more states.
    #[inline]
    pub(super) fn step(&mut self, automaton: &Automaton, state: StateID, byte: u8) -> StateID {
        self.read += 1;
        let dfa = &automaton.0;
        if !state.is_tagged() {
            let known = dfa.next_state_untagged(&self.cache, state, byte);
            if !known.is_unknown() {
                return known;
            }
        }
        if self.refused > MOST_REFUSED {
            return self.unsure;
        }
        self.worked_out += 1;
        let after = dfa.next_state(&mut self.cache, state, byte);
        after.unwrap_or_else(|_| {
            self.refused += 1;
            self.unsure
        })
    }

    /// Whether the pattern is found in a line that ends in a state; none where the automaton cannot say.
    pub(super) fn at_end(&mut self, automaton: &Automaton, state: StateID) -> Option<bool> {
        let end = automaton.0.next_eoi_state(&mut self.cache, state).ok()?;
        (!end.is_quit()).then(|| end.is_match())
    }

    /// What steps have cost since the last time it was set back.
    pub(super) const fn spent(&self) -> u64 {
        self.read * cost::STEP + self.worked_out * self.new_step
    }

    /// Begins to count costs anew.
    pub(super) const fn set_back(&mut self) {
        (self.read, self.worked_out) = (0, 0);
    }
}

/// The same for all that follow the automaton: a line's own minute or pod may lead to a new state.
#[derive(Debug)]
pub(super) struct Made(Mutex<States>);

impl Made {
    pub(super) fn lock(&self) -> MutexGuard<'_, States> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for one who shares it with nobody.
    pub(super) fn own(&mut self) -> &mut States {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Made {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}
