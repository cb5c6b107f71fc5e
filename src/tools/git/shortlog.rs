//! `git shortlog`: commits grouped by author.

use std::collections::BTreeMap;

use serde::Serialize;

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::target::Words;
use super::{Context, GitOutcome, GitResult};
use crate::sim::git::date::parse_when;
use crate::sim::git::log::{LogQuery, log};

const USAGE: &str = "usage: git shortlog [<options>] [<revision-range>] [[--] <path>...]\n   or: git log --pretty=short | git shortlog [<options>]\n";

/// An author with their commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShortlogRow {
    /// Who.
    pub author: String,
    /// Titles of the commits, oldest first.
    pub subjects: Vec<String>,
}

/// `git shortlog`
pub(super) fn shortlog(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "w");
    let mut words = Words::default();
    let (mut summary, mut numbered, mut email, mut committer) = (false, false, false, false);
    let mut query = LogQuery::default();
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => words.separated = true,
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "-s" | "--summary" => summary = true,
                "-n" | "--numbered" => numbered = true,
                "-e" | "--email" => email = true,
                "-c" | "--committer" => committer = true,
                "--no-merges" => query.merges = Some(false),
                "--merges" => query.merges = Some(true),
                "--all" => query
                    .walk
                    .include
                    .extend(context.mount.worktree.remote_branches().values()),
                "--since" | "--after" => {
                    query.since = Some(parse_when(&arguments.value(&name, attached)?, context.now));
                }
                "--until" | "--before" => {
                    query.until = Some(parse_when(&arguments.value(&name, attached)?, context.now));
                }
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let target = context.target(&words)?;
    query.walk.include.extend(target.range.include);
    if query.walk.include.is_empty() {
        query.walk.include.push(context.head()?);
    }
    query.walk.exclude = target.range.exclude;
    query.walk.paths = target.paths;
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for visit in log(context.mount.repository, &query).into_iter().rev() {
        if let Some(commit) = context.mount.repository.commit(visit.index) {
            let who = if committer {
                &commit.committer
            } else {
                &commit.author
            };
            let who = if email {
                who.to_string()
            } else {
                who.name.to_string()
            };
            groups.entry(who).or_default().push(commit.subject());
        }
    }
    let mut rows: Vec<ShortlogRow> = groups
        .into_iter()
        .map(|(author, subjects)| ShortlogRow { author, subjects })
        .collect();
    if numbered {
        rows.sort_by_key(|row| std::cmp::Reverse(row.subjects.len()));
    }
    let stdout = rows
        .iter()
        .map(|row| row.render(summary))
        .collect::<String>();
    Ok(GitOutcome::text(stdout).with(GitResult::Shortlog(rows)))
}

impl ShortlogRow {
    fn render(&self, summary: bool) -> String {
        if summary {
            return format!("{:>6}\t{}\n", self.subjects.len(), self.author);
        }
        let titles: String = self
            .subjects
            .iter()
            .map(|subject| format!("      {subject}\n"))
            .collect();
        format!("{} ({}):\n{titles}\n", self.author, self.subjects.len())
    }
}
