//! Commands that put edits aside and bring them back.

use std::sync::Arc;

use super::{Actor, CommandError, RepoEvent, Stash, changed, put};
use crate::sim::git::merge::merge_trees;

impl Actor<'_> {
    pub(super) fn stash(
        &mut self,
        message: Option<String>,
        untracked: bool,
    ) -> Result<RepoEvent, CommandError> {
        let base = self.head()?;
        let head = self.tree(base);
        let unknown = self.worktree.untracked();
        let mut kept = self.worktree.files.clone();
        if !untracked {
            for path in &unknown {
                put(&mut kept, path, None)?;
            }
        }
        if kept == head && self.worktree.index == head {
            return Err(CommandError::NothingToCommit);
        }
        let mut left = head.clone();
        if !untracked {
            for path in &unknown {
                put(&mut left, path, self.worktree.files.file(path).cloned())?;
            }
        }
        self.worktree.stashes.insert(
            0,
            Stash {
                base,
                branch: self.worktree.current_branch().map(Arc::from),
                message,
                files: kept,
                at: self.at,
            },
        );
        self.worktree.index = head;
        self.worktree.files = left;
        Ok(RepoEvent::Stashed)
    }

    pub(super) fn unstash(&mut self, number: usize, drop: bool) -> Result<RepoEvent, CommandError> {
        let stash = self.worktree.stashes.get(number).cloned();
        let stash = stash.ok_or(CommandError::NoSuchStash(number))?;
        let base = self.tree(stash.base);
        let paths = base.changed(&stash.files);
        let edited =
            |path: &&String| self.worktree.files.file(path) != self.worktree.index.file(path);
        let lost: Vec<String> = paths.iter().filter(edited).cloned().collect();
        if !lost.is_empty() {
            return Err(CommandError::WouldOverwrite(lost));
        }
        let files = merge_trees(&base, &self.worktree.files, &stash.files);
        self.worktree.files = files.map_err(|conflict| CommandError::Conflict {
            commit: format!("stash@{{{number}}}"),
            conflict,
        })?;
        if drop {
            self.worktree.stashes.remove(number);
        }
        Ok(changed(paths))
    }

    pub(super) fn drop_stash(&mut self, number: usize) -> Result<RepoEvent, CommandError> {
        if number >= self.worktree.stashes.len() {
            return Err(CommandError::NoSuchStash(number));
        }
        self.worktree.stashes.remove(number);
        Ok(changed(Vec::new()))
    }
}
