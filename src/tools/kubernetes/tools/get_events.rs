//! `kubectl_get_events`: what the cluster said, newest first. Never events that have expired.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::namespace;
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::kubernetes::rows::events::get_events;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists events.
pub struct GetEvents;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The namespace; all of them when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Only events of this type: `Normal` or `Warning`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Events at most, 1 to 200.
    pub limit: usize,
    /// Where the page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            namespace: None,
            kind: None,
            limit: 50,
            cursor: None,
        }
    }
}

/// Events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Events {
    /// The one that was seen last comes first.
    pub events: Vec<Event>,
    /// How many there are in all.
    pub total: usize,
    /// Give this to read older ones; none when there are none.
    pub cursor: Option<String>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// Its namespace.
    pub namespace: String,
    /// How long ago it was last seen.
    pub last_seen: String,
    /// When it was last seen, in ms since the epoch.
    pub last_seen_ms: i64,
    /// When it was first seen, in ms since the epoch.
    pub first_seen_ms: i64,
    /// How often.
    pub count: u32,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The reason in one word.
    pub reason: &'static str,
    /// What it is about: `pod/NAME`.
    pub object: String,
    /// What happened.
    pub message: String,
}

impl Text for Events {
    fn text(&self) -> String {
        if self.events.is_empty() {
            return "No events found.\n".to_owned();
        }
        let mut rows = vec![row([
            "NAMESPACE",
            "LAST SEEN",
            "COUNT",
            "TYPE",
            "REASON",
            "OBJECT",
            "MESSAGE",
        ])];
        for event in &self.events {
            rows.push(row([
                &event.namespace,
                &event.last_seen,
                &event.count.to_string(),
                event.kind,
                event.reason,
                &event.object,
                &event.message,
            ]));
        }
        let mut text = columns(&rows);
        if let Some(cursor) = &self.cursor {
            text.push_str(&format!(
                "({} in all; older ones: cursor {cursor})\n",
                self.total
            ));
        }
        text
    }
}

impl Look for GetEvents {
    type Args = Args;
    type Output = Events;
    const NAME: &'static str = "kubectl_get_events";
    const FAMILY: Family = Family::Kubernetes;
    const ABOUT: &'static str = "Lists events of the cluster, newest first, by namespace and type";

    fn look(world: &World, args: &Args) -> Result<Seen<Events>, ToolError> {
        let wanted = namespace(world, args.namespace.as_deref())?;
        let mut rows = get_events(world.cluster(), wanted, world.now());
        if let Some(kind) = &args.kind {
            if !["normal", "warning"].contains(&kind.to_lowercase().as_str()) {
                return Err(ToolError::new(format!(
                    "unknown type {kind:?}: Normal or Warning"
                )));
            }
            rows.retain(|row| row.kind.eq_ignore_ascii_case(kind));
        }
        rows.sort_by(|one, other| {
            (other.last_seen_at, &one.namespace, &one.name).cmp(&(
                one.last_seen_at,
                &other.namespace,
                &other.name,
            ))
        });
        let page = paging::page(rows, args.limit, args.cursor.as_deref(), |row| {
            format!("{}/{}", row.namespace, row.name)
        })?;
        let events = page.items.into_iter().map(|row| Event {
            namespace: row.namespace,
            last_seen: row.last_seen,
            last_seen_ms: row.last_seen_at.millis(),
            first_seen_ms: row.first_seen_at.millis(),
            count: row.count,
            kind: row.kind,
            reason: row.reason,
            object: row.object,
            message: row.message,
        });
        Ok(Seen {
            output: Events {
                events: events.collect(),
                total: page.total,
                cursor: page.cursor,
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"namespace": "back", "type": "Warning", "limit": 2}"#,
                about: "The newest warnings of a namespace",
                prints: "NAMESPACE  LAST SEEN  COUNT  TYPE     REASON   OBJECT                      MESSAGE\nback       2s         86755  Warning  BackOff  pod/mailer-69d854978-hlkb9  Back-off restarting failed container mailer in pod mailer-69d854978-hlkb9_back(cea106cf-b4bb-40c1-92ff-f24c566f75fb)\nback       8s         247    Warning  BackOff  pod/worker-7c649d995-fvvwt  Back-off restarting failed container worker in pod worker-7c649d995-fvvwt_back(2492a048-4c61-4b17-8b4e-b1ff6822edbc)\n",
            },
            ToolExample {
                args: r#"{"type": "Bad"}"#,
                about: "A type that does not exist",
                prints: "kubectl_get_events: unknown type \"Bad\": Normal or Warning\n",
            },
        ]
    }
}
