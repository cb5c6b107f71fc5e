//! Commits and rollouts in one list, newest first, and one of them in full.

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::git::CommitIndex;
use crate::sim::git::file_diff::{DiffOptions, tree_diff};
use crate::sim::ids::ServiceId;
use crate::sim::time::SimTime;

/// Commits of each repository that the list reaches back.
const COMMITS: usize = 200;

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What a pin keeps.
    pub artifact: String,
    /// When.
    pub at: SimTime,
    /// A rollout, else a commit.
    pub is_rollout: bool,
    /// Service or repository.
    pub target: String,
    /// Short id, or tag.
    pub name: String,
    /// Title.
    pub title: String,
    /// Author's name or handle.
    pub author: String,
}

/// All changes, newest first.
pub fn all(world: &World) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, repository) in world.repositories() {
        for (index, commit) in repository.commits().rev().take(COMMITS) {
            changes.push(Change {
                artifact: Shown::CommitTitle(commit.id.to_string()).id(),
                at: commit.committed_at,
                is_rollout: false,
                target: name.clone(),
                name: repository.short_id(index).to_owned(),
                title: commit.subject(),
                author: commit.author.name.to_string(),
            });
        }
    }
    for (index, service) in world.plan().services.iter().enumerate() {
        for release in world.releases_of(ServiceId(index as u32)) {
            let Some(at) = release
                .deployed
                .map(|at| SimTime(at.millis))
                .filter(|at| *at <= world.now())
            else {
                continue;
            };
            changes.push(Change {
                artifact: Shown::Rollout(service.name.clone()).id(),
                at,
                is_rollout: true,
                target: service.name.clone(),
                name: release.tag.clone(),
                title: format!("{} rolled out", release.tag),
                author: release.by.clone().unwrap_or_default(),
            });
        }
    }
    changes.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.name.cmp(&b.name)));
    // A release that several records tell of is one rollout.
    changes.dedup_by(|a, b| a.at == b.at && a.name == b.name && a.target == b.target);
    changes
}

/// The text of a change: a commit with its diff, a rollout with its image and its commit. With what it showed.
pub fn detail(world: &World, artifact: &str) -> Option<(String, Vec<Shown>)> {
    match Shown::from_id(artifact)? {
        Shown::CommitTitle(id) | Shown::Commit(id) => {
            let (repository, index) = find(world, &id)?;
            let commit = repository.commit(index)?;
            let mut text = format!(
                "commit {}\nAuthor: {} <{}>\nDate:   {}\n\n",
                commit.id, commit.author.name, commit.author.email, commit.committed_at
            );
            for line in commit.message.lines() {
                text.push_str(&format!("    {line}\n"));
            }
            text.push('\n');
            let before = repository.tree_before(index);
            for diff in tree_diff(
                &before,
                repository.tree(index)?,
                DiffOptions::default(),
                &|_| true,
            ) {
                text.push_str(&diff.render());
            }
            Some((text, vec![Shown::Commit(id)]))
        }
        Shown::Rollout(service) => {
            let (id, _) = world.plan().service(&service)?;
            let mut text = format!("Rollouts of {service}\n\n");
            let mut last = None;
            for release in world.releases_of(id).collect::<Vec<_>>().into_iter().rev() {
                let Some(at) = release.deployed else { continue };
                if last.replace((at.millis, &release.tag)) == Some((at.millis, &release.tag)) {
                    continue;
                }
                let by = release.by.as_deref().unwrap_or("");
                let commit = release.commit.as_deref().unwrap_or("-");
                text.push_str(&format!(
                    "{}  {:<20} commit {commit:<10} {by}\n",
                    SimTime(at.millis),
                    release.tag
                ));
            }
            Some((text, vec![Shown::Rollout(service)]))
        }
        _ => None,
    }
}

fn find<'a>(world: &'a World, id: &str) -> Option<(&'a crate::sim::git::Repository, CommitIndex)> {
    world
        .repositories()
        .values()
        .find_map(|repository| Some((repository, repository.find(id)?)))
}
