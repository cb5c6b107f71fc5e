//! `valkey-cli` and `redis-cli`: the commands an engineer types first. Never flushes without `--yes`.

use super::info::{self, Server, human};
use crate::session::Answer;
use crate::sim::artifact::Shown;
use crate::sim::command::Command;
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::{World, WorldOutcome};
use crate::tools::family::Family;
use crate::tools::program::{Act, Example, Place, Program, Run};
use crate::tools::shared::{first_rejection, options, value};

/// `KEYS` and `SCAN` show no more than so many.
const SAMPLE: u64 = 10;

/// The client, under one of its names.
pub struct Client(pub &'static str);

impl Program for Client {
    fn name(&self) -> &'static str {
        self.0
    }

    fn family(&self) -> Family {
        Family::Valkey
    }

    fn about(&self) -> &'static str {
        "Asks a Valkey server; FLUSHALL needs --yes"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let (words, found) = match options(argv, &["-h", "-p", "-n", "-a", "--user", "--pass"]) {
            Ok(split) => split,
            Err(error) => return Run::failed(format!("{error}\n"), 1),
        };
        let (flags, command): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| {
            matches!(
                word.as_str(),
                "--yes" | "--raw" | "--no-raw" | "-c" | "--no-auth-warning"
            )
        });
        let host = value(&found, &["-h"]).unwrap_or("127.0.0.1");
        let port = value(&found, &["-p"]).unwrap_or("6379");
        let server = match connect(world, host, port) {
            Ok(server) => server,
            Err(error) => return Run::failed(error, 1),
        };
        if command.is_empty() {
            return Run::failed(
                format!(
                    "{}: the shell here has no interactive mode; give the command after the options, for example INFO\n",
                    self.0
                ),
                1,
            );
        }
        let yes = flags.iter().any(|flag| flag == "--yes");
        run(&server, &command, yes)
    }

    fn examples(&self) -> Vec<Example> {
        if self.0 == "redis-cli" {
            return vec![Example {
                line: "redis-cli -h cache PING",
                about: "Whether it answers",
                prints: "PONG\n",
            }];
        }
        vec![
            Example {
                line: "valkey-cli -h cache INFO keyspace",
                about: "How many keys there are",
                prints: "# Keyspace\ndb0:keys=12000,expires=0,avg_ttl=0\n",
            },
            Example {
                line: "valkey-cli -h cache FLUSHALL",
                about: "It warns before it empties anything",
                prints: "This is production: FLUSHALL on cache deletes 12000 keys (153.60M), every open session, and nothing brings them back.\nIf that is what you want, say it again with --yes.\n",
            },
            Example {
                line: "valkey-cli -h cache --yes FLUSHALL",
                about: "Empties it",
                prints: "OK\n",
            },
            Example {
                line: "valkey-cli PING",
                about: "Without a host",
                prints: "Could not connect to Valkey at 127.0.0.1:6379: Connection refused\n(no Valkey runs there; try -h cache)\n",
            },
        ]
    }
}

fn connect<'a>(world: &'a World, host: &str, port: &str) -> Result<Server<'a>, String> {
    let refused = |why: &str| format!("Could not connect to Valkey at {host}:{port}: {why}\n");
    let Some(server) = Server::find(world, host) else {
        let names: Vec<&str> = world
            .plan()
            .pack
            .estate
            .valkey
            .keys()
            .map(String::as_str)
            .collect();
        let local = matches!(host, "127.0.0.1" | "localhost" | "::1");
        let why = if local {
            "Connection refused"
        } else {
            "Name or service not known"
        };
        return Err(format!(
            "{}(no Valkey runs there; try -h {})\n",
            refused(why),
            names.join(" or -h ")
        ));
    };
    if port != "6379" || !server.answers() {
        return Err(refused("Connection refused"));
    }
    Ok(server)
}

fn run(server: &Server<'_>, command: &[String], yes: bool) -> Run {
    let upper: Vec<String> = command.iter().map(|word| word.to_uppercase()).collect();
    let words: Vec<&str> = upper.iter().map(String::as_str).collect();
    let rest = command.get(1..).unwrap_or_default();
    let text = match words.as_slice() {
        ["PING"] => "PONG\n".to_owned(),
        ["PING", _] => format!("\"{}\"\n", rest.concat()),
        ["INFO", ..] => info::print(server, rest),
        ["DBSIZE"] => format!("(integer) {}\n", server.keys()),
        ["KEYS", _] => keys(server, rest.first().map_or("*", String::as_str)),
        ["SCAN", _, options @ ..] => scan(server, rest, options),
        ["MEMORY", "STATS"] => memory_stats(server),
        ["MEMORY", "USAGE", _] => "(integer) 152\n".to_owned(),
        ["CONFIG", "GET", _] => config(server, command.get(2).map_or("*", String::as_str)),
        ["CONFIG", ..] => {
            "(error) NOPERM this user has no permissions to run the 'config|set' command\n"
                .to_owned()
        }
        ["CLIENT", "LIST"] => clients(server),
        ["SLOWLOG", "GET", ..] | ["SLOWLOG"] | ["LATENCY", ..] => "(empty array)\n".to_owned(),
        ["GET" | "TYPE" | "TTL" | "EXISTS", _] => {
            one_key(server, words.first().copied().unwrap_or_default(), rest)
        }
        ["FLUSHALL" | "FLUSHDB", options @ ..] => {
            let asked = options
                .iter()
                .all(|option| matches!(*option, "ASYNC" | "SYNC"));
            return if asked {
                flush(server, yes)
            } else {
                Run::text("(error) ERR syntax error\n")
            };
        }
        ["SELECT", "0"] => "OK\n".to_owned(),
        [
            "DBSIZE" | "KEYS" | "SCAN" | "GET" | "TYPE" | "TTL" | "EXISTS",
            ..,
        ] => {
            let name = command.first().map_or("", String::as_str).to_lowercase();
            format!("(error) ERR wrong number of arguments for '{name}' command\n")
        }
        [
            "SET" | "DEL" | "UNLINK" | "EXPIRE" | "HSET" | "RENAME" | "SHUTDOWN" | "DEBUG" | "EVAL",
            ..,
        ] => {
            let name = command.first().map_or("", String::as_str).to_lowercase();
            format!("(error) NOPERM this user has no permissions to run the '{name}' command\n")
        }
        _ => {
            let name = command.first().map_or("", String::as_str);
            let args: String = rest.iter().map(|word| format!("'{word}' ")).collect();
            format!("(error) ERR unknown command '{name}', with args beginning with: {args}\n")
        }
    };
    Run::Answer(Answer {
        text,
        shown: vec![Shown::ValkeyInfo(server.name.to_owned())],
        ..Answer::default()
    })
}

/// The `number`-th key: the declared prefix and letters of its own.
fn key(server: &Server<'_>, number: u64) -> String {
    let stream = StreamId::of(&format!("valkey/key/{}", server.name));
    let word = StreamKey::new(server.world.seed(), stream)
        .leaf(number as i64)
        .draw(0);
    format!("{}{:012x}", server.spec.key_prefix, word >> 16)
}

fn sample(server: &Server<'_>, pattern: &str) -> Vec<String> {
    let there = server.keys();
    // Some more are looked at, so that a narrow pattern can find one of them.
    let keys = (0..there.min(400)).map(|number| key(server, number));
    keys.filter(|key| glob(pattern, key))
        .take(SAMPLE as usize)
        .collect()
}

/// Patterns with `*` and `?`.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().take(64).collect(), text.chars().collect());
    let mut fits = vec![false; text.len() + 1];
    if let Some(first) = fits.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let mut next = vec![false; text.len() + 1];
        for place in 0..=text.len() {
            let here = fits.get(place).copied().unwrap_or(false);
            let before = place.checked_sub(1);
            let value = if wanted == '*' {
                here || before
                    .and_then(|before| next.get(before).copied())
                    .unwrap_or(false)
            } else {
                before.is_some_and(|before| {
                    let same = wanted == '?' || text.get(before) == Some(&wanted);
                    same && fits.get(before).copied().unwrap_or(false)
                })
            };
            if let Some(slot) = next.get_mut(place) {
                *slot = value;
            }
        }
        fits = next;
    }
    fits.last().copied().unwrap_or(false)
}

fn numbered(keys: &[String]) -> String {
    if keys.is_empty() {
        return "(empty array)\n".to_owned();
    }
    let width = keys.len().to_string().len();
    let lines = keys
        .iter()
        .enumerate()
        .map(|(place, key)| format!("{:>width$}) \"{key}\"\n", place + 1));
    lines.collect()
}

fn keys(server: &Server<'_>, pattern: &str) -> String {
    let found = sample(server, pattern);
    let mut text = numbered(&found);
    if found.len() as u64 == SAMPLE && server.keys() > SAMPLE {
        text.push_str("(the first ten are shown: KEYS on a server this full would stop it for everybody; use SCAN)\n");
    }
    text
}

fn scan(server: &Server<'_>, given: &[String], options: &[&str]) -> String {
    let matching = options.iter().position(|word| *word == "MATCH");
    let pattern = matching
        .and_then(|place| given.get(place + 2))
        .map_or("*", String::as_str);
    let found = sample(server, pattern);
    let cursor = if server.keys() > SAMPLE { "15360" } else { "0" };
    let mut lines = numbered(&found);
    if !found.is_empty() {
        lines = lines
            .lines()
            .enumerate()
            .map(|(place, line)| {
                let margin = if place == 0 { "2) " } else { "   " };
                format!("{margin}{line}\n")
            })
            .collect();
        return format!("1) \"{cursor}\"\n{lines}");
    }
    format!("1) \"{cursor}\"\n2) (empty array)\n")
}

fn memory_stats(server: &Server<'_>) -> String {
    let (used, keys) = (server.used(), server.keys());
    let each = used.checked_div(keys.max(1)).unwrap_or(0);
    format!(
        " 1) \"peak.allocated\"\n 2) (integer) {}\n 3) \"total.allocated\"\n 4) (integer) {used}\n 5) \"keys.count\"\n 6) (integer) {keys}\n 7) \"keys.bytes-per-key\"\n 8) (integer) {each}\n 9) \"fragmentation\"\n10) \"{:.2}\"\n",
        ((server.spec.max_memory.value * server.spec.used_share) as u64).max(used),
        server.gauge("redis_mem_fragmentation_ratio")
    )
}

fn config(server: &Server<'_>, pattern: &str) -> String {
    let max = (server.spec.max_memory.value as u64).to_string();
    let known = [
        ("maxmemory", max.as_str()),
        ("maxmemory-policy", "noeviction"),
        ("save", "3600 1 300 100 60 10000"),
        ("appendonly", "no"),
        ("timeout", "0"),
        ("maxclients", "10000"),
        ("notify-keyspace-events", ""),
    ];
    let found = known.iter().filter(|(name, _)| glob(pattern, name));
    let lines: Vec<String> = found
        .flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()])
        .collect();
    numbered(&lines)
}

fn clients(server: &Server<'_>) -> String {
    let world = server.world;
    let users = world
        .plan()
        .services
        .iter()
        .zip(0_u32..)
        .filter(|(service, _)| service.spec.stores.iter().any(|store| store == server.name));
    let mut text = String::new();
    let mut id = 11;
    for (service, index) in users {
        for (name, pod) in world
            .fleet()
            .of(crate::sim::ids::ServiceId(index))
            .filter(|(_, pod)| pod.alive)
        {
            let object = world.cluster().pod(&service.spec.namespace, name);
            let address = object
                .and_then(crate::sim::kubernetes::pod::Pod::ip)
                .map_or_else(String::new, |ip| ip.to_string());
            let age = (world.now() - pod.started).secs();
            text.push_str(&format!(
                "id={id} addr={address}:4{id:04} name={} age={age} idle=0 flags=N db=0 cmd=get\n",
                service.name
            ));
            id += 1;
        }
    }
    let connected = server.gauge("redis_connected_clients") as u64;
    text.push_str(&format!(
        "({connected} clients in all; one of each pod is shown)\n"
    ));
    text
}

fn one_key(server: &Server<'_>, verb: &str, rest: &[String]) -> String {
    let name = rest.first().map_or("", String::as_str);
    let known = (0..server.keys().min(400)).any(|number| key(server, number) == name);
    let text = match (verb, known) {
        ("EXISTS", known) => return format!("(integer) {}\n", u8::from(known)),
        ("TTL", true) => "(integer) -1",
        ("TTL", false) => "(integer) -2",
        ("TYPE", true) => "string",
        ("TYPE", false) => "none",
        (_, true) => "(error) NOPERM this user may not read customers' values",
        (_, false) => "(nil)",
    };
    format!("{text}\n")
}

fn flush(server: &Server<'_>, yes: bool) -> Run {
    let name = server.name.to_owned();
    if !yes {
        let holds = if server.spec.holds.is_empty() {
            "everything it holds"
        } else {
            &server.spec.holds
        };
        let text = format!(
            "This is production: FLUSHALL on {name} deletes {} keys ({}), {holds}, and nothing brings them back.\nIf that is what you want, say it again with --yes.\n",
            server.keys(),
            human(server.used())
        );
        return Run::failed(text, 1);
    }
    Run::Act(Act {
        commands: vec![Command::ValkeyFlush { server: name }],
        answer: Box::new(|_, results| {
            if let Some(rejection) = first_rejection(results) {
                return Answer::failed(format!("(error) {}\n", rejection.message), 1);
            }
            let flushed = matches!(results.first(), Some(Ok(WorldOutcome::Flushed(_))));
            Answer {
                text: if flushed {
                    "OK\n".to_owned()
                } else {
                    String::new()
                },
                ..Answer::default()
            }
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_globs_do() {
        assert!(glob("session:*", "session:ab"));
        assert!(glob("*a?", "xxab"));
        assert!(!glob("session:", "session:ab"));
        assert!(glob("", ""));
    }

    #[test]
    fn a_flush_leaves_no_key() {
        let mut world = small_world();
        world
            .apply(&Command::ValkeyFlush {
                server: "cache".to_owned(),
            })
            .unwrap();
        let server = Server::find(&world, "cache").unwrap();
        assert_eq!(keys(&server, "*"), "(empty array)\n");
        assert_eq!(server.keys(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_pattern_is_matched_without_a_panic(pattern in ".{0,80}", text in ".{0,40}") {
            let _ = glob(&pattern, &text);
            prop_assert!(glob("*", &text));
        }
    }
}
