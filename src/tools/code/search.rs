//! `code_grep`: lines of the player's checkout that match a pattern. Never a line of a binary file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::walk::walk;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::tools::board::code;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// The longest pattern.
const LONGEST_PATTERN: usize = 1_000;
/// Characters that are shown of a line.
const LONGEST_LINE: usize = 400;

/// Finds lines.
pub struct Grep;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// A regular expression.
    pub pattern: String,
    /// The file or folder to search; all repositories when left out.
    #[serde(default)]
    pub path: String,
    /// Upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
    /// Lines at most, 1 to 200.
    #[serde(default = "fifty")]
    pub limit: usize,
    /// Where the page before ended: its `cursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

fn fifty() -> usize {
    50
}

/// Lines that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Matches {
    /// By path and line.
    pub matches: Vec<Match>,
    /// How many there are in all.
    pub total: usize,
    /// Give this to read more; none when there is no more.
    pub cursor: Option<String>,
}

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Match {
    /// The file, with the repository.
    pub path: String,
    /// The line's number.
    pub line: usize,
    /// The line.
    pub text: String,
}

impl Text for Matches {
    fn text(&self) -> String {
        if self.matches.is_empty() {
            return "No lines match.\n".to_owned();
        }
        let lines = self.matches.iter();
        let mut text: String = lines
            .map(|found| format!("{}:{}:{}\n", found.path, found.line, found.text))
            .collect();
        if let Some(cursor) = &self.cursor {
            text.push_str(&format!("({} in all; more: cursor {cursor})\n", self.total));
        }
        text
    }
}

impl Look for Grep {
    type Args = Args;
    type Output = Matches;
    const NAME: &'static str = "code_grep";
    const FAMILY: Family = Family::Code;
    const ABOUT: &'static str = "Finds lines in the files of your checkout by a regular expression";

    fn look(world: &World, args: &Args) -> Result<Seen<Matches>, ToolError> {
        if args.pattern.is_empty() || args.pattern.len() > LONGEST_PATTERN {
            return Err(ToolError::new(format!(
                "the pattern must have 1 to {LONGEST_PATTERN} bytes"
            )));
        }
        let regex = regex::RegexBuilder::new(&args.pattern)
            .case_insensitive(args.ignore_case)
            .size_limit(1 << 20)
            .build()
            .map_err(|_| ToolError {
                message: format!("invalid pattern: {}", args.pattern),
                hint: Some("it is a regular expression: escape ( [ { . * + ? with \\".to_owned()),
            })?;
        let mut all = Vec::new();
        for file in walk(world, &args.path, true)? {
            let Some((text, ..)) = code::file(world, &file.path) else {
                continue;
            };
            let lines = text.lines().enumerate();
            all.extend(
                lines
                    .filter(|(_, line)| regex.is_match(line))
                    .map(|(at, line)| Match {
                        path: file.path.clone(),
                        line: at + 1,
                        text: line.chars().take(LONGEST_LINE).collect(),
                    }),
            );
        }
        let page = paging::page(all, args.limit, args.cursor.as_deref(), |found| {
            format!("{}:{}", found.path, found.line)
        })?;
        let shown = page.items.iter().filter_map(|found| {
            let (repo, path) = found.path.split_once('/')?;
            Some(Shown::File {
                repo: repo.to_owned(),
                path: path.to_owned(),
                text: found.text.clone(),
            })
        });
        Ok(Seen {
            shown: shown.collect(),
            output: Matches {
                total: page.total,
                cursor: page.cursor,
                matches: page.items,
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"pattern": "no such words anywhere"}"#,
                about: "Nothing is found",
                prints: "No lines match.\n",
            },
            ToolExample {
                args: r#"{"pattern": "("}"#,
                about: "A pattern that is none",
                prints: "code_grep: invalid pattern: (\nhint: it is a regular expression: escape ( [ { . * + ? with \\\n",
            },
        ]
    }
}
