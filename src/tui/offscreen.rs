//! The interface without a terminal: the same screens, drawn into a buffer. For measurements and screenshots.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::TuiError;
use super::app::App;
use super::keymap::Keymap;
use super::pane::Size;
use super::theme::{Depth, Theme};
use super::world::{Choice, Lobby};

/// The interface over a buffer.
pub struct OffScreen {
    app: App,
    buffer: Buffer,
}

impl OffScreen {
    /// The title screen, or a drill at once, in so many columns and rows.
    ///
    /// # Errors
    /// When a shipped theme or keymap cannot be read.
    pub fn new(
        lobby: Box<dyn Lobby>,
        start: Option<Choice>,
        depth: Depth,
        (width, height): (u16, u16),
    ) -> Result<Self, TuiError> {
        let theme = Theme::for_depth(depth)?;
        let keymap = Keymap::shipped().map_err(|error| TuiError::Keymap(Box::new(error)))?;
        let mut app = App::new(lobby, theme, keymap, Size { width, height });
        if let Some(choice) = start {
            app.open(choice);
        }
        Ok(Self {
            app,
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
        })
    }

    /// Lets wall time come to so many milliseconds since the start.
    pub fn tick(&mut self, since_start_ms: u64) {
        self.app.tick(since_start_ms);
    }

    /// Presses a key that is one character.
    pub fn press(&mut self, key: char) {
        use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
        let event = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        self.app.input(super::action::Input::Key(event));
    }

    /// Draws the whole screen anew.
    pub fn draw(&mut self) -> &Buffer {
        self.buffer.reset();
        self.app.draw(&mut self.buffer);
        &self.buffer
    }
}
