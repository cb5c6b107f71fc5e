//! In which lines of a template a pattern is found: the pattern's automaton run over the template with sets of states.
//!
//! A node stands for (piece of the template, state before it). Literal text leads from one node to the next; so does a
//! piece whose every value leads to the same node. What remains are the pieces that matter, on each path. Sets of values
//! are taken too large rather than too small, so what is decided without a piece is right, and what is not is decided by
//! its value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regex_automata::hybrid::LazyStateID as StateID;

use super::machine::{FOUND, LOST, Machine, Shape, State, UNSURE};
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
#[derive(Debug)]
pub(super) struct Node {
    /// The piece.
    pub(super) piece: usize,
    /// The state before it.
    pub(super) state: State,
    pub(super) next: Next,
}

/// The nodes behind a piece.
#[derive(Debug)]
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
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) pieces: Vec<Piece>,
    /// Every node lies before those that lead to it; the first two are [`NOT_IN`] and [`IN`].
    nodes: Vec<Option<Node>>,
    pub(super) start: u32,
}

impl Graph {
    /// The graph; `None` if it grows too large or the automaton cannot say.
    pub(super) fn new(
        machine: &mut Machine,
        template: &Template,
        around: Surroundings<'_>,
    ) -> Option<Self> {
        let pieces = cut(template);
        let start = machine.start();
        let mut builder = Builder {
            machine,
            pieces: &pieces,
            around,
            nodes: vec![None, None],
            memo: BTreeMap::new(),
            paths: BTreeMap::new(),
            steps: 0,
        };
        let start = builder.node(0, start)?;
        let nodes = builder.nodes;
        Some(Self {
            pieces,
            nodes,
            start,
        })
    }

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

struct Builder<'a> {
    machine: &'a mut Machine,
    pieces: &'a [Piece],
    around: Surroundings<'a>,
    nodes: Vec<Option<Node>>,
    memo: BTreeMap<(usize, StateID), u32>,
    /// The states after each byte of a text when it was first run through.
    paths: BTreeMap<usize, Vec<StateID>>,
    steps: usize,
}

impl Builder<'_> {
    /// The node before a piece in a state; none where the automaton cannot say or the graph grows too large.
    fn node(&mut self, piece: usize, state: StateID) -> Option<u32> {
        match Machine::settled(state) {
            Some(FOUND) => return Some(IN),
            Some(LOST) => return Some(NOT_IN),
            Some(_) => return None,
            None => {}
        }
        if let Some(&known) = self.memo.get(&(piece, state)) {
            return Some(known);
        }
        let pieces = self.pieces;
        let node = match pieces.get(piece) {
            None if self.machine.at_end(state)? => IN,
            None => NOT_IN,
            Some(Piece::Text(text)) => {
                let after = self.text(piece, state, text.as_bytes());
                self.node(piece + 1, after)?
            }
            Some(Piece::Words { words, .. }) => self.words(piece, state, words)?,
            Some(value) => self.value(piece, state, value)?,
        };
        if self.memo.len() >= MOST_NODES || self.steps > MOST_STEPS {
            return None;
        }
        self.memo.insert((piece, state), node);
        Some(node)
    }

    /// The state after a text. Whatever the state before, most texts soon lead to the same states.
    fn text(&mut self, piece: usize, state: StateID, text: &[u8]) -> StateID {
        let Some(path) = self.paths.get(&piece) else {
            let mut path = Vec::with_capacity(text.len());
            let after = self.machine.run_while(state, text, |state| {
                path.push(state);
                true
            });
            self.steps += path.len();
            self.paths.insert(piece, path);
            return after;
        };
        let (mut read, mut met) = (0, false);
        let after = self.machine.run_while(state, text, |after| {
            met = path.get(read) == Some(&after);
            read += 1;
            !met
        });
        self.steps += read;
        if met {
            path.last().copied().unwrap_or(after)
        } else {
            after
        }
    }

    fn words(&mut self, piece: usize, state: StateID, words: &[Arc<str>]) -> Option<u32> {
        let mut next = Vec::with_capacity(words.len());
        for word in words {
            self.steps += word.len();
            let after = self.machine.run(state, word.as_bytes());
            next.push(self.node(piece + 1, after)?);
        }
        if let Some(same) = all_same(next.iter().copied()) {
            return Some(same);
        }
        Some(self.push(piece, state, Next::Word(next.into())))
    }

    fn value(&mut self, piece: usize, state: StateID, value: &Piece) -> Option<u32> {
        let before = self.machine.number(state);
        let states = self.after_value(before, state, value);
        let mut next = Vec::with_capacity(states.len());
        for &after in &*states {
            next.push((after, self.after(piece, after)?));
        }
        if let Some(same) = all_same(next.iter().map(|&(_, node)| node)) {
            return Some(same);
        }
        let next = match (value, self.around.latency) {
            (Piece::DurationMs | Piece::DurationUs, Some(latency)) => {
                self.by_duration(before, value, latency, next)
            }
            _ => Next::Value(next.into()),
        };
        Some(self.push(piece, state, next))
    }

    /// The node behind a piece in a state by its number.
    fn after(&mut self, piece: usize, state: State) -> Option<u32> {
        match state {
            FOUND => Some(IN),
            LOST => Some(NOT_IN),
            UNSURE => None,
            state => self.node(piece + 1, self.machine.state(state)),
        }
    }

    fn by_duration(
        &mut self,
        before: State,
        value: &Piece,
        latency: &Latency,
        next: Vec<(State, u32)>,
    ) -> Next {
        let of_bucket: Vec<u32> = (0..latency.buckets())
            .map(|bucket| {
                let states = self
                    .machine
                    .after(shape_of(value, latency.range_us(bucket)), before);
                let nodes = states.iter().map(|&state| leads_to(&next, state));
                all_same(nodes).unwrap_or(BY_LINE)
            })
            .collect();
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
        Next::Duration {
            next: next.into(),
            of_bucket: of_bucket.into(),
            usual,
            others,
        }
    }

    fn push(&mut self, piece: usize, state: StateID, next: Next) -> u32 {
        let state = self.machine.number(state);
        self.nodes.push(Some(Node { piece, state, next }));
        self.nodes.len() as u32 - 1
    }

    /// The states in which any value of a piece may leave the automaton, ascending.
    fn after_value(&mut self, before: State, state: StateID, value: &Piece) -> Arc<[State]> {
        let slots = self.around.slots;
        let pods = || slots.into_iter().flat_map(SlotTrack::slots);
        let shape = match value {
            Piece::Text(_) | Piece::Words { .. } => return Arc::from([before]),
            Piece::Minute(form) => return self.machine.after_minute(*form, state),
            Piece::Pod => return self.names(state, pods().map(|(_, slot)| &*slot.pod)),
            Piece::Node => return self.names(state, pods().map(|(_, slot)| &*slot.node)),
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
        let mut states = BTreeSet::new();
        for name in names {
            self.steps += name.len();
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
