//! Quiet background commits: small plausible changes that matter to nobody, so that a history is not only the story.
//! Never touches a protected path, never what another commit touches, never a value that is not on the list of safe ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::Signature;
use super::patch::{Patch, Target};
use super::path::normalise;
use super::source::{ChangeSource, CommitSource, RepositorySource};
use crate::sim::draw::{LeafKey, StreamId, StreamKey};
use crate::sim::time::{SimTime, Span};

mod edits;
mod words;

/// Who makes background commits.
#[derive(Clone, Debug)]
pub struct BackgroundAuthor {
    /// The person.
    pub signature: Signature,
    /// The services they work on; nobody's service is everybody's.
    pub services: Vec<String>,
}

/// A service whose folder background commits may touch.
#[derive(Clone, Debug)]
pub struct BackgroundService {
    /// Its name, which starts the commit's message.
    pub name: String,
    /// Its folder in the repository; empty is the whole repository.
    pub folder: String,
}

/// A setting that may take any of some values without anybody noticing.
#[derive(Clone, Debug)]
pub struct SafeValue {
    /// The file.
    pub path: String,
    /// What stands before `:` or `=` in its line.
    pub key: String,
    /// The values it moves between.
    pub values: Vec<String>,
}

/// What background commits to make.
#[derive(Clone, Debug)]
pub struct BackgroundPlan {
    /// Seed of the drill or the estate.
    pub seed: u64,
    /// The first instant at which one may be made.
    pub from: SimTime,
    /// The instant before which all are made.
    pub until: SimTime,
    /// How many a week, about.
    pub per_week: u32,
    /// Who makes them; nobody makes none.
    pub authors: Vec<BackgroundAuthor>,
    /// Where.
    pub services: Vec<BackgroundService>,
    /// Prefixes of paths that may be touched; none allows every path.
    pub allowed: Vec<String>,
    /// Paths that are never touched, beside those of the repository's own commits.
    pub protected: BTreeSet<String>,
    /// Settings that may change.
    pub safe_values: Vec<SafeValue>,
    /// Spans without commits, such as a holiday's freeze: from, until.
    pub quiet: Vec<(SimTime, SimTime)>,
}

const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
/// The epoch was a Thursday; weeks start on Monday.
const FIRST_MONDAY_MS: i64 = 4 * 24 * 3600 * 1000;
/// The most background commits of one repository.
const MAX_BACKGROUND: usize = 5_000;

impl RepositorySource {
    /// Adds background commits and says how many. Call it when all other commits are in.
    pub fn add_background(&mut self, plan: &BackgroundPlan) -> usize {
        let mut protected = plan.protected.clone();
        for commit in &self.commits {
            protected.extend(touched_paths(&commit.change));
        }
        let added = commits(&self.name, &self.base, plan, &protected);
        let count = added.len();
        self.commits.extend(added);
        count
    }
}

/// The paths that a commit's change writes, moves or removes. A merge or revert touches what its commits do, and a patch
/// that cannot be read fails when the repository is built.
fn touched_paths(change: &ChangeSource) -> Vec<String> {
    match change {
        ChangeSource::Nothing | ChangeSource::Merge { .. } | ChangeSource::Revert { .. } => {
            Vec::new()
        }
        ChangeSource::Write(files) => files.keys().cloned().collect(),
        ChangeSource::Patch(text) => {
            let files = Patch::parse(&normalise(text)).map(|patch| patch.files);
            let targets = files
                .unwrap_or_default()
                .into_iter()
                .map(|file| file.target);
            targets
                .flat_map(|target| match target {
                    Target::Rename { from, to } => vec![from, to],
                    other => vec![other.path().to_owned()],
                })
                .collect()
        }
    }
}

/// The files as background commits see them, changing from commit to commit.
struct Scene<'a> {
    files: BTreeMap<String, Arc<str>>,
    plan: &'a BackgroundPlan,
    protected: &'a BTreeSet<String>,
}

impl Scene<'_> {
    fn may_touch(&self, path: &str) -> bool {
        let allowed = self
            .plan
            .allowed
            .iter()
            .any(|prefix| path.starts_with(prefix.as_str()));
        (allowed || self.plan.allowed.is_empty()) && !self.protected.contains(path)
    }

    /// The files below a folder that may be touched.
    fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Arc<str>)> {
        let inside = move |path: &str| {
            folder.is_empty()
                || path
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        self.files
            .iter()
            .filter(move |(path, _)| inside(path) && self.may_touch(path))
            .map(|(path, text)| (path.as_str(), text))
    }
}

/// A small change: one file's new text and the message.
struct SmallChange {
    path: String,
    text: String,
    message: String,
}

fn commits(
    repository: &str,
    base: &BTreeMap<String, Arc<str>>,
    plan: &BackgroundPlan,
    protected: &BTreeSet<String>,
) -> Vec<CommitSource> {
    if plan.authors.is_empty() || plan.services.is_empty() {
        return Vec::new();
    }
    let stream = StreamKey::new(
        plan.seed,
        StreamId::of(&format!("git/background/{repository}")),
    );
    let mut scene = Scene {
        files: base.clone(),
        plan,
        protected,
    };
    let mut result = Vec::new();
    for (at, key) in moments(plan, stream) {
        let Some(service) = pick(&plan.services, key, 1) else {
            continue;
        };
        let Some(change) = edits::small_change(&scene, service, key) else {
            continue;
        };
        let text: Arc<str> = Arc::from(change.text);
        scene.files.insert(change.path.clone(), Arc::clone(&text));
        result.push(CommitSource {
            id: None,
            author: author(plan, service, key),
            committer: None,
            at,
            message: change.message,
            branch: None,
            change: ChangeSource::Write(BTreeMap::from([(change.path, Some(text))])),
        });
    }
    result
}

/// The instants of commits with the key of each: on working days, in working hours, by rising time. A moment depends on
/// its own week alone, so a longer plan keeps the commits of a shorter one.
fn moments(plan: &BackgroundPlan, stream: StreamKey) -> Vec<(SimTime, LeafKey)> {
    let week_of = |at: SimTime| (at.millis() - FIRST_MONDAY_MS).div_euclid(WEEK_MS);
    let mut found = Vec::new();
    for week in week_of(plan.from)..=week_of(plan.until) {
        let leaf = stream.leaf(week);
        let spread = i64::from(plan.per_week / 3);
        let count = (i64::from(plan.per_week) + leaf.between(0, -spread, spread)).max(0);
        let monday = SimTime(FIRST_MONDAY_MS + week * WEEK_MS);
        for number in 1..=count as u64 {
            let key = leaf.child(number);
            let day = key.between(100, 0, 4);
            // Two draws give a hump around the middle of the day.
            let minute = key.between(101, 0, 300) + key.between(102, 0, 300);
            let at = monday
                + Span::from_hours(day * 24 + 8)
                + Span::from_mins(minute)
                + Span::from_secs(key.between(103, 0, 59));
            let quiet = plan
                .quiet
                .iter()
                .any(|(from, until)| *from <= at && at < *until);
            if at >= plan.from && at < plan.until && !quiet {
                found.push((at, key));
            }
            if found.len() >= MAX_BACKGROUND {
                break;
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found
}

fn pick<T>(from: &[T], key: LeafKey, index: u64) -> Option<&T> {
    from.get(key.below(index, from.len() as u64) as usize)
}

fn author(plan: &BackgroundPlan, service: &BackgroundService, key: LeafKey) -> Signature {
    let owners: Vec<&BackgroundAuthor> = plan
        .authors
        .iter()
        .filter(|author| author.services.contains(&service.name))
        .collect();
    let owner = pick(&owners, key, 2)
        .copied()
        .or_else(|| pick(&plan.authors, key, 2));
    owner.map_or_else(
        || Signature::new("nobody", "nobody@localhost"),
        |author| author.signature.clone(),
    )
}

#[cfg(test)]
mod tests;
