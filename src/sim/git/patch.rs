//! Reading unified diffs. Nothing of a patch is dropped silently; applying it is in `apply`.

use thiserror::Error;

use super::hunk::{Hunk, HunkLine, LineKind};
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
