//! `firedrill export`: a scenario's series as OpenMetrics, its log lines as JSON. Streams; holds nothing back.

use std::fs;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::tools::{Places, offline};

/// Shown under `--help`.
pub const EXAMPLES: &str = "Examples:\n  firedrill export metrics --scenario NAME --at T+30m --out out\n  promtool tsdb create-blocks-from openmetrics out/metrics.om data\n  firedrill export logs --scenario NAME --at T+30m --range 2h --out out\n\nFiles: metrics.om (OpenMetrics with timestamps, ends with # EOF); logs.jsonl (one JSON object a line: timestamp,\nservice, namespace, pod, container, level, stream, line, trace_id).";

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// All series, as OpenMetrics text with timestamps
    Metrics,
    /// All log lines, one JSON object a line
    Logs,
}

/// The arguments.
#[derive(Clone, Debug, Args)]
pub struct Wanted {
    /// What to write
    #[arg(value_enum)]
    pub what: What,
    /// The scenario's name, as `firedrill list` shows it
    #[arg(long, value_name = "NAME")]
    pub scenario: String,
    /// The seed of all that is drawn
    #[arg(long, default_value_t = offline::DEFAULT_SEED)]
    pub seed: u64,
    /// The end: T+30m after the page, T-2h before it, or an instant
    #[arg(
        long,
        value_name = "MOMENT",
        default_value = "T+0s",
        allow_hyphen_values = true
    )]
    pub at: String,
    /// The folder to write to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How far back, at most 14d; sampled access lines are kept for less than others
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    pub range: String,
    /// For metrics: a multiple of the scrape interval, 15s
    #[arg(long, value_name = "SPAN", default_value = "15s")]
    pub step: String,
}

/// Writes the file and says what is in it.
pub fn run(places: &Places, wanted: &Wanted) -> anyhow::Result<ExitCode> {
    let range = offline::span(&wanted.range).map_err(anyhow::Error::msg)?;
    let step = offline::span(&wanted.step).map_err(anyhow::Error::msg)?;
    let world = places.offline(&wanted.scenario, wanted.seed, &wanted.at)?;
    fs::create_dir_all(&wanted.out)
        .with_context(|| format!("cannot make the folder {}", wanted.out.display()))?;
    let path = wanted.out.join(match wanted.what {
        What::Metrics => "metrics.om",
        What::Logs => "logs.jsonl",
    });
    let file =
        fs::File::create(&path).with_context(|| format!("cannot write to {}", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    match wanted.what {
        What::Metrics => {
            let written = world.export_metrics(range, step, &mut out)?;
            println!(
                "{} samples of {} series ({} metrics) until {} in {}",
                written.samples,
                written.series,
                written.metrics,
                world.end().rfc3339(),
                path.display()
            );
        }
        What::Logs => {
            let lines = world.export_logs(range, &mut out)?;
            println!(
                "{lines} lines until {} in {} ({})",
                world.end().rfc3339(),
                path.display(),
                world.logs_kept()
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
