//! `oncall` and `services`: who is on call, and what there is. Never who knows the cause.

use super::Small;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::program::{Example, Run};
use crate::tools::shared::{columns, row};

/// The programs.
pub const PROGRAMS: [Small; 2] = [
    Small {
        name: "oncall",
        about: "Shows who is on call for each team",
        seconds: 2,
        run: oncall,
        examples: &[Example {
            line: "oncall",
            about: "All teams",
            prints: "TEAM      ON CALL  NAME            CHANNEL    UNTIL\njobs      @lena    Lena Ferrin     #jobs      Mon 9 Mar\nplatform  @mara    Mara Lindqvist  #platform  Mon 9 Mar\n",
        }],
    },
    Small {
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
    },
];

/// Monday's midnight at or before an instant.
fn week_of(at: SimTime) -> i64 {
    // The epoch was a Thursday.
    (at.millis().div_euclid(86_400_000) + 3).div_euclid(7)
}

/// Who of a rotation is on call: the first in the week of the page, then in turn.
pub fn on_call<'a>(world: &World, rotation: &'a [String]) -> Option<&'a str> {
    let weeks = week_of(world.now()) - week_of(world.plan().page);
    let turn = weeks.rem_euclid(rotation.len().max(1) as i64) as usize;
    rotation.get(turn).map(String::as_str)
}

fn oncall(world: &World, argv: &[String]) -> Run {
    let estate = &world.plan().pack.estate;
    let mut rows = vec![row(["TEAM", "ON CALL", "NAME", "CHANNEL", "UNTIL"])];
    let monday = SimTime((week_of(world.now()) * 7 - 3) * 86_400_000) + Span::from_hours(7 * 24);
    for (name, team) in &estate.teams {
        if argv.first().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let handle = on_call(world, &team.on_call);
        let person = handle.and_then(|handle| estate.people.get(handle));
        rows.push(row([
            name,
            &handle.map_or_else(|| "-".to_owned(), |handle| format!("@{handle}")),
            person.map_or("-", |person| person.name.as_str()),
            &team.channel,
            &monday.format("%a %-d %b"),
        ]));
    }
    if rows.len() == 1 {
        return Run::failed("oncall: no such team\n", 1);
    }
    Run::text(columns(&rows))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        let at = |text| SimTime::parse_rfc3339(text).unwrap();
        let monday = week_of(at("2026-03-02T00:00:00Z"));
        assert_eq!(week_of(at("2026-03-01T23:59:59Z")), monday - 1);
        assert_eq!(week_of(at("2026-03-08T23:59:59Z")), monday);
    }
}
