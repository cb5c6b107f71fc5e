//! `git_recent_commits`: the newest commits, of all files or of one. Never their changes: `git show` in the shell has them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{known_repository, located, printed, text};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Line, Look, Seen, Text, ToolError, ToolExample};

/// Lists commits.
pub struct RecentCommits;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only commits that changed this file or folder; the path begins with the repository's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Only commits after this, as git reads it: `2 weeks ago`, `2024-11-15`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The repository; the file's, or the only one, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Commits at most, 1 to 200.
    pub limit: usize,
    /// Where the page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            file: None,
            since: None,
            repo: None,
            limit: 20,
            cursor: None,
        }
    }
}

/// Commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Commits {
    /// The repository.
    pub repo: String,
    /// Newest first.
    pub commits: Vec<Commit>,
    /// Give this to read older ones; none when there are none.
    pub cursor: Option<String>,
    #[serde(skip)]
    #[schemars(skip)]
    text: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Commit {
    /// Its id, abbreviated.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// When it was recorded, RFC 3339.
    pub committed_at: String,
    /// Its title.
    pub subject: String,
    /// The rest of its message.
    pub body: String,
    /// Branches and tags at it.
    pub refs: Vec<String>,
}

impl Text for Commits {
    fn text(&self) -> String {
        match &self.cursor {
            None if self.commits.is_empty() => "No commits.\n".to_owned(),
            Some(cursor) => format!(
                "{}\n(older commits: cursor {cursor})\n",
                self.text.trim_end()
            ),
            None => self.text.clone(),
        }
    }
}

/// How many commits come before the page.
fn skipped(args: &Args) -> Result<usize, ToolError> {
    match args.cursor.as_deref() {
        None | Some("") => Ok(0),
        Some(cursor) => cursor.parse::<usize>().map_err(|_| {
            ToolError::new(format!(
                "invalid cursor {cursor:?}: use that of the page before"
            ))
        }),
    }
}

fn argv(world: &World, args: &Args, limit: usize) -> Result<(String, Vec<String>), ToolError> {
    let (repo, file) = match args.file.as_deref().filter(|file| !file.is_empty()) {
        Some(file) => located(world, file, args.repo.as_deref())?,
        None => (
            known_repository(world, args.repo.as_deref().unwrap_or_default())?,
            String::new(),
        ),
    };
    let mut argv = vec!["log".to_owned(), format!("--max-count={limit}")];
    match skipped(args)? {
        0 => {}
        skip => argv.push(format!("--skip={skip}")),
    }
    if let Some(since) = args.since.as_deref().filter(|since| !since.is_empty()) {
        argv.push(format!("--since={since}"));
    }
    if !file.is_empty() {
        argv.extend(["--".to_owned(), file]);
    }
    Ok((repo, argv))
}

impl Look for RecentCommits {
    type Args = Args;
    type Output = Commits;
    const NAME: &'static str = "git_recent_commits";
    const FAMILY: Family = Family::Git;
    const ABOUT: &'static str = "Lists commits, newest first, of a repository or of one file; `git show ID` in the shell has the change itself";

    fn line(world: &World, args: &Args) -> Option<Line> {
        let (repo, argv) = argv(world, args, args.limit.clamp(1, paging::MOST)).ok()?;
        let mut line = vec!["git".to_owned()];
        line.extend(argv);
        Some(Line::within(repo, line))
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Commits>, ToolError> {
        let limit = args.limit.clamp(1, paging::MOST);
        let (repo, one_more) = argv(world, args, limit + 1)?;
        let data = printed(world, &repo, &one_more)?.data;
        let records = data
            .pointer("/log/commits")
            .or_else(|| data.pointer("/commits"))
            .and_then(serde_json::Value::as_array)
            .cloned()
            .unwrap_or_default();
        let commits = records.iter().take(limit).map(|record| Commit {
            id: text(record, "/short_id").to_owned(),
            author: text(record, "/author/name").to_owned(),
            committed_at: text(record, "/committed_at").to_owned(),
            subject: text(record, "/subject").to_owned(),
            body: text(record, "/body").trim_end().to_owned(),
            refs: record
                .pointer("/refs")
                .and_then(serde_json::Value::as_array)
                .map(|refs| {
                    refs.iter()
                        .filter_map(|name| name.as_str().map(str::to_owned))
                        .collect()
                })
                .unwrap_or_default(),
        });
        let commits: Vec<Commit> = commits.collect();
        let (_, page) = argv(world, args, limit)?;
        let answer = printed(world, &repo, &page)?;
        let next = skipped(args)? + commits.len();
        Ok(Seen {
            output: Commits {
                repo,
                cursor: (records.len() > limit).then(|| next.to_string()),
                commits,
                text: answer.text,
            },
            shown: answer.shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"limit": 1}"#,
                about: "The newest commit",
                prints: "commit b7c0de1d07a303ec1a7b1a00546b125547ab5ec2\nAuthor: Lena Ferrin <lena@alpha.example>\nDate:   Thu Feb 26 15:10:00 2026 +0000\n\n    worker: batch time from the environment\n    \n    It was a literal. ALPHA-12\n(older commits: cursor 1)\n",
            },
            ToolExample {
                args: r#"{"file": "alpha/nothing"}"#,
                about: "A file that no commit has",
                prints: "No commits.\n",
            },
            ToolExample {
                args: r#"{"repo": "beta"}"#,
                about: "A repository that does not exist",
                prints: "git_recent_commits: there is no repository \"beta\"\nhint: repositories are alpha\n",
            },
        ]
    }
}
