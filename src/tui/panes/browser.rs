//! The browser: kinds of things, their lists, one thing in full; each system's own tool answers. One level lies on the
//! other, Esc goes back. Never words an answer: what is shown is what the desk read.

mod list;
mod page;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;

use self::list::List;
use self::page::Reader;
use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::world::{
    Act, AskToken, Browsed, Content, Desk, Family, KindRow, Look, Page, Status, Table, TableRow,
    Tone,
};

/// The most levels that lie on one another.
const MOST_LEVELS: usize = 16;

/// One level: a list or a thing.
enum Level {
    List(Box<List>),
    Page(Box<Reader>),
}

/// What the answer that is waited for is meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wanted {
    /// A level of its own.
    #[default]
    Level,
    /// The list or text on top goes on.
    More,
    /// The list on top, searched anew.
    Search,
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typing {
    /// The filter of the list on top.
    Filter,
    /// What its system is to search for.
    Search,
}

/// The pane's state.
pub struct BrowserPane {
    kinds: Vec<KindRow>,
    home: List,
    levels: Vec<Level>,
    wanted: Wanted,
    typing: Option<Typing>,
    search: Field,
    frozen: bool,
    seen: Option<u64>,
    /// Columns there are.
    columns: u16,
    /// Whether something of the world was ever shown, so that looks say when it no longer is.
    has_shown: bool,
}

impl Default for BrowserPane {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            home: List::of_kinds(&[]),
            levels: Vec::new(),
            wanted: Wanted::default(),
            typing: None,
            search: Field::default(),
            frozen: false,
            seen: None,
            columns: 0,
            has_shown: false,
        }
    }
}

impl BrowserPane {
    /// The kinds that can be gone to by name.
    pub fn kinds(&self) -> &[KindRow] {
        &self.kinds
    }

    fn set_kinds(&mut self, kinds: Vec<KindRow>) {
        self.home = List::of_kinds(&kinds);
        self.kinds = kinds;
    }

    /// The list on top, if a list is.
    fn list(&mut self) -> Option<&mut List> {
        match self.levels.last_mut() {
            None => Some(&mut self.home),
            Some(Level::List(list)) => Some(list),
            Some(Level::Page(_)) => None,
        }
    }

    fn ask(&mut self, wanted: Wanted, ask: AskToken, search: String) -> Vec<Effect> {
        if wanted == Wanted::Level && self.levels.len() >= MOST_LEVELS {
            return Vec::new();
        }
        self.wanted = wanted;
        vec![Effect::Browse { ask, search }]
    }

    /// Goes to a kind by its name, from wherever it is.
    fn go_to(&mut self, name: &str) -> Vec<Effect> {
        let Some(kind) = self.kinds.iter().position(|kind| kind.name == name) else {
            return Vec::new();
        };
        self.levels.clear();
        self.typing = None;
        self.home.select(kind);
        let ask = self.kinds.get(kind).map(|kind| kind.ask.clone());
        ask.map_or_else(Vec::new, |ask| self.ask(Wanted::Level, ask, String::new()))
    }

    fn take(&mut self, found: Result<Box<Browsed>, String>) -> Vec<Effect> {
        let browsed = match found {
            Ok(browsed) => *browsed,
            Err(refusal) => {
                let line = refusal.replace('\n', " · ");
                return vec![Effect::Notice(Tone::Bad, line)];
            }
        };
        self.has_shown = true;
        match std::mem::take(&mut self.wanted) {
            Wanted::More => match (self.levels.last_mut(), &browsed.content) {
                (Some(Level::List(list)), Content::Table(_)) => list.add(browsed),
                (Some(Level::Page(page)), Content::Page(_)) => page.add(browsed),
                _ => {}
            },
            Wanted::Search => {
                if let (Some(Level::List(list)), Content::Table(_)) =
                    (self.levels.last_mut(), &browsed.content)
                {
                    list.take_search(browsed, self.search.value());
                }
            }
            Wanted::Level => self.levels.push(match browsed.content {
                Content::Table(_) => Level::List(Box::new(List::new(browsed))),
                Content::Page(_) => Level::Page(Box::new(Reader::new(browsed))),
            }),
        }
        Vec::new()
    }

    fn open(&mut self, verb: &str) -> Vec<Effect> {
        if let Some(Level::Page(page)) = self.levels.last() {
            if verb != "open" {
                return Vec::new();
            }
            if let Some(command) = page.command() {
                let command = command.to_owned();
                return vec![
                    Effect::Focus(PaneId::Shell),
                    Effect::Tell(PaneId::Shell, Answer::Chosen(command)),
                ];
            }
            return match page.more() {
                Some(more) => self.ask(Wanted::More, more, String::new()),
                None => Vec::new(),
            };
        }
        let Some(list) = self.list() else {
            return Vec::new();
        };
        if let Some(more) = list.wants_more() {
            return self.ask(Wanted::More, more, String::new());
        }
        let Some(row) = list.selected() else {
            return Vec::new();
        };
        let found = row.opens.iter().find(|(known, _)| known == verb);
        let found = found.or_else(|| row.opens.first().filter(|_| verb == "open"));
        if let Some((_, ask)) = found {
            let ask = ask.clone();
            return self.ask(Wanted::Level, ask, String::new());
        }
        if verb == "open" {
            let page = record(row);
            self.levels
                .push(Level::Page(Box::new(Reader::of_record(page))));
            return Vec::new();
        }
        vec![Effect::Notice(
            Tone::Plain,
            format!("there is no {verb} of this"),
        )]
    }

    fn pin(&mut self) -> Vec<Effect> {
        let crumbs = self.crumbs();
        let found = match self.levels.last() {
            // A first line that names the page needs no way to it before it.
            Some(Level::Page(page)) => page.pin().map(|(artifact, line)| {
                let named = line.starts_with(page.title.as_str());
                let label = if named {
                    line
                } else {
                    format!("{crumbs}: {line}")
                };
                (artifact, label)
            }),
            _ => self.list().and_then(|list| {
                let row = list.selected()?;
                let cells: Vec<&str> = row.cells.iter().map(|(cell, _)| cell.as_str()).collect();
                Some((
                    row.artifact.clone()?,
                    format!("{crumbs}: {}", cells.join(" ")),
                ))
            }),
        };
        match found {
            Some((artifact, label)) => {
                vec![Effect::Act(PaneId::Browser, Act::Pin { artifact, label })]
            }
            None => vec![Effect::Notice(
                Tone::Plain,
                "this row is no evidence by itself; open it".to_owned(),
            )],
        }
    }

    fn back(&mut self) {
        if let Some(list) = self.list()
            && list.clear_filter()
        {
            return;
        }
        self.levels.pop();
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::Open | Verb::Right => return self.open("open"),
            Verb::Describe => return self.open("describe"),
            Verb::Yaml => return self.open("yaml"),
            Verb::ShowOutput => return self.open("logs"),
            Verb::Pin => return self.pin(),
            Verb::Back | Verb::Left => self.back(),
            Verb::Freeze => self.frozen = !self.frozen,
            Verb::Filter if self.list().is_some() => self.typing = Some(Typing::Filter),
            Verb::Search => match self.list() {
                Some(list) if list.is_searched() => {
                    let before = list.search.clone();
                    self.search.set(&before);
                    self.typing = Some(Typing::Search);
                }
                _ => {
                    let words = "nothing to search here; / filters".to_owned();
                    return vec![Effect::Notice(Tone::Plain, words)];
                }
            },
            verb => match self.levels.last_mut() {
                Some(Level::Page(page)) => page.on(verb),
                _ => {
                    if let Some(list) = self.list() {
                        list.rows.on(verb);
                    }
                }
            },
        }
        Vec::new()
    }

    fn on_typing(&mut self, typing: Typing, action: &PaneAction) -> Vec<Effect> {
        let field = match (typing, self.levels.last_mut()) {
            (Typing::Search, _) => &mut self.search,
            (Typing::Filter, None) => &mut self.home.filter,
            (Typing::Filter, Some(Level::List(list))) => &mut list.filter,
            (Typing::Filter, Some(Level::Page(_))) => return Vec::new(),
        };
        match action {
            PaneAction::Key(key) => {
                field.on_key(*key);
            }
            PaneAction::Paste(pasted) => field.insert(pasted),
            PaneAction::Verb(Verb::Back) => {
                if typing == Typing::Filter {
                    field.take();
                }
                self.typing = None;
            }
            PaneAction::Verb(Verb::Submit) => {
                self.typing = None;
                if typing == Typing::Search {
                    let search = self.search.value().to_owned();
                    let ask = self.list().map(|list| list.base());
                    return ask.map_or_else(Vec::new, |ask| self.ask(Wanted::Search, ask, search));
                }
            }
            PaneAction::Verb(verb) => {
                if let Some(list) = self.list() {
                    list.rows.on(*verb);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// Where it is: `Sentry › errors › GATE-3`.
    fn crumbs(&self) -> String {
        let mut crumbs: Vec<String> = Vec::new();
        for level in &self.levels {
            match level {
                Level::List(list) => {
                    if crumbs.is_empty() {
                        crumbs.push(list.system.clone());
                    }
                    crumbs.push(list.title());
                }
                Level::Page(page) => crumbs.push(page.title.clone()),
            }
        }
        crumbs.join(" › ")
    }

    /// The call that what is on top shows, for the journal.
    fn looked_at(&self) -> Option<String> {
        self.levels.iter().rev().find_map(|level| match level {
            Level::List(list) => list.look(),
            Level::Page(page) => page.look(),
        })
    }
}

/// A row that nothing opens, in full.
fn record(row: &TableRow) -> Page {
    Page {
        title: row
            .cells
            .first()
            .map_or_else(String::new, |(cell, _)| cell.clone()),
        text: row.record.clone(),
        artifact: row.artifact.clone(),
        ..Page::default()
    }
}

impl Pane for BrowserPane {
    fn listening(&self) -> Listening {
        if self.typing.is_some() {
            Listening::typing(Context::Field)
        } else {
            Listening::keys(&[Context::Browser])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(Answer::Kinds(kinds)) => self.set_kinds(kinds),
            PaneAction::Answer(Answer::Chosen(name)) => return self.go_to(&name),
            PaneAction::Answer(Answer::Browsed(found)) => return self.take(found),
            PaneAction::Row { row, twice, .. } => {
                match self.levels.last_mut() {
                    Some(Level::Page(page)) => page.select(row),
                    _ => {
                        if let Some(list) = self.list() {
                            list.rows.select(row);
                        }
                    }
                }
                if twice {
                    // What is opened is read, not filtered.
                    self.typing = None;
                    return self.open("open");
                }
            }
            PaneAction::Wheel(rows) => match self.levels.last_mut() {
                Some(Level::Page(page)) => page.step(rows as isize),
                _ => {
                    if let Some(list) = self.list() {
                        list.rows.step(rows.signum() as isize);
                    }
                }
            },
            action => match (self.typing, action) {
                (Some(typing), action) => return self.on_typing(typing, &action),
                (None, PaneAction::Verb(verb)) => return self.on_verb(verb),
                _ => {}
            },
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        let revision = desk.revision(Family::Listed);
        let changed = self.seen != Some(revision);
        self.seen = Some(revision);
        let again = changed && !self.frozen;
        let typed = u16::from(self.typing.is_some());
        self.columns = size.width;
        match self.levels.last_mut() {
            None => self.home.lay_out(size, typed),
            Some(Level::List(list)) => {
                if again {
                    list.read_again(desk);
                }
                list.lay_out(size, typed);
            }
            Some(Level::Page(page)) => {
                if again {
                    page.read_again(desk);
                }
                page.lay_out(size);
            }
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        let list = match self.levels.last() {
            Some(Level::Page(page)) => return page.draw(canvas, view),
            Some(Level::List(list)) => list,
            None => &self.home,
        };
        let mut y = 0;
        let line = |y| Rect::new(2, y, canvas.width().saturating_sub(2), 1);
        if self.typing == Some(Typing::Search) {
            let part = line(y);
            canvas.text(0, y, "? ", Role::Accent);
            self.search
                .draw(canvas, part, "what the system is to find", view.focused);
            y += 1;
        } else if self.typing == Some(Typing::Filter) || !list.filter.is_empty() {
            let part = line(y);
            canvas.text(0, y, "/ ", Role::Accent);
            let active = view.focused && self.typing.is_some();
            list.filter.draw(canvas, part, "words of a row", active);
            y += 1;
        }
        let part = Rect::new(0, y, canvas.width(), canvas.height().saturating_sub(y));
        list.draw(&mut canvas.part(part), view);
    }

    fn caption(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let crumbs = self.crumbs();
        if crumbs.is_empty() {
            runs.push(Run::new(Role::Muted, format!("{} kinds", self.kinds.len())));
        } else {
            // Its end says where it is; the counts stand behind it.
            let room = usize::from(self.columns).saturating_sub(40).max(12);
            let letters = crumbs.chars().count();
            let crumbs = if letters > room {
                let end: String = crumbs.chars().skip(letters - room).collect();
                format!("…{end}")
            } else {
                crumbs
            };
            runs.push(Run::new(Role::Link, crumbs));
        }
        match self.levels.last() {
            Some(Level::List(list)) => runs.extend(list.counts()),
            Some(Level::Page(page)) => runs.extend(page.counts()),
            None => {}
        }
        if self.frozen {
            runs.push(Run::new(Role::Info, " frozen"));
        }
        runs
    }

    fn look(&self) -> Option<Look> {
        if !self.has_shown {
            return None;
        }
        Some(Look {
            pane: PaneId::Browser.plain(),
            query: self.looked_at().unwrap_or_default(),
            filter: String::new(),
            first: None,
            rows: 0,
            frozen: self.frozen,
        })
    }
}

/// The table of an answer that is one.
fn table_of(content: Content) -> Table {
    match content {
        Content::Table(table) => table,
        Content::Page(_) => Table::default(),
    }
}
