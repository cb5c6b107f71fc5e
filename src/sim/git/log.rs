//! Choosing commits as `git log` does: by range, path, date, person, message and by what they changed.

use std::sync::Arc;

use regex::Regex;

use super::commit::{Commit, CommitIndex};
use super::file_diff::{FileChange, tree_changes};
use super::history::{Visit, Walk, walk};
use super::hunk::{LineKind, lines};
use super::line_diff;
use super::pathspec::Pathspec;
use super::repository::Repository;
use crate::sim::time::SimTime;

/// A search in what commits changed.
#[derive(Clone, Debug)]
pub enum Pickaxe {
    /// `-S`: the text occurs more or less often in some file after the commit than before.
    Occurrences(String),
    /// `-S --pickaxe-regex`.
    OccurrencesOf(Regex),
    /// `-G`: some added or removed line matches.
    ChangedLine(Regex),
}

/// Which commits a log shows.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Where to start, where to stop, in which order, at which paths.
    pub walk: Walk,
    /// Recorded at this instant or later.
    pub since: Option<SimTime>,
    /// Recorded at this instant or sooner.
    pub until: Option<SimTime>,
    /// Some author line (`Name <email>`) matches one of these.
    pub authors: Vec<Regex>,
    /// Some committer line matches one of these.
    pub committers: Vec<Regex>,
    /// Some line of the message matches one of these, or all of them.
    pub messages: Vec<Regex>,
    /// Whether all of `messages` must match.
    pub all_messages: bool,
    /// Whether commits whose message matches are the ones left out.
    pub invert_messages: bool,
    /// What the commit changed.
    pub pickaxe: Option<Pickaxe>,
    /// Merges: shown with others (`None`), alone, or not at all.
    pub merges: Option<bool>,
    /// Commits passed over at the start.
    pub skip: usize,
    /// The most commits shown.
    pub limit: Option<usize>,
    /// Oldest first, after the limit.
    pub reverse: bool,
    /// Only commits that change this one file, also under the names it had before.
    pub follow: Option<String>,
}

/// The commits of a log, in order.
pub fn log(repository: &Repository, query: &LogQuery) -> Vec<Visit> {
    let mut visits = walk(repository, &query.walk);
    if let Some(path) = &query.follow {
        visits = follow(repository, visits, path);
    }
    let mut found: Vec<Visit> = visits
        .into_iter()
        .filter(|visit| {
            repository.commit(visit.index).is_some_and(|commit| {
                query.accepts(commit) && query.picks(repository, visit.index, commit)
            })
        })
        .skip(query.skip)
        .take(query.limit.unwrap_or(usize::MAX))
        .collect();
    if query.reverse {
        found.reverse();
    }
    found
}

/// Keeps the commits that change one file, going over to its earlier name where it was renamed.
fn follow(repository: &Repository, visits: Vec<Visit>, path: &str) -> Vec<Visit> {
    let mut path = path.to_owned();
    let mut found = Vec::new();
    for mut visit in visits {
        let Some(commit) = repository
            .commit(visit.index)
            .filter(|commit| !commit.is_merge())
        else {
            continue;
        };
        let before = repository.tree_before(visit.index);
        if !before.differs_at(&commit.tree, &path) {
            continue;
        }
        visit.followed = Some(path.clone());
        found.push(visit);
        if before.file(&path).is_none() {
            let changes = tree_changes(&before, &commit.tree, &|_| true);
            let earlier = changes.into_iter().find_map(|change| match change {
                FileChange::Renamed { from, to, .. } if to == path => Some(from),
                _ => None,
            });
            match earlier {
                Some(from) => path = from,
                None => break,
            }
        }
    }
    found
}

impl LogQuery {
    fn accepts(&self, commit: &Commit) -> bool {
        let any = |patterns: &[Regex], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.is_match(text))
        };
        let at = commit.committed_at.secs();
        // Whole seconds, as git keeps them.
        self.since.is_none_or(|since| at >= since.secs())
            && self.until.is_none_or(|until| at <= until.secs())
            && self.merges.is_none_or(|merges| commit.is_merge() == merges)
            && any(&self.authors, &commit.author.to_string())
            && any(&self.committers, &commit.committer.to_string())
            && self.accepts_message(&commit.message)
    }

    fn accepts_message(&self, message: &str) -> bool {
        if self.messages.is_empty() {
            return true;
        }
        let matches = |pattern: &Regex| message.lines().any(|line| pattern.is_match(line));
        let found = if self.all_messages {
            self.messages.iter().all(matches)
        } else {
            self.messages.iter().any(matches)
        };
        found != self.invert_messages
    }

    fn picks(&self, repository: &Repository, index: CommitIndex, commit: &Commit) -> bool {
        let Some(pickaxe) = &self.pickaxe else {
            return true;
        };
        // Git looks at no merge's changes unless asked to.
        !commit.is_merge() && pickaxe.picks(repository, index, commit, &self.walk.paths)
    }
}

impl Pickaxe {
    fn picks(
        &self,
        repository: &Repository,
        index: CommitIndex,
        commit: &Commit,
        paths: &Pathspec,
    ) -> bool {
        let before = repository.tree_before(index);
        let keep = |path: &str| paths.matches(path);
        tree_changes(&before, &commit.tree, &keep)
            .iter()
            .any(|change| {
                let (from, to) = match change {
                    FileChange::Renamed { from, to, .. } => (from.as_str(), to.as_str()),
                    other => (other.path(), other.path()),
                };
                let text =
                    |found: Option<&Arc<str>>| found.cloned().unwrap_or_else(|| Arc::from(""));
                self.matches(&text(before.file(from)), &text(commit.tree.file(to)))
            })
    }

    fn matches(&self, before: &str, after: &str) -> bool {
        match self {
            Self::Occurrences(text) if text.is_empty() => false,
            Self::Occurrences(text) => {
                before.matches(text.as_str()).count() != after.matches(text.as_str()).count()
            }
            Self::OccurrencesOf(pattern) => {
                pattern.find_iter(before).count() != pattern.find_iter(after).count()
            }
            Self::ChangedLine(pattern) => {
                // A line that matches must be there before or after, which is cheap to see.
                let possible = |text: &str| {
                    lines(text)
                        .iter()
                        .any(|line| pattern.is_match(line.trim_end_matches('\n')))
                };
                (possible(before) || possible(after))
                    && line_diff::hunks(before, after, 0)
                        .iter()
                        .flat_map(|hunk| &hunk.lines)
                        .any(|line| line.kind != LineKind::Context && pattern.is_match(&line.text))
            }
        }
    }
}
