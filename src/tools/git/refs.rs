//! Names of commits: `git tag`, `rev-parse`, `describe`, `remote`, `merge-base`.

use serde::Serialize;

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::search::folder_id;
use super::show::find_object;
use super::{Context, GitOutcome, GitResult};
use crate::sim::git::commit::SHORT_ID_LENGTH;
use crate::sim::git::file_diff::blob_id;
use crate::sim::git::history::{ancestors, merge_base};
use crate::sim::git::tree::Item;

const TAG_USAGE: &str = "usage: git tag [-n[<num>]] -l [--contains <commit>] [--no-contains <commit>]\n               \
    [--points-at <object>] [--column[=<options>] | --no-column]\n               \
    [--create-reflog] [--sort=<key>] [--format=<format>]\n               \
    [--merged <commit>] [--no-merged <commit>] [<pattern>...]\n";

/// A tag in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagRow {
    /// Its name.
    pub name: String,
    /// The full id of its commit.
    pub commit: String,
    /// Its message, or its commit's title.
    pub subject: String,
}

/// `git tag`
pub(super) fn tag(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "nm");
    let mut patterns = crate::sim::git::pathspec::Pathspec::default();
    let (mut annotate, mut list, mut newest_first) = (false, false, false);
    let mut words = Vec::new();
    let mut points_at = None;
    let mut contains = None;
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "-n" => annotate = true,
                "-l" | "--list" => list = true,
                "--points-at" => {
                    points_at = Some(context.commit(&arguments.value(&name, attached)?)?);
                }
                "--contains" => {
                    contains = Some(context.commit(&arguments.value(&name, attached)?)?);
                }
                "--sort" => newest_first = arguments.value(&name, attached)?.starts_with('-'),
                "--no-column" | "--color" | "--no-color" => {}
                "-a" | "-m" | "-d" | "-s" | "-f" | "--annotate" | "--message" | "--delete"
                | "--sign" | "--force" => {
                    return Err(protected_tags());
                }
                _ => return Err(GitError::unknown_option(&name, TAG_USAGE)),
            },
        }
    }
    let looking = list || annotate || points_at.is_some() || contains.is_some();
    if !words.is_empty() && !looking {
        return Err(protected_tags());
    }
    for word in &words {
        patterns.add(word, false);
    }
    let repository = context.mount.repository;
    let mut rows = Vec::new();
    for (name, tag) in repository.tags() {
        let wanted = patterns.matches(name)
            && points_at.is_none_or(|commit| commit == tag.commit)
            && contains.is_none_or(|commit| ancestors(repository, &[tag.commit]).contains(&commit));
        let Some(commit) = repository.commit(tag.commit).filter(|_| wanted) else {
            continue;
        };
        let message = tag
            .message
            .as_deref()
            .and_then(|message| message.lines().next());
        rows.push(TagRow {
            name: name.to_string(),
            commit: commit.id.to_string(),
            subject: message.map_or_else(|| commit.subject(), str::to_owned),
        });
    }
    if newest_first {
        rows.reverse();
    }
    let line = |row: &TagRow| {
        if annotate {
            format!("{:<15} {}\n", row.name, row.subject)
        } else {
            format!("{}\n", row.name)
        }
    };
    let stdout = rows.iter().map(line).collect::<String>();
    Ok(GitOutcome::text(stdout).with(GitResult::Tags(rows)))
}

/// Tags start releases, so the server keeps them to the pipeline.
fn protected_tags() -> GitError {
    GitError::fatal(
        "tags of this repository are made by the release pipeline; you may not create or delete them",
    )
}

/// `git rev-parse`
pub(super) fn rev_parse(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut out = Vec::new();
    let (mut short, mut abbreviated, mut verify, mut quiet) = (None, false, false, false);
    for argument in arguments {
        match argument.as_str() {
            "--abbrev-ref" => abbreviated = true,
            "--verify" => verify = true,
            "-q" | "--quiet" => quiet = true,
            "--show-toplevel" => out.push(context.mount.folder.to_owned()),
            "--git-dir" | "--absolute-git-dir" => {
                let inside = context.prefix.is_empty() && argument == "--git-dir";
                out.push(if inside {
                    ".git".to_owned()
                } else {
                    format!("{}/.git", context.mount.folder)
                });
            }
            "--is-inside-work-tree" => out.push("true".to_owned()),
            "--is-bare-repository" => out.push("false".to_owned()),
            "--show-prefix" => {
                let slash = if context.prefix.is_empty() { "" } else { "/" };
                out.push(format!("{}{slash}", context.prefix));
            }
            option if option == "--short" || option.starts_with("--short=") => {
                let length = option
                    .strip_prefix("--short=")
                    .and_then(|length| length.parse().ok());
                short = Some(length.unwrap_or(SHORT_ID_LENGTH).clamp(4, 40));
            }
            word => {
                let found = if abbreviated {
                    abbreviation(context, word)
                } else {
                    None
                };
                let value = match found {
                    Some(name) => name,
                    None => {
                        full_id(context, word, short, quiet || verify).map_err(|mut error| {
                            error.stdout = out
                                .iter()
                                .map(|line| format!("{line}\n"))
                                .collect::<String>()
                                + &error.stdout;
                            error
                        })?
                    }
                };
                out.push(value);
            }
        }
    }
    Ok(GitOutcome::lines(out))
}

fn abbreviation(context: &Context<'_>, word: &str) -> Option<String> {
    let worktree = context.mount.worktree;
    match word {
        "HEAD" | "@" => Some(worktree.current_branch().unwrap_or("HEAD").to_owned()),
        "@{u}" | "@{upstream}" => Some(format!("origin/{}", worktree.current_branch()?)),
        name if worktree.branches().contains_key(name) => Some(name.to_owned()),
        _ => None,
    }
}

fn full_id(
    context: &Context<'_>,
    word: &str,
    short: Option<usize>,
    quiet: bool,
) -> Result<String, GitError> {
    let repository = context.mount.repository;
    if let Some((revision, path)) = word.split_once(':') {
        let found = find_object(context, revision, path).map_err(|error| GitError {
            stdout: format!("{word}\n"),
            ..error
        })?;
        let id = match found.0 {
            Item::File(text) => blob_id(&text),
            Item::Folder => folder_id(&context.tree(context.commit(revision)?), &found.1),
        };
        return Ok(id.get(..short.unwrap_or(40)).unwrap_or(&id).to_owned());
    }
    let commit = match context.commit(word) {
        Ok(commit) => commit,
        Err(_) if quiet && short.is_none() => {
            return Err(GitError::fatal("Needed a single revision"));
        }
        Err(mut error) => {
            // Git repeats what it could not read before it complains.
            error.stdout = format!("{word}\n");
            return Err(error);
        }
    };
    let id = repository.commit(commit).map(|commit| &commit.id);
    let id = id.ok_or_else(|| GitError::ambiguous(word))?;
    Ok(match short {
        Some(length) => repository.abbreviate(id, length).to_owned(),
        None => id.to_string(),
    })
}

/// `git describe`
pub(super) fn describe(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "");
    let (mut light, mut always, mut long, mut exact) = (false, false, false, false);
    let mut word = "HEAD".to_owned();
    let mut abbreviation = SHORT_ID_LENGTH;
    while let Some(token) = arguments.next() {
        match token {
            Token::Word(name) => word = name,
            Token::Separator => {}
            Token::Option { name, attached } => match name.as_str() {
                "--tags" | "--all" => light = true,
                "--always" => always = true,
                "--long" => long = true,
                "--exact-match" => exact = true,
                "--dirty" | "--first-parent" => {}
                "--abbrev" => abbreviation = arguments.number(&name, attached)?.min(40),
                _ => {
                    return Err(GitError::unknown_option(
                        &name,
                        "usage: git describe [--all] [--tags] [--contains] [--abbrev=<n>] [<commit-ish>...]\n",
                    ));
                }
            },
        }
    }
    let repository = context.mount.repository;
    let commit = context
        .clone
        .resolve(&word)
        .map_err(|_| GitError::fatal(&format!("Not a valid object name {word}")))?;
    let history = ancestors(repository, &[commit]);
    let usable = repository.tags().iter().filter(|(_, tag)| {
        history.contains(&tag.commit)
            && (light || tag.message.is_some())
            && (!exact || tag.commit == commit)
    });
    // The nearest tag is the one with the fewest commits beside its own history.
    let nearest = usable
        .map(|(name, tag)| {
            let distance = history
                .difference(&ancestors(repository, &[tag.commit]))
                .count();
            (distance, std::cmp::Reverse(tag.commit), name)
        })
        .min();
    let id = repository
        .commit(commit)
        .map_or("", |commit| commit.id.as_str());
    let text = match nearest {
        Some((0, _, name)) if !long => name.to_string(),
        Some((_, _, name)) if abbreviation == 0 => name.to_string(),
        Some((distance, _, name)) => format!(
            "{name}-{distance}-g{}",
            id.get(..abbreviation).unwrap_or(id)
        ),
        None if always => id.get(..abbreviation).unwrap_or(id).to_owned(),
        None if repository.tags().is_empty() => {
            return Err(GitError::fatal("No names found, cannot describe anything."));
        }
        None => {
            return Err(GitError::fatal(&format!(
                "No annotated tags can describe '{id}'.\nHowever, there were unannotated tags: try --tags."
            )));
        }
    };
    Ok(GitOutcome::lines(vec![text]))
}

/// `git remote`
pub(super) fn remote(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let url = context.mount.remote_url;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let lines = match words.as_slice() {
        [] => vec!["origin".to_owned()],
        ["-v" | "--verbose"] => vec![
            format!("origin\t{url} (fetch)"),
            format!("origin\t{url} (push)"),
        ],
        ["get-url", "origin"] => vec![url.to_owned()],
        ["get-url", other] => {
            return Err(GitError::plain(
                &format!("error: No such remote '{other}'"),
                2,
            ));
        }
        [word, ..] => {
            return Err(GitError::usage(&format!(
                "error: unknown subcommand: `{word}'\nusage: git remote [-v | --verbose]\n   or: git remote get-url [--push | --all] <name>\n"
            )));
        }
    };
    Ok(GitOutcome::lines(lines))
}

/// `git merge-base`
pub(super) fn base(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let [a, b] = arguments else {
        return Err(GitError::usage(
            "usage: git merge-base [-a | --all] <commit> <commit>...\n",
        ));
    };
    let resolve = |word: &String| {
        let found = context.clone.resolve(word);
        found.map_err(|_| GitError::fatal(&format!("Not a valid object name {word}")))
    };
    let found = merge_base(context.mount.repository, resolve(a)?, resolve(b)?)
        .ok_or_else(GitError::silent)?;
    let id = context
        .mount
        .repository
        .commit(found)
        .map(|commit| commit.id.to_string());
    Ok(GitOutcome::lines(id.into_iter().collect()))
}
