//! Tables that get one row for each message of a consumer group: how many, when each was written, what is in it.
//!
//! Rows follow the group's committed offset as telemetry's history has it; the values of a row hang on the message's
//! offset and the column's name, so two tables that are fed from one topic agree. Never keeps a row.

use crate::scenario::format::infrastructure::{Table, TableGrowth};
use crate::sim::World;
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::ids::GroupId;
use crate::sim::partitions::share;
use crate::sim::plan::{Deed, TopicPlan};
use crate::sim::telemetry::reader::Part;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::members::uuid;

/// Instants between which rows are dealt out evenly, when many are made at once.
const GRID: usize = 2000;

/// A table that grows.
#[derive(Clone, Copy)]
pub struct Growth<'a> {
    world: &'a World,
    /// What was written after this instant is not there yet.
    until: SimTime,
    table: &'a Table,
    spec: &'a TableGrowth,
    group: GroupId,
    topic: &'a TopicPlan,
}

impl<'a> Growth<'a> {
    /// The growth of a table as a server has it that is so far `behind`; `None` for one that does not grow.
    pub fn of(world: &'a World, table: &'a Table, behind: Span) -> Option<Self> {
        let spec = table.grows_with.as_ref()?;
        let plan = world.plan();
        let group = *plan.names.groups.get(&spec.group)?;
        let topic = plan
            .topics
            .get(plan.groups.get(group.index())?.topic.index())?;
        Some(Self {
            world,
            until: world.now() - behind,
            table,
            spec,
            group,
            topic,
        })
    }

    /// The column that holds when a row was written.
    pub fn time_column(&self) -> &'a str {
        &self.spec.time_column
    }

    /// Rows there were at each of these ascending instants.
    pub fn rows_at(&self, at: &[SimTime]) -> Vec<u64> {
        let offsets = self.committed_at(at);
        let mut most = 0;
        at.iter()
            .zip(offsets)
            .map(|(at, offset)| {
                most = most.max(offset.saturating_sub(self.passed_over(*at)));
                self.spec.base + most
            })
            .collect()
    }

    /// Rows there are.
    pub fn rows(&self) -> u64 {
        self.rows_at(&[self.until]).first().copied().unwrap_or(0)
    }

    /// Messages that made no row because they had expired or were skipped, up to an instant.
    fn passed_over(&self, at: SimTime) -> u64 {
        let Some(group) = self.world.groups().get(self.group.index()) else {
            return 0;
        };
        let known: Vec<_> = group
            .gaps
            .iter()
            .map(|gap| (gap.at, gap.missing()))
            .collect();
        let told: u64 = known.iter().map(|(_, lost)| lost).sum();
        let reset = self.world.trainee().deeds.iter().rev();
        let reset = reset
            .filter(|done| matches!(done.deed, Deed::OffsetsReset(of) if of == self.group))
            .map(|done| done.at)
            .next();
        let before: u64 = known
            .iter()
            .filter(|(when, _)| *when <= at)
            .map(|(_, lost)| lost)
            .sum();
        let rest = (group.lost() + group.skipped()).saturating_sub(told);
        let since = reset.unwrap_or(group.since());
        before + if rest > 0 && at >= since { rest } else { 0 }
    }

    /// The group's committed offset at each of these ascending instants.
    fn committed_at(&self, at: &[SimTime]) -> Vec<u64> {
        let signals = self.world.signals();
        let group = signals.group(self.group);
        let partitions = group.map_or(&[][..], |group| &group.committed);
        let of = partitions.len() as u32;
        let tracks: Vec<_> = (0..)
            .zip(partitions)
            .filter_map(|(number, id)| Some((number, signals.telemetry().value(*id)?)))
            .collect();
        let topic = self
            .world
            .plan()
            .groups
            .get(self.group.index())
            .and_then(|group| signals.topic(group.topic));
        let Some(topic) = topic else {
            return vec![0; at.len()];
        };
        let times: Vec<i64> = at.iter().map(|at| at.millis()).collect();
        let mut counted = vec![0_u64; at.len()];
        let mut at_page = 0_u64;
        let page = self.world.plan().page;
        for atom in &topic.producers {
            let totals = signals.telemetry().totals_at(*atom, Part::ALL, &times);
            counted
                .iter_mut()
                .zip(totals)
                .for_each(|(sum, total)| *sum += total);
            at_page += signals
                .telemetry()
                .total_until(*atom, Part::ALL, page.millis());
        }
        let end = |count: u64| (topic.end_at_page + count).saturating_sub(at_page);
        times
            .iter()
            .zip(counted)
            .map(|(at, count)| {
                let committed = tracks.iter().map(|(number, track)| {
                    // Negative while it keeps up.
                    let held = u64::try_from(*track.at(*at));
                    held.unwrap_or_else(|_| share(end(count), *number, of))
                });
                committed.sum()
            })
            .collect()
    }

    /// When the row with this number (counted from 1) was written, to the second or better.
    pub fn written(&self, row: u64) -> SimTime {
        let (mut low, mut high) = (
            self.world.plan().history_start().secs(),
            self.world.now().secs(),
        );
        let reached = |second: i64| {
            self.rows_at(&[SimTime(second * 1000)])
                .first()
                .is_some_and(|rows| *rows >= row)
        };
        if reached(low) {
            return self.before_history(row);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if reached(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        SimTime(low * 1000)
    }

    /// Rows older than telemetry are taken to have come as fast as those of its fourteen days.
    fn before_history(&self, row: u64) -> SimTime {
        let (start, now) = (self.world.plan().history_start(), self.world.now());
        let counts = self.rows_at(&[start, now]);
        let (first, last) = (
            counts.first().copied().unwrap_or(0),
            counts.last().copied().unwrap_or(0),
        );
        let each = (now - start).millis() / (last.saturating_sub(first)).max(1) as i64;
        start - Span(first.saturating_sub(row) as i64 * each)
    }

    /// When each of a run of rows was written, ascending.
    pub fn written_each(&self, from: u64, count: u64) -> Vec<SimTime> {
        if count == 0 {
            return Vec::new();
        }
        let (first, last) = (self.written(from), self.written(from + count - 1));
        if count < 3 || last - first < Span::from_secs(2) {
            return (0..count)
                .map(|place| if place + 1 == count { last } else { first })
                .collect();
        }
        let step = Span(((last - first).millis() / GRID as i64).max(1000));
        let steps = (last - first).millis() / step.millis() + 1;
        let edges: Vec<SimTime> = (0..=steps)
            .map(|place| first + Span(step.millis() * place))
            .collect();
        let reached = self.rows_at(&edges);
        let mut times = Vec::with_capacity(count as usize);
        for place in 0..count {
            let row = from + place;
            let edge = reached
                .partition_point(|rows| *rows < row)
                .min(edges.len() - 1);
            let at = edges.get(edge).copied().unwrap_or(last);
            // Rows of one step stand evenly between its edges.
            let before = edge
                .checked_sub(1)
                .and_then(|edge| reached.get(edge).copied())
                .unwrap_or(row - 1);
            let whole = reached
                .get(edge)
                .copied()
                .unwrap_or(row)
                .saturating_sub(before)
                .max(1);
            let back = step.millis() * (whole - (row - before).min(whole)) as i64 / whole as i64;
            times.push((at - Span(back)).min(last).max(first));
        }
        times
    }

    /// The values of a row that was written at an instant.
    pub fn values(&self, row: u64, at: SimTime) -> Vec<String> {
        let offset = row.saturating_sub(self.spec.base) + self.passed_over(at);
        let columns = self.table.columns.iter().enumerate();
        columns
            .map(|(place, (name, kind))| {
                if *name == self.spec.time_column || kind.starts_with("timestamp") {
                    return timestamp(at, kind);
                }
                let number = place == 0
                    && matches!(kind.as_str(), "bigint" | "integer" | "bigserial" | "serial");
                if number {
                    row.to_string()
                } else {
                    self.value(name, kind, offset, at)
                }
            })
            .collect()
    }

    fn value(&self, name: &str, kind: &str, offset: u64, at: SimTime) -> String {
        let stream = StreamId::of(&format!("postgres/{}/{name}", self.topic.name));
        let key = StreamKey::new(self.world.seed(), stream).leaf(offset as i64);
        match kind {
            "uuid" => uuid(key.draw(0), 3),
            "date" => at.format("%Y-%m-%d"),
            "boolean" => "t".to_owned(),
            "bigint" | "integer" | "smallint" if name == "nanos" => {
                (key.below(0, 100) * 10_000_000).to_string()
            }
            "bigint" | "integer" | "smallint" => (1 + key.below(0, 240)).to_string(),
            _ if kind.starts_with("numeric") || kind == "money" => {
                format!("{}.{:02}", 1 + key.below(0, 240), key.below(1, 100))
            }
            _ if name.contains("currency") => {
                let all = ["USD", "USD", "USD", "EUR", "EUR", "GBP", "CHF", "SEK"];
                (*all.get(key.below(0, 8) as usize).unwrap_or(&"USD")).to_owned()
            }
            _ if name.ends_with("_id") => uuid(key.draw(0), 4),
            _ => format!("{:012x}", key.draw(0) >> 16),
        }
    }
}

/// A timestamp as PostgreSQL prints it.
pub fn timestamp(at: SimTime, kind: &str) -> String {
    let mut text = at.format("%Y-%m-%d %H:%M:%S");
    let millis = at.millis().rem_euclid(1000);
    if millis > 0 {
        text.push_str(format!(".{millis:03}").trim_end_matches('0'));
    }
    if kind.contains("with time zone") || kind == "timestamptz" {
        text.push_str("+00");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    fn table() -> Table {
        Table {
            columns: vec![
                ("id".into(), "bigint".into()),
                ("job_id".into(), "uuid".into()),
                ("done_at".into(), "timestamp with time zone".into()),
            ],
            rows: Vec::new(),
            grows_with: Some(TableGrowth {
                group: "worker".into(),
                base: 100,
                time_column: "done_at".into(),
            }),
        }
    }

    #[test]
    fn a_table_stands_still_while_nobody_works_its_group_off() {
        let (world, table) = (small_world(), table());
        let growth = Growth::of(&world, &table, Span::ZERO).unwrap();
        let group = world.groups().first().unwrap();
        assert_eq!(
            growth.rows(),
            100 + group.committed() - group.lost() - group.skipped()
        );
        let hour = world.now() - Span::from_mins(55);
        assert_eq!(
            growth.rows_at(&[hour, world.now()]).first(),
            Some(&growth.rows())
        );
        let last = growth.written(growth.rows());
        assert!(last <= world.now() - Span::from_mins(58), "{last}");
    }

    #[test]
    fn rows_are_written_in_order_and_come_out_alike() {
        let (world, table) = (small_world(), table());
        let growth = Growth::of(&world, &table, Span::ZERO).unwrap();
        let from = growth.rows() - 60;
        let times = growth.written_each(from, 61);
        assert!(times.is_sorted());
        assert_eq!(times.last(), Some(&growth.written(growth.rows())));
        let values = growth.values(from, times[0]);
        assert_eq!(values, growth.values(from, times[0]));
        assert_eq!(values[0], from.to_string());
        assert_ne!(values[1], growth.values(from + 1, times[1])[1]);
    }
}
