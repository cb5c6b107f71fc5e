//! The program: asks the command line what to do, and shows the interface where that is wanted.

use std::io::IsTerminal;
use std::process::ExitCode;

use firedrill::cli::{self, Board, Next, Start};
use firedrill::session::journal::Mode;
use firedrill::tui::desk::RealLobby;
use firedrill::tui::world::Choice;
use firedrill::tui::{self, Depth};

fn main() -> anyhow::Result<ExitCode> {
    match cli::run()? {
        Next::Exit(code) => Ok(code),
        Next::Board(board) => show(board),
    }
}

fn show(board: Board) -> anyhow::Result<ExitCode> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        eprintln!("firedrill: this is not a terminal; the board needs one. See firedrill --help.");
        return Ok(ExitCode::from(2));
    }
    let practice = board.settings.mode == Mode::Practice;
    let start = match board.start {
        Start::Title => None,
        Start::New { scenario, seed } => Some(Choice::New {
            scenario,
            seed,
            practice,
        }),
        Start::Resume(drill) => Some(Choice::Resume {
            drill: drill.unwrap_or_default(),
        }),
    };
    let farewell = tui::run(
        Box::new(RealLobby::new(board.places, board.settings)),
        start,
        Depth::detect(),
    )?;
    for words in &farewell {
        eprintln!("firedrill: {words}");
    }
    Ok(if farewell.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
