//! Paths and texts that a repository accepts. Names of files are relative, printable and plain, so that no output needs
//! quoting and nothing reaches a terminal that could drive it. Never looks at a real file system.

use thiserror::Error;

/// The longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 512;
/// The deepest path, in components.
pub const MAX_PATH_DEPTH: usize = 24;
/// The largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// Why a path cannot name a file of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathProblem {
    /// No characters at all.
    #[error("is empty")]
    Empty,
    /// Longer than [`MAX_PATH_BYTES`].
    #[error("is longer than {MAX_PATH_BYTES} bytes")]
    TooLong,
    /// Deeper than [`MAX_PATH_DEPTH`].
    #[error("is nested deeper than {MAX_PATH_DEPTH} folders")]
    TooDeep,
    /// Starts at the root.
    #[error("must be relative to the repository")]
    Absolute,
    /// Has an empty component, `.` or `..`.
    #[error("must not have empty, `.` or `..` components")]
    Component,
    /// Lies in `.git`.
    #[error("must not lie in `.git`")]
    GitFolder,
    /// Has a character that git would quote.
    #[error("must be printable ASCII without quotes and backslashes")]
    Character,
}

/// Whether a path can name a file of a repository.
pub fn check_path(path: &str) -> Result<(), PathProblem> {
    if path.is_empty() {
        return Err(PathProblem::Empty);
    }
    if path.len() > MAX_PATH_BYTES {
        return Err(PathProblem::TooLong);
    }
    if path.starts_with('/') {
        return Err(PathProblem::Absolute);
    }
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if !path.bytes().all(plain) {
        return Err(PathProblem::Character);
    }
    let mut depth = 0;
    for component in path.split('/') {
        if matches!(component, "" | "." | "..") {
            return Err(PathProblem::Component);
        }
        if component == ".git" {
            return Err(PathProblem::GitFolder);
        }
        depth += 1;
    }
    if depth > MAX_PATH_DEPTH {
        return Err(PathProblem::TooDeep);
    }
    Ok(())
}

/// Why a text cannot be a file's content or a commit's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextProblem {
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// Has a character that could drive a terminal.
    #[error("line {line} has the control character U+{code:04X}")]
    Control {
        /// Line, from 1.
        line: usize,
        /// The character.
        code: u32,
    },
}

/// Whether a text can be a file's content: bounded, and no control characters but tab and newline. Texts with carriage
/// returns go through [`normalise`] first.
pub fn check_text(text: &str) -> Result<(), TextProblem> {
    if text.len() > MAX_FILE_BYTES {
        return Err(TextProblem::TooLarge);
    }
    // Bytes of ordinary text are checked first: almost every file ends here.
    if text
        .bytes()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b' '..=b'~'))
    {
        return Ok(());
    }
    for (number, line) in text.split('\n').enumerate() {
        if let Some(character) = line.chars().find(|c| is_unsafe(*c)) {
            return Err(TextProblem::Control {
                line: number + 1,
                code: character as u32,
            });
        }
    }
    Ok(())
}

/// Control characters and those that reorder what is around them.
fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with line feeds alone: `\r\n` becomes `\n`.
pub fn normalise(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").into()
    } else {
        text.into()
    }
}
