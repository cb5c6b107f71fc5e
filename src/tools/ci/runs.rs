//! All runs of the estate's repositories: of each commit before and after its merge, of each image that was built, of each
//! deployment. A pure function of the world; never one run that the world's commits, releases or deployments do not have.

use std::collections::BTreeMap;

use super::run::{CI, DEPLOY, Flaw, Kind, Run};
use crate::scenario::format::service::Release;
use crate::sim::World;
use crate::sim::git::history::ancestors;
use crate::sim::git::{Commit, CommitIndex, Repository, Signature};
use crate::sim::ids::ServiceId;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::deployments::Deployment;
use crate::tools::drawn::{hex, key};

/// An image that was built later than this after its commit was built again, by hand.
const FRESH: Span = Span::from_hours(3);
/// Deployments of one app with smaller gaps between them are one run.
const TRAIN_GAP: Span = Span::from_mins(20);
/// Pipelines wait this long for a rollout.
pub const PATIENCE: Span = Span::from_secs(120);
/// Instants from which ids count: 2020-01-01.
const FIRST_ID_SECS: i64 = 1_577_836_800;

/// All runs that have begun, newest first.
pub fn all(world: &World) -> Vec<Run> {
    let mut runs = Vec::new();
    for (name, repository) in world.repositories() {
        of_repository(world, name, repository, &mut runs);
    }
    deploys(world, &mut runs);
    runs.retain(|run| run.started <= world.now());
    runs.sort_by_key(|run| run.id);
    let mut before = 0;
    for run in &mut runs {
        run.id = run.id.max(before + 1);
        before = run.id;
    }
    runs.reverse();
    runs
}

/// A run by its id.
pub fn find(world: &World, id: u64) -> Option<Run> {
    all(world).into_iter().find(|run| run.id == id)
}

/// An id for a run that began at an instant: later runs have higher ids.
fn id(world: &World, name: &str, started: SimTime) -> u64 {
    let drawn = key(world, &format!("ci/id/{name}")).below(0, 64);
    (started.secs() - FIRST_ID_SECS).max(0) as u64 * 64 + drawn
}

/// The handle of whoever signed, or the name as it stands.
pub fn handle(world: &World, who: &Signature) -> String {
    let people = &world.plan().pack.estate.people;
    if people.contains_key(&*who.name) {
        return who.name.to_string();
    }
    let known = people.iter().find(|(_, person)| *person.name == *who.name);
    known.map_or_else(|| who.name.to_string(), |(handle, _)| handle.clone())
}

/// The releases that were built from each commit of a repository.
fn releases_by_commit<'a>(
    world: &'a World,
    name: &str,
    repository: &Repository,
) -> BTreeMap<CommitIndex, Vec<(ServiceId, &'a Release)>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (service, number) in world.plan().services.iter().zip(0_u32..) {
        let here = service.spec.source.as_ref();
        if here.is_none_or(|source| source.repo != name) {
            continue;
        }
        for release in world.releases_of(ServiceId(number)) {
            let commit = release.commit.as_deref();
            if let Some(index) = commit.and_then(|commit| repository.find(commit)) {
                found
                    .entry(index)
                    .or_default()
                    .push((ServiceId(number), release));
            }
        }
    }
    found
}

/// The services whose source a commit changes.
pub fn touched(
    world: &World,
    name: &str,
    repository: &Repository,
    index: CommitIndex,
) -> Vec<ServiceId> {
    let Some(tree) = repository.tree(index) else {
        return Vec::new();
    };
    let changed = repository.tree_before(index).changed(tree);
    let services = world.plan().services.iter().zip(0_u32..);
    let touched = services.filter(|(service, _)| {
        let source = service.spec.source.as_ref();
        source
            .filter(|source| source.repo == name)
            .is_some_and(|source| {
                let folder = format!("{}/", source.path);
                changed
                    .iter()
                    .any(|path| path.starts_with(folder.as_str()) || *path == source.path)
            })
    });
    touched.map(|(_, number)| ServiceId(number)).collect()
}

fn of_repository(world: &World, name: &str, repository: &Repository, runs: &mut Vec<Run>) {
    let built = releases_by_commit(world, name, repository);
    let on_branch = ancestors(
        repository,
        &repository.head().into_iter().collect::<Vec<_>>(),
    );
    for index in on_branch {
        let Some(commit) = repository.commit(index) else {
            continue;
        };
        let releases = built.get(&index).map(Vec::as_slice).unwrap_or_default();
        let is_root = commit.parents.is_empty();
        let (fresh, old): (Vec<_>, Vec<_>) = releases.iter().copied().partition(|(_, release)| {
            let after = SimTime(release.built.millis) - commit.committed_at;
            !is_root && Span::ZERO < after && after <= FRESH
        });
        for (service, release) in old {
            runs.push(rebuild(world, name, repository, index, service, release));
        }
        if is_root {
            continue;
        }
        let mut services = touched(world, name, repository, index);
        services.extend(fresh.iter().map(|(service, _)| *service));
        services.sort_unstable();
        services.dedup();
        before_merge(world, name, index, commit, &services, runs);
        let started = commit.committed_at + Span::from_secs(4);
        let drawn = key(world, &format!("ci/push/{}", commit.id)).between(0, 150, 420);
        let last = fresh
            .iter()
            .map(|(_, release)| SimTime(release.built.millis))
            .max();
        runs.push(Run {
            id: id(world, &format!("push/{}", commit.id), started),
            kind: Kind::Push(index),
            repo: name.to_owned(),
            workflow: CI,
            title: commit.subject(),
            branch: repository.default_branch().to_owned(),
            event: "push",
            actor: handle(world, &commit.committer),
            sha: commit.id.as_str().to_owned(),
            started,
            ends: last.map_or(started + Span::from_secs(drawn), |last| {
                last + Span::from_secs(3)
            }),
            fails: false,
            services,
            releases: fresh
                .into_iter()
                .map(|(service, release)| (service, release.tag.clone()))
                .collect(),
        });
    }
}

/// The runs of a change before it was merged: one that is green, and now and then a red one before it.
fn before_merge(
    world: &World,
    name: &str,
    index: CommitIndex,
    commit: &Commit,
    services: &[ServiceId],
    runs: &mut Vec<Run>,
) {
    // Programs push to the branch itself, and so does who works an incident.
    let author = handle(world, &commit.author);
    let is_person = world.plan().pack.estate.people.contains_key(&author);
    if commit.is_merge() || !is_person || commit.committed_at >= world.plan().page {
        return;
    }
    let key = key(world, &format!("ci/pull-request/{}", commit.id));
    let flaw = match key.below(0, 18) {
        0 => Some(Flaw::Network),
        1 if !services.is_empty() => Some(Flaw::Test),
        2 => Some(Flaw::Lint),
        _ => None,
    };
    let opened = commit.authored_at - Span::from_secs(key.between(1, 25 * 60, 150 * 60));
    let mut add = |which: &str, started: SimTime, flaw: Option<Flaw>, index_of_draw: u64| {
        let takes = key.between(index_of_draw, 130, 400);
        runs.push(Run {
            id: id(
                world,
                &format!("pull-request/{}/{which}", commit.id),
                started,
            ),
            kind: Kind::PullRequest {
                commit: index,
                flaw,
            },
            repo: name.to_owned(),
            workflow: CI,
            title: commit.subject(),
            branch: branch_of(&commit.subject()),
            event: "pull_request",
            actor: author.clone(),
            sha: hex(key.child(index_of_draw), 40),
            started,
            ends: started + Span::from_secs(takes),
            fails: flaw.is_some(),
            services: services.to_vec(),
            releases: Vec::new(),
        });
    };
    if flaw.is_some() {
        add("first", opened, flaw, 2);
        let again = opened + Span::from_secs(key.between(3, 8 * 60, 20 * 60));
        add("second", again, None, 4);
    } else {
        add("only", opened, None, 2);
    }
}

/// A branch as its author may have called it: the title in small letters.
fn branch_of(title: &str) -> String {
    let mut name = String::new();
    for word in title.split(|c: char| !c.is_ascii_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        if name.len() + word.len() > 40 {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word.to_ascii_lowercase());
    }
    name
}

fn rebuild(
    world: &World,
    name: &str,
    repository: &Repository,
    index: CommitIndex,
    service: ServiceId,
    release: &Release,
) -> Run {
    let plan = world.plan();
    let found = plan.services.get(service.index());
    let called = found.map_or("", |found| found.name.as_str());
    // The same draw as that of a build in the drill, so that this began when that did.
    let build = format!("build/{called}/{}", release.tag);
    let takes = Span::from_secs(key(world, &build).between(0, 150, 260));
    let built = SimTime(release.built.millis);
    let started = built - takes;
    Run {
        id: id(world, &build, started),
        kind: Kind::Rebuild(index),
        repo: name.to_owned(),
        workflow: CI,
        title: format!("Build {called} {}", release.tag),
        branch: repository.default_branch().to_owned(),
        event: "workflow_dispatch",
        actor: release
            .by
            .clone()
            .filter(|by| plan.pack.estate.people.contains_key(by))
            .unwrap_or_else(|| of_team(world, service, &release.tag, built)),
        sha: repository
            .commit(index)
            .map_or_else(String::new, |commit| commit.id.as_str().to_owned()),
        started,
        ends: built + Span::from_secs(3),
        fails: false,
        services: vec![service],
        releases: vec![(service, release.tag.clone())],
    }
}

/// Somebody of the team that owns a service; the trainee after the page.
fn of_team(world: &World, service: ServiceId, what: &str, at: SimTime) -> String {
    if at > world.plan().page {
        return world.trainee_handle().to_owned();
    }
    let estate = &world.plan().pack.estate;
    let found = world.plan().services.get(service.index());
    let team = found.map_or("", |found| found.spec.team.as_str());
    let people: Vec<&String> = estate
        .people
        .iter()
        .filter(|(_, person)| person.team == team)
        .map(|(handle, _)| handle)
        .collect();
    let drawn = key(world, &format!("ci/actor/{what}/{team}")).below(0, people.len() as u64);
    people
        .get(drawn as usize)
        .map_or_else(|| "ci".to_owned(), |handle| (*handle).clone())
}

/// Whether somebody is a program: no person of the estate and not the trainee.
pub fn is_app(world: &World, by: &str) -> bool {
    by != world.trainee_handle() && !world.plan().pack.estate.people.contains_key(by)
}

fn deploys(world: &World, runs: &mut Vec<Run>) {
    let mut groups: Vec<(Vec<usize>, &Deployment)> = Vec::new();
    for (place, deployment) in world.deployments().iter().enumerate() {
        let joins = |(_, last): &&mut (Vec<usize>, &Deployment)| {
            let app = deployment.by.as_deref();
            app.is_some_and(|app| is_app(world, app))
                && last.by == deployment.by
                && deployment.at - last.at <= TRAIN_GAP
        };
        match groups.last_mut().filter(joins) {
            Some((places, last)) => {
                places.push(place);
                *last = deployment;
            }
            None => groups.push((vec![place], deployment)),
        }
    }
    runs.extend(
        groups
            .into_iter()
            .filter_map(|(places, _)| deploy(world, places)),
    );
}

/// The repository whose pipeline deploys a service: that of its source, or the estate's first.
fn repository_of(world: &World, service: ServiceId) -> Option<(&String, &Repository)> {
    let found = world.plan().services.get(service.index())?;
    let own = found.spec.source.as_ref();
    own.and_then(|source| world.repositories().get_key_value(&source.repo))
        .or_else(|| world.repositories().iter().next())
}

fn deploy(world: &World, places: Vec<usize>) -> Option<Run> {
    let all = world.deployments();
    let parts: Vec<&Deployment> = places.iter().filter_map(|place| all.get(*place)).collect();
    let (first, last) = (*parts.first()?, *parts.last()?);
    let (repo, repository) = repository_of(world, first.service)?;
    let plan = world.plan();
    let name = |service: ServiceId| {
        let found = plan.services.get(service.index());
        found.map_or_else(String::new, |found| found.name.clone())
    };
    let app = first
        .by
        .as_deref()
        .filter(|by| is_app(world, by))
        .map(str::to_owned);
    let built = world
        .releases_of(first.service)
        .find(|release| release.tag == first.tag)
        .map(|release| SimTime(release.built.millis));
    let started = (first.at - Span::from_secs(65))
        .max(built.unwrap_or(first.at - Span::from_hours(1)))
        .min(first.at);
    let deadline = last.at + PATIENCE;
    let done = parts.iter().map(|part| part.complete);
    let done: Option<SimTime> = done
        .collect::<Option<Vec<_>>>()
        .and_then(|times| times.into_iter().max());
    let in_time = done.filter(|done| *done <= deadline);
    let title = match (&app, parts.as_slice()) {
        (Some(app), [_, _, ..]) => {
            format!(
                "{app} {} ({} services)",
                first.at.format("%Y-%m-%d"),
                parts.len()
            )
        }
        _ => format!("Deploy {} {}", name(first.service), first.tag),
    };
    Some(Run {
        id: id(
            world,
            &format!(
                "deploy/{}/{}/{}",
                name(first.service),
                first.tag,
                first.at.secs()
            ),
            started,
        ),
        repo: repo.clone(),
        workflow: DEPLOY,
        title,
        branch: repository.default_branch().to_owned(),
        event: if app.is_some() {
            "schedule"
        } else {
            "workflow_dispatch"
        },
        // A train leaves late rollouts behind; whoever deploys one service waits for it.
        fails: app.is_none() && in_time.is_none(),
        actor: app
            .or_else(|| first.by.clone())
            .unwrap_or_else(|| of_team(world, first.service, &first.tag, first.at)),
        sha: repository
            .head_at(started)
            .and_then(|index| repository.commit(index))
            .map_or_else(String::new, |commit| commit.id.as_str().to_owned()),
        started,
        ends: in_time.map_or(deadline + Span::from_secs(10), |done| {
            done.max(last.at) + Span::from_secs(4)
        }),
        services: parts.iter().map(|part| part.service).collect(),
        releases: parts
            .iter()
            .map(|part| (part.service, part.tag.clone()))
            .collect(),
        kind: Kind::Deploy(places),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn branches_are_short_and_plain() {
        assert_eq!(
            branch_of("worker: batch time from the environment"),
            "worker-batch-time-from-the-environment"
        );
        assert_eq!(branch_of("§§"), "");
    }

    #[test]
    fn every_deployment_and_every_release_with_source_has_one_run() {
        let world = small_world();
        let runs = all(&world);
        for (place, deployment) in world.deployments().iter().enumerate() {
            let of = runs
                .iter()
                .filter(|run| matches!(&run.kind, Kind::Deploy(places) if places.contains(&place)));
            let of: Vec<&Run> = of.collect();
            assert_eq!(of.len(), 1, "{deployment:?}");
            assert!(of[0].started <= deployment.at && deployment.at <= of[0].ends);
        }
        let worker = world.plan().service("worker").unwrap().0;
        let built = runs.iter().filter(|run| {
            run.workflow == CI && run.releases.contains(&(worker, "1.4.0".to_owned()))
        });
        assert_eq!(built.count(), 1);
    }

    #[test]
    fn ids_rise_with_time_and_are_unique() {
        let runs = all(&small_world());
        assert!(runs.len() > 4);
        assert!(
            runs.windows(2)
                .all(|pair| pair[0].id > pair[1].id && pair[0].started >= pair[1].started)
        );
    }
}
