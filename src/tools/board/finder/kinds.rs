//! Kinds of lines that match: how many of each a window has, and which had none before it. Counted in slices, by what the
//! list of lines has decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Finder, STALE_MS};
use crate::scenario::format::telemetry::Level;
use crate::sim::World;
use crate::sim::logql::tallies::ByName;
use crate::sim::telemetry::lines::LineFilter;
use crate::sim::telemetry::logs::LogId;
use crate::sim::telemetry::search::{Budget, Counting, LineQuery, Search};
use crate::sim::telemetry::store::Telemetry;

/// Work of one step that looks whether kinds of lines are new, and that of beginning with one of them.
const KINDS: u64 = 100_000;
const KIND: u64 = 5_000;

/// A template with what it wrote in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Service.
    pub service: String,
    /// The kind of line.
    pub name: String,
    /// Level.
    pub level: Level,
    /// The text with its fields as `{name}`.
    pub pattern: String,
    /// Lines in the window.
    pub lines: u64,
    /// It had written none before the window, as far as lines are kept.
    pub is_new: bool,
}

/// Whether kinds had written lines before an instant, by service and name.
pub(super) type Befores = BTreeMap<(String, String), Before>;

/// Whether a kind had written lines before an instant.
pub(super) struct Before {
    until_ms: i64,
    /// Up to where history was closed when this was last looked for.
    closed_ms: i64,
    /// The answer so far: none, while it is looked for the first time.
    any: Option<bool>,
    /// What looks for it, until it is known.
    counting: Option<(Search, Counting)>,
}

impl Before {
    fn new(until_ms: i64) -> Self {
        Self {
            until_ms,
            closed_ms: i64::MIN,
            any: None,
            counting: None,
        }
    }

    /// Looks for lines within a budget of work. Says what it has taken.
    fn step(&mut self, telemetry: &Arc<Telemetry>, kind: &(String, String), work: u64) -> u64 {
        let mut taken = 0;
        let stale = telemetry.closed_ms().saturating_sub(self.closed_ms) > STALE_MS;
        if self.counting.is_none() && stale {
            let filter = LineFilter {
                services: vec![kind.0.clone()],
                names: vec![kind.1.clone()],
                until_ms: self.until_ms,
                ..LineFilter::default()
            };
            let search = Search::new(Arc::clone(telemetry), filter, LineQuery::default());
            let counting = search.start_counting();
            self.closed_ms = telemetry.closed_ms();
            self.counting = Some((search, counting));
            taken += KIND;
        }
        if let Some((search, counting)) = &mut self.counting {
            taken += search.count(counting, Budget::work(work.saturating_sub(taken)));
            let found = counting.total() > 0;
            if found || counting.done {
                self.any = Some(found);
                self.counting = None;
            }
        }
        taken
    }
}

impl Finder {
    /// What wrote lines in a window, most lines first.
    pub fn groups(
        &mut self,
        world: &World,
        start_ms: i64,
        end_ms: i64,
        parts: usize,
    ) -> Vec<Group> {
        let telemetry = world.signals().telemetry().snapshot();
        if !self.decide(&telemetry) {
            return Vec::new();
        }
        let before = self.kinds.take();
        let window = (start_ms, end_ms);
        let bars = self.counted(before, Arc::clone(&telemetry), window, parts);
        let by_name = bars.by_name().clone();
        self.kinds = Some(bars);
        self.look_before(&telemetry, &by_name, start_ms);
        let before = &self.before;
        let patterns: BTreeMap<(&str, &str), (LogId, Level)> = telemetry
            .log_defs()
            .map(|(id, def)| ((&*def.service, &*def.name), (id, def.level)))
            .collect();
        let flat = by_name.into_iter().flat_map(|(service, kinds)| {
            let kinds = kinds.into_iter();
            kinds.map(move |(name, lines)| (service.clone(), name, lines))
        });
        let mut groups: Vec<Group> = flat
            .map(|(service, name, lines)| {
                let known = patterns.get(&(service.as_str(), name.as_str()));
                let def = known.and_then(|(id, _)| telemetry.log_def(*id));
                // What containers write at single instants has no template: the kind says it, a line has the level.
                let of_line = || telemetry.newest_scripted(&service, &name);
                Group {
                    level: known
                        .map(|(_, level)| *level)
                        .or_else(of_line)
                        .unwrap_or(Level::Info),
                    pattern: def.map_or_else(|| name.clone(), |def| def.template.pattern()),
                    is_new: before
                        .get(&(service.clone(), name.clone()))
                        .is_some_and(|before| before.any == Some(false)),
                    service,
                    name,
                    lines,
                }
            })
            .collect();
        groups.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.name.cmp(&b.name)));
        groups
    }

    /// Looks whether kinds of lines were written before an instant, as far as a step's work reaches.
    fn look_before(&mut self, telemetry: &Arc<Telemetry>, kinds: &ByName, until_ms: i64) {
        self.before.retain(|_, before| before.until_ms == until_ms);
        let mut left = KINDS;
        for (service, names) in kinds {
            for name in names.keys() {
                let kind = (service.clone(), name.clone());
                let before = self.before.entry(kind.clone());
                let before = before.or_insert_with(|| Before::new(until_ms));
                left = left.saturating_sub(before.step(telemetry, &kind, left));
                if left == 0 {
                    return;
                }
            }
        }
    }
}
