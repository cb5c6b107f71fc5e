//! The program: hands over to the command line.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    firedrill::cli::run()
}
