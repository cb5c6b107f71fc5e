//! The estate's repositories, built from the pack's texts: base files, then all commits by date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::scenario::pack::{CommitChange, CommitText, Pack, RepositoryTexts, Signature as Author};
use crate::sim::git::commit::Signature;
use crate::sim::git::{ChangeSource, CommitSource, Repository, RepositorySource, RootSource};
use crate::sim::time::{SimTime, Span};

/// Builds all repositories. One whose commits do not apply, which the checks refuse, is left out.
pub(super) fn build(pack: &Pack) -> BTreeMap<String, Repository> {
    let bot = Signature::new("release bot", &format!("bot@{}", pack.estate.domain));
    let named = pack.repositories.iter();
    named
        .filter_map(|(name, texts)| {
            let declared = pack.estate.repositories.get(name);
            let branch = declared
                .map(|declared| declared.branch.as_str())
                .filter(|branch| !branch.is_empty());
            let source = source(name, branch.unwrap_or("main"), texts, &bot);
            Some((name.clone(), Repository::build(source).ok()?))
        })
        .collect()
}

/// What a repository is built from. `importer` makes the first commit where no file does.
pub(in crate::sim) fn source(
    name: &str,
    branch: &str,
    texts: &RepositoryTexts,
    importer: &Signature,
) -> RepositorySource {
    RepositorySource {
        name: name.to_owned(),
        default_branch: branch.to_owned(),
        root: root(texts, importer),
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

fn root(texts: &RepositoryTexts, importer: &Signature) -> RootSource {
    if let Some(root) = &texts.root {
        return RootSource {
            id: Some(root.id.clone()),
            author: signature(&root.author),
            at: SimTime(root.at.millis),
            message: root.message.clone(),
        };
    }
    let first = texts.commits.iter().map(|commit| commit.at.millis).min();
    RootSource::import(
        importer.clone(),
        SimTime(first.unwrap_or(0)) - Span::from_hours(24),
    )
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
