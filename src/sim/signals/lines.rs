//! Lines at exact instants: what a container prints when it starts, and before it ends. Never lines that come at a rate.

use std::sync::Arc;

use super::Signals;
use crate::scenario::format::service::Runtime;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::{GroupId, ServiceId};
use crate::sim::plan::Plan;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::fate::Started;

/// A line at an exact instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedLine {
    /// When.
    pub at: SimTime,
    /// Whose.
    pub service: ServiceId,
    /// Its pod.
    pub pod: Arc<str>,
    /// The life of the container that printed it, counted from 0.
    pub life: u32,
    /// Level.
    pub level: Level,
    /// Text; may have several lines.
    pub text: String,
}

impl Signals {
    pub(super) fn start_lines(&mut self, plan: &Plan, started: &Started) {
        let Some(service) = plan.services.get(started.service.index()) else {
            return;
        };
        let greeting = greeting(
            service.spec.runtime,
            &service.name,
            &started.running.copy.tag,
        );
        self.add_line(started, Span::from_millis(350), Level::Info, greeting);
        if let Some(known) = &service.spec.known_crash_loop {
            let each = Span(known.life.millis / (known.says.len() as i64 + 1));
            let mut after = Span::from_millis(400);
            for says in &known.says {
                after = after + each;
                self.add_line(
                    started,
                    after.min(Span(known.life.millis - 1)),
                    Level::Error,
                    says.clone(),
                );
            }
        }
        if let Some((_, crash)) = &started.crash {
            for (after, level, text) in &crash.says {
                self.add_line(started, *after, *level, text.clone());
            }
        }
    }

    /// A consumer noticed that the log begins after where it left off.
    pub(in crate::sim) fn gap_found(
        &mut self,
        plan: &Plan,
        started: &Started,
        group: GroupId,
        expected: u64,
        got: u64,
    ) {
        let topic = plan
            .groups
            .get(group.index())
            .and_then(|group| plan.topics.get(group.topic.index()));
        let topic = topic.map_or("", |topic| topic.name.as_str());
        let text = format!(
            "Offset gap detected on {topic}[0]: expected {expected}, got {got}; {} messages are no longer on the broker",
            got.saturating_sub(expected)
        );
        self.add_line(started, Span::from_secs(3), Level::Error, text);
    }

    fn add_line(&mut self, started: &Started, after: Span, level: Level, text: String) {
        let line = ScriptedLine {
            at: started.at + after,
            service: started.service,
            pod: Arc::clone(&started.pod),
            life: started.running.life,
            level,
            text,
        };
        let lines = Arc::make_mut(&mut self.lines);
        let place = lines.partition_point(|other| other.at <= line.at);
        lines.insert(place, line);
    }
}

fn greeting(runtime: Runtime, service: &str, tag: &str) -> String {
    match runtime {
        Runtime::DotNet => {
            format!("Application started. Hosting environment: Production; {service} {tag}")
        }
        Runtime::Java => format!("Started {service} {tag} (process running for 4.1 s)"),
        Runtime::Vendor | Runtime::Proxy => format!("{service} {tag} ready to accept connections"),
        _ => format!("starting {service} version={tag}"),
    }
}
