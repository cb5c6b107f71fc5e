//! `git revert` and `git cherry-pick`.

use super::super::arguments::{Arguments, Token};
use super::super::error::GitError;
use super::super::{Context, GitOutcome};
use super::{Plan, overwrite};
use crate::sim::git::command::CommandError;
use crate::sim::git::history::{Order, Walk, walk};
use crate::sim::git::revision::Range;
use crate::sim::git::{CommitIndex, RepoCommand, RepoEvent, RepositoryError};

const REVERT_USAGE: &str = "usage: git revert [--[no-]edit] [-n] [-m <parent-number>] [-s] [-S[<keyid>]] <commit>...\n   \
    or: git revert (--continue | --skip | --abort | --quit)\n";
const PICK_USAGE: &str = "usage: git cherry-pick [--edit] [-n] [-m <parent-number>] [-s] [-x] [--ff]\n                       \
    [-S[<keyid>]] <commit>...\n   or: git cherry-pick (--continue | --skip | --abort | --quit)\n";

/// `git revert`
pub(in super::super) fn revert(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    replay(context, arguments, Verb::Revert)
}

/// `git cherry-pick`
pub(in super::super) fn cherry_pick(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    replay(context, arguments, Verb::CherryPick)
}

#[derive(Clone, Copy, PartialEq)]
enum Verb {
    Revert,
    CherryPick,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Revert => "revert",
            Self::CherryPick => "cherry-pick",
        }
    }
}

fn replay(context: &Context<'_>, arguments: &[String], verb: Verb) -> Result<GitOutcome, GitError> {
    let usage = if verb == Verb::Revert {
        REVERT_USAGE
    } else {
        PICK_USAGE
    };
    let mut arguments = Arguments::new(arguments, "m");
    let mut words = Vec::new();
    let mut commit = true;
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "-n" | "--no-commit" if verb == Verb::Revert => commit = false,
                "--edit" | "-e" | "--no-edit" | "-s" | "--signoff" | "-x" | "--ff" => {}
                "-m" | "--mainline" => {
                    arguments.value(&name, attached)?;
                }
                "--continue" | "--skip" | "--abort" | "--quit" => {
                    return Err(GitError::error(&format!(
                        "no cherry-pick or revert in progress\nfatal: {} failed",
                        verb.name()
                    )));
                }
                _ => return Err(GitError::unknown_option(&name, usage)),
            },
        }
    }
    if words.is_empty() {
        return Err(GitError::usage(usage));
    }
    let mut plan = Plan::new(context);
    for target in targets(context, &words, verb)? {
        one(&mut plan, target, verb, commit)?;
    }
    Ok(plan.finish())
}

/// The commits that the words name, in the order in which they are taken.
fn targets(
    context: &Context<'_>,
    words: &[String],
    verb: Verb,
) -> Result<Vec<CommitIndex>, GitError> {
    let mut targets = Vec::new();
    for word in words {
        let mut range = Range::default();
        let read = context.clone.add_range(word, &mut range);
        read.map_err(|_| GitError::fatal(&format!("bad revision '{word}'")))?;
        if range.exclude.is_empty() {
            targets.extend(range.include);
            continue;
        }
        let visits = walk(
            context.mount.repository,
            &Walk {
                include: range.include,
                exclude: range.exclude,
                order: Order::Date,
                ..Walk::default()
            },
        );
        let mut range: Vec<CommitIndex> = visits.into_iter().map(|visit| visit.index).collect();
        // Reverting goes from the newest back, picking from the oldest on.
        if verb == Verb::CherryPick {
            range.reverse();
        }
        targets.extend(range);
    }
    Ok(targets)
}

fn one(plan: &mut Plan<'_>, target: CommitIndex, verb: Verb, commit: bool) -> Result<(), GitError> {
    let Some(object) = plan.commit_at(target) else {
        return Ok(());
    };
    let names = vec![object.id.to_string()];
    let command = match verb {
        Verb::Revert => RepoCommand::Revert {
            commits: names,
            commit,
        },
        Verb::CherryPick => RepoCommand::CherryPick { commits: names },
    };
    match plan.attempt(command) {
        Ok(RepoEvent::Committed { commits }) => {
            for made in commits {
                let summary = plan.commit_summary(made, true);
                plan.say(&summary);
            }
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(refused(plan, target, verb, &error)),
    }
}

fn refused(plan: &Plan<'_>, target: CommitIndex, verb: Verb, error: &CommandError) -> GitError {
    let short = plan.repository.short_id(target);
    let subject = plan
        .commit_at(target)
        .map_or_else(String::new, |commit| commit.subject());
    match error {
        CommandError::NothingToCommit => GitError {
            stdout: plan.status_text(),
            stderr: match verb {
                Verb::Revert => String::new(),
                Verb::CherryPick => {
                    "The previous cherry-pick is now empty, possibly due to conflict resolution.\n"
                        .to_owned()
                }
            },
            code: 1,
        },
        CommandError::WouldOverwrite(paths) => {
            let mut error = overwrite(paths, "merge", "merge");
            error
                .stderr
                .push_str(&format!("fatal: {} failed\n", verb.name()));
            error.code = 128;
            error
        }
        CommandError::Staged(_) => GitError::plain(
            &format!(
                "error: your local changes would be overwritten by {0}.\n\
                 hint: commit your changes or stash them to proceed.\nfatal: {0} failed",
                verb.name()
            ),
            128,
        ),
        CommandError::Conflict { conflict, .. } => GitError {
            stdout: format!(
                "Auto-merging {0}\nCONFLICT (content): Merge conflict in {0}\n",
                conflict.path
            ),
            stderr: format!(
                "error: could not {} {short}... {subject}\nhint: later commits changed the same lines; edit the file by hand \
                 and commit it\nhint: your files are as they were before, as after 'git {} --abort'\n",
                if verb == Verb::Revert {
                    "revert"
                } else {
                    "apply"
                },
                verb.name()
            ),
            code: 1,
        },
        CommandError::Repository(RepositoryError::RevertOfMerge { .. }) => {
            let id = plan
                .commit_at(target)
                .map_or_else(String::new, |commit| commit.id.to_string());
            GitError::plain(
                &format!(
                    "error: commit {id} is a merge but no -m option was given.\nfatal: {} failed",
                    verb.name()
                ),
                128,
            )
        }
        other => super::refusal(other),
    }
}
