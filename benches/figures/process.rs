//! The program in a pseudo-terminal: its first frame, its memory, what it uses while it is paused.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::drill::SCENARIO;
use super::{Figure, median};

/// What btop takes on the machine that the limit was set on.
const FIRST_FRAME_MS: f64 = 18.0;
const WATCHED: Duration = Duration::from_secs(20);

/// The running program.
struct Running {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
    _saves: tempfile::TempDir,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let size = PtySize {
            rows: 60,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let saves = tempfile::tempdir().expect("a folder for saves");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.cwd(saves.path());
        let child = pair.slave.spawn_command(command).expect("the program");
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            output,
            input: pair.master.take_writer().expect("its input"),
            _master: pair.master,
            _saves: saves,
        }
    }

    /// Waits until the output holds some text, or gives up after two seconds.
    fn wait_for(&self, text: &str) -> bool {
        let (end, mut seen) = (Instant::now() + Duration::from_secs(2), Vec::new());
        while let Ok(part) = self
            .output
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            seen.extend(part);
            if seen
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                return true;
            }
        }
        false
    }

    /// Lets it run for a while.
    fn let_run(&self, span: Duration) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            drop(
                self.output
                    .recv_timeout(end.saturating_duration_since(Instant::now())),
            );
        }
    }

    fn press(&mut self, keys: &str) {
        drop(self.input.write_all(keys.as_bytes()));
        drop(self.input.flush());
    }

    /// A number of a file under `/proc` of the process.
    fn status(&self, field: &str) -> Option<f64> {
        let id = self.child.process_id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// Processor time used so far, in hundredths of a second.
    fn processor_ticks(&self) -> Option<f64> {
        let id = self.child.process_id()?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<f64>().ok();
        Some(number(11)? + number(12)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut shown = true;
    let first = median(9, || {
        let running = Running::start(&[]);
        shown &= running.wait_for("Carts");
        running
    });
    if shown {
        figures.push(Figure::millis(
            "first frame, from the start of the process",
            first,
            FIRST_FRAME_MS,
        ));
    } else {
        println!("first frame: the title screen did not come within two seconds");
    }
    let mut running = Running::start(&["play", SCENARIO, "--seed", "7"]);
    running.let_run(Duration::from_millis(800));
    running.press("\r");
    running.let_run(Duration::from_millis(800));
    let resident = running.status("VmRSS:");
    figures.extend(resident.map(|kilobytes| Figure {
        name: "resident memory of an opened drill",
        measured: kilobytes / 1024.0,
        limit: 50.0,
        unit: "MB",
    }));
    // The page lies over the board until it is taken; only then is Space the board's key.
    running.press("a");
    running.let_run(Duration::from_millis(800));
    running.press(" ");
    if !running.wait_for("paused") {
        println!("processor while paused: the drill did not pause within two seconds");
        return figures;
    }
    running.let_run(Duration::from_secs(1));
    let before = running.processor_ticks();
    running.let_run(WATCHED);
    let after = running.processor_ticks();
    figures.extend(before.zip(after).map(|(before, after)| Figure {
        name: "processor while paused, share of a core",
        measured: (after - before) / WATCHED.as_secs_f64(),
        limit: 0.3,
        unit: "%",
    }));
    figures
}
