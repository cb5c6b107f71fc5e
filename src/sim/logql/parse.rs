//! Reads queries of lines: selectors and pipelines. Bounded in depth; errors in the words of Loki's generated parser.

use super::ParseError;
use super::ast::{
    Conversion, Expr, LabelChoice, LabelValue, LineFilter, LineOp, LogExpr, NamedRegex, Stage,
    Unwrap,
};
use super::extract::json;
use super::extract::pattern::Pattern;
use super::filter::{Addresses, Compare, LabelFilter, Quantity};
use super::lex::{Kind, Token, line_and_column, tokens};
use super::template::Template;
use crate::sim::promql::matcher::{MatchOp, Matcher};

/// The deepest nesting of parentheses and functions.
pub(super) const DEEPEST: usize = 100;
/// Most stages of a pipeline, and most matchers of a selector.
const MOST: usize = 100;

/// Names of kinds of tokens in the order in which Loki's messages list them.
const ORDER: [&str; 20] = [
    "BYTES",
    "IDENTIFIER",
    "STRING",
    "NUMBER",
    "DURATION",
    "RANGE",
    "=",
    "=~",
    "!~",
    "{",
    "}",
    ",",
    "|~",
    "|=",
    "(",
    ")",
    "by",
    "without",
    "ip",
    "!=",
];

/// Reads a query.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        text,
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    let expr = parser.expr()?;
    match parser.kind() {
        Kind::End => Ok(expr),
        _ => parser.unexpected(&[]),
    }
}

/// A reader of a query's tokens.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    tokens: &'a [Token],
    at: usize,
    pub(super) depth: usize,
}

/// A token's name in messages.
fn shown(kind: &Kind) -> String {
    match kind {
        Kind::Name(_) => "IDENTIFIER".to_owned(),
        Kind::Mark(mark) => (*mark).to_owned(),
        Kind::Function(name) => match name.as_str() {
            "bytes" => "BYTES_CONV".to_owned(),
            "duration" => "DURATION_CONV".to_owned(),
            "duration_seconds" => "DURATION_SECONDS_CONV".to_owned(),
            name => name.to_ascii_uppercase(),
        },
        Kind::Text(_) => "STRING".to_owned(),
        Kind::Number(_) => "NUMBER".to_owned(),
        Kind::Duration(_) => "DURATION".to_owned(),
        Kind::Bytes(_) => "BYTES".to_owned(),
        Kind::Range(_) => "RANGE".to_owned(),
        Kind::Flag(_) => "PARSER_FLAG".to_owned(),
        Kind::End => "$end".to_owned(),
    }
}

impl<'a> Parser<'a> {
    pub(super) fn token(&self) -> &'a Token {
        const END: Token = Token {
            kind: Kind::End,
            start: 0,
            end: 0,
        };
        self.tokens
            .get(self.at)
            .or(self.tokens.last())
            .unwrap_or(&END)
    }

    pub(super) fn kind(&self) -> &'a Kind {
        &self.token().kind
    }

    /// The kind of a token further on.
    pub(super) fn ahead(&self, count: usize) -> &'a Kind {
        self.tokens
            .get(self.at + count)
            .map_or(&Kind::End, |token| &token.kind)
    }

    pub(super) fn step(&mut self) -> &'a Token {
        let token = self.token();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    pub(super) fn is(&self, mark: &str) -> bool {
        matches!(self.kind(), Kind::Mark(own) if *own == mark)
    }

    pub(super) fn take(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        if found {
            self.step();
        }
        found
    }

    /// An error at a token.
    pub(super) fn error_at<T>(
        &self,
        token: &Token,
        message: impl Into<String>,
    ) -> Result<T, ParseError> {
        let (line, column) = line_and_column(self.text, token.start);
        // Loki does not know the line of a range.
        let line = if matches!(token.kind, Kind::Range(_)) {
            0
        } else {
            line
        };
        Err(ParseError {
            line,
            column,
            message: message.into(),
            span: token.start..token.end,
        })
    }

    /// An error of the whole query, for which Loki names no place.
    pub(super) fn error_of<T>(
        &self,
        from: usize,
        message: impl Into<String>,
    ) -> Result<T, ParseError> {
        Err(ParseError {
            line: 0,
            column: 0,
            message: message.into(),
            span: from..self.token().start.max(from),
        })
    }

    /// The token is none that can stand here. Up to four that could are listed.
    pub(super) fn unexpected<T>(&self, expected: &[&str]) -> Result<T, ParseError> {
        let token = self.token();
        let mut message = format!("syntax error: unexpected {}", shown(&token.kind));
        let mut sorted: Vec<&str> = expected.to_vec();
        sorted.sort_by_key(|name| ORDER.iter().position(|known| known == name));
        if !sorted.is_empty() && sorted.len() <= 4 {
            message.push_str(", expecting ");
            message.push_str(&sorted.join(" or "));
        }
        self.error_at(token, message)
    }

    pub(super) fn expect(&mut self, mark: &'static str) -> Result<(), ParseError> {
        if self.take(mark) {
            Ok(())
        } else {
            self.unexpected(&[mark])
        }
    }

    pub(super) fn name(&mut self) -> Result<String, ParseError> {
        self.name_or(&["IDENTIFIER"])
    }

    fn name_or(&mut self, expected: &[&str]) -> Result<String, ParseError> {
        match self.kind() {
            Kind::Name(name) => {
                self.step();
                Ok(name.clone())
            }
            _ => self.unexpected(expected),
        }
    }

    pub(super) fn string(&mut self, expected: &[&str]) -> Result<String, ParseError> {
        match self.kind() {
            Kind::Text(text) => {
                self.step();
                Ok(text.clone())
            }
            _ => self.unexpected(expected),
        }
    }

    pub(super) fn deeper(&mut self) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error_at(self.token(), "expression is nested too deeply");
        }
        Ok(())
    }

    fn expr(&mut self) -> Result<Expr, ParseError> {
        if self.starts_lines() {
            return self.log_expr().map(Expr::Log);
        }
        self.metric_expr(0).map(Expr::Metric)
    }

    /// Whether a selector comes next, parentheses aside.
    pub(super) fn starts_lines(&self) -> bool {
        let mut count = 0;
        while matches!(self.ahead(count), Kind::Mark("(")) {
            count += 1;
        }
        matches!(self.ahead(count), Kind::Mark("{"))
    }

    /// A selector with its pipeline, perhaps in parentheses.
    fn log_expr(&mut self) -> Result<LogExpr, ParseError> {
        if self.is("(") {
            self.deeper()?;
            self.step();
            let inner = self.log_expr()?;
            self.depth -= 1;
            self.expect(")")?;
            return Ok(inner);
        }
        let matchers = self.selector()?;
        let mut stages = Vec::new();
        self.stages(&mut stages)?;
        Ok(LogExpr { matchers, stages })
    }

    pub(super) fn selector(&mut self) -> Result<Vec<Matcher>, ParseError> {
        let start = self.token().start;
        self.expect("{")?;
        let mut matchers = Vec::new();
        if !self.take("}") {
            matchers.push(self.matcher(&["IDENTIFIER", "}"])?);
            while self.take(",") {
                matchers.push(self.matcher(&["IDENTIFIER"])?);
                if matchers.len() > MOST {
                    return self.error_at(self.token(), "too many matchers");
                }
            }
            if !self.take("}") {
                return self.unexpected(&["}", ","]);
            }
        }
        let selective = |matcher: &Matcher| match matcher.op() {
            MatchOp::Equal | MatchOp::Regex => !matcher.matches(""),
            MatchOp::NotEqual | MatchOp::NotRegex => false,
        };
        if !matchers.iter().any(selective) {
            return self.error_of(
                start,
                "queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
            );
        }
        Ok(matchers)
    }

    fn matcher(&mut self, expected: &[&str]) -> Result<Matcher, ParseError> {
        let name = self.name_or(expected)?;
        let op = match self.kind() {
            Kind::Mark("=") => MatchOp::Equal,
            Kind::Mark("!=") => MatchOp::NotEqual,
            Kind::Mark("=~") => MatchOp::Regex,
            Kind::Mark("!~") => MatchOp::NotRegex,
            _ => return self.unexpected(&["=", "=~", "!~", "!="]),
        };
        self.step();
        let token = self.token();
        let value = self.string(&["STRING"])?;
        Matcher::new(&name, op, &value).or_else(|error| self.error_at(token, error))
    }

    /// The stages that follow, up to `| unwrap` or what is no stage.
    pub(super) fn stages(&mut self, stages: &mut Vec<Stage>) -> Result<(), ParseError> {
        while let Some(stage) = self.stage()? {
            stages.push(stage);
            if stages.len() > MOST {
                return self.error_at(self.token(), "too many stages");
            }
        }
        Ok(())
    }

    fn stage(&mut self) -> Result<Option<Stage>, ParseError> {
        let op = match self.kind() {
            Kind::Mark("|=") => LineOp::Contains,
            Kind::Mark("!=") => LineOp::Lacks,
            Kind::Mark("|~") => LineOp::Matches,
            Kind::Mark("!~") => LineOp::MatchesNot,
            Kind::Mark("|>") => LineOp::Like,
            Kind::Mark("!>") => LineOp::Unlike,
            Kind::Mark("|") if matches!(self.ahead(1), Kind::Mark("unwrap")) => return Ok(None),
            Kind::Mark("|") => {
                self.step();
                return self.piped().map(Some);
            }
            _ => return Ok(None),
        };
        self.step();
        self.line_filter(op).map(|filter| Some(Stage::Line(filter)))
    }

    fn line_filter(&mut self, op: LineOp) -> Result<LineFilter, ParseError> {
        let mut values = Vec::new();
        loop {
            let token = self.token();
            if self.is("ip") {
                return self.error_at(
                    token,
                    "ip() is not supported in line filters here; filter a label with it",
                );
            }
            let value = self.string(&["STRING", "ip"])?;
            match op {
                LineOp::Matches | LineOp::MatchesNot => {
                    if let Err(error) = super::entries::line_regex(&value) {
                        return self.error_at(token, error);
                    }
                }
                LineOp::Like | LineOp::Unlike => {
                    if let Err(error) = Pattern::parse_filter(&value) {
                        return self.error_at(token, error);
                    }
                }
                LineOp::Contains | LineOp::Lacks => {}
            }
            values.push(value);
            if values.len() > MOST {
                return self.error_at(token, "too many alternatives");
            }
            if !self.take("or") {
                return Ok(LineFilter { op, values });
            }
        }
    }

    /// What follows `|`.
    fn piped(&mut self) -> Result<Stage, ParseError> {
        let token = self.token();
        let Kind::Mark(word) = token.kind else {
            return self.label_filter().map(Stage::Label);
        };
        if word == "(" {
            return self.label_filter().map(Stage::Label);
        }
        if !matches!(
            word,
            "json"
                | "logfmt"
                | "regexp"
                | "pattern"
                | "unpack"
                | "line_format"
                | "label_format"
                | "decolorize"
                | "drop"
                | "keep"
        ) {
            return self.unexpected(&[]);
        }
        self.step();
        Ok(match word {
            "json" => Stage::Json(self.extractions(true)?),
            "logfmt" => {
                let (mut strict, mut keep_empty) = (false, false);
                while let Kind::Flag(flag) = self.kind() {
                    self.step();
                    strict |= *flag == "--strict";
                    keep_empty |= *flag == "--keep-empty";
                }
                Stage::Logfmt {
                    strict,
                    keep_empty,
                    fields: self.extractions(false)?,
                }
            }
            "regexp" => {
                let token = self.token();
                let text = self.string(&["STRING"])?;
                let regex = super::entries::line_regex(&text)
                    .or_else(|error| self.error_at(token, error))?;
                if regex.capture_names().flatten().next().is_none() {
                    return self.error_at(token, "at least one named capture must be supplied");
                }
                Stage::Regexp(NamedRegex { text, regex })
            }
            "pattern" => {
                let token = self.token();
                let text = self.string(&["STRING"])?;
                Stage::Pattern(Pattern::parse(&text).or_else(|error| self.error_at(token, error))?)
            }
            "unpack" => Stage::Unpack,
            "decolorize" => Stage::Decolorize,
            "line_format" => {
                let token = self.token();
                let text = self.string(&["STRING"])?;
                let template = Template::parse(&text).or_else(|error| {
                    self.error_at(token, format!("invalid line template: {error}"))
                })?;
                Stage::LineFormat(template)
            }
            "label_format" => self.label_formats()?,
            "drop" => Stage::Drop(self.choices()?),
            _ => Stage::Keep(self.choices()?),
        })
    }

    /// `a="b", c` after `json` or `logfmt`; none at all takes every field.
    fn extractions(&mut self, json: bool) -> Result<Vec<(String, String)>, ParseError> {
        let mut found = Vec::new();
        if !matches!(self.kind(), Kind::Name(_)) {
            return Ok(found);
        }
        loop {
            let token = self.token();
            let name = self.name()?;
            let from = if self.take("=") {
                self.string(&["STRING"])?
            } else {
                name.clone()
            };
            if json && json::path(&from).is_none() {
                return self.error_at(token, format!("cannot parse expression [{from}]"));
            }
            found.push((name, from));
            if found.len() > MOST {
                return self.error_at(token, "too many labels");
            }
            if !self.take(",") {
                return Ok(found);
            }
        }
    }

    fn label_formats(&mut self) -> Result<Stage, ParseError> {
        let mut formats: Vec<(String, LabelValue)> = Vec::new();
        loop {
            let start = self.token();
            let name = self.name()?;
            self.expect("=")?;
            let token = self.token();
            let value = match &token.kind {
                Kind::Name(from) => {
                    self.step();
                    LabelValue::Rename(from.clone())
                }
                Kind::Text(text) => {
                    self.step();
                    let template = Template::parse(text).or_else(|error| {
                        self.error_at(
                            token,
                            format!("invalid template for label '{name}': {error}"),
                        )
                    })?;
                    LabelValue::Format(template)
                }
                _ => return self.unexpected(&["IDENTIFIER", "STRING"]),
            };
            if name == super::pipeline::ERROR {
                return self.error_at(start, "__error__ cannot be formatted");
            }
            if formats.iter().any(|(own, _)| *own == name) {
                return self.error_at(
                    start,
                    format!(
                        "multiple label name '{name}' not allowed in a single format operation"
                    ),
                );
            }
            formats.push((name, value));
            if formats.len() > MOST {
                return self.error_at(start, "too many labels");
            }
            if !self.take(",") {
                return Ok(Stage::LabelFormat(formats));
            }
        }
    }

    fn choices(&mut self) -> Result<Vec<LabelChoice>, ParseError> {
        let mut choices = Vec::new();
        loop {
            let is_match = matches!(self.ahead(1), Kind::Mark("=" | "!=" | "=~" | "!~"));
            choices.push(if is_match {
                LabelChoice::Match(self.matcher(&["IDENTIFIER"])?)
            } else {
                LabelChoice::Name(self.name()?)
            });
            if choices.len() > MOST {
                return self.error_at(self.token(), "too many labels");
            }
            if !self.take(",") {
                return Ok(choices);
            }
        }
    }

    /// `a="b" and (c > 3 or d = 5s)`; a comma or nothing at all means `and`.
    pub(super) fn label_filter(&mut self) -> Result<LabelFilter, ParseError> {
        self.deeper()?;
        let depth = self.depth;
        let mut left = self.all_filters()?;
        while self.take("or") {
            // A long chain makes a deep tree.
            self.deeper()?;
            let right = self.all_filters()?;
            left = LabelFilter::Or(Box::new(left), Box::new(right));
        }
        self.depth = depth - 1;
        Ok(left)
    }

    fn all_filters(&mut self) -> Result<LabelFilter, ParseError> {
        let mut left = self.one_filter()?;
        loop {
            let joined = self.take("and") || self.take(",");
            if !joined && !matches!(self.kind(), Kind::Name(_) | Kind::Mark("(")) {
                return Ok(left);
            }
            self.deeper()?;
            let right = self.one_filter()?;
            left = LabelFilter::And(Box::new(left), Box::new(right));
        }
    }

    fn one_filter(&mut self) -> Result<LabelFilter, ParseError> {
        if self.take("(") {
            let inner = self.label_filter()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let name = self.name_or(&[])?;
        let compare = match self.kind() {
            Kind::Mark("=" | "==") => Compare::Equal,
            Kind::Mark("!=") => Compare::NotEqual,
            Kind::Mark(">") => Compare::Greater,
            Kind::Mark(">=") => Compare::GreaterOrEqual,
            Kind::Mark("<") => Compare::Less,
            Kind::Mark("<=") => Compare::LessOrEqual,
            Kind::Mark("=~" | "!~") => return self.text_filter(&name),
            _ => return self.unexpected(&[]),
        };
        let textual = self.is("=") || self.is("!=");
        let negated = self.is("!=");
        if textual && matches!(self.ahead(1), Kind::Text(_)) {
            return self.text_filter(&name);
        }
        self.step();
        if textual && self.take("ip") {
            self.expect("(")?;
            let token = self.token();
            let text = self.string(&["STRING"])?;
            self.expect(")")?;
            let Some(addresses) = Addresses::parse(&text) else {
                return self.error_at(token, format!("ip: invalid pattern \"{text}\""));
            };
            return Ok(LabelFilter::Address {
                name,
                negated,
                addresses,
            });
        }
        let (sign, minus) = if self.take("-") {
            (-1.0, "-")
        } else {
            (1.0, "")
        };
        let token = self.token();
        let (value, quantity) = match token.kind {
            Kind::Number(value) => (value, Quantity::Number),
            Kind::Duration(value) => (value, Quantity::Duration),
            Kind::Bytes(value) => (value, Quantity::Bytes),
            _ => return self.unexpected(&["BYTES", "NUMBER", "DURATION"]),
        };
        self.step();
        let written = self.text.get(token.start..token.end).unwrap_or("");
        Ok(LabelFilter::Number {
            name,
            compare,
            value: value * sign,
            written: format!("{minus}{written}"),
            quantity,
        })
    }

    fn text_filter(&mut self, name: &str) -> Result<LabelFilter, ParseError> {
        let op = match self.step().kind {
            Kind::Mark("=") => MatchOp::Equal,
            Kind::Mark("!=") => MatchOp::NotEqual,
            Kind::Mark("=~") => MatchOp::Regex,
            _ => MatchOp::NotRegex,
        };
        let token = self.token();
        let value = self.string(&["STRING"])?;
        Matcher::new(name, op, &value)
            .map(LabelFilter::Text)
            .or_else(|error| self.error_at(token, error))
    }

    /// `| unwrap x` with what follows it, if it comes next.
    pub(super) fn unwrap(&mut self) -> Result<Option<Unwrap>, ParseError> {
        if !(self.is("|") && matches!(self.ahead(1), Kind::Mark("unwrap"))) {
            return Ok(None);
        }
        self.step();
        self.step();
        let conversion = match self.kind() {
            Kind::Function(name) => match name.as_str() {
                "bytes" => Conversion::Bytes,
                "duration" => Conversion::Duration,
                "duration_seconds" => Conversion::DurationSeconds,
                _ => return self.unexpected(&[]),
            },
            _ => Conversion::Plain,
        };
        let label = if conversion == Conversion::Plain {
            self.name_or(&[])?
        } else {
            self.step();
            self.expect("(")?;
            let label = self.name()?;
            self.expect(")")?;
            label
        };
        let mut filters = Vec::new();
        while self.take("|") {
            filters.push(self.label_filter()?);
            if filters.len() > MOST {
                return self.error_at(self.token(), "too many stages");
            }
        }
        Ok(Some(Unwrap {
            label,
            conversion,
            filters,
        }))
    }
}
