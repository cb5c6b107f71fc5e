//! Shows the interface over a made-up drill: `cargo run --example desk_demo`.

mod tui {
    pub use firedrill::tui::world;
    #[path = "../../src/tui/demo.rs"]
    pub mod demo;
}

fn main() -> Result<(), firedrill::tui::TuiError> {
    let depth = firedrill::tui::Depth::detect();
    firedrill::tui::run(Box::new(tui::demo::DemoLobby::default()), None, depth)
}
