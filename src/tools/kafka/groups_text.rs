//! How `kafka-consumer-groups` of Kafka 3.7 prints what it describes, to the blank. Never decides what to print.

use super::view::{Cluster, GroupState, Member, Partition};

/// A group's partitions; `(consumer, host, client)` is `-` where nobody works one off.
pub fn offsets(group: &str, topic: &str, partitions: &[Partition], members: &[Member]) -> String {
    let nobody = ("-", "-", "-");
    let owner = |number: u32| {
        let member = members
            .iter()
            .find(|member| member.partitions.contains(&number));
        member.map_or(nobody, |member| {
            (
                member.consumer_id.as_str(),
                member.host.as_str(),
                member.client_id.as_str(),
            )
        })
    };
    let widest = |least: usize, lengths: &mut dyn Iterator<Item = usize>| {
        lengths.max().unwrap_or(0).max(least)
    };
    let group_width = widest(15, &mut std::iter::once(group.len()));
    let topic_width = widest(15, &mut std::iter::once(topic.len()));
    let id_width = widest(
        15,
        &mut partitions.iter().map(|one| owner(one.number).0.len()),
    );
    let host_width = widest(
        15,
        &mut partitions.iter().map(|one| owner(one.number).1.len()),
    );
    let line = |cells: [&str; 9]| {
        let [group, topic, partition, current, end, lag, id, host, client] = cells;
        format!(
            "{group:<group_width$} {topic:<topic_width$} {partition:<10} {current:<15} {end:<15} {lag:<15} {id:<id_width$} {host:<host_width$} {client}\n"
        )
    };
    let mut text = format!(
        "\n{}",
        line([
            "GROUP",
            "TOPIC",
            "PARTITION",
            "CURRENT-OFFSET",
            "LOG-END-OFFSET",
            "LAG",
            "CONSUMER-ID",
            "HOST",
            "CLIENT-ID"
        ])
    );
    for one in partitions {
        let (id, host, client) = owner(one.number);
        text.push_str(&line([
            group,
            topic,
            &one.number.to_string(),
            &one.committed.to_string(),
            &one.end.to_string(),
            &one.end.saturating_sub(one.committed).to_string(),
            id,
            host,
            client,
        ]));
    }
    text
}

/// A group's state.
pub fn state(cluster: &Cluster<'_>, group: &str, state: GroupState, members: usize) -> String {
    let coordinator = format!("{}:{} (1)", cluster.host(), cluster.port());
    let width = coordinator.len().max(25);
    let strategy = if members == 0 { "" } else { "range" };
    format!(
        "\n{:<width$} {:<25} {:<20} {:<15} {}\n{group:<width$} {coordinator:<25} {strategy:<20} {:<15} {members}\n",
        "GROUP",
        "COORDINATOR (ID)",
        "ASSIGNMENT-STRATEGY",
        "STATE",
        "#MEMBERS",
        state.word()
    )
}

/// A group's members.
pub fn members(group: &str, members: &[Member]) -> String {
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0).max(15);
    let group_width = widest(&mut std::iter::once(group.len()));
    let id_width = widest(&mut members.iter().map(|member| member.consumer_id.len()));
    let host_width = widest(&mut members.iter().map(|member| member.host.len()));
    let client_width = widest(&mut members.iter().map(|member| member.client_id.len()));
    let line = |cells: [&str; 5]| {
        let [group, id, host, client, count] = cells;
        format!(
            "{group:<group_width$} {id:<id_width$} {host:<host_width$} {client:<client_width$} {count:<15} \n"
        )
    };
    let mut text = format!(
        "\n{}",
        line(["GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS"])
    );
    for member in members {
        let count = member.partitions.len().to_string();
        text.push_str(&line([
            group,
            &member.consumer_id,
            &member.host,
            &member.client_id,
            &count,
        ]));
    }
    text
}

/// New offsets after a reset, or as it would be.
pub fn reset(group: &str, topic: &str, offsets: &[(u32, u64)]) -> String {
    let mut text = format!(
        "\n{:<30} {:<30} {:<10} {:<15}\n",
        "GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"
    );
    for (partition, offset) in offsets {
        text.push_str(&format!(
            "{group:<30} {topic:<30} {partition:<10} {offset:<15}\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_the_real_tool_makes_them() {
        let partitions = [Partition {
            number: 0,
            start: 0,
            committed: 10,
            end: 15,
        }];
        assert_eq!(
            offsets("g", "t", &partitions, &[]),
            "\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID\n\
             g               t               0          10              15              5               -               -               -\n"
        );
        assert_eq!(
            reset("g", "t", &[(0, 7)]),
            "\nGROUP                          TOPIC                          PARTITION  NEW-OFFSET     \n\
             g                              t                              0          7              \n"
        );
    }
}
