//! Text of an awk program to a tree. Bounded in length and depth.

use super::super::posix::{Syntax, compile};
use super::tree::{Comparison, Expr, Pattern, Program, Rule, Sign, Statement};

const LONGEST: usize = 16 << 10;
const DEEPEST: usize = 60;
/// Operators of one program.
const MOST_LINKS: usize = 400;

/// Functions that there are.
const FUNCTIONS: [&str; 14] = [
    "length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "int", "sqrt", "exp",
    "log", "toupper", "tolower",
];
/// Words that are no names.
const KEYWORDS: [&str; 16] = [
    "BEGIN", "END", "if", "else", "while", "for", "do", "in", "next", "exit", "break", "continue",
    "delete", "print", "printf", "function",
];

/// Whether a word can name a variable.
pub fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Parses a program.
///
/// # Errors
/// What is wrong, with its line.
pub fn parse(source: &str) -> Result<Program, String> {
    if source.len() > LONGEST {
        return Err("program too long".to_owned());
    }
    let mut parser = Parser {
        letters: source.chars().collect(),
        at: 0,
        depth: 0,
        no_more: false,
        no_in: false,
        links: 0,
    };
    parser.program().map_err(|problem| {
        let line = parser
            .letters
            .iter()
            .take(parser.at)
            .filter(|letter| **letter == '\n')
            .count();
        format!("line {}: {problem}", line + 1)
    })
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    /// `>` is no comparison here: it stands after `print`.
    no_more: bool,
    /// `in` is no question here: it stands in a `for`.
    no_in: bool,
    /// Operators so far: each makes the tree deeper.
    links: usize,
}

type Parsed<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn ahead(&self, steps: usize) -> Option<char> {
        self.letters.get(self.at + steps).copied()
    }

    /// Blanks, comments and escaped line breaks.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn lines(&mut self) {
        self.blanks();
        while matches!(self.peek(), Some('\n' | ';')) {
            self.at += 1;
            self.blanks();
        }
    }

    fn line_breaks(&mut self) {
        self.blanks();
        while self.peek() == Some('\n') {
            self.at += 1;
            self.blanks();
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.blanks();
        let fits = sign
            .chars()
            .enumerate()
            .all(|(step, letter)| self.ahead(step) == Some(letter));
        if fits {
            self.at += sign.chars().count();
        }
        fits
    }

    fn word(&self) -> String {
        self.letters
            .iter()
            .skip(self.at)
            .take_while(|letter| letter.is_ascii_alphanumeric() || **letter == '_')
            .collect()
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        self.blanks();
        if self.word() == wanted {
            self.at += wanted.len();
            return true;
        }
        false
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.trouble())
    }

    fn trouble(&mut self) -> String {
        self.blanks();
        match self.peek() {
            None => "syntax error at end of source line: unexpected end of program".to_owned(),
            Some('\n') => "syntax error at or near end of line".to_owned(),
            Some(letter) => {
                let word = self.word();
                let token = if word.is_empty() {
                    letter.to_string()
                } else {
                    word
                };
                format!("syntax error at or near {token}")
            }
        }
    }

    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".to_owned());
        }
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// One operator more.
    fn link(&mut self) -> Parsed<()> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err("program too long".to_owned());
        }
        Ok(())
    }

    fn program(&mut self) -> Parsed<Program> {
        let mut program = Program::default();
        loop {
            self.lines();
            if self.peek().is_none() {
                return Ok(program);
            }
            if self.takes_word("function") || self.takes_word("func") {
                return Err("functions of one's own are not on this workstation".to_owned());
            }
            if self.takes_word("BEGIN") {
                let block = self.block()?;
                program.begin.extend(block);
            } else if self.takes_word("END") {
                let block = self.block()?;
                program.end.extend(block);
            } else {
                let pattern = if self.peek() == Some('{') {
                    Pattern::Always
                } else {
                    let first = self.expr()?;
                    if self.takes(",") {
                        self.line_breaks();
                        Pattern::Between(first, self.expr()?)
                    } else {
                        Pattern::When(first)
                    }
                };
                self.blanks();
                let action = if self.peek() == Some('{') {
                    Some(self.block()?)
                } else {
                    None
                };
                program.rules.push(Rule { pattern, action });
            }
        }
    }

    fn block(&mut self) -> Parsed<Vec<Statement>> {
        self.line_breaks();
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.lines();
            if self.takes("}") {
                return Ok(statements);
            }
            if self.peek().is_none() {
                return Err(self.trouble());
            }
            statements.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper(Self::one_statement)
    }

    /// The end of a simple statement.
    fn ends(&mut self) -> Parsed<()> {
        self.blanks();
        match self.peek() {
            None | Some('\n' | ';' | '}') => {
                if self.peek() == Some(';') {
                    self.at += 1;
                }
                Ok(())
            }
            Some('>' | '|') => Err("output goes to the shell: use its > and |".to_owned()),
            Some(_) => Err(self.trouble()),
        }
    }

    fn one_statement(&mut self) -> Parsed<Statement> {
        self.line_breaks();
        if self.peek() == Some('{') {
            return self.block().map(Statement::Block);
        }
        if self.takes(";") {
            return Ok(Statement::Nothing);
        }
        if self.takes_word("if") {
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            let yes = self.statement()?;
            let back = self.at;
            self.lines();
            if self.takes_word("else") {
                let no = self.statement()?;
                return Ok(Statement::If(condition, Box::new(yes), Some(Box::new(no))));
            }
            self.at = back;
            return Ok(Statement::If(condition, Box::new(yes), None));
        }
        if self.takes_word("while") {
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            return Ok(Statement::While(condition, Box::new(self.statement()?)));
        }
        if self.takes_word("do") {
            let body = self.statement()?;
            self.lines();
            if !self.takes_word("while") {
                return Err(self.trouble());
            }
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            self.ends()?;
            return Ok(Statement::Do(Box::new(body), condition));
        }
        if self.takes_word("for") {
            return self.for_loop();
        }
        let simple = self.simple()?;
        self.ends()?;
        Ok(simple)
    }

    fn for_loop(&mut self) -> Parsed<Statement> {
        self.expect("(")?;
        self.blanks();
        let back = self.at;
        let name = self.word();
        self.at += name.len();
        if is_name(&name) && self.takes_word("in") {
            self.blanks();
            let array = self.word();
            self.at += array.len();
            if is_name(&array) && self.takes(")") {
                return Ok(Statement::Each(name, array, Box::new(self.statement()?)));
            }
        }
        self.at = back;
        let first = if self.takes(";") {
            Statement::Nothing
        } else {
            self.no_in = true;
            let first = self.simple();
            self.no_in = false;
            let first = first?;
            self.expect(";")?;
            first
        };
        let condition = if self.takes(";") {
            None
        } else {
            let condition = self.expr()?;
            self.expect(";")?;
            Some(condition)
        };
        let step = if self.takes(")") {
            Statement::Nothing
        } else {
            let step = self.simple()?;
            self.expect(")")?;
            step
        };
        let body = if self.takes(";") {
            Statement::Nothing
        } else {
            self.statement()?
        };
        Ok(Statement::For(
            Box::new(first),
            condition,
            Box::new(step),
            Box::new(body),
        ))
    }

    fn simple(&mut self) -> Parsed<Statement> {
        self.blanks();
        match self.word().as_str() {
            "print" => {
                self.at += 5;
                Ok(Statement::Print(self.printed()?))
            }
            "printf" => {
                self.at += 6;
                let words = self.printed()?;
                if words.is_empty() {
                    return Err(self.trouble());
                }
                Ok(Statement::Printf(words))
            }
            "next" => {
                self.at += 4;
                Ok(Statement::Next)
            }
            "break" => {
                self.at += 5;
                Ok(Statement::Break)
            }
            "continue" => {
                self.at += 8;
                Ok(Statement::Continue)
            }
            "exit" => {
                self.at += 4;
                self.blanks();
                if matches!(self.peek(), None | Some('\n' | ';' | '}')) {
                    return Ok(Statement::Exit(None));
                }
                Ok(Statement::Exit(Some(self.expr()?)))
            }
            "delete" => {
                self.at += 6;
                self.blanks();
                let name = self.word();
                if !is_name(&name) {
                    return Err(self.trouble());
                }
                self.at += name.len();
                let key = if self.peek() == Some('[') {
                    Some(self.key()?)
                } else {
                    None
                };
                Ok(Statement::Delete(name, key))
            }
            "getline" => Err("getline is not on this workstation".to_owned()),
            _ => self.expr().map(Statement::Expr),
        }
    }

    /// What `print` prints: with or without brackets around all of it.
    fn printed(&mut self) -> Parsed<Vec<Expr>> {
        self.blanks();
        if matches!(self.peek(), None | Some('\n' | ';' | '}')) {
            return Ok(Vec::new());
        }
        let back = self.at;
        if self.peek() == Some('(') {
            self.at += 1;
            if let Ok(list) = self.list(")") {
                self.blanks();
                if matches!(self.peek(), None | Some('\n' | ';' | '}' | '>' | '|')) {
                    return Ok(list);
                }
            }
            self.at = back;
        }
        self.no_more = true;
        let mut list = Vec::new();
        let result = loop {
            match self.expr() {
                Ok(expr) => list.push(expr),
                Err(problem) => break Err(problem),
            }
            if !self.takes(",") {
                break Ok(());
            }
            self.line_breaks();
        };
        self.no_more = false;
        result.map(|()| list)
    }

    fn list(&mut self, close: &str) -> Parsed<Vec<Expr>> {
        let (no_more, no_in) = (self.no_more, self.no_in);
        self.no_more = false;
        self.no_in = false;
        let result = self.deeper(|parser| {
            let mut list = Vec::new();
            parser.line_breaks();
            if parser.takes(close) {
                return Ok(list);
            }
            loop {
                list.push(parser.expr()?);
                parser.line_breaks();
                if parser.takes(close) {
                    return Ok(list);
                }
                parser.expect(",")?;
                parser.line_breaks();
            }
        });
        self.no_more = no_more;
        self.no_in = no_in;
        result
    }

    fn key(&mut self) -> Parsed<Vec<Expr>> {
        self.expect("[")?;
        let key = self.list("]")?;
        if key.is_empty() {
            return Err(self.trouble());
        }
        Ok(key)
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.deeper(Self::assignment)
    }

    fn assignment(&mut self) -> Parsed<Expr> {
        let left = self.choice()?;
        if !matches!(
            left,
            Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)
        ) {
            return Ok(left);
        }
        self.blanks();
        let signs = [
            ("+=", Some(Sign::Plus)),
            ("-=", Some(Sign::Minus)),
            ("*=", Some(Sign::Times)),
            ("/=", Some(Sign::Over)),
            ("%=", Some(Sign::Rest)),
            ("^=", Some(Sign::Power)),
            ("**=", Some(Sign::Power)),
        ];
        for (text, sign) in signs {
            if self.takes(text) {
                self.line_breaks();
                let right = self.expr()?;
                return Ok(Expr::Assign(Box::new(left), sign, Box::new(right)));
            }
        }
        if self.peek() == Some('=') && self.ahead(1) != Some('=') {
            self.at += 1;
            self.line_breaks();
            let right = self.expr()?;
            return Ok(Expr::Assign(Box::new(left), None, Box::new(right)));
        }
        Ok(left)
    }

    fn choice(&mut self) -> Parsed<Expr> {
        let condition = self.or()?;
        if !self.takes("?") {
            return Ok(condition);
        }
        self.line_breaks();
        let yes = self.expr()?;
        self.line_breaks();
        self.expect(":")?;
        self.line_breaks();
        let no = self.expr()?;
        Ok(Expr::Choice(
            Box::new(condition),
            Box::new(yes),
            Box::new(no),
        ))
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.takes("||") {
            self.link()?;
            self.line_breaks();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.membership()?;
        while self.takes("&&") {
            self.link()?;
            self.line_breaks();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Parsed<Expr> {
        let mut left = self.matching()?;
        while !self.no_in && self.takes_word("in") {
            self.blanks();
            let array = self.word();
            if !is_name(&array) {
                return Err(self.trouble());
            }
            self.at += array.len();
            self.link()?;
            left = Expr::In(vec![left], array);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parsed<Expr> {
        let mut left = self.comparison()?;
        loop {
            let negated = if self.takes("!~") {
                true
            } else if self.takes("~") {
                false
            } else {
                return Ok(left);
            };
            self.link()?;
            let right = self.comparison()?;
            left = Expr::Match(Box::new(left), Box::new(right), negated);
        }
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.joined()?;
        let how = if self.takes("<=") {
            Comparison::AtMost
        } else if self.takes("==") {
            Comparison::Equal
        } else if self.takes("!=") {
            Comparison::Unequal
        } else if !self.no_more && self.takes(">=") {
            Comparison::AtLeast
        } else if self.takes("<") {
            Comparison::Less
        } else if !self.no_more && self.takes(">") {
            Comparison::More
        } else {
            return Ok(left);
        };
        let right = self.joined()?;
        Ok(Expr::Compare(Box::new(left), how, Box::new(right)))
    }

    /// Values side by side are joined.
    fn joined(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        loop {
            self.blanks();
            let starts = match self.peek() {
                Some('"' | '$' | '(' | '!' | '-' | '+') => {
                    // `a - b` was taken by the sum; `!` only as `! x`, never `!=` or `!~`.
                    !(self.peek() == Some('!') && matches!(self.ahead(1), Some('=' | '~')))
                        && !matches!(self.peek(), Some('!' | '-' | '+'))
                }
                Some(letter) if letter.is_ascii_digit() || letter == '.' => true,
                Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => {
                    let word = self.word();
                    !KEYWORDS.contains(&word.as_str())
                }
                _ => false,
            };
            if !starts {
                return Ok(left);
            }
            self.link()?;
            let right = self.sum()?;
            left = Expr::Join(Box::new(left), Box::new(right));
        }
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        loop {
            self.blanks();
            let sign = match (self.peek(), self.ahead(1)) {
                (Some('+'), next) if next != Some('=') && next != Some('+') => Sign::Plus,
                (Some('-'), next) if next != Some('=') && next != Some('-') => Sign::Minus,
                _ => return Ok(left),
            };
            self.at += 1;
            self.link()?;
            let right = self.product()?;
            left = Expr::Sum(Box::new(left), sign, Box::new(right));
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            self.blanks();
            let sign = match (self.peek(), self.ahead(1)) {
                (Some('*'), next) if next != Some('=') && next != Some('*') => Sign::Times,
                (Some('/'), next) if next != Some('=') => Sign::Over,
                (Some('%'), next) if next != Some('=') => Sign::Rest,
                _ => return Ok(left),
            };
            self.at += 1;
            self.link()?;
            let right = self.unary()?;
            left = Expr::Sum(Box::new(left), sign, Box::new(right));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| {
            parser.blanks();
            match (parser.peek(), parser.ahead(1)) {
                (Some('!'), next) if next != Some('=') && next != Some('~') => {
                    parser.at += 1;
                    Ok(Expr::Not(Box::new(parser.unary()?)))
                }
                (Some('-'), next) if next != Some('-') => {
                    parser.at += 1;
                    Ok(Expr::Negative(Box::new(parser.unary()?)))
                }
                (Some('+'), next) if next != Some('+') => {
                    parser.at += 1;
                    Ok(Expr::Positive(Box::new(parser.unary()?)))
                }
                _ => parser.power(),
            }
        })
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.step()?;
        self.blanks();
        let is_power = match (self.peek(), self.ahead(1)) {
            (Some('^'), next) => next != Some('='),
            (Some('*'), Some('*')) => self.ahead(2) != Some('='),
            _ => false,
        };
        if !is_power {
            return Ok(base);
        }
        self.at += if self.peek() == Some('^') { 1 } else { 2 };
        let exponent = self.unary()?;
        Ok(Expr::Sum(Box::new(base), Sign::Power, Box::new(exponent)))
    }

    fn step(&mut self) -> Parsed<Expr> {
        self.blanks();
        let by = match (self.peek(), self.ahead(1)) {
            (Some('+'), Some('+')) => Some(1.0),
            (Some('-'), Some('-')) => Some(-1.0),
            _ => None,
        };
        if let Some(by) = by {
            self.at += 2;
            let place = self.deeper(Self::step)?;
            return place_of(place).map(|place| Expr::Step(place, true, by));
        }
        let value = self.primary()?;
        if matches!(
            value,
            Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)
        ) {
            if self.takes("++") {
                return Ok(Expr::Step(Box::new(value), false, 1.0));
            }
            if self.takes("--") {
                return Ok(Expr::Step(Box::new(value), false, -1.0));
            }
        }
        Ok(value)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        self.blanks();
        match self.peek() {
            Some('$') => {
                self.at += 1;
                let inside = self.deeper(|parser| {
                    parser.blanks();
                    match (parser.peek(), parser.ahead(1)) {
                        (Some('+'), Some('+')) | (Some('-'), Some('-')) => parser.step(),
                        (Some('-'), _) => parser.unary(),
                        _ => parser.primary(),
                    }
                })?;
                Ok(Expr::Field(Box::new(inside)))
            }
            Some('(') => {
                self.at += 1;
                let mut list = self.list(")")?;
                if list.len() > 1 {
                    if self.takes_word("in") {
                        self.blanks();
                        let array = self.word();
                        self.at += array.len();
                        return Ok(Expr::In(list, array));
                    }
                    return Err(self.trouble());
                }
                match list.pop() {
                    Some(expr) => Ok(expr),
                    None => Err(self.trouble()),
                }
            }
            Some('"') => self.text().map(Expr::Text),
            Some('/') => self.regex(),
            Some(letter) if letter.is_ascii_digit() || letter == '.' => self.number(),
            Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => self.named(),
            _ => Err(self.trouble()),
        }
    }

    fn named(&mut self) -> Parsed<Expr> {
        let name = self.word();
        if name == "getline" {
            return Err("getline is not on this workstation".to_owned());
        }
        if KEYWORDS.contains(&name.as_str()) {
            return Err(self.trouble());
        }
        self.at += name.len();
        if FUNCTIONS.contains(&name.as_str()) {
            self.blanks();
            if self.peek() == Some('(') {
                self.at += 1;
                let list = self.list(")")?;
                return Ok(Expr::Call(name, list));
            }
            if name == "length" {
                return Ok(Expr::Call(name, Vec::new()));
            }
            return Err(self.trouble());
        }
        match self.peek() {
            Some('(') => Err(format!("calling undefined function {name}")),
            Some('[') => Ok(Expr::Element(name, self.key()?)),
            _ => Ok(Expr::Variable(name)),
        }
    }

    fn number(&mut self) -> Parsed<Expr> {
        let rest: String = self.letters.iter().skip(self.at).take(40).collect();
        let bytes = rest.as_bytes();
        let mut end = 0;
        while bytes.get(end).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
            end += 1;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end += 1 + sign;
                while bytes.get(end).is_some_and(u8::is_ascii_digit) {
                    end += 1;
                }
            }
        }
        let value = rest.get(..end).and_then(|text| text.parse().ok());
        match value {
            Some(value) => {
                self.at += end;
                Ok(Expr::Number(value))
            }
            None => Err(self.trouble()),
        }
    }

    fn text(&mut self) -> Parsed<String> {
        self.at += 1;
        let mut raw = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => return Err("non-terminated string".to_owned()),
                Some('"') => {
                    self.at += 1;
                    return Ok(super::super::printf::unescape(&raw).0);
                }
                Some('\\') => {
                    raw.push('\\');
                    self.at += 1;
                    raw.extend(self.peek());
                    self.at += 1;
                }
                Some(letter) => {
                    raw.push(letter);
                    self.at += 1;
                }
            }
        }
    }

    fn regex(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let mut pattern = String::new();
        let mut in_set = false;
        loop {
            match self.peek() {
                None | Some('\n') => return Err("non-terminated regular expression".to_owned()),
                Some('/') if !in_set => {
                    self.at += 1;
                    break;
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some('/') => pattern.push('/'),
                        Some('t') => pattern.push('\t'),
                        Some('d') => pattern.push_str("[0-9]"),
                        Some('"') => pattern.push('"'),
                        Some(letter) => {
                            pattern.push('\\');
                            pattern.push(letter);
                        }
                        None => {}
                    }
                    self.at += 1;
                }
                Some(letter) => {
                    if letter == '[' {
                        in_set = true;
                    } else if letter == ']' {
                        in_set = false;
                    }
                    pattern.push(letter);
                    self.at += 1;
                }
            }
        }
        compile(&pattern, Syntax::Extended, false)
            .map(Expr::Regex)
            .map_err(|error| format!("regular expression compile failed ({error}): /{pattern}/"))
    }
}

fn place_of(expr: Expr) -> Parsed<Box<Expr>> {
    match expr {
        Expr::Variable(_) | Expr::Field(_) | Expr::Element(..) => Ok(Box::new(expr)),
        _ => Err("syntax error: ++ and -- want a variable".to_owned()),
    }
}
