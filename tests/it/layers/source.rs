//! A source file as text, and as code without its comments and literals. Understands of Rust what the rules need, no more.

use std::fs;
use std::path::Path;

use regex::Regex;

/// One file of the crate.
pub struct Source {
    /// From the crate's folder, with `/`: `src/sim/time.rs`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// The same lines with comments and the insides of texts blanked.
    pub code: String,
    /// Lines before the first `#[cfg(test)]`; none of a file that is all tests, as `tests.rs` and what is in a folder `tests`.
    pub lines_without_tests: usize,
}

/// Every Rust file below a folder of the crate, in the order of their paths; none if there is no such folder.
pub fn sources(folder: &str) -> Vec<Source> {
    files(folder)
        .into_iter()
        .filter(|path| Path::new(path).extension().is_some_and(|end| end == "rs"))
        .map(|path| {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            Source::new(&path, &text)
        })
        .collect()
}

/// Every file below a folder of the crate, from the crate's folder, in order.
pub fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The crate's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let is_mark =
            |line: &str| line.starts_with("#[cfg(test)]") || line.starts_with("#![cfg(test)]");
        let is_test_file = path.ends_with("/tests.rs") || path.contains("/tests/");
        let before_mark = text.lines().take_while(|line| !is_mark(line)).count();
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: blank(text),
            lines_without_tests: if is_test_file { 0 } else { before_mark },
        }
    }

    /// The top-level module it belongs to; `None` for the library's and the program's own file.
    pub fn layer(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (name != "lib" && name != "main").then_some(name)
    }

    /// Every path from the crate's root that the code names, with its line: `sim::time`, one or two parts each.
    pub fn crate_paths(&self) -> Vec<(usize, String)> {
        let start = Regex::new(r"\bcrate\s*::\s*").unwrap();
        start
            .find_iter(&self.code)
            .flat_map(|found| {
                let line = self.line_of(found.start());
                path_heads(&self.code[found.end()..])
                    .into_iter()
                    .map(move |path| (line, path))
            })
            .collect()
    }

    /// Lines where a chain of `super::` is long enough to leave the layer.
    pub fn paths_over_the_root(&self) -> Vec<usize> {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let depth = inside.split('/').count();
        let chain = Regex::new(r"\b(super\s*::\s*)+").unwrap();
        let one = Regex::new(r"super").unwrap();
        chain
            .find_iter(&self.code)
            .filter(|found| {
                let line = self.line_of(found.start());
                // A test module inside the file is one deeper.
                let inner = usize::from(line > self.lines_without_tests);
                one.find_iter(found.as_str()).count() >= depth + inner
            })
            .map(|found| self.line_of(found.start()))
            .collect()
    }

    /// The line of a byte, counted from 1.
    pub fn line_of(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// The first two parts of each path that starts here: one, or those of a group in braces.
fn path_heads(code: &str) -> Vec<String> {
    let head = Regex::new(r"^\s*(\w+)(?:\s*::\s*(\w+))?").unwrap();
    let first_two = |text: &str| {
        head.captures(text).map(|parts| match parts.get(2) {
            Some(second) => format!("{}::{}", &parts[1], second.as_str()),
            None => parts[1].to_owned(),
        })
    };
    let Some(group) = code.strip_prefix('{') else {
        return first_two(code).into_iter().collect();
    };
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.extend(first_two(&group[start..at]));
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

/// The text with comments and the insides of texts and characters turned to spaces; lines and bytes stay where they are.
fn blank(text: &str) -> String {
    // In the order in which they are tried: comments, raw texts, texts, characters (which are no lifetimes).
    let token = Regex::new(
        r#"(?xs) //[^\n]* | /\* | \bb?r\#*" | b?"(?:\\.|[^"\\])*" | b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\\n])' "#,
    )
    .unwrap();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = token.find_at(text, at) {
        code.push_str(&text[at..found.start()]);
        let end = match found.as_str() {
            "/*" => end_of_comment(text, found.end()),
            raw if raw.ends_with('"') && raw.trim_start_matches('b').starts_with('r') => {
                end_of_raw(text, &found)
            }
            _ => found.end(),
        };
        code.extend(text[found.start()..end].chars().flat_map(|letter| {
            let blank = if letter == '\n' { '\n' } else { ' ' };
            std::iter::repeat_n(blank, letter.len_utf8())
        }));
        at = end;
    }
    code.push_str(&text[at..]);
    code
}

/// Behind the end of a comment that may hold others.
fn end_of_comment(text: &str, from: usize) -> usize {
    let mark = Regex::new(r"/\*|\*/").unwrap();
    let mut depth = 1;
    for found in mark.find_iter(&text[from..]) {
        depth = if found.as_str() == "/*" {
            depth + 1
        } else {
            depth - 1
        };
        if depth == 0 {
            return from + found.end();
        }
    }
    text.len()
}

fn end_of_raw(text: &str, start: &regex::Match<'_>) -> usize {
    let hashes = start.as_str().matches('#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    text[start.end()..]
        .find(&end)
        .map_or(text.len(), |found| start.end() + found + end.len())
}
