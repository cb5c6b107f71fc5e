//! In which lines of a template a pattern is found: the pattern's automaton run over the template with sets of states.
//!
//! A node stands for (piece of the template, state before it). Literal text leads from one node to the next; so does a
//! piece whose every value leads to the same node. What remains are the pieces that matter, on each path. Sets of values
//! are taken too large rather than too small, so what is decided without a piece is right, and what is not is decided by
//! its value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regex_automata::hybrid::LazyStateID as StateID;

use super::machine::{FOUND, LOST, Machine, Shape, State, Stop, UNSURE};
use super::pieces::{Piece, cut};
use crate::sim::telemetry::latency::Latency;
use crate::sim::telemetry::slots::SlotTrack;
use crate::sim::telemetry::template::Template;

/// A graph of a template may have so many nodes.
const MOST_NODES: usize = 4096;
/// Steps of the automaton that may be spent on one template's texts.
const MOST_STEPS: usize = 2_000_000;

/// The node of lines without the pattern.
pub(super) const NOT_IN: u32 = 0;
/// The node of lines with it.
pub(super) const IN: u32 = 1;
/// No node: the line itself decides.
pub(super) const BY_LINE: u32 = u32::MAX;

/// Where a line goes by a piece's value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The piece.
    pub(super) piece: usize,
    /// The state before it.
    pub(super) state: State,
    pub(super) next: Next,
}

/// The nodes behind a piece.
#[derive(Clone, Debug)]
pub(super) enum Next {
    /// By the number of the word.
    Word(Box<[u32]>),
    /// By the state after the value.
    Value(Box<[(State, u32)]>),
    /// By the state after a duration; most buckets decide for all durations in them.
    Duration {
        next: Box<[(State, u32)]>,
        /// The node of each bucket, [`BY_LINE`] where its durations differ.
        of_bucket: Box<[u32]>,
        /// The node of most buckets, and the others, bit by bit.
        usual: u32,
        others: u64,
    },
}

/// What the events of a template share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) slots: Option<&'a SlotTrack>,
    pub(super) latency: Option<&'a Latency>,
}

/// The decision graph of one pattern and one template.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) pieces: Vec<Piece>,
    /// Every node lies before those that lead to it; the first two are [`NOT_IN`] and [`IN`].
    nodes: Vec<Option<Node>>,
    pub(super) start: u32,
}

impl Graph {
    /// What every line says, if they all say the same.
    pub(super) const fn known(&self) -> Option<bool> {
        match self.start {
            NOT_IN => Some(false),
            IN => Some(true),
            _ => None,
        }
    }

    /// A node that chooses.
    pub(super) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)?.as_ref()
    }
}

/// A graph as far as it has been made.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pieces: Vec<Piece>,
    nodes: Vec<Option<Node>>,
    /// Nodes by piece and state; none for one that is begun.
    memo: BTreeMap<(usize, StateID), Option<u32>>,
    /// The states after each byte of a text when it was first run through.
    paths: BTreeMap<usize, Vec<StateID>>,
    steps: usize,
}

impl Draft {
    /// Nothing is made yet.
    pub(super) fn new(template: &Template) -> Self {
        Self {
            pieces: cut(template),
            nodes: vec![None, None],
            memo: BTreeMap::new(),
            paths: BTreeMap::new(),
            steps: 0,
        }
    }

    /// Goes on within the machine's budget; the node before the first piece when all are made. It is unclear if the graph
    /// grows too large or the automaton cannot say.
    pub(super) fn go_on(
        &mut self,
        machine: &mut Machine,
        around: Surroundings<'_>,
    ) -> Result<u32, Stop> {
        let start = machine.start();
        let pieces = std::mem::take(&mut self.pieces);
        let mut builder = Builder {
            machine,
            pieces: &pieces,
            around,
            draft: self,
            again: false,
        };
        let start = builder.node(0, start);
        self.pieces = pieces;
        start
    }

    /// The graph that begins at a node.
    pub(super) fn finish(self, start: u32) -> Graph {
        Graph {
            pieces: self.pieces,
            nodes: self.nodes,
            start,
        }
    }
}

struct Builder<'a> {
    machine: &'a mut Machine,
    pieces: &'a [Piece],
    around: Surroundings<'a>,
    draft: &'a mut Draft,
    /// The node that is being made was begun before: its steps are counted already.
    again: bool,
}

impl Builder<'_> {
    /// The node before a piece in a state.
    fn node(&mut self, piece: usize, state: StateID) -> Result<u32, Stop> {
        match Machine::settled(state) {
            Some(FOUND) => return Ok(IN),
            Some(LOST) => return Ok(NOT_IN),
            Some(_) => return Err(Stop::Unclear),
            None => {}
        }
        let known = self.draft.memo.get(&(piece, state)).copied();
        if let Some(Some(node)) = known {
            return Ok(node);
        }
        self.machine.pause()?;
        self.draft.memo.insert((piece, state), None);
        self.again = known.is_some();
        let pieces = self.pieces;
        let node = match pieces.get(piece) {
            None if self.machine.at_end(state).ok_or(Stop::Unclear)? => IN,
            None => NOT_IN,
            Some(Piece::Text(text)) => {
                let after = self.text(piece, state, text.as_bytes());
                self.node(piece + 1, after)?
            }
            Some(Piece::Words { words, .. }) => self.words(piece, state, words)?,
            Some(value) => self.value(piece, state, value)?,
        };
        if self.draft.memo.len() > MOST_NODES || self.draft.steps > MOST_STEPS {
            return Err(Stop::Unclear);
        }
        self.draft.memo.insert((piece, state), Some(node));
        self.machine.moved();
        Ok(node)
    }

    /// Counts steps once, however often the node is begun.
    const fn count(&mut self, steps: usize) {
        if !self.again {
            self.draft.steps += steps;
        }
    }

    /// The state after a text. Whatever the state before, most texts soon lead to the same states.
    fn text(&mut self, piece: usize, state: StateID, text: &[u8]) -> StateID {
        let Some(path) = self.draft.paths.get(&piece) else {
            let mut path = Vec::with_capacity(text.len());
            let after = self.machine.run_while(state, text, |state| {
                path.push(state);
                true
            });
            self.count(path.len());
            self.draft.paths.insert(piece, path);
            return after;
        };
        let (mut read, mut met) = (0, false);
        let after = self.machine.run_while(state, text, |after| {
            met = path.get(read) == Some(&after);
            read += 1;
            !met
        });
        let after = match path.last() {
            Some(&last) if met => last,
            _ => after,
        };
        self.count(read);
        after
    }

    fn words(&mut self, piece: usize, state: StateID, words: &[Arc<str>]) -> Result<u32, Stop> {
        self.count(words.iter().map(|word| word.len()).sum());
        let mut next = Vec::with_capacity(words.len());
        for word in words {
            let after = self.machine.run(state, word.as_bytes());
            next.push(self.node(piece + 1, after)?);
        }
        if let Some(same) = all_same(next.iter().copied()) {
            return Ok(same);
        }
        Ok(self.push(piece, state, Next::Word(next.into())))
    }

    fn value(&mut self, piece: usize, state: StateID, value: &Piece) -> Result<u32, Stop> {
        let before = self.machine.number(state);
        let states = self.after_value(before, state, value)?;
        let mut next = Vec::with_capacity(states.len());
        for &after in &*states {
            next.push((after, self.after(piece, after)?));
        }
        if let Some(same) = all_same(next.iter().map(|&(_, node)| node)) {
            return Ok(same);
        }
        let next = match (value, self.around.latency) {
            (Piece::DurationMs | Piece::DurationUs, Some(latency)) => {
                self.by_duration(before, value, latency, next)?
            }
            _ => Next::Value(next.into()),
        };
        Ok(self.push(piece, state, next))
    }

    /// The node behind a piece in a state by its number.
    fn after(&mut self, piece: usize, state: State) -> Result<u32, Stop> {
        match state {
            FOUND => Ok(IN),
            LOST => Ok(NOT_IN),
            UNSURE => Err(Stop::Unclear),
            state => self.node(piece + 1, self.machine.state(state)),
        }
    }

    fn by_duration(
        &mut self,
        before: State,
        value: &Piece,
        latency: &Latency,
        next: Vec<(State, u32)>,
    ) -> Result<Next, Stop> {
        let mut of_bucket = Vec::with_capacity(latency.buckets());
        for bucket in 0..latency.buckets() {
            let shape = shape_of(value, latency.range_us(bucket));
            let states = self.machine.after(shape, before)?;
            let nodes = states.iter().map(|&state| leads_to(&next, state));
            of_bucket.push(all_same(nodes).unwrap_or(BY_LINE));
        }
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for &node in of_bucket.iter().filter(|node| **node != BY_LINE) {
            *counts.entry(node).or_default() += 1;
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        let usual = most.map_or(BY_LINE, |(node, _)| *node);
        let numbered = of_bucket.iter().enumerate();
        let others = numbered
            .filter(|(bucket, node)| *bucket < 64 && (**node != usual || usual == BY_LINE))
            .fold(0, |others, (bucket, _)| others | 1 << bucket);
        Ok(Next::Duration {
            next: next.into(),
            of_bucket: of_bucket.into(),
            usual,
            others,
        })
    }

    fn push(&mut self, piece: usize, state: StateID, next: Next) -> u32 {
        let state = self.machine.number(state);
        let nodes = &mut self.draft.nodes;
        nodes.push(Some(Node { piece, state, next }));
        nodes.len() as u32 - 1
    }

    /// The states in which any value of a piece may leave the automaton, ascending.
    fn after_value(
        &mut self,
        before: State,
        state: StateID,
        value: &Piece,
    ) -> Result<Arc<[State]>, Stop> {
        let slots = self.around.slots;
        let pods = || slots.into_iter().flat_map(SlotTrack::slots);
        let shape = match value {
            Piece::Text(_) | Piece::Words { .. } => return Ok(Arc::from([before])),
            Piece::Minute(form) => return self.machine.after_minute(*form, state),
            Piece::Pod => return Ok(self.names(state, pods().map(|(_, slot)| &*slot.pod))),
            Piece::Node => return Ok(self.names(state, pods().map(|(_, slot)| &*slot.node))),
            Piece::Drawn { kind, .. } => kind.shape(),
            Piece::Trace => Shape::Hex(32),
            Piece::Span => Shape::Hex(16),
            Piece::Second => Shape::Padded2(60),
            Piece::Milli => Shape::Padded3,
            Piece::DurationMs | Piece::DurationUs => {
                let latency = self.around.latency;
                let range = latency.map_or((0, 0), |latency| {
                    (1, latency.range_us(latency.buckets().saturating_sub(1)).1)
                });
                shape_of(value, range)
            }
        };
        self.machine.after(shape, before)
    }

    fn names<'n>(&mut self, state: StateID, names: impl Iterator<Item = &'n str>) -> Arc<[State]> {
        let names: BTreeSet<&str> = names.chain(["-"]).collect();
        self.count(names.iter().map(|name| name.len()).sum());
        let mut states = BTreeSet::new();
        for name in names {
            let after = self.machine.run(state, name.as_bytes());
            states.insert(self.machine.number(after));
        }
        states.into_iter().collect()
    }
}

/// Durations of a range in microseconds as a piece writes them.
const fn shape_of(value: &Piece, (low, high): (u64, u64)) -> Shape {
    match value {
        Piece::DurationMs => Shape::Millis(low, high),
        _ => Shape::Number(low, high),
    }
}

/// The node of a state; [`BY_LINE`] for one that no value was thought to lead to.
pub(super) fn leads_to(next: &[(State, u32)], state: State) -> u32 {
    let place = next.binary_search_by_key(&state, |(state, _)| *state);
    place
        .ok()
        .and_then(|place| next.get(place))
        .map_or(BY_LINE, |(_, node)| *node)
}

fn all_same(mut nodes: impl Iterator<Item = u32>) -> Option<u32> {
    let first = nodes.next()?;
    nodes.all(|other| other == first).then_some(first)
}
