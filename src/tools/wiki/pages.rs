//! The pages of the wiki: names, titles, who edited them last, the commands they give. Never ranks them.

use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::{estate_key, one_of, working_day};
use crate::tools::registry::Registry;

const DAY: Span = Span::from_hours(24);
/// Minutes of a day, UTC, between which people edit pages.
const WORK_BEGINS: i64 = 8 * 60;
/// See [`WORK_BEGINS`].
const WORK_ENDS: i64 = 17 * 60;

/// A page without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Who edited it last.
    pub edited_by: String,
    /// When.
    pub edited: SimTime,
}

/// A page's title: its first line, or what that line names.
pub fn title(text: &str) -> &str {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    let named = first.strip_prefix("title:").unwrap_or(first);
    named.trim_start_matches('#').trim()
}

/// A page without its head.
pub fn body(text: &str) -> &str {
    match text.split_once("\n---\n") {
        Some((head, body)) if head.starts_with("title:") => body.trim_start_matches('\n'),
        _ => text,
    }
}

/// All pages, by name.
pub fn all(world: &World) -> Vec<Page> {
    let wiki = world.plan().pack.wiki.iter();
    wiki.map(|(name, text)| page(world, name, text)).collect()
}

/// A page by its name or its title.
pub fn find<'a>(world: &'a World, given: &str) -> Option<(&'a String, &'a str)> {
    let wiki = &world.plan().pack.wiki;
    let name = given.trim();
    let name = name.strip_suffix(".md").unwrap_or(name);
    let by_name = wiki.get_key_value(name);
    by_name
        .or_else(|| {
            wiki.iter()
                .find(|(_, text)| title(text).eq_ignore_ascii_case(name))
        })
        .map(|(name, text)| (name, text.as_ref()))
}

/// A page. Its head says who owns it and when it was updated (`owner:`, `updated:` before `---`); what it does not say is
/// drawn: a person and a working day.
pub fn page(world: &World, name: &str, text: &str) -> Page {
    let estate = &world.plan().pack.estate;
    let key = estate_key(world, &format!("wiki/{name}"));
    let named: Vec<&String> = estate
        .people
        .keys()
        .filter(|handle| text.contains(&format!("@{handle}")))
        .collect();
    let everybody: Vec<&String> = estate.people.keys().collect();
    let owner = head(text, "owner").and_then(|owner| estate.people.get_key_value(owner));
    let by = owner
        .map(|(handle, _)| handle)
        .or_else(|| one_of(key, 0, &named).copied())
        .or_else(|| one_of(key, 1, &everybody).copied());
    let stated = head(text, "updated").and_then(midnight_of);
    let day = stated
        .filter(|day| *day < world.plan().page - DAY)
        .unwrap_or_else(|| drawn_day(world, key.below(2, 1000) as i64, text));
    let minutes = key.between(3, WORK_BEGINS, WORK_ENDS);
    Page {
        name: name.to_owned(),
        title: title(text).to_owned(),
        edited_by: by.map_or_else(|| "wiki".to_owned(), Clone::clone),
        edited: day + Span::from_mins(minutes),
    }
}

/// A working day between the latest one that a text tells of and two days before the page, so many thousandths of the way.
fn drawn_day(world: &World, share: i64, text: &str) -> SimTime {
    let plan = world.plan();
    let since = plan
        .pack
        .estate
        .since
        .map_or(plan.history_start(), |at| SimTime(at.millis));
    let until = plan.page - DAY - DAY;
    // A page is not older than the latest day that it tells of; days close to the page are rather what it announces.
    let told = latest_day(text, until - DAY - DAY);
    let since = told.map_or(since, |day| day.max(since)).min(until);
    let whole = (until - since).millis();
    working_day((since + Span(whole / 1000 * share)).floor_to(DAY))
}

/// What the head of a page says of something.
fn head<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = text.split_once("\n---")?;
    let mut lines = head.lines();
    lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// The beginning of a day (`2024-08-19`).
fn midnight_of(day: &str) -> Option<SimTime> {
    SimTime::parse_rfc3339(&format!("{day}T00:00:00Z"))
}

/// The latest date (`2024-08-19`) before an instant that stands in a text.
fn latest_day(text: &str, before: SimTime) -> Option<SimTime> {
    let mut latest = None;
    for word in text.split(|c: char| !c.is_ascii_digit() && c != '-') {
        if word.len() == 10 {
            latest = latest.max(midnight_of(word).filter(|day| *day < before));
        }
    }
    latest
}

/// The commands that a page gives: lines of its code blocks that begin with `$ `, all lines of its shell blocks, and of
/// blocks that are only indented, lines that begin with a program of the workstation.
pub fn commands(text: &str) -> Vec<String> {
    let registry = Registry::standard();
    let mut commands = Vec::new();
    let mut inside: Option<bool> = None;
    // Lines that are indented are code after an empty line, and go on as code.
    let mut may_be_code = true;
    for line in text.lines() {
        let trimmed = line.trim();
        let is_indented = line.starts_with("    ") || line.starts_with('\t');
        may_be_code = trimmed.is_empty() || (is_indented && may_be_code);
        if inside.is_none() && is_indented && may_be_code {
            let command = trimmed.strip_prefix("$ ").unwrap_or(trimmed);
            let program = command.split(' ').next().unwrap_or_default();
            if registry.program(program).is_some() {
                commands.push(command.to_owned());
            }
            continue;
        }
        if let Some(language) = trimmed.strip_prefix("```") {
            inside = match inside {
                Some(_) => None,
                None => Some(matches!(language.trim(), "sh" | "bash" | "shell" | "")),
            };
            continue;
        }
        match (inside, trimmed.strip_prefix("$ ")) {
            (Some(_), Some(command)) => commands.push(command.to_owned()),
            (Some(true), None) if !trimmed.is_empty() && !trimmed.starts_with('#') => {
                commands.push(trimmed.to_owned());
            }
            _ => {}
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_when_a_page_was_updated_and_by_whom() {
        let world = crate::sim::testing::small_world();
        let found = page(
            &world,
            "x",
            "title: X\nupdated: 2026-02-03\nowner: lena\n---\n# X\n",
        );
        assert_eq!(found.edited.format("%Y-%m-%d"), "2026-02-03");
        assert_eq!(found.edited_by, "lena");
        let ahead = page(&world, "x", "updated: 2026-03-04\n---\n");
        assert!(ahead.edited < world.plan().page - DAY);
    }

    #[test]
    fn what_a_page_announces_does_not_make_it_young() {
        let world = crate::sim::testing::small_world();
        for number in 0..60 {
            let found = page(&world, &format!("p{number}"), "Freeze from 2026-03-02.\n");
            assert!(found.edited < world.plan().page - DAY);
            let day = found.edited.floor_to(DAY);
            assert_eq!(working_day(day), day);
            let hour = (found.edited - day).secs() / 3600;
            assert!((8..17).contains(&hour), "{hour}");
        }
    }

    #[test]
    fn a_title_is_the_first_heading_or_what_the_head_names() {
        assert_eq!(title("\n# Queue\n"), "Queue");
        assert_eq!(
            title("title: Runbook: gate\nowner: x\n---\n# Gate\n"),
            "Runbook: gate"
        );
    }

    #[test]
    fn commands_are_those_of_shell_blocks() {
        let text = "# T\n```sh\n# first\nkubectl get pods\n```\ntext\n```promql\nup\n```\n```text\n$ date\nMon\n```\n";
        assert_eq!(commands(text), ["kubectl get pods", "date"]);
        let text = "Look:\n\n    kubectl get pods | wc -l\n    3\n    date\n\n- one\n    date of it\n\n    up{job=\"x\"}\n";
        assert_eq!(commands(text), ["kubectl get pods | wc -l", "date"]);
    }

    #[test]
    fn the_latest_day_of_a_text_is_found() {
        let page = SimTime::parse_rfc3339("2024-12-02T09:45:00Z").unwrap();
        let day = latest_day("On 2024-08-19 and 2024-05-02, not 2025-01-01.", page).unwrap();
        assert_eq!(day.rfc3339(), "2024-08-19T00:00:00Z");
    }
}
