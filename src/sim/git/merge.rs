//! Joining two changes of a common base, file by file and hunk by hunk. Never writes conflict markers: a conflict is an
//! error that says where.

use std::sync::Arc;

use thiserror::Error;

use super::hunk::lines;
use super::line_diff::{Edit, edits};
use super::tree::Tree;

/// Two changes that cannot both stand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: both sides changed {what}")]
pub struct MergeConflict {
    /// The file.
    pub path: String,
    /// Which part of it.
    pub what: ConflictPart,
}

/// What both sides changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConflictPart {
    /// The same lines.
    #[error("its lines from {line} on")]
    Lines {
        /// First line of the base that both changed, from 1.
        line: usize,
    },
    /// One removed the file, the other changed it.
    #[error("or removed the file")]
    File,
}

/// Applies to `ours` what changed from `base` to `theirs`.
pub fn merge_trees(base: &Tree, ours: &Tree, theirs: &Tree) -> Result<Tree, MergeConflict> {
    let mut result = ours.clone();
    let mut writes = Vec::new();
    for path in base.changed(theirs) {
        let (before, mine, other) = (base.file(&path), ours.file(&path), theirs.file(&path));
        let text = if mine == before || mine == other {
            other.cloned()
        } else {
            match (before, mine, other) {
                (before, Some(mine), Some(other)) => {
                    let before = before.map_or("", |text| text);
                    Some(Arc::from(merge_texts(&path, before, mine, other)?))
                }
                _ => {
                    return Err(MergeConflict {
                        path,
                        what: ConflictPart::File,
                    });
                }
            }
        };
        writes.push((path, text));
    }
    // Removals first: a folder may take the place of a file.
    writes.sort_by_key(|(_, text)| text.is_some());
    for (path, text) in writes {
        let written = result.set(&path, text);
        written.map_err(|_| MergeConflict {
            path,
            what: ConflictPart::File,
        })?;
    }
    Ok(result)
}

fn merge_texts(path: &str, base: &str, ours: &str, theirs: &str) -> Result<String, MergeConflict> {
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let mut mine = edits(&base, &ours).into_iter().peekable();
    let mut other = edits(&base, &theirs).into_iter().peekable();
    let mut out = String::new();
    let mut at = 0;
    loop {
        let (edit, source) = match (mine.peek(), other.peek()) {
            (None, None) => break,
            (Some(a), Some(b)) if touches(*a, *b) => {
                let same = a.old_start == b.old_start
                    && a.old_count == b.old_count
                    && added(&ours, *a) == added(&theirs, *b);
                if !same {
                    return Err(MergeConflict {
                        path: path.to_owned(),
                        what: ConflictPart::Lines {
                            line: a.old_start.max(b.old_start) + 1,
                        },
                    });
                }
                other.next();
                (mine.next(), &ours)
            }
            (Some(a), Some(b)) if a.old_start > b.old_start => (other.next(), &theirs),
            (Some(_), _) => (mine.next(), &ours),
            (None, Some(_)) => (other.next(), &theirs),
        };
        let Some(edit) = edit else { break };
        out.extend(
            base.get(at..edit.old_start)
                .unwrap_or_default()
                .iter()
                .copied(),
        );
        out.extend(added(source, edit).iter().copied());
        at = edit.old_start + edit.old_count;
    }
    out.extend(base.get(at..).unwrap_or_default().iter().copied());
    Ok(out)
}

fn added<'a, 'b>(source: &'b [&'a str], edit: Edit) -> &'b [&'a str] {
    source
        .get(edit.new_start..edit.new_start + edit.new_count)
        .unwrap_or_default()
}

/// Whether two edits of one base overlap or adjoin, which git calls a conflict.
fn touches(a: Edit, b: Edit) -> bool {
    a.old_start <= b.old_start + b.old_count && b.old_start <= a.old_start + a.old_count
}
