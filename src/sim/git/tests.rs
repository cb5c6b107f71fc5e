//! Tests of building repositories and of patches: exact trees, typed errors, random input.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::apply::{ApplyProblem, apply};
use super::file_diff::{DiffOptions, FileDiff, tree_diff};
use super::patch::{Patch, PatchSyntax};
use super::*;
use crate::sim::time::{SimTime, Span};

pub(crate) fn person(name: &str) -> Signature {
    Signature::new(name, &format!("{}@alpha.example", name.to_lowercase()))
}

pub(crate) fn start() -> SimTime {
    SimTime::parse_rfc3339("2026-03-01T10:00:00Z").unwrap()
}

pub(crate) fn source(files: &[(&str, &str)], commits: Vec<CommitSource>) -> RepositorySource {
    RepositorySource {
        name: "alpha".to_owned(),
        default_branch: "main".to_owned(),
        root: RootSource::import(person("Ada"), start()),
        base: files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Arc::from(*text)))
            .collect(),
        commits,
        tags: Vec::new(),
        kept_branches: std::collections::BTreeSet::default(),
    }
}

pub(crate) fn commit(id: &str, hour: i64, message: &str, change: ChangeSource) -> CommitSource {
    CommitSource {
        id: (!id.is_empty()).then(|| id.to_owned()),
        author: person("Bo"),
        committer: None,
        at: start() + Span::from_hours(hour),
        message: message.to_owned(),
        branch: None,
        change,
    }
}

fn patch(text: &str) -> ChangeSource {
    ChangeSource::Patch(text.to_owned())
}

/// The numbers from 1, one a line.
pub(crate) fn numbers(up_to: u32) -> String {
    (1..=up_to).fold(String::new(), |text, n| text + &format!("{n}\n"))
}

const CONFIG: &str = "pool:\n  max: 20\n  timeout_ms: 250\nretries: 3\n";
const TUNE: &str = "--- a/config.yaml\n+++ b/config.yaml\n@@ -1,4 +1,4 @@\n pool:\n-  max: 20\n+  max: 5\n   timeout_ms: 250\n retries: 3\n";

#[test]
fn a_chosen_id_is_completed_and_a_patch_applied() {
    let repository = Repository::build(source(
        &[("config.yaml", CONFIG)],
        vec![commit("m3x8q05", 1, "Tune pool size", patch(TUNE))],
    ))
    .unwrap();
    let index = repository.find("m3x8").unwrap();
    let commit = repository.commit(index).unwrap();
    assert!(commit.id.as_str().starts_with("m3x8q05"));
    assert_eq!(commit.id.as_str().len(), 40);
    assert!(
        commit.id.as_str()[7..]
            .bytes()
            .all(|b| b.is_ascii_hexdigit())
    );
    assert_eq!(repository.short_id(index), "m3x8q05");
    assert_eq!(
        &**commit.tree.file("config.yaml").unwrap(),
        CONFIG.replace("20", "5")
    );
    assert_eq!(repository.head(), Some(index));
    assert_eq!(
        &**repository.tree_before(index).file("config.yaml").unwrap(),
        CONFIG
    );
}

#[test]
fn the_same_source_gives_the_same_ids() {
    let ids = || -> Vec<String> {
        let built = Repository::build(source(
            &[("config.yaml", CONFIG)],
            vec![commit("", 1, "Tune pool size", patch(TUNE))],
        ))
        .unwrap();
        built
            .commits()
            .map(|(_, commit)| commit.id.to_string())
            .collect()
    };
    assert_eq!(ids(), ids());
}

#[test]
fn a_hunk_may_have_moved_but_must_match() {
    let moved = format!("# one\n# two\n{CONFIG}");
    let parsed = Patch::parse(TUNE).unwrap();
    assert_eq!(
        apply(&moved, &parsed.files[0].hunks).unwrap(),
        moved.replace("20", "5")
    );
    let other = CONFIG.replace("retries", "attempts");
    assert_eq!(
        apply(&other, &parsed.files[0].hunks),
        Err(ApplyProblem::NoMatch {
            hunk: 1,
            line: 1,
            first: "pool:".to_owned()
        })
    );
}

#[test]
fn every_commit_that_does_not_apply_is_named_with_file_and_hunk() {
    let errors = Repository::build(source(
        &[("config.yaml", "a\n")],
        vec![
            commit("aaaa111", 1, "First", patch(TUNE)),
            commit(
                "bbbb222",
                2,
                "Second",
                patch("--- a/none\n+++ b/none\n@@ -1 +1 @@\n-x\n+y\n"),
            ),
            commit(
                "cccc333",
                3,
                "Third",
                patch("--- a/config.yaml\n+++ b/config.yaml\n@@ -1 +1,2 @@\n-a\n+b\n"),
            ),
        ],
    ))
    .unwrap_err();
    assert_eq!(errors.len(), 3);
    assert!(matches!(
        &errors[0],
        RepositoryError::PatchDoesNotApply { commit, file, problem: ApplyProblem::NoMatch { hunk: 1, .. } }
            if commit == "aaaa111" && file == "config.yaml"
    ));
    assert!(matches!(
        &errors[1],
        RepositoryError::PatchDoesNotApply {
            problem: ApplyProblem::MissingFile,
            ..
        }
    ));
    assert!(matches!(
        &errors[2],
        RepositoryError::PatchSyntax { problem, .. }
            if problem.line == 3 && matches!(problem.problem, PatchSyntax::HunkCount { new: 2, found_new: 1, .. })
    ));
}

#[test]
fn files_are_made_moved_and_removed_by_patches() {
    let text = "diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,2 @@\n+a\n+b\n\
        diff --git a/old.txt b/old.txt\ndeleted file mode 100644\n--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
        diff --git a/here.txt b/there.txt\nsimilarity index 100%\nrename from here.txt\nrename to there.txt\n";
    let repository = Repository::build(source(
        &[("old.txt", "x\n"), ("here.txt", "h\n")],
        vec![commit("", 1, "Tidy", patch(text))],
    ))
    .unwrap();
    let files: Vec<String> = repository
        .head_tree()
        .unwrap()
        .files()
        .into_iter()
        .map(|f| f.0)
        .collect();
    assert_eq!(files, ["new.txt", "there.txt"]);
}

#[test]
fn a_branch_is_merged_with_what_happened_beside_it() {
    let base = numbers(9);
    let edit = |from: &str, to: &str| {
        ChangeSource::Write(BTreeMap::from([(
            "f".to_owned(),
            Some(Arc::from(base.replace(from, to))),
        )]))
    };
    let mut on_branch = commit("bbbb111", 1, "On the branch", edit("2\n", "two\n"));
    on_branch.branch = Some("fix".to_owned());
    let merge = commit(
        "",
        3,
        "Merge fix",
        ChangeSource::Merge {
            branch: "fix".to_owned(),
        },
    );
    let repository = Repository::build(source(
        &[("f", &base)],
        vec![
            on_branch,
            commit("cccc111", 2, "Beside it", edit("8\n", "eight\n")),
            merge,
        ],
    ))
    .unwrap();
    let text = repository
        .head_tree()
        .unwrap()
        .file("f")
        .unwrap()
        .to_string();
    assert_eq!(text, base.replace("2\n", "two\n").replace("8\n", "eight\n"));
    assert_eq!(repository.branches().len(), 1);
    let head = repository.commit(repository.head().unwrap()).unwrap();
    assert_eq!(head.parents.len(), 2);
}

#[test]
fn a_revert_undoes_one_commit_and_keeps_later_ones() {
    let mut repository = Repository::build(source(
        &[("config.yaml", CONFIG)],
        vec![commit("m3x8q05", 1, "Tune pool size", patch(TUNE))],
    ))
    .unwrap();
    let at = start() + Span::from_hours(5);
    let files = BTreeMap::from([("other".to_owned(), Some("x\n".to_owned()))]);
    repository
        .commit_edit("main", &files, &person("Cy"), "Add other", at)
        .unwrap();
    repository
        .revert("main", "m3x8q05", &person("Cy"), at)
        .unwrap();
    let tree = repository.head_tree().unwrap();
    assert_eq!(&**tree.file("config.yaml").unwrap(), CONFIG);
    assert!(tree.file("other").is_some());
    let head = repository.commit(repository.head().unwrap()).unwrap();
    assert_eq!(head.subject(), "Revert \"Tune pool size\"");
    assert!(head.body().starts_with("This reverts commit m3x8q05"));
    assert!(matches!(
        repository.revert("main", "m3x8q05", &person("Cy"), at),
        Err(RepositoryError::NothingChanged { .. })
    ));
}

#[test]
fn what_could_drive_a_terminal_is_refused() {
    let errors = Repository::build(source(&[("f", "a\n\u{1b}[2J\n")], Vec::new())).unwrap_err();
    assert!(
        matches!(&errors[0], RepositoryError::Text { .. }),
        "{errors:?}"
    );
    let errors = Repository::build(source(&[("../f", "a\n")], Vec::new())).unwrap_err();
    assert!(
        matches!(&errors[0], RepositoryError::Tree { .. }),
        "{errors:?}"
    );
}

fn file_text() -> impl Strategy<Value = String> {
    (prop::collection::vec("[ab ]{0,2}", 0..25), any::<bool>()).prop_map(|(lines, newline)| {
        let mut text = lines.join("\n");
        if newline && !text.is_empty() {
            text.push('\n');
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_diff_applied_gives_the_new_text(old in file_text(), new in file_text(), context in 0_usize..4) {
        let hunks = line_diff::hunks(&old, &new, context);
        prop_assert_eq!(apply(&old, &hunks).unwrap(), new);
    }

    #[test]
    fn a_rendered_diff_reads_back_and_applies(old in file_text(), new in file_text()) {
        let tree = |text: &str| Tree::from_files([("dir/f", Arc::from(text)), ("k", Arc::from("k\n"))]).unwrap();
        let rendered: String = tree_diff(&tree(&old), &tree(&new), DiffOptions::default(), &|_| true)
            .iter().map(FileDiff::render).collect();
        let built = Repository::build(source(
            &[("dir/f", &old), ("k", "k\n")],
            vec![commit("", 1, "Change", patch(&rendered))],
        )).unwrap();
        prop_assert_eq!(built.head_tree().unwrap(), &tree(&new));
    }

    #[test]
    fn no_text_makes_the_patch_reader_panic(text in "([-+ @\\\\]{0,4}[a-z/0-9,]{0,6} ?(@@|/dev/null|diff --git a/x b/x|rename from )?\n?){0,30}") {
        if let Ok(patch) = Patch::parse(&text) {
            for file in &patch.files {
                let _ = apply("a\nb\nc\n", &file.hunks);
            }
        }
    }
}
