//! Checks of texts with a language of their own: templates, figures, regular expressions, PromQL, cron, names.

use super::{Checker, limits, nearest};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

use super::names::Kind;

/// The most bytes that a compiled regular expression may take.
const REGEX_BYTES: usize = 256 << 10;
/// The longest regular expression.
const REGEX_LENGTH: usize = 1000;
/// Figures that every scripted text may hold, beside the names of stocks.
const FIGURES: [&str; 3] = ["lag", "time", "lost"];

impl Checker<'_> {
    /// A log template.
    pub(super) fn template(&mut self, text: &str, at: &Place<'_>) {
        if let Err(flaw) = self.judge.template(text) {
            self.push(
                at.within(flaw.span)
                    .error(ids::TEMPLATE, flaw.message)
                    .hint("a field is `{name:digits(1..9)}`, `{name:word(a|b)}` or `{name:hex(8)}`; a brace is `{{`"),
            );
        }
    }

    /// A text that people say: `{lag}` and the like are figures.
    pub(super) fn figures(&mut self, text: &str, at: &Place<'_>) {
        let mut from = 0;
        while let Some(open) = text
            .get(from..)
            .and_then(|rest| rest.find('{'))
            .map(|i| i + from)
        {
            let Some(close) = text
                .get(open..)
                .and_then(|rest| rest.find('}'))
                .map(|i| i + open)
            else {
                return;
            };
            let name = text.get(open + 1..close).unwrap_or("");
            let known = FIGURES.contains(&name) || self.names.has(Kind::Stock, name);
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            if is_name && !known {
                let all: Vec<&str> = FIGURES
                    .into_iter()
                    .chain(self.names.all(Kind::Stock))
                    .collect();
                let hint = nearest::did_you_mean(name, all.iter().copied())
                    .unwrap_or_else(|| format!("figures are {}", nearest::list(&all)));
                self.push(
                    at.within(open..close + 1)
                        .error(ids::FIGURE, format!("there is no figure `{name}`"))
                        .hint(hint),
                );
            }
            from = close + 1;
        }
    }

    /// A regular expression.
    pub(super) fn regex(&mut self, pattern: &str, at: &Place<'_>) {
        self.patterns += 1;
        if self.patterns > limits::MAX_PATTERNS {
            if self.patterns == limits::MAX_PATTERNS + 1 {
                self.push(
                    at.error(ids::TOO_MANY, "there are too many regular expressions")
                        .hint(format!("at most {}", limits::MAX_PATTERNS)),
                );
            }
            return;
        }
        let built = if pattern.len() > REGEX_LENGTH {
            Err(format!(
                "the expression is longer than {REGEX_LENGTH} bytes"
            ))
        } else {
            regex::RegexBuilder::new(pattern)
                .size_limit(REGEX_BYTES)
                .dfa_size_limit(REGEX_BYTES)
                .nest_limit(64)
                .build()
                .map_err(|error| match error {
                    regex::Error::CompiledTooBig(_) => {
                        "the expression is too large when compiled".to_owned()
                    }
                    // The last line says what; those before it draw the expression.
                    error => error
                        .to_string()
                        .lines()
                        .last()
                        .unwrap_or("")
                        .trim_start_matches("error: ")
                        .to_owned(),
                })
        };
        if let Err(message) = built {
            self.push(
                at.error(
                    ids::REGEX,
                    format!("the regular expression does not compile: {message}"),
                )
                .hint("signs that stand for themselves are written with `\\\\` before them"),
            );
        }
    }

    /// A PromQL expression and the metrics it names.
    pub(super) fn promql(&mut self, text: &str, at: &Place<'_>) {
        match self.judge.promql(text) {
            Ok(metrics) => {
                for (name, span) in metrics {
                    self.metric(&name, &at.within(span));
                }
            }
            Err(flaw) => self.push(
                at.within(flaw.span)
                    .error(
                        ids::PROMQL,
                        format!("the expression cannot be read: {}", flaw.message),
                    )
                    .hint("it is PromQL, as in an alerting rule of Prometheus"),
            ),
        }
    }

    /// Five cron fields.
    pub(super) fn cron(&mut self, schedule: &str, at: &Place<'_>) {
        const RANGES: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
        let fields: Vec<&str> = schedule.split_whitespace().collect();
        let fits = fields.len() == RANGES.len()
            && fields
                .iter()
                .zip(RANGES)
                .all(|(field, range)| cron_field(field, range));
        if !fits {
            self.push(
                at.error(ids::CRON, format!("`{schedule}` is not a cron schedule"))
                    .hint("write minute, hour, day, month and weekday: `*/30 * * * *`"),
            );
        }
    }

    /// A name as Kubernetes takes it: small letters, digits and `-`, at most 63.
    pub(super) fn kubernetes_name(&mut self, name: &str, at: &Place<'_>) {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = (1..=63).contains(&name.len())
            && name.chars().all(inner)
            && !name.starts_with('-')
            && !name.ends_with('-');
        if !fits {
            self.push(
                at.error(
                    ids::NAME,
                    format!("Kubernetes takes no object called `{name}`"),
                )
                .hint("small letters, digits and `-`, at most 63 of them"),
            );
        }
    }

    /// The path of a mounted file: from the container's root, without a way out of it.
    pub(super) fn mounted_path(&mut self, path: &str, at: &Place<'_>) {
        let plain = path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")));
        if !plain {
            self.push(
                at.error(ids::NAME, format!("no file can be mounted at `{path}`"))
                    .hint("write the whole path without `.` and `..`: `/etc/app/settings.toml`"),
            );
        }
    }

    /// A metric or label name as Prometheus takes it.
    pub(super) fn prometheus_name(&mut self, name: &str, at: &Place<'_>) {
        let mut characters = name.chars();
        let first = characters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | ':'));
        if !first || !characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')) {
            self.push(
                at.error(ids::NAME, format!("Prometheus takes no name `{name}`"))
                    .hint("letters, digits, `_` and `:`, and no digit first"),
            );
        }
    }
}

fn cron_field(field: &str, (least, most): (u32, u32)) -> bool {
    let value = |text: &str| {
        text.parse::<u32>()
            .is_ok_and(|value| (least..=most).contains(&value))
    };
    field.split(',').all(|part| {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step_fits = step.parse::<u32>().is_ok_and(|step| step > 0);
        let range_fits = match range.split_once('-') {
            Some((from, to)) => value(from) && value(to),
            None => range == "*" || value(range),
        };
        step_fits && range_fits
    })
}

#[cfg(test)]
mod tests {
    use super::cron_field;

    #[test]
    fn cron_fields_are_read() {
        for field in ["*", "*/5", "0", "1,2,3", "10-20/2", "59"] {
            assert!(cron_field(field, (0, 59)), "{field}");
        }
        for field in ["60", "*/0", "a", "", "1-", "1--2"] {
            assert!(!cron_field(field, (0, 59)), "{field}");
        }
    }
}
