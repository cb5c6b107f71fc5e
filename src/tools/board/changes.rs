//! Commits and rollouts in one list, newest first, and one of them in full.

use crate::scenario::format::service::{Release, Source};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::git::CommitIndex;
use crate::sim::git::file_diff::{DiffOptions, tree_diff};
use crate::sim::git::history::{Walk, walk};
use crate::sim::git::pathspec::Pathspec;
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
            let (id, found) = world.plan().service(&service)?;
            let mut text = format!("Rollouts of {service}\n\n");
            let mut releases: Vec<_> = world
                .releases_of(id)
                .filter_map(|release| Some((SimTime(release.deployed?.millis), release)))
                .collect();
            releases.reverse();
            releases.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            releases.dedup_by(|a, b| a.0 == b.0 && a.1.tag == b.1.tag);
            for (place, (at, release)) in releases.iter().enumerate() {
                let by = release.by.as_deref().unwrap_or("");
                let commit = release.commit.as_deref().unwrap_or("-");
                text.push_str(&format!(
                    "{at}  {:<20} commit {commit:<10} {by}\n",
                    release.tag
                ));
                let before = releases.get(place + 1).map(|(_, before)| *before);
                if let Some(line) = before.and_then(|before| {
                    since_release(world, found.spec.source.as_ref(), before, release)
                }) {
                    text.push_str(&format!("    {line}\n"));
                }
            }
            Some((text, vec![Shown::Rollout(service)]))
        }
        _ => None,
    }
}

/// What lies between the commits of two releases of a service; `None` where their repository does not tell.
fn since_release(
    world: &World,
    source: Option<&Source>,
    before: &Release,
    release: &Release,
) -> Option<String> {
    let source = source?;
    let repository = world.repositories().get(&source.repo)?;
    let (old, new) = (before.commit.as_deref()?, release.commit.as_deref()?);
    let (from, to) = (repository.find(old)?, repository.find(new)?);
    let tag = &before.tag;
    if from == to {
        return Some(format!(
            "the commit of {tag} again: built anew, with no commit between them"
        ));
    }
    let below = source.path.trim_matches('/');
    let commits = walk(
        repository,
        &Walk {
            include: vec![to],
            exclude: vec![from],
            paths: if below.is_empty() {
                Pathspec::default()
            } else {
                Pathspec::below(&[below])
            },
            ..Walk::default()
        },
    );
    let many = match commits.len() {
        0 => "no commit".to_owned(),
        1 => "1 commit".to_owned(),
        many => format!("{many} commits"),
    };
    let place = if below.is_empty() {
        &source.repo
    } else {
        below
    };
    Some(format!("since {tag}: {old}..{new}, {many} to {place}"))
}

fn find<'a>(world: &'a World, id: &str) -> Option<(&'a crate::sim::git::Repository, CommitIndex)> {
    world
        .repositories()
        .values()
        .find_map(|repository| Some((repository, repository.find(id)?)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sim::plan::Plan;
    use crate::sim::testing::small_pack;

    #[test]
    fn a_release_says_what_lies_between_it_and_the_one_before() {
        let mut pack = (*small_pack()).clone();
        let worker = pack.estate.services.get_mut("worker").unwrap();
        let first = worker.releases[0].clone();
        let mut again = first.clone();
        again.tag = "1.3.1".to_owned();
        again.deployed = Some(crate::scenario::format::values::Instant {
            millis: first.deployed.unwrap().millis + 86_400_000,
        });
        worker.releases.push(again);
        let world = World::open(Arc::new(Plan::new(Arc::new(pack))), 1);
        let rollouts = Shown::Rollout("worker".to_owned()).id();
        let (text, _) = detail(&world, &rollouts).unwrap();
        assert_eq!(
            text,
            "Rollouts of worker\n\n\
             2026-03-02T13:00:00Z  1.4.0                commit b7c0de1    lena\n    \
             since 1.3.1: a100001..b7c0de1, 1 commit to src/worker\n\
             2026-02-04T11:00:00Z  1.3.1                commit a100001    lena\n    \
             the commit of 1.3.0 again: built anew, with no commit between them\n\
             2026-02-03T11:00:00Z  1.3.0                commit a100001    lena\n"
        );
    }
}
