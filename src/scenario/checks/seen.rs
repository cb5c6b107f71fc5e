//! Checks that what a clue or herring names can be seen: that a file holds its text, that a service writes its line.
//! Bounded work: beyond it nothing more is compared, and nothing is complained about.

use super::Checker;
use crate::scenario::format::effect::Effect;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;
use crate::scenario::pack::CommitChange;

/// The most bytes that are compared for one scenario.
const MAX_WORK: usize = 64 << 20;
/// The longest text that is looked for in templates.
const MAX_WANTED: usize = 200;

impl Checker<'_> {
    /// A text that a file has at some time: in what the repository began with, or around a change of it.
    pub(super) fn file_holds(&mut self, repo: &str, path: &str, wanted: &str, at: &Place<'_>) {
        let Some(texts) = self.subject.repositories.get(repo) else {
            return;
        };
        if !self.subject.whole || self.comparisons > MAX_WORK {
            return;
        }
        let mut versions: Vec<String> = texts
            .base
            .get(path)
            .map(ToString::to_string)
            .into_iter()
            .collect();
        for commit in &texts.commits {
            if let CommitChange::Patch(patch) = &commit.change {
                versions.push(section(patch, path));
            }
        }
        if versions.iter().all(String::is_empty) {
            // That there is no such file is said already.
            return;
        }
        self.comparisons += versions.iter().map(String::len).sum::<usize>();
        let held = wanted
            .lines()
            .all(|line| versions.iter().any(|text| text.contains(line)));
        if !held {
            self.push(
                at.error(
                    ids::ARTIFACT_UNSEEN,
                    format!("`{path}` never holds this text"),
                )
                .hint("copy it from the file or from a commit that changes it"),
            );
        }
    }

    /// A text that a service may write: in a template of its own or of a fault, or on a line about a request.
    pub(super) fn line_is_written(&mut self, service: &str, wanted: &str, at: &Place<'_>) {
        let Some(known) = self.subject.estate.services.get(service) else {
            return;
        };
        let plain = wanted.len() <= MAX_WANTED && !wanted.contains(['"', '\\', '\n']);
        if !plain || !self.subject.whole || self.comparisons > MAX_WORK {
            return;
        }
        let Some(own) = self.judge.lines() else {
            return;
        };
        let logs = known.logs.values().map(|log| log.text.as_str());
        let mut written: Vec<&str> = own.iter().copied().chain(logs).collect();
        let mut failures: Vec<&str> = Vec::new();
        if let Some(known) = &known.known_crash_loop {
            written.extend(known.says.iter().map(String::as_str));
        }
        let faults = self
            .subject
            .scenario
            .into_iter()
            .flat_map(|scenario| scenario.faults.values());
        for effect in faults.flat_map(|fault| &fault.effects) {
            match effect {
                Effect::Log { of, template, .. } if of == service => written.push(template),
                Effect::Crash { of, says, .. } if of == service => {
                    written.extend(says.iter().map(|(_, _, text)| text.as_str()));
                }
                Effect::Errors {
                    of,
                    class,
                    status,
                    line,
                    ..
                } if of == service => {
                    failures.extend([class.as_str(), status.as_str()]);
                    written.extend(line.as_deref());
                }
                _ => {}
            }
        }
        // A line about a request holds a route, a status and words of its own: any of them is near enough.
        let routes = known.routes.iter().flat_map(|(path, route)| {
            std::iter::once(path.as_str()).chain(route.error_status.as_deref())
        });
        let about_requests = !known.routes.is_empty()
            && ([
                "request", "route", "status", "duration", "trace", "level", "time",
            ]
            .iter()
            .any(|word| wanted.contains(word))
                || routes.chain(failures).any(|part| {
                    !part.is_empty() && (wanted.contains(part) || part.contains(wanted))
                }));
        self.comparisons += written
            .iter()
            .map(|text| text.len() * wanted.len())
            .sum::<usize>();
        if !about_requests && !written.iter().any(|text| may_hold(text, wanted)) {
            self.push(
                at.error(
                    ids::ARTIFACT_UNSEEN,
                    format!("no line of `{service}` holds this text"),
                )
                .hint("copy it from one of the service's `logs`, or from a `Log`, `Errors` or `Crash` effect"),
            );
        }
    }
}

/// What a patch shows of a file: its lines, without the signs before them.
fn section(patch: &str, path: &str) -> String {
    let mut inside = false;
    let mut text = String::new();
    for line in patch.lines() {
        if line.starts_with("diff --git ") {
            inside = false;
        } else if let Some(name) = line
            .strip_prefix("+++ b/")
            .or_else(|| line.strip_prefix("--- a/"))
        {
            inside = name == path;
        } else if inside && let Some(rest) = line.get(1..) {
            text.push_str(rest);
            text.push('\n');
        }
    }
    text
}

/// A piece of a template.
#[derive(Clone, Debug)]
enum Piece<'a> {
    Letter(char),
    /// A field: any text of the letters that its kind gives.
    Field(&'a str),
}

impl Piece<'_> {
    /// Whether a field of this kind can give a letter. The kind is what follows the name.
    fn gives(kind: &str, letter: char) -> bool {
        let name = kind.split('(').next().unwrap_or("");
        match name {
            "word" => kind.contains(letter),
            "digits" | "money" | "duration_ms" | "duration_us" => {
                letter.is_ascii_digit() || letter == '.'
            }
            "hex" | "uuid" | "trace" | "trace_id" | "span" | "span_id" => {
                letter.is_ascii_hexdigit() || letter == '-'
            }
            "ip" => letter.is_ascii_digit() || letter == '.',
            "time" | "timestamp" => letter.is_ascii_digit() || "-:.,TZ ".contains(letter),
            "pod" | "node" => letter.is_ascii_alphanumeric() || "-.".contains(letter),
            _ => true,
        }
    }
}

/// Whether a template may give a text with this part.
fn may_hold(template: &str, wanted: &str) -> bool {
    let wanted: Vec<char> = wanted.chars().collect();
    // Which beginnings of the part may end just before this piece.
    let mut reached = vec![false; wanted.len() + 1];
    for piece in pieces(template) {
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        let mut next = vec![false; wanted.len() + 1];
        let is_field = matches!(piece, Piece::Field(_));
        let mut before = false;
        for (at, was) in reached.iter().enumerate() {
            // A field may be empty, and goes on where it gives the letter.
            let here = before || (is_field && *was);
            if let Some(slot) = next.get_mut(at) {
                *slot = here;
            }
            before = wanted.get(at).is_some_and(|letter| match piece {
                Piece::Letter(own) => *was && own == *letter,
                Piece::Field(kind) => here && Piece::gives(kind, *letter),
            });
        }
        reached = next;
        if reached.last() == Some(&true) {
            return true;
        }
    }
    false
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(letter) = rest.chars().next() {
        let tail = rest.get(letter.len_utf8()..).unwrap_or("");
        if matches!(letter, '{' | '}') && tail.starts_with(letter) {
            found.push(Piece::Letter(letter));
            rest = tail.get(1..).unwrap_or("");
        } else if letter == '{' {
            let (body, after) = tail.split_once('}').unwrap_or((tail, ""));
            found.push(Piece::Field(
                body.split_once(':').map_or(body, |(_, kind)| kind),
            ));
            rest = after;
        } else {
            found.push(Piece::Letter(letter));
            rest = tail;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_gives_the_letters_of_its_kind() {
        let template = "took {ms:digits(1..9)}ms {{raw}} at {pod} for {shop:word(acme|kobo)}";
        for wanted in [
            "took",
            "took 5ms",
            "ms {raw} at",
            "{raw}",
            "7ms {raw} at pod-1",
            "for acme",
            "12",
        ] {
            assert!(may_hold(template, wanted), "{wanted}");
        }
        for wanted in [
            "raw at",
            "ms {{raw",
            "took xms",
            "for zeta",
            "BATCH_MS is not set",
        ] {
            assert!(!may_hold(template, wanted), "{wanted}");
        }
        assert!(!may_hold("", "x"));
    }

    #[test]
    fn a_patch_shows_the_lines_of_one_file() {
        let patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\ndiff --git a/y b/y\n--- /dev/null\n+++ b/y\n+other\n";
        assert_eq!(section(patch, "x"), "@ -1 +1 @@\nold\nnew\n");
        assert_eq!(section(patch, "y"), "other\n");
    }
}
