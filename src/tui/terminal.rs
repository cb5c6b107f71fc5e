//! The real terminal: set up, given back whatever happens, and the loop that feeds the driver.

use std::io::{self, IsTerminal, Write};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::action::Input;
use super::app::{App, EditRequest};
use super::pane::Size;
use super::world::Tone;

/// How long to wait for an input while something moves, and while nothing does.
const MOVING: Duration = Duration::from_millis(125);
const IDLE: Duration = Duration::from_millis(500);
/// How long the loop has to end after a signal.
const GRACE: Duration = Duration::from_secs(1);
/// The most inputs taken in before a frame.
const MAX_DRAINED: usize = 256;

/// The terminal could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Standard input or output is not a terminal.
    #[error("this needs a terminal: standard input and output must both be one")]
    NotATerminal,
    /// Reading or writing it failed.
    #[error("the terminal failed: {0}")]
    Io(#[from] io::Error),
}

/// The terminal while the interface has it; dropping gives it back.
struct Guard;

impl Guard {
    fn take() -> Result<Self, TerminalError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        enable_raw_mode()?;
        let guard = Self;
        enter()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableMouseCapture,
        cursor::Hide
    )
}

/// Gives the terminal back; there is nobody to tell if that fails.
fn give_back() {
    let _ = execute!(
        io::stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
}

/// Gives the terminal back before a panic is reported, so that its message can be read.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        give_back();
        before(info);
    }));
}

/// Watches for the system's wish that the program ends.
struct Watch {
    wanted: Arc<AtomicBool>,
    done: Arc<AtomicBool>,
}

impl Watch {
    /// Starts watching. A thread of its own, because a terminal that has gone away can hold the loop in its reading for
    /// ever: if the loop has not ended a while after the signal, the program ends here. Nothing is lost by that, since
    /// a journal is written before what it says is done.
    fn start() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        let watch = Self {
            wanted: Arc::new(AtomicBool::new(false)),
            done: Arc::new(AtomicBool::new(false)),
        };
        let (wanted, done) = (Arc::clone(&watch.wanted), Arc::clone(&watch.done));
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                wanted.store(true, Ordering::Relaxed);
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the thread that watches signals gives the loop its grace"
                )]
                std::thread::sleep(GRACE);
                if !done.load(Ordering::Relaxed) {
                    give_back();
                    std::process::exit(128 + signal);
                }
            }
        });
        Ok(watch)
    }

    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}

/// Runs the interface on the terminal until it ends. `make` gets the screen's size. The answer says what could not be
/// saved.
pub fn run(make: impl FnOnce(Size) -> App) -> Result<Option<String>, TerminalError> {
    let guard = Guard::take()?;
    let watch = Watch::start()?;
    restore_on_panic();
    let options = TerminalOptions {
        viewport: Viewport::Fullscreen,
    };
    let backend = CrosstermBackend::new(io::BufWriter::with_capacity(1 << 16, io::stdout()));
    let mut terminal = Terminal::with_options(backend, options)?;
    let area = terminal.size()?;
    let mut app = make(Size {
        width: area.width,
        height: area.height,
    });
    let start = Instant::now();
    while !app.is_over() {
        app.tick(start.elapsed().as_millis().min(u128::from(u64::MAX)) as u64);
        if app.is_dirty() {
            terminal.draw(|frame| app.draw(frame.buffer_mut()))?;
        }
        let wait = if app.is_moving() { MOVING } else { IDLE };
        drain(&mut app, wait)?;
        if watch.is_wanted() {
            app.input(Input::Terminated);
        }
        if let Some(request) = app.take_edit() {
            edit_outside(&mut app, request)?;
            terminal.clear()?;
        }
    }
    drop(guard);
    Ok(app.farewell().map(str::to_owned))
}

/// Waits for inputs and takes in all that are there.
fn drain(app: &mut App, wait: Duration) -> io::Result<()> {
    let mut wait = wait;
    for _ in 0..MAX_DRAINED {
        if !event::poll(wait)? {
            return Ok(());
        }
        if let Some(input) = Input::from_event(event::read()?) {
            app.input(input);
        }
        if app.is_over() {
            return Ok(());
        }
        wait = Duration::ZERO;
    }
    Ok(())
}

/// Lets the player edit a text in the program that `$VISUAL` or `$EDITOR` names.
fn edit_outside(app: &mut App, request: EditRequest) -> Result<(), TerminalError> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|editor| !editor.trim().is_empty());
    let Some(editor) = editor else {
        app.notice(Tone::Missed, "$EDITOR is not set.".to_owned());
        return Ok(());
    };
    give_back();
    let result = edit_file(&editor, &request);
    enable_raw_mode()?;
    enter()?;
    match result {
        Ok(text) => app.edited(request, text),
        Err(problem) => app.notice(Tone::Bad, format!("{editor}: {problem}")),
    }
    Ok(())
}

fn edit_file(editor: &str, request: &EditRequest) -> io::Result<String> {
    let folder = std::env::temp_dir().join(format!("firedrill-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let name = request
        .subject
        .rsplit('/')
        .next()
        .unwrap_or("text")
        .replace(
            |letter: char| !letter.is_alphanumeric() && !".-_".contains(letter),
            "_",
        );
    let name = if name.contains('.') {
        name
    } else {
        format!("{name}.md")
    };
    let path = folder.join(name);
    std::fs::write(&path, &request.text)?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program).args(words).arg(&path).status();
    let text = std::fs::read(&path);
    let _ = std::fs::remove_file(&path);
    let _ = std::fs::remove_dir(&folder);
    let status = status?;
    if !status.success() {
        return Err(io::Error::other(format!("ended with {status}")));
    }
    Ok(String::from_utf8_lossy(&text?).into_owned())
}
