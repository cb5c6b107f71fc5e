//! Blame: the commit that each line of a file comes from, followed through renames, as `git blame` finds it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commit::{Commit, CommitIndex};
use super::file_diff::{FileChange, tree_changes};
use super::hunk::lines;
use super::line_diff::edits;
use super::repository::Repository;
use super::tree::Tree;

/// A line with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlamedLine {
    /// The commit it comes from; `None` for a line that is not committed yet.
    pub commit: Option<CommitIndex>,
    /// The file's path in that commit.
    pub path: Arc<str>,
    /// The line's number in that commit, from 1.
    pub original_line: usize,
    /// The line's number now, from 1.
    pub line: usize,
    /// Its text without the newline.
    pub text: String,
}

/// Lines of one version of a file that still look for their origin: number there -> number in the result, both from 0.
type Suspects = BTreeMap<usize, usize>;

/// Blames the lines of `path` as it is in `commit`; with `edited`, as it is on somebody's disk on top of it. `None` if
/// there is no such file.
pub fn blame(
    repository: &Repository,
    commit: CommitIndex,
    path: &str,
    edited: Option<&str>,
) -> Option<Vec<BlamedLine>> {
    let committed = repository.tree(commit)?.file(path);
    let text = edited.or(committed.map(|text| &**text))?;
    let path: Arc<str> = Arc::from(path);
    let mut result: Vec<BlamedLine> = lines(text)
        .iter()
        .enumerate()
        .map(|(number, line)| BlamedLine {
            commit: None,
            path: Arc::clone(&path),
            original_line: number + 1,
            line: number + 1,
            text: line.trim_end_matches('\n').to_owned(),
        })
        .collect();
    let all: Suspects = (0..result.len()).map(|number| (number, number)).collect();
    let start = match (edited, committed) {
        (Some(edited), Some(committed)) => pass(committed, edited, &all).0,
        (Some(_), None) => Suspects::new(),
        (None, _) => all,
    };
    // Children have higher places than their parents, so the highest place is always ready.
    let mut open: BTreeMap<(CommitIndex, Arc<str>), Suspects> = BTreeMap::new();
    open.insert((commit, path), start);
    while let Some(((index, path), suspects)) = open.pop_last() {
        let Some(commit) = repository.commit(index) else {
            continue;
        };
        let left = hand_to_parents(repository, commit, &path, suspects, &mut open);
        for (original, line) in left {
            if let Some(entry) = result.get_mut(line) {
                entry.commit = Some(index);
                entry.path = Arc::clone(&path);
                entry.original_line = original + 1;
            }
        }
    }
    Some(result)
}

/// Gives each suspect line to the parent that has it already; returns those that the commit itself brought.
fn hand_to_parents(
    repository: &Repository,
    commit: &Commit,
    path: &str,
    mut suspects: Suspects,
    open: &mut BTreeMap<(CommitIndex, Arc<str>), Suspects>,
) -> Suspects {
    let Some(text) = commit.tree.file(path) else {
        return suspects;
    };
    let origins: Vec<(CommitIndex, Arc<str>, Arc<str>)> = commit
        .parents
        .iter()
        .filter_map(|parent| {
            let (path, text) = origin(repository.tree(*parent)?, &commit.tree, path)?;
            Some((*parent, path, text))
        })
        .collect();
    // A parent with the very same text takes everything, whatever its place among the parents.
    if let Some((parent, path, _)) = origins.iter().find(|(_, _, before)| before == text) {
        open.entry((*parent, Arc::clone(path)))
            .or_default()
            .extend(suspects);
        return Suspects::new();
    }
    for (parent, path, before) in origins {
        let (passed, kept) = pass(&before, text, &suspects);
        if !passed.is_empty() {
            open.entry((parent, path)).or_default().extend(passed);
        }
        suspects = kept;
    }
    suspects
}

/// Where a file was in a parent: at its path, or where it was renamed from.
fn origin(parent: &Tree, tree: &Tree, path: &str) -> Option<(Arc<str>, Arc<str>)> {
    if let Some(text) = parent.file(path) {
        return Some((Arc::from(path), Arc::clone(text)));
    }
    let changes = tree_changes(parent, tree, &|_| true);
    changes.into_iter().find_map(|change| match change {
        FileChange::Renamed { from, to, .. } if to == path => {
            let text = Arc::clone(parent.file(&from)?);
            Some((Arc::from(from), text))
        }
        _ => None,
    })
}

/// Splits suspects of `after` into those that `before` has (with their numbers there) and the others.
fn pass(before: &str, after: &str, suspects: &Suspects) -> (Suspects, Suspects) {
    let edits = edits(&lines(before), &lines(after));
    let (mut passed, mut kept) = (Suspects::new(), Suspects::new());
    let mut edits = edits.into_iter().peekable();
    let (mut old_end, mut new_end) = (0, 0);
    for (number, line) in suspects {
        while let Some(edit) = edits.next_if(|edit| edit.new_start + edit.new_count <= *number) {
            old_end = edit.old_start + edit.old_count;
            new_end = edit.new_start + edit.new_count;
        }
        if edits.peek().is_some_and(|edit| edit.new_start <= *number) {
            kept.insert(*number, *line);
        } else {
            passed.insert(old_end + (number - new_end), *line);
        }
    }
    (passed, kept)
}
