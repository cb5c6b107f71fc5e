//! `git_blame`: the commit that each line of a file comes from. Never a file that is not committed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{located, printed, text};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::tool::{Line, Look, Seen, Text, ToolError, ToolExample};

/// Lines of a page at most.
const MOST_LINES: usize = 500;

/// Blames a file.
pub struct Blame;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file; the path begins with the repository's name.
    pub file: String,
    /// The repository, where the path does not begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The first line of the page.
    #[serde(default = "one")]
    pub first_line: usize,
    /// Lines at most, 1 to 500.
    #[serde(default = "two_hundred")]
    pub limit: usize,
}

fn one() -> usize {
    1
}

fn two_hundred() -> usize {
    200
}

/// Lines with their origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Blamed {
    /// The repository.
    pub repo: String,
    /// The path in it.
    pub path: String,
    /// The lines.
    pub lines: Vec<BlamedLine>,
    /// The `first_line` of the next page; none when there is none.
    pub next_line: Option<usize>,
    #[serde(skip)]
    #[schemars(skip)]
    text: String,
}

/// A line with its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BlamedLine {
    /// Its number.
    pub line: u64,
    /// The commit, abbreviated; none for a line that is not committed.
    pub commit: Option<String>,
    /// Its author.
    pub author: String,
    /// When it was written, RFC 3339.
    pub date: String,
    /// The commit's title.
    pub subject: String,
    /// The line.
    pub text: String,
}

impl Text for Blamed {
    fn text(&self) -> String {
        match self.next_line {
            Some(next) => format!("{}(more lines: first_line {next})\n", self.text),
            None => self.text.clone(),
        }
    }
}

struct Page {
    repo: String,
    path: String,
    argv: Vec<String>,
    next: Option<usize>,
}

fn page(world: &World, args: &Args) -> Result<Page, ToolError> {
    let (repo, path) = located(world, &args.file, args.repo.as_deref())?;
    let count = world
        .worktree(&repo)
        .and_then(|tree| {
            tree.files()
                .file(&path)
                .map(|file| file.to_string().lines().count())
        })
        .ok_or_else(|| ToolError::new(format!("fatal: no such path '{path}' in HEAD")))?;
    let first = args.first_line.max(1);
    if first > count.max(1) {
        return Err(ToolError::new(format!(
            "fatal: file {path} has only {count} lines"
        )));
    }
    let last = count.min(first.saturating_add(args.limit.clamp(1, MOST_LINES) - 1));
    let mut argv = vec!["blame".to_owned()];
    if (first, last) != (1, count) {
        argv.push(format!("-L{first},{last}"));
    }
    argv.extend(["--".to_owned(), path.clone()]);
    Ok(Page {
        repo,
        path,
        argv,
        next: (last < count).then_some(last + 1),
    })
}

impl Look for Blame {
    type Args = Args;
    type Output = Blamed;
    const NAME: &'static str = "git_blame";
    const FAMILY: Family = Family::Git;
    const ABOUT: &'static str =
        "Shows the commit, author and date that each line of a file comes from";

    fn line(world: &World, args: &Args) -> Option<Line> {
        let page = page(world, args).ok()?;
        let mut line = vec!["git".to_owned()];
        line.extend(page.argv);
        Some(Line::within(page.repo, line))
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Blamed>, ToolError> {
        let page = page(world, args)?;
        let answer = printed(world, &page.repo, &page.argv)?;
        let rows = answer
            .data
            .pointer("/blame/lines")
            .or_else(|| answer.data.pointer("/lines"))
            .and_then(serde_json::Value::as_array)
            .cloned()
            .unwrap_or_default();
        let lines = rows.iter().map(|row| BlamedLine {
            line: row
                .pointer("/line")
                .and_then(serde_json::Value::as_u64)
                .unwrap_or_default(),
            commit: row
                .pointer("/commit")
                .and_then(serde_json::Value::as_str)
                .map(|id| id.chars().take(8).collect()),
            author: text(row, "/author").to_owned(),
            date: text(row, "/date").to_owned(),
            subject: text(row, "/subject").to_owned(),
            text: text(row, "/text").to_owned(),
        });
        Ok(Seen {
            output: Blamed {
                lines: lines.collect(),
                repo: page.repo,
                path: page.path,
                next_line: page.next,
                text: answer.text,
            },
            shown: answer.shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"file": "alpha/nothing"}"#,
            about: "A file that does not exist",
            prints: "git_blame: fatal: no such path 'nothing' in HEAD\n",
        }]
    }
}
