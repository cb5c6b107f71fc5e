//! Hunks of a unified diff: the lines a change removes, adds and keeps. Shared by reading and by making diffs; never
//! touches a tree.

use serde::{Deserialize, Serialize};

/// What a line of a hunk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// The line is in both versions.
    Context,
    /// The line is in the old version alone.
    Removed,
    /// The line is in the new version alone.
    Added,
}

impl LineKind {
    /// The character that starts such a line in a unified diff.
    pub const fn sign(self) -> char {
        match self {
            Self::Context => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HunkLine {
    /// What the line does.
    pub kind: LineKind,
    /// The line without its sign and without the newline.
    pub text: String,
    /// Whether the line ends without a newline, which only a file's last line can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_newline: bool,
}

impl HunkLine {
    /// A line from a file's text, with or without its newline.
    pub fn from_source(kind: LineKind, line: &str) -> Self {
        match line.strip_suffix('\n') {
            Some(text) => Self {
                kind,
                text: text.to_owned(),
                no_newline: false,
            },
            None => Self {
                kind,
                text: line.to_owned(),
                no_newline: true,
            },
        }
    }

    /// Whether the line equals a line of a file as [`lines`] cuts it.
    pub fn matches(&self, line: &str) -> bool {
        match line.strip_suffix('\n') {
            Some(text) => !self.no_newline && text == self.text,
            None => self.no_newline && line == self.text,
        }
    }

    /// Appends the line as it stands in a file.
    pub fn push_to(&self, text: &mut String) {
        text.push_str(&self.text);
        if !self.no_newline {
            text.push('\n');
        }
    }
}

/// A connected change with its surroundings. Line numbers start at 1; a range of no lines carries the number of the
/// line before it, as in a unified diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// First line in the old version.
    pub old_start: usize,
    /// Lines in the old version.
    pub old_count: usize,
    /// First line in the new version.
    pub new_start: usize,
    /// Lines in the new version.
    pub new_count: usize,
    /// The function or section the hunk is in, as git prints it after the second `@@`; often empty.
    pub section: String,
    /// The lines, in order.
    pub lines: Vec<HunkLine>,
}

impl Hunk {
    /// `@@ -1,4 +1,5 @@ section`, without a newline.
    pub fn header(&self) -> String {
        let old = range(self.old_start, self.old_count);
        let new = range(self.new_start, self.new_count);
        if self.section.is_empty() {
            format!("@@ -{old} +{new} @@")
        } else {
            format!("@@ -{old} +{new} @@ {}", self.section)
        }
    }

    /// Lines added and lines removed.
    pub fn counts(&self) -> (usize, usize) {
        let of = |kind| self.lines.iter().filter(|line| line.kind == kind).count();
        (of(LineKind::Added), of(LineKind::Removed))
    }
}

fn range(start: usize, count: usize) -> String {
    if count == 1 {
        start.to_string()
    } else {
        format!("{start},{count}")
    }
}

/// A text cut into lines that keep their newline; the last one may lack it. An empty text has no lines.
pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
