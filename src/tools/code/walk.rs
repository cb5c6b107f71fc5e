//! Files below a folder of the player's checkout, in the order of their paths. Never reads one.

use crate::sim::World;
use crate::tools::board::code;
use crate::tools::tool::ToolError;

/// Files that a walk finds at most.
pub const MOST_FILES: usize = 5_000;

/// A file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path, with the repository.
    pub path: String,
    /// It is a folder.
    pub is_folder: bool,
}

/// What a folder holds, or the file itself; with `recursive` all files below it.
///
/// # Errors
/// When there is no such path.
pub fn walk(world: &World, path: &str, recursive: bool) -> Result<Vec<Found>, ToolError> {
    let path = path.trim_matches('/');
    let entries = code::folder(world, path);
    if entries.is_empty() {
        if code::file(world, path).is_some() {
            return Ok(vec![Found {
                path: path.to_owned(),
                is_folder: false,
            }]);
        }
        return Err(ToolError {
            message: format!("{path}: No such file or directory"),
            hint: Some("code_list_files without a path lists the repositories".to_owned()),
        });
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for (_, path, is_folder) in code::folder(world, &folder) {
            if found.len() >= MOST_FILES {
                break;
            }
            match (is_folder, recursive) {
                (true, true) => folders.push(path),
                _ => found.push(Found { path, is_folder }),
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}
