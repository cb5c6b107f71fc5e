//! `terraform_list_resources`: the addresses of all resources in the state. Never their attributes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resources;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists resources.
pub struct ListResources;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only resources whose address begins so, for example `aws_instance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Most resources, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            prefix: None,
            limit: 100,
            cursor: None,
        }
    }
}

/// A page of resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Resources {
    /// By address.
    pub resources: Vec<ResourceRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceRow {
    /// Its address.
    pub address: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The id under which it can be pinned.
    pub artifact: String,
}

impl Text for Resources {
    fn text(&self) -> String {
        let mut text: String = self
            .resources
            .iter()
            .map(|resource| format!("{}\n", resource.address))
            .collect();
        text.push_str(&paging::footer(
            self.resources.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        ));
        text
    }
}

impl Look for ListResources {
    type Args = Args;
    type Output = Resources;
    const NAME: &'static str = "terraform_list_resources";
    const FAMILY: Family = Family::Terraform;
    const ABOUT: &'static str = "Lists the resources of the infrastructure's Terraform state";

    fn look(world: &World, args: &Args) -> Result<Seen<Resources>, ToolError> {
        let mut found = resources::all(world);
        found.retain(|known| {
            args.prefix
                .as_ref()
                .is_none_or(|prefix| known.address.starts_with(prefix.as_str()))
        });
        let page = paging::page(found, args.limit, args.cursor.as_deref(), |known| {
            known.address.clone()
        })?;
        Ok(Seen {
            output: Resources {
                resources: page
                    .items
                    .into_iter()
                    .map(|known| ResourceRow {
                        artifact: Shown::TerraformResource(known.address.clone()).id(),
                        id: known.id(),
                        address: known.address,
                        kind: known.kind,
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
            args: "{\"prefix\":\"kafka_topic\"}",
            about: "Resources of one type",
            prints: "kafka_topic.jobs\n",
        }]
    }
}
