//! The command line: parses arguments, opens sessions, hands over to a door. No game logic.

pub mod check;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::diag::render::Colour;

/// Practise production incidents in your terminal.
#[derive(Debug, Parser)]
#[command(name = "firedrill", version, about)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Commands,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Say all problems of scenario and estate folders
    #[command(
        after_help = "Examples:\n  firedrill check scenarios\n  firedrill check my-scenarios/disk-full"
    )]
    Check {
        /// Folders of scenarios or estates, or a folder that holds them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

/// Parses the program's arguments and does what they ask for.
pub fn run() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Commands::Check { paths } => check::run(&paths, colour()),
    }
}

/// Colours where standard output is a terminal that shows them and nobody asked for none.
fn colour() -> Colour {
    supports_color::on(supports_color::Stream::Stdout).map_or(Colour::Never, |_| Colour::Ansi)
}
