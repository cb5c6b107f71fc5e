//! All issues: those of the estate, those of the scenario, and ordinary work. Never one that is not opened yet.

use super::background;
use super::commits;
use super::sprints::{self, Sprint};
use crate::scenario::format::records::Ticket;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::{estate_key, one_of};

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its key.
    pub key: String,
    /// Its project.
    pub project: String,
    /// Its number within the project.
    pub number: u32,
    /// `Bug`, `Task` or `Story`.
    pub kind: String,
    /// Title.
    pub summary: String,
    /// Status.
    pub status: String,
    /// Priority.
    pub priority: String,
    /// Assignee's handle.
    pub assignee: Option<String>,
    /// Reporter's handle.
    pub reporter: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Services it is about.
    pub components: Vec<String>,
    /// Text.
    pub description: String,
    /// Comments: when, who, what.
    pub comments: Vec<(SimTime, String, String)>,
    /// When it was opened.
    pub created: SimTime,
    /// When it was changed last.
    pub updated: SimTime,
    /// When it was done.
    pub resolved: Option<SimTime>,
    /// The sprint it is in: its number within the project.
    pub sprint: Option<u32>,
}

/// The three columns of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Nobody has begun.
    ToDo,
    /// Somebody has.
    InProgress,
    /// It is done.
    Done,
}

impl Category {
    /// The category of a status.
    pub fn of(status: &str) -> Self {
        match status.to_lowercase().as_str() {
            "done" | "closed" | "resolved" | "won't do" => Self::Done,
            "to do" | "open" | "backlog" | "selected for development" | "new" => Self::ToDo,
            _ => Self::InProgress,
        }
    }

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ToDo => "To Do",
            Self::InProgress => "In Progress",
            Self::Done => "Done",
        }
    }
}

/// The project of a key.
pub fn project_of(key: &str) -> &str {
    key.rsplit_once('-').map_or(key, |(project, _)| project)
}

/// Projects with their titles, by key: those that the estate declares, and those of its tickets' keys.
pub fn projects(world: &World) -> Vec<(String, String)> {
    let pack = &world.plan().pack;
    let mut found: Vec<(String, String)> = pack
        .estate
        .jira_projects
        .iter()
        .map(|(key, title)| (key.clone(), title.clone()))
        .collect();
    let keys = pack
        .estate
        .tickets
        .keys()
        .chain(pack.scenario.tickets.keys());
    for key in keys {
        let project = project_of(key);
        if found.iter().all(|(known, _)| known != project) {
            found.push((project.to_owned(), project.to_owned()));
        }
    }
    if found.is_empty() {
        let title = &pack.estate.title;
        let key: String = title
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(6)
            .collect();
        found.push((key.to_uppercase(), title.clone()));
    }
    found.sort();
    found
}

/// All issues that are opened, by key: project, then number.
pub fn all(world: &World) -> Vec<Issue> {
    let pack = &world.plan().pack;
    let estate = pack
        .estate
        .tickets
        .iter()
        .filter(|(key, _)| !pack.scenario.tickets.contains_key(*key));
    let mut issues: Vec<Issue> = pack
        .scenario
        .tickets
        .iter()
        .chain(estate)
        .map(|(key, ticket)| declared(world, key, ticket))
        .collect();
    let homes = background::homes(world, &issues);
    commits::add(world, &mut issues);
    background::add(world, &homes, &mut issues);
    issues.retain(|issue| issue.created <= world.now());
    for issue in &mut issues {
        issue.comments.retain(|(at, ..)| *at <= world.now());
    }
    issues.sort_by(|a, b| (&a.project, a.number).cmp(&(&b.project, b.number)));
    issues
}

/// An issue by its key.
pub fn find(world: &World, key: &str) -> Option<Issue> {
    all(world)
        .into_iter()
        .find(|issue| issue.key.eq_ignore_ascii_case(key))
}

fn declared(world: &World, key: &str, ticket: &Ticket) -> Issue {
    let plan = world.plan();
    let created = plan.moment(ticket.opened);
    let comments: Vec<(SimTime, String, String)> = ticket
        .comments
        .iter()
        .map(|(at, by, says)| (plan.moment(*at), by.clone(), says.clone()))
        .collect();
    let draw = estate_key(world, &format!("jira/{key}"));
    let said = comments.last().map(|(at, ..)| *at);
    let done = Category::of(&ticket.status) == Category::Done;
    // Work that is done was done when somebody said so last, or some days after it was opened.
    let after = created + Span::from_hours(draw.between(0, 5, 90));
    let updated = said.unwrap_or(if done { after } else { created });
    let project = project_of(key).to_owned();
    let text = format!("{} {}", ticket.title, ticket.text).to_lowercase();
    let services = plan.services.iter();
    let components: Vec<String> = services
        .filter(|service| names(&text, &service.name))
        .map(|service| service.name.clone())
        .collect();
    let kinds = ["Task", "Task", "Story"];
    let kind = one_of(draw, 1, &kinds).copied().unwrap_or("Task");
    let mut issue = Issue {
        key: key.to_owned(),
        number: key
            .rsplit_once('-')
            .and_then(|(_, number)| number.parse().ok())
            .unwrap_or(0),
        kind: ticket.kind.clone().unwrap_or_else(|| kind.to_owned()),
        summary: ticket.title.clone(),
        status: ticket.status.clone(),
        priority: ticket
            .priority
            .clone()
            .unwrap_or_else(|| "Medium".to_owned()),
        assignee: ticket.assignee.clone(),
        reporter: ticket.reporter.clone(),
        labels: ticket.labels.clone(),
        components,
        description: ticket.text.clone(),
        comments,
        created,
        updated: updated.min(world.now()).max(created),
        resolved: done.then(|| updated.min(world.now()).max(created)),
        sprint: None,
        project,
    };
    issue.sprint = sprint_of(world, &issue);
    issue
}

/// Whether a text names a service as a word of its own.
fn names(text: &str, service: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(service).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text
            .get(at + service.len()..)
            .and_then(|tail| tail.chars().next());
        !before.is_some_and(inner) && !after.is_some_and(inner)
    })
}

/// The sprint in which an issue was done, or is worked on; none for one that waits.
pub fn sprint_of(world: &World, issue: &Issue) -> Option<u32> {
    let at = match Category::of(&issue.status) {
        Category::Done => issue.resolved.unwrap_or(issue.created),
        Category::InProgress => world.plan().page,
        Category::ToDo if issue.status.eq_ignore_ascii_case("to do") => world.plan().page,
        Category::ToDo => return None,
    };
    sprints::at(world, at).map(|Sprint { number, .. }| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn every_ticket_is_an_issue_and_keys_are_unique() {
        let world = small_world();
        let issues = all(&world);
        assert!(issues.iter().any(|issue| issue.key == "ALPHA-12"));
        assert!(issues.iter().any(|issue| issue.key == "ALPHA-20"));
        let mut keys: Vec<&str> = issues.iter().map(|issue| issue.key.as_str()).collect();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count);
        assert!(count > 20, "{count}");
        assert!(issues.iter().all(|issue| issue.created <= issue.updated));
    }

    #[test]
    fn services_are_named_by_whole_words() {
        assert!(names("the worker is slow", "worker"));
        assert!(!names("worker-pool is slow", "worker"));
        assert!(!names("coworker", "worker"));
    }
}
