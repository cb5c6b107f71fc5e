//! Unified diffs: reading one and applying it to files. Context must match exactly; a hunk may sit at another line than
//! it says, as `git apply` allows. Never fuzz: a patch that fits nowhere is an error.

use thiserror::Error;

use super::hunk::{Hunk, HunkLine, LineKind, lines};
use super::path::{PathProblem, check_path};

/// The largest patch that is read, in bytes.
pub const MAX_PATCH_BYTES: usize = 1 << 20;

/// The changes of one patch, file by file in the order of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// One entry per file.
    pub files: Vec<FilePatch>,
}

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// Which file is made, removed, moved or changed.
    pub target: Target,
    /// The changes, by rising line.
    pub hunks: Vec<Hunk>,
}

/// The file that a [`FilePatch`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The file exists before and after.
    Modify(String),
    /// The file is new.
    Create(String),
    /// The file goes.
    Delete(String),
    /// The file moves, perhaps with changes.
    Rename {
        /// Where it was.
        from: String,
        /// Where it goes.
        to: String,
    },
}

impl Target {
    /// The path after the patch; for a removed file, the path before.
    pub fn path(&self) -> &str {
        match self {
            Self::Modify(path)
            | Self::Create(path)
            | Self::Delete(path)
            | Self::Rename { to: path, .. } => path,
        }
    }
}

/// A patch that is not a unified diff.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct PatchSyntaxError {
    /// Line of the patch, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: PatchSyntax,
}

/// The ways in which a text is not a unified diff.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatchSyntax {
    /// The patch has more than [`MAX_PATCH_BYTES`] bytes.
    #[error("the patch is larger than {MAX_PATCH_BYTES} bytes")]
    TooLarge,
    /// A hunk or a file header was expected.
    #[error(
        "expected a file header (`--- a/file`, then `+++ b/file`) or a hunk (`@@ -1,4 +1,5 @@`)"
    )]
    UnexpectedLine,
    /// `---` without `+++`.
    #[error("`---` must be followed by a line `+++ b/file`")]
    MissingNewFile,
    /// A `@@` line that cannot be read.
    #[error("a hunk header reads `@@ -first,count +first,count @@`")]
    HunkHeader,
    /// Fewer or more lines than the hunk's header says.
    #[error(
        "the hunk's header promises {old} old and {new} new lines; {found_old} and {found_new} follow"
    )]
    HunkCount {
        /// Old lines promised.
        old: usize,
        /// New lines promised.
        new: usize,
        /// Old lines found.
        found_old: usize,
        /// New lines found.
        found_new: usize,
    },
    /// `\ No newline` where no line precedes it.
    #[error("`\\ No newline at end of file` must follow a line of a hunk")]
    StrayNoNewline,
    /// A path that no repository can hold.
    #[error("path `{path}`: {problem}")]
    Path {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// Both sides are `/dev/null`.
    #[error("a patch cannot go from /dev/null to /dev/null")]
    NoFile,
    /// A binary patch.
    #[error("binary patches are not supported; repositories hold text")]
    Binary,
}

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

impl Patch {
    /// Reads a unified diff: with git's headers or with plain `---` and `+++` lines. Text before the first header is
    /// refused, so that nothing of a patch is dropped silently.
    pub fn parse(text: &str) -> Result<Self, PatchSyntaxError> {
        if text.len() > MAX_PATCH_BYTES {
            return Err(PatchSyntaxError {
                line: 1,
                problem: PatchSyntax::TooLarge,
            });
        }
        let mut reader = Reader {
            lines: text.lines().collect(),
            at: 0,
        };
        let mut files = Vec::new();
        while let Some(line) = reader.peek() {
            if line.trim().is_empty() {
                reader.at += 1;
                continue;
            }
            files.push(reader.file()?);
        }
        Ok(Self { files })
    }
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

/// What git's extended header lines said about a file.
#[derive(Default)]
struct Header {
    old: Option<String>,
    new: Option<String>,
    created: bool,
    deleted: bool,
    renamed: bool,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    fn error(&self, problem: PatchSyntax) -> PatchSyntaxError {
        PatchSyntaxError {
            line: self.at + 1,
            problem,
        }
    }

    fn file(&mut self) -> Result<FilePatch, PatchSyntaxError> {
        let start = self.at;
        let mut header = self.git_header()?;
        if let Some(old) = self.peek().and_then(|line| line.strip_prefix("--- ")) {
            let old = self.side(old, "a/")?;
            self.at += 1;
            let Some(new) = self.peek().and_then(|line| line.strip_prefix("+++ ")) else {
                return Err(self.error(PatchSyntax::MissingNewFile));
            };
            let new = self.side(new, "b/")?;
            self.at += 1;
            header.created |= old.is_none();
            header.deleted |= new.is_none();
            header.old = old.or(header.old);
            header.new = new.or(header.new);
        } else if self.at == start {
            return Err(self.error(PatchSyntax::UnexpectedLine));
        }
        let target = header
            .target()
            .ok_or_else(|| self.error(PatchSyntax::NoFile))?;
        let mut hunks = Vec::new();
        while self.peek().is_some_and(|line| line.starts_with("@@")) {
            hunks.push(self.hunk()?);
        }
        Ok(FilePatch { target, hunks })
    }

    /// `diff --git` and the lines up to `---` or the next file.
    fn git_header(&mut self) -> Result<Header, PatchSyntaxError> {
        let mut header = Header::default();
        let Some(names) = self
            .peek()
            .and_then(|line| line.strip_prefix("diff --git "))
        else {
            return Ok(header);
        };
        if let Some((old, new)) = split_git_names(names) {
            header.old = Some(self.checked(old)?);
            header.new = Some(self.checked(new)?);
        }
        self.at += 1;
        while let Some(line) = self.peek() {
            if let Some(path) = line.strip_prefix("rename from ") {
                header.old = Some(self.checked(path)?);
                header.renamed = true;
            } else if let Some(path) = line.strip_prefix("rename to ") {
                header.new = Some(self.checked(path)?);
                header.renamed = true;
            } else if line.starts_with("new file mode ") {
                header.created = true;
            } else if line.starts_with("deleted file mode ") {
                header.deleted = true;
            } else if line.starts_with("Binary files ") || line.starts_with("GIT binary patch") {
                return Err(self.error(PatchSyntax::Binary));
            } else if !EXTENDED.iter().any(|word| line.starts_with(word)) {
                break;
            }
            self.at += 1;
        }
        Ok(header)
    }

    /// The path of a `---` or `+++` line; `None` for `/dev/null`.
    fn side(&self, text: &str, prefix: &str) -> Result<Option<String>, PatchSyntaxError> {
        // What follows a tab is a time stamp, as `diff -u` writes it.
        let name = text.split('\t').next().unwrap_or(text).trim_end();
        if name == "/dev/null" {
            return Ok(None);
        }
        self.checked(name.strip_prefix(prefix).unwrap_or(name))
            .map(Some)
    }

    fn checked(&self, path: &str) -> Result<String, PatchSyntaxError> {
        match check_path(path) {
            Ok(()) => Ok(path.to_owned()),
            Err(problem) => Err(self.error(PatchSyntax::Path {
                path: path.chars().take(100).filter(|c| !c.is_control()).collect(),
                problem,
            })),
        }
    }

    fn hunk(&mut self) -> Result<Hunk, PatchSyntaxError> {
        let header_line = self.at;
        let mut hunk = self
            .peek()
            .and_then(hunk_header)
            .ok_or_else(|| self.error(PatchSyntax::HunkHeader))?;
        self.at += 1;
        let (mut old, mut new) = (0, 0);
        while old < hunk.old_count || new < hunk.new_count || self.at_no_newline() {
            let Some(line) = self.peek() else { break };
            if self.at_no_newline() {
                self.mark_no_newline(&mut hunk)?;
                continue;
            }
            let Some((kind, rest)) = hunk_line(line) else {
                break;
            };
            old += usize::from(kind != LineKind::Added);
            new += usize::from(kind != LineKind::Removed);
            hunk.lines.push(HunkLine {
                kind,
                text: rest.to_owned(),
                no_newline: false,
            });
            self.at += 1;
        }
        // A line too many would otherwise be read as the next file's header; say what is wrong with this hunk instead.
        while let Some((kind, _)) = self.peek().and_then(surplus_line) {
            old += usize::from(kind != LineKind::Added);
            new += usize::from(kind != LineKind::Removed);
            self.at += 1;
        }
        if (old, new) != (hunk.old_count, hunk.new_count) {
            return Err(PatchSyntaxError {
                line: header_line + 1,
                problem: PatchSyntax::HunkCount {
                    old: hunk.old_count,
                    new: hunk.new_count,
                    found_old: old,
                    found_new: new,
                },
            });
        }
        Ok(hunk)
    }

    fn at_no_newline(&self) -> bool {
        self.peek().is_some_and(|line| line.starts_with('\\'))
    }

    fn mark_no_newline(&mut self, hunk: &mut Hunk) -> Result<(), PatchSyntaxError> {
        match hunk.lines.last_mut() {
            Some(last) => last.no_newline = true,
            None => return Err(self.error(PatchSyntax::StrayNoNewline)),
        }
        self.at += 1;
        Ok(())
    }
}

const EXTENDED: [&str; 8] = [
    "index ",
    "old mode ",
    "new mode ",
    "similarity index ",
    "dissimilarity index ",
    "copy from ",
    "copy to ",
    "new file mode ",
];

impl Header {
    fn target(self) -> Option<Target> {
        match (self.created, self.deleted, self.old, self.new) {
            (true, false, _, Some(new)) => Some(Target::Create(new)),
            (false, true, Some(old), _) => Some(Target::Delete(old)),
            (false, false, Some(from), Some(to)) if from != to => Some(Target::Rename { from, to }),
            (false, false, Some(path), Some(_)) => Some(Target::Modify(path)),
            _ => None,
        }
    }
}

/// `a/x b/x` into `x` and `x`. Names with spaces are cut in the middle, which is right whenever both are equal.
fn split_git_names(names: &str) -> Option<(&str, &str)> {
    let (old, new) = match names.split_once(' ') {
        Some((old, new)) if !new.contains(' ') => (old, new),
        _ => {
            let middle = names.len() / 2;
            (names.get(..middle)?, names.get(middle + 1..)?)
        }
    };
    Some((old.strip_prefix("a/")?, new.strip_prefix("b/")?))
}

fn hunk_header(line: &str) -> Option<Hunk> {
    let rest = line.strip_prefix("@@ -")?;
    let (old, rest) = rest.split_once(" +")?;
    let (new, section) = rest.split_once(" @@")?;
    let (old_start, old_count) = hunk_range(old)?;
    let (new_start, new_count) = hunk_range(new)?;
    Some(Hunk {
        old_start,
        old_count,
        new_start,
        new_count,
        section: section.trim().to_owned(),
        lines: Vec::new(),
    })
}

fn hunk_range(text: &str) -> Option<(usize, usize)> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    let number = |digits: &str| -> Option<usize> { Some(digits.parse::<u32>().ok()? as usize) };
    Some((number(start)?, number(count)?))
}

fn hunk_line(line: &str) -> Option<(LineKind, &str)> {
    let mut characters = line.chars();
    let kind = match characters.next() {
        Some('+') => LineKind::Added,
        Some('-') => LineKind::Removed,
        // Editors strip the blank of an empty context line; git takes such a line too.
        Some(' ') | None => LineKind::Context,
        Some(_) => return None,
    };
    Some((kind, characters.as_str()))
}

/// A line after a complete hunk that can only belong to it.
fn surplus_line(line: &str) -> Option<(LineKind, &str)> {
    if line.is_empty() || line.starts_with("--- ") || line.starts_with("+++ ") {
        return None;
    }
    hunk_line(line)
}

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
