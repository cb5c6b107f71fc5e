//! `code_read_file`: a page of a file of the player's checkout. Never a file of the machine that the game runs on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::tools::board::code;
use crate::tools::family::Family;
use crate::tools::git::tools::located;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lines of a page at most.
const MOST_LINES: usize = 1_000;

/// Reads a file.
pub struct ReadFile;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file; the path begins with the repository's name.
    pub path: String,
    /// The first line of the page.
    #[serde(default = "one")]
    pub first_line: usize,
    /// Lines at most, 1 to 1000.
    #[serde(default = "four_hundred")]
    pub limit: usize,
}

fn one() -> usize {
    1
}

fn four_hundred() -> usize {
    400
}

/// A page of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FilePage {
    /// The path, with the repository.
    pub path: String,
    /// Branch and commit of the checkout, and whether the file is edited.
    pub revision: String,
    /// The number of the first line.
    pub first_line: usize,
    /// How many lines the file has.
    pub lines: usize,
    /// The lines of the page as they are.
    pub text: String,
    /// The `first_line` of the next page; none when there is none.
    pub next_line: Option<usize>,
}

impl Text for FilePage {
    fn text(&self) -> String {
        let mut text: String = self
            .text
            .lines()
            .enumerate()
            .map(|(at, line)| format!("{:>6}\t{line}\n", self.first_line + at))
            .collect();
        if let Some(next) = self.next_line {
            text.push_str(&format!(
                "({} lines in all; more: first_line {next})\n",
                self.lines
            ));
        }
        text
    }
}

impl Look for ReadFile {
    type Args = Args;
    type Output = FilePage;
    const NAME: &'static str = "code_read_file";
    const FAMILY: Family = Family::Code;
    const ABOUT: &'static str = "Reads a file of your checkout, with line numbers";

    fn look(world: &World, args: &Args) -> Result<Seen<FilePage>, ToolError> {
        let (repo, inside) = located(world, &args.path, None)?;
        let path = format!("{repo}/{inside}");
        let Some((
            text,
            Shown::File {
                repo, path: inside, ..
            },
            revision,
        )) = code::file(world, &path)
        else {
            let folder = !code::folder(world, path.trim_end_matches('/')).is_empty();
            return Err(ToolError {
                message: format!(
                    "{path}: {}",
                    if folder {
                        "Is a directory"
                    } else {
                        "No such file or directory"
                    }
                ),
                hint: Some("code_list_files lists what a folder holds".to_owned()),
            });
        };
        let lines = text.lines().count();
        let first = args.first_line.max(1);
        if first > lines.max(1) {
            return Err(ToolError::new(format!("{path} has only {lines} lines")));
        }
        let limit = args.limit.clamp(1, MOST_LINES);
        let page: Vec<&str> = text.lines().skip(first - 1).take(limit).collect();
        let next = first + page.len();
        let page = page.join("\n");
        Ok(Seen {
            output: FilePage {
                path,
                revision,
                first_line: first,
                lines,
                next_line: (next <= lines).then_some(next),
                text: page.clone(),
            },
            shown: vec![Shown::File {
                repo,
                path: inside,
                text: page,
            }],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"path": "alpha/nothing"}"#,
                about: "A file that does not exist",
                prints: "code_read_file: alpha/nothing: No such file or directory\nhint: code_list_files lists what a folder holds\n",
            },
            ToolExample {
                args: r#"{"path": "/etc/passwd"}"#,
                about: "There are no other files than those of repositories",
                prints: "code_read_file: /etc/passwd: no such path in a checkout\nhint: paths begin with a repository: alpha; code_list_files lists what is in them\n",
            },
        ]
    }
}
