//! The interface over a real drill: random inputs, hostile texts, and one script through two doors.

use std::path::Path;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use serde_json::Value;

mod browsing;

use super::RealLobby;
use crate::session::Entry;
use crate::session::journal::{Door, Settings};
use crate::sim::time::SimTime;
use crate::tools::{Places, Workbench};
use crate::tui::action::Input;
use crate::tui::app::App;
use crate::tui::keymap::Keymap;
use crate::tui::keys::Chord;
use crate::tui::pane::{PaneId, Size};
use crate::tui::theme::{Depth, Theme};
use crate::tui::ui::Screen;
use crate::tui::world::{Choice, Desk, Lobby};

/// Scenarios of the tests, and saves in a folder of their own.
fn places(saves: &Path) -> Places {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    Places::of_folder(&folder, saves)
}

/// Somebody who plays a real drill.
struct Player {
    app: App,
    beat_ms: u64,
    buffer: Buffer,
}

impl Player {
    fn new(saves: &Path, width: u16, height: u16) -> Self {
        let new = Choice::New {
            scenario: "small".to_owned(),
            seed: Some(1),
            practice: false,
        };
        Self::opening(new, saves, width, height)
    }

    fn opening(choice: Choice, saves: &Path, width: u16, height: u16) -> Self {
        let lobby = RealLobby::new(places(saves), Settings::default());
        let theme = Theme::for_depth(Depth::True).unwrap();
        let size = Size { width, height };
        let mut player = Self {
            app: App::new(Box::new(lobby), theme, Keymap::shipped().unwrap(), size),
            beat_ms: 0,
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
        };
        player.app.open(choice);
        player.wait(0);
        player
    }

    /// Lets time pass and draws.
    fn wait(&mut self, millis: u64) {
        self.beat_ms += millis;
        self.app.tick(self.beat_ms);
        let size = self.app.ui.size;
        self.buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        self.app.draw(&mut self.buffer);
    }

    fn input(&mut self, input: Input) {
        self.app.input(input);
        self.wait(0);
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().unwrap();
            self.input(Input::Key(KeyEvent::new(chord.code, chord.modifiers)));
        }
    }

    fn types(&mut self, words: &str) {
        for letter in words.chars() {
            self.input(Input::Key(KeyEvent::new(
                KeyCode::Char(letter),
                KeyModifiers::NONE,
            )));
        }
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

    /// What must hold whatever was pressed.
    fn is_possible(&self) {
        let ui = &self.app.ui;
        for cell in self.buffer.content() {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(char::is_control), "{symbol:?}");
        }
        assert_eq!(
            ui.screen == Screen::Board,
            ui.status.is_some() && ui.screen == Screen::Board
        );
        if ui.screen == Screen::Board {
            assert!(ui.plan().panes.iter().any(|(pane, _)| *pane == ui.focus));
            assert!(PaneId::ALL.contains(&ui.focus));
        }
        assert!(ui.modals.len() < 20, "{} modals", ui.modals.len());
    }
}

fn any_key() -> impl Strategy<Value = Input> {
    let letters = prop::sample::select(
        "hjklgGzfpnaeistuwmrdxcoTCDLvy:/?[]<>+-=1234567890 qyEb\u{e9}\u{706b}|;&$'\"*"
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
    ]);
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    let code = prop_oneof![letters.prop_map(KeyCode::Char), named];
    (code, modifiers).prop_map(|(code, modifiers)| Input::Key(KeyEvent::new(code, modifiers)))
}

fn any_input() -> impl Strategy<Value = Input> {
    let line = prop::sample::select(vec![
        "kubectl get pods -A -w",
        "kubectl logs -f -n front deploy/gate | grep -v x",
        "watch kubectl get pods -A",
        "for i in 1 2 3; do echo $i; done",
        "echo -e '\\033[2J\\033]0;x\\007'",
        "cat alpha/README.md | jq .",
        "kubectl delete pod -n back --all",
        "git log | head",
    ]);
    prop_oneof![
        14 => any_key(),
        2 => line.prop_map(|line| Input::Paste(line.to_owned())),
        1 => (1_u16..300, 1_u16..100).prop_map(|(width, height)| Input::Resized(Size { width, height })),
        2 => (0_u16..300, 0_u16..100).prop_map(|(column, row)| Input::Click { column, row }),
        1 => (0_u16..300, 0_u16..100, -3_i32..4).prop_map(|(column, row, rows)| Input::Wheel { column, row, rows }),
        1 => "[a-z@#\\x1b\\x9b\\n\u{202e}\u{200b} ]{0,12}".prop_map(Input::Paste),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_input_at_no_size_leads_to_an_impossible_state(
        inputs in prop::collection::vec((any_input(), 0_u64..1_500), 1..40),
        size in prop::sample::select(vec![(60_u16, 16_u16), (80, 24), (120, 40), (200, 60), (1, 1), (300, 100)]),
        pane in 0_u8..10,
    ) {
        let saves = tempfile::tempdir().unwrap();
        let mut player = Player::new(saves.path(), size.0, size.1);
        player.keys("enter");
        player.wait(100);
        player.keys(&format!("a alt-{pane}"));
        for (input, passed) in inputs {
            player.input(input);
            player.wait(passed);
            player.is_possible();
            if player.app.is_over() {
                break;
            }
        }
    }
}

#[test]
fn a_failed_trace_is_opened_compared_and_pinned() {
    for (width, height) in [(80, 24), (200, 60)] {
        let saves = tempfile::tempdir().unwrap();
        let mut player = Player::new(saves.path(), width, height);
        player.keys("enter a 0");
        let list = player.screen();
        assert!(
            list.contains("failed first") && list.contains("✗"),
            "{list}"
        );
        assert!(
            list.contains("POST /jobs") || list.contains("jobs.Intake/Put"),
            "{list}"
        );
        player.keys("enter");
        let open = player.screen();
        for part in [
            "▒",
            "request failed: upstream error",
            "kafka.produce",
            "span.kind",
        ] {
            assert!(open.contains(part), "no {part} in\n{open}");
        }
        player.keys("j j");
        let span = player.screen();
        assert!(span.contains("queue is full"), "{span}");
        player.keys("c esc j j j c");
        let both = player.screen();
        assert!(both.matches("grpc.server").count() >= 2, "{both}");
        player.keys("p 8");
        let notebook = player.screen();
        assert!(notebook.contains("trace "), "{notebook}");
        assert!(notebook.contains("14:00 Traces"), "{notebook}");
        player.keys("0 esc esc o");
        assert!(player.screen().contains("slowest first"));
        player.keys("o e");
        let newest = player.screen();
        assert!(newest.contains("newest first failed only"), "{newest}");
        assert!(!newest.contains("│✓"), "{newest}");
    }
}

#[test]
fn a_line_leads_to_its_trace_and_the_trace_to_its_lines() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = Player::new(saves.path(), 120, 40);
    player.keys("enter a 2 ] ] ]");
    player.keys("k T");
    let trace = player.screen();
    assert_eq!(player.app.ui.focus, PaneId::Traces);
    assert!(trace.contains("▒"), "{trace}");
    player.keys("L");
    assert_eq!(player.app.ui.focus, PaneId::Logs);
    assert!(!player.screen().contains("No line matches."));
    for _ in 0..20 {
        player.wait(50);
    }
    let lines = player.screen();
    assert!(lines.contains("|= \""), "{lines}");
    assert!(lines.contains("│1 lines"), "{lines}");
}

#[test]
fn a_filter_that_cannot_be_read_is_not_said_to_match_nothing() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = Player::new(saves.path(), 80, 24);
    player.keys("enter a 2 /");
    player.types("|~ \"(");
    player.wait(500);
    let screen = player.screen();
    assert!(screen.contains("✗ literal not terminated"), "{screen}");
    assert!(!screen.contains("No line matches."), "{screen}");
}

#[test]
fn a_log_line_opens_with_its_fields() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = Player::new(saves.path(), 120, 40);
    player.keys("enter a 2 z /");
    player.types("{app=\"gate\"}");
    player.keys("enter");
    player.wait(50);
    player.keys("enter");
    let screen = player.screen();
    for field in ["service", "pod", "route", "status"] {
        let shown = screen.lines().any(|line| {
            let cells = line.trim_start_matches(['│', ' ']);
            cells.starts_with(field)
        });
        assert!(shown, "{field} in\n{screen}");
    }
}

#[test]
fn what_a_program_or_a_message_holds_cannot_reach_the_terminal() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = Player::new(saves.path(), 120, 40);
    player.keys("enter");
    player.wait(100);
    player.keys("a 4");
    player.types("echo -e 'red\\033[31mfox\\033]0;title\\007\\033[2J'");
    player.keys("enter");
    player.wait(200);
    player.is_possible();
    assert!(player.screen().contains("redfox"), "{}", player.screen());
    player.keys("esc 1 i");
    player.input(Input::Paste("a\u{1b}[2J\u{9b}31mb".to_owned()));
    player.keys("enter");
    player.wait(200);
    player.is_possible();
}

#[test]
fn a_scenario_with_control_characters_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    let small = folder.path().join("small");
    std::fs::create_dir_all(&small).unwrap();
    for name in ["scenario.ron", "brief.md"] {
        let text = std::fs::read_to_string(fixtures.join("small").join(name)).unwrap();
        let text = text.replacen("refused jobs", "refused \\u{1b}[2Jjobs", 1);
        std::fs::write(small.join(name), text).unwrap();
    }
    let lobby = RealLobby::new(
        Places::of_folder(folder.path(), &folder.path().join("saves")),
        Settings::default(),
    );
    let size = Size {
        width: 120,
        height: 40,
    };
    let theme = Theme::for_depth(Depth::True).unwrap();
    let mut app = App::new(Box::new(lobby), theme, Keymap::shipped().unwrap(), size);
    app.open(Choice::New {
        scenario: "small".to_owned(),
        seed: Some(1),
        practice: false,
    });
    assert_eq!(app.ui.screen, Screen::Title);
    assert!(app.ui.notice.is_some());
}

/// A step of a script, as each door takes it.
enum Step {
    /// A line of the shell.
    Line(&'static str),
    /// A message to a channel.
    Post(&'static str, &'static str),
    /// A look at a list or a thing: the line, and the keys that do the same in the browser.
    Browse(&'static str, &'static [Keys]),
}

/// What is pressed.
enum Keys {
    /// Keys by name.
    Press(&'static str),
    /// Text.
    Type(&'static str),
}

/// Goes to a kind of things by its name.
const BROWSE: Keys = Keys::Press("alt-9 :");

const SCRIPT: [Step; 17] = [
    Step::Line("kubectl get pods -n back | grep worker"),
    Step::Line("kubectl logs -n back deploy/worker --tail=3"),
    Step::Post("jobs", "looking at refused jobs"),
    Step::Line(
        "for s in gate worker; do kubectl rollout history deploy/$s -A 2>&1 | head -2; done",
    ),
    Step::Line("echo 'a note' >> README.md && git diff"),
    Step::Line("kubectl rollout restart deploy/worker -n back; pd list"),
    Step::Line("head -5 README.md"),
    Step::Browse(
        "kubectl get pods -o wide -A",
        &[BROWSE, Keys::Type("pods"), Keys::Press("enter")],
    ),
    Step::Browse(
        "kubectl get deployments -A",
        &[BROWSE, Keys::Type("deployments"), Keys::Press("enter")],
    ),
    Step::Browse(
        "kubectl describe deployments gate -n front",
        &[Keys::Press("/"), Keys::Type("gate"), Keys::Press("enter d")],
    ),
    Step::Browse(
        "sentry issues",
        &[BROWSE, Keys::Type("errors"), Keys::Press("enter")],
    ),
    Step::Browse("sentry issue GATE-3", &[Keys::Press("enter")]),
    Step::Browse(
        "flags list",
        &[BROWSE, Keys::Type("flags"), Keys::Press("enter")],
    ),
    Step::Browse("flags get batch-size-v2", &[Keys::Press("enter")]),
    Step::Browse(
        "jira search ''",
        &[BROWSE, Keys::Type("tickets"), Keys::Press("enter")],
    ),
    Step::Browse(
        "wiki search ''",
        &[BROWSE, Keys::Type("wiki"), Keys::Press("enter")],
    ),
    Step::Browse(
        "wiki search retention",
        &[
            Keys::Press("s"),
            Keys::Type("retention"),
            Keys::Press("enter"),
        ],
    ),
];

/// What a door's journal holds besides looks and changes of the clock: each entry with its instant.
fn entries(bench: &Workbench) -> Vec<(SimTime, Entry)> {
    bench
        .session()
        .journal()
        .records()
        .iter()
        .map(|record| (record.intent.at, record.intent.entry.clone()))
        .filter(|(_, entry)| !matches!(entry, Entry::Look(_) | Entry::Clock(_)))
        .collect()
}

/// The state that entries lead to at these instants.
fn state(entries: &[(SimTime, Entry)], instants: &[SimTime]) -> String {
    let saves = tempfile::tempdir().unwrap();
    let bench = places(saves.path())
        .start("small", 1, Settings::default(), false)
        .unwrap();
    let mut session = bench.into_session();
    for ((_, entry), at) in entries.iter().zip(instants) {
        session.repeat(*at, entry);
    }
    session.state().to_string()
}

fn through_the_shell() -> Vec<(SimTime, Entry)> {
    let saves = tempfile::tempdir().unwrap();
    let mut bench = places(saves.path())
        .start("small", 1, Settings::default(), true)
        .unwrap();
    for step in &SCRIPT {
        match step {
            Step::Line(line) | Step::Browse(line, _) => drop(bench.shell(Door::Shell, line)),
            Step::Post(channel, text) => {
                drop(bench.shell(Door::Shell, &format!("slack post '#{channel}' '{text}'")));
            }
        }
    }
    entries(&bench)
}

fn through_the_interface() -> Vec<(SimTime, Entry)> {
    let saves = tempfile::tempdir().unwrap();
    let mut player = Player::new(saves.path(), 120, 40);
    player.keys("enter");
    // The page rings; this script leaves it.
    player.keys("esc");
    for step in &SCRIPT {
        match step {
            Step::Line(line) => {
                player.keys("alt-4");
                player.types(line);
                player.keys("enter");
            }
            Step::Post(channel, text) => {
                player.keys("alt-1 :");
                player.types(&format!("#{channel}"));
                player.keys("enter i");
                player.types(text);
                player.keys("enter");
            }
            Step::Browse(_, pressed) => {
                for keys in *pressed {
                    match keys {
                        Keys::Press(keys) => player.keys(keys),
                        Keys::Type(words) => player.types(words),
                    }
                }
            }
        }
    }
    player.input(Input::Terminated);
    drop(player);
    entries(&places(saves.path()).resume(None).unwrap())
}

#[test]
fn a_shell_after_a_resume_is_a_new_one_and_says_so() {
    let saves = tempfile::tempdir().unwrap();
    let mut lobby = RealLobby::new(places(saves.path()), Settings::default());
    let said = |desk: &mut dyn Desk, line: &str| {
        let lines = desk.shell(line).lines.into_iter();
        lines.map(|line| line.text).collect::<Vec<_>>().join("\n")
    };
    let begin = Choice::New {
        scenario: "small".to_owned(),
        seed: Some(1),
        practice: false,
    };
    let mut desk = lobby.open(&begin).unwrap();
    assert_eq!(desk.shell_note(), None);
    said(desk.as_mut(), "kubectl get pods -A; export X=1");
    assert_eq!(said(desk.as_mut(), "echo x$X"), "x1");
    drop(desk);
    let resume = Choice::Resume {
        drill: String::new(),
    };
    let mut desk = lobby.open(&resume).unwrap();
    assert_eq!(said(desk.as_mut(), "echo x$X"), "x");
    assert!(desk.shell_note().unwrap().contains("new shell"));

    drop(desk);
    let mut player = Player::opening(resume, saves.path(), 120, 40);
    player.keys("4");
    let screen = player.screen();
    assert!(screen.contains("this is a new shell"), "{screen}");
}

/// A door: its name, and the script played through it.
type Played = (&'static str, fn() -> Vec<(SimTime, Entry)>);

/// The doors; another one is added here.
const DOORS: [Played; 2] = [
    ("shell", through_the_shell),
    ("interface", through_the_interface),
];

#[test]
fn one_script_through_every_door_gives_the_same_drill() {
    let json = |entries: &[(SimTime, Entry)]| -> Vec<Value> {
        entries
            .iter()
            .map(|(_, entry)| serde_json::to_value(entry).unwrap())
            .collect()
    };
    let first = through_the_shell();
    assert_eq!(first.len(), 20, "{:#?}", json(&first));
    // Typing takes the player's own time in the interface, so that instants are compared by what they lead to.
    let instants: Vec<SimTime> = first.iter().map(|(at, _)| *at).collect();
    for (door, play) in DOORS {
        let played = play();
        assert_eq!(json(&played), json(&first), "{door}");
        assert_eq!(
            state(&played, &instants),
            state(&first, &instants),
            "{door}"
        );
    }
}
