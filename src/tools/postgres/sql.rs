//! Reads the part of SQL that is supported: one SELECT from one table. Everything else fails in PostgreSQL's words.

/// No statement is longer.
const LONGEST: usize = 10_000;
/// Parentheses and NOTs nest no deeper.
const DEEPEST: usize = 32;

/// Why a statement was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// After `ERROR:  `.
    pub message: String,
    /// Character of the statement it is about.
    pub at: Option<usize>,
    /// After `HINT:  `.
    pub hint: Option<String>,
}

impl SqlError {
    /// An error about the whole statement.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at: None,
            hint: None,
        }
    }

    /// The same, about a place.
    #[must_use]
    pub fn at(mut self, at: usize) -> Self {
        self.at = Some(at);
        self
    }
}

/// A piece of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name or keyword, as written.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    Text(String),
    Number(String),
    Sign(String),
}

/// A function over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the function of that name")]
pub enum Aggregate {
    Count,
    Min,
    Max,
    Sum,
}

/// A thing that is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// All columns.
    Star,
    /// A column and where it is named.
    Column(String, usize),
    /// A function of a column; of `*` where there is none.
    Of(Aggregate, Option<(String, usize)>),
    /// `now()`.
    Now,
    /// `version()`.
    Version,
    /// `pg_is_in_recovery()`: whether the server is a replica.
    InRecovery,
    /// `pg_last_xact_replay_timestamp()`: how far a replica has come.
    Replayed,
    /// A constant.
    Constant(String),
}

/// A selected thing and the name it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub what: What,
    /// Its name after AS.
    pub alias: Option<String>,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operator of that name")]
pub enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    LikeAnyCase,
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A text or a number, as written.
    Plain(String),
    /// Now, and so many milliseconds after it.
    Now(i64),
}

/// What rows must fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// Not.
    Not(Box<Condition>),
    /// A column, where it is named, and what it is compared with.
    Compare(String, usize, Operator, Literal),
    /// A column is (true) or is not null; no value here is null.
    IsNull(String, usize, bool),
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// What is selected.
    pub items: Vec<Item>,
    /// The table, and where it is named; `None` for a SELECT without one.
    pub table: Option<(String, usize)>,
    /// Which rows.
    pub condition: Option<Condition>,
    /// One column.
    pub group_by: Option<(String, usize)>,
    /// A column, an alias or a position; descending.
    pub order_by: Option<(String, usize, bool)>,
    /// Most rows.
    pub limit: Option<usize>,
}

/// Reads one statement.
///
/// # Errors
/// As PostgreSQL words it.
pub fn parse(text: &str) -> Result<Select, SqlError> {
    if text.len() > LONGEST {
        return Err(SqlError::new("statement is too long"));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        end: text.chars().count(),
    };
    parser.statement()
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SqlError> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let start = at;
        let run = |from: usize, accept: fn(char) -> bool| {
            let rest = letters.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|letter| accept(**letter)).count()
        };
        let token = if letter.is_whitespace() {
            at += 1;
            continue;
        } else if letter.is_alphabetic() || letter == '_' {
            at = run(at, |c| {
                c.is_alphanumeric() || c == '_' || c == '.' || c == '$'
            });
            Token::Word(slice(&letters, start, at))
        } else if letter.is_ascii_digit() {
            at = run(at, |c| c.is_ascii_digit() || c == '.');
            Token::Number(slice(&letters, start, at))
        } else if letter == '\'' || letter == '"' {
            let (inner, end) = quoted(&letters, at)?;
            at = end;
            if letter == '"' {
                Token::Quoted(inner)
            } else {
                Token::Text(inner)
            }
        } else {
            let two = slice(&letters, at, at + 2);
            let length = if ["<>", "!=", "<=", ">=", "::"].contains(&two.as_str()) {
                2
            } else {
                1
            };
            at += length;
            Token::Sign(slice(&letters, start, at))
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

fn slice(letters: &[char], from: usize, to: usize) -> String {
    let to = to.min(letters.len());
    letters.get(from..to).unwrap_or_default().iter().collect()
}

fn quoted(letters: &[char], start: usize) -> Result<(String, usize), SqlError> {
    let quote = letters.get(start).copied().unwrap_or('\'');
    let mut inner = String::new();
    let mut at = start + 1;
    while let Some(&letter) = letters.get(at) {
        if letter != quote {
            inner.push(letter);
            at += 1;
        } else if letters.get(at + 1) == Some(&quote) {
            inner.push(quote);
            at += 2;
        } else {
            return Ok((inner, at + 1));
        }
    }
    let rest = slice(letters, start, letters.len());
    let kind = if quote == '"' { "identifier" } else { "string" };
    Err(SqlError::new(format!("unterminated quoted {kind} at or near \"{rest}\"")).at(start))
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    next: usize,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn fail<T>(&self) -> Result<T, SqlError> {
        let near = match self.peek() {
            None => return Err(SqlError::new("syntax error at end of input").at(self.end)),
            Some(
                Token::Word(text) | Token::Quoted(text) | Token::Number(text) | Token::Sign(text),
            ) => text.clone(),
            Some(Token::Text(text)) => format!("'{text}'"),
        };
        Err(SqlError::new(format!("syntax error at or near \"{near}\"")).at(self.place()))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.next += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(found)) if found == sign);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Result<(), SqlError> {
        if self.sign(sign) { Ok(()) } else { self.fail() }
    }

    fn name(&mut self) -> Result<(String, usize), SqlError> {
        let at = self.place();
        let name = match self.peek() {
            Some(Token::Word(word)) if !is_reserved(word) => word.to_lowercase(),
            Some(Token::Quoted(word)) => word.clone(),
            _ => return self.fail(),
        };
        self.next += 1;
        Ok((name, at))
    }

    fn statement(&mut self) -> Result<Select, SqlError> {
        if let Some(Token::Word(verb)) = self.peek() {
            let verb = verb.to_uppercase();
            let writes = [
                "INSERT", "UPDATE", "DELETE", "TRUNCATE", "DROP", "ALTER", "CREATE", "GRANT",
                "REVOKE", "VACUUM", "REINDEX",
            ];
            if writes.contains(&verb.as_str()) {
                return Err(SqlError::new(format!(
                    "cannot execute {verb} in a read-only transaction"
                )));
            }
        }
        if !self.word("select") {
            return self.fail();
        }
        let mut items = vec![self.item()?];
        while self.sign(",") {
            items.push(self.item()?);
        }
        let mut select = Select {
            items,
            table: None,
            condition: None,
            group_by: None,
            order_by: None,
            limit: None,
        };
        if self.word("from") {
            select.table = Some(self.name()?);
            self.clauses(&mut select)?;
        }
        self.sign(";");
        if self.peek().is_some() {
            return self.fail();
        }
        Ok(select)
    }

    fn clauses(&mut self, select: &mut Select) -> Result<(), SqlError> {
        if self.word("where") {
            select.condition = Some(self.any(0)?);
        }
        if self.word("group") {
            if !self.word("by") {
                return self.fail();
            }
            select.group_by = Some(self.name()?);
        }
        if self.word("order") {
            if !self.word("by") {
                return self.fail();
            }
            let (name, at) = match self.peek() {
                Some(Token::Number(digits)) => (digits.clone(), self.place()),
                _ => (String::new(), 0),
            };
            let (name, at) = if name.is_empty() {
                self.order_name()?
            } else {
                self.next += 1;
                (name, at)
            };
            let descending = self.word("desc");
            if !descending {
                self.word("asc");
            }
            select.order_by = Some((name, at, descending));
        }
        if self.word("limit") {
            match self.peek() {
                Some(Token::Number(digits)) if digits.parse::<usize>().is_ok() => {
                    select.limit = digits.parse().ok();
                    self.next += 1;
                }
                _ => return self.fail(),
            }
        }
        Ok(())
    }

    /// A name, or an aggregate by the name that PostgreSQL gives it.
    fn order_name(&mut self) -> Result<(String, usize), SqlError> {
        let (name, at) = self.name()?;
        if self.sign("(") {
            if !self.sign("*") {
                self.name()?;
            }
            self.expect(")")?;
        }
        Ok((name, at))
    }

    fn item(&mut self) -> Result<Item, SqlError> {
        let what = self.what()?;
        let alias = if self.word("as") {
            Some(self.name()?.0)
        } else {
            match self.peek() {
                Some(Token::Word(word)) if !is_reserved(word) => Some(self.name()?.0),
                _ => None,
            }
        };
        Ok(Item { what, alias })
    }

    fn what(&mut self) -> Result<What, SqlError> {
        if self.sign("*") {
            return Ok(What::Star);
        }
        if let Some(Token::Number(text) | Token::Text(text)) = self.peek() {
            let constant = What::Constant(text.clone());
            self.next += 1;
            return Ok(constant);
        }
        let (name, at) = self.name()?;
        if !self.sign("(") {
            return Ok(What::Column(name, at));
        }
        let aggregate = match name.as_str() {
            "count" => Aggregate::Count,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            "sum" => Aggregate::Sum,
            "now" | "version" | "pg_is_in_recovery" | "pg_last_xact_replay_timestamp" => {
                self.expect(")")?;
                return Ok(match name.as_str() {
                    "now" => What::Now,
                    "version" => What::Version,
                    "pg_is_in_recovery" => What::InRecovery,
                    _ => What::Replayed,
                });
            }
            _ => {
                let hint = "count, min, max, sum, now, version, pg_is_in_recovery and pg_last_xact_replay_timestamp are what this console answers.";
                return Err(SqlError {
                    message: format!("function {name}(unknown) does not exist"),
                    at: Some(at),
                    hint: Some(hint.to_owned()),
                });
            }
        };
        let of = if aggregate == Aggregate::Count && self.sign("*") {
            None
        } else {
            Some(self.name()?)
        };
        self.expect(")")?;
        Ok(What::Of(aggregate, of))
    }

    fn any(&mut self, depth: usize) -> Result<Condition, SqlError> {
        let mut left = self.all(depth)?;
        while self.word("or") {
            left = Condition::Or(Box::new(left), Box::new(self.all(depth)?));
        }
        Ok(left)
    }

    fn all(&mut self, depth: usize) -> Result<Condition, SqlError> {
        let mut left = self.one(depth)?;
        while self.word("and") {
            left = Condition::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Ok(left)
    }

    fn one(&mut self, depth: usize) -> Result<Condition, SqlError> {
        if depth > DEEPEST {
            return Err(SqlError::new("stack depth limit exceeded"));
        }
        if self.word("not") {
            return Ok(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.sign("(") {
            let inner = self.any(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let (column, at) = self.name()?;
        if self.word("is") {
            let negated = self.word("not");
            return if self.word("null") {
                Ok(Condition::IsNull(column, at, !negated))
            } else {
                self.fail()
            };
        }
        if self.word("between") {
            let low = self.literal()?;
            if !self.word("and") {
                return self.fail();
            }
            let high = self.literal()?;
            let from = Condition::Compare(column.clone(), at, Operator::GreaterOrEqual, low);
            let to = Condition::Compare(column, at, Operator::LessOrEqual, high);
            return Ok(Condition::And(Box::new(from), Box::new(to)));
        }
        let operator = self.operator()?;
        Ok(Condition::Compare(column, at, operator, self.literal()?))
    }

    fn operator(&mut self) -> Result<Operator, SqlError> {
        let operator = match self.peek() {
            Some(Token::Sign(sign)) => match sign.as_str() {
                "=" => Operator::Equal,
                "<>" | "!=" => Operator::Unequal,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterOrEqual,
                _ => return self.fail(),
            },
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("like") => Operator::Like,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("ilike") => Operator::LikeAnyCase,
            _ => return self.fail(),
        };
        self.next += 1;
        Ok(operator)
    }

    fn literal(&mut self) -> Result<Literal, SqlError> {
        let negative = self.sign("-");
        match self.peek().cloned() {
            Some(Token::Number(text)) => {
                self.next += 1;
                Ok(Literal::Plain(if negative {
                    format!("-{text}")
                } else {
                    text
                }))
            }
            Some(Token::Text(text)) if !negative => {
                self.next += 1;
                Ok(Literal::Plain(text))
            }
            Some(Token::Word(word)) if !negative => match word.to_lowercase().as_str() {
                "true" | "false" => {
                    self.next += 1;
                    let letter = if word.eq_ignore_ascii_case("true") {
                        "t"
                    } else {
                        "f"
                    };
                    Ok(Literal::Plain(letter.to_owned()))
                }
                "timestamp" | "timestamptz" | "date" => {
                    self.next += 1;
                    self.literal()
                }
                "now" | "current_timestamp" => self.now(&word),
                _ => self.fail(),
            },
            _ => self.fail(),
        }
    }

    /// `now()`, `current_timestamp`, either with `- interval '30 minutes'` after it.
    fn now(&mut self, word: &str) -> Result<Literal, SqlError> {
        self.next += 1;
        if word.eq_ignore_ascii_case("now") {
            self.expect("(")?;
            self.expect(")")?;
        }
        let sign = match self.peek() {
            Some(Token::Sign(sign)) if sign == "-" => -1,
            Some(Token::Sign(sign)) if sign == "+" => 1,
            _ => return Ok(Literal::Now(0)),
        };
        self.next += 1;
        if !self.word("interval") {
            return self.fail();
        }
        let Some(Token::Text(text)) = self.peek() else {
            return self.fail();
        };
        let length = interval_ms(text).ok_or_else(|| {
            SqlError::new(format!(
                "invalid input syntax for type interval: \"{text}\""
            ))
            .at(self.place())
        })?;
        self.next += 1;
        Ok(Literal::Now(sign * length))
    }
}

/// `30 minutes`, `1 hour 15 min`, `2 days`.
fn interval_ms(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut sum = 0_i64;
    for pair in words.chunks(2) {
        let [number, unit] = pair else { return None };
        let number: i64 = number.parse().ok()?;
        let each = match unit.trim_end_matches('s').to_lowercase().as_str() {
            "second" | "sec" | "" => 1000,
            "minute" | "min" => 60_000,
            "hour" => 3_600_000,
            "day" => 86_400_000,
            "week" => 604_800_000,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(each)?)?;
    }
    (!words.is_empty()).then_some(sum)
}

fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 20] = [
        "select", "from", "where", "group", "order", "by", "limit", "as", "and", "or", "not",
        "join", "inner", "left", "on", "union", "having", "offset", "like", "with",
    ];
    RESERVED
        .iter()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> (String, Option<usize>) {
        let error = parse(text).unwrap_err();
        (error.message, error.at)
    }

    #[test]
    fn a_whole_select_is_read() {
        let text = "SELECT state, count(*) AS n FROM s.job WHERE at > now() - interval '1 hour' AND (a = 'x''y' OR b <> 2) GROUP BY state ORDER BY n DESC LIMIT 5;";
        let select = parse(text).unwrap();
        assert_eq!(select.items.len(), 2);
        assert_eq!(select.table, Some(("s.job".to_owned(), 33)));
        assert_eq!(
            select.group_by.map(|(name, _)| name),
            Some("state".to_owned())
        );
        assert_eq!(
            select.order_by.map(|(name, _, down)| (name, down)),
            Some(("n".to_owned(), true))
        );
        assert_eq!(select.limit, Some(5));
        let Some(Condition::And(left, right)) = select.condition else {
            panic!()
        };
        assert!(matches!(
            *left,
            Condition::Compare(_, _, Operator::Greater, Literal::Now(-3_600_000))
        ));
        assert!(matches!(*right, Condition::Or(..)));
    }

    #[test]
    fn what_is_not_supported_fails_in_postgresqls_words() {
        assert_eq!(
            refused("selec 1"),
            ("syntax error at or near \"selec\"".to_owned(), Some(0))
        );
        assert_eq!(
            refused("select * from a join b"),
            ("syntax error at or near \"join\"".to_owned(), Some(16))
        );
        assert_eq!(
            refused("select * from"),
            ("syntax error at end of input".to_owned(), Some(13))
        );
        assert_eq!(
            refused("delete from a").0,
            "cannot execute DELETE in a read-only transaction"
        );
        assert_eq!(
            refused("select 'a").0,
            "unterminated quoted string at or near \"'a\""
        );
        assert_eq!(
            refused("select avg(x) from a").0,
            "function avg(unknown) does not exist"
        );
        assert!(
            refused(&format!("select * from a where {}", "not ".repeat(500)))
                .0
                .contains("stack depth")
        );
    }

    #[test]
    fn intervals_have_units() {
        assert_eq!(interval_ms("1 hour 30 minutes"), Some(5_400_000));
        assert_eq!(interval_ms("3 fortnights"), None);
        assert_eq!(interval_ms(""), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_read_or_refused(text in "(select|from|where|and|or|\\(|\\)|'|\"|[a-z]{1,3}|[0-9]{1,3}|[=<>*,;. -]){0,40}") {
            let _ = parse(&text);
        }
    }
}
