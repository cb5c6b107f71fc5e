//! Words: quotes, variables, substitutions, sums.

use super::super::tree::{Change, Part, Word};
use super::Parser;

impl Parser {
    /// A word; `None` where none stands.
    pub(super) fn word(&mut self) -> Result<Option<Word>, String> {
        let mut word = Word::default();
        let start = self.at;
        while let Some(letter) = self.peek() {
            match letter {
                letter if letter.is_whitespace() => break,
                ';' | '|' | '&' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    self.at += 1;
                    let mut text = String::new();
                    loop {
                        match self.next() {
                            None => {
                                return Err(
                                    "unexpected EOF while looking for matching `''".to_owned()
                                );
                            }
                            Some('\'') => break,
                            Some(letter) => text.push(letter),
                        }
                    }
                    word.parts.push(Part::Text(text, true));
                }
                '"' => {
                    self.at += 1;
                    word.parts.push(Part::Text(String::new(), true));
                    loop {
                        match self.peek() {
                            None => {
                                return Err(
                                    "unexpected EOF while looking for matching `\"'".to_owned()
                                );
                            }
                            Some('"') => {
                                self.at += 1;
                                break;
                            }
                            Some(_) => self.quoted_letter(&mut word)?,
                        }
                    }
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        None => push(&mut word, '\\', true),
                        Some('\n') => {}
                        Some(letter) => push(&mut word, letter, true),
                    }
                }
                '$' if self.ahead(1) == Some('\'') => {
                    self.at += 2;
                    let mut text = String::new();
                    loop {
                        match self.next() {
                            None => {
                                return Err(
                                    "unexpected EOF while looking for matching `''".to_owned()
                                );
                            }
                            Some('\'') => break,
                            Some('\\') => {
                                text.push('\\');
                                text.extend(self.next());
                            }
                            Some(letter) => text.push(letter),
                        }
                    }
                    let plain = crate::tools::code::printf::unescape(&text).0;
                    word.parts.push(Part::Text(plain, true));
                }
                '$' | '`' => self.substitution(&mut word, false)?,
                letter => {
                    self.at += 1;
                    push(&mut word, letter, false);
                }
            }
        }
        Ok((self.at > start).then_some(word))
    }

    /// One letter or substitution inside of double quotes.
    fn quoted_letter(&mut self, word: &mut Word) -> Result<(), String> {
        match self.peek() {
            Some('\\') => {
                self.at += 1;
                match self.next() {
                    Some(letter @ ('"' | '\\' | '$' | '`')) => push(word, letter, true),
                    Some('\n') => {}
                    Some(letter) => {
                        push(word, '\\', true);
                        push(word, letter, true);
                    }
                    None => push(word, '\\', true),
                }
            }
            Some('$' | '`') => self.substitution(word, true)?,
            Some(letter) => {
                self.at += 1;
                push(word, letter, true);
            }
            None => {}
        }
        Ok(())
    }

    fn substitution(&mut self, word: &mut Word, quoted: bool) -> Result<(), String> {
        if self.next() == Some('`') {
            let mut inside = String::new();
            loop {
                match self.next() {
                    None => return Err("unexpected EOF while looking for matching ``'".to_owned()),
                    Some('`') => break,
                    Some('\\') => inside.extend(self.next()),
                    Some(letter) => inside.push(letter),
                }
            }
            let list = self.deeper(|parser| {
                let mut inner = Parser {
                    letters: inside.chars().collect(),
                    at: 0,
                    depth: parser.depth,
                };
                inner.list(&[])
            })?;
            word.parts.push(Part::Output(list, quoted));
            return Ok(());
        }
        match (self.peek(), self.ahead(1)) {
            (Some('('), Some('(')) => {
                self.at += 2;
                let mut sum = Word::default();
                let mut open = 0_usize;
                loop {
                    match (self.peek(), self.ahead(1)) {
                        (None, _) => {
                            return Err("unexpected EOF while looking for matching `)'".to_owned());
                        }
                        (Some(')'), Some(')')) if open == 0 => {
                            self.at += 2;
                            break;
                        }
                        (Some(bracket @ ('(' | ')')), _) => {
                            open = if bracket == '(' {
                                open + 1
                            } else {
                                open.saturating_sub(1)
                            };
                            self.at += 1;
                            push(&mut sum, bracket, true);
                        }
                        _ => self.deeper(|parser| parser.quoted_letter(&mut sum))?,
                    }
                }
                word.parts.push(Part::Sum(sum, quoted));
            }
            (Some('('), _) => {
                self.at += 1;
                let list = self.deeper(|parser| {
                    let list = parser.list(&[")"])?;
                    if parser.take_operator(")") {
                        Ok(list)
                    } else if parser.peek().is_none() {
                        Err("unexpected EOF while looking for matching `)'".to_owned())
                    } else {
                        Err(parser.trouble())
                    }
                })?;
                word.parts.push(Part::Output(list, quoted));
            }
            (Some('{'), _) => {
                self.at += 1;
                let part = self.deeper(|parser| parser.braced(quoted))?;
                word.parts.push(part);
            }
            (Some(letter), _) if letter.is_ascii_alphabetic() || letter == '_' => {
                let name = self.name();
                word.parts.push(variable(name, quoted));
            }
            (Some(letter), _) if "?#$!@*-".contains(letter) || letter.is_ascii_digit() => {
                self.at += 1;
                word.parts.push(variable(letter.to_string(), quoted));
            }
            _ => push(word, '$', quoted),
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(letter) = self.peek() {
            if !(letter.is_ascii_alphanumeric() || letter == '_') {
                break;
            }
            name.push(letter);
            self.at += 1;
        }
        name
    }

    fn braced(&mut self, quoted: bool) -> Result<Part, String> {
        let length = self.peek() == Some('#') && self.ahead(1) != Some('}');
        if length {
            self.at += 1;
        }
        let mut name = self.name();
        if name.is_empty()
            && let Some(letter) = self.peek().filter(|letter| "?#$!@*".contains(*letter))
        {
            self.at += 1;
            name.push(letter);
        }
        let bad = |parser: &Self| {
            let text: String = parser
                .letters
                .iter()
                .skip(parser.at.saturating_sub(1))
                .take_while(|letter| **letter != '}')
                .collect();
            format!("${{{text}}}: bad substitution")
        };
        if name.is_empty() {
            return Err(bad(self));
        }
        let change = match (self.next(), self.peek()) {
            (Some('}'), _) => {
                return Ok(Part::Variable {
                    name,
                    change: None,
                    length,
                    quoted,
                });
            }
            (Some(':'), Some(sign @ ('-' | '=' | '+' | '?'))) => {
                self.at += 1;
                change_of(sign)
            }
            (Some(sign @ ('-' | '=' | '+' | '?')), _) => change_of(sign),
            (Some('#'), Some('#')) => {
                self.at += 1;
                Change::Start(true)
            }
            (Some('#'), _) => Change::Start(false),
            (Some('%'), Some('%')) => {
                self.at += 1;
                Change::End(true)
            }
            (Some('%'), _) => Change::End(false),
            (Some('/'), Some('/')) => {
                self.at += 1;
                Change::Replace(true)
            }
            (Some('/'), _) => Change::Replace(false),
            (None, _) => return Err("unexpected EOF while looking for matching `}'".to_owned()),
            _ => return Err(bad(self)),
        };
        let mut word = Word::default();
        let mut parted = false;
        loop {
            match self.peek() {
                None => return Err("unexpected EOF while looking for matching `}'".to_owned()),
                Some('}') => {
                    self.at += 1;
                    break;
                }
                Some('/') if matches!(change, Change::Replace(_)) && !parted => {
                    self.at += 1;
                    parted = true;
                    push(&mut word, '\n', true);
                }
                Some(_) => self.quoted_letter(&mut word)?,
            }
        }
        Ok(Part::Variable {
            name,
            change: Some((change, word)),
            length,
            quoted,
        })
    }
}

const fn change_of(sign: char) -> Change {
    match sign {
        '=' => Change::Assign,
        '+' => Change::Alternative,
        '?' => Change::Complain,
        _ => Change::Default,
    }
}

fn variable(name: String, quoted: bool) -> Part {
    Part::Variable {
        name,
        change: None,
        length: false,
        quoted,
    }
}

fn push(word: &mut Word, letter: char, quoted: bool) {
    match word.parts.last_mut() {
        Some(Part::Text(text, known)) if *known == quoted => text.push(letter),
        _ => word.parts.push(Part::Text(letter.to_string(), quoted)),
    }
}
