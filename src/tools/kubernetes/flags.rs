//! Flags as kubectl's own parser takes them: long, short, joined, with its error texts. Knows no verb.

use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=true` and `=false`.
    Nothing,
    /// A value.
    Value,
    /// A value joined with `=`; without one, this.
    Maybe(&'static str),
}

/// A flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its long name.
    pub long: &'static str,
    /// Its letter; a space if it has none.
    pub short: char,
    /// What it takes.
    pub takes: Takes,
}

/// A flag without a value.
pub const fn switch(long: &'static str, short: char) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Nothing,
    }
}

/// A flag with a value.
pub const fn value(long: &'static str, short: char) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Value,
    }
}

/// A flag whose value may be left out.
pub const fn maybe(long: &'static str, default: &'static str) -> Flag {
    Flag {
        long,
        short: ' ',
        takes: Takes::Maybe(default),
    }
}

/// Flags every verb takes.
pub const GLOBAL: &[Flag] = &[
    value("namespace", 'n'),
    value("context", ' '),
    value("cluster", ' '),
    value("user", ' '),
    value("kubeconfig", ' '),
    value("server", 's'),
    value("token", ' '),
    value("as", ' '),
    value("as-group", ' '),
    value("as-uid", ' '),
    value("cache-dir", ' '),
    value("certificate-authority", ' '),
    value("client-certificate", ' '),
    value("client-key", ' '),
    switch("disable-compression", ' '),
    switch("insecure-skip-tls-verify", ' '),
    switch("match-server-version", ' '),
    value("password", ' '),
    value("profile", ' '),
    value("profile-output", ' '),
    value("request-timeout", ' '),
    value("tls-server-name", ' '),
    value("username", ' '),
    value("v", 'v'),
    value("vmodule", ' '),
    switch("warnings-as-errors", ' '),
    switch("help", 'h'),
];

/// A command line taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What is no flag, in order.
    pub args: Vec<String>,
    /// What follows `--`.
    pub rest: Option<Vec<String>>,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Parsed {
    /// The last value of a flag.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .and_then(|values| values.last())
            .map(String::as_str)
    }

    /// Every value of a flag.
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a flag was given at all.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether a flag without a value is on.
    pub fn on(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Turns a flag without a value on.
    pub fn turn_on(&mut self, name: &'static str) {
        self.values.entry(name).or_default().push("true".to_owned());
    }

    /// Whether a flag that is on by itself is still on.
    pub fn on_unless_off(&self, name: &str) -> bool {
        self.get(name) != Some("false")
    }

    /// The value of a flag as a whole number; the error is the parser's.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, String> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            format!("invalid argument \"{text}\" for \"--{name}\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax")
        })
    }
}

/// Takes a command line apart. The error is the parser's text without `error: `.
pub fn parse(argv: &[String], flags: &[Flag]) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            parsed.rest = Some(words.cloned().collect());
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, joined) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            let flag = find(flags, |flag| flag.long == name)
                .ok_or_else(|| format!("unknown flag: --{name}"))?;
            let value = match (flag.takes, joined) {
                (Takes::Nothing, None) => "true".to_owned(),
                (Takes::Nothing, Some(value)) => read_bool(flag, &value)?,
                (Takes::Maybe(default), None) => default.to_owned(),
                (Takes::Value, None) => words
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("flag needs an argument: --{name}"))?,
                (_, Some(value)) => value,
            };
            parsed.values.entry(flag.long).or_default().push(value);
        } else if word.len() > 1 && word.starts_with('-') {
            parse_letters(word, flags, &mut words, &mut parsed)?;
        } else {
            parsed.args.push(word.clone());
        }
    }
    Ok(parsed)
}

/// `-w`, `-n alpha`, `-nalpha`, `-n=alpha`, `-wn alpha`.
fn parse_letters<'a>(
    word: &str,
    flags: &[Flag],
    words: &mut impl Iterator<Item = &'a String>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    let letters = word.trim_start_matches('-');
    for (place, letter) in letters.char_indices() {
        let flag = find(flags, |flag| flag.short == letter && letter != ' ')
            .ok_or_else(|| format!("unknown shorthand flag: '{letter}' in {word}"))?;
        let tail = letters.get(place + letter.len_utf8()..).unwrap_or_default();
        let (value, done) = match flag.takes {
            Takes::Value if tail.is_empty() => {
                let next = words.next().cloned();
                let missing = || format!("flag needs an argument: '{letter}' in {word}");
                (next.ok_or_else(missing)?, true)
            }
            Takes::Value => (tail.strip_prefix('=').unwrap_or(tail).to_owned(), true),
            _ => match tail.strip_prefix('=') {
                Some(value) => (read_bool(flag, value)?, true),
                None => ("true".to_owned(), false),
            },
        };
        parsed.values.entry(flag.long).or_default().push(value);
        if done {
            break;
        }
    }
    Ok(())
}

fn find(flags: &[Flag], wanted: impl Fn(&Flag) -> bool) -> Option<&Flag> {
    flags.iter().chain(GLOBAL).find(|flag| wanted(flag))
}

fn read_bool(flag: &Flag, text: &str) -> Result<String, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok("true".to_owned()),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok("false".to_owned()),
        _ => {
            let name = if flag.short == ' ' {
                format!("--{}", flag.long)
            } else {
                format!("-{}, --{}", flag.short, flag.long)
            };
            Err(format!(
                "invalid argument \"{text}\" for \"{name}\" flag: strconv.ParseBool: parsing \"{text}\": invalid syntax"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FLAGS: &[Flag] = &[
        switch("watch", 'w'),
        value("output", 'o'),
        maybe("dry-run", "unchanged"),
    ];

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn read(line: &str) -> Result<Parsed, String> {
        parse(&words(line), FLAGS)
    }

    #[test]
    fn every_way_of_writing_a_flag_is_taken() {
        for line in [
            "pods -n alpha -o wide -w",
            "pods --namespace=alpha -owide --watch",
            "--namespace alpha pods -wo=wide",
        ] {
            let parsed = read(line).unwrap();
            assert_eq!(parsed.args, ["pods"]);
            assert_eq!(parsed.get("namespace"), Some("alpha"));
            assert_eq!(parsed.get("output"), Some("wide"));
            assert!(parsed.on("watch"));
        }
        assert_eq!(
            read("--dry-run x").unwrap().get("dry-run"),
            Some("unchanged")
        );
        let rest = read("pod -- env -w").unwrap();
        assert_eq!(rest.rest, Some(words("env -w")));
    }

    #[test]
    fn mistakes_are_worded_as_the_parser_does() {
        assert_eq!(read("--foo").unwrap_err(), "unknown flag: --foo");
        assert_eq!(read("-z").unwrap_err(), "unknown shorthand flag: 'z' in -z");
        assert_eq!(read("-n").unwrap_err(), "flag needs an argument: 'n' in -n");
        assert_eq!(
            read("--output").unwrap_err(),
            "flag needs an argument: --output"
        );
        assert!(
            read("--watch=maybe")
                .unwrap_err()
                .contains("strconv.ParseBool")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_line_is_taken_or_refused(line in prop::collection::vec("-{0,3}\\PC{0,6}", 0..6)) {
            let _ = parse(&line, FLAGS);
        }
    }
}
