//! The interface played by keys over a made-up drill: what keys do, how whole screens look, and that nothing panics.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use crate::tui::action::Input;
use crate::tui::app::App;
use crate::tui::demo::DemoLobby;
use crate::tui::keymap::Keymap;
use crate::tui::keys::Chord;
use crate::tui::pane::Size;
use crate::tui::theme::{Depth, Theme};
use crate::tui::ui::Screen;
use crate::tui::world::Choice;

/// Somebody who plays.
struct Player {
    app: App,
    log: Rc<RefCell<Vec<String>>>,
    beat_ms: u64,
    buffer: Buffer,
}

impl Player {
    fn new(width: u16, height: u16) -> Self {
        Self::with_depth(width, height, Depth::True)
    }

    fn with_depth(width: u16, height: u16, depth: Depth) -> Self {
        let lobby = DemoLobby::default();
        let log = Rc::clone(&lobby.log);
        let size = Size { width, height };
        let theme = Theme::for_depth(depth).unwrap();
        let mut player = Self {
            app: App::new(Box::new(lobby), theme, Keymap::shipped().unwrap(), size),
            log,
            beat_ms: 0,
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
        };
        player.wait(0);
        player
    }

    /// At the board, the page taken.
    fn at_board(width: u16, height: u16) -> Self {
        let mut player = Self::new(width, height);
        player.keys("enter enter").wait(200).keys("a").wait(7_000);
        player
    }

    fn wait(&mut self, millis: u64) -> &mut Self {
        self.beat_ms += millis;
        self.app.tick(self.beat_ms);
        self.draw();
        self
    }

    fn draw(&mut self) {
        let size = self.app.ui.size;
        self.buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        self.app.draw(&mut self.buffer);
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().unwrap();
            self.press(KeyEvent::new(chord.code, chord.modifiers));
        }
        self
    }

    fn types(&mut self, words: &str) -> &mut Self {
        for letter in words.chars() {
            self.press(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        }
        self
    }

    fn press(&mut self, key: KeyEvent) {
        self.app.input(Input::Key(key));
        self.draw();
    }

    fn click_on(&mut self, words: &str) -> &mut Self {
        let (row, line) = self
            .screen()
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(words))
            .map_or_else(
                || panic!("no {words:?} in\n{}", self.screen()),
                |(row, line)| (row, line.to_owned()),
            );
        let before = line.split(words).next().unwrap();
        let column = unicode_width::UnicodeWidthStr::width(before) as u16;
        self.app.input(Input::Click {
            column,
            row: row as u16,
        });
        self.draw();
        self
    }

    fn screen(&self) -> String {
        let mut out = String::new();
        for y in 0..self.buffer.area.height {
            for x in 0..self.buffer.area.width {
                out.push_str(self.buffer[(x, y)].symbol());
            }
            out.push('\n');
        }
        out
    }

    #[track_caller]
    fn sees(&mut self, words: &str) -> &mut Self {
        assert!(
            self.screen().contains(words),
            "{words:?} is not in\n{}",
            self.screen()
        );
        self
    }

    #[track_caller]
    fn sees_not(&mut self, words: &str) -> &mut Self {
        assert!(
            !self.screen().contains(words),
            "{words:?} is in\n{}",
            self.screen()
        );
        self
    }

    fn did(&self, what: &str) -> bool {
        self.log.borrow().iter().any(|entry| entry.contains(what))
    }
}

#[test]
fn from_title_to_board() {
    let mut player = Player::new(120, 40);
    player
        .sees("Nobody can board the night train")
        .sees("mode scored");
    player.keys("t").sees("mode practice").keys("t");
    player.keys("enter").sees("BRIEFING").sees("What counts");
    player
        .keys("enter")
        .wait(500)
        .sees("INC-214")
        .sees("acknowledge");
    assert!(player.did("Begin"));
    player.keys("a").sees_not("look at the board first");
    assert!(player.did("Acknowledge"));
    player.sees("DRILL").sees("SEV1").sees("acknowledged");
}

#[test]
fn a_scenario_that_does_not_load_is_said() {
    let mut player = Player::new(80, 24);
    player.keys("G enter").sees("2 problems");
    assert_eq!(player.app.ui.screen, Screen::Title);
}

#[test]
fn a_running_drill_asks_before_it_is_left() {
    let mut player = Player::at_board(80, 24);
    player.keys("q").sees("Leave the drill?").keys("n");
    assert_eq!(player.app.ui.screen, Screen::Board);
    player.keys("ctrl-c").sees("Leave the drill?").keys("esc");
    player.keys("q y").sees("Scenarios");
    player.keys("q");
    assert!(player.app.is_over());
}

#[test]
fn panes_by_number_tab_and_zoom() {
    let mut player = Player::at_board(120, 40);
    player.sees("2 Logs").sees("4 Shell");
    player
        .keys("6")
        .sees("Raise the lease")
        .sees_not("Tab completes");
    player
        .keys("1 tab")
        .sees("● live")
        .keys("z")
        .sees_not("3 Metrics ─")
        .sees("zoomed");
    player.keys("z backtab").sees("write to #incident-214");
    player.keys("alt-4").types("1").sees("$ 1").keys("alt-1");
    player.click_on("4 Shell").types("x").sees("$ 1x");
}

#[test]
fn pausing_covers_a_scored_drill_and_no_other() {
    let mut player = Player::at_board(120, 40);
    player
        .keys("space")
        .sees("The clock stands still")
        .sees_not("anouk");
    assert_eq!(player.log.borrow().last().unwrap(), "look ");
    player
        .keys("1 2 p")
        .sees_not("anouk")
        .keys("space")
        .sees("anouk");
    let mut practice = Player::new(120, 40);
    practice.keys("t enter enter").wait(200).keys("a space");
    practice.sees("paused").sees("anouk");
}

#[test]
fn the_clock_has_speeds_and_skips() {
    let mut player = Player::at_board(120, 40);
    player.keys("plus plus").sees("▶ 5x").keys("-").sees("▶ 2x");
    player.keys("n").sees("a message in #incident-214");
    assert!(player.did("skip"));
}

#[test]
fn logs_are_filtered_as_you_type() {
    let mut player = Player::at_board(120, 40);
    player.keys("2 /").types("exhausted").wait(200);
    player.sees("pool").sees_not("fare computed");
    player.keys("enter k enter").sees("trace_id").keys("p");
    assert!(player.did("Pin { artifact: \"logs/"));
    player.keys("esc esc").wait(200).sees("fare computed");
    player
        .keys("]")
        .keys("]")
        .wait(200)
        .sees("≥WRN")
        .keys("esc");
    player
        .keys("g")
        .wait(200)
        .sees("Feb 28")
        .keys("t")
        .wait(200)
        .sees("● live");
    player
        .keys("s")
        .types("seat")
        .keys("enter")
        .wait(200)
        .sees("Logs ─ seating");
}

#[test]
fn a_frozen_pane_stands_still() {
    let mut player = Player::at_board(80, 24);
    player.keys("2 f").wait(200);
    let before = player.screen().lines().nth(12).unwrap().to_owned();
    player.wait(10_000).sees("frozen");
    assert_eq!(player.screen().lines().nth(12).unwrap(), before);
    player.keys("f").wait(10_000).sees("● live");
    assert_ne!(player.screen().lines().nth(12).unwrap(), before);
}

#[test]
fn messages_are_written_with_completion() {
    let mut player = Player::at_board(120, 40);
    player
        .keys("i")
        .types("hi @tom")
        .sees("Tomas W.")
        .keys("tab");
    player.types("restart nothing").keys("enter").wait(200);
    assert!(player.did(
        "Post { channel: \"incident-214\", thread: None, text: \"hi @tomas restart nothing\" }"
    ));
    player
        .wait(300_000)
        .keys("esc m")
        .sees("@you")
        .keys("r")
        .types("on it")
        .keys("enter");
    assert!(player.did("text: \"on it\""));
    player.sees("thread");
}

#[test]
fn the_shell_runs_completes_and_remembers() {
    let mut player = Player::at_board(120, 40);
    player
        .keys("4")
        .types("kub")
        .keys("tab")
        .types("get po")
        .keys("tab")
        .sees("podtemplates");
    player
        .types("s")
        .keys("enter")
        .wait(200)
        .sees("CrashLoopBackOff");
    assert!(player.did("shell kubectl get pods"));
    player
        .keys("up")
        .sees("$ kubectl get pods")
        .keys("ctrl-c")
        .sees("^C");
    player
        .types("watch x")
        .keys("enter")
        .wait(1_000)
        .sees("running, Ctrl-C");
    player.keys("ctrl-c").sees_not("running, Ctrl-C");
    player.keys("esc p");
    player.types("i").sees("$ ");
    player.keys("tab");
    assert!(player.app.ui.focus != crate::tui::pane::PaneId::Shell);
}

#[test]
fn editing_a_file_from_the_shell_saves_it() {
    let mut player = Player::at_board(120, 40);
    player
        .keys("4")
        .types("edit rail/README.md")
        .keys("enter")
        .wait(200)
        .sees("editing");
    player
        .types("x")
        .keys("esc")
        .sees("Drop the changes?")
        .keys("n ctrl-s");
    assert!(player.did("SaveFile { path: \"rail/README.md\", text: \"x# rail"));
    player.wait(200).sees("edited");
}

#[test]
fn charts_read_values_and_say_what_is_wrong() {
    let mut player = Player::at_board(120, 40);
    player.keys("3 left left").sees("┃ Mon 14:0");
    player
        .keys("e")
        .types("(")
        .keys("enter")
        .wait(200)
        .sees("unclosed left parenthesis");
    player
        .keys("m")
        .types("pool_in")
        .sees("Connections that are in use")
        .keys("enter")
        .wait(200);
    player
        .sees("› seats_pool_in_use")
        .keys("[")
        .sees("last 30m")
        .keys("] ] ]")
        .sees("last 6h");
}

#[test]
fn evidence_hypothesis_hint_and_claim() {
    let mut player = Player::at_board(120, 40);
    player
        .keys("6 p 8")
        .sees("1 pin")
        .keys("a")
        .types("seat")
        .keys("tab");
    player
        .types("lease")
        .keys("tab")
        .types("raised today")
        .keys("tab 7 tab right ctrl-s")
        .wait(200);
    player
        .sees("70 %")
        .sees("+1 −0")
        .keys("right enter")
        .sees("4 points")
        .keys("y")
        .wait(200);
    player
        .sees("Count the connections")
        .keys("C ctrl-s")
        .sees("Hand in this claim?")
        .keys("y")
        .wait(200);
    player.sees("handed in");
    assert!(
        player.did("Claim(Claim { component: \"seating\", mechanism: \"lease never released\"")
    );
}

#[test]
fn a_claim_names_only_what_there_is() {
    let mut player = Player::at_board(120, 40);
    player.keys("8 C").types("no such part").keys("ctrl-s");
    player
        .sees("Component: choose one of the list.")
        .keys("ctrl-u")
        .types("seat")
        .keys("enter ctrl-s")
        .sees("Mechanism is needed: choose one of the list.")
        .types("lease")
        .keys("enter ctrl-s")
        .sees("Hand in this claim?");
}

#[test]
fn giving_up_opens_the_debrief() {
    let mut player = Player::at_board(120, 40);
    player
        .keys(":")
        .types("give")
        .keys("enter")
        .sees("Give up?")
        .keys("y")
        .wait(200);
    player
        .sees("DEBRIEF")
        .sees("58 of 100 points")
        .keys("tab tab")
        .sees("travellers refused");
    player.keys("q").sees("Scenarios");
}

#[test]
fn help_shows_the_keys_of_the_pane() {
    let mut player = Player::at_board(120, 40);
    player
        .keys("3 ?")
        .sees("Show a longer time range.")
        .keys("esc")
        .sees_not("Show a longer");
}

#[test]
fn a_small_terminal_is_told_so() {
    let mut player = Player::at_board(120, 40);
    player.app.input(Input::Resized(Size {
        width: 59,
        height: 15,
    }));
    player.draw();
    player.sees("at least 60 x 16").sees("now 59 x 15");
    player.app.input(Input::Resized(Size {
        width: 60,
        height: 16,
    }));
    player.draw();
    player.sees("DRILL");
}

#[test]
fn looks_follow_what_is_on_screen() {
    let mut player = Player::at_board(80, 24);
    assert!(player.did("look slack"));
    player.keys("2").wait(200);
    assert_eq!(player.log.borrow().last().unwrap(), "look logs");
}

#[test]
fn hostile_text_stays_text() {
    let mut player = Player::at_board(80, 24);
    player.keys("i");
    player
        .app
        .input(Input::Paste("a\u{1b}]0;x\u{7}b\u{1b}[2J\nc".into()));
    player.draw();
    player.sees("ab c").keys("enter").wait(200).sees("ab c");
    assert!(!player.screen().contains('\u{1b}'));
}

#[test]
fn termination_ends_it() {
    let mut player = Player::at_board(80, 24);
    player.app.input(Input::Terminated);
    assert!(player.app.is_over());
}

#[test]
fn a_drill_can_be_continued() {
    let mut player = Player::new(80, 24);
    player
        .keys("tab enter")
        .wait(200)
        .sees("DRILL")
        .sees_not("BRIEFING");
    let mut other = Player::new(80, 24);
    other.app.open(Choice::New {
        scenario: "night-train".into(),
        seed: Some(1),
        practice: false,
    });
    other.draw();
    other.sees("BRIEFING");
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn whole_screens_look_as_they_did() {
    for (width, height) in SIZES {
        let size = format!("{width}x{height}");
        let mut player = Player::new(width, height);
        insta::assert_snapshot!(format!("title_{size}"), format!("{:?}", player.buffer));
        player.keys("enter enter").wait(1_000);
        insta::assert_snapshot!(format!("page_{size}"), format!("{:?}", player.buffer));
        player.keys("a").wait(7_000);
        insta::assert_snapshot!(format!("board_{size}"), format!("{:?}", player.buffer));
        player.keys(":").types("give").keys("enter y").wait(200);
        insta::assert_snapshot!(format!("debrief_{size}"), format!("{:?}", player.buffer));
    }
}

#[test]
fn without_colours_the_board_still_tells() {
    let mut player = Player::with_depth(120, 40, Depth::None);
    player.keys("enter enter").wait(200).keys("a").wait(7_000);
    player.sees("ERR").sees("▶ 1x");
    insta::assert_snapshot!("board_plain", format!("{:?}", player.buffer));
}

fn any_input() -> impl Strategy<Value = Input> {
    let letters = prop::sample::select(
        "hjklgGzfpnaeistuwmrdxC:/?[]<>+-=12345678 qyEbR\u{e9}\u{706b}"
            .chars()
            .collect::<Vec<_>>(),
    );
    let named = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::F(1),
    ]);
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
    ]);
    let key = (
        prop_oneof![letters.prop_map(KeyCode::Char), named],
        modifiers,
    )
        .prop_map(|(code, modifiers)| Input::Key(KeyEvent::new(code, modifiers)));
    prop_oneof![
        12 => key,
        1 => (0u16..210, 0u16..64).prop_map(|(width, height)| Input::Resized(Size { width, height })),
        2 => (0u16..210, 0u16..64).prop_map(|(column, row)| Input::Click { column, row }),
        1 => (0u16..210, 0u16..64, -3i32..4).prop_map(|(column, row, rows)| Input::Wheel { column, row, rows }),
        1 => "[a-z@#\\x1b\\n\u{202e} ]{0,12}".prop_map(Input::Paste),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_keys_at_no_size_panic(
        inputs in prop::collection::vec((any_input(), 0u64..400), 1..60),
        size in prop::sample::select(vec![(60u16, 16u16), (80, 24), (120, 40), (200, 60), (1, 1)]),
        from_board in any::<bool>(),
    ) {
        let mut player = Player::new(size.0, size.1);
        if from_board {
            player.keys("enter enter").wait(100).keys("a");
        }
        for (input, passed) in inputs {
            player.app.input(input);
            player.wait(passed);
            if player.app.is_over() {
                break;
            }
        }
    }
}
