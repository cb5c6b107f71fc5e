//! Commands on files, index and the next commit, and moving files from one tree to another.

use std::sync::Arc;

use super::{Actor, CommandError, RepoEvent, changed, put};
use crate::sim::git::pathspec::is_within;
use crate::sim::git::repository::{NewCommit, write_checked};
use crate::sim::git::tree::Tree;

impl Actor<'_> {
    pub(super) fn write(
        &mut self,
        path: &str,
        text: Option<&str>,
    ) -> Result<RepoEvent, CommandError> {
        write_checked(
            "(edit)",
            &mut self.worktree.files,
            path,
            text.map(Arc::from),
        )?;
        Ok(changed(vec![path.to_owned()]))
    }

    pub(super) fn stage(
        &mut self,
        paths: &[String],
        tracked_only: bool,
    ) -> Result<RepoEvent, CommandError> {
        let worktree = &mut *self.worktree;
        for path in paths.iter().filter(|path| !path.is_empty()) {
            if worktree.files.item(path).is_none() && worktree.index.item(path).is_none() {
                return Err(CommandError::NoSuchPath(path.clone()));
            }
        }
        let mut staged = Vec::new();
        let mut edited = worktree.index.changed(&worktree.files);
        edited.sort_by_key(|path| worktree.files.file(path).is_some());
        for path in edited {
            let known = worktree.index.file(&path).is_some();
            if is_within(&path, paths) && (known || !tracked_only) {
                let text = worktree.files.file(&path).cloned();
                put(&mut worktree.index, &path, text)?;
                staged.push(path);
            }
        }
        Ok(changed(staged))
    }

    pub(super) fn restore(
        &mut self,
        paths: &[String],
        from: Option<&str>,
        staged: bool,
        files: bool,
    ) -> Result<RepoEvent, CommandError> {
        let source = match from {
            Some(name) => self.tree(self.resolve(name)?),
            None if staged => self.tree(self.head()?),
            None => self.worktree.index.clone(),
        };
        for path in paths.iter().filter(|path| !path.is_empty()) {
            if source.item(path).is_none() && self.worktree.index.item(path).is_none() {
                return Err(CommandError::NoSuchPath(path.clone()));
            }
        }
        let worktree = &mut *self.worktree;
        let known = worktree.index.clone();
        let mut touched = Vec::new();
        if staged {
            touched.extend(copy_paths(&source, &mut worktree.index, paths, &|_| true)?);
        }
        if files {
            // A file that git does not know is nobody's to overwrite.
            let ours = |path: &str| source.file(path).is_some() || known.file(path).is_some();
            touched.extend(copy_paths(&source, &mut worktree.files, paths, &ours)?);
        }
        touched.sort();
        touched.dedup();
        Ok(changed(touched))
    }

    pub(super) fn commit(
        &mut self,
        message: Option<&str>,
        amend: bool,
        allow_empty: bool,
    ) -> Result<RepoEvent, CommandError> {
        let head = self.head()?;
        let last = self.repository.commit(head).cloned();
        let parents = match &last {
            Some(last) if amend => last.parents.clone(),
            _ => vec![head],
        };
        let tree = self.worktree.index.clone();
        let unchanged = parents.first().map(|parent| self.tree(*parent)) == Some(tree.clone());
        if unchanged && !allow_empty && !amend {
            return Err(CommandError::NothingToCommit);
        }
        let author = last
            .as_ref()
            .filter(|_| amend)
            .map(|last| last.author.clone());
        let kept = last
            .map(|last| last.message.to_string())
            .unwrap_or_default();
        let commit = self.repository.add(NewCommit {
            id: None,
            parents,
            tree,
            author: author.unwrap_or_else(|| self.person.clone()),
            committer: self.person.clone(),
            at: self.at,
            message: message.map_or(kept, str::to_owned),
        })?;
        self.set_head(commit);
        Ok(RepoEvent::Committed {
            commits: vec![commit],
        })
    }

    /// Changes index and files from one tree to another, keeping edits of files that are the same in both.
    pub(super) fn check_out(&mut self, from: &Tree, to: &Tree) -> Result<(), CommandError> {
        let mut paths = from.changed(to);
        let edited = |path: &String| {
            let here = self.worktree.files.file(path);
            let staged = self.worktree.index.file(path);
            let changed = here != from.file(path) || staged != from.file(path);
            // A file that was removed by hand loses nothing.
            changed && here.is_some() && here != to.file(path)
        };
        let lost: Vec<String> = paths.iter().filter(|path| edited(path)).cloned().collect();
        if !lost.is_empty() {
            return Err(CommandError::WouldOverwrite(lost));
        }
        paths.sort_by_key(|path| to.file(path).is_some());
        for path in paths {
            put(&mut self.worktree.index, &path, to.file(&path).cloned())?;
            put(&mut self.worktree.files, &path, to.file(&path).cloned())?;
        }
        Ok(())
    }
}

/// Makes files at or below some paths equal to a source; returns those that were not.
fn copy_paths(
    source: &Tree,
    target: &mut Tree,
    paths: &[String],
    ours: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, CommandError> {
    let mut differing = target.changed(source);
    differing.retain(|path| is_within(path, paths) && ours(path));
    differing.sort_by_key(|path| source.file(path).is_some());
    for path in &differing {
        put(target, path, source.file(path).cloned())?;
    }
    Ok(differing)
}
