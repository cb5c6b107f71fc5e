//! A tree of files that shares what did not change: a folder is copied only when something in it changes, so every
//! commit of a long history keeps its whole tree. Never holds anything but text.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::path::{PathProblem, check_path};

/// The files of a repository at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    root: Arc<Folder>,
}

type Folder = BTreeMap<Arc<str>, Node>;

#[derive(Clone, Debug)]
enum Node {
    File(Arc<str>),
    Folder(Arc<Folder>),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a), Self::File(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Folder(a), Self::Folder(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for Node {}

/// What a path of a tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A file with its text.
    File(Arc<str>),
    /// A folder.
    Folder,
}

/// Why a file cannot be written into a tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// The path is not one of a repository.
    #[error("path `{path}` {problem}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// A file is in the way of a folder, or a folder in the way of a file.
    #[error("`{path}` is a file and a folder at once")]
    FileAndFolder {
        /// The path.
        path: String,
    },
}

impl Tree {
    /// A tree of the given files.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, Arc<str>)>,
    ) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.write(path, text)?;
        }
        Ok(tree)
    }

    /// The text of a file; `None` for a folder or nothing.
    pub fn file(&self, path: &str) -> Option<&Arc<str>> {
        match self.node(path)? {
            Node::File(text) => Some(text),
            Node::Folder(_) => None,
        }
    }

    /// What is at a path; the empty path is the root folder.
    pub fn item(&self, path: &str) -> Option<Item> {
        if path.is_empty() {
            return Some(Item::Folder);
        }
        Some(match self.node(path)? {
            Node::File(text) => Item::File(Arc::clone(text)),
            Node::Folder(_) => Item::Folder,
        })
    }

    /// The names in a folder with what they are, by byte order; `None` if there is no such folder.
    pub fn list(&self, path: &str) -> Option<Vec<(Arc<str>, Item)>> {
        let folder = if path.is_empty() {
            &self.root
        } else {
            match self.node(path)? {
                Node::Folder(folder) => folder,
                Node::File(_) => return None,
            }
        };
        let item = |node: &Node| match node {
            Node::File(text) => Item::File(Arc::clone(text)),
            Node::Folder(_) => Item::Folder,
        };
        Some(
            folder
                .iter()
                .map(|(name, node)| (Arc::clone(name), item(node)))
                .collect(),
        )
    }

    fn node(&self, path: &str) -> Option<&Node> {
        let mut components = path.split('/');
        let mut node = self.root.get(components.next()?)?;
        for component in components {
            let Node::Folder(folder) = node else {
                return None;
            };
            node = folder.get(component)?;
        }
        Some(node)
    }

    /// Writes a file, making its folders.
    pub fn write(&mut self, path: &str, text: Arc<str>) -> Result<(), TreeError> {
        check_path(path).map_err(|problem| TreeError::Path {
            path: path.chars().filter(|c| !c.is_control()).take(100).collect(),
            problem,
        })?;
        let components: Vec<&str> = path.split('/').collect();
        if write_in(&mut self.root, &components, text) {
            Ok(())
        } else {
            Err(TreeError::FileAndFolder {
                path: path.to_owned(),
            })
        }
    }

    /// Removes a file and the folders that it leaves empty; says whether there was one.
    pub fn remove(&mut self, path: &str) -> bool {
        if self.file(path).is_none() {
            return false;
        }
        let components: Vec<&str> = path.split('/').collect();
        remove_in(&mut self.root, &components);
        true
    }

    /// Writes (`Some`) or removes (`None`) a file.
    pub fn set(&mut self, path: &str, text: Option<Arc<str>>) -> Result<(), TreeError> {
        if let Some(text) = text {
            return self.write(path, text);
        }
        self.remove(path);
        Ok(())
    }

    /// All files with their paths, in git's order: by the bytes of the whole path.
    pub fn files(&self) -> Vec<(String, Arc<str>)> {
        let mut found = Vec::new();
        collect(&self.root, "", &mut found);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// The paths whose text differs between two trees, in git's order. Shared folders are not entered.
    pub fn changed(&self, newer: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if !Arc::ptr_eq(&self.root, &newer.root) {
            compare(&self.root, &newer.root, "", &mut found);
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whether anything at or below `path` differs between two trees. The empty path is everything.
    pub fn differs_at(&self, newer: &Self, path: &str) -> bool {
        if path.is_empty() {
            return !Arc::ptr_eq(&self.root, &newer.root) && self.root != newer.root;
        }
        match (self.node(path), newer.node(path)) {
            (None, None) => false,
            (Some(a), Some(b)) => a != b,
            _ => true,
        }
    }
}

fn write_in(folder: &mut Arc<Folder>, components: &[&str], text: Arc<str>) -> bool {
    let Some((name, rest)) = components.split_first() else {
        return false;
    };
    let folder = Arc::make_mut(folder);
    if rest.is_empty() {
        if matches!(folder.get(*name), Some(Node::Folder(_))) {
            return false;
        }
        folder.insert(Arc::from(*name), Node::File(text));
        return true;
    }
    match folder
        .entry(Arc::from(*name))
        .or_insert_with(|| Node::Folder(Arc::default()))
    {
        Node::File(_) => false,
        Node::Folder(inner) => write_in(inner, rest, text),
    }
}

fn remove_in(folder: &mut Arc<Folder>, components: &[&str]) {
    let Some((name, rest)) = components.split_first() else {
        return;
    };
    let folder = Arc::make_mut(folder);
    if rest.is_empty() {
        folder.remove(*name);
        return;
    }
    if let Some(Node::Folder(inner)) = folder.get_mut(*name) {
        remove_in(inner, rest);
        if inner.is_empty() {
            folder.remove(*name);
        }
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}/{name}")
    }
}

fn collect(folder: &Folder, prefix: &str, found: &mut Vec<(String, Arc<str>)>) {
    for (name, node) in folder {
        let path = join(prefix, name);
        match node {
            Node::File(text) => found.push((path, Arc::clone(text))),
            Node::Folder(inner) => collect(inner, &path, found),
        }
    }
}

/// Every file below a node, as changed.
fn all(node: &Node, path: &str, found: &mut Vec<String>) {
    match node {
        Node::File(_) => found.push(path.to_owned()),
        Node::Folder(folder) => {
            for (name, inner) in folder.iter() {
                all(inner, &join(path, name), found);
            }
        }
    }
}

fn compare(old: &Folder, new: &Folder, prefix: &str, found: &mut Vec<String>) {
    for (name, before) in old {
        let path = join(prefix, name);
        match (before, new.get(name)) {
            (Node::File(a), Some(Node::File(b))) => {
                if !Arc::ptr_eq(a, b) && a != b {
                    found.push(path);
                }
            }
            (Node::Folder(a), Some(Node::Folder(b))) => {
                if !Arc::ptr_eq(a, b) {
                    compare(a, b, &path, found);
                }
            }
            (_, after) => {
                all(before, &path, found);
                if let Some(after) = after {
                    all(after, &path, found);
                }
            }
        }
    }
    for (name, after) in new {
        if !old.contains_key(name) {
            all(after, &join(prefix, name), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::from_files(files.iter().map(|(path, text)| (*path, Arc::from(*text)))).unwrap()
    }

    #[test]
    fn files_come_in_the_order_of_their_whole_path() {
        let tree = tree(&[("a/b", "1"), ("a.txt", "2"), ("a-b", "3"), ("a0", "4")]);
        let paths: Vec<String> = tree.files().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a-b", "a.txt", "a/b", "a0"]);
    }

    #[test]
    fn a_copy_shares_the_folders_that_did_not_change() {
        let before = tree(&[("a/x", "1"), ("b/y", "2")]);
        let mut after = before.clone();
        after.write("b/y", Arc::from("3")).unwrap();
        assert_eq!(before.changed(&after), ["b/y"]);
        assert!(!before.differs_at(&after, "a"));
        assert!(before.differs_at(&after, "b"));
        let (Some(Node::Folder(old)), Some(Node::Folder(new))) =
            (before.node("a"), after.node("a"))
        else {
            panic!("folders");
        };
        assert!(Arc::ptr_eq(old, new));
    }

    #[test]
    fn a_folder_goes_with_its_last_file() {
        let mut tree = tree(&[("a/b/c", "1"), ("d", "2")]);
        assert!(tree.remove("a/b/c"));
        assert!(!tree.remove("a/b"));
        assert_eq!(tree.item("a"), None);
        assert_eq!(tree.list("").unwrap().len(), 1);
    }

    #[test]
    fn a_file_cannot_be_a_folder_too() {
        let mut tree = tree(&[("a", "1"), ("d/e", "2")]);
        assert!(matches!(
            tree.write("a/b", Arc::from("")),
            Err(TreeError::FileAndFolder { .. })
        ));
        assert!(matches!(
            tree.write("d", Arc::from("")),
            Err(TreeError::FileAndFolder { .. })
        ));
    }
}
