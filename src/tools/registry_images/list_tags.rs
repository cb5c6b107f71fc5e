//! `registry_list_tags`: the tags of a repository of images, newest first. Never their layers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::images;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists tags.
pub struct ListTags;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The repository: its whole name, or its last part.
    pub repo: String,
    /// Most tags, 1 to 200.
    #[serde(default = "paging::usual")]
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tags {
    /// The repository.
    pub repo: String,
    /// Tags, newest first. CI tags every merged commit with its id, and a release with its version too. Releases are kept
    /// for longer than the repository's history and CI's runs reach back: of the oldest only version and date are known.
    pub tags: Vec<TagRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read older ones; none when there are none.
    pub cursor: Option<String>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagRow {
    /// The tag.
    pub tag: String,
    /// The digest of its manifest.
    pub digest: String,
    /// When its image was built, in ms since the epoch.
    pub created_ms: i64,
    /// When it was pushed under this tag, in ms since the epoch. A tag that moves is pushed again with another image.
    pub pushed_ms: i64,
    /// The id under which it can be pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
}

impl Text for Tags {
    fn text(&self) -> String {
        let mut rows = vec![row(["TAG", "DIGEST", "CREATED", "PUSHED"])];
        for tag in &self.tags {
            rows.push(row([
                &tag.tag,
                tag.digest.get(..19).unwrap_or(&tag.digest),
                &SimTime(tag.created_ms).rfc3339(),
                &SimTime(tag.pushed_ms).rfc3339(),
            ]));
        }
        let footer = paging::footer(
            self.tags.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        );
        format!("{}\n{}{footer}", self.repo, columns(&rows))
    }
}

impl Look for ListTags {
    type Args = Args;
    type Output = Tags;
    const NAME: &'static str = "registry_list_tags";
    const FAMILY: Family = Family::ImageRegistry;
    const ABOUT: &'static str = "Lists the tags of a repository of the container registry";

    fn look(world: &World, args: &Args) -> Result<Seen<Tags>, ToolError> {
        let images = images::find(world, &args.repo)?;
        let page = paging::page(images.tags, args.limit, args.cursor.as_deref(), |image| {
            image.tag.clone()
        })?;
        let service = images
            .service
            .and_then(|id| world.plan().services.get(id.index()));
        let shown: Vec<Option<Shown>> = page
            .items
            .iter()
            .map(|image| {
                let (service, tag) = (service?.name.clone(), image.tag.clone());
                Some(Shown::ImageTag { service, tag })
            })
            .collect();
        Ok(Seen {
            output: Tags {
                repo: images.name,
                tags: page
                    .items
                    .into_iter()
                    .zip(&shown)
                    .map(|(image, shown)| TagRow {
                        artifact: shown.as_ref().map(Shown::id),
                        tag: image.tag,
                        digest: image.digest,
                        created_ms: image.built.millis(),
                        pushed_ms: image.pushed.millis(),
                    })
                    .collect(),
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown: shown.into_iter().flatten().collect(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"repo\":\"worker\",\"limit\":3}",
                about: "The tags of a service's images",
                prints: "registry.alpha.example/worker\nTAG                                       DIGEST               CREATED               PUSHED\n1.4.0                                     sha256:de1d5a4800d1  2026-02-26T15:30:00Z  2026-02-26T15:30:02Z\nb7c0de1d07a303ec1a7b1a00546b125547ab5ec2  sha256:de1d5a4800d1  2026-02-26T15:30:00Z  2026-02-26T15:30:02Z\n1.3.0                                     sha256:563a5c9aee93  2026-02-02T09:45:00Z  2026-02-02T09:45:02Z\n(1 to 3 of 19; next page: --cursor 1.3.0)\n",
            },
            ToolExample {
                args: "{\"repo\":\"none\"}",
                about: "A repository that does not exist",
                prints: "registry_list_tags: NAME_UNKNOWN: repository name not known to registry: none\nhint: repositories are docker.io/apache/kafka, docker.io/valkey/valkey, registry.alpha.example/cleanup, registry.alpha.example/gate, registry.alpha.example/intake, registry.alpha.example/mailer, registry.alpha.example/worker\n",
            },
        ]
    }
}
