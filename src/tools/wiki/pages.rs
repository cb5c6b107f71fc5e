//! The pages of the wiki: names, titles, who edited them last, the commands they give. Never ranks them.

use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::{estate_key, one_of};
use crate::tools::registry::Registry;

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

/// A page.
pub fn page(world: &World, name: &str, text: &str) -> Page {
    let plan = world.plan();
    let estate = &plan.pack.estate;
    let key = estate_key(world, &format!("wiki/{name}"));
    let named: Vec<&String> = estate
        .people
        .keys()
        .filter(|handle| text.contains(&format!("@{handle}")))
        .collect();
    let everybody: Vec<&String> = estate.people.keys().collect();
    let by = one_of(key, 0, &named).or_else(|| one_of(key, 1, &everybody));
    let since = estate
        .since
        .map_or(plan.history_start(), |at| SimTime(at.millis));
    // A page is not older than the latest day that it tells of.
    let since = latest_day(text, plan.page).map_or(since, |day| day.max(since));
    let whole = (plan.page - Span::from_hours(48) - since).millis().max(0);
    let share = key.below(2, 1000) as i64;
    let minutes = key.between(3, 8 * 60, 17 * 60);
    let edited = (since + Span(whole / 1000 * share)).floor_to(Span::from_hours(24))
        + Span::from_mins(minutes);
    Page {
        name: name.to_owned(),
        title: title(text).to_owned(),
        edited_by: by.map_or_else(|| "wiki".to_owned(), |handle| (*handle).clone()),
        edited: edited.min(plan.page),
    }
}

/// The latest date (`2024-08-19`) before an instant that stands in a text.
fn latest_day(text: &str, before: SimTime) -> Option<SimTime> {
    let mut latest = None;
    for word in text.split(|c: char| !c.is_ascii_digit() && c != '-') {
        if word.len() == 10 {
            let day = SimTime::parse_rfc3339(&format!("{word}T00:00:00Z"));
            latest = latest.max(day.filter(|day| *day < before));
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
