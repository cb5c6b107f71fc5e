//! Reads queries of numbers: aggregations over time and over series, operators. Precedence as in PromQL.

use super::ParseError;
use super::ast::{
    Binary, LabelReplace, LogExpr, MetricExpr, RangeAggregation, RangeOp, Unwrap,
    VectorAggregation, VectorOp,
};
use super::lex::Kind;
use super::parse::Parser;
use crate::sim::promql::ast::{BinaryOp, Cardinality, Grouping, Matching};
use crate::sim::promql::matcher::anchored_regex;

/// How strongly an operator binds, and whether it leans to the right.
const fn strength(op: BinaryOp) -> (usize, bool) {
    match op {
        BinaryOp::Or => (1, false),
        BinaryOp::And | BinaryOp::Unless => (2, false),
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessOrEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterOrEqual => (3, false),
        BinaryOp::Add | BinaryOp::Subtract => (4, false),
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo | BinaryOp::Atan2 => (5, false),
        BinaryOp::Power => (6, true),
    }
}

impl Parser<'_> {
    /// An expression whose operators bind at least this strongly.
    pub(super) fn metric_expr(&mut self, least: usize) -> Result<MetricExpr, ParseError> {
        self.deeper()?;
        let depth = self.depth;
        let mut left = self.operand()?;
        while let Kind::Mark(mark) = self.kind() {
            let Some(op) = BinaryOp::from_text(mark).filter(|_| *mark != "atan2") else {
                break;
            };
            let (own, leans_right) = strength(op);
            if own < least {
                break;
            }
            let place = self.token();
            self.step();
            let returns_bool = self.take("bool");
            if returns_bool && !op.is_comparison() {
                return self.error_at(
                    place,
                    "bool modifier can only be used on comparison operators",
                );
            }
            let matching = self.matching()?;
            let right = self.metric_expr(if leans_right { own } else { own + 1 })?;
            left = self.join(op, returns_bool, matching, left, right)?;
            // A long chain makes a deep tree.
            self.deeper()?;
        }
        self.depth = depth - 1;
        Ok(left)
    }

    fn join(
        &self,
        op: BinaryOp,
        returns_bool: bool,
        matching: Matching,
        left: MetricExpr,
        right: MetricExpr,
    ) -> Result<MetricExpr, ParseError> {
        let is_number = |expr: &MetricExpr| matches!(expr, MetricExpr::Number(_));
        if op.is_set() {
            for (leg, expr) in [("left", &left), ("right", &right)] {
                if let MetricExpr::Number(number) = expr {
                    let word = super::print::operator(op);
                    return self.error_of(
                        0,
                        format!("unexpected literal for {leg} leg of logical/set binary operation ({word}): {number}"),
                    );
                }
            }
        }
        // As Loki does, numbers are joined when the query is read.
        if let (true, true, MetricExpr::Number(a), MetricExpr::Number(b)) =
            (is_number(&left), is_number(&right), &left, &right)
            && let Some(value) = reduce(op, *a, *b)
        {
            return Ok(MetricExpr::Number(value));
        }
        Ok(MetricExpr::Binary(Box::new(Binary {
            op,
            returns_bool,
            left,
            right,
            matching,
        })))
    }

    fn matching(&mut self) -> Result<Matching, ParseError> {
        let mut matching = Matching {
            labels: Grouping::Without(Vec::new()),
            cardinality: Cardinality::OneToOne,
            fill_left: None,
            fill_right: None,
        };
        let on = self.is("on");
        if !on && !self.is("ignoring") {
            return Ok(matching);
        }
        self.step();
        let labels = self.label_list()?;
        matching.labels = if on {
            Grouping::By(labels)
        } else {
            Grouping::Without(labels)
        };
        let left = self.is("group_left");
        if left || self.is("group_right") {
            self.step();
            let include = if self.is("(") {
                self.label_list()?
            } else {
                Vec::new()
            };
            matching.cardinality = if left {
                Cardinality::ManyToOne(include)
            } else {
                Cardinality::OneToMany(include)
            };
        }
        Ok(matching)
    }

    fn label_list(&mut self) -> Result<Vec<String>, ParseError> {
        self.expect("(")?;
        let mut labels = Vec::new();
        if self.take(")") {
            return Ok(labels);
        }
        loop {
            labels.push(self.name()?);
            if labels.len() > 100 {
                return self.error_at(self.token(), "too many labels");
            }
            if self.take(",") {
                continue;
            }
            if self.take(")") {
                return Ok(labels);
            }
            return self.unexpected(&[",", ")"]);
        }
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, ParseError> {
        if self.take("by") {
            return Ok(Some(Grouping::By(self.label_list()?)));
        }
        if self.take("without") {
            return Ok(Some(Grouping::Without(self.label_list()?)));
        }
        Ok(None)
    }

    fn operand(&mut self) -> Result<MetricExpr, ParseError> {
        let token = self.token();
        match &token.kind {
            Kind::Number(number) => {
                self.step();
                Ok(MetricExpr::Number(*number))
            }
            Kind::Mark(sign @ ("+" | "-")) => {
                self.step();
                let Kind::Number(number) = self.kind() else {
                    return self.unexpected(&["NUMBER"]);
                };
                self.step();
                Ok(MetricExpr::Number(if *sign == "-" { -number } else { *number }))
            }
            Kind::Mark("(") => {
                if self.starts_lines() {
                    return self.error_of(
                        token.start,
                        "unexpected type for left leg of binary operation: a log query where a metric query is needed",
                    );
                }
                self.step();
                let inner = self.metric_expr(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Kind::Mark("{") => self.error_of(
                token.start,
                "unexpected type for a leg of a binary operation: a log query where a metric query is needed",
            ),
            Kind::Mark("label_replace") => {
                self.step();
                self.label_replace()
            }
            Kind::Function(name) if name == "vector" => {
                self.step();
                self.expect("(")?;
                let minus = self.take("-");
                let Kind::Number(number) = self.kind() else {
                    return self.unexpected(&["NUMBER"]);
                };
                self.step();
                self.expect(")")?;
                Ok(MetricExpr::Vector(if minus { -number } else { *number }))
            }
            Kind::Function(name) => {
                if let Some(op) = RangeOp::from_word(name) {
                    self.step();
                    return self.range_aggregation(op, token.start);
                }
                if let Some(op) = VectorOp::from_word(name) {
                    self.step();
                    return self.vector_aggregation(op, token.start);
                }
                self.unexpected(&[])
            }
            _ => self.unexpected(&[]),
        }
    }

    fn label_replace(&mut self) -> Result<MetricExpr, ParseError> {
        self.expect("(")?;
        let start = self.token().start;
        let inner = self.metric_expr(0)?;
        let mut texts: [String; 4] = Default::default();
        for text in &mut texts {
            self.expect(",")?;
            *text = self.string(&["STRING"])?;
        }
        self.expect(")")?;
        if let Err(error) = anchored_regex(&texts[3]) {
            return self.error_of(start, format!("invalid regex in label_replace: {error}"));
        }
        Ok(MetricExpr::LabelReplace(Box::new(LabelReplace {
            inner,
            texts,
        })))
    }

    fn vector_aggregation(&mut self, op: VectorOp, start: usize) -> Result<MetricExpr, ParseError> {
        let mut grouping = self.grouping()?;
        self.expect("(")?;
        let mut parameter = None;
        if let (Kind::Number(number), Kind::Mark(",")) = (self.kind(), self.ahead(1)) {
            parameter = Some(*number);
            self.step();
            self.step();
        }
        if self.starts_lines() {
            // Where the parser stands when it finds a range instead of numbers.
            let mut count = 0;
            while !matches!(self.ahead(count), Kind::Range(_) | Kind::End) {
                count += 1;
            }
            for _ in 0..count {
                self.step();
            }
            return self.unexpected(&[]);
        }
        let inner = self.metric_expr(0)?;
        self.expect(")")?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        match (op.takes_parameter(), parameter) {
            (true, None) => {
                return self.error_of(
                    start,
                    format!("parameter required for operation {}", op.name()),
                );
            }
            (true, Some(count)) if count < 1.0 || libm::floor(count) != count => {
                return self.error_of(
                    start,
                    format!(
                        "invalid parameter (must be greater than 0) {}({count}",
                        op.name()
                    ),
                );
            }
            (false, Some(count)) => {
                return self.error_of(
                    start,
                    format!("unsupported parameter for operation {}({count},", op.name()),
                );
            }
            _ => {}
        }
        if matches!(op, VectorOp::Sort | VectorOp::SortDesc) && grouping.is_some() {
            return self.error_of(
                start,
                format!("grouping not allowed for {} aggregation", op.name()),
            );
        }
        Ok(MetricExpr::Aggregate(Box::new(VectorAggregation {
            op,
            parameter,
            inner,
            grouping,
        })))
    }

    fn range_aggregation(&mut self, op: RangeOp, start: usize) -> Result<MetricExpr, ParseError> {
        self.expect("(")?;
        let mut parameter = None;
        if let (Kind::Number(number), Kind::Mark(",")) = (self.kind(), self.ahead(1)) {
            parameter = Some(*number);
            self.step();
            self.step();
        }
        let lines = self.log_range()?;
        self.expect(")")?;
        let grouping = self.grouping()?;
        let name = op.name();
        if grouping.is_some() && !op.takes_grouping() {
            return self.error_of(
                start,
                format!("grouping not allowed for {name} aggregation"),
            );
        }
        match (op, parameter) {
            (RangeOp::QuantileOverTime, None) => {
                return self.error_of(start, "parameter required for operation quantile_over_time");
            }
            (RangeOp::QuantileOverTime, Some(_)) | (_, None) => {}
            (_, Some(number)) => {
                return self.error_of(
                    start,
                    format!("parameter {number} not supported for operation {name}"),
                );
            }
        }
        let bytes = matches!(
            op,
            RangeOp::BytesOverTime | RangeOp::BytesRate | RangeOp::CountOverTime
        );
        if lines.unwrap.is_some() && bytes {
            return self.error_of(start, format!("invalid aggregation {name} with unwrap"));
        }
        if lines.unwrap.is_none() && op.needs_unwrap() {
            return self.error_of(start, format!("invalid aggregation {name} without unwrap"));
        }
        if lines.range_ms <= 0 {
            return self.error_of(start, "duration must be greater than 0");
        }
        Ok(MetricExpr::Range(Box::new(RangeAggregation {
            op,
            parameter,
            log: lines.log,
            unwrap: lines.unwrap,
            range_ms: lines.range_ms,
            offset_ms: lines.offset_ms,
            grouping,
        })))
    }

    /// Lines with a range: the range may stand before or after the pipeline, parentheses around any of it.
    fn log_range(&mut self) -> Result<LogRange, ParseError> {
        if self.is("(") {
            self.deeper()?;
            self.step();
            let mut inner = self.log_range_parts()?;
            self.depth -= 1;
            self.expect(")")?;
            if inner.range_ms.is_none() {
                self.range(&mut inner)?;
            }
            return self.finished(inner);
        }
        let parts = self.log_range_parts()?;
        self.finished(parts)
    }

    fn finished(&self, parts: Parts) -> Result<LogRange, ParseError> {
        let Some(range_ms) = parts.range_ms else {
            return self.unexpected(&[]);
        };
        Ok(LogRange {
            log: parts.log,
            unwrap: parts.unwrap,
            range_ms,
            offset_ms: parts.offset_ms,
        })
    }

    fn log_range_parts(&mut self) -> Result<Parts, ParseError> {
        if self.is("(") {
            let inner = self.log_range_or_selector()?;
            return Ok(inner);
        }
        let mut parts = Parts {
            log: LogExpr {
                matchers: self.selector()?,
                stages: Vec::new(),
            },
            unwrap: None,
            range_ms: None,
            offset_ms: 0,
        };
        self.stages(&mut parts.log.stages)?;
        parts.unwrap = self.unwrap()?;
        self.range(&mut parts)?;
        if parts.range_ms.is_some() && parts.log.stages.is_empty() && parts.unwrap.is_none() {
            self.stages(&mut parts.log.stages)?;
            parts.unwrap = self.unwrap()?;
        }
        Ok(parts)
    }

    fn log_range_or_selector(&mut self) -> Result<Parts, ParseError> {
        self.deeper()?;
        self.step();
        let mut parts = self.log_range_parts()?;
        self.depth -= 1;
        self.expect(")")?;
        if parts.range_ms.is_none() {
            self.range(&mut parts)?;
        }
        Ok(parts)
    }

    fn range(&mut self, parts: &mut Parts) -> Result<(), ParseError> {
        let Kind::Range(millis) = self.kind() else {
            return Ok(());
        };
        self.step();
        parts.range_ms = Some(*millis);
        if self.take("offset") {
            let sign = if self.take("-") { -1 } else { 1 };
            let Kind::Duration(seconds) = self.kind() else {
                return self.unexpected(&["DURATION"]);
            };
            self.step();
            parts.offset_ms = sign * libm::round(seconds * 1000.0) as i64;
        }
        Ok(())
    }
}

/// Lines with a range, as far as it is read.
struct Parts {
    log: LogExpr,
    unwrap: Option<Unwrap>,
    range_ms: Option<i64>,
    offset_ms: i64,
}

struct LogRange {
    log: LogExpr,
    unwrap: Option<Unwrap>,
    range_ms: i64,
    offset_ms: i64,
}

/// Two numbers joined; none for what gives no number.
fn reduce(op: BinaryOp, a: f64, b: f64) -> Option<f64> {
    let truth = |holds: bool| Some(f64::from(u8::from(holds)));
    match op {
        BinaryOp::Add => Some(a + b),
        BinaryOp::Subtract => Some(a - b),
        BinaryOp::Multiply => Some(a * b),
        BinaryOp::Divide => Some(if b == 0.0 { f64::NAN } else { a / b }),
        BinaryOp::Modulo => Some(if b == 0.0 { f64::NAN } else { libm::fmod(a, b) }),
        BinaryOp::Power => Some(libm::pow(a, b)),
        BinaryOp::Equal => truth(a == b),
        BinaryOp::NotEqual => truth(a != b),
        BinaryOp::Greater => truth(a > b),
        BinaryOp::GreaterOrEqual => truth(a >= b),
        BinaryOp::Less => truth(a < b),
        BinaryOp::LessOrEqual => truth(a <= b),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Unless | BinaryOp::Atan2 => None,
    }
}
