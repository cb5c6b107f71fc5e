//! Journal entries in words: what was done, as it would be typed, so that a point can name what earned it. Never says
//! whether it was right.

use serde::Serialize;

use crate::session::entry::{ClockChange, Entry};
use crate::session::journal::{Record, Verdict};
use crate::sim::command::{AlertCommand, Command, DrillAct, KafkaCommand, OffsetTarget, PagerAct};
use crate::sim::git::command::RepoCommand;
use crate::sim::kubernetes::template::EnvSource;
use crate::sim::kubernetes::{KubeCommand, ObjectRef};
use crate::sim::time::SimTime;

/// The most characters of a text that is quoted.
const QUOTED: usize = 90;

/// A journal entry that a point, a mark or a sentence is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryRef {
    /// The record's number.
    pub record: u64,
    /// When, in simulated time.
    #[serde(rename = "at_ms")]
    pub at: SimTime,
    /// What was done.
    pub what: String,
}

impl EntryRef {
    /// The entry of a record.
    pub fn of(record: &Record<Entry>) -> Self {
        Self {
            record: record.intent.number,
            at: record.intent.at,
            what: entry(&record.intent.entry),
        }
    }

    /// `#12 10:03:20 kubectl ...`, as reports name it.
    pub fn text(&self) -> String {
        format!(
            "#{} {} {}",
            self.record,
            self.at.format("%H:%M:%S"),
            self.what
        )
    }
}

/// Whether a record's entry was applied.
pub fn was_applied(record: &Record<Entry>) -> bool {
    record.verdict == Verdict::Ok
}

/// The command of a record that was applied.
pub fn command(record: &Record<Entry>) -> Option<&Command> {
    match &record.intent.entry {
        Entry::Command(command) if was_applied(record) => Some(command),
        _ => None,
    }
}

/// Whether a command acts on the estate: it can mend or harm. Edits in a clone do not, what ships them does.
pub const fn is_acting(command: &Command) -> bool {
    matches!(
        command,
        Command::Kubernetes(_)
            | Command::Kafka(_)
            | Command::ValkeyFlush { .. }
            | Command::Ship { .. }
            | Command::SetFlag { .. }
    )
}

/// An entry in words.
pub fn entry(entry: &Entry) -> String {
    match entry {
        Entry::Command(command) => command_words(command),
        Entry::Call(call) => {
            let argv = call.args.get("argv").and_then(|argv| argv.as_array());
            match argv {
                Some(argv) => {
                    let words = argv.iter().filter_map(|word| word.as_str());
                    let line: Vec<&str> =
                        std::iter::once(call.tool.as_str()).chain(words).collect();
                    quoted(&line.join(" "))
                }
                None => quoted(&format!("{} {}", call.tool, call.args)),
            }
        }
        Entry::Look(look) => {
            let text = |name: &str| {
                look.query
                    .as_ref()
                    .and_then(|query| query.args.get(name))
                    .and_then(|value| value.as_str())
                    .unwrap_or_default()
            };
            quoted(
                format!(
                    "looked at {} {} {}",
                    look.pane,
                    text("query"),
                    text("filter")
                )
                .trim_end(),
            )
        }
        Entry::Clock(ClockChange::Speed(speed)) => format!("set the speed to {speed}"),
        Entry::Clock(ClockChange::Paused(true)) => "stopped the clock".to_owned(),
        Entry::Clock(ClockChange::Paused(false)) => "started the clock".to_owned(),
        Entry::Clock(ClockChange::SkippedTo(at)) => {
            format!("waited until {}", SimTime(*at).format("%H:%M:%S"))
        }
    }
}

fn command_words(command: &Command) -> String {
    match command {
        Command::Kubernetes(command) => kubernetes(command),
        Command::Kafka(command) => kafka(command),
        Command::ValkeyFlush { server } => format!("valkey-cli -h {server} FLUSHALL"),
        Command::SlackPost { channel, text, .. } => {
            format!("posted in {channel}: {}", quoted(text))
        }
        Command::Pager { incident, act } => match act {
            PagerAct::Acknowledge => format!("acknowledged {incident}"),
            PagerAct::Resolve => format!("resolved {incident}"),
            PagerAct::Note(text) => format!("noted on {incident}: {}", quoted(text)),
        },
        Command::Repository { repo, command } => repository(repo, command),
        Command::Ship { service } => format!("ship {service}"),
        Command::SetFlag { flag, on } => {
            format!("switched flag {flag} {}", if *on { "on" } else { "off" })
        }
        Command::Alerts(command) => alerts(command),
        Command::Drill(act) => drill(act),
    }
}

fn alerts(command: &AlertCommand) -> String {
    match command {
        AlertCommand::Silence {
            matching, lasts_ms, ..
        } => {
            let labels: Vec<String> = matching
                .iter()
                .map(|(name, value)| format!("{name}={}", quoted(value)))
                .collect();
            format!(
                "silenced {} for {} minutes",
                labels.join(" "),
                lasts_ms / 60_000
            )
        }
        AlertCommand::ExpireSilence(id) => format!("ended the silence {id}"),
    }
}

fn object(target: &ObjectRef) -> String {
    let kind = target.kind.singular();
    if target.namespace.is_empty() {
        format!("{kind}/{}", target.name)
    } else {
        format!("{kind}/{} -n {}", target.name, target.namespace)
    }
}

fn kubernetes(command: &KubeCommand) -> String {
    use KubeCommand as K;
    let line = match command {
        K::SetEnv {
            target,
            set,
            remove,
            ..
        } => {
            let set = set.iter().map(|variable| match &variable.source {
                EnvSource::Value(value) => format!("{}={value}", variable.name),
                _ => format!("{}=(from a reference)", variable.name),
            });
            let words: Vec<String> = set
                .chain(remove.iter().map(|name| format!("{name}-")))
                .collect();
            format!("set env {} {}", object(target), words.join(" "))
        }
        K::SetImage { target, images } => {
            let words: Vec<String> = images
                .iter()
                .map(|(container, image)| format!("{container}={image}"))
                .collect();
            format!("set image {} {}", object(target), words.join(" "))
        }
        K::SetResources { target, .. } => format!("set resources {}", object(target)),
        K::Scale {
            target, replicas, ..
        } => format!("scale {} --replicas={replicas}", object(target)),
        K::RolloutRestart { target } => format!("rollout restart {}", object(target)),
        K::RolloutUndo {
            target,
            to_revision,
        } => {
            let to = to_revision.map_or_else(String::new, |to| format!(" --to-revision={to}"));
            format!("rollout undo {}{to}", object(target))
        }
        K::RolloutPause { target } => format!("rollout pause {}", object(target)),
        K::RolloutResume { target } => format!("rollout resume {}", object(target)),
        K::Delete { target, .. } => format!("delete {}", object(target)),
        K::Evict { target } => format!("evict {}", object(target)),
        K::Patch { target, patch, .. } => format!("patch {} -p '{patch}'", object(target)),
        K::ReplaceManifest { target, .. } => format!("edit {}", object(target)),
        K::Cordon { node } => format!("cordon {node}"),
        K::Uncordon { node } => format!("uncordon {node}"),
        K::Drain { node } => format!("drain {node}"),
        K::Taint { node, .. } => format!("taint nodes {node}"),
        K::Label { target, .. } => format!("label {}", object(target)),
        K::Annotate { target, .. } => format!("annotate {}", object(target)),
        K::Autoscale {
            target, min, max, ..
        } => format!("autoscale {} --min={min} --max={max}", object(target)),
        K::CreateConfigMap { name, .. } => format!("create configmap {name}"),
        K::CreateJob { name, from, .. } => format!("create job {name} --from=cronjob/{from}"),
        K::CreateNamespace { name } => format!("create namespace {name}"),
    };
    quoted(&format!("kubectl {line}"))
}

fn kafka(command: &KafkaCommand) -> String {
    match command {
        KafkaCommand::ResetOffsets {
            group,
            topic,
            partitions,
            to,
        } => {
            let to = match to {
                OffsetTarget::Earliest => "--to-earliest".to_owned(),
                OffsetTarget::Latest => "--to-latest".to_owned(),
                OffsetTarget::Offset(offset) => format!("--to-offset {offset}"),
                OffsetTarget::ShiftBy(by) => format!("--shift-by {by}"),
            };
            let numbers: Vec<String> = partitions.iter().map(u32::to_string).collect();
            let only = match numbers.as_slice() {
                [] => String::new(),
                numbers => format!(":{}", numbers.join(",")),
            };
            format!(
                "kafka-consumer-groups --group {group} --topic {topic}{only} --reset-offsets {to}"
            )
        }
        KafkaCommand::AlterTopic { topic, key, value } => match value {
            Some(value) => {
                format!("kafka-configs --entity-name {topic} --alter --add-config {key}={value}")
            }
            None => format!("kafka-configs --entity-name {topic} --alter --delete-config {key}"),
        },
        KafkaCommand::DeleteTopic { topic } => format!("kafka-topics --delete --topic {topic}"),
    }
}

fn repository(repo: &str, command: &RepoCommand) -> String {
    match command {
        RepoCommand::Write {
            path,
            text: Some(_),
        } => format!("edited {repo}/{path}"),
        RepoCommand::Write { path, text: None } => format!("deleted {repo}/{path}"),
        RepoCommand::Commit { message, .. } => quoted(&format!(
            "git commit -m '{}'",
            message.as_deref().unwrap_or_default()
        )),
        RepoCommand::Revert { commits, .. } => format!("git revert {}", commits.join(" ")),
        RepoCommand::Push { branch, .. } => format!("git push ({branch})"),
        _ => format!("git in {repo}"),
    }
}

fn drill(act: &DrillAct) -> String {
    match act {
        DrillAct::Hint { number } => format!("took hint {}", number + 1),
        DrillAct::Pin { title, .. } => format!("pinned {}", quoted(title)),
        DrillAct::Unpin { .. } => "unpinned evidence".to_owned(),
        DrillAct::Note(_) => "wrote a note".to_owned(),
        DrillAct::Hypothesis(hypothesis) => format!(
            "hypothesis: {}",
            quoted(&format!(
                "{}, {}",
                hypothesis.component, hypothesis.mechanism
            ))
        ),
        DrillAct::Claim(claim) => format!(
            "claim: {}",
            quoted(&format!("{}, {}", claim.component, claim.mechanism))
        ),
        DrillAct::Report(_) => "handed in the incident report".to_owned(),
        DrillAct::HandOver(_) => "handed the incident over".to_owned(),
        DrillAct::GiveUp => "gave up".to_owned(),
    }
}

/// A text as it can stand in a line: on one line, no controls, not too long.
pub fn quoted(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(QUOTED)
        .collect();
    if text.chars().nth(QUOTED).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::kubernetes::Kind;
    use crate::sim::kubernetes::template::EnvVar;

    #[test]
    fn commands_read_as_they_would_be_typed() {
        let target = ObjectRef::new(Kind::Deployment, "back", "worker");
        let set = KubeCommand::SetEnv {
            target: target.clone(),
            containers: "*".to_owned(),
            set: vec![EnvVar::plain("A", "1")],
            remove: vec!["B".to_owned()],
        };
        let words = |command: KubeCommand| command_words(&Command::Kubernetes(Box::new(command)));
        assert_eq!(
            words(set),
            "kubectl set env deployment/worker -n back A=1 B-"
        );
        assert_eq!(
            words(KubeCommand::RolloutUndo {
                target,
                to_revision: Some(3)
            }),
            "kubectl rollout undo deployment/worker -n back --to-revision=3"
        );
    }

    #[test]
    fn nothing_quoted_breaks_a_line_or_controls_a_terminal() {
        assert_eq!(quoted("a\n\u{1b}[2Jb"), "a  [2Jb");
        assert_eq!(quoted(&"x".repeat(200)).chars().count(), QUOTED + 1);
    }
}
