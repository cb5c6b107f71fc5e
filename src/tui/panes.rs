//! The panes of the board, one vertical file each: state, what actions do to it, how it is drawn.

mod browser;
mod changes;
mod code;
mod logs;
mod metrics;
mod notebook;
mod pager;
mod shell;
mod slack;
mod traces;

use traces::TRACE_OF_LINE;

use super::modal::{Modal, PickItem, Picker};
use super::pane::{Answer, Effect, Pane, PaneAction, PaneId};
use super::verbs::Verb;
use super::widgets::field::Field;
use super::widgets::rows::Rows;

/// The choice of a list of services that stands for all of them.
const ALL_SERVICES: &str = "all services";

/// Asks for one of the services, or for all; the pane is told the choice.
fn pick_service(title: &str, pane: PaneId, services: &[String]) -> Vec<Effect> {
    let all = std::iter::once(ALL_SERVICES.to_owned());
    let items = all
        .chain(services.iter().cloned())
        .map(|service| PickItem {
            label: service.clone(),
            about: String::new(),
            note: String::new(),
            other_names: Vec::new(),
            effects: vec![Effect::Tell(pane, Answer::Chosen(service))],
        })
        .collect();
    vec![Effect::Modal(Box::new(Modal::Picker(Picker::new(
        title, items,
    ))))]
}

/// What an action does to a filter that is typed above a list; whether it is still typed.
fn type_filter(filter: &mut Field, rows: &mut Rows, action: &PaneAction) -> bool {
    match action {
        PaneAction::Verb(Verb::Back) => {
            filter.take();
            return false;
        }
        PaneAction::Verb(Verb::Submit) => return false,
        PaneAction::Verb(verb) => {
            rows.on(*verb);
        }
        PaneAction::Key(key) => {
            filter.on_key(*key);
        }
        PaneAction::Paste(pasted) => filter.insert(pasted),
        _ => {}
    }
    true
}

/// All panes.
#[derive(Default)]
pub struct Panes {
    slack: slack::SlackPane,
    logs: logs::LogsPane,
    metrics: metrics::MetricsPane,
    shell: shell::ShellPane,
    pager: pager::PagerPane,
    changes: changes::ChangesPane,
    code: code::CodePane,
    notebook: notebook::NotebookPane,
    browser: browser::BrowserPane,
    traces: traces::TracesPane,
}

impl Panes {
    /// A pane.
    pub fn get(&self, pane: PaneId) -> &dyn Pane {
        match pane {
            PaneId::Slack => &self.slack,
            PaneId::Logs => &self.logs,
            PaneId::Metrics => &self.metrics,
            PaneId::Shell => &self.shell,
            PaneId::Pager => &self.pager,
            PaneId::Changes => &self.changes,
            PaneId::Code => &self.code,
            PaneId::Notebook => &self.notebook,
            PaneId::Browser => &self.browser,
            PaneId::Traces => &self.traces,
        }
    }

    /// A pane, to change it.
    pub fn get_mut(&mut self, pane: PaneId) -> &mut dyn Pane {
        match pane {
            PaneId::Slack => &mut self.slack,
            PaneId::Logs => &mut self.logs,
            PaneId::Metrics => &mut self.metrics,
            PaneId::Shell => &mut self.shell,
            PaneId::Pager => &mut self.pager,
            PaneId::Changes => &mut self.changes,
            PaneId::Code => &mut self.code,
            PaneId::Notebook => &mut self.notebook,
            PaneId::Browser => &mut self.browser,
            PaneId::Traces => &mut self.traces,
        }
    }

    /// How many things wait in a pane, for its tab.
    pub fn waiting(&self, pane: PaneId) -> u32 {
        match pane {
            PaneId::Slack => self.slack.unread(),
            PaneId::Pager => self.pager.triggered(),
            _ => 0,
        }
    }

    /// The channels that can be gone to.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.slack.channel_names()
    }

    /// The kinds of things that can be listed.
    pub fn kinds(&self) -> &[super::world::KindRow] {
        self.browser.kinds()
    }

    /// The command that runs on in the shell.
    pub const fn running_job(&self) -> Option<u64> {
        self.shell.job()
    }
}
