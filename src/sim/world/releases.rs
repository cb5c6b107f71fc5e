//! Releases: which image runs what source, what a deployment changes in the cluster, what a ship builds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::World;
use super::queue::Due;
use crate::scenario::format::service::{Release, WorkloadKind};
use crate::scenario::format::values::Instant;
use crate::sim::command::Rejection;
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::git::command::RepoCommand;
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::cluster::Deploy;
use crate::sim::kubernetes::{Kind, ObjectRef};
use crate::sim::plan::ServicePlan;
use crate::sim::time::Span;

impl World {
    /// All releases of a service, oldest first: those of the files, then those shipped in the drill.
    pub fn releases_of(&self, service: ServiceId) -> impl Iterator<Item = &Release> {
        let declared = self
            .plan
            .services
            .get(service.index())
            .map(|found| &found.spec.releases);
        declared
            .into_iter()
            .flatten()
            .chain(self.shipped.get(service.index()).into_iter().flatten())
    }

    /// A file of the source that an image was built from.
    pub fn source_file(&self, service: ServiceId, tag: &str, path: &str) -> Option<Arc<str>> {
        let commit = self
            .releases_of(service)
            .find(|release| release.tag == tag)?
            .commit
            .clone()?;
        self.file_at(service, &commit, path)
    }

    fn file_at(&self, service: ServiceId, commit: &str, path: &str) -> Option<Arc<str>> {
        let source = self
            .plan
            .services
            .get(service.index())?
            .spec
            .source
            .as_ref()?;
        let repository = self.repositories.get(&source.repo)?;
        repository
            .tree(repository.find(commit)?)?
            .file(path)
            .cloned()
    }

    /// The variables that a release is deployed with: those of the files, and those its env file passes through.
    pub(super) fn release_env(
        &self,
        service: ServiceId,
        release: &Release,
    ) -> BTreeMap<String, Option<String>> {
        let Some(found) = self.plan.services.get(service.index()) else {
            return BTreeMap::new();
        };
        let mut env: BTreeMap<String, Option<String>> = found
            .spec
            .env
            .iter()
            .map(|(name, value)| (name.clone(), Some(value.clone())))
            .collect();
        let text = match (&found.spec.env_file, &release.commit) {
            (Some(path), Some(commit)) => self.file_at(service, commit, path),
            _ => None,
        };
        let given = text.as_deref().map(env_file).unwrap_or_default();
        for name in &found.spec.env_passthrough {
            match given.get(name) {
                Some(value) => env.insert(name.clone(), Some(value.clone())),
                None if found.spec.env.contains_key(name) => None,
                None => env.insert(name.clone(), None),
            };
        }
        env
    }

    /// Rolls out a release.
    pub(super) fn deploy(&mut self, service: &str, tag: &str, by: Option<&str>) {
        let plan = Arc::clone(&self.plan);
        let Some((id, found)) = plan.service(service) else {
            return;
        };
        let Some(release) = self
            .releases_of(id)
            .find(|release| release.tag == tag)
            .cloned()
        else {
            return;
        };
        let env = self.release_env(id, &release);
        let deploy = Deploy {
            cause: format!("deploy {}", release.tag),
            container: &found.name,
            image: format!("{}:{}", found.spec.image, release.tag),
            env: &env,
        };
        let before = self.wanted_tag(id).map(str::to_owned);
        let was = self.templates.get(id.index()).cloned();
        let target = workload_ref(found);
        if self.cluster.deploy(&target, &deploy, self.now).is_ok() {
            self.refresh_wanted();
            // What is deployed already changes nothing, and nobody tells.
            let same = self.templates.get(id.index()) == was.as_ref();
            if same || !self.deployment_began(id, tag, before, by) {
                return;
            }
            let who = by.map_or_else(String::new, |by| format!(" (by @{by})"));
            let text = format!("Deploying `{service}` {tag} to production{who}");
            let channel = plan.pack.estate.deploy_channel.clone();
            self.post_app("deploybot", &channel, text);
        }
    }

    /// Starts a build of a service from the newest commit of its repository. Answers with the tag and how long it takes.
    pub(super) fn ship(&mut self, service: &str) -> Result<(String, Span), Rejection> {
        let plan = Arc::clone(&self.plan);
        let unknown = || {
            Rejection::new(
                "no-such-service",
                format!("ship: no service \"{service}\" in the catalogue"),
            )
        };
        let (id, found) = plan.service(service).ok_or_else(unknown)?;
        let source = found.spec.source.as_ref().ok_or_else(|| {
            Rejection::new(
                "no-source",
                format!(
                    "ship: {service} is not built from source here; its image comes from its vendor"
                ),
            )
        })?;
        self.commit_and_push(&source.repo, service)?;
        let repository = self.repositories.get(&source.repo).ok_or_else(unknown)?;
        let head = repository.head().ok_or_else(unknown)?;
        let commit = repository.short_id(head).to_owned();
        let tag = format!("main-{commit}");
        let running = self.templates.get(id.index()).map(|copy| copy.tag.clone());
        if running.as_deref() == Some(tag.as_str()) {
            return Err(Rejection::new(
                "nothing-to-ship",
                format!("ship: {service} already runs {tag}; nothing to do"),
            ));
        }
        let key =
            StreamKey::new(self.seed, StreamId::of(&format!("build/{service}/{tag}"))).leaf(0);
        let takes = Span::from_secs(key.between(0, 150, 260));
        if !self.releases_of(id).any(|release| release.tag == tag) {
            let built = Instant {
                millis: (self.now + takes).millis(),
            };
            let release = Release {
                tag: tag.clone(),
                commit: Some(commit),
                built,
                deployed: None,
                by: None,
            };
            if let Some(shipped) = self.shipped.get_mut(id.index()) {
                shipped.push(release);
            }
        }
        let by = self.trainee_handle().to_owned();
        self.queue.add(
            self.now + takes,
            Due::Built {
                service: service.to_owned(),
                tag: tag.clone(),
                by,
            },
        );
        Ok((tag, takes))
    }
}

impl World {
    /// What is edited in a clone is committed, and what is committed is pushed, so that a build has it.
    fn commit_and_push(&mut self, repo: &str, service: &str) -> Result<(), Rejection> {
        let clean = match (self.worktrees.get(repo), self.repositories.get(repo)) {
            (Some(worktree), Some(repository)) => worktree.is_clean(repository),
            _ => true,
        };
        if !clean {
            self.apply_repository(
                repo,
                &RepoCommand::Stage {
                    paths: Vec::new(),
                    tracked_only: false,
                },
            )?;
            let message = Some(format!("{service}: fix for the incident"));
            let commit = RepoCommand::Commit {
                message,
                all: true,
                amend: false,
                allow_empty: false,
            };
            self.apply_repository(repo, &commit)?;
        }
        let ahead = match (self.worktrees.get(repo), self.repositories.get(repo)) {
            (Some(worktree), Some(repository)) => worktree
                .divergence(repository)
                .is_some_and(|apart| apart.ahead > 0),
            _ => false,
        };
        if ahead {
            let branch = self
                .repositories
                .get(repo)
                .map(|repository| repository.default_branch().to_owned());
            let push = RepoCommand::Push {
                branch: branch.unwrap_or_default(),
                force: false,
            };
            self.apply_repository(repo, &push)?;
        }
        Ok(())
    }
}

/// The reference of a service's workload.
pub(crate) fn workload_ref(service: &ServicePlan) -> ObjectRef {
    ObjectRef::new(
        workload_kind(service.spec.workload),
        &service.spec.namespace,
        &service.name,
    )
}

/// The kind of a workload.
pub(crate) const fn workload_kind(kind: WorkloadKind) -> Kind {
    match kind {
        WorkloadKind::Deployment => Kind::Deployment,
        WorkloadKind::StatefulSet => Kind::StatefulSet,
        WorkloadKind::DaemonSet => Kind::DaemonSet,
    }
}

/// Reads an env file: `NAME=value` lines, `#` comments, optional quotes and `export`. A line of a compose file's
/// `environment` list (`- NAME=value`) is read as well.
pub fn env_file(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.strip_prefix("- ").unwrap_or(line))
        .filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            let bare = ['"', '\'']
                .iter()
                .find_map(|quote| {
                    value
                        .strip_prefix(*quote)
                        .and_then(|inner| inner.strip_suffix(*quote))
                })
                .unwrap_or(value);
            (name.trim().to_owned(), bare.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::env_file;

    #[test]
    fn env_files_read_as_compose_reads_them() {
        let env = env_file("# a\nA=1\nexport B=\"two words\"\n\nC='x'\n    - D=\n");
        let expected = [("A", "1"), ("B", "two words"), ("C", "x"), ("D", "")];
        assert_eq!(
            env.into_iter().collect::<Vec<_>>(),
            expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }
}
