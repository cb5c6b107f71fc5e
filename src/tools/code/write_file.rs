//! `code_write_file`: replaces a file of the player's checkout. Never commits it, and never a file outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::command::Command;
use crate::sim::git::command::RepoCommand;
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::git::tools::known_repository;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// The largest file.
const LARGEST_FILE: usize = 256 * 1024;

/// Writes a file.
pub struct WriteFile;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file; the path begins with the repository's name.
    pub path: String,
    /// Its whole new text.
    pub text: String,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Written {
    /// The file.
    pub path: String,
    /// Its lines.
    pub lines: usize,
}

impl Text for Written {
    fn text(&self) -> String {
        format!(
            "{} saved in your checkout ({} lines); `ship SERVICE` in the shell commits, builds and deploys it\n",
            self.path, self.lines
        )
    }
}

impl Change for WriteFile {
    type Args = Args;
    type Output = Written;
    const NAME: &'static str = "code_write_file";
    const FAMILY: Family = Family::Code;
    const ABOUT: &'static str =
        "Replaces a file of your checkout; nothing is committed or deployed until you ship it";
    const IMPACT: Impact = Impact::SETS;

    fn cost(_: &Args) -> Span {
        Span::from_secs(30)
    }

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        let path = args.path.trim_start_matches('/');
        let (repo, inside) = path.split_once('/').unwrap_or((path, ""));
        let repo = known_repository(world, repo)?;
        if inside.is_empty() || args.text.len() > LARGEST_FILE {
            return Err(ToolError::new(format!(
                "give a file's path in a repository, and a text of at most {LARGEST_FILE} bytes"
            )));
        }
        Ok(vec![Command::Repository {
            repo,
            command: RepoCommand::Write {
                path: inside.to_owned(),
                text: Some(args.text.clone()),
            },
        }])
    }

    fn done(_: &World, args: &Args, _: &[WorldOutcome]) -> Written {
        Written {
            path: args.path.trim_start_matches('/').to_owned(),
            lines: args.text.lines().count(),
        }
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"path": "alpha/notes.txt", "text": "one\ntwo\n"}"#,
            about: "A file of your own",
            prints: "alpha/notes.txt saved in your checkout (2 lines); `ship SERVICE` in the shell commits, builds and deploys it\n",
        }]
    }
}
