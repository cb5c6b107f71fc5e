//! `kafka-consumer-groups`: lists and describes groups, resets their offsets. Never moves an offset without `--execute`.

use super::client::{Known, Options, connect};
use super::groups_text;
use super::view::{Cluster, GroupState};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::{Command, KafkaCommand, OffsetTarget};
use crate::sim::ids::GroupId;
use crate::sim::plan::GroupPlan;
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::program::{Act, Example, Place, Program, Run};
use crate::tools::shared::first_rejection;

const OPTIONS: [Known; 21] = [
    ("bootstrap-server", true),
    ("command-config", true),
    ("list", false),
    ("describe", false),
    ("delete", false),
    ("reset-offsets", false),
    ("group", true),
    ("all-groups", false),
    ("topic", true),
    ("all-topics", false),
    ("members", false),
    ("state", false),
    ("offsets", false),
    ("verbose", false),
    ("timeout", true),
    ("to-latest", false),
    ("to-earliest", false),
    ("to-offset", true),
    ("shift-by", true),
    ("execute", false),
    ("dry-run", false),
];

const ACTIONS: [&str; 4] = ["list", "describe", "delete", "reset-offsets"];

const NO_EXECUTE: &str = "WARN: No action will be performed as the --execute option is missing. In a future major release, the default behavior of this command will be to prompt the user before executing the reset rather than doing a dry run. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.\n";

/// `kafka-consumer-groups`, under either of its names.
pub struct ConsumerGroups(pub &'static str);

impl Program for ConsumerGroups {
    fn name(&self) -> &'static str {
        self.0
    }

    fn family(&self) -> Family {
        Family::Kafka
    }

    fn about(&self) -> &'static str {
        "Lists and describes Kafka's consumer groups, resets their offsets"
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
                "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets\n",
                1,
            );
        };
        let cluster = match connect(world, &options) {
            Ok(cluster) => cluster,
            Err(failed) => return failed,
        };
        match *action {
            "list" => {
                let names = cluster
                    .groups()
                    .into_iter()
                    .map(|(_, group)| format!("{}\n", group.name));
                Run::text(names.collect::<String>())
            }
            "describe" => describe(&cluster, &options),
            "delete" => delete(&cluster, &options),
            _ => reset(&cluster, &options),
        }
    }

    fn examples(&self) -> Vec<Example> {
        if self.0.ends_with(".sh") {
            return vec![Example {
                line: "kafka-consumer-groups.sh --bootstrap-server broker:9092 --describe --group worker --state",
                about: "A group's state",
                prints: "\nGROUP                     COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS\nworker                    broker:9092 (1)                                Empty           0\n\nConsumer group 'worker' has no active members.\n",
            }];
        }
        vec![
            Example {
                line: "kafka-consumer-groups --bootstrap-server broker:9092 --list",
                about: "All groups",
                prints: "worker\n",
            },
            Example {
                line: "kafka-consumer-groups --bootstrap-server broker:9092 --describe --group worker",
                about: "A group's offsets and lag",
                prints: "\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID\nworker          jobs            0          2000000         2043200         43200           -               -               -\n\nConsumer group 'worker' has no active members.\n",
            },
            Example {
                line: "kafka-consumer-groups --bootstrap-server broker:9092 --describe --group none",
                about: "A group that does not exist",
                prints: "\nError: Consumer group 'none' does not exist.\n",
            },
            Example {
                line: "kafka-consumer-groups --list",
                about: "Without a broker",
                prints: "Missing required argument \"[bootstrap-server]\"\n(brokers here listen on broker:9092)\n",
            },
            Example {
                line: "kafka-consumer-groups --bootstrap-server broker:9092 --group worker --topic jobs --reset-offsets --to-latest --dry-run",
                about: "Where a reset would go",
                prints: "\nGROUP                          TOPIC                          PARTITION  NEW-OFFSET     \nworker                         jobs                           0          2043200        \n",
            },
        ]
    }
}

type Named<'a> = (GroupId, &'a GroupPlan);

fn missing(name: &str) -> String {
    format!("\nError: Consumer group '{name}' does not exist.\n")
}

fn chosen<'a>(cluster: &Cluster<'a>, options: &Options) -> Result<Vec<Named<'a>>, Run> {
    let all = cluster.groups();
    if options.has("all-groups") {
        return Ok(all);
    }
    if !options.has("group") {
        let text = "Option [describe] takes one of these options: [all-groups], [group]\n";
        return Err(Run::failed(text, 1));
    }
    let mut found = Vec::new();
    for name in options.values("group") {
        let group = all.iter().find(|(_, group)| group.name == *name);
        found.push(*group.ok_or_else(|| Run::failed(missing(name), 1))?);
    }
    Ok(found)
}

fn describe(cluster: &Cluster<'_>, options: &Options) -> Run {
    let groups = match chosen(cluster, options) {
        Ok(groups) => groups,
        Err(failed) => return failed,
    };
    let mut answer = Answer::default();
    for (id, group) in groups {
        let state = cluster.state(id, group);
        let members = cluster.members(group);
        match state {
            GroupState::Empty => answer.error.push_str(&format!(
                "\nConsumer group '{}' has no active members.\n",
                group.name
            )),
            GroupState::PreparingRebalance => answer.error.push_str(&format!(
                "\nWarning: Consumer group '{}' is rebalancing.\n",
                group.name
            )),
            GroupState::Stable => {}
        }
        if options.has("state") {
            answer.text.push_str(&groups_text::state(
                cluster,
                &group.name,
                state,
                members.len(),
            ));
        } else if options.has("members") {
            if !members.is_empty() {
                answer
                    .text
                    .push_str(&groups_text::members(&group.name, &members));
            }
        } else {
            let topic = cluster.world.plan().topics.get(group.topic.index());
            let partitions = cluster.partitions(id);
            if let Some(topic) = topic.filter(|_| !partitions.is_empty()) {
                answer.text.push_str(&groups_text::offsets(
                    &group.name,
                    &topic.name,
                    &partitions,
                    &members,
                ));
            }
        }
        answer.shown.push(Shown::Group(group.name.clone()));
    }
    Run::Answer(answer)
}

fn delete(cluster: &Cluster<'_>, options: &Options) -> Run {
    let groups = match chosen(cluster, options) {
        Ok(groups) => groups,
        Err(failed) => return failed,
    };
    let refused = groups.iter().map(|(id, group)| {
        let why = if cluster.state(*id, group) == GroupState::Empty {
            "org.apache.kafka.common.errors.GroupAuthorizationException: Not authorized to access group"
        } else {
            "org.apache.kafka.common.errors.GroupNotEmptyException: The group is not empty."
        };
        format!(
            "\nError: Deletion of some consumer groups failed:\n* Group '{}' could not be deleted due to: java.util.concurrent.ExecutionException: {why}\n",
            group.name
        )
    });
    Run::failed(refused.collect::<String>(), 1)
}

fn target(options: &Options) -> Result<OffsetTarget, String> {
    let number = |name: &str| {
        let text = options.value(name).unwrap_or_default();
        text.parse::<i64>()
            .map_err(|_| format!("Cannot parse argument '{text}' of option {name}\n"))
    };
    let given = options.actions(&["to-latest", "to-earliest", "to-offset", "shift-by"]);
    match given.as_slice() {
        ["to-latest"] => Ok(OffsetTarget::Latest),
        ["to-earliest"] => Ok(OffsetTarget::Earliest),
        ["to-offset"] => number("to-offset").map(|offset| OffsetTarget::Offset(offset.max(0) as u64)),
        ["shift-by"] => number("shift-by").map(OffsetTarget::ShiftBy),
        _ => Err("Option [reset-offsets] takes exactly one of these options: [to-offset], [to-latest], [to-earliest], [shift-by]\n".to_owned()),
    }
}

fn reset(cluster: &Cluster<'_>, options: &Options) -> Run {
    let to = match target(options) {
        Ok(to) => to,
        Err(error) => return Run::failed(error, 1),
    };
    let (Some(name), true) = (
        options.value("group"),
        options.has("topic") || options.has("all-topics"),
    ) else {
        return Run::failed(
            "Option [reset-offsets] takes one of these options: [group], and one of [topic], [all-topics]\n",
            1,
        );
    };
    let found = cluster
        .groups()
        .into_iter()
        .find(|(_, group)| group.name == name);
    let Some((id, group)) = found else {
        return Run::failed(missing(name), 1);
    };
    let plan = cluster.world.plan();
    let topic = plan
        .topics
        .get(group.topic.index())
        .map_or("", |topic| topic.name.as_str());
    let (mut partitions, mut all) = (Vec::new(), false);
    for asked in options.values("topic") {
        let (asked, numbers) = match topic_and_partitions(asked) {
            Ok(read) => read,
            Err(error) => return Run::failed(error, 1),
        };
        let count = cluster
            .topic(asked)
            .map_or(0, |(topic, _)| topic.partitions());
        if count == 0 || numbers.iter().any(|number| *number >= count) {
            return Run::failed(
                format!(
                    "\nError: Executing consumer group command failed due to org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.\n(topic {asked})\n"
                ),
                1,
            );
        }
        if asked != topic {
            return Run::text(groups_text::reset(name, asked, &[]));
        }
        all |= numbers.is_empty();
        partitions.extend(numbers);
    }
    if all {
        partitions.clear();
    }
    let state = cluster.state(id, group);
    if state != GroupState::Empty {
        let text = format!(
            "\nError: Assignments can only be reset if the group '{name}' is inactive, but the current state is {}.\n\n{:<30} {:<30} {:<10} {:<15}\n",
            state.word(),
            "GROUP",
            "TOPIC",
            "PARTITION",
            "NEW-OFFSET"
        );
        return Run::failed(text, 1);
    }
    if options.has("execute") {
        return execute(name.to_owned(), topic.to_owned(), partitions, to);
    }
    let log = cluster.world.topics().get(group.topic.index());
    let state = cluster.world.groups().get(id.index());
    let (Some(log), Some(state)) = (log, state) else {
        return Run::failed(missing(name), 1);
    };
    let offsets = state.reset_to(log, &partitions, to);
    let warning = if options.has("dry-run") {
        ""
    } else {
        NO_EXECUTE
    };
    Run::Answer(Answer {
        text: groups_text::reset(name, topic, &offsets),
        error: warning.to_owned(),
        shown: vec![Shown::Group(name.to_owned())],
        ..Answer::default()
    })
}

/// A topic as `--topic` names it, alone or with partitions: `orders`, `orders:0,2`.
fn topic_and_partitions(text: &str) -> Result<(&str, Vec<u32>), String> {
    let Some((topic, numbers)) = text.split_once(':') else {
        return Ok((text, Vec::new()));
    };
    let numbers = numbers.split(',').map(|number| {
        let number = number.trim();
        number.parse::<u32>().map_err(|_| {
            format!("\nError: Executing consumer group command failed due to For input string: \"{number}\"\n")
        })
    });
    Ok((topic, numbers.collect::<Result<_, _>>()?))
}

fn execute(group: String, topic: String, partitions: Vec<u32>, to: OffsetTarget) -> Run {
    let command = Command::Kafka(KafkaCommand::ResetOffsets {
        group: group.clone(),
        topic: topic.clone(),
        partitions,
        to,
    });
    Run::Act(Act {
        commands: vec![command],
        answer: Box::new(move |_, results| {
            if let Some(rejection) = first_rejection(results) {
                return Answer::failed(format!("\nError: {}\n", rejection.message), 1);
            }
            let offsets = results.iter().find_map(|result| match result {
                Ok(crate::sim::WorldOutcome::Offsets(offsets)) => Some(offsets.as_slice()),
                _ => None,
            });
            Answer {
                text: groups_text::reset(&group, &topic, offsets.unwrap_or(&[])),
                ..Answer::default()
            }
        }),
    })
}
