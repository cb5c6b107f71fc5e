//! The command line: parses arguments, opens sessions, hands over to a door. No game logic.

pub mod check;
mod drills;
pub mod export;
mod plot;
pub mod query;
pub mod replay;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::diag::render::Colour;
use crate::session::clock::Pace;
use crate::session::journal::{Level, Mode, Settings};
use crate::tools::Places;

/// Practise production incidents in your terminal.
#[derive(Debug, Parser)]
#[command(
    name = "firedrill",
    version,
    about,
    after_help = "Examples:\n  firedrill                      the title screen\n  firedrill list                 the scenarios there are\n  firedrill play NAME --seed 7   a drill at once\n  firedrill resume               go on with the last drill"
)]
pub struct Arguments {
    /// What to do; the title screen when left out
    #[command(subcommand)]
    pub command: Option<Commands>,
    /// Where things are
    #[command(flatten)]
    pub folders: Folders,
}

/// Where things are.
#[derive(Clone, Debug, Default, Args)]
pub struct Folders {
    /// A folder with scenarios of your own, beside the built-in ones
    #[arg(long, global = true, value_name = "DIR")]
    pub scenarios: Option<PathBuf>,
    /// The folder where drills are kept
    #[arg(long, global = true, value_name = "DIR")]
    pub saves: Option<PathBuf>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Play a scenario at once
    #[command(
        after_help = "Examples:\n  firedrill play NAME\n  firedrill play NAME --seed 7 --speed 5 --practice"
    )]
    Play {
        /// The scenario's name, as `firedrill list` shows it
        name: String,
        /// The seed of all that is drawn; a new one when left out
        #[arg(long)]
        seed: Option<u64>,
        /// Simulated seconds a second: 1, 2, 5, 10 or 30
        #[arg(long, default_value_t = 1)]
        speed: u8,
        /// Does not count: the board can be read while paused
        #[arg(long)]
        practice: bool,
        /// Hides the business's estimate of what it has lost
        #[arg(long)]
        hard: bool,
    },
    /// List the scenarios there are
    #[command(
        after_help = "Examples:\n  firedrill list\n  firedrill list --scenarios ./my-scenarios"
    )]
    List,
    /// Go on with a drill that was begun
    ///
    /// The estate, the clones and the notebook are as they were. The shell is a new one: its variables, aliases, history and
    /// files in /tmp are no part of a drill.
    #[command(after_help = "Examples:\n  firedrill resume\n  firedrill resume ID --saves ./saves")]
    Resume {
        /// The drill's id; the last one when left out
        id: Option<String>,
    },
    /// Run a drill's journal again and say how it ended
    #[command(
        after_help = "Examples:\n  firedrill replay saves/ID.journal\n  firedrill replay --show saves/ID.journal"
    )]
    Replay {
        /// The journal
        journal: PathBuf,
        /// Also shows each record, up to the first difference from what was recorded
        #[arg(long)]
        show: bool,
    },
    /// Serve a drill to a program, over the Model Context Protocol on standard input and output
    #[command(
        after_help = "Examples:\n  firedrill mcp --scenario NAME --seed 7\n  firedrill mcp --scenario NAME --journal runs/one.journal --clock wall"
    )]
    Mcp {
        /// The scenario's name, as `firedrill list` shows it; the first of the list when left out
        #[arg(long, value_name = "NAME")]
        scenario: Option<String>,
        /// The seed of all that is drawn; a new one when left out
        #[arg(long)]
        seed: Option<u64>,
        /// The file to keep the drill in; a drill that is in it already is continued
        #[arg(long, value_name = "FILE")]
        journal: Option<PathBuf>,
        /// What makes time pass: what calls cost, or the clock on the wall
        #[arg(long, value_enum, default_value_t = ClockChoice::PerCall)]
        clock: ClockChoice,
    },
    /// Print a drill's debrief: what happened, what was found and missed, what each point was for
    #[command(
        after_help = "Examples:\n  firedrill debrief saves/ID.journal\n  firedrill debrief saves/ID.journal --json"
    )]
    Debrief {
        /// The journal
        journal: PathBuf,
        /// As JSON instead of Markdown
        #[arg(long)]
        json: bool,
    },
    /// Say all problems of scenario and estate folders
    #[command(
        after_help = "Examples:\n  firedrill check scenarios\n  firedrill check my-scenarios/disk-full"
    )]
    Check {
        /// Folders of scenarios or estates, or a folder that holds them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Write a scenario's series or log lines to a folder, for real tools
    #[command(after_help = export::EXAMPLES)]
    Export(export::Wanted),
    /// Ask a scenario's metrics or logs without playing it
    #[command(after_help = query::EXAMPLES)]
    Query(query::Wanted),
    /// Print completions for a shell
    #[command(
        after_help = "Examples:\n  firedrill completions bash > /etc/bash_completion.d/firedrill"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Examples:\n  firedrill man > firedrill.1")]
    Man,
}

/// What makes time pass in a drill that a program plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClockChoice {
    /// What calls cost, and waiting
    PerCall,
    /// The clock on the wall
    Wall,
}

/// What is left to do when the command line has done its part.
#[derive(Debug)]
pub enum Next {
    /// Nothing: the program ends with this code.
    Exit(ExitCode),
    /// The interface is to be shown.
    Board(Board),
    /// A drill is to be served to a program.
    Serve(Serve),
}

/// A wish for a drill that a program plays.
#[derive(Debug)]
pub struct Serve {
    /// Where scenarios and saves are.
    pub places: Places,
    /// The scenario, if one was named.
    pub scenario: Option<String>,
    /// The seed, if one was asked for.
    pub seed: Option<u64>,
    /// The journal's file, if one was named.
    pub journal: Option<PathBuf>,
    /// What makes time pass.
    pub pace: Pace,
}

/// A wish for the interface.
#[derive(Debug)]
pub struct Board {
    /// Where scenarios and saves are.
    pub places: Places,
    /// What to open at once.
    pub start: Start,
    /// The choices for new drills.
    pub settings: Settings,
}

/// What the interface opens at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The title screen.
    Title,
    /// A new drill.
    New {
        /// The scenario.
        scenario: String,
        /// The seed, if one was asked for.
        seed: Option<u64>,
    },
    /// A drill that was begun; the last one when left out.
    Resume(Option<String>),
}

/// Parses the program's arguments and does what they ask for, as far as it needs no interface.
pub fn run() -> anyhow::Result<Next> {
    let arguments = Arguments::parse();
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let places = || {
        Places::find(
            arguments.folders.scenarios.as_deref(),
            arguments.folders.saves.as_deref(),
            &here,
        )
    };
    let board = |start, settings| -> anyhow::Result<Next> {
        Ok(Next::Board(Board {
            places: places()?,
            start,
            settings,
        }))
    };
    match arguments.command {
        None => board(Start::Title, Settings::default()),
        Some(Commands::Play {
            name,
            seed,
            speed,
            practice,
            hard,
        }) => {
            // A name that does not exist is said here, not on the interface's screen.
            places()?.pack(&name)?;
            let settings = Settings {
                level: if hard { Level::Hard } else { Level::default() },
                mode: if practice {
                    Mode::Practice
                } else {
                    Mode::Scored
                },
                speed: speed.try_into()?,
                ..Settings::default()
            };
            board(
                Start::New {
                    scenario: name,
                    seed,
                },
                settings,
            )
        }
        Some(Commands::Resume { id }) => {
            // What stands in the way is said here, not on the interface's screen.
            let drill = places()?.check_resume(id.as_deref())?;
            board(Start::Resume(Some(drill.to_string())), Settings::default())
        }
        Some(Commands::List) => drills::list(&places()?).map(Next::Exit),
        Some(Commands::Replay { journal, show }) => {
            replay::run(&places()?, &journal, show).map(Next::Exit)
        }
        Some(Commands::Mcp {
            scenario,
            seed,
            journal,
            clock,
        }) => Ok(Next::Serve(Serve {
            places: places()?,
            scenario,
            seed,
            journal,
            pace: match clock {
                ClockChoice::PerCall => Pace::PerCall,
                ClockChoice::Wall => Pace::Wall,
            },
        })),
        Some(Commands::Debrief { journal, json }) => {
            replay::debrief(&places()?, &journal, json).map(Next::Exit)
        }
        Some(Commands::Check { paths }) => check::run(&paths, colour()).map(Next::Exit),
        Some(Commands::Export(wanted)) => export::run(&places()?, &wanted).map(Next::Exit),
        Some(Commands::Query(wanted)) => query::run(&places()?, &wanted).map(Next::Exit),
        Some(Commands::Completions { shell }) => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "firedrill",
                &mut std::io::stdout(),
            );
            Ok(Next::Exit(ExitCode::SUCCESS))
        }
        Some(Commands::Man) => {
            clap_mangen::Man::new(Arguments::command()).render(&mut std::io::stdout())?;
            Ok(Next::Exit(ExitCode::SUCCESS))
        }
    }
}

/// Colours where standard output is a terminal that shows them and nobody asked for none.
fn colour() -> Colour {
    supports_color::on(supports_color::Stream::Stdout).map_or(Colour::Never, |_| Colour::Ansi)
}
