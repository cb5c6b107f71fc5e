//! The debrief as the viewer shows it: the debrief's sections as the viewer's blocks. Computes nothing of it.

use crate::debrief::page::{self, side_word};
use crate::debrief::{Debrief, story};
use crate::tui::world::{Block, Impact, Mark, MarkKind, Report, Section, TimelineEntry, Tone};

/// The debrief of a drill that is over, and whether its incident report can still be written.
pub(super) fn report((debrief, is_open): (&Debrief, bool)) -> Report {
    let sections = page::sections(debrief).into_iter().map(|section| Section {
        heading: section.heading.to_owned(),
        blocks: section
            .blocks
            .into_iter()
            .map(|block| self::block(debrief, block))
            .collect(),
    });
    Report {
        title: debrief.title.clone(),
        verdict: debrief.verdict.clone(),
        points: debrief.score.points,
        out_of: debrief.score.out_of,
        is_win: debrief.is_win,
        sections: sections.collect(),
        incident: debrief.report.clone().unwrap_or_default(),
        is_open,
    }
}

fn block(debrief: &Debrief, block: page::Block) -> Block {
    match block {
        page::Block::Text(text) | page::Block::Report(text) => Block::Text(text),
        page::Block::Points(points) => Block::Points(
            points
                .into_iter()
                .map(|(tone, words)| (self::tone(tone), words))
                .collect(),
        ),
        page::Block::Table(rows) => Block::Table(rows),
        page::Block::Drawing(lines) => {
            Block::Drawing(lines.into_iter().map(|line| (Tone::Plain, line)).collect())
        }
        page::Block::Timeline(entries) => Block::Timeline(entries.iter().map(entry).collect()),
        page::Block::Impact => Block::Impact(impact(&debrief.impact)),
    }
}

const fn tone(tone: story::Tone) -> Tone {
    match tone {
        story::Tone::Plain => Tone::Plain,
        story::Tone::Good => Tone::Good,
        story::Tone::Missed => Tone::Missed,
        story::Tone::Bad => Tone::Bad,
    }
}

fn entry(happening: &story::Happening) -> TimelineEntry {
    let side = side_word(happening.side);
    TimelineEntry {
        at_ms: happening.at.millis(),
        what: match happening.record {
            Some(record) => format!("{side} #{record}: {}", happening.what),
            None => format!("{side}: {}", happening.what),
        },
        tone: tone(happening.tone),
    }
}

fn impact(impact: &story::Impact) -> Impact {
    Impact {
        times: impact.times.clone(),
        title: "customers harmed".to_owned(),
        curves: vec![
            ("as it was".to_owned(), impact.actual.clone()),
            ("doing nothing".to_owned(), impact.nothing.clone()),
        ],
        marks: impact
            .marks
            .iter()
            .map(|entry| Mark {
                at_ms: entry.at.millis(),
                kind: MarkKind::Action,
                label: format!("#{} {}", entry.record, entry.what),
            })
            .collect(),
    }
}
