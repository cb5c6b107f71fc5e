//! Commits as text: the named formats of `--pretty` and the placeholders of `--format`. Never a diff.

use super::record::CommitRecord;
use crate::sim::git::date_style::{DateStyle, relative};
use crate::sim::git::file_diff::blob_id;
use crate::sim::git::{Commit, Signature};
use crate::sim::time::SimTime;

/// How a commit is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Pretty {
    Oneline,
    Short,
    #[default]
    Medium,
    Full,
    Fuller,
    Reference,
    Raw,
    /// A pattern of placeholders.
    Pattern {
        text: String,
        /// Whether every commit ends with a newline (`tformat`), rather than newlines standing between them (`format`).
        terminated: bool,
    },
}

/// What the text depends on beside the commit.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) pretty: Pretty,
    pub(super) abbreviate: bool,
    pub(super) date: DateStyle,
    pub(super) decorate: bool,
    pub(super) now: SimTime,
    /// Short ids of the parents, for `Merge:`.
    pub(super) short_parents: Vec<String>,
}

impl Pretty {
    /// The format of `--pretty=NAME` or `--format=NAME`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "oneline" => Self::Oneline,
            "short" => Self::Short,
            "medium" | "" => Self::Medium,
            "full" => Self::Full,
            "fuller" => Self::Fuller,
            "reference" => Self::Reference,
            "raw" => Self::Raw,
            _ => {
                let (text, terminated) = if let Some(text) = name.strip_prefix("format:") {
                    (text, false)
                } else if let Some(text) = name.strip_prefix("tformat:") {
                    (text, true)
                } else if name.contains('%') {
                    (name, true)
                } else {
                    return None;
                };
                Self::Pattern {
                    text: text.to_owned(),
                    terminated,
                }
            }
        })
    }

    /// Whether an empty line stands between commits.
    pub(super) fn is_paragraph(&self) -> bool {
        !matches!(self, Self::Oneline | Self::Reference | Self::Pattern { .. })
    }

    /// Whether every commit ends with a newline of its own, and none stands between.
    pub(super) fn is_terminated(&self) -> bool {
        !matches!(
            self,
            Self::Pattern {
                terminated: false,
                ..
            }
        )
    }
}

/// A commit's text without the newline at its end.
pub(super) fn entry(record: &CommitRecord, style: &Style) -> String {
    let commit = &record.commit;
    let id = if style.abbreviate {
        &record.short_id
    } else {
        &record.id
    };
    let refs = if style.decorate {
        decoration(&record.refs)
    } else {
        String::new()
    };
    match &style.pretty {
        Pretty::Oneline => format!("{id}{refs} {}", record.subject),
        Pretty::Reference => format!(
            "{} ({}, {})",
            record.short_id,
            record.subject,
            DateStyle::Short.write(commit.authored_at, style.now)
        ),
        Pretty::Pattern { text, .. } => Placeholders { record, style }.expand(text),
        _ => {
            let mut out = format!("commit {id}{refs}\n");
            headers(record, style, &mut out);
            out.push('\n');
            let message: &str = if style.pretty == Pretty::Short {
                &record.subject
            } else {
                &commit.message
            };
            let lines: Vec<String> = message.lines().map(|line| format!("    {line}")).collect();
            out.push_str(&lines.join("\n"));
            out
        }
    }
}

fn decoration(refs: &[String]) -> String {
    if refs.is_empty() {
        String::new()
    } else {
        format!(" ({})", refs.join(", "))
    }
}

fn headers(record: &CommitRecord, style: &Style, out: &mut String) {
    let commit = &record.commit;
    if style.pretty == Pretty::Raw {
        raw_headers(record, out);
        return;
    }
    if !style.short_parents.is_empty() {
        out.push_str(&format!("Merge: {}\n", style.short_parents.join(" ")));
    }
    let date = |at: SimTime| style.date.write(at, style.now);
    let (author, committer) = (&commit.author, &commit.committer);
    match style.pretty {
        Pretty::Short => out.push_str(&format!("Author: {author}\n")),
        Pretty::Full => out.push_str(&format!("Author: {author}\nCommit: {committer}\n")),
        Pretty::Fuller => out.push_str(&format!(
            "Author:     {author}\nAuthorDate: {}\nCommit:     {committer}\nCommitDate: {}\n",
            date(commit.authored_at),
            date(commit.committed_at)
        )),
        _ => out.push_str(&format!(
            "Author: {author}\nDate:   {}\n",
            date(commit.authored_at)
        )),
    }
}

fn raw_headers(record: &CommitRecord, out: &mut String) {
    let commit = &record.commit;
    out.push_str(&format!("tree {}\n", tree_id(commit)));
    for parent in &record.parents {
        out.push_str(&format!("parent {parent}\n"));
    }
    let stamp = |who: &Signature, at: SimTime| format!("{who} {} +0000", at.secs());
    out.push_str(&format!(
        "author {}\n",
        stamp(&commit.author, commit.authored_at)
    ));
    out.push_str(&format!(
        "committer {}\n",
        stamp(&commit.committer, commit.committed_at)
    ));
}

/// An id of the commit's files, derived from their paths and texts.
pub(super) fn tree_id(commit: &Commit) -> String {
    let files = commit.tree.files();
    let listing: String = files
        .iter()
        .map(|(path, text)| format!("{} {path}\n", blob_id(text)))
        .collect();
    blob_id(&listing)
}

struct Placeholders<'a> {
    record: &'a CommitRecord,
    style: &'a Style,
}

/// `%<(20,trunc)`, `%>(20)`, `%><(20)`: the width of the next placeholder.
#[derive(Clone, Copy)]
struct Padding {
    width: usize,
    align: Align,
    truncate: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Align {
    Left,
    Right,
    Centre,
}

/// The widest padding; a pattern is untrusted input.
const MAX_PADDING: usize = 1_000;

impl Placeholders<'_> {
    fn expand(&self, pattern: &str) -> String {
        let mut out = String::new();
        let mut padding = None;
        let mut rest = pattern;
        while let Some(at) = rest.find('%') {
            out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            if let Some((found, length)) = read_padding(rest) {
                padding = Some(found);
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            let sign = rest.chars().next().filter(|c| matches!(c, '+' | '-' | ' '));
            let body = rest
                .get(sign.map_or(0, char::len_utf8)..)
                .unwrap_or_default();
            let Some((mut value, length)) = self.one(body) else {
                out.push('%');
                continue;
            };
            rest = body.get(length..).unwrap_or_default();
            match sign {
                Some('+') if !value.is_empty() => value.insert(0, '\n'),
                Some(' ') if !value.is_empty() => value.insert(0, ' '),
                Some('-') if value.is_empty() => {
                    out.truncate(out.trim_end_matches('\n').len());
                }
                _ => {}
            }
            match padding.take() {
                Some(padding) => out.push_str(&padding.apply(&value)),
                None => out.push_str(&value),
            }
        }
        out.push_str(rest);
        out
    }

    /// The value of the placeholder that a text starts with, and how long the placeholder is.
    fn one(&self, text: &str) -> Option<(String, usize)> {
        let record = self.record;
        let commit = &record.commit;
        let mut letters = text.chars();
        let first = letters.next()?;
        let plain = |value: &str| Some((value.to_owned(), 1));
        match first {
            'H' => plain(&record.id),
            'h' => plain(&record.short_id),
            'T' => plain(&tree_id(commit)),
            't' => plain(tree_id(commit).get(..7).unwrap_or_default()),
            'P' => plain(&record.parents.join(" ")),
            'p' => plain(&self.style.short_parents.join(" ")),
            's' => plain(&record.subject),
            'f' => plain(&slug(&record.subject)),
            'b' if record.body.is_empty() => plain(""),
            'b' => plain(&format!("{}\n", record.body)),
            'B' => plain(&format!("{}\n", commit.message)),
            'd' => plain(&decoration(&record.refs)),
            'D' => plain(&record.refs.join(", ")),
            'm' => plain(">"),
            'n' => plain("\n"),
            '%' => plain("%"),
            'e' | 'N' => plain(""),
            'a' => self.person(letters.next()?, &commit.author, commit.authored_at),
            'c' => self.person(letters.next()?, &commit.committer, commit.committed_at),
            'G' => Some((if letters.next()? == '?' { "N" } else { "" }.to_owned(), 2)),
            'g' => letters.next().map(|_| (String::new(), 2)),
            'C' => colour(text).map(|length| (String::new(), length)),
            'w' => text
                .find(')')
                .filter(|_| text.starts_with("w("))
                .map(|end| (String::new(), end + 1)),
            'x' => {
                let code = u8::from_str_radix(text.get(1..3)?, 16).ok()?;
                // What could drive a terminal stays out.
                let safe = matches!(code, b'\t' | b'\n' | b' '..=b'~');
                Some((
                    if safe {
                        char::from(code).to_string()
                    } else {
                        String::new()
                    },
                    3,
                ))
            }
            _ => None,
        }
    }

    fn person(&self, field: char, who: &Signature, at: SimTime) -> Option<(String, usize)> {
        let now = self.style.now;
        let value = match field {
            'n' | 'N' => who.name.to_string(),
            'e' | 'E' => who.email.to_string(),
            'l' | 'L' => who.email.split('@').next().unwrap_or_default().to_owned(),
            'd' => self.style.date.write(at, now),
            'D' => DateStyle::Rfc.write(at, now),
            'r' => relative(at, now),
            't' => DateStyle::Unix.write(at, now),
            'i' => DateStyle::Iso.write(at, now),
            'I' => DateStyle::IsoStrict.write(at, now),
            's' => DateStyle::Short.write(at, now),
            _ => return None,
        };
        Some((value, 2))
    }
}

/// Length of `C(red)`, `Cred`, `Creset` and the like, which write nothing where there is no colour.
fn colour(text: &str) -> Option<usize> {
    if text.starts_with("C(") {
        return text.find(')').map(|end| end + 1);
    }
    ["Cred", "Cgreen", "Cblue", "Creset"]
        .iter()
        .find(|name| text.starts_with(**name))
        .map(|name| name.len())
}

fn read_padding(text: &str) -> Option<(Padding, usize)> {
    let (align, skip) = if text.starts_with("><(") {
        (Align::Centre, 3)
    } else if text.starts_with("<(") {
        (Align::Left, 2)
    } else if text.starts_with(">(") {
        (Align::Right, 2)
    } else {
        return None;
    };
    let end = text.find(')')?;
    let mut parts = text.get(skip..end)?.split(',');
    let width: usize = parts.next()?.trim().parse().ok()?;
    let truncate = parts.next().is_some_and(|word| word.trim() == "trunc");
    let padding = Padding {
        width: width.min(MAX_PADDING),
        align,
        truncate,
    };
    Some((padding, end + 1))
}

impl Padding {
    fn apply(self, value: &str) -> String {
        let length = value.chars().count();
        if length > self.width {
            return if self.truncate && self.width >= 2 {
                value
                    .chars()
                    .take(self.width - 2)
                    .chain("..".chars())
                    .collect()
            } else {
                value.to_owned()
            };
        }
        let gap = self.width - length;
        let before = match self.align {
            Align::Left => 0,
            Align::Right => gap,
            Align::Centre => gap / 2,
        };
        format!("{}{value}{}", " ".repeat(before), " ".repeat(gap - before))
    }
}

/// The subject as a file name: `%f`.
fn slug(subject: &str) -> String {
    let mut out = String::new();
    for character in subject.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '_') {
            if !(character == '.' && out.ends_with('.')) {
                out.push(character);
            }
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches(['-', '.']).to_owned()
}
