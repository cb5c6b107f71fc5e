//! File names with `*`, `?` and `[...]`. Time linear in pattern times name; never asks what is at a path.

/// Whether a name fits a pattern.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // Where to go on after the last star: the pattern behind it, and the name that it does not take yet.
    let mut retry: Option<(usize, usize)> = None;
    let (mut p, mut n) = (0, 0);
    loop {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        if n == name.len() && p == pattern.len() {
            return true;
        }
        match name.get(n).and_then(|letter| one(&pattern, p, *letter)) {
            Some(next) => {
                p = next;
                n += 1;
            }
            None => match retry {
                Some((after, taken)) if taken < name.len() => {
                    retry = Some((after, taken + 1));
                    p = after;
                    n = taken + 1;
                }
                _ => return false,
            },
        }
    }
}

/// Whether one letter fits at a place of the pattern: the place behind it.
fn one(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match class(pattern, at, letter) {
            Some((fits, after)) => fits.then_some(after),
            None => (letter == '[').then_some(at + 1),
        },
        '\\' => match pattern.get(at + 1) {
            Some(plain) => (*plain == letter).then_some(at + 2),
            None => (letter == '\\').then_some(at + 1),
        },
        plain => (*plain == letter).then_some(at + 1),
    }
}

/// Whether a letter is in the class that begins here, and the place behind it; `None` when it never closes.
fn class(pattern: &[char], at: usize, letter: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(at + 1), Some('!' | '^'));
    let first = at + 1 + usize::from(negated);
    let close = pattern
        .iter()
        .enumerate()
        .skip(first + 1)
        .find(|(_, letter)| **letter == ']')
        .map(|(place, _)| place)?;
    let mut inside = false;
    let mut place = first;
    while place < close {
        let low = *pattern.get(place)?;
        if pattern.get(place + 1) == Some(&'-') && place + 2 < close {
            let high = *pattern.get(place + 2)?;
            inside |= (low..=high).contains(&letter);
            place += 3;
        } else {
            inside |= low == letter;
            place += 1;
        }
    }
    Some((inside != negated, close + 1))
}

/// Whether a word has anything that a file's name could take the place of.
pub fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_marks_and_classes() {
        for (pattern, name, fits) in [
            ("*.go", "main.go", true),
            ("*.go", "main.goo", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("*a*b*", "xxaxxbxx", true),
            ("[", "[", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_name_fits_itself_and_stars(name in "[a-z.]{0,12}", pattern in "[a-z*?\\[\\]!\\\\-]{0,40}") {
            prop_assert!(matches(&name, &name));
            let suffixed = format!("*{name}");
            prop_assert!(matches(&suffixed, &name));
            let _ = matches(&pattern, &name);
        }
    }
}
