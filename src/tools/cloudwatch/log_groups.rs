//! `cloudwatch_list_log_groups`: the groups that the cluster's log shipper writes to, one for each service. Never lines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account;
use crate::sim::World;
use crate::sim::time::SimTime;
use crate::tools::drawn::estate_key;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists log groups.
pub struct ListLogGroups;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only groups whose name begins so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Most groups, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            prefix: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of log groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogGroups {
    /// By name.
    pub groups: Vec<LogGroup>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// The service whose containers write to it.
    pub service: String,
    /// When it was made, in ms since the epoch.
    pub created_ms: i64,
    /// How long events are kept, in days.
    pub retention_days: i64,
    /// Its ARN.
    pub arn: String,
}

/// The name of a service's group.
pub fn name_of(world: &World, service: &str) -> String {
    let plan = world.plan();
    let namespace = plan
        .services
        .iter()
        .find(|known| known.name == service)
        .map_or("host", |known| known.spec.namespace.as_str());
    format!("/eks/{}/{namespace}/{service}", plan.pack.estate.cluster)
}

/// All groups, by name.
pub fn all(world: &World) -> Vec<LogGroup> {
    let telemetry = world.signals().telemetry();
    let kept_ms = telemetry.log_defs().map(|(_, def)| def.retention_ms).max();
    let retention_days = kept_ms.unwrap_or_default().max(86_400_000) / 86_400_000;
    let plan = world.plan();
    let since = plan
        .pack
        .estate
        .since
        .map_or(plan.history_start(), |at| SimTime(at.millis));
    let (account, region) = (account::number(world), account::region(world));
    let mut groups: Vec<LogGroup> = telemetry
        .log_services()
        .iter()
        .map(|service| {
            let name = name_of(world, service);
            let key = estate_key(world, &format!("aws/logs/{name}"));
            LogGroup {
                created_ms: since.millis() + key.between(0, 1_000, 900_000),
                retention_days,
                arn: format!("arn:aws:logs:{region}:{account}:log-group:{name}:*"),
                service: service.to_string(),
                name,
            }
        })
        .collect();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    groups
}

impl Text for LogGroups {
    fn text(&self) -> String {
        let mut rows = vec![row(["LOG GROUP", "KEPT"])];
        for group in &self.groups {
            rows.push(row([
                &group.name,
                &format!("{} days", group.retention_days),
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.groups.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

impl Look for ListLogGroups {
    type Args = Args;
    type Output = LogGroups;
    const NAME: &'static str = "cloudwatch_list_log_groups";
    const FAMILY: Family = Family::CloudWatch;
    const ABOUT: &'static str = "Lists the log groups of the cloud account";

    fn look(world: &World, args: &Args) -> Result<Seen<LogGroups>, ToolError> {
        let mut groups = all(world);
        if let Some(prefix) = &args.prefix {
            groups.retain(|group| group.name.starts_with(prefix.as_str()));
        }
        let page = paging::page(groups, args.limit, args.cursor.as_deref(), |group| {
            group.name.clone()
        })?;
        Ok(Seen {
            output: LogGroups {
                groups: page.items,
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
            prints: "LOG GROUP                    KEPT\n/eks/alpha-main/back/broker  7 days\n(1 to 1 of 6; next page: --cursor /eks/alpha-main/back/broker)\n",
        }]
    }
}
