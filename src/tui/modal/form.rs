//! A form of several fields with suggestions, and evidence to count for or against: hypotheses, the claim, handing over.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::{Modal, Outcome, Question, boxed};
use crate::tui::canvas::Canvas;
use crate::tui::fuzzy;
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::pane::{Effect, Listening, PaneAction, PaneId};
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::world::{Act, Claim, Hypothesis, PinRow};

/// The most suggestions shown under a field.
const SUGGESTIONS: usize = 6;

/// What a form is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormPurpose {
    /// A hypothesis; the id is empty for a new one.
    Hypothesis {
        /// The hypothesis.
        id: String,
    },
    /// The claim.
    Claim,
    /// Handing over.
    HandOver,
}

impl FormPurpose {
    /// The words on the button.
    const fn button(&self) -> &'static str {
        match self {
            Self::Hypothesis { .. } => "write down",
            Self::Claim => "hand in",
            Self::HandOver => "hand over",
        }
    }
}

/// One field.
#[derive(Clone, Debug)]
pub struct FormField {
    /// What it asks.
    pub label: &'static str,
    /// A hint for when it is empty.
    pub placeholder: &'static str,
    /// What was typed.
    pub field: Field,
    /// What could be typed.
    pub suggestions: Vec<String>,
    /// Only what is suggested is taken.
    pub is_choice: bool,
}

impl FormField {
    /// A field with suggestions.
    pub fn new(
        label: &'static str,
        placeholder: &'static str,
        value: &str,
        suggestions: &[String],
    ) -> Self {
        Self {
            label,
            placeholder,
            field: Field::new(value),
            suggestions: suggestions.to_vec(),
            is_choice: false,
        }
    }

    /// The same field, which takes only what is suggested.
    #[must_use]
    pub fn choice(self) -> Self {
        Self {
            is_choice: true,
            ..self
        }
    }

    /// Why it cannot be taken as it stands.
    fn problem(&self) -> Option<String> {
        let value = self.field.value().trim();
        let label = self.label;
        if self.is_choice && !self.suggestions.iter().any(|known| known == value) {
            return Some(if value.is_empty() {
                format!("{label} is needed: choose one of the list.")
            } else {
                format!("{label}: choose one of the list.")
            });
        }
        None
    }
}

/// How a pin counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceSide {
    /// Not at all.
    None,
    /// For it.
    For,
    /// Against it.
    Against,
}

/// A pin and how it counts.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    /// The pin.
    pub pin: PinRow,
    /// How it counts.
    pub side: EvidenceSide,
}

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    title: &'static str,
    purpose: FormPurpose,
    fields: Vec<FormField>,
    confidence: Option<u8>,
    evidence: Vec<EvidenceRow>,
    at: usize,
    suggestion: Option<usize>,
    problem: String,
}

impl Form {
    /// A form; `confidence` adds the percentage, evidence the list of pins.
    pub fn new(
        title: &'static str,
        purpose: FormPurpose,
        fields: Vec<FormField>,
        confidence: Option<u8>,
        evidence: Vec<EvidenceRow>,
    ) -> Self {
        Self {
            title,
            purpose,
            fields,
            confidence,
            evidence,
            at: 0,
            suggestion: None,
            problem: String::new(),
        }
    }

    /// Where keys go.
    #[expect(clippy::unused_self, reason = "asked of every dialog alike")]
    pub fn listening(&self) -> Listening {
        Listening {
            contexts: vec![Context::Form],
            typing: true,
        }
    }

    /// The places one can be at: fields, confidence, evidence, the button.
    fn places(&self) -> usize {
        self.fields.len() + usize::from(self.confidence.is_some()) + self.evidence.len() + 1
    }

    fn evidence_start(&self) -> usize {
        self.fields.len() + usize::from(self.confidence.is_some())
    }

    fn is_confidence(&self) -> bool {
        self.confidence.is_some() && self.at == self.fields.len()
    }

    fn is_button(&self) -> bool {
        self.at + 1 == self.places()
    }

    fn go(&mut self, steps: isize) {
        let last = self.places() - 1;
        self.at = self.at.saturating_add_signed(steps).min(last);
        self.suggestion = None;
    }

    /// The suggestions that fit what was typed at the field one is at.
    fn fitting(&self) -> Vec<&str> {
        let Some(field) = self.fields.get(self.at) else {
            return Vec::new();
        };
        let typed = field.field.value();
        if field.suggestions.iter().any(|known| known == typed) {
            return Vec::new();
        }
        fuzzy::search(typed, field.suggestions.iter().map(String::as_str))
            .into_iter()
            .take(SUGGESTIONS)
            .filter_map(|found| field.suggestions.get(found.index))
            .map(String::as_str)
            .collect()
    }

    fn vertical(&mut self, down: bool) {
        let count = self.fitting().len();
        self.suggestion = match (self.suggestion, down) {
            (None, true) if count > 0 => Some(0),
            (Some(at), true) if at + 1 < count => Some(at + 1),
            (Some(at), true) => Some(at),
            (Some(0), false) => None,
            (Some(at), false) => Some(at - 1),
            (None, _) => return self.go(if down { 1 } else { -1 }),
        };
    }

    fn sideways(&mut self, right: bool) {
        if self.is_confidence() {
            let value = self.confidence.unwrap_or(0);
            self.confidence = Some(if right {
                value.saturating_add(5).min(100)
            } else {
                value.saturating_sub(5)
            });
            return;
        }
        let start = self.evidence_start();
        let both = !matches!(self.purpose, FormPurpose::Claim);
        if let Some(row) = self
            .at
            .checked_sub(start)
            .and_then(|at| self.evidence.get_mut(at))
        {
            row.side = match (row.side, right) {
                (EvidenceSide::For, true) | (EvidenceSide::None, false) if both => {
                    EvidenceSide::Against
                }
                (EvidenceSide::None, _) | (EvidenceSide::Against, false) => EvidenceSide::For,
                _ => EvidenceSide::None,
            };
        } else if let Some(field) = self.fields.get_mut(self.at) {
            let code = if right { KeyCode::Right } else { KeyCode::Left };
            field.field.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        }
    }

    fn open(&mut self) -> Outcome {
        if self.is_button() {
            return self.submit();
        }
        if self
            .fields
            .get(self.at)
            .is_some_and(|field| field.is_choice)
        {
            self.complete();
            return Outcome::stay();
        }
        let taken = self
            .suggestion
            .and_then(|row| self.fitting().get(row).map(ToString::to_string));
        if let (Some(taken), Some(field)) = (taken, self.fields.get_mut(self.at)) {
            field.field.set(&taken);
        }
        if self.at >= self.evidence_start() {
            self.sideways(true);
        } else {
            self.go(1);
        }
        Outcome::stay()
    }

    /// Takes the suggestion that is chosen, or the first that fits what was typed, and goes on.
    fn complete(&mut self) {
        let typed = self
            .fields
            .get(self.at)
            .is_some_and(|field| !field.field.is_empty());
        let row = self.suggestion.or(typed.then_some(0));
        let taken = row.and_then(|row| self.fitting().get(row).map(ToString::to_string));
        if let (Some(taken), Some(field)) = (taken, self.fields.get_mut(self.at)) {
            field.field.set(&taken);
        }
        self.go(1);
    }

    fn value(&self, index: usize) -> String {
        self.fields
            .get(index)
            .map_or_else(String::new, |field| field.field.value().trim().to_owned())
    }

    fn pins(&self, side: EvidenceSide) -> Vec<String> {
        self.evidence
            .iter()
            .filter(|row| row.side == side)
            .map(|row| row.pin.id.clone())
            .collect()
    }

    fn submit(&mut self) -> Outcome {
        if self.value(0).is_empty() {
            self.at = 0;
            self.problem = format!(
                "{} is needed.",
                self.fields.first().map_or("This", |field| field.label)
            );
            return Outcome::stay();
        }
        let problems = self.fields.iter().map(FormField::problem).enumerate();
        if let Some((at, problem)) = problems
            .into_iter()
            .find_map(|(at, problem)| Some((at, problem?)))
        {
            self.at = at;
            self.problem = problem;
            return Outcome::stay();
        }
        let act = match &self.purpose {
            FormPurpose::Hypothesis { id } => Act::SaveHypothesis(Hypothesis {
                id: id.clone(),
                component: self.value(0),
                mechanism: self.value(1),
                why_now: self.value(2),
                confidence: self.confidence.unwrap_or(0),
                supports: self.pins(EvidenceSide::For),
                contradicts: self.pins(EvidenceSide::Against),
            }),
            FormPurpose::Claim => Act::Claim(Claim {
                component: self.value(0),
                mechanism: self.value(1),
                why_now: self.value(2),
                evidence: self.pins(EvidenceSide::For),
            }),
            FormPurpose::HandOver => Act::HandOver {
                note: self.value(0),
            },
        };
        let act = Effect::Act(PaneId::Notebook, act);
        let (title, text) = match self.purpose {
            FormPurpose::Hypothesis { .. } => return Outcome::close(vec![act]),
            FormPurpose::Claim => (
                "Hand in this claim?",
                "It can be handed in once. It is compared with what really happened when the drill ends.",
            ),
            FormPurpose::HandOver => (
                "Hand the incident over?",
                "Somebody else takes it from here: the drill ends and you read the debrief.",
            ),
        };
        Outcome::close(vec![Effect::Modal(Box::new(Modal::Question(Question {
            title: title.to_owned(),
            text: text.to_owned(),
            yes: "yes".to_owned(),
            no: "not yet".to_owned(),
            effects: vec![act],
        })))])
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Outcome {
        match action {
            PaneAction::Verb(Verb::Back) if self.suggestion.is_some() => self.suggestion = None,
            PaneAction::Verb(Verb::Back) => return Outcome::close(Vec::new()),
            PaneAction::Verb(Verb::Submit) => return self.submit(),
            PaneAction::Verb(Verb::Open) => return self.open(),
            PaneAction::Verb(Verb::NextField) => self.complete(),
            PaneAction::Verb(Verb::PreviousField) => self.go(-1),
            PaneAction::Verb(Verb::Up) => self.vertical(false),
            PaneAction::Verb(Verb::Down) => self.vertical(true),
            PaneAction::Verb(Verb::Left) => self.sideways(false),
            PaneAction::Verb(Verb::Right) => self.sideways(true),
            PaneAction::Key(key) => self.key(*key),
            PaneAction::Paste(pasted) => {
                if let Some(field) = self.fields.get_mut(self.at) {
                    field.field.insert(pasted);
                }
            }
            PaneAction::Row { row, .. } => {
                let known = *row == self.at;
                self.at = (*row).min(self.places() - 1);
                self.suggestion = None;
                if self.is_button() || (known && self.at >= self.evidence_start()) {
                    return self.open();
                }
            }
            PaneAction::Wheel(rows) => self.go(*rows as isize),
            _ => {}
        }
        Outcome::stay()
    }

    fn key(&mut self, key: KeyEvent) {
        self.problem.clear();
        if let Some(field) = self.fields.get_mut(self.at) {
            if field.field.on_key(key) {
                self.suggestion = None;
            }
        } else if key.code == KeyCode::Char(' ') {
            self.sideways(true);
        } else if let (true, KeyCode::Char(digit)) = (self.is_confidence(), key.code)
            && let Some(tens) = digit.to_digit(10)
        {
            self.confidence = Some(tens as u8 * 10);
        }
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let wanted = self.fields.len() * 2
            + usize::from(self.confidence.is_some()) * 2
            + self.evidence.len().min(8)
            + usize::from(!self.evidence.is_empty()) * 2
            + 4;
        let inner = boxed(canvas, 92, wanted as u16 + 1, self.title);
        let mut part = canvas.part(inner);
        let labels = 14;
        let mut y = 0;
        for (index, field) in self.fields.iter().enumerate() {
            let here = index == self.at;
            let role = if here { Role::Accent } else { Role::Muted };
            part.text_within(0, y, labels, field.label, role);
            let room = Rect::new(labels, y, part.width().saturating_sub(labels), 1);
            field.field.draw(&mut part, room, field.placeholder, here);
            part.click(Rect::new(0, y, part.width(), 1), Hit::Choice(index));
            y += 2;
        }
        if let Some(confidence) = self.confidence {
            self.draw_confidence(&mut part, y, labels, confidence);
            y += 2;
        }
        if !self.evidence.is_empty() {
            y = self.draw_evidence(&mut part, y);
        }
        let button = part.height().saturating_sub(1).max(y);
        let role = if self.is_button() {
            Role::Badge
        } else {
            Role::Key
        };
        let end = part.text(0, button, &format!(" {} ", self.purpose.button()), role);
        part.click(
            Rect::new(0, button, end, 1),
            Hit::Choice(self.places().saturating_sub(1)),
        );
        let end = part.text(end + 2, button, "Ctrl-S from anywhere", Role::Muted);
        part.text(end + 2, button, &self.problem, Role::Alert);
        self.draw_suggestions(&mut part, labels);
    }

    fn draw_confidence(&self, part: &mut Canvas<'_>, y: u16, labels: u16, confidence: u8) {
        let here = self.is_confidence();
        let role = if here { Role::Accent } else { Role::Muted };
        part.text(0, y, "Confidence", role);
        let filled = u16::from(confidence) / 5;
        for x in 0..20 {
            let (glyph, role) = if x < filled {
                ('█', Role::Accent)
            } else {
                ('░', Role::Faint)
            };
            part.glyph(labels + x, y, glyph, role);
        }
        let end = part.text(labels + 22, y, &format!("{confidence} %"), Role::Strong);
        if here {
            part.text(end + 2, y, "← → or a digit", Role::Muted);
        }
        part.click(
            Rect::new(0, y, part.width(), 1),
            Hit::Choice(self.fields.len()),
        );
    }

    fn draw_evidence(&self, part: &mut Canvas<'_>, y: u16) -> u16 {
        part.text(0, y, "Evidence", Role::Muted);
        part.text(14, y, "← → or Space: for, against, neither", Role::Faint);
        let start = self.evidence_start();
        let room = part.height().saturating_sub(y + 3).max(1);
        let here = self.at.saturating_sub(start);
        let top = (here + 1).saturating_sub(usize::from(room));
        let shown = self.evidence.iter().enumerate().skip(top);
        let mut row_y = y + 1;
        for (index, row) in shown.take(usize::from(room)) {
            let (mark, role) = match row.side {
                EvidenceSide::None => ("  ·  ", Role::Faint),
                EvidenceSide::For => (" for ", Role::Good),
                EvidenceSide::Against => ("against", Role::Alert),
            };
            part.text(0, row_y, mark, role);
            part.text(9, row_y, &row.pin.label, Role::Base);
            if start + index == self.at {
                part.tint_row(row_y, Role::Selected);
            }
            part.click(
                Rect::new(0, row_y, part.width(), 1),
                Hit::Choice(start + index),
            );
            row_y += 1;
        }
        row_y
    }

    fn draw_suggestions(&self, part: &mut Canvas<'_>, labels: u16) {
        let fitting = self.fitting();
        if fitting.is_empty() {
            return;
        }
        let y = self.at as u16 * 2 + 1;
        for (index, suggestion) in fitting.iter().enumerate() {
            let room = part.width().saturating_sub(labels);
            let mut row = part.part(Rect::new(labels, y + index as u16, room.min(44), 1));
            row.fill(row.rect(), Role::SelectedIdle);
            row.text(1, 0, suggestion, Role::Base);
            row.tint_row(0, Role::SelectedIdle);
            if self.suggestion == Some(index) {
                row.tint_row(0, Role::Selected);
            }
        }
    }
}
