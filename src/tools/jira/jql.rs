//! JQL: reads a query into a tree, with Jira's words for what is wrong. Never looks at an issue.

use super::lex::{Token, TokenKind, lex, place};

/// How deep brackets and `NOT` may be nested.
const DEEPEST: usize = 40;

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which issues; all when there is no clause.
    pub filter: Option<Node>,
    /// In which order: field, and whether it falls.
    pub order: Vec<(String, bool)>,
}

/// A condition on issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// All hold.
    And(Vec<Node>),
    /// One holds.
    Or(Vec<Node>),
    /// It does not hold.
    Not(Box<Node>),
    /// A field compared.
    Clause(Clause),
}

/// A field compared with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The field, as it was written.
    pub field: String,
    /// How.
    pub operator: Operator,
    /// With what: one value, or those of a list.
    pub values: Vec<Value>,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operator of that name")]
pub enum Operator {
    Equal,
    NotEqual,
    Contains,
    ContainsNot,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Operator {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Contains => "~",
            Self::ContainsNot => "!~",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }

    /// Whether it says that something is not so.
    pub const fn negates(self) -> bool {
        matches!(
            self,
            Self::NotEqual | Self::ContainsNot | Self::NotIn | Self::IsNot
        )
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, with or without quotes.
    Text(String),
    /// A function with its arguments.
    Function(String, Vec<String>),
    /// `EMPTY` or `NULL`.
    Empty,
}

const OPERATORS: &str = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.";

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Reads a query.
///
/// # Errors
/// As Jira words it.
pub fn read(text: &str) -> Result<Query, String> {
    let mut reader = Reader {
        text,
        tokens: lex(text)?,
        at: 0,
        depth: 0,
    };
    let filter = if reader.tokens.is_empty() || reader.is_order() {
        None
    } else {
        Some(reader.or()?)
    };
    let order = reader.order()?;
    match reader.peek() {
        None => Ok(Query { filter, order }),
        Some(token) => Err(reader.wrong("Expecting either 'OR' or 'AND'", token)),
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn takes_kind(&mut self, kind: &TokenKind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(found);
        found
    }

    fn is_order(&self) -> bool {
        self.is_word("order")
            && self
                .tokens
                .get(self.at + 1)
                .is_some_and(|token| token.is_word("by"))
    }

    fn wrong(&self, expected: &str, token: &Token) -> String {
        format!(
            "Error in the JQL Query: {expected} but got '{}'. {}",
            token.text(),
            place(self.text, token.at)
        )
    }

    fn ended(expected: &str) -> String {
        format!("Error in the JQL Query: {expected} before the end of the query.")
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Error in the JQL Query: The query is nested too deeply.".to_owned());
        }
        Ok(())
    }

    fn or(&mut self) -> Result<Node, String> {
        let mut parts = vec![self.and()?];
        while self.takes("or") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Node::Or))
    }

    fn and(&mut self) -> Result<Node, String> {
        let mut parts = vec![self.not()?];
        while self.takes("and") {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Node::And))
    }

    fn not(&mut self) -> Result<Node, String> {
        if self.takes("not") {
            self.deeper()?;
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(inner)));
        }
        if self.takes_kind(&TokenKind::Open) {
            self.deeper()?;
            let inner = self.or()?;
            self.depth -= 1;
            return match self.next() {
                Some(token) if token.kind == TokenKind::Close => Ok(inner),
                Some(token) => Err(self.wrong("Expecting ')'", &token)),
                None => Err(Self::ended("Expecting ')'")),
            };
        }
        self.clause().map(Node::Clause)
    }

    fn clause(&mut self) -> Result<Clause, String> {
        let field = match self.next() {
            None => return Err(Self::ended("Expecting a field name")),
            Some(Token {
                kind: TokenKind::Word(name) | TokenKind::Quoted(name),
                ..
            }) => name,
            Some(token) => return Err(self.wrong("Expecting a field name", &token)),
        };
        let operator = self.operator()?;
        let values = if matches!(operator, Operator::In | Operator::NotIn) {
            self.list()?
        } else {
            vec![self.value()?]
        };
        Ok(Clause {
            field,
            operator,
            values,
        })
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let Some(token) = self.next() else {
            return Err(format!("{} {OPERATORS}", Self::ended("Expecting operator")));
        };
        Ok(match &token.kind {
            TokenKind::Operator("=") => Operator::Equal,
            TokenKind::Operator("!=") => Operator::NotEqual,
            TokenKind::Operator("~") => Operator::Contains,
            TokenKind::Operator("!~") => Operator::ContainsNot,
            TokenKind::Operator("<") => Operator::Less,
            TokenKind::Operator("<=") => Operator::LessOrEqual,
            TokenKind::Operator(">") => Operator::Greater,
            TokenKind::Operator(">=") => Operator::GreaterOrEqual,
            _ if token.is_word("in") => Operator::In,
            _ if token.is_word("not") && self.takes("in") => Operator::NotIn,
            _ if token.is_word("is") && self.takes("not") => Operator::IsNot,
            _ if token.is_word("is") => Operator::Is,
            _ => {
                return Err(format!(
                    "Error in the JQL Query: Expecting operator but got '{}'. {OPERATORS} {}",
                    token.text(),
                    place(self.text, token.at)
                ));
            }
        })
    }

    fn list(&mut self) -> Result<Vec<Value>, String> {
        if !self.takes_kind(&TokenKind::Open) {
            // A function may stand for a list.
            return Ok(vec![self.value()?]);
        }
        let mut values = vec![self.value()?];
        loop {
            match self.next() {
                Some(token) if token.kind == TokenKind::Close => return Ok(values),
                Some(token) if token.kind == TokenKind::Comma => values.push(self.value()?),
                Some(token) => return Err(self.wrong("Expecting ',' or ')'", &token)),
                None => return Err(Self::ended("Expecting ')'")),
            }
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        const EXPECTED: &str = "Expecting either a value, list or function";
        let token = self.next().ok_or_else(|| Self::ended(EXPECTED))?;
        match &token.kind {
            TokenKind::Quoted(text) => Ok(Value::Text(text.clone())),
            TokenKind::Word(word)
                if ["and", "or", "not", "in", "is", "order"]
                    .iter()
                    .any(|reserved| word.eq_ignore_ascii_case(reserved)) =>
            {
                Err(format!(
                    "Error in the JQL Query: {EXPECTED} but got '{word}'. You must surround '{word}' in quotation marks to use it as a value. {}",
                    place(self.text, token.at)
                ))
            }
            TokenKind::Word(word) if self.takes_kind(&TokenKind::Open) => {
                let mut arguments = Vec::new();
                loop {
                    match self.next() {
                        Some(token) if token.kind == TokenKind::Close => break,
                        Some(token) if token.kind == TokenKind::Comma => {}
                        Some(Token {
                            kind: TokenKind::Word(text) | TokenKind::Quoted(text),
                            ..
                        }) => arguments.push(text),
                        Some(token) => return Err(self.wrong("Expecting ')'", &token)),
                        None => return Err(Self::ended("Expecting ')'")),
                    }
                }
                Ok(Value::Function(word.clone(), arguments))
            }
            TokenKind::Word(word)
                if word.eq_ignore_ascii_case("empty") || word.eq_ignore_ascii_case("null") =>
            {
                Ok(Value::Empty)
            }
            TokenKind::Word(word) => Ok(Value::Text(word.clone())),
            _ => Err(self.wrong(EXPECTED, &token)),
        }
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut order = Vec::new();
        if !self.is_order() {
            return Ok(order);
        }
        self.at += 2;
        loop {
            match self.next() {
                Some(Token {
                    kind: TokenKind::Word(name) | TokenKind::Quoted(name),
                    ..
                }) => {
                    let falls = self.takes("desc");
                    if !falls {
                        self.takes("asc");
                    }
                    order.push((name, falls));
                }
                Some(token) => return Err(self.wrong("Expecting a field name", &token)),
                None => return Err(Self::ended("Expecting a field name")),
            }
            if !self.takes_kind(&TokenKind::Comma) {
                return Ok(order);
            }
        }
    }
}

fn one_or(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    join(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_closer_than_or() {
        let query = read("a = 1 OR b != 2 AND NOT (c ~ x) ORDER BY d DESC, e").unwrap();
        let Some(Node::Or(parts)) = query.filter else {
            panic!("no OR on top");
        };
        assert!(matches!(&parts[0], Node::Clause(clause) if clause.field == "a"));
        assert!(matches!(&parts[1], Node::And(both) if matches!(both[1], Node::Not(_))));
        assert_eq!(
            query.order,
            [("d".to_owned(), true), ("e".to_owned(), false)]
        );
    }

    #[test]
    fn lists_functions_and_empty_are_read() {
        let query =
            read("a in (x, \"y z\") AND b not in openSprints() AND c is not EMPTY").unwrap();
        let Some(Node::And(parts)) = query.filter else {
            panic!("no AND on top");
        };
        let Node::Clause(first) = &parts[0] else {
            panic!("no clause");
        };
        assert_eq!(first.values.len(), 2);
        assert!(
            matches!(&parts[1], Node::Clause(clause) if clause.operator == Operator::NotIn
                && clause.values == [Value::Function("openSprints".to_owned(), Vec::new())])
        );
        assert!(matches!(&parts[2], Node::Clause(clause) if clause.operator == Operator::IsNot));
    }

    #[test]
    fn errors_are_worded_as_jira_does() {
        let wrong = |text: &str| read(text).unwrap_err();
        assert_eq!(
            wrong("project = OPS status = Done"),
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 15)"
        );
        assert!(wrong("project OPS").starts_with(
            "Error in the JQL Query: Expecting operator but got 'OPS'. The valid operators are"
        ));
        assert_eq!(
            wrong("project ="),
            "Error in the JQL Query: Expecting either a value, list or function before the end of the query."
        );
        assert!(wrong("a = and").contains("You must surround 'and' in quotation marks"));
        assert!(wrong(&"(".repeat(500)).contains("nested too deeply"));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn any_query_is_read_or_refused(text in "[a-z ()=~!<>,'\"-]{0,80}") {
            let _ = read(&text);
        }
    }
}
