//! Reads Datadog's query language. Bounded in length and depth; evaluates nothing.

use super::language::{Aggregator, Filter, Form, Metric, Operator, Query};

/// No query is longer, in bytes.
pub const LONGEST: usize = 4096;
/// No query is nested deeper.
const DEEPEST: usize = 24;

/// What is wrong with a query, and where: a column from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at col {column}")]
pub struct Problem {
    /// What.
    pub what: String,
    /// Where.
    pub column: usize,
}

/// Functions that take a query first.
pub const FUNCTIONS: [&str; 14] = [
    "abs",
    "clamp_max",
    "clamp_min",
    "cumsum",
    "default_zero",
    "derivative",
    "diff",
    "exclude_null",
    "hour_before",
    "per_minute",
    "per_second",
    "timeshift",
    "top",
    "week_before",
];

/// Reads a query.
///
/// # Errors
/// When it is none.
pub fn parse(text: &str) -> Result<Query, Problem> {
    if text.len() > LONGEST {
        return Err(Problem {
            what: format!("a query may have {LONGEST} bytes"),
            column: 1,
        });
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let query = reader.sum()?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.wrong("unexpected text"));
    }
    Ok(query)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn wrong(&self, what: impl Into<String>) -> Problem {
        let before = self.text.get(..self.at).unwrap_or("");
        Problem {
            what: what.into(),
            column: before.chars().count() + 1,
        }
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.blanks();
        let is = self.rest().starts_with(token);
        if is {
            self.at += token.len();
        }
        is
    }

    fn need(&mut self, token: &str) -> Result<(), Problem> {
        if self.takes(token) {
            Ok(())
        } else {
            Err(self.wrong(format!("expected '{token}'")))
        }
    }

    fn word(&mut self, inner: impl Fn(char) -> bool) -> &'a str {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|letter| !inner(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    /// A word of letters, without its case, if it is the next.
    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        let word = self.word(|letter| letter.is_ascii_alphabetic());
        let is = word.eq_ignore_ascii_case(keyword);
        if !is {
            self.at = before;
        }
        is
    }

    fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("the query is nested too deep"));
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<Query, Problem> {
        self.deeper()?;
        let mut left = self.product()?;
        loop {
            let operator = if self.takes("+") {
                Operator::Add
            } else if self.takes("-") {
                Operator::Subtract
            } else {
                self.depth -= 1;
                return Ok(left);
            };
            let right = self.product()?;
            left = Query::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn product(&mut self) -> Result<Query, Problem> {
        let mut left = self.factor()?;
        loop {
            let operator = if self.takes("*") {
                Operator::Multiply
            } else if self.takes("/") {
                Operator::Divide
            } else {
                return Ok(left);
            };
            let right = self.factor()?;
            left = Query::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn factor(&mut self) -> Result<Query, Problem> {
        if self.takes("(") {
            let inner = self.sum()?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.takes("-") {
            self.deeper()?;
            let inner = self.factor()?;
            self.depth -= 1;
            let zero = Box::new(Query::Number(0.0));
            return Ok(Query::Binary(Operator::Subtract, zero, Box::new(inner)));
        }
        self.blanks();
        if self
            .rest()
            .starts_with(|letter: char| letter.is_ascii_digit())
        {
            return self.number();
        }
        let before = self.at;
        let word = self.word(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if word.is_empty() {
            return Err(self.wrong("expected a metric, a number or a function"));
        }
        if self.takes(":") {
            self.at = before;
            return self.metric().map(Query::Metric);
        }
        if self.takes("(") {
            return self.function(word, before);
        }
        self.at = before;
        Err(self.wrong("expected an aggregator such as avg: before the metric"))
    }

    fn number(&mut self) -> Result<Query, Problem> {
        let before = self.at;
        let word = self.word(|letter| letter.is_ascii_digit() || letter == '.');
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Query::Number(number)),
            _ => {
                self.at = before;
                Err(self.wrong("this is no number"))
            }
        }
    }

    fn function(&mut self, name: &str, start: usize) -> Result<Query, Problem> {
        if !FUNCTIONS.contains(&name) {
            self.at = start;
            return Err(self.wrong(format!("there is no function {name}")));
        }
        let of = Box::new(self.sum()?);
        let mut args = Vec::new();
        while self.takes(",") {
            args.push(self.argument());
        }
        self.need(")")?;
        Ok(Query::Function {
            name: name.to_owned(),
            of,
            args,
        })
    }

    /// An argument: a number or a text, with or without quotes.
    fn argument(&mut self) -> String {
        let word = self.word(|letter| !matches!(letter, ',' | ')'));
        word.trim().trim_matches(['\'', '"']).to_owned()
    }

    fn metric(&mut self) -> Result<Metric, Problem> {
        let space = self.aggregator()?;
        self.need(":")?;
        let name = self.word(|letter| letter.is_ascii_alphanumeric() || "._".contains(letter));
        if name.is_empty() {
            return Err(self.wrong("expected a metric's name"));
        }
        self.need("{")?;
        let filter = self.filter()?;
        self.need("}")?;
        let mut metric = Metric {
            space,
            name: name.to_owned(),
            filter,
            by: Vec::new(),
            form: Form::Plain,
            rollup: None,
            interval: None,
        };
        if self.keyword("by") {
            self.need("{")?;
            loop {
                let tag = self.word(is_of_tag);
                if tag.is_empty() {
                    return Err(self.wrong("expected a tag"));
                }
                metric.by.push(tag.to_owned());
                if !self.takes(",") {
                    break;
                }
            }
            self.need("}")?;
        }
        while self.takes(".") {
            self.method(&mut metric)?;
        }
        Ok(metric)
    }

    fn aggregator(&mut self) -> Result<Aggregator, Problem> {
        let before = self.at;
        let word = self.word(|letter| letter.is_ascii_alphanumeric());
        aggregator(word).ok_or_else(|| {
            self.at = before;
            self.wrong(format!(
                "{word} is no aggregator: avg, sum, min, max, count, p50 to p99"
            ))
        })
    }

    fn method(&mut self, metric: &mut Metric) -> Result<(), Problem> {
        let before = self.at;
        let name = self.word(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        self.need("(")?;
        let mut args = Vec::new();
        loop {
            let arg = self.argument();
            if !arg.is_empty() {
                args.push(arg);
            }
            if !self.takes(",") {
                break;
            }
        }
        self.need(")")?;
        match name {
            "as_count" => metric.form = Form::Count,
            "as_rate" => metric.form = Form::Rate,
            "rollup" => {
                for arg in args {
                    if let Ok(seconds) = arg.parse::<u32>() {
                        metric.interval = Some(seconds);
                    } else if let Some(own) = aggregator(&arg) {
                        metric.rollup = Some(own);
                    } else {
                        self.at = before;
                        return Err(self.wrong(format!("rollup does not take {arg}")));
                    }
                }
            }
            // Gaps are not filled in anyway.
            "fill" => {}
            other => {
                self.at = before;
                return Err(self.wrong(format!(
                    "there is no method {other}: as_count, as_rate, rollup, fill"
                )));
            }
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<Filter, Problem> {
        self.deeper()?;
        let mut any = vec![self.all()?];
        while self.keyword("OR") {
            any.push(self.all()?);
        }
        self.depth -= 1;
        Ok(one_or(any, Filter::Or))
    }

    fn all(&mut self) -> Result<Filter, Problem> {
        let mut all = vec![self.condition()?];
        while self.takes(",") || self.keyword("AND") {
            all.push(self.condition()?);
        }
        Ok(one_or(all, Filter::And))
    }

    fn condition(&mut self) -> Result<Filter, Problem> {
        if self.takes("!") || self.keyword("NOT") {
            self.deeper()?;
            let inner = self.condition()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(inner)));
        }
        if self.takes("(") {
            let inner = self.filter()?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.takes("*") {
            return Ok(Filter::All);
        }
        let key = self.word(is_of_tag);
        if key.is_empty() {
            return Err(self.wrong("expected a tag or *"));
        }
        let not = self.keyword("NOT");
        if self.keyword("IN") {
            self.need("(")?;
            let mut any = Vec::new();
            loop {
                any.push(Filter::Tag(key.to_owned(), self.value(true)?));
                if !self.takes(",") {
                    break;
                }
            }
            self.need(")")?;
            let inner = one_or(any, Filter::Or);
            return Ok(if not {
                Filter::Not(Box::new(inner))
            } else {
                inner
            });
        }
        self.need(":")?;
        Ok(Filter::Tag(key.to_owned(), self.value(false)?))
    }

    /// A tag's value; with quotes it may hold blanks and commas, without them blanks where what follows is no keyword.
    fn value(&mut self, in_list: bool) -> Result<String, Problem> {
        if self.takes("\"") {
            let rest = self.rest();
            let end = rest.find('"').ok_or_else(|| self.wrong("expected '\"'"))?;
            self.at += end + 1;
            return Ok(rest.get(..end).unwrap_or("").to_owned());
        }
        let rest = self.rest().trim_start();
        let ends = |letter: char| letter == ',' || letter == '}' || (in_list && letter == ')');
        let until = rest.find(ends).unwrap_or(rest.len());
        let whole = rest.get(..until).unwrap_or("");
        let keyword = [" AND ", " OR ", " and ", " or "];
        let end = keyword
            .iter()
            .filter_map(|word| whole.find(word))
            .min()
            .unwrap_or(until);
        let mut value = whole.get(..end).unwrap_or("");
        if !in_list && value.matches(')').count() > value.matches('(').count() {
            value = value.split(')').next().unwrap_or("");
        }
        if value.trim().is_empty() {
            return Err(self.wrong("expected a tag's value"));
        }
        self.blanks();
        self.at += value.len();
        Ok(value.trim().to_owned())
    }
}

fn is_of_tag(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '@')
}

fn one_or(mut all: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    if all.len() == 1 {
        all.pop().unwrap_or(Filter::All)
    } else {
        many(all)
    }
}

fn aggregator(word: &str) -> Option<Aggregator> {
    Some(match word {
        "avg" => Aggregator::Avg,
        "sum" => Aggregator::Sum,
        "min" => Aggregator::Min,
        "max" => Aggregator::Max,
        "count" => Aggregator::Count,
        _ => {
            let digits = word.strip_prefix('p')?;
            let number: f64 = digits.parse().ok()?;
            // `p999` is 99.9 %.
            let scale = libm::pow(10.0, digits.len() as f64);
            let share = number / scale;
            (share > 0.0 && share < 1.0).then_some(Aggregator::Percentile(share))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(text: &str) -> Metric {
        match parse(text).unwrap() {
            Query::Metric(metric) => metric,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_metric_is_read_with_all_its_parts() {
        let read = metric("avg:system.cpu.user{service:x, !host:y*} by {pod,host}.rollup(max, 60)");
        assert_eq!(read.name, "system.cpu.user");
        assert_eq!(read.by, ["pod", "host"]);
        assert_eq!(
            (read.rollup, read.interval),
            (Some(Aggregator::Max), Some(60))
        );
        let tag = |key: &str, value: &str| Filter::Tag(key.to_owned(), value.to_owned());
        assert_eq!(
            read.filter,
            Filter::And(vec![
                tag("service", "x"),
                Filter::Not(Box::new(tag("host", "y*")))
            ])
        );
        let read = metric("sum:a.b{resource_name:GET /items AND env IN (x, y)}.as_count()");
        assert_eq!(read.form, Form::Count);
        assert_eq!(
            read.filter,
            Filter::And(vec![
                tag("resource_name", "GET /items"),
                Filter::Or(vec![tag("env", "x"), tag("env", "y")])
            ])
        );
        assert_eq!(metric("p95:a{*}").space, Aggregator::Percentile(0.95));
        let either = metric("sum:a{(service:x OR service:y) AND NOT host:z}").filter;
        assert!(matches!(either, Filter::And(all) if all.len() == 2));
    }

    #[test]
    fn arithmetic_and_functions_nest() {
        let read = parse("100 * sum:a.errors{*}.as_count() / (sum:a.hits{*}.as_count() + 1)");
        assert!(matches!(read, Ok(Query::Binary(Operator::Divide, ..))));
        let read = parse("top(default_zero(avg:a{*} by {pod}), 5, 'mean', 'desc')").unwrap();
        let Query::Function { name, args, .. } = read else {
            panic!("{read:?}");
        };
        assert_eq!((name.as_str(), args.len()), ("top", 3));
        assert!(parse("-avg:a{*}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, said) in [
            ("", "expected a metric, a number or a function at col 1"),
            (
                "system.cpu{*}",
                "expected an aggregator such as avg: before the metric at col 1",
            ),
            ("avg:a", "expected '{' at col 6"),
            ("avg:a{*} by {}", "expected a tag at col 14"),
            (
                "avg:a{*}.rolup(1)",
                "there is no method rolup: as_count, as_rate, rollup, fill at col 10",
            ),
            (
                "mean:a{*}",
                "mean is no aggregator: avg, sum, min, max, count, p50 to p99 at col 1",
            ),
            ("nope(avg:a{*})", "there is no function nope at col 1"),
            ("avg:a{*} avg:b{*}", "unexpected text at col 10"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), said, "{text}");
        }
        assert!(parse(&"(".repeat(4000)).is_err());
        assert!(parse(&"-".repeat(4000)).is_err());
        assert!(parse(&format!("avg:a{{{}x:y", "!".repeat(4000))).is_err());
    }
}
