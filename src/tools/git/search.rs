//! Looking through files that git knows: `git grep`, `git ls-files`, `git ls-tree`.

use std::sync::Arc;

use serde::Serialize;

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::log::pattern;
use super::target::Words;
use super::{Context, GitOutcome, GitResult, Shown};
use crate::sim::git::Tree;
use crate::sim::git::file_diff::blob_id;
use crate::sim::git::tree::Item;
use crate::tools::code::posix::Syntax;

const GREP_USAGE: &str = "usage: git grep [<options>] [-e] <pattern> [<rev>...] [[--] <path>...]\n";

/// A matching line, or a file with how many match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrepRow {
    /// The file.
    pub path: String,
    /// The line's number, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
}

#[derive(Default)]
struct Grep {
    words: Words,
    patterns: Vec<String>,
    syntax: Syntax,
    ignore_case: bool,
    word: bool,
    number: bool,
    names_only: bool,
    names_without: bool,
    count: bool,
    invert: bool,
    no_name: bool,
    before: usize,
    after: usize,
}

/// `git grep`
pub(super) fn grep(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let mut grep = Grep::parse(arguments)?;
    if grep.patterns.is_empty() {
        if grep.words.before.is_empty() {
            return Err(GitError::fatal("no pattern given"));
        }
        grep.patterns.push(grep.words.before.remove(0));
    }
    let text = grep.patterns.join("\n");
    let expression = crate::tools::code::posix::translate(&text, grep.syntax)
        .map_err(|problem| GitError::fatal(&format!("command line, '{text}': {problem}")))?;
    let expression = if grep.word {
        format!("\\b(?:{expression})\\b")
    } else {
        expression
    };
    let regex = pattern(&expression, Syntax::Perl, grep.ignore_case)?;
    let target = context.target(&grep.words)?;
    let (label, tree) = match target.revisions.as_slice() {
        [] => (String::new(), known_files(context)),
        [one] => (format!("{one}:"), context.tree(context.commit(one)?)),
        _ => return Err(GitError::usage(GREP_USAGE)),
    };
    let mut outcome = GitOutcome::default();
    let mut rows = Vec::new();
    for (path, text) in tree.files() {
        let below = context.prefix.is_empty()
            || crate::sim::git::pathspec::is_below(&path, &context.prefix);
        let wanted = if target.path_words.is_empty() {
            below
        } else {
            target.paths.matches(&path)
        };
        if !wanted {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        let hits: Vec<usize> = (0..lines.len())
            .filter(|at| {
                lines
                    .get(*at)
                    .is_some_and(|line| regex.is_match(line) != grep.invert)
            })
            .collect();
        let shown_path = format!("{label}{}", context.relative(&path));
        grep.write_file(&shown_path, &lines, &hits, &mut outcome.stdout);
        for at in hits {
            rows.push(GrepRow {
                path: path.clone(),
                line: at + 1,
                text: lines
                    .get(at)
                    .map_or_else(String::new, |line| (*line).to_owned()),
            });
            outcome.shown.push(Shown::FileLines {
                repository: context.mount.repository.name().to_owned(),
                path: path.clone(),
                first: at + 1,
                last: at + 1,
            });
        }
    }
    if grep.names_only || grep.names_without || grep.count {
        outcome.shown.clear();
    }
    outcome.code = i32::from(outcome.stdout.is_empty());
    outcome.result = Some(GitResult::Grep(rows));
    Ok(outcome)
}

impl Grep {
    fn parse(arguments: &[String]) -> Result<Self, GitError> {
        let mut grep = Self::default();
        let mut arguments = Arguments::new(arguments, "eABC");
        while let Some(token) = arguments.next() {
            match token {
                Token::Separator => grep.words.separated = true,
                Token::Word(word) => grep.words.push(word),
                Token::Option { name, attached } => match name.as_str() {
                    "-e" => grep.patterns.push(arguments.value("-e", attached)?),
                    "-i" | "--ignore-case" => grep.ignore_case = true,
                    "-w" | "--word-regexp" => grep.word = true,
                    "-E" | "--extended-regexp" => grep.syntax = Syntax::Extended,
                    "-F" | "--fixed-strings" => grep.syntax = Syntax::Fixed,
                    "-G" | "--basic-regexp" => grep.syntax = Syntax::Basic,
                    "-P" | "--perl-regexp" => grep.syntax = Syntax::Perl,
                    // `-n5` is read as a count: here it is the flag for line numbers.
                    "-n" | "--line-number" => grep.number = true,
                    "-l" | "--files-with-matches" | "--name-only" => grep.names_only = true,
                    "-L" | "--files-without-match" => grep.names_without = true,
                    "-c" | "--count" => grep.count = true,
                    "-v" | "--invert-match" => grep.invert = true,
                    "-h" => grep.no_name = true,
                    "-A" | "--after-context" => {
                        grep.after = arguments.number(&name, attached)?.min(10_000);
                    }
                    "-B" | "--before-context" => {
                        grep.before = arguments.number(&name, attached)?.min(10_000);
                    }
                    "-C" | "--context" => {
                        let lines = arguments.number(&name, attached)?.min(10_000);
                        (grep.before, grep.after) = (lines, lines);
                    }
                    "-I" | "-r" | "-H" | "--color" | "--no-color" | "--cached" | "--untracked" => {}
                    _ => return Err(GitError::unknown_option(&name, GREP_USAGE)),
                },
            }
        }
        Ok(grep)
    }

    fn write_file(&self, path: &str, lines: &[&str], hits: &[usize], out: &mut String) {
        if self.names_only || self.names_without {
            if hits.is_empty() == self.names_without {
                out.push_str(&format!("{path}\n"));
            }
            return;
        }
        if hits.is_empty() {
            return;
        }
        if self.count {
            out.push_str(&format!("{path}:{}\n", hits.len()));
            return;
        }
        let context_wanted = self.before + self.after > 0;
        if context_wanted && !out.is_empty() {
            out.push_str("--\n");
        }
        let mut last: Option<usize> = None;
        for (number, line) in lines.iter().enumerate() {
            let hit = hits.binary_search(&number).is_ok();
            let near = hits
                .iter()
                .any(|at| *at <= number + self.before && number <= *at + self.after);
            if !near {
                continue;
            }
            if last.is_some_and(|last| last + 1 < number) && context_wanted {
                out.push_str("--\n");
            }
            last = Some(number);
            let mark = if hit { ':' } else { '-' };
            if !self.no_name {
                out.push_str(path);
                out.push(mark);
            }
            if self.number {
                out.push_str(&format!("{}{mark}", number + 1));
            }
            out.push_str(line);
            out.push('\n');
        }
    }
}

/// The files on the disk that git knows.
fn known_files(context: &Context<'_>) -> Tree {
    let worktree = context.mount.worktree;
    let mut tree = worktree.files().clone();
    for path in worktree.untracked() {
        tree.remove(&path);
    }
    tree
}

/// `git ls-files`
pub(super) fn ls_files(
    context: &Context<'_>,
    arguments: &[String],
) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "x");
    let mut words = Vec::new();
    let (mut modified, mut others, mut deleted) = (false, false, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "-m" | "--modified" => modified = true,
                "-o" | "--others" => others = true,
                "-d" | "--deleted" => deleted = true,
                "-c" | "--cached" | "--exclude-standard" | "--full-name" => {}
                _ => {
                    return Err(GitError::unknown_option(
                        &name,
                        "usage: git ls-files [<options>] [<file>...]\n",
                    ));
                }
            },
        }
    }
    let worktree = context.mount.worktree;
    let target = context.paths(&words)?;
    let mut paths: Vec<String> = if others {
        worktree.untracked()
    } else if modified || deleted {
        let changes = worktree.unstaged();
        let gone = |path: &str| worktree.files().file(path).is_none();
        changes
            .iter()
            .map(|change| change.path().to_owned())
            .filter(|path| !deleted || gone(path))
            .collect()
    } else {
        worktree
            .index()
            .files()
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    };
    paths.retain(|path| {
        let below =
            context.prefix.is_empty() || crate::sim::git::pathspec::is_below(path, &context.prefix);
        if words.is_empty() {
            below
        } else {
            target.paths.matches(path)
        }
    });
    Ok(GitOutcome::lines(
        paths.iter().map(|path| context.relative(path)).collect(),
    ))
}

/// `git ls-tree`
pub(super) fn ls_tree(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    const USAGE: &str = "usage: git ls-tree [<options>] <tree-ish> [<path>...]\n";
    let mut arguments = Arguments::new(arguments, "");
    let (mut recursive, mut names) = (false, false);
    let mut words = Vec::new();
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => {}
            Token::Word(word) => words.push(word),
            Token::Option { name, .. } => match name.as_str() {
                "-r" => recursive = true,
                "--name-only" | "--name-status" => names = true,
                "-l" | "-t" | "--full-tree" | "--full-name" => {}
                _ => return Err(GitError::unknown_option(&name, USAGE)),
            },
        }
    }
    let (revision, paths) = words.split_first().ok_or_else(|| GitError::usage(USAGE))?;
    let (revision, top) = revision.split_once(':').unwrap_or((revision, ""));
    let commit = context
        .clone
        .resolve(revision)
        .map_err(|_| GitError::fatal(&format!("Not a valid object name {revision}")))?;
    let tree = context.tree(commit);
    let mut entries: Vec<(String, Item)> = Vec::new();
    if paths.is_empty() {
        entries.extend(list(&tree, top.trim_end_matches('/')));
    }
    for path in paths {
        let inside = context.path(path)?;
        match tree.item(&inside) {
            Some(Item::Folder) if path.ends_with('/') || recursive => {
                entries.extend(list(&tree, &inside));
            }
            Some(item) => entries.push((inside, item)),
            None => {}
        }
    }
    if recursive {
        let files = tree.files().into_iter().filter(|(path, _)| {
            entries
                .iter()
                .any(|(entry, _)| crate::sim::git::pathspec::is_below(path, entry))
        });
        entries = files.map(|(path, text)| (path, Item::File(text))).collect();
    }
    let line = |(path, item): &(String, Item)| match item {
        _ if names => path.clone(),
        Item::File(text) => format!("100644 blob {}\t{path}", blob_id(text)),
        Item::Folder => format!("040000 tree {}\t{path}", folder_id(&tree, path)),
    };
    Ok(GitOutcome::lines(entries.iter().map(line).collect()))
}

fn list(tree: &Tree, folder: &str) -> Vec<(String, Item)> {
    let join = |name: Arc<str>| {
        if folder.is_empty() {
            name.to_string()
        } else {
            format!("{folder}/{name}")
        }
    };
    let entries = tree.list(folder).unwrap_or_default();
    entries
        .into_iter()
        .map(|(name, item)| (join(name), item))
        .collect()
}

pub(super) fn folder_id(tree: &Tree, folder: &str) -> String {
    let listing: String = tree
        .files()
        .iter()
        .filter(|(path, _)| crate::sim::git::pathspec::is_below(path, folder))
        .map(|(path, text)| format!("{} {path}\n", blob_id(text)))
        .collect();
    blob_id(&listing)
}
