//! `firedrill list`: the scenarios, how hard they are, and the best result so far.

use std::io::Write;
use std::process::ExitCode;

use crate::tools::Places;

/// Prints the scenarios.
pub(super) fn list(places: &Places) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let scenarios = places.scenarios();
    if scenarios.is_empty() {
        writeln!(out, "There are no scenarios.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let drills = places.drills();
    let best_of = |name: &str| -> Option<u64> {
        drills
            .iter()
            .filter_map(|drill| drill.glance.as_ref().ok())
            .filter(|glance| glance.header.scenario.as_str() == name)
            .filter_map(|glance| glance.outcome.as_ref()?.summary.get("points")?.as_u64())
            .max()
    };
    writeln!(
        out,
        "{:<24} {:<10} {:>7} {:>6}  TITLE",
        "NAME", "DIFFICULTY", "MINUTES", "BEST"
    )?;
    for scenario in scenarios {
        let difficulty = scenario
            .difficulty
            .map_or_else(String::new, |difficulty| format!("{difficulty:?}"));
        let minutes = scenario
            .minutes
            .map_or_else(String::new, |minutes| minutes.to_string());
        let best =
            best_of(&scenario.name).map_or_else(|| "-".to_owned(), |points| points.to_string());
        writeln!(
            out,
            "{:<24} {difficulty:<10} {minutes:>7} {best:>6}  {}",
            scenario.name, scenario.title
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
