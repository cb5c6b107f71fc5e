//! `git stash`.

use super::super::arguments::{Arguments, Token};
use super::super::diff::DiffDisplay;
use super::super::error::GitError;
use super::super::stat::Summary;
use super::super::{Context, GitOutcome};
use super::{Plan, differences, overwrite};
use crate::sim::git::RepoCommand;
use crate::sim::git::command::CommandError;
use crate::sim::git::file_diff::blob_id;
use crate::sim::git::worktree::Stash;

const USAGE: &str = "usage: git stash list [<log-options>]\n   or: git stash show [-u | --include-untracked | --only-untracked] [<diff-options>] [<stash>]\n   \
    or: git stash drop [-q | --quiet] [<stash>]\n   or: git stash pop [--index] [-q | --quiet] [<stash>]\n   \
    or: git stash apply [--index] [-q | --quiet] [<stash>]\n   or: git stash [push [-u | --include-untracked] [-q | --quiet] [-m <message>]]\n";

/// `git stash`
pub(in super::super) fn stash(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let verb = arguments.first().map_or("push", String::as_str);
    let rest = arguments.get(1..).unwrap_or_default();
    match verb {
        "push" | "save" => push(context, rest),
        option if option.starts_with('-') => push(context, arguments),
        "list" => Ok(GitOutcome::lines(list(context))),
        "show" => show(context, rest),
        "pop" => bring_back(context, rest, true),
        "apply" => bring_back(context, rest, false),
        "drop" => drop_one(context, rest),
        other => Err(GitError::usage(&format!(
            "error: unknown subcommand: `{other}'\n{USAGE}"
        ))),
    }
}

fn push(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "m");
    let (mut message, mut untracked) = (None, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => message = Some(word),
            Token::Option { name, attached } => match name.as_str() {
                "-m" | "--message" => message = Some(arguments.value(&name, attached)?),
                "-u" | "--include-untracked" | "-a" | "--all" => untracked = true,
                "-q" | "--quiet" | "-k" | "--keep-index" => {}
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let mut plan = Plan::new(context);
    match plan.attempt(RepoCommand::StashPush { message, untracked }) {
        Ok(_) => {
            let title = plan
                .worktree
                .stashes()
                .first()
                .map(|stash| title(&plan, stash));
            let text = format!(
                "Saved working directory and index state {}\n",
                title.unwrap_or_default()
            );
            plan.say(&text);
        }
        Err(CommandError::NothingToCommit) => plan.say("No local changes to save\n"),
        Err(error) => return Err(super::refusal(&error)),
    }
    Ok(plan.finish())
}

/// `WIP on main: 9e4146a Title`, or with the person's own message `On main: message`.
fn title(plan: &Plan<'_>, stash: &Stash) -> String {
    let branch = stash.branch.as_deref().unwrap_or("(no branch)");
    if let Some(message) = &stash.message {
        format!("On {branch}: {message}")
    } else {
        let subject = plan
            .commit_at(stash.base)
            .map_or_else(String::new, |commit| commit.subject());
        format!(
            "WIP on {branch}: {} {subject}",
            plan.repository.short_id(stash.base)
        )
    }
}

fn list(context: &Context<'_>) -> Vec<String> {
    let plan = Plan::new(context);
    let stashes = context.mount.worktree.stashes().iter().enumerate();
    stashes
        .map(|(number, stash)| format!("stash@{{{number}}}: {}", title(&plan, stash)))
        .collect()
}

/// The number in `stash@{1}` or `1`; the newest without one.
fn number(arguments: &[String]) -> Result<usize, GitError> {
    let Some(word) = arguments.iter().find(|word| !word.starts_with('-')) else {
        return Ok(0);
    };
    let digits = word
        .strip_prefix("stash@{")
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(word);
    digits
        .parse()
        .map_err(|_| GitError::error(&format!("{word} is not a valid reference")))
}

fn missing(context: &Context<'_>, number: usize) -> GitError {
    if context.mount.worktree.stashes().is_empty() {
        GitError::plain("No stash entries found.", 1)
    } else {
        GitError::error(&format!("stash@{{{number}}} is not a valid reference"))
    }
}

fn show(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let number = number(arguments)?;
    let stash = context.mount.worktree.stashes().get(number);
    let stash = stash.ok_or_else(|| missing(context, number))?;
    let patch = arguments
        .iter()
        .any(|argument| matches!(argument.as_str(), "-p" | "-u" | "--patch"));
    let display = DiffDisplay {
        patch,
        summaries: if patch {
            Vec::new()
        } else {
            vec![Summary::Stat]
        },
        ..DiffDisplay::default()
    };
    let diffs = differences(&context.tree(stash.base), &stash.files);
    Ok(GitOutcome::text(
        display.render(&diffs, context.stat_width()),
    ))
}

fn bring_back(
    context: &Context<'_>,
    arguments: &[String],
    drop: bool,
) -> Result<GitOutcome, GitError> {
    let number = number(arguments)?;
    let stash = context.mount.worktree.stashes().get(number);
    let id = stash
        .map(stash_id)
        .ok_or_else(|| missing(context, number))?;
    let mut plan = Plan::new(context);
    plan.attempt(RepoCommand::StashApply { number, drop })
        .map_err(|error| match error {
            CommandError::WouldOverwrite(paths) => overwrite(&paths, "merge", "merge"),
            CommandError::Conflict { conflict, .. } => GitError {
                stdout: format!(
                    "Auto-merging {0}\nCONFLICT (content): Merge conflict in {0}\n",
                    conflict.path
                ),
                stderr: "The stash entry is kept in case you need it again.\n".to_owned(),
                code: 1,
            },
            other => super::refusal(&other),
        })?;
    let status = plan.status_text();
    plan.say(&status);
    if drop {
        plan.say(&format!("Dropped refs/stash@{{{number}}} ({id})\n"));
    }
    Ok(plan.finish())
}

fn drop_one(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let number = number(arguments)?;
    let stash = context.mount.worktree.stashes().get(number);
    let id = stash
        .map(stash_id)
        .ok_or_else(|| missing(context, number))?;
    let mut plan = Plan::new(context);
    plan.run(RepoCommand::StashDrop { number })?;
    plan.say(&format!("Dropped refs/stash@{{{number}}} ({id})\n"));
    Ok(plan.finish())
}

/// An id for a stash, from what it holds and when it was made.
fn stash_id(stash: &Stash) -> String {
    let texts = stash.files.files();
    let listing: String = texts
        .iter()
        .map(|(path, text)| format!("{path}\n{text}"))
        .collect();
    blob_id(&format!("{}\n{listing}", stash.at.millis()))
}
