//! `git push`, `git fetch`, `git pull`, `git merge`.

use std::fmt::Write as _;

use super::super::arguments::{Arguments, Token};
use super::super::error::GitError;
use super::super::{Context, GitOutcome};
use super::Plan;
use crate::sim::git::command::{CommandError, RemoteUpdate};
use crate::sim::git::history::is_ancestor;
use crate::sim::git::{CommitIndex, RepoCommand, RepoEvent};

/// `git push`
pub(in super::super) fn push(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git push [<options>] [<repository> [<refspec>...]]\n";
    let mut arguments = Arguments::new(arguments, "o");
    let mut words = Vec::new();
    let (mut force, mut upstream, mut quiet) = (false, false, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "-f" | "--force" | "--force-with-lease" => force = true,
                "-u" | "--set-upstream" => upstream = true,
                "-q" | "--quiet" => quiet = true,
                "-v" | "--verbose" | "--no-verify" | "--progress" => {}
                "-d" | "--delete" | "--all" | "--mirror" | "--tags" | "--prune" => {
                    return Err(GitError::fatal(&format!(
                        "git push {name}: the server lets you push single branches only"
                    )));
                }
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let url = shown_url(context.mount.remote_url);
    if let Some(remote) = words
        .first()
        .filter(|remote| *remote != "origin" && *remote != context.mount.remote_url)
    {
        return Err(GitError::fatal(&format!(
            "'{remote}' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n\
             Please make sure you have the correct access rights\nand the repository exists."
        )));
    }
    let refspec = words
        .get(1)
        .map(|word| word.trim_start_matches('+').to_owned());
    let branch = branch_to_push(context, refspec.as_deref())?;
    let untracked = !context
        .mount
        .worktree
        .remote_branches()
        .contains_key(branch.as_str());
    if refspec.is_none() && untracked && !upstream {
        return Err(GitError::fatal(&format!(
            "The current branch {branch} has no upstream branch.\nTo push the current branch and set the remote as upstream, use\n\n    \
             git push --set-upstream origin {branch}\n"
        )));
    }
    let mut plan = Plan::new(context);
    let event = plan.attempt(RepoCommand::Push {
        branch: branch.clone(),
        force,
    });
    let name = refspec.unwrap_or_else(|| branch.clone());
    match event {
        Ok(RepoEvent::Pushed { from, to, .. }) => {
            let line = pushed_line(&plan, &name, &branch, from, to);
            if !quiet {
                plan.complain(&format!("To {url}\n{line}"));
            }
        }
        Ok(_) => plan.complain("Everything up-to-date\n"),
        Err(CommandError::PushRejected { known }) => {
            return Err(rejected(url, &name, &branch, known));
        }
        Err(error) => return Err(super::refusal(&error)),
    }
    if upstream {
        plan.say(&format!(
            "branch '{branch}' set up to track 'origin/{branch}'.\n"
        ));
    }
    Ok(plan.finish())
}

/// An address without the user in it, as git prints it.
fn shown_url(url: &str) -> &str {
    match url.split_once('@') {
        Some((user, rest)) if !user.contains(['/', ':']) => rest,
        _ => url,
    }
}

fn branch_to_push(context: &Context<'_>, refspec: Option<&str>) -> Result<String, GitError> {
    let url = shown_url(context.mount.remote_url);
    let current = context.mount.worktree.current_branch();
    match refspec {
        None => current.map(str::to_owned).ok_or_else(|| {
            GitError::fatal(
                "You are not currently on a branch.\nTo push the history leading to the current (detached HEAD)\nstate now, use\n\n    \
                 git push origin HEAD:<name-of-remote-branch>\n",
            )
        }),
        Some("HEAD" | "@") => {
            current.map(str::to_owned).ok_or_else(|| GitError::fatal("HEAD is not on a branch"))
        }
        Some(refspec) => {
            let (from, to) = refspec.split_once(':').unwrap_or((refspec, refspec));
            let from = if from == "HEAD" { current.unwrap_or(from) } else { from };
            if !context.mount.worktree.branches().contains_key(from) {
                return Err(GitError::error(&format!(
                    "src refspec {from} does not match any\nerror: failed to push some refs to '{url}'"
                )));
            }
            let to = to.strip_prefix("refs/heads/").unwrap_or(to);
            if from != to {
                return Err(GitError::fatal(
                    "the server takes a branch under its own name only; rename it with 'git switch -c' first",
                ));
            }
            Ok(from.to_owned())
        }
    }
}

fn pushed_line(
    plan: &Plan<'_>,
    name: &str,
    branch: &str,
    from: Option<CommitIndex>,
    to: CommitIndex,
) -> String {
    let short = |index| plan.repository.short_id(index);
    match from {
        None => format!(" * [new branch]      {name} -> {branch}\n"),
        Some(from) if is_ancestor(&plan.repository, from, to) => {
            format!("   {}..{}  {name} -> {branch}\n", short(from), short(to))
        }
        Some(from) => format!(
            " + {}...{} {name} -> {branch} (forced update)\n",
            short(from),
            short(to)
        ),
    }
}

fn rejected(url: &str, name: &str, branch: &str, known: bool) -> GitError {
    let (why, hint) = if known {
        (
            "non-fast-forward",
            "hint: Updates were rejected because the tip of your current branch is behind\n\
             hint: its remote counterpart. If you want to integrate the remote changes,\n\
             hint: use 'git pull' before pushing again.\n",
        )
    } else {
        (
            "fetch first",
            "hint: Updates were rejected because the remote contains work that you do not\n\
             hint: have locally. This is usually caused by another repository pushing to\n\
             hint: the same ref. If you want to integrate the remote changes, use\n\
             hint: 'git pull' before pushing again.\n",
        )
    };
    GitError::plain(
        &format!(
            "To {url}\n ! [rejected]        {name} -> {branch} ({why})\nerror: failed to push some refs to '{url}'\n{hint}\
             hint: See the 'Note about fast-forwards' in 'git push --help' for details."
        ),
        1,
    )
}

/// The lines of a fetch: `   41ad935..e02cc74  main       -> origin/main`.
fn fetched(plan: &Plan<'_>, updates: &[RemoteUpdate]) -> String {
    if updates.is_empty() {
        return String::new();
    }
    let url = shown_url(plan.context.mount.remote_url);
    let mut out = format!("From {}\n", url.strip_suffix(".git").unwrap_or(url));
    let width = updates
        .iter()
        .map(|update| update.branch.len())
        .max()
        .unwrap_or_default()
        .max(10);
    for update in updates {
        let branch = &update.branch;
        let _ = match update.from {
            None => writeln!(
                out,
                " * [new branch]      {branch:<width$} -> origin/{branch}"
            ),
            Some(from) => writeln!(
                out,
                "   {}..{}  {branch:<width$} -> origin/{branch}",
                plan.repository.short_id(from),
                plan.repository.short_id(update.to)
            ),
        };
    }
    out
}

/// `git fetch`
pub(in super::super) fn fetch(
    context: &Context<'_>,
    _arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut plan = Plan::new(context);
    if let RepoEvent::Fetched { updates } = plan.run(RepoCommand::Fetch)? {
        let text = fetched(&plan, &updates);
        plan.complain(&text);
    }
    Ok(plan.finish())
}

/// `git pull`
pub(in super::super) fn pull(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let merging = arguments
        .iter()
        .any(|argument| matches!(argument.as_str(), "--no-rebase" | "--no-ff" | "--ff"));
    if arguments
        .iter()
        .any(|argument| argument == "--rebase" || argument == "-r")
    {
        return Err(GitError::fatal(
            "history of shared branches is not rewritten here; use 'git pull --no-rebase'",
        ));
    }
    let mut plan = Plan::new(context);
    let RepoEvent::Fetched { updates } = plan.run(RepoCommand::Fetch)? else {
        return Ok(plan.finish());
    };
    let text = fetched(&plan, &updates);
    plan.complain(&text);
    let apart = plan.worktree.divergence(&plan.repository);
    if apart.is_some_and(|apart| apart.ahead > 0 && apart.behind > 0) && !merging {
        plan.complain(DIVERGENT);
        let mut outcome = plan.finish();
        outcome.code = 128;
        return Ok(outcome);
    }
    let from = context.head()?;
    let event = plan.attempt(RepoCommand::Pull);
    joined(&mut plan, from, event)?;
    Ok(plan.finish())
}

const DIVERGENT: &str =
    "hint: You have divergent branches and need to specify how to reconcile them.
hint: You can do so by running one of the following commands sometime before
hint: your next pull:
hint:
hint:   git config pull.rebase false  # merge
hint:   git config pull.rebase true   # rebase
hint:   git config pull.ff only       # fast-forward only
hint:
hint: You can replace \"git config\" with \"git config --global\" to set a default
hint: preference for all repositories. You can also pass --rebase, --no-rebase,
hint: or --ff-only on the command line to override the configured default per
hint: invocation.
fatal: Need to specify how to reconcile divergent branches.
";

/// What is said of a merge, by itself or in a pull.
fn joined(
    plan: &mut Plan<'_>,
    from: CommitIndex,
    event: Result<RepoEvent, CommandError>,
) -> Result<(), GitError> {
    match event {
        Ok(RepoEvent::Moved { from, to, .. }) => {
            let stat = plan.stat(from, to);
            let ids = format!(
                "{}..{}",
                plan.repository.short_id(from),
                plan.repository.short_id(to)
            );
            plan.say(&format!("Updating {ids}\nFast-forward\n{stat}"));
        }
        Ok(RepoEvent::Committed { commits }) => {
            plan.say("Merge made by the 'ort' strategy.\n");
            for commit in commits {
                let stat = plan.stat(from, commit);
                plan.say(&stat);
            }
        }
        Ok(_) => plan.say("Already up to date.\n"),
        Err(CommandError::Conflict { conflict, .. }) => {
            return Err(GitError {
                stdout: format!(
                    "Auto-merging {0}\nCONFLICT (content): Merge conflict in {0}\nAutomatic merge failed; nothing was changed.\n",
                    conflict.path
                ),
                stderr: String::new(),
                code: 1,
            });
        }
        Err(CommandError::NoUpstream) => {
            return Err(GitError::plain(
                "There is no tracking information for the current branch.\nPlease specify which branch you want to merge with.\n\
                 See git-pull(1) for details.\n\n    git pull <remote> <branch>",
                1,
            ));
        }
        Err(error) => return Err(super::refusal(&error)),
    }
    Ok(())
}

/// `git merge`
pub(in super::super) fn merge(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git merge [<options>] [<commit>...]\n   or: git merge --abort\n   or: git merge --continue\n";
    let mut arguments = Arguments::new(arguments, "m");
    let mut words = Vec::new();
    let mut no_fast_forward = false;
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "--no-ff" => no_fast_forward = true,
                "-m" => {
                    arguments.value(&name, attached)?;
                }
                "--ff" | "--ff-only" | "--no-edit" | "-q" | "--quiet" | "--stat" | "--no-stat" => {}
                "--abort" | "--continue" | "--quit" => {
                    return Err(GitError::fatal(
                        "There is no merge to abort (MERGE_HEAD missing).",
                    ));
                }
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let [name] = words.as_slice() else {
        return Err(GitError::fatal("No remote for the current branch."));
    };
    if context.clone.resolve(name).is_err() {
        return Err(GitError::plain(
            &format!("merge: {name} - not something we can merge"),
            1,
        ));
    }
    let from = context.head()?;
    let mut plan = Plan::new(context);
    let event = plan.attempt(RepoCommand::Merge {
        from: name.clone(),
        no_fast_forward,
    });
    joined(&mut plan, from, event)?;
    Ok(plan.finish())
}
