//! `kubectl events`: events by time, with their counts.

use serde_json::json;

use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::outcome::KubectlOutcome;
use super::print::{self, Format};
use super::resources::kind_of;
use super::rows::events::{EventRow, event_row};
use super::tabs::{TABLE, lay_out};
use crate::sim::kubernetes::event::Event;
use crate::sim::kubernetes::manifest::event_namespace;
use crate::sim::kubernetes::{Kind, ObjectRef};

/// The flags of `events`.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces", 'A'),
    value("chunk-size", ' '),
    value("for", ' '),
    switch("no-headers", ' '),
    value("output", 'o'),
    value("types", ' '),
    switch("watch", 'w'),
];

/// Runs `events`.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let everywhere = parsed.on("all-namespaces");
    let of = match parsed
        .get("for")
        .map(|text| read_for(context, text))
        .transpose()
    {
        Ok(of) => of,
        Err(line) => return KubectlOutcome::failed(line),
    };
    let types: Vec<&str> = parsed
        .all("types")
        .iter()
        .flat_map(|list| list.split(','))
        .collect();
    for wanted in &types {
        if !["normal", "warning"].contains(&wanted.to_ascii_lowercase().as_str()) {
            return KubectlOutcome::error("valid --types are Normal or Warning");
        }
    }
    let format = match Format::read(parsed.get("output")) {
        Ok(format) => format,
        Err(error) => return KubectlOutcome::error(error),
    };
    let cluster = context.cluster();
    let mut events: Vec<&Event> = cluster.events();
    events.retain(|event| {
        (everywhere || event_namespace(event) == context.namespace)
            && of.as_ref().is_none_or(|object| event.object == *object)
            && (types.is_empty()
                || types
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(event.event_type.name())))
    });
    events.sort_by_key(|event| (event.seen(context.now).last_at, event.number));
    if events.is_empty() {
        let mut outcome = KubectlOutcome::default();
        outcome.complain(&if everywhere {
            "No events found.".to_owned()
        } else {
            format!("No events found in {} namespace.", context.namespace)
        });
        return outcome;
    }
    let rows: Vec<EventRow> = events
        .iter()
        .map(|event| event_row(event, context.now))
        .collect();
    let data = json!({"kind": "EventList", "items": rows});
    let stdout = if format.takes_documents() {
        let documents: Vec<_> = events
            .iter()
            .filter_map(|event| {
                let object = ObjectRef::new(Kind::Event, event_namespace(event), &event.name);
                cluster.document(&object).ok()
            })
            .collect();
        match print::documents(&format, &documents, false) {
            Ok(text) => text,
            Err(error) => return KubectlOutcome::error(error),
        }
    } else {
        table(&events, &rows, everywhere, parsed.on("no-headers"))
    };
    KubectlOutcome {
        data,
        stdout,
        ..KubectlOutcome::default()
    }
}

fn table(events: &[&Event], rows: &[EventRow], everywhere: bool, no_headers: bool) -> String {
    let mut text = String::new();
    if !no_headers {
        if everywhere {
            text.push_str("NAMESPACE\t");
        }
        text.push_str("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
    }
    for (event, row) in events.iter().zip(rows) {
        if everywhere {
            text.push_str(&row.namespace);
            text.push('\t');
        }
        let seen = if row.count > 1 {
            format!("{} (x{} over {})", row.last_seen, row.count, row.first_seen)
        } else {
            row.first_seen.clone()
        };
        text.push_str(&format!(
            "{seen}\t{}\t{}\t{}/{}\t{}\n",
            row.kind,
            row.reason,
            event.object.kind.name(),
            event.object.name,
            row.message.trim().replace(['\t', '\n'], " ")
        ));
    }
    lay_out(&text, TABLE)
}

fn read_for(context: &Context<'_>, text: &str) -> Result<ObjectRef, String> {
    let Some((kind, name)) = text.split_once('/') else {
        return Err("error: --for must be in resource/name form".to_owned());
    };
    Ok(super::act::object_of(context, kind_of(kind)?, name))
}
