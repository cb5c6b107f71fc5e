//! The program itself in a terminal: it starts, plays, is killed and resumed, and gives the terminal back.
//! Waits for what the screen shows, never for a while.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Far more than anything here takes: only a program that hangs gets there.
const PATIENCE: Duration = Duration::from_mins(2);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios")
}

/// The program in a terminal of 100 columns and 30 rows.
struct Played {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    screen: vt100::Parser,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Played {
    fn start(saves: &Path, arguments: &[&str]) -> Self {
        let size = PtySize {
            rows: 30,
            cols: 100,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(arguments);
        command.arg("--scenarios");
        command.arg(fixtures());
        command.arg("--saves");
        command.arg(saves);
        command.env("TERM", "xterm-256color");
        command.cwd(std::env::temp_dir());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            output,
            keys: pair.master.take_writer().unwrap(),
            screen: vt100::Parser::new(30, 100, 0),
            _terminal: pair.master,
        }
    }

    fn shows(&self, words: &str) -> bool {
        self.screen.screen().contents().contains(words)
    }

    fn wait_for(&mut self, words: &str) {
        let start = Instant::now();
        while !self.shows(words) {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                let screen = self.screen.screen().contents();
                drop(self.child.kill());
                panic!("never showed {words:?}:\n{screen}");
            };
            self.screen.process(&bytes);
        }
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the program's end; answers its exit code and what the screen shows then.
    fn end(mut self) -> (u32, String) {
        let start = Instant::now();
        while let Ok(bytes) = self
            .output
            .recv_timeout(PATIENCE.saturating_sub(start.elapsed()))
        {
            self.screen.process(&bytes);
        }
        let code = self.child.wait().unwrap().exit_code();
        assert!(
            !self.screen.screen().alternate_screen(),
            "the terminal is not given back"
        );
        assert!(
            !self.screen.screen().hide_cursor(),
            "the cursor is still hidden"
        );
        (code, self.screen.screen().contents())
    }
}

/// From the briefing to the shell, where a line is typed.
fn begin(played: &mut Played) {
    played.wait_for("You are on call for Alpha");
    played.keys("\r");
    played.wait_for("assigned to");
    played.keys("a");
    played.wait_for("Slack");
}

fn type_line(played: &mut Played, line: &str, wait: &str) {
    played.keys("4");
    played.wait_for("oncall@");
    played.keys(line);
    played.keys("\r");
    played.wait_for(wait);
}

fn quit(played: &mut Played) {
    // Alt-1: out of the shell's line. Then to the title screen, which lists other scenarios, and out of it.
    played.keys("\u{1b}1");
    played.keys("q");
    played.wait_for("Leave the drill?");
    played.keys("y");
    played.wait_for("Everything at once");
    played.keys("q");
}

fn replay(saves: &Path) -> (bool, String) {
    let journal = std::fs::read_dir(saves)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "journal"))
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["replay", "--show"])
        .arg(journal)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), text)
}

#[test]
fn a_killed_program_is_resumed_in_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let saves = folder.path().join("saves");
    let mut played = Played::start(&saves, &["play", "small", "--seed", "7"]);
    begin(&mut played);
    type_line(&mut played, "kubectl get pods -A", "intake-");
    let process = played.child.process_id().unwrap().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-9", &process])
        .status();
    assert!(killed.unwrap().success());
    played.child.wait().unwrap();
    let (fine, before) = replay(&saves);
    assert!(fine && before.contains("kubectl"), "{before}");

    let mut played = Played::start(&saves, &["resume"]);
    played.wait_for("Slack");
    quit(&mut played);
    let (code, screen) = played.end();
    assert_eq!(code, 0, "{screen}");
    let (fine, after) = replay(&saves);
    assert!(fine, "{after}");
    let calls = |text: &str| text.lines().filter(|line| line.contains("kubectl")).count();
    assert_eq!(calls(&after), calls(&before), "{after}");
}

#[test]
fn what_could_not_be_saved_is_said_in_the_game_and_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let mut played = Played::start(&file.join("saves"), &["play", "small", "--seed", "7"]);
    begin(&mut played);
    type_line(&mut played, "kubectl get pods -A", "intake-");
    played.wait_for("not saved");
    quit(&mut played);
    let (code, screen) = played.end();
    assert_eq!(code, 1, "{screen}");
    assert!(
        screen.contains("firedrill: not saved: nothing of this drill is saved in"),
        "{screen}"
    );
}
