//! Each of the eighteen families is a system with its own everyday contents: lists long enough to search in, pages without
//! loss or repetition, items that lead to the cause and items that lead astray, dates that make sense.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use firedrill::scenario::format::artifact::Artifact;
use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::artifact::{Shown, shows};
use firedrill::sim::plan::Plan;
use firedrill::sim::time::{SimTime, Span};
use firedrill::tools::{Place, Registry, Run};
use serde_json::{Value, json};

use super::asking::{answer, ask, ask_all, ask_pages};

const SCENARIO: &str = "carts-emptying";
const SEEDS: [u64; 2] = [7, 11];
/// The families, each a system of its own.
const FAMILIES: [&str; 18] = [
    "CI",
    "CloudWatch",
    "Code",
    "Datadog",
    "Feature flags",
    "Git",
    "Jira",
    "Kubernetes",
    "Logs",
    "On-call",
    "PagerDuty",
    "Prometheus",
    "Registry",
    "Sentry",
    "Slack",
    "Status page",
    "Terraform",
    "Wiki",
];
/// Items that a family has at least.
const LEAST: usize = 20;

fn source() -> Source {
    Source::folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"))
}

fn world_of(scenario: &str, seed: u64) -> World {
    let pack = loader::load(&source(), scenario).unwrap();
    World::open(Arc::new(Plan::new(Arc::new(pack))), seed)
}

fn world(seed: u64) -> World {
    world_of(SCENARIO, seed)
}

/// A list of a family: the tool, its arguments, where its items are, whether it comes in pages.
struct List {
    family: &'static str,
    tool: &'static str,
    args: Value,
    items: &'static str,
    pages: bool,
}

fn list(
    family: &'static str,
    tool: &'static str,
    args: Value,
    items: &'static str,
    pages: bool,
) -> List {
    List {
        family,
        tool,
        args,
        items,
        pages,
    }
}

/// The lists of all families whose number of items says something.
#[expect(clippy::too_many_lines, reason = "a row for each family")]
fn lists() -> Vec<List> {
    let none = || json!({});
    let lines = || json!({ "service": "checkout" });
    let code = || json!({ "path": "shop", "recursive": true });
    vec![
        list(
            "Slack",
            "slack_read_channel",
            json!({ "channel": "#sre" }),
            "messages",
            true,
        ),
        list("Sentry", "sentry_list_issues", none(), "issues", false),
        list(
            "PagerDuty",
            "pagerduty_list_incidents",
            none(),
            "incidents",
            true,
        ),
        list(
            "Prometheus",
            "prometheus_list_metrics",
            none(),
            "metrics",
            false,
        ),
        list("Logs", "logs_list_services", none(), "services", false),
        list("Logs", "logs_get_service_logs", lines(), "lines", true),
        list(
            "Logs",
            "logs_search",
            json!({ "query": "error" }),
            "lines",
            true,
        ),
        list("Feature flags", "featureflags_list", none(), "flags", true),
        list("Git", "git_recent_commits", none(), "commits", true),
        list("Jira", "jira_search", none(), "issues", true),
        list("Jira", "jira_list_sprints", none(), "sprints", true),
        list("Wiki", "wiki_search", none(), "pages", true),
        list("Kubernetes", "kubectl_get_pods", none(), "pods", false),
        list("Kubernetes", "kubectl_get_events", none(), "events", true),
        list(
            "CloudWatch",
            "cloudwatch_get_metrics",
            none(),
            "metrics",
            true,
        ),
        list(
            "CloudWatch",
            "cloudwatch_list_alarms",
            none(),
            "alarms",
            true,
        ),
        list(
            "CloudWatch",
            "cloudwatch_list_log_groups",
            none(),
            "groups",
            true,
        ),
        list("Datadog", "datadog_list_traces", lines(), "traces", true),
        list("CI", "ci_list_runs", none(), "runs", true),
        list(
            "Status page",
            "statuspage_list_incidents",
            none(),
            "incidents",
            true,
        ),
        list("On-call", "oncall_who_is_on_call", none(), "on_call", true),
        list(
            "Terraform",
            "terraform_list_resources",
            none(),
            "resources",
            true,
        ),
        list(
            "Registry",
            "registry_list_repositories",
            none(),
            "repositories",
            true,
        ),
        list(
            "Registry",
            "registry_list_tags",
            json!({ "repo": "accounting" }),
            "tags",
            true,
        ),
        list(
            "Registry",
            "registry_list_tags",
            json!({ "repo": "cart" }),
            "tags",
            true,
        ),
        list("Code", "code_list_files", code(), "paths", true),
    ]
}

#[test]
fn each_family_has_at_least_twenty_items_and_pages_lose_and_repeat_none() {
    /// Lists that go on for hours of lines are read so far.
    const ENOUGH: usize = 60;
    let mut families = BTreeSet::new();
    for seed in SEEDS {
        let world = world(seed);
        let mut counts = Vec::new();
        for List {
            family,
            tool,
            args,
            items,
            pages,
        } in lists()
        {
            families.insert(family);
            let all = if pages {
                let whole = ask_pages(&world, tool, args.clone(), items, 200, ENOUGH);
                let small = ask_pages(&world, tool, args.clone(), items, 20, ENOUGH);
                // The newest message stands last on its page; whatever the order, pages hold the same.
                let texts =
                    |list: &[Value]| list.iter().map(Value::to_string).collect::<BTreeSet<_>>();
                let (in_whole, in_small) = (texts(&whole), texts(&small));
                assert_eq!(in_small.len(), small.len(), "{tool} {args} repeats items");
                assert!(in_small.is_subset(&in_whole), "{tool} {args} loses items");
                assert!(small.len() >= whole.len().min(ENOUGH), "{tool} {args}");
                whole
            } else {
                ask(&world, tool, &args)[items].as_array().unwrap().clone()
            };
            if all.len() < LEAST {
                counts.push(format!("{family}: {tool} {args} has {}", all.len()));
            }
            println!("seed {seed}  {family}: {tool} {args} has {}", all.len());
        }
        assert!(counts.is_empty(), "seed {seed}:\n{}", counts.join("\n"));
    }
    assert_eq!(families.into_iter().collect::<Vec<_>>(), FAMILIES);
}

#[test]
fn earlier_incidents_stand_between_the_declared_ones_and_are_only_read() {
    let world = world(7);
    let all = ask_all(&world, "pagerduty_list_incidents", json!({}), "incidents");
    let ids: BTreeSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    let is_earlier = |one: &&Value| world.pager().get(one["id"].as_str().unwrap()).is_none();
    let earlier: Vec<&Value> = all.iter().filter(is_earlier).collect();
    assert!(earlier.len() >= 8, "{}", earlier.len());
    let registry = Registry::standard();
    for incident in earlier {
        assert_eq!(incident["status"], json!("resolved"));
        let id = incident["id"].as_str().unwrap();
        let timeline = ask(
            &world,
            "pagerduty_get_timeline",
            &json!({ "incident_id": id }),
        );
        assert!(timeline["entries"].as_array().unwrap().len() >= 4);
        for change in registry.changes() {
            if !["pagerduty_acknowledge", "pagerduty_resolve"].contains(&change.name()) {
                continue;
            }
            let Run::Answer(answer) = change.run(&world, &json!({ "incident_id": id })) else {
                panic!("{} acts on {id}", change.name());
            };
            assert!(
                answer.error.contains("already resolved"),
                "{}",
                answer.error
            );
        }
    }
}

#[test]
fn a_repository_of_images_holds_what_was_released_before_ci_and_git_begin() {
    let world = world(7);
    let tags = ask_all(
        &world,
        "registry_list_tags",
        json!({ "repo": "accounting" }),
        "tags",
    );
    let known: BTreeSet<&str> = tags
        .iter()
        .map(|tag| tag["tag"].as_str().unwrap())
        .collect();
    assert_eq!(known.len(), tags.len());
    let created: Vec<i64> = tags
        .iter()
        .map(|tag| tag["created_ms"].as_i64().unwrap())
        .collect();
    assert!(created.windows(2).all(|pair| pair[0] >= pair[1]));
    let root = world.repositories()["shop"]
        .commits()
        .map(|(_, commit)| commit.committed_at)
        .min()
        .unwrap();
    let (service, _) = world.plan().service("accounting").unwrap();
    let released: BTreeSet<&str> = world
        .releases_of(service)
        .map(|release| release.tag.as_str())
        .collect();
    for tag in &tags {
        let name = tag["tag"].as_str().unwrap();
        let is_known = released.contains(name) || name.len() == 40;
        let before = SimTime(tag["created_ms"].as_i64().unwrap()) < root;
        assert_eq!(is_known, !before, "{name}");
    }
    let manifest = |tag: &str| {
        ask(
            &world,
            "registry_get_manifest",
            &json!({ "repo": "accounting", "tag": tag }),
        )
    };
    let oldest = tags.last().unwrap()["tag"].as_str().unwrap();
    assert_eq!(
        manifest(oldest)["labels"]["org.opencontainers.image.version"],
        json!(oldest)
    );
}

#[test]
fn pages_of_the_wiki_were_edited_at_work_days_before_the_page() {
    for seed in SEEDS {
        let world = world(seed);
        let page = world.plan().page;
        for found in ask_all(&world, "wiki_search", json!({}), "pages") {
            let name = found["page"].as_str().unwrap();
            let edited = SimTime(found["edited_ms"].as_i64().unwrap());
            let hour = edited.secs().rem_euclid(86_400) / 3600;
            assert!((8..17).contains(&hour), "{name} at {hour}");
            assert!(edited < page - Span::from_hours(24), "{name}");
            let text = &world.plan().pack.wiki[name];
            let stated = text.lines().find_map(|line| line.strip_prefix("updated: "));
            assert!(
                stated.is_none_or(|day| edited.format("%Y-%m-%d") == day),
                "{name}"
            );
        }
    }
}

#[test]
fn no_issue_of_sentry_was_seen_last_before_it_was_seen_first() {
    for seed in SEEDS {
        let world = world(seed);
        let issues = ask(&world, "sentry_list_issues", &json!({}));
        for issue in issues["issues"].as_array().unwrap() {
            let at = |name: &str| issue[name].as_i64().unwrap();
            assert!(at("first_seen_ms") <= at("last_seen_ms"), "{issue}");
            assert!(at("last_seen_ms") <= world.now().millis(), "{issue}");
            let detail = ask(
                &world,
                "sentry_get_issue",
                &json!({ "issue_id": issue["id"] }),
            );
            let hours = detail["events_by_hour"].as_array().unwrap();
            let day: u64 = hours.iter().map(|count| count.as_u64().unwrap()).sum();
            assert_eq!(json!(day), issue["events_last_day"], "{issue}");
        }
    }
}

/// The family that an artifact belongs to, and what somebody asks there to see it; none for what is of no family.
fn way_to(
    world: &World,
    artifact: &Artifact,
) -> Option<(&'static str, Vec<(&'static str, Value)>)> {
    let one = |family, tool, args| Some((family, vec![(tool, args)]));
    match artifact {
        Artifact::Series { metric, spans, .. } => {
            let from = world.now() - spans.map_or(Span::from_hours(1), |spans| Span(spans.millis));
            let args = json!({
                "query": metric,
                "start": from.rfc3339(),
                "end": world.now().rfc3339(),
                "step": "1h",
            });
            one("Prometheus", "prometheus_query", args)
        }
        Artifact::Line { of, contains } => one(
            "Logs",
            "logs_get_service_logs",
            json!({ "service": of, "grep": contains, "since": "8h", "limit": 20 }),
        ),
        Artifact::PodStatus { .. } => one("Kubernetes", "kubectl_get_pods", json!({})),
        Artifact::FileLines { repo, path, .. } => one(
            "Code",
            "code_read_file",
            json!({ "path": format!("{repo}/{path}"), "limit": 1000 }),
        ),
        Artifact::CommitTitle(_) => one("Git", "git_recent_commits", json!({ "limit": 200 })),
        Artifact::Commit(id) => one("Git", "git", json!(["show", id])),
        Artifact::Message(_) => {
            let channels = world.plan().pack.estate.channels.keys();
            let reads = channels.map(|channel| {
                let args = json!({ "channel": channel, "limit": 200 });
                ("slack_read_channel", args)
            });
            Some(("Slack", reads.collect()))
        }
        Artifact::SentryIssue(id) => one("Sentry", "sentry_get_issue", json!({ "issue_id": id })),
        Artifact::Incident(id) => one(
            "PagerDuty",
            "pagerduty_get_timeline",
            json!({ "incident_id": id }),
        ),
        Artifact::WikiPage(page) => one("Wiki", "wiki_get_page", json!({ "page": page })),
        Artifact::Ticket(key) => one("Jira", "jira_get_issue", json!({ "key": key })),
        Artifact::CiRun { of, .. } => {
            let runs = ask_pages(
                world,
                "ci_list_runs",
                json!({ "service": of }),
                "runs",
                50,
                50,
            );
            let logs = runs
                .iter()
                .map(|run| ("ci_get_run_logs", json!({ "run_id": run["id"] })));
            Some(("CI", logs.collect()))
        }
        Artifact::Flag(flag) | Artifact::FlagAudit(flag) => {
            one("Feature flags", "featureflags_get", json!({ "flag": flag }))
        }
        Artifact::Schedule(team) => one("On-call", "oncall_get_schedule", json!({ "team": team })),
        Artifact::StatusIncident(_) => one("Status page", "statuspage_list_incidents", json!({})),
        Artifact::TerraformResource(address) => one(
            "Terraform",
            "terraform_show_state",
            json!({ "resource": address }),
        ),
        Artifact::StatusComponent(_) => one("Status page", "statuspage_get_status", json!({})),
        Artifact::TerraformDrift(_) => one("Terraform", "terraform", json!(["plan"])),
        Artifact::Alarm(_) => one("CloudWatch", "cloudwatch_list_alarms", json!({})),
        Artifact::Span { of, .. } => {
            let traces = ["failed", "newest"].into_iter().flat_map(|sort| {
                let args = json!({ "service": of, "sort": sort, "limit": 60 });
                let page = ask(world, "datadog_list_traces", &args);
                page["traces"].as_array().unwrap().clone()
            });
            let opened = traces.map(|trace| {
                let args = json!({ "trace_id": trace["trace_id"] });
                ("datadog_get_trace", args)
            });
            Some(("Datadog", opened.collect()))
        }
        Artifact::ImageTag { of, .. } => one(
            "Registry",
            "registry_list_tags",
            json!({ "repo": of, "limit": 200 }),
        ),
        Artifact::ImageManifest { of, tag } => one(
            "Registry",
            "registry_get_manifest",
            json!({ "repo": of, "tag": tag }),
        ),
        _ => None,
    }
}

/// What a look shows: a tool's answer, or that of a program of the shell.
fn shown(world: &World, name: &str, args: &Value) -> Vec<Shown> {
    let Some(words) = args.as_array() else {
        return answer(world, name, args).shown;
    };
    let registry = Registry::standard();
    let place = Place {
        cwd: world.repositories().keys().next().cloned().unwrap(),
    };
    let words: Vec<String> = words
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    match registry
        .program(name)
        .unwrap()
        .run(world, &place, &words, "")
    {
        Run::Answer(answer) => answer.shown,
        Run::Act(_) => panic!("{name} {args} acts"),
    }
}

/// The artifacts that are seen at the page where they are looked for, by family; and the others.
fn showing<'a>(
    world: &World,
    artifacts: impl Iterator<Item = &'a Artifact>,
) -> (BTreeMap<&'static str, Vec<&'a Artifact>>, Vec<&'a Artifact>) {
    let mut found: BTreeMap<&'static str, Vec<&Artifact>> = BTreeMap::new();
    let mut unseen = Vec::new();
    for artifact in artifacts {
        let Some((family, looks)) = way_to(world, artifact) else {
            continue;
        };
        let is_seen = looks.iter().any(|(tool, args)| {
            let seen = shown(world, tool, args);
            seen.iter().any(|seen| shows(seen, artifact))
        });
        if is_seen {
            found.entry(family).or_default().push(artifact);
        } else {
            unseen.push(artifact);
        }
    }
    (found, unseen)
}

#[test]
fn each_family_of_a_shipped_scenario_leads_to_the_cause_and_astray() {
    let shipped = loader::list(&source());
    assert!(!shipped.is_empty());
    let each = shipped
        .iter()
        .flat_map(|listing| SEEDS.map(|seed| (listing, seed)));
    for (listing, seed) in each {
        let world = world_of(&listing.name, seed);
        let scenario = &world.plan().pack.scenario;
        let path = scenario.answer.path.iter().chain(&scenario.answer.roots);
        let faults: BTreeSet<&String> = path.collect();
        let clues = scenario.clues.values();
        let clues = clues.filter(|clue| faults.contains(&clue.reveals));
        let on_path = clues.flat_map(|clue| &clue.shown_by);
        let herrings = scenario.red_herrings.values();
        let refuting = herrings.clone().flat_map(|herring| &herring.refuted_by);
        let (leading, unseen) = showing(&world, on_path.chain(refuting));
        println!("{}: not seen at the page {unseen:?}", listing.name);
        let astray = herrings.flat_map(|herring| &herring.shown_by);
        let (misleading, unseen) = showing(&world, astray);
        assert!(
            unseen.is_empty(),
            "{}: what leads astray is seen nowhere at the page: {unseen:?}",
            listing.name
        );
        for (family, found) in &leading {
            println!("{family} leads: {found:?}");
        }
        for (family, found) in &misleading {
            println!("{family} misleads: {found:?}");
        }
        let lacking = |found: &BTreeMap<&'static str, Vec<&Artifact>>| {
            let mut lacking = FAMILIES.to_vec();
            lacking.retain(|family| !found.contains_key(family));
            lacking
        };
        assert!(
            lacking(&leading).is_empty(),
            "{}: nothing of {:?} leads to the cause",
            listing.name,
            lacking(&leading)
        );
        assert!(
            lacking(&misleading).is_empty(),
            "{}: nothing of {:?} leads astray",
            listing.name,
            lacking(&misleading)
        );
    }
}
