//! Lines at exact instants: what a container prints when it starts, and before it ends. Never lines that come at a rate.

use std::sync::Arc;

use super::Signals;
use super::logs::format_of;
use super::stack;
use crate::scenario::format::service::Runtime;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::GroupId;
use crate::sim::plan::Plan;
use crate::sim::telemetry::logs::ScriptedLine;
use crate::sim::telemetry::wrap::written;
use crate::sim::time::Span;
use crate::sim::world::fate::Started;

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
        self.add_line(
            plan,
            started,
            Span::from_millis(350),
            Level::Info,
            &greeting,
        );
        if let Some(known) = &service.spec.known_crash_loop {
            let each = Span(known.life.millis / (known.says.len() as i64 + 1));
            let mut after = Span::from_millis(400);
            for says in &known.says {
                after = after + each;
                self.add_line(
                    plan,
                    started,
                    after.min(Span(known.life.millis - 1)),
                    Level::Error,
                    says,
                );
            }
        }
        if let Some((_, crash)) = &started.crash {
            for (after, level, text) in &crash.says {
                self.add_line(plan, started, *after, *level, text);
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
        let missing = got.saturating_sub(expected);
        let text = format!(
            "Offset gap detected on {topic}[0]: expected {expected}, got {got}; {missing} messages are no longer on the broker"
        );
        self.add_line(plan, started, Span::from_secs(3), Level::Error, &text);
    }

    fn add_line(&mut self, plan: &Plan, started: &Started, after: Span, level: Level, text: &str) {
        let Some(service) = plan.services.get(started.service.index()) else {
            return;
        };
        let at = started.at + after;
        let added = self.telemetry.add_line(ScriptedLine {
            at_ms: at.millis(),
            service: Arc::from(service.name.as_str()),
            pod: Some(Arc::clone(&started.pod)),
            level,
            name: Arc::from("container"),
            text: written(
                text,
                format_of(service.spec.runtime),
                level,
                &stack::logger(service.spec.runtime, &service.name, false),
                at,
            ),
        });
        if added.is_err() {
            self.refused += 1;
        }
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
