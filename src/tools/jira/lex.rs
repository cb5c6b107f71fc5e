//! The tokens of JQL. Never knows fields or operators' meaning.

/// A token with the place where it begins, counted in characters from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub at: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word without quotes.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    /// `=`, `!=`, `~`, `!~`, `<`, `<=`, `>`, `>=`.
    Operator(&'static str),
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `,`.
    Comma,
}

impl Token {
    /// The token as it was written.
    pub fn text(&self) -> &str {
        match &self.kind {
            TokenKind::Word(text) | TokenKind::Quoted(text) => text,
            TokenKind::Operator(text) => text,
            TokenKind::Open => "(",
            TokenKind::Close => ")",
            TokenKind::Comma => ",",
        }
    }

    /// Whether it is a word of the language.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, TokenKind::Word(text) if text.eq_ignore_ascii_case(word))
    }
}

/// `line 1, character N` as Jira counts.
pub fn place(text: &str, at: usize) -> String {
    let before: Vec<char> = text.chars().take(at).collect();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    format!("(line {line}, character {column})")
}

/// Reads the tokens of a query.
///
/// # Errors
/// As Jira words it: a character that is reserved, a quote that does not end.
pub fn lex(text: &str) -> Result<Vec<Token>, String> {
    const RESERVED: &str = "{}*/%+$#@?;[]^|&`";
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let start = at;
        at += 1;
        let kind = match letter {
            letter if letter.is_whitespace() => continue,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ',' => TokenKind::Comma,
            '=' => TokenKind::Operator("="),
            '~' => TokenKind::Operator("~"),
            '!' | '<' | '>' => {
                let next = letters.get(at).copied();
                let operator = match (letter, next) {
                    ('!', Some('=')) => "!=",
                    ('!', Some('~')) => "!~",
                    ('<', Some('=')) => "<=",
                    ('>', Some('=')) => ">=",
                    ('<', _) => "<",
                    ('>', _) => ">",
                    _ => return Err(reserved(text, letter, start)),
                };
                at += operator.len() - 1;
                TokenKind::Operator(operator)
            }
            '"' | '\'' => {
                let mut quoted = String::new();
                loop {
                    match letters.get(at).copied() {
                        None => {
                            let rest: String = letters.iter().skip(start + 1).collect();
                            return Err(format!(
                                "Error in JQL Query: The quoted string '{rest}' has not been completed. {}",
                                place(text, start)
                            ));
                        }
                        Some('\\') => {
                            quoted.extend(letters.get(at + 1));
                            at += 2;
                        }
                        Some(end) if end == letter => {
                            at += 1;
                            break;
                        }
                        Some(inner) => {
                            quoted.push(inner);
                            at += 1;
                        }
                    }
                }
                TokenKind::Quoted(quoted)
            }
            letter if RESERVED.contains(letter) => return Err(reserved(text, letter, start)),
            _ => {
                let inner = |c: char| !c.is_whitespace() && !"()=~!<>,\"'".contains(c);
                while letters.get(at).copied().is_some_and(inner) {
                    at += 1;
                }
                let word: String = letters.get(start..at).unwrap_or_default().iter().collect();
                TokenKind::Word(word)
            }
        };
        tokens.push(Token { kind, at: start });
    }
    Ok(tokens)
}

fn reserved(text: &str, letter: char, at: usize) -> String {
    format!(
        "Error in JQL Query: The character '{letter}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead. {}",
        u32::from(letter),
        place(text, at)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        let kinds: Vec<TokenKind> = lex("a.b>=-2d AND text !~ \"x \\\" y\" (")
            .unwrap()
            .into_iter()
            .map(|token| token.kind)
            .collect();
        let word = |text: &str| TokenKind::Word(text.to_owned());
        assert_eq!(
            kinds,
            [
                word("a.b"),
                TokenKind::Operator(">="),
                word("-2d"),
                word("AND"),
                word("text"),
                TokenKind::Operator("!~"),
                TokenKind::Quoted("x \" y".to_owned()),
                TokenKind::Open,
            ]
        );
        assert!(
            lex("a = 'b")
                .unwrap_err()
                .contains("has not been completed")
        );
        assert!(lex("a = b ? c").unwrap_err().contains("'\\u003f'"));
        assert_eq!(place("ab\ncd", 4), "(line 2, character 2)");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,120}") {
            let _ = lex(&text);
        }
    }
}
