//! Applying hunks to files. Context must match exactly; a hunk may sit at another line than it says, as `git apply`
//! allows. Never fuzz: a patch that fits nowhere is an error.

use thiserror::Error;

use super::hunk::{Hunk, HunkLine, LineKind, lines};
use super::patch::{FilePatch, Target};

/// Why a file's hunks did not apply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApplyProblem {
    /// The file is not in the tree.
    #[error("the file does not exist at this commit")]
    MissingFile,
    /// The file is in the tree already.
    #[error("the file exists already at this commit")]
    FileExists,
    /// The patch removes the file but leaves text in it.
    #[error("the patch removes the file but leaves {lines} lines of it")]
    NotEmptied {
        /// Lines left over.
        lines: usize,
    },
    /// The lines of the hunk are nowhere in the file after the hunk before it.
    #[error("hunk {hunk} (old line {line}) fits nowhere; its first line is `{first}`")]
    NoMatch {
        /// Number of the hunk in its file, from 1.
        hunk: usize,
        /// The old line that the hunk names.
        line: usize,
        /// The first line of the hunk that must be in the file.
        first: String,
    },
    /// The file and the hunk repeat themselves so much that looking for the place was given up.
    #[error(
        "hunk {hunk}: its place was not found within the limit of {MAX_COMPARISONS} comparisons"
    )]
    TooMuchWork {
        /// Number of the hunk in its file, from 1.
        hunk: usize,
    },
}

/// Line comparisons allowed to find the place of one hunk; a patch is untrusted input.
pub const MAX_COMPARISONS: usize = 10_000_000;

/// Applies hunks to a text. Each hunk is tried at its own line (moved by what the hunks before it moved), then ever
/// farther away in both directions, and never before the end of the hunk before it.
pub fn apply(text: &str, hunks: &[Hunk]) -> Result<String, ApplyProblem> {
    let source = lines(text);
    let mut result = String::with_capacity(text.len() + 256);
    let mut done = 0;
    let mut shift = 0_isize;
    for (number, hunk) in hunks.iter().enumerate() {
        let stated = stated_position(hunk);
        let wanted = stated.saturating_add_signed(shift);
        let old: Vec<&HunkLine> = hunk
            .lines
            .iter()
            .filter(|line| line.kind != LineKind::Added)
            .collect();
        let at = match find(&source, &old, wanted, done) {
            Search::Found(at) => at,
            Search::GaveUp => return Err(ApplyProblem::TooMuchWork { hunk: number + 1 }),
            Search::Nowhere => {
                return Err(ApplyProblem::NoMatch {
                    hunk: number + 1,
                    line: hunk.old_start,
                    first: old
                        .first()
                        .map_or_else(String::new, |line| line.text.clone()),
                });
            }
        };
        shift = at as isize - stated as isize;
        source
            .iter()
            .take(at)
            .skip(done)
            .for_each(|line| result.push_str(line));
        hunk.lines
            .iter()
            .filter(|line| line.kind != LineKind::Removed)
            .for_each(|line| line.push_to(&mut result));
        done = at + old.len();
    }
    source
        .iter()
        .skip(done)
        .for_each(|line| result.push_str(line));
    Ok(result)
}

/// The index of the first old line a hunk names. A hunk without old lines names the line it follows.
fn stated_position(hunk: &Hunk) -> usize {
    if hunk.old_count == 0 {
        hunk.old_start
    } else {
        hunk.old_start.saturating_sub(1)
    }
}

enum Search {
    Found(usize),
    Nowhere,
    GaveUp,
}

fn find(source: &[&str], old: &[&HunkLine], wanted: usize, from: usize) -> Search {
    let Some(last) = source
        .len()
        .checked_sub(old.len())
        .filter(|last| from <= *last)
    else {
        return Search::Nowhere;
    };
    let wanted = wanted.clamp(from, last);
    let mut comparisons = 0;
    for distance in 0..=source.len() {
        let before = wanted.checked_sub(distance).filter(|at| *at >= from);
        let after = Some(wanted + distance).filter(|at| *at <= last);
        for at in [before, after].into_iter().flatten() {
            let equal = source
                .iter()
                .skip(at)
                .zip(old)
                .take_while(|(line, want)| want.matches(line))
                .count();
            if equal == old.len() {
                return Search::Found(at);
            }
            comparisons += equal + 1;
        }
        if comparisons > MAX_COMPARISONS {
            return Search::GaveUp;
        }
    }
    Search::Nowhere
}

/// Applies one file's part of a patch: the text before (`None` if the file does not exist) to the text after (`None` if
/// it is removed).
pub fn apply_file(patch: &FilePatch, before: Option<&str>) -> Result<Option<String>, ApplyProblem> {
    match &patch.target {
        Target::Create(_) => match before {
            Some(_) => Err(ApplyProblem::FileExists),
            None => apply("", &patch.hunks).map(Some),
        },
        Target::Delete(_) => {
            let left = apply(before.ok_or(ApplyProblem::MissingFile)?, &patch.hunks)?;
            if left.is_empty() {
                Ok(None)
            } else {
                Err(ApplyProblem::NotEmptied {
                    lines: lines(&left).len(),
                })
            }
        }
        Target::Modify(_) | Target::Rename { .. } => {
            apply(before.ok_or(ApplyProblem::MissingFile)?, &patch.hunks).map(Some)
        }
    }
}
