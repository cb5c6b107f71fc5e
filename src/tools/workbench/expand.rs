//! Words to what a program gets: variables, output of commands, sums, braces, splitting, file names. Bounded.

use super::language::tree::{Change, Part, Word};
use super::machine::{Machine, Stop};
use crate::tools::code::glob;

/// The most words that one word becomes, and the most bytes of one.
const MOST_WORDS: usize = 4_000;
const MOST_BYTES: usize = 1 << 20;

/// A letter and whether it was quoted, so that it neither parts words nor stands for names.
type Letter = (char, bool);

impl Machine<'_> {
    /// Words as a program gets them.
    pub(super) fn words(&mut self, words: &[Word]) -> Result<Vec<String>, Stop> {
        let mut out = Vec::new();
        for word in words {
            for word in braces(word) {
                self.fields(&word, &mut out)?;
            }
            if out.len() > MOST_WORDS {
                return self.fail("bash: argument list too long");
            }
        }
        Ok(out)
    }

    /// A word as one text, neither parted nor taken for names: values of variables, files of redirections.
    pub(super) fn single(&mut self, word: &Word) -> Result<String, Stop> {
        let mut fields = vec![Vec::new()];
        self.parts(word, &mut fields, false)?;
        let texts: Vec<String> = fields
            .into_iter()
            .map(|field| field.into_iter().map(|(letter, _)| letter).collect())
            .collect();
        Ok(texts.join(" "))
    }

    /// A word as a pattern: what was quoted stands for itself.
    pub(super) fn pattern(&mut self, word: &Word) -> Result<String, Stop> {
        let mut fields = vec![Vec::new()];
        self.parts(word, &mut fields, false)?;
        Ok(escaped(&fields.concat()))
    }

    fn fields(&mut self, word: &Word, out: &mut Vec<String>) -> Result<(), Stop> {
        let mut fields: Vec<Vec<Letter>> = vec![Vec::new()];
        let quoted = self.parts(word, &mut fields, true)?;
        for field in fields {
            if field.is_empty() && !quoted {
                continue;
            }
            let is_pattern = field
                .iter()
                .any(|(letter, quoted)| !quoted && "*?[".contains(*letter));
            let text: String = field.iter().map(|(letter, _)| *letter).collect();
            if is_pattern {
                let names = self.names(&escaped(&field));
                if !names.is_empty() {
                    out.extend(names);
                    continue;
                }
            }
            out.push(text);
        }
        Ok(())
    }

    /// Puts a word's parts behind the last field; whether anything in it was quoted.
    fn parts(
        &mut self,
        word: &Word,
        fields: &mut Vec<Vec<Letter>>,
        splits: bool,
    ) -> Result<bool, Stop> {
        let mut any_quoted = false;
        for (index, part) in word.parts.iter().enumerate() {
            let (text, quoted, parted) = match part {
                Part::Text(text, false) if index == 0 && text.starts_with('~') => {
                    let rest = text.get(1..).unwrap_or("");
                    if rest.is_empty() || rest.starts_with('/') {
                        (format!("{}{rest}", self.home()), false, false)
                    } else {
                        (text.clone(), false, false)
                    }
                }
                Part::Text(text, quoted) => (text.clone(), *quoted, false),
                Part::Variable {
                    name,
                    change,
                    length,
                    quoted,
                } => {
                    let value = self.variable(name, change.as_ref())?;
                    let value = if *length {
                        value.chars().count().to_string()
                    } else {
                        value
                    };
                    (value, *quoted, !*quoted)
                }
                Part::Output(list, quoted) => {
                    let output = self.output_of(list);
                    let output = output.trim_end_matches('\n').to_owned();
                    (output, *quoted, !*quoted)
                }
                Part::Sum(sum, quoted) => {
                    let text = self.single(sum)?;
                    let value =
                        super::sum::value(&text, &|name| self.lookup(name).unwrap_or_default());
                    match value {
                        Ok(value) => (value.to_string(), *quoted, false),
                        Err(error) => return self.fail(&format!("bash: {error}")),
                    }
                }
            };
            any_quoted |= quoted;
            let held: usize = fields.iter().map(Vec::len).sum();
            if held + text.len() > MOST_BYTES {
                return self.fail("bash: argument list too long");
            }
            if parted && splits {
                split(&text, fields);
            } else if let Some(field) = fields.last_mut() {
                field.extend(text.chars().map(|letter| (letter, quoted || parted)));
            }
        }
        Ok(any_quoted)
    }

    fn variable(&mut self, name: &str, change: Option<&(Change, Word)>) -> Result<String, Stop> {
        let value = self.lookup(name);
        let Some((change, word)) = change else {
            return Ok(value.unwrap_or_default());
        };
        let value = value.unwrap_or_default();
        let text = match change {
            Change::Default | Change::Assign | Change::Complain if !value.is_empty() => value,
            Change::Alternative if value.is_empty() => String::new(),
            Change::Default | Change::Alternative => self.single(word)?,
            Change::Assign => {
                let text = self.single(word)?;
                self.state.set(name, text.clone());
                text
            }
            Change::Complain => {
                let said = self.single(word)?;
                let said = if said.is_empty() {
                    "parameter null or not set".to_owned()
                } else {
                    said
                };
                return self.fail(&format!("bash: {name}: {said}"));
            }
            Change::Start(longest) => {
                let pattern = self.single(word)?;
                without_start(&value, &pattern, *longest)
            }
            Change::End(longest) => {
                let pattern = self.single(word)?;
                without_end(&value, &pattern, *longest)
            }
            Change::Replace(all) => {
                let text = self.single(word)?;
                let (from, to) = text.split_once('\n').unwrap_or((&text, ""));
                if from.is_empty() {
                    value
                } else if *all {
                    value.replace(from, to)
                } else {
                    value.replacen(from, to, 1)
                }
            }
        };
        Ok(text)
    }

    /// Names of files that fit a pattern, as it would have been typed.
    fn names(&self, pattern: &str) -> Vec<String> {
        let files = self.files();
        let absolute = pattern.starts_with('/');
        let start = if absolute { "" } else { files.cwd };
        let mut found: Vec<(String, String)> = vec![(
            if absolute {
                "/".to_owned()
            } else {
                String::new()
            },
            start.to_owned(),
        )];
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        for (index, part) in parts.iter().enumerate() {
            let last = index + 1 == parts.len();
            let mut next = Vec::new();
            for (shown, path) in found {
                if !glob::is_pattern(part) {
                    let plain = part.replace('\\', "");
                    let whole = crate::tools::workbench::resolve(&path, &plain);
                    if files.exists(&format!("/{whole}")) {
                        next.push((format!("{shown}{plain}"), whole));
                    }
                    continue;
                }
                for (name, whole, is_folder) in files.list(&path) {
                    let hidden = name.starts_with('.') && !part.starts_with('.');
                    if !hidden && (last || is_folder) && glob::matches(part, &name) {
                        next.push((format!("{shown}{name}"), whole));
                    }
                    if next.len() > MOST_WORDS {
                        return Vec::new();
                    }
                }
            }
            found = if last {
                next
            } else {
                next.into_iter()
                    .map(|(shown, path)| (format!("{shown}/"), path))
                    .collect()
            };
        }
        let mut names: Vec<String> = found.into_iter().map(|(shown, _)| shown).collect();
        names.sort();
        names
    }
}

/// Letters as a pattern: what was quoted is escaped.
fn escaped(letters: &[Letter]) -> String {
    let mut out = String::new();
    for (letter, quoted) in letters {
        if *quoted && "*?[]\\".contains(*letter) {
            out.push('\\');
        }
        out.push(*letter);
    }
    out
}

/// Parts text at blanks into fields; the first goes on with the last field.
fn split(text: &str, fields: &mut Vec<Vec<Letter>>) {
    let mut fresh = false;
    for letter in text.chars() {
        if letter.is_ascii_whitespace() {
            fresh = true;
            continue;
        }
        if std::mem::take(&mut fresh) && fields.last().is_some_and(|field| !field.is_empty()) {
            fields.push(Vec::new());
        }
        if let Some(field) = fields.last_mut() {
            field.push((letter, false));
        }
    }
    if fresh && fields.last().is_some_and(|field| !field.is_empty()) {
        fields.push(Vec::new());
    }
}

fn without_start(value: &str, pattern: &str, longest: bool) -> String {
    let mut places: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
    places.push(value.len());
    if longest {
        places.reverse();
    }
    places
        .into_iter()
        .find(|at| {
            value
                .get(..*at)
                .is_some_and(|start| glob::matches(pattern, start))
        })
        .and_then(|at| value.get(at..))
        .unwrap_or(value)
        .to_owned()
}

fn without_end(value: &str, pattern: &str, longest: bool) -> String {
    let mut places: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
    places.push(value.len());
    if !longest {
        places.reverse();
    }
    places
        .into_iter()
        .find(|at| {
            value
                .get(*at..)
                .is_some_and(|end| glob::matches(pattern, end))
        })
        .and_then(|at| value.get(..at))
        .unwrap_or(value)
        .to_owned()
}

/// `{a,b}` and `{1..5}` in plain parts of a word.
fn braces(word: &Word) -> Vec<Word> {
    for (index, part) in word.parts.iter().enumerate() {
        let Part::Text(text, false) = part else {
            continue;
        };
        let Some((before, choices, after)) = choices(text) else {
            continue;
        };
        let mut out = Vec::new();
        for choice in choices {
            let mut parts: Vec<Part> = word.parts.get(..index).unwrap_or(&[]).to_vec();
            parts.push(Part::Text(format!("{before}{choice}{after}"), false));
            parts.extend_from_slice(word.parts.get(index + 1..).unwrap_or(&[]));
            out.extend(braces(&Word { parts }));
            if out.len() > MOST_WORDS {
                break;
            }
        }
        return out;
    }
    vec![word.clone()]
}

fn choices(text: &str) -> Option<(&str, Vec<String>, &str)> {
    let open = text.find('{')?;
    let mut depth = 0;
    let mut commas = Vec::new();
    let mut close = None;
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(at);
                    break;
                }
            }
            ',' if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    let close = close?;
    let (before, after) = (text.get(..open)?, text.get(close + 1..)?);
    let inside = text.get(open + 1..close)?;
    if commas.is_empty() {
        let (from, to) = inside.split_once("..")?;
        if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
            let count = from.abs_diff(to).min(MOST_WORDS as u64) as i64;
            let step = if from <= to { 1 } else { -1 };
            let numbers = (0..=count).map(|index| (from + index * step).to_string());
            return Some((before, numbers.collect(), after));
        }
        let (mut from, mut to) = (from.chars(), to.chars());
        let (start, end) = (from.next()?, to.next()?);
        if from.next().is_some() || to.next().is_some() || !start.is_ascii() || !end.is_ascii() {
            return None;
        }
        return Some((before, (start..=end).map(String::from).collect(), after));
    }
    let mut parts = Vec::new();
    let mut from = open + 1;
    for comma in commas.into_iter().chain([close]) {
        parts.push(text.get(from..comma)?.to_owned());
        from = comma + 1;
    }
    Some((before, parts, after))
}
