//! Decides many events of one template at once: piece by piece, each for all lines that still depend on it. Values are
//! made as numbers and followed in the pattern's tables; a text is made only where nothing else says.

use super::graph::{BY_LINE, Graph, IN, Next, Node, leads_to};
use super::machine::{Machine, State};
use super::pieces::{Drawn, Piece};
use super::query::Filter;
use super::{Decision, cost};
use crate::sim::draw::Permutation;
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::logs::Log;
use crate::sim::telemetry::reader::{AtomReader, Cell, Leaf, Places};
use crate::sim::telemetry::render::{self, Event, Placed, TraceIds};
use crate::sim::telemetry::selection::instant;
use crate::sim::telemetry::slots::SlotTrack;

/// A leaf of one template's events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'s, 'a> {
    pub(super) reader: &'s AtomReader<'a>,
    pub(super) leaf: &'s Leaf,
    pub(super) ranks: &'s Permutation,
    pub(super) index: LeafIndex,
    pub(super) start_ms: i64,
    pub(super) atom: u32,
    pub(super) slots: Option<&'a SlotTrack>,
    pub(super) log: &'a Log,
    pub(super) traces: &'s TraceIds,
}

impl Site<'_, '_> {
    #[inline]
    pub(super) const fn event(&self, k: u32) -> Event {
        Event {
            atom: self.atom,
            leaf: self.index,
            key: self.leaf.key,
            k,
        }
    }

    pub(super) fn cell(&self, places: &mut Places, k: u32) -> Cell {
        let rank = self.ranks.forward(k.into());
        self.reader.cell_at(self.leaf, places, rank)
    }

    /// Writes an event's line.
    fn write(&self, places: &mut Places, k: u32, out: &mut String) {
        let cell = self.cell(places, k);
        let event = self.event(k);
        let placed = Placed {
            at_ms: instant(self.start_ms, &cell, &event, self.log.emitter),
            duration_us: self.reader.duration_us(self.leaf, &cell),
            slots: self.slots,
            cell,
        };
        let template = &self.log.def.template;
        render::line(
            out,
            template,
            &event,
            self.log.emitter,
            &placed,
            self.traces,
        );
    }
}

/// Events of one template with what is known of each; kept from leaf to leaf for its room.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The first event; the others follow it.
    first: u32,
    /// Those that have passed all filters so far, by their place in the batch.
    pub(super) open: Vec<u32>,
    /// The node that each has come to.
    node: Vec<u32>,
    /// Those that a filter has not decided, and those among them at the node that is looked at.
    undecided: Vec<u32>,
    chosen: Vec<u32>,
    states: Vec<State>,
    /// Values as bytes, the highest first.
    values: Vec<[u8; 16]>,
    moved: Vec<(u32, u32)>,
    /// The node behind each state.
    after: Vec<u32>,
    text: String,
}

impl Batch {
    /// Begins with all events of a range.
    pub(super) fn begin(&mut self, events: std::ops::Range<u32>) {
        self.first = events.start;
        let length = events.end.saturating_sub(events.start);
        self.open.clear();
        self.open.extend(0..length);
        self.node.clear();
        self.node.resize(length as usize, 0);
    }

    /// The number of an event by its place.
    #[inline]
    pub(super) const fn event(&self, place: u32) -> u32 {
        self.first + place
    }

    /// Keeps those that a filter takes. Says what that cost.
    pub(super) fn keep(
        &mut self,
        site: &Site<'_, '_>,
        places: &mut Places,
        filter: &Filter,
        machine: Option<&Machine>,
        decision: &Decision,
    ) -> u64 {
        let negated = filter.negated;
        match (decision, machine) {
            (Decision::Known(found), _) => {
                if *found == negated {
                    self.open.clear();
                }
                0
            }
            (Decision::Fields(graph), Some(machine)) => {
                let spent = self.follow(site, places, filter, graph, machine);
                let node = &self.node;
                self.open
                    .retain(|&place| (node.get(place as usize).copied() == Some(IN)) != negated);
                spent
            }
            _ => {
                let line = match filter.automaton {
                    Some(_) => cost::LINE,
                    None => cost::LARGE_LINE,
                };
                let spent = self.open.len() as u64 * line;
                let mut open = std::mem::take(&mut self.open);
                open.retain(|&place| self.found_in_line(site, places, filter, place) != negated);
                self.open = open;
                spent
            }
        }
    }

    fn found_in_line(
        &mut self,
        site: &Site<'_, '_>,
        places: &mut Places,
        filter: &Filter,
        place: u32,
    ) -> bool {
        self.text.clear();
        site.write(places, self.first + place, &mut self.text);
        filter.regex.is_match(&self.text)
    }

    /// Follows all open events through a graph to its ends.
    fn follow(
        &mut self,
        site: &Site<'_, '_>,
        places: &mut Places,
        filter: &Filter,
        graph: &Graph,
        machine: &Machine,
    ) -> u64 {
        for &place in &self.open {
            go(&mut self.node, place, graph.start);
        }
        self.undecided.clone_from(&self.open);
        let mut spent = 0;
        let mut at = graph.start;
        while at > IN {
            let node = &self.node;
            let is_here = |place: &&u32| node.get(**place as usize).copied() == Some(at);
            self.chosen.clear();
            self.chosen.extend(self.undecided.iter().filter(is_here));
            let Some(node) = graph.node(at) else {
                break;
            };
            spent += self.choose(site, places, graph, machine, node, at);
            // No value outside the sets exists but that of a pod that came later: then the line itself decides.
            for number in 0..self.chosen.len() {
                let Some(&place) = self.chosen.get(number) else {
                    break;
                };
                if self.node.get(place as usize).copied() == Some(BY_LINE) {
                    spent += cost::LINE;
                    let found = self.found_in_line(site, places, filter, place);
                    go(&mut self.node, place, u32::from(found));
                }
            }
            // Nodes lead to smaller ones only: the largest has all its events together.
            at = IN;
            let node = &self.node;
            self.undecided.retain(|&place| {
                let node = node.get(place as usize).copied().unwrap_or(0);
                at = at.max(node);
                node > IN
            });
        }
        spent
    }

    /// Sends the chosen events on from a node.
    fn choose(
        &mut self,
        site: &Site<'_, '_>,
        places: &mut Places,
        graph: &Graph,
        machine: &Machine,
        node: &Node,
        at: u32,
    ) -> u64 {
        let Some(piece) = graph.pieces.get(node.piece) else {
            return 0;
        };
        let many = self.chosen.len() as u64;
        match (&node.next, piece) {
            (Next::Word(next), Piece::Words { field, .. }) => {
                let last = (next.len() as u64).max(1) - 1;
                for &place in &self.chosen {
                    let event = site.event(self.first + place);
                    let word = render::field_number(&event, site.log.emitter, *field, 0, last);
                    let to = next.get(word as usize).copied().unwrap_or(BY_LINE);
                    go(&mut self.node, place, to);
                }
                many * cost::DRAW
            }
            (Next::Duration { .. }, _) => self.by_duration(site, places, machine, node, piece, at),
            (Next::Value(next), Piece::Minute(form)) => {
                self.text.clear();
                render::push_minute(&mut self.text, site.start_ms, *form);
                let state = machine.run(machine.state(node.state), self.text.as_bytes());
                let to = leads_to(next, machine.known(state));
                for &place in &self.chosen {
                    go(&mut self.node, place, to);
                }
                cost::MINUTE
            }
            (Next::Value(next), piece) => {
                let each = self.states_after(site, places, machine, node.state, piece);
                self.note(next);
                for (&place, &state) in self.chosen.iter().zip(&self.states) {
                    let to = self.after.get(usize::from(state)).copied();
                    let to = to.unwrap_or(BY_LINE);
                    go(&mut self.node, place, to);
                }
                many * each
            }
            (Next::Word(_), _) => 0,
        }
    }

    /// Notes which node each state leads to.
    fn note(&mut self, next: &[(State, u32)]) {
        let length = next.last().map_or(0, |(state, _)| usize::from(*state) + 1);
        self.after.clear();
        self.after.resize(length, BY_LINE);
        for &(state, node) in next {
            if let Some(after) = self.after.get_mut(usize::from(state)) {
                *after = node;
            }
        }
    }

    /// The states of the chosen events after a piece. Says what each cost.
    fn states_after(
        &mut self,
        site: &Site<'_, '_>,
        places: &mut Places,
        machine: &Machine,
        from: State,
        piece: &Piece,
    ) -> u64 {
        self.states.clear();
        let first = self.first;
        let chosen = self.chosen.iter().map(|&place| first + place);
        match piece {
            Piece::Milli => {
                self.states.extend(chosen.map(|k| {
                    let milli = render::offset_ms(&site.event(k)) + i64::from(site.log.emitter);
                    machine.after_padded3(from, milli as u64)
                }));
                cost::DRAW
            }
            Piece::Second => {
                let of_minute = site.start_ms.rem_euclid(60_000) / 1000;
                self.states.extend(chosen.map(|k| {
                    let second = of_minute + i64::from(site.cell(places, k).second);
                    machine.after_padded2(from, second as u64)
                }));
                cost::SECOND
            }
            Piece::Trace => {
                self.values.clear();
                let (atom, leaf) = (site.atom, site.index);
                let (several, rest) = self.chosen.as_chunks::<4>();
                for places in several {
                    let ks = places.map(|place| first + place);
                    let traces = site.traces.of_all(atom, leaf, ks);
                    self.values.extend(traces.map(u128::to_be_bytes));
                }
                self.values.extend(rest.iter().map(|place| {
                    let trace = site.traces.of(atom, leaf, first + place);
                    trace.to_be_bytes()
                }));
                self.follow_bytes(machine, from, 32, &[]);
                cost::WIDE
            }
            Piece::Span => {
                self.values.clear();
                self.values.extend(
                    chosen.map(|k| u128::from(render::span_id(&site.event(k))).to_be_bytes()),
                );
                self.follow_bytes(machine, from, 16, &[]);
                cost::WIDE
            }
            Piece::Drawn { field, kind } => self.after_drawn(site, machine, from, *field, *kind),
            Piece::DurationMs | Piece::DurationUs => {
                // Only an atom without latencies has no buckets here.
                self.states
                    .extend(chosen.map(|_| after_duration(machine, from, piece, 0)));
                cost::DRAW
            }
            Piece::Pod | Piece::Node => {
                let before = machine.state(from);
                self.states.extend(chosen.map(|k| {
                    let rank = site.ranks.forward(k.into());
                    let place = site.reader.spot(site.leaf, places, rank).place;
                    let slot = site.reader.slot_at(place);
                    let slot = slot.and_then(|slot| site.slots?.slot(slot));
                    let name = match (slot, piece) {
                        (Some(slot), Piece::Pod) => &slot.pod,
                        (Some(slot), _) => &slot.node,
                        (None, _) => "-",
                    };
                    machine.known(machine.run(before, name.as_bytes()))
                }));
                cost::PLACE
            }
            Piece::Text(_) | Piece::Words { .. } | Piece::Minute(_) => 0,
        }
    }

    fn after_drawn(
        &mut self,
        site: &Site<'_, '_>,
        machine: &Machine,
        from: State,
        field: usize,
        kind: Drawn,
    ) -> u64 {
        let (first, emitter) = (self.first, site.log.emitter);
        let events = self.chosen.iter().map(|&place| site.event(first + place));
        let draw = |event: &Event, part| {
            let index = render::field_index(event, emitter, field, part);
            event.key.draw(index)
        };
        match kind {
            Drawn::Number { low, high } => {
                self.states.extend(events.map(|event| {
                    let number = render::field_number(&event, emitter, field, low, high);
                    machine.after_number(from, number)
                }));
                cost::DRAW
            }
            Drawn::Money { low, high } => {
                self.states.extend(events.map(|event| {
                    let number = render::field_number(&event, emitter, field, low, high);
                    machine.after_money(from, number)
                }));
                cost::DRAW
            }
            Drawn::Ip => {
                let ten = machine.known(machine.run(machine.state(from), b"10"));
                self.states.extend(
                    events.map(|event| machine.after_ip(ten, render::address(draw(&event, 0)))),
                );
                cost::DRAW
            }
            Drawn::Hex(digits) => {
                self.values.clear();
                self.values.extend(
                    events
                        .map(|event| render::wide(draw(&event, 0), draw(&event, 1)).to_be_bytes()),
                );
                self.follow_bytes(machine, from, digits.into(), &[]);
                cost::WIDE
            }
            Drawn::Uuid => {
                self.values.clear();
                self.values.extend(
                    events
                        .map(|event| render::uuid(draw(&event, 0), draw(&event, 1)).to_be_bytes()),
                );
                self.follow_bytes(machine, from, 32, &[4, 6, 8, 10]);
                cost::WIDE
            }
        }
    }

    /// Follows the last so many hexadecimal digits of all values, with a dash before the bytes of some places.
    fn follow_bytes(&mut self, machine: &Machine, from: State, digits: usize, dashes: &[usize]) {
        self.states.clear();
        self.states.resize(self.values.len(), from);
        let whole = digits / 2;
        let start = 16_usize.saturating_sub(whole);
        if digits % 2 == 1 && start > 0 {
            for (state, value) in self.states.iter_mut().zip(&self.values) {
                let byte = value.get(start - 1).copied().unwrap_or(0);
                *state = machine.after_nibble(*state, byte);
            }
        }
        for place in start..16 {
            if dashes.contains(&place) {
                for state in &mut self.states {
                    *state = machine.after_dash(*state);
                }
            }
            for (state, value) in self.states.iter_mut().zip(&self.values) {
                *state = machine.after_byte(*state, value.get(place).copied().unwrap_or(0));
            }
        }
    }

    /// Sends the chosen events on by their durations, of which most buckets decide all.
    fn by_duration(
        &mut self,
        site: &Site<'_, '_>,
        places: &mut Places,
        machine: &Machine,
        node: &Node,
        piece: &Piece,
        at: u32,
    ) -> u64 {
        let Next::Duration {
            next,
            of_bucket,
            usual,
            others,
        } = &node.next
        else {
            return 0;
        };
        let many = self.chosen.len() as u64;
        let expected = site.reader.expected_in(site.leaf, *others);
        if *usual == BY_LINE || expected >= many {
            for &place in &self.chosen {
                let rank = site.ranks.forward((self.first + place).into());
                let spot = site.reader.spot(site.leaf, places, rank);
                let decided = of_bucket.get(spot.bucket).copied().unwrap_or(BY_LINE);
                let to = if decided == BY_LINE {
                    let duration = site.reader.duration_at(site.leaf, places, &spot);
                    leads_to(next, after_duration(machine, node.state, piece, duration))
                } else {
                    decided
                };
                go(&mut self.node, place, to);
            }
            return cost::SPREAD + many * cost::PLACE;
        }
        let (nodes, first) = (&self.node, self.first);
        let moved = &mut self.moved;
        moved.clear();
        site.reader
            .each_in_buckets(site.leaf, *others, |bucket, rank, duration| {
                let decided = of_bucket.get(bucket).copied().unwrap_or(BY_LINE);
                let to = if decided == BY_LINE {
                    leads_to(next, after_duration(machine, node.state, piece, duration()))
                } else {
                    decided
                };
                if to == *usual {
                    return;
                }
                let event = site.ranks.inverse(rank);
                let place = event.checked_sub(first.into());
                let place = place.and_then(|place| u32::try_from(place).ok());
                if let Some(place) = place
                    && nodes.get(place as usize).copied() == Some(at)
                {
                    moved.push((place, to));
                }
            });
        for &place in &self.chosen {
            go(&mut self.node, place, *usual);
        }
        for &(place, to) in &self.moved {
            go(&mut self.node, place, to);
        }
        cost::SPREAD + expected * cost::DRAW + many / 8
    }
}

#[inline]
fn after_duration(machine: &Machine, from: State, piece: &Piece, duration_us: u64) -> State {
    match piece {
        Piece::DurationMs => machine.after_millis(from, duration_us),
        _ => machine.after_number(from, duration_us),
    }
}

/// Sends an event on to a node.
#[inline]
fn go(nodes: &mut [u32], place: u32, to: u32) {
    if let Some(node) = nodes.get_mut(place as usize) {
        *node = to;
    }
}
