//! From text to an expression tree: guards, the grammar of `promql-parser`, and the place of every node.
//!
//! `promql-parser` decides what the grammar and the types allow. It keeps no places, compiles regular expressions
//! without a bound and panics on some durations, so it only ever sees a skeleton of the query: the same tokens with
//! every number replaced by `1` and every string by `x`. Literals are read here, from our own tokens, and the tree
//! that comes back is walked side by side with those tokens. Never evaluates.

use std::ops::Range;

use promql_parser::parser as grammar;
use thiserror::Error;

use super::ast::{
    Aggregate, AggregateOp, AtTime, Binary, BinaryOp, Cardinality, Expr, Grouping, Matching, Node,
    Place, Selector, Subquery, Text, TimeShift,
};
use super::diagnose;
use super::function::Function;
use super::labels::METRIC_NAME;
use super::lex::{self, Kind, Token};
use super::matcher::{MatchOp, Matcher};
use super::numbers::{quote, seconds_to_ms};

/// The deepest nesting of brackets and of the resulting tree.
const NESTING_LIMIT: usize = 256;
/// The most operators in one query: chains of operators become deep trees.
const OPERATOR_LIMIT: usize = 1000;

/// Why a query is no PromQL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: parse error: {message}")]
pub struct ParseError {
    /// What is wrong, in Prometheus's words.
    pub message: String,
    /// Where.
    pub place: Place,
}

impl ParseError {
    pub(super) fn new(message: impl Into<String>, place: Place) -> Self {
        Self {
            message: message.into(),
            place,
        }
    }

    /// The bytes of the query that are wrong.
    pub fn span(&self) -> Range<usize> {
        self.place.span()
    }
}

/// Reads a query. Work and memory are bounded by the query's length, which is limited.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let tokens = lex::tokens(text)?;
    if tokens.is_empty() {
        return Err(ParseError::new(
            "no expression found in input",
            Place::at(text, 0, 0),
        ));
    }
    check_nesting(&tokens)?;
    match grammar::parse(&skeleton(&tokens)) {
        Ok(tree) => {
            let mut builder = Builder {
                text,
                tokens: &tokens,
                at: 0,
                depth: 0,
            };
            let expr = builder.expression(&tree)?;
            match builder.peek() {
                None => Ok(expr),
                Some(token) => Err(diagnose::unexpected(Some(token), text)),
            }
        }
        Err(message) => Err(diagnose::explain(&message, text, &tokens)),
    }
}

/// Refuses what would need deep recursion, before anything recurses.
fn check_nesting(tokens: &[Token<'_>]) -> Result<(), ParseError> {
    let mut depth = 0usize;
    let mut operators = 0usize;
    for token in tokens {
        let opens = ["(", "[", "{"].iter().any(|mark| token.is(mark));
        let closes = [")", "]", "}"].iter().any(|mark| token.is(mark));
        depth = if closes {
            depth.saturating_sub(1)
        } else {
            depth + usize::from(opens)
        };
        let operates = BinaryOp::from_text(token.text).is_some() || token.is("[");
        operators += usize::from(operates);
        if depth > NESTING_LIMIT {
            return Err(too_deep(token.place));
        }
        if operators > OPERATOR_LIMIT {
            let message = format!("too many operators in one expression, at most {OPERATOR_LIMIT}");
            return Err(ParseError::new(message, token.place));
        }
    }
    Ok(())
}

fn too_deep(place: Place) -> ParseError {
    ParseError::new(
        format!("expression is nested too deeply, at most {NESTING_LIMIT} levels"),
        place,
    )
}

/// The query as `promql-parser` sees it: the same tokens with literals and label names made harmless.
pub(super) fn skeleton(tokens: &[Token<'_>]) -> String {
    let mut made = String::new();
    let mut in_braces = false;
    let mut before: Option<&Token<'_>> = None;
    for (index, token) in tokens.iter().enumerate() {
        let starts_matcher =
            in_braces && before.is_some_and(|token| token.is("{") || token.is(","));
        let ends_matcher = tokens
            .get(index + 1)
            .is_none_or(|after| after.is("}") || after.is(","));
        in_braces = (in_braces || token.is("{")) && !token.is("}");
        before = Some(token);
        made.push_str(match &token.kind {
            // A quoted metric name stands alone.
            Kind::Text(_) if starts_matcher && ends_matcher => "x=\"x\"",
            Kind::Word if starts_matcher => "x",
            Kind::Text(_) => "\"x\"",
            Kind::Number(_) | Kind::Duration(_) => "1",
            Kind::Word if lex::is_special_number(token.text) => "1",
            Kind::Word | Kind::Symbol => token.text,
        });
        made.push(' ');
    }
    made
}

/// Walks the grammar's tree and our tokens side by side.
struct Builder<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    at: usize,
    depth: usize,
}

impl<'a> Builder<'a> {
    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<&'a Token<'a>, ParseError> {
        let token = self
            .peek()
            .ok_or_else(|| diagnose::unexpected(None, self.text))?;
        self.at += 1;
        Ok(token)
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(mark));
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), ParseError> {
        let token = self.next()?;
        if token.is(mark) {
            Ok(())
        } else {
            Err(diagnose::unexpected(Some(token), self.text))
        }
    }

    /// From the token at `first` to the last one taken.
    fn place_since(&self, first: usize) -> Place {
        let start = self
            .tokens
            .get(first)
            .map_or_else(Place::default, |token| token.place);
        let last = self
            .at
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index));
        last.map_or(start, |token| start.to(token.place))
    }

    fn expression(&mut self, tree: &grammar::Expr) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > NESTING_LIMIT {
            return Err(too_deep(self.place_since(self.at)));
        }
        let mut first = self.at;
        if !matches!(tree, grammar::Expr::NumberLiteral(_)) {
            // A unary plus leaves no node.
            while self.take("+") {}
            if !matches!(tree, grammar::Expr::Binary(_) | grammar::Expr::Subquery(_)) {
                first = self.at;
            }
        }
        let node = self.node(tree)?;
        self.depth -= 1;
        Ok(Expr {
            node,
            place: self.place_since(first),
        })
    }

    fn node(&mut self, tree: &grammar::Expr) -> Result<Node, ParseError> {
        match tree {
            grammar::Expr::NumberLiteral(_) => self.number(),
            grammar::Expr::StringLiteral(_) => Ok(Node::Text(self.string()?)),
            grammar::Expr::Paren(paren) => {
                self.expect("(")?;
                let inner = self.expression(&paren.expr)?;
                self.expect(")")?;
                Ok(Node::Paren(Box::new(inner)))
            }
            grammar::Expr::Unary(unary) => {
                self.expect("-")?;
                Ok(Node::Negate(Box::new(self.expression(&unary.expr)?)))
            }
            grammar::Expr::Binary(binary) => self.binary(binary),
            grammar::Expr::Call(call) => self.call(call),
            grammar::Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            grammar::Expr::VectorSelector(_) => {
                let matchers = self.matchers()?;
                let shift = self.shift()?;
                Ok(Node::Vector(Selector { matchers, shift }))
            }
            grammar::Expr::MatrixSelector(_) => {
                let matchers = self.matchers()?;
                self.expect("[")?;
                let range = self.positive_duration()?;
                self.expect("]")?;
                let shift = self.shift()?;
                Ok(Node::Matrix(Selector { matchers, shift }, range))
            }
            grammar::Expr::Subquery(subquery) => self.subquery(subquery),
            grammar::Expr::Extension(_) => Err(diagnose::unexpected(self.peek(), self.text)),
        }
    }

    /// A number with its signs, which the grammar folds into the literal.
    fn number(&mut self) -> Result<Node, ParseError> {
        let mut negative = false;
        loop {
            let token = self.next()?;
            if let Some(value) = token.number() {
                return Ok(Node::Number(if negative { -value } else { value }));
            }
            if !token.is("+") && !token.is("-") {
                return Err(diagnose::unexpected(Some(token), self.text));
            }
            negative ^= token.is("-");
        }
    }

    fn string(&mut self) -> Result<Text, ParseError> {
        let token = self.next()?;
        match &token.kind {
            Kind::Text(text) => Ok(text.clone()),
            _ => Err(diagnose::unexpected(Some(token), self.text)),
        }
    }

    fn binary(&mut self, tree: &grammar::BinaryExpr) -> Result<Node, ParseError> {
        let left = self.expression(&tree.lhs)?;
        let token = self.next()?;
        let op = BinaryOp::from_text(token.text)
            .ok_or_else(|| diagnose::unexpected(Some(token), self.text))?;
        let returns_bool = self.take_word("bool");
        let matching = self.matching()?;
        let right = self.expression(&tree.rhs)?;
        Ok(Node::Binary(Box::new(Binary {
            op,
            returns_bool,
            left,
            right,
            matching,
        })))
    }

    fn matching(&mut self) -> Result<Matching, ParseError> {
        let labels = if self.take_word("on") {
            Grouping::By(self.label_list()?)
        } else if self.take_word("ignoring") {
            Grouping::Without(self.label_list()?)
        } else {
            Grouping::Without(Vec::new())
        };
        let cardinality = if self.take_word("group_left") {
            Cardinality::ManyToOne(self.optional_label_list()?)
        } else if self.take_word("group_right") {
            Cardinality::OneToMany(self.optional_label_list()?)
        } else {
            Cardinality::OneToOne
        };
        let mut matching = Matching {
            labels,
            cardinality,
            fill_left: None,
            fill_right: None,
        };
        while let Some((left, right)) = self.fill_sides() {
            self.at += 1;
            self.expect("(")?;
            let Node::Number(value) = self.number()? else {
                return Err(diagnose::unexpected(self.peek(), self.text));
            };
            self.expect(")")?;
            matching.fill_left = if left {
                Some(value)
            } else {
                matching.fill_left
            };
            matching.fill_right = if right {
                Some(value)
            } else {
                matching.fill_right
            };
        }
        Ok(matching)
    }

    /// Which sides the fill modifier that comes next fills; none if no fill modifier comes next. Without parentheses
    /// after it the word is a metric's name.
    fn fill_sides(&self) -> Option<(bool, bool)> {
        let word = self.peek()?;
        self.tokens.get(self.at + 1).filter(|after| after.is("("))?;
        [
            ("fill", (true, true)),
            ("fill_left", (true, false)),
            ("fill_right", (false, true)),
        ]
        .iter()
        .find(|(name, _)| word.is_word(name))
        .map(|(_, sides)| *sides)
    }

    fn optional_label_list(&mut self) -> Result<Vec<String>, ParseError> {
        if self.peek().is_some_and(|token| token.is("(")) {
            self.label_list()
        } else {
            Ok(Vec::new())
        }
    }

    fn label_list(&mut self) -> Result<Vec<String>, ParseError> {
        self.expect("(")?;
        let mut names = Vec::new();
        while !self.take(")") {
            let token = self.next()?;
            match &token.kind {
                Kind::Text(text) => names.push(label_name(text, token.place)?),
                Kind::Word => names.push(token.text.to_owned()),
                _ if token.is(",") => {}
                _ => return Err(diagnose::unexpected(Some(token), self.text)),
            }
        }
        Ok(names)
    }

    fn call(&mut self, tree: &grammar::Call) -> Result<Node, ParseError> {
        let name = self.next()?;
        let Some(function) = Function::from_name(name.text) else {
            let message = format!("function {} is not enabled", quote(name.text));
            return Err(ParseError::new(message, name.place));
        };
        self.expect("(")?;
        let mut arguments = Vec::new();
        for (index, argument) in tree.args.args.iter().enumerate() {
            if index > 0 {
                self.expect(",")?;
            }
            arguments.push(self.expression(argument)?);
        }
        self.expect(")")?;
        Ok(Node::Call(function, arguments))
    }

    fn aggregate(&mut self, tree: &grammar::AggregateExpr) -> Result<Node, ParseError> {
        let name = self.next()?;
        let op = AggregateOp::from_word(name.text)
            .ok_or_else(|| diagnose::unexpected(Some(name), self.text))?;
        let before = self.grouping()?;
        self.expect("(")?;
        let parameter = match &tree.param {
            Some(parameter) => {
                let parameter = self.expression(parameter)?;
                self.expect(",")?;
                Some(parameter)
            }
            None => None,
        };
        let inner = self.expression(&tree.expr)?;
        self.expect(")")?;
        let grouping = match before {
            Some(grouping) => Some(grouping),
            None => self.grouping()?,
        };
        Ok(Node::Aggregate(Box::new(Aggregate {
            op,
            inner,
            parameter,
            grouping: grouping.unwrap_or(Grouping::By(Vec::new())),
        })))
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, ParseError> {
        if self.take_word("by") {
            Ok(Some(Grouping::By(self.label_list()?)))
        } else if self.take_word("without") {
            Ok(Some(Grouping::Without(self.label_list()?)))
        } else {
            Ok(None)
        }
    }

    fn subquery(&mut self, tree: &grammar::SubqueryExpr) -> Result<Node, ParseError> {
        let inner = self.expression(&tree.expr)?;
        self.expect("[")?;
        let range_ms = self.positive_duration()?;
        self.expect(":")?;
        let step_ms = if self.take("]") {
            None
        } else {
            let step = self.positive_duration()?;
            self.expect("]")?;
            Some(step)
        };
        let shift = self.shift()?;
        Ok(Node::Subquery(Box::new(Subquery {
            inner,
            range_ms,
            step_ms,
            shift,
        })))
    }

    fn positive_duration(&mut self) -> Result<i64, ParseError> {
        let token = self.next()?;
        match duration(token)? {
            millis if millis > 0 => Ok(millis),
            _ => Err(ParseError::new(
                "duration must be greater than 0",
                token.place,
            )),
        }
    }

    /// The `offset` and `@` modifiers that follow, in any order; the grammar has checked that each comes once.
    fn shift(&mut self) -> Result<TimeShift, ParseError> {
        let mut shift = TimeShift::default();
        loop {
            if self.take_word("offset") {
                let negative = self.take("-");
                self.take("+");
                let millis = duration(self.next()?)?;
                shift.offset_ms = if negative { -millis } else { millis };
            } else if self.take("@") {
                shift.at = Some(self.at_time()?);
            } else {
                return Ok(shift);
            }
        }
    }

    fn at_time(&mut self) -> Result<AtTime, ParseError> {
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        let token = self.next()?;
        if let Some(seconds) = token.number() {
            let seconds = if negative { -seconds } else { seconds };
            let millis = libm::round(seconds * 1000.0);
            if millis.is_finite() && millis.abs() < i64::MAX as f64 {
                return Ok(AtTime::Millis(millis as i64));
            }
            let message = format!("timestamp out of bounds for @ modifier: {seconds:.6}");
            return Err(ParseError::new(message, token.place));
        }
        let at = if token.is_word("start") {
            AtTime::Start
        } else {
            AtTime::End
        };
        self.expect("(")?;
        self.expect(")")?;
        Ok(at)
    }

    /// A metric name, label matchers in braces, or both.
    fn matchers(&mut self) -> Result<Vec<Matcher>, ParseError> {
        let first = self.at;
        let mut matchers = Vec::new();
        let mut metric: Option<String> = None;
        if let Some(token) = self.peek().filter(|token| token.kind == Kind::Word) {
            self.at += 1;
            metric = Some(token.text.to_owned());
            matchers.push(Matcher::equal(METRIC_NAME, token.text));
        }
        if self.take("{") {
            while !self.take("}") {
                let start = self.at;
                let matcher = self.matcher()?;
                if let Some(metric) = metric.as_deref().filter(|_| matcher.name() == METRIC_NAME) {
                    let message = format!(
                        "metric name must not be set twice: {} or {}",
                        quote(metric),
                        quote(matcher.value())
                    );
                    return Err(ParseError::new(message, self.place_since(start)));
                }
                if self
                    .tokens
                    .get(start)
                    .is_some_and(|token| matches!(token.kind, Kind::Text(_)))
                    && self.at == start + 1
                {
                    metric = Some(matcher.value().to_owned());
                }
                matchers.push(matcher);
                if !self.take(",") && !self.peek().is_some_and(|token| token.is("}")) {
                    return Err(diagnose::unexpected_in(
                        self.peek(),
                        self.text,
                        "label matching",
                        "\",\" or \"}\"",
                    ));
                }
            }
        }
        if matchers.iter().all(|matcher| matcher.matches("")) {
            let message = "vector selector must contain at least one non-empty matcher";
            return Err(ParseError::new(message, self.place_since(first)));
        }
        Ok(matchers)
    }

    /// `name op "value"`, or a quoted metric name alone.
    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let token = self.next()?;
        let name = match &token.kind {
            Kind::Text(text) => label_name(text, token.place)?,
            Kind::Word => token.text.to_owned(),
            _ => return Err(diagnose::unexpected(Some(token), self.text)),
        };
        let op = match self.peek().map(|token| token.text) {
            Some("=") => MatchOp::Equal,
            Some("!=") => MatchOp::NotEqual,
            Some("=~") => MatchOp::Regex,
            Some("!~") => MatchOp::NotRegex,
            _ => return Ok(Matcher::equal(METRIC_NAME, &name)),
        };
        self.at += 1;
        let place = self.peek().map_or_else(Place::default, |token| token.place);
        let value = self.string()?.to_text();
        Matcher::new(&name, op, &value).map_err(|reason| ParseError::new(reason, place))
    }
}

fn label_name(text: &Text, place: Place) -> Result<String, ParseError> {
    text.as_label_name()
        .map(str::to_owned)
        .ok_or_else(|| ParseError::new(format!("invalid label name {}", text.quoted()), place))
}

fn duration(token: &Token<'_>) -> Result<i64, ParseError> {
    let out_of_range = || ParseError::new("duration out of range", token.place);
    match token.kind {
        Kind::Duration(millis) => Ok(millis),
        Kind::Number(seconds) => seconds_to_ms(seconds).map_err(|_| out_of_range()),
        _ => Err(out_of_range()),
    }
}
