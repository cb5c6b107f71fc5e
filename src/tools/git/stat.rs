//! Summaries of differences: `--stat`, `--numstat`, `--shortstat`, `--name-only`, `--name-status`. Text only.

use std::fmt::Write as _;

use super::record::FileSummary;
use crate::sim::git::file_diff::FileChange;

/// Columns of `--stat` where the output is no terminal.
pub(super) const STAT_WIDTH: usize = 80;

/// Which summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Summary {
    Numstat,
    Stat,
    ShortStat,
    NameOnly,
    NameStatus,
}

impl Summary {
    /// The summary that an option asks for.
    pub(super) fn of_option(name: &str) -> Option<Self> {
        Some(match name {
            "--stat" => Self::Stat,
            "--numstat" => Self::Numstat,
            "--shortstat" => Self::ShortStat,
            "--name-only" => Self::NameOnly,
            "--name-status" => Self::NameStatus,
            _ => return None,
        })
    }

    /// Its text; every line ends with a newline.
    pub(super) fn render(self, files: &[FileSummary], width: usize) -> String {
        if files.is_empty() {
            return String::new();
        }
        match self {
            Self::Stat => stat(files, width),
            Self::ShortStat => totals(files),
            Self::NameOnly => files
                .iter()
                .map(|file| format!("{}\n", file.change.path()))
                .collect(),
            Self::NameStatus => files.iter().map(name_status).collect(),
            Self::Numstat => files
                .iter()
                .map(|file| {
                    format!(
                        "{}\t{}\t{}\n",
                        file.added,
                        file.removed,
                        stat_name(&file.change)
                    )
                })
                .collect(),
        }
    }
}

fn name_status(file: &FileSummary) -> String {
    let letter = file.change.letter();
    match &file.change {
        FileChange::Renamed { from, to, .. } => format!("{letter}\t{from}\t{to}\n"),
        other => format!("{letter}\t{}\n", other.path()),
    }
}

/// The name of a file in `--stat`; of a renamed one, what stayed is written once: `src/{a => b}/x`.
fn stat_name(change: &FileChange) -> String {
    let FileChange::Renamed { from, to, .. } = change else {
        return change.path().to_owned();
    };
    let same = from.bytes().zip(to.bytes()).take_while(|(a, b)| a == b);
    // Only whole folders are shared.
    let common: Vec<u8> = same.map(|(a, _)| a).collect();
    let prefix = common
        .iter()
        .rposition(|b| *b == b'/')
        .map_or(0, |at| at + 1);
    let (old_rest, new_rest) = (from.len() - prefix, to.len() - prefix);
    // The slash before the differing part may belong to the shared end, too.
    let limit = old_rest.min(new_rest) + usize::from(prefix > 0);
    let ends = from.bytes().rev().zip(to.bytes().rev()).take(limit);
    let tail: Vec<u8> = ends.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    let suffix = tail.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    let middle = |path: &str| {
        let end = path.len().saturating_sub(suffix).max(prefix);
        path.get(prefix..end).unwrap_or_default().to_owned()
    };
    if prefix + suffix == 0 {
        return format!("{from} => {to}");
    }
    let head = from.get(..prefix).unwrap_or_default();
    let end = from.get(from.len() - suffix..).unwrap_or_default();
    format!("{head}{{{} => {}}}{end}", middle(from), middle(to))
}

fn stat(files: &[FileSummary], width: usize) -> String {
    let names: Vec<String> = files.iter().map(|file| stat_name(&file.change)).collect();
    let longest = names.iter().map(String::len).max().unwrap_or_default();
    let most = files
        .iter()
        .map(|file| file.added + file.removed)
        .max()
        .unwrap_or_default();
    let number_width = most.to_string().len();
    let width = width.max(16 + 6 + number_width);
    let (name_width, graph_width) = widths(width, longest, most, number_width);
    let mut out = String::new();
    for (file, name) in files.iter().zip(&names) {
        let name = shortened(name, name_width);
        let total = file.added + file.removed;
        let (plus, minus) = bar(file.added, file.removed, graph_width, most);
        let gap = if total > 0 { " " } else { "" };
        let _ = writeln!(
            out,
            " {name:<name_width$} | {total:>number_width$}{gap}{}{}",
            "+".repeat(plus),
            "-".repeat(minus)
        );
    }
    out.push_str(&totals(files));
    out
}

fn widths(width: usize, longest: usize, most: usize, number_width: usize) -> (usize, usize) {
    let (mut name_width, mut graph_width) = (longest, most);
    if name_width + number_width + 6 + graph_width > width {
        let share = (width * 3 / 8).saturating_sub(number_width + 6);
        if graph_width > share {
            graph_width = share.max(6);
        }
        let room = width.saturating_sub(number_width + 6 + graph_width);
        if name_width > room {
            name_width = room;
        } else {
            graph_width = width - number_width - 6 - name_width;
        }
    }
    (name_width, graph_width)
}

/// A name that is too long loses its start, up to a slash where there is one.
fn shortened(name: &str, width: usize) -> String {
    if name.len() <= width {
        return name.to_owned();
    }
    let kept = width.saturating_sub(3);
    let tail = name.get(name.len() - kept..).unwrap_or_default();
    let tail = tail.find('/').and_then(|at| tail.get(at..)).unwrap_or(tail);
    format!("...{tail}")
}

fn bar(added: usize, removed: usize, width: usize, most: usize) -> (usize, usize) {
    if width > most {
        return (added, removed);
    }
    let scale = |count: usize| {
        if count == 0 {
            0
        } else {
            1 + count * width.saturating_sub(1) / most.max(1)
        }
    };
    let mut total = scale(added + removed);
    if total < 2 && added > 0 && removed > 0 {
        total = 2;
    }
    if added < removed {
        let plus = scale(added);
        (plus, total - plus)
    } else {
        let minus = scale(removed);
        (total - minus, minus)
    }
}

/// ` 3 files changed, 3 insertions(+), 2 deletions(-)`
pub(super) fn totals(files: &[FileSummary]) -> String {
    let added: usize = files.iter().map(|file| file.added).sum();
    let removed: usize = files.iter().map(|file| file.removed).sum();
    let plural = |count: usize, word: &str, sign: &str| {
        let s = if count == 1 { "" } else { "s" };
        format!(", {count} {word}{s}{sign}")
    };
    let files_word = if files.len() == 1 { "file" } else { "files" };
    let mut out = format!(" {} {files_word} changed", files.len());
    if added > 0 || removed == 0 {
        out.push_str(&plural(added, "insertion", "(+)"));
    }
    if removed > 0 || added == 0 {
        out.push_str(&plural(removed, "deletion", "(-)"));
    }
    out.push('\n');
    out
}

/// ` create mode 100644 path` and the like: `--summary`.
pub(super) fn modes(files: &[FileSummary]) -> String {
    let line = |file: &FileSummary| match &file.change {
        FileChange::Added { path } => Some(format!(" create mode 100644 {path}\n")),
        FileChange::Deleted { path } => Some(format!(" delete mode 100644 {path}\n")),
        FileChange::Renamed { similarity, .. } => Some(format!(
            " rename {} ({similarity}%)\n",
            stat_name(&file.change)
        )),
        FileChange::Modified { .. } => None,
    };
    files.iter().filter_map(line).collect()
}
