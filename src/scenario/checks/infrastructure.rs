//! Checks of an estate's infrastructure: Kafka, Valkey, PostgreSQL, cron jobs, nodes.

use super::names::Kind;
use super::{Checker, limits};
use crate::scenario::format::infrastructure::{Database, Table, Topic};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

impl Checker<'_> {
    pub(super) fn infrastructure(&mut self) {
        let subject = self.subject;
        let places = subject.estate_places;
        for name in subject.estate.namespaces.keys() {
            self.kubernetes_name(name, &places.entry("namespaces", name).name());
        }
        self.nodes();
        for (name, cluster) in &subject.estate.kafka {
            let at = places.entry("kafka", name);
            self.refer(Kind::Service, &cluster.service, &at.field("service"));
            self.duration(
                cluster.retention_check,
                "1s",
                "1d",
                &at.field("retention_check"),
            );
            for (topic, spec) in &cluster.topics {
                self.topic(spec, &at.field("topics").field(topic));
            }
        }
        for (name, server) in &subject.estate.valkey {
            let at = places.entry("valkey", name);
            if let Some(expires) = server.expires {
                self.duration(expires, "1s", "1000d", &at.field("expires"));
            }
            self.refer(Kind::Service, &server.service, &at.field("service"));
            self.share(server.used_share, &at.field("used_share"));
            self.count(server.keys, 0, 1_000_000_000, &at.field("keys"));
        }
        for (name, server) in &subject.estate.postgres {
            self.database(server, &places.entry("postgres", name));
        }
        for (name, job) in &subject.estate.jobs {
            let at = places.entry("jobs", name);
            self.kubernetes_name(name, &at.name());
            self.refer(Kind::Namespace, &job.namespace, &at.field("namespace"));
            self.cron(&job.schedule, &at.field("schedule"));
            self.duration(job.runs_for, "1s", "1d", &at.field("runs_for"));
        }
    }

    fn nodes(&mut self) {
        let estate = self.subject.estate;
        let places = self.subject.estate_places;
        if estate.nodes.is_empty() && !estate.services.is_empty() && self.subject.whole {
            self.push(
                places
                    .field("services")
                    .name()
                    .error(
                        ids::EMPTY,
                        "there are services and no node for their pods to run on",
                    )
                    .hint("add `nodes: {\"node-a\": (cpu: \"8\", memory: \"32GiB\")}`"),
            );
        }
        for (name, node) in &estate.nodes {
            let at = places.entry("nodes", name);
            self.kubernetes_name(name, &at.name());
            self.number(node.cpu.value, 0.1, 1024.0, &at.field("cpu"));
            if node.memory.value < 134_217_728.0 {
                self.push(
                    at.field("memory")
                        .error(ids::BOUNDS, "no node runs with so little memory")
                        .hint("at least 128MiB; write the unit: `32GiB`"),
                );
            }
        }
    }

    fn topic(&mut self, topic: &Topic, at: &Place<'_>) {
        self.count(
            u64::from(topic.partitions),
            1,
            limits::MAX_PARTITIONS,
            &at.field("partitions"),
        );
        self.count(
            u64::from(topic.message_bytes),
            1,
            10 << 20,
            &at.field("message_bytes"),
        );
        self.duration(topic.segment, "1m", "30d", &at.field("segment"));
        for (index, pair) in topic.offsets.windows(2).enumerate() {
            if let [earlier, later] = pair
                && (later.at <= earlier.at || later.end < earlier.end)
            {
                self.push(
                    at.field("offsets")
                        .item(index + 1)
                        .error(
                            ids::ORDER,
                            "the marks are not in the order of time with rising offsets",
                        )
                        .hint("write the earliest first; offsets never fall"),
                );
            }
        }
    }

    fn database(&mut self, server: &Database, at: &Place<'_>) {
        self.refer(Kind::Service, &server.service, &at.field("service"));
        self.count(
            u64::from(server.max_connections),
            1,
            100_000,
            &at.field("max_connections"),
        );
        for (database, tables) in &server.databases {
            for (name, table) in tables {
                self.prepared_table(table, &at.field("databases").field(database).field(name));
            }
        }
    }

    fn prepared_table(&mut self, table: &Table, at: &Place<'_>) {
        self.limit(
            table.rows.len(),
            limits::MAX_ROWS,
            "rows",
            &at.field("rows").name(),
        );
        self.limit(
            table.columns.len(),
            limits::MAX_COLUMNS,
            "columns",
            &at.field("columns").name(),
        );
        for (index, row) in table.rows.iter().enumerate() {
            if row.len() != table.columns.len() {
                self.push(
                    at.field("rows")
                        .item(index)
                        .error(ids::SHAPE, format!("the row has {} values", row.len()))
                        .hint(format!("the table has {} columns", table.columns.len())),
                );
            }
        }
        if let Some(growth) = &table.grows_with {
            let place = at.field("grows_with");
            self.refer(Kind::Group, &growth.group, &place.field("group"));
            if !table
                .columns
                .iter()
                .any(|(column, _)| *column == growth.time_column)
            {
                let columns: Vec<&str> = table
                    .columns
                    .iter()
                    .map(|(column, _)| column.as_str())
                    .collect();
                self.push(
                    place
                        .field("time_column")
                        .error(
                            ids::NO_SERVER,
                            format!("the table has no column `{}`", growth.time_column),
                        )
                        .hint(format!(
                            "its columns are {}",
                            super::nearest::list(&columns)
                        )),
                );
            }
        }
    }
}
