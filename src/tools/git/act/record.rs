//! `git add`, `git rm`, `git commit`.

use super::super::arguments::{Arguments, Token};
use super::super::error::GitError;
use super::super::{Context, GitOutcome};
use super::Plan;
use crate::sim::git::command::CommandError;
use crate::sim::git::{RepoCommand, RepoEvent};

/// `git add`
pub(in super::super) fn add(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git add [<options>] [--] <pathspec>...\n";
    let mut arguments = Arguments::new(arguments, "");
    let mut words = Vec::new();
    let (mut everything, mut tracked_only) = (false, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "-A" | "--all" => everything = true,
                "-u" | "--update" => tracked_only = true,
                "-v" | "--verbose" | "-f" | "--force" | "-n" | "--dry-run" => {}
                "-p" | "--patch" | "-i" | "--interactive" | "-e" => {
                    return Err(GitError::fatal(
                        "interactive staging needs a full terminal; name the files instead",
                    ));
                }
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    if words.is_empty() && !everything && !tracked_only {
        return Ok(GitOutcome {
            stderr:
                "Nothing specified, nothing added.\nhint: Maybe you wanted to say 'git add .'?\n\
                     hint: Disable this message with \"git config advice.addEmptyPathspec false\"\n"
                    .to_owned(),
            ..GitOutcome::default()
        });
    }
    let mut plan = Plan::new(context);
    plan.attempt(RepoCommand::Stage {
        paths: expand(context, &words)?,
        tracked_only,
    })
    .map_err(|error| no_file(&error, &words))?;
    Ok(plan.finish())
}

/// Paths with their wildcards replaced by the files that match.
fn expand(context: &Context<'_>, words: &[String]) -> Result<Vec<String>, GitError> {
    let mut paths = Vec::new();
    for word in words {
        let path = context.path(word)?;
        if !word.contains(['*', '?', '[']) {
            paths.push(path);
            continue;
        }
        let mut pattern = crate::sim::git::pathspec::Pathspec::default();
        pattern.add(&path, false);
        let files = context.mount.worktree.files().files();
        let found: Vec<String> = files
            .into_iter()
            .map(|(path, _)| path)
            .filter(|path| pattern.matches(path))
            .collect();
        if found.is_empty() {
            return Err(GitError::fatal(&format!(
                "pathspec '{word}' did not match any files"
            )));
        }
        paths.extend(found);
    }
    Ok(paths)
}

fn no_file(error: &CommandError, words: &[String]) -> GitError {
    let CommandError::NoSuchPath(path) = error else {
        return super::refusal(error);
    };
    let word = words
        .iter()
        .find(|word| path.ends_with(word.as_str()))
        .unwrap_or(path);
    GitError::fatal(&format!("pathspec '{word}' did not match any files"))
}

/// `git rm`
pub(in super::super) fn remove(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git rm [-f | --force] [-n] [-r] [--cached] [--ignore-unmatch] [--quiet] [--] [<pathspec>...]\n";
    let mut arguments = Arguments::new(arguments, "");
    let mut words = Vec::new();
    let (mut recursive, mut force, mut quiet) = (false, false, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "-r" => recursive = true,
                "-f" | "--force" => force = true,
                "-q" | "--quiet" => quiet = true,
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    if words.is_empty() {
        return Err(GitError::fatal(
            "No pathspec was given. Which files should I remove?",
        ));
    }
    let mut plan = Plan::new(context);
    for word in &words {
        let path = context.path(word)?;
        let index = context.mount.worktree.index();
        let files: Vec<String> = index
            .files()
            .into_iter()
            .map(|(file, _)| file)
            .filter(|file| crate::sim::git::pathspec::is_below(file, &path))
            .collect();
        if files.is_empty() {
            return Err(GitError::fatal(&format!(
                "pathspec '{word}' did not match any files"
            )));
        }
        if index.file(&path).is_none() && !recursive {
            return Err(GitError::fatal(&format!(
                "not removing '{word}' recursively without -r"
            )));
        }
        for file in files {
            let edited = context.mount.worktree.files().file(&file) != index.file(&file);
            if edited && !force {
                return Err(GitError::error(&format!(
                    "the following file has local modifications:\n    {file}\n(use --cached to keep the file, or -f to force removal)"
                )));
            }
            plan.run(RepoCommand::Write {
                path: file.clone(),
                text: None,
            })?;
            plan.run(RepoCommand::Stage {
                paths: vec![file.clone()],
                tracked_only: false,
            })?;
            if !quiet {
                plan.say(&format!("rm '{file}'\n"));
            }
        }
    }
    Ok(plan.finish())
}

#[derive(Default)]
struct Commit {
    messages: Vec<String>,
    all: bool,
    amend: bool,
    allow_empty: bool,
    quiet: bool,
    words: Vec<String>,
}

/// `git commit`
pub(in super::super) fn commit(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let request = Commit::parse(arguments)?;
    let mut plan = Plan::new(context);
    if !request.words.is_empty() {
        let paths = expand(context, &request.words)?;
        plan.attempt(RepoCommand::Stage {
            paths,
            tracked_only: true,
        })
        .map_err(|error| super::refusal(&error))?;
    }
    let message = (!request.messages.is_empty()).then(|| request.messages.join("\n\n"));
    let nothing_edited = !request.all || plan.worktree.unstaged().is_empty();
    let clean = nothing_edited && plan.worktree.staged(&plan.repository).is_empty();
    if clean && !request.allow_empty && !request.amend {
        return Err(nothing(&plan, ""));
    }
    if message.is_none() && !request.amend {
        return Err(GitError::error(
            "Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.",
        ));
    }
    if message
        .as_deref()
        .is_some_and(|message| message.trim().is_empty())
    {
        return Err(GitError::plain(
            "Aborting commit due to empty commit message.",
            1,
        ));
    }
    let event = plan.attempt(RepoCommand::Commit {
        message: message.map(|message| message.trim().to_owned()),
        all: request.all,
        amend: request.amend,
        allow_empty: request.allow_empty,
    });
    match event {
        Ok(RepoEvent::Committed { commits }) => {
            for commit in commits.into_iter().filter(|_| !request.quiet) {
                let summary = plan.commit_summary(commit, request.amend || request.allow_empty);
                plan.say(&summary);
            }
            Ok(plan.finish())
        }
        Ok(_) => Ok(plan.finish()),
        Err(CommandError::NothingToCommit) => Err(nothing(&plan, "")),
        Err(error) => Err(super::refusal(&error)),
    }
}

fn nothing(plan: &Plan<'_>, complaint: &str) -> GitError {
    GitError {
        stdout: plan.status_text(),
        stderr: complaint.to_owned(),
        code: 1,
    }
}

impl Commit {
    fn parse(arguments: &[String]) -> Result<Self, GitError> {
        const USAGE: &str = "usage: git commit [-a | --interactive | --patch] [-s] [-v] [-u<mode>] [--amend]\n                  \
            [--dry-run] [(-c | -C | --squash) <commit> | --fixup [(amend|reword):]<commit>]\n                  \
            [-F <file> | -m <msg>] [--reset-author] [--allow-empty]\n                  \
            [--allow-empty-message] [--no-verify] [-e] [--author=<author>]\n                  \
            [--date=<date>] [--cleanup=<mode>] [--[no-]status]\n                  \
            [-i | -o] [--pathspec-from-file=<file> [--pathspec-file-nul]]\n                  \
            [(--trailer <token>[(=|:)<value>])...] [-S[<keyid>]]\n                  \
            [--] [<pathspec>...]\n";
        let mut request = Self::default();
        let mut arguments = Arguments::new(arguments, "m");
        while let Some(token) = arguments.next() {
            match token {
                Token::Separator => {}
                Token::Word(word) => request.words.push(word),
                Token::Option { name, attached } => match name.as_str() {
                    "-m" | "--message" => request.messages.push(arguments.value(&name, attached)?),
                    "-a" | "--all" => request.all = true,
                    "--amend" => request.amend = true,
                    "--allow-empty" => request.allow_empty = true,
                    "-q" | "--quiet" => request.quiet = true,
                    "--no-edit" | "-v" | "--verbose" | "-n" | "--no-verify" | "-s"
                    | "--signoff" | "--no-gpg-sign" => {}
                    _ => return Err(GitError::unknown_option(&name, USAGE)),
                },
            }
        }
        Ok(request)
    }
}
