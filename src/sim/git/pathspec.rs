//! Pathspecs: which files a command looks at. Plain paths, wildcards (`*.go`) and exclusions (`:!docs`). Paths are already
//! relative to the repository.

use regex::Regex;

use super::tree::Tree;

/// One pattern.
#[derive(Clone, Debug)]
enum Pattern {
    /// The file, or everything below the folder; empty is everything.
    Below(String),
    /// Every path that matches as a whole.
    Matching(Regex),
}

/// Some files of a repository. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Pathspec {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

impl Pathspec {
    /// The files at or below some paths, without wildcards.
    pub fn below(paths: &[&str]) -> Self {
        Self {
            include: paths
                .iter()
                .map(|path| Pattern::Below((*path).to_owned()))
                .collect(),
            exclude: Vec::new(),
        }
    }

    /// Adds a pattern relative to the repository; `*`, `?` and `[...]` are wildcards and match slashes, as in git.
    pub fn add(&mut self, pattern: &str, exclude: bool) {
        let compiled = match wildcard(pattern) {
            Some(regex) => Pattern::Matching(regex),
            None => Pattern::Below(pattern.trim_end_matches('/').to_owned()),
        };
        if exclude {
            self.exclude.push(compiled);
        } else {
            self.include.push(compiled);
        }
    }

    /// Whether it takes every file.
    pub fn is_everything(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// Whether it takes a file.
    pub fn matches(&self, path: &str) -> bool {
        let included =
            self.include.is_empty() || self.include.iter().any(|pattern| pattern.matches(path));
        included && !self.exclude.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether some file that it takes differs between two trees.
    pub fn differs(&self, old: &Tree, new: &Tree) -> bool {
        let only_paths: Option<Vec<&str>> = self
            .include
            .iter()
            .map(|pattern| match pattern {
                Pattern::Below(path) => Some(path.as_str()),
                Pattern::Matching(_) => None,
            })
            .collect();
        match only_paths {
            // Plain paths are looked up in the trees, which is cheap in a long history.
            Some(paths) if self.exclude.is_empty() => {
                if paths.is_empty() {
                    old.differs_at(new, "")
                } else {
                    paths.iter().any(|path| old.differs_at(new, path))
                }
            }
            _ => old.changed(new).iter().any(|path| self.matches(path)),
        }
    }

    /// The one file or folder it names, if it names just one.
    pub fn single(&self) -> Option<&str> {
        match (self.include.as_slice(), self.exclude.as_slice()) {
            ([Pattern::Below(path)], []) => Some(path),
            _ => None,
        }
    }
}

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Below(wanted) => is_below(path, wanted),
            Self::Matching(regex) => regex.is_match(path),
        }
    }
}

/// Whether a path is `wanted` or lies below it.
pub fn is_below(path: &str, wanted: &str) -> bool {
    wanted.is_empty()
        || path
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a file is one of some paths or lies below one. No paths take every file.
pub fn is_within(path: &str, paths: &[String]) -> bool {
    paths.is_empty() || paths.iter().any(|wanted| is_below(path, wanted))
}

/// The regular expression of a pattern with wildcards; `None` for a plain path.
fn wildcard(pattern: &str) -> Option<Regex> {
    if !pattern.contains(['*', '?', '[']) {
        return None;
    }
    let expression = format!("^(?s:{})$", glob_expression(pattern, true));
    regex::RegexBuilder::new(&expression)
        .size_limit(1 << 20)
        .build()
        .ok()
}

/// The regular expression of a shell pattern, unanchored. `across` lets wildcards match slashes.
pub fn glob_expression(pattern: &str, across: bool) -> String {
    let (any, one) = if across {
        (".*", ".")
    } else {
        ("[^/]*", "[^/]")
    };
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' => {
                while rest.next_if_eq(&'*').is_some() {}
                out.push_str(any);
            }
            '?' => out.push_str(one),
            '[' => out.push_str(&bracket(&mut rest)),
            '\\' => out.push_str(&regex::escape(&rest.next().unwrap_or('\\').to_string())),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out
}

/// A bracket expression after its `[`; without its end it is a plain bracket.
fn bracket(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut ahead = rest.clone();
    let mut set = String::new();
    if ahead.next_if(|c| matches!(c, '!' | '^')).is_some() {
        set.push('^');
    }
    let mut first = true;
    while let Some(character) = ahead.next() {
        if character == ']' && !first {
            *rest = ahead;
            return format!("[{set}]");
        }
        first = false;
        match character {
            '-' => set.push('-'),
            '\\' | '[' | ']' | '^' | '&' | '~' => {
                set.push('\\');
                set.push(character);
            }
            other => set.push(other),
        }
    }
    regex::escape("[")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let mut spec = Pathspec::default();
        spec.add(pattern, false);
        spec.matches(path)
    }

    #[test]
    fn paths_and_wildcards_take_what_they_take_in_git() {
        assert!(matches("src", "src/main.go"));
        assert!(matches("src/", "src/main.go"));
        assert!(!matches("src", "srcs/main.go"));
        assert!(matches("*.go", "src/main.go"));
        assert!(matches("src/*/main.go", "src/a/b/main.go"));
        assert!(matches("src/[mn]ain.?o", "src/main.go"));
        assert!(!matches("src/[!m]ain.go", "src/main.go"));
        assert!(matches("src/*", "src/a/b"));
        assert!(!matches("[", "a"));
    }

    #[test]
    fn exclusions_win() {
        let mut spec = Pathspec::below(&["src"]);
        spec.add("src/docs", true);
        assert!(spec.matches("src/a"));
        assert!(!spec.matches("src/docs/a"));
        assert!(!spec.matches("b"));
    }
}
