//! The debrief as sections of blocks, for every door: the interface draws them, the command line prints them. Decides what
//! is told and in which order, never how it looks.

use super::claim::Found;
use super::course::MOST_WITHOUT;
use super::drawing;
use super::entries::EntryRef;
use super::process::Trail;
use super::score::Item;
use super::steps::{Effect, grouped, spoken};
use super::story::{Happening, Side, Tone};
use super::{Clue, Debrief};

/// A part of the debrief.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its heading.
    pub heading: &'static str,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A text of the trainee's own, in Markdown.
    Report(String),
    /// Points, one a line, each with how it went.
    Points(Vec<(Tone, String)>),
    /// A table; the first row names the columns.
    Table(Vec<Vec<String>>),
    /// Lines as they are.
    Drawing(Vec<String>),
    /// What happened, oldest first.
    Timeline(Vec<Happening>),
    /// The impact over time: it is in the debrief.
    Impact,
}

/// The sections of a debrief.
pub fn sections(debrief: &Debrief) -> Vec<Section> {
    let section = |heading, blocks| Section { heading, blocks };
    vec![
        section("Result", result(debrief)),
        section("Causal graph", causes(debrief)),
        section("Impact", impact(debrief)),
        section(
            "Timeline",
            vec![
                Block::Text("What happened in the estate, and what you did and saw.".to_owned()),
                Block::Timeline(debrief.story.clone()),
            ],
        ),
        section("Clues", clues(debrief)),
        section("Wrong trails", trails(debrief)),
        section("Steps", steps(debrief)),
        section("Better", better(debrief)),
        section("Your report", report(debrief)),
    ]
}

fn by(entries: &[EntryRef]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let list: Vec<String> = entries.iter().map(EntryRef::text).collect();
    format!(" [{}]", list.join("; "))
}

fn item_line(item: &Item) -> (Tone, String) {
    let tone = if item.points < 0 {
        Tone::Bad
    } else if item.points.unsigned_abs() == item.out_of {
        Tone::Good
    } else {
        Tone::Missed
    };
    let points = if item.out_of == 0 {
        format!("{}", item.points)
    } else {
        format!("{}/{}", item.points, item.out_of)
    };
    (
        tone,
        format!("{points} {}: {}{}", item.name, item.why, by(&item.entries)),
    )
}

fn result(debrief: &Debrief) -> Vec<Block> {
    let mut blocks = vec![Block::Text(debrief.verdict.clone())];
    if debrief.is_practice {
        blocks.push(Block::Text(
            "A practice drill: it does not count.".to_owned(),
        ));
    }
    let mut table = vec![vec![
        "Part".to_owned(),
        "Points".to_owned(),
        "Of".to_owned(),
    ]];
    for part in &debrief.score.parts {
        table.push(vec![
            part.name.to_owned(),
            part.points.to_string(),
            if part.out_of == 0 {
                String::new()
            } else {
                part.out_of.to_string()
            },
        ]);
    }
    table.push(vec![
        "Sum".to_owned(),
        debrief.score.points.to_string(),
        debrief.score.out_of.to_string(),
    ]);
    blocks.push(Block::Table(table));
    for part in debrief
        .score
        .parts
        .iter()
        .filter(|part| !part.items.is_empty())
    {
        blocks.push(Block::Text(format!("**{}**", part.name)));
        blocks.push(Block::Points(part.items.iter().map(item_line).collect()));
    }
    blocks
}

fn causes(debrief: &Debrief) -> Vec<Block> {
    let nodes = debrief.graph.nodes.iter().filter(|node| node.is_asked);
    let found = nodes
        .clone()
        .filter(|node| node.found > Found::Missed)
        .count();
    let mut blocks = vec![
        Block::Text(format!(
            "Of {} links between the roots and the customers you found {found}. \
             Named: your claim says it. Pinned: your evidence shows it. Seen: it was on your screen. Missed: it was not.",
            nodes.count()
        )),
        Block::Drawing(drawing::graph(&debrief.graph)),
    ];
    if let Some(claim) = &debrief.claim {
        let word = |right: bool| if right { Tone::Good } else { Tone::Missed };
        blocks.push(Block::Text("**Your claim**".to_owned()));
        blocks.push(Block::Points(vec![
            (
                word(claim.component_is_right),
                format!("Component: {}", or_nothing(&claim.component)),
            ),
            (
                word(claim.mechanism_is_right),
                format!("Mechanism: {}", or_nothing(&claim.mechanism)),
            ),
            (
                word(claim.why_now_is_right),
                format!("Why now: {}", or_nothing(&claim.why_now)),
            ),
        ]));
    }
    blocks
}

fn or_nothing(text: &str) -> &str {
    if text.trim().is_empty() {
        "(nothing)"
    } else {
        text
    }
}

fn impact(debrief: &Debrief) -> Vec<Block> {
    let (lost, nothing) = (&debrief.actual.harm, &debrief.nothing.harm);
    let mut table = vec![vec![
        "Lost from the page to the deadline".to_owned(),
        "Doing nothing".to_owned(),
        "You".to_owned(),
    ]];
    table.push(vec![
        "customer minutes".to_owned(),
        grouped(nothing.customer_minutes),
        grouped(lost.customer_minutes),
    ]);
    for (lost, nothing) in lost.losses.iter().zip(&nothing.losses) {
        if lost.amount >= 1.0 || nothing.amount >= 1.0 {
            table.push(vec![
                lost.what.clone(),
                grouped(nothing.amount),
                grouped(lost.amount),
            ]);
        }
    }
    let mut blocks = vec![
        Block::Text(
            "Customers harmed in each minute: as it was, and had nothing been done.".to_owned(),
        ),
        Block::Impact,
        Block::Table(table),
    ];
    if let Some((value, currency)) = &debrief.worth {
        let saved = nothing.customer_minutes - lost.customer_minutes;
        blocks.push(Block::Text(format!(
            "At {value} {currency} a customer minute: {} {currency} lost, {} {currency} saved against doing nothing.",
            grouped(lost.customer_minutes * value),
            grouped(saved * value)
        )));
    }
    blocks
}

fn clue_line(clue: &Clue) -> (Tone, String) {
    let tone = match clue.found {
        Found::Missed => Tone::Missed,
        _ => Tone::Good,
    };
    let seen = match (clue.found, clue.seen) {
        (Found::Missed, _) => "missed".to_owned(),
        (Found::Pinned, Some(at)) => format!("pinned, seen at {}", at.format("%H:%M:%S")),
        (Found::Pinned, None) => "pinned".to_owned(),
        (_, Some(at)) => format!("seen at {}", at.format("%H:%M:%S")),
        (_, None) => "seen".to_owned(),
    };
    let places = if clue.found == Found::Missed {
        let list: Vec<String> = clue
            .places
            .iter()
            .map(|place| format!("{}: {}", place.pane, place.how))
            .collect();
        format!(" Where: {}.", list.join("; or "))
    } else {
        String::new()
    };
    (tone, format!("{} ({seen}).{places}", clue.says))
}

fn clues(debrief: &Debrief) -> Vec<Block> {
    let missed = debrief
        .clues
        .iter()
        .filter(|clue| clue.found == Found::Missed);
    let mut blocks = vec![Block::Text(format!(
        "{} of {} clues were on your screen. For each that was not, where it was to be seen.",
        debrief.clues.len() - missed.count(),
        debrief.clues.len()
    ))];
    for node in &debrief.graph.nodes {
        let of: Vec<_> = debrief
            .clues
            .iter()
            .filter(|clue| clue.reveals == node.fault)
            .map(clue_line)
            .collect();
        if !of.is_empty() {
            blocks.push(Block::Text(format!("**{}: {}**", node.place, node.says)));
            blocks.push(Block::Points(of));
        }
    }
    blocks
}

fn trail_line(trail: &Trail) -> (Tone, String) {
    let (tone, how) = if !trail.followed.is_empty() {
        (
            Tone::Bad,
            format!("You followed it{}.", by(&trail.followed)),
        )
    } else if trail.was_refuted {
        (Tone::Good, "You saw what refutes it.".to_owned())
    } else if trail.was_seen {
        (Tone::Plain, "You saw it and left it.".to_owned())
    } else {
        (Tone::Plain, "You did not come across it.".to_owned())
    };
    let refuted = if trail.was_refuted {
        String::new()
    } else {
        let list: Vec<String> = trail
            .refuted_at
            .iter()
            .map(|place| format!("{}: {}", place.pane, place.how))
            .collect();
        format!(" What refutes it: {}.", list.join("; or "))
    };
    (
        tone,
        format!(
            "\"{}\". {how} It is wrong: {}.{refuted}",
            trail.says, trail.because
        ),
    )
}

fn trails(debrief: &Debrief) -> Vec<Block> {
    if debrief.trails.is_empty() {
        return vec![Block::Text("There were none.".to_owned())];
    }
    let mut lines: Vec<_> = debrief.trails.iter().collect();
    lines.sort_by_key(|trail| (trail.followed.is_empty(), !trail.was_seen));
    vec![
        Block::Text("Explanations that something spoke for, and why they are wrong.".to_owned()),
        Block::Points(lines.into_iter().map(trail_line).collect()),
    ]
}

fn steps(debrief: &Debrief) -> Vec<Block> {
    if debrief.steps.is_empty() {
        return vec![Block::Text("You changed nothing in the estate.".to_owned())];
    }
    let lines = debrief.steps.iter().map(|step| {
        let (tone, word) = match step.effect {
            Effect::Helped => (Tone::Good, "helped"),
            Effect::Spare => (Tone::Plain, "to spare"),
            Effect::Nothing => (Tone::Missed, "no effect"),
            Effect::Mixed => (Tone::Bad, "helped and harmed"),
            Effect::Worse => (Tone::Bad, "made it worse"),
        };
        (
            tone,
            format!("{}: {word}; it {}.", step.entry.text(), step.says),
        )
    });
    let mut blocks = vec![
        Block::Text(
            "Each change beside the same drill without it, both run on to the deadline.".to_owned(),
        ),
        Block::Points(lines.collect()),
    ];
    blocks.extend(untried(debrief.untried).map(Block::Text));
    if !debrief.process.unannounced.is_empty() {
        let lines = debrief.process.unannounced.iter();
        blocks.push(Block::Text(
            "Not announced in the incident channel by name, ten minutes before to two after:"
                .to_owned(),
        ));
        blocks.push(Block::Points(
            lines.map(|entry| (Tone::Missed, entry.text())).collect(),
        ));
    }
    blocks
}

/// That changes after the first ones were not tried, and what follows from that.
fn untried(count: usize) -> Option<String> {
    let them = match count {
        0 => return None,
        1 => "the one change after them".to_owned(),
        many => format!("the {many} changes after them"),
    };
    Some(format!(
        "Only your first {MOST_WITHOUT} changes were tried without, as each takes two more runs of the whole drill. \
         What {them} did counts in what was lost and is judged nowhere else."
    ))
}

fn better(debrief: &Debrief) -> Vec<Block> {
    let mut blocks = vec![
        Block::Text("**What it was**".to_owned()),
        Block::Points(
            debrief
                .graph
                .nodes
                .iter()
                .filter(|node| node.is_root)
                .map(|node| (Tone::Plain, format!("{}: {}.", node.place, node.says)))
                .collect(),
        ),
        Block::Text(format!("**Why now.** {}", debrief.why_now)),
    ];
    if !debrief.what_ifs.is_empty() {
        blocks.push(Block::Text("**Had you**".to_owned()));
        let you = &debrief.actual.harm;
        let lines = debrief.what_ifs.iter().map(|what_if| {
            let harm = &what_if.course.harm;
            let tone = if harm.customer_minutes < you.customer_minutes {
                Tone::Good
            } else {
                Tone::Plain
            };
            let losses: Vec<String> = harm
                .losses
                .iter()
                .zip(&debrief.nothing.harm.losses)
                .filter(|(_, nothing)| nothing.amount >= 1.0)
                .map(|(loss, _)| format!("{} {}", grouped(loss.amount), loss.what))
                .collect();
            let mitigated = match what_if.course.mitigated {
                Some(at) => format!("customers served again after {}", spoken(at - debrief.page)),
                None => "customers not served again by the deadline".to_owned(),
            };
            let rest = if losses.is_empty() {
                String::new()
            } else {
                format!(", {}", losses.join(", "))
            };
            (
                tone,
                format!(
                    "{}: {mitigated}, {} customer minutes (you: {}){rest}.",
                    what_if.says,
                    grouped(harm.customer_minutes),
                    grouped(you.customer_minutes)
                ),
            )
        });
        blocks.push(Block::Points(lines.collect()));
        blocks.extend(untried(debrief.untried).map(Block::Text));
    }
    blocks
}

fn report(debrief: &Debrief) -> Vec<Block> {
    match &debrief.report {
        Some(report) if !report.trim().is_empty() => vec![Block::Report(report.clone())],
        _ => vec![Block::Text(
            "You have not written an incident report. It is kept with the drill.".to_owned(),
        )],
    }
}

/// How a side is marked where both stand in one list.
pub const fn side_word(side: Side) -> &'static str {
    match side {
        Side::World => "world",
        Side::Trainee => "you",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_were_not_tried_are_told() {
        assert_eq!(untried(0), None);
        let says = |count| untried(count).unwrap();
        assert_eq!(
            says(1),
            "Only your first 16 changes were tried without, as each takes two more runs of the whole drill. \
             What the one change after them did counts in what was lost and is judged nowhere else."
        );
        assert!(says(3).contains("What the 3 changes after them did counts"));
    }
}
