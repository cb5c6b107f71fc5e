//! Typed tools over git: what a program asks without a command line. Never changes a clone.

pub mod blame;
pub mod recent_commits;

use super::program::Git;
use crate::session::Answer;
use crate::sim::World;
use crate::tools::program::{Place, Program, Run};
use crate::tools::tool::ToolError;

/// The repository and the path in it that a file is asked for by: `shop/src/main.go`, or `src/main.go` where only one
/// repository has it.
///
/// # Errors
/// When there is no such repository or file.
pub fn located(
    world: &World,
    file: &str,
    repo: Option<&str>,
) -> Result<(String, String), ToolError> {
    let path = file.trim_start_matches('/');
    let names = || world.repositories().keys();
    if let Some(repo) = repo.filter(|repo| !repo.is_empty()) {
        let inside = path.strip_prefix(&format!("{repo}/")).unwrap_or(path);
        return Ok((known_repository(world, repo)?, inside.to_owned()));
    }
    if let Some((first, inside)) = path.split_once('/')
        && world.worktree(first).is_some()
    {
        return Ok((first.to_owned(), inside.to_owned()));
    }
    let has = |name: &&String| {
        world.worktree(name).is_some_and(|tree| {
            tree.files().file(path).is_some() || tree.files().list(path).is_some()
        })
    };
    match names().filter(has).collect::<Vec<_>>().as_slice() {
        [only] => Ok(((*only).clone(), path.to_owned())),
        [] => Err(ToolError {
            message: format!("{file}: no such path in a checkout"),
            hint: Some(format!(
                "paths begin with a repository: {}; code_list_files lists what is in them",
                names().cloned().collect::<Vec<_>>().join(", ")
            )),
        }),
        several => Err(ToolError {
            message: format!("{file}: more than one repository has it"),
            hint: Some(format!(
                "begin the path with one of {}",
                several
                    .iter()
                    .map(|name| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }),
    }
}

/// A repository by name, or the first where none is named.
///
/// # Errors
/// When there is none of that name.
pub fn known_repository(world: &World, name: &str) -> Result<String, ToolError> {
    let mut names = world.repositories().keys();
    let found = if name.is_empty() {
        names.next()
    } else {
        names.find(|known| *known == name)
    };
    found.cloned().ok_or_else(|| ToolError {
        message: format!("there is no repository {name:?}"),
        hint: Some(format!(
            "repositories are {}",
            world
                .repositories()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        )),
    })
}

/// What a command line of git prints in a repository.
fn printed(world: &World, repo: &str, argv: &[String]) -> Result<Answer, ToolError> {
    let place = Place {
        cwd: repo.to_owned(),
    };
    match Git.run(world, &place, argv, "") {
        Run::Answer(answer) if answer.code == 0 => Ok(answer),
        Run::Answer(answer) => Err(ToolError::new(answer.error.trim_end())),
        Run::Act(_) => Err(ToolError::new("this changes the clone and is no look")),
    }
}

fn text<'a>(value: &'a serde_json::Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}
