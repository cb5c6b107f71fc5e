//! `<ip> - - <_> "<method> <uri>"`: literal text with captures between. The first place where a literal fits ends a capture.

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// A capture; without a name for `<_>`.
    Capture(Option<String>),
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    pieces: Vec<Piece>,
}

impl Pattern {
    /// Reads a pattern with at least one named capture; the error is in Loki's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern = Self::read(text)?;
        if text.is_empty() {
            return Err(
                "syntax error: unexpected $end, expecting IDENTIFIER or LITERAL".to_owned(),
            );
        }
        let names: Vec<&str> = pattern.names().collect();
        if names.is_empty() {
            return Err("at least one capture is required".to_owned());
        }
        for (index, name) in names.iter().enumerate() {
            if names.iter().skip(index + 1).any(|other| other == name) {
                return Err(format!(
                    "duplicate capture name ({name}): invalid expression"
                ));
            }
        }
        Ok(pattern)
    }

    /// Reads the pattern of a line filter, whose captures must all be `<_>`.
    pub fn parse_filter(text: &str) -> Result<Self, String> {
        let pattern = Self::read(text)?;
        if let Some(name) = pattern.names().next() {
            return Err(format!("named captures are not allowed: found '<{name}>'"));
        }
        Ok(pattern)
    }

    fn read(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let Some((name, after)) = capture(rest) {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                if let Some(Piece::Capture(before)) = pieces.last() {
                    let before = before.as_deref().unwrap_or("_");
                    return Err(format!(
                        "found consecutive capture '<{before}><{name}>': invalid expression"
                    ));
                }
                pieces.push(Piece::Capture((name != "_").then(|| name.to_owned())));
                rest = after;
            } else {
                literal.push(letter);
                rest = rest.get(letter.len_utf8()..).unwrap_or("");
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Capture(name) => name.as_deref(),
            Piece::Literal(_) => None,
        })
    }

    /// Hands over the captures of a line, as far as it follows the pattern.
    pub fn each(&self, line: &str, found: &mut dyn FnMut(&str, &str)) {
        let mut rest = line;
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Literal(text) => match rest.find(text.as_str()) {
                    // Only the first literal may stand later in the line.
                    Some(at) => rest = rest.get(at + text.len()..).unwrap_or(""),
                    None => return,
                },
                Piece::Capture(name) => {
                    let end = match pieces.peek() {
                        Some(Piece::Literal(text)) => rest.find(text.as_str()),
                        _ => Some(rest.len()),
                    };
                    let value = rest.get(..end.unwrap_or(rest.len())).unwrap_or("");
                    if let Some(name) = name {
                        found(name, value);
                    }
                    let Some(end) = end else { return };
                    rest = rest.get(end..).unwrap_or("");
                }
            }
        }
    }

    /// The same as an expression over whole lines, for a line filter.
    pub fn as_regex(&self) -> String {
        let mut regex = String::from("(?s)^");
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => regex.push_str(&regex::escape(text)),
                Piece::Capture(_) => regex.push_str(".*?"),
            }
        }
        regex.push('$');
        regex
    }
}

/// A capture at the beginning of a text, and what comes after it.
fn capture(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('<')?;
    let end = inside.find('>')?;
    let name = inside.get(..end)?;
    let mut letters = name.chars();
    let first = letters.next()?;
    let plain = (first == '_' || first.is_ascii_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
    plain.then(|| (name, inside.get(end + 1..).unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(pattern: &str, line: &str) -> Vec<String> {
        let mut found = Vec::new();
        let pattern = Pattern::parse(pattern).unwrap();
        pattern.each(line, &mut |name, value| {
            found.push(format!("{name}={value}"));
        });
        found
    }

    #[test]
    fn an_access_line_is_taken_apart() {
        let line = r#"10.0.0.1 - - [02/Dec/2024] "GET /a?b HTTP/1.1" 200 512"#;
        assert_eq!(
            captures(r#"<ip> - - <_> "<method> <uri> <_>" <status> <size>"#, line),
            [
                "ip=10.0.0.1",
                "method=GET",
                "uri=/a?b",
                "status=200",
                "size=512"
            ]
        );
        assert_eq!(captures("status=<code>,", "x status=5"), ["code=5"]);
        assert_eq!(captures("nothing <a>", "something"), Vec::<String>::new());
    }

    #[test]
    fn faults_are_told_as_loki_does() {
        let error = |text: &str| Pattern::parse(text).unwrap_err();
        assert_eq!(error("<_>"), "at least one capture is required");
        assert_eq!(error("foo"), "at least one capture is required");
        assert_eq!(
            error("<f><f>"),
            "found consecutive capture '<f><f>': invalid expression"
        );
        assert_eq!(
            error("f<f><_>"),
            "found consecutive capture '<f><_>': invalid expression"
        );
        assert_eq!(
            error("<f> f<f>"),
            "duplicate capture name (f): invalid expression"
        );
        assert_eq!(
            error(""),
            "syntax error: unexpected $end, expecting IDENTIFIER or LITERAL"
        );
        assert!(Pattern::parse_filter("<a> x").is_err());
        assert_eq!(
            Pattern::parse_filter("a <_> (b)").unwrap().as_regex(),
            r"(?s)^a .*? \(b\)$"
        );
    }
}
