//! `terraform plan`: what the code would change of the state. Never changes it.

use serde_json::Value;

use super::hcl::written;
use super::resources::{self, Drift};
use crate::sim::World;
use crate::sim::artifact::Shown;

const HEAD: &str = "\nTerraform used the selected providers to generate the following execution\nplan. Resource actions are indicated with the following symbols:\n  ~ update in-place\n\nTerraform will perform the following actions:\n";
const FOOT: &str = "\n─────────────────────────────────────────────────────────────────────────────\n\nNote: You didn't use the -out option to save this plan, so Terraform can't\nguarantee to take exactly these actions if you run \"terraform apply\" now.\n";
const NO_CHANGES: &str = "\nNo changes. Your infrastructure matches the configuration.\n\nTerraform has compared your real infrastructure against your configuration\nand found no differences, so no changes are needed.\n";

/// The plan as Terraform prints it, and what it showed.
pub fn text(world: &World) -> (String, Vec<Shown>) {
    let all = resources::all(world);
    let drift = resources::drift(world);
    let mut text: String = all
        .iter()
        .map(|known| {
            format!(
                "{}: Refreshing state... [id={}]\n",
                known.address,
                known.id()
            )
        })
        .collect();
    if drift.is_empty() {
        return (text + NO_CHANGES, Vec::new());
    }
    text.push_str(HEAD);
    let mut addresses: Vec<&String> = drift.iter().map(|one| &one.address).collect();
    addresses.dedup();
    for address in &addresses {
        let Some(known) = all.iter().find(|known| known.address == **address) else {
            continue;
        };
        let changes: Vec<&Drift> = drift
            .iter()
            .filter(|one| one.address == **address)
            .collect();
        let widest = changes
            .iter()
            .map(|one| one.attribute.chars().count())
            .max()
            .unwrap_or(2)
            .max(2);
        text.push_str(&format!(
            "\n  # {address} will be updated in-place\n  ~ resource \"{}\" \"{}\" {{\n        {:<widest$} = {}\n",
            known.kind,
            known.name,
            "id",
            written(&Value::String(known.id()), 8)
        ));
        for one in &changes {
            text.push_str(&format!(
                "      ~ {:<widest$} = {} -> {}\n",
                one.attribute,
                written(&one.is, 8),
                written(&one.wanted, 8)
            ));
        }
        let hidden = known.attributes.len().saturating_sub(changes.len() + 1);
        if hidden > 0 {
            let noun = if hidden == 1 {
                "attribute"
            } else {
                "attributes"
            };
            text.push_str(&format!("        # ({hidden} unchanged {noun} hidden)\n"));
        }
        text.push_str("    }\n");
    }
    text.push_str(&format!(
        "\nPlan: 0 to add, {} to change, 0 to destroy.\n{FOOT}",
        addresses.len()
    ));
    let shown = addresses
        .into_iter()
        .map(|address| Shown::TerraformDrift(address.clone()))
        .collect();
    (text, shown)
}
