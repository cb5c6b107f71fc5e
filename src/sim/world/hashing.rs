//! The hash of a world's state: what two runs of one drill must agree on. Reads everything that can change, and nothing
//! that only follows from it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::World;
use crate::sim::git::Repository;
use crate::sim::git::tree::Tree;
use crate::sim::git::worktree::Worktree;
use crate::sim::hash::StateHasher;
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::digest::KnownDigests;
use crate::sim::time::SimTime;

/// Digests of the cluster's objects that are known already; a cache, of which a clone gets none.
#[derive(Debug, Default)]
pub(super) struct Digests(RefCell<KnownDigests>);

impl Clone for Digests {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl World {
    /// The hash of everything that can change, 32 hex digits.
    pub fn hash(&self) -> String {
        let mut hasher = StateHasher::default();
        hasher.number(self.seed as i64);
        hasher.number(self.now.millis());
        self.hash_causes(&mut hasher);
        self.hash_people(&mut hasher);
        self.cluster
            .digest_into(&mut self.digests.0.borrow_mut(), &mut hasher);
        hasher.hex()
    }

    fn hash_causes(&self, hasher: &mut StateHasher) {
        for state in &self.faults {
            hasher.number(state.felt(self.now));
            hasher.number(state.active_since.map_or(-1, SimTime::millis));
        }
        for instances in &self.instances {
            for (pod, felt) in instances.felt(self.now) {
                hasher.text(pod);
                hasher.number(felt);
            }
        }
        for service in 0..self.plan.services.len() {
            for (_, running) in self.fleet.of(ServiceId(service as u32)) {
                hasher.float(running.leaked);
            }
        }
        for level in self.stocks.iter().chain(&self.spilled) {
            hasher.float(*level);
        }
        for log in &self.topics {
            hasher.number(i64::from(log.exists));
            hasher.number(log.start as i64);
            hasher.number(log.end as i64);
            for (key, value) in &log.config {
                hasher.text(key);
                hasher.text(value);
            }
        }
        for group in &self.groups {
            for progress in &group.partitions {
                hasher.number(progress.committed as i64);
            }
            hasher.number(group.rebalances.len() as i64);
            hasher.number((group.lost() + group.skipped()) as i64);
        }
        for server in &self.valkey {
            hasher.number(server.flushed.map_or(-1, SimTime::millis));
        }
        for (fact, value) in &self.facts.reached {
            hasher.text(fact);
            hasher.text(value);
        }
        for (flag, on) in &self.facts.flags {
            hasher.text(flag);
            hasher.number(i64::from(*on));
        }
        for flow in &self.flows.routes {
            hasher.float(flow.rate);
            flow.shares.iter().for_each(|share| hasher.float(*share));
        }
        hasher.number(self.loss.thousandths());
    }

    fn hash_people(&self, hasher: &mut StateHasher) {
        hasher.number(self.slack.posts().len() as i64);
        for post in self.slack.posts().iter().rev().take(16) {
            hasher.number(post.at.millis());
            hasher.text(&post.text);
        }
        for incident in self.pager.incidents() {
            hasher.text(&incident.id);
            hasher.number(incident.timeline.len() as i64);
        }
        self.alerts.hash_into(hasher);
        for repository in self.repositories.values() {
            hasher.number(repository.commits().count() as i64);
        }
        for (name, worktree) in &self.worktrees {
            if let Some(repository) = self.repositories.get(name) {
                hash_worktree(repository, worktree, hasher);
            }
        }
        let (waiting, added) = self.queue.counts();
        hasher.number(waiting as i64);
        hasher.number(added as i64);
        hasher.text(&format!("{:?}", self.drill));
        hasher.number(self.trainee.claims.len() as i64);
        let seen: BTreeSet<u32> = self.trainee.clues.keys().map(|clue| clue.0).collect();
        for clue in seen {
            hasher.number(i64::from(clue));
        }
    }
}

/// A clone's state: the commit that is checked out, and what differs from it.
fn hash_worktree(repository: &Repository, worktree: &Worktree, hasher: &mut StateHasher) {
    if let Some(head) = worktree.head_commit() {
        hasher.text(repository.short_id(head));
    }
    let head = worktree.head_tree(repository);
    hash_changes(&head, worktree.index(), hasher);
    hash_changes(&head, worktree.files(), hasher);
}

fn hash_changes(from: &Tree, to: &Tree, hasher: &mut StateHasher) {
    let changed = from.changed(to);
    hasher.number(changed.len() as i64);
    for path in changed {
        hasher.text(&path);
        match to.file(&path) {
            Some(text) => hasher.text(text),
            None => hasher.number(-1),
        }
    }
}
