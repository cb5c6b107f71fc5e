//! What of a template decides whether a pattern is found: the pattern's automaton run over the template with sets of states.
//!
//! A node stands for (piece of the template, state before it). Literal text leads from one node to the next; so does a
//! field whose every value leads to the same node. What remains are the fields that matter, on each path. Sets of values
//! are taken too large rather than too small (any digits of the right number for a range), so what is decided without a
//! field is right, and what is not is decided by its value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

use crate::sim::telemetry::render::{self, Event, Placed, TraceIds};
use crate::sim::telemetry::slots::SlotTrack;
use crate::sim::telemetry::template::{FieldKind, Segment, Template, TimeForm};

type Dfa = dense::DFA<Vec<u32>>;

/// A graph of a template may have so many nodes.
const MOST_NODES: usize = 4096;
/// Steps of the automaton that may be spent on one template.
const MOST_STEPS: usize = 2_000_000;
/// Ranges of numbers up to this size are looked at number by number.
const SMALL_RANGE: u64 = 64;

const NOT_FOUND: u32 = 0;
const FOUND: u32 = 1;

#[derive(Debug)]
enum Node {
    Known(bool),
    /// A field of words: the node after each.
    Words {
        field: usize,
        next: Box<[u32]>,
    },
    /// A field whose value is run through the automaton from a state: the nodes by the state after it.
    Value {
        segment: usize,
        state: StateID,
        next: Box<[(StateID, u32)]>,
    },
}

/// The decision graph of one pattern and one template.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    start: u32,
}

/// A line that is to be decided.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) template: &'a Template,
    pub(super) event: &'a Event,
    pub(super) emitter: u8,
    pub(super) traces: &'a TraceIds,
}

impl Line<'_> {
    pub(super) fn write(&self, out: &mut String, placed: &Placed<'_>) {
        render::line(
            out,
            self.template,
            self.event,
            self.emitter,
            placed,
            self.traces,
        );
    }
}

impl Graph {
    /// The graph; `None` if it grows too large or the automaton cannot start.
    pub(super) fn new(dfa: &Dfa, template: &Template, slots: Option<&SlotTrack>) -> Option<Self> {
        let start = dfa
            .start_state(&start::Config::new().anchored(Anchored::No))
            .ok()?;
        let mut builder = Builder {
            dfa,
            template,
            slots,
            nodes: vec![Node::Known(false), Node::Known(true)],
            memo: BTreeMap::new(),
            steps: 0,
        };
        let start = builder.node(0, start)?;
        Some(Self {
            nodes: builder.nodes,
            start,
        })
    }

    /// What every line says, if they all say the same.
    pub(super) const fn known(&self) -> Option<bool> {
        match self.start {
            NOT_FOUND => Some(false),
            FOUND => Some(true),
            _ => None,
        }
    }

    /// Whether nothing but a trace's digits decide, with characters around them that are no such digits: a pattern of 32 of
    /// them is then found exactly in the line of that trace.
    pub(super) fn is_of_trace(&self, template: &Template) -> bool {
        let beside = |segment: Option<&Segment>, last: bool| match segment {
            None => true,
            Some(Segment::Literal(text)) => {
                let mut letters = text.chars();
                let letter = if last {
                    letters.next_back()
                } else {
                    letters.next()
                };
                letter.is_some_and(|letter| !letter.is_ascii_hexdigit())
            }
            Some(Segment::Field { .. }) => false,
        };
        self.nodes.iter().all(|node| match node {
            Node::Known(_) => true,
            Node::Words { .. } => false,
            Node::Value { segment, .. } => {
                let segments = &template.segments;
                let field = match segments.get(*segment) {
                    Some(Segment::Field { field, .. }) => template.fields.get(*field),
                    _ => None,
                };
                let before = segment
                    .checked_sub(1)
                    .and_then(|before| segments.get(before));
                field.is_some_and(|field| field.kind == FieldKind::TraceId)
                    && beside(before, true)
                    && beside(segments.get(segment + 1), false)
            }
        })
    }

    /// Whether the pattern is found in a line; only the fields on its path are drawn. None where only the line itself can say.
    pub(super) fn found<'a>(
        &self,
        dfa: &Dfa,
        line: &Line<'_>,
        placed: &mut dyn FnMut() -> Placed<'a>,
        text: &mut String,
    ) -> Option<bool> {
        let mut at = self.start;
        loop {
            let next = match self.nodes.get(at as usize) {
                Some(Node::Known(found)) => return Some(*found),
                Some(Node::Words { field, next }) => {
                    let last = (next.len() as u64).max(1) - 1;
                    let word = render::field_number(line.event, line.emitter, *field, 0, last);
                    next.get(word as usize).copied()
                }
                Some(Node::Value {
                    segment,
                    state,
                    next,
                }) => {
                    text.clear();
                    write_value(text, line, *segment, placed);
                    let after = run(dfa, *state, text.as_bytes());
                    next.binary_search_by_key(&after, |(state, _)| *state)
                        .ok()
                        .and_then(|place| next.get(place))
                        .map(|(_, node)| *node)
                }
                None => return Some(false),
            };
            // No value outside the sets exists but that of a pod that came later: then the line itself decides.
            at = next?;
        }
    }
}

fn write_value<'a>(
    text: &mut String,
    line: &Line<'_>,
    segment: usize,
    placed: &mut dyn FnMut() -> Placed<'a>,
) {
    let Some(Segment::Field {
        field: number,
        words,
    }) = line.template.segments.get(segment)
    else {
        return;
    };
    let Some(field) = line.template.fields.get(*number) else {
        return;
    };
    let needs_place = matches!(
        field.kind,
        FieldKind::Time(_)
            | FieldKind::DurationMs
            | FieldKind::DurationUs
            | FieldKind::Pod
            | FieldKind::Node
    );
    let place = needs_place.then(placed);
    render::value(
        text,
        field,
        *number,
        words.as_ref(),
        line.event,
        line.emitter,
        place.as_ref(),
        line.traces,
    );
}

/// The state after some bytes; stays where the pattern has been found.
fn run(dfa: &Dfa, mut state: StateID, bytes: &[u8]) -> StateID {
    for &byte in bytes {
        if dfa.is_match_state(state) {
            return state;
        }
        state = dfa.next_state(state, byte);
    }
    state
}

struct Builder<'a> {
    dfa: &'a Dfa,
    template: &'a Template,
    slots: Option<&'a SlotTrack>,
    nodes: Vec<Node>,
    memo: BTreeMap<(usize, StateID), u32>,
    steps: usize,
}

impl Builder<'_> {
    fn node(&mut self, segment: usize, state: StateID) -> Option<u32> {
        if self.dfa.is_match_state(state) {
            return Some(FOUND);
        }
        if self.dfa.is_dead_state(state) {
            return Some(NOT_FOUND);
        }
        if self.dfa.is_quit_state(state) {
            return None;
        }
        if let Some(&known) = self.memo.get(&(segment, state)) {
            return Some(known);
        }
        let template = self.template;
        let node = match template.segments.get(segment) {
            None => {
                let end = self.dfa.next_eoi_state(state);
                if self.dfa.is_match_state(end) {
                    FOUND
                } else {
                    NOT_FOUND
                }
            }
            Some(Segment::Literal(text)) => {
                self.steps += text.len();
                let after = run(self.dfa, state, text.as_bytes());
                self.node(segment + 1, after)?
            }
            Some(Segment::Field { field, words }) => {
                self.field(segment, state, *field, words.as_ref())?
            }
        };
        if self.memo.len() >= MOST_NODES || self.steps > MOST_STEPS {
            return None;
        }
        self.memo.insert((segment, state), node);
        Some(node)
    }

    fn field(
        &mut self,
        segment: usize,
        state: StateID,
        field: usize,
        words: Option<&Arc<[Arc<str>]>>,
    ) -> Option<u32> {
        if let Some(words) = words {
            let mut next = Vec::with_capacity(words.len());
            for word in words.iter() {
                self.steps += word.len();
                let after = run(self.dfa, state, word.as_bytes());
                next.push(self.node(segment + 1, after)?);
            }
            return Some(self.choose(next, |next| Node::Words {
                field,
                next: next.into(),
            }));
        }
        let states = self.after_value(state, field);
        let mut next = Vec::with_capacity(states.len());
        for &after in &states {
            next.push(self.node(segment + 1, after)?);
        }
        let by_state = |next: Vec<u32>| Node::Value {
            segment,
            state,
            next: states.into_iter().zip(next).collect(),
        };
        Some(self.choose(next, by_state))
    }

    /// The node that all choices lead to, or a new one that chooses.
    fn choose(&mut self, next: Vec<u32>, make: impl FnOnce(Vec<u32>) -> Node) -> u32 {
        if let [first, rest @ ..] = next.as_slice()
            && rest.iter().all(|other| other == first)
        {
            return *first;
        }
        let node = make(next);
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    /// The states in which any value of a field may leave the automaton, ascending.
    fn after_value(&mut self, state: StateID, field: usize) -> BTreeSet<StateID> {
        let from = BTreeSet::from([state]);
        let Some(kind) = self.template.fields.get(field).map(|field| &field.kind) else {
            return from;
        };
        match kind {
            FieldKind::Words(words) => self.any_of(state, words.iter().map(AsRef::as_ref)),
            FieldKind::Digits { low, high } if high - low < SMALL_RANGE => {
                let numbers: Vec<_> = (*low..=*high).map(|number| number.to_string()).collect();
                self.any_of(state, numbers.iter().map(String::as_str))
            }
            FieldKind::Digits { low, high } => self.digits(&from, length(*low), length(*high)),
            FieldKind::Money { low, high } => {
                let whole = self.digits(&from, length(low / 100), length(high / 100));
                self.shape(whole, ".99")
            }
            FieldKind::Hex(digits) => self.shape(from, &"f".repeat(usize::from(*digits).min(32))),
            FieldKind::TraceId => self.shape(from, &"f".repeat(32)),
            FieldKind::SpanId => self.shape(from, &"f".repeat(16)),
            FieldKind::Uuid => self.shape(from, "ffffffff-ffff-4fff-vfff-ffffffffffff"),
            FieldKind::Ip => {
                let mut states = self.shape(from, "10");
                for _ in 0..3 {
                    states = self.shape(states, ".");
                    states = self.digits(&states, 1, 3);
                }
                states
            }
            FieldKind::Time(form) => {
                let shape = match form {
                    TimeForm::Rfc3339 => "9999-99-99T99:99:99.999Z",
                    TimeForm::Comma => "9999-99-99 99:99:99,999",
                    TimeForm::Point => "9999-99-99 99:99:99.999",
                };
                self.shape(from, shape)
            }
            FieldKind::DurationMs => {
                let whole = self.digits(&from, 1, 14);
                self.shape(whole, ".999")
            }
            FieldKind::DurationUs => self.digits(&from, 1, 17),
            FieldKind::Pod | FieldKind::Node => {
                let pods = self.slots.into_iter().flat_map(SlotTrack::slots);
                let mut names = BTreeSet::from(["-"]);
                names.extend(pods.map(|(_, slot)| match kind {
                    FieldKind::Pod => &*slot.pod,
                    _ => &*slot.node,
                }));
                self.any_of(state, names.into_iter())
            }
        }
    }

    fn any_of<'w>(
        &mut self,
        state: StateID,
        words: impl Iterator<Item = &'w str>,
    ) -> BTreeSet<StateID> {
        let mut states = BTreeSet::new();
        for word in words {
            self.steps += word.len();
            states.insert(run(self.dfa, state, word.as_bytes()));
        }
        states
    }

    /// From `least` to `most` decimal digits.
    fn digits(&mut self, from: &BTreeSet<StateID>, least: usize, most: usize) -> BTreeSet<StateID> {
        let mut states = from.clone();
        let mut after = BTreeSet::new();
        for length in 1..=most {
            states = self.step(&states, b"0123456789");
            if length >= least {
                after.extend(&states);
            }
        }
        after
    }

    /// Characters of a shape: `9` is any digit, `f` any hexadecimal digit, `v` a UUID's variant, others are themselves.
    fn shape(&mut self, from: BTreeSet<StateID>, shape: &str) -> BTreeSet<StateID> {
        let mut states = from;
        for byte in shape.bytes() {
            states = match byte {
                b'9' => self.step(&states, b"0123456789"),
                b'f' => self.step(&states, b"0123456789abcdef"),
                b'v' => self.step(&states, b"89ab"),
                other => self.step(&states, &[other]),
            };
        }
        states
    }

    fn step(&mut self, states: &BTreeSet<StateID>, bytes: &[u8]) -> BTreeSet<StateID> {
        let mut after = BTreeSet::new();
        self.steps += states.len() * bytes.len();
        if self.steps > MOST_STEPS {
            return states.clone();
        }
        for &state in states {
            if self.dfa.is_match_state(state) {
                after.insert(state);
            } else {
                after.extend(bytes.iter().map(|&byte| self.dfa.next_state(state, byte)));
            }
        }
        after
    }
}

fn length(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
