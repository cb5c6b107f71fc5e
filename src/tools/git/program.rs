//! `git` in the shell: the command line over the trainee's clones.

use super::{Mount, RepoView, Shown as GitShown};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::Command;
use crate::sim::git::commit::Signature;
use crate::tools::{Act, Example, Family, Place, Program, Run};

/// The program.
pub struct Git;

impl Program for Git {
    fn name(&self) -> &'static str {
        "git"
    }

    fn family(&self) -> Family {
        Family::Git
    }

    fn about(&self) -> &'static str {
        "Shows and changes the history of your checkout"
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], _: &str) -> Run {
        let folders: Vec<(String, String)> = world
            .repositories()
            .keys()
            .map(|name| {
                (
                    format!("/{name}"),
                    format!("git@git.{}:{name}.git", world.plan().pack.estate.domain),
                )
            })
            .collect();
        let mounts = folders.iter().zip(world.repositories()).filter_map(
            |((folder, url), (name, repository))| {
                Some(Mount {
                    folder,
                    remote_url: url,
                    repository,
                    worktree: world.worktree(name)?,
                })
            },
        );
        let handle = world.trainee_handle();
        let user = Signature::new(
            handle,
            &format!("{handle}@{}", world.plan().pack.estate.domain),
        );
        let view = RepoView {
            mounts: mounts.collect(),
            user,
            terminal_columns: None,
        };
        let words: Vec<String> = std::iter::once("git".to_owned())
            .chain(argv.iter().cloned())
            .collect();
        let outcome = super::run(&view, &words, world.now(), &format!("/{}", place.cwd));
        let answer = Answer {
            data: serde_json::to_value(&outcome.result).unwrap_or_default(),
            text: outcome.stdout,
            error: outcome.stderr,
            code: outcome.code,
            shown: outcome
                .shown
                .iter()
                .filter_map(|shown| as_shown(world, shown))
                .collect(),
            asked: None,
        };
        if outcome.commands.is_empty() {
            return Run::Answer(answer);
        }
        let commands = outcome.commands.into_iter();
        let commands = commands.map(|planned| Command::Repository {
            repo: planned.repository,
            command: planned.command,
        });
        Run::Act(Act {
            commands: commands.collect(),
            answer: Box::new(move |_, outcomes| {
                match outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
                    Some(rejection) => Answer::failed(format!("error: {}\n", rejection.message), 1),
                    None => answer,
                }
            }),
        })
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "git branch",
            about: "outside a checkout; `cd` into one first",
            prints: "fatal: not a git repository (or any of the parent directories): .git\n",
        }]
    }
}

fn as_shown(world: &World, shown: &GitShown) -> Option<Shown> {
    Some(match shown {
        GitShown::CommitTitle { id, .. } => Shown::CommitTitle(id.clone()),
        GitShown::Commit { id, .. } => Shown::Commit(id.clone()),
        GitShown::FileLines {
            repository,
            path,
            first,
            last,
        } => {
            let text = world.worktree(repository)?.files().file(path)?.to_string();
            let lines: Vec<&str> = text
                .lines()
                .skip(first.saturating_sub(1))
                .take(last + 1 - first.min(last))
                .collect();
            Shown::File {
                repo: repository.clone(),
                path: path.clone(),
                text: lines.join("\n"),
            }
        }
    })
}
