//! The debrief as the viewer shows it. Computes nothing of it.

use crate::tools::Workbench;
use crate::tui::world::{Block, Report, Section, Tone};

/// The debrief of a drill that is over.
pub(super) fn report(bench: &mut Workbench) -> Report {
    let world = bench.world();
    let scenario = &world.plan().pack.scenario;
    Report {
        title: scenario.title.clone(),
        verdict: format!("{:?}", world.drill()),
        points: 0,
        out_of: 100,
        is_win: false,
        sections: vec![Section {
            heading: "Why now".to_owned(),
            blocks: vec![Block::Points(vec![(
                Tone::Plain,
                scenario.answer.why_now.clone(),
            )])],
        }],
    }
}
