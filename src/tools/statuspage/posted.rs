//! What stands on status pages: on the company's own, incidents of the estate and the scenario and ordinary maintenance of
//! its servers; on those of suppliers, what these posted. Never the true state of anything.

use std::collections::BTreeMap;

use crate::scenario::format::systems::StatusIncident;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::estate_key;
use crate::tools::oncall::rotation::{monday, week_of};

/// Months of maintenance that the page still lists.
const MONTHS: i64 = 10;

/// An incident or a maintenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The supplier on whose page it stands; none for the company's own.
    pub supplier: Option<String>,
    /// Its id.
    pub id: String,
    /// Title.
    pub title: String,
    /// `none`, `minor`, `major`, `critical` or `maintenance`.
    pub impact: String,
    /// The components it names.
    pub components: Vec<String>,
    /// Updates, oldest first: when, state, text.
    pub updates: Vec<(SimTime, String, String)>,
}

impl Posted {
    /// When it was posted first.
    pub fn began(&self) -> SimTime {
        self.updates.first().map_or(SimTime(0), |(at, ..)| *at)
    }

    /// Its state as it was posted last.
    pub fn state(&self) -> &str {
        self.updates
            .last()
            .map_or("investigating", |(_, state, _)| state)
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        matches!(self.state(), "resolved" | "completed")
    }

    /// How long customers felt it, by what was posted.
    pub fn lasted(&self) -> Span {
        let last = self.updates.last().map_or(SimTime(0), |(at, ..)| *at);
        last - self.began()
    }
}

/// Components of the company's own page with one sentence each, by name.
pub fn components(world: &World) -> BTreeMap<String, String> {
    let estate = &world.plan().pack.estate;
    let declared = &estate.status_page.components;
    if !declared.is_empty() {
        let declared = declared.iter();
        return declared
            .map(|(name, about)| (name.clone(), about.clone()))
            .collect();
    }
    let journeys = estate.journeys.keys();
    journeys.map(|name| (name.clone(), String::new())).collect()
}

/// Everything that was posted by now, newest first.
pub fn all(world: &World) -> Vec<Posted> {
    let pack = &world.plan().pack;
    let page = &pack.estate.status_page;
    let scenario = &pack.scenario;
    let own = page.incidents.iter().chain(&scenario.status_incidents);
    let mut all: Vec<Posted> = own
        .map(|(id, incident)| posted(world, None, id, incident))
        .collect();
    for (name, supplier) in &page.suppliers {
        let further = scenario.supplier_incidents.get(name).into_iter().flatten();
        let incidents = supplier.incidents.iter().chain(further);
        all.extend(incidents.map(|(id, incident)| posted(world, Some(name), id, incident)));
    }
    all.extend(maintenance(world));
    for posted in &mut all {
        posted.updates.retain(|(at, ..)| *at <= world.now());
    }
    all.retain(|posted| !posted.updates.is_empty());
    all.sort_by(|a, b| (b.began(), &a.id).cmp(&(a.began(), &b.id)));
    all
}

fn posted(world: &World, supplier: Option<&String>, id: &str, incident: &StatusIncident) -> Posted {
    let updates = incident.updates.iter();
    let mut updates: Vec<_> = updates
        .map(|(at, state, text)| (world.plan().moment(*at), state.clone(), text.clone()))
        .collect();
    updates.sort_by_key(|(at, ..)| *at);
    Posted {
        supplier: supplier.cloned(),
        id: id.to_owned(),
        title: incident.title.clone(),
        impact: incident.impact.clone(),
        components: incident.components.clone(),
        updates,
    }
}

/// Each server is looked after once a month, on a Sunday night: announced days before, done on time.
fn maintenance(world: &World) -> Vec<Posted> {
    let estate = &world.plan().pack.estate;
    let kinds = [
        ("Database", estate.postgres.keys().collect::<Vec<_>>()),
        ("Session store", estate.valkey.keys().collect()),
        ("Order processing", estate.kafka.keys().collect()),
    ];
    let names: Vec<String> = components(world).into_keys().collect();
    let mut found = Vec::new();
    let this_week = week_of(world.plan().page);
    let servers = kinds
        .iter()
        .flat_map(|(what, names)| names.iter().map(move |name| (*what, *name)));
    for (place, (what, server)) in servers.enumerate() {
        for month in 1..=MONTHS {
            let key = estate_key(world, &format!("statuspage/{server}/{month}"));
            // Four weeks apart, each server on a week of its own.
            let week = this_week - month * 4 + (place as i64 % 3) - 1;
            let begins = monday(week) - Span::from_hours(22);
            let minutes = key.between(0, 8, 28);
            let done = begins + Span::from_mins(minutes);
            let update = |at: SimTime, state: &str, text: String| (at, state.to_owned(), text);
            found.push(Posted {
                supplier: None,
                id: format!("m{:06}", key.below(1, 1_000_000)),
                title: format!("{what} maintenance"),
                impact: "maintenance".to_owned(),
                components: names.get(key.below(2, names.len() as u64) as usize).cloned().into_iter().collect(),
                updates: vec![
                    update(
                        begins - Span::from_hours(4 * 24 + 13),
                        "scheduled",
                        format!(
                            "We will apply updates on {} between {} and {} UTC. No interruption is expected.",
                            begins.format("%-d %B"),
                            begins.format("%H:%M"),
                            (begins + Span::from_mins(30)).format("%H:%M")
                        ),
                    ),
                    update(
                        begins,
                        "in_progress",
                        "Scheduled maintenance is in progress.".to_owned(),
                    ),
                    update(
                        done,
                        "completed",
                        "The scheduled maintenance has been completed.".to_owned(),
                    ),
                ],
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn maintenance_is_over_before_the_page() {
        let world = small_world();
        let all = all(&world);
        assert!(all.len() >= 20, "{}", all.len());
        assert!(all.iter().all(Posted::is_over));
        assert!(
            all.windows(2)
                .all(|pair| pair[0].began() >= pair[1].began())
        );
    }
}
