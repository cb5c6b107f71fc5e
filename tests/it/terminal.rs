//! The real program in a pseudo-terminal: it starts, plays a few keys, ends, and gives the terminal back. Waits for what
//! the program prints, never for time to pass.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long the program may take to print what is waited for, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(2);

struct Terminal {
    parser: vt100::Parser,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    // Kept open: the program would see its terminal go away.
    _master: Box<dyn MasterPty + Send>,
    _saves: tempfile::TempDir,
}

impl Terminal {
    fn new(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let saves = tempfile::tempdir().unwrap();
        let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scenarios");
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(["--scenarios", scenarios, "--saves"]);
        command.arg(saves.path());
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            parser: vt100::Parser::new(rows, columns, 0),
            child,
            keys,
            output,
            _master: pair.master,
            _saves: saves,
        }
    }

    /// Waits until the screen holds a text.
    fn sees(&mut self, words: &str) -> &mut Self {
        let until = Instant::now() + PATIENCE;
        while !self.parser.screen().contents().contains(words) {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(error) => panic!(
                    "{words:?} never came ({error}):\n{}",
                    self.parser.screen().contents()
                ),
            }
        }
        self
    }

    fn types(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Waits for the program's end and takes in what it still prints.
    fn ends(&mut self) -> ExitStatus {
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.parser.process(&bytes);
        }
        self.child.wait().unwrap()
    }

    #[track_caller]
    fn is_given_back(&self) {
        let screen = self.parser.screen();
        assert!(
            !screen.alternate_screen(),
            "the other screen is still shown"
        );
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "pastes are still bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}

#[test]
fn it_starts_plays_ends_and_gives_the_terminal_back() {
    let mut terminal = Terminal::new(120, 40, &["play", "small", "--seed", "1"]);
    terminal.sees("BRIEFING").types("\r").sees("▲  PAGE  ▲");
    terminal.types("a").sees("acknowledged");
    terminal
        .types("4")
        .sees("Tab completes")
        .types("echo in the $((40 + 2))\r")
        .sees("in the 42");
    terminal
        .types("\u{1b}")
        .sees("scrolling")
        .types("q")
        .sees("Leave the drill?")
        .types("y")
        .sees("Scenarios");
    terminal.types("q");
    assert!(terminal.ends().success());
    terminal.is_given_back();
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    let mut terminal = Terminal::new(80, 24, &["play", "small", "--seed", "1"]);
    terminal.sees("BRIEFING").types("\r").sees("acknowledge");
    let process = terminal.child.process_id().unwrap().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &process])
        .status()
        .unwrap();
    assert!(killed.success());
    terminal.ends();
    terminal.is_given_back();
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let mut terminal = Terminal::new(50, 12, &[]);
    terminal
        .sees("at least 60 x 16")
        .sees("now 50 x 12")
        .types("\u{3}");
    terminal.ends();
    terminal.is_given_back();
}

#[test]
fn what_is_no_terminal_is_told_so() {
    let output = assert_cmd::Command::cargo_bin("firedrill")
        .unwrap()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("not a terminal"), "{said}");
}
