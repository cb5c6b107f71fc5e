//! `firedrill query`: an expression over a scenario's series or log lines, without the game. Only prints.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use unicode_width::UnicodeWidthStr as _;

use super::plot;
use crate::tools::offline::{self, Answer, Offline};
use crate::tools::{Places, ToolError};

/// Shown under `--help`.
pub const EXAMPLES: &str = "Examples:\n  firedrill query 'sum by (service) (rate(http_requests_total[5m]))' --scenario NAME --at T+20m\n  firedrill query 'sum(rate(http_requests_total[5m]))' --scenario NAME --at T+20m --range 1h --step 15s --plot\n  firedrill query --logs '{app=\"web\"} |= \"error\"' --scenario NAME --at T+20m --range 1h --limit 20\n  firedrill query --logs 'sum by (app) (rate({level=\"error\"}[1m]))' --scenario NAME --at T+20m --range 1h --plot";

/// Series that stand beside each other in a table of a range.
const MOST_COLUMNS: usize = 6;
/// Size of a plot.
const PLOT: (usize, usize) = (100, 16);

/// The arguments.
#[derive(Clone, Debug, Args)]
pub struct Wanted {
    /// The expression: PromQL, or LogQL with --logs
    #[arg(allow_hyphen_values = true)]
    pub expr: String,
    /// The scenario's name, as `firedrill list` shows it
    #[arg(long, value_name = "NAME")]
    pub scenario: String,
    /// The seed of all that is drawn
    #[arg(long, default_value_t = offline::DEFAULT_SEED)]
    pub seed: u64,
    /// The instant, or the range's end: T+20m after the page, T-2h before it, or an instant
    #[arg(
        long,
        value_name = "MOMENT",
        default_value = "T+0s",
        allow_hyphen_values = true
    )]
    pub at: String,
    /// Ask over a range that ends at --at; for log lines 1h when left out
    #[arg(long, value_name = "SPAN")]
    pub range: Option<String>,
    /// The range's step
    #[arg(long, value_name = "SPAN", default_value = "15s")]
    pub step: String,
    /// The expression is LogQL
    #[arg(long)]
    pub logs: bool,
    /// Log lines at most, the newest ones
    #[arg(long, default_value_t = 30)]
    pub limit: usize,
    /// Draw a chart
    #[arg(long, conflicts_with = "json")]
    pub plot: bool,
    /// Print JSON, as the HTTP APIs of Prometheus and Loki answer
    #[arg(long)]
    pub json: bool,
}

/// Evaluates and prints; an expression that cannot be evaluated ends with code 1 and the system's own words.
pub fn run(places: &Places, wanted: &Wanted) -> anyhow::Result<ExitCode> {
    let step = offline::span(&wanted.step).map_err(anyhow::Error::msg)?;
    let range = wanted.range.as_deref().map(offline::span);
    let range = range.transpose().map_err(anyhow::Error::msg)?;
    let world = places.offline(&wanted.scenario, wanted.seed, &wanted.at)?;
    let answer = match ask(&world, wanted, range.map(|range| (range, step))) {
        Ok(answer) => answer,
        Err(error) => {
            eprintln!("{error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if wanted.json {
        let json = serde_json::json!({ "status": "success", "data": answer.json });
        serde_json::to_writer_pretty(&mut out, &json)?;
        writeln!(out)?;
    } else if wanted.plot {
        out.write_all(plot::draw(&answer, PLOT.0, PLOT.1).as_bytes())?;
    } else {
        out.write_all(table(&answer).as_bytes())?;
    }
    out.flush()?;
    for note in &answer.notes {
        eprintln!("{note}");
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(
    world: &Offline,
    wanted: &Wanted,
    range: Option<(crate::sim::time::Span, crate::sim::time::Span)>,
) -> Result<Answer, ToolError> {
    if wanted.logs {
        world.query_logs(&wanted.expr, range, wanted.limit)
    } else {
        world.query(&wanted.expr, range)
    }
}

/// An instant's values a series a row; a range's a series a column, or one after the other when there are many.
fn table(answer: &Answer) -> String {
    if let Some(text) = &answer.text {
        return if text.is_empty() || text.ends_with('\n') {
            text.clone()
        } else {
            format!("{text}\n")
        };
    }
    if answer.columns.is_empty() {
        return "no data\n".to_owned();
    }
    let cell = |value: &Option<f64>| value.map_or_else(|| "-".to_owned(), offline::shown);
    let mut rows: Vec<Vec<String>> = Vec::new();
    if answer.times.len() <= 1 {
        for column in &answer.columns {
            let value = column.values.first().copied().flatten();
            rows.push(vec![column.name.clone(), cell(&value)]);
        }
    } else if answer.columns.len() <= MOST_COLUMNS {
        let names = answer.columns.iter().map(|column| column.name.clone());
        rows.push(std::iter::once("TIME".to_owned()).chain(names).collect());
        for (index, at) in answer.times.iter().enumerate() {
            let values = answer
                .columns
                .iter()
                .map(|column| cell(&column.values.get(index).copied().flatten()));
            rows.push(std::iter::once(at.rfc3339()).chain(values).collect());
        }
    } else {
        for column in &answer.columns {
            rows.push(vec![column.name.clone()]);
            for (at, value) in answer.times.iter().zip(&column.values) {
                if value.is_some() {
                    rows.push(vec![format!("  {}", at.rfc3339()), cell(value)]);
                }
            }
        }
    }
    let mut widths = Vec::new();
    for row in rows.iter().filter(|row| row.len() > 1) {
        for (index, text) in row.iter().enumerate() {
            match widths.get_mut(index) {
                Some(width) => *width = text.width().max(*width),
                None => widths.push(text.width()),
            }
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
