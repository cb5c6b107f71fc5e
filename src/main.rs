//! The program: asks the command line what to do, and shows the interface where that is wanted.

use std::io::IsTerminal;
use std::process::ExitCode;

use firedrill::cli::{self, Board, Next, Serve, Start};
use firedrill::mcp::{self, Wish};
use firedrill::session::journal::Mode;
use firedrill::tui::desk::RealLobby;
use firedrill::tui::world::Choice;
use firedrill::tui::{self, Depth};

fn main() -> anyhow::Result<ExitCode> {
    match cli::run()? {
        Next::Exit(code) => Ok(code),
        Next::Board(board) => show(board),
        Next::Serve(wish) => serve(wish),
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
    let unsaved = tui::run(
        Box::new(RealLobby::new(board.places, board.settings)),
        start,
        Depth::detect(),
    )?;
    if let Some(unsaved) = unsaved {
        eprintln!("firedrill: {unsaved}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(wish: Serve) -> anyhow::Result<ExitCode> {
    mcp::run(Wish {
        places: wish.places,
        scenario: wish.scenario,
        seed: wish.seed,
        journal: wish.journal,
        pace: wish.pace,
    })?;
    Ok(ExitCode::SUCCESS)
}
