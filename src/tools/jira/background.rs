//! Ordinary issues: the quiet work of every team, made of its services and people, the same in every drill of an estate.
//! Never names anything that an incident is about.

use std::collections::{BTreeMap, BTreeSet};

use super::issues::{Category, Issue, projects, sprint_of};
use super::sprints;
use crate::sim::World;
use crate::sim::chatter::tickets::{PER_DAY, number_at, rising};
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::{estate_key, one_of};

/// Issues that a team opens in a sprint.
const PER_SPRINT: u64 = 3;

/// What work there is: kind, title, text, label. `{service}` is one of the team's services.
const WORK: [(&str, &str, &str, &str); 26] = [
    (
        "Task",
        "{service}: newer base image",
        "The scanner lists two findings of medium severity in the base image. Take the newest patch level.",
        "dependencies",
    ),
    (
        "Task",
        "{service}: remove the old health endpoint",
        "Nothing asks /status any more since probes moved to /healthz. Remove it and its test.",
        "cleanup",
    ),
    (
        "Bug",
        "{service}: a test fails now and then",
        "It waits for a fixed time. Wait for the answer instead.",
        "flaky-test",
    ),
    (
        "Story",
        "{service}: say in the log who called",
        "A line without its caller is of little use. Add the caller's name to access lines.",
        "observability",
    ),
    (
        "Task",
        "{service}: dashboard panel for start-up time",
        "We guess how long a start takes. Show it.",
        "observability",
    ),
    (
        "Task",
        "{service}: memory request is twice what it uses",
        "Lower the request after looking at four weeks of use.",
        "cost",
    ),
    (
        "Bug",
        "{service}: wrong unit in a histogram's help text",
        "It says milliseconds and means seconds.",
        "observability",
    ),
    (
        "Task",
        "{service}: move settings out of the image",
        "Two values are still built in.",
        "cleanup",
    ),
    (
        "Story",
        "{service}: answer 429 before falling over",
        "Decide at which rate, and say so in the runbook.",
        "resilience",
    ),
    (
        "Task",
        "{service}: owners file names somebody who left",
        "",
        "docs",
    ),
    (
        "Task",
        "Runbook of {service}: screenshots are a year old",
        "The menu has other names now.",
        "docs",
    ),
    (
        "Bug",
        "{service}: dates in the export are local time",
        "Who reads it expects UTC.",
        "support",
    ),
    (
        "Story",
        "{service}: a smaller image",
        "Most of it are build tools that nobody needs at run time.",
        "build",
    ),
    (
        "Task",
        "{service}: build takes eleven minutes",
        "Layers are in the wrong order; dependencies are fetched every time.",
        "build",
    ),
    (
        "Task",
        "{service}: delete branches older than a year",
        "",
        "cleanup",
    ),
    (
        "Bug",
        "{service}: error text shows an internal id",
        "Customers send us screenshots of it.",
        "support",
    ),
    (
        "Story",
        "{service}: feature flag for the new layout",
        "Off by default. Remove it after four weeks.",
        "feature-flag",
    ),
    (
        "Task",
        "{service}: load test before the season",
        "Twice last year's peak for ten minutes, in staging.",
        "capacity",
    ),
    (
        "Task",
        "{service}: alert has no link to its runbook",
        "",
        "alerting",
    ),
    (
        "Bug",
        "{service}: warning at every start",
        "A deprecated option is still set. Harmless, but it hides others.",
        "cleanup",
    ),
    (
        "Story",
        "{service}: list of values in the API description",
        "Clients guess them.",
        "docs",
    ),
    (
        "Task",
        "{service}: rotate the token of the test account",
        "",
        "security",
    ),
    (
        "Bug",
        "{service}: page counts one item too many",
        "Seen on the last page only.",
        "support",
    ),
    (
        "Task",
        "{service}: pod disruption budget",
        "There is none, so a drain may take all pods at once.",
        "resilience",
    ),
    (
        "Task",
        "{service}: update the client library",
        "One minor version behind. The change log has nothing that concerns us.",
        "dependencies",
    ),
    (
        "Story",
        "{service}: a short note for support",
        "What a customer sees when it is slow, in three sentences.",
        "docs",
    ),
];

const COMMENTS: [&str; 10] = [
    "Looked at it, small.",
    "Done, please review.",
    "Moved to the next sprint.",
    "Merged.",
    "Needs an hour of somebody who knows the build.",
    "Agreed with the team, going on.",
    "Waiting for review.",
    "Still wanted?",
    "Yes, but not this month.",
    "Checked in staging.",
];

/// Adds ordinary issues to those that are declared.
pub fn add(world: &World, homes: &BTreeMap<String, String>, issues: &mut Vec<Issue>) {
    let plan = world.plan();
    let mut made = Vec::new();
    for (team, project) in homes {
        let services: Vec<&str> = plan
            .services
            .iter()
            .filter(|service| service.spec.team == *team)
            .map(|service| service.name.as_str())
            .collect();
        let people: Vec<&String> = plan
            .pack
            .estate
            .people
            .iter()
            .filter(|(_, person)| person.team == *team)
            .map(|(handle, _)| handle)
            .collect();
        if services.is_empty() || people.is_empty() {
            continue;
        }
        for sprint in sprints::listed(world) {
            if sprint.starts > plan.page {
                continue;
            }
            for place in 0..PER_SPRINT {
                let path = format!("jira/{team}/{}/{place}", sprint.number);
                made.push(issue(world, &path, project, sprint, &services, &people));
            }
        }
    }
    made.sort_by(|a, b| (a.created, &a.summary).cmp(&(b.created, &b.summary)));
    number(world, issues, &mut made);
    for mut issue in made {
        issue.key = format!("{}-{}", issue.project, issue.number);
        issue.sprint = sprint_of(world, &issue);
        issues.push(issue);
    }
}

/// The project in which each team works: the one that most of its people's declared tickets are in.
pub fn homes(world: &World, issues: &[Issue]) -> BTreeMap<String, String> {
    let estate = &world.plan().pack.estate;
    let projects = projects(world);
    let mut homes = BTreeMap::new();
    for team in estate.teams.keys() {
        let of_team = |handle: &Option<String>| {
            let person = handle.as_ref().and_then(|handle| estate.people.get(handle));
            person.is_some_and(|person| person.team == *team)
        };
        let most = projects.iter().max_by_key(|(key, _)| {
            let theirs = issues
                .iter()
                .filter(|issue| issue.project == *key && of_team(&issue.assignee));
            (theirs.count(), std::cmp::Reverse(key.clone()))
        });
        if let Some((key, _)) = most {
            homes.insert(team.clone(), key.clone());
        }
    }
    homes
}

fn issue(
    world: &World,
    path: &str,
    project: &str,
    sprint: sprints::Sprint,
    services: &[&str],
    people: &[&String],
) -> Issue {
    let key = estate_key(world, path);
    let page = world.plan().page;
    let service = one_of(key, 0, services).copied().unwrap_or_default();
    let (kind, title, text, label) = one_of(key, 1, &WORK).copied().unwrap_or(WORK[0]);
    let person = |index| one_of(key, index, people).map(|handle| (*handle).clone());
    // Opened on a working day up to two weeks before the sprint.
    let day = key.between(2, 0, 9);
    let day = day + 2 * (day / 5) - 14;
    let minute = key.between(3, 8 * 60, 17 * 60);
    let created = (sprint.starts.floor_to(Span::from_hours(24))
        + Span::from_hours(24 * day)
        + Span::from_mins(minute - 60))
    .min(page - Span::from_mins(key.between(4, 900, 4000)));
    let closes = sprint.starts + Span::from_mins(key.between(5, 60, 9 * 24 * 60));
    let is_past = sprint.ends < page;
    let status = match key.below(6, 10) {
        0 => "Backlog",
        1 if is_past => "Backlog",
        _ if is_past => "Done",
        2..=4 if closes < page => "Done",
        5 | 6 => "In Progress",
        7 => "In Review",
        _ => "To Do",
    };
    let done = status == "Done";
    let touched = closes.max(created + Span::from_mins(30));
    // What would be touched after the page was touched some time since it was opened.
    let since = (page - created).millis() / 1000;
    let touched = if touched < page - Span::from_mins(20) {
        touched
    } else {
        created + Span(since * key.between(14, 50, 950))
    };
    let mut comments = Vec::new();
    if key.below(7, 3) == 0 {
        let says = one_of(key, 8, &COMMENTS).copied().unwrap_or_default();
        comments.push((touched, person(9).unwrap_or_default(), says.to_owned()));
    }
    let updated = if done || !comments.is_empty() {
        touched
    } else {
        created
    };
    Issue {
        key: String::new(),
        project: project.to_owned(),
        number: 0,
        kind: kind.to_owned(),
        summary: title.replace("{service}", service),
        status: status.to_owned(),
        priority: one_of(
            key,
            10,
            &["Low", "Low", "Medium", "Medium", "Medium", "High"],
        )
        .copied()
        .unwrap_or("Medium")
        .to_owned(),
        assignee: (Category::of(status) != Category::ToDo || key.below(11, 2) == 0)
            .then(|| person(12))
            .flatten(),
        reporter: person(13).unwrap_or_default(),
        labels: vec![label.to_owned()],
        components: vec![service.to_owned()],
        description: text.to_owned(),
        comments,
        created,
        updated: updated.max(created),
        resolved: done.then_some(touched.max(created)),
        sprint: None,
    }
}

/// Gives numbers that rise with time among those of the declared tickets and are not taken, not even in passing talk.
fn number(world: &World, declared: &[Issue], made: &mut [Issue]) {
    let mut known: BTreeMap<&str, Vec<(SimTime, u32)>> = BTreeMap::new();
    for issue in declared {
        known
            .entry(&issue.project)
            .or_default()
            .push((issue.created, issue.number));
    }
    for marks in known.values_mut() {
        marks.sort_unstable();
        *marks = rising(marks);
    }
    let declared = declared
        .iter()
        .map(|issue| (issue.project.clone(), issue.number));
    // What people talk about in passing is none of these.
    let talked = world.talked().numbers();
    let talked = talked.map(|(project, number)| (project.to_owned(), number));
    let mut taken: BTreeSet<(String, u32)> = declared.chain(talked).collect();
    let mut last: BTreeMap<String, u32> = BTreeMap::new();
    for issue in made {
        let marks = known
            .get(issue.project.as_str())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let after = last.get(&issue.project).copied().unwrap_or(0) + 1;
        let mut number = number_at(marks, issue.created, PER_DAY).max(after);
        while taken.contains(&(issue.project.clone(), number)) {
            number += 1;
        }
        taken.insert((issue.project.clone(), number));
        last.insert(issue.project.clone(), number);
        issue.number = number;
    }
}
