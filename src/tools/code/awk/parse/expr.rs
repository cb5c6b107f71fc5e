//! Expressions of awk, from the loosest operator to the tightest.

use super::super::super::posix::{Syntax, compile};
use super::super::tree::{Comparison, Expr, Sign};
use super::{FUNCTIONS, KEYWORDS, Parsed, Parser, is_name};

impl Parser {
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.deeper(Self::assignment)
    }

    fn assignment(&mut self) -> Parsed<Expr> {
        let left = self.choice()?;
        if !matches!(left, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
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
                    // `a - b` was taken by the sum, and what begins with `!` is `!=` or `!~`.
                    !matches!(self.peek(), Some('!' | '-' | '+'))
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
        while bytes
            .get(end)
            .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
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
                    return Ok(super::super::super::printf::unescape(&raw).0);
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
