//! Lines at exact instants: what a container prints when it starts, and before it ends, and what a broker says of groups
//! that rebalance. Never lines that come at a rate.

use std::sync::Arc;

use super::Signals;
use super::logs::format_of;
use super::stack;
use crate::scenario::format::service::Runtime;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::{GroupId, ServiceId};
use crate::sim::plan::Plan;
use crate::sim::telemetry::logs::{RETENTION_MS, ScriptedLine};
use crate::sim::telemetry::template::TimeForm;
use crate::sim::telemetry::wrap::LogFormat;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::consumers::Gap;
use crate::sim::world::fate::Started;
use crate::sim::world::members::{Rebalance, offsets_partition};

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

    /// A group's coordinator says that somebody joined, and what became of the group.
    pub(in crate::sim) fn rebalanced(
        &mut self,
        plan: &Plan,
        broker: ServiceId,
        pod: &Arc<str>,
        group: &str,
        rebalance: &Rebalance,
    ) {
        let Some(speaker) = Speaker::new(plan, broker, pod) else {
            return;
        };
        let said: [(SimTime, CoordinatorSays); 2] =
            [(rebalance.at, preparing), (rebalance.settled, settled)];
        // What the log system has forgotten when the drill begins need not be told.
        let kept_from = plan.page - Span::from_millis(RETENTION_MS);
        for (at, says) in said.into_iter().filter(|(at, _)| *at >= kept_from) {
            let time = TimeForm::Rfc3339.write(at);
            let (old, new) = (rebalance.old_generation, rebalance.old_generation + 1);
            let numbers = (old.to_string(), new.to_string());
            let text = says(group, &numbers, &rebalance.member, rebalance.members);
            let blank = ("{old}".to_owned(), "{generation}".to_owned());
            let kind = says(group, &blank, "{member}", rebalance.members);
            let says = coordinator_says(speaker.format, &time, &text).into();
            let name = coordinator_says(speaker.format, "{time}", &kind).into();
            self.add_line(at, speaker.line_of_kind(Level::Info, &says, name));
        }
    }

    fn add_line(&mut self, at: SimTime, line: ScriptedLine) {
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

/// What a coordinator says of a group, of its generations before and after, of who joined, and of how many are left.
type CoordinatorSays = fn(&str, &(String, String), &str, usize) -> String;

/// A coordinator's words as its broker writes them.
fn coordinator_says(format: LogFormat, time: &str, words: &str) -> String {
    let head = match format {
        LogFormat::Bare => format!("[{time}] INFO "),
        _ => String::new(),
    };
    format!("{head}[GroupCoordinator 1]: {words} (kafka.coordinator.group.GroupCoordinator)")
}

/// What it says when somebody joins.
fn preparing(group: &str, generations: &(String, String), member: &str, _: usize) -> String {
    format!(
        "Preparing to rebalance group {group} in state PreparingRebalance with old generation {} (__consumer_offsets-{}) (reason: Adding new member {member} with group instance id None; client reason: not provided)",
        generations.0,
        offsets_partition(group),
    )
}

/// What it says once members have settled or are gone.
fn settled(group: &str, generations: &(String, String), _: &str, members: usize) -> String {
    let (generation, partition) = (&generations.1, offsets_partition(group));
    if members == 0 {
        format!(
            "Group {group} with generation {generation} is now empty (__consumer_offsets-{partition})"
        )
    } else {
        format!(
            "Stabilized group {group} generation {generation} (__consumer_offsets-{partition}) with {members} members"
        )
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
        Self::new(plan, started.service, &started.pod)
    }

    fn new(plan: &Plan, service: ServiceId, pod: &Arc<str>) -> Option<Self> {
        let service = plan.services.get(service.index())?;
        Some(Self {
            service: Arc::from(service.name.as_str()),
            pod: Arc::clone(pod),
            format: format_of(service.spec.runtime),
            logger: stack::logger(service.spec.runtime, &service.name, false).into(),
        })
    }

    fn line(&self, level: Level, says: &Arc<str>) -> ScriptedLine {
        self.line_of_kind(level, says, kind_of(says).into())
    }

    fn line_of_kind(&self, level: Level, says: &Arc<str>, name: Arc<str>) -> ScriptedLine {
        ScriptedLine {
            service: Arc::clone(&self.service),
            pod: Some(Arc::clone(&self.pod)),
            level,
            name,
            says: Arc::clone(says),
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
    use crate::sim::World;
    use crate::sim::telemetry::lines::{Direction, LARGEST_PAGE, LineFilter};
    use crate::sim::testing::small_world;

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

    /// The lines of the small estate's broker about its group, oldest first.
    fn coordinated(world: &World) -> Vec<(SimTime, String)> {
        let filter = LineFilter {
            services: vec!["broker".to_owned()],
            from_ms: (world.now() - Span::from_hours(2)).millis(),
            ..LineFilter::default()
        };
        let telemetry = world.signals().telemetry();
        let page = telemetry.lines(&filter, None, Direction::Newer, LARGEST_PAGE);
        let all = page.lines.iter();
        let of_group = all.filter(|line| line.text.contains("GroupCoordinator"));
        of_group
            .map(|line| (SimTime(line.key.at_ms), line.text.clone()))
            .collect()
    }

    fn number_after(text: &str, words: &str) -> usize {
        let (_, rest) = text.split_once(words).unwrap();
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        digits.parse().unwrap()
    }

    #[test]
    fn a_groups_generation_rises_from_rebalance_to_rebalance() {
        let world = small_world();
        let said = coordinated(&world);
        let group = &world.groups()[0];
        let starts = said
            .iter()
            .filter(|(_, text)| text.contains("Preparing to rebalance"));
        let mut told = 0;
        for (at, text) in starts {
            let old = number_after(text, "old generation ");
            assert_eq!(group.rebalances[old], *at, "{text}");
            told += 1;
        }
        // The worker has crashed since 1.4.0 went out an hour ago: each life joins and leaves the group empty.
        let first = world.now() - Span::from_hours(2);
        let expected = group.rebalances.iter().filter(|at| **at >= first).count();
        assert!(told > 5 && told == expected, "{told} of {expected}");
        let ends = said
            .iter()
            .filter(|(_, text)| text.contains("is now empty"));
        let generations: Vec<_> = ends
            .map(|(_, text)| number_after(text, "with generation "))
            .collect();
        assert!(generations.len() >= told - 1);
        assert!(generations.is_sorted_by(|a, b| a < b), "{generations:?}");
    }
}
