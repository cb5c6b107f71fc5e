//! Says what is wrong with a query that is no PromQL, and where, in Prometheus's words. Never accepts anything.

use promql_parser::parser as grammar;

use super::ast::{AggregateOp, BinaryOp, Place};
use super::lex::{Kind, Token, is_special_number};
use super::numbers::quote;
use super::parse::{ParseError, skeleton};

/// Words that are neither names nor operators.
const KEYWORDS: [&str; 14] = [
    "bool",
    "by",
    "group_left",
    "group_right",
    "ignoring",
    "offset",
    "on",
    "without",
    "start",
    "end",
    "step",
    "fill",
    "fill_left",
    "fill_right",
];

/// The error for a token that cannot stand where it stands; no token means the end of the query.
pub(super) fn unexpected(token: Option<&Token<'_>>, text: &str) -> ParseError {
    let place = place_of(token, text);
    ParseError::new(format!("unexpected {}", describe(token)), place)
}

/// As [`unexpected`], with what was being read and what could have stood there.
pub(super) fn unexpected_in(
    token: Option<&Token<'_>>,
    text: &str,
    within: &str,
    expected: &str,
) -> ParseError {
    let place = place_of(token, text);
    let message = format!(
        "unexpected {} in {within}, expected {expected}",
        describe(token)
    );
    ParseError::new(message, place)
}

fn place_of(token: Option<&Token<'_>>, text: &str) -> Place {
    token.map_or_else(
        || Place::at(text, text.len(), text.len()),
        |token| token.place,
    )
}

/// A token as Prometheus names it.
fn describe(token: Option<&Token<'_>>) -> String {
    let Some(token) = token else {
        return "end of input".to_owned();
    };
    let text = token.text;
    match token.kind {
        Kind::Number(_) => format!("number {}", quote(text)),
        Kind::Duration(_) => format!("duration {}", quote(text)),
        Kind::Text(_) => format!("string {}", quote(text)),
        Kind::Word if is_special_number(text) => format!("number {}", quote(text)),
        Kind::Word if KEYWORDS.iter().any(|word| token.is_word(word)) => {
            format!("<{}>", text.to_ascii_lowercase())
        }
        _ if AggregateOp::from_word(text).is_some() => format!("<aggr:{text}>"),
        _ if BinaryOp::from_text(text).is_some() || matches!(text, "=~" | "!~" | "@") => {
            format!("<op:{text}>")
        }
        Kind::Word if text.contains(':') => format!("metric identifier {}", quote(text)),
        Kind::Word => format!("identifier {}", quote(text)),
        Kind::Symbol => quote(text),
    }
}

/// Turns the grammar's rejection into Prometheus's message with its place.
pub(super) fn explain(message: &str, text: &str, tokens: &[Token<'_>]) -> ParseError {
    let mut reader = Reader {
        text,
        tokens,
        at: 0,
    };
    let problem = reader.expression().err().or_else(|| {
        let rest = reader.peek();
        rest.is_some().then(|| unexpected(rest, text))
    });
    if let Some(problem) = problem {
        return problem;
    }
    if let Some(name) = message.strip_prefix("unknown function with name ") {
        let name = name.trim_matches('\'');
        let place = tokens
            .iter()
            .find(|token| token.text == name)
            .map_or_else(|| whole(text), |token| token.place);
        return ParseError::new(format!("unknown function with name {}", quote(name)), place);
    }
    let range = culprit(message, tokens);
    let place = tokens
        .get(range.clone())
        .and_then(|part| Some(part.first()?.place.to(part.last()?.place)))
        .unwrap_or_else(|| whole(text));
    ParseError::new(reword(message), place)
}

fn whole(text: &str) -> Place {
    Place::at(text, 0, text.len())
}

/// `promql-parser`'s sentences in Prometheus's form: double quotes, and its names of types.
fn reword(message: &str) -> String {
    if message == "invalid promql query" {
        return "syntax error".to_owned();
    }
    let mut reworded = message.replace('\'', "\"");
    for (theirs, ours) in [
        ("type vector", "type instant vector"),
        ("type matrix", "type range vector"),
        ("got vector", "got instant vector"),
        ("got matrix", "got range vector"),
        ("scalar or vector, got:", "scalar or instant vector, got"),
        ("scalar or vector, got", "scalar or instant vector, got"),
        ("only allowed on vector,", "only allowed on instant vector,"),
        (
            "preceded by an vector selector or matrix selector",
            "preceded by an instant vector selector or range vector selector",
        ),
    ] {
        reworded = reworded.replace(theirs, ours);
    }
    reworded
}

/// The smallest bracketed part that is rejected with the same message; for an argument of a wrong type, that argument.
fn culprit(message: &str, tokens: &[Token<'_>]) -> std::ops::Range<usize> {
    let same = |range: &std::ops::Range<usize>| {
        tokens.get(range.clone()).is_some_and(|part| {
            grammar::parse(&skeleton(part)).is_err_and(|other| other == message)
        })
    };
    let smallest = groups(tokens)
        .into_iter()
        .filter(same)
        .min_by_key(std::iter::ExactSizeIterator::len);
    let Some(range) = smallest else {
        return 0..tokens.len();
    };
    let wanted = message
        .strip_prefix("expected type ")
        .and_then(|rest| rest.rsplit_once(", got "));
    let Some((_, got)) = wanted else {
        return range;
    };
    let expected = message.split_whitespace().nth(2).unwrap_or("");
    let mut candidates = arguments(tokens, &range);
    if message.contains("in aggregation expression") && expected == "vector" {
        // The aggregated expression is the last argument, after the parameter.
        candidates.reverse();
    }
    let is_wrong = |argument: &std::ops::Range<usize>| {
        tokens.get(argument.clone()).is_some_and(|part| {
            grammar::parse(&skeleton(part)).is_ok_and(|tree| {
                let is = tree.value_type().to_string();
                is == got && is != expected
            })
        })
    };
    candidates.into_iter().find(is_wrong).unwrap_or(range)
}

/// Every parenthesised part, with the word that calls it if there is one.
fn groups(tokens: &[Token<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut open = Vec::new();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.is("(") {
            let called = index > 0
                && tokens
                    .get(index - 1)
                    .is_some_and(|before| before.kind == Kind::Word);
            open.push(if called { index - 1 } else { index });
        } else if token.is(")")
            && let Some(start) = open.pop()
        {
            found.push(start..index + 1);
        }
    }
    found
}

/// The arguments of a call that spans these tokens.
fn arguments(tokens: &[Token<'_>], call: &std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut start = call.start;
    for index in call.clone() {
        let Some(token) = tokens.get(index) else {
            break;
        };
        if ["(", "{", "["].iter().any(|mark| token.is(mark)) {
            depth += 1;
            if depth == 1 {
                start = index + 1;
            }
        } else if [")", "}", "]"].iter().any(|mark| token.is(mark)) {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                found.push(start..index);
            }
        } else if depth == 1 && token.is(",") {
            found.push(start..index);
            start = index + 1;
        }
    }
    found
}

/// Reads a query's tokens by the shape of the grammar alone, to find the first that cannot stand where it stands.
struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at)
    }

    fn is(&self, mark: &str) -> bool {
        self.peek().is_some_and(|token| token.is(mark))
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, words: &[&str]) -> bool {
        let found = self
            .peek()
            .is_some_and(|token| words.iter().any(|word| token.is_word(word)));
        self.at += usize::from(found);
        found
    }

    fn fail<T>(&self) -> Result<T, ParseError> {
        Err(unexpected(self.peek(), self.text))
    }

    fn fail_in<T>(&self, within: &str, expected: &str) -> Result<T, ParseError> {
        Err(unexpected_in(self.peek(), self.text, within, expected))
    }

    /// Operands with operators between them. Nesting is bounded before this runs.
    fn expression(&mut self) -> Result<(), ParseError> {
        loop {
            while self.take("+") || self.take("-") {}
            self.operand()?;
            let operator = self
                .peek()
                .and_then(|token| BinaryOp::from_text(token.text));
            if operator.is_none() {
                return Ok(());
            }
            self.at += 1;
            self.matching()?;
        }
    }

    fn matching(&mut self) -> Result<(), ParseError> {
        self.take_word(&["bool"]);
        if self.take_word(&["on", "ignoring"]) {
            self.labels()?;
            if self.take_word(&["group_left", "group_right"]) && self.is("(") {
                self.labels()?;
            }
        }
        Ok(())
    }

    fn operand(&mut self) -> Result<(), ParseError> {
        let Some(token) = self.peek() else {
            return self.fail();
        };
        match token.kind {
            Kind::Number(_) | Kind::Duration(_) | Kind::Text(_) => self.at += 1,
            Kind::Word => self.word(token)?,
            Kind::Symbol if token.is("(") => {
                self.at += 1;
                self.expression()?;
                if !self.take(")") {
                    return self.fail();
                }
            }
            Kind::Symbol if token.is("{") => self.braces()?,
            Kind::Symbol => return self.fail(),
        }
        self.suffixes()
    }

    fn word(&mut self, token: &Token<'_>) -> Result<(), ParseError> {
        self.at += 1;
        let aggregates = AggregateOp::from_word(token.text).is_some();
        let grouped = aggregates && self.take_word(&["by", "without"]);
        if grouped {
            self.labels()?;
        }
        if self.is("(") {
            self.call()?;
            if aggregates && !grouped && self.take_word(&["by", "without"]) {
                self.labels()?;
            }
        } else if grouped {
            return self.fail_in("aggregation", "\"(\"");
        } else if self.is("{") {
            self.braces()?;
        }
        Ok(())
    }

    fn call(&mut self) -> Result<(), ParseError> {
        self.at += 1;
        if self.take(")") {
            return Ok(());
        }
        loop {
            self.expression()?;
            if self.take(")") {
                return Ok(());
            }
            if !self.take(",") {
                return self.fail();
            }
            if self.is(")") {
                let place = place_of(self.peek(), self.text);
                return Err(ParseError::new(
                    "trailing commas not allowed in function call args",
                    place,
                ));
            }
        }
    }

    fn labels(&mut self) -> Result<(), ParseError> {
        if !self.take("(") {
            return self.fail_in("grouping opts", "\"(\"");
        }
        while !self.take(")") {
            match self.peek().map(|token| &token.kind) {
                Some(Kind::Word | Kind::Text(_)) => self.at += 1,
                _ => return self.fail_in("grouping opts", "label"),
            }
            if !self.take(",") && !self.is(")") {
                return self.fail_in("grouping opts", "\",\" or \")\"");
            }
        }
        Ok(())
    }

    fn braces(&mut self) -> Result<(), ParseError> {
        self.at += 1;
        while !self.take("}") {
            let quoted = match self.peek().map(|token| &token.kind) {
                Some(Kind::Word) => false,
                Some(Kind::Text(_)) => true,
                _ => return self.fail_in("label matching", "identifier or \"}\""),
            };
            self.at += 1;
            if ["=", "!=", "=~", "!~"].iter().any(|op| self.is(op)) {
                self.at += 1;
                match self.peek().map(|token| &token.kind) {
                    Some(Kind::Text(_)) => self.at += 1,
                    _ => return self.fail_in("label matching", "string"),
                }
            } else if !quoted {
                return self.fail_in("label matching", "label matching operator");
            }
            if !self.take(",") && !self.is("}") {
                return self.fail_in("label matching", "\",\" or \"}\"");
            }
        }
        Ok(())
    }

    fn suffixes(&mut self) -> Result<(), ParseError> {
        loop {
            if self.take("[") {
                self.duration("subquery or range selector")?;
                if self.take(":") && !self.is("]") {
                    self.duration("subquery selector")?;
                }
                if !self.take("]") {
                    return self.fail_in("subquery or range selector", "\"]\"");
                }
            } else if self.take_word(&["offset"]) {
                let _signed = self.take("-") || self.take("+");
                self.duration("offset")?;
            } else if self.take("@") {
                self.at_modifier()?;
            } else {
                return Ok(());
            }
        }
    }

    fn duration(&mut self, within: &str) -> Result<(), ParseError> {
        match self.peek().map(|token| &token.kind) {
            Some(Kind::Number(_) | Kind::Duration(_)) => {
                self.at += 1;
                Ok(())
            }
            _ => self.fail_in(within, "number or duration"),
        }
    }

    fn at_modifier(&mut self) -> Result<(), ParseError> {
        if self.take_word(&["start", "end"]) {
            return if self.take("(") && self.take(")") {
                Ok(())
            } else {
                self.fail_in("@", "\"(\" and \")\"")
            };
        }
        let _signed = self.take("-") || self.take("+");
        if self.peek().is_some_and(|token| token.number().is_some()) {
            self.at += 1;
            Ok(())
        } else {
            self.fail_in("@", "timestamp")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;

    fn problem(query: &str) -> String {
        parse(query).unwrap_err().to_string()
    }

    #[test]
    fn the_first_token_out_of_place_is_named() {
        assert_eq!(
            problem(""),
            "1:1: parse error: no expression found in input"
        );
        assert_eq!(
            problem("foo bar"),
            "1:5: parse error: unexpected identifier \"bar\""
        );
        assert_eq!(
            problem("foo +"),
            "1:6: parse error: unexpected end of input"
        );
        assert_eq!(problem("foo + * 2"), "1:7: parse error: unexpected <op:*>");
        assert_eq!(
            problem("sum by foo (x)"),
            "1:8: parse error: unexpected identifier \"foo\" in grouping opts, expected \"(\""
        );
        assert_eq!(
            problem("{a=b}"),
            "1:4: parse error: unexpected identifier \"b\" in label matching, expected string"
        );
        assert_eq!(
            problem("{a}"),
            "1:3: parse error: unexpected \"}\" in label matching, expected label matching operator"
        );
        assert_eq!(
            problem("foo offset"),
            "1:11: parse error: unexpected end of input in offset, expected number or duration"
        );
        assert_eq!(
            problem("rate(foo[5m],)"),
            "1:14: parse error: trailing commas not allowed in function call args"
        );
        assert_eq!(
            problem("foo[]"),
            "1:5: parse error: unexpected \"]\" in subquery or range selector, expected number or duration"
        );
    }

    #[test]
    fn types_are_told_with_their_place() {
        assert_eq!(
            problem("1 + rate(foo)"),
            "1:10: parse error: expected type range vector in call to function \"rate\", got instant vector"
        );
        assert_eq!(
            problem("sum(rate(foo[5m])) + abs(bar[1m])"),
            "1:26: parse error: expected type instant vector in call to function \"abs\", got range vector"
        );
        assert_eq!(
            problem("1 > 2"),
            "1:1: parse error: comparisons between scalars must use BOOL modifier"
        );
        assert_eq!(
            problem("abs(1, 2)"),
            "1:1: parse error: expected 1 argument(s) in call to \"abs\", got 2"
        );
        assert_eq!(
            problem("nosuch(foo)"),
            "1:1: parse error: unknown function with name \"nosuch\""
        );
        assert_eq!(
            problem("foo and 1"),
            "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"
        );
        assert_eq!(
            problem("topk(1, 1)"),
            "1:9: parse error: expected type instant vector in aggregation expression, got scalar"
        );
    }

    #[test]
    fn selectors_are_checked() {
        assert_eq!(
            problem("{}"),
            "1:1: parse error: vector selector must contain at least one non-empty matcher"
        );
        assert_eq!(
            problem("a + {x=~\".*\"}"),
            "1:5: parse error: vector selector must contain at least one non-empty matcher"
        );
        assert_eq!(
            problem("a{__name__=\"b\"}"),
            "1:3: parse error: metric name must not be set twice: \"a\" or \"b\""
        );
        assert_eq!(
            problem("a{x=~\"(\"}"),
            "1:6: parse error: error parsing regexp: missing closing ): `(`"
        );
        assert_eq!(
            problem("a{x=\"1\" or y=\"2\"}"),
            "1:9: parse error: unexpected <op:or> in label matching, expected \",\" or \"}\""
        );
        assert_eq!(
            problem("a[0s]"),
            "1:3: parse error: duration must be greater than 0"
        );
    }
}
