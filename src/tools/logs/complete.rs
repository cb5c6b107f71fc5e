//! What could stand at a place of a LogQL query: labels, their values, stages, fields of lines. Reads no line.

use std::collections::BTreeSet;

use crate::sim::World;
use crate::sim::telemetry::homes::{STREAM_LABELS, level_word};
use crate::sim::telemetry::lines::LEVELS;
use crate::sim::telemetry::slots::SlotTrack;

/// Most candidates.
const MOST: usize = 40;

/// What may follow a pipe.
const STAGES: [(&str, &str); 11] = [
    ("json", "labels from a JSON line"),
    ("logfmt", "labels from key=value pairs"),
    ("pattern \"", "labels from a pattern with <captures>"),
    ("regexp \"", "labels from named groups"),
    ("line_format \"{{.", "write the line anew"),
    ("label_format ", "write labels anew"),
    ("decolorize", "take colour codes out"),
    ("drop ", "take labels away"),
    ("keep ", "leave some labels only"),
    ("unpack", "unpack a packed line"),
    ("level=\"error\"", "keep lines by a label"),
];

/// Where the word to replace begins, and candidates with what they are, best first.
pub fn complete(world: &World, text: &str, cursor: usize) -> (usize, Vec<(String, String)>) {
    let before = text.get(..cursor).unwrap_or(text);
    let place = Place::of(before);
    let typed = before.get(place.from..).unwrap_or("");
    let all: Vec<(String, String)> = match &place.kind {
        Kind::Start => vec![("{app=\"".to_owned(), "a LogQL selector".to_owned())],
        Kind::Label => STREAM_LABELS
            .iter()
            .map(|name| (format!("{name}=\""), "label".to_owned()))
            .collect(),
        Kind::Value(label) => values(world, label)
            .into_iter()
            .map(|value| (format!("{value}\""), label.clone()))
            .collect(),
        Kind::Stage => {
            let stages = STAGES.iter();
            let stages = stages.map(|(text, about)| ((*text).to_owned(), (*about).to_owned()));
            let fields = fields(world).into_iter();
            stages
                .chain(fields.map(|name| (format!("{name}="), "field".to_owned())))
                .collect()
        }
        Kind::Filter => [
            ("|= \"", "lines that contain a text"),
            ("!= \"", "lines without a text"),
            ("|~ \"", "lines in which an expression matches"),
            ("!~ \"", "lines in which none does"),
            ("| ", "a stage: json, logfmt, a label's value"),
        ]
        .map(|(text, about)| (text.to_owned(), about.to_owned()))
        .to_vec(),
        Kind::None => Vec::new(),
    };
    let small = typed.to_lowercase();
    let mut found: Vec<(String, String)> = all
        .into_iter()
        .filter(|(text, _)| text.to_lowercase().starts_with(&small) && text != typed)
        .collect();
    found.truncate(MOST);
    (place.from, found)
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Start,
    Label,
    Value(String),
    Stage,
    Filter,
    None,
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    kind: Kind,
    from: usize,
}

impl Place {
    fn of(before: &str) -> Self {
        let at = |kind, from| Self { kind, from };
        if before.trim_start().is_empty() {
            return at(Kind::Start, 0);
        }
        if !before.contains('{') {
            return at(Kind::None, before.len());
        }
        let (mut quote, mut quote_from, mut braces) = (None, 0, 0_i32);
        let (mut word_from, mut escaped) = (0, false);
        let mut label = (0, 0);
        for (place, letter) in before.char_indices() {
            let next = place + letter.len_utf8();
            match (quote, letter) {
                (Some('"'), _) if escaped => escaped = false,
                (Some('"'), '\\') => escaped = true,
                (Some(open), letter) if letter == open => {
                    quote = None;
                    word_from = next;
                }
                (None, '"' | '`') => {
                    quote = Some(letter);
                    quote_from = next;
                }
                (None, '{') => {
                    braces += 1;
                    word_from = next;
                }
                (None, '}') => {
                    braces -= 1;
                    word_from = next;
                }
                (None, '=' | '!' | '~') if braces > 0 => {
                    if word_from < place {
                        label = (word_from, place);
                    }
                    word_from = next;
                }
                (None, letter) if letter == ',' || letter == '|' || letter.is_whitespace() => {
                    word_from = next;
                }
                _ => {}
            }
        }
        let name = before.get(label.0..label.1).unwrap_or("").trim().to_owned();
        match (quote, braces > 0) {
            (Some(_), true) => at(Kind::Value(name), quote_from),
            (Some(_), false) => at(Kind::None, before.len()),
            (None, true) if before.trim_end().ends_with(['=', '~']) => at(Kind::None, before.len()),
            (None, true) => at(Kind::Label, word_from),
            (None, false) => {
                let head = before.get(..word_from).unwrap_or("").trim_end();
                if head.ends_with('|') {
                    at(Kind::Stage, word_from)
                } else if word_from == before.len() {
                    at(Kind::Filter, word_from)
                } else {
                    at(Kind::None, before.len())
                }
            }
        }
    }
}

/// The values that a stream's label has.
pub fn values(world: &World, label: &str) -> BTreeSet<String> {
    let telemetry = world.signals().telemetry();
    let mut values = BTreeSet::new();
    match label {
        "level" => values.extend(LEVELS.map(|level| level_word(level).to_owned())),
        "pod" => {
            for (_, def) in telemetry.log_defs() {
                let slots = telemetry.atom_def(def.atom).and_then(|atom| atom.slots);
                let track = slots.and_then(|slots| telemetry.slots(slots));
                let now = world.now().millis();
                let pods = track.into_iter().flat_map(SlotTrack::slots);
                values.extend(
                    pods.filter(|(_, slot)| slot.lives_at(now))
                        .map(|(_, slot)| slot.pod.to_string()),
                );
            }
        }
        name => {
            for (_, def) in telemetry.log_defs() {
                values.insert(
                    telemetry
                        .stream_label(name, &def.service, def.level)
                        .to_owned(),
                );
            }
        }
    }
    values.remove("");
    values
}

/// Names of fields that lines show.
fn fields(world: &World) -> BTreeSet<String> {
    let telemetry = world.signals().telemetry();
    let mut names: BTreeSet<String> = ["route", "status", "msg", "trace_id"]
        .map(str::to_owned)
        .into();
    for (_, def) in telemetry.log_defs() {
        names.extend(
            def.template
                .fields()
                .iter()
                .map(|field| field.name.to_string()),
        );
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    fn texts(text: &str) -> Vec<String> {
        let (_, found) = complete(&small_world(), text, text.len());
        found.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn labels_values_and_stages_are_offered_where_they_belong() {
        assert_eq!(texts(""), ["{app=\""]);
        assert_eq!(texts("{name"), ["namespace=\""]);
        assert_eq!(texts("{app=\"ga"), ["gate\""]);
        assert_eq!(texts("{app=\"gate\", level=~\"w"), ["warn\""]);
        assert_eq!(texts("{app=\"gate\"} | js"), ["json"]);
        assert_eq!(texts("{app=\"gate\"} ")[0], "|= \"");
        assert!(texts("{app=\"gate\"} | ")[0].starts_with("json"));
        assert!(texts("{app=\"gate\"} | json | stat").contains(&"status=".to_owned()));
        assert_eq!(texts("queue is"), Vec::<String>::new());
        assert_eq!(texts("{app=\"gate\"} |= \"js"), Vec::<String>::new());
        assert!(
            texts("{pod=\"gate-")
                .iter()
                .all(|pod| pod.starts_with("gate-"))
        );
    }

    #[test]
    fn the_word_to_replace_begins_where_it_was_begun() {
        let text = "{app=\"ga";
        assert_eq!(complete(&small_world(), text, text.len()).0, 6);
        assert_eq!(
            Place::of("{a=\"b\"} | lo"),
            Place {
                kind: Kind::Stage,
                from: 10
            }
        );
    }
}
