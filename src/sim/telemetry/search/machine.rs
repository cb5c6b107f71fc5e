//! A pattern's automaton with tables of what whole pieces of a value do to it: two digits, three digits, a byte in
//! hexadecimal. A value is then a few steps instead of one for each character. Knows nothing of templates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID as StateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::{start, syntax};

use crate::sim::telemetry::render::marks;
use crate::sim::telemetry::template::TimeForm;

/// A pattern's program may take so many bytes; a larger one is looked for in whole lines.
const PROGRAM_BYTES: usize = 1 << 18;
/// The states that a pattern's automaton has come to may take so many bytes. What would need more is read in whole lines.
const STATES_BYTES: usize = 1 << 17;
/// So often a state is sought that there is no room for; then none is sought any more.
const MOST_REFUSED: u32 = 100;
/// No text has this byte: the automaton quits there, which gives the state in which it cannot say.
const NO_TEXT: u8 = 0xff;

/// A pattern's automaton, of which only those states are made that some line can lead to. Making it costs the pattern's
/// program; a pattern of many states costs no more than the few that templates come to.
#[derive(Debug)]
pub(super) struct Automaton(DFA);

impl Automaton {
    /// Compiles a pattern; none if its program is too large or has what an automaton cannot follow.
    pub(super) fn new(pattern: &str, syntax: syntax::Config) -> Option<Self> {
        let program = thompson::Config::new()
            .nfa_size_limit(Some(PROGRAM_BYTES))
            .which_captures(thompson::WhichCaptures::None);
        let program = thompson::Compiler::new()
            .configure(program)
            .syntax(syntax)
            .build(pattern)
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
}

/// A state by its number among those that stand before, in or after a value.
pub(super) type State = u16;

/// No text leads from here to a match.
pub(super) const LOST: State = 0;
/// The pattern has been found.
pub(super) const FOUND: State = 1;
/// The automaton cannot say, or no table was made: the line itself decides.
pub(super) const UNSURE: State = 2;
/// The first number of an ordinary state.
const ORDINARY: usize = 3;
/// Values are followed in so many states; a pattern that needs more is looked for in whole lines.
const MOST_STATES: usize = 512;
/// Above so many thousands a number's last three digits are taken for any, at the ends of its range too.
const MOST_THOUSANDS: u64 = 4_000;

const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";

/// A value whose states after it are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Whole numbers of a range.
    Number(u64, u64),
    /// So many hexadecimal digits.
    Hex(u8),
    /// A number below one thousand with leading zeros.
    Padded3,
    /// Numbers below an end with two digits.
    Padded2(u8),
    /// A UUID of version 4.
    Uuid,
    /// An address in 10.0.0.0/8.
    Ip,
    /// Hundredths of a range with two decimals.
    Money(u64, u64),
    /// Microseconds of a range as milliseconds with three decimals.
    Millis(u64, u64),
}

/// For every state, the states after each value of one kind.
#[derive(Clone, Debug)]
struct Table {
    width: usize,
    cells: Vec<State>,
    made: Vec<bool>,
}

impl Table {
    fn new(width: usize) -> Self {
        let mut table = Self {
            width,
            cells: Vec::new(),
            made: Vec::new(),
        };
        for state in [LOST, FOUND, UNSURE] {
            table.fill(state, &vec![state; width]);
        }
        table
    }

    #[inline]
    fn get(&self, state: State, value: usize) -> State {
        let place = usize::from(state) * self.width + value;
        self.cells.get(place).copied().unwrap_or(UNSURE)
    }

    fn row(&self, state: State) -> &[State] {
        let start = usize::from(state) * self.width;
        self.cells.get(start..start + self.width).unwrap_or(&[])
    }

    fn has(&self, state: State) -> bool {
        self.made.get(usize::from(state)).copied().unwrap_or(false)
    }

    fn fill(&mut self, state: State, after: &[State]) {
        let place = usize::from(state);
        if self.made.len() <= place {
            self.made.resize(place + 1, false);
            self.cells.resize((place + 1) * self.width, UNSURE);
        }
        let start = place * self.width;
        if let Some(row) = self.cells.get_mut(start..start + after.len()) {
            row.copy_from_slice(after);
        }
        if let Some(made) = self.made.get_mut(place) {
            *made = true;
        }
    }
}

/// The states of an automaton so far.
#[derive(Clone, Debug)]
struct States {
    cache: Cache,
    /// How often there was no room for one more.
    refused: u32,
}

/// The same for all that follow the automaton: a line's own minute or pod may lead to a new state.
#[derive(Debug)]
struct Made(Mutex<States>);

impl Made {
    fn lock(&self) -> MutexGuard<'_, States> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Made {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

/// The automaton with its states and tables, which grow while templates are decided.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    automaton: Arc<Automaton>,
    made: Made,
    start: StateID,
    /// The state in which the automaton cannot say.
    unsure: StateID,
    /// Numbers of states, and the states of the numbers.
    numbers: BTreeMap<StateID, State>,
    states: Vec<StateID>,
    /// `0`, `7`, `42`, `999`.
    plain: Table,
    /// `000` to `999`.
    padded3: Table,
    /// `00` to `99`.
    padded2: Table,
    /// `00` to `ff`.
    hex2: Table,
    /// One hexadecimal digit.
    hex1: Table,
    point: Table,
    dash: Table,
    after: BTreeMap<(Shape, State), Arc<[State]>>,
    after_minute: BTreeMap<(TimeForm, StateID), Arc<[State]>>,
}

impl Machine {
    /// The automaton's tables, empty; none if it cannot start.
    pub(super) fn new(automaton: Arc<Automaton>) -> Option<Self> {
        let dfa = &automaton.0;
        let mut cache = dfa.create_cache();
        let at_start = start::Config::new().anchored(Anchored::No);
        let start = dfa.start_state(&mut cache, &at_start).ok()?;
        let unsure = dfa.next_state(&mut cache, start, NO_TEXT).ok()?;
        Some(Self {
            automaton,
            made: Made(Mutex::new(States { cache, refused: 0 })),
            start,
            unsure,
            numbers: BTreeMap::new(),
            states: vec![start; ORDINARY],
            plain: Table::new(1000),
            padded3: Table::new(1000),
            padded2: Table::new(100),
            hex2: Table::new(256),
            hex1: Table::new(16),
            point: Table::new(1),
            dash: Table::new(1),
            after: BTreeMap::new(),
            after_minute: BTreeMap::new(),
        })
    }

    /// The state before a line.
    pub(super) const fn start(&self) -> StateID {
        self.start
    }

    /// The state after a text; stays where the pattern has been found.
    pub(super) fn run(&self, state: StateID, text: &[u8]) -> StateID {
        self.run_while(state, text, |_| true)
    }

    /// The same, while `goes_on` says so of the state after each byte.
    #[inline]
    pub(super) fn run_while(
        &self,
        mut state: StateID,
        text: &[u8],
        mut goes_on: impl FnMut(StateID) -> bool,
    ) -> StateID {
        let mut made = self.made.lock();
        for &byte in text {
            if state.is_match() {
                break;
            }
            state = self.step(&mut made, state, byte);
            if !goes_on(state) {
                break;
            }
        }
        state
    }

    /// The state after a byte; that in which it cannot say where there is no room for more states.
    #[inline]
    fn step(&self, made: &mut States, state: StateID, byte: u8) -> StateID {
        if made.refused > MOST_REFUSED {
            return self.unsure;
        }
        let after = self.automaton.0.next_state(&mut made.cache, state, byte);
        after.unwrap_or_else(|_| {
            made.refused += 1;
            self.unsure
        })
    }

    /// Whether the pattern is found in a line that ends in a state; none where the automaton cannot say.
    pub(super) fn at_end(&self, state: StateID) -> Option<bool> {
        let cache = &mut self.made.lock().cache;
        let end = self.automaton.0.next_eoi_state(cache, state).ok()?;
        (!end.is_quit()).then(|| end.is_match())
    }

    /// Whether a state says more than that the rest of the line is to be read: found, lost or unsure.
    pub(super) const fn settled(state: StateID) -> Option<State> {
        if !state.is_tagged() {
            None
        } else if state.is_match() {
            Some(FOUND)
        } else if state.is_dead() {
            Some(LOST)
        } else if state.is_quit() {
            Some(UNSURE)
        } else {
            None
        }
    }

    /// A state's number; [`UNSURE`] if there are too many.
    pub(super) fn number(&mut self, state: StateID) -> State {
        let known = self.known(state);
        if known != UNSURE || state.is_tagged() || self.states.len() >= MOST_STATES {
            return known;
        }
        let number = self.states.len() as State;
        self.states.push(state);
        self.numbers.insert(state, number);
        number
    }

    /// The number of a state that has one already.
    pub(super) fn known(&self, state: StateID) -> State {
        Self::settled(state)
            .or_else(|| self.numbers.get(&state).copied())
            .unwrap_or(UNSURE)
    }

    /// The state of a number of an ordinary state.
    pub(super) fn state(&self, number: State) -> StateID {
        self.states
            .get(usize::from(number))
            .copied()
            .unwrap_or(self.start)
    }

    /// The states after each byte of an alphabet, state by state.
    fn spread(&self, from: &[StateID], alphabet: &[u8]) -> Vec<StateID> {
        let mut made = self.made.lock();
        let mut after = Vec::with_capacity(from.len() * alphabet.len());
        for &state in from {
            if state.is_match() {
                after.extend(alphabet.iter().map(|_| state));
            } else {
                let next = |&byte| self.step(&mut made, state, byte);
                after.extend(alphabet.iter().map(next));
            }
        }
        after
    }

    fn numbered(&mut self, states: &[StateID]) -> Vec<State> {
        states.iter().map(|&state| self.number(state)).collect()
    }

    fn make_plain(&mut self, state: State) {
        if self.plain.has(state) {
            return;
        }
        let one = self.spread(&[self.state(state)], DIGITS);
        let two = self.spread(one.get(1..).unwrap_or(&[]), DIGITS);
        let three = self.spread(&two, DIGITS);
        let row = self.numbered(&[one, two, three].concat());
        self.plain.fill(state, &row);
    }

    fn make_padded3(&mut self, state: State) {
        if self.padded3.has(state) {
            return;
        }
        let one = self.spread(&[self.state(state)], DIGITS);
        let two = self.spread(&one, DIGITS);
        let row = self.spread(&two, DIGITS);
        let row = self.numbered(&row);
        self.padded3.fill(state, &row);
    }

    fn make_padded2(&mut self, state: State) {
        if self.padded2.has(state) {
            return;
        }
        let one = self.spread(&[self.state(state)], DIGITS);
        let row = self.spread(&one, DIGITS);
        let row = self.numbered(&row);
        self.padded2.fill(state, &row);
    }

    fn make_hex(&mut self, state: State) {
        if self.hex2.has(state) {
            return;
        }
        let one = self.spread(&[self.state(state)], HEX);
        let two = self.spread(&one, HEX);
        let (one, two) = (self.numbered(&one), self.numbered(&two));
        self.hex1.fill(state, &one);
        self.hex2.fill(state, &two);
    }

    fn make_marks(&mut self, state: State) {
        if self.point.has(state) {
            return;
        }
        let point = self.spread(&[self.state(state)], b".");
        let dash = self.spread(&[self.state(state)], b"-");
        let (point, dash) = (self.numbered(&point), self.numbered(&dash));
        self.point.fill(state, &point);
        self.dash.fill(state, &dash);
    }

    /// The states after any value of a shape, ascending. All that a value passes gets its tables.
    pub(super) fn after(&mut self, shape: Shape, state: State) -> Arc<[State]> {
        if usize::from(state) < ORDINARY {
            return Arc::from([state]);
        }
        if let Some(known) = self.after.get(&(shape, state)) {
            return Arc::clone(known);
        }
        let states = self.compute(shape, state);
        let states: Arc<[State]> = states.into_iter().collect();
        self.after.insert((shape, state), Arc::clone(&states));
        states
    }

    fn compute(&mut self, shape: Shape, state: State) -> BTreeSet<State> {
        let from = BTreeSet::from([state]);
        match shape {
            Shape::Number(low, high) => self.numbers(state, low, high),
            Shape::Padded3 => {
                self.make_padded3(state);
                self.padded3.row(state).iter().copied().collect()
            }
            Shape::Padded2(end) => {
                self.make_padded2(state);
                let row = self.padded2.row(state).iter();
                row.take(usize::from(end)).copied().collect()
            }
            Shape::Hex(digits) => self.any_hex(from, digits.into()),
            Shape::Uuid => self.any_uuid(from),
            Shape::Ip => {
                let ten = self.run(self.state(state), b"10");
                let mut states = BTreeSet::from([self.number(ten)]);
                for _ in 0..3 {
                    let pointed = self.pointed(&states);
                    states = self.each(&pointed, Shape::Number(0, 255));
                }
                states
            }
            Shape::Money(low, high) => {
                let whole = self.after(Shape::Number(low / 100, high / 100), state);
                let pointed = self.pointed(&whole.iter().copied().collect());
                self.each(&pointed, Shape::Padded2(100))
            }
            Shape::Millis(low, high) => {
                let whole = self.after(Shape::Number(low / 1000, high / 1000), state);
                let pointed = self.pointed(&whole.iter().copied().collect());
                self.each(&pointed, Shape::Padded3)
            }
        }
    }

    /// The states after any date, hour and minute of a form, ascending.
    pub(super) fn after_minute(&mut self, form: TimeForm, state: StateID) -> Arc<[State]> {
        if let Some(known) = self.after_minute.get(&(form, state)) {
            return Arc::clone(known);
        }
        let (between, _, _) = marks(form);
        let between = between as u8;
        let mut states = vec![state];
        for &byte in b"9999-99-99T99:99:" {
            states = match byte {
                b'9' => self.spread(&states, DIGITS),
                b'T' => self.spread(&states, &[between]),
                other => self.spread(&states, &[other]),
            };
            states.sort_unstable();
            states.dedup();
        }
        let numbers: BTreeSet<State> = self.numbered(&states).into_iter().collect();
        let numbers: Arc<[State]> = numbers.into_iter().collect();
        self.after_minute
            .insert((form, state), Arc::clone(&numbers));
        numbers
    }

    fn each(&mut self, from: &BTreeSet<State>, shape: Shape) -> BTreeSet<State> {
        let mut states = BTreeSet::new();
        for &state in from {
            states.extend(self.after(shape, state).iter());
        }
        states
    }

    fn pointed(&mut self, from: &BTreeSet<State>) -> BTreeSet<State> {
        let mut states = BTreeSet::new();
        for &state in from {
            self.make_marks(state);
            states.insert(self.point.get(state, 0));
        }
        states
    }

    /// The states after the whole numbers of a range.
    fn numbers(&mut self, state: State, low: u64, high: u64) -> BTreeSet<State> {
        let slice = |row: &[State], low: u64, high: u64| -> BTreeSet<State> {
            let row = row.get(low as usize..=high as usize);
            row.unwrap_or(&[UNSURE]).iter().copied().collect()
        };
        self.make_plain(state);
        if high < 1000 {
            return slice(self.plain.row(state), low, high);
        }
        let mut states = BTreeSet::new();
        if low < 1000 {
            states = slice(self.plain.row(state), low, 999);
        }
        let (first, last) = ((low / 1000).max(1), high / 1000);
        if last - first > MOST_THOUSANDS {
            let before = self.numbers(state, first, last);
            states.extend(self.each(&before, Shape::Padded3));
            return states;
        }
        let mut whole = BTreeSet::new();
        // A number's thousands may themselves have more than three digits.
        self.numbers(state, first, last);
        for thousands in first..=last {
            let before = self.after_number(state, thousands);
            let from = if thousands == low / 1000 {
                low % 1000
            } else {
                0
            };
            let to = if thousands == last { high % 1000 } else { 999 };
            if (from, to) == (0, 999) {
                whole.insert(before);
            } else {
                self.make_padded3(before);
                states.extend(slice(self.padded3.row(before), from, to));
            }
        }
        states.extend(self.each(&whole, Shape::Padded3));
        states
    }

    fn any_hex(&mut self, from: BTreeSet<State>, digits: usize) -> BTreeSet<State> {
        let mut states = from;
        for pair in 0..digits.div_ceil(2) {
            let mut after = BTreeSet::new();
            for &state in &states {
                self.make_hex(state);
                let odd = pair == 0 && digits % 2 == 1;
                let table = if odd { &self.hex1 } else { &self.hex2 };
                after.extend(table.row(state));
            }
            states = after;
        }
        states
    }

    fn any_uuid(&mut self, from: BTreeSet<State>) -> BTreeSet<State> {
        let mut states = from;
        for digits in [8, 4, 4, 4, 12] {
            if digits != 8 {
                let mut after = BTreeSet::new();
                for &state in &states {
                    self.make_marks(state);
                    after.insert(self.dash.get(state, 0));
                }
                states = after;
            }
            states = self.any_hex(states, digits);
        }
        states
    }

    /// The state after a whole number.
    #[inline]
    pub(super) fn after_number(&self, state: State, number: u64) -> State {
        if number < 1000 {
            self.plain.get(state, number as usize)
        } else {
            let thousands = self.after_number(state, number / 1000);
            self.padded3.get(thousands, (number % 1000) as usize)
        }
    }

    /// The state after three digits.
    #[inline]
    pub(super) fn after_padded3(&self, state: State, number: u64) -> State {
        self.padded3.get(state, number as usize)
    }

    /// The state after two digits.
    #[inline]
    pub(super) fn after_padded2(&self, state: State, number: u64) -> State {
        self.padded2.get(state, number as usize)
    }

    /// The state after thousandths with three decimals.
    #[inline]
    pub(super) fn after_millis(&self, state: State, thousandths: u64) -> State {
        let whole = self.after_number(state, thousandths / 1000);
        self.after_padded3(self.point.get(whole, 0), thousandths % 1000)
    }

    /// The state after hundredths with two decimals.
    #[inline]
    pub(super) fn after_money(&self, state: State, hundredths: u64) -> State {
        let whole = self.after_number(state, hundredths / 100);
        self.after_padded2(self.point.get(whole, 0), hundredths % 100)
    }

    /// The state after an address in 10.0.0.0/8.
    #[inline]
    pub(super) fn after_ip(&self, ten: State, parts: [u8; 3]) -> State {
        parts.iter().fold(ten, |state, &part| {
            self.plain.get(self.point.get(state, 0), part.into())
        })
    }

    /// The state after the byte at a place of a number in hexadecimal digits.
    #[inline]
    pub(super) fn after_byte(&self, state: State, byte: u8) -> State {
        self.hex2.get(state, byte.into())
    }

    /// The state after a hexadecimal digit.
    #[inline]
    pub(super) fn after_nibble(&self, state: State, nibble: u8) -> State {
        self.hex1.get(state, (nibble & 0xf).into())
    }

    /// The state after a dash.
    #[inline]
    pub(super) fn after_dash(&self, state: State) -> State {
        self.dash.get(state, 0)
    }
}
