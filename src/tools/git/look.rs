//! Smaller looks: `git rev-list`, `cat-file`, `config`, `reflog`.

use super::error::GitError;
use super::show::find_object;
use super::target::Words;
use super::{Context, GitOutcome};
use crate::sim::git::file_diff::blob_id;
use crate::sim::git::log::{LogQuery, log};
use crate::sim::git::tree::Item;

/// `git rev-list`
pub(super) fn rev_list(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut words = Words::default();
    let mut query = LogQuery::default();
    let mut count = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--count" => count = true,
            "--all" => query
                .walk
                .include
                .extend(context.mount.worktree.remote_branches().values()),
            "--no-merges" => query.merges = Some(false),
            "--merges" => query.merges = Some(true),
            "--first-parent" => query.walk.first_parent = true,
            "--reverse" => query.reverse = true,
            "--" => words.separated = true,
            option if option.starts_with('-') => {
                let value = option
                    .strip_prefix("--max-count=")
                    .or_else(|| option.strip_prefix("-n"))
                    .or_else(|| option.strip_prefix('-'))
                    .filter(|value| !value.is_empty())
                    .or_else(|| rest.next().map(String::as_str));
                let limit = value.and_then(|value| value.parse().ok());
                query.limit = Some(limit.ok_or_else(|| {
                    GitError::usage(
                        "usage: git rev-list [<options>] <commit>... [--] [<path>...]\n",
                    )
                })?);
            }
            _ => words.push(argument.clone()),
        }
    }
    let target = context.target(&words)?;
    query.walk.include.extend(target.range.include);
    if query.walk.include.is_empty() {
        return Err(GitError::usage(
            "usage: git rev-list [<options>] <commit>... [--] [<path>...]\n",
        ));
    }
    query.walk.exclude = target.range.exclude;
    query.walk.paths = target.paths;
    let repository = context.mount.repository;
    let visits = log(repository, &query);
    if count {
        return Ok(GitOutcome::lines(vec![visits.len().to_string()]));
    }
    let ids = visits
        .iter()
        .filter_map(|visit| repository.commit(visit.index));
    Ok(GitOutcome::lines(
        ids.map(|commit| commit.id.to_string()).collect(),
    ))
}

/// `git cat-file`
pub(super) fn cat_file(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git cat-file (-e | -p | -t | -s) <object>\n";
    let [option, object] = arguments else {
        return Err(GitError::usage(USAGE));
    };
    let not_valid = || GitError::fatal(&format!("Not a valid object name {object}"));
    let (kind, text) = if let Some((revision, path)) = object.split_once(':') {
        match find_object(context, revision, path)?.0 {
            Item::File(text) => ("blob", text.to_string()),
            Item::Folder => (
                "tree",
                super::search::ls_tree(context, std::slice::from_ref(object))?.stdout,
            ),
        }
    } else {
        let commit = context.clone.resolve(object).map_err(|_| not_valid())?;
        let commit = context
            .mount
            .repository
            .commit(commit)
            .ok_or_else(not_valid)?;
        let parents: String = commit
            .parents
            .iter()
            .filter_map(|parent| context.mount.repository.commit(*parent))
            .map(|parent| format!("parent {}\n", parent.id))
            .collect();
        let text = format!(
            "tree {}\n{parents}author {} {} +0000\ncommitter {} {} +0000\n\n{}\n",
            super::pretty::tree_id(commit),
            commit.author,
            commit.authored_at.secs(),
            commit.committer,
            commit.committed_at.secs(),
            commit.message
        );
        ("commit", text)
    };
    match option.as_str() {
        "-p" | "blob" | "commit" | "tree" => Ok(GitOutcome::text(text)),
        "-t" => Ok(GitOutcome::lines(vec![kind.to_owned()])),
        "-s" => Ok(GitOutcome::lines(vec![text.len().to_string()])),
        "-e" => Ok(GitOutcome::default()),
        _ => Err(GitError::usage(USAGE)),
    }
}

/// `git hash-object`, of files of the clone.
pub(super) fn hash_object(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut ids = Vec::new();
    for word in arguments.iter().filter(|word| !word.starts_with('-')) {
        let path = context.path(word)?;
        let text = context.mount.worktree.files().file(&path);
        let text = text.ok_or_else(|| {
            GitError::fatal(&format!(
                "could not open '{word}' for reading: No such file or directory"
            ))
        })?;
        ids.push(blob_id(text));
    }
    Ok(GitOutcome::lines(ids))
}

/// `git config`, the values that a clone has.
pub(super) fn config(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let values = [
        ("user.name", context.user.name.to_string()),
        ("user.email", context.user.email.to_string()),
        ("remote.origin.url", context.mount.remote_url.to_owned()),
        (
            "init.defaultbranch",
            context.mount.repository.default_branch().to_owned(),
        ),
    ];
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !matches!(*word, "--get" | "--global" | "--local" | "get"))
        .collect();
    match words.as_slice() {
        ["--list" | "-l" | "list"] => Ok(GitOutcome::lines(
            values
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        )),
        [name] => {
            let name = name.to_ascii_lowercase();
            let found = values.iter().find(|(known, _)| *known == name);
            let (_, value) = found.ok_or_else(GitError::silent)?;
            Ok(GitOutcome::lines(vec![value.clone()]))
        }
        _ => Err(GitError::plain(
            "error: could not lock config file .git/config: Read-only file system",
            255,
        )),
    }
}
