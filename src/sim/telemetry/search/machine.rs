//! A pattern's automaton with tables of what whole pieces of a value do to it: two digits, three digits, a byte in
//! hexadecimal. A value is then a few steps instead of one for each character. Knows nothing of templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex_automata::hybrid::LazyStateID as StateID;

use super::automaton::{Automaton, Made, STATES_BYTES};
use super::set::Set;
use super::table::Table;
use crate::sim::telemetry::render::marks;
use crate::sim::telemetry::template::TimeForm;

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
pub(super) const MOST_STATES: usize = 512;
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

/// Why a template is not decided yet, or cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The budget is spent; going on gets further.
    Spent,
    /// The line itself decides.
    Unclear,
}

/// The automaton with its states and tables, which grow while templates are decided.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    automaton: Arc<Automaton>,
    made: Made,
    /// What may be spent until the next pause, and whether anything has been kept since the last one.
    limit: u64,
    moved: bool,
    start: StateID,
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
        let (made, start) = automaton.begin()?;
        Some(Self {
            automaton,
            made,
            limit: u64::MAX,
            moved: false,
            start,
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

    /// Goes on within a budget of work.
    pub(super) fn go_on(&mut self, work: u64) {
        self.made.own().set_back();
        (self.limit, self.moved) = (work, false);
    }

    /// What going on has taken so far.
    pub(super) fn spent(&mut self) -> u64 {
        self.made.own().spent()
    }

    /// Stops where the budget is spent, if anything has been kept for the next time.
    pub(super) fn pause(&mut self) -> Result<(), Stop> {
        if self.moved && self.spent() >= self.limit {
            return Err(Stop::Spent);
        }
        Ok(())
    }

    /// Something has been worked out that is not worked out again.
    pub(super) const fn moved(&mut self) {
        self.moved = true;
    }

    /// What a copy of it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.plain.bytes() + self.padded3.bytes() + STATES_BYTES
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
            state = made.step(&self.automaton, state, byte);
            if !goes_on(state) {
                break;
            }
        }
        state
    }

    /// Whether the pattern is found in a line that ends in a state; none where the automaton cannot say.
    pub(super) fn at_end(&self, state: StateID) -> Option<bool> {
        self.made.lock().at_end(&self.automaton, state)
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
                let next = |&byte| made.step(&self.automaton, state, byte);
                after.extend(alphabet.iter().map(next));
            }
        }
        after
    }

    fn numbered(&mut self, states: &[StateID]) -> Vec<State> {
        states.iter().map(|&state| self.number(state)).collect()
    }

    fn make_plain(&mut self, state: State) -> Result<(), Stop> {
        if self.plain.has(state) {
            return Ok(());
        }
        self.pause()?;
        let one = self.spread(&[self.state(state)], DIGITS);
        let two = self.spread(one.get(1..).unwrap_or(&[]), DIGITS);
        let three = self.spread(&two, DIGITS);
        let row = self.numbered(&[one, two, three].concat());
        self.plain.fill(state, &row);
        self.moved();
        Ok(())
    }

    fn make_padded3(&mut self, state: State) -> Result<(), Stop> {
        if self.padded3.has(state) {
            return Ok(());
        }
        self.pause()?;
        let one = self.spread(&[self.state(state)], DIGITS);
        let two = self.spread(&one, DIGITS);
        let row = self.spread(&two, DIGITS);
        let row = self.numbered(&row);
        self.padded3.fill(state, &row);
        self.moved();
        Ok(())
    }

    fn make_padded2(&mut self, state: State) -> Result<(), Stop> {
        if self.padded2.has(state) {
            return Ok(());
        }
        self.pause()?;
        let one = self.spread(&[self.state(state)], DIGITS);
        let row = self.spread(&one, DIGITS);
        let row = self.numbered(&row);
        self.padded2.fill(state, &row);
        self.moved();
        Ok(())
    }

    fn make_hex(&mut self, state: State) -> Result<(), Stop> {
        if self.hex2.has(state) {
            return Ok(());
        }
        self.pause()?;
        let one = self.spread(&[self.state(state)], HEX);
        let two = self.spread(&one, HEX);
        let (one, two) = (self.numbered(&one), self.numbered(&two));
        self.hex1.fill(state, &one);
        self.hex2.fill(state, &two);
        self.moved();
        Ok(())
    }

    fn make_marks(&mut self, state: State) -> Result<(), Stop> {
        if self.point.has(state) {
            return Ok(());
        }
        self.pause()?;
        let point = self.spread(&[self.state(state)], b".");
        let dash = self.spread(&[self.state(state)], b"-");
        let (point, dash) = (self.numbered(&point), self.numbered(&dash));
        self.point.fill(state, &point);
        self.dash.fill(state, &dash);
        self.moved();
        Ok(())
    }

    /// The states after any value of a shape, ascending. All that a value passes gets its tables.
    pub(super) fn after(&mut self, shape: Shape, state: State) -> Result<Arc<[State]>, Stop> {
        if usize::from(state) < ORDINARY {
            return Ok(Arc::from([state]));
        }
        if let Some(known) = self.after.get(&(shape, state)) {
            return Ok(Arc::clone(known));
        }
        let states: Arc<[State]> = self.compute(shape, state)?.iter().collect();
        self.after.insert((shape, state), Arc::clone(&states));
        self.moved();
        Ok(states)
    }

    fn compute(&mut self, shape: Shape, state: State) -> Result<Set, Stop> {
        let from = Set::of([state]);
        match shape {
            Shape::Number(low, high) => self.numbers(state, low, high),
            Shape::Padded3 => {
                self.make_padded3(state)?;
                Ok(self.padded3.all(state))
            }
            Shape::Padded2(end) => {
                self.make_padded2(state)?;
                let row = self.padded2.row(state).iter();
                Ok(Set::of(row.take(usize::from(end)).copied()))
            }
            Shape::Hex(digits) => self.any_hex(from, digits.into()),
            Shape::Uuid => self.any_uuid(from),
            Shape::Ip => {
                let ten = self.run(self.state(state), b"10");
                let mut states = Set::of([self.number(ten)]);
                for _ in 0..3 {
                    let pointed = self.pointed(&states)?;
                    states = self.each(&pointed, Shape::Number(0, 255))?;
                }
                Ok(states)
            }
            Shape::Money(low, high) => {
                let whole = self.after(Shape::Number(low / 100, high / 100), state)?;
                let pointed = self.pointed(&Set::of(whole.iter().copied()))?;
                self.each(&pointed, Shape::Padded2(100))
            }
            Shape::Millis(low, high) => {
                let whole = self.after(Shape::Number(low / 1000, high / 1000), state)?;
                let pointed = self.pointed(&Set::of(whole.iter().copied()))?;
                self.each(&pointed, Shape::Padded3)
            }
        }
    }

    /// The states after any date, hour and minute of a form, ascending.
    pub(super) fn after_minute(
        &mut self,
        form: TimeForm,
        state: StateID,
    ) -> Result<Arc<[State]>, Stop> {
        if let Some(known) = self.after_minute.get(&(form, state)) {
            return Ok(Arc::clone(known));
        }
        self.pause()?;
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
        let numbers = Set::of(self.numbered(&states));
        let numbers: Arc<[State]> = numbers.iter().collect();
        self.after_minute
            .insert((form, state), Arc::clone(&numbers));
        self.moved();
        Ok(numbers)
    }

    fn each(&mut self, from: &Set, shape: Shape) -> Result<Set, Stop> {
        let mut states = Set::default();
        for state in from.iter() {
            states.add(&Set::of(self.after(shape, state)?.iter().copied()));
        }
        Ok(states)
    }

    fn pointed(&mut self, from: &Set) -> Result<Set, Stop> {
        let mut states = Set::default();
        for state in from.iter() {
            self.make_marks(state)?;
            states.insert(self.point.get(state, 0));
        }
        Ok(states)
    }

    /// The states after the whole numbers of a range.
    fn numbers(&mut self, state: State, low: u64, high: u64) -> Result<Set, Stop> {
        let slice = |row: &[State], low: u64, high: u64| {
            let row = row.get(low as usize..=high as usize);
            Set::of(row.unwrap_or(&[UNSURE]).iter().copied())
        };
        self.make_plain(state)?;
        if high < 1000 {
            return Ok(slice(self.plain.row(state), low, high));
        }
        let mut states = Set::default();
        if low < 1000 {
            states = slice(self.plain.row(state), low, 999);
        }
        let (first, last) = ((low / 1000).max(1), high / 1000);
        if last - first > MOST_THOUSANDS {
            let before = self.numbers(state, first, last)?;
            states.add(&self.each(&before, Shape::Padded3)?);
            return Ok(states);
        }
        let mut whole = Set::default();
        // A number's thousands may themselves have more than three digits.
        self.numbers(state, first, last)?;
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
                self.make_padded3(before)?;
                states.add(&slice(self.padded3.row(before), from, to));
            }
        }
        states.add(&self.each(&whole, Shape::Padded3)?);
        Ok(states)
    }

    fn any_hex(&mut self, from: Set, digits: usize) -> Result<Set, Stop> {
        let mut states = from;
        for pair in 0..digits.div_ceil(2) {
            let mut after = Set::default();
            for state in states.iter() {
                self.make_hex(state)?;
                let odd = pair == 0 && digits % 2 == 1;
                let table = if odd { &self.hex1 } else { &self.hex2 };
                after.add(&table.all(state));
            }
            states = after;
        }
        Ok(states)
    }

    fn any_uuid(&mut self, from: Set) -> Result<Set, Stop> {
        let mut states = from;
        for digits in [8, 4, 4, 4, 12] {
            if digits != 8 {
                let mut after = Set::default();
                for state in states.iter() {
                    self.make_marks(state)?;
                    after.insert(self.dash.get(state, 0));
                }
                states = after;
            }
            states = self.any_hex(states, digits)?;
        }
        Ok(states)
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
