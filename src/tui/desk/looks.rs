//! What is on screen, for the journal: a pane's view counts when it has stayed a second, or just before a command.

use std::collections::BTreeMap;

use super::super::pane::PaneId;
use super::super::world::Look;
use crate::session::journal::Door;
use crate::session::{Call, Look as Entry};
use crate::sim::time::SimTime;
use crate::tools::Workbench;

/// A view must stay this long, in wall milliseconds, to count.
const STAYS_MS: u64 = 1000;

/// What panes show, and for how long.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// By pane: the entry it would be, and how long it has stayed.
    waiting: BTreeMap<String, (Entry, u64)>,
}

impl Looks {
    /// What is on screen now. A pane that no longer is shows nothing of the world.
    pub fn set(&mut self, looks: &[Look], world: &crate::tools::DrillWorld) {
        for (entry, stayed) in self.waiting.values_mut() {
            if entry.query.is_some() && !looks.iter().any(|look| look.pane == entry.pane) {
                *entry = Entry {
                    pane: entry.pane.clone(),
                    query: None,
                    first_row: None,
                    height: 0,
                    frozen: false,
                };
                *stayed = 0;
            }
        }
        for look in looks {
            let entry = entry(look, world.now());
            match self.waiting.get(&entry.pane) {
                Some((known, _)) if *known == entry => {}
                _ => drop(self.waiting.insert(entry.pane.clone(), (entry, 0))),
            }
        }
    }

    /// Time passes: what has stayed long enough is journaled.
    pub fn settle(&mut self, wall_ms: u64, bench: &mut Workbench) {
        for (entry, stayed) in self.waiting.values_mut() {
            let before = *stayed;
            *stayed = stayed.saturating_add(wall_ms);
            if before < STAYS_MS && *stayed >= STAYS_MS {
                note(entry, bench);
            }
        }
    }

    /// A command comes: what is on screen counts as seen.
    pub fn flush(&mut self, bench: &mut Workbench) {
        for (entry, stayed) in self.waiting.values_mut() {
            if *stayed < STAYS_MS {
                *stayed = STAYS_MS;
                note(entry, bench);
            }
        }
    }
}

/// Journals a look; that a pane shows nothing is worth a line only where it showed something.
fn note(entry: &Entry, bench: &mut Workbench) {
    if entry.query.is_some() || bench.session().is_looking(&entry.pane) {
        drop(bench.session_mut().look(Door::Tui, entry.clone()));
    }
}

/// A look as the journal keeps it: the tool call whose answer the pane draws.
fn entry(look: &Look, now: SimTime) -> Entry {
    let args = serde_json::json!({
        "pane": look.pane,
        "query": look.query,
        "filter": look.filter,
        "first": look.first,
        "rows": look.rows,
        "frozen_at_ms": look.frozen.then(|| now.millis()),
    });
    // The browser draws answers of tools that everybody has.
    let query = if look.pane == PaneId::Browser.plain() {
        super::browse::looked_at(&look.query)
    } else {
        Some(Call {
            tool: "board_view".to_owned(),
            args,
        })
    };
    Entry {
        pane: look.pane.to_owned(),
        query,
        first_row: None,
        height: u32::from(look.rows),
        frozen: look.frozen,
    }
}
