//! The door for programs: a drill over the Model Context Protocol on standard input and output. Nothing but protocol goes to
//! standard output; what is to be said to people goes to standard error. No game logic.

mod documents;
mod drill;
mod lines;
mod own;
mod server;
mod surface;

use std::path::PathBuf;

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio_pipes;
use tokio::sync::oneshot;

use crate::session::clock::Pace;
use crate::session::journal::{Saving, Settings};
use crate::tools::{OpeningError, Places, Registry, Workbench};
use drill::Drill;
use lines::Lines;
use server::{Server, Stage};

/// What is to be played.
#[derive(Debug)]
pub struct Wish {
    /// Where scenarios and saves are.
    pub places: Places,
    /// The scenario; the first of the list when left out.
    pub scenario: Option<String>,
    /// The seed; a new one when left out.
    pub seed: Option<u64>,
    /// The journal's file; one in the folder of saves when left out. A drill that is in it already is continued.
    pub journal: Option<PathBuf>,
    /// What makes time pass.
    pub pace: Pace,
}

/// The drill could not be served.
#[derive(Debug, thiserror::Error)]
pub enum McpError {
    /// It could not be opened.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// There is no scenario at all.
    #[error("there are no scenarios")]
    NoScenarios,
    /// The protocol never began.
    #[error("the client did not begin the protocol: {0}")]
    Beginning(#[from] Box<ServerInitializeError>),
    /// Standard input and output cannot be used.
    #[error("standard input and output cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// Not all of the journal is on the disk.
    #[error("the drill is not saved: {0}")]
    Unsaved(String),
}

/// Serves a drill until the client leaves.
///
/// # Errors
/// See [`McpError`].
pub fn run(wish: Wish) -> Result<(), McpError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let registry = Registry::standard();
    // The world is opened while the client and the server agree on the protocol.
    let (opened, opening) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("opening".to_owned())
        .spawn(move || {
            let drill = open(&wish).map_err(|error| {
                eprintln!("firedrill mcp: {error}");
                error.to_string()
            });
            drop(opened.send(drill));
        })?;
    let served = runtime.block_on(async {
        let (read, write) = stdio_pipes();
        serve(
            Server::new(registry, Stage::Opening(opening)),
            Lines::new(read, write),
        )
        .await
    });
    drop(thread.join());
    // A read of standard input that is still waiting must not hold the end up.
    runtime.shutdown_background();
    served
}

/// Serves a drill that is open over a pipe, until the client leaves.
///
/// # Errors
/// See [`McpError`].
pub async fn serve_on<R, W>(bench: Workbench, read: R, write: W) -> Result<(), McpError>
where
    R: tokio::io::AsyncRead + Unpin + Send + 'static,
    W: tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let registry = std::sync::Arc::clone(bench.registry());
    let stage = Stage::Open(Box::new(Drill::new(bench)));
    serve(Server::new(registry, stage), Lines::new(read, write)).await
}

/// Serves over a transport until the client leaves, then closes the drill.
async fn serve<R>(server: Server, transport: Lines<R>) -> Result<(), McpError>
where
    R: tokio::io::AsyncRead + Unpin + Send + 'static,
{
    let served = match server.clone().serve(transport).await {
        Ok(running) => running
            .waiting()
            .await
            .map(|_| ())
            .map_err(|error| McpError::Io(std::io::Error::other(error))),
        // A client that leaves before it begins wants nothing.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(McpError::Beginning(Box::new(error))),
    };
    if let Some(drill) = server.take().await
        && let Saving::Unsaved(unsaved) = drill.close()
    {
        return Err(McpError::Unsaved(unsaved.to_string()));
    }
    served
}

fn open(wish: &Wish) -> Result<Drill, McpError> {
    let settings = Settings {
        pace: wish.pace,
        ..Settings::default()
    };
    let first = || {
        wish.places
            .scenarios()
            .into_iter()
            .next()
            .map(|listing| listing.name)
    };
    let scenario = wish
        .scenario
        .clone()
        .or_else(first)
        .ok_or(McpError::NoScenarios)?;
    let seed = wish.seed.unwrap_or_else(rand::random::<u64>);
    let bench = match &wish.journal {
        Some(file) => wish.places.start_in(file, &scenario, seed, settings)?,
        None => wish.places.start(&scenario, seed, settings, true)?,
    };
    let header = bench.session().header();
    eprintln!(
        "firedrill mcp: {} with seed {}, drill {}",
        header.scenario, header.seed, header.drill
    );
    Ok(Drill::new(bench.counting_ahead()))
}
