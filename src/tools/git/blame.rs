//! `git blame`: the commit of each line, in git's columns or as `--porcelain`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::target::Words;
use super::{Context, GitOutcome, GitResult, Mount, Shown};
use crate::sim::git::blame::{BlamedLine, blame as find_blame};
use crate::sim::git::date_style::DateStyle;
use crate::sim::git::{Commit, CommitIndex, Repository};
use crate::tools::code::posix::{Syntax, compile};

const USAGE: &str = "usage: git blame [<options>] [<rev-opts>] [<rev>] [--] <file>\n\n    <rev-opts> are documented in git-rev-list(1)\n";

/// A file with the origin of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlameOutput {
    /// Path in the repository.
    pub path: String,
    /// The lines.
    pub lines: Vec<BlameRow>,
}

/// A line with its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlameRow {
    /// Full id of the commit; `None` for a line that is not committed yet.
    pub commit: Option<String>,
    /// Its author.
    pub author: String,
    /// When it was written, RFC 3339.
    pub date: String,
    /// The title of the commit.
    pub subject: String,
    /// The line's number.
    pub line: usize,
    /// The line.
    pub text: String,
}

impl BlameOutput {
    fn new(repository: &Repository, path: &str, lines: &[BlamedLine]) -> Self {
        let row = |line: &BlamedLine| {
            let commit = line.commit.and_then(|index| repository.commit(index));
            BlameRow {
                commit: commit.map(|commit| commit.id.to_string()),
                author: commit.map_or_else(
                    || NOT_COMMITTED.to_owned(),
                    |commit| commit.author.name.to_string(),
                ),
                date: commit.map_or_else(String::new, |commit| commit.authored_at.rfc3339()),
                subject: commit.map_or_else(String::new, |commit| commit.subject()),
                line: line.line,
                text: line.text.clone(),
            }
        };
        Self {
            path: path.to_owned(),
            lines: lines.iter().map(row).collect(),
        }
    }
}

const NOT_COMMITTED: &str = "Not Committed Yet";
const NO_ID: &str = "0000000000000000000000000000000000000000";

/// The origin of each line of a file as it is in the clone's checked-out commit; `None` if there is no such file.
pub fn blame_file(mount: &Mount<'_>, path: &str) -> Option<BlameOutput> {
    let lines = find_blame(mount.repository, mount.worktree.head_commit()?, path, None)?;
    Some(BlameOutput::new(mount.repository, path, &lines))
}

#[derive(Default)]
struct Request {
    words: Words,
    ranges: Vec<String>,
    date: Option<DateStyle>,
    email: bool,
    long: bool,
    suppress: bool,
    porcelain: bool,
    line_porcelain: bool,
    root: bool,
    show_name: bool,
    show_number: bool,
    blank_boundary: bool,
}

/// `git blame`
pub(super) fn blame(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let request = Request::parse(arguments)?;
    let (start, path, edited) = request.subject(context)?;
    let repository = context.mount.repository;
    let Some(all) = find_blame(repository, start.0, &path, edited.as_deref()) else {
        let at = if start.1.is_empty() { "HEAD" } else { &start.1 };
        return Err(GitError::fatal(&format!("no such path '{path}' in {at}")));
    };
    let chosen = request.chosen_lines(&all, &path)?;
    let lines: Vec<&BlamedLine> = all
        .iter()
        .filter(|line| chosen.contains(&line.line))
        .collect();
    let page = Page {
        context,
        request: &request,
        path: &path,
    };
    let stdout = if request.porcelain {
        page.porcelain(&lines)
    } else {
        page.columns(&lines)
    };
    let shown = spans(&chosen)
        .into_iter()
        .map(|(first, last)| Shown::FileLines {
            repository: repository.name().to_owned(),
            path: path.clone(),
            first,
            last,
        });
    let shown = shown.collect();
    let kept: Vec<BlamedLine> = lines.into_iter().cloned().collect();
    let result = GitResult::Blame(BlameOutput::new(repository, &path, &kept));
    Ok(GitOutcome::text(stdout).with(result).showing(shown))
}

/// Runs of neighbouring lines.
fn spans(lines: &BTreeSet<usize>) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => spans.push((*line, *line)),
        }
    }
    spans
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, GitError> {
        let mut request = Self::default();
        let mut arguments = Arguments::new(arguments, "LSMC");
        while let Some(token) = arguments.next() {
            match token {
                Token::Separator => request.words.separated = true,
                Token::Word(word) => request.words.push(word),
                Token::Option { name, attached } => match name.as_str() {
                    "-L" => request.ranges.push(arguments.value("-L", attached)?),
                    "--date" => {
                        let value = arguments.value("--date", attached)?;
                        let style = DateStyle::parse(&value);
                        request.date = Some(style.ok_or_else(|| {
                            GitError::fatal(&format!("unknown date format {value}"))
                        })?);
                    }
                    "-e" | "--show-email" => request.email = true,
                    "-l" => request.long = true,
                    "-s" => request.suppress = true,
                    "-p" | "--porcelain" => request.porcelain = true,
                    "--line-porcelain" => {
                        (request.porcelain, request.line_porcelain) = (true, true);
                    }
                    "--root" => request.root = true,
                    "-f" | "--show-name" => request.show_name = true,
                    "-n" | "--show-number" => request.show_number = true,
                    "-b" => request.blank_boundary = true,
                    "-w" | "-M" | "-C" | "-c" | "--color-lines" | "--color-by-age"
                    | "--progress" | "--no-progress" | "--abbrev" => {}
                    // Unlike other commands, blame repeats the option with its dashes.
                    _ => {
                        return Err(GitError::usage(&format!(
                            "error: unknown option `{name}'\n{USAGE}"
                        )));
                    }
                },
            }
        }
        Ok(request)
    }

    /// The commit to start at with its name, the file, and its text on the disk where that is what is blamed.
    #[expect(
        clippy::type_complexity,
        reason = "three parts of one answer, taken apart at once by the only caller"
    )]
    fn subject(
        &self,
        context: &Context<'_>,
    ) -> Result<((CommitIndex, String), String, Option<String>), GitError> {
        let mut words: Vec<&String> = self.words.before.iter().chain(&self.words.after).collect();
        let file = words.pop().ok_or_else(|| GitError::usage(USAGE))?;
        // `git blame FILE REVISION` works, too.
        let (file, revision) = match words.as_slice() {
            [] => (file, None),
            [one]
                if self.words.after.is_empty()
                    && context.clone.is_revision(file)
                    && context.exists(&context.path(one)?) =>
            {
                (*one, Some(file))
            }
            [one] => (file, Some(*one)),
            _ => return Err(GitError::usage(USAGE)),
        };
        let path = context.path(file)?;
        if let Some(revision) = revision {
            let commit = context
                .clone
                .resolve(revision)
                .map_err(|_| GitError::fatal(&format!("bad revision '{revision}'")))?;
            Ok(((commit, revision.clone()), path, None))
        } else {
            let head = context.head()?;
            let on_disk = context.mount.worktree.files().file(&path);
            let committed = context.tree(head).file(&path).cloned();
            if on_disk.is_none() && committed.is_some() {
                return Err(GitError::fatal(&format!(
                    "Cannot lstat '{path}': No such file or directory"
                )));
            }
            let edited = on_disk
                .filter(|_| committed.is_some())
                .filter(|text| Some(*text) != committed.as_ref());
            Ok(((head, String::new()), path, edited.map(ToString::to_string)))
        }
    }

    fn chosen_lines(&self, lines: &[BlamedLine], path: &str) -> Result<BTreeSet<usize>, GitError> {
        if self.ranges.is_empty() {
            return Ok((1..=lines.len()).collect());
        }
        let mut chosen = BTreeSet::new();
        for range in &self.ranges {
            let (first, last) = read_range(range, lines, path)?;
            chosen.extend(first..=last);
        }
        Ok(chosen)
    }
}

/// `-L 10,20`, `-L 10,+5`, `-L /func/,+5`, `-L 10`.
fn read_range(range: &str, lines: &[BlamedLine], path: &str) -> Result<(usize, usize), GitError> {
    let bad = || GitError::usage("error: -L parameter is not start,end\n");
    let (start, end) = if let Some(rest) = range.strip_prefix('/') {
        let close = rest.find('/').ok_or_else(bad)?;
        let (pattern, tail) = (
            rest.get(..close).ok_or_else(bad)?,
            rest.get(close + 1..).ok_or_else(bad)?,
        );
        let found = matching(pattern, lines, 0)?;
        (Some(found), tail.strip_prefix(','))
    } else {
        let (start, end) = range
            .split_once(',')
            .map_or((range, None), |(start, end)| (start, Some(end)));
        let number = if start.is_empty() {
            Some(1)
        } else {
            start.parse().ok()
        };
        (number, end)
    };
    let start: usize = start.ok_or_else(bad)?;
    let total = lines.len();
    if start > total || start == 0 && end.is_none() {
        let plural = if total == 1 { "line" } else { "lines" };
        return Err(GitError::fatal(&format!(
            "file {path} has only {total} {plural}"
        )));
    }
    let start = start.max(1);
    let end = match end {
        None | Some("") => total,
        Some(end) => match (
            end.strip_prefix('+'),
            end.strip_prefix('-'),
            end.strip_prefix('/'),
        ) {
            (Some(count), ..) => {
                start + count.parse::<usize>().map_err(|_| bad())?.saturating_sub(1)
            }
            (_, Some(count), _) => {
                let count = count.parse::<usize>().map_err(|_| bad())?;
                return Ok(((start + 1).saturating_sub(count).max(1), start));
            }
            (.., Some(pattern)) => matching(pattern.trim_end_matches('/'), lines, start)?,
            _ => end.parse().map_err(|_| bad())?,
        },
    };
    let (low, high) = if end < start {
        (end.max(1), start)
    } else {
        (start, end)
    };
    Ok((low, high.min(total)))
}

fn matching(pattern: &str, lines: &[BlamedLine], from: usize) -> Result<usize, GitError> {
    let regex = compile(pattern, Syntax::Basic, false)
        .map_err(|problem| GitError::fatal(&format!("-L parameter '{pattern}': {problem}")))?;
    lines
        .iter()
        .skip(from)
        .find(|line| regex.is_match(&line.text))
        .map(|line| line.line)
        .ok_or_else(|| {
            GitError::fatal(&format!(
                "-L parameter '{pattern}' starting at line {}: No match",
                from + 1
            ))
        })
}

struct Page<'a> {
    context: &'a Context<'a>,
    request: &'a Request,
    path: &'a str,
}

impl Page<'_> {
    fn commit(&self, line: &BlamedLine) -> Option<&Commit> {
        let commit = self.context.mount.repository.commit(line.commit?)?;
        Some(commit)
    }

    fn is_boundary(&self, commit: Option<&Commit>) -> bool {
        !self.request.root && commit.is_some_and(|commit| commit.parents.is_empty())
    }

    /// Git's default form.
    fn columns(&self, lines: &[&BlamedLine]) -> String {
        let request = self.request;
        let names: Vec<String> = lines.iter().map(|line| self.author(line)).collect();
        let name_width = names
            .iter()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or_default();
        let number_width = lines.last().map_or(1, |line| line.line.to_string().len());
        let original_width = lines
            .iter()
            .map(|line| line.original_line)
            .max()
            .unwrap_or(1)
            .to_string()
            .len();
        let show_path = request.show_name || lines.iter().any(|line| &*line.path != self.path);
        let path_width = lines
            .iter()
            .map(|line| line.path.len())
            .max()
            .unwrap_or_default();
        let mut out = String::new();
        for (line, name) in lines.iter().zip(&names) {
            out.push_str(&self.id(line));
            if show_path {
                let _ = write!(out, " {:<path_width$}", line.path);
            }
            if request.show_number {
                let _ = write!(out, " {:>original_width$}", line.original_line);
            }
            if request.suppress {
                let _ = write!(out, " {:>number_width$}) ", line.line);
            } else {
                let padding = " ".repeat(name_width - name.chars().count());
                let _ = write!(
                    out,
                    " ({name}{padding} {} {:>number_width$}) ",
                    self.date(line),
                    line.line
                );
            }
            out.push_str(&line.text);
            out.push('\n');
        }
        out
    }

    fn author(&self, line: &BlamedLine) -> String {
        match (self.commit(line), self.request.email) {
            (Some(commit), true) => format!("<{}>", commit.author.email),
            (Some(commit), false) => commit.author.name.to_string(),
            (None, true) => "<not.committed.yet>".to_owned(),
            (None, false) => NOT_COMMITTED.to_owned(),
        }
    }

    fn date(&self, line: &BlamedLine) -> String {
        let now = self.context.now;
        let style = self.request.date.clone().unwrap_or(DateStyle::Iso);
        let date = style.write(
            self.commit(line).map_or(now, |commit| commit.authored_at),
            now,
        );
        // Styles of varying length are padded to the longest they can be.
        let width = match style {
            DateStyle::Relative => "4 years, 11 months ago".len(),
            DateStyle::Default => "Thu Oct 19 16:00:04 2006 -0700".len(),
            _ => 0,
        };
        format!("{date:<width$}")
    }

    /// Eight characters, or seven after the mark of a first commit.
    fn id(&self, line: &BlamedLine) -> String {
        let length = if self.request.long { 40 } else { 8 };
        let commit = self.commit(line);
        let full = commit.map_or(NO_ID, |commit| commit.id.as_str());
        if !self.is_boundary(commit) {
            return full.get(..length).unwrap_or(full).to_owned();
        }
        if self.request.blank_boundary {
            return " ".repeat(length);
        }
        format!("^{}", full.get(..length - 1).unwrap_or(full))
    }

    fn porcelain(&self, lines: &[&BlamedLine]) -> String {
        let mut out = String::new();
        let mut known = BTreeSet::new();
        let mut runs = lines.iter().peekable();
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        // A run of neighbouring lines of one origin carries its length at its first line.
        let mut first: Option<(usize, &BlamedLine)> = None;
        while let Some(line) = runs.next() {
            let (start, _) = *first.get_or_insert((line.line, line));
            *counts.entry(start).or_default() += 1;
            let goes_on = runs.peek().is_some_and(|next| {
                next.commit == line.commit
                    && next.path == line.path
                    && next.line == line.line + 1
                    && next.original_line == line.original_line + 1
            });
            if !goes_on {
                first = None;
            }
        }
        for line in lines {
            let id = self.commit(line).map_or(NO_ID, |commit| commit.id.as_str());
            let count = counts
                .get(&line.line)
                .map(|count| format!(" {count}"))
                .unwrap_or_default();
            let _ = writeln!(out, "{id} {} {}{count}", line.original_line, line.line);
            if known.insert(line.commit) || self.request.line_porcelain {
                self.details(line, &mut out);
            }
            let _ = writeln!(out, "\t{}", line.text);
        }
        out
    }

    fn details(&self, line: &BlamedLine, out: &mut String) {
        let Some(commit) = self.commit(line) else {
            let now = self.context.now.secs();
            for who in ["author", "committer"] {
                let _ = write!(
                    out,
                    "{who} {NOT_COMMITTED}\n{who}-mail <not.committed.yet>\n{who}-time {now}\n{who}-tz +0000\n"
                );
            }
            let _ = writeln!(
                out,
                "summary Version of {0} from {0}\nfilename {0}",
                self.path
            );
            return;
        };
        let people = [
            ("author", &commit.author, commit.authored_at),
            ("committer", &commit.committer, commit.committed_at),
        ];
        for (who, person, at) in people {
            let _ = write!(
                out,
                "{who} {}\n{who}-mail <{}>\n{who}-time {}\n{who}-tz +0000\n",
                person.name,
                person.email,
                at.secs()
            );
        }
        let _ = writeln!(out, "summary {}", commit.subject());
        if self.is_boundary(Some(commit)) {
            out.push_str("boundary\n");
        } else if let Some(parent) = commit
            .parents
            .first()
            .and_then(|parent| self.context.mount.repository.commit(*parent))
            && parent.tree.file(&line.path).is_some()
        {
            let _ = writeln!(out, "previous {} {}", parent.id, line.path);
        }
        let _ = writeln!(out, "filename {}", line.path);
    }
}
