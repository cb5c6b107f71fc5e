//! Single events of an atom: when one was answered, how long it took, on which pod; and the trace that it began. Makes no
//! line and counts nothing anew: what is read here is what counters, histograms and lines are summed from.

use super::atom::AtomId;
use super::leaf::LeafIndex;
use super::reader::{AtomReader, Cell};
use super::render::{self, Event, Placed, TraceIds};
use super::selection::instant;
use super::slots::{Slot, SlotId};
use super::store::Telemetry;
use super::template::{Segment, Template};
use crate::sim::draw::LeafKey;

/// Keys below an event's own, for what is drawn of it beside its line.
const BESIDE: u64 = 10 << 52;

/// Which event of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The leaf in which it happened.
    pub leaf: LeafIndex,
    /// Its atom.
    pub atom: AtomId,
    /// Its number in the leaf.
    pub number: u32,
}

/// One event of an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SingleEvent {
    /// Which it is.
    pub id: EventId,
    /// When it was answered, in ms since the Unix epoch: the instant of its first line.
    pub at_ms: i64,
    /// How long it took, in microseconds; 0 for an atom without latency.
    pub duration_us: u64,
    /// The pod that answered it.
    pub slot: Option<SlotId>,
    cell: Cell,
}

/// Reads the events of one atom, leaf by leaf.
#[derive(Debug)]
pub struct EventReader<'a> {
    telemetry: &'a Telemetry,
    atom: AtomId,
    reader: AtomReader<'a>,
    cells: Vec<Cell>,
}

impl EventReader<'_> {
    /// Hands over the events of a leaf of which one in `one_in` is kept, in no order, and says how many the leaf has in all.
    /// Nothing for a leaf that is not closed.
    pub fn leaf(
        &mut self,
        index: LeafIndex,
        one_in: u32,
        mut visit: impl FnMut(SingleEvent),
    ) -> u64 {
        if !self.telemetry.is_closed(index) {
            return 0;
        }
        let leaf = self.reader.leaf(index);
        if leaf.count == 0 {
            return 0;
        }
        let kept = AtomReader::kept(&leaf, one_in);
        if kept == 0 {
            return leaf.count;
        }
        self.reader.cells(&leaf, &mut self.cells);
        let ranks = AtomReader::ranks(&leaf);
        for number in 0..kept as u32 {
            if let Some(cell) = self.cells.get(ranks.forward(number.into()) as usize) {
                let id = EventId {
                    leaf: index,
                    atom: self.atom,
                    number,
                };
                let duration_us = self.reader.duration_us(&leaf, cell);
                visit(self.telemetry.placed(id, leaf.key, duration_us, *cell));
            }
        }
        leaf.count
    }
}

impl Telemetry {
    /// One event, if it has happened and its leaf is closed.
    pub fn event(&self, id: EventId) -> Option<SingleEvent> {
        if !self.is_closed(id.leaf) {
            return None;
        }
        let mut reader = self.reader(id.atom)?;
        let leaf = reader.leaf(id.leaf);
        if u64::from(id.number) >= leaf.count {
            return None;
        }
        let mut cells = Vec::new();
        reader.cells(&leaf, &mut cells);
        let rank = AtomReader::ranks(&leaf).forward(id.number.into());
        let cell = *cells.get(rank as usize)?;
        Some(self.placed(id, leaf.key, reader.duration_us(&leaf, &cell), cell))
    }

    /// A reader of an atom's events.
    pub fn events(&self, atom: AtomId) -> Option<EventReader<'_>> {
        Some(EventReader {
            telemetry: self,
            atom,
            reader: self.reader(atom)?,
            cells: Vec::new(),
        })
    }

    /// Whether an event is among those kept when one in `one_in` is.
    pub fn keeps_event(&self, id: EventId, one_in: u32) -> bool {
        self.reader(id.atom).is_some_and(|mut reader| {
            let leaf = reader.leaf(id.leaf);
            u64::from(id.number) < AtomReader::kept(&leaf, one_in)
        })
    }

    /// The event that began a trace, if the digits are those of one. It need not have happened.
    pub fn event_of_trace(&self, trace: u128) -> Option<EventId> {
        let (atom, leaf, number) = TraceIds::new(self.seed()).event(trace)?;
        Some(EventId {
            leaf,
            atom: AtomId(atom),
            number,
        })
    }

    /// The trace that an event began.
    pub fn trace_of_event(&self, id: EventId) -> u128 {
        TraceIds::new(self.seed()).of(id.atom.0, id.leaf, id.number)
    }

    /// The span of an event's own work, as its lines show it.
    pub fn span_of_event(&self, id: EventId) -> u64 {
        self.drawn(id).map_or(0, |event| render::span_id(&event))
    }

    /// A key for what is drawn of an event beside its lines.
    pub fn key_beside(&self, id: EventId) -> Option<LeafKey> {
        let event = self.drawn(id)?;
        Some(event.key.child(BESIDE | u64::from(event.k)))
    }

    /// What an event said: a text whose fields have the values that they have in the event's line.
    pub fn event_says(&self, event: &SingleEvent, text: &Template) -> String {
        let Some(own) = self.drawn(event.id) else {
            return String::new();
        };
        let logs = self.logs();
        let line = logs
            .by_atom
            .get(&event.id.atom)
            .and_then(|ids| ids.first())
            .and_then(|id| logs.logs.get(id.0 as usize));
        let placed = self.place(event);
        let traces = TraceIds::new(self.seed());
        let mut said = String::new();
        for segment in &text.segments {
            let number = match segment {
                Segment::Literal(literal) => {
                    said.push_str(literal);
                    continue;
                }
                Segment::Field { field, .. } => *field,
            };
            let Some(field) = text.fields.get(number) else {
                continue;
            };
            // The line has further fields around these: a field's draws go by its number there.
            let there = line.and_then(|log| {
                let mut fields = log.def.template.fields.iter();
                fields.position(|other| other.name == field.name && other.kind == field.kind)
            });
            let emitter = line.map_or(0, |log| log.emitter);
            let number = there.unwrap_or(number);
            render::value(
                &mut said,
                field,
                number,
                None,
                &own,
                emitter,
                Some(&placed),
                &traces,
            );
        }
        said
    }

    /// What something without an event of its own said: a text whose fields are drawn under a key.
    pub fn says_under(&self, key: LeafKey, text: &Template, at_ms: i64) -> String {
        let own = Event {
            atom: 0,
            leaf: 0,
            key,
            k: 0,
        };
        let placed = Placed {
            at_ms,
            duration_us: 0,
            slots: None,
            cell: Cell::default(),
        };
        let mut said = String::new();
        render::line(
            &mut said,
            text,
            &own,
            0,
            &placed,
            &TraceIds::new(self.seed()),
        );
        said
    }

    /// A pod and its node for a request of an atom in a leaf, by the shares that its pods have; `point` is uniform.
    pub fn pod_for(&self, atom: AtomId, index: LeafIndex, point: u32) -> Option<&Slot> {
        let mut reader = self.reader(atom)?;
        reader.leaf(index);
        let slot = reader.slot_by_weight(point)?;
        self.slots(self.atom_def(atom)?.slots?)?.slot(slot)
    }

    /// The pod of an event.
    pub fn pod_of_event(&self, event: &SingleEvent) -> Option<&Slot> {
        let slots = self.atom_def(event.id.atom)?.slots?;
        self.slots(slots)?.slot(event.slot?)
    }

    /// How fast an atom's events come at an instant as a factor of its ordinary rate, in units of 1/65,536, without the
    /// traffic's shape.
    pub fn rate_factor(&self, atom: AtomId, at_ms: i64) -> u32 {
        self.atom(atom).map_or(0, |atom| *atom.rate.at(at_ms))
    }

    fn is_closed(&self, leaf: LeafIndex) -> bool {
        leaf >= self.grid().first()
            && leaf <= self.grid().leaf_at(self.closed_ms())
            && self.grid().end_ms(leaf) <= self.closed_ms()
    }

    fn drawn(&self, id: EventId) -> Option<Event> {
        Some(Event {
            atom: id.atom.0,
            leaf: id.leaf,
            key: self.atom(id.atom)?.key.leaf(id.leaf),
            k: id.number,
        })
    }

    fn placed(&self, id: EventId, key: LeafKey, duration_us: u64, cell: Cell) -> SingleEvent {
        let event = Event {
            atom: id.atom.0,
            leaf: id.leaf,
            key,
            k: id.number,
        };
        SingleEvent {
            id,
            at_ms: instant(self.grid().start_ms(id.leaf), &cell, &event, 0),
            duration_us,
            slot: cell.slot,
            cell,
        }
    }

    fn place(&self, event: &SingleEvent) -> Placed<'_> {
        Placed {
            at_ms: event.at_ms,
            duration_us: event.duration_us,
            slots: self
                .atom_def(event.id.atom)
                .and_then(|def| def.slots)
                .and_then(|id| self.slots(id)),
            cell: event.cell,
        }
    }
}
