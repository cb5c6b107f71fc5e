//! Commands between a clone and the shared branches: push, fetch, pull, merge.

use std::sync::Arc;

use super::{Actor, CommandError, RemoteUpdate, RepoEvent};
use crate::sim::git::commit::CommitIndex;
use crate::sim::git::history::{is_ancestor, merge_base};
use crate::sim::git::repository::NewCommit;

impl Actor<'_> {
    pub(super) fn push(&mut self, branch: &str, force: bool) -> Result<RepoEvent, CommandError> {
        let local = self.worktree.branches.get(branch).copied();
        let local = local.ok_or_else(|| CommandError::NoSuchBranch(branch.to_owned()))?;
        let shared = self.repository.branch(branch);
        if shared == Some(local) {
            self.worktree.remote.insert(Arc::from(branch), local);
            return Ok(RepoEvent::UpToDate);
        }
        if let Some(shared) = shared
            && !force
            && !is_ancestor(self.repository, shared, local)
        {
            let known = self.worktree.remote.get(branch) == Some(&shared);
            return Err(CommandError::PushRejected { known });
        }
        self.repository.set_branch(branch, local)?;
        self.worktree.remote.insert(Arc::from(branch), local);
        Ok(RepoEvent::Pushed {
            branch: branch.to_owned(),
            from: shared,
            to: local,
        })
    }

    pub(super) fn fetch(&mut self) -> RepoEvent {
        RepoEvent::Fetched {
            updates: self.look_at_shared(),
        }
    }

    fn look_at_shared(&mut self) -> Vec<RemoteUpdate> {
        let seen = &mut self.worktree.remote;
        let mut updates = Vec::new();
        for (branch, to) in self.repository.branches() {
            let from = seen.insert(Arc::clone(branch), *to);
            if from != Some(*to) {
                updates.push(RemoteUpdate {
                    branch: Arc::clone(branch),
                    from,
                    to: *to,
                });
            }
        }
        updates
    }

    pub(super) fn pull(&mut self) -> Result<RepoEvent, CommandError> {
        let branch = self
            .worktree
            .current_branch()
            .ok_or(CommandError::NoBranch)?;
        let branch = branch.to_owned();
        let updates = self.look_at_shared();
        let shared = self.worktree.remote.get(branch.as_str()).copied();
        let shared = shared.ok_or(CommandError::NoUpstream)?;
        let message = format!("Merge branch '{branch}' of {}", self.repository.name());
        let event = self.join(shared, &message, false)?;
        Ok(match event {
            RepoEvent::Moved { from, to, .. } => RepoEvent::Moved { from, to, updates },
            other => other,
        })
    }

    pub(super) fn merge(
        &mut self,
        from: &str,
        no_fast_forward: bool,
    ) -> Result<RepoEvent, CommandError> {
        let other = self.resolve(from)?;
        let message = format!("Merge branch '{from}'");
        self.join(other, &message, no_fast_forward)
    }

    fn join(
        &mut self,
        other: CommitIndex,
        message: &str,
        no_fast_forward: bool,
    ) -> Result<RepoEvent, CommandError> {
        let head = self.head()?;
        if is_ancestor(self.repository, other, head) {
            return Ok(RepoEvent::UpToDate);
        }
        let (ours, theirs) = (self.tree(head), self.tree(other));
        if is_ancestor(self.repository, head, other) && !no_fast_forward {
            self.check_out(&ours, &theirs)?;
            self.set_head(other);
            return Ok(RepoEvent::Moved {
                from: head,
                to: other,
                updates: Vec::new(),
            });
        }
        let base = merge_base(self.repository, head, other)
            .map(|base| self.tree(base))
            .unwrap_or_default();
        let tree = self.bring_in("merge", &base, &theirs)?;
        let commit = self.repository.add(NewCommit {
            id: None,
            parents: vec![head, other],
            tree,
            author: self.person.clone(),
            committer: self.person.clone(),
            at: self.at,
            message: message.to_owned(),
        })?;
        self.set_head(commit);
        Ok(RepoEvent::Committed {
            commits: vec![commit],
        })
    }
}
