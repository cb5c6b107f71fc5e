//! An awk program, once it is parsed.

use regex::Regex;

/// A whole program.
#[derive(Debug, Default)]
pub struct Program {
    /// What runs before the first line.
    pub begin: Vec<Statement>,
    /// What runs for lines.
    pub rules: Vec<Rule>,
    /// What runs after the last line.
    pub end: Vec<Statement>,
}

impl Program {
    /// Whether it reads lines at all.
    pub fn reads(&self) -> bool {
        !self.rules.is_empty() || !self.end.is_empty()
    }
}

/// A pattern with its action.
#[derive(Debug)]
pub struct Rule {
    /// When.
    pub pattern: Pattern,
    /// What; prints the line where there is none.
    pub action: Option<Vec<Statement>>,
}

/// When a rule runs.
#[derive(Debug)]
pub enum Pattern {
    /// For every line.
    Always,
    /// Where it holds.
    When(Expr),
    /// From where the first holds up to where the second does.
    Between(Expr, Expr),
}

/// A statement.
#[derive(Debug)]
pub enum Statement {
    /// An expression for its effect.
    Expr(Expr),
    /// `print`
    Print(Vec<Expr>),
    /// `printf`
    Printf(Vec<Expr>),
    /// `if`
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    /// `while`
    While(Expr, Box<Statement>),
    /// `do ... while`
    Do(Box<Statement>, Expr),
    /// `for (;;)`
    For(Box<Statement>, Option<Expr>, Box<Statement>, Box<Statement>),
    /// `for (k in a)`
    Each(String, String, Box<Statement>),
    /// `{ ... }`
    Block(Vec<Statement>),
    /// `next`
    Next,
    /// `exit`
    Exit(Option<Expr>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `delete a` or `delete a[k]`
    Delete(String, Option<Vec<Expr>>),
    /// Nothing.
    Nothing,
}

/// An expression.
#[derive(Debug)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// `/x/`
    Regex(Regex),
    /// `$1`
    Field(Box<Expr>),
    /// A variable.
    Variable(String),
    /// `a[k]`
    Element(String, Vec<Expr>),
    /// `x = 1`, `x += 1`: the sign without its `=`.
    Assign(Box<Expr>, Option<Sign>, Box<Expr>),
    /// `a ? b : c`
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `k in a`
    In(Vec<Expr>, String),
    /// `a ~ b`, and whether it is `!~`
    Match(Box<Expr>, Box<Expr>, bool),
    /// `a < b`
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// `a b`
    Join(Box<Expr>, Box<Expr>),
    /// `a + b`
    Sum(Box<Expr>, Sign, Box<Expr>),
    /// `-a`
    Negative(Box<Expr>),
    /// `+a`
    Positive(Box<Expr>),
    /// `!a`
    Not(Box<Expr>),
    /// `++a`, `a--`: whether it is before, and by how much.
    Step(Box<Expr>, bool, f64),
    /// A function.
    Call(String, Vec<Expr>),
}

/// A sign of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
    /// `%`
    Rest,
    /// `^`
    Power,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}
