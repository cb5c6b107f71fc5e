//! What `INFO` says, section by section. Its numbers are those of the exporter's series at the last scrape.

use crate::scenario::format::infrastructure::Valkey;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::valkey::ValkeyState;

/// A server as the client sees it.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// The world.
    pub world: &'a World,
    /// Its name.
    pub name: &'a str,
    /// As declared.
    pub spec: &'a Valkey,
    /// What became of it.
    pub state: &'a ValkeyState,
}

impl<'a> Server<'a> {
    /// The server of a name, or of the service of that name, with or without its domain.
    pub fn find(world: &'a World, host: &str) -> Option<Self> {
        let short = host.split('.').next().unwrap_or_default();
        let servers = world.plan().pack.estate.valkey.iter().zip(world.valkey());
        servers
            .map(|((name, spec), state)| Self {
                world,
                name,
                spec,
                state,
            })
            .find(|server| server.name == short || server.spec.service == short)
    }

    /// Whether it answers.
    pub fn answers(&self) -> bool {
        let service = self.world.plan().service(&self.spec.service);
        service.is_none_or(|(id, _)| self.world.fleet().ready_of(id) > 0)
    }

    /// Keys it holds.
    pub fn keys(&self) -> u64 {
        self.state.keys(self.spec, self.world.now())
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.state.used_bytes(self.spec, self.world.now())
    }

    /// When its process started.
    pub fn started(&self) -> SimTime {
        let world = self.world;
        let pod = world
            .plan()
            .service(&self.spec.service)
            .and_then(|(id, _)| {
                let mut pods = world.fleet().of(id);
                pods.next().map(|(_, pod)| pod.started)
            });
        pod.unwrap_or(world.plan().history_start())
    }

    /// Whether it writes an append-only file, as its configuration says.
    fn keeps_log(&self) -> bool {
        let service = self.world.plan().service(&self.spec.service);
        service.is_some_and(|(_, service)| {
            let mut files = service.spec.files.values();
            files.any(|text| text.lines().any(|line| line.trim() == "appendonly yes"))
        })
    }

    /// Keys that went by themselves since its process started, at the pace at which as many come.
    fn expired(&self) -> u64 {
        let Some(after) = self.spec.expires.filter(|after| after.millis > 0) else {
            return 0;
        };
        let age = (self.world.now() - self.started()).millis().max(0);
        let turns = age as f64 / after.millis as f64;
        (self.spec.keys as f64 * turns) as u64
    }

    /// A gauge of the exporter at its last scrape.
    pub fn gauge(&self, metric: &str) -> f64 {
        let now = self.world.now();
        let window = ((now - Span::from_secs(60)).millis(), now.millis());
        let own = |labels: &[(String, String)]| {
            labels
                .iter()
                .any(|(label, value)| label == "instance" && value == self.name)
        };
        let read = self
            .world
            .signals()
            .telemetry()
            .read_series(Some(metric), window, own);
        let last = read
            .first()
            .and_then(|(_, samples)| samples.values.last().copied());
        last.unwrap_or(0.0)
    }
}

/// `1.50M`: bytes as Valkey prints them for people.
pub fn human(bytes: u64) -> String {
    let value = bytes as f64;
    match bytes {
        0..1024 => format!("{bytes}B"),
        1024..1_048_576 => format!("{:.2}K", value / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.2}M", value / 1_048_576.0),
        _ => format!("{:.2}G", value / 1_073_741_824.0),
    }
}

/// A section's text; `None` for one that does not exist.
type Section = (&'static str, fn(&Server<'_>) -> String);

const SECTIONS: [Section; 7] = [
    ("Server", of_server),
    ("Clients", of_clients),
    ("Memory", of_memory),
    ("Persistence", of_persistence),
    ("Stats", of_stats),
    ("Replication", of_replication),
    ("Keyspace", of_keyspace),
];

/// What `INFO` prints: all sections, or those that are named. Unknown names print nothing, as in life.
pub fn print(server: &Server<'_>, wanted: &[String]) -> String {
    let all = wanted.is_empty()
        || wanted.iter().any(|name| {
            matches!(
                name.to_lowercase().as_str(),
                "all" | "default" | "everything"
            )
        });
    let chosen = SECTIONS
        .iter()
        .filter(|(name, _)| all || wanted.iter().any(|word| word.eq_ignore_ascii_case(name)));
    let texts = chosen.map(|(name, print)| format!("# {name}\n{}", print(server)));
    texts.collect::<Vec<_>>().join("\n")
}

fn of_server(server: &Server<'_>) -> String {
    let age = (server.world.now() - server.started()).secs().max(0);
    let version = &server.spec.version;
    // Valkey tells old clients a version of Redis that they know.
    format!(
        "redis_version:7.2.4\nserver_name:valkey\nvalkey_version:{version}\nredis_mode:standalone\nos:Linux 6.1.0 x86_64\narch_bits:64\ntcp_port:6379\nuptime_in_seconds:{age}\nuptime_in_days:{}\nconfig_file:\n",
        age / 86_400
    )
}

fn of_clients(server: &Server<'_>) -> String {
    format!(
        "connected_clients:{}\nmaxclients:10000\nblocked_clients:{}\n",
        server.gauge("redis_connected_clients") as u64,
        server.gauge("redis_blocked_clients") as u64
    )
}

fn of_memory(server: &Server<'_>) -> String {
    let used = server.used();
    let max = server.spec.max_memory.value as u64;
    let ratio = server.gauge("redis_mem_fragmentation_ratio");
    let resident = (used as f64 * ratio) as u64;
    let peak = ((server.spec.max_memory.value * server.spec.used_share) as u64).max(used);
    format!(
        "used_memory:{used}\nused_memory_human:{}\nused_memory_rss:{resident}\nused_memory_rss_human:{}\nused_memory_peak:{peak}\nused_memory_peak_human:{}\nmaxmemory:{max}\nmaxmemory_human:{}\nmaxmemory_policy:noeviction\nmem_fragmentation_ratio:{ratio:.2}\nmem_allocator:jemalloc-5.3.0\n",
        human(used),
        human(resident),
        human(peak),
        human(max)
    )
}

fn of_persistence(server: &Server<'_>) -> String {
    let saved = server.world.now().floor_to(Span::from_hours(1));
    format!(
        "loading:0\nrdb_changes_since_last_save:0\nrdb_bgsave_in_progress:0\nrdb_last_save_time:{}\nrdb_last_bgsave_status:ok\naof_enabled:{}\n",
        saved.secs(),
        u8::from(server.keeps_log())
    )
}

fn of_stats(server: &Server<'_>) -> String {
    format!(
        "instantaneous_ops_per_sec:{}\nrejected_connections:0\nexpired_keys:{}\nevicted_keys:{}\n",
        server.gauge("redis_instantaneous_ops_per_sec") as u64,
        server.expired(),
        server.gauge("redis_evicted_keys_total") as u64
    )
}

fn of_replication(_server: &Server<'_>) -> String {
    "role:master\nconnected_slaves:0\nmaster_failover_state:no-failover\n".to_owned()
}

fn of_keyspace(server: &Server<'_>) -> String {
    match server.keys() {
        0 => String::new(),
        keys => {
            // Most were touched lately.
            let left = server.spec.expires.map(|after| after.millis / 100 * 62);
            format!(
                "db0:keys={keys},expires={},avg_ttl={}\n",
                left.map_or(0, |_| keys),
                left.unwrap_or(0)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn info_agrees_with_the_exporters_series() {
        let world = small_world();
        let server = Server::find(&world, "cache.back.svc").unwrap();
        let text = print(&server, &["memory".to_owned(), "KEYSPACE".to_owned()]);
        assert!(text.contains("db0:keys=12000,"), "{text}");
        assert!(
            text.contains(&format!(
                "used_memory:{}\n",
                server.gauge("redis_memory_used_bytes") as u64
            )),
            "{text}"
        );
        assert!(!text.contains("# Server"));
        assert_eq!(server.gauge("redis_db_keys") as u64, server.keys());
        assert_eq!(print(&server, &["nothing".to_owned()]), "");
    }

    #[test]
    fn bytes_are_printed_for_people() {
        let all = [512, 2048, 1_572_864, 2_147_483_648].map(human);
        assert_eq!(all, ["512B", "2.00K", "1.50M", "2.00G"]);
    }
}
