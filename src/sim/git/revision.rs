//! Names of commits: `HEAD~2`, `main^`, `v1.2`, `9f31c2e`, `a..b`, `HEAD:path`. Resolves them in a clone; never walks more
//! history than a name asks for.

use thiserror::Error;

use super::commit::{CommitIndex, MIN_ID_PREFIX};
use super::history::merge_base;
use super::repository::Repository;
use super::worktree::Worktree;

/// Why a name does not name a commit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RevisionError {
    /// Nothing has this name.
    #[error("unknown revision `{0}`")]
    Unknown(String),
    /// Several commits start so.
    #[error("`{prefix}` is short for several commits")]
    Ambiguous {
        /// The prefix.
        prefix: String,
        /// The commits, by their ids.
        candidates: Vec<CommitIndex>,
    },
}

/// A clone together with the commits it knows.
#[derive(Clone, Copy, Debug)]
pub struct CloneView<'a> {
    /// The shared commits.
    pub repository: &'a Repository,
    /// The clone.
    pub worktree: &'a Worktree,
}

/// The commits that an argument of `git log` adds and takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Start here.
    pub include: Vec<CommitIndex>,
    /// Leave out what is reachable from here.
    pub exclude: Vec<CommitIndex>,
}

impl CloneView<'_> {
    /// The commit that a name stands for.
    pub fn resolve(&self, name: &str) -> Result<CommitIndex, RevisionError> {
        let unknown = || RevisionError::Unknown(name.to_owned());
        let end = name.find(['~', '^']).unwrap_or(name.len());
        let (base, steps) = name.split_at(end);
        let mut at = self.named(base)?.ok_or_else(unknown)?;
        let mut rest = steps;
        while let Some(kind) = rest.chars().next() {
            rest = rest.get(1..).unwrap_or_default();
            if kind == '^' && rest.starts_with('{') {
                // `^{commit}`, `^{}`: a tag's commit, which is what names stand for here anyway.
                let close = rest.find('}').ok_or_else(unknown)?;
                rest = rest.get(close + 1..).unwrap_or_default();
                continue;
            }
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let number = rest.get(..digits).unwrap_or_default();
            let count: usize = match number {
                "" => 1,
                digits => digits.parse().map_err(|_| unknown())?,
            };
            rest = rest.get(digits..).unwrap_or_default();
            at = match kind {
                '~' => self.back(at, count),
                '^' if count == 0 => Some(at),
                '^' => self.parent(at, count - 1),
                _ => None,
            }
            .ok_or_else(unknown)?;
        }
        Ok(at)
    }

    fn parent(&self, at: CommitIndex, number: usize) -> Option<CommitIndex> {
        self.repository.commit(at)?.parents.get(number).copied()
    }

    fn back(&self, from: CommitIndex, count: usize) -> Option<CommitIndex> {
        let mut at = from;
        // A history ends, so this does too, whatever the count.
        for _ in 0..count {
            at = self.parent(at, 0)?;
        }
        Some(at)
    }

    fn named(&self, name: &str) -> Result<Option<CommitIndex>, RevisionError> {
        let worktree = self.worktree;
        let name = name.strip_suffix("@{0}").unwrap_or(name);
        if matches!(name, "HEAD" | "@" | "") {
            let found = if name.is_empty() {
                None
            } else {
                worktree.head_commit()
            };
            return Ok(found);
        }
        if matches!(name, "@{u}" | "@{upstream}" | "@{push}") {
            let upstream = worktree
                .current_branch()
                .and_then(|branch| worktree.remote.get(branch));
            return Ok(upstream.copied());
        }
        let short = name
            .strip_prefix("refs/heads/")
            .or_else(|| name.strip_prefix("heads/"))
            .or_else(|| name.strip_prefix("refs/tags/"))
            .or_else(|| name.strip_prefix("tags/"))
            .or_else(|| name.strip_prefix("refs/remotes/"))
            .unwrap_or(name);
        let tag = self.repository.tags().get(short).map(|tag| tag.commit);
        let shared = || match short.strip_prefix("origin/") {
            Some("HEAD") => worktree.remote.get(self.repository.default_branch()),
            Some(branch) => worktree.remote.get(branch),
            None if short == "origin" => worktree.remote.get(self.repository.default_branch()),
            None => None,
        };
        let by_name = tag
            .or_else(|| worktree.branches.get(short).copied())
            .or_else(|| shared().copied());
        if by_name.is_some() {
            return Ok(by_name);
        }
        self.by_prefix(name)
    }

    fn by_prefix(&self, name: &str) -> Result<Option<CommitIndex>, RevisionError> {
        // `v1.2-3-g9f31c2e`, as `git describe` writes it.
        let prefix = name
            .rsplit_once("-g")
            .map_or(name, |(_, id)| id)
            .to_ascii_lowercase();
        if prefix.len() < MIN_ID_PREFIX || !prefix.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        match self.repository.with_prefix(&prefix).as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            several => Err(RevisionError::Ambiguous {
                prefix: name.to_owned(),
                candidates: several.to_vec(),
            }),
        }
    }

    /// Adds what one argument of `git log` means: `a`, `^a`, `a..b`, `a...b`.
    pub fn add_range(&self, argument: &str, range: &mut Range) -> Result<(), RevisionError> {
        let side = |name: &str| self.resolve(if name.is_empty() { "HEAD" } else { name });
        if let Some((left, right)) = argument.split_once("...") {
            let (left, right) = (side(left)?, side(right)?);
            range.include.extend([left, right]);
            range
                .exclude
                .extend(merge_base(self.repository, left, right));
        } else if let Some((left, right)) = argument.split_once("..") {
            range.exclude.push(side(left)?);
            range.include.push(side(right)?);
        } else if let Some(name) = argument.strip_prefix('^') {
            range.exclude.push(self.resolve(name)?);
        } else {
            range.include.push(self.resolve(argument)?);
        }
        Ok(())
    }

    /// Whether an argument reads as a revision or a range of them.
    pub fn is_revision(&self, argument: &str) -> bool {
        self.add_range(argument, &mut Range::default()).is_ok()
    }

    /// `HEAD`, branches and tags of a commit in the order in which git decorates it.
    pub fn decorations(&self, index: CommitIndex) -> Vec<String> {
        let worktree = self.worktree;
        let mut names = Vec::new();
        let here = worktree.head_commit() == Some(index);
        match worktree.current_branch() {
            Some(branch) if here => names.push(format!("HEAD -> {branch}")),
            None if here => names.push("HEAD".to_owned()),
            _ => {}
        }
        // Git prepends as it goes over the references in order, so each group comes backwards.
        let on = |tip: &CommitIndex| *tip == index;
        let tags = self.repository.tags().iter().rev();
        names.extend(
            tags.filter(|(_, tag)| on(&tag.commit))
                .map(|(name, _)| format!("tag: {name}")),
        );
        let mut shared: Vec<&str> = worktree
            .remote
            .iter()
            .filter(|(_, tip)| on(tip))
            .map(|(name, _)| &**name)
            .collect();
        if worktree
            .remote
            .get(self.repository.default_branch())
            .is_some_and(on)
        {
            shared.push("HEAD");
        }
        shared.sort_unstable_by(|a, b| b.cmp(a));
        names.extend(shared.into_iter().map(|name| format!("origin/{name}")));
        let current = worktree.current_branch();
        let own = worktree.branches.iter().rev().filter(|(_, tip)| on(tip));
        names.extend(
            own.filter(|(name, _)| Some(&***name) != current)
                .map(|(name, _)| name.to_string()),
        );
        names
    }
}
