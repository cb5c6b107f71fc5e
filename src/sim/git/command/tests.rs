//! Tests of a clone's commands: what changes, what is refused, and that a refusal changes nothing.

use super::*;
use crate::sim::git::tests::{commit, numbers, person, source, start};
use crate::sim::git::{ChangeSource, blame::blame};
use crate::sim::time::Span;

struct Bench {
    repository: Repository,
    worktree: Worktree,
    hours: i64,
}

impl Bench {
    fn new() -> Self {
        let change = |from: &str, to: &str| {
            let text = numbers(9).replace(from, to);
            ChangeSource::Write([("f".to_owned(), Some(Arc::from(text)))].into())
        };
        let repository = Repository::build(source(
            &[("f", &numbers(9)), ("dir/g", "g\n")],
            vec![commit("aaaa111", 1, "Spell two", change("2\n", "two\n"))],
        ))
        .unwrap();
        let worktree = Worktree::clone_of(&repository).unwrap();
        Self {
            repository,
            worktree,
            hours: 10,
        }
    }

    fn run(&mut self, command: &RepoCommand) -> Result<RepoEvent, CommandError> {
        self.hours += 1;
        let at = start() + Span::from_hours(self.hours);
        apply(
            &mut self.repository,
            &mut self.worktree,
            command,
            &person("Cy"),
            at,
        )
    }

    fn write(&mut self, path: &str, text: &str) {
        let command = RepoCommand::Write {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        self.run(&command).unwrap();
    }

    fn commit_all(&mut self, message: &str) -> Result<RepoEvent, CommandError> {
        self.run(&RepoCommand::Commit {
            message: Some(message.to_owned()),
            all: true,
            amend: false,
            allow_empty: false,
        })
    }

    fn push(&mut self) -> Result<RepoEvent, CommandError> {
        self.run(&RepoCommand::Push {
            branch: "main".to_owned(),
            force: false,
        })
    }
}

#[test]
fn an_edit_is_committed_and_pushed() {
    let mut bench = Bench::new();
    let shared = bench.repository.head().unwrap();
    bench.write("f", "new\n");
    bench.write("h", "not known\n");
    assert_eq!(bench.worktree.unstaged().len(), 1);
    assert_eq!(bench.worktree.untracked(), ["h"]);
    let event = bench.commit_all("Change f").unwrap();
    let RepoEvent::Committed { commits } = event else {
        panic!("{event:?}")
    };
    assert_eq!(bench.repository.head(), Some(shared));
    assert_eq!(
        bench.worktree.divergence(&bench.repository).unwrap().ahead,
        1
    );
    let event = bench.push().unwrap();
    assert_eq!(
        event,
        RepoEvent::Pushed {
            branch: "main".to_owned(),
            from: Some(shared),
            to: commits[0]
        }
    );
    assert_eq!(bench.repository.head(), Some(commits[0]));
    assert_eq!(bench.push(), Ok(RepoEvent::UpToDate));
    assert_eq!(bench.worktree.untracked(), ["h"]);
}

#[test]
fn a_push_over_the_work_of_others_is_rejected_until_pulled() {
    let mut bench = Bench::new();
    let files = [("dir/g".to_owned(), Some("G\n".to_owned()))].into();
    let at = start() + Span::from_hours(5);
    bench
        .repository
        .commit_edit("main", &files, &person("Di"), "Shout", at)
        .unwrap();
    bench.write(
        "f",
        &numbers(9).replace("2\n", "two\n").replace("8\n", "eight\n"),
    );
    bench.commit_all("Spell eight").unwrap();
    let before = bench.worktree.clone();
    assert_eq!(
        bench.push(),
        Err(CommandError::PushRejected { known: false })
    );
    assert_eq!(bench.worktree, before);
    bench.run(&RepoCommand::Pull).unwrap();
    bench.push().unwrap();
    let tree = bench.repository.head_tree().unwrap();
    assert_eq!(&**tree.file("dir/g").unwrap(), "G\n");
    assert!(tree.file("f").unwrap().contains("eight"));
}

#[test]
fn edits_stand_in_the_way_of_a_revert_until_they_are_stashed() {
    let mut bench = Bench::new();
    bench.write("f", "edited\n");
    let revert = RepoCommand::Revert {
        commits: vec!["aaaa111".to_owned()],
        commit: true,
    };
    assert_eq!(
        bench.run(&revert),
        Err(CommandError::WouldOverwrite(vec!["f".to_owned()]))
    );
    let stash = RepoCommand::StashPush {
        message: None,
        untracked: false,
    };
    assert_eq!(bench.run(&stash), Ok(RepoEvent::Stashed));
    bench.run(&revert).unwrap();
    assert_eq!(&**bench.worktree.files().file("f").unwrap(), numbers(9));
    assert!(matches!(
        bench.run(&RepoCommand::StashApply {
            number: 0,
            drop: true
        }),
        Err(CommandError::Conflict { .. })
    ));
    assert_eq!(bench.worktree.stashes().len(), 1);
}

#[test]
fn a_file_is_taken_back_and_a_branch_is_left_and_entered() {
    let mut bench = Bench::new();
    let committed = bench.worktree.files().clone();
    bench.write("f", "edited\n");
    let restore = |path: &str| RepoCommand::Restore {
        paths: vec![path.to_owned()],
        from: None,
        staged: false,
        files: true,
    };
    assert_eq!(
        bench.run(&restore("none")),
        Err(CommandError::NoSuchPath("none".to_owned()))
    );
    bench.run(&restore("f")).unwrap();
    assert_eq!(bench.worktree.files(), &committed);
    let switch = |to: &str, create| RepoCommand::Switch {
        to: to.to_owned(),
        create,
        start: None,
    };
    bench.run(&switch("fix", true)).unwrap();
    bench.write("f", "fixed\n");
    bench.commit_all("Fix").unwrap();
    bench.run(&switch("main", false)).unwrap();
    assert_eq!(bench.worktree.files(), &committed);
    bench
        .run(&RepoCommand::Merge {
            from: "fix".to_owned(),
            no_fast_forward: false,
        })
        .unwrap();
    assert_eq!(&**bench.worktree.files().file("f").unwrap(), "fixed\n");
    bench
        .run(&RepoCommand::Reset {
            to: "HEAD~1".to_owned(),
            mode: ResetMode::Hard,
        })
        .unwrap();
    assert_eq!(bench.worktree.files(), &committed);
}

#[test]
fn blame_names_the_commit_of_each_line() {
    let bench = Bench::new();
    let head = bench.repository.head().unwrap();
    let edited = numbers(9).replace("2\n", "two\n").replace("9\n", "nine\n");
    let lines = blame(&bench.repository, head, "f", Some(&edited)).unwrap();
    let commits: Vec<Option<u32>> = lines.iter().map(|line| line.commit.map(|c| c.0)).collect();
    assert_eq!(
        commits,
        [
            Some(0),
            Some(1),
            Some(0),
            Some(0),
            Some(0),
            Some(0),
            Some(0),
            Some(0),
            None
        ]
    );
    assert_eq!(blame(&bench.repository, head, "none", None), None);
}
