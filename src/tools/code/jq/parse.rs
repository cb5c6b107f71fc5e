//! Text of a jq filter to a tree. Bounded in length and depth.

use serde_json::Value;

use super::tree::{Filter, Pattern, Piece};

const LONGEST: usize = 8 << 10;
const DEEPEST: usize = 40;
/// Operators of one filter: each makes the tree deeper.
const MOST_LINKS: usize = 300;

type Parsed<T> = Result<T, String>;

/// Parses a filter.
///
/// # Errors
/// What is wrong.
pub fn parse(source: &str) -> Parsed<Filter> {
    if source.len() > LONGEST {
        return Err("program too long".to_owned());
    }
    let mut parser = Parser {
        letters: source.chars().collect(),
        at: 0,
        depth: 0,
        links: 0,
    };
    parser.blanks();
    if parser.peek().is_none() {
        return Ok(Filter::Same);
    }
    let filter = parser.pipe()?;
    parser.blanks();
    if parser.peek().is_some() {
        return Err(parser.trouble());
    }
    Ok(filter)
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    links: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn ahead(&self, steps: usize) -> Option<char> {
        self.letters.get(self.at + steps).copied()
    }

    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(letter) if letter.is_whitespace() => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn trouble(&mut self) -> String {
        self.blanks();
        match self.peek() {
            None => "syntax error, unexpected end of file".to_owned(),
            Some(letter) => {
                let word = self.word();
                let token = if word.is_empty() {
                    letter.to_string()
                } else {
                    word
                };
                format!("syntax error, unexpected '{token}'")
            }
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

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.trouble())
    }

    fn word(&self) -> String {
        let mut word = String::new();
        for letter in self.letters.iter().skip(self.at) {
            let fits = letter.is_ascii_alphabetic()
                || *letter == '_'
                || (!word.is_empty() && letter.is_ascii_digit());
            if !fits {
                break;
            }
            word.push(*letter);
        }
        word
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        self.blanks();
        if self.word() == wanted {
            self.at += wanted.len();
            return true;
        }
        false
    }

    fn expect_word(&mut self, wanted: &str) -> Parsed<()> {
        if self.takes_word(wanted) {
            return Ok(());
        }
        Err(self.trouble())
    }

    fn link(&mut self) -> Parsed<()> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err("program too long".to_owned());
        }
        Ok(())
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

    fn pipe(&mut self) -> Parsed<Filter> {
        self.deeper(|parser| {
            if parser.takes_word("def") {
                return Err("functions of one's own are not on this workstation".to_owned());
            }
            let left = parser.comma()?;
            if parser.takes_word("as") {
                let pattern = parser.pattern()?;
                parser.expect("|")?;
                let body = parser.pipe()?;
                return Ok(Filter::Bind(Box::new(left), pattern, Box::new(body)));
            }
            parser.blanks();
            if parser.peek() == Some('|') && parser.ahead(1) != Some('=') {
                parser.at += 1;
                let right = parser.pipe()?;
                return Ok(Filter::Pipe(Box::new(left), Box::new(right)));
            }
            Ok(left)
        })
    }

    fn comma(&mut self) -> Parsed<Filter> {
        let mut left = self.update()?;
        while self.takes(",") {
            self.link()?;
            left = Filter::Both(Box::new(left), Box::new(self.update()?));
        }
        Ok(left)
    }

    fn update(&mut self) -> Parsed<Filter> {
        let left = self.other()?;
        for (sign, letter) in [
            ("|=", '|'),
            ("+=", '+'),
            ("-=", '-'),
            ("*=", '*'),
            ("//=", 'e'),
            ("/=", '/'),
            ("%=", '%'),
        ] {
            if self.takes(sign) {
                let right = self.other()?;
                return Ok(Filter::Update(Box::new(left), letter, Box::new(right)));
            }
        }
        self.blanks();
        if self.peek() == Some('=') && self.ahead(1) != Some('=') {
            self.at += 1;
            let right = self.other()?;
            return Ok(Filter::Update(Box::new(left), ' ', Box::new(right)));
        }
        Ok(left)
    }

    fn other(&mut self) -> Parsed<Filter> {
        let left = self.or()?;
        self.blanks();
        if self.peek() == Some('/') && self.ahead(1) == Some('/') && self.ahead(2) != Some('=') {
            self.at += 2;
            let right = self.deeper(Self::other)?;
            return Ok(Filter::Else(Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn or(&mut self) -> Parsed<Filter> {
        let mut left = self.and()?;
        while self.takes_word("or") {
            self.link()?;
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Filter> {
        let mut left = self.comparison()?;
        while self.takes_word("and") {
            self.link()?;
            left = Filter::And(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parsed<Filter> {
        let left = self.sum()?;
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.takes(sign) {
                let right = self.sum()?;
                return Ok(Filter::Compare(Box::new(left), sign, Box::new(right)));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed<Filter> {
        let mut left = self.product()?;
        loop {
            self.blanks();
            match self.peek() {
                Some(sign @ ('+' | '-')) if self.ahead(1) != Some('=') => {
                    self.at += 1;
                    self.link()?;
                    left = Filter::Sum(Box::new(left), sign, Box::new(self.product()?));
                }
                _ => return Ok(left),
            }
        }
    }

    fn product(&mut self) -> Parsed<Filter> {
        let mut left = self.postfix()?;
        loop {
            self.blanks();
            match self.peek() {
                Some(sign @ ('*' | '/' | '%'))
                    if self.ahead(1) != Some('=')
                        && !(sign == '/' && self.ahead(1) == Some('/')) =>
                {
                    self.at += 1;
                    self.link()?;
                    left = Filter::Sum(Box::new(left), sign, Box::new(self.postfix()?));
                }
                _ => return Ok(left),
            }
        }
    }

    fn postfix(&mut self) -> Parsed<Filter> {
        let mut filter = self.deeper(Self::term)?;
        loop {
            self.blanks();
            match (self.peek(), self.ahead(1)) {
                (Some('.'), Some('[')) => {
                    self.at += 1;
                    filter = self.bracket(filter)?;
                }
                (Some('['), _) => filter = self.bracket(filter)?,
                (Some('.'), Some('"')) => {
                    self.at += 1;
                    let name = self.text("text")?;
                    filter = Filter::Index(Box::new(filter), Box::new(name));
                }
                (Some('.'), Some(letter)) if letter.is_ascii_alphabetic() || letter == '_' => {
                    self.at += 1;
                    let name = self.word();
                    self.at += name.len();
                    let name = Filter::Value(Value::from(name));
                    filter = Filter::Index(Box::new(filter), Box::new(name));
                }
                (Some('?'), next) if next != Some('/') => {
                    self.at += 1;
                    filter = Filter::Try(Box::new(filter), None);
                }
                _ => return Ok(filter),
            }
            self.link()?;
        }
    }

    fn bracket(&mut self, of: Filter) -> Parsed<Filter> {
        self.expect("[")?;
        if self.takes("]") {
            return Ok(Filter::Each(Box::new(of)));
        }
        if self.takes(":") {
            let to = self.pipe()?;
            self.expect("]")?;
            return Ok(Filter::Slice(Box::new(of), None, Some(Box::new(to))));
        }
        let from = self.pipe()?;
        if self.takes(":") {
            let to = if self.takes("]") {
                return Ok(Filter::Slice(Box::new(of), Some(Box::new(from)), None));
            } else {
                self.pipe()?
            };
            self.expect("]")?;
            return Ok(Filter::Slice(
                Box::new(of),
                Some(Box::new(from)),
                Some(Box::new(to)),
            ));
        }
        self.expect("]")?;
        Ok(Filter::Index(Box::new(of), Box::new(from)))
    }

    fn term(&mut self) -> Parsed<Filter> {
        self.blanks();
        match (self.peek(), self.ahead(1)) {
            (Some('.'), Some('.')) => {
                self.at += 2;
                Ok(Filter::Deep)
            }
            (Some('.'), Some('"')) => {
                self.at += 1;
                let name = self.text("text")?;
                Ok(Filter::Index(Box::new(Filter::Same), Box::new(name)))
            }
            (Some('.'), Some(letter)) if letter.is_ascii_alphabetic() || letter == '_' => {
                self.at += 1;
                let name = self.word();
                self.at += name.len();
                let name = Filter::Value(Value::from(name));
                Ok(Filter::Index(Box::new(Filter::Same), Box::new(name)))
            }
            (Some('.'), next) if !next.is_some_and(|next| next.is_ascii_digit()) => {
                self.at += 1;
                Ok(Filter::Same)
            }
            (Some('('), _) => {
                self.at += 1;
                let inside = self.pipe()?;
                self.expect(")")?;
                Ok(inside)
            }
            (Some('['), _) => {
                self.at += 1;
                if self.takes("]") {
                    return Ok(Filter::Array(None));
                }
                let inside = self.pipe()?;
                self.expect("]")?;
                Ok(Filter::Array(Some(Box::new(inside))))
            }
            (Some('{'), _) => self.object(),
            (Some('"'), _) => self.text("text"),
            (Some('-'), _) => {
                self.at += 1;
                Ok(Filter::Negative(Box::new(self.postfix()?)))
            }
            (Some('$'), _) => {
                self.at += 1;
                let name = self.word();
                if name.is_empty() {
                    return Err(self.trouble());
                }
                self.at += name.len();
                Ok(Filter::Variable(name))
            }
            (Some('@'), _) => {
                self.at += 1;
                let name = self.format()?;
                if self.peek() == Some('"') {
                    return self.text(&name);
                }
                Ok(Filter::Format(name))
            }
            (Some(letter), _) if letter.is_ascii_digit() || letter == '.' => self.number(),
            (Some(letter), _) if letter.is_ascii_alphabetic() || letter == '_' => self.named(),
            _ => Err(self.trouble()),
        }
    }

    fn format(&mut self) -> Parsed<String> {
        let mut name = String::new();
        while let Some(letter) = self.peek().filter(char::is_ascii_alphanumeric) {
            name.push(letter);
            self.at += 1;
        }
        if super::builtins::FORMATS.contains(&name.as_str()) {
            Ok(name)
        } else {
            Err(format!("{name} is not a valid format"))
        }
    }

    fn named(&mut self) -> Parsed<Filter> {
        let name = self.word();
        self.at += name.len();
        match name.as_str() {
            "null" => Ok(Filter::Value(Value::Null)),
            "true" => Ok(Filter::Value(Value::Bool(true))),
            "false" => Ok(Filter::Value(Value::Bool(false))),
            "if" => {
                let mut arms = Vec::new();
                loop {
                    let condition = self.pipe()?;
                    self.expect_word("then")?;
                    arms.push((condition, self.pipe()?));
                    if !self.takes_word("elif") {
                        break;
                    }
                }
                let other = if self.takes_word("else") {
                    Some(Box::new(self.pipe()?))
                } else {
                    None
                };
                self.expect_word("end")?;
                Ok(Filter::If(arms, other))
            }
            "try" => {
                let body = self.postfix()?;
                let catch = if self.takes_word("catch") {
                    Some(Box::new(self.postfix()?))
                } else {
                    None
                };
                Ok(Filter::Try(Box::new(body), catch))
            }
            "reduce" => {
                let of = self.postfix()?;
                self.expect_word("as")?;
                let pattern = self.pattern()?;
                self.expect("(")?;
                let first = self.pipe()?;
                self.expect(";")?;
                let next = self.pipe()?;
                self.expect(")")?;
                Ok(Filter::Reduce(
                    Box::new(of),
                    pattern,
                    Box::new(first),
                    Box::new(next),
                ))
            }
            "def" | "foreach" | "label" | "import" | "include" => {
                Err(format!("{name} is not on this workstation"))
            }
            "then" | "elif" | "else" | "end" | "as" | "and" | "or" | "catch" => {
                self.at -= name.len();
                Err(self.trouble())
            }
            _ => {
                let mut arguments = Vec::new();
                if self.peek() == Some('(') {
                    self.at += 1;
                    loop {
                        arguments.push(self.pipe()?);
                        if self.takes(")") {
                            break;
                        }
                        self.expect(";")?;
                    }
                }
                if super::builtins::exists(&name, arguments.len()) {
                    Ok(Filter::Call(name, arguments))
                } else {
                    Err(format!("{name}/{} is not defined", arguments.len()))
                }
            }
        }
    }

    fn number(&mut self) -> Parsed<Filter> {
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
            let mut after = end + 1 + sign;
            if bytes.get(after).is_some_and(u8::is_ascii_digit) {
                while bytes.get(after).is_some_and(u8::is_ascii_digit) {
                    after += 1;
                }
                end = after;
            }
        }
        match rest.get(..end).and_then(|text| text.parse::<f64>().ok()) {
            Some(value) if value.is_finite() => {
                self.at += end;
                Ok(Filter::Value(super::eval::number(value)))
            }
            _ => Err(self.trouble()),
        }
    }

    fn text(&mut self, format: &str) -> Parsed<Filter> {
        self.expect("\"")?;
        let mut pieces = Vec::new();
        let mut plain = String::new();
        loop {
            let Some(letter) = self.peek() else {
                return Err("syntax error, unexpected end of file".to_owned());
            };
            self.at += 1;
            match letter {
                '"' => break,
                '\\' => {
                    let escaped = self.peek();
                    self.at += 1;
                    match escaped {
                        Some('n') => plain.push('\n'),
                        Some('t') => plain.push('\t'),
                        Some('r') => plain.push('\r'),
                        Some(same @ ('"' | '\\' | '/')) => plain.push(same),
                        Some('u') => {
                            let digits: String =
                                self.letters.iter().skip(self.at).take(4).collect();
                            self.at += 4;
                            let code = u32::from_str_radix(&digits, 16).unwrap_or(0xfffd);
                            plain.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                        }
                        Some('(') => {
                            let inside = self.pipe()?;
                            self.expect(")")?;
                            pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                            pieces.push(Piece::Of(inside));
                        }
                        _ => return Err("syntax error, invalid escape in string".to_owned()),
                    }
                }
                letter => plain.push(letter),
            }
        }
        if pieces.is_empty() {
            return Ok(Filter::Value(Value::from(plain)));
        }
        pieces.push(Piece::Plain(plain));
        Ok(Filter::Text(pieces, format.to_owned()))
    }

    fn object(&mut self) -> Parsed<Filter> {
        self.expect("{")?;
        let mut entries = Vec::new();
        if self.takes("}") {
            return Ok(Filter::Object(entries));
        }
        loop {
            self.blanks();
            let (key, short) = match self.peek() {
                Some('"') => {
                    let key = self.text("text")?;
                    let same = Filter::Index(Box::new(Filter::Same), Box::new(key.clone()));
                    (key, Some(same))
                }
                Some('(') => {
                    self.at += 1;
                    let key = self.pipe()?;
                    self.expect(")")?;
                    (key, None)
                }
                Some('$') => {
                    self.at += 1;
                    let name = self.word();
                    self.at += name.len();
                    (
                        Filter::Value(Value::from(name.clone())),
                        Some(Filter::Variable(name)),
                    )
                }
                Some('@') => {
                    self.at += 1;
                    let name = self.format()?;
                    (self.text(&name)?, None)
                }
                _ => {
                    let name = self.word();
                    if name.is_empty() {
                        return Err(self.trouble());
                    }
                    self.at += name.len();
                    let key = Filter::Value(Value::from(name));
                    let same = Filter::Index(Box::new(Filter::Same), Box::new(key.clone()));
                    (key, Some(same))
                }
            };
            let value = if self.takes(":") {
                self.entry()?
            } else {
                match short {
                    Some(short) => short,
                    None => return Err(self.trouble()),
                }
            };
            entries.push((key, value));
            if self.takes("}") {
                return Ok(Filter::Object(entries));
            }
            self.expect(",")?;
        }
    }

    /// A value in an object: pipes need brackets around them, commas part entries.
    fn entry(&mut self) -> Parsed<Filter> {
        self.deeper(|parser| {
            let left = parser.other()?;
            parser.blanks();
            if parser.peek() == Some('|') && parser.ahead(1) != Some('=') {
                parser.at += 1;
                let right = parser.entry()?;
                return Ok(Filter::Pipe(Box::new(left), Box::new(right)));
            }
            Ok(left)
        })
    }

    fn pattern(&mut self) -> Parsed<Pattern> {
        self.deeper(|parser| {
            parser.blanks();
            match parser.peek() {
                Some('$') => {
                    parser.at += 1;
                    let name = parser.word();
                    if name.is_empty() {
                        return Err(parser.trouble());
                    }
                    parser.at += name.len();
                    Ok(Pattern::Name(name))
                }
                Some('[') => {
                    parser.at += 1;
                    let mut parts = Vec::new();
                    loop {
                        parts.push(parser.pattern()?);
                        if parser.takes("]") {
                            return Ok(Pattern::Array(parts));
                        }
                        parser.expect(",")?;
                    }
                }
                Some('{') => {
                    parser.at += 1;
                    let mut parts = Vec::new();
                    loop {
                        parser.blanks();
                        if parser.peek() == Some('$') {
                            parser.at += 1;
                            let name = parser.word();
                            parser.at += name.len();
                            let key = Filter::Value(Value::from(name.clone()));
                            parts.push((key, Pattern::Name(name)));
                        } else {
                            let key = if parser.peek() == Some('"') {
                                parser.text("text")?
                            } else {
                                let name = parser.word();
                                if name.is_empty() {
                                    return Err(parser.trouble());
                                }
                                parser.at += name.len();
                                Filter::Value(Value::from(name))
                            };
                            parser.expect(":")?;
                            parts.push((key, parser.pattern()?));
                        }
                        if parser.takes("}") {
                            return Ok(Pattern::Object(parts));
                        }
                        parser.expect(",")?;
                    }
                }
                _ => Err(parser.trouble()),
            }
        })
    }
}
