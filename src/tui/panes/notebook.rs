//! The notebook: evidence, hypotheses, hints, the claim, the report. What the trainee thinks, and what for.

mod draw;

use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::modal::{EvidenceRow, EvidenceSide, Form, FormField, FormPurpose, Modal, Question};
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::editor::Editor;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{Act, Desk, Family, Hypothesis, Look, Notebook, PinRow, Status, Tone};

/// The list ids of clicks: the sections, and the rows of the one that is open.
const SECTIONS: u8 = 0;
const ROWS: u8 = 1;
/// What the report is called while it is edited.
const REPORT: &str = "report";

/// The parts of the notebook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Evidence,
    Hypotheses,
    Hints,
    Claim,
    Report,
}

impl Section {
    const ALL: [Self; 5] = [
        Self::Evidence,
        Self::Hypotheses,
        Self::Hints,
        Self::Claim,
        Self::Report,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Evidence => "Evidence",
            Self::Hypotheses => "Hypotheses",
            Self::Hints => "Hints",
            Self::Claim => "Claim",
            Self::Report => "Report",
        }
    }

    fn step(self, steps: isize) -> Self {
        let count = Self::ALL.len() as isize;
        let at = (self as isize + steps).rem_euclid(count) as usize;
        Self::ALL.get(at).copied().unwrap_or(self)
    }
}

/// The pane's state.
#[derive(Default)]
pub struct NotebookPane {
    notebook: Notebook,
    section: Section,
    pins: Rows,
    hypotheses: Rows,
    hints: Rows,
    report_top: usize,
    editor: Option<Editor>,
    seen: Option<u64>,
}

impl NotebookPane {
    fn pin(&self) -> Option<&PinRow> {
        self.notebook.pins.get(self.pins.selected)
    }

    fn hypothesis(&self) -> Option<&Hypothesis> {
        self.notebook.hypotheses.get(self.hypotheses.selected)
    }

    fn rows(&mut self) -> Option<&mut Rows> {
        match self.section {
            Section::Evidence => Some(&mut self.pins),
            Section::Hypotheses => Some(&mut self.hypotheses),
            Section::Hints => Some(&mut self.hints),
            Section::Claim | Section::Report => None,
        }
    }

    fn evidence(&self, of: &Hypothesis) -> Vec<EvidenceRow> {
        self.notebook
            .pins
            .iter()
            .map(|pin| EvidenceRow {
                pin: pin.clone(),
                side: if of.supports.contains(&pin.id) {
                    EvidenceSide::For
                } else if of.contradicts.contains(&pin.id) {
                    EvidenceSide::Against
                } else {
                    EvidenceSide::None
                },
            })
            .collect()
    }

    fn fields(&self, of: &Hypothesis) -> Vec<FormField> {
        vec![
            FormField::new(
                "Component",
                "what broke: a service, a store, a topic",
                &of.component,
                &self.notebook.components,
            ),
            FormField::new(
                "Mechanism",
                "how it broke",
                &of.mechanism,
                &self.notebook.mechanisms,
            ),
            FormField::new("Why now", "what changed, and when", &of.why_now, &[]),
        ]
    }

    fn hypothesis_form(&self, of: &Hypothesis) -> Vec<Effect> {
        let title = if of.id.is_empty() {
            "A new hypothesis"
        } else {
            "Hypothesis"
        };
        let purpose = FormPurpose::Hypothesis { id: of.id.clone() };
        let confidence = Some(of.confidence);
        let form = Form::new(
            title,
            purpose,
            self.fields(of),
            confidence,
            self.evidence(of),
        );
        vec![Effect::Modal(Box::new(Modal::Form(form)))]
    }

    fn claim_form(&self) -> Vec<Effect> {
        if self.notebook.claim.is_some() {
            return vec![Effect::Notice(
                Tone::Plain,
                "The claim was handed in already.".to_owned(),
            )];
        }
        if let Some(why) = &self.notebook.claim_refused {
            return vec![Effect::Notice(Tone::Missed, why.clone())];
        }
        let best = self
            .notebook
            .hypotheses
            .iter()
            .max_by_key(|hypothesis| hypothesis.confidence)
            .cloned()
            .unwrap_or_default();
        let mut evidence = self.evidence(&best);
        for row in &mut evidence {
            if row.side == EvidenceSide::Against {
                row.side = EvidenceSide::None;
            }
        }
        // A claim is compared by name: what is not in the lists would be lost.
        let fields = self.fields(&best).into_iter().map(|field| {
            if field.suggestions.is_empty() {
                field
            } else {
                field.choice()
            }
        });
        let form = Form::new(
            "The claim: what was the cause?",
            FormPurpose::Claim,
            fields.collect(),
            None,
            evidence,
        );
        vec![Effect::Modal(Box::new(Modal::Form(form)))]
    }

    /// Counts the selected pin for or against the chosen hypothesis, or no longer.
    fn weigh(&self, side: EvidenceSide) -> Vec<Effect> {
        let (Some(pin), Some(hypothesis)) = (self.pin(), self.hypothesis()) else {
            return vec![Effect::Notice(
                Tone::Plain,
                "That needs a pin and a hypothesis.".to_owned(),
            )];
        };
        let mut changed = hypothesis.clone();
        let was_for = changed.supports.contains(&pin.id);
        let was_against = changed.contradicts.contains(&pin.id);
        changed.supports.retain(|id| *id != pin.id);
        changed.contradicts.retain(|id| *id != pin.id);
        match side {
            EvidenceSide::For if !was_for => changed.supports.push(pin.id.clone()),
            EvidenceSide::Against if !was_against => changed.contradicts.push(pin.id.clone()),
            _ => {}
        }
        vec![Effect::Act(PaneId::Notebook, Act::SaveHypothesis(changed))]
    }

    fn take_hint(&self) -> Vec<Effect> {
        let Some(hint) = self.notebook.hints.get(self.hints.selected) else {
            return Vec::new();
        };
        if hint.text.is_some() {
            return Vec::new();
        }
        if !hint.is_open {
            return vec![Effect::Notice(
                Tone::Plain,
                "Take the hint before it first.".to_owned(),
            )];
        }
        vec![Effect::Modal(Box::new(Modal::Question(Question {
            title: format!("Take the hint: {}?", hint.title),
            text: format!("It costs {}.", hint.cost),
            yes: "take it".to_owned(),
            no: "not yet".to_owned(),
            effects: vec![Effect::Act(
                PaneId::Notebook,
                Act::TakeHint {
                    hint: hint.id.clone(),
                },
            )],
        })))]
    }

    fn delete(&self) -> Vec<Effect> {
        match self.section {
            Section::Evidence => self.pin().map_or_else(Vec::new, |pin| {
                vec![Effect::Act(
                    PaneId::Notebook,
                    Act::Unpin {
                        pin: pin.id.clone(),
                    },
                )]
            }),
            Section::Hypotheses => self.hypothesis().map_or_else(Vec::new, |hypothesis| {
                vec![Effect::Modal(Box::new(Modal::Question(Question {
                    title: "Drop this hypothesis?".to_owned(),
                    text: format!("{}: {}", hypothesis.component, hypothesis.mechanism),
                    yes: "drop it".to_owned(),
                    no: "keep it".to_owned(),
                    effects: vec![Effect::Act(
                        PaneId::Notebook,
                        Act::DropHypothesis {
                            id: hypothesis.id.clone(),
                        },
                    )],
                })))]
            }),
            _ => Vec::new(),
        }
    }

    fn open(&mut self) -> Vec<Effect> {
        match self.section {
            Section::Evidence => Vec::new(),
            Section::Hypotheses => match self.hypothesis().cloned() {
                Some(hypothesis) => self.hypothesis_form(&hypothesis),
                None => self.hypothesis_form(&Hypothesis::default()),
            },
            Section::Hints => self.take_hint(),
            Section::Claim => self.claim_form(),
            Section::Report => {
                self.edit_report();
                Vec::new()
            }
        }
    }

    fn edit_report(&mut self) {
        self.section = Section::Report;
        self.editor = Some(Editor::new(REPORT, &self.notebook.report));
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::Left => self.section = self.section.step(-1),
            Verb::Right => self.section = self.section.step(1),
            Verb::NewHypothesis => {
                self.section = Section::Hypotheses;
                return self.hypothesis_form(&Hypothesis::default());
            }
            Verb::Edit if self.section == Section::Hypotheses => return self.open(),
            Verb::Edit => self.edit_report(),
            Verb::ExternalEditor => {
                self.section = Section::Report;
                let text = self.notebook.report.clone();
                return vec![Effect::ExternalEdit(
                    PaneId::Notebook,
                    REPORT.to_owned(),
                    text,
                )];
            }
            Verb::Supports => return self.weigh(EvidenceSide::For),
            Verb::Contradicts => return self.weigh(EvidenceSide::Against),
            Verb::Delete => return self.delete(),
            Verb::Claim => {
                self.section = Section::Claim;
                return self.claim_form();
            }
            Verb::Open => return self.open(),
            Verb::Up if self.section == Section::Report => {
                self.report_top = self.report_top.saturating_sub(1);
            }
            Verb::Down if self.section == Section::Report => self.report_top += 1,
            verb => {
                if let Some(rows) = self.rows() {
                    rows.on(verb);
                }
            }
        }
        Vec::new()
    }

    fn save_report(text: String) -> Vec<Effect> {
        vec![Effect::Act(PaneId::Notebook, Act::SaveReport { text })]
    }

    fn on_editor(&mut self, action: PaneAction) -> Vec<Effect> {
        let Some(editor) = &mut self.editor else {
            return Vec::new();
        };
        match action {
            PaneAction::Key(key) => editor.on_key(key),
            PaneAction::Paste(pasted) => editor.paste(&pasted),
            PaneAction::Verb(Verb::Save) => {
                let text = editor.text();
                editor.keep();
                return Self::save_report(text);
            }
            PaneAction::Verb(Verb::ExternalEditor) => {
                return vec![Effect::ExternalEdit(
                    PaneId::Notebook,
                    REPORT.to_owned(),
                    editor.text(),
                )];
            }
            PaneAction::Verb(Verb::Back | Verb::Interrupt) => {
                let (changed, text) = (editor.is_changed(), editor.text());
                self.editor = None;
                if changed {
                    self.notebook.report.clone_from(&text);
                    return Self::save_report(text);
                }
            }
            _ => {}
        }
        Vec::new()
    }
}

impl Pane for NotebookPane {
    fn listening(&self) -> Listening {
        if self.editor.is_some() {
            Listening::typing(Context::Editor)
        } else {
            Listening::keys(&[Context::Notebook])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(Answer::Edited { text, .. }) => {
                self.editor = None;
                self.notebook.report.clone_from(&text);
                return Self::save_report(text);
            }
            PaneAction::Answer(_) => {}
            action if self.editor.is_some() => return self.on_editor(action),
            PaneAction::Row {
                list: SECTIONS,
                row,
                ..
            } => {
                self.section = Section::ALL.get(row).copied().unwrap_or_default();
            }
            PaneAction::Row { row, twice, .. } => {
                if let Some(rows) = self.rows() {
                    rows.select(row);
                }
                if twice {
                    return self.open();
                }
            }
            PaneAction::Wheel(steps) => {
                if let Some(rows) = self.rows() {
                    rows.step(steps.signum() as isize);
                } else {
                    self.report_top = self.report_top.saturating_add_signed(steps as isize);
                }
            }
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        let revision = desk.revision(Family::Notebook);
        if self.seen != Some(revision) {
            self.seen = Some(revision);
            self.notebook = desk.notebook();
        }
        self.fit(size);
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        self.draw_all(canvas, view);
    }

    fn caption(&self) -> Vec<Run> {
        let pins = self.notebook.pins.len();
        let hypotheses = self.notebook.hypotheses.len();
        let pin_word = if pins == 1 { "pin" } else { "pins" };
        let hypothesis_word = if hypotheses == 1 {
            "hypothesis"
        } else {
            "hypotheses"
        };
        vec![Run::new(
            Role::Muted,
            format!("{pins} {pin_word}, {hypotheses} {hypothesis_word}"),
        )]
    }

    fn look(&self) -> Option<Look> {
        None
    }
}
