//! `git branch`: listing, making and removing branches.

use serde::Serialize;

use super::act::{Plan, refusal};
use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::{Context, GitOutcome, GitResult};
use crate::sim::git::command::CommandError;
use crate::sim::git::history::{ancestors, is_ancestor};
use crate::sim::git::worktree::Head;
use crate::sim::git::{CommitIndex, RepoCommand};

const USAGE: &str = "usage: git branch [<options>] [-r | -a] [--merged] [--no-merged]\n   \
    or: git branch [<options>] [-f] [--recurse-submodules] <branch-name> [<start-point>]\n   \
    or: git branch [<options>] [-l] [<pattern>...]\n   \
    or: git branch [<options>] [-r] (-d | -D) <branch-name>...\n";

/// A branch in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BranchRow {
    /// Its name; shared ones start with `origin/`.
    pub name: String,
    /// Whether it is checked out.
    pub current: bool,
    /// Whether it is everybody's.
    pub shared: bool,
    /// Abbreviated id of its last commit.
    pub short_id: String,
    /// Title of its last commit.
    pub subject: String,
    #[serde(skip)]
    tip: Option<CommitIndex>,
}

#[derive(Default)]
struct Request {
    words: Vec<String>,
    verbose: usize,
    all: bool,
    remotes: bool,
    list: bool,
    delete: bool,
    force: bool,
    show_current: bool,
    contains: Option<String>,
    merged: Option<(bool, String)>,
}

/// `git branch`
pub(super) fn branch(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let request = Request::parse(arguments)?;
    if request.show_current {
        let name = context.mount.worktree.current_branch();
        return Ok(GitOutcome::lines(
            name.map(str::to_owned).into_iter().collect(),
        ));
    }
    if request.delete {
        return delete(context, &request);
    }
    let listing = request.list
        || request.words.is_empty()
        || request.contains.is_some()
        || request.merged.is_some()
        || request.all
        || request.remotes;
    if listing {
        return list(context, &request);
    }
    let [name, start @ ..] = request.words.as_slice() else {
        return Err(GitError::usage(USAGE));
    };
    create(context, name, start)
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, GitError> {
        let mut request = Self::default();
        let mut arguments = Arguments::new(arguments, "u");
        while let Some(token) = arguments.next() {
            match token {
                Token::Separator => {}
                Token::Word(word) => request.words.push(word),
                Token::Option { name, attached } => match name.as_str() {
                    "-v" | "--verbose" => request.verbose += 1,
                    "-a" | "--all" => request.all = true,
                    "-r" | "--remotes" => request.remotes = true,
                    "-l" | "--list" => request.list = true,
                    "-d" | "--delete" => request.delete = true,
                    "-D" => (request.delete, request.force) = (true, true),
                    "-f" | "--force" => request.force = true,
                    "--show-current" => request.show_current = true,
                    "--contains" => {
                        request.contains = Some(
                            arguments
                                .value(&name, attached)
                                .unwrap_or_else(|_| "HEAD".to_owned()),
                        );
                    }
                    "--merged" | "--no-merged" => {
                        let commit = arguments
                            .value(&name, attached)
                            .unwrap_or_else(|_| "HEAD".to_owned());
                        request.merged = Some((name == "--merged", commit));
                    }
                    "--color" | "--no-color" | "--sort" | "-q" | "--quiet" | "--no-column" => {}
                    _ => return Err(GitError::unknown_option(&name, USAGE)),
                },
            }
        }
        Ok(request)
    }
}

fn list(context: &Context<'_>, request: &Request) -> Result<GitOutcome, GitError> {
    let repository = context.mount.repository;
    let mut rows = rows(context, request);
    if let Some(commit) = &request.contains {
        let commit = contained(context, commit)?;
        rows.retain(|row| {
            row.tip
                .is_some_and(|tip| is_ancestor(repository, commit, tip))
        });
    }
    if let Some((wanted, commit)) = &request.merged {
        let commit = contained(context, commit)?;
        rows.retain(|row| {
            row.tip
                .is_some_and(|tip| is_ancestor(repository, tip, commit) == *wanted)
        });
    }
    if !request.words.is_empty() {
        let mut patterns = crate::sim::git::pathspec::Pathspec::default();
        for word in &request.words {
            patterns.add(word, false);
        }
        rows.retain(|row| patterns.matches(&row.name));
    }
    let stdout = render(context, &rows, request);
    Ok(GitOutcome::text(stdout).with(GitResult::Branches(rows)))
}

fn contained(context: &Context<'_>, name: &str) -> Result<CommitIndex, GitError> {
    let found = context.clone.resolve(name);
    found.map_err(|_| GitError::usage(&format!("error: malformed object name {name}")))
}

fn rows(context: &Context<'_>, request: &Request) -> Vec<BranchRow> {
    let (repository, worktree) = (context.mount.repository, context.mount.worktree);
    let row = |name: String, tip: CommitIndex, shared: bool, current: bool| BranchRow {
        name,
        current,
        shared,
        short_id: repository.short_id(tip).to_owned(),
        subject: repository
            .commit(tip)
            .map_or_else(String::new, |commit| commit.subject()),
        tip: Some(tip),
    };
    let mut rows = Vec::new();
    if !request.remotes {
        if let Head::Detached(at) = worktree.head() {
            let name = format!("(HEAD detached at {})", repository.short_id(*at));
            rows.push(row(name, *at, false, true));
        }
        for (name, tip) in worktree.branches() {
            let current = worktree.current_branch() == Some(&**name);
            rows.push(row(name.to_string(), *tip, false, current));
        }
    }
    if request.remotes || request.all {
        for (name, tip) in worktree.remote_branches() {
            rows.push(row(format!("origin/{name}"), *tip, true, false));
        }
    }
    rows
}

fn render(context: &Context<'_>, rows: &[BranchRow], request: &Request) -> String {
    let full = |row: &BranchRow| match (row.shared, request.remotes) {
        (true, false) => format!("remotes/{}", row.name),
        _ => row.name.clone(),
    };
    let width = rows
        .iter()
        .map(|row| full(row).chars().count())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    let mut head_shown = false;
    let default = format!("origin/{}", context.mount.repository.default_branch());
    let has_default = rows.iter().any(|row| row.name == default) && request.contains.is_none();
    for row in rows {
        // The shared default branch is announced once, above the shared ones.
        if row.shared && !std::mem::replace(&mut head_shown, true) && has_default {
            let prefix = if request.remotes { "" } else { "remotes/" };
            let name = format!("{prefix}origin/HEAD");
            let padding = if request.verbose > 0 {
                width.saturating_sub(name.len())
            } else {
                0
            };
            out.push_str(&format!("  {name}{} -> {default}\n", " ".repeat(padding)));
        }
        let mark = if row.current { '*' } else { ' ' };
        if request.verbose == 0 {
            out.push_str(&format!("{mark} {}\n", full(row)));
        } else {
            let tracking = tracking(context, row, request.verbose);
            out.push_str(&format!(
                "{mark} {:<width$} {}{tracking} {}\n",
                full(row),
                row.short_id,
                row.subject
            ));
        }
    }
    out
}

/// ` [origin/main: ahead 1]` for `-vv`, ` [ahead 1]` for `-v`.
fn tracking(context: &Context<'_>, row: &BranchRow, verbose: usize) -> String {
    let (repository, worktree) = (context.mount.repository, context.mount.worktree);
    let shared = worktree.remote_branches().get(row.name.as_str());
    let (Some(shared), Some(tip)) = (shared, row.tip) else {
        return String::new();
    };
    if row.shared {
        return String::new();
    }
    let (here, there) = (
        ancestors(repository, &[tip]),
        ancestors(repository, &[*shared]),
    );
    let counts = [
        ("ahead", here.difference(&there).count()),
        ("behind", there.difference(&here).count()),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{word} {count}"))
        .collect();
    let apart = parts.join(", ");
    match (verbose > 1, apart.is_empty()) {
        (true, true) => format!(" [origin/{}]", row.name),
        (true, false) => format!(" [origin/{}: {apart}]", row.name),
        (false, true) => String::new(),
        (false, false) => format!(" [{apart}]"),
    }
}

fn delete(context: &Context<'_>, request: &Request) -> Result<GitOutcome, GitError> {
    if request.words.is_empty() {
        return Err(GitError::fatal("branch name required"));
    }
    let mut plan = Plan::new(context);
    for name in &request.words {
        let tip = context
            .mount
            .worktree
            .branches()
            .get(name.as_str())
            .copied();
        plan.attempt(RepoCommand::DeleteBranch {
            name: name.clone(),
            force: request.force,
        })
        .map_err(|error| match error {
            CommandError::BranchCheckedOut(name) => GitError::error(&format!(
                "cannot delete branch '{name}' used by worktree at '{}'",
                context.mount.folder
            )),
            other => refusal(&other),
        })?;
        let id = tip.map_or("", |tip| context.mount.repository.short_id(tip));
        plan.say(&format!("Deleted branch {name} (was {id}).\n"));
    }
    Ok(plan.finish())
}

fn create(context: &Context<'_>, name: &str, start: &[String]) -> Result<GitOutcome, GitError> {
    let mut plan = Plan::new(context);
    if let Some(start) = start.first()
        && context.clone.resolve(start).is_err()
    {
        return Err(GitError::fatal(&format!(
            "not a valid object name: '{start}'"
        )));
    }
    plan.run(RepoCommand::CreateBranch {
        name: name.to_owned(),
        start: start.first().cloned(),
    })?;
    Ok(plan.finish())
}
