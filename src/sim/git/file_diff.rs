//! The difference of two trees, file by file, with renames found as git finds them, and its text as git prints it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::hunk::{Hunk, lines};
use super::line_diff::{self, CONTEXT_LINES};
use super::tree::Tree;

/// What happened to a file between two trees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum FileChange {
    /// The file is new.
    Added {
        /// Where.
        path: String,
    },
    /// The file is gone.
    Deleted {
        /// Where it was.
        path: String,
    },
    /// The text differs.
    Modified {
        /// Where.
        path: String,
    },
    /// The file moved, perhaps with changes.
    Renamed {
        /// Where it was.
        from: String,
        /// Where it is.
        to: String,
        /// How much of it stayed, in percent.
        similarity: u8,
    },
}

impl FileChange {
    /// The path after the change; for a removed file, the path before.
    pub fn path(&self) -> &str {
        match self {
            Self::Added { path }
            | Self::Deleted { path }
            | Self::Modified { path }
            | Self::Renamed { to: path, .. } => path,
        }
    }

    /// `A`, `D`, `M` or `R087`, as `--name-status` prints it.
    pub fn letter(&self) -> String {
        match self {
            Self::Added { .. } => "A".to_owned(),
            Self::Deleted { .. } => "D".to_owned(),
            Self::Modified { .. } => "M".to_owned(),
            Self::Renamed { similarity, .. } => format!("R{similarity:03}"),
        }
    }
}

/// The difference of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// What happened.
    #[serde(flatten)]
    pub change: FileChange,
    /// Id of the text before, 40 hexadecimal digits; zeros if there was none.
    pub old_blob: String,
    /// Id of the text after; zeros if there is none.
    pub new_blob: String,
    /// The changed lines with their context.
    pub hunks: Vec<Hunk>,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
}

/// How to compare two trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// Lines of context around a change.
    pub context: usize,
    /// Whether a removed and an added file that resemble each other are one renamed file.
    pub renames: bool,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self {
            context: CONTEXT_LINES,
            renames: true,
        }
    }
}

const NO_BLOB: &str = "0000000000000000000000000000000000000000";

/// Pairs of added and removed files compared for likeness; past it only equal texts count as renamed, as in git.
const MAX_RENAME_PAIRS: usize = 2_500;

/// The id of a text: 40 hexadecimal digits derived from its content.
pub fn blob_id(text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("blob {}\0", text.len()).as_bytes());
    hash.update(text.as_bytes());
    hex(&hash.finalize())
}

/// The first 40 hexadecimal digits of a hash.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(40);
    for byte in bytes.iter().take(20) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The files that differ between two trees, in git's order. `keep` picks paths; a rename counts if either side is kept,
/// but is shown as an addition or removal if the other side is not.
pub fn tree_diff(
    old: &Tree,
    new: &Tree,
    options: DiffOptions,
    keep: &dyn Fn(&str) -> bool,
) -> Vec<FileDiff> {
    changes(old, new, options, keep)
        .into_iter()
        .map(|(change, before, after)| {
            file_diff(change, before.as_deref(), after.as_deref(), options.context)
        })
        .collect()
}

/// What happened to which file, without looking at lines (but for renames).
pub fn tree_changes(old: &Tree, new: &Tree, keep: &dyn Fn(&str) -> bool) -> Vec<FileChange> {
    changes(old, new, DiffOptions::default(), keep)
        .into_iter()
        .map(|(change, ..)| change)
        .collect()
}

type Changed = (FileChange, Option<Arc<str>>, Option<Arc<str>>);

fn changes(
    old: &Tree,
    new: &Tree,
    options: DiffOptions,
    keep: &dyn Fn(&str) -> bool,
) -> Vec<Changed> {
    let mut found: Vec<Changed> = Vec::new();
    for path in old.changed(new).into_iter().filter(|path| keep(path)) {
        let (before, after) = (old.file(&path).cloned(), new.file(&path).cloned());
        let change = match (&before, &after) {
            (None, _) => FileChange::Added { path },
            (_, None) => FileChange::Deleted { path },
            _ => FileChange::Modified { path },
        };
        found.push((change, before, after));
    }
    if options.renames {
        found = with_renames(found);
    }
    found.sort_by(|a, b| a.0.path().cmp(b.0.path()));
    found
}

fn file_diff(
    change: FileChange,
    before: Option<&str>,
    after: Option<&str>,
    context: usize,
) -> FileDiff {
    let hunks = line_diff::hunks(
        before.unwrap_or_default(),
        after.unwrap_or_default(),
        context,
    );
    let (added, removed) = hunks
        .iter()
        .map(Hunk::counts)
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let id = |text: Option<&str>| text.map_or_else(|| NO_BLOB.to_owned(), blob_id);
    FileDiff {
        change,
        old_blob: id(before),
        new_blob: id(after),
        hunks,
        added,
        removed,
    }
}

/// The difference of one file given its two texts.
pub fn text_diff(path: &str, before: Option<&str>, after: Option<&str>) -> FileDiff {
    let path = path.to_owned();
    let change = match (before, after) {
        (None, _) => FileChange::Added { path },
        (_, None) => FileChange::Deleted { path },
        _ => FileChange::Modified { path },
    };
    file_diff(change, before, after, CONTEXT_LINES)
}

fn with_renames(found: Vec<Changed>) -> Vec<Changed> {
    let is_added = |entry: &Changed| matches!(entry.0, FileChange::Added { .. });
    let is_deleted = |entry: &Changed| matches!(entry.0, FileChange::Deleted { .. });
    let added: Vec<usize> = positions(&found, is_added);
    let deleted: Vec<usize> = positions(&found, is_deleted);
    if added.is_empty() || deleted.is_empty() {
        return found;
    }
    let exact_only = added.len() * deleted.len() > MAX_RENAME_PAIRS;
    // Best pairs first; between equals the same base name, then git's order.
    let mut pairs = Vec::new();
    for &to in &added {
        for &from in &deleted {
            let (Some(a), Some(d)) = (found.get(to), found.get(from)) else {
                continue;
            };
            let score = likeness(d.1.as_deref(), a.2.as_deref(), exact_only);
            if score >= 50 {
                let other_name = base_name(a.0.path()) != base_name(d.0.path());
                pairs.push((std::cmp::Reverse(score), other_name, to, from));
            }
        }
    }
    pairs.sort_unstable();
    let mut renamed: BTreeMap<usize, (usize, u8)> = BTreeMap::new();
    let mut used = std::collections::BTreeSet::new();
    for (score, _, to, from) in pairs {
        if !renamed.contains_key(&to) && used.insert(from) {
            renamed.insert(to, (from, score.0));
        }
    }
    join_renames(found, &renamed, &used)
}

fn positions(found: &[Changed], wanted: impl Fn(&Changed) -> bool) -> Vec<usize> {
    let matching = found.iter().enumerate().filter(|(_, entry)| wanted(entry));
    matching.map(|(index, _)| index).collect()
}

fn join_renames(
    found: Vec<Changed>,
    renamed: &BTreeMap<usize, (usize, u8)>,
    used: &std::collections::BTreeSet<usize>,
) -> Vec<Changed> {
    let origins: BTreeMap<usize, (String, Option<Arc<str>>)> = used
        .iter()
        .filter_map(|from| {
            found
                .get(*from)
                .map(|e| (*from, (e.0.path().to_owned(), e.1.clone())))
        })
        .collect();
    let mut result = Vec::with_capacity(found.len());
    for (index, (change, before, after)) in found.into_iter().enumerate() {
        if used.contains(&index) {
            continue;
        }
        let origin = renamed
            .get(&index)
            .and_then(|(from, score)| origins.get(from).map(|origin| (origin, *score)));
        result.push(match origin {
            Some(((from, text), similarity)) => (
                FileChange::Renamed {
                    from: from.clone(),
                    to: change.path().to_owned(),
                    similarity,
                },
                text.clone(),
                after,
            ),
            None => (change, before, after),
        });
    }
    result
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The share of the larger text that is also in the other, by lines, in percent. Empty files resemble nothing.
fn likeness(before: Option<&str>, after: Option<&str>, exact_only: bool) -> u8 {
    let (Some(before), Some(after)) = (before, after) else {
        return 0;
    };
    if before.is_empty() || after.is_empty() {
        return 0;
    }
    if before == after {
        return 100;
    }
    if exact_only {
        return 0;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines(before) {
        *counts.entry(line).or_default() += 1;
    }
    let mut common = 0;
    for line in lines(after) {
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            common += line.len();
        }
    }
    // Not equal, so never 100.
    ((common * 100 / before.len().max(after.len())) as u8).min(99)
}

impl FileDiff {
    /// The diff as git prints it, from `diff --git` on.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let (old_path, new_path) = match &self.change {
            FileChange::Renamed { from, to, .. } => (from.as_str(), to.as_str()),
            other => (other.path(), other.path()),
        };
        let _ = writeln!(out, "diff --git a/{old_path} b/{new_path}");
        let (old_blob, new_blob) = (abbreviated(&self.old_blob), abbreviated(&self.new_blob));
        match &self.change {
            FileChange::Added { .. } => {
                let _ = writeln!(out, "new file mode 100644\nindex {old_blob}..{new_blob}");
            }
            FileChange::Deleted { .. } => {
                let _ = writeln!(
                    out,
                    "deleted file mode 100644\nindex {old_blob}..{new_blob}"
                );
            }
            FileChange::Modified { .. } => {
                let _ = writeln!(out, "index {old_blob}..{new_blob} 100644");
            }
            FileChange::Renamed {
                from,
                to,
                similarity,
            } => {
                let _ = writeln!(
                    out,
                    "similarity index {similarity}%\nrename from {from}\nrename to {to}"
                );
                if self.old_blob != self.new_blob {
                    let _ = writeln!(out, "index {old_blob}..{new_blob} 100644");
                }
            }
        }
        if self.hunks.is_empty() {
            return out;
        }
        let old_name = side_name(
            "a/",
            old_path,
            matches!(self.change, FileChange::Added { .. }),
        );
        let new_name = side_name(
            "b/",
            new_path,
            matches!(self.change, FileChange::Deleted { .. }),
        );
        let _ = writeln!(out, "--- {old_name}\n+++ {new_name}");
        render_hunks(&self.hunks, &mut out);
        out
    }
}

/// Appends hunks as a unified diff has them.
pub fn render_hunks(hunks: &[Hunk], out: &mut String) {
    for hunk in hunks {
        out.push_str(&hunk.header());
        out.push('\n');
        for line in &hunk.lines {
            out.push(line.kind.sign());
            out.push_str(&line.text);
            out.push('\n');
            if line.no_newline {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
}

fn abbreviated(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// A name with blanks is closed by a tab, so that readers of the diff see where it ends.
fn side_name(prefix: &str, path: &str, absent: bool) -> String {
    if absent {
        return "/dev/null".to_owned();
    }
    let end = if path.contains(' ') { "\t" } else { "" };
    format!("{prefix}{path}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::from_files(files.iter().map(|(path, text)| (*path, Arc::from(*text)))).unwrap()
    }

    fn render(old: &Tree, new: &Tree) -> String {
        let diffs = tree_diff(old, new, DiffOptions::default(), &|_| true);
        diffs.iter().map(FileDiff::render).collect()
    }

    #[test]
    fn a_moved_file_is_a_rename() {
        let body = "one\ntwo\nthree\nfour\nfive\nsix\n";
        let old = tree(&[("a/x.txt", body), ("k", "1\n")]);
        let new = tree(&[("b/x.txt", body), ("k", "1\n")]);
        assert_eq!(
            render(&old, &new),
            "diff --git a/a/x.txt b/b/x.txt\nsimilarity index 100%\nrename from a/x.txt\nrename to b/x.txt\n"
        );
        let changed = tree(&[("b/x.txt", &body.replace("six", "6")), ("k", "1\n")]);
        let diffs = tree_diff(&old, &changed, DiffOptions::default(), &|_| true);
        assert!(matches!(
            diffs[0].change,
            FileChange::Renamed {
                similarity: 82..=86,
                ..
            }
        ));
        assert_eq!((diffs[0].added, diffs[0].removed), (1, 1));
    }

    #[test]
    fn new_and_gone_files_have_null_sides() {
        let new = tree(&[("n", "x\n")]);
        let id = blob_id("x\n");
        assert_eq!(
            render(&Tree::default(), &new),
            format!(
                "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..{}\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
                &id[..7]
            )
        );
        assert!(
            render(&new, &Tree::default()).contains("--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n")
        );
    }
}
