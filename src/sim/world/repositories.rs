//! The estate's repositories, built from the pack's texts: base files, then all commits by date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::scenario::pack::{CommitChange, CommitText, Pack, RepositoryTexts, Signature as Author};
use crate::sim::git::commit::Signature;
use crate::sim::git::{ChangeSource, CommitSource, Repository, RepositorySource, RootSource};
use crate::sim::time::{SimTime, Span};

/// Builds all repositories. One whose commits do not apply, which the checks refuse, is left out.
pub(super) fn build(pack: &Pack) -> BTreeMap<String, Repository> {
    let named = pack.repositories.iter();
    named
        .filter_map(|(name, texts)| {
            Some((
                name.clone(),
                Repository::build(source(pack, name, texts)).ok()?,
            ))
        })
        .collect()
}

fn source(pack: &Pack, name: &str, texts: &RepositoryTexts) -> RepositorySource {
    let declared = pack.estate.repositories.get(name);
    let branch = declared
        .map(|declared| declared.branch.clone())
        .filter(|branch| !branch.is_empty());
    RepositorySource {
        name: name.to_owned(),
        default_branch: branch.unwrap_or_else(|| "main".to_owned()),
        root: root(pack, texts),
        base: texts
            .base
            .iter()
            .map(|(path, text)| (path.clone(), Arc::clone(text)))
            .collect(),
        commits: texts.commits.iter().map(commit).collect(),
        tags: Vec::new(),
        kept_branches: BTreeSet::new(),
    }
}

fn root(pack: &Pack, texts: &RepositoryTexts) -> RootSource {
    if let Some(root) = &texts.root {
        return RootSource {
            id: Some(root.id.clone()),
            author: signature(&root.author),
            at: SimTime(root.at.millis),
            message: root.message.clone(),
        };
    }
    let first = texts
        .commits
        .iter()
        .map(|commit| commit.at.millis)
        .min()
        .unwrap_or(pack.scenario.starts.millis);
    let bot = Signature::new("release bot", &format!("bot@{}", pack.estate.domain));
    RootSource::import(bot, SimTime(first) - Span::from_hours(24))
}

fn signature(author: &Author) -> Signature {
    Signature::new(&author.name, &author.email)
}

fn commit(text: &CommitText) -> CommitSource {
    CommitSource {
        id: Some(text.id.clone()),
        author: signature(&text.author),
        committer: text.committer.as_ref().map(signature),
        at: SimTime(text.at.millis),
        message: text.message.clone(),
        branch: text.branch.clone(),
        change: match &text.change {
            CommitChange::Nothing => ChangeSource::Nothing,
            CommitChange::Patch(patch) => ChangeSource::Patch(patch.clone()),
            CommitChange::Merge(branch) => ChangeSource::Merge {
                branch: branch.clone(),
            },
            CommitChange::Revert(commit) => ChangeSource::Revert {
                commit: commit.clone(),
            },
        },
    }
}
