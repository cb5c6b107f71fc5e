//! Regular expressions that most matchers have: alternatives of letters and dots, perhaps with anything after them. They
//! are matched as they stand, which saves building an automaton for each. Anything else is for the regex library.

/// Characters that mean something in a regular expression, beside `.`, `|` and what follows a closing `.`.
const SPECIAL: &str = "\\^$*+?()[]{}";

/// Alternatives, one of which must be the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlainPattern(Vec<Alternative>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    /// The characters that the text begins with; `None` stands for any one.
    begins: Vec<Option<char>>,
    /// What may come after them.
    rest: Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// `.*`
    Anything,
    /// `.+`
    Something,
}

impl PlainPattern {
    /// Reads a pattern; `None` if it has more in it than this knows.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let alternatives = pattern.split('|').map(Alternative::new);
        alternatives.collect::<Option<_>>().map(Self)
    }

    /// Whether one of the alternatives is the whole text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.iter().any(|alternative| alternative.is_match(text))
    }
}

impl Alternative {
    fn new(text: &str) -> Option<Self> {
        let (begins, rest) = match (text.strip_suffix(".*"), text.strip_suffix(".+")) {
            (Some(begins), _) => (begins, Rest::Anything),
            (_, Some(begins)) => (begins, Rest::Something),
            _ => (text, Rest::Nothing),
        };
        if begins.contains(|character| SPECIAL.contains(character)) {
            return None;
        }
        let letter = |character| (character != '.').then_some(character);
        Some(Self {
            begins: begins.chars().map(letter).collect(),
            rest,
        })
    }

    fn is_match(&self, text: &str) -> bool {
        let mut left = text.chars();
        let fits = self.begins.iter().all(|wanted| {
            let found = left.next();
            found.is_some() && (wanted.is_none() || found == *wanted)
        });
        fits && match self.rest {
            Rest::Nothing => left.next().is_none(),
            Rest::Anything => true,
            Rest::Something => left.next().is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::matcher::anchored_regex;
    use super::*;

    #[test]
    fn what_rules_have_is_plain() {
        for pattern in ["5..", "a|b", "INTERNAL|DATA_LOSS", "pod:.*", ".+", ""] {
            assert!(PlainPattern::new(pattern).is_some(), "{pattern}");
        }
        for pattern in [
            "a+", "(a|b)", "a.*b", "a\\.b", "[ab]", "a{2}", ".*.*", "^a", "é*",
        ] {
            assert!(PlainPattern::new(pattern).is_none(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn answers_are_those_of_the_regex_library(pattern in "[aé.|*+]{0,8}", text in "[aéb\n]{0,6}") {
            if let (Some(plain), Ok(regex)) = (PlainPattern::new(&pattern), anchored_regex(&pattern)) {
                prop_assert_eq!(plain.is_match(&text), regex.is_match(&text), "{:?} on {:?}", pattern, text);
            }
        }

        #[test]
        fn what_is_plain_is_a_regular_expression(pattern in "[aé.|*+ {}-]{0,8}") {
            if PlainPattern::new(&pattern).is_some() {
                prop_assert!(anchored_regex(&pattern).is_ok());
            }
        }
    }
}
