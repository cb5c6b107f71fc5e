//! Rows of the shell, pager, change and file families. Plain data.

use super::ArtifactId;

/// What a command line answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellReply {
    /// What it printed.
    pub lines: Vec<ShellLine>,
    /// What a pin of it keeps, if it can be kept.
    pub artifact: Option<ArtifactId>,
    /// Whether the lines take the place of those that the command printed before.
    pub replaces: bool,
    /// What comes after.
    pub then: ShellThen,
}

/// One printed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellLine {
    /// The text.
    pub text: String,
    /// Whether it went to standard error.
    pub is_error: bool,
}

/// What follows the lines of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellThen {
    /// The command ended, with an exit status.
    Done(i32),
    /// It runs on; ask for more by this number.
    Running(u64),
    /// It wants a file edited.
    Edit {
        /// The file.
        path: String,
        /// Its text now.
        text: String,
    },
    /// It cleared the screen.
    Clear,
}

/// What could stand at the cursor of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// Where the word to replace begins, as a byte offset of the line.
    pub from: usize,
    /// The candidates, best first.
    pub items: Vec<Completion>,
}

/// One candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// What to put in, a trailing space among it if one belongs there.
    pub text: String,
    /// What it is.
    pub about: String,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRow {
    /// What a pin keeps, and what it is known by.
    pub id: ArtifactId,
    /// What it says.
    pub title: String,
    /// The service it is for.
    pub service: String,
    /// The severity.
    pub severity: String,
    /// The state.
    pub state: PageState,
    /// When it was triggered.
    pub at_ms: i64,
    /// Who has it.
    pub assignee: String,
    /// Whether it is the trainee's to answer.
    pub is_mine: bool,
}

/// The state of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageState {
    /// Nobody has taken it.
    Triggered,
    /// Somebody has.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl PageState {
    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// When.
    pub at_ms: i64,
    /// Who did it.
    pub who: String,
    /// What.
    pub what: String,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// What a pin keeps.
    pub id: ArtifactId,
    /// When.
    pub at_ms: i64,
    /// What kind.
    pub kind: ChangeKind,
    /// What it touched: a service or a repository.
    pub target: String,
    /// A short name: a commit's hash, a revision.
    pub name: String,
    /// What it says.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// How far it is: `2/3 updated`, `failed`; empty when done.
    pub progress: String,
}

/// Kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A commit.
    Commit,
    /// A rollout.
    Rollout,
    /// A change of configuration outside a repository.
    Config,
}

impl ChangeKind {
    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Rollout => "rollout",
            Self::Config => "config",
        }
    }
}

/// A line of a change in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailLine {
    /// The text.
    pub text: String,
    /// What it is.
    pub kind: DetailKind,
}

/// Kinds of lines of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailKind {
    /// Words.
    Text,
    /// A heading or a file's name.
    Heading,
    /// Where a part of a file begins.
    Hunk,
    /// A line that was added.
    Added,
    /// A line that was removed.
    Removed,
}

/// A folder's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its own name.
    pub name: String,
    /// Its whole path.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// A few words: the last change, the size.
    pub about: String,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileText {
    /// Its path.
    pub path: String,
    /// What a pin keeps.
    pub id: ArtifactId,
    /// Its text.
    pub text: String,
    /// The revision shown, and whether it was changed since: `main@9f31c2e`, `edited`.
    pub revision: String,
}
