//! Shows the interface over a made-up drill: `cargo run --example desk_demo`.

use firedrill::tui::{self, world};

#[path = "../src/tui/demo.rs"]
mod demo;

fn main() -> Result<(), tui::TuiError> {
    tui::run(
        Box::new(demo::DemoLobby::default()),
        None,
        tui::Depth::detect(),
    )
}
