//! Families of typed tools over a session: what a pane shows, a shell line prints and a program reads. Never draws.

pub mod family;
pub mod logs;
pub mod open;
pub mod program;
pub mod prometheus;
pub mod registry;
pub mod tool;
pub mod workbench;

pub use family::Family;
pub use open::{OpeningError, Places};
pub use program::{Act, Example, Place, Program, Run};
pub use registry::Registry;
pub use tool::{AnyLook, Look, Seen, Text, ToolError, ToolExample};
pub use workbench::Workbench;

/// The user's own scenarios, where the platform keeps a program's data.
pub fn user_scenarios() -> Option<std::path::PathBuf> {
    let folder = directories::ProjectDirs::from("", "", "firedrill")?
        .data_dir()
        .join("scenarios");
    folder.is_dir().then_some(folder)
}

/// Every tool that looks. A new tool is listed here and nowhere else.
fn all_tools() -> Vec<Box<dyn AnyLook>> {
    vec![
        tool::<logs::list_services::ListServices>(),
        tool::<logs::search::Search>(),
        tool::<logs::service_logs::ServiceLogs>(),
        tool::<prometheus::list_metrics::ListMetrics>(),
        tool::<prometheus::query::Query>(),
    ]
}

fn tool<T: Look>() -> Box<dyn AnyLook> {
    Box::new(tool::Erased::<T>::default())
}

/// Every program of the shell. A new program is listed here and nowhere else.
fn all_programs() -> Vec<Box<dyn Program>> {
    Vec::new()
}

pub mod code;
pub mod git;
