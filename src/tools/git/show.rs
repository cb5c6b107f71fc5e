//! `git show`: commits with their changes, files as they were (`HEAD~1:path`), folders.

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::log::{Display, LogOutput};
use super::pretty::{Pretty, entry};
use super::record::{CommitRecord, FileSummary};
use super::target::Words;
use super::{Context, GitOutcome, GitResult, Shown};
use crate::sim::git::CommitIndex;
use crate::sim::git::hunk::lines;
use crate::sim::git::pathspec::Pathspec;
use crate::sim::git::tree::Item;

/// `git show`
pub(super) fn show(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "USGnO");
    let mut display = Display::default();
    let mut words = Words::default();
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => words.separated = true,
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => {
                if !display.take(&name, attached.as_ref(), &mut arguments)?
                    && !matches!(name.as_str(), "-q" | "--quiet")
                {
                    return Err(GitError::fatal(&format!("unrecognized argument: {name}")));
                }
                display.diff.hidden |= matches!(name.as_str(), "-q" | "--quiet");
            }
        }
    }
    if !display.diff.is_wanted() && !display.diff.hidden {
        display.diff.patch = true;
    }
    let (objects, revisions): (Vec<String>, Vec<String>) = words
        .before
        .iter()
        .cloned()
        .partition(|word| word.contains(':') && !word.starts_with(':'));
    words.before = revisions;
    let mut outcome = GitOutcome::default();
    for object in &objects {
        show_object(context, object, &mut outcome)?;
    }
    let target = context.target(&words)?;
    let mut commits = target.range.include.clone();
    if commits.is_empty() && objects.is_empty() {
        commits.push(context.head()?);
    }
    let mut records = Vec::new();
    for (number, commit) in commits.into_iter().enumerate() {
        if number > 0 && display.pretty.is_paragraph() {
            outcome.stdout.push('\n');
        }
        let word = target.revisions.get(number).map_or("", String::as_str);
        outcome.stdout.push_str(&tag_text(context, word, &display));
        if let Some(record) = one_commit(
            context,
            commit,
            &display,
            &target.paths,
            &mut outcome.stdout,
        ) {
            outcome.shown.push(record.shown(context));
            outcome.shown.extend(context.shown_lines(&record.diff));
            records.push(record);
        }
    }
    if !records.is_empty() {
        outcome.result = Some(GitResult::Log(LogOutput { commits: records }));
    }
    Ok(outcome)
}

fn one_commit(
    context: &Context<'_>,
    commit: CommitIndex,
    display: &Display,
    paths: &Pathspec,
    out: &mut String,
) -> Option<CommitRecord> {
    let mut record = CommitRecord::new(context, commit)?;
    let text = entry(&record, &display.style(context, &record));
    out.push_str(&text);
    if !text.is_empty() {
        out.push('\n');
    }
    let merge = record.commit.is_merge();
    if !display.diff.is_wanted() {
        return Some(record);
    }
    let diffs = display
        .diff
        .filtered(record.change(context, display.diff.options, paths));
    // A merge shows what differs from both parents, which a clean merge never does; its summary is against the first.
    let mut shown = display.diff.clone();
    shown.patch &= !merge;
    let body = shown.render(&diffs, context.stat_width());
    let paragraph = display.pretty != Pretty::Oneline && !text.is_empty();
    if paragraph && (!body.is_empty() || merge) {
        out.push('\n');
    }
    out.push_str(&body);
    record.files = diffs.iter().map(FileSummary::of).collect();
    if shown.patch {
        record.diff = diffs;
    }
    Some(record)
}

/// What stands above the commit of an annotated tag.
fn tag_text(context: &Context<'_>, word: &str, display: &Display) -> String {
    let repository = context.mount.repository;
    let Some(tag) = repository.tags().get(word) else {
        return String::new();
    };
    let (Some(message), Some(commit)) = (&tag.message, repository.commit(tag.commit)) else {
        return String::new();
    };
    let date = display.date.write(tag.at, context.now);
    format!(
        "tag {word}\nTagger: {}\nDate:   {date}\n\n{message}\n\n",
        commit.committer
    )
}

/// `REVISION:PATH`
fn show_object(
    context: &Context<'_>,
    object: &str,
    outcome: &mut GitOutcome,
) -> Result<(), GitError> {
    let (revision, path) = object.split_once(':').unwrap_or((object, ""));
    let (item, path) = find_object(context, revision, path)?;
    match item {
        Item::File(text) => {
            outcome.stdout.push_str(&text);
            outcome.shown.push(Shown::FileLines {
                repository: context.mount.repository.name().to_owned(),
                path,
                first: 1,
                last: lines(&text).len(),
            });
            outcome.result = Some(GitResult::File(text.to_string()));
        }
        Item::Folder => {
            let commit = context.commit(revision)?;
            let names: Vec<String> = context
                .tree(commit)
                .list(&path)
                .unwrap_or_default()
                .into_iter()
                .map(|(name, item)| {
                    if item == Item::Folder {
                        format!("{name}/")
                    } else {
                        name.to_string()
                    }
                })
                .collect();
            outcome
                .stdout
                .push_str(&format!("tree {object}\n\n{}\n", names.join("\n")));
            outcome.result = Some(GitResult::Lines(names));
        }
    }
    Ok(())
}

/// What a path was in a commit, with the path relative to the repository.
pub(super) fn find_object(
    context: &Context<'_>,
    revision: &str,
    path: &str,
) -> Result<(Item, String), GitError> {
    let commit = context
        .clone
        .resolve(if revision.is_empty() {
            "HEAD"
        } else {
            revision
        })
        .map_err(|_| GitError::fatal(&format!("invalid object name '{revision}'.")))?;
    // In a revision a path starts at the top unless it says `./`.
    let inside = if path.starts_with("./") || path.starts_with("../") {
        context.path(path)?
    } else {
        path.trim_end_matches('/').to_owned()
    };
    let item = context.tree(commit).item(&inside);
    let item = item.ok_or_else(|| {
        let on_disk = context.exists(&inside);
        GitError::fatal(&if on_disk {
            format!("path '{inside}' exists on disk, but not in '{revision}'")
        } else {
            format!("path '{inside}' does not exist in '{revision}'")
        })
    })?;
    Ok((item, inside))
}
