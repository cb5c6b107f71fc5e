//! One commit as a text file, in the form of `git log -p`: `commit ID`, headers, the indented message, the diff. What an
//! author of an estate writes; never the file system.

use thiserror::Error;

use super::commit::Signature;
use super::source::{ChangeSource, CommitSource};
use crate::sim::time::SimTime;

/// Why a text is not a commit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct CommitFileError {
    /// Line of the text, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: CommitFileProblem,
}

/// The ways in which a text is not a commit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommitFileProblem {
    /// The first line names no commit.
    #[error("the file must start with `commit ID`, or with `commit` for an id that is derived")]
    NoCommitLine,
    /// A header that is not known.
    #[error("unknown header; known are Author, Commit, Date, Branch, Merge and Revert")]
    UnknownHeader,
    /// A header that was there already.
    #[error("the header `{0}` is there twice")]
    Twice(&'static str),
    /// A person without name or address.
    #[error("a person reads `Name <address>`")]
    Person,
    /// A date that is not RFC 3339.
    #[error("a date reads `2024-11-27T13:28:30Z`")]
    Date,
    /// A header that every commit needs.
    #[error("the header `{0}` is missing")]
    Missing(&'static str),
    /// No message.
    #[error("the message is missing: an empty line, then lines indented by four blanks")]
    NoMessage,
    /// More than one of a diff, a merge and a revert.
    #[error("a commit has one of a diff, `Merge` and `Revert`")]
    TwoChanges,
}

#[derive(Default)]
struct Headers {
    author: Option<Signature>,
    committer: Option<Signature>,
    at: Option<SimTime>,
    branch: Option<String>,
    change: Option<ChangeSource>,
}

/// Reads a commit. Without a diff it changes nothing (or is the first commit, whose files are given apart).
pub fn parse_commit(text: &str) -> Result<CommitSource, CommitFileError> {
    let mut lines = text.lines().enumerate().peekable();
    let first = lines.next().map_or("", |(_, line)| line);
    let id = match first.strip_prefix("commit") {
        Some("") => None,
        Some(rest) if rest.starts_with(' ') => Some(rest.trim()).filter(|id| !id.is_empty()),
        _ => return Err(error(0, CommitFileProblem::NoCommitLine)),
    };
    let mut headers = Headers::default();
    while let Some((number, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
        headers
            .read(line)
            .map_err(|problem| error(number, problem))?;
    }
    let end_of_headers = lines.peek().map_or(1, |(number, _)| *number);
    let mut message = Vec::new();
    while let Some((_, line)) =
        lines.next_if(|(_, line)| line.trim().is_empty() || line.starts_with("    "))
    {
        message.push(line.strip_prefix("    ").unwrap_or_default());
    }
    let missing = |problem| error(end_of_headers, problem);
    let message = message.join("\n").trim().to_owned();
    if message.is_empty() {
        return Err(missing(CommitFileProblem::NoMessage));
    }
    let mut change = headers.change;
    if let Some((number, _)) = lines.peek() {
        if change.is_some() {
            return Err(error(*number, CommitFileProblem::TwoChanges));
        }
        let diff: Vec<&str> = text.lines().skip(*number).collect();
        change = Some(ChangeSource::Patch(diff.join("\n") + "\n"));
    }
    Ok(CommitSource {
        id: id.map(str::to_owned),
        author: headers
            .author
            .ok_or_else(|| missing(CommitFileProblem::Missing("Author")))?,
        committer: headers.committer,
        at: headers
            .at
            .ok_or_else(|| missing(CommitFileProblem::Missing("Date")))?,
        message,
        branch: headers.branch,
        change: change.unwrap_or(ChangeSource::Nothing),
    })
}

fn error(number: usize, problem: CommitFileProblem) -> CommitFileError {
    CommitFileError {
        line: number + 1,
        problem,
    }
}

impl Headers {
    fn read(&mut self, line: &str) -> Result<(), CommitFileProblem> {
        let (name, value) = line
            .split_once(':')
            .ok_or(CommitFileProblem::UnknownHeader)?;
        let value = value.trim();
        match name {
            "Author" => once(&mut self.author, "Author", person(value)?),
            "Commit" => once(&mut self.committer, "Commit", person(value)?),
            "Date" => {
                let at = SimTime::parse_rfc3339(value).ok_or(CommitFileProblem::Date)?;
                once(&mut self.at, "Date", at)
            }
            "Branch" => once(&mut self.branch, "Branch", value.to_owned()),
            "Merge" => {
                let branch = value.to_owned();
                once(&mut self.change, "Merge", ChangeSource::Merge { branch })
            }
            "Revert" => {
                let commit = value.to_owned();
                once(&mut self.change, "Revert", ChangeSource::Revert { commit })
            }
            _ => Err(CommitFileProblem::UnknownHeader),
        }
    }
}

fn once<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), CommitFileProblem> {
    if place.replace(value).is_some() {
        return Err(CommitFileProblem::Twice(name));
    }
    Ok(())
}

fn person(text: &str) -> Result<Signature, CommitFileProblem> {
    let (name, rest) = text.split_once('<').ok_or(CommitFileProblem::Person)?;
    let email = rest.strip_suffix('>').ok_or(CommitFileProblem::Person)?;
    if name.trim().is_empty() || email.is_empty() || email.contains(['<', '>']) {
        return Err(CommitFileProblem::Person);
    }
    Ok(Signature::new(name.trim(), email))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_commit_is_read_with_its_headers_message_and_diff() {
        let text = "commit m3x8q05\nAuthor: Bo Li <bo@alpha.example>\nCommit: Review <review@alpha.example>\nDate: 2026-03-01T10:00:00Z\n\n    Tune the pool\n\n    It was too large.\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
        let commit = parse_commit(text).unwrap();
        assert_eq!(commit.id.as_deref(), Some("m3x8q05"));
        assert_eq!(commit.author, Signature::new("Bo Li", "bo@alpha.example"));
        assert_eq!(commit.message, "Tune the pool\n\nIt was too large.");
        let ChangeSource::Patch(patch) = commit.change else {
            panic!("a patch")
        };
        assert!(patch.starts_with("diff --git") && patch.ends_with("+b\n"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let problem = |text: &str| {
            parse_commit(text)
                .map(|_| ())
                .map_err(|e| (e.line, e.problem))
        };
        assert_eq!(problem("x"), Err((1, CommitFileProblem::NoCommitLine)));
        assert_eq!(
            problem("commit\nWho: x\n"),
            Err((2, CommitFileProblem::UnknownHeader))
        );
        assert_eq!(
            problem("commit\nDate: monday\n"),
            Err((2, CommitFileProblem::Date))
        );
        assert_eq!(
            problem("commit\nDate: 2026-03-01T10:00:00Z\n\n    m\n"),
            Err((3, CommitFileProblem::Missing("Author")))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_read_or_refused(text in "(commit ?[a-z0-9]{0,8}\n)?((Author|Date|Merge|X): ?[^\n]{0,20}\n){0,4}\n?(    m\n)?[^\u{0}]{0,40}") {
            let _ = parse_commit(&text);
        }
    }
}
