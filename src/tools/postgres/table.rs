//! Where rows come from: those that the estate prepared, and those that grow. Never more than a bounded number at once.

use super::growth::Growth;
use super::sql::{Condition, Literal, Operator, SqlError};
use crate::scenario::format::infrastructure::{Database, Table};
use crate::sim::World;
use crate::sim::time::{SimTime, Span};

/// More rows than this are not looked through: the statement times out.
const MOST_ROWS: u64 = 2000;

/// A table that was found, with its full name.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// `schema.table`, or the name alone for `public`.
    pub name: &'a str,
    /// As declared.
    pub table: &'a Table,
}

/// Finds a table by name, with or without its schema.
///
/// # Errors
/// As PostgreSQL words it.
pub fn find<'a>(
    server: &'a Database,
    database: &str,
    name: &str,
    at: usize,
) -> Result<Found<'a>, SqlError> {
    let tables = server.databases.get(database);
    let wanted = name.strip_prefix("public.").unwrap_or(name);
    let found = tables.and_then(|tables| {
        tables
            .iter()
            .find(|(known, _)| known.strip_prefix("public.").unwrap_or(known) == wanted)
    });
    found
        .map(|(name, table)| Found { name, table })
        .ok_or_else(|| {
            let mut error = SqlError::new(format!("relation \"{name}\" does not exist")).at(at);
            let like = tables.and_then(|tables| {
                tables
                    .keys()
                    .find(|known| known.ends_with(&format!(".{wanted}")))
            });
            error.hint =
                like.map(|known| format!("There is a table \"{known}\"; name its schema."));
            error
        })
}

/// `schema` and `table` of a full name.
pub fn schema_of(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("public", name))
}

/// A column's place and type.
pub fn column(table: &Table, name: &str, at: usize) -> Result<(usize, String), SqlError> {
    let bare = name.rsplit('.').next().unwrap_or(name);
    let place = table.columns.iter().position(|(known, _)| known == bare);
    let kind = place
        .and_then(|place| table.columns.get(place))
        .map(|(_, kind)| kind.clone());
    match (place, kind) {
        (Some(place), Some(kind)) => Ok((place, kind)),
        _ => Err(SqlError::new(format!("column \"{name}\" does not exist")).at(at)),
    }
}

/// Which of a growing table's rows a query needs, told from what it asks of the time column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first row, counted from 1.
    pub first: u64,
    /// The row after the last.
    pub end: u64,
    /// Whether that is all that the condition says.
    pub exact: bool,
}

/// The rows that a condition's bounds on the time column leave.
pub fn range(
    world: &World,
    growth: &Growth<'_>,
    condition: Option<&Condition>,
) -> Result<Range, SqlError> {
    let mut bounds = Bounds {
        from: None,
        until: None,
        exact: true,
    };
    if let Some(condition) = condition {
        bounds.read(world, growth.time_column(), condition)?;
    }
    let rows = growth.rows();
    let before = |at: SimTime| {
        growth
            .rows_at(&[at])
            .first()
            .copied()
            .unwrap_or(0)
            .min(rows)
    };
    let oldest = world.plan().history_start();
    let first = bounds
        .from
        .filter(|from| *from > oldest)
        .map_or(1, |from| before(from) + 1);
    let end = bounds.until.map_or(rows + 1, |until| before(until) + 1);
    Ok(Range {
        first,
        end: end.max(first),
        exact: bounds.exact,
    })
}

struct Bounds {
    from: Option<SimTime>,
    until: Option<SimTime>,
    exact: bool,
}

impl Bounds {
    fn read(
        &mut self,
        world: &World,
        time_column: &str,
        condition: &Condition,
    ) -> Result<(), SqlError> {
        match condition {
            Condition::And(left, right) => {
                self.read(world, time_column, left)?;
                self.read(world, time_column, right)
            }
            Condition::Compare(column, at, operator, literal) if column == time_column => {
                let instant = instant(world, literal)
                    .ok_or_else(|| invalid("timestamp with time zone", literal, *at))?;
                match operator {
                    Operator::Greater | Operator::GreaterOrEqual => {
                        self.from = Some(self.from.map_or(instant, |from| from.max(instant)));
                    }
                    Operator::Less | Operator::LessOrEqual => {
                        self.until = Some(self.until.map_or(instant, |until| until.min(instant)));
                    }
                    _ => self.exact = false,
                }
                Ok(())
            }
            _ => {
                self.exact = false;
                Ok(())
            }
        }
    }
}

/// A value that is not of a column's type.
pub fn invalid(kind: &str, literal: &Literal, at: usize) -> SqlError {
    let text = match literal {
        Literal::Plain(text) => text.clone(),
        Literal::Now(_) => "now".to_owned(),
    };
    SqlError::new(format!("invalid input syntax for type {kind}: \"{text}\"")).at(at)
}

/// The instant that a literal names.
pub fn instant(world: &World, literal: &Literal) -> Option<SimTime> {
    match literal {
        Literal::Now(after) => Some(world.now() + Span(*after)),
        Literal::Plain(text) => read_instant(text),
    }
}

/// Reads `2024-12-02`, `2024-12-02 14:00`, `2024-12-02T14:00:00Z`, `2024-12-02 14:00:00.5+00`.
pub fn read_instant(text: &str) -> Option<SimTime> {
    let text = text
        .trim()
        .trim_end_matches('Z')
        .trim_end_matches("+00")
        .replacen('T', " ", 1);
    let (day, time) = text.split_once(' ').unwrap_or((&text, "00:00:00"));
    let time = if time.matches(':').count() == 1 {
        format!("{time}:00")
    } else {
        time.to_owned()
    };
    SimTime::parse_rfc3339(&format!("{day}T{time}Z"))
}

/// The statement would look through more rows than the server allows.
pub fn timeout() -> SqlError {
    SqlError {
        message: "canceling statement due to statement timeout".to_owned(),
        at: None,
        hint: Some("This table is large: ask for count(*), min or max, narrow it by its time column, or add ORDER BY that column with LIMIT.".to_owned()),
    }
}

/// The rows of a growing table, refused when there are too many.
pub fn rows(growth: &Growth<'_>, first: u64, end: u64) -> Result<Vec<Vec<String>>, SqlError> {
    let count = end.saturating_sub(first);
    if count > MOST_ROWS {
        return Err(timeout());
    }
    let times = growth.written_each(first, count);
    Ok(times
        .iter()
        .zip(first..)
        .map(|(at, row)| growth.values(row, *at))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_postgresqls_forms() {
        let expected = SimTime::parse_rfc3339("2026-03-02T13:00:00Z");
        for text in [
            "2026-03-02 13:00",
            "2026-03-02T13:00:00Z",
            "2026-03-02 13:00:00+00",
        ] {
            assert_eq!(read_instant(text), expected, "{text}");
        }
        assert_eq!(
            read_instant("2026-03-02"),
            SimTime::parse_rfc3339("2026-03-02T00:00:00Z")
        );
        assert_eq!(read_instant("yesterday"), None);
    }
}
