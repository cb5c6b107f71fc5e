//! Lines at exact instants: what a container prints when it starts, and before it ends. Never lines that come at a rate.

use std::sync::Arc;

use super::Signals;
use super::logs::format_of;
use super::stack;
use crate::scenario::format::service::Runtime;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::GroupId;
use crate::sim::plan::Plan;
use crate::sim::telemetry::logs::{RETENTION_MS, Says, ScriptedLine};
use crate::sim::telemetry::wrap::LogFormat;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::consumers::Gap;
use crate::sim::world::fate::Started;

/// The lines below as templates, for checks of what can be seen.
pub const LINES: [&str; 8] = [
    "Application started. Hosting environment: Production; {service:pod} {tag:pod}",
    "Started {service:pod} {tag:pod} (process running for 4.1 s)",
    "{service:pod} {tag:pod} ready to accept connections",
    "starting {service:pod} version={tag:pod}",
    "Offset gap detected on {topic:pod}[{partition:digits}]: expected {expected:digits}, got {got:digits}; {missing:digits} messages are no longer on the broker",
    "[GroupCoordinator 1]: Preparing to rebalance group {group:pod} in state PreparingRebalance with old generation {old:digits} (__consumer_offsets-{partition:digits}) (reason: Adding new member {member:pod} with group instance id None; client reason: not provided) (kafka.coordinator.group.GroupCoordinator)",
    "[GroupCoordinator 1]: Stabilized group {group:pod} generation {generation:digits} (__consumer_offsets-{partition:digits}) with {members:digits} members (kafka.coordinator.group.GroupCoordinator)",
    "[GroupCoordinator 1]: Group {group:pod} with generation {generation:digits} is now empty (__consumer_offsets-{partition:digits}) (kafka.coordinator.group.GroupCoordinator)",
];

impl Signals {
    pub(super) fn start_lines(&mut self, plan: &Plan, started: &Started) {
        for (after, line) in lines_of(plan, started) {
            self.add_line(started.at + after, line);
        }
    }

    /// A consumer noticed that the log begins after where it left off.
    pub(in crate::sim) fn gap_found(
        &mut self,
        plan: &Plan,
        started: &Started,
        group: GroupId,
        gap: &Gap,
    ) {
        let topic = plan
            .groups
            .get(group.index())
            .and_then(|group| plan.topics.get(group.topic.index()));
        let topic = topic.map_or("", |topic| topic.name.as_str());
        let Gap {
            partition,
            expected,
            got,
            ..
        } = gap;
        let missing = gap.missing();
        let text = format!(
            "Offset gap detected on {topic}[{partition}]: expected {expected}, got {got}; {missing} messages are no longer on the broker"
        );
        let Some(speaker) = Speaker::of(plan, started) else {
            return;
        };
        self.add_line(gap.at, speaker.line(Level::Error, &text.into()));
    }

    pub(super) fn add_line(&mut self, at: SimTime, line: ScriptedLine) {
        if self.telemetry.add_line(at.millis(), line).is_err() {
            self.refused += 1;
        }
    }

    /// Lives of a container that was started again at each of some instants of the past, all as `started` says.
    pub(in crate::sim) fn lived(&mut self, plan: &Plan, started: &Started, starts: &[SimTime]) {
        let slot = self
            .services
            .get(started.service.index())
            .and_then(|service| Some((service.slots, *service.pods.get(&started.pod)?)));
        let Some((slots, slot)) = slot else {
            return;
        };
        let life = plan
            .services
            .get(started.service.index())
            .and_then(|service| service.spec.known_crash_loop.as_ref())
            .map_or(0, |known| known.life.millis);
        for at in starts {
            let restarted = self.telemetry.restart_pod(at.millis(), slots, slot);
            self.keep(restarted);
            let ended = self.telemetry.stop_pod(at.millis() + life, slots, slot);
            self.keep(ended);
        }
        // What the log system has forgotten when the drill begins need not be told.
        let kept_from = plan.page - Span::from_millis(RETENTION_MS);
        let told = lines_of(plan, started).into_iter().map(|(after, line)| {
            let instants = starts.iter().map(|start| *start + after);
            let instants = instants.filter(|at| *at >= kept_from);
            (line, instants.map(SimTime::millis).collect())
        });
        self.past_lines.extend(told);
    }

    /// Tells the lines of those lives: once, before anything reads.
    pub(in crate::sim) fn tell_past_lines(&mut self) {
        let lines = std::mem::take(&mut self.past_lines);
        if self.telemetry.add_past_lines(lines).is_err() {
            self.refused += 1;
        }
    }
}

/// What a container prints when it starts, and before it ends: how long after its start.
fn lines_of(plan: &Plan, started: &Started) -> Vec<(Span, ScriptedLine)> {
    let (Some(service), Some(speaker)) = (
        plan.services.get(started.service.index()),
        Speaker::of(plan, started),
    ) else {
        return Vec::new();
    };
    let greeting = greeting(
        service.spec.runtime,
        &service.name,
        &started.running.copy.tag,
    );
    let greets = speaker.line(Level::Info, &greeting.into());
    let mut lines = vec![(Span::from_millis(350), greets)];
    if let Some(known) = &service.spec.known_crash_loop {
        let each = Span(known.life.millis / (known.says.len() as i64 + 1));
        let mut after = Span::from_millis(400);
        for says in &known.says {
            after = after + each;
            let after = after.min(Span(known.life.millis - 1));
            lines.push((after, speaker.line(Level::Error, &says.as_str().into())));
        }
    }
    if let Some((_, crash)) = &started.crash {
        for (after, level, text) in crash.says.iter() {
            lines.push((*after, speaker.line(*level, text)));
        }
    }
    lines
}

/// Who writes a container's lines.
struct Speaker {
    service: Arc<str>,
    pod: Arc<str>,
    format: LogFormat,
    logger: Arc<str>,
}

impl Speaker {
    fn of(plan: &Plan, started: &Started) -> Option<Self> {
        let service = plan.services.get(started.service.index())?;
        Some(Self {
            service: Arc::from(service.name.as_str()),
            pod: Arc::clone(&started.pod),
            format: format_of(service.spec.runtime),
            logger: stack::logger(service.spec.runtime, &service.name, false).into(),
        })
    }

    fn line(&self, level: Level, says: &Arc<str>) -> ScriptedLine {
        ScriptedLine {
            service: Arc::clone(&self.service),
            pod: Some(Arc::clone(&self.pod)),
            level,
            name: kind_of(says).into(),
            says: Says::Text(Arc::clone(says)),
            format: self.format,
            logger: Arc::clone(&self.logger),
        }
    }
}

/// What lines of a kind have in common: the first line of a text with its numbers left out.
fn kind_of(says: &str) -> String {
    let mut kind = String::new();
    let mut in_number = false;
    for letter in says.lines().next().unwrap_or_default().chars() {
        if !letter.is_ascii_digit() {
            kind.push(letter);
        } else if !in_number {
            kind.push_str("{n}");
        }
        in_number = letter.is_ascii_digit();
    }
    kind
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_leave_numbers_out() {
        assert_eq!(
            kind_of("expected 48293, got 51847\n  at X"),
            "expected {n}, got {n}"
        );
        assert_eq!(kind_of("not configured"), "not configured");
    }

    #[test]
    fn checks_know_what_containers_write() {
        let fields = regex::Regex::new(r"\\\{\w+:(pod|digits)\\\}").unwrap();
        let fits = |text: &str| {
            LINES.iter().any(|line| {
                let pattern = fields
                    .replace_all(&regex::escape(line), r"[\w.-]+")
                    .into_owned();
                regex::Regex::new(&format!("^{pattern}$"))
                    .unwrap()
                    .is_match(text)
            })
        };
        for runtime in [
            Runtime::DotNet,
            Runtime::Java,
            Runtime::Vendor,
            Runtime::Proxy,
            Runtime::Go,
        ] {
            let text = greeting(runtime, "gate-2", "1.4.0");
            assert!(fits(&text), "{text}");
        }
        assert!(!fits("starting"));
    }
}
