//! The incidents that PagerDuty lists: those of the world, and ordinary ones from the months before telemetry's history, the
//! same in every drill of an estate. Never one that anybody still works on, never one of a component that an incident is about.

use std::collections::BTreeSet;

use crate::sim::World;
use crate::sim::chatter::tickets::number_at;
use crate::sim::pager::{IncidentState, PagerIncident};
use crate::sim::plan::ServicePlan;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::{estate_key, one_of};
use crate::tools::oncall::rotation::{WEEK, monday, shifts, week_of};

/// Incidents a day, where the declared ones do not tell.
const PER_DAY: f64 = 4.0;
/// Weeks before the page that are listed at most.
const WEEKS: i64 = 26;

/// What pages on ordinary days: the alert, its title after the name, a note, whether it resolves by itself.
const ORDINARY: [(&str, &str, &str, bool); 9] = [
    (
        "HighLatency",
        "{service} is slow",
        "a node was full, the scheduler moved it",
        true,
    ),
    (
        "HighLatency",
        "{service} is slow",
        "back to normal before I had a shell",
        true,
    ),
    (
        "HighErrorRate",
        "requests to {service} fail",
        "one pod lost its node, the others took over",
        true,
    ),
    (
        "DeploymentReplicasMissing",
        "{service}",
        "image pull took four minutes, cold node",
        true,
    ),
    (
        "DeploymentReplicasMissing",
        "{service}",
        "node drained for a kernel update",
        true,
    ),
    (
        "ContainerMemoryHigh",
        "{service}",
        "restarted one pod, opened a ticket for the request",
        false,
    ),
    (
        "ContainerMemoryHigh",
        "{service}",
        "fell with the evening's traffic",
        true,
    ),
    (
        "PodCrashLooping",
        "{service}",
        "one bad node, cordoned it, the pod starts elsewhere",
        false,
    ),
    (
        "PodCrashLooping",
        "{service}",
        "a typo in its config map, put right",
        false,
    ),
];

/// All incidents that have been triggered, oldest first.
pub fn all(world: &World) -> Vec<PagerIncident> {
    let now = world.now();
    let declared = world.pager().incidents().iter();
    let mut all: Vec<PagerIncident> = declared
        .filter(|incident| incident.triggered <= now)
        .cloned()
        .collect();
    all.extend(earlier(world));
    all.sort_by_key(|incident| incident.triggered);
    all
}

/// An incident by its id.
pub fn find(world: &World, id: &str) -> Option<PagerIncident> {
    all(world).into_iter().find(|incident| incident.id == id)
}

/// The number in an id such as `PD-1234`.
fn number_of(id: &str) -> Option<u32> {
    id.rsplit('-').next()?.parse().ok()
}

/// Ordinary incidents between the estate's beginning and telemetry's history, oldest first.
pub fn earlier(world: &World) -> Vec<PagerIncident> {
    let plan = world.plan();
    let since = plan.pack.estate.since;
    let first = week_of(since.map_or(plan.history_start(), |at| SimTime(at.millis))) + 1;
    let last = week_of(plan.history_start());
    let mut marks: Vec<(SimTime, u32)> = world
        .pager()
        .incidents()
        .iter()
        .filter_map(|incident| Some((incident.triggered, number_of(&incident.id)?)))
        .collect();
    let mut taken: BTreeSet<u32> = marks.iter().map(|(_, number)| *number).collect();
    // One that is out of order tells nothing of how numbers rise.
    let mut highest = 0;
    marks.retain(|(_, number)| {
        let rises = *number > highest;
        highest = highest.max(*number);
        rises
    });
    let services = calm_services(world);
    let mut made = Vec::new();
    for week in first.max(last - WEEKS)..last {
        let Some(mut incident) = ordinary(world, &services, week) else {
            continue;
        };
        let number = number_at(&marks, incident.triggered, PER_DAY);
        if taken.insert(number) {
            incident.id = format!("PD-{number}");
            made.push(incident);
        }
    }
    made
}

/// The ordinary incident of a week.
fn ordinary(world: &World, services: &[&ServicePlan], week: i64) -> Option<PagerIncident> {
    let key = estate_key(world, &format!("pagerduty/{week}"));
    let service = *one_of(key, 0, services)?;
    let plan = world.plan();
    let known: Vec<_> = ORDINARY
        .iter()
        .filter(|(alert, ..)| has_rule(world, alert, service))
        .collect();
    let (alert, about, note, by_itself) = **one_of(key, 1, &known)?;
    let triggered = monday(week) + Span::from_secs(key.between(2, 0, WEEK.secs()));
    let taken = triggered + Span::from_secs(key.between(3, 90, 11 * 60));
    let noted = taken + Span::from_secs(key.between(4, 120, 15 * 60));
    let over = noted + Span::from_secs(key.between(5, 60, 40 * 60));
    let team = plan.pack.estate.teams.get(&service.spec.team)?;
    let shifts = shifts(world, team, week..=week);
    let by = &shifts
        .iter()
        .find(|shift| shift.from <= taken && taken < shift.until)?
        .by;
    let title = format!("{alert}: {}", about.replace("{service}", &service.name));
    let mut incident = PagerIncident {
        id: String::new(),
        service: service.name.clone(),
        urgency: "low".to_owned(),
        priority: None,
        state: IncidentState::Triggered,
        triggered,
        timeline: Vec::new(),
        title,
    };
    let first = format!("Triggered: {}", incident.title);
    incident.note("system", &first, triggered);
    incident.set(IncidentState::Acknowledged, by, taken);
    incident.note(by, &format!("Note: {note}"), noted);
    let resolver = if by_itself { "system" } else { by.as_str() };
    incident.set(IncidentState::Resolved, resolver, over);
    Some(incident)
}

/// Services of which nothing is to be found out.
fn calm_services(world: &World) -> Vec<&ServicePlan> {
    let plan = world.plan();
    let scenario = &plan.pack.scenario;
    let told = |name: &String| {
        scenario.answer.components.contains(name)
            || scenario
                .incidents
                .values()
                .any(|known| known.service == *name)
    };
    let calm = |service: &&ServicePlan| {
        let spec = &service.spec;
        spec.replicas > 0 && spec.known_crash_loop.is_none() && !told(&service.name)
    };
    plan.services.iter().filter(calm).collect()
}

/// Whether the estate has an alert that can be about a service.
fn has_rule(world: &World, alert: &str, service: &ServicePlan) -> bool {
    let about = |rule: &crate::sim::rules::AlertingRule| {
        rule.service
            .as_ref()
            .is_none_or(|name| *name == service.name)
    };
    let rules = world.plan().rules.alerting.iter();
    let mut named = rules.filter(|rule| rule.name == alert);
    named.any(about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn ordinary_incidents_are_over_and_were_taken_by_whom_the_schedule_names() {
        let world = small_world();
        let last = week_of(world.plan().history_start());
        let services = calm_services(&world);
        let made: Vec<PagerIncident> = (last - WEEKS..last)
            .filter_map(|week| ordinary(&world, &services, week))
            .collect();
        assert!(made.len() > 10, "{}", made.len());
        for incident in made {
            assert_eq!(incident.state, IncidentState::Resolved);
            let (_, service) = world.plan().service(&incident.service).unwrap();
            let team = &world.plan().pack.estate.teams[&service.spec.team];
            assert!(team.on_call.contains(&incident.timeline[1].by));
            assert!(
                incident
                    .timeline
                    .windows(2)
                    .all(|pair| pair[0].at <= pair[1].at)
            );
            let end = incident.timeline.last().unwrap().at;
            assert!(end < world.plan().history_start());
        }
    }

    #[test]
    fn a_number_that_is_taken_is_not_given_again() {
        let world = small_world();
        let all = all(&world);
        let ids: BTreeSet<&String> = all.iter().map(|incident| &incident.id).collect();
        assert_eq!(ids.len(), all.len());
    }
}
