//! Drawing a full screen of a running drill.

use firedrill::tui::desk::RealLobby;
use firedrill::tui::world::Choice;
use firedrill::tui::{Depth, OffScreen};

use super::drill::SCENARIO;
use super::{Figure, median};
use firedrill::scenario::loader::Source;
use firedrill::session::journal::Settings;
use firedrill::tools::Places;

const SIZE: (u16, u16) = (200, 60);

/// A drill's board at 200 columns by 60 rows.
fn board(saves: &tempfile::TempDir) -> OffScreen {
    let places = Places {
        sources: vec![Source::built_in()],
        saves: saves.path().to_owned(),
    };
    let lobby = Box::new(RealLobby::new(places, Settings::default()));
    let choice = Choice::New {
        scenario: SCENARIO.to_owned(),
        seed: Some(7),
        practice: true,
    };
    let mut screen =
        OffScreen::new(lobby, Some(choice), Depth::True, SIZE).expect("the shipped theme");
    // Past the briefing.
    screen.press('\r');
    screen.press(' ');
    screen.draw();
    screen
}

pub fn figures() -> Vec<Figure> {
    let saves = tempfile::tempdir().expect("a folder for saves");
    let mut screen = board(&saves);
    let frame = median(101, || screen.draw().area);
    vec![Figure::millis("a full frame at 200x60", frame, 4.0)]
}

#[divan::bench(sample_count = 100)]
fn a_full_frame(bencher: divan::Bencher<'_, '_>) {
    let saves = tempfile::tempdir().expect("a folder for saves");
    let mut screen = board(&saves);
    bencher.bench_local(|| screen.draw().area);
}
