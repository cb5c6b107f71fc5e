//! `dig`, `nslookup`, `ping`, `curl`: names and health of services, as the flows of this moment have them. Never a real
//! network's.

use super::Small;
use crate::sim::World;
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::network::{Exposure, Service};
use crate::sim::plan::ServicePlan;
use crate::tools::program::{Example, Run};

/// The programs.
pub const PROGRAMS: [Small; 5] = [
    Small {
        name: "dig",
        about: "Looks a service's name up",
        seconds: 1,
        run: dig,
        examples: &[Example {
            line: "dig +short gate.front",
            about: "A service's address",
            prints: "10.106.52.119\n",
        }],
    },
    Small {
        name: "nslookup",
        about: "Looks a service's name up",
        seconds: 1,
        run: nslookup,
        examples: &[Example {
            line: "nslookup nowhere",
            about: "A name that does not exist",
            prints: "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n** server can't find nowhere: NXDOMAIN\n\n",
        }],
    },
    Small {
        name: "host",
        about: "Looks a service's name up",
        seconds: 1,
        run: host,
        examples: &[Example {
            line: "host gate",
            about: "A service's address",
            prints: "gate.front.svc.cluster.local has address 10.106.52.119\n",
        }],
    },
    Small {
        name: "ping",
        about: "Says why services do not answer to ping",
        seconds: 4,
        run: ping,
        examples: &[Example {
            line: "ping gate",
            about: "A service's address takes no pings",
            prints: "PING gate.front.svc.cluster.local (10.106.52.119) 56(84) bytes of data.\n\n--- gate.front.svc.cluster.local ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 2031ms\n(a service's address is virtual and takes no pings, well or not; ask its health: curl)\n",
        }],
    },
    Small {
        name: "curl",
        about: "Asks a service for its health",
        seconds: 1,
        run: curl,
        examples: &[
            Example {
                line: "curl http://cache:6379/healthz",
                about: "A service that does not speak HTTP",
                prints: "curl: (52) Empty reply from server\n",
            },
            Example {
                line: "curl -s http://gate:8080/healthz",
                about: "A service's health",
                prints: "{\"status\":\"ok\"}\n",
            },
        ],
    },
];

struct Target<'a> {
    id: ServiceId,
    service: &'a ServicePlan,
    object: Option<&'a Service>,
    pod: Option<String>,
}

impl Target<'_> {
    fn full_name(&self) -> String {
        format!(
            "{}.{}.svc.cluster.local",
            self.service.name, self.service.spec.namespace
        )
    }

    /// The service's own address; that of its first pod where it has none.
    fn address(&self) -> String {
        let exposure = self.object.map(|service| &service.exposure);
        match exposure {
            Some(exposure) if *exposure != Exposure::Headless => exposure.cluster_ip(),
            _ => self.pod.clone().unwrap_or_default(),
        }
    }
}

/// The service that a name means: `web`, `web.front`, `web.front.svc.cluster.local`.
fn target<'a>(world: &'a World, name: &str) -> Option<Target<'a>> {
    let mut parts = name.trim_end_matches('.').split('.');
    let (id, service) = world.plan().service(parts.next()?)?;
    let namespace = &service.spec.namespace;
    let fits = parts
        .next()
        .is_none_or(|given| given == namespace || given == "svc");
    let object = world.cluster().service(namespace, &service.name);
    let pod = world.fleet().of(id).next().and_then(|(name, _)| {
        let object = world.cluster().pod(namespace, name)?;
        object.ip().map(|ip| ip.to_string())
    });
    fits.then_some(Target {
        id,
        service,
        object,
        pod,
    })
}

fn name_of(argv: &[String]) -> Option<&str> {
    argv.iter()
        .map(String::as_str)
        .find(|word| !word.starts_with(['+', '-', '@']) && !matches!(*word, "A" | "ANY"))
}

fn dig(world: &World, argv: &[String]) -> Run {
    let Some(name) = name_of(argv) else {
        return Run::failed("usage: dig [+short] NAME\n", 1);
    };
    let found = target(world, name);
    if argv.iter().any(|word| word == "+short") {
        return Run::text(found.map_or_else(String::new, |found| format!("{}\n", found.address())));
    }
    let (status, count) = if found.is_some() {
        ("NOERROR", 1)
    } else {
        ("NXDOMAIN", 0)
    };
    let mut text = format!(
        "; <<>> DiG 9.18 <<>> {name}\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: 4711\n;; flags: qr aa rd; QUERY: 1, ANSWER: {count}, AUTHORITY: 0, ADDITIONAL: 0\n\n;; QUESTION SECTION:\n;{name}.\t\tIN\tA\n\n"
    );
    if let Some(found) = &found {
        text.push_str(&format!(
            ";; ANSWER SECTION:\n{}.\t30\tIN\tA\t{}\n\n",
            found.full_name(),
            found.address()
        ));
    }
    text.push_str(";; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)\n");
    Run::text(text)
}

fn nslookup(world: &World, argv: &[String]) -> Run {
    let Some(name) = name_of(argv) else {
        return Run::failed("usage: nslookup NAME\n", 1);
    };
    let server = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n";
    match target(world, name) {
        Some(found) => Run::text(format!(
            "{server}Name:\t{}\nAddress: {}\n\n",
            found.full_name(),
            found.address()
        )),
        None => Run::failed(
            format!("{server}** server can't find {name}: NXDOMAIN\n\n"),
            1,
        ),
    }
}

fn host(world: &World, argv: &[String]) -> Run {
    let Some(name) = name_of(argv) else {
        return Run::failed("usage: host NAME\n", 1);
    };
    match target(world, name) {
        Some(found) => Run::text(format!(
            "{} has address {}\n",
            found.full_name(),
            found.address()
        )),
        None => Run::failed(format!("Host {name} not found: 3(NXDOMAIN)\n"), 1),
    }
}

fn ping(world: &World, argv: &[String]) -> Run {
    let Some(name) = name_of(argv) else {
        return Run::failed("ping: usage error: Destination address required\n", 1);
    };
    match target(world, name) {
        Some(found) => Run::failed(
            format!(
                "PING {} ({}) 56(84) bytes of data.\n\n--- {} ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 2031ms\n(a service's address is virtual and takes no pings, well or not; ask its health: curl)\n",
                found.full_name(),
                found.address(),
                found.full_name()
            ),
            1,
        ),
        None => Run::failed(format!("ping: {name}: Name or service not known\n"), 2),
    }
}

/// `curl`: only health endpoints have an answer to a workstation; it comes from whether the service answers at all.
fn curl(world: &World, argv: &[String]) -> Run {
    let Some(url) = argv.iter().find(|word| !word.starts_with('-')) else {
        return Run::failed(
            "curl: try 'curl --help' or 'curl --manual' for more information\n",
            2,
        );
    };
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
    let Some(found) = target(world, name) else {
        return Run::failed(format!("curl: (6) Could not resolve host: {name}\n"), 6);
    };
    let spec = &found.service.spec;
    let port: u16 = match port {
        "" => spec.ports.first().copied().unwrap_or(80),
        text => text.parse().unwrap_or(0),
    };
    if !spec.ports.contains(&port) || world.fleet().ready_of(found.id) == 0 {
        return Run::failed(
            format!(
                "curl: (7) Failed to connect to {name} port {port} after 3 ms: Couldn't connect to server\n"
            ),
            7,
        );
    }
    let http = spec.routes.keys().any(|route| route.contains(" /"));
    if !http {
        return Run::failed("curl: (52) Empty reply from server\n", 52);
    }
    let head = argv
        .iter()
        .any(|word| word == "-i" || word == "-I" || word == "-v");
    let healthy = matches!(
        path.split('?').next(),
        Some("" | "health" | "healthz" | "ready" | "readyz" | "livez" | "_healthz" | "status")
    );
    let (status, body) = if healthy {
        health(world, &found)
    } else {
        ("401 Unauthorized", "{\"error\":\"no token\"}".to_owned())
    };
    let head = if head {
        format!("HTTP/1.1 {status}\ncontent-type: application/json\n\n")
    } else {
        String::new()
    };
    Run::text(format!("{head}{body}\n"))
}

/// Health as the service itself sees it: it answers while it runs, and says how much of what it gets it fails.
fn health(world: &World, found: &Target<'_>) -> (&'static str, String) {
    let flows = found
        .service
        .routes
        .iter()
        .filter_map(|id| world.flows().routes.get(id.index()));
    let (sum, count) = flows.fold((0.0, 0), |(sum, count), flow| {
        (sum + flow.failing(), count + 1)
    });
    let failing = if count == 0 {
        0.0
    } else {
        sum / f64::from(count)
    };
    if failing > 0.9 {
        (
            "503 Service Unavailable",
            "{\"status\":\"unavailable\"}".to_owned(),
        )
    } else {
        ("200 OK", "{\"status\":\"ok\"}".to_owned())
    }
}
