//! `kafka-topics`: lists, describes and deletes topics. Never makes one: topics here come from the estate.

use super::client::{Known, Options, connect};
use super::view::Cluster;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::{Command, KafkaCommand};
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::time::Span;
use crate::sim::world::members::OFFSETS_PARTITIONS;
use crate::tools::family::Family;
use crate::tools::program::{Act, Example, Place, Program, Run};
use crate::tools::shared::first_rejection;

const OPTIONS: [Known; 12] = [
    ("bootstrap-server", true),
    ("command-config", true),
    ("list", false),
    ("describe", false),
    ("delete", false),
    ("create", false),
    ("alter", false),
    ("topic", true),
    ("if-exists", false),
    ("exclude-internal", false),
    ("partitions", true),
    ("replication-factor", true),
];

const ACTIONS: [&str; 5] = ["list", "describe", "delete", "create", "alter"];
/// The topic in which Kafka itself keeps committed offsets.
const INTERNAL: &str = "__consumer_offsets";
const INTERNAL_CONFIG: &str =
    "compression.type=producer,cleanup.policy=compact,segment.bytes=104857600";

/// `kafka-topics`, under either of its names.
pub struct Topics(pub &'static str);

impl Program for Topics {
    fn name(&self) -> &'static str {
        self.0
    }

    fn family(&self) -> Family {
        Family::Kafka
    }

    fn about(&self) -> &'static str {
        "Lists, describes and deletes Kafka's topics"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(4)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let options = match Options::read(argv, &OPTIONS) {
            Ok(options) => options,
            Err(error) => return Run::failed(format!("{error}\n"), 1),
        };
        let actions = options.actions(&ACTIONS);
        let [action] = actions.as_slice() else {
            return Run::failed(
                "Command must include exactly one action: --list, --describe, --create, --alter or --delete\n",
                1,
            );
        };
        let cluster = match connect(world, &options) {
            Ok(cluster) => cluster,
            Err(failed) => return failed,
        };
        match *action {
            "list" => list(&cluster, &options),
            "describe" => describe(&cluster, &options),
            "delete" => delete(&cluster, &options),
            other => Run::failed(
                format!(
                    "Error while executing topic command : Authorization failed.\norg.apache.kafka.common.errors.ClusterAuthorizationException: Cluster authorization failed.\n(to {other} topics takes a change to the platform's own code here)\n"
                ),
                1,
            ),
        }
    }

    fn examples(&self) -> Vec<Example> {
        if self.0.ends_with(".sh") {
            return vec![Example {
                line: "kafka-topics.sh --bootstrap-server broker:9092 --list --exclude-internal",
                about: "The topics",
                prints: "jobs\n",
            }];
        }
        vec![
            Example {
                line: "kafka-topics --bootstrap-server broker:9092 --list",
                about: "All topics",
                prints: "__consumer_offsets\njobs\n",
            },
            Example {
                line: "kafka-topics --bootstrap-server broker:9092 --describe --topic jobs",
                about: "A topic's partitions and settings",
                prints: "Topic: jobs\tTopicId: ykMOAi9QJAjLhq90YJt4QT\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \n\tTopic: jobs\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n",
            },
            Example {
                line: "kafka-topics --bootstrap-server broker:9092 --describe --topic none",
                about: "A topic that does not exist",
                prints: "Error while executing topic command : Topic 'none' does not exist as expected\n[2026-03-02 14:00:00,000] ERROR java.lang.IllegalArgumentException: Topic 'none' does not exist as expected\n\tat org.apache.kafka.tools.TopicCommand.ensureTopicExists(TopicCommand.java:215)\n (org.apache.kafka.tools.TopicCommand)\n",
            },
        ]
    }
}

fn list(cluster: &Cluster<'_>, options: &Options) -> Run {
    let mut names: Vec<&str> = cluster
        .topics()
        .iter()
        .map(|(plan, _)| plan.name.as_str())
        .collect();
    if !options.has("exclude-internal") {
        names.push(INTERNAL);
    }
    names.sort_unstable();
    Run::text(
        names
            .iter()
            .map(|name| format!("{name}\n"))
            .collect::<String>(),
    )
}

fn missing(cluster: &Cluster<'_>, topic: &str) -> Run {
    let at = cluster.world.now().format("%Y-%m-%d %H:%M:%S,%3f");
    Run::failed(
        format!(
            "Error while executing topic command : Topic '{topic}' does not exist as expected\n[{at}] ERROR java.lang.IllegalArgumentException: Topic '{topic}' does not exist as expected\n\tat org.apache.kafka.tools.TopicCommand.ensureTopicExists(TopicCommand.java:215)\n (org.apache.kafka.tools.TopicCommand)\n"
        ),
        1,
    )
}

fn describe(cluster: &Cluster<'_>, options: &Options) -> Run {
    let wanted = options.values("topic");
    let topics = cluster.topics();
    for topic in wanted {
        if topic != INTERNAL && cluster.topic(topic).is_none() {
            return missing(cluster, topic);
        }
    }
    let all = wanted.is_empty();
    let asked = |name: &str| all || wanted.iter().any(|topic| topic == name);
    let mut answer = Answer::default();
    for (plan, log) in topics.into_iter().filter(|(plan, _)| asked(&plan.name)) {
        let settings = log
            .config
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        let settings = settings.collect::<Vec<_>>().join(",");
        answer
            .text
            .push_str(&one(cluster, &plan.name, plan.partitions(), &settings));
        answer.shown.push(Shown::Topic(plan.name.clone()));
    }
    if asked(INTERNAL) && !options.has("exclude-internal") {
        answer
            .text
            .push_str(&one(cluster, INTERNAL, OFFSETS_PARTITIONS, INTERNAL_CONFIG));
    }
    Run::Answer(answer)
}

fn one(cluster: &Cluster<'_>, name: &str, partitions: u32, settings: &str) -> String {
    let mut text = format!(
        "Topic: {name}\tTopicId: {}\tPartitionCount: {partitions}\tReplicationFactor: {}\tConfigs: {settings}\n",
        topic_id(cluster, name),
        cluster.replication(),
    );
    for partition in 0..partitions {
        let replicas = cluster.replicas(partition);
        let leader = replicas.split(',').next().unwrap_or("1");
        text.push_str(&format!(
            "\tTopic: {name}\tPartition: {partition}\tLeader: {leader}\tReplicas: {replicas}\tIsr: {replicas}\n"
        ));
    }
    text
}

/// Twenty-two letters as Kafka's ids have them; the same for every seed.
fn topic_id(cluster: &Cluster<'_>, name: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let key = StreamKey::new(0, StreamId::of(&format!("kafka/{}/{name}", cluster.name))).leaf(0);
    let letters = (0..22).filter_map(|place| LETTERS.get(key.below(place, 64) as usize));
    letters.map(|letter| char::from(*letter)).collect()
}

fn delete(cluster: &Cluster<'_>, options: &Options) -> Run {
    let Some(topic) = options.value("topic") else {
        return Run::failed("Missing required argument \"[topic]\"\n", 1);
    };
    if cluster.topic(topic).is_none() {
        return if options.has("if-exists") {
            Run::text("")
        } else {
            missing(cluster, topic)
        };
    }
    let command = Command::Kafka(KafkaCommand::DeleteTopic {
        topic: topic.to_owned(),
    });
    Run::Act(Act {
        commands: vec![command],
        answer: Box::new(|_, results| match first_rejection(results) {
            Some(rejection) => Answer::failed(
                format!(
                    "Error while executing topic command : {}\n",
                    rejection.message
                ),
                1,
            ),
            None => Answer::default(),
        }),
    })
}
