//! Rows of what is listed and opened: kinds, tables, pages. Plain data; what is asked for is a token that panes hand back.

use super::{ArtifactId, Tone};

/// What can be asked for, in the desk's own words: panes keep it and hand it back.
pub type AskToken = String;

/// A kind of things that can be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindRow {
    /// The name it is gone to by.
    pub name: String,
    /// Shorter names.
    pub aliases: Vec<String>,
    /// The system it belongs to.
    pub system: String,
    /// What is listed.
    pub about: String,
    /// What asks for its list.
    pub ask: AskToken,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browsed {
    /// What was asked.
    pub ask: AskToken,
    /// What a look at it is in the journal, for [`super::Look::query`].
    pub look: String,
    /// What reads on, where there is more.
    pub more: Option<AskToken>,
    /// What it shows.
    pub content: Content,
}

/// What an answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A list.
    Table(Table),
    /// A thing in full.
    Page(Page),
}

impl Default for Content {
    fn default() -> Self {
        Self::Table(Table::default())
    }
}

/// A list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The kind that is listed.
    pub kind: String,
    /// Its system.
    pub system: String,
    /// Headings, and whether their cells are numbers.
    pub heads: Vec<(String, bool)>,
    /// Rows.
    pub rows: Vec<TableRow>,
    /// How many there are in all, where that is known.
    pub total: Option<usize>,
    /// Whether the system itself can be searched.
    pub is_searched: bool,
    /// What is said where there are no rows.
    pub note: String,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRow {
    /// What it is known by among the rows.
    pub key: String,
    /// Its cells with what their words mean.
    pub cells: Vec<(String, Tone)>,
    /// What a pin of it keeps, if it can be kept.
    pub artifact: Option<ArtifactId>,
    /// Ways to open it: a verb (`open`, `describe`, `yaml`, `logs`) and what to ask.
    pub opens: Vec<(String, AskToken)>,
    /// All its fields, a line each.
    pub record: String,
}

/// A thing in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What it is.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Whether the text is Markdown.
    pub is_markdown: bool,
    /// Commands that it gives.
    pub commands: Vec<String>,
    /// What a pin of it keeps, if it can be kept.
    pub artifact: Option<ArtifactId>,
    /// What pins of single lines keep.
    pub lines: Vec<(String, ArtifactId)>,
}
