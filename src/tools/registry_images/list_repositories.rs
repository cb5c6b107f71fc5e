//! `registry_list_repositories`: the repositories of the container registry. Never their tags.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::images;
use crate::sim::World;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists repositories.
pub struct ListRepositories;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Most repositories, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Repositories {
    /// By name.
    pub repositories: Vec<Repository>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Repository {
    /// Its whole name.
    pub name: String,
    /// The tag of its newest release.
    pub newest: Option<String>,
    /// When that was built, in ms since the epoch.
    pub built_ms: Option<i64>,
}

impl Text for Repositories {
    fn text(&self) -> String {
        let mut rows = vec![row(["REPOSITORY", "NEWEST", "BUILT"])];
        for one in &self.repositories {
            rows.push(row([
                &one.name,
                one.newest.as_deref().unwrap_or("-"),
                &one.built_ms
                    .map_or_else(|| "-".to_owned(), |at| SimTime(at).rfc3339()),
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.repositories.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

impl Look for ListRepositories {
    type Args = Args;
    type Output = Repositories;
    const NAME: &'static str = "registry_list_repositories";
    const FAMILY: Family = Family::ImageRegistry;
    const ABOUT: &'static str = "Lists the repositories of the container registry";

    fn look(world: &World, args: &Args) -> Result<Seen<Repositories>, ToolError> {
        let all = images::all(world);
        let page = paging::page(all, args.limit, args.cursor.as_deref(), |images| {
            images.name.clone()
        })?;
        Ok(Seen {
            output: Repositories {
                repositories: page
                    .items
                    .into_iter()
                    .map(|images| Repository {
                        newest: images.tags.first().map(|image| image.tag.clone()),
                        built_ms: images.tags.first().map(|image| image.built.millis()),
                        name: images.name,
                    })
                    .collect(),
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{\"limit\":1}",
            about: "The first of them",
            prints: "REPOSITORY              NEWEST  BUILT\ndocker.io/apache/kafka  3.9.0   2025-11-01T00:00:00Z\n(1 to 1 of 7; next page: --cursor docker.io/apache/kafka)\n",
        }]
    }
}
