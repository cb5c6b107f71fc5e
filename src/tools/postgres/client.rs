//! `psql`: statements given with `-c` and the backslash commands of the first minute. Never an interactive session.

use super::evaluate;
use super::print::{Grid, Style};
use super::sql::{SqlError, parse};
use super::table::{find, schema_of};
use crate::scenario::format::infrastructure::Database;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{options, value};

/// `psql`.
pub struct Psql;

impl Program for Psql {
    fn name(&self) -> &'static str {
        "psql"
    }

    fn family(&self) -> Family {
        Family::Postgres
    }

    fn about(&self) -> &'static str {
        "Runs a read-only statement on a PostgreSQL server"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(3)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], stdin: &str) -> Run {
        let valued = [
            "-h",
            "--host",
            "-p",
            "--port",
            "-U",
            "--username",
            "-d",
            "--dbname",
            "-c",
            "--command",
        ];
        let (words, found) = match options(argv, &valued) {
            Ok(split) => split,
            Err(error) => {
                return Run::failed(
                    format!("psql: {error}\nTry \"psql --help\" for more information.\n"),
                    1,
                );
            }
        };
        let (flags, words): (Vec<String>, Vec<String>) =
            words.into_iter().partition(|word| word.starts_with('-'));
        let mut style = Style::default();
        for flag in &flags {
            match flag.as_str() {
                "-A" | "--no-align" => style.unaligned = true,
                "-t" | "--tuples-only" => style.tuples_only = true,
                "-At" | "-tA" => {
                    style = Style {
                        unaligned: true,
                        tuples_only: true,
                    }
                }
                "-q" | "-X" | "-w" => {}
                _ => {
                    let text = format!(
                        "psql: unrecognized option '{flag}'\nTry \"psql --help\" for more information.\n"
                    );
                    return Run::failed(text, 1);
                }
            }
        }
        let host = value(&found, &["-h", "--host"]);
        let database = value(&found, &["-d", "--dbname"]).or(words.first().map(String::as_str));
        let console = match connect(world, host, database) {
            Ok(console) => console,
            Err(error) => return Run::failed(error, 2),
        };
        let statement = value(&found, &["-c", "--command"]).unwrap_or(stdin).trim();
        if statement.is_empty() {
            let text = "psql: the shell here has no interactive session; give the statement with -c, for example -c '\\dt'\n";
            return Run::failed(text, 1);
        }
        console.run(world, statement, style)
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "psql -h ledger -d jobs -c '\\dt'",
                about: "The tables",
                prints: "          List of relations\n Schema |   Name   | Type  |  Owner   \n--------+----------+-------+----------\n public | job_done | table | postgres\n public | job_kind | table | postgres\n(2 rows)\n\n",
            },
            Example {
                line: "psql -h ledger -d jobs -c 'select state, count(*) from job_kind group by state order by 2 desc'",
                about: "Counts by a column",
                prints: "  state  | count \n---------+-------\n active  |     2\n retired |     1\n(2 rows)\n\n",
            },
            Example {
                line: "psql -h ledger -d jobs -c 'select count(*), max(done_at) from job_done'",
                about: "A table that stands still",
                prints: "  count  |          max           \n---------+------------------------\n 2001000 | 2026-03-02 13:00:00+00\n(1 row)\n\n",
            },
            Example {
                line: "psql -h ledger -d jobs -c 'select * from jobs_done'",
                about: "A table that does not exist",
                prints: "ERROR:  relation \"jobs_done\" does not exist\nLINE 1: select * from jobs_done\n                      ^\n",
            },
            Example {
                line: "psql -c 'select 1'",
                about: "Without a host",
                prints: "psql: error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?\n(PostgreSQL here: -h ledger)\n",
            },
        ]
    }
}

struct Console<'a> {
    name: &'a str,
    server: &'a Database,
    database: &'a str,
}

fn connect<'a>(
    world: &'a World,
    host: Option<&str>,
    database: Option<&str>,
) -> Result<Console<'a>, String> {
    let servers = &world.plan().pack.estate.postgres;
    let names: Vec<&str> = servers.keys().map(String::as_str).collect();
    let hint = if names.is_empty() {
        "(this company runs no PostgreSQL)\n".to_owned()
    } else {
        format!("(PostgreSQL here: -h {})\n", names.join(" or -h "))
    };
    let Some(host) = host else {
        return Err(format!(
            "psql: error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?\n{hint}"
        ));
    };
    let short = host.split('.').next().unwrap_or_default();
    let found = servers
        .iter()
        .find(|(name, server)| *name == short || server.service == short);
    let Some((name, server)) = found else {
        return Err(format!(
            "psql: error: could not translate host name \"{host}\" to address: Name or service not known\n{hint}"
        ));
    };
    let refused = |why: &str| {
        format!("psql: error: connection to server at \"{host}\", port 5432 failed: {why}\n")
    };
    let up = world
        .plan()
        .service(&server.service)
        .is_none_or(|(id, _)| world.fleet().ready_of(id) > 0);
    if !up {
        return Err(refused(
            "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
        ));
    }
    let only = server
        .databases
        .keys()
        .next()
        .filter(|_| server.databases.len() == 1);
    let wanted = database.or(only.map(String::as_str)).unwrap_or("postgres");
    let Some((database, _)) = server.databases.iter().find(|(known, _)| *known == wanted) else {
        return Err(refused(&format!(
            "FATAL:  database \"{wanted}\" does not exist"
        )));
    };
    Ok(Console {
        name,
        server,
        database,
    })
}

impl Console<'_> {
    fn run(&self, world: &World, statement: &str, style: Style) -> Run {
        if let Some(command) = statement.strip_prefix('\\') {
            return self.backslash(command, style);
        }
        let replicas = &world.plan().pack.scenario.instruments.stale_replicas;
        let behind = replicas.get(self.name).map(|lag| Span(lag.millis));
        let outcome = parse(statement)
            .and_then(|select| evaluate::run(world, self.server, self.database, &select, behind));
        match outcome {
            Ok(outcome) => Run::Answer(Answer {
                text: outcome.grid.print(None, true, style),
                data: serde_json::json!({ "columns": outcome.grid.columns, "rows": outcome.grid.rows }),
                shown: outcome
                    .table
                    .map(|table| self.shown(&table))
                    .into_iter()
                    .collect(),
                ..Answer::default()
            }),
            Err(error) => Run::failed(wording(statement, &error), 1),
        }
    }

    fn shown(&self, table: &str) -> Shown {
        Shown::Table {
            server: self.name.to_owned(),
            table: table.to_owned(),
        }
    }

    fn backslash(&self, command: &str, style: Style) -> Run {
        let mut words = command.split_whitespace();
        let verb = words.next().unwrap_or_default().trim_end_matches('+');
        let name = words.next().map(|name| name.trim_end_matches(';'));
        match (verb, name) {
            ("l" | "list", _) => Run::text(self.databases().print(
                Some("List of databases"),
                true,
                style,
            )),
            ("dt" | "d", None) | ("dt", Some(_)) => {
                Run::text(self.tables().print(Some("List of relations"), true, style))
            }
            ("dn", _) => Run::text(self.schemas().print(Some("List of schemas"), true, style)),
            ("d", Some(name)) => self.describe(name, style),
            ("conninfo", _) => Run::text(format!(
                "You are connected to database \"{}\" as user \"oncall\" on host \"{}\" at port \"5432\".\n",
                self.database, self.name
            )),
            ("q", _) => Run::text(""),
            _ => Run::failed(format!("invalid command \\{verb}\nTry \\? for help.\n"), 1),
        }
    }

    fn databases(&self) -> Grid {
        let head = [
            "Name",
            "Owner",
            "Encoding",
            "Locale Provider",
            "Collate",
            "Ctype",
            "ICU Locale",
            "ICU Rules",
            "Access privileges",
        ];
        let names = self.server.databases.keys();
        let row = |name: &String| {
            [
                name.as_str(),
                "postgres",
                "UTF8",
                "libc",
                "C.UTF-8",
                "C.UTF-8",
                "",
                "",
                "",
            ]
            .map(str::to_owned)
            .to_vec()
        };
        Grid {
            columns: head.map(str::to_owned).to_vec(),
            numeric: vec![false; head.len()],
            rows: names.map(row).collect(),
        }
    }

    fn names(&self) -> Vec<(&str, &str)> {
        let tables = self.server.databases.get(self.database);
        let mut names: Vec<_> = tables
            .into_iter()
            .flat_map(|tables| tables.keys())
            .map(|name| schema_of(name))
            .collect();
        names.sort_unstable();
        names
    }

    fn tables(&self) -> Grid {
        let row = |(schema, name): &(&str, &str)| {
            [schema, name, "table", "postgres"]
                .map(str::to_owned)
                .to_vec()
        };
        Grid {
            columns: ["Schema", "Name", "Type", "Owner"]
                .map(str::to_owned)
                .to_vec(),
            numeric: vec![false; 4],
            rows: self.names().iter().map(row).collect(),
        }
    }

    fn schemas(&self) -> Grid {
        let mut schemas: Vec<&str> = self.names().into_iter().map(|(schema, _)| schema).collect();
        schemas.dedup();
        Grid {
            columns: ["Name", "Owner"].map(str::to_owned).to_vec(),
            numeric: vec![false; 2],
            rows: schemas
                .iter()
                .map(|schema| vec![(*schema).to_owned(), "postgres".to_owned()])
                .collect(),
        }
    }

    fn describe(&self, name: &str, style: Style) -> Run {
        let Ok(found) = find(self.server, self.database, name, 0) else {
            return Run::failed(format!("Did not find any relation named \"{name}\".\n"), 1);
        };
        let columns = ["Column", "Type", "Collation", "Nullable", "Default"];
        let rows = found.table.columns.iter();
        let grid = Grid {
            columns: columns.map(str::to_owned).to_vec(),
            numeric: vec![false; columns.len()],
            rows: rows
                .map(|(name, kind)| {
                    [name.as_str(), kind, "", "", ""]
                        .map(str::to_owned)
                        .to_vec()
                })
                .collect(),
        };
        let (schema, table) = schema_of(found.name);
        Run::Answer(Answer {
            text: grid.print(Some(&format!("Table \"{schema}.{table}\"")), false, style),
            shown: vec![self.shown(found.name)],
            ..Answer::default()
        })
    }
}

/// An error as psql prints it, with the line and a mark under the place.
fn wording(statement: &str, error: &SqlError) -> String {
    let mut text = format!("ERROR:  {}\n", error.message);
    if let Some(at) = error.at {
        let before: String = statement.chars().take(at).collect();
        let number = before.matches('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        let label = format!("LINE {}: ", number + 1);
        let line = statement.lines().nth(number).unwrap_or_default();
        text.push_str(&format!(
            "{label}{line}\n{}^\n",
            " ".repeat(label.len() + column)
        ));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("HINT:  {hint}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_mark_their_place() {
        let error = SqlError::new("column \"x\" does not exist").at(9);
        assert_eq!(
            wording("select\n  x from t", &error),
            "ERROR:  column \"x\" does not exist\nLINE 2:   x from t\n          ^\n"
        );
    }
}
