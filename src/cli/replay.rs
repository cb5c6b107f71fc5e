//! `firedrill replay`: runs a journal again without an interface and says how it ended.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::tools::Places;
use crate::tools::open::Replayed;

/// Replays a journal and prints the outcome and the state's hash; with `show`, each record before that.
pub fn run(places: &Places, journal: &Path, show: bool) -> anyhow::Result<ExitCode> {
    let replayed = places.replay(journal)?;
    let mut out = std::io::stdout().lock();
    if show {
        for line in &replayed.lines {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    print(&mut out, &replayed)?;
    Ok(if replayed.difference.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(out: &mut impl Write, replayed: &Replayed) -> std::io::Result<()> {
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
    if let Some(difference) = &replayed.difference {
        writeln!(out, "differs   {difference}")?;
    }
    Ok(())
}
