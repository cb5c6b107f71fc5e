//! Commands that move what is checked out: switch, branch, reset.

use std::sync::Arc;

use super::{Actor, CommandError, RepoEvent, ResetMode, changed, put};
use crate::sim::git::error::check_ref_name;
use crate::sim::git::history::is_ancestor;
use crate::sim::git::worktree::Head;

impl Actor<'_> {
    pub(super) fn switch(
        &mut self,
        to: &str,
        create: bool,
        start: Option<&str>,
    ) -> Result<RepoEvent, CommandError> {
        let from = self.head()?;
        if create {
            self.create_branch(to, start)?;
        } else if !self.worktree.branches.contains_key(to)
            && let Some(shared) = self.worktree.remote.get(to).copied()
        {
            // A name that only the others have makes a branch that follows theirs.
            self.worktree.branches.insert(Arc::from(to), shared);
        }
        let branch = self.worktree.branches.get(to).copied();
        let target = match branch {
            Some(target) => target,
            None => self.resolve(to)?,
        };
        let (old, new) = (self.tree(from), self.tree(target));
        self.check_out(&old, &new)?;
        self.worktree.head = match branch {
            Some(_) => Head::Branch(Arc::from(to)),
            None => Head::Detached(target),
        };
        Ok(RepoEvent::Moved {
            from,
            to: target,
            updates: Vec::new(),
        })
    }

    pub(super) fn create_branch(
        &mut self,
        name: &str,
        start: Option<&str>,
    ) -> Result<RepoEvent, CommandError> {
        check_ref_name(name)?;
        if self.worktree.branches.contains_key(name) {
            return Err(CommandError::BranchExists(name.to_owned()));
        }
        let at = match start {
            Some(start) => self.resolve(start)?,
            None => self.head()?,
        };
        self.worktree.branches.insert(Arc::from(name), at);
        Ok(changed(Vec::new()))
    }

    pub(super) fn delete_branch(
        &mut self,
        name: &str,
        force: bool,
    ) -> Result<RepoEvent, CommandError> {
        let tip = self.worktree.branches.get(name).copied();
        let tip = tip.ok_or_else(|| CommandError::NoSuchBranch(name.to_owned()))?;
        if self.worktree.current_branch() == Some(name) {
            return Err(CommandError::BranchCheckedOut(name.to_owned()));
        }
        if !force && !is_ancestor(self.repository, tip, self.head()?) {
            return Err(CommandError::BranchNotMerged(name.to_owned()));
        }
        self.worktree.branches.remove(name);
        Ok(changed(Vec::new()))
    }

    pub(super) fn reset(&mut self, to: &str, mode: ResetMode) -> Result<RepoEvent, CommandError> {
        let from = self.head()?;
        let target = self.resolve(to)?;
        let tree = self.tree(target);
        if mode == ResetMode::Hard {
            // Files that git does not know stay.
            let mut files = tree.clone();
            for path in self.worktree.untracked() {
                if files.file(&path).is_none() {
                    put(&mut files, &path, self.worktree.files.file(&path).cloned())?;
                }
            }
            self.worktree.files = files;
        }
        if mode != ResetMode::Soft {
            self.worktree.index = tree;
        }
        self.set_head(target);
        Ok(RepoEvent::Moved {
            from,
            to: target,
            updates: Vec::new(),
        })
    }
}
