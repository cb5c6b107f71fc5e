//! `kafka-configs`: settings of topics and brokers. Never changes a broker's: those come from its environment.

use super::client::{Known, Options, connect};
use super::view::Cluster;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::{Command, KafkaCommand};
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::program::{Act, Example, Place, Program, Run};
use crate::tools::shared::first_rejection;

const OPTIONS: [Known; 12] = [
    ("bootstrap-server", true),
    ("command-config", true),
    ("entity-type", true),
    ("entity-name", true),
    ("entity-default", false),
    ("topic", true),
    ("broker", true),
    ("describe", false),
    ("alter", false),
    ("all", false),
    ("add-config", true),
    ("delete-config", true),
];

/// Topic settings that Kafka 3.7 knows.
const TOPIC_KEYS: [&str; 30] = [
    "cleanup.policy",
    "compression.type",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.difference.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
];

/// `kafka-configs`, under either of its names.
pub struct Configs(pub &'static str);

impl Program for Configs {
    fn name(&self) -> &'static str {
        self.0
    }

    fn family(&self) -> Family {
        Family::Kafka
    }

    fn about(&self) -> &'static str {
        "Shows and changes settings of Kafka's topics"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(4)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let options = match Options::read(argv, &OPTIONS) {
            Ok(options) => options,
            Err(error) => return Run::failed(format!("{error}\n"), 1),
        };
        let actions = options.actions(&["describe", "alter"]);
        let [action] = actions.as_slice() else {
            return Run::failed(
                "Command must include exactly one action: --describe, --alter\n",
                1,
            );
        };
        let cluster = match connect(world, &options) {
            Ok(cluster) => cluster,
            Err(failed) => return failed,
        };
        match (entity(&options), *action) {
            (Some(("topics", Some(topic))), "describe") => {
                describe_topic(&cluster, topic, options.has("all"))
            }
            (Some(("topics", Some(topic))), _) => alter_topic(&cluster, topic, &options),
            (Some(("topics", None)), "describe") => {
                let topics = cluster.topics();
                let each = topics
                    .iter()
                    .map(|(plan, _)| described(&cluster, &plan.name, false));
                Run::text(each.collect::<String>())
            }
            (Some(("brokers", name)), "describe") => {
                describe_broker(&cluster, name.unwrap_or("1"), options.has("all"))
            }
            (Some(("brokers", _)), _) => Run::failed(
                "Error while executing config command: Cluster authorization failed.\norg.apache.kafka.common.errors.ClusterAuthorizationException: Cluster authorization failed.\n(a broker's settings come from its environment: see its workload in the cluster)\n",
                1,
            ),
            _ => Run::failed(
                "Missing required argument \"[entity-type]\": one of topics, brokers, with --entity-name\n",
                1,
            ),
        }
    }

    fn examples(&self) -> Vec<Example> {
        if self.0.ends_with(".sh") {
            return vec![Example {
                line: "kafka-configs.sh --bootstrap-server broker:9092 --entity-type brokers --entity-name 1 --describe --all",
                about: "A broker's settings",
                prints: "All configs for broker 1 are:\n  auto.create.topics.enable=false sensitive=false synonyms={STATIC_BROKER_CONFIG:auto.create.topics.enable=false, DEFAULT_CONFIG:auto.create.topics.enable=true}\n  log.retention.bytes=-1 sensitive=false synonyms={DEFAULT_CONFIG:log.retention.bytes=-1}\n  log.retention.check.interval.ms=300000 sensitive=false synonyms={DEFAULT_CONFIG:log.retention.check.interval.ms=300000}\n  log.retention.hours=24 sensitive=false synonyms={STATIC_BROKER_CONFIG:log.retention.hours=24, DEFAULT_CONFIG:log.retention.hours=168}\n",
            }];
        }
        vec![
            Example {
                line: "kafka-configs --bootstrap-server broker:9092 --entity-type topics --entity-name jobs --describe --all",
                about: "A topic's settings with the defaults",
                prints: "All configs for topic jobs are:\n  cleanup.policy=delete sensitive=false synonyms={DEFAULT_CONFIG:log.cleanup.policy=delete}\n  compression.type=producer sensitive=false synonyms={DEFAULT_CONFIG:compression.type=producer}\n  max.message.bytes=1048588 sensitive=false synonyms={DEFAULT_CONFIG:message.max.bytes=1048588}\n  min.insync.replicas=1 sensitive=false synonyms={DEFAULT_CONFIG:min.insync.replicas=1}\n  retention.bytes=-1 sensitive=false synonyms={DEFAULT_CONFIG:log.retention.bytes=-1}\n  retention.ms=86400000 sensitive=false synonyms={STATIC_BROKER_CONFIG:log.retention.hours=24, DEFAULT_CONFIG:log.retention.hours=168}\n  segment.bytes=1073741824 sensitive=false synonyms={DEFAULT_CONFIG:log.segment.bytes=1073741824}\n  segment.ms=21600000 sensitive=false synonyms={DEFAULT_CONFIG:log.roll.hours=168}\n",
            },
            Example {
                line: "kafka-configs --bootstrap-server broker:9092 --entity-type topics --entity-name jobs --alter --add-config retention.ms=3600000",
                about: "Changes a setting",
                prints: "Completed updating config for topic jobs.\n",
            },
            Example {
                line: "kafka-configs --bootstrap-server broker:9092 --entity-type topics --entity-name jobs --alter --add-config retention=1",
                about: "A setting that does not exist",
                prints: "Error while executing config command with args\njava.util.concurrent.ExecutionException: org.apache.kafka.common.errors.InvalidConfigurationException: Unknown topic config name: retention\n",
            },
        ]
    }
}

fn entity(options: &Options) -> Option<(&str, Option<&str>)> {
    if let Some(topic) = options.value("topic") {
        return Some(("topics", Some(topic)));
    }
    if let Some(broker) = options.value("broker") {
        return Some(("brokers", Some(broker)));
    }
    match options.value("entity-type")? {
        "topics" | "topic" => Some(("topics", options.value("entity-name"))),
        "brokers" | "broker" => Some(("brokers", options.value("entity-name"))),
        _ => None,
    }
}

fn describe_topic(cluster: &Cluster<'_>, topic: &str, all: bool) -> Run {
    if cluster.topic(topic).is_none() {
        return Run::failed(
            format!("The topic '{topic}' doesn't exist and doesn't have dynamic config.\n"),
            1,
        );
    }
    Run::Answer(Answer {
        text: described(cluster, topic, all),
        shown: vec![Shown::Topic(topic.to_owned())],
        ..Answer::default()
    })
}

fn described(cluster: &Cluster<'_>, topic: &str, all: bool) -> String {
    let Some((plan, log)) = cluster.topic(topic) else {
        return String::new();
    };
    let kind = if all { "All" } else { "Dynamic" };
    let mut text = format!("{kind} configs for topic {topic} are:\n");
    let mut lines: Vec<String> = log
        .config
        .iter()
        .map(|(key, value)| {
            format!("  {key}={value} sensitive=false synonyms={{DYNAMIC_TOPIC_CONFIG:{key}={value}{}}}\n", fallback(cluster, key))
        })
        .collect();
    if all {
        let segment = plan.spec.segment.millis.to_string();
        let retention = broker_retention(cluster).0;
        let defaults = [
            ("cleanup.policy", "delete"),
            ("compression.type", "producer"),
            ("max.message.bytes", "1048588"),
            ("min.insync.replicas", "1"),
            ("retention.bytes", "-1"),
            ("retention.ms", &retention),
            ("segment.bytes", "1073741824"),
            ("segment.ms", &segment),
        ];
        let unset = defaults
            .iter()
            .filter(|(key, _)| !log.config.contains_key(*key));
        lines.extend(unset.map(|(key, value)| {
            let synonyms = fallback(cluster, key);
            format!(
                "  {key}={value} sensitive=false synonyms={{{}}}\n",
                synonyms.trim_start_matches(", ")
            )
        }));
        lines.sort();
    }
    text.push_str(&lines.concat());
    text
}

/// What the broker says where a topic says nothing: retention in ms, in hours, and whether its environment says so.
fn broker_retention(cluster: &Cluster<'_>) -> (String, String, bool) {
    let world = cluster.world;
    let said = world
        .plan()
        .service(&cluster.spec.service)
        .and_then(|(id, _)| {
            let (_, pod) = world.fleet().of(id).next()?;
            pod.copy
                .env
                .get(&cluster.spec.retention_env)
                .map(ToString::to_string)
        });
    let hours: i64 = said
        .as_deref()
        .and_then(|text| text.parse().ok())
        .unwrap_or(168);
    let millis = if hours < 0 {
        -1
    } else {
        hours.saturating_mul(3_600_000)
    };
    (millis.to_string(), hours.to_string(), said.is_some())
}

fn fallback(cluster: &Cluster<'_>, key: &str) -> String {
    match key {
        "retention.ms" => {
            let (_, hours, from_env) = broker_retention(cluster);
            let own = if from_env {
                format!(", STATIC_BROKER_CONFIG:log.retention.hours={hours}")
            } else {
                String::new()
            };
            format!("{own}, DEFAULT_CONFIG:log.retention.hours=168")
        }
        "cleanup.policy" => ", DEFAULT_CONFIG:log.cleanup.policy=delete".to_owned(),
        "segment.bytes" => ", DEFAULT_CONFIG:log.segment.bytes=1073741824".to_owned(),
        "segment.ms" => ", DEFAULT_CONFIG:log.roll.hours=168".to_owned(),
        "retention.bytes" => ", DEFAULT_CONFIG:log.retention.bytes=-1".to_owned(),
        "min.insync.replicas" => ", DEFAULT_CONFIG:min.insync.replicas=1".to_owned(),
        "max.message.bytes" => ", DEFAULT_CONFIG:message.max.bytes=1048588".to_owned(),
        "compression.type" => ", DEFAULT_CONFIG:compression.type=producer".to_owned(),
        _ => String::new(),
    }
}

fn describe_broker(cluster: &Cluster<'_>, name: &str, all: bool) -> Run {
    let known = name
        .parse::<u32>()
        .is_ok_and(|number| (1..=cluster.brokers()).contains(&number));
    if !known {
        return Run::failed(
            format!("The broker '{name}' doesn't exist and doesn't have dynamic config.\n"),
            1,
        );
    }
    if !all {
        return Run::text(format!("Dynamic configs for broker {name} are:\n"));
    }
    let (_, hours, from_env) = broker_retention(cluster);
    let check = cluster.spec.retention_check.millis;
    let own = if from_env {
        format!("STATIC_BROKER_CONFIG:log.retention.hours={hours}, ")
    } else {
        String::new()
    };
    Run::text(format!(
        "All configs for broker {name} are:\n\
         \x20 auto.create.topics.enable=false sensitive=false synonyms={{STATIC_BROKER_CONFIG:auto.create.topics.enable=false, DEFAULT_CONFIG:auto.create.topics.enable=true}}\n\
         \x20 log.retention.bytes=-1 sensitive=false synonyms={{DEFAULT_CONFIG:log.retention.bytes=-1}}\n\
         \x20 log.retention.check.interval.ms={check} sensitive=false synonyms={{DEFAULT_CONFIG:log.retention.check.interval.ms=300000}}\n\
         \x20 log.retention.hours={hours} sensitive=false synonyms={{{own}DEFAULT_CONFIG:log.retention.hours=168}}\n"
    ))
}

fn failed(text: &str) -> Run {
    Run::failed(
        format!(
            "Error while executing config command with args\njava.util.concurrent.ExecutionException: org.apache.kafka.common.errors.{text}\n"
        ),
        1,
    )
}

/// Numbers must be numbers, as the broker checks them.
fn bad_value(key: &str, value: &str) -> bool {
    let numeric = key.ends_with(".ms") || key.ends_with(".bytes") || key == "min.insync.replicas";
    numeric && value.parse::<i64>().is_err()
}

fn alter_topic(cluster: &Cluster<'_>, topic: &str, options: &Options) -> Run {
    if cluster.topic(topic).is_none() {
        return failed(
            "UnknownTopicOrPartitionException: This server does not host this topic-partition.",
        );
    }
    let mut changes: Vec<(String, Option<String>)> = Vec::new();
    for pair in options
        .values("add-config")
        .iter()
        .flat_map(|text| text.split(','))
    {
        let Some((key, value)) = pair.split_once('=') else {
            return Run::failed(
                "Invalid entity config: all configs to be added must be in the format \"key=val\".\n",
                1,
            );
        };
        if bad_value(key, value) {
            return failed(&format!(
                "InvalidConfigurationException: Invalid value {value} for configuration {key}: Not a number of type LONG"
            ));
        }
        changes.push((key.trim().to_owned(), Some(value.trim().to_owned())));
    }
    for key in options
        .values("delete-config")
        .iter()
        .flat_map(|text| text.split(','))
    {
        changes.push((key.trim().to_owned(), None));
    }
    if changes.is_empty() {
        return Run::failed(
            "At least one of --add-config, --delete-config must be specified with --alter\n",
            1,
        );
    }
    for (key, value) in &changes {
        if !TOPIC_KEYS.contains(&key.as_str()) {
            return failed(&format!(
                "InvalidConfigurationException: Unknown topic config name: {key}"
            ));
        }
        let set = cluster
            .topic(topic)
            .is_some_and(|(_, log)| log.config.contains_key(key));
        if value.is_none() && !set {
            return Run::failed(format!("Invalid config(s): {key}\n"), 1);
        }
    }
    let commands = changes.into_iter().map(|(key, value)| {
        Command::Kafka(KafkaCommand::AlterTopic {
            topic: topic.to_owned(),
            key,
            value,
        })
    });
    let done = format!("Completed updating config for topic {topic}.\n");
    Run::Act(Act {
        commands: commands.collect(),
        answer: Box::new(move |_, results| match first_rejection(results) {
            Some(rejection) => Answer::failed(format!("{}\n", rejection.message), 1),
            None => Answer {
                text: done,
                ..Answer::default()
            },
        }),
    })
}
