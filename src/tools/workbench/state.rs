//! What a shell keeps from one line to the next: where it stands, variables, aliases, history, files outside the clones.
//! Bounded; never knows what runs.

use std::collections::BTreeMap;

use crate::tools::code::text::Scratch;
use crate::tools::program::Place;

/// The most lines, variables and aliases that are kept.
const MOST_KEPT: usize = 1_000;
/// The most bytes of files outside the clones.
const MOST_SCRATCH: usize = 4 << 20;

/// A shell between two lines.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Where it stands.
    pub place: Place,
    /// Where it stood before.
    pub before: String,
    /// Variables that were set, and whether programs see them.
    pub variables: BTreeMap<String, (String, bool)>,
    /// Words that stand for others.
    pub aliases: BTreeMap<String, String>,
    /// Lines that were typed, oldest first.
    pub history: Vec<String>,
    /// The last exit code.
    pub status: i32,
    /// Files outside the clones.
    pub scratch: Scratch,
}

impl State {
    /// A shell in a folder.
    pub fn new(cwd: String) -> Self {
        let aliases = [
            ("k", "kubectl"),
            ("ll", "ls -l"),
            ("la", "ls -la"),
            ("g", "git"),
        ];
        Self {
            place: Place { cwd },
            aliases: aliases
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            ..Self::default()
        }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: String) {
        let exported = self
            .variables
            .get(name)
            .is_some_and(|(_, exported)| *exported);
        if self.variables.len() < MOST_KEPT || self.variables.contains_key(name) {
            self.variables.insert(name.to_owned(), (value, exported));
        }
    }

    /// Remembers a line.
    pub fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || line.starts_with(' ') {
            return;
        }
        if self.history.last().map(String::as_str) != Some(line) {
            self.history.push(line.to_owned());
        }
        let spare = self.history.len().saturating_sub(MOST_KEPT);
        self.history.drain(..spare);
    }

    /// Writes a file outside the clones.
    ///
    /// # Errors
    /// As a full disk words it.
    pub fn write(&mut self, path: &str, text: String) -> Result<(), String> {
        let others: usize = self
            .scratch
            .iter()
            .filter(|(name, _)| *name != path)
            .map(|(name, text)| name.len() + text.len())
            .sum();
        if others + text.len() > MOST_SCRATCH {
            return Err("No space left on device".to_owned());
        }
        self.scratch.insert(path.to_owned(), text);
        Ok(())
    }

    /// A line with `!!`, `!$` and `!WORD` replaced by what was typed before.
    ///
    /// # Errors
    /// As bash words it: nothing in the history fits.
    pub fn recall(&self, line: &str) -> Result<String, String> {
        if !line.contains('!') {
            return Ok(line.to_owned());
        }
        let mut out = String::new();
        let mut quote = None;
        let mut rest = line;
        while let Some(letter) = rest.chars().next() {
            let after = rest.get(letter.len_utf8()..).unwrap_or("");
            match letter {
                '\'' if quote != Some('"') => {
                    quote = if quote.is_some() { None } else { Some('\'') };
                }
                '"' if quote != Some('\'') => {
                    quote = if quote.is_some() { None } else { Some('"') };
                }
                '\\' if quote != Some('\'') => {
                    out.push(letter);
                    let next = after.chars().next();
                    out.extend(next);
                    rest = after.get(next.map_or(0, char::len_utf8)..).unwrap_or("");
                    continue;
                }
                _ => {}
            }
            if letter != '!' || quote == Some('\'') || out.ends_with(['$', '{', '[']) {
                out.push(letter);
                rest = after;
                continue;
            }
            let word: String = match after.chars().next() {
                Some(sign @ ('!' | '$')) => sign.to_string(),
                Some('=' | '(' | '"' | ' ' | '\t') | None => String::new(),
                Some(_) => after
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || "-_./".contains(*letter))
                    .collect(),
            };
            if word.is_empty() {
                out.push('!');
                rest = after;
                continue;
            }
            let missing = || format!("!{word}: event not found");
            let last = self.history.last();
            let found = match word.as_str() {
                "!" => last.cloned(),
                "$" => last
                    .and_then(|line| line.split_whitespace().last())
                    .map(str::to_owned),
                word => match word.parse::<i64>() {
                    Ok(number) if number < 0 => {
                        let back = number.unsigned_abs() as usize;
                        let at = self.history.len().checked_sub(back);
                        at.and_then(|at| self.history.get(at)).cloned()
                    }
                    Ok(number) => self.history.get((number - 1).max(0) as usize).cloned(),
                    Err(_) => {
                        let mut lines = self.history.iter().rev();
                        lines.find(|line| line.starts_with(word)).cloned()
                    }
                },
            };
            out.push_str(&found.ok_or_else(missing)?);
            rest = after.get(word.len()..).unwrap_or("");
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_recalled() {
        let mut state = State::new(String::new());
        state.remember("kubectl get pods -n shop");
        state.remember("ls -l");
        let recall = |line: &str| state.recall(line);
        assert_eq!(recall("!! | wc").unwrap(), "ls -l | wc");
        assert_eq!(recall("!kub").unwrap(), "kubectl get pods -n shop");
        assert_eq!(recall("echo !$").unwrap(), "echo -l");
        assert_eq!(recall("!1").unwrap(), "kubectl get pods -n shop");
        assert_eq!(recall("!-2").unwrap(), "kubectl get pods -n shop");
        assert_eq!(recall("! true").unwrap(), "! true");
        assert_eq!(recall("[ a != b ]").unwrap(), "[ a != b ]");
        assert_eq!(recall("echo 'a!b' \\!c").unwrap(), "echo 'a!b' \\!c");
        assert_eq!(recall("!x").unwrap_err(), "!x: event not found");
    }
}
