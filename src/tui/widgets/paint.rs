//! Colours inside of a line of text: what programs print, and code. Pure.

use crate::tui::canvas::Run;
use crate::tui::text;
use crate::tui::theme::Role;

/// A line that is longer is shown as it is.
pub(super) const LONGEST: usize = 8 << 10;

/// What a line that a program printed looks like: headings of tables, states, levels, changes.
pub fn printed(line: &str, is_diff: bool) -> Vec<Run> {
    if is_diff {
        let role = match line.chars().next() {
            _ if line.starts_with("+++") || line.starts_with("---") => Some(Role::Strong),
            Some('+') => Some(Role::Added),
            Some('-') => Some(Role::Removed),
            _ if line.starts_with("@@") => Some(Role::Hunk),
            _ if line.starts_with("commit ") => Some(Role::Pin),
            _ if line.starts_with("diff ") => Some(Role::Strong),
            _ => None,
        };
        if let Some(role) = role {
            return vec![Run::new(role, line.to_owned())];
        }
    }
    if is_heading(line) {
        return vec![Run::new(Role::Muted, line.to_owned())];
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut push = |role: Role, piece: &str| match runs.last_mut() {
        Some(last) if last.role == role => last.text.push_str(piece),
        _ => runs.push(Run::new(role, piece.to_owned())),
    };
    for piece in line.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let role = word_role(word);
        push(role, word);
        push(Role::Base, piece.get(word.len()..).unwrap_or(""));
    }
    runs
}

/// `NAME  READY  STATUS`: two words at least, parted by wide gaps or few, without small letters.
fn is_heading(line: &str) -> bool {
    let words = line.split_whitespace().count();
    words >= 2
        && line.chars().any(|letter| letter.is_ascii_uppercase())
        && !line
            .chars()
            .any(|letter| letter.is_lowercase() || letter.is_ascii_digit())
}

/// The look of a word by what it says of a state.
fn word_role(word: &str) -> Role {
    let bare = word.trim_matches(|letter: char| ",;:()[]\"'".contains(letter));
    match bare {
        "Running" | "Ready" | "Active" | "Bound" | "Available" | "Healthy" | "deployed" => {
            Role::Good
        }
        "Completed" | "Succeeded" | "<none>" | "<unset>" => Role::Muted,
        "CrashLoopBackOff"
        | "Error"
        | "OOMKilled"
        | "Failed"
        | "ImagePullBackOff"
        | "ErrImagePull"
        | "Evicted"
        | "NotReady"
        | "Unhealthy"
        | "BackOff"
        | "ERROR"
        | "FATAL"
        | "CRITICAL"
        | "ERR"
        | "FailedScheduling"
        | "CreateContainerConfigError"
        | "InvalidImageName"
        | "Lost" => Role::Alert,
        "Pending" | "ContainerCreating" | "Terminating" | "Warning" | "Unknown" | "WARN"
        | "WRN" | "PodInitializing" | "SchedulingDisabled" | "Killing" => Role::Warn,
        _ if bare.starts_with("Init:") => Role::Warn,
        _ if bare.starts_with("level=err") || bare.starts_with("level=fatal") => Role::Alert,
        _ if bare.starts_with("level=warn") => Role::Warn,
        _ => match bare.split_once('/') {
            Some((ready, all))
                if is_short(ready) && is_short(all) && word == bare && ready != all =>
            {
                Role::Warn
            }
            _ => Role::Base,
        },
    }
}

fn is_short(digits: &str) -> bool {
    !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words that most languages keep for themselves.
const KEYWORDS: [&str; 62] = [
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "def",
    "default",
    "defer",
    "del",
    "do",
    "elif",
    "else",
    "enum",
    "except",
    "export",
    "extends",
    "false",
    "finally",
    "fn",
    "for",
    "from",
    "func",
    "function",
    "go",
    "if",
    "impl",
    "import",
    "in",
    "interface",
    "is",
    "let",
    "match",
    "mut",
    "namespace",
    "new",
    "nil",
    "None",
    "null",
    "package",
    "private",
    "pub",
    "public",
    "raise",
    "range",
    "return",
    "select",
    "static",
    "struct",
    "switch",
    "throw",
    "true",
    "try",
    "type",
    "use",
    "using",
    "var",
    "while",
    "yield",
];

/// A line of code: comments, texts and keywords, by what most languages have in common.
pub fn code(line: &str, path: &str) -> Vec<Run> {
    if line.len() > LONGEST {
        return vec![Run::new(Role::Base, line.to_owned())];
    }
    let ending = path.rsplit(['.', '/']).next().unwrap_or("");
    let is_prose = matches!(ending, "md" | "txt" | "LICENSE" | "README");
    let hash = !matches!(
        ending,
        "go" | "rs" | "js" | "ts" | "java" | "cs" | "c" | "h" | "cpp" | "kt" | "proto"
    );
    if is_prose {
        let role = if line.starts_with('#') {
            Role::Accent
        } else {
            Role::Base
        };
        return vec![Run::new(role, line.to_owned())];
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut push = |role: Role, piece: &str| match runs.last_mut() {
        Some(last) if last.role == role => last.text.push_str(piece),
        _ => runs.push(Run::new(role, piece.to_owned())),
    };
    let mut rest = line;
    // `key: value` and `KEY=value` of files of settings.
    if matches!(
        ending,
        "yaml" | "yml" | "env" | "toml" | "properties" | "ini" | "conf"
    ) {
        let bare = rest.trim_start().trim_start_matches("- ");
        let start = rest.len() - bare.len();
        if let Some(at) = bare.find([':', '=']).filter(|_| !bare.starts_with('#')) {
            push(Role::Base, rest.get(..start).unwrap_or(""));
            push(Role::Link, bare.get(..at).unwrap_or(""));
            rest = bare.get(at..).unwrap_or("");
        }
    }
    while let Some(letter) = rest.chars().next() {
        let is_comment = rest.starts_with("//") && is_no_address(line, rest)
            || rest.starts_with("/*")
            || rest.starts_with("--") && ending == "sql"
            || letter == '#' && hash && starts_word(line, rest);
        if is_comment {
            push(Role::Faint, rest);
            break;
        }
        let end = match letter {
            '"' | '\'' | '`' => {
                let inside = rest.get(letter.len_utf8()..).unwrap_or("");
                let close = inside
                    .char_indices()
                    .scan(false, |escaped, (at, next)| {
                        let was = std::mem::replace(escaped, next == '\\' && !*escaped);
                        Some((at, next, was))
                    })
                    .find(|(_, next, escaped)| *next == letter && !escaped)
                    .map(|(at, ..)| at + 2 * letter.len_utf8());
                if let Some(end) = close {
                    push(Role::Good, rest.get(..end).unwrap_or(rest));
                    end
                } else {
                    push(Role::Base, rest.get(..1).unwrap_or(rest));
                    1
                }
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                let end = rest
                    .find(|next: char| !next.is_alphanumeric() && next != '_')
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or(rest);
                let after = rest.get(end..).unwrap_or("");
                let role = if KEYWORDS.contains(&word) {
                    Role::Series3
                } else if after.starts_with('(') {
                    Role::Info
                } else {
                    Role::Base
                };
                push(role, word);
                end
            }
            letter if letter.is_ascii_digit() => {
                let end = rest
                    .find(|next: char| !next.is_alphanumeric() && next != '.' && next != '_')
                    .unwrap_or(rest.len());
                push(Role::Series1, rest.get(..end).unwrap_or(rest));
                end
            }
            letter => {
                push(Role::Base, rest.get(..letter.len_utf8()).unwrap_or(rest));
                letter.len_utf8()
            }
        };
        rest = rest.get(end..).unwrap_or("");
    }
    runs
}

/// Whether `//` begins a comment here and not an address.
fn is_no_address(line: &str, rest: &str) -> bool {
    let before = line.get(..line.len() - rest.len()).unwrap_or("");
    !before.ends_with(':')
}

fn starts_word(line: &str, rest: &str) -> bool {
    let before = line.get(..line.len() - rest.len()).unwrap_or("");
    before.is_empty() || before.ends_with(char::is_whitespace)
}

/// Runs without their first columns.
pub fn skipped(runs: Vec<Run>, columns: usize) -> Vec<Run> {
    if columns == 0 {
        return runs;
    }
    let mut left = columns;
    runs.into_iter()
        .filter_map(|run| {
            let cleaned = text::clean(&run.text).into_owned();
            let wide = text::width(&cleaned);
            if wide <= left {
                left -= wide;
                return None;
            }
            let mut used = 0;
            let kept: String = text::cells(&cleaned)
                .filter(|(_, wide)| {
                    used += usize::from(*wide);
                    used > left
                })
                .map(|(symbol, _)| symbol)
                .collect();
            left = 0;
            Some(Run::new(run.role, kept))
        })
        .collect()
}

/// The text of runs.
pub fn text_of(runs: &[Run]) -> String {
    runs.iter().map(|run| run.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::widgets::log_line;

    #[test]
    fn states_stand_out() {
        let roles = |line: &str| -> Vec<(Role, String)> {
            printed(line, false)
                .into_iter()
                .filter(|run| run.role != Role::Base)
                .map(|run| (run.role, run.text))
                .collect()
        };
        assert_eq!(
            roles("web-1   0/1   CrashLoopBackOff   3"),
            [
                (Role::Warn, "0/1".to_owned()),
                (Role::Alert, "CrashLoopBackOff".to_owned()),
            ]
        );
        assert_eq!(
            roles("web-1   1/1   Running"),
            [(Role::Good, "Running".to_owned())]
        );
        assert_eq!(roles("NAME   READY").len(), 1);
        assert_eq!(roles("src/a 10.0.0.0/8"), []);
        assert_eq!(printed("+x", true)[0].role, Role::Added);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_of_a_plain_line_is_lost(line in "[a-z ]{0,30}", other in "\\PC{0,40}", skip in 0_usize..50) {
            prop_assert_eq!(text_of(&printed(&line, false)), line.clone());
            prop_assert_eq!(text_of(&printed(&other, true)), other.clone());
            for path in ["a.go", "b.yaml", "c.md", ".env", "d.py"] {
                prop_assert_eq!(text_of(&code(&other, path)), other.clone());
            }
            let _ = skipped(log_line::painted(&other, Role::Base), skip);
        }
    }
}
