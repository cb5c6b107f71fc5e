//! Systems that take only so many calls a minute: their own errors, at every door, after a replay too.

use std::path::Path;

use firedrill::session::Answer;
use firedrill::session::journal::{Door, Settings};
use firedrill::tools::{Places, Workbench};
use serde_json::json;

const LIMITS: &str = "(\n    instruments: (rate_limits: {\"jira\": 2, \"slack\": 1, \"featureflags\": 1, \"cloudwatch\": 1}),\n";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The small scenario with systems that take few calls.
fn limited(folder: &Path) -> Places {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    copy(&fixtures.join("small"), &folder.join("small"));
    copy(
        &fixtures.join("estates/small"),
        &folder.join("estates/small"),
    );
    let file = folder.join("small/scenario.ron");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("(\n", LIMITS, 1)).unwrap();
    Places::of_folder(folder, &folder.join("saves"))
}

fn called(bench: &mut Workbench, tool: &str, args: &serde_json::Value) -> Answer {
    bench
        .use_tool(Door::Mcp, tool, args)
        .expect("the tool exists")
}

#[test]
fn one_call_too_many_is_refused_in_the_systems_own_words_until_the_minute_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let places = limited(folder.path());
    let mut bench = places.start("small", 1, Settings::default(), true).unwrap();
    for _ in 0..2 {
        assert_eq!(called(&mut bench, "jira_search", &json!({})).code, 0);
    }
    let refused = called(&mut bench, "jira_get_issue", &json!({"key": "ALPHA-1"}));
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .error
            .starts_with("jira_get_issue: 429 Too Many Requests: Rate limit exceeded."),
        "{}",
        refused.error
    );
    let typed = bench.shell(Door::Shell, "jira search refused");
    assert!(
        typed
            .lines
            .iter()
            .any(|(line, _)| line.contains("429 Too Many Requests")),
        "{:?}",
        typed.lines
    );
    // Another system has its own count.
    assert_eq!(called(&mut bench, "sentry_list_issues", &json!({})).code, 0);
    bench.shell(Door::Shell, "sleep 60");
    assert_eq!(called(&mut bench, "jira_search", &json!({})).code, 0);
}

#[test]
fn what_acts_counts_as_well_and_is_not_done_when_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let places = limited(folder.path());
    let mut bench = places.start("small", 1, Settings::default(), true).unwrap();
    assert_eq!(
        called(&mut bench, "slack_list_channels", &json!({})).code,
        0
    );
    let post = json!({"channel": "incidents", "text": "looking"});
    let refused = called(&mut bench, "slack_post_message", &post);
    assert_eq!(refused.error, "slack_post_message: ratelimited\n");
    assert!(
        bench
            .world()
            .slack()
            .posts()
            .iter()
            .all(|post| post.text != "looking")
    );
    assert_eq!(called(&mut bench, "featureflags_list", &json!({})).code, 0);
    let switched = bench.shell(Door::Shell, "flags set batch-size-v2 on");
    assert!(
        switched.lines.iter().any(|(line, _)| line.contains("429")),
        "{:?}",
        switched.lines
    );
    let shell = bench.shell(Door::Shell, "aws cloudwatch describe-alarms");
    assert!(
        shell
            .lines
            .iter()
            .all(|(line, _)| !line.contains("Throttling")),
        "{:?}",
        shell.lines
    );
    let shell = bench.shell(Door::Shell, "aws cloudwatch describe-alarms");
    assert!(
        shell.lines.iter().any(|(line, _)| line
            .contains("An error occurred (Throttling) when calling the DescribeAlarms operation")),
        "{:?}",
        shell.lines
    );
    // A replay refuses the same ones and comes to the same world.
    let state = bench.session().state();
    drop(bench.into_session().close());
    let again = places.resume(None).unwrap();
    assert_eq!(again.session().state(), state);
    assert_eq!(
        again.world().facts().flags.get("batch-size-v2"),
        Some(&false)
    );
}
