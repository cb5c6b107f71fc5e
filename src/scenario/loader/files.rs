//! The files of one estate or scenario: decoded, cleaned, sorted by what they are for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commits;
use super::source::{LeftOut, MAX_FILES, MAX_TOTAL_BYTES, Source};
use crate::diag::text::first_forbidden;
use crate::diag::{Diagnostic, SourceText};
use crate::scenario::ids;
use crate::scenario::pack::CommitText;

/// The most bytes of RON of one estate or scenario: more than ten times the largest that ships.
const MAX_RON_BYTES: usize = 4 << 20;

/// A commit and the file it is in.
#[derive(Debug)]
pub struct CommitFile {
    /// The file.
    pub file: Arc<SourceText>,
    /// What it says.
    pub commit: CommitText,
}

/// The files of a repository.
#[derive(Debug, Default)]
pub struct RepositoryFiles {
    /// Path to file.
    pub base: BTreeMap<String, Arc<SourceText>>,
    /// In the order of the file names.
    pub commits: Vec<CommitFile>,
}

/// The files of one estate or scenario.
#[derive(Debug, Default)]
pub struct Files {
    /// RON files, in the order of their names.
    pub ron: Vec<Arc<SourceText>>,
    /// Markdown beside them, by file name.
    pub markdown: BTreeMap<String, Arc<SourceText>>,
    /// Repositories by name.
    pub repositories: BTreeMap<String, RepositoryFiles>,
    /// Wiki pages by name.
    pub wiki: BTreeMap<String, Arc<SourceText>>,
    /// Chatter by name.
    pub chatter: BTreeMap<String, Arc<SourceText>>,
    /// Every file that is used, by path below the folder.
    pub bytes: BTreeMap<String, Vec<u8>>,
}

/// Reads all files of a folder of a source.
pub(super) fn read(source: &Source, folder: &str, diagnostics: &mut Vec<Diagnostic>) -> Files {
    let reading = source.read_folder(folder);
    let display = |name: &str| source.display(&format!("{folder}/{name}"));
    for (name, why) in &reading.left_out {
        diagnostics.push(left_out(&display(name), why));
    }
    let mut files = Files::default();
    for (path, bytes) in reading.files {
        if let Some(role) = role(&path) {
            if let Some(file) = decode(&display(&path), bytes, diagnostics) {
                let ron_bytes = files.ron.iter().map(|file| file.text.len()).sum::<usize>();
                if matches!(role, Role::Ron) && ron_bytes + file.text.len() > MAX_RON_BYTES {
                    diagnostics.push(
                        Diagnostic::error(
                            ids::TOO_MUCH_RON,
                            &file,
                            0..1,
                            format!(
                                "the RON files are more than {} MiB together with this one; it is left out",
                                MAX_RON_BYTES >> 20
                            ),
                        )
                        .hint("leave out what no one looks at"),
                    );
                    continue;
                }
                files
                    .bytes
                    .insert(path.clone(), file.text.clone().into_bytes());
                files.add(&role, file, diagnostics);
            }
        } else if !path.split('/').any(|part| part.starts_with('.')) {
            diagnostics.push(
                Diagnostic::error(ids::UNUSED_FILE, &named(&display(&path)), 0..0, "this file is not used by anything")
                    .warning()
                    .hint("files are *.ron, *.md, repos/NAME/base/..., repos/NAME/commits/*.patch, wiki/*.md and chatter/*.txt"),
            );
        }
    }
    files
}

fn named(name: &str) -> Arc<SourceText> {
    Arc::new(SourceText {
        name: name.to_owned(),
        text: String::new(),
    })
}

fn left_out(name: &str, why: &LeftOut) -> Diagnostic {
    let megabytes = |bytes: u64| bytes >> 20;
    let (id, message, hint) = match why {
        LeftOut::TooLarge(bytes) => (
            ids::FILE_TOO_LARGE,
            format!("the file is {bytes} bytes long; at most 1 MiB is read"),
            "split it, or leave out what no one looks at",
        ),
        LeftOut::TooMany => (
            ids::TOO_MANY_FILES,
            format!(
                "there are more than {MAX_FILES} files or {} MiB here; this and what follows is left out",
                megabytes(MAX_TOTAL_BYTES)
            ),
            "leave out what no one looks at",
        ),
        LeftOut::NotAFile => (
            ids::NOT_A_FILE,
            "this is a link, a pipe or a device; only files are read".to_owned(),
            "put the file itself here",
        ),
        LeftOut::FolderTooLarge => (
            ids::TOO_MANY_FILES,
            "the folder is too deep or has too many entries".to_owned(),
            "leave out what no one looks at",
        ),
        LeftOut::BadName => (
            ids::UNREADABLE,
            "the name is not UTF-8 or holds control characters".to_owned(),
            "rename it",
        ),
        LeftOut::Unreadable(error) => (
            ids::UNREADABLE,
            format!("cannot be read: {error}"),
            "is the path right, and may you read it?",
        ),
    };
    Diagnostic::error(id, &named(name), 0..0, message).hint(hint)
}

/// What a file is for.
enum Role {
    Ron,
    Markdown(String),
    Base { repo: String, path: String },
    Commit { repo: String },
    Wiki(String),
    Chatter(String),
}

fn role(path: &str) -> Option<Role> {
    let parts: Vec<&str> = path.split('/').collect();
    let stem = |name: &str, ending: &str| {
        name.strip_suffix(ending)
            .filter(|stem| !stem.is_empty() && !stem.starts_with('.'))
            .map(str::to_owned)
    };
    match parts.as_slice() {
        [name] => stem(name, ".ron")
            .map(|_| Role::Ron)
            .or_else(|| stem(name, ".md").map(|_| Role::Markdown((*name).to_owned()))),
        ["wiki", name] => stem(name, ".md").map(Role::Wiki),
        ["chatter", name] => stem(name, ".txt").map(Role::Chatter),
        ["repos", repo, "commits", name] => stem(name, ".patch").map(|_| Role::Commit {
            repo: (*repo).to_owned(),
        }),
        ["repos", repo, "base", rest @ ..] => Some(Role::Base {
            repo: (*repo).to_owned(),
            path: rest.join("/"),
        }),
        _ => None,
    }
}

/// Bytes as a text: UTF-8 without a mark at its beginning, line breaks as `\n`, no control characters.
fn decode(
    name: &str,
    bytes: Vec<u8>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<SourceText>> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before =
                String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or(&[])).into_owned();
            let file = Arc::new(SourceText {
                name: name.to_owned(),
                text: before,
            });
            diagnostics.push(
                Diagnostic::error(
                    ids::NOT_UTF8,
                    &file,
                    valid..valid,
                    "the file is not UTF-8 from here on",
                )
                .hint("save it as UTF-8; files that are not text are not used"),
            );
            return None;
        }
    };
    let text = text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned);
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    };
    let bad = first_forbidden(&text);
    let file = Arc::new(SourceText {
        name: name.to_owned(),
        text,
    });
    if let Some((at, character)) = bad {
        diagnostics.push(
            Diagnostic::error(
                ids::CONTROL_IN_FILE,
                &file,
                at..at + character.len_utf8(),
                format!(
                    "the file holds the control character {}",
                    character.escape_unicode()
                ),
            )
            .hint("only line breaks and tabs may be in a text; remove it"),
        );
        return None;
    }
    Some(file)
}

impl Files {
    fn add(&mut self, role: &Role, file: Arc<SourceText>, diagnostics: &mut Vec<Diagnostic>) {
        match role {
            Role::Ron => self.ron.push(file),
            Role::Markdown(name) => drop(self.markdown.insert(name.clone(), file)),
            Role::Wiki(name) => drop(self.wiki.insert(name.clone(), file)),
            Role::Chatter(name) => drop(self.chatter.insert(name.clone(), file)),
            Role::Base { repo, path } => {
                let repository = self.repositories.entry(repo.clone()).or_default();
                repository.base.insert(path.clone(), file);
            }
            Role::Commit { repo } => match commits::parse(&file.text) {
                Ok(commit) => {
                    let repository = self.repositories.entry(repo.clone()).or_default();
                    repository.commits.push(CommitFile { file, commit });
                }
                Err(flaw) => diagnostics.push(
                    Diagnostic::error(ids::COMMIT_FORM, &file, flaw.span, flaw.message)
                        .hint(flaw.hint),
                ),
            },
        }
    }
}
