//! Text of an awk program to a tree. Bounded in length and depth.

mod expr;

use super::tree::{Expr, Pattern, Program, Rule, Statement};

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
}
