//! `services`: what there is, who owns it, what it calls. Never who knows the cause.

use super::Small;
use crate::sim::World;
use crate::tools::program::{Example, Run};
use crate::tools::shared::{columns, row};

/// The programs.
pub const PROGRAMS: [Small; 1] = [Small {
    name: "services",
    about: "The service catalogue: what each service does, who owns it, what it calls",
    seconds: 2,
    run: services,
    examples: &[
        Example {
            line: "services",
            about: "All services",
            prints: "SERVICE  TEAM      NAMESPACE  WHAT IT DOES\nbroker   platform  back       The queue\ncache    platform  back       Sessions\ngate     platform  front      Takes what customers send\nintake   jobs      front      Puts jobs on the queue\nmailer   jobs      back       An experiment nobody removed\nworker   jobs      back       Works off jobs\n",
        },
        Example {
            line: "services gate",
            about: "One service",
            prints: "gate - Takes what customers send\nteam        platform #platform\nruntime     Go\nnamespace   front\nversion     2.0.0\nsource      alpha/src/gate\ncalls       cache, intake\nstores      cache\n",
        },
    ],
}];

fn services(world: &World, argv: &[String]) -> Run {
    let Some(name) = argv.first().filter(|word| !word.starts_with('-')) else {
        let mut rows = vec![row(["SERVICE", "TEAM", "NAMESPACE", "WHAT IT DOES"])];
        for service in &world.plan().services {
            let spec = &service.spec;
            rows.push(row([
                &service.name,
                &spec.team,
                &spec.namespace,
                &spec.about,
            ]));
        }
        return Run::text(columns(&rows));
    };
    let Some((id, service)) = world.plan().service(name) else {
        return Run::failed(
            format!("services: no service '{name}'; `services` lists them\n"),
            1,
        );
    };
    let (spec, estate) = (&service.spec, &world.plan().pack.estate);
    let mut text = format!("{} - {}\n", service.name, spec.about);
    let channel = estate
        .teams
        .get(&spec.team)
        .map_or("", |team| team.channel.as_str());
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("{name:<11} {value}\n"));
        }
    };
    line("team", format!("{} {channel}", spec.team));
    line("runtime", format!("{:?}", spec.runtime));
    line("namespace", spec.namespace.clone());
    line(
        "version",
        world.wanted_tag(id).unwrap_or_default().to_owned(),
    );
    let source = spec.source.as_ref();
    line(
        "source",
        source.map_or_else(String::new, |source| {
            format!("{}/{}", source.repo, source.path)
        }),
    );
    let mut calls: Vec<&str> = spec
        .routes
        .values()
        .flat_map(|route| &route.calls)
        .map(|call| call.to.as_str())
        .collect();
    calls.sort_unstable();
    calls.dedup();
    line("calls", calls.join(", "));
    let consumes: Vec<String> = spec
        .consumes
        .iter()
        .map(|one| format!("{} (group {})", one.topic, one.group))
        .collect();
    line("consumes", consumes.join(", "));
    let mut produces: Vec<&str> = spec
        .routes
        .values()
        .filter_map(|route| route.produces.as_deref())
        .collect();
    produces.sort_unstable();
    produces.dedup();
    line("produces", produces.join(", "));
    line("stores", spec.stores.join(", "));
    Run::text(text)
}
