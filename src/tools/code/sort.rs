//! `sort` and `uniq`: lines in order, and runs of equal lines.

use std::cmp::Ordering;

use super::options::{Options, Spec, Takes};
use super::text::{Input, Reader, Tool, joined};
use crate::session::Answer;
use crate::tools::Example;

/// `sort`.
pub const SORT: Tool = Tool {
    name: "sort",
    about: "Sorts lines: -n by number, -h by size, -r reversed, -u without doubles, -k FIELD, -t SEPARATOR",
    run: sort,
    examples: &[
        Example {
            line: "printf '10\\n9\\n100\\n' | sort -rn",
            about: "By number, largest first",
            prints: "100\n10\n9\n",
        },
        Example {
            line: "printf 'a 2K\\nb 1M\\nc 3\\n' | sort -k2 -h",
            about: "By sizes in the second field",
            prints: "c 3\na 2K\nb 1M\n",
        },
    ],
};

/// `uniq`.
pub const UNIQ: Tool = Tool {
    name: "uniq",
    about: "Leaves out repeated lines: -c counts, -d only repeated, -u only single ones, -i",
    run: uniq,
    examples: &[Example {
        line: "printf 'a\\na\\nb\\n' | uniq -c",
        about: "With counts",
        prints: "      2 a\n      1 b\n",
    }],
};

const SORT_SPEC: Spec = Spec {
    tool: "sort",
    short: "bdfghinrsuVk:t:o:cCmz",
    long: &[
        ("ignore-leading-blanks", 'b', Takes::Nothing),
        ("dictionary-order", 'd', Takes::Nothing),
        ("ignore-case", 'f', Takes::Nothing),
        ("general-numeric-sort", 'g', Takes::Nothing),
        ("human-numeric-sort", 'h', Takes::Nothing),
        ("numeric-sort", 'n', Takes::Nothing),
        ("reverse", 'r', Takes::Nothing),
        ("stable", 's', Takes::Nothing),
        ("unique", 'u', Takes::Nothing),
        ("version-sort", 'V', Takes::Nothing),
        ("key", 'k', Takes::Value),
        ("field-separator", 't', Takes::Value),
        ("check", 'c', Takes::Maybe),
    ],
    code: 2,
    usage: "sort [OPTION]... [FILE]...",
};

const UNIQ_SPEC: Spec = Spec {
    tool: "uniq",
    short: "cdiuDf:s:w:",
    long: &[
        ("count", 'c', Takes::Nothing),
        ("repeated", 'd', Takes::Nothing),
        ("ignore-case", 'i', Takes::Nothing),
        ("unique", 'u', Takes::Nothing),
        ("skip-fields", 'f', Takes::Value),
    ],
    code: 1,
    usage: "uniq [OPTION]... [INPUT [OUTPUT]]",
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Text,
    Number,
    Size,
    Version,
}

/// A place in a line by which it is sorted.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a command line are independent of one another"
)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    by: By,
    fold: bool,
    blanks: bool,
    reverse: bool,
    own: bool,
}

impl Key {
    fn of_letters(mut self, letters: &str) -> Self {
        for letter in letters.chars() {
            self.own = true;
            match letter {
                'n' | 'g' => self.by = By::Number,
                'h' => self.by = By::Size,
                'V' => self.by = By::Version,
                'r' => self.reverse = true,
                'f' => self.fold = true,
                'b' => self.blanks = true,
                _ => {}
            }
        }
        self
    }

    /// `2`, `2,3`, `2.1n,2.4`
    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text
            .split_once(',')
            .map_or((text, None), |(start, end)| (start, Some(end)));
        let place = |text: &str| -> Option<((usize, usize), String)> {
            let digits: String = text
                .chars()
                .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
                .collect();
            let letters = text.get(digits.len()..)?.to_owned();
            let (field, letter) = digits.split_once('.').unwrap_or((&digits, ""));
            Some(((field.parse().ok()?, letter.parse().unwrap_or(0)), letters))
        };
        let (from, letters) = place(start)?;
        if from.0 == 0 || !letters.chars().all(|letter| "bdfghinrV".contains(letter)) {
            return None;
        }
        let (to, more) = match end {
            None => (None, String::new()),
            Some(end) => {
                let (to, more) = place(end)?;
                (Some(to), more)
            }
        };
        let key = Self {
            from,
            to,
            by: By::Text,
            fold: false,
            blanks: false,
            reverse: false,
            own: false,
        };
        Some(key.of_letters(&letters).of_letters(&more))
    }

    /// The part of a line that is compared.
    fn part<'a>(&self, line: &'a str, separator: Option<char>) -> &'a str {
        let fields = fields(line, separator);
        let Some((start, end)) = fields.get(self.from.0 - 1).copied() else {
            return "";
        };
        let start = (start + self.from.1.saturating_sub(1)).min(end);
        let stop = match self.to {
            None => line.len(),
            Some((field, letters)) => match fields.get(field.saturating_sub(1)).copied() {
                None => line.len(),
                Some((_, end)) if letters == 0 => end,
                Some((start, end)) => (start + letters).min(end),
            },
        };
        line.get(start..stop.max(start)).unwrap_or("")
    }
}

/// Where each field begins and ends. Without a separator a field has the blanks before it, as in sort.
fn fields(line: &str, separator: Option<char>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if let Some(separator) = separator {
        let mut start = 0;
        for part in line.split(separator) {
            found.push((start, start + part.len()));
            start += part.len() + separator.len_utf8();
        }
        return found;
    }
    let (mut start, mut in_word) = (0, false);
    for (at, letter) in line.char_indices() {
        if letter.is_whitespace() {
            if in_word {
                found.push((start, at));
                start = at;
            }
            in_word = false;
        } else {
            in_word = true;
        }
    }
    found.push((start, line.len()));
    found
}

/// The number that a text begins with; zero where there is none.
fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(at, letter)| {
            !(letter.is_ascii_digit() || *letter == '.' || (*at == 0 && *letter == '-'))
        })
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or("").parse().unwrap_or(0.0)
}

/// A size such as `2K`, `1.5Gi`.
fn size(text: &str) -> f64 {
    let text = text.trim_start();
    let unit =
        text.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".-".contains(letter));
    let power = match unit.chars().next() {
        Some('K' | 'k') => 1,
        Some('M') => 2,
        Some('G') => 3,
        Some('T') => 4,
        Some('P') => 5,
        _ => 0,
    };
    number(text) * 1024_f64.powi(power)
}

fn version(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| -> Vec<Result<u64, String>> {
        let mut parts: Vec<Result<u64, String>> = Vec::new();
        for letter in text.chars() {
            match (letter.to_digit(10), parts.last_mut()) {
                (Some(digit), Some(Ok(value))) => {
                    *value = value.saturating_mul(10).saturating_add(u64::from(digit));
                }
                (Some(digit), _) => parts.push(Ok(u64::from(digit))),
                (None, Some(Err(word))) => word.push(letter),
                (None, _) => parts.push(Err(letter.to_string())),
            }
        }
        parts
    };
    for (left, right) in parts(left).iter().zip(&parts(right)) {
        let order = match (left, right) {
            (Ok(left), Ok(right)) => left.cmp(right),
            (Err(left), Err(right)) => left.cmp(right),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

fn compare(key: &Key, left: &str, right: &str) -> Ordering {
    let (left, right) = if key.blanks || key.by != By::Text {
        (left.trim_start(), right.trim_start())
    } else {
        (left, right)
    };
    let order = match key.by {
        By::Number => number(left).total_cmp(&number(right)),
        By::Size => size(left).total_cmp(&size(right)),
        By::Version => version(left, right),
        By::Text if key.fold => left.to_lowercase().cmp(&right.to_lowercase()),
        By::Text => left.cmp(right),
    };
    if key.reverse { order.reverse() } else { order }
}

fn keys(options: &Options) -> Result<Vec<Key>, Answer> {
    let global: String = "nghVrfb"
        .chars()
        .filter(|letter| options.has(*letter))
        .collect();
    let mut keys = Vec::new();
    for text in options.values('k') {
        let Some(key) = Key::parse(text) else {
            return Err(Answer::failed(
                format!(
                    "sort: invalid number at field start: invalid count at start of '{text}'\n"
                ),
                2,
            ));
        };
        keys.push(if key.own {
            key
        } else {
            key.of_letters(&global)
        });
    }
    if keys.is_empty() {
        let whole = Key {
            from: (1, 0),
            to: None,
            by: By::Text,
            fold: false,
            blanks: false,
            reverse: false,
            own: false,
        };
        keys.push(whole.of_letters(&global));
    }
    Ok(keys)
}

fn sort(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match SORT_SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let keys = match keys(&options) {
        Ok(keys) => keys,
        Err(answer) => return answer,
    };
    let separator = match options.value('t') {
        Some("\\t") => Some('\t'),
        Some(text) => text.chars().next(),
        None => None,
    };
    let mut reader = Reader::new(input, "sort", "cannot read: {}: ", 2);
    let text = reader.joined(&options.operands);
    let mut lines: Vec<&str> = text.lines().collect();
    let by_keys = |left: &&str, right: &&str| {
        keys.iter()
            .map(|key| compare(key, key.part(left, separator), key.part(right, separator)))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    };
    if options.has('c') {
        let pair = lines.windows(2).enumerate().find(
            |(_, pair)| matches!(pair, [left, right] if by_keys(left, right) == Ordering::Greater),
        );
        return match pair {
            Some((at, [_, line])) => {
                Answer::failed(format!("sort: -:{}: disorder: {line}\n", at + 2), 1)
            }
            _ => Answer::default(),
        };
    }
    lines.sort_by(|left, right| {
        let order = by_keys(left, right);
        if order != Ordering::Equal || options.has('s') || options.has('u') {
            return order;
        }
        let whole = left.cmp(right);
        if options.has('r') {
            whole.reverse()
        } else {
            whole
        }
    });
    if options.has('u') {
        lines.dedup_by(|left, right| by_keys(left, right) == Ordering::Equal);
    }
    reader.answer(joined(lines), 0)
}

fn uniq(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match UNIQ_SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "uniq", "{}: ", 1);
    let first: Vec<String> = options.operands.iter().take(1).cloned().collect();
    let text = reader.joined(&first);
    let skipped: usize = options
        .value('f')
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let key = |line: &str| {
        let at = fields(line, None)
            .get(skipped)
            .map_or(line.len(), |(start, _)| *start);
        let rest = if skipped == 0 {
            line
        } else {
            line.get(at..).unwrap_or("")
        };
        if options.has('i') {
            rest.to_lowercase()
        } else {
            rest.to_owned()
        }
    };
    let mut runs: Vec<(usize, &str, String)> = Vec::new();
    for line in text.lines() {
        let this = key(line);
        match runs.last_mut() {
            Some((count, _, last)) if *last == this => *count += 1,
            _ => runs.push((1, line, this)),
        }
    }
    let lines = runs
        .into_iter()
        .filter(|(count, ..)| !(options.has('d') && *count < 2 || options.has('u') && *count > 1))
        .map(|(count, line, _)| {
            if options.has('c') {
                format!("{count:>7} {line}")
            } else {
                line.to_owned()
            }
        });
    reader.answer(joined(lines), 0)
}

#[cfg(test)]
mod tests {
    use super::super::text::run_on;
    use super::*;

    #[test]
    fn keys_and_separators() {
        let text = "b:2:x\na:10:y\nc:1:x\n";
        let sorted = |argv: &[&str]| run_on(&SORT, argv, text).0;
        assert_eq!(sorted(&["-t:", "-k2n"]), "c:1:x\nb:2:x\na:10:y\n");
        assert_eq!(
            sorted(&["-t:", "-k3,3", "-k2,2nr"]),
            "b:2:x\nc:1:x\na:10:y\n"
        );
        assert_eq!(sorted(&["-t:", "-k3,3", "-u"]), "b:2:x\na:10:y\n");
        assert_eq!(run_on(&SORT, &["-k0"], "").1, 2);
        assert_eq!(run_on(&SORT, &["-V"], "v1.10\nv1.9\n").0, "v1.9\nv1.10\n");
        assert_eq!(
            run_on(&SORT, &["-k2"], "x  b\ny a\n").0,
            "x  b\ny a\n",
            "blanks count, as in sort"
        );
    }
}
