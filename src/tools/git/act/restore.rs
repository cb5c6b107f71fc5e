//! `git checkout`, `git switch`, `git restore`, `git reset`.

use super::super::arguments::{Arguments, Token};
use super::super::error::GitError;
use super::super::{Context, GitOutcome};
use super::{Plan, overwrite};
use crate::sim::git::command::{CommandError, ResetMode};
use crate::sim::git::worktree::Head;
use crate::sim::git::{RepoCommand, RepoEvent};

/// `git checkout`: both of a branch and of files.
pub(in super::super) fn checkout(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git checkout [<options>] <branch>\n   or: git checkout [<options>] [<branch>] -- <file>...\n";
    let mut arguments = Arguments::new(arguments, "bB");
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut separated = false;
    let mut create = None;
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => separated = true,
            Token::Word(word) if separated => after.push(word),
            Token::Word(word) => before.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "-b" | "-B" => create = Some(arguments.value(&name, attached)?),
                "-q" | "--quiet" | "-f" | "--force" | "--detach" | "-t" | "--track"
                | "--progress" => {}
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    if let Some(name) = create {
        return go(context, &name, true, before.first().cloned(), "checkout");
    }
    if separated {
        let outcome = files(context, before.first(), &after)?;
        // With `--` git says nothing.
        return Ok(GitOutcome {
            stderr: String::new(),
            ..outcome
        });
    }
    let Some((first, rest)) = before.split_first() else {
        return Ok(GitOutcome::default());
    };
    let shared = context.mount.worktree.remote_branches();
    let is_commit = context.clone.resolve(first).is_ok() || shared.contains_key(first.as_str());
    match (is_commit, rest) {
        (true, []) => go(context, first, false, None, "checkout"),
        (true, paths) => files(context, Some(first), paths),
        (false, _) => files(context, None, &before),
    }
}

/// Takes files back from the index or a commit. Without `--`, git says how many there were.
fn files(
    context: &Context<'_>,
    from: Option<&String>,
    words: &[String],
) -> Result<GitOutcome, GitError> {
    let target = context.paths(words)?;
    let mut plan = Plan::new(context);
    let event = plan
        .attempt(RepoCommand::Restore {
            paths: target.path_words,
            from: from.cloned(),
            staged: from.is_some(),
            files: true,
        })
        .map_err(|error| as_typed(&error, words))?;
    if let RepoEvent::Changed { paths } = event {
        let count = paths.len();
        let source = match from {
            None => "the index".to_owned(),
            Some(name) => match context.clone.resolve(name) {
                Ok(commit) => context.mount.repository.short_id(commit).to_owned(),
                Err(_) => name.clone(),
            },
        };
        plan.complain(&format!(
            "Updated {count} path{} from {source}\n",
            if count == 1 { "" } else { "s" }
        ));
    }
    Ok(plan.finish())
}

/// A path that is not there, as it was typed.
fn as_typed(error: &CommandError, words: &[String]) -> GitError {
    match error {
        CommandError::NoSuchPath(path) => {
            let word = words
                .iter()
                .find(|word| path.ends_with(word.as_str()))
                .unwrap_or(path);
            GitError::error(&format!(
                "pathspec '{word}' did not match any file(s) known to git"
            ))
        }
        other => super::refusal(other),
    }
}

/// Goes to a branch or commit.
fn go(
    context: &Context<'_>,
    to: &str,
    create: bool,
    start: Option<String>,
    by: &str,
) -> Result<GitOutcome, GitError> {
    let worktree = context.mount.worktree;
    if !create && worktree.current_branch() == Some(to) {
        let mut plan = Plan::new(context);
        let tracking = tracking(&plan);
        plan.say(&tracking);
        plan.complain(&format!("Already on '{to}'\n"));
        return Ok(plan.finish());
    }
    let follows = !create
        && !worktree.branches().contains_key(to)
        && worktree.remote_branches().contains_key(to);
    let from_detached = match worktree.head() {
        Head::Detached(at) => Some(*at),
        Head::Branch(_) => None,
    };
    let mut plan = Plan::new(context);
    plan.attempt(RepoCommand::Switch {
        to: to.to_owned(),
        create,
        start,
    })
    .map_err(|error| match error {
        CommandError::WouldOverwrite(paths) => overwrite(&paths, by, "switch branches"),
        other => super::refusal(&other),
    })?;
    for change in plan.worktree.unstaged() {
        plan.say(&format!("{}\t{}\n", change.letter(), change.path()));
    }
    let describe = |plan: &Plan<'_>, at| {
        let subject = plan
            .commit_at(at)
            .map_or_else(String::new, |commit| commit.subject());
        format!("{} {subject}", plan.repository.short_id(at))
    };
    if let Some(at) = from_detached {
        let text = describe(&plan, at);
        plan.complain(&format!("Previous HEAD position was {text}\n"));
    }
    match plan.worktree.head().clone() {
        Head::Branch(_) if create || follows => {
            if follows {
                plan.say(&format!("branch '{to}' set up to track 'origin/{to}'.\n"));
            }
            plan.complain(&format!("Switched to a new branch '{to}'\n"));
        }
        Head::Branch(_) => {
            let tracking = tracking(&plan);
            plan.say(&tracking);
            plan.complain(&format!("Switched to branch '{to}'\n"));
        }
        Head::Detached(at) => {
            let text = describe(&plan, at);
            plan.complain(&format!(
                "Note: switching to '{to}'.\n\n{DETACHED}HEAD is now at {text}\n"
            ));
        }
    }
    Ok(plan.finish())
}

const DETACHED: &str = "You are in 'detached HEAD' state. You can look around, make experimental
changes and commit them, and you can discard any commits you make in this
state without impacting any branches by switching back to a branch.

If you want to create a new branch to retain commits you create, you may
do so (now or later) by using -c with the switch command. Example:

  git switch -c <new-branch-name>

Or undo this operation with:

  git switch -

Turn off this advice by setting config variable advice.detachedHead to false

";

/// How far the branch is from its shared counterpart, as `git status` says it.
fn tracking(plan: &Plan<'_>) -> String {
    let text = plan.status_text();
    let lines = text.lines().skip(1).take_while(|line| !line.is_empty());
    lines
        .filter(|line| {
            line.starts_with("Your branch")
                || line.starts_with("and have")
                || line.starts_with("  (use")
        })
        .map(|line| format!("{line}\n"))
        .collect()
}

/// `git switch`
pub(in super::super) fn switch(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git switch [<options>] [<branch>]\n";
    let mut arguments = Arguments::new(arguments, "cC");
    let mut words = Vec::new();
    let (mut create, mut detach) = (None, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "-c" | "-C" | "--create" => create = Some(arguments.value(&name, attached)?),
                "-d" | "--detach" => detach = true,
                "-q" | "--quiet" | "--guess" | "--no-guess" | "--progress" => {}
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    if let Some(name) = create {
        return go(context, &name, true, words.first().cloned(), "checkout");
    }
    let to = words
        .first()
        .ok_or_else(|| GitError::fatal("missing branch or commit argument"))?;
    let worktree = context.mount.worktree;
    let is_branch = worktree.branches().contains_key(to.as_str())
        || worktree.remote_branches().contains_key(to.as_str());
    if !is_branch && !detach {
        let known = context.clone.resolve(to).is_ok();
        let kind = if context.mount.repository.tags().contains_key(to.as_str()) {
            "tag"
        } else {
            "commit"
        };
        return Err(GitError::fatal(&if known {
            format!(
                "a branch is expected, got {kind} '{to}'\nhint: If you want to detach HEAD at the commit, try again with the --detach option."
            )
        } else {
            format!("invalid reference: {to}")
        }));
    }
    go(context, to, false, None, "checkout")
}

/// `git restore`
pub(in super::super) fn restore(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git restore [<options>] [--source=<branch>] <file>...\n";
    let mut arguments = Arguments::new(arguments, "s");
    let mut words = Vec::new();
    let mut source = None;
    let (mut staged, mut files) = (false, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "-S" | "--staged" => staged = true,
                "-W" | "--worktree" => files = true,
                "-s" | "--source" => source = Some(arguments.value(&name, attached)?),
                "-q" | "--quiet" | "--progress" => {}
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    if words.is_empty() {
        return Err(GitError::fatal("you must specify path(s) to restore"));
    }
    if let Some(name) = &source
        && context.clone.resolve(name).is_err()
    {
        return Err(GitError::fatal(&format!("could not resolve '{name}'")));
    }
    let mut plan = Plan::new(context);
    plan.attempt(RepoCommand::Restore {
        paths: context.paths(&words)?.path_words,
        from: source,
        staged,
        files: files || !staged,
    })
    .map_err(|error| as_typed(&error, &words))?;
    Ok(plan.finish())
}

/// `git reset`
pub(in super::super) fn reset(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git reset [--mixed | --soft | --hard | --merge | --keep] [-q] [<commit>]\n   \
        or: git reset [-q] [<tree-ish>] [--] <pathspec>...\n";
    let mut arguments = Arguments::new(arguments, "");
    let mut words = super::super::target::Words::default();
    let mut mode = ResetMode::Mixed;
    let mut quiet = false;
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => words.separated = true,
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "--soft" => mode = ResetMode::Soft,
                "--mixed" => mode = ResetMode::Mixed,
                "--hard" => mode = ResetMode::Hard,
                "-q" | "--quiet" => quiet = true,
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let target = context.target(&words)?;
    let to = target
        .revisions
        .first()
        .cloned()
        .unwrap_or_else(|| "HEAD".to_owned());
    let mut plan = Plan::new(context);
    if target.path_words.is_empty() {
        plan.run(RepoCommand::Reset { to, mode })?;
    } else {
        if mode != ResetMode::Mixed {
            return Err(GitError::fatal("Cannot do hard reset with paths."));
        }
        plan.attempt(RepoCommand::Restore {
            paths: target.path_words,
            from: Some(to),
            staged: true,
            files: false,
        })
        .map_err(|error| as_typed(&error, &words.before))?;
    }
    if mode == ResetMode::Hard {
        if let Some(at) = plan.worktree.head_commit() {
            let subject = plan
                .commit_at(at)
                .map_or_else(String::new, |commit| commit.subject());
            let text = format!(
                "HEAD is now at {} {subject}\n",
                plan.repository.short_id(at)
            );
            plan.say(&text);
        }
    } else if mode == ResetMode::Mixed && !quiet {
        let changes = plan.worktree.unstaged();
        if !changes.is_empty() {
            plan.say("Unstaged changes after reset:\n");
        }
        for change in changes {
            plan.say(&format!("{}\t{}\n", change.letter(), change.path()));
        }
    }
    Ok(plan.finish())
}
