//! A repository: commits, branches and tags that everybody shares. Grows by commits, never loses one. What a person has
//! checked out is in `worktree`.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::commit::{
    Commit, CommitId, CommitIndex, ID_LENGTH, MIN_ID_PREFIX, SHORT_ID_LENGTH, Signature,
};
use super::error::{MAX_COMMITS, MAX_MESSAGE_BYTES, RepositoryError, check_ref_name};
use super::file_diff::hex;
use super::path::check_text;
use super::tree::Tree;
use crate::sim::time::SimTime;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The commit it marks.
    pub commit: CommitIndex,
    /// Message of an annotated tag.
    pub message: Option<Arc<str>>,
    /// When it was made.
    pub at: SimTime,
}

/// A commit about to be added.
#[derive(Clone, Debug)]
pub struct NewCommit {
    /// Id of the author's choice.
    pub id: Option<String>,
    /// What it follows.
    pub parents: Vec<CommitIndex>,
    /// All files after it.
    pub tree: Tree,
    /// Who wrote it.
    pub author: Signature,
    /// Who recorded it.
    pub committer: Signature,
    /// When.
    pub at: SimTime,
    /// The message; blanks at its end are dropped.
    pub message: String,
}

/// The shared history of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub(super) name: Arc<str>,
    pub(super) default_branch: Arc<str>,
    pub(super) commits: Vec<Arc<Commit>>,
    pub(super) by_id: BTreeMap<CommitId, CommitIndex>,
    pub(super) branches: BTreeMap<Arc<str>, CommitIndex>,
    pub(super) tags: BTreeMap<Arc<str>, Tag>,
}

impl Repository {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The branch that releases come from.
    pub fn default_branch(&self) -> &str {
        &self.default_branch
    }

    /// A commit by its place. Places come from this repository, so the fallback is never seen.
    pub fn commit(&self, index: CommitIndex) -> Option<&Arc<Commit>> {
        self.commits.get(index.0 as usize)
    }

    /// All commits of all branches, in the order in which they were recorded.
    pub fn commits(&self) -> impl DoubleEndedIterator<Item = (CommitIndex, &Arc<Commit>)> {
        self.commits
            .iter()
            .enumerate()
            .map(|(index, commit)| (CommitIndex(index as u32), commit))
    }

    /// The shared branches and their last commits.
    pub fn branches(&self) -> &BTreeMap<Arc<str>, CommitIndex> {
        &self.branches
    }

    /// The tags.
    pub fn tags(&self) -> &BTreeMap<Arc<str>, Tag> {
        &self.tags
    }

    /// The last commit of a branch.
    pub fn branch(&self, name: &str) -> Option<CommitIndex> {
        self.branches.get(name).copied()
    }

    /// The last commit of the default branch.
    pub fn head(&self) -> Option<CommitIndex> {
        self.branch(&self.default_branch)
    }

    /// The files of a commit.
    pub fn tree(&self, index: CommitIndex) -> Option<&Tree> {
        self.commit(index).map(|commit| &commit.tree)
    }

    /// The files of the default branch now.
    pub fn head_tree(&self) -> Option<&Tree> {
        self.tree(self.head()?)
    }

    /// The files of the default branch as they were at an instant.
    pub fn tree_at(&self, at: SimTime) -> Option<&Tree> {
        self.tree(self.head_at(at)?)
    }

    /// The default branch's last commit that is not after an instant, along first parents.
    pub fn head_at(&self, at: SimTime) -> Option<CommitIndex> {
        let mut index = self.head()?;
        loop {
            let commit = self.commit(index)?;
            if commit.committed_at <= at {
                return Some(index);
            }
            index = *commit.parents.first()?;
        }
    }

    /// The files before a commit: those of its first parent.
    pub fn tree_before(&self, index: CommitIndex) -> Tree {
        self.commit(index)
            .and_then(|commit| commit.parents.first())
            .and_then(|parent| self.tree(*parent))
            .cloned()
            .unwrap_or_default()
    }

    /// The commits whose id starts with a prefix, at most two: enough to see whether it names one.
    pub fn with_prefix(&self, prefix: &str) -> Vec<CommitIndex> {
        self.by_id
            .range(CommitId::new(prefix)..)
            .take_while(|(id, _)| id.as_str().starts_with(prefix))
            .take(2)
            .map(|(_, index)| *index)
            .collect()
    }

    /// The commit whose id starts with a prefix of at least four characters, if it is the only one.
    pub fn find(&self, prefix: &str) -> Option<CommitIndex> {
        if prefix.len() < MIN_ID_PREFIX {
            return None;
        }
        match self.with_prefix(prefix).as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The shortest prefix of a commit's id, of at least `length` characters, that no other commit has.
    pub fn abbreviate<'a>(&self, id: &'a CommitId, length: usize) -> &'a str {
        let shared = |other: Option<(&CommitId, &CommitIndex)>| {
            let other = other.map_or("", |(other, _)| other.as_str());
            let same = id.as_str().bytes().zip(other.bytes());
            same.take_while(|(a, b)| a == b).count() + 1
        };
        let above = (
            std::ops::Bound::Excluded(id.clone()),
            std::ops::Bound::Unbounded,
        );
        let needed = shared(self.by_id.range(..id.clone()).next_back())
            .max(shared(self.by_id.range(above).next()))
            .max(length)
            .min(ID_LENGTH);
        id.as_str().get(..needed).unwrap_or(id.as_str())
    }

    /// The seven characters or more that name a commit alone.
    pub fn short_id(&self, index: CommitIndex) -> &str {
        self.commit(index)
            .map_or("", |commit| self.abbreviate(&commit.id, SHORT_ID_LENGTH))
    }

    /// Adds a commit that no branch holds yet.
    pub fn add(&mut self, new: NewCommit) -> Result<CommitIndex, RepositoryError> {
        let label = new.id.clone().unwrap_or_else(|| first_line(&new.message));
        if self.commits.len() >= MAX_COMMITS {
            return Err(RepositoryError::TooLarge);
        }
        let message = new.message.trim_end();
        check_part(&label, "the message", message)?;
        for person in [&new.author, &new.committer] {
            check_part(&label, "a name", &person.name)?;
            check_part(&label, "an e-mail address", &person.email)?;
        }
        let id = self.new_id(&new, message)?;
        let index = CommitIndex(self.commits.len() as u32);
        self.by_id.insert(id.clone(), index);
        self.commits.push(Arc::new(Commit {
            id,
            parents: new.parents,
            author: new.author,
            authored_at: new.at,
            committer: new.committer,
            committed_at: new.at,
            message: Arc::from(message),
            tree: new.tree,
        }));
        Ok(index)
    }

    /// Moves a shared branch to a commit, making it if it is new.
    pub fn set_branch(&mut self, name: &str, commit: CommitIndex) -> Result<(), RepositoryError> {
        check_ref_name(name)?;
        self.branches.insert(Arc::from(name), commit);
        Ok(())
    }

    /// Adds a commit of new texts (`None` removes a file) to a shared branch.
    pub fn commit_edit(
        &mut self,
        branch: &str,
        files: &BTreeMap<String, Option<String>>,
        author: &Signature,
        message: &str,
        at: SimTime,
    ) -> Result<CommitId, RepositoryError> {
        let label = first_line(message);
        let tip = self.tip(&label, branch)?;
        let mut tree = self.tree(tip).cloned().unwrap_or_default();
        for (path, text) in files {
            write_checked(&label, &mut tree, path, text.as_deref().map(Arc::from))?;
        }
        if self.tree(tip) == Some(&tree) {
            return Err(RepositoryError::NothingChanged { commit: label });
        }
        self.grow(branch, tip, tree, author, message, at)
    }

    /// Adds a commit to a shared branch that undoes an earlier one, named by a prefix of its id.
    pub fn revert(
        &mut self,
        branch: &str,
        prefix: &str,
        author: &Signature,
        at: SimTime,
    ) -> Result<CommitId, RepositoryError> {
        let label = format!("revert of {prefix}");
        let tip = self.tip(&label, branch)?;
        let target = self
            .find(prefix)
            .ok_or_else(|| RepositoryError::UnknownCommit {
                by: label.clone(),
                prefix: prefix.to_owned(),
            })?;
        let tree = self.reverted(&label, tip, target)?;
        let message = self.revert_message(target);
        self.grow(branch, tip, tree, author, &message, at)
    }

    /// The files of `tip` without what `target` changed.
    pub fn reverted(
        &self,
        label: &str,
        tip: CommitIndex,
        target: CommitIndex,
    ) -> Result<Tree, RepositoryError> {
        let commit = self.commit(target);
        if commit.is_some_and(|commit| commit.is_merge()) {
            return Err(RepositoryError::RevertOfMerge {
                commit: label.to_owned(),
                merge: self.short_id(target).to_owned(),
            });
        }
        let empty = Tree::default();
        let base = self.tree(target).unwrap_or(&empty);
        let ours = self.tree(tip).unwrap_or(&empty);
        let theirs = self.tree_before(target);
        let tree = super::merge::merge_trees(base, ours, &theirs).map_err(|conflict| {
            RepositoryError::Conflict {
                commit: label.to_owned(),
                conflict,
            }
        })?;
        if tree == *ours {
            return Err(RepositoryError::NothingChanged {
                commit: label.to_owned(),
            });
        }
        Ok(tree)
    }

    /// The message that `git revert` proposes.
    pub fn revert_message(&self, target: CommitIndex) -> String {
        self.commit(target).map_or_else(String::new, |commit| {
            format!(
                "Revert \"{}\"\n\nThis reverts commit {}.",
                commit.subject(),
                commit.id
            )
        })
    }

    fn tip(&self, label: &str, branch: &str) -> Result<CommitIndex, RepositoryError> {
        self.branch(branch)
            .ok_or_else(|| RepositoryError::UnknownBranch {
                commit: label.to_owned(),
                branch: branch.to_owned(),
            })
    }

    fn grow(
        &mut self,
        branch: &str,
        tip: CommitIndex,
        tree: Tree,
        author: &Signature,
        message: &str,
        at: SimTime,
    ) -> Result<CommitId, RepositoryError> {
        let index = self.add(NewCommit {
            id: None,
            parents: vec![tip],
            tree,
            author: author.clone(),
            committer: author.clone(),
            at,
            message: message.to_owned(),
        })?;
        self.set_branch(branch, index)?;
        let id = self.commit(index).map(|commit| commit.id.clone());
        id.ok_or(RepositoryError::TooLarge)
    }

    /// The author's id completed, or one derived, from everything the commit says.
    fn new_id(&self, new: &NewCommit, message: &str) -> Result<CommitId, RepositoryError> {
        let chosen = new.id.as_deref().unwrap_or_default();
        let valid = |id: &str| {
            (MIN_ID_PREFIX..=ID_LENGTH).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if new.id.is_some() && !valid(chosen) {
            return Err(RepositoryError::BadId {
                id: chosen
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(60)
                    .collect(),
            });
        }
        let digest = self.digest(new, message);
        let full: String = chosen
            .chars()
            .chain(digest.chars())
            .take(ID_LENGTH)
            .collect();
        let id = CommitId::new(&full);
        let taken = new.id.is_some() && !self.with_prefix(chosen).is_empty();
        if taken || self.by_id.contains_key(&id) {
            return Err(RepositoryError::DuplicateId {
                id: if chosen.is_empty() {
                    full
                } else {
                    chosen.to_owned()
                },
            });
        }
        Ok(id)
    }

    fn digest(&self, new: &NewCommit, message: &str) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        part(&self.name);
        part(&new.at.millis().to_string());
        for person in [&new.author, &new.committer] {
            part(&person.name);
            part(&person.email);
        }
        part(message);
        for parent in &new.parents {
            part(self.commit(*parent).map_or("", |commit| commit.id.as_str()));
        }
        let empty = Tree::default();
        let before = new.parents.first().and_then(|parent| self.tree(*parent));
        for path in before.unwrap_or(&empty).changed(&new.tree) {
            part(&path);
            part(new.tree.file(&path).map_or("\0gone", |text| text));
        }
        hex(&hash.finalize())
    }
}

pub(super) fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Writes a file whose text may not be fit for a repository.
pub(super) fn write_checked(
    label: &str,
    tree: &mut Tree,
    path: &str,
    text: Option<Arc<str>>,
) -> Result<(), RepositoryError> {
    if let Some(text) = &text {
        check_text(text).map_err(|problem| RepositoryError::Text {
            commit: label.to_owned(),
            what: path.chars().filter(|c| !c.is_control()).take(100).collect(),
            problem,
        })?;
    }
    tree.set(path, text)
        .map_err(|problem| RepositoryError::Tree {
            commit: label.to_owned(),
            problem,
        })
}

fn check_part(label: &str, what: &'static str, text: &str) -> Result<(), RepositoryError> {
    if text.is_empty() || text.len() > MAX_MESSAGE_BYTES {
        return Err(RepositoryError::Length {
            commit: label.to_owned(),
            what,
        });
    }
    check_text(text).map_err(|problem| RepositoryError::Text {
        commit: label.to_owned(),
        what: what.to_owned(),
        problem,
    })
}
