//! Files of the trainee's clones. Paths begin with the repository's name.

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::git::tree::Item;

/// An entry of a folder: its name, its whole path, whether it is a folder.
pub fn folder(world: &World, path: &str) -> Vec<(String, String, bool)> {
    if path.is_empty() {
        return world
            .repositories()
            .keys()
            .map(|name| (name.clone(), name.clone(), true))
            .collect();
    }
    let (repo, inside) = path.split_once('/').unwrap_or((path, ""));
    let Some(entries) = world
        .worktree(repo)
        .and_then(|worktree| worktree.files().list(inside))
    else {
        return Vec::new();
    };
    let mut rows: Vec<_> = entries
        .into_iter()
        .map(|(name, item)| {
            (
                name.to_string(),
                format!("{path}/{name}"),
                matches!(item, Item::Folder),
            )
        })
        .collect();
    rows.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    rows
}

/// A file: its text, what a pin keeps, the revision it is at.
pub fn file(world: &World, path: &str) -> Option<(String, Shown, String)> {
    let (repo, inside) = path.split_once('/')?;
    let worktree = world.worktree(repo)?;
    let text = worktree.files().file(inside)?.to_string();
    let shown = Shown::File {
        repo: repo.to_owned(),
        path: inside.to_owned(),
        text: text.clone(),
    };
    let repository = world.repositories().get(repo)?;
    let head = worktree
        .head_commit()
        .map(|head| repository.short_id(head).to_owned())
        .unwrap_or_default();
    let edited = worktree
        .unstaged()
        .iter()
        .any(|change| change.path() == inside);
    let branch = worktree.current_branch().unwrap_or("HEAD");
    let revision = if edited {
        format!("{branch}@{head}, edited")
    } else {
        format!("{branch}@{head}")
    };
    Some((text, shown, revision))
}
