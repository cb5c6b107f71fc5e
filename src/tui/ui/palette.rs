//! The command palette: every verb that means something now, and places to go.

use super::Ui;
use crate::tui::keymap::Context;
use crate::tui::modal::{PickItem, Picker};
use crate::tui::pane::{Answer, Effect, PaneId};
use crate::tui::verbs::Verb;

/// Verbs that have no key, or are wanted from any pane.
const UNBOUND: [Verb; 3] = [Verb::Claim, Verb::HandOver, Verb::GiveUp];

impl Ui {
    /// The palette as it is now.
    pub(super) fn palette(&self) -> Picker {
        let contexts = [self.focus.context(), Context::Board];
        let mut items: Vec<PickItem> = Vec::new();
        let mut seen = Vec::new();
        let bound = contexts
            .iter()
            .flat_map(|context| self.keymap.of(*context))
            .map(|binding| binding.does);
        for verb in bound.chain(UNBOUND) {
            if verb == Verb::Palette || seen.contains(&verb) {
                continue;
            }
            seen.push(verb);
            items.push(PickItem {
                label: verb.label().to_owned(),
                about: verb.sentence().to_owned(),
                note: self.keymap.key_of(&contexts, verb).unwrap_or_default(),
                other_names: Vec::new(),
                effects: vec![Effect::Verb(verb)],
            });
        }
        items.extend(self.panes.channels().map(|channel| PickItem {
            label: format!("#{channel}"),
            about: "Open this channel.".to_owned(),
            note: String::new(),
            other_names: Vec::new(),
            effects: vec![
                Effect::Focus(PaneId::Slack),
                Effect::Tell(PaneId::Slack, Answer::Chosen(channel.to_owned())),
            ],
        }));
        items.extend(self.panes.kinds().iter().map(|kind| PickItem {
            label: kind.name.clone(),
            about: format!("{}: {}.", kind.system, kind.about),
            note: kind.aliases.join(" "),
            other_names: kind.aliases.clone(),
            effects: vec![
                Effect::Focus(PaneId::Browser),
                Effect::Tell(PaneId::Browser, Answer::Chosen(kind.name.clone())),
            ],
        }));
        Picker::new("Commands", items)
    }
}
