//! `terraform_show_state`: a resource with its attributes, as the state has them. Never what the code wants.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{hcl, resources};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads a resource.
pub struct ShowState;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The resource's address.
    pub resource: String,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct State {
    /// Its address.
    pub address: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Attributes, by name.
    pub attributes: BTreeMap<String, Value>,
    /// The id under which it can be pinned.
    pub artifact: String,
}

impl Text for State {
    fn text(&self) -> String {
        hcl::block(&resources::Resource {
            address: self.address.clone(),
            kind: self.kind.clone(),
            name: self.name.clone(),
            attributes: self.attributes.clone(),
        })
    }
}

/// What Terraform says of an address that is none.
pub const NO_INSTANCE: &str = "No instance found for the given address!\n\nThis command requires that the address references one specific instance.\nTo view the available instances, use \"terraform state list\". Please modify \nthe address to reference a specific instance.";

impl Look for ShowState {
    type Args = Args;
    type Output = State;
    const NAME: &'static str = "terraform_show_state";
    const FAMILY: Family = Family::Terraform;
    const ABOUT: &'static str = "Shows a resource of the infrastructure's Terraform state";

    fn look(world: &World, args: &Args) -> Result<Seen<State>, ToolError> {
        let found = resources::all(world)
            .into_iter()
            .find(|known| known.address == args.resource)
            .ok_or_else(|| ToolError {
                message: NO_INSTANCE.to_owned(),
                hint: Some("terraform_list_resources lists them".to_owned()),
            })?;
        let shown = Shown::TerraformResource(found.address.clone());
        Ok(Seen {
            output: State {
                address: found.address,
                kind: found.kind,
                name: found.name,
                attributes: found.attributes,
                artifact: shown.id(),
            },
            shown: vec![shown],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{\"resource\":\"kafka_topic.jobs\"}",
            about: "A resource",
            prints: "# kafka_topic.jobs:\nresource \"kafka_topic\" \"jobs\" {\n    config             = {}\n    id                 = \"jobs\"\n    name               = \"jobs\"\n    partitions         = 1\n    replication_factor = 1\n}\n",
        }]
    }
}
