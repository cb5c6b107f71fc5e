//! Which commits and files the words of a command line mean: revisions first, then paths, as git tells them apart.

use super::Context;
use super::error::GitError;
use crate::sim::git::pathspec::Pathspec;
use crate::sim::git::revision::{Range, RevisionError};
use crate::sim::git::{CommitIndex, RepositoryError, Tree};

/// Words of a command line, told apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// The commits.
    pub(super) range: Range,
    /// The words that named them.
    pub(super) revisions: Vec<String>,
    /// The files.
    pub(super) paths: Pathspec,
    /// The words that named them, relative to the repository.
    pub(super) path_words: Vec<String>,
}

/// Words as they stood on the command line: before `--` and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    pub(super) separated: bool,
}

impl Words {
    pub(super) fn push(&mut self, word: String) {
        if self.separated {
            self.after.push(word);
        } else {
            self.before.push(word);
        }
    }
}

impl Context<'_> {
    /// Tells revisions and paths apart.
    pub(super) fn target(&self, words: &Words) -> Result<Target, GitError> {
        let mut target = Target::default();
        let mut paths_began = false;
        for word in &words.before {
            // `..` alone is the folder above, not a range.
            if !paths_began && word != ".." {
                match self.clone.add_range(word, &mut target.range) {
                    Ok(()) => {
                        if !words.separated && self.is_file(word) {
                            return Err(both(word));
                        }
                        target.revisions.push(word.clone());
                        continue;
                    }
                    Err(error @ RevisionError::Ambiguous { .. }) => {
                        return Err(self.ambiguous_id(word, &error));
                    }
                    Err(RevisionError::Unknown(_)) if words.separated => {
                        return Err(GitError::fatal(&format!("bad revision '{word}'")));
                    }
                    Err(RevisionError::Unknown(_)) => paths_began = true,
                }
            }
            let path = self.path(word)?;
            if !self.exists(&path) && !is_pattern(word) {
                return Err(GitError::ambiguous(word));
            }
            target.add_path(word, path);
        }
        for word in &words.after {
            let path = self.path(word)?;
            target.add_path(word, path);
        }
        Ok(target)
    }

    /// Paths alone.
    pub(super) fn paths(&self, words: &[String]) -> Result<Target, GitError> {
        let mut target = Target::default();
        for word in words {
            let path = self.path(word)?;
            target.add_path(word, path);
        }
        Ok(target)
    }

    fn ambiguous_id(&self, word: &str, error: &RevisionError) -> GitError {
        let RevisionError::Ambiguous { prefix, candidates } = error else {
            return GitError::ambiguous(word);
        };
        let repository = self.mount.repository;
        let mut message =
            format!("error: short object ID {prefix} is ambiguous\nhint: The candidates are:\n");
        for candidate in candidates {
            if let Some(commit) = repository.commit(*candidate) {
                message.push_str(&format!(
                    "hint:   {} commit {} - {}\n",
                    repository.short_id(*candidate),
                    commit.committed_at.format("%Y-%m-%d"),
                    commit.subject()
                ));
            }
        }
        GitError::plain(
            &format!("{message}{}", GitError::ambiguous(word).stderr),
            128,
        )
    }

    /// The commit that a word names, or `fatal`.
    pub(super) fn commit(&self, word: &str) -> Result<CommitIndex, GitError> {
        self.clone.resolve(word).map_err(|error| match error {
            RevisionError::Unknown(_) => GitError::ambiguous(word),
            ambiguous @ RevisionError::Ambiguous { .. } => self.ambiguous_id(word, &ambiguous),
        })
    }

    /// The checked-out commit.
    pub(super) fn head(&self) -> Result<CommitIndex, GitError> {
        self.mount
            .worktree
            .head_commit()
            .ok_or_else(|| GitError::fatal("your current branch does not have any commits yet"))
    }

    /// The files of a commit.
    pub(super) fn tree(&self, commit: CommitIndex) -> Tree {
        self.mount
            .repository
            .tree(commit)
            .cloned()
            .unwrap_or_default()
    }

    fn is_file(&self, word: &str) -> bool {
        self.path(word)
            .is_ok_and(|path| !path.is_empty() && self.exists(&path))
    }

    /// Whether a path is in the person's files; the top always is.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.mount.worktree.files().item(path).is_some()
    }

    /// A word as a path relative to the repository.
    pub(super) fn path(&self, word: &str) -> Result<String, GitError> {
        let plain = strip_magic(word).0;
        let (base, rest) = match plain.strip_prefix(":/") {
            Some(rest) => ("", rest),
            None => (self.prefix.as_str(), plain),
        };
        let outside = || {
            GitError::fatal(&format!(
                "{word}: '{word}' is outside repository at '{}'",
                self.mount.folder
            ))
        };
        let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
        let relative = match rest.strip_prefix('/') {
            Some(_) => {
                parts.clear();
                let inside = rest.strip_prefix(self.mount.folder).ok_or_else(outside)?;
                if !inside.is_empty() && !inside.starts_with('/') {
                    return Err(outside());
                }
                inside
            }
            None => rest,
        };
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(outside)?;
                }
                part => parts.push(part),
            }
        }
        Ok(parts.join("/"))
    }

    /// A path of the repository as seen from the current folder.
    pub(super) fn relative(&self, path: &str) -> String {
        crate::tools::code::paths::relative(&self.prefix, path)
    }
}

impl Target {
    fn add_path(&mut self, word: &str, path: String) {
        self.paths.add(&path, strip_magic(word).1);
        self.path_words.push(path);
    }

    /// Starts at `HEAD` where no revision is named.
    pub(super) fn or_head(mut self, context: &Context<'_>) -> Result<Self, GitError> {
        if self.range.include.is_empty() {
            self.range.include.push(context.head()?);
        }
        Ok(self)
    }
}

/// `:!x`, `:^x`, `:(exclude)x` into `x` and whether it excludes.
fn strip_magic(word: &str) -> (&str, bool) {
    for mark in [":(exclude)", ":!", ":^"] {
        if let Some(rest) = word.strip_prefix(mark) {
            return (rest, true);
        }
    }
    (word.strip_prefix(":(top)").unwrap_or(word), false)
}

fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '[']) || word.starts_with(':')
}

fn both(word: &str) -> GitError {
    GitError::fatal(&format!(
        "ambiguous argument '{word}': both revision and filename\n\
         Use '--' to separate paths from revisions, like this:\n\
         'git <command> [<revision>...] -- [<file>...]'"
    ))
}

impl From<RepositoryError> for GitError {
    fn from(error: RepositoryError) -> Self {
        Self::fatal(&error.to_string())
    }
}
