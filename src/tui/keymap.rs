//! The keymap: a table of (context, keys) -> verb. Help, footer and `docs/keys.md` are made from it, so they cannot
//! say anything else than what the keys do.

use serde::Deserialize;

use super::keys::Chord;
use super::verbs::Verb;

/// Where a key is pressed. Several hold at once; the innermost is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Context {
    /// Everywhere, text fields among them.
    Anywhere,
    /// Wherever there are rows to move through.
    Moving,
    /// The title screen.
    Title,
    /// The briefing.
    Briefing,
    /// The page that has just arrived.
    Page,
    /// The Slack pane.
    Slack,
    /// The log pane.
    Logs,
    /// The metrics pane.
    Metrics,
    /// The shell's scrollback.
    Shell,
    /// The shell's command line.
    ShellLine,
    /// The pager pane.
    Pager,
    /// The changes pane.
    Changes,
    /// The code pane.
    Code,
    /// The notebook.
    Notebook,
    /// The browser.
    Browser,
    /// The traces.
    Traces,
    /// Any pane of the board.
    Board,
    /// The cover over a paused, scored drill.
    Paused,
    /// A one-line text field, and the lists that are searched with one.
    Field,
    /// A form of several fields.
    Form,
    /// A text editor.
    Editor,
    /// The help.
    Help,
    /// A question to answer with yes or no.
    Question,
    /// The debrief.
    Debrief,
}

impl Context {
    /// The heading of its keys.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Anywhere => "Anywhere, while typing too",
            Self::Moving => "Moving",
            Self::Title => "Title screen",
            Self::Briefing => "Briefing",
            Self::Page => "A page arrives",
            Self::Slack => "Slack",
            Self::Logs => "Logs",
            Self::Metrics => "Metrics",
            Self::Shell => "Shell, scrolling",
            Self::ShellLine => "Shell, typing",
            Self::Pager => "Pager",
            Self::Changes => "Changes",
            Self::Code => "Code",
            Self::Notebook => "Notebook",
            Self::Browser => "Browse",
            Self::Traces => "Traces",
            Self::Board => "The board",
            Self::Paused => "Paused",
            Self::Field => "Text fields and lists with search",
            Self::Form => "Forms",
            Self::Editor => "Editor",
            Self::Help => "Help",
            Self::Question => "Questions",
            Self::Debrief => "Debrief",
        }
    }
}

/// One row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, the usual one first.
    pub keys: Vec<Chord>,
    /// What they mean.
    pub does: Verb,
    /// Whether the footer shows it.
    #[serde(default)]
    pub foot: bool,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

const SHIPPED: &str = include_str!("../../assets/keymap.ron");

impl Keymap {
    /// The keymap that ships with the program.
    pub fn shipped() -> Result<Self, ron::error::SpannedError> {
        Ok(Self {
            bindings: ron::from_str(SHIPPED)?,
        })
    }

    /// What a chord means; the first context that knows it decides.
    pub fn resolve(&self, contexts: &[Context], chord: Chord) -> Option<Verb> {
        contexts.iter().find_map(|context| {
            self.of(*context)
                .find(|binding| binding.keys.contains(&chord))
                .map(|binding| binding.does)
        })
    }

    /// The rows of a context, in the table's order.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings
            .iter()
            .filter(move |binding| binding.context == context)
    }

    /// What the footer shows for these contexts: the key and the verb's label.
    pub fn footer(&self, contexts: &[Context]) -> Vec<(String, Verb)> {
        let mut shown: Vec<(String, Verb)> = Vec::new();
        for binding in contexts.iter().flat_map(|context| self.of(*context)) {
            let known = shown.iter().any(|(_, verb)| *verb == binding.does);
            if binding.foot
                && !known
                && let Some(key) = binding.keys.first()
            {
                shown.push((key.to_string(), binding.does));
            }
        }
        shown
    }

    /// The first key of a verb in any of these contexts.
    pub fn key_of(&self, contexts: &[Context], verb: Verb) -> Option<String> {
        contexts
            .iter()
            .flat_map(|context| self.of(*context))
            .find(|binding| binding.does == verb)
            .and_then(|binding| binding.keys.first())
            .map(ToString::to_string)
    }

    /// The contexts in the order the documentation shows them.
    fn documented(&self) -> Vec<Context> {
        let mut contexts = vec![Context::Board, Context::Moving];
        for binding in &self.bindings {
            if !contexts.contains(&binding.context) {
                contexts.push(binding.context);
            }
        }
        contexts
    }

    /// The page `docs/keys.md`.
    pub fn markdown(&self) -> String {
        let mut out = String::from(
            "# Keys\n\nGenerated from `assets/keymap.ron`; a test compares them. Press `?` in the game for those of the pane in focus.\n\n\
             The mouse works too: click a pane, a tab or a row, turn the wheel to scroll, click twice to open.\n",
        );
        for context in self.documented() {
            out.push_str(&format!(
                "\n## {}\n\n| key | does |\n|---|---|\n",
                context.heading()
            ));
            for binding in self.of(context) {
                let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
                out.push_str(&format!(
                    "| {} | {} |\n",
                    keys.join(", "),
                    binding.does.sentence()
                ));
            }
        }
        let unbound: Vec<&Verb> = Verb::ALL
            .iter()
            .filter(|verb| !self.bindings.iter().any(|binding| binding.does == **verb))
            .collect();
        if !unbound.is_empty() {
            out.push_str("\n## From the command palette alone\n\n| command | does |\n|---|---|\n");
            for verb in unbound {
                out.push_str(&format!("| {} | {} |\n", verb.label(), verb.sentence()));
            }
        }
        out
    }
}

/// The page `docs/keys.md`, from the shipped keymap.
pub fn keys_markdown() -> Result<String, ron::error::SpannedError> {
    Ok(Keymap::shipped()?.markdown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chord_means_two_things_in_one_context() {
        let keymap = Keymap::shipped().unwrap();
        let mut seen = Vec::new();
        for binding in &keymap.bindings {
            for key in &binding.keys {
                let entry = (binding.context, *key);
                assert!(!seen.contains(&entry), "{entry:?} twice");
                seen.push(entry);
            }
        }
    }

    #[test]
    fn panes_do_not_take_the_boards_keys() {
        let keymap = Keymap::shipped().unwrap();
        let panes = [
            Context::Slack,
            Context::Logs,
            Context::Metrics,
            Context::Shell,
            Context::Pager,
            Context::Changes,
            Context::Code,
            Context::Notebook,
            Context::Browser,
            Context::Traces,
        ];
        for pane in panes {
            for key in keymap.of(pane).flat_map(|binding| &binding.keys) {
                assert_eq!(
                    keymap.resolve(&[Context::Board], *key),
                    None,
                    "{pane:?} {key}"
                );
            }
        }
    }

    #[test]
    fn every_verb_has_a_label_and_a_sentence() {
        for verb in Verb::ALL {
            assert!(!verb.label().is_empty());
            assert!(verb.sentence().ends_with('.'), "{verb:?}");
            assert!(verb.sentence().starts_with(char::is_uppercase), "{verb:?}");
        }
    }

    #[test]
    fn the_documentation_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
        let made = keys_markdown().unwrap();
        if std::env::var_os("FIREDRILL_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == made,
            "docs/keys.md is old: run this test with FIREDRILL_BLESS=1"
        );
    }
}
