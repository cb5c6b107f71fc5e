//! Words: whether a text says one of several phrases, whatever its spelling of plurals and tenses. Knows no scenario.
//!
//! A text is cut into tokens of letters and digits, lower-case, each brought to a stem. A phrase is said when its
//! stems stand side by side in the text, so `not set` is found in "was not set", `03:29` in "at 03:29 UTC" and `main.go`
//! in "src/main.go:349". There is no grammar: a denial counts as a mention.

/// The longest text that is looked at, in characters: more does not make a claim better.
const LONGEST: usize = 20_000;
/// Stems are never shorter than this.
const SHORTEST_STEM: usize = 3;

/// A text, ready to be asked what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    stems: Vec<String>,
}

impl Said {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let bounded: String = text.chars().take(LONGEST).collect();
        Self {
            stems: stems(&bounded),
        }
    }

    /// Whether it has a phrase. An empty phrase is in no text.
    pub fn has(&self, phrase: &str) -> bool {
        let wanted = stems(phrase);
        !wanted.is_empty()
            && self
                .stems
                .windows(wanted.len())
                .any(|window| window == wanted)
    }

    /// Whether it has one phrase of each list. Without lists it has not.
    pub fn has_one_of_each(&self, lists: &[Vec<String>]) -> bool {
        !lists.is_empty()
            && lists
                .iter()
                .all(|any| any.iter().any(|phrase| self.has(phrase)))
    }

    /// The first phrase of each list that it has, and whether every list has one.
    pub fn found<'a>(&self, lists: &'a [Vec<String>]) -> Vec<Option<&'a str>> {
        lists
            .iter()
            .map(|any| {
                any.iter()
                    .find(|phrase| self.has(phrase))
                    .map(String::as_str)
            })
            .collect()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.stems.is_empty()
    }
}

fn stems(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|token| !token.is_empty())
        .map(|token| stem(&token.to_lowercase()))
        .collect()
}

/// The stem of a lower-case word: plurals, `-ed`, `-ing` and a last `e` are taken off. Rough, but the same for both
/// sides of a comparison.
fn stem(word: &str) -> String {
    if word.len() <= SHORTEST_STEM || !word.chars().all(|letter| letter.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut stem = singular(word);
    for ending in ["ing", "ed"] {
        if let Some(before) = stem.strip_suffix(ending)
            && before.len() >= SHORTEST_STEM
            && before.bytes().any(|letter| b"aeiouy".contains(&letter))
        {
            stem = String::from(undoubled(before));
            break;
        }
    }
    match stem.strip_suffix('e') {
        Some(before) if before.len() >= SHORTEST_STEM => before.to_owned(),
        _ => stem,
    }
}

fn singular(word: &str) -> String {
    if let Some(before) = word.strip_suffix("ies")
        && before.len() >= SHORTEST_STEM
    {
        return format!("{before}y");
    }
    let kept = ["ss", "us", "is"];
    match word.strip_suffix('s') {
        Some(before) if !kept.iter().any(|ending| word.ends_with(ending)) => before.to_owned(),
        _ => word.to_owned(),
    }
}

/// `shipp` is `ship`; `sett` stays, as a setting is no set.
fn undoubled(stem: &str) -> &str {
    let twice = ["bb", "dd", "gg", "mm", "nn", "pp", "rr"];
    if stem.len() > SHORTEST_STEM && twice.iter().any(|pair| stem.ends_with(pair)) {
        stem.get(..stem.len() - 1).unwrap_or(stem)
    } else {
        stem
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lists(lists: &[&[&str]]) -> Vec<Vec<String>> {
        lists
            .iter()
            .map(|any| any.iter().map(|word| (*word).to_owned()).collect())
            .collect()
    }

    #[test]
    fn plurals_and_tenses_are_one_word() {
        for (a, b) in [
            ("crash", "crashes"),
            ("crash", "crashing"),
            ("expire", "expired"),
            ("expire", "expiring"),
            ("ship", "shipped"),
            ("variable", "variables"),
            ("retry", "retries"),
            ("rebalance", "rebalancing"),
            ("setting", "settings"),
            ("deploy", "deployed"),
        ] {
            assert_eq!(stem(a), stem(b), "{a} and {b}");
        }
        for (a, b) in [("set", "setting"), ("bus", "bu"), ("lag", "log")] {
            assert_ne!(stem(a), stem(b), "{a} and {b}");
        }
    }

    #[test]
    fn phrases_are_found_whole_and_nowhere_else() {
        let said = Said::of("KAFKA_SESSION_TIMEOUT_MS was Not  set when 2.15.0 shipped at 03:29");
        for phrase in [
            "not set",
            "session timeout",
            "03:29",
            "2.15.0",
            "ships",
            "KAFKA_SESSION_TIMEOUT_MS",
        ] {
            assert!(said.has(phrase), "{phrase}");
        }
        for phrase in ["", " ", "set not", "15.1", "session ms", "3:29"] {
            assert!(!said.has(phrase), "{phrase}");
        }
    }

    #[test]
    fn one_of_each_list_is_needed() {
        let wanted = lists(&[&["env", "variables"], &["missing", "not set"]]);
        assert!(Said::of("the variable is missing").has_one_of_each(&wanted));
        assert!(!Said::of("the variable is wrong").has_one_of_each(&wanted));
        assert!(!Said::of("the variable is missing").has_one_of_each(&[]));
        assert_eq!(
            Said::of("it is not set").found(&wanted),
            [None, Some("not set")]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_says_its_own_words(text in "\\PC{0,80}") {
            let said = Said::of(&text);
            for word in text.split_whitespace() {
                prop_assert!(stems(word).is_empty() || said.has(word), "{word:?}");
            }
        }
    }
}
