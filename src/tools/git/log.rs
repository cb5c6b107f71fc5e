//! `git log`: its options, the commits it finds as data, and their text.

use regex::Regex;
use serde::Serialize;

use super::arguments::{Arguments, Token};
use super::diff::DiffDisplay;
use super::error::GitError;
use super::graph::Graph;
use super::pretty::{Pretty, Style, entry};
use super::record::{CommitRecord, FileSummary};
use super::target::Words;
use super::{Context, GitOutcome, GitResult, Mount};
use crate::sim::git::Signature;
use crate::sim::git::date::parse_when;
use crate::sim::git::date_style::DateStyle;
use crate::sim::git::history::{Order, Visit};
use crate::sim::git::log::{LogQuery, Pickaxe, log as find_commits};
use crate::sim::git::pathspec::Pathspec;
use crate::sim::git::revision::CloneView;
use crate::sim::time::SimTime;
use crate::tools::code::posix::{Syntax, compile};

/// Commits that a log found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogOutput {
    /// The commits, in the order of the log.
    pub commits: Vec<CommitRecord>,
}

/// How commits are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Display {
    pub(super) pretty: Pretty,
    pub(super) abbreviate: bool,
    pub(super) date: DateStyle,
    pub(super) decorate: Option<bool>,
    pub(super) graph: bool,
    pub(super) diff: DiffDisplay,
}

/// A parsed command line of `git log`.
#[derive(Default)]
struct Request {
    query: LogQuery,
    display: Display,
    words: Words,
    authors: Vec<String>,
    committers: Vec<String>,
    messages: Vec<String>,
    pickaxe: Option<(char, String)>,
    pickaxe_regex: bool,
    syntax: Syntax,
    ignore_case: bool,
    every_branch: bool,
    follow: bool,
    simplify_by_decoration: bool,
}

/// `git log`
pub(super) fn log(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let request = Request::parse(context, arguments)?;
    let display = request.display.clone();
    let follow = request.follow;
    let only_named = request.simplify_by_decoration;
    let query = request.into_query(context)?;
    let paths = if follow {
        Pathspec::default()
    } else {
        query.walk.paths.clone()
    };
    let mut visits = find_commits(context.mount.repository, &query);
    if only_named {
        visits.retain(|visit| !context.clone.decorations(visit.index).is_empty());
    }
    let mut records = Vec::with_capacity(visits.len());
    let mut shown_visits = Vec::with_capacity(visits.len());
    for visit in visits {
        let Some(mut record) = CommitRecord::new(context, visit.index) else {
            continue;
        };
        // Git shows no changes of a merge in a log.
        let wanted = display.diff.is_wanted() && !record.commit.is_merge();
        if display.diff.filter.is_some() && record.commit.is_merge() {
            continue;
        }
        if wanted || display.diff.filter.is_some() {
            let mut diffs = record.change(context, display.diff.options, &paths);
            if let Some(path) = &visit.followed {
                // Looking at everything first shows where the file was renamed from.
                diffs.retain(|diff| diff.change.path() == path);
            }
            let diffs = display.diff.filtered(diffs);
            if display.diff.filter.is_some() && diffs.is_empty() {
                continue;
            }
            if wanted {
                record.files = diffs.iter().map(FileSummary::of).collect();
                record.diff = diffs;
            }
        }
        records.push(record);
        shown_visits.push(visit);
    }
    let stdout = render(context, &records, &shown_visits, &display);
    for record in &mut records {
        if !display.diff.patch || display.diff.hidden {
            record.diff.clear();
        }
    }
    let shown = records.iter().map(|record| record.shown(context)).collect();
    Ok(GitOutcome::text(stdout)
        .with(GitResult::Log(LogOutput { commits: records }))
        .showing(shown))
}

/// The commits that touched a path, newest first, as data: without a terminal in between.
pub fn recent_commits(
    mount: &Mount<'_>,
    path: Option<&str>,
    since: Option<SimTime>,
    limit: usize,
    now: SimTime,
) -> LogOutput {
    let nobody = Signature::new("", "");
    let context = Context {
        mount: *mount,
        clone: CloneView {
            repository: mount.repository,
            worktree: mount.worktree,
        },
        user: &nobody,
        prefix: String::new(),
        now,
        terminal_columns: None,
    };
    let mut query = LogQuery {
        since,
        limit: Some(limit),
        ..LogQuery::default()
    };
    query.walk.include = mount.worktree.head_commit().into_iter().collect();
    if let Some(path) = path {
        query.walk.paths.add(path.trim_start_matches("./"), false);
    }
    let paths = query.walk.paths.clone();
    let records = find_commits(mount.repository, &query)
        .into_iter()
        .filter_map(|visit| {
            let mut record = CommitRecord::new(&context, visit.index)?;
            let diffs = record.change(&context, DiffDisplay::default().options, &paths);
            record.files = diffs.iter().map(FileSummary::of).collect();
            Some(record)
        });
    LogOutput {
        commits: records.collect(),
    }
}

impl Request {
    fn parse(context: &Context<'_>, arguments: &[String]) -> Result<Self, GitError> {
        let mut request = Self::default();
        let mut arguments = Arguments::new(arguments, "nSGULO");
        while let Some(token) = arguments.next() {
            match token {
                Token::Separator => request.words.separated = true,
                Token::Word(word) => request.words.push(word),
                Token::Option { name, attached } => {
                    let taken =
                        request.selection(&name, attached.as_ref(), &mut arguments, context.now)?
                            || request
                                .display
                                .take(&name, attached.as_ref(), &mut arguments)?;
                    if !taken {
                        let whole =
                            attached.map_or(name.clone(), |value| format!("{name}={value}"));
                        return Err(GitError::fatal(&format!("unrecognized argument: {whole}")));
                    }
                }
            }
        }
        Ok(request)
    }

    /// Options that choose commits.
    fn selection(
        &mut self,
        name: &str,
        attached: Option<&String>,
        arguments: &mut Arguments,
        now: SimTime,
    ) -> Result<bool, GitError> {
        let value = attached.cloned();
        let query = &mut self.query;
        match name {
            "-n" | "--max-count" => query.limit = Some(arguments.number(name, value)?),
            "--skip" => query.skip = arguments.number(name, value)?,
            "--since" | "--after" | "--since-as-filter" => {
                query.since = Some(parse_when(&arguments.value(name, value)?, now));
            }
            "--until" | "--before" => {
                query.until = Some(parse_when(&arguments.value(name, value)?, now));
            }
            "--author" => self.authors.push(arguments.value(name, value)?),
            "--committer" => self.committers.push(arguments.value(name, value)?),
            "--grep" => self.messages.push(arguments.value(name, value)?),
            "--all-match" => query.all_messages = true,
            "--invert-grep" => query.invert_messages = true,
            "-i" | "--regexp-ignore-case" => self.ignore_case = true,
            "-E" | "--extended-regexp" => self.syntax = Syntax::Extended,
            "-F" | "--fixed-strings" => self.syntax = Syntax::Fixed,
            "-P" | "--perl-regexp" => self.syntax = Syntax::Perl,
            "--basic-regexp" => self.syntax = Syntax::Basic,
            "-S" => self.pickaxe = Some(('S', arguments.value(name, value)?)),
            "-G" => self.pickaxe = Some(('G', arguments.value(name, value)?)),
            "--pickaxe-regex" => self.pickaxe_regex = true,
            "--merges" => query.merges = Some(true),
            "--no-merges" => query.merges = Some(false),
            "--first-parent" => query.walk.first_parent = true,
            "--reverse" => query.reverse = true,
            "--all" | "--branches" | "--remotes" => self.every_branch = true,
            "--follow" => self.follow = true,
            "--topo-order" => query.walk.order = Order::Topological,
            "--date-order" | "--author-date-order" => query.walk.order = Order::Date,
            "--simplify-by-decoration" => self.simplify_by_decoration = true,
            _ => return Ok(PASSED_OVER.contains(&name)),
        }
        Ok(true)
    }

    fn into_query(self, context: &Context<'_>) -> Result<LogQuery, GitError> {
        let mut query = self.query;
        let patterns = |texts: &[String], syntax| -> Result<Vec<Regex>, GitError> {
            texts
                .iter()
                .map(|text| pattern(text, syntax, self.ignore_case))
                .collect()
        };
        query.authors = patterns(&self.authors, self.syntax)?;
        query.committers = patterns(&self.committers, self.syntax)?;
        query.messages = patterns(&self.messages, self.syntax)?;
        query.pickaxe = match self.pickaxe {
            Some(('S', text)) if !self.pickaxe_regex && !self.ignore_case => {
                Some(Pickaxe::Occurrences(text))
            }
            Some(('S', text)) => {
                let syntax = if self.pickaxe_regex {
                    Syntax::Extended
                } else {
                    Syntax::Fixed
                };
                Some(Pickaxe::OccurrencesOf(pattern(
                    &text,
                    syntax,
                    self.ignore_case,
                )?))
            }
            Some((_, text)) => Some(Pickaxe::ChangedLine(pattern(
                &text,
                Syntax::Extended,
                self.ignore_case,
            )?)),
            None => None,
        };
        let mut target = context.target(&self.words)?;
        if self.every_branch {
            let worktree = context.mount.worktree;
            target.range.include.extend(worktree.head_commit());
            target.range.include.extend(worktree.branches().values());
            target
                .range
                .include
                .extend(worktree.remote_branches().values());
            target.range.include.extend(
                context
                    .mount
                    .repository
                    .tags()
                    .values()
                    .map(|tag| tag.commit),
            );
        }
        // `^main` alone starts nowhere; no revision at all starts at HEAD.
        let target = if target.range.include.is_empty() && !target.range.exclude.is_empty() {
            target
        } else {
            target.or_head(context)?
        };
        query.walk.include = target.range.include;
        query.walk.exclude = target.range.exclude;
        query.walk.paths = target.paths;
        if self.display.graph && !query.reverse {
            query.walk.order = Order::Topological;
        }
        if self.display.graph && query.reverse {
            return Err(GitError::fatal(
                "options '--reverse' and '--graph' cannot be used together",
            ));
        }
        if self.follow {
            let path = query.walk.paths.single().map(str::to_owned);
            let path =
                path.ok_or_else(|| GitError::fatal("--follow requires exactly one pathspec"))?;
            query.walk.paths = Pathspec::default();
            query.follow = Some(path);
        }
        Ok(query)
    }
}

/// Options about commits that change nothing here.
const PASSED_OVER: [&str; 17] = [
    "--pickaxe-all",
    "--full-history",
    "--simplify-merges",
    "--dense",
    "--sparse",
    "--no-walk",
    "--no-notes",
    "--notes",
    "--mailmap",
    "--no-mailmap",
    "--use-mailmap",
    "--show-signature",
    "--no-show-signature",
    "--no-expand-tabs",
    "--expand-tabs",
    "--quiet",
    "-q",
];

/// A pattern of an option as a regular expression.
pub(super) fn pattern(text: &str, syntax: Syntax, ignore_case: bool) -> Result<Regex, GitError> {
    compile(text, syntax, ignore_case)
        .map_err(|problem| GitError::fatal(&format!("command line, '{text}': {problem}")))
}

impl Display {
    /// Takes an option about how commits are shown; says whether it was one.
    pub(super) fn take(
        &mut self,
        name: &str,
        attached: Option<&String>,
        arguments: &mut Arguments,
    ) -> Result<bool, GitError> {
        match name {
            "--oneline" => {
                self.pretty = Pretty::Oneline;
                self.abbreviate = true;
            }
            "--pretty" | "--format" => {
                let value = if name == "--pretty" && attached.is_none() {
                    String::new()
                } else {
                    arguments.value(name, attached.cloned())?
                };
                self.pretty = Pretty::parse(&value)
                    .ok_or_else(|| GitError::fatal(&format!("invalid --pretty format: {value}")))?;
            }
            "--abbrev-commit" => self.abbreviate = true,
            "--no-abbrev-commit" => self.abbreviate = false,
            "--decorate" | "--decorate-refs" => {
                self.decorate = Some(attached.is_none_or(|value| value != "no"));
            }
            "--no-decorate" => self.decorate = Some(false),
            "--clear-decorations" => {}
            "--date" => {
                let value = arguments.value(name, attached.cloned())?;
                self.date = DateStyle::parse(&value)
                    .ok_or_else(|| GitError::fatal(&format!("unknown date format {value}")))?;
            }
            "--relative-date" => self.date = DateStyle::Relative,
            "--graph" => self.graph = true,
            "--no-graph" => self.graph = false,
            _ => return self.diff.take(name, attached, arguments),
        }
        Ok(true)
    }

    /// The style of one commit's text.
    pub(super) fn style(&self, context: &Context<'_>, record: &CommitRecord) -> Style {
        let repository = context.mount.repository;
        let short = |parents: &[crate::sim::git::CommitIndex]| {
            parents
                .iter()
                .map(|parent| repository.short_id(*parent).to_owned())
                .collect()
        };
        let wants_parents =
            record.commit.is_merge() || matches!(self.pretty, Pretty::Pattern { .. });
        Style {
            pretty: self.pretty.clone(),
            abbreviate: self.abbreviate,
            date: self.date.clone(),
            decorate: self.decorate.unwrap_or(context.terminal_columns.is_some()),
            now: context.now,
            short_parents: if wants_parents {
                short(&record.commit.parents)
            } else {
                Vec::new()
            },
        }
    }
}

/// The text of a log.
fn render(
    context: &Context<'_>,
    records: &[CommitRecord],
    visits: &[Visit],
    display: &Display,
) -> String {
    let mut out = String::new();
    let mut graph = display.graph.then(Graph::new);
    for (number, (record, visit)) in records.iter().zip(visits).enumerate() {
        let text = entry(record, &display.style(context, record));
        if let Some(graph) = &mut graph {
            graph.advance(visit.index, &visit.parents);
        }
        if number > 0 && (display.pretty.is_paragraph() || !display.pretty.is_terminated()) {
            if display.pretty.is_paragraph()
                && let Some(graph) = &mut graph
            {
                out.push_str(&graph.padding());
            }
            out.push('\n');
        }
        let silent = matches!(&display.pretty, Pretty::Pattern { text, .. } if text.is_empty());
        match &mut graph {
            Some(graph) => with_graph(&mut out, graph, &text),
            None => out.push_str(&text),
        }
        let has_diff = !record.diff.is_empty();
        if (display.pretty.is_terminated() && !silent) || has_diff {
            out.push('\n');
        }
        if has_diff {
            with_diff(&mut out, context, graph.as_mut(), record, display);
        }
    }
    out
}

/// A commit's text beside its part of the drawing.
fn with_graph(out: &mut String, graph: &mut Graph, text: &str) {
    loop {
        let (line, is_commit) = graph.next_line();
        out.push_str(&line);
        if is_commit {
            break;
        }
        out.push('\n');
    }
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
            out.push_str(&graph.next_line().0);
        }
        out.push_str(line);
    }
    while !graph.is_settled() {
        out.push('\n');
        out.push_str(&graph.next_line().0);
    }
}

fn with_diff(
    out: &mut String,
    context: &Context<'_>,
    graph: Option<&mut Graph>,
    record: &CommitRecord,
    display: &Display,
) {
    let prefix = graph.map(Graph::padding).unwrap_or_default();
    let width = context.stat_width().saturating_sub(prefix.len());
    let text = display.diff.render(&record.diff, width);
    if display.pretty != Pretty::Oneline && display.pretty.is_terminated() {
        out.push_str(&prefix);
        out.push('\n');
    }
    if prefix.is_empty() {
        out.push_str(&text);
        return;
    }
    for line in text.lines() {
        out.push_str(&prefix);
        out.push_str(line);
        out.push('\n');
    }
}
