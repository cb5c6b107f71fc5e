//! Tests of git's command lines against what git 2.47 printed for the same history (`tests/fixtures/git`), and of acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::sim::git::apply::apply_file;
use crate::sim::git::command::apply;
use crate::sim::git::commit_file::parse_commit;
use crate::sim::git::patch::Patch;
use crate::sim::git::{ChangeSource, RepositorySource, RootSource, TagSource};

const HISTORY: &str = include_str!("../../../tests/fixtures/git/history.txt");
const CASES: &str = include_str!("../../../tests/fixtures/git/cases.txt");
const EDITED: &str = include_str!("../../../tests/fixtures/git/edited_main.go");
const HOME: &str = "/home/cy/alpha";

fn now() -> SimTime {
    SimTime::parse_rfc3339("2026-03-20T12:00:00Z").unwrap()
}

fn history() -> Repository {
    let mut commits: Vec<_> = HISTORY
        .split("=====\n")
        .map(|text| parse_commit(text).unwrap())
        .collect();
    let first = commits.remove(0);
    let ChangeSource::Patch(patch) = first.change else {
        panic!("the first commit has files");
    };
    let files = Patch::parse(&patch).unwrap().files;
    let base = files
        .iter()
        .map(|file| {
            (
                file.target.path().to_owned(),
                Arc::from(apply_file(file, None).unwrap().unwrap()),
            )
        })
        .collect();
    let release = commits
        .iter()
        .find(|commit| commit.message.contains("#43"))
        .and_then(|commit| commit.id.clone());
    let tag = |name: &str, commit: Option<String>, message: Option<&str>, at: &str| TagSource {
        name: name.to_owned(),
        commit,
        message: message.map(str::to_owned),
        at: SimTime::parse_rfc3339(at).unwrap(),
    };
    Repository::build(RepositorySource {
        name: "alpha".to_owned(),
        default_branch: "main".to_owned(),
        root: RootSource {
            id: first.id.clone(),
            author: first.author,
            at: first.at,
            message: first.message,
        },
        base,
        commits,
        tags: vec![
            tag("v1.0", first.id, None, "2026-03-01T09:00:00Z"),
            tag("v1.1", release, Some("Release 1.1"), "2026-03-05T12:00:00Z"),
        ],
        kept_branches: BTreeSet::from(["fix".to_owned()]),
    })
    .unwrap()
}

struct Clone {
    repository: Repository,
    worktree: Worktree,
}

impl Clone {
    fn fresh() -> Self {
        let repository = history();
        let worktree = Worktree::clone_of(&repository).unwrap();
        Self {
            repository,
            worktree,
        }
    }

    fn view(&self) -> RepoView<'_> {
        RepoView {
            mounts: vec![Mount {
                folder: HOME,
                remote_url: "git@git.alpha.example:alpha.git",
                repository: &self.repository,
                worktree: &self.worktree,
            }],
            user: Signature::new("Cy Oak", "cy@alpha.example"),
            terminal_columns: None,
        }
    }

    fn look(&self, line: &str) -> GitOutcome {
        let (folder, line) = match line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
        {
            Some((folder, line)) => (format!("{HOME}/{folder}"), line),
            None => (HOME.to_owned(), line),
        };
        run(&self.view(), &words(line), now(), &folder)
    }

    fn act(&mut self, line: &str) -> GitOutcome {
        let outcome = self.look(line);
        for planned in &outcome.commands {
            let user = Signature::new("Cy Oak", "cy@alpha.example");
            apply(
                &mut self.repository,
                &mut self.worktree,
                &planned.command,
                &user,
                now(),
            )
            .unwrap();
        }
        outcome
    }

    fn edit(&mut self, path: &str, text: Option<&str>) {
        let command = RepoCommand::Write {
            path: path.to_owned(),
            text: text.map(str::to_owned),
        };
        let user = Signature::new("Cy Oak", "cy@alpha.example");
        apply(
            &mut self.repository,
            &mut self.worktree,
            &command,
            &user,
            now(),
        )
        .unwrap();
    }
}

/// Splits a line at blanks outside quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, other) => words.last_mut().unwrap().push(other),
        }
    }
    words
}

/// The ids of texts are derived differently than git's, so they are masked.
fn masked(text: &str) -> String {
    text.lines()
        .map(|line| {
            let (columns, rest) =
                line.split_at(line.len() - line.trim_start_matches(['|', ' ']).len());
            if rest.starts_with("index ") {
                format!("{columns}index ...\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect()
}

#[test]
fn looks_print_what_git_prints() {
    let mut clone = Clone::fresh();
    let mut wrong = String::new();
    let mut count = 0;
    for case in CASES.split("\n$ ").flat_map(|part| part.split("\n!edit")) {
        let case = case.trim_start_matches("$ ");
        if case.is_empty() {
            continue;
        }
        let (line, rest) = case.split_once('\n').unwrap();
        if line == "git status" && count > 150 && clone.worktree.is_clean(&clone.repository) {
            let config = clone
                .worktree
                .files()
                .file("config.yaml")
                .unwrap()
                .to_string()
                + "extra: 1\n";
            clone.edit("config.yaml", Some(&config));
            clone.act("git add config.yaml");
            clone.edit("src/main.go", Some(EDITED));
            clone.edit("new.txt", Some("new\n"));
            clone.edit("fresh/a.txt", Some("a\n"));
            clone.edit("README.md", None);
        }
        let (stdout, rest) = rest.split_once("--- err\n").unwrap();
        let (stderr, code) = rest.split_once("--- exit ").unwrap();
        let outcome = clone.look(line);
        count += 1;
        let expected = format!(
            "{}--- err\n{stderr}--- exit {}\n",
            masked(stdout),
            code.trim()
        );
        let got = format!(
            "{}--- err\n{}--- exit {}\n",
            masked(&outcome.stdout),
            outcome.stderr,
            outcome.code
        );
        if expected != got {
            wrong.push_str(&format!("$ {line}\n{}\n", difference(&expected, &got)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 200, "{count}");
}

fn difference(expected: &str, got: &str) -> String {
    let mut out = String::new();
    crate::sim::git::file_diff::render_hunks(
        &crate::sim::git::line_diff::hunks(expected, got, 2),
        &mut out,
    );
    out
}

#[test]
fn an_edit_goes_all_the_way_to_everybody() {
    let mut clone = Clone::fresh();
    let config = clone
        .worktree
        .files()
        .file("config.yaml")
        .unwrap()
        .replace("max: 5", "max: 20");
    clone.edit("config.yaml", Some(&config));
    let before = clone.repository.head();
    let committed = clone.act("git commit -am 'Take the pool back to 20'");
    let id = clone.look("git rev-parse --short HEAD").stdout;
    assert_eq!(
        committed.stdout,
        format!(
            "[main {}] Take the pool back to 20\n 1 file changed, 1 insertion(+), 1 deletion(-)\n",
            id.trim()
        )
    );
    assert!(
        clone
            .look("git status")
            .stdout
            .contains("ahead of 'origin/main' by 1 commit.\n")
    );
    assert_eq!(clone.repository.head(), before);
    let pushed = clone.act("git push");
    assert_eq!(
        pushed.stderr,
        format!(
            "To git.alpha.example:alpha.git\n   9e45626..{}  main -> main\n",
            id.trim()
        )
    );
    assert_ne!(clone.repository.head(), before);
    assert_eq!(clone.act("git push").stderr, "Everything up-to-date\n");
}

#[test]
fn a_revert_says_what_it_made_and_a_conflict_changes_nothing() {
    let mut clone = Clone::fresh();
    let outcome = clone.act("git revert --no-edit HEAD~1");
    assert!(outcome.stdout.starts_with("[main "), "{outcome:?}");
    assert!(outcome.stdout.contains("] Revert \"Shorten the timeout to 100\"\n Date: Fri Mar 20 12:00:00 2026 +0000\n 2 files changed, 2 insertions(+), 3 deletions(-)\n"));
    let outcome = clone.act("git revert ae0c35d");
    assert_eq!(
        (outcome.code, outcome.commands.len()),
        (0, 1),
        "{outcome:?}"
    );
    let worktree = clone.worktree.clone();
    let outcome = clone.look("git revert 4f73226 1ed6849");
    assert!(outcome.code == 0 || outcome.commands.is_empty());
    assert_eq!(clone.worktree, worktree);
}

#[test]
fn what_was_shown_is_named() {
    let clone = Clone::fresh();
    let id = |short: &str| {
        let index = clone.repository.find(short).unwrap();
        clone.repository.commit(index).unwrap().id.to_string()
    };
    let repository = "alpha".to_owned();
    assert_eq!(
        clone.look("git log -1 --oneline").shown,
        [Shown::CommitTitle {
            repository: repository.clone(),
            id: id("9e45626")
        }]
    );
    let shown = clone.look("git show ae0c35d").shown;
    assert!(shown.contains(&Shown::Commit {
        repository: repository.clone(),
        id: id("ae0c35d")
    }));
    assert!(shown.contains(&Shown::FileLines {
        repository: repository.clone(),
        path: "config.yaml".to_owned(),
        first: 1,
        last: 5
    }));
    assert_eq!(
        clone.look("git blame -L 2,3 config.yaml").shown,
        [Shown::FileLines {
            repository,
            path: "config.yaml".to_owned(),
            first: 2,
            last: 3
        }]
    );
}

#[test]
fn data_is_there_beside_the_text() {
    let clone = Clone::fresh();
    let view = clone.view();
    let log = recent_commits(&view.mounts[0], Some("config.yaml"), None, 2, now());
    let value = serde_json::to_value(&log).unwrap();
    assert_eq!(value["commits"][0]["short_id"], "71a33b7");
    assert_eq!(value["commits"][0]["files"][0]["path"], "config.yaml");
    assert_eq!(value["commits"][1]["author"]["name"], "Ada Lind");
    let blame = blame_file(&view.mounts[0], "config.yaml").unwrap();
    assert_eq!(blame.lines[1].subject, "Tune the pool (#41)");
    assert!(blame_file(&view.mounts[0], "none").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_command_line_panics(
        command in "(log|show|diff|blame|status|branch|tag|shortlog|rev-parse|ls-files|grep|describe|ls-tree|rev-list|stash|commit|push|revert|checkout|reset|add|switch|restore|merge|cat-file|pull|rm)",
        arguments in prop::collection::vec(
            "(-{1,2}[a-zA-Z0-9]{1,3}|--(stat|oneline|graph|all|format|since|follow|cached|contains|hard)|-L[0-9]{0,2},?[+-]?[0-9]{0,2}|HEAD[~^:]{0,3}[0-9]{0,2}|v1.0(\\.\\.)?|config.yaml|src|[a-z%*:!/.]{0,6}|--format=[%a-zA-Z<>(),0-9+ -]{0,12})",
            0..5,
        ),
    ) {
        let clone = Clone::fresh();
        let mut argv = vec!["git".to_owned(), command];
        argv.extend(arguments);
        let outcome = run(&clone.view(), &argv, now(), HOME);
        prop_assert!([0, 1, 2, 128, 129, 255].contains(&outcome.code));
    }
}
