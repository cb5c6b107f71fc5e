//! Checks of repositories: that commits apply and are by people, that files and folders that are named exist.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::names::Kind;
use super::nearest::{did_you_mean, list};
use super::{Checker, HistoryFlaw};
use crate::diag::{Diagnostic, SourceText};
use crate::scenario::format::service::Service;
use crate::scenario::ids;
use crate::scenario::loader::files::{CommitFile, RepositoryFiles};
use crate::scenario::loader::place::Place;
use crate::scenario::pack::{CommitChange, RepositoryTexts};

impl Checker<'_> {
    /// All repositories: those declared and those with files.
    pub(super) fn repositories(&mut self) {
        for (name, texts) in self.subject.repositories {
            if !self.names.has(Kind::Repository, name)
                && let Some(file) = self
                    .repository_files(name)
                    .first()
                    .map(|(file, _)| Arc::clone(file))
            {
                let hint = self.names.hint(Kind::Repository, name);
                self.push(
                    Diagnostic::error(
                        ids::NO_REPOSITORY,
                        &file,
                        0..1,
                        format!("there is no repository `{name}`"),
                    )
                    .hint(hint),
                );
            }
            if self.authors(name) {
                self.history(name, texts);
            }
        }
    }

    /// The commit files of a repository, of estate and scenario.
    fn repository_files(&self, name: &str) -> Vec<(Arc<SourceText>, &CommitFile)> {
        let all = std::iter::once(self.subject.estate_files).chain(self.subject.scenario_files);
        all.filter_map(|files| files.repositories.get(name))
            .flat_map(|files: &RepositoryFiles| &files.commits)
            .map(|commit| (Arc::clone(&commit.file), commit))
            .collect()
    }

    /// Checks the heads of commits. False when two have one id: how they apply cannot be said then.
    fn authors(&mut self, name: &str) -> bool {
        let people = &self.subject.estate.people;
        let known = |author: &str| {
            people.contains_key(author)
                || people.values().any(|person| person.name == author)
                || self.subject.estate.apps.iter().any(|app| app == author)
        };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (file, commit) in self.repository_files(name) {
            let id = &commit.commit.id;
            if !seen.insert(id.clone()) {
                found.push(
                    Diagnostic::error(
                        ids::NAME_TWICE,
                        &file,
                        0..7 + id.len(),
                        format!("the commit `{id}` is given twice"),
                    )
                    .hint("an id names one commit of its repository"),
                );
            }
            for (head, signature) in [
                ("Author", Some(&commit.commit.author)),
                ("Commit", commit.commit.committer.as_ref()),
            ] {
                let Some(signature) = signature.filter(|signature| !known(&signature.name)) else {
                    continue;
                };
                let at = file.text.find(&format!("\n{head}:")).map_or(0, |at| at + 1);
                let end = file
                    .text
                    .get(at..)
                    .and_then(|rest| rest.find('\n'))
                    .map_or(at, |length| at + length);
                let names: Vec<&str> = people.values().map(|person| person.name.as_str()).collect();
                found.push(
                    Diagnostic::error(
                        ids::COMMIT_AUTHOR,
                        &file,
                        at..end,
                        format!("`{}` is not a person of the estate", signature.name),
                    )
                    .hint(
                        did_you_mean(
                            &signature.name,
                            names
                                .iter()
                                .copied()
                                .chain(people.keys().map(String::as_str)),
                        )
                        .unwrap_or_else(|| {
                            "write a person's full name or handle, or give the program in `apps`"
                                .to_owned()
                        }),
                    ),
                );
            }
        }
        let unique = found.iter().all(|problem| problem.id != ids::NAME_TWICE);
        for problem in found {
            self.push(problem);
        }
        unique
    }

    fn history(&mut self, name: &str, texts: &RepositoryTexts) {
        let declared = self.subject.estate.repositories.get(name);
        let branch = declared
            .map(|repository| repository.branch.as_str())
            .filter(|branch| !branch.is_empty());
        for flaw in self.judge.history(name, branch.unwrap_or("main"), texts) {
            let HistoryFlaw { commit, message } = flaw;
            let files = self.repository_files(name);
            let file = commit
                .as_deref()
                .and_then(|id| files.iter().find(|(_, file)| file.commit.id == id))
                .or_else(|| files.first())
                .map(|(file, _)| Arc::clone(file));
            let Some(file) = file else { continue };
            let end = file.text.find('\n').unwrap_or(file.text.len());
            self.push(Diagnostic::error(ids::COMMIT, &file, 0..end, message).hint(
                "make it with `git diff` against the files as they are after the commits before it",
            ));
        }
    }

    /// Paths that a repository has at some time.
    fn paths(&self, repo: &str) -> BTreeSet<&str> {
        let Some(texts) = self.subject.repositories.get(repo) else {
            return BTreeSet::new();
        };
        let mut paths: BTreeSet<&str> = texts.base.keys().map(String::as_str).collect();
        for commit in &texts.commits {
            if let CommitChange::Patch(patch) = &commit.change {
                paths.extend(patch.lines().filter_map(|line| line.strip_prefix("+++ b/")));
            }
        }
        paths
    }

    /// A file of a repository.
    pub(super) fn file(&mut self, repo: &str, path: &str, at: &Place<'_>) {
        if !self.subject.estate.repositories.contains_key(repo) || !self.subject.whole {
            return;
        }
        let paths = self.paths(repo);
        if !paths.contains(path) {
            let hint = did_you_mean(path, paths.iter().copied()).unwrap_or_else(|| {
                format!("it has {} files; paths begin at its root", paths.len())
            });
            self.push(
                at.error(
                    ids::NO_FILE,
                    format!("the repository `{repo}` has no file `{path}`"),
                )
                .hint(hint),
            );
        }
    }

    /// A folder of a repository; empty for its root.
    pub(super) fn folder(&mut self, repo: &str, path: &str, at: &Place<'_>) {
        let wanted = path.trim_end_matches('/');
        if !self.subject.estate.repositories.contains_key(repo)
            || wanted.is_empty()
            || wanted == "."
        {
            return;
        }
        let prefix = format!("{wanted}/");
        if !self
            .paths(repo)
            .iter()
            .any(|path| path.starts_with(&prefix))
            && self.subject.whole
        {
            self.push(
                at.error(
                    ids::NO_FILE,
                    format!("the repository `{repo}` has no folder `{path}`"),
                )
                .hint("paths begin at the repository's root"),
            );
        }
    }

    /// A file of the repository that a service is built from.
    pub(super) fn source_file(&mut self, service: &str, path: &str, at: &Place<'_>) {
        let Some(service) = self.subject.estate.services.get(service) else {
            return;
        };
        match &service.source {
            Some(source) => self.file(&source.repo.clone(), path, at),
            None => self.push(
                at.error(ids::NO_FILE, "the service has no source")
                    .hint("give the service a `source`"),
            ),
        }
    }

    /// The commit that a release was built from.
    pub(super) fn release_commit(&mut self, service: &Service, commit: &str, at: &Place<'_>) {
        let Some(source) = &service.source else {
            return self.refer(Kind::Commit, commit, at);
        };
        let Some(texts) = self.subject.repositories.get(&source.repo) else {
            return self.refer(Kind::Commit, commit, at);
        };
        let ids: Vec<&str> = texts
            .root
            .iter()
            .chain(&texts.commits)
            .map(|commit| commit.id.as_str())
            .collect();
        if !ids.iter().any(|id| id.starts_with(commit)) && self.subject.whole {
            self.push(
                at.error(
                    ids::NO_COMMIT,
                    format!("the repository `{}` has no commit `{commit}`", source.repo),
                )
                .hint(
                    did_you_mean(commit, ids.iter().copied())
                        .unwrap_or_else(|| format!("it has {}", list(&ids))),
                ),
            );
        }
    }
}
