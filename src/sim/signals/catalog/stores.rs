//! What `redis_exporter` and `postgres_exporter` say of Valkey and PostgreSQL servers.

use super::{Catalog, labels};
use crate::sim::telemetry::series::Values;

pub(super) fn declare(catalog: &mut Catalog<'_>) {
    let plan = catalog.plan;
    for (index, (name, server)) in plan.pack.estate.valkey.iter().enumerate() {
        let own = || labels([("instance", name.as_str()), ("job", "redis-exporter")]);
        let Some(filled) = catalog.signals.valkey.get(index).copied() else {
            continue;
        };
        // What it holds is kept in millionths; an eighth of the memory is its own.
        let used = server.max_memory.value * server.used_share;
        let memory = Values::Value {
            value: filled,
            scale: used / 1e6,
        };
        catalog.single(
            "redis_memory_used_bytes",
            "memory_used_bytes metric",
            own(),
            memory,
        );
        let max = Values::Constant(server.max_memory.value);
        catalog.single(
            "redis_memory_max_bytes",
            "memory_max_bytes metric",
            own(),
            max,
        );
        let mut keys = own();
        keys.push(("db".to_owned(), "db0".to_owned()));
        let values = Values::Value {
            value: filled,
            scale: server.keys as f64 / 1e6,
        };
        catalog.single("redis_db_keys", "Total number of keys by DB", keys, values);
        for (metric, base, noise) in [
            ("redis_connected_clients", 42.0, 0.05),
            ("redis_blocked_clients", 0.0, 0.0),
            ("redis_instantaneous_ops_per_sec", 310.0, 0.08),
            ("redis_mem_fragmentation_ratio", 1.09, 0.01),
        ] {
            let mut gauge =
                catalog.counted(format!("valkey/{name}/{metric}"), base, noise, noise > 0.03);
            if metric.ends_with("_ratio") {
                gauge.step = 0.01;
            }
            // As the exporter words all that it takes from INFO.
            let of_info = metric.strip_prefix("redis_").unwrap_or(metric);
            catalog.single(
                metric,
                &format!("{of_info} metric"),
                own(),
                Values::Gauge(gauge),
            );
        }
        catalog.single(
            "redis_up",
            "Information about the Redis instance",
            own(),
            Values::Constant(1.0),
        );
        catalog.single(
            "redis_evicted_keys_total",
            "evicted_keys_total metric",
            own(),
            Values::Constant(0.0),
        );
    }
    for (name, server) in &plan.pack.estate.postgres {
        let own = || labels([("instance", name.as_str()), ("job", "postgres-exporter")]);
        catalog.single("pg_up", "Whether the last scrape of metrics from PostgreSQL was able to connect to the server (1 for yes, 0 for no).", own(), Values::Constant(1.0));
        let max = Values::Constant(f64::from(server.max_connections));
        catalog.single(
            "pg_settings_max_connections",
            "Server Parameter: max_connections",
            own(),
            max,
        );
        for database in server.databases.keys() {
            let mut of_database = own();
            of_database.push(("datname".to_owned(), database.clone()));
            let backends = f64::from(server.max_connections) * 0.22;
            let gauge = catalog.counted(
                format!("postgres/{name}/{database}/backends"),
                backends,
                0.08,
                true,
            );
            let metric = "pg_stat_database_numbackends";
            catalog.single(
                metric,
                "Number of backends currently connected to this database.",
                of_database,
                Values::Gauge(gauge),
            );
        }
    }
}
