//! Text to tree. Refuses what bash refuses, in its words; bounded in length and depth.

mod words;

use super::tree::{Command, Connector, Kind, List, Part, Pipeline, Redirect, Word};

/// The longest command line, in bytes.
const LONGEST: usize = 16 * 1024;
/// How deep substitutions and blocks go.
const DEEPEST: usize = 24;

/// Words that mean something where a command begins.
const CLOSERS: [&str; 9] = [
    "then", "else", "elif", "fi", "do", "done", "esac", "}", "in",
];

/// Parses a command line.
///
/// # Errors
/// What bash says of it, without its `bash: `.
pub fn parse(line: &str) -> Result<List, String> {
    if line.len() > LONGEST {
        return Err("line too long".to_owned());
    }
    let mut parser = Parser {
        letters: line.chars().collect(),
        at: 0,
        depth: 0,
    };
    let list = parser.list(&[])?;
    match parser.peek_operator() {
        None => Ok(list),
        Some(operator) => Err(unexpected(&operator)),
    }
}

fn unexpected(token: &str) -> String {
    let token = if token == "\n" { "newline" } else { token };
    format!("syntax error near unexpected token `{token}'")
}

fn end_of_file() -> String {
    "syntax error: unexpected end of file".to_owned()
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn ahead(&self, steps: usize) -> Option<char> {
        self.letters.get(self.at + steps).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek();
        self.at += usize::from(letter.is_some());
        letter
    }

    fn deeper<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("maximum nesting of commands exceeded".to_owned());
        }
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Blanks and comments.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
                Some('#') if self.starts_word() => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn starts_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.letters.get(at));
        before.is_none_or(|letter| letter.is_whitespace() || ";|&(".contains(*letter))
    }

    fn blank_lines(&mut self) {
        self.blanks();
        while self.peek() == Some('\n') {
            self.at += 1;
            self.blanks();
        }
    }

    /// The operator that stands here.
    fn peek_operator(&mut self) -> Option<String> {
        self.blanks();
        let first = self.peek()?;
        let two: String = [Some(first), self.ahead(1)].into_iter().flatten().collect();
        if matches!(two.as_str(), "&&" | "||" | ";;" | "|&") {
            return Some(two);
        }
        match first {
            '&' if self.ahead(1) == Some('>') => None,
            ';' | '|' | '&' | '(' | ')' | '\n' => Some(first.to_string()),
            _ => None,
        }
    }

    fn take_operator(&mut self, operator: &str) -> bool {
        if self.peek_operator().as_deref() == Some(operator) {
            self.at += operator.chars().count();
            return true;
        }
        false
    }

    /// The plain word that stands here, without taking it.
    fn peek_plain(&mut self) -> Option<String> {
        self.blanks();
        let word: String = self
            .letters
            .iter()
            .skip(self.at)
            .take_while(|letter| !letter.is_whitespace() && !";|&()<>".contains(**letter))
            .collect();
        let plain = !word.is_empty() && !word.contains(['\'', '"', '\\', '$', '`']);
        plain.then_some(word)
    }

    fn take_plain(&mut self, wanted: &str) -> bool {
        if self.peek_plain().as_deref() == Some(wanted) {
            self.at += wanted.chars().count();
            return true;
        }
        false
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        if self.take_plain(wanted) {
            return Ok(());
        }
        Err(self.trouble())
    }

    /// What stands here where something else is wanted.
    fn trouble(&mut self) -> String {
        if let Some(operator) = self.peek_operator() {
            return unexpected(&operator);
        }
        match self.peek_plain() {
            Some(word) => unexpected(&word),
            None if self.peek().is_none() => end_of_file(),
            None => unexpected(&self.peek().map_or_else(String::new, String::from)),
        }
    }

    /// Pipelines up to one of these words, a closing bracket or the end.
    fn list(&mut self, ends: &[&str]) -> Result<List, String> {
        let mut list = List::new();
        let mut connector = Connector::Always;
        loop {
            if connector == Connector::Always {
                self.blank_lines();
            } else {
                self.blank_lines();
                if self.peek().is_none() {
                    return Err(end_of_file());
                }
            }
            if self.peek().is_none() {
                return Ok(list);
            }
            if let Some(word) = self.peek_plain()
                && (ends.contains(&word.as_str()) || CLOSERS.contains(&word.as_str()))
            {
                if ends.contains(&word.as_str()) && connector == Connector::Always {
                    return Ok(list);
                }
                return Err(unexpected(&word));
            }
            match self.peek_operator().as_deref() {
                Some(")") if ends.contains(&")") && connector == Connector::Always => {
                    return Ok(list);
                }
                Some(";;") if ends.contains(&";;") && connector == Connector::Always => {
                    return Ok(list);
                }
                Some("(") | None => {}
                Some(operator) => return Err(unexpected(operator)),
            }
            let pipeline = self.pipeline()?;
            list.push((connector, pipeline));
            connector = match self.peek_operator().as_deref() {
                Some("&&") => Connector::And,
                Some("||") => Connector::Or,
                Some(";" | "&" | "\n") => {
                    self.at += 1;
                    Connector::Always
                }
                Some(operator) if ends.contains(&operator) => return Ok(list),
                Some(operator) => return Err(unexpected(operator)),
                None if self.peek().is_none() => return Ok(list),
                None => return Err(self.trouble()),
            };
            if connector != Connector::Always {
                self.at += 2;
            }
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, String> {
        let mut pipeline = Pipeline {
            negated: false,
            timed: false,
            stages: Vec::new(),
        };
        loop {
            if self.take_plain("!") {
                pipeline.negated = !pipeline.negated;
            } else if self.take_plain("time") {
                pipeline.timed = true;
                self.take_plain("-p");
            } else {
                break;
            }
        }
        loop {
            let command = self.command()?;
            let both = self.take_operator("|&");
            pipeline.stages.push((command, both));
            if !both && !self.take_operator("|") {
                return Ok(pipeline);
            }
            self.blank_lines();
            if self.peek().is_none() {
                return Err(end_of_file());
            }
        }
    }

    fn command(&mut self) -> Result<Command, String> {
        let compound = self.peek_plain();
        let kind = if self.peek_operator().as_deref() == Some("(") {
            self.at += 1;
            Some(self.deeper(|parser| {
                let body = parser.list(&[")"])?;
                if body.is_empty() || !parser.take_operator(")") {
                    return Err(parser.trouble());
                }
                Ok(Kind::Group { body, own: true })
            })?)
        } else {
            let word = compound.as_deref().unwrap_or_default();
            match word {
                "{" | "for" | "while" | "until" | "if" | "case" => {
                    self.at += word.chars().count();
                    let word = word.to_owned();
                    Some(self.deeper(|parser| parser.compound(&word))?)
                }
                _ => None,
            }
        };
        match kind {
            Some(kind) => {
                let mut redirects = Vec::new();
                loop {
                    self.blanks();
                    match self.redirect()? {
                        Some(redirect) => redirects.push(redirect),
                        None => break,
                    }
                }
                Ok(Command { kind, redirects })
            }
            None => self.simple(),
        }
    }

    fn block(&mut self, open: &str, close: &str) -> Result<List, String> {
        self.blank_lines();
        if self.take_operator(";") {
            self.blank_lines();
        }
        self.expect(open)?;
        let body = self.list(&[close])?;
        if body.is_empty() {
            return Err(self.trouble());
        }
        self.expect(close)?;
        Ok(body)
    }

    fn compound(&mut self, word: &str) -> Result<Kind, String> {
        match word {
            "{" => {
                let body = self.list(&["}"])?;
                if body.is_empty() {
                    return Err(self.trouble());
                }
                self.expect("}")?;
                Ok(Kind::Group { body, own: false })
            }
            "for" => {
                self.blanks();
                let name = self.peek_plain().unwrap_or_default();
                if !is_name(&name) {
                    if name.is_empty() {
                        return Err(self.trouble());
                    }
                    return Err(format!("`{name}': not a valid identifier"));
                }
                self.at += name.chars().count();
                let mut words = Vec::new();
                if self.take_plain("in") {
                    loop {
                        self.blanks();
                        if self.peek_operator().is_some() || self.peek().is_none() {
                            break;
                        }
                        match self.word()? {
                            Some(word) => words.push(word),
                            None => return Err(self.trouble()),
                        }
                    }
                }
                let body = self.block("do", "done")?;
                Ok(Kind::For { name, words, body })
            }
            "while" | "until" => {
                let condition = self.list(&["do"])?;
                if condition.is_empty() {
                    return Err(self.trouble());
                }
                let body = self.block("do", "done")?;
                Ok(Kind::While {
                    until: word == "until",
                    condition,
                    body,
                })
            }
            "if" => self.condition(),
            _ => self.case(),
        }
    }

    fn condition(&mut self) -> Result<Kind, String> {
        let mut arms = Vec::new();
        let mut otherwise = List::new();
        loop {
            let condition = self.list(&["then"])?;
            if condition.is_empty() {
                return Err(self.trouble());
            }
            self.expect("then")?;
            let body = self.list(&["elif", "else", "fi"])?;
            if body.is_empty() {
                return Err(self.trouble());
            }
            arms.push((condition, body));
            if self.take_plain("elif") {
                continue;
            }
            if self.take_plain("else") {
                otherwise = self.list(&["fi"])?;
            }
            self.expect("fi")?;
            return Ok(Kind::If { arms, otherwise });
        }
    }

    fn case(&mut self) -> Result<Kind, String> {
        self.blanks();
        let Some(word) = self.word()? else {
            return Err(self.trouble());
        };
        self.blank_lines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.blank_lines();
            if self.take_plain("esac") {
                return Ok(Kind::Case { word, arms });
            }
            self.take_operator("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(pattern) => patterns.push(pattern),
                    None => return Err(self.trouble()),
                }
                if !self.take_operator("|") {
                    break;
                }
            }
            if !self.take_operator(")") {
                return Err(self.trouble());
            }
            let body = self.list(&[";;", "esac"])?;
            arms.push((patterns, body));
            self.take_operator(";;");
        }
    }

    fn simple(&mut self) -> Result<Command, String> {
        let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            if self.peek_operator().is_some() || self.peek().is_none() {
                break;
            }
            let begins = self.at;
            let Some(word) = self.word()? else { break };
            if words.is_empty()
                && let Some((name, value)) = assignment(&word)
            {
                if self
                    .letters
                    .get(begins..self.at)
                    .is_some_and(|typed| typed.ends_with(&['=']))
                    && self.peek() == Some('(')
                {
                    return Err(unexpected("("));
                }
                assigns.push((name, value));
                continue;
            }
            words.push(word);
        }
        if let Some(operator) = self.peek_operator()
            && operator == "("
        {
            return Err(unexpected("("));
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.trouble());
        }
        Ok(Command {
            kind: Kind::Simple { assigns, words },
            redirects,
        })
    }

    fn redirect(&mut self) -> Result<Option<Redirect>, String> {
        let start = self.at;
        let from = match (self.peek(), self.ahead(1)) {
            (Some(digit @ ('0' | '1' | '2')), Some('<' | '>')) => {
                self.at += 1;
                digit as u8 - b'0'
            }
            (Some('&'), Some('>')) => {
                self.at += 1;
                9
            }
            (Some('<'), _) => 0,
            (Some('>'), _) => 1,
            _ => return Ok(None),
        };
        let operator = self.next();
        if operator == Some('<') {
            if self.peek() == Some('<') {
                self.at += 1;
                if self.peek() == Some('<') {
                    self.at += 1;
                    return Ok(Some(Redirect::Here(self.target()?)));
                }
                return Err(
                    "here-documents take several lines; here it is one: use <<< 'text'".to_owned(),
                );
            }
            if self.peek() == Some('(') {
                return Err(
                    "process substitution needs a real shell; use a file in /tmp".to_owned(),
                );
            }
            return Ok(Some(Redirect::From(self.target()?)));
        }
        let append = self.peek() == Some('>');
        if append || self.peek() == Some('|') {
            self.at += 1;
        } else if self.peek() == Some('&') && from != 9 {
            self.at += 1;
            return if let Some(digit @ ('1' | '2')) = self.next() {
                Ok(Some(Redirect::Join {
                    from: from.max(1),
                    to: digit as u8 - b'0',
                }))
            } else {
                self.at = start;
                Err(unexpected("&"))
            };
        }
        let file = self.target()?;
        Ok(Some(Redirect::To {
            from: if from == 9 { 0 } else { from.max(1) },
            file,
            append,
        }))
    }

    fn target(&mut self) -> Result<Word, String> {
        self.blanks();
        match self.word()? {
            Some(word) => Ok(word),
            None if self.peek().is_none() => Err(unexpected("\n")),
            None => Err(self.trouble()),
        }
    }
}

/// Whether a word can name a variable.
pub fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// `NAME=VALUE`, where the name is plain.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let (first, rest) = word.parts.split_first()?;
    let Part::Text(text, false) = first else {
        return None;
    };
    let (name, value) = text.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let mut parts = Vec::new();
    if !value.is_empty() {
        parts.push(Part::Text(value.to_owned(), false));
    }
    parts.extend_from_slice(rest);
    Some((name.to_owned(), Word { parts }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(line: &str) -> String {
        parse(line).expect_err(line)
    }

    #[test]
    fn errors_in_bashs_words() {
        for (line, words) in [
            ("a | | b", "syntax error near unexpected token `|'"),
            ("| a", "syntax error near unexpected token `|'"),
            ("a ;; b", "syntax error near unexpected token `;;'"),
            ("a &&", "syntax error: unexpected end of file"),
            ("a |", "syntax error: unexpected end of file"),
            ("echo 'x", "unexpected EOF while looking for matching `''"),
            ("echo \"x", "unexpected EOF while looking for matching `\"'"),
            ("echo $(x", "unexpected EOF while looking for matching `)'"),
            ("a )", "syntax error near unexpected token `)'"),
            ("a (b)", "syntax error near unexpected token `('"),
            ("done", "syntax error near unexpected token `done'"),
            (
                "for x in a; echo",
                "syntax error near unexpected token `echo'",
            ),
            (
                "for x in a; do echo",
                "syntax error: unexpected end of file",
            ),
            ("if true; then", "syntax error: unexpected end of file"),
            ("a >", "syntax error near unexpected token `newline'"),
            ("a > | b", "syntax error near unexpected token `|'"),
            ("for 1 in a; do b; done", "`1': not a valid identifier"),
        ] {
            assert_eq!(error(line), words, "{line}");
        }
    }

    #[test]
    fn lines_are_parsed() {
        for line in [
            "",
            "# nothing",
            "a b 'c d' \"e $F\" g\\ h # i",
            "a | b |& c && d || ! e; f &",
            "X=1 Y=$X a > out 2>&1 < in >> more &> all",
            "for p in $(a -o name); do b $p; done | sort",
            "while read x; do echo $x; done <<< 'a'",
            "if a; then b; elif c; then d; else e; fi",
            "( a; b ) | { c; d; }",
            "case $x in a|b) c;; *) d;; esac",
            "echo ${X:-y} ${#X} ${X%.*} ${X//a/b} $((1 + $X)) `a`",
            "time a | b",
            "a;",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_line_is_parsed_or_refused(line in "[a-c $(){}'\"`|&;<>!#=\\\\?*\\n-]{0,40}|(for|in|do|done|if|then|fi|a|;| |\\||\\(|\\)|\\$\\(){0,20}") {
            let _ = parse(&line);
        }
    }
}
