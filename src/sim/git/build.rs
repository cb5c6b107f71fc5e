//! Building a repository from its source: every patch is applied, every id completed, every tag resolved. The first
//! problem of each commit is reported; a commit that fails changes nothing and those after it still build, so an author
//! sees all of them at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::apply_file;
use super::commit::CommitIndex;
use super::error::{MAX_FILES, RepositoryError, check_ref_name};
use super::history::merge_base;
use super::merge::merge_trees;
use super::patch::{FilePatch, Patch, Target};
use super::path::normalise;
use super::repository::{NewCommit, Repository, Tag, first_line, write_checked};
use super::source::{ChangeSource, CommitSource, RepositorySource, TagSource};
use super::tree::Tree;

impl Repository {
    /// Builds a repository, or says every problem of its source.
    pub fn build(source: RepositorySource) -> Result<Self, Vec<RepositoryError>> {
        let mut builder = Builder {
            repository: Self {
                name: Arc::from(source.name.as_str()),
                default_branch: Arc::from(source.default_branch.as_str()),
                commits: Vec::with_capacity(source.commits.len() + 1),
                by_id: BTreeMap::new(),
                branches: BTreeMap::new(),
                tags: BTreeMap::new(),
            },
            merged: Vec::new(),
        };
        builder.root(&source).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        let mut commits = source.commits;
        commits.sort_by_key(|commit| commit.at);
        for commit in &commits {
            errors.extend(builder.commit(commit).err());
        }
        for tag in &source.tags {
            errors.extend(builder.tag(tag).err());
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        for branch in builder.merged {
            if !source.kept_branches.contains(&branch) && branch != source.default_branch {
                builder.repository.branches.remove(branch.as_str());
            }
        }
        Ok(builder.repository)
    }
}

struct Builder {
    repository: Repository,
    merged: Vec<String>,
}

impl Builder {
    fn root(&mut self, source: &RepositorySource) -> Result<(), RepositoryError> {
        if source.base.len() > MAX_FILES {
            return Err(RepositoryError::TooLarge);
        }
        let label = first_line(&source.root.message);
        let mut tree = Tree::default();
        for (path, text) in &source.base {
            let text = if text.contains('\r') {
                Arc::from(normalise(text).as_ref())
            } else {
                Arc::clone(text)
            };
            write_checked(&label, &mut tree, path, Some(text))?;
        }
        let index = self.repository.add(NewCommit {
            id: source.root.id.clone(),
            parents: Vec::new(),
            tree,
            author: source.root.author.clone(),
            committer: source.root.author.clone(),
            at: source.root.at,
            message: source.root.message.clone(),
        })?;
        self.repository.set_branch(&source.default_branch, index)
    }

    fn commit(&mut self, source: &CommitSource) -> Result<(), RepositoryError> {
        let default = Arc::clone(&self.repository.default_branch);
        let branch = source.branch.as_deref().unwrap_or(&default);
        check_ref_name(branch)?;
        let label = source
            .id
            .clone()
            .unwrap_or_else(|| first_line(&source.message));
        let tip = self
            .repository
            .branch(branch)
            .or_else(|| self.repository.head())
            .ok_or_else(|| unknown_branch(&label, branch))?;
        let mut parents = vec![tip];
        let tree = self.changed_tree(&label, tip, &source.change, &mut parents)?;
        let index = self.repository.add(NewCommit {
            id: source.id.clone(),
            parents,
            tree,
            author: source.author.clone(),
            committer: source
                .committer
                .clone()
                .unwrap_or_else(|| source.author.clone()),
            at: source.at,
            message: source.message.clone(),
        })?;
        if let ChangeSource::Merge { branch: merged } = &source.change {
            self.merged.push(merged.clone());
        }
        self.repository.set_branch(branch, index)
    }

    fn changed_tree(
        &self,
        label: &str,
        tip: CommitIndex,
        change: &ChangeSource,
        parents: &mut Vec<CommitIndex>,
    ) -> Result<Tree, RepositoryError> {
        let repository = &self.repository;
        let mut tree = repository.tree(tip).cloned().unwrap_or_default();
        match change {
            ChangeSource::Nothing => {}
            ChangeSource::Patch(text) => apply_patch(label, &mut tree, text)?,
            ChangeSource::Write(files) => {
                for (path, text) in files {
                    write_checked(label, &mut tree, path, text.clone())?;
                }
            }
            ChangeSource::Merge { branch } => {
                let other = repository
                    .branch(branch)
                    .ok_or_else(|| unknown_branch(label, branch))?;
                parents.push(other);
                let empty = Tree::default();
                let base =
                    merge_base(repository, tip, other).and_then(|base| repository.tree(base));
                let theirs = repository.tree(other).unwrap_or(&empty);
                tree = merge_trees(base.unwrap_or(&empty), &tree, theirs).map_err(|conflict| {
                    RepositoryError::Conflict {
                        commit: label.to_owned(),
                        conflict,
                    }
                })?;
            }
            ChangeSource::Revert { commit } => {
                let target =
                    repository
                        .find(commit)
                        .ok_or_else(|| RepositoryError::UnknownCommit {
                            by: format!("commit {label}"),
                            prefix: commit
                                .chars()
                                .filter(|c| !c.is_control())
                                .take(60)
                                .collect(),
                        })?;
                tree = repository.reverted(label, tip, target)?;
            }
        }
        Ok(tree)
    }

    fn tag(&mut self, source: &TagSource) -> Result<(), RepositoryError> {
        check_ref_name(&source.name)?;
        let commit =
            match &source.commit {
                Some(prefix) => {
                    self.repository
                        .find(prefix)
                        .ok_or_else(|| RepositoryError::UnknownCommit {
                            by: format!("tag `{}`", source.name),
                            prefix: prefix
                                .chars()
                                .filter(|c| !c.is_control())
                                .take(60)
                                .collect(),
                        })?
                }
                None => self.repository.head_at(source.at).ok_or_else(|| {
                    RepositoryError::TagTooOld {
                        tag: source.name.clone(),
                    }
                })?,
            };
        self.repository.tags.insert(
            Arc::from(source.name.as_str()),
            Tag {
                commit,
                message: source
                    .message
                    .as_deref()
                    .map(|text| Arc::from(text.trim_end())),
                at: source.at,
            },
        );
        Ok(())
    }
}

fn unknown_branch(label: &str, branch: &str) -> RepositoryError {
    RepositoryError::UnknownBranch {
        commit: label.to_owned(),
        branch: branch
            .chars()
            .filter(|c| !c.is_control())
            .take(100)
            .collect(),
    }
}

/// Applies a patch's text to a tree. Files are read before any is written, as `git apply` does.
fn apply_patch(label: &str, tree: &mut Tree, text: &str) -> Result<(), RepositoryError> {
    let patch = Patch::parse(&normalise(text)).map_err(|problem| RepositoryError::PatchSyntax {
        commit: label.to_owned(),
        problem,
    })?;
    let mut writes = Vec::new();
    for file in &patch.files {
        let (from, to) = sides(file);
        let before = tree.file(from).map(|text| &**text);
        let after =
            apply_file(file, before).map_err(|problem| RepositoryError::PatchDoesNotApply {
                commit: label.to_owned(),
                file: from.to_owned(),
                problem,
            })?;
        if from != to {
            writes.push((from, None));
        }
        writes.push((to, after.map(Arc::from)));
    }
    writes.sort_by_key(|(_, text)| text.is_some());
    for (path, text) in writes {
        write_checked(label, tree, path, text)?;
    }
    Ok(())
}

fn sides(file: &FilePatch) -> (&str, &str) {
    match &file.target {
        Target::Rename { from, to } => (from, to),
        other => (other.path(), other.path()),
    }
}
