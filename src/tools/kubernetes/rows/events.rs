//! Rows of events.

use serde::Serialize;

use super::{Column, Row};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::event::Event;
use crate::sim::kubernetes::manifest::event_namespace;
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// An event in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// Its namespace.
    pub namespace: String,
    /// Its own name.
    pub name: String,
    /// When it was last seen.
    pub last_seen_at: SimTime,
    /// Since then, in a few letters.
    pub last_seen: String,
    /// When it was first seen.
    pub first_seen_at: SimTime,
    /// Since then, in a few letters.
    pub first_seen: String,
    /// How often.
    pub count: u32,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The reason in one word.
    pub reason: &'static str,
    /// What it is about: `pod/web-1`.
    pub object: String,
    /// The part of the object, if one.
    pub subobject: String,
    /// Who says so.
    pub source: String,
    /// What happened.
    pub message: String,
}

impl Row for EventRow {
    const COLUMNS: &'static [Column] = &[
        ("LAST SEEN", false),
        ("TYPE", false),
        ("REASON", false),
        ("OBJECT", false),
        ("SUBOBJECT", true),
        ("SOURCE", true),
        ("MESSAGE", false),
        ("FIRST SEEN", true),
        ("COUNT", true),
        ("NAME", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.last_seen.clone(),
            self.kind.to_owned(),
            self.reason.to_owned(),
            self.object.clone(),
            self.subobject.clone(),
            self.source.clone(),
            self.message.trim().to_owned(),
            self.first_seen.clone(),
            self.count.to_string(),
            self.name.clone(),
        ]
    }
}

/// The row of an event.
pub fn event_row(event: &Event, now: SimTime) -> EventRow {
    let seen = event.seen(now);
    let source = match &event.host {
        Some(host) => format!("{}, {host}", event.component),
        None => event.component.to_owned(),
    };
    EventRow {
        namespace: event_namespace(event).to_owned(),
        name: event.name.to_string(),
        last_seen_at: seen.last_at,
        last_seen: age::since(seen.last_at, now),
        first_seen_at: event.first_at,
        first_seen: age::since(event.first_at, now),
        count: seen.count,
        kind: event.event_type.name(),
        reason: event.reason,
        object: format!("{}/{}", event.object.kind.singular(), event.object.name),
        subobject: event
            .container
            .as_ref()
            .map_or_else(String::new, |container| {
                format!("spec.containers{{{container}}}")
            }),
        source,
        message: event.message.clone(),
    }
}

/// The events of a namespace, or of all, as the server keeps them.
pub fn get_events(cluster: &Cluster, namespace: Option<&str>, now: SimTime) -> Vec<EventRow> {
    let mut rows: Vec<EventRow> = cluster
        .events()
        .into_iter()
        .map(|event| event_row(event, now))
        .filter(|row| namespace.is_none_or(|wanted| row.namespace == wanted))
        .collect();
    rows.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    rows
}
