//! Reading log lines: pages by cursor, counts without making lines, one line with its fields.
//!
//! Lines are ordered by (instant, identity), which is total. Only closed history is read, and nothing that a stream's
//! retention has dropped. Searching in texts is elsewhere.

use std::sync::Arc;

use super::atom::AtomId;
use super::leaf::LeafIndex;
use super::logs::{LineId, LineKey, LogId};
use super::reader::AtomReader;
use super::render::{Event, TraceIds};
use super::selection::{LineRef, Selection, first_leaf, instant};
use super::store::Telemetry;
use crate::scenario::format::telemetry::Level;

pub use super::line_types::{Direction, LARGEST_PAGE, LEVELS, LineFilter, LogLine, Page};

impl Telemetry {
    /// A page of lines after (or before) a cursor, which is a line of the page before or any other key.
    pub fn lines(
        &self,
        filter: &LineFilter,
        cursor: Option<LineKey>,
        direction: Direction,
        limit: usize,
    ) -> Page {
        let limit = limit.min(LARGEST_PAGE);
        let mut selection = Selection::new(self, filter);
        let mut page = Page::default();
        if selection.is_empty() || limit == 0 {
            return page;
        }
        let (first, last) = selection.leaves();
        let at = cursor.map(|key| self.grid().leaf_at(key.at_ms));
        let mut leaf = match direction {
            Direction::Older => at.map_or(last, |at| at.min(last)),
            Direction::Newer => at.map_or(first, |at| at.max(first)),
        };
        let mut lines = Vec::new();
        while (first..=last).contains(&leaf) {
            selection.lines_of(leaf, &mut lines);
            if direction == Direction::Older {
                lines.reverse();
            }
            for line in &lines {
                let beyond = cursor.is_none_or(|cursor| match direction {
                    Direction::Older => line.key < cursor,
                    Direction::Newer => line.key > cursor,
                });
                if !beyond {
                    continue;
                }
                if page.lines.len() == limit {
                    page.next = page.lines.last().map(|line| line.key);
                    return page;
                }
                page.lines.extend(selection.make(line));
            }
            leaf += if direction == Direction::Older { -1 } else { 1 };
        }
        page
    }

    /// How many lines a filter takes, without making any.
    pub fn count_lines(&self, filter: &LineFilter) -> u64 {
        self.count_lines_by_level(filter).iter().sum()
    }

    /// How many lines a filter takes of each level, as in [`LEVELS`].
    pub fn count_lines_by_level(&self, filter: &LineFilter) -> [u64; 5] {
        let mut selection = Selection::new(self, filter);
        if selection.is_empty() {
            return [0; 5];
        }
        let (from, until) = (selection.from_ms, selection.until_ms);
        selection.between(from, until)
    }

    /// The level of the newest line of a kind that was written at an instant of its own instead of by a template.
    pub fn newest_scripted(&self, service: &str, name: &str) -> Option<Level> {
        let filter = LineFilter {
            services: vec![service.to_owned()],
            names: vec![name.to_owned()],
            ..LineFilter::default()
        };
        let selection = Selection::new(self, &filter);
        let mut scripted = selection.scripted_between(selection.from_ms, selection.until_ms);
        Some(scripted.next_back()?.line.level)
    }

    /// One line, if there is one of that key.
    pub fn line(&self, key: LineKey) -> Option<LogLine> {
        let filter = LineFilter {
            from_ms: key.at_ms,
            until_ms: key.at_ms.saturating_add(1),
            ..LineFilter::default()
        };
        let (mut selection, found) = self.find(key, &filter)?;
        selection.make(&found)
    }

    /// The names and values of a line's fields; none for a scripted line.
    pub fn line_fields(&self, key: LineKey) -> Vec<(Arc<str>, String)> {
        let filter = LineFilter {
            from_ms: key.at_ms,
            until_ms: key.at_ms.saturating_add(1),
            ..LineFilter::default()
        };
        let Some((mut selection, found)) = self.find(key, &filter) else {
            return Vec::new();
        };
        selection.fields_of(&found)
    }

    /// The lines that the event with this trace wrote, found without searching.
    pub fn lines_of_trace(&self, trace: u128) -> Vec<LineKey> {
        let Some((atom, leaf, event)) = TraceIds::new(self.seed()).event(trace) else {
            return Vec::new();
        };
        let logs = self.logs();
        let ids = logs
            .by_atom
            .get(&AtomId(atom))
            .map_or(&[][..], Vec::as_slice);
        let mut keys: Vec<_> = ids
            .iter()
            .filter_map(|&log| self.key_of(log, leaf, event))
            .collect();
        keys.sort_unstable();
        keys
    }

    /// The trace of a line's event.
    pub fn trace_of(&self, key: LineKey) -> Option<u128> {
        let LineId::Event { log, leaf, event } = key.id else {
            return None;
        };
        let atom = self.log_def(log)?.atom;
        Some(TraceIds::new(self.seed()).of(atom.0, leaf, event))
    }

    fn key_of(&self, log: LogId, index: LeafIndex, k: u32) -> Option<LineKey> {
        let held = self.logs().logs.get(log.0 as usize)?;
        if index < first_leaf(self, held) || self.grid().end_ms(index) > self.closed_ms() {
            return None;
        }
        let mut reader = self.reader(held.def.atom)?;
        let leaf = reader.leaf(index);
        if u64::from(k) >= AtomReader::kept(&leaf, held.def.keep_one_in) {
            return None;
        }
        let mut cells = Vec::new();
        reader.cells(&leaf, &mut cells);
        let cell = cells.get(AtomReader::ranks(&leaf).forward(k.into()) as usize)?;
        let event = Event {
            atom: held.def.atom.0,
            leaf: index,
            key: leaf.key,
            k,
        };
        Some(LineKey {
            at_ms: instant(self.grid().start_ms(index), cell, &event, held.emitter),
            id: LineId::Event {
                log,
                leaf: index,
                event: k,
            },
        })
    }

    fn find<'a>(
        &'a self,
        key: LineKey,
        filter: &'a LineFilter,
    ) -> Option<(Selection<'a>, LineRef)> {
        let mut selection = Selection::new(self, filter);
        if selection.is_empty() {
            return None;
        }
        if let LineId::Event { log, .. } = key.id {
            selection
                .groups
                .retain(|group| group.logs.iter().any(|chosen| chosen.id == log));
        }
        let mut lines = Vec::new();
        selection.lines_of(self.grid().leaf_at(key.at_ms), &mut lines);
        let found = lines.into_iter().find(|line| line.key == key)?;
        Some((selection, found))
    }
}
