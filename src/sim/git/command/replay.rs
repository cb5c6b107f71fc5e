//! Commands that take a commit's change again or back: revert and cherry-pick.

use super::{Actor, CommandError, RepoEvent, changed};
use crate::sim::git::commit::{CommitIndex, Signature};
use crate::sim::git::error::RepositoryError;
use crate::sim::git::merge::merge_trees;
use crate::sim::git::repository::NewCommit;
use crate::sim::git::tree::Tree;

impl Actor<'_> {
    /// Brings the change from `base` to `theirs` into index and files; refused where it touches edits.
    pub(super) fn bring_in(
        &mut self,
        label: &str,
        base: &Tree,
        theirs: &Tree,
    ) -> Result<Tree, CommandError> {
        let ours = self.tree(self.head()?);
        if ours != self.worktree.index {
            let staged = ours.changed(&self.worktree.index);
            return Err(CommandError::Staged(staged));
        }
        let merged =
            merge_trees(base, &ours, theirs).map_err(|conflict| CommandError::Conflict {
                commit: label.to_owned(),
                conflict,
            })?;
        self.check_out(&ours, &merged)?;
        Ok(merged)
    }

    pub(super) fn revert(
        &mut self,
        commits: &[String],
        commit: bool,
    ) -> Result<RepoEvent, CommandError> {
        let mut made = Vec::new();
        for name in commits {
            let target = self.resolve(name)?;
            if self
                .repository
                .commit(target)
                .is_some_and(|target| target.is_merge())
            {
                return Err(RepositoryError::RevertOfMerge {
                    commit: format!("revert of {name}"),
                    merge: self.repository.short_id(target).to_owned(),
                }
                .into());
            }
            let base = self.tree(target);
            let theirs = self.repository.tree_before(target);
            let message = self.repository.revert_message(target);
            made.extend(self.replay(target, &base, &theirs, message, None, commit)?);
        }
        Ok(if made.is_empty() {
            changed(Vec::new())
        } else {
            RepoEvent::Committed { commits: made }
        })
    }

    pub(super) fn cherry_pick(&mut self, commits: &[String]) -> Result<RepoEvent, CommandError> {
        let mut made = Vec::new();
        for name in commits {
            let target = self.resolve(name)?;
            let base = self.repository.tree_before(target);
            let theirs = self.tree(target);
            let picked = self.repository.commit(target).cloned();
            let message = picked
                .as_ref()
                .map_or_else(String::new, |picked| picked.message.to_string());
            let author = picked.map(|picked| picked.author.clone());
            made.extend(self.replay(target, &base, &theirs, message, author, true)?);
        }
        Ok(RepoEvent::Committed { commits: made })
    }

    pub(super) fn replay(
        &mut self,
        target: CommitIndex,
        base: &Tree,
        theirs: &Tree,
        message: String,
        author: Option<Signature>,
        commit: bool,
    ) -> Result<Option<CommitIndex>, CommandError> {
        let label = self.repository.short_id(target).to_owned();
        let head = self.head()?;
        let tree = self.bring_in(&label, base, theirs)?;
        if !commit {
            return Ok(None);
        }
        if self.repository.tree(head) == Some(&tree) {
            return Err(CommandError::NothingToCommit);
        }
        let made = self.repository.add(NewCommit {
            id: None,
            parents: vec![head],
            tree,
            author: author.unwrap_or_else(|| self.person.clone()),
            committer: self.person.clone(),
            at: self.at,
            message,
        })?;
        self.set_head(made);
        Ok(Some(made))
    }
}
