//! What commands that show differences share: their options and their text; and `git diff` itself.

use super::arguments::{Arguments, Token};
use super::error::GitError;
use super::record::FileSummary;
use super::stat::{STAT_WIDTH, Summary, modes};
use super::target::Words;
use super::{Context, GitOutcome, GitResult, Shown};
use crate::sim::git::Tree;
use crate::sim::git::file_diff::{DiffOptions, FileDiff, tree_diff};
use crate::sim::git::history::merge_base;
use crate::sim::git::pathspec::Pathspec;

pub(super) const USAGE: &str = "usage: git diff [<options>] [<commit>] [--] [<path>...]\n   \
    or: git diff [<options>] --cached [--merge-base] [<commit>] [--] [<path>...]\n   \
    or: git diff [<options>] [--merge-base] <commit> [<commit>...] <commit> [--] [<path>...]\n   \
    or: git diff [<options>] <commit>...<commit> [--] [<path>...]\n   \
    or: git diff [<options>] <blob> <blob>\n   \
    or: git diff [<options>] --no-index [--] <path> <path>\n";

/// How differences are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct DiffDisplay {
    pub(super) options: DiffOptions,
    pub(super) patch: bool,
    pub(super) summaries: Vec<Summary>,
    /// `--summary`: files made, removed and moved.
    pub(super) modes: bool,
    /// `--no-patch` and the like: show none.
    pub(super) hidden: bool,
    /// Letters of `--diff-filter`.
    pub(super) filter: Option<String>,
    pub(super) stat_width: Option<usize>,
}

impl DiffDisplay {
    /// Takes an option that is about differences; says whether it was one.
    pub(super) fn take(
        &mut self,
        name: &str,
        attached: Option<&String>,
        arguments: &mut Arguments,
    ) -> Result<bool, GitError> {
        let value = attached.cloned();
        match name {
            "-p" | "-u" | "--patch" => self.patch = true,
            "-s" | "--no-patch" => self.hidden = true,
            "-U" | "--unified" => {
                self.options.context = arguments.number(name, value)?.min(1_000_000);
                self.patch = true;
            }
            "--patch-with-stat" => {
                self.patch = true;
                self.add(Summary::Stat);
            }
            "--stat" => {
                let width = value.and_then(|value| value.split(',').next()?.parse().ok());
                self.stat_width = width.or(self.stat_width);
                self.add(Summary::Stat);
            }
            "--summary" => self.modes = true,
            "--no-renames" => self.options.renames = false,
            "--diff-filter" => self.filter = Some(arguments.value(name, value)?),
            "-M" | "-C" | "--find-renames" | "--find-copies" | "--renames" => {
                self.options.renames = true;
            }
            _ if Summary::of_option(name).is_some() => {
                if let Some(summary) = Summary::of_option(name) {
                    self.add(summary);
                }
            }
            _ => return Ok(IGNORED.contains(&name)),
        }
        Ok(true)
    }

    fn add(&mut self, summary: Summary) {
        if !self.summaries.contains(&summary) {
            self.summaries.push(summary);
        }
    }

    /// Whether anything of a difference is shown.
    pub(super) fn is_wanted(&self) -> bool {
        !self.hidden && (self.patch || self.modes || !self.summaries.is_empty())
    }

    /// Drops the files that `--diff-filter` leaves out.
    pub(super) fn filtered(&self, mut diffs: Vec<FileDiff>) -> Vec<FileDiff> {
        if let Some(letters) = &self.filter {
            let excluded: String = letters.to_ascii_uppercase();
            let negative = letters.bytes().all(|b| b.is_ascii_lowercase());
            diffs.retain(|diff| {
                let letter = diff.change.letter();
                let listed = excluded.contains(letter.get(..1).unwrap_or_default());
                listed != negative
            });
        }
        diffs
    }

    /// The text of differences; summaries first.
    pub(super) fn render(&self, diffs: &[FileDiff], width: usize) -> String {
        if self.hidden || diffs.is_empty() {
            return String::new();
        }
        let files: Vec<FileSummary> = diffs.iter().map(FileSummary::of).collect();
        let mut summaries = self.summaries.clone();
        summaries.sort_unstable();
        let width = self.stat_width.unwrap_or(width);
        let mut out: String = summaries
            .iter()
            .map(|summary| summary.render(&files, width))
            .collect();
        if self.modes {
            out.push_str(&modes(&files));
        }
        if self.patch {
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(diffs.iter().map(FileDiff::render));
        }
        out
    }
}

/// Options that change nothing here: colours, pagers, details of how git computes a diff.
const IGNORED: [&str; 23] = [
    "--color",
    "--no-color",
    "--no-ext-diff",
    "--ext-diff",
    "--textconv",
    "--no-textconv",
    "--minimal",
    "--patience",
    "--histogram",
    "--diff-algorithm",
    "--indent-heuristic",
    "--no-indent-heuristic",
    "--no-prefix",
    "--full-index",
    "--abbrev",
    "--no-abbrev",
    "--color-moved",
    "--no-color-moved",
    "-m",
    "-c",
    "--cc",
    "--text",
    "-a",
];

impl Context<'_> {
    /// Columns for `--stat`.
    pub(super) fn stat_width(&self) -> usize {
        self.terminal_columns.unwrap_or(STAT_WIDTH)
    }

    /// The lines of files that differences show.
    pub(super) fn shown_lines(&self, diffs: &[FileDiff]) -> Vec<Shown> {
        let lines = |diff: &FileDiff| {
            let path = diff.change.path().to_owned();
            let repository = self.mount.repository.name().to_owned();
            let hunks = diff.hunks.iter();
            hunks
                .map(|hunk| Shown::FileLines {
                    repository: repository.clone(),
                    path: path.clone(),
                    first: hunk.new_start,
                    last: hunk.new_start + hunk.new_count.saturating_sub(1),
                })
                .collect::<Vec<_>>()
        };
        diffs.iter().flat_map(lines).collect()
    }
}

/// The two sides of `git diff`.
enum Sides {
    /// Index and files.
    Edits,
    /// A commit and the index.
    Staged(Tree),
    /// A commit and the files.
    Files(Tree),
    /// Two commits.
    Commits(Tree, Tree),
}

/// `git diff`
pub(super) fn diff(context: &Context<'_>, arguments: &[String]) -> Result<GitOutcome, GitError> {
    let mut arguments = Arguments::new(arguments, "US");
    let mut display = DiffDisplay::default();
    let mut words = Words::default();
    let (mut staged, mut exit_code, mut quiet) = (false, false, false);
    while let Some(token) = arguments.next() {
        match token {
            Token::Separator => words.separated = true,
            Token::Word(word) => words.push(word),
            Token::Option { name, attached } => match name.as_str() {
                "--cached" | "--staged" => staged = true,
                "--exit-code" => exit_code = true,
                "--quiet" | "-q" => quiet = true,
                _ if display.take(&name, attached.as_ref(), &mut arguments)? => {}
                _ => {
                    return Err(GitError::usage(&format!(
                        "error: invalid option: {name}\n{USAGE}"
                    )));
                }
            },
        }
    }
    if !display.is_wanted() && !display.hidden {
        display.patch = true;
    }
    let target = context.target(&words)?;
    let sides = sides(context, &target, staged)?;
    let diffs = display.filtered(compare(context, &sides, display.options, &target.paths));
    let differs = !diffs.is_empty();
    let mut stdout = if quiet {
        String::new()
    } else {
        display.render(&diffs, context.stat_width())
    };
    if !display.patch {
        stdout.truncate(stdout.trim_end_matches('\n').len() + usize::from(!stdout.is_empty()));
    }
    let shown = if display.patch && !quiet {
        context.shown_lines(&diffs)
    } else {
        Vec::new()
    };
    Ok(GitOutcome {
        code: i32::from(differs && (exit_code || quiet)),
        ..GitOutcome::text(stdout)
            .with(GitResult::Diff(diffs))
            .showing(shown)
    })
}

fn sides(
    context: &Context<'_>,
    target: &super::target::Target,
    staged: bool,
) -> Result<Sides, GitError> {
    let tree = |index| context.tree(index);
    let words = &target.revisions;
    if let [range] = words.as_slice()
        && let Some((left, right)) = range.split_once("...")
    {
        let (left, right) = (side(context, left)?, side(context, right)?);
        let base = merge_base(context.mount.repository, left, right)
            .ok_or_else(|| GitError::fatal(&format!("{range}: no merge base")))?;
        return Ok(Sides::Commits(tree(base), tree(right)));
    }
    if let [range] = words.as_slice()
        && let Some((left, right)) = range.split_once("..")
    {
        return Ok(Sides::Commits(
            tree(side(context, left)?),
            tree(side(context, right)?),
        ));
    }
    match (words.as_slice(), staged) {
        ([], true) => Ok(Sides::Staged(tree(context.head()?))),
        ([], false) => Ok(Sides::Edits),
        ([one], true) => Ok(Sides::Staged(tree(context.commit(one)?))),
        ([one], false) => Ok(Sides::Files(tree(context.commit(one)?))),
        ([one, two], false) => Ok(Sides::Commits(
            tree(context.commit(one)?),
            tree(context.commit(two)?),
        )),
        _ => Err(GitError::usage(USAGE)),
    }
}

fn side(context: &Context<'_>, word: &str) -> Result<crate::sim::git::CommitIndex, GitError> {
    context.commit(if word.is_empty() { "HEAD" } else { word })
}

fn compare(
    context: &Context<'_>,
    sides: &Sides,
    options: DiffOptions,
    paths: &Pathspec,
) -> Vec<FileDiff> {
    let worktree = context.mount.worktree;
    let matches = |path: &str| paths.matches(path);
    // Files that git does not know are no part of a diff with the disk.
    let known = |path: &str| paths.matches(path) && worktree.index().file(path).is_some();
    match sides {
        Sides::Edits => tree_diff(worktree.index(), worktree.files(), options, &known),
        Sides::Staged(base) => tree_diff(base, worktree.index(), options, &matches),
        Sides::Files(base) => {
            let of_either =
                |path: &str| known(path) || (matches(path) && base.file(path).is_some());
            tree_diff(base, worktree.files(), options, &of_either)
        }
        Sides::Commits(old, new) => tree_diff(old, new, options, &matches),
    }
}
