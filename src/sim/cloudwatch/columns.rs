//! Space-delimited events: `[ip, user, ..., status_code = 4*, bytes > 1000]`. Brackets and quotation marks keep words together.

use super::compare::{Op, Operand};
use super::{DEEPEST, PatternError, Reader};

#[derive(Clone, Debug)]
enum Test {
    Compare(Op, Operand),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Clone, Debug)]
enum Column {
    One(Option<Test>),
    /// `...`: any number of columns.
    Any,
}

/// Columns of a line.
#[derive(Clone, Debug)]
pub(super) struct Columns(Vec<Column>);

pub(super) fn parse(text: &str, at: usize) -> Result<Columns, PatternError> {
    let mut reader = Reader::new(text, at);
    reader.take("[");
    let mut columns = Vec::new();
    loop {
        columns.push(column(&mut reader)?);
        if columns.len() > 100 {
            return reader.error("too many columns");
        }
        if reader.take(",") {
            continue;
        }
        if !reader.take("]") {
            return reader.error("a closing bracket is missing");
        }
        break;
    }
    reader.skip_blanks();
    if !reader.rest().is_empty() {
        return reader.error("nothing may follow the closing bracket");
    }
    if columns
        .iter()
        .filter(|column| matches!(column, Column::Any))
        .count()
        > 1
    {
        return reader.error("an ellipsis may stand once");
    }
    Ok(Columns(columns))
}

fn column(reader: &mut Reader<'_>) -> Result<Column, PatternError> {
    if reader.take("...") {
        return Ok(Column::Any);
    }
    let name = name(reader)?;
    reader.skip_blanks();
    if reader.rest().starts_with([',', ']']) || reader.rest().is_empty() {
        return Ok(Column::One(None));
    }
    let test = any(reader, &name, true)?;
    Ok(Column::One(Some(test)))
}

fn name(reader: &mut Reader<'_>) -> Result<String, PatternError> {
    reader.skip_blanks();
    let rest = reader.rest();
    let end = rest
        .find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-')))
        .unwrap_or(rest.len());
    if end == 0 {
        return reader.error("a column's name is missing");
    }
    reader.at += end;
    Ok(rest.get(..end).unwrap_or("").to_owned())
}

/// Comparisons of a column; only the first one's name has been read.
fn any(reader: &mut Reader<'_>, column: &str, begun: bool) -> Result<Test, PatternError> {
    let mut left = all(reader, column, begun)?;
    let mut joined = 0;
    while reader.take("||") {
        joined += 1;
        if joined > DEEPEST {
            return reader.error("too many conditions");
        }
        left = Test::Or(Box::new(left), Box::new(all(reader, column, false)?));
    }
    Ok(left)
}

fn all(reader: &mut Reader<'_>, column: &str, begun: bool) -> Result<Test, PatternError> {
    let mut left = one(reader, column, begun)?;
    let mut joined = 0;
    while reader.take("&&") {
        joined += 1;
        if joined > DEEPEST {
            return reader.error("too many conditions");
        }
        left = Test::And(Box::new(left), Box::new(one(reader, column, false)?));
    }
    Ok(left)
}

fn one(reader: &mut Reader<'_>, column: &str, begun: bool) -> Result<Test, PatternError> {
    if !begun {
        let other = name(reader)?;
        if other != column {
            return reader.error(format!("a condition of column {column} names {other}"));
        }
    }
    let Some(op) = Op::read(reader) else {
        return reader.error("an operator is missing");
    };
    let operand = Operand::read(reader, ",]")?;
    if !matches!(op, Op::Equal | Op::NotEqual) && !operand.is_number() {
        return reader.error("only numbers can be compared by size");
    }
    Ok(Test::Compare(op, operand))
}

impl Test {
    fn holds(&self, word: &str) -> bool {
        match self {
            Self::Compare(op, operand) => operand.holds(*op, word),
            Self::And(left, right) => left.holds(word) && right.holds(word),
            Self::Or(left, right) => left.holds(word) || right.holds(word),
        }
    }
}

impl Columns {
    pub(super) fn matches(&self, message: &str) -> bool {
        let words = words(message);
        let fits = |columns: &[Column], words: &[&str]| {
            columns
                .iter()
                .zip(words)
                .all(|(column, word)| match column {
                    Column::One(Some(test)) => test.holds(word),
                    _ => true,
                })
        };
        let gap = self
            .0
            .iter()
            .position(|column| matches!(column, Column::Any));
        let Some(gap) = gap else {
            // A last column without condition takes what is left.
            let open = matches!(self.0.last(), Some(Column::One(None)));
            let enough = words.len() == self.0.len() || (open && words.len() > self.0.len());
            return enough && fits(&self.0, &words);
        };
        let (before, after) = (self.0.get(..gap), self.0.get(gap + 1..));
        let (Some(before), Some(after)) = (before, after) else {
            return false;
        };
        let Some(start) = words
            .len()
            .checked_sub(after.len())
            .filter(|start| *start >= before.len())
        else {
            return false;
        };
        fits(before, &words) && fits(after, words.get(start..).unwrap_or_default())
    }
}

/// The columns of a line; what stands in brackets or quotation marks is one, without them.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let inside = close.and_then(|close| {
            let inside = rest.get(1..)?;
            let end = inside.find(close)?;
            Some((inside.get(..end)?, inside.get(end + 1..)?))
        });
        let (word, after) = inside.unwrap_or_else(|| {
            let end = rest
                .find(|letter: char| letter.is_whitespace())
                .unwrap_or(rest.len());
            rest.split_at(end)
        });
        words.push(word);
        rest = after.trim_start();
    }
    words
}
