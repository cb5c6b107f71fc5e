//! The browser over a real drill: what keys open, filter, read on, pin and put into the shell, at all sizes.

use super::*;

fn at_board(saves: &Path, width: u16, height: u16) -> Player {
    let mut player = Player::new(saves, width, height);
    player.keys("enter");
    player.wait(100);
    player.keys("a");
    player.wait(100);
    player
}

impl Player {
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

    fn goes_to(&mut self, kind: &str) {
        self.keys(":");
        self.types(kind);
        self.keys("enter");
    }
}

#[test]
fn kinds_are_listed_and_gone_to_by_name_from_any_pane() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 80, 24);
    player.keys("9");
    player
        .sees("WHAT IT LISTS")
        .sees("Kubernetes")
        .sees("kinds");
    player.keys("1");
    player.goes_to("pods");
    assert_eq!(player.app.ui.focus, PaneId::Browser);
    player
        .sees("NAMESPACE")
        .sees("worker-")
        .sees("Kubernetes › pods");
    player.keys("esc");
    player.sees("WHAT IT LISTS");
    // By another of its names too, as in k9s; a label that begins so comes first.
    player.goes_to("statuspage");
    player.sees("Status page › components");
    player.goes_to("po");
    player.sees("Kubernetes › pods");
}

#[test]
fn a_list_is_filtered_opened_and_left_again() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 120, 40);
    player.goes_to("deployments");
    player.sees("gate").sees("worker");
    player.keys("/");
    player.types("gate");
    player.sees("1 of ").keys("enter y");
    player.sees("kind: Deployment").sees("gate front (yaml)");
    player.keys("esc esc");
    player.sees("UP-TO-DATE").sees("worker").sees_not("(yaml)");
}

#[test]
fn pods_have_logs_and_a_row_is_pinned_as_evidence() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 120, 40);
    player.goes_to("pods");
    player.keys("/");
    player.types("back worker");
    player.keys("enter p");
    player.sees("pinned: Kubernetes › pods: back worker-");
    player.keys("l");
    player.sees("(logs)");
    player.keys("8");
    player.sees("Kubernetes › pods: back worker-");
}

#[test]
fn a_long_list_is_read_on_from_its_last_line_and_searched_by_its_system() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 120, 40);
    player.goes_to("loggroups");
    player.keys("/");
    player.types("gate");
    player.keys("enter enter");
    player.sees("logevents").sees(" 100, more to read");
    player.keys("G");
    player.sees("more: Enter reads on").keys("enter");
    player.sees(" 200, more to read");
    player.keys("s");
    player.types("no such words");
    player.keys("enter");
    player
        .sees("logevents ? no such words")
        .sees("There is none.");
    player.keys("s ctrl-u enter");
    player.sees(" 100, more to read");
}

#[test]
fn a_row_that_nothing_opens_shows_its_fields() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 120, 40);
    player.goes_to("components");
    player.sees("STATUS").keys("enter");
    player.sees("uptime_percent");
}

#[test]
fn what_is_not_there_is_said_and_an_unknown_key_of_a_row_too() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 80, 24);
    player.goes_to("daemonsets");
    player.sees("No resources found");
    player.goes_to("flags");
    player.keys("y");
    player.sees("there is no yaml of this");
    player.keys("s");
    player.sees("nothing to search here");
}

#[test]
fn looks_are_journaled_as_the_call_itself_and_end_when_the_list_is_left() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 80, 24);
    player.goes_to("flags");
    player.wait(1_500);
    player.keys("esc");
    player.wait(1_500);
    player.input(Input::Terminated);
    drop(player);
    let bench = places(saves.path()).resume(None).unwrap();
    let looks: Vec<Option<String>> = bench
        .session()
        .journal()
        .records()
        .iter()
        .filter_map(|record| match &record.intent.entry {
            Entry::Look(look) if look.pane == "browser" => {
                Some(look.query.as_ref().map(|call| call.tool.clone()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(looks, [Some("featureflags_list".to_owned()), None]);
}

#[test]
fn a_pane_that_leaves_the_screen_is_no_longer_looked_at() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 80, 24);
    player.wait(1_500);
    player.keys("5");
    player.wait(1_500);
    player.keys("1");
    player.wait(1_500);
    player.input(Input::Terminated);
    drop(player);
    let bench = places(saves.path()).resume(None).unwrap();
    let records = bench.session().journal().records();
    let slack: Vec<bool> = records
        .iter()
        .filter_map(|record| match &record.intent.entry {
            Entry::Look(look) if look.pane == "slack" => Some(look.query.is_some()),
            _ => None,
        })
        .collect();
    let (first, rest) = slack.split_first().unwrap();
    assert!(first);
    assert!(
        rest.contains(&false) && rest.ends_with(&[true]),
        "{slack:?}"
    );
}

#[test]
fn time_that_passes_is_seen_in_the_list_and_the_selected_row_stays() {
    let saves = tempfile::tempdir().unwrap();
    let mut player = at_board(saves.path(), 120, 40);
    player.goes_to("pods");
    let rows = |player: &Player| -> Vec<String> {
        let screen = player.screen();
        let rows = screen.lines().filter(|line| line.starts_with("│back"));
        rows.map(str::to_owned).collect()
    };
    assert!(!rows(&player).is_empty());
    let named = |player: &mut Player| {
        player.keys("d");
        let screen = player.screen();
        let (_, title) = screen.split_once("Kubernetes › pods › ").unwrap();
        let name = title.split(' ').next().unwrap().to_owned();
        player.keys("esc");
        name
    };
    // Past the Jobs, whose oldest goes when a new one is over.
    player.keys("j j j j j j");
    let selected = named(&mut player);
    assert!(selected.starts_with("mailer-"), "{selected}");
    let before = rows(&player);
    player.keys("plus plus plus plus");
    player.wait(10_000);
    assert_ne!(before, rows(&player), "ages and restarts go on");
    assert_eq!(selected, named(&mut player));
    player.keys("f");
    player.wait(200);
    player.sees("frozen");
}
