//! What a filter takes of a telemetry: streams with their templates, the lines of a leaf as references, their numbers by
//! level, and their texts. Pages and searches read through it. Decides no order beyond a leaf.

use std::sync::Arc;

use super::atom::AtomId;
use super::leaf::LeafIndex;
use super::line_types::{LEVELS, LineFilter, LogLine};
use super::logs::{LineId, LineKey, Log, LogId, RETENTION_MS, Scripted};
use super::reader::{AtomReader, Cell, Leaf, Measure, Part};
use super::render::{self, Event, Placed, TraceIds};
use super::slots::{SlotId, SlotTrack};
use super::store::Telemetry;
use crate::scenario::format::telemetry::Level;

/// A line that is known but not made.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineRef {
    pub(super) key: LineKey,
    /// Its group and template in the selection; none for a scripted line.
    pub(super) source: Option<(u32, u32)>,
    pub(super) cell: Cell,
}

/// The templates of one atom that a filter takes.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) atom: AtomId,
    pub(super) reader: AtomReader<'a>,
    pub(super) slots: Option<&'a SlotTrack>,
    /// The pods that the filter takes; `None` for all.
    pub(super) pods: Option<Vec<SlotId>>,
    pub(super) logs: Vec<Chosen<'a>>,
}

/// A template that a filter takes, and the first leaf of which it keeps lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) id: LogId,
    pub(super) log: &'a Log,
    pub(super) first: LeafIndex,
}

/// What a filter takes of a telemetry.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    pub(super) telemetry: &'a Telemetry,
    pub(super) groups: Vec<Group<'a>>,
    pub(super) traces: TraceIds,
    pub(super) from_ms: i64,
    /// Never after where history is closed.
    pub(super) until_ms: i64,
    /// Whether scripted lines are counted with the others.
    pub(super) scripted: bool,
    cells: Vec<Cell>,
    filter: &'a LineFilter,
}

impl<'a> Selection<'a> {
    pub(super) fn new(telemetry: &'a Telemetry, filter: &'a LineFilter) -> Self {
        Self::choose(telemetry, filter, |_| true)
    }

    /// The same of some templates only; scripted lines are in it whatever is chosen.
    pub(super) fn choose(
        telemetry: &'a Telemetry,
        filter: &'a LineFilter,
        wanted: impl Fn(LogId) -> bool,
    ) -> Self {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (&atom, ids) in &telemetry.logs().by_atom {
            let logs: Vec<_> = ids
                .iter()
                .filter(|&&id| wanted(id))
                .filter_map(|&id| chosen(telemetry, filter, id))
                .collect();
            let (false, Some(reader)) = (logs.is_empty(), telemetry.reader(atom)) else {
                continue;
            };
            let slots = telemetry
                .atom_def(atom)
                .and_then(|def| def.slots)
                .and_then(|id| telemetry.slots(id));
            let pods =
                (filter.names_pods() && (slots.is_some() || !filter.takes_pod(""))).then(|| {
                    let all = slots.into_iter().flat_map(SlotTrack::slots);
                    all.filter(|(_, slot)| filter.takes_pod(&slot.pod))
                        .map(|(id, _)| id)
                        .collect::<Vec<_>>()
                });
            if pods.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            groups.push(Group {
                atom,
                reader,
                slots,
                pods,
                logs,
            });
        }
        let origin = telemetry.grid().origin_ms();
        Self {
            telemetry,
            groups,
            traces: TraceIds::new(telemetry.seed()),
            from_ms: filter.from_ms.max(origin),
            until_ms: filter.until_ms.min(telemetry.closed_ms()),
            scripted: true,
            cells: Vec::new(),
            filter,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.until_ms <= self.from_ms
    }

    /// The leaves that hold its lines, last one included.
    pub(super) fn leaves(&self) -> (LeafIndex, LeafIndex) {
        let grid = self.telemetry.grid();
        (
            grid.leaf_at(self.from_ms),
            grid.leaf_at(self.until_ms.saturating_sub(1)),
        )
    }

    /// Whether all of a leaf lies in its window.
    pub(super) const fn has_whole(&self, leaf: LeafIndex) -> bool {
        let grid = self.telemetry.grid();
        self.from_ms <= grid.start_ms(leaf) && grid.end_ms(leaf) <= self.until_ms
    }

    /// The leaves of which a part lies in its window, and those between them: the first, and the one after the last.
    pub(super) fn whole_leaves(&self) -> (Vec<LeafIndex>, (LeafIndex, LeafIndex)) {
        if self.is_empty() {
            return (Vec::new(), (0, 0));
        }
        let (first, last) = self.leaves();
        let mut edges = vec![first, last];
        edges.dedup();
        edges.retain(|&leaf| !self.has_whole(leaf));
        let from = first + i64::from(!self.has_whole(first));
        let until = last + i64::from(self.has_whole(last));
        (edges, (from, until))
    }

    /// All its lines of a leaf, oldest first.
    pub(super) fn lines_of(&mut self, index: LeafIndex, out: &mut Vec<LineRef>) {
        out.clear();
        let mut cells = std::mem::take(&mut self.cells);
        for number in 0..self.groups.len() {
            self.lines_of_group(number, index, &mut cells, out);
        }
        self.cells = cells;
        self.scripted_of(index, out);
        out.sort_unstable_by_key(|line| line.key);
    }

    /// The lines of one group in a leaf, in no order.
    fn lines_of_group(
        &mut self,
        number: usize,
        index: LeafIndex,
        cells: &mut Vec<Cell>,
        out: &mut Vec<LineRef>,
    ) {
        let (from, until) = (self.from_ms, self.until_ms);
        let start_ms = self.telemetry.grid().start_ms(index);
        let Some(group) = self.groups.get_mut(number) else {
            return;
        };
        if group.logs.iter().all(|log| index < log.first) {
            return;
        }
        let leaf = group.reader.leaf(index);
        if leaf.count == 0 {
            return;
        }
        let ranks = AtomReader::ranks(&leaf);
        let mut known = false;
        for (place, log) in group.logs.iter().enumerate() {
            if index < log.first {
                continue;
            }
            let kept = AtomReader::kept(&leaf, log.log.def.keep_one_in);
            for k in 0..kept as u32 {
                if !known {
                    group.reader.cells(&leaf, cells);
                    known = true;
                }
                let Some(&cell) = cells.get(ranks.forward(k.into()) as usize) else {
                    continue;
                };
                if !group.takes_pod(&cell) {
                    continue;
                }
                let event = group.event(&leaf, index, k);
                let at_ms = instant(start_ms, &cell, &event, log.log.emitter);
                if from <= at_ms && at_ms < until {
                    let id = LineId::Event {
                        log: log.id,
                        leaf: index,
                        event: k,
                    };
                    out.push(LineRef {
                        key: LineKey { at_ms, id },
                        source: Some((number as u32, place as u32)),
                        cell,
                    });
                }
            }
        }
    }

    /// Scripted lines of a leaf.
    pub(super) fn scripted_of(&self, index: LeafIndex, out: &mut Vec<LineRef>) {
        let grid = self.telemetry.grid();
        let from = grid.start_ms(index).max(self.from_ms);
        let until = grid.end_ms(index).min(self.until_ms);
        for scripted in self.scripted_between(from, until) {
            out.push(LineRef {
                key: scripted.key,
                source: None,
                cell: Cell::default(),
            });
        }
    }

    /// Scripted lines that the filter takes in `from..until`.
    pub(super) fn scripted_between(
        &self,
        from_ms: i64,
        until_ms: i64,
    ) -> impl DoubleEndedIterator<Item = &'a Scripted> + use<'a, '_> {
        let all = &self.telemetry.logs().scripted;
        let oldest = self.telemetry.closed_ms().saturating_sub(RETENTION_MS);
        let from_ms = from_ms.max(oldest);
        let start = all.partition_point(|scripted| scripted.key.at_ms < from_ms);
        let end = all
            .partition_point(|scripted| scripted.key.at_ms < until_ms)
            .max(start);
        let (filter, telemetry) = (self.filter, self.telemetry);
        let window = all.get(start..end).filter(|_| self.scripted).unwrap_or(&[]);
        window
            .iter()
            .filter(move |scripted| filter.takes_scripted(telemetry, &scripted.line))
    }

    /// The template and event of a line, and where that lies; nothing for a scripted line.
    fn event_of(&mut self, line: &LineRef) -> Option<(&'a Log, Event, Placed<'a>)> {
        let (number, place) = line.source?;
        let LineId::Event {
            leaf: index,
            event: k,
            ..
        } = line.key.id
        else {
            return None;
        };
        let group = self.groups.get_mut(number as usize)?;
        let log = group.logs.get(place as usize)?.log;
        let leaf = group.reader.leaf(index);
        let placed = Placed {
            at_ms: line.key.at_ms,
            duration_us: group.reader.duration_us(&leaf, &line.cell),
            slots: group.slots,
            cell: line.cell,
        };
        Some((log, group.event(&leaf, index, k), placed))
    }

    /// Writes a line's text.
    fn text_of(&mut self, line: &LineRef, out: &mut String) {
        if let Some((log, event, placed)) = self.event_of(line) {
            render::line(
                out,
                &log.def.template,
                &event,
                log.emitter,
                &placed,
                &self.traces,
            );
        } else if let Some(scripted) = find_scripted(self.telemetry, line.key) {
            out.push_str(scripted.text());
        }
    }

    /// The names and values of a line's fields; none for a scripted line.
    pub(super) fn fields_of(&mut self, line: &LineRef) -> Vec<(Arc<str>, String)> {
        let Some((log, event, placed)) = self.event_of(line) else {
            return Vec::new();
        };
        let fields = log.def.template.fields().iter().enumerate();
        fields
            .map(|(number, field)| {
                let mut value = String::new();
                render::value(
                    &mut value,
                    field,
                    number,
                    None,
                    &event,
                    log.emitter,
                    Some(&placed),
                    &self.traces,
                );
                (Arc::clone(&field.name), value)
            })
            .collect()
    }

    pub(super) fn make(&mut self, line: &LineRef) -> Option<LogLine> {
        let mut text = String::new();
        self.text_of(line, &mut text);
        let Some((number, place)) = line.source else {
            let scripted = &find_scripted(self.telemetry, line.key)?.line;
            return Some(LogLine {
                key: line.key,
                service: Arc::clone(&scripted.service),
                pod: scripted.pod.clone(),
                level: scripted.level,
                name: Arc::clone(&scripted.name),
                text,
                one_in: 1,
            });
        };
        let group = self.groups.get(number as usize)?;
        let def = &group.logs.get(place as usize)?.log.def;
        Some(LogLine {
            key: line.key,
            service: Arc::clone(&def.service),
            pod: group.pod_of(&line.cell),
            level: def.level,
            name: Arc::clone(&def.name),
            text,
            one_in: def.keep_one_in.max(1),
        })
    }

    /// Lines by level before the start of a leaf.
    fn before_leaf(&mut self, index: LeafIndex) -> [u64; 5] {
        let mut counts = [0; 5];
        let telemetry = self.telemetry;
        let (first, _) = self.leaves();
        for group in &mut self.groups {
            let mut place = 0;
            while let Some((log, part)) = group.part(place) {
                place += 1;
                let from = log.first.max(first);
                if index > from {
                    let of = (from, index);
                    let reader = &mut group.reader;
                    let count = telemetry.total_of_leaves(reader, group.atom, part, of);
                    add(&mut counts, log.log.def.level, count);
                }
            }
        }
        let start = telemetry.grid().start_ms(first);
        for scripted in self.scripted_between(start, telemetry.grid().start_ms(index)) {
            add(&mut counts, scripted.line.level, 1);
        }
        counts
    }

    /// Lines by level of the first leaf's start to before an instant within the window.
    pub(super) fn before(&mut self, at_ms: i64) -> [u64; 5] {
        let index = self.telemetry.grid().leaf_at(at_ms);
        let mut counts = self.before_leaf(index);
        let start = self.telemetry.grid().start_ms(index);
        if at_ms > start {
            // The window is set aside: all of the leaf's lines before the instant count.
            let window = std::mem::replace(&mut self.from_ms, start);
            let end = std::mem::replace(&mut self.until_ms, at_ms);
            let mut lines = Vec::new();
            self.lines_of(index, &mut lines);
            (self.from_ms, self.until_ms) = (window, end);
            for line in lines {
                let level = self.level_of(&line);
                add(&mut counts, level, 1);
            }
        }
        counts
    }

    /// Lines by level between two instants of its window, without making any.
    pub(super) fn between(&mut self, from_ms: i64, until_ms: i64) -> [u64; 5] {
        difference(self.before(until_ms), self.before(from_ms))
    }

    pub(super) fn level_of(&self, line: &LineRef) -> Level {
        match line.source {
            Some((number, place)) => self
                .groups
                .get(number as usize)
                .and_then(|group| group.logs.get(place as usize))
                .map_or(Level::Info, |log| log.log.def.level),
            None => find_scripted(self.telemetry, line.key)
                .map_or(Level::Info, |found| found.line.level),
        }
    }
}

impl<'a> Group<'a> {
    /// The parts of its atom whose counts are its templates' lines, one by one with the template.
    pub(super) fn part(&self, number: usize) -> Option<(Chosen<'a>, Part)> {
        let pods = self.pods.as_ref().map_or(1, Vec::len);
        let log = *self.logs.get(number.checked_div(pods)?)?;
        let slot = match &self.pods {
            Some(pods) => Some(*pods.get(number % pods.len())?),
            None => None,
        };
        let measure = match log.log.def.keep_one_in {
            0 | 1 => Measure::Events,
            one_in => Measure::Sampled(one_in),
        };
        Some((log, Part { slot, measure }))
    }

    pub(super) fn takes_pod(&self, cell: &Cell) -> bool {
        self.pods
            .as_ref()
            .is_none_or(|pods| cell.slot.is_some_and(|slot| pods.contains(&slot)))
    }

    pub(super) const fn event(&self, leaf: &Leaf, index: LeafIndex, k: u32) -> Event {
        Event {
            atom: self.atom.0,
            leaf: index,
            key: leaf.key,
            k,
        }
    }

    pub(super) fn pod_of(&self, cell: &Cell) -> Option<Arc<str>> {
        Some(Arc::clone(&self.slots?.slot(cell.slot?)?.pod))
    }
}

/// When an event of a cell writes its line under the template of this number.
pub(super) fn instant(leaf_start_ms: i64, cell: &Cell, event: &Event, emitter: u8) -> i64 {
    leaf_start_ms + i64::from(cell.second) * 1000 + render::offset_ms(event) + i64::from(emitter)
}

fn chosen<'a>(telemetry: &'a Telemetry, filter: &LineFilter, id: LogId) -> Option<Chosen<'a>> {
    let log = telemetry.logs().logs.get(id.0 as usize)?;
    let def = &log.def;
    filter
        .takes(telemetry, &def.service, def.level, &def.name)
        .then(|| Chosen {
            id,
            log,
            first: first_leaf(telemetry, log),
        })
}

/// The first leaf of which a template's lines are still kept.
pub(super) fn first_leaf(telemetry: &Telemetry, log: &Log) -> LeafIndex {
    let grid = telemetry.grid();
    let oldest = telemetry
        .closed_ms()
        .saturating_sub(log.def.retention_ms.max(0));
    let leaf = grid.leaf_at(oldest);
    let whole = if grid.start_ms(leaf) < oldest {
        leaf + 1
    } else {
        leaf
    };
    whole.max(log.from).max(grid.first())
}

fn add(counts: &mut [u64; 5], level: Level, more: u64) {
    let place = LEVELS.iter().position(|&known| known == level);
    if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
        *count += more;
    }
}

pub(super) fn find_scripted(telemetry: &Telemetry, key: LineKey) -> Option<&Scripted> {
    let all = &telemetry.logs().scripted;
    let place = all
        .binary_search_by_key(&key, |scripted| scripted.key)
        .ok()?;
    all.get(place)
}

pub(super) fn difference(upto: [u64; 5], before: [u64; 5]) -> [u64; 5] {
    let mut counts = upto;
    for (count, less) in counts.iter_mut().zip(before) {
        *count = count.saturating_sub(less);
    }
    counts
}
