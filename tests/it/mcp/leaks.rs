//! Nothing that is to be found out is told: every tool's whole output on every shipped scenario, searched for the names and
//! sentences of the causal graph. And no answer alone names component, mechanism and why now.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use firedrill::scenario::format::scenario::Scenario;
use firedrill::scenario::loader::{self, Source};
use firedrill::session::Answer;
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;
use firedrill::sim::traces::{Order, Traces, Wanted};
use firedrill::tools::{Place, Registry, Run};
use serde_json::{Value, json};

/// Names and sentences that only the debrief may say.
fn secrets(scenario: &Scenario) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for (name, fault) in &scenario.faults {
        secrets.extend([name.clone(), fault.says.clone()]);
        secrets.extend(fault.hints.iter().map(|hint| hint.says.clone()));
    }
    for (name, clue) in &scenario.clues {
        secrets.extend([name.clone(), clue.says.clone()]);
    }
    for (name, herring) in &scenario.red_herrings {
        secrets.extend([name.clone(), herring.because.clone()]);
    }
    secrets.extend(scenario.messages.keys().cloned());
    secrets.extend(scenario.automations.keys().cloned());
    for knowledge in scenario.people.values() {
        secrets.extend(
            knowledge
                .replies
                .iter()
                .filter_map(|reply| reply.name.clone()),
        );
    }
    secrets.insert(scenario.answer.why_now.clone());
    // A single word is a word of the trade, too.
    secrets.retain(|secret| secret.contains(['-', ' ']));
    secrets
}

fn done(world: &World, run: Run) -> Answer {
    match run {
        Run::Answer(answer) => answer,
        Run::Act(act) => {
            let mut world = world.clone();
            let results: Vec<_> = act
                .commands
                .iter()
                .map(|command| world.apply(command))
                .collect();
            (act.answer)(&world, &results)
        }
    }
}

/// Lines of the shell that list a good deal.
const LINES: [&str; 11] = [
    "help",
    "kubectl get all -A",
    "kubectl get events -A",
    "kubectl get configmaps -A -o yaml",
    "kubectl get deployments -A -o yaml",
    "git log",
    "tickets list",
    "flags list",
    "wiki list",
    "kafka-topics --bootstrap-server kafka:9092 --describe",
    "kafka-consumer-groups --bootstrap-server kafka:9092 --describe --all-groups",
];

/// What is read one thing at a time: each ticket, flag, run of CI, resource, schedule, image.
fn one_by_one(world: &World, registry: &Registry) -> Vec<(&'static str, Value)> {
    /// Which list names the things, under which field of its items, and what reads one by which argument.
    const KINDS: [(&str, &str, &str, &str, &str); 6] = [
        ("jira_search", "issues", "key", "jira_get_issue", "key"),
        (
            "featureflags_list",
            "flags",
            "flag",
            "featureflags_get",
            "flag",
        ),
        ("ci_list_runs", "runs", "id", "ci_get_run_logs", "run_id"),
        (
            "terraform_list_resources",
            "resources",
            "address",
            "terraform_show_state",
            "resource",
        ),
        (
            "oncall_who_is_on_call",
            "on_call",
            "team",
            "oncall_get_schedule",
            "team",
        ),
        (
            "pagerduty_list_incidents",
            "incidents",
            "id",
            "pagerduty_get_timeline",
            "incident_id",
        ),
    ];
    let mut found = Vec::new();
    for (list, items, field, tool, argument) in KINDS {
        let page = registry
            .tool(list)
            .unwrap()
            .answer(world, &json!({ "limit": 200 }));
        let things = page.data[items].as_array().unwrap();
        assert!(things.iter().all(|thing| !thing[field].is_null()), "{list}");
        let named: BTreeSet<String> = things
            .iter()
            .map(|thing| thing[field].to_string())
            .collect();
        found.extend(named.iter().map(|name| {
            let name: Value = serde_json::from_str(name).unwrap();
            (tool, json!({ argument: name }))
        }));
    }
    for deployment in world.deployments() {
        let spec = &world.plan().services[deployment.service.index()].spec;
        let args = json!({ "repo": spec.image, "tag": deployment.tag });
        found.push(("registry_get_manifest", args));
    }
    found
}

/// Every tool with arguments that reach all there is, following cursors; and lines of the shell.
#[expect(clippy::too_many_lines, reason = "a list of what is asked")]
fn answers(world: &World, registry: &Registry) -> Vec<(String, Answer)> {
    let mut all = Vec::new();
    let mut ask = |tool: &str, args: Value| {
        let mut cursor = Value::Null;
        for _ in 0..40 {
            let mut args = args.clone();
            if !cursor.is_null() {
                args["cursor"] = cursor.clone();
            }
            let Some(tool) = registry.tool(tool) else {
                return;
            };
            let answer = tool.answer(world, &args);
            let next = ["cursor", "next_cursor"].map(|name| answer.data[name].clone());
            all.push((format!("{} {args}", tool.name()), answer));
            match next.into_iter().find(Value::is_string) {
                Some(next) => cursor = next,
                None => return,
            }
        }
    };
    let plan = world.plan();
    for tool in registry.tools() {
        ask(tool.name(), json!({}));
    }
    for channel in plan.pack.estate.channels.keys() {
        ask(
            "slack_read_channel",
            json!({"channel": channel, "limit": 200}),
        );
    }
    for incident in world.pager().incidents() {
        ask(
            "pagerduty_get_timeline",
            json!({"incident_id": incident.id}),
        );
    }
    for issue in plan.pack.scenario.sentry.keys() {
        ask("sentry_get_issue", json!({"issue_id": issue}));
    }
    for (_, service) in Traces::of(world).services() {
        let service = &service.name;
        ask(
            "datadog_list_traces",
            json!({"service": service, "sort": "failed", "limit": 200}),
        );
    }
    for trace in newest_traces(world) {
        ask("datadog_get_trace", json!({"trace_id": trace}));
    }
    for service in plan.services.iter().map(|service| &service.name) {
        ask(
            "logs_get_service_logs",
            json!({"service": service, "level": "warn", "since": "2h", "limit": 1000}),
        );
    }
    for pod in world.cluster().pods().values() {
        ask(
            "kubectl_describe_pod",
            json!({"pod_name": &*pod.meta.name, "namespace": &*pod.meta.namespace}),
        );
        ask(
            "kubectl_logs",
            json!({"pod_name": &*pod.meta.name, "namespace": &*pod.meta.namespace, "tail": 50}),
        );
    }
    for repo in world.repositories().keys() {
        ask("git_recent_commits", json!({"repo": repo, "limit": 200}));
        ask("code_list_files", json!({"path": repo, "recursive": true}));
    }
    for page in plan.pack.wiki.keys() {
        ask("wiki_get_page", json!({"page": page}));
    }
    for (tool, args) in one_by_one(world, registry) {
        ask(tool, args);
    }
    let mut commands: Vec<String> = world
        .repositories()
        .values()
        .flat_map(firedrill::sim::git::Repository::commits)
        .map(|(_, commit)| format!("git show {}", commit.id))
        .collect();
    commands.extend(LINES.map(str::to_owned));
    for line in commands {
        let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let (name, rest) = argv.split_first().unwrap();
        if let Some(program) = registry.program(name) {
            let place = Place {
                cwd: world
                    .repositories()
                    .keys()
                    .next()
                    .cloned()
                    .unwrap_or_default(),
            };
            all.push((
                line.clone(),
                done(world, program.run(world, &place, rest, "")),
            ));
        }
    }
    for change in registry.changes() {
        for example in change.examples() {
            let args = serde_json::from_str(example.args).unwrap();
            // Ends of a drill are told after it.
            all.push((
                change.name().to_owned(),
                done(world, change.run(world, &args)),
            ));
        }
    }
    all
}

/// The newest traces of each service that sends any, failed ones first.
fn newest_traces(world: &World) -> Vec<String> {
    let traces = Traces::of(world);
    let newest = |id| {
        traces.list(&Wanted {
            service: Some(id),
            from: world.now() - Span::from_mins(15),
            until: world.now(),
            order: Order::Failed,
            limit: 12,
            ..Wanted::default()
        })
    };
    let mut found = Vec::new();
    for (id, _) in traces.services() {
        let entries = newest(id).entries.into_iter();
        found.extend(entries.map(|entry| format!("{:032x}", entry.trace)));
    }
    found
}

fn shipped() -> Vec<Arc<Plan>> {
    let source = Source::folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"));
    loader::list(&source)
        .iter()
        .map(|listing| loader::load(&source, &listing.name).unwrap())
        .map(|pack| Arc::new(Plan::new(Arc::new(pack))))
        .collect()
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn no_answer_tells_what_is_to_be_found_out() {
    let registry = Registry::standard();
    for plan in shipped() {
        let secrets = secrets(&plan.pack.scenario);
        let answer = plan.pack.scenario.answer.clone();
        assert!(secrets.len() > 20);
        let world = World::open(Arc::clone(&plan), 7);
        let answers = answers(&world, &registry);
        assert!(answers.len() > 100, "{}", answers.len());
        let mut told = Vec::new();
        for (of, output) in &answers {
            let whole = format!("{}\n{}\n{}", output.text, output.error, output.data);
            for secret in secrets.iter().filter(|secret| is_told(&whole, secret)) {
                told.push(format!("{of}: {secret}"));
            }
            let lower = whole.to_lowercase();
            let has = |lists: &[Vec<String>]| {
                lists.iter().all(|words| {
                    words
                        .iter()
                        .any(|word| lower.contains(&word.to_lowercase()))
                })
            };
            let alone = answer
                .components
                .iter()
                .any(|name| lower.contains(name.as_str()))
                && has(&answer.mechanism_words)
                && has(&answer.why_now_words);
            // A page of many things has many words; one that is short and has all of them gives it away.
            if alone && output.text.len() < 2_000 {
                told.push(format!(
                    "{of}: component, mechanism and why now in {} bytes",
                    output.text.len()
                ));
            }
        }
        assert!(told.is_empty(), "{}:\n{}", plan.pack.name, told.join("\n"));
    }
}

/// Whether a text has a secret as a whole: not within a longer word.
fn is_told(text: &str, secret: &str) -> bool {
    let inside = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_')
    };
    text.match_indices(secret).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + found.len()..)
            .and_then(|after| after.chars().next());
        !inside(before) && !inside(after)
    })
}

#[test]
fn a_secret_within_a_longer_word_is_none() {
    assert!(is_told("x pool-full.", "pool-full"));
    assert!(!is_told("a-pool-full", "pool-full"));
}
