//! Reads a commit file: the head that `git log` prints, then the patch. Does not apply the patch.
//!
//! ```text
//! commit 9f31c2e
//! Author: mara <mara@alpha.example>
//! Date: 2026-02-27T15:40:00Z
//!
//!     web: read the timeout from the environment
//!
//! diff --git a/src/main.go b/src/main.go
//! ...
//! ```
//! Further heads: `Commit:` (who recorded it), `Branch:`, `Merge:` (the branch that is joined), `Revert:` (the id that is
//! undone).

use std::ops::Range;

use crate::scenario::format::values::{Instant, Text};
use crate::scenario::pack::{CommitChange, CommitText, Signature};

/// Heads that a commit file may have.
const HEADS: [&str; 6] = ["Author", "Date", "Commit", "Branch", "Merge", "Revert"];

/// What is wrong with a commit file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommitFlaw {
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What.
    pub message: String,
    /// What to do.
    pub hint: String,
}

fn flaw(span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> CommitFlaw {
    CommitFlaw {
        span,
        message: message.into(),
        hint: hint.into(),
    }
}

/// Reads a commit file.
pub(super) fn parse(text: &str) -> Result<CommitText, CommitFlaw> {
    let patch_at = patch_start(text);
    let (head, patch) = text.split_at(patch_at);
    let mut lines = Lines { text: head, at: 0 };
    let (first, span) = lines.next().unwrap_or(("", 0..0));
    let id = first
        .strip_prefix("commit ")
        .map(str::trim)
        .filter(|id| is_id(id))
        .ok_or_else(|| {
            flaw(
                span,
                "a commit file begins with `commit` and an id",
                "write `commit 9f31c2e`: 4 to 40 lower-case letters and digits",
            )
        })?;
    let heads = Heads::read(&mut lines)?;
    let message = message(lines.rest());
    let after_head = 0..first.len().max(1);
    if message.is_empty() {
        return Err(flaw(
            after_head,
            "the commit has no message",
            "write it after an empty line, indented by four spaces",
        ));
    }
    let missing = |name: &str, example: &str| {
        flaw(
            after_head.clone(),
            format!("the commit has no `{name}:`"),
            format!("add `{name}: {example}`"),
        )
    };
    Ok(CommitText {
        id: id.to_owned(),
        author: heads
            .author
            .ok_or_else(|| missing("Author", "handle <address>"))?,
        committer: heads.committer,
        at: heads
            .at
            .ok_or_else(|| missing("Date", "2026-02-27T15:40:00Z"))?,
        message,
        branch: heads.branch,
        change: match (heads.merge, heads.revert, patch.is_empty()) {
            (None, None, true) => CommitChange::Nothing,
            (None, None, false) => CommitChange::Patch(patch.to_owned()),
            (Some(branch), None, true) => CommitChange::Merge(branch),
            (None, Some(id), true) => CommitChange::Revert(id),
            _ => {
                return Err(flaw(
                    after_head,
                    "the commit has more than one of a patch, `Merge:` and `Revert:`",
                    "keep one of them; what the others do follows from it",
                ));
            }
        },
    })
}

/// Whether a text can be a commit's id.
pub(super) fn is_id(id: &str) -> bool {
    (4..=40).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

fn patch_start(text: &str) -> usize {
    if text.starts_with("diff --git ") {
        return 0;
    }
    text.find("\ndiff --git ").map_or(text.len(), |at| at + 1)
}

#[derive(Default)]
struct Heads {
    author: Option<Signature>,
    committer: Option<Signature>,
    at: Option<Instant>,
    branch: Option<String>,
    merge: Option<String>,
    revert: Option<String>,
}

impl Heads {
    fn read(lines: &mut Lines<'_>) -> Result<Self, CommitFlaw> {
        let mut heads = Self::default();
        while let Some((line, span)) = lines.next() {
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.trim();
            let twice = match name {
                "Author" => heads.author.replace(signature(value, &span)?).is_some(),
                "Commit" => heads.committer.replace(signature(value, &span)?).is_some(),
                "Date" => {
                    let at = Instant::parse(value).map_err(|message| {
                        flaw(span.clone(), message, "write `Date: 2026-02-27T15:40:00Z`")
                    })?;
                    heads.at.replace(at).is_some()
                }
                "Branch" => heads.branch.replace(value.to_owned()).is_some(),
                "Merge" => heads.merge.replace(value.to_owned()).is_some(),
                "Revert" => heads.revert.replace(value.to_owned()).is_some(),
                _ => {
                    return Err(flaw(
                        span,
                        format!("a commit has no `{name}`"),
                        format!(
                            "it may have {}",
                            crate::scenario::checks::nearest::list(&HEADS)
                        ),
                    ));
                }
            };
            if twice {
                return Err(flaw(
                    span,
                    format!("`{name}:` is given twice"),
                    "keep one of them",
                ));
            }
        }
        Ok(heads)
    }
}

fn signature(value: &str, span: &Range<usize>) -> Result<Signature, CommitFlaw> {
    value
        .strip_suffix('>')
        .and_then(|value| value.split_once('<'))
        .map(|(name, email)| (name.trim(), email.trim()))
        .filter(|(name, email)| !name.is_empty() && email.contains('@'))
        .map(|(name, email)| Signature {
            name: name.to_owned(),
            email: email.to_owned(),
        })
        .ok_or_else(|| {
            flaw(
                span.clone(),
                "this is not a name with an address",
                "write `mara <mara@alpha.example>`",
            )
        })
}

/// The message: every line without the four spaces before it.
fn message(text: &str) -> String {
    text.lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line).trim_end())
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn next(&mut self) -> Option<(&'a str, Range<usize>)> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').unwrap_or(rest.len());
        let start = self.at;
        self.at = (start + length + 1).min(self.text.len());
        Some((rest.get(..length).unwrap_or(""), start..start + length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "commit 9f31c2e\nAuthor: mara <mara@alpha.example>\nDate: 2026-02-27T15:40:00Z\n";

    #[test]
    fn a_commit_is_read() {
        let text =
            format!("{HEAD}\n    web: a title\n\n    A body.\n\ndiff --git a/x b/x\n--- a/x\n");
        let commit = parse(&text).unwrap();
        assert_eq!(commit.id, "9f31c2e");
        assert_eq!(commit.author.name, "mara");
        assert_eq!(commit.message, "web: a title\n\nA body.");
        assert_eq!(
            commit.change,
            CommitChange::Patch("diff --git a/x b/x\n--- a/x\n".to_owned())
        );
        let merge = parse(&format!("{HEAD}Merge: fix\n\n    join\n")).unwrap();
        assert_eq!(merge.change, CommitChange::Merge("fix".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |text: &str| parse(text).unwrap_err().message;
        assert_eq!(said(""), "a commit file begins with `commit` and an id");
        assert_eq!(
            said("commit x"),
            "a commit file begins with `commit` and an id"
        );
        assert_eq!(
            said("commit abcd\n\n    m\n"),
            "the commit has no `Author:`"
        );
        assert_eq!(said(HEAD), "the commit has no message");
        assert_eq!(
            said(&format!("{HEAD}Auhtor: x\n")),
            "a commit has no `Auhtor`"
        );
        assert_eq!(
            said(&format!("{HEAD}Date: 2026-02-27T15:40:00Z\n")),
            "`Date:` is given twice"
        );
        assert_eq!(
            said("commit abcd\nAuthor: x\n"),
            "this is not a name with an address"
        );
    }
}
