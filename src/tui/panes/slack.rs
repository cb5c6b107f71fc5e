//! The Slack pane: channels at the left, messages at the right, threads, a box to write in.

mod compose;
mod messages;

use ratatui::layout::Rect;

use self::compose::Compose;
use self::messages::Feed;
use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{Act, ChannelRow, Desk, Family, Look, PersonRow, Status};

/// Messages asked for at first, and how many more each time the top is reached.
const PAGE: usize = 80;
/// The channel list's id among the pane's lists; the messages' is 1.
const CHANNELS: u8 = 0;
const MESSAGES: u8 = 1;

/// Which part has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Channels,
    Messages,
    Filter,
    Compose,
}

/// The pane's state.
#[derive(Default)]
pub struct SlackPane {
    channels: Vec<ChannelRow>,
    people: Vec<PersonRow>,
    rows: Rows,
    open: String,
    thread: Option<String>,
    feed: Feed,
    compose: Compose,
    filter: Field,
    part: Part,
    limit: usize,
    frozen: bool,
    seen: Option<(u64, String, Option<String>, usize)>,
}

impl SlackPane {
    /// Messages that were not read, in all channels.
    pub fn unread(&self) -> u32 {
        self.channels.iter().map(|channel| channel.unread).sum()
    }

    /// The names of the channels.
    pub fn channel_names(&self) -> impl Iterator<Item = &str> {
        self.channels.iter().map(|channel| channel.name.as_str())
    }

    fn open_channel(&mut self, name: &str) {
        if self.open != name {
            name.clone_into(&mut self.open);
            self.limit = PAGE;
            self.filter.take();
            self.frozen = false;
        }
        self.thread = None;
        self.feed.follow();
        if let Some(row) = self.channels.iter().position(|row| row.name == name) {
            self.rows.select(row);
        }
    }

    fn open_selected_channel(&mut self) {
        if let Some(row) = self.channels.get(self.rows.selected) {
            let name = row.name.clone();
            self.open_channel(&name);
        }
    }

    fn next_unread(&mut self, mentions: bool) {
        let count = self.channels.len();
        let start = self.rows.selected;
        let next = (1..=count)
            .map(|step| (start + step) % count.max(1))
            .find(|row| {
                self.channels.get(*row).is_some_and(|channel| {
                    if mentions {
                        channel.mentions > 0
                    } else {
                        channel.unread > 0
                    }
                })
            });
        if let Some(row) = next {
            self.rows.select(row);
            self.open_selected_channel();
        }
    }

    fn next_mention(&mut self) {
        if self.feed.next_mention() {
            self.part = Part::Messages;
        } else {
            self.next_unread(true);
        }
    }

    fn open_thread(&mut self) -> bool {
        if self.thread.is_some() {
            return true;
        }
        let Some(id) = self.feed.selected().map(|message| message.id.clone()) else {
            return false;
        };
        self.thread = Some(id);
        self.feed.follow();
        true
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match (verb, self.part) {
            (Verb::Compose, _) => self.part = Part::Compose,
            (Verb::Reply, _) => {
                if self.open_thread() {
                    self.part = Part::Compose;
                }
            }
            (Verb::NextMention, _) => self.next_mention(),
            (Verb::NextUnread, _) => self.next_unread(false),
            (Verb::Freeze, _) => self.frozen = !self.frozen,
            (Verb::Filter, _) => self.part = Part::Filter,
            (Verb::Pin, _) => return self.pin(),
            (Verb::Left, _) => self.part = Part::Channels,
            (Verb::Right | Verb::Open, Part::Channels) => {
                self.open_selected_channel();
                self.part = Part::Messages;
            }
            (Verb::Open, Part::Messages) => {
                self.open_thread();
            }
            (Verb::Back, _) => self.back(),
            (verb, Part::Channels) => {
                if self.rows.on(verb) {
                    self.open_selected_channel();
                }
            }
            (verb, Part::Messages) => {
                self.feed.on(verb);
                if self.feed.at_top() && self.feed.has_older() {
                    self.limit += PAGE;
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn back(&mut self) {
        if self.thread.take().is_some() {
            self.feed.follow();
        } else if !self.filter.is_empty() {
            self.filter.take();
        } else {
            self.part = Part::Channels;
        }
    }

    fn pin(&self) -> Vec<Effect> {
        self.feed.selected().map_or_else(Vec::new, |message| {
            vec![Effect::Act(
                PaneId::Slack,
                Act::Pin {
                    artifact: message.id.clone(),
                    label: format!("#{} {}: {}", self.open, message.author, message.text),
                },
            )]
        })
    }

    fn on_compose(&mut self, action: &PaneAction) -> Vec<Effect> {
        let channels = self.channels.iter().map(|row| row.name.as_str());
        if let Some(text) = self.compose.on(action, &self.people, channels) {
            self.feed.follow();
            return vec![Effect::Act(
                PaneId::Slack,
                Act::Post {
                    channel: self.open.clone(),
                    thread: self.thread.clone(),
                    text,
                },
            )];
        }
        if matches!(action, PaneAction::Verb(Verb::Back)) && !self.compose.is_open() {
            self.part = Part::Messages;
        }
        Vec::new()
    }

    fn on_filter(&mut self, action: &PaneAction) {
        match action {
            PaneAction::Verb(Verb::Back) => {
                self.filter.take();
                self.part = Part::Messages;
            }
            PaneAction::Verb(Verb::Submit) => self.part = Part::Messages,
            PaneAction::Verb(verb) => self.feed.on(*verb),
            PaneAction::Key(key) => {
                self.filter.on_key(*key);
            }
            PaneAction::Paste(pasted) => self.filter.insert(pasted),
            _ => {}
        }
    }

    /// Columns of the channel list.
    const fn list_width(width: u16) -> u16 {
        if width < 50 {
            14
        } else if width < 90 {
            18
        } else {
            22
        }
    }

    fn draw_channels(&self, canvas: &mut Canvas<'_>, focused: bool) {
        let width = canvas.width().saturating_sub(1);
        for (y, row) in self.rows.visible().enumerate() {
            let y = y as u16;
            let Some(channel) = self.channels.get(row) else {
                continue;
            };
            if row == self.rows.selected {
                let part = Rect::new(0, y, width, 1);
                let here = focused && self.part == Part::Channels;
                let role = if here {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint(part, role);
            }
            let open = channel.name == self.open;
            let role = if channel.unread > 0 || open {
                Role::Strong
            } else {
                Role::Muted
            };
            let count = if channel.mentions > 0 {
                format!("@{}", channel.mentions)
            } else if channel.unread > 0 {
                format!("{}", channel.unread.min(999))
            } else {
                String::new()
            };
            let wide = count.len() as u16;
            let at = canvas.text(0, y, "#", Role::Faint);
            let room = width.saturating_sub(at + wide + 1);
            canvas.text_within(at, y, room, &channel.name, role);
            let badge = if channel.mentions > 0 {
                Role::Mention
            } else {
                Role::Accent
            };
            canvas.text_aligned((0, y), width, Align::Right, &count, badge);
            canvas.click(
                Rect::new(0, y, width, 1),
                Hit::Row {
                    pane: PaneId::Slack,
                    list: CHANNELS,
                    row,
                },
            );
        }
        for y in 0..canvas.height() {
            canvas.glyph(width, y, '│', Role::Border);
        }
    }
}

impl Pane for SlackPane {
    fn listening(&self) -> Listening {
        match self.part {
            Part::Channels | Part::Messages => Listening::keys(&[Context::Slack]),
            Part::Filter | Part::Compose => Listening::typing(Context::Field),
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(Answer::Acted(result)) => {
                self.compose.answered(result.is_ok());
            }
            PaneAction::Answer(Answer::Chosen(channel)) => {
                self.open_channel(&channel);
                self.part = Part::Messages;
            }
            PaneAction::Row {
                list: CHANNELS,
                row,
                ..
            } => {
                self.rows.select(row);
                self.open_selected_channel();
                self.part = Part::Channels;
            }
            PaneAction::Row { row, twice, .. } => {
                self.part = Part::Messages;
                self.feed.select(row);
                if twice {
                    self.open_thread();
                }
            }
            PaneAction::Wheel(rows) => {
                self.feed.scroll(rows as isize);
                if self.feed.at_top() && self.feed.has_older() {
                    self.limit += PAGE;
                }
            }
            PaneAction::Column { .. } => self.part = Part::Compose,
            action if self.part == Part::Compose => return self.on_compose(&action),
            action if self.part == Part::Filter => self.on_filter(&action),
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        self.limit = self.limit.max(PAGE);
        let key = (
            desk.revision(Family::Chat),
            self.open.clone(),
            self.thread.clone(),
            self.limit,
        );
        let changed = self.seen.as_ref() != Some(&key);
        let moved = self
            .seen
            .as_ref()
            .is_none_or(|seen| (&seen.1, &seen.2, seen.3) != (&key.1, &key.2, key.3));
        if changed {
            self.channels = desk.channels();
            self.people = desk.people();
            if self.open.is_empty()
                && let Some(first) = self.channels.first()
            {
                self.open = first.name.clone();
            }
            if moved || !self.frozen {
                let page = match &self.thread {
                    Some(thread) => crate::tui::world::MessagesPage {
                        rows: desk.thread(&self.open, thread),
                        ..Default::default()
                    },
                    None => desk.messages(&self.open, None, self.limit),
                };
                self.feed.set(page);
            }
            self.seen = Some(key);
        }
        self.rows.fit(self.channels.len(), usize::from(size.height));
        let list = Self::list_width(size.width);
        let filter = u16::from(self.part == Part::Filter || !self.filter.is_empty());
        let feed = Size {
            width: size.width.saturating_sub(list + 1),
            height: size.height.saturating_sub(2 + filter),
        };
        self.feed.lay_out(feed, self.filter.value(), &self.people);
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        let list = Self::list_width(canvas.width());
        let mut left = canvas.part(Rect::new(0, 0, list, canvas.height()));
        self.draw_channels(&mut left, view.focused);
        let mut right = canvas.part(Rect::new(
            list + 1,
            0,
            canvas.width().saturating_sub(list + 1),
            canvas.height(),
        ));
        let mut top = 0;
        if self.part == Part::Filter || !self.filter.is_empty() {
            let at = right.text(0, 0, "/", Role::Accent);
            let part = Rect::new(at, 0, right.width().saturating_sub(at), 1);
            let active = view.focused && self.part == Part::Filter;
            self.filter
                .draw(&mut right, part, "filter messages", active);
            top = 1;
        }
        let height = right.height().saturating_sub(2 + top);
        let feed = Rect::new(0, top, right.width(), height);
        let active = view.focused && matches!(self.part, Part::Messages | Part::Filter);
        self.feed.draw(&mut right.part(feed), active, view.now_ms);
        let bottom = Rect::new(0, right.height().saturating_sub(2), right.width(), 2);
        let typing = self.feed.typing();
        let mut foot = right.part(bottom);
        if !typing.is_empty() {
            foot.text(0, 0, &format!("{typing} …"), Role::Faint);
        }
        foot.click_columns(foot.rect(), PaneId::Slack);
        let active = view.focused && self.part == Part::Compose;
        let place = self.thread.as_ref().map_or_else(
            || format!("write to #{}", self.open),
            |_| "reply in this thread".to_owned(),
        );
        self.compose.draw(&mut right, &place, active);
    }

    fn caption(&self) -> Vec<Run> {
        let mut runs = vec![Run::new(Role::Link, format!("#{}", self.open))];
        if self.thread.is_some() {
            runs.push(Run::new(Role::Accent, " thread"));
        }
        if self.frozen {
            runs.push(Run::new(Role::Info, " frozen"));
        }
        runs
    }

    fn look(&self) -> Option<Look> {
        Some(Look {
            pane: PaneId::Slack.plain(),
            query: match &self.thread {
                Some(thread) => format!("#{}/{thread}", self.open),
                None => format!("#{}", self.open),
            },
            filter: self.filter.value().to_owned(),
            first: self.feed.first_on_screen(),
            rows: self.feed.rows_on_screen(),
            frozen: self.frozen,
        })
    }
}
