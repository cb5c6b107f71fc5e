//! `git status`: what is edited, staged and unknown, and how far the branch is from its shared counterpart.

use std::fmt::Write as _;

use serde::Serialize;

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::{Context, GitOutcome, GitResult};
use crate::sim::git::file_diff::FileChange;
use crate::sim::git::worktree::{Divergence, Head};

const USAGE: &str = "usage: git status [<options>] [--] [<pathspec>...]\n";

/// The state of a clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusOutput {
    /// The branch; `None` without one.
    pub branch: Option<String>,
    /// The shared branch it is compared with.
    pub upstream: Option<String>,
    /// How far both have moved apart.
    pub divergence: Option<Divergence>,
    /// What the next commit changes.
    pub staged: Vec<FileChange>,
    /// What is edited beside it.
    pub unstaged: Vec<FileChange>,
    /// Files that git does not know.
    pub untracked: Vec<String>,
}

/// `git status`
pub(super) fn status(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "u");
    let (mut short, mut branch) = (false, false);
    let mut words = Vec::new();
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "-s" | "--short" | "--porcelain" => short = true,
                "-b" | "--branch" => branch = true,
                "--long" => short = false,
                "-v" | "--verbose" | "-u" | "--untracked-files" | "--ahead-behind"
                | "--no-ahead-behind" | "--show-stash" | "--ignored" => {}
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let paths = context.paths(&words)?.paths;
    let mut output = state(context);
    output.staged.retain(|change| paths.matches(change.path()));
    output
        .unstaged
        .retain(|change| paths.matches(change.path()));
    output.untracked.retain(|path| paths.matches(path));
    let stdout = if short {
        output.short(context, branch)
    } else {
        output.long(context)
    };
    Ok(GitOutcome::text(stdout).with(GitResult::Status(output)))
}

/// The state of the clone.
pub(super) fn state(context: &Context<'_>) -> StatusOutput {
    let (repository, worktree) = (context.mount.repository, context.mount.worktree);
    let branch = worktree.current_branch();
    let upstream = branch.filter(|branch| worktree.remote_branches().contains_key(*branch));
    StatusOutput {
        branch: branch.map(str::to_owned),
        upstream: upstream.map(|branch| format!("origin/{branch}")),
        divergence: worktree.divergence(repository),
        staged: worktree.staged(repository),
        unstaged: worktree.unstaged(),
        untracked: worktree.untracked(),
    }
}

impl StatusOutput {
    /// The long form, which a `git commit` of nothing prints, too.
    pub(super) fn long(&self, context: &Context<'_>) -> String {
        let mut out = self.header(context);
        let mut sections = Vec::new();
        if !self.staged.is_empty() {
            let mut text = String::from(
                "Changes to be committed:\n  (use \"git restore --staged <file>...\" to unstage)\n",
            );
            list_changes(context, &self.staged, &mut text);
            sections.push(text);
        }
        if !self.unstaged.is_empty() {
            let gone = self
                .unstaged
                .iter()
                .any(|change| matches!(change, FileChange::Deleted { .. }));
            let verb = if gone { "add/rm" } else { "add" };
            let mut text = format!(
                "Changes not staged for commit:\n  (use \"git {verb} <file>...\" to update what will be committed)\n  \
                 (use \"git restore <file>...\" to discard changes in working directory)\n"
            );
            list_changes(context, &self.unstaged, &mut text);
            sections.push(text);
        }
        if !self.untracked.is_empty() {
            let mut text = String::from(
                "Untracked files:\n  (use \"git add <file>...\" to include in what will be committed)\n",
            );
            for path in self.untracked_names(context) {
                let _ = writeln!(text, "\t{path}");
            }
            sections.push(text);
        }
        let clean = sections.is_empty();
        for section in sections {
            out.push_str(&section);
            out.push('\n');
        }
        if self.staged.is_empty() {
            out.push_str(if !self.unstaged.is_empty() {
                "no changes added to commit (use \"git add\" and/or \"git commit -a\")\n"
            } else if clean {
                "nothing to commit, working tree clean\n"
            } else {
                "nothing added to commit but untracked files present (use \"git add\" to track)\n"
            });
        }
        out
    }

    fn header(&self, context: &Context<'_>) -> String {
        let repository = context.mount.repository;
        let mut out = match context.mount.worktree.head() {
            Head::Branch(name) => format!("On branch {name}\n"),
            Head::Detached(at) => format!("HEAD detached at {}\n", repository.short_id(*at)),
        };
        let (Some(upstream), Some(divergence)) = (&self.upstream, self.divergence) else {
            return out;
        };
        out.push_str(&match (divergence.ahead, divergence.behind) {
            (0, 0) => format!("Your branch is up to date with '{upstream}'.\n"),
            (ahead, 0) => format!(
                "Your branch is ahead of '{upstream}' by {}.\n  (use \"git push\" to publish your local commits)\n",
                commits(ahead)
            ),
            (0, behind) => format!(
                "Your branch is behind '{upstream}' by {}, and can be fast-forwarded.\n  \
                 (use \"git pull\" to update your local branch)\n",
                commits(behind)
            ),
            (ahead, behind) => format!(
                "Your branch and '{upstream}' have diverged,\nand have {ahead} and {behind} different commits each, respectively.\n  \
                 (use \"git pull\" if you want to integrate the remote branch with yours)\n"
            ),
        });
        out.push('\n');
        out
    }

    fn short(&self, context: &Context<'_>, branch: bool) -> String {
        let mut out = String::new();
        if branch {
            let name = self.branch.as_deref().unwrap_or("HEAD (no branch)");
            let _ = write!(out, "## {name}");
            if let (Some(upstream), Some(divergence)) = (&self.upstream, self.divergence) {
                let _ = write!(out, "...{upstream}");
                let parts: Vec<String> =
                    [("ahead", divergence.ahead), ("behind", divergence.behind)]
                        .into_iter()
                        .filter(|(_, count)| *count > 0)
                        .map(|(word, count)| format!("{word} {count}"))
                        .collect();
                if !parts.is_empty() {
                    let _ = write!(out, " [{}]", parts.join(", "));
                }
            }
            out.push('\n');
        }
        let mut rows: std::collections::BTreeMap<&str, (char, char, String)> =
            std::collections::BTreeMap::new();
        for change in &self.staged {
            let letter = change.letter().chars().next().unwrap_or(' ');
            rows.insert(change.path(), (letter, ' ', name(context, change, " -> ")));
        }
        for change in &self.unstaged {
            let letter = change.letter().chars().next().unwrap_or(' ');
            let row =
                rows.entry(change.path())
                    .or_insert((' ', ' ', name(context, change, " -> ")));
            row.1 = letter;
        }
        for (index, disk, path) in rows.values() {
            let _ = writeln!(out, "{index}{disk} {path}");
        }
        for path in self.untracked_names(context) {
            let _ = writeln!(out, "?? {path}");
        }
        out
    }

    /// Unknown files; a folder of nothing else is named alone.
    fn untracked_names(&self, context: &Context<'_>) -> Vec<String> {
        let index = context.mount.worktree.index();
        let mut names: Vec<String> = self
            .untracked
            .iter()
            .map(|path| {
                let folders = path
                    .match_indices('/')
                    .map(|(at, _)| path.get(..at).unwrap_or_default());
                let unknown = folders
                    .into_iter()
                    .find(|folder| index.item(folder).is_none());
                match unknown {
                    Some(folder) => format!("{}/", context.relative(folder)),
                    None => context.relative(path),
                }
            })
            .collect();
        names.dedup();
        names
    }
}

/// `1 commit`, `2 commits`
pub(super) fn commits(count: usize) -> String {
    format!("{count} commit{}", if count == 1 { "" } else { "s" })
}

fn name(context: &Context<'_>, change: &FileChange, arrow: &str) -> String {
    match change {
        FileChange::Renamed { from, to, .. } => {
            format!("{}{arrow}{}", context.relative(from), context.relative(to))
        }
        other => context.relative(other.path()),
    }
}

fn list_changes(context: &Context<'_>, changes: &[FileChange], out: &mut String) {
    for change in changes {
        let word = match change {
            FileChange::Added { .. } => "new file:   ",
            FileChange::Deleted { .. } => "deleted:    ",
            FileChange::Modified { .. } => "modified:   ",
            FileChange::Renamed { .. } => "renamed:    ",
        };
        let _ = writeln!(out, "\t{word}{}", name(context, change, " -> "));
    }
}
