//! The terminal interface: panes over what a drill lets be seen. No game logic, never the simulation directly.
//!
//! One closed set of inputs comes in ([`action`]), a pure `update` makes effects of them ([`ui`]), a driver does the
//! effects on the drill and draws ([`app`]), and the terminal itself is touched in one place ([`terminal`]). What a
//! drill is to the interface stands in [`world`].

mod action;
mod app;
mod canvas;
#[cfg(test)]
mod demo;
pub mod desk;
mod fuzzy;
mod hits;
mod keymap;
mod keys;
mod layout;
mod markdown;
mod modal;
mod offscreen;
mod pane;
mod panes;
mod screens;
mod terminal;
mod text;
mod theme;
mod ui;
mod units;
mod verbs;
mod view;
mod widgets;
pub mod world;

pub use keymap::keys_markdown;
pub use offscreen::OffScreen;
pub use terminal::TerminalError;
pub use theme::{Depth, ThemeError};

use app::App;
use keymap::Keymap;
use theme::Theme;
use world::{Choice, Lobby};

/// The interface could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal cannot be used.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// A shipped theme cannot be read.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The shipped keymap cannot be read.
    #[error("keymap: {0}")]
    Keymap(#[source] Box<ron::error::SpannedError>),
}

/// Shows the interface until the player leaves: the title screen, or a drill at once. The answer says what could not be
/// saved.
pub fn run(
    lobby: Box<dyn Lobby>,
    start: Option<Choice>,
    depth: Depth,
) -> Result<Option<String>, TuiError> {
    let theme = Theme::for_depth(depth)?;
    let keymap = Keymap::shipped().map_err(|error| TuiError::Keymap(Box::new(error)))?;
    let unsaved = terminal::run(|size| {
        let mut app = App::new(lobby, theme, keymap, size);
        if let Some(choice) = start {
            app.open(choice);
        }
        app
    })?;
    Ok(unsaved)
}
