//! `firedrill replay` and `firedrill debrief`: run a journal again without an interface and say how it ended.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::debrief::{self, Debrief};
use crate::tools::{Places, Replayed};

/// Replays a journal and prints the outcome, the state's hash and the score; with `show`, each record before that.
pub fn run(places: &Places, journal: &Path, show: bool) -> anyhow::Result<ExitCode> {
    let watched = places.watch(journal)?;
    let debrief = debrief::debrief(&watched.played());
    let mut out = std::io::stdout().lock();
    if show {
        for line in &watched.replayed.lines {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    print(&mut out, &watched.replayed, &debrief)?;
    Ok(code(&watched.replayed))
}

/// Replays a journal and prints its debrief, as Markdown or as JSON.
pub fn debrief(places: &Places, journal: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let watched = places.watch(journal)?;
    for remark in watched
        .replayed
        .remarks
        .iter()
        .chain(&watched.replayed.difference)
    {
        eprintln!("firedrill: {remark}");
    }
    let debrief = debrief::debrief(&watched.played());
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &debrief)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", debrief::text::markdown(&debrief))?;
    }
    Ok(code(&watched.replayed))
}

fn code(replayed: &Replayed) -> ExitCode {
    if replayed.difference.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print(out: &mut impl Write, replayed: &Replayed, debrief: &Debrief) -> std::io::Result<()> {
    writeln!(out, "scenario  {}", replayed.scenario)?;
    writeln!(out, "seed      {}", replayed.seed)?;
    if replayed.applied == replayed.records {
        writeln!(out, "records   {}", replayed.records)?;
    } else {
        writeln!(
            out,
            "records   {} of {}, up to the first difference",
            replayed.applied, replayed.records
        )?;
    }
    for remark in &replayed.remarks {
        writeln!(out, "note      {remark}")?;
    }
    writeln!(out, "ended at  {}", replayed.at)?;
    writeln!(out, "outcome   {}", replayed.outcome)?;
    writeln!(out, "state     {}", replayed.state)?;
    let score = &debrief.score;
    let counts = if debrief.is_practice {
        " (practice)"
    } else {
        ""
    };
    writeln!(
        out,
        "score     {} of {}{counts}",
        score.points, score.out_of
    )?;
    for part in &score.parts {
        let of = if part.out_of == 0 {
            String::new()
        } else {
            format!("/{}", part.out_of)
        };
        writeln!(out, "          {:<10} {}{of}", part.name, part.points)?;
    }
    if let Some(difference) = &replayed.difference {
        writeln!(out, "differs   {difference}")?;
    }
    Ok(())
}
