//! Runs a SELECT over a table's rows. Never looks through more rows than a bounded number.

use std::cmp::Ordering;

use super::growth::{Growth, timestamp};
use super::print::Grid;
use super::sql::{Aggregate, Condition, Item, Literal, Operator, Select, SqlError, What};
use super::table::{
    Found, Range, column, find, instant, invalid, range, read_instant, rows, timeout,
};
use crate::scenario::format::infrastructure::{Database, Table};
use crate::sim::World;
use crate::sim::time::{SimTime, Span};

/// What a SELECT gave, and the table it read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The rows.
    pub grid: Grid,
    /// The table's name.
    pub table: Option<String>,
}

/// Runs a SELECT. A server that is a replica lies so far behind; `None` for one that is none.
///
/// # Errors
/// As PostgreSQL words it.
pub fn run(
    world: &World,
    server: &Database,
    database: &str,
    select: &Select,
    behind: Option<Span>,
) -> Result<Outcome, SqlError> {
    let Some((name, at)) = &select.table else {
        return constants(world, server, select, behind);
    };
    let found = find(server, database, name, *at)?;
    check(found.table, select)?;
    let growth = Growth::of(world, found.table, behind.unwrap_or(Span::ZERO));
    let grid = if let Some(growth) = growth {
        growing(world, &found, &growth, select, behind)?
    } else {
        let rows = found.table.rows.clone();
        over_rows(world, found.table, rows, select, behind)?
    };
    Ok(Outcome {
        grid,
        table: Some(found.name.to_owned()),
    })
}

fn is_numeric(kind: &str) -> bool {
    matches!(
        kind,
        "bigint"
            | "integer"
            | "smallint"
            | "serial"
            | "bigserial"
            | "real"
            | "double precision"
            | "money"
    ) || kind.starts_with("numeric")
}

/// Whether a server is a replica.
fn in_recovery(behind: Option<Span>) -> String {
    if behind.is_some() { "t" } else { "f" }.to_owned()
}

/// When what a replica had last was written; empty on a server that is none.
fn replayed(world: &World, behind: Option<Span>) -> String {
    behind.map_or_else(String::new, |behind| {
        timestamp(world.now() - behind, "timestamptz")
    })
}

fn constants(
    world: &World,
    server: &Database,
    select: &Select,
    behind: Option<Span>,
) -> Result<Outcome, SqlError> {
    let mut grid = Grid::default();
    let mut row = Vec::new();
    for item in &select.items {
        let (name, value) = match &item.what {
            What::Now => ("now", timestamp(world.now(), "timestamptz")),
            What::InRecovery => ("pg_is_in_recovery", in_recovery(behind)),
            What::Replayed => ("pg_last_xact_replay_timestamp", replayed(world, behind)),
            What::Version => (
                "version",
                format!(
                    "PostgreSQL {} on x86_64-pc-linux-gnu, compiled by gcc, 64-bit",
                    server.version
                ),
            ),
            What::Constant(text) => ("?column?", text.clone()),
            What::Column(name, at) => {
                return Err(SqlError::new(format!("column \"{name}\" does not exist")).at(*at));
            }
            What::Star | What::Of(..) => {
                return Err(SqlError::new(
                    "SELECT * with no tables specified is not valid",
                ));
            }
        };
        grid.columns
            .push(item.alias.clone().unwrap_or_else(|| name.to_owned()));
        grid.numeric.push(value.parse::<f64>().is_ok());
        row.push(value);
    }
    grid.rows.push(row);
    Ok(Outcome { grid, table: None })
}

/// All columns that are named exist, and grouping makes sense.
fn check(table: &Table, select: &Select) -> Result<(), SqlError> {
    let aggregates = select
        .items
        .iter()
        .any(|item| matches!(item.what, What::Of(..)));
    for item in &select.items {
        match &item.what {
            What::Column(name, at) => {
                column(table, name, *at)?;
                let grouped = select.group_by.as_ref().is_some_and(|(by, _)| by == name);
                if (aggregates || select.group_by.is_some()) && !grouped {
                    let text = format!(
                        "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
                    );
                    return Err(SqlError::new(text).at(*at));
                }
            }
            What::Of(aggregate, Some((name, at))) => {
                let (_, kind) = column(table, name, *at)?;
                if *aggregate == Aggregate::Sum && !is_numeric(&kind) {
                    let mut error = SqlError::new(format!("function sum({kind}) does not exist"));
                    error.hint = Some("No function matches the given name and argument types. You might need to add explicit type casts.".to_owned());
                    return Err(error.at(*at));
                }
            }
            _ => {}
        }
    }
    if let Some((name, at)) = &select.group_by {
        column(table, name, *at)?;
    }
    select
        .condition
        .as_ref()
        .map_or(Ok(()), |condition| check_condition(table, condition))
}

fn check_condition(table: &Table, condition: &Condition) -> Result<(), SqlError> {
    match condition {
        Condition::And(left, right) | Condition::Or(left, right) => {
            check_condition(table, left)?;
            check_condition(table, right)
        }
        Condition::Not(inner) => check_condition(table, inner),
        Condition::IsNull(name, at, _) => column(table, name, *at).map(|_| ()),
        Condition::Compare(name, at, _, literal) => {
            let (_, kind) = column(table, name, *at)?;
            match literal {
                Literal::Plain(text) if is_numeric(&kind) && text.parse::<f64>().is_err() => {
                    Err(invalid(&kind, literal, *at))
                }
                Literal::Plain(text)
                    if kind.starts_with("timestamp") && read_instant(text).is_none() =>
                {
                    Err(invalid(&kind, literal, *at))
                }
                _ => Ok(()),
            }
        }
    }
}

/// A table that grows: counts and the ends of its time are computed, a bounded run of its rows is made.
fn growing(
    world: &World,
    found: &Found<'_>,
    growth: &Growth<'_>,
    select: &Select,
    behind: Option<Span>,
) -> Result<Grid, SqlError> {
    let asked = range(world, growth, select.condition.as_ref())?;
    let simple = asked.exact && select.group_by.is_none();
    if simple && select.items.iter().all(|item| is_end(growth, item)) {
        return Ok(ends(found.table, growth, select, asked));
    }
    let aggregates = select.group_by.is_some()
        || select
            .items
            .iter()
            .any(|item| matches!(item.what, What::Of(..)));
    let (mut first, mut end) = (asked.first, asked.end);
    if let (false, true, Some(limit)) = (aggregates, asked.exact, select.limit) {
        let first_column = found.table.columns.first().map(|(name, _)| name.as_str());
        let by_time = |name: &str| {
            name == growth.time_column() || (first_column == Some(name) && name == "id")
        };
        match &select.order_by {
            Some((name, _, true)) if by_time(name) => {
                first = first.max(end.saturating_sub(limit as u64));
            }
            Some((name, _, false)) if by_time(name) => {
                end = end.min(first.saturating_add(limit as u64));
            }
            None => end = end.min(first.saturating_add(limit as u64)),
            Some(_) => {}
        }
    }
    over_rows(
        world,
        found.table,
        rows(growth, first, end)?,
        select,
        behind,
    )
}

/// Whether a thing can be told from the range alone.
fn is_end(growth: &Growth<'_>, item: &Item) -> bool {
    match &item.what {
        What::Of(Aggregate::Count, _) => true,
        What::Of(Aggregate::Min | Aggregate::Max, Some((name, _))) => name == growth.time_column(),
        _ => false,
    }
}

fn ends(table: &Table, growth: &Growth<'_>, select: &Select, asked: Range) -> Grid {
    let mut grid = header(table, select);
    let kind = table
        .columns
        .iter()
        .find(|(name, _)| name == growth.time_column())
        .map_or("", |(_, kind)| kind);
    let empty = asked.end <= asked.first;
    let cells = select.items.iter().map(|item| match &item.what {
        What::Of(Aggregate::Count, _) => (asked.end - asked.first).to_string(),
        _ if empty => String::new(),
        What::Of(Aggregate::Min, _) => timestamp(growth.written(asked.first), kind),
        _ => timestamp(growth.written(asked.end - 1), kind),
    });
    grid.rows.push(cells.collect());
    grid
}

fn header(table: &Table, select: &Select) -> Grid {
    let mut grid = Grid::default();
    for item in &select.items {
        match &item.what {
            What::Star => {
                for (name, kind) in &table.columns {
                    grid.columns.push(name.clone());
                    grid.numeric.push(is_numeric(kind));
                }
            }
            what => {
                let kind_of =
                    |name: &str| column(table, name, 0).map_or(String::new(), |(_, kind)| kind);
                let (name, numeric) = match what {
                    What::Column(name, _) => (name.as_str(), is_numeric(&kind_of(name))),
                    What::Of(Aggregate::Count, _) => ("count", true),
                    What::Of(Aggregate::Sum, _) => ("sum", true),
                    What::Of(Aggregate::Min, of) => (
                        "min",
                        of.as_ref()
                            .is_some_and(|(name, _)| is_numeric(&kind_of(name))),
                    ),
                    What::Of(Aggregate::Max, of) => (
                        "max",
                        of.as_ref()
                            .is_some_and(|(name, _)| is_numeric(&kind_of(name))),
                    ),
                    What::Now => ("now", false),
                    What::InRecovery => ("pg_is_in_recovery", false),
                    What::Replayed => ("pg_last_xact_replay_timestamp", false),
                    What::Version => ("version", false),
                    What::Constant(_) | What::Star => ("?column?", false),
                };
                grid.columns
                    .push(item.alias.clone().unwrap_or_else(|| name.to_owned()));
                grid.numeric.push(numeric);
            }
        }
    }
    grid
}

fn over_rows(
    world: &World,
    table: &Table,
    all: Vec<Vec<String>>,
    select: &Select,
    behind: Option<Span>,
) -> Result<Grid, SqlError> {
    let view = View {
        world,
        behind,
        table,
    };
    let mut kept: Vec<Vec<String>> = all
        .into_iter()
        .filter(|row| {
            select
                .condition
                .as_ref()
                .is_none_or(|condition| view.holds(condition, row))
        })
        .collect();
    let mut grid = header(table, select);
    let aggregates = select
        .items
        .iter()
        .any(|item| matches!(item.what, What::Of(..)));
    if let Some((by, at)) = &select.group_by {
        let (place, _) = column(table, by, *at)?;
        let value = |row: &Vec<String>| row.get(place).cloned().unwrap_or_default();
        let mut groups: std::collections::BTreeMap<String, Vec<Vec<String>>> =
            std::collections::BTreeMap::new();
        for row in kept {
            groups.entry(value(&row)).or_default().push(row);
        }
        grid.rows = groups
            .values()
            .map(|rows| view.line(select, rows))
            .collect();
        sort_output(&mut grid, select)?;
    } else if aggregates {
        grid.rows.push(view.line(select, &kept));
    } else {
        if let Some((name, at, descending)) = &select.order_by {
            match view.order_place(select, name, *at)? {
                Order::Source(place) => sort(&mut kept, place, *descending),
                Order::Output => {}
            }
        }
        grid.rows = kept
            .iter()
            .map(|row| view.line(select, std::slice::from_ref(row)))
            .collect();
        let by_output = match &select.order_by {
            Some((name, at, _)) => matches!(view.order_place(select, name, *at)?, Order::Output),
            None => false,
        };
        if by_output {
            sort_output(&mut grid, select)?;
        }
    }
    if let Some(limit) = select.limit {
        grid.rows.truncate(limit);
    }
    if grid.rows.len() > 2000 {
        Err(timeout())
    } else {
        Ok(grid)
    }
}

enum Order {
    Source(usize),
    Output,
}

fn sort(rows: &mut [Vec<String>], place: usize, descending: bool) {
    let cell = |row: &Vec<String>| row.get(place).cloned().unwrap_or_default();
    rows.sort_by(|a, b| {
        let order = compare(&cell(a), &cell(b));
        if descending { order.reverse() } else { order }
    });
}

fn sort_output(grid: &mut Grid, select: &Select) -> Result<(), SqlError> {
    let Some((name, at, descending)) = &select.order_by else {
        return Ok(());
    };
    let place = match name.parse::<usize>() {
        Ok(number) => number
            .checked_sub(1)
            .filter(|place| *place < grid.columns.len()),
        Err(_) => grid.columns.iter().position(|column| column == name),
    };
    let missing = || match name.parse::<usize>() {
        Ok(number) => {
            SqlError::new(format!("ORDER BY position {number} is not in select list")).at(*at)
        }
        Err(_) => SqlError::new(format!("column \"{name}\" does not exist")).at(*at),
    };
    sort(&mut grid.rows, place.ok_or_else(missing)?, *descending);
    Ok(())
}

/// Numbers as numbers, everything else as texts.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

struct View<'a> {
    world: &'a World,
    behind: Option<Span>,
    table: &'a Table,
}

impl View<'_> {
    fn order_place(&self, select: &Select, name: &str, at: usize) -> Result<Order, SqlError> {
        let aliased = select
            .items
            .iter()
            .any(|item| item.alias.as_deref() == Some(name));
        if aliased || name.parse::<usize>().is_ok() {
            return Ok(Order::Output);
        }
        column(self.table, name, at).map(|(place, _)| Order::Source(place))
    }

    fn cell<'r>(&self, name: &str, row: &'r [String]) -> &'r str {
        let place = column(self.table, name, 0).map_or(usize::MAX, |(place, _)| place);
        row.get(place).map_or("", String::as_str)
    }

    fn kind(&self, name: &str) -> String {
        column(self.table, name, 0).map_or(String::new(), |(_, kind)| kind)
    }

    fn holds(&self, condition: &Condition, row: &[String]) -> bool {
        match condition {
            Condition::And(left, right) => self.holds(left, row) && self.holds(right, row),
            Condition::Or(left, right) => self.holds(left, row) || self.holds(right, row),
            Condition::Not(inner) => !self.holds(inner, row),
            Condition::IsNull(name, _, wanted) => self.cell(name, row).is_empty() == *wanted,
            Condition::Compare(name, _, operator, literal) => {
                self.compares(self.cell(name, row), &self.kind(name), *operator, literal)
            }
        }
    }

    fn compares(&self, cell: &str, kind: &str, operator: Operator, literal: &Literal) -> bool {
        let text = match literal {
            Literal::Plain(text) => text.clone(),
            Literal::Now(_) => String::new(),
        };
        let order = if kind.starts_with("timestamp") || kind == "date" {
            let pair: Option<(SimTime, SimTime)> =
                read_instant(cell).zip(instant(self.world, literal));
            let Some((left, right)) = pair else {
                return false;
            };
            left.cmp(&right)
        } else {
            compare(cell, &text)
        };
        match operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::Unequal => order != Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::Like => like(&text, cell),
            Operator::LikeAnyCase => like(&text.to_lowercase(), &cell.to_lowercase()),
        }
    }

    /// One line of output over the rows it stands for.
    fn line(&self, select: &Select, rows: &[Vec<String>]) -> Vec<String> {
        let first = rows.first().map_or(&[][..], Vec::as_slice);
        let mut line = Vec::new();
        for item in &select.items {
            match &item.what {
                What::Star => line.extend(first.iter().cloned()),
                What::Column(name, _) => line.push(self.cell(name, first).to_owned()),
                What::Of(aggregate, of) => line.push(self.aggregate(*aggregate, of.as_ref(), rows)),
                What::Constant(text) => line.push(text.clone()),
                What::Now => line.push(timestamp(self.world.now(), "timestamptz")),
                What::Version => line.push("PostgreSQL".to_owned()),
                What::InRecovery => line.push(in_recovery(self.behind)),
                What::Replayed => line.push(replayed(self.world, self.behind)),
            }
        }
        line
    }

    fn aggregate(
        &self,
        aggregate: Aggregate,
        of: Option<&(String, usize)>,
        rows: &[Vec<String>],
    ) -> String {
        let Some((name, _)) = of else {
            return rows.len().to_string();
        };
        let cells = rows
            .iter()
            .map(|row| self.cell(name, row))
            .filter(|cell| !cell.is_empty());
        match aggregate {
            Aggregate::Count => cells.count().to_string(),
            Aggregate::Min => cells
                .min_by(|a, b| compare(a, b))
                .unwrap_or_default()
                .to_owned(),
            Aggregate::Max => cells
                .max_by(|a, b| compare(a, b))
                .unwrap_or_default()
                .to_owned(),
            Aggregate::Sum => {
                let sum: f64 = cells.filter_map(|cell| cell.parse::<f64>().ok()).sum();
                if rows.is_empty() {
                    String::new()
                } else {
                    format!("{sum}")
                }
            }
        }
    }
}

/// Patterns with `%` and `_`.
fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().take(200).collect();
    let text: Vec<char> = text.chars().take(2000).collect();
    let mut fits: Vec<bool> = std::iter::once(true)
        .chain(text.iter().map(|_| false))
        .collect();
    for wanted in pattern {
        let mut next = Vec::with_capacity(fits.len());
        let mut left = false;
        for (place, here) in fits.iter().enumerate() {
            let before = place
                .checked_sub(1)
                .and_then(|before| fits.get(before).copied())
                .unwrap_or(false);
            let letter = place.checked_sub(1).and_then(|before| text.get(before));
            let value = if wanted == '%' {
                *here || left
            } else {
                before && letter.is_some_and(|letter| wanted == '_' || *letter == wanted)
            };
            next.push(value);
            left = value;
        }
        fits = next;
    }
    fits.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::super::sql::parse;
    use super::*;
    use crate::sim::testing::small_world;

    fn server() -> Database {
        ron::from_str(
            r#"(service: "db", version: "16.4", max_connections: 10, databases: {"d": {
                "job": (columns: [("id", "bigint"), ("state", "text"), ("at", "date")],
                    rows: [["1", "open", "2026-01-01"], ["2", "done", "2026-01-02"], ["10", "open", "2026-01-03"]]),
                "s.done": (columns: [("id", "bigint"), ("done_at", "timestamp with time zone")],
                    grows_with: Some((group: "worker", base: 0, time_column: "done_at"))),
            }})"#,
        )
        .unwrap()
    }

    fn rows(text: &str) -> Result<Vec<String>, String> {
        rows_of(text, None)
    }

    fn rows_of(text: &str, behind: Option<Span>) -> Result<Vec<String>, String> {
        let select = parse(text).map_err(|error| error.message)?;
        let outcome = run(&small_world(), &server(), "d", &select, behind);
        let outcome = outcome.map_err(|error| error.message)?;
        Ok(outcome.grid.rows.iter().map(|row| row.join("|")).collect())
    }

    #[test]
    fn a_replica_has_what_was_written_before_it_fell_behind_and_says_so() {
        let says = "select pg_is_in_recovery(), pg_last_xact_replay_timestamp()";
        assert_eq!(rows(says).unwrap(), ["f|"]);
        let now = rows("select now()").unwrap().remove(0);
        let late = Some(Span::from_hours(2));
        assert_eq!(
            rows_of(says, Some(Span::ZERO)).unwrap(),
            [format!("t|{now}")]
        );
        let count = |behind| {
            let text = "select count(*), max(done_at) from s.done";
            let row = rows_of(text, behind).unwrap().remove(0);
            let (count, last) = row.split_once('|').unwrap();
            (count.parse::<u64>().unwrap(), last.to_owned())
        };
        assert_eq!(count(None), count(Some(Span::ZERO)));
        assert!(count(late).0 < count(None).0, "{:?}", count(late));
        assert!(count(late).1 < count(None).1);
        let newest = "select count(*) from s.done where done_at > now() - interval '2 hours'";
        assert_eq!(rows_of(newest, late).unwrap(), ["0"]);
        assert_ne!(rows(newest).unwrap(), ["0"]);
    }

    #[test]
    fn small_tables_answer_a_small_part_of_sql() {
        assert_eq!(
            rows("select count(*), max(id), sum(id) from job").unwrap(),
            ["3|10|13"]
        );
        assert_eq!(
            rows("select id from job where state like 'o%' order by id desc").unwrap(),
            ["10", "1"]
        );
        assert_eq!(
            rows("select state, count(*) as n from job group by state order by n desc limit 1")
                .unwrap(),
            ["open|2"]
        );
        assert_eq!(
            rows("select id from job where at >= '2026-01-02' and not state = 'open'").unwrap(),
            ["2"]
        );
        assert_eq!(
            rows("select nope from job").unwrap_err(),
            "column \"nope\" does not exist"
        );
        assert_eq!(
            rows("select id, count(*) from job").unwrap_err(),
            "column \"id\" must appear in the GROUP BY clause or be used in an aggregate function"
        );
        assert_eq!(
            rows("select * from done").unwrap_err(),
            "relation \"done\" does not exist"
        );
    }

    #[test]
    fn a_growing_table_counts_what_its_group_worked_off() {
        let committed = small_world().groups().first().unwrap().committed();
        assert_eq!(
            rows("select count(*) from s.done").unwrap(),
            [committed.to_string()]
        );
        assert_eq!(
            rows("select count(*) from s.done where done_at > now() - interval '30 minutes'")
                .unwrap(),
            ["0"]
        );
        let last = rows("select max(done_at) from s.done").unwrap();
        assert_eq!(
            rows("select done_at from s.done order by done_at desc limit 1").unwrap(),
            last
        );
        assert!(
            rows("select * from s.done")
                .unwrap_err()
                .contains("statement timeout")
        );
        assert_eq!(
            rows("select id from s.done order by id desc limit 3")
                .unwrap()
                .len(),
            3
        );
    }
}
