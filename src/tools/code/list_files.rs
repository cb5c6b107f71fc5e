//! `code_list_files`: what a folder of the player's checkout holds. Never what is in a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::walk::{Found, walk};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists files.
pub struct ListFiles;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The folder; the path begins with the repository's name. Empty for the list of repositories.
    pub path: String,
    /// Folders below it, too.
    pub recursive: bool,
    /// Entries at most, 1 to 200.
    pub limit: usize,
    /// Where the page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            path: String::new(),
            recursive: false,
            limit: paging::MOST,
            cursor: None,
        }
    }
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Files {
    /// Files and folders; a folder's path ends with `/`.
    pub paths: Vec<String>,
    /// How many there are in all.
    pub total: usize,
    /// Give this to read more; none when there is no more.
    pub cursor: Option<String>,
}

impl Text for Files {
    fn text(&self) -> String {
        let mut text: String = self.paths.iter().map(|path| format!("{path}\n")).collect();
        if let Some(cursor) = &self.cursor {
            text.push_str(&format!("({} in all; more: cursor {cursor})\n", self.total));
        }
        text
    }
}

impl Look for ListFiles {
    type Args = Args;
    type Output = Files;
    const NAME: &'static str = "code_list_files";
    const FAMILY: Family = Family::Code;
    const ABOUT: &'static str = "Lists the files of a folder of your checkout";

    fn look(world: &World, args: &Args) -> Result<Seen<Files>, ToolError> {
        let all: Vec<String> = walk(world, &args.path, args.recursive)?
            .into_iter()
            .map(|Found { path, is_folder }| if is_folder { format!("{path}/") } else { path })
            .collect();
        let page = paging::page(all, args.limit, args.cursor.as_deref(), Clone::clone)?;
        Ok(Seen {
            output: Files {
                paths: page.items,
                total: page.total,
                cursor: page.cursor,
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{}",
                about: "The repositories",
                prints: "alpha/\n",
            },
            ToolExample {
                args: r#"{"path": "alpha/nothing"}"#,
                about: "A folder that does not exist",
                prints: "code_list_files: alpha/nothing: No such file or directory\nhint: code_list_files without a path lists the repositories\n",
            },
        ]
    }
}
