//! `key=value` pairs of a line. Quoted values may hold blanks and escapes.

use std::borrow::Cow;

/// Hands over every pair of a line, a key alone with an empty value. With `strict` the first malformed pair is an error,
/// else it is passed over.
pub fn each(
    line: &str,
    strict: bool,
    found: &mut dyn FnMut(&str, Cow<'_, str>),
) -> Result<(), String> {
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let at = line.len() - rest.len() + 1;
        let end = rest
            .find(|letter: char| letter == '=' || letter == '"' || letter.is_whitespace())
            .unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        match after.chars().next() {
            Some('=') if key.is_empty() => {
                if strict {
                    return Err(format!("logfmt syntax error at pos {at} : unexpected '='"));
                }
                rest = skip_word(after);
            }
            Some('=') => {
                let value = after.get(1..).unwrap_or("");
                if let Some(quoted) = value.strip_prefix('"') {
                    match quoted_value(quoted) {
                        Some((text, after)) => {
                            found(key, text);
                            rest = after;
                        }
                        None if strict => {
                            return Err(format!(
                                "logfmt syntax error at pos {} : unterminated quoted value",
                                line.len()
                            ));
                        }
                        None => rest = "",
                    }
                } else {
                    let end = value
                        .find(|letter: char| letter.is_whitespace())
                        .unwrap_or(value.len());
                    let (value, after) = value.split_at(end);
                    if value.contains('"') && strict {
                        return Err(format!("logfmt syntax error at pos {at} : unexpected '\"'"));
                    }
                    found(key, Cow::Borrowed(value));
                    rest = after;
                }
            }
            Some('"') => {
                if strict {
                    return Err(format!("logfmt syntax error at pos {at} : unexpected '\"'"));
                }
                rest = skip_word(after);
            }
            _ => {
                if !key.is_empty() {
                    found(key, Cow::Borrowed(""));
                }
                rest = after;
            }
        }
        rest = rest.trim_start();
    }
    Ok(())
}

fn skip_word(text: &str) -> &str {
    let end = text
        .find(|letter: char| letter.is_whitespace())
        .unwrap_or(text.len());
    text.get(end..).unwrap_or("")
}

/// The text up to the closing quote, and what comes after it.
fn quoted_value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut escaped = false;
    let mut plain = true;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => {
                escaped = true;
                plain = false;
            }
            '"' => {
                let inside = text.get(..at)?;
                let after = text.get(at + 1..)?;
                if plain {
                    return Some((Cow::Borrowed(inside), after));
                }
                let json = format!("\"{inside}\"");
                let value = serde_json::from_str(&json).unwrap_or_else(|_| inside.to_owned());
                return Some((Cow::Owned(value), after));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<String> {
        let mut pairs = Vec::new();
        each(line, false, &mut |name, value| {
            pairs.push(format!("{name}={value}"));
        })
        .unwrap();
        pairs
    }

    #[test]
    fn pairs_quotes_and_keys_alone() {
        assert_eq!(
            all(r#"level=info msg="a \"b\" c" took=1.5s flag  =x "q" d=""#),
            ["level=info", "msg=a \"b\" c", "took=1.5s", "flag="]
        );
        assert_eq!(all(""), Vec::<String>::new());
        assert_eq!(all("plain words here"), ["plain=", "words=", "here="]);
        assert_eq!(all("é=ü x"), ["é=ü", "x="]);
    }

    #[test]
    fn strict_stops_at_the_first_fault() {
        for line in ["=x", "a=b \"c\"", "a=\"b", "a=b\"c"] {
            assert!(each(line, true, &mut |_, _| {}).is_err(), "{line}");
            assert!(each(line, false, &mut |_, _| {}).is_ok(), "{line}");
        }
    }
}
