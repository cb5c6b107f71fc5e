//! Issues that commits name and nobody declares: what a commit says of itself, as somebody asked for it before. Never one
//! that is not done.

use std::collections::{BTreeMap, BTreeSet};

use super::issues::{Issue, project_of, projects, sprint_of};
use crate::sim::World;
use crate::sim::git::commit::Commit;
use crate::sim::time::Span;
use crate::tools::drawn::{estate_key, one_of, working_day};

const DAY: Span = Span::from_hours(24);

/// Adds the issues that commits name to those that are declared.
pub fn add(world: &World, issues: &mut Vec<Issue>) {
    let known: BTreeSet<String> = issues.iter().map(|issue| issue.key.clone()).collect();
    let projects: Vec<String> = projects(world).into_iter().map(|(key, _)| key).collect();
    // The first commit that names a key is what it was opened for.
    let mut named: BTreeMap<String, &Commit> = BTreeMap::new();
    for repository in world.repositories().values() {
        for (_, commit) in repository.commits() {
            for key in keys(&commit.message, &projects) {
                let first = named.entry(key).or_insert(commit);
                if commit.committed_at < first.committed_at {
                    *first = commit;
                }
            }
        }
    }
    for (key, commit) in named {
        if !known.contains(&key)
            && let Some(issue) = issue(world, &key, commit)
        {
            issues.push(issue);
        }
    }
}

/// The keys of known projects that stand in a message by themselves.
fn keys(message: &str, projects: &[String]) -> Vec<String> {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_key = |word: &&str| {
        let number = word.rsplit_once('-').map(|(_, number)| number);
        number.is_some_and(|number| number.parse::<u32>().is_ok())
            && projects.iter().any(|project| project == project_of(word))
    };
    words.filter(is_key).map(str::to_owned).collect()
}

fn issue(world: &World, key: &str, commit: &Commit) -> Option<Issue> {
    let number = key.rsplit_once('-')?.1.parse().ok()?;
    let plan = world.plan();
    let people = &plan.pack.estate.people;
    let (subject, body) = commit
        .message
        .split_once('\n')
        .unwrap_or((&commit.message, ""));
    let (service, summary) = subject.split_once(": ").unwrap_or(("", subject));
    let author = commit.author.email.split('@').next().unwrap_or_default();
    let author = people.get_key_value(author);
    let of_team: Vec<&String> = people
        .iter()
        .filter(|(_, person)| author.is_some_and(|(_, own)| own.team == person.team))
        .map(|(handle, _)| handle)
        .collect();
    let draw = estate_key(world, &format!("jira/{key}"));
    let reporter = one_of(draw, 0, &of_team).map_or_else(String::new, |handle| (*handle).clone());
    // Asked for on a working day before it was written.
    let day = working_day((commit.committed_at - DAY).floor_to(DAY));
    let created = day + Span::from_mins(draw.between(1, 8 * 60, 16 * 60));
    let said = body.lines().map(str::trim).filter(|line| {
        let is_note = line.contains("-by: ") || keys(line, &[project_of(key).to_owned()]) == [key];
        !line.is_empty() && !is_note
    });
    let known = plan.service(service).is_some();
    let mut issue = Issue {
        key: key.to_owned(),
        project: project_of(key).to_owned(),
        number,
        kind: one_of(draw, 2, &["Task", "Story"])
            .copied()
            .unwrap_or("Task")
            .to_owned(),
        summary: if known { subject } else { summary }.to_owned(),
        status: "Done".to_owned(),
        priority: "Medium".to_owned(),
        assignee: author.map(|(handle, _)| handle.clone()),
        reporter,
        labels: Vec::new(),
        components: known.then(|| service.to_owned()).into_iter().collect(),
        description: said.collect::<Vec<_>>().join(" "),
        comments: Vec::new(),
        created,
        updated: commit.committed_at,
        resolved: Some(commit.committed_at),
        sprint: None,
    };
    issue.sprint = sprint_of(world, &issue);
    Some(issue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_projects() {
        let projects = ["ALPHA".to_owned(), "OPS".to_owned()];
        let found = keys(
            "gate: x\n\nALPHA-12, see OPS-3 and RFC-9 or ALPHA-x",
            &projects,
        );
        assert_eq!(found, ["ALPHA-12", "OPS-3"]);
    }
}
