//! The program: asks the command line what to do, and shows the interface where that is wanted.

use std::process::ExitCode;

use firedrill::cli::{self, Next};

fn main() -> anyhow::Result<ExitCode> {
    match cli::run()? {
        Next::Exit(code) => Ok(code),
        Next::Board(board) => {
            let _ = board;
            Ok(ExitCode::SUCCESS)
        }
    }
}
