//! The line diff of two texts: a shortest edit, then moved to where a reader expects it, as git's indent heuristic does.
//! Knows lines only, never files.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::hunk::{Hunk, HunkLine, LineKind, lines};

/// Lines of context that git shows around a change.
pub const CONTEXT_LINES: usize = 3;

/// Past this many lines that differ, the middle of a file is shown as replaced: work stays bounded for any input.
const MAX_DIFF_LINES: usize = 20_000;

/// A run of lines replaced by another; either may be empty. Line indices start at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// First old line.
    pub old_start: usize,
    /// Old lines removed.
    pub old_count: usize,
    /// First new line.
    pub new_start: usize,
    /// New lines added.
    pub new_count: usize,
}

/// The edits from `old` to `new`, by rising line.
pub fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let (mut removed, mut added) = changed_lines(old, new);
    settle(old, &mut removed, &added);
    settle(new, &mut added, &removed);
    collect_edits(&removed, &added)
}

/// The hunks from one text to another with `context` lines around each change.
pub fn hunks(old: &str, new: &str, context: usize) -> Vec<Hunk> {
    if old == new {
        return Vec::new();
    }
    let (old, new) = (lines(old), lines(new));
    let edits = edits(&old, &new);
    let mut result = Vec::new();
    let mut rest = edits.as_slice();
    while !rest.is_empty() {
        let together = 1 + rest
            .windows(2)
            .take_while(|pair| match pair {
                [a, b] => b.old_start - (a.old_start + a.old_count) <= 2 * context,
                _ => false,
            })
            .count();
        let (group, later) = rest.split_at(together);
        result.push(hunk(&old, &new, group, context));
        rest = later;
    }
    result
}

/// Marks the lines that a shortest edit removes and adds.
fn changed_lines(old: &[&str], new: &[&str]) -> (Vec<bool>, Vec<bool>) {
    let mut removed = vec![false; old.len()];
    let mut added = vec![false; new.len()];
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len()) - prefix;
    let suffix = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(shorter)
        .take_while(|(a, b)| a == b)
        .count();
    let middle_old = old.get(prefix..old.len() - suffix).unwrap_or_default();
    let middle_new = new.get(prefix..new.len() - suffix).unwrap_or_default();
    let mut mark = |old_start: usize, old_count: usize, new_start: usize, new_count: usize| {
        for flag in removed.iter_mut().skip(prefix + old_start).take(old_count) {
            *flag = true;
        }
        for flag in added.iter_mut().skip(prefix + new_start).take(new_count) {
            *flag = true;
        }
    };
    if middle_old.len() + middle_new.len() > MAX_DIFF_LINES {
        mark(0, middle_old.len(), 0, middle_new.len());
        return (removed, added);
    }
    for op in capture_diff_slices(Algorithm::Myers, middle_old, middle_new) {
        match op {
            DiffOp::Equal { .. } => {}
            DiffOp::Delete {
                old_index,
                old_len,
                new_index,
            } => mark(old_index, old_len, new_index, 0),
            DiffOp::Insert {
                old_index,
                new_index,
                new_len,
            } => mark(old_index, 0, new_index, new_len),
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => {
                mark(old_index, old_len, new_index, new_len);
            }
        }
    }
    (removed, added)
}

fn collect_edits(removed: &[bool], added: &[bool]) -> Vec<Edit> {
    let is = |flags: &[bool], at: usize| flags.get(at).copied().unwrap_or(false);
    let mut edits = Vec::new();
    let (mut old, mut new) = (0, 0);
    while old < removed.len() || new < added.len() {
        let (old_start, new_start) = (old, new);
        while is(removed, old) {
            old += 1;
        }
        while is(added, new) {
            new += 1;
        }
        if old > old_start || new > new_start {
            edits.push(Edit {
                old_start,
                old_count: old - old_start,
                new_start,
                new_count: new - new_start,
            });
        }
        old += 1;
        new += 1;
    }
    edits
}

fn hunk(old: &[&str], new: &[&str], group: &[Edit], context: usize) -> Hunk {
    let first = group.first().copied().unwrap_or(EMPTY);
    let last = group.last().copied().unwrap_or(EMPTY);
    let before = context.min(first.old_start).min(first.new_start);
    let (old_from, new_from) = (first.old_start - before, first.new_start - before);
    let old_to = (last.old_start + last.old_count + context).min(old.len());
    let new_to = (last.new_start + last.new_count + context).min(new.len());
    let mut out = Vec::new();
    let mut push = |kind, source: &[&str], from: usize, to: usize| {
        for line in source.get(from..to).unwrap_or_default() {
            out.push(HunkLine::from_source(kind, line));
        }
    };
    let mut at = old_from;
    for edit in group {
        push(LineKind::Context, old, at, edit.old_start);
        at = edit.old_start + edit.old_count;
        push(LineKind::Removed, old, edit.old_start, at);
        push(
            LineKind::Added,
            new,
            edit.new_start,
            edit.new_start + edit.new_count,
        );
    }
    push(LineKind::Context, old, at, old_to);
    let (old_count, new_count) = (old_to - old_from, new_to - new_from);
    Hunk {
        old_start: old_from + usize::from(old_count > 0),
        old_count,
        new_start: new_from + usize::from(new_count > 0),
        new_count,
        section: section(old, old_from),
        lines: out,
    }
}

const EMPTY: Edit = Edit {
    old_start: 0,
    old_count: 0,
    new_start: 0,
    new_count: 0,
};

/// The nearest line above that starts like a definition, cut to 80 bytes: git's rule for files without a language.
fn section(old: &[&str], from: usize) -> String {
    let starts = |line: &str| {
        line.bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$')
    };
    let Some(line) = old.iter().take(from).rev().find(|line| starts(line)) else {
        return String::new();
    };
    let mut end = line.len().min(80);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.get(..end).unwrap_or_default().trim_end().to_owned()
}

/// A run of changed lines, perhaps empty, between two unchanged ones.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
}

fn flag(flags: &[bool], at: usize) -> bool {
    flags.get(at).copied().unwrap_or(false)
}

impl Group {
    fn first(flags: &[bool]) -> Self {
        Self::from_start(flags, 0)
    }

    fn from_start(flags: &[bool], start: usize) -> Self {
        let run = flags
            .iter()
            .skip(start)
            .take_while(|changed| **changed)
            .count();
        Self {
            start,
            end: start + run,
        }
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }

    fn next(self, flags: &[bool]) -> Option<Self> {
        (self.end < flags.len()).then(|| Self::from_start(flags, self.end + 1))
    }

    fn previous(self, flags: &[bool]) -> Self {
        let end = self.start.saturating_sub(1);
        let run = flags
            .iter()
            .take(end)
            .rev()
            .take_while(|changed| **changed)
            .count();
        Self {
            start: end - run,
            end,
        }
    }

    /// Moves the group one line down if its first line equals the line after it; it may then swallow the next group.
    fn slide_down(&mut self, source: &[&str], flags: &mut [bool]) -> bool {
        if self.end >= source.len() || source.get(self.start) != source.get(self.end) {
            return false;
        }
        set(flags, self.start, false);
        set(flags, self.end, true);
        self.start += 1;
        self.end += 1;
        while flag(flags, self.end) {
            self.end += 1;
        }
        true
    }

    /// Moves the group one line up if the line before it equals its last line.
    fn slide_up(&mut self, source: &[&str], flags: &mut [bool]) -> bool {
        if self.start == 0 || source.get(self.start - 1) != source.get(self.end - 1) {
            return false;
        }
        self.start -= 1;
        self.end -= 1;
        set(flags, self.start, true);
        set(flags, self.end, false);
        while self.start > 0 && flag(flags, self.start - 1) {
            self.start -= 1;
        }
        true
    }
}

fn set(flags: &mut [bool], at: usize, value: bool) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = value;
    }
}

/// Moves each group of changed lines of one side to its best place: joined with its neighbours where possible, beside a
/// change of the other side if there is one, else where indentation and blank lines make the best cut.
fn settle(source: &[&str], flags: &mut [bool], other_flags: &[bool]) {
    let mut group = Group::first(flags);
    let mut other = Group::first(other_flags);
    loop {
        if !group.is_empty() {
            settle_group(source, flags, other_flags, &mut group, &mut other);
        }
        let (Some(next), Some(next_other)) = (group.next(flags), other.next(other_flags)) else {
            return;
        };
        group = next;
        other = next_other;
    }
}

fn settle_group(
    source: &[&str],
    flags: &mut [bool],
    other_flags: &[bool],
    group: &mut Group,
    other: &mut Group,
) {
    let mut earliest_end;
    let mut meets_other;
    let mut size;
    loop {
        size = group.end - group.start;
        while group.slide_up(source, flags) {
            *other = other.previous(other_flags);
        }
        earliest_end = group.end;
        meets_other = !other.is_empty();
        while group.slide_down(source, flags) {
            if let Some(next) = other.next(other_flags) {
                *other = next;
            }
            meets_other |= !other.is_empty();
        }
        if size == group.end - group.start {
            break;
        }
    }
    if group.end == earliest_end {
        return;
    }
    if meets_other {
        while other.is_empty() && group.slide_up(source, flags) {
            *other = other.previous(other_flags);
        }
        return;
    }
    let best = best_end(source, earliest_end, group.end, size);
    while group.end > best && group.slide_up(source, flags) {
        *other = other.previous(other_flags);
    }
}

/// The farthest that a group is tried from its lowest place.
const MAX_SLIDING: usize = 100;

fn best_end(source: &[&str], earliest_end: usize, latest_end: usize, size: usize) -> usize {
    let from = earliest_end
        .max((latest_end - size).saturating_sub(1))
        .max(latest_end.saturating_sub(MAX_SLIDING));
    let mut best: Option<(usize, Score)> = None;
    for end in from..=latest_end {
        let mut score = Score::default();
        score.add(&Split::measure(source, end));
        score.add(&Split::measure(source, end - size));
        if best.is_none_or(|(_, known)| !known.is_better_than(score)) {
            best = Some((end, score));
        }
    }
    best.map_or(latest_end, |(end, _)| end)
}

/// The surroundings of a place where a diff may be cut.
struct Split {
    at_end_of_file: bool,
    /// Of the line after the cut, if it is not blank.
    indent: Option<i64>,
    blanks_before: i64,
    indent_before: Option<i64>,
    blanks_after: i64,
    indent_after: Option<i64>,
}

/// Blank lines counted at a cut before it is taken for unindented.
const MAX_BLANKS: i64 = 20;
const MAX_INDENT: i64 = 200;

fn indent(line: &str) -> Option<i64> {
    let mut width = 0;
    for byte in line.bytes() {
        match byte {
            b' ' => width += 1,
            b'\t' => width += 8 - width % 8,
            b'\n' | b'\r' | 0x0b | 0x0c => {}
            _ => return Some(width),
        }
        if width >= MAX_INDENT {
            return Some(MAX_INDENT);
        }
    }
    None
}

/// The blank lines up to the next line with text, and that line's indent.
fn look<'a>(lines: impl Iterator<Item = &'a &'a str>) -> (i64, Option<i64>) {
    let mut blanks = 0;
    for line in lines {
        if let Some(width) = indent(line) {
            return (blanks, Some(width));
        }
        blanks += 1;
        if blanks == MAX_BLANKS {
            return (blanks, Some(0));
        }
    }
    (blanks, None)
}

impl Split {
    fn measure(source: &[&str], at: usize) -> Self {
        let (blanks_before, indent_before) = look(source.iter().take(at).rev());
        let (blanks_after, indent_after) = look(source.iter().skip(at + 1));
        Self {
            at_end_of_file: at >= source.len(),
            indent: source.get(at).and_then(|line| indent(line)),
            blanks_before,
            indent_before,
            blanks_after,
            indent_after,
        }
    }
}

/// How bad a placement is: lower is better. The weights are those that git publishes for its indent heuristic.
#[derive(Clone, Copy, Default)]
struct Score {
    indent: i64,
    penalty: i64,
}

impl Score {
    fn add(&mut self, split: &Split) {
        if split.indent_before.is_none() && split.blanks_before == 0 {
            self.penalty += 1;
        }
        if split.at_end_of_file {
            self.penalty += 21;
        }
        let blanks_after = if split.indent.is_none() {
            1 + split.blanks_after
        } else {
            0
        };
        let blanks = split.blanks_before + blanks_after;
        self.penalty += -30 * blanks + 6 * blanks_after;
        let indent = split.indent.or(split.indent_after);
        self.indent += indent.unwrap_or(-1);
        let (Some(indent), Some(before)) = (indent, split.indent_before) else {
            return;
        };
        let beside_blank = blanks != 0;
        let deeper_follows = split.indent_after.is_some_and(|after| after > indent);
        self.penalty += match (indent.cmp(&before), deeper_follows) {
            (std::cmp::Ordering::Equal, _) => 0,
            (std::cmp::Ordering::Greater, _) => {
                if beside_blank {
                    10
                } else {
                    -4
                }
            }
            (std::cmp::Ordering::Less, true) => {
                if beside_blank {
                    17
                } else {
                    24
                }
            }
            (std::cmp::Ordering::Less, false) => {
                if beside_blank {
                    17
                } else {
                    23
                }
            }
        };
    }

    fn is_better_than(self, other: Self) -> bool {
        60 * (self.indent - other.indent).signum() + self.penalty - other.penalty < 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::git::tests::numbers;

    fn text(hunks: &[Hunk]) -> String {
        let mut out = String::new();
        for hunk in hunks {
            out.push_str(&hunk.header());
            out.push('\n');
            for line in &hunk.lines {
                out.push(line.kind.sign());
                out.push_str(&line.text);
                out.push('\n');
            }
        }
        out
    }

    #[test]
    fn an_added_function_is_not_split_around_its_brace() {
        let old = "fn a() {\n    x();\n}\n\nfn c() {\n    z();\n}\n";
        let new = "fn a() {\n    x();\n}\n\nfn b() {\n    y();\n}\n\nfn c() {\n    z();\n}\n";
        assert_eq!(
            text(&hunks(old, new, 3)),
            "@@ -2,6 +2,10 @@ fn a() {\n     x();\n }\n \n+fn b() {\n+    y();\n+}\n+\n fn c() {\n     z();\n }\n"
        );
    }

    #[test]
    fn far_changes_are_separate_hunks_and_near_ones_are_not() {
        let old = numbers(20);
        let far = old.replace("3\n4\n", "3\nx\n").replace("\n13\n", "\ny\n");
        assert_eq!(hunks(&old, &far, 3).len(), 2);
        let near = old.replace("\n4\n", "\nx\n").replace("\n11\n", "\ny\n");
        assert_eq!(hunks(&old, &near, 3).len(), 1);
    }

    #[test]
    fn a_missing_last_newline_is_a_change() {
        let hunks = hunks("a\nb", "a\nb\n", 3);
        let last: Vec<_> = hunks
            .iter()
            .flat_map(|h| &h.lines)
            .map(|l| (l.kind, l.no_newline))
            .collect();
        assert_eq!(
            last,
            [
                (LineKind::Context, false),
                (LineKind::Removed, true),
                (LineKind::Added, false)
            ]
        );
    }
}
