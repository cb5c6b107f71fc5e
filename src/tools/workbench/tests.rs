//! The shell over the small scenario: what lines print, what the journal gets, what goes on.

use std::path::Path;
use std::time::Duration;

use super::{ShellRun, Then, Workbench};
use crate::scenario::loader::Source;
use crate::session::Entry;
use crate::session::journal::{Door, Settings};
use crate::sim::time::Span;
use crate::tools::Places;

fn bench() -> Workbench {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    let places = Places {
        sources: vec![Source::folder(folder)],
        saves: "nowhere".into(),
    };
    places
        .start("small", 1, Settings::default(), false)
        .unwrap()
}

fn text(run: &ShellRun) -> String {
    let lines: Vec<&str> = run.lines.iter().map(|(line, _)| line.as_str()).collect();
    lines.join("\n")
}

fn code(run: &ShellRun) -> i32 {
    match run.then {
        Then::Done(code) => code,
        _ => -1,
    }
}

/// Entries of the journal, each in a word or two.
fn entries(bench: &Workbench) -> Vec<String> {
    let records = bench.session().journal().records().iter();
    records
        .map(|record| match &record.intent.entry {
            Entry::Command(_) => "command".to_owned(),
            Entry::Call(call) => format!("call {}", call.tool),
            Entry::Look(look) if look.query.is_some() => format!("look {}", look.pane),
            Entry::Look(look) => format!("away {}", look.pane),
            Entry::Clock(_) => "clock".to_owned(),
        })
        .collect()
}

#[test]
fn lines_print_what_bash_prints() {
    let mut bench = bench();
    for (line, prints, expected) in [
        ("echo a   b", "a b", 0),
        ("echo 'a   b' \"c d\" e\\ f", "a   b c d e f", 0),
        (
            "X=1; echo $X ${X}2 ${Y:-none} '$X' \"$X\"",
            "1 12 none $X 1",
            0,
        ),
        ("false || echo no && echo yes", "no\nyes", 0),
        ("false && echo no; echo $?", "1", 0),
        ("! true; echo $?", "1", 0),
        ("seq 3 | grep -v 2 | wc -l", "2", 0),
        ("echo $(seq 3) \"$(seq 2)\"", "1 2 3 1\n2", 0),
        ("for x in a b; do echo $x; done | sort -r", "b\na", 0),
        (
            "printf 'a 1\\nb 2\\n' | while read n v; do echo $v$n; done",
            "1a\n2b",
            0,
        ),
        (
            "if [ 2 -gt 1 ]; then echo more; else echo less; fi",
            "more",
            0,
        ),
        ("echo $((2 * (3 + 4)))", "14", 0),
        ("echo {a,b}{1..3}", "a1 a2 a3 b1 b2 b3", 0),
        ("cat <<< 'one two' | tr ' ' '\\n'", "one\ntwo", 0),
        ("echo hi > /tmp/x; cat /tmp/x; wc -c < /tmp/x", "hi\n3", 0),
        ("ls nothing 2>/dev/null; echo $?", "2", 0),
        ("ls nothing 2>&1 | wc -l", "1", 0),
        ("ls *.md README.m?", "README.md\nREADME.md", 0),
        ("echo *.none", "*.none", 0),
        (
            "cd src && ls && cd - && pwd",
            "gate\nintake\nworker\n/home/you/alpha\n/home/you/alpha",
            0,
        ),
        ("alias kg='echo got'; kg it", "got it", 0),
        ("seq 5 | xargs -n2 echo", "1 2\n3 4\n5", 0),
        ("seq 2 | xargs -I{} echo n{}", "n1\nn2", 0),
        (
            "F=web.tar.gz; echo ${F%.*} ${F%%.*} ${F#*.} ${F/tar/zip} ${#F}",
            "web.tar web tar.gz web.zip.gz 10",
            0,
        ),
        ("case abc in a*) echo yes;; *) echo no;; esac", "yes", 0),
        ("echo a; exit 3; echo b", "a", 3),
        ("X=", "", 0),
        ("# nothing", "", 0),
        ("echo one | tee /tmp/t | wc -w; cat /tmp/t", "1\none", 0),
        (
            "(cd src; pwd); pwd",
            "/home/you/alpha/src\n/home/you/alpha",
            0,
        ),
    ] {
        let run = bench.shell(Door::Shell, line);
        assert_eq!(text(&run), prints, "{line}");
        assert_eq!(code(&run), expected, "{line}");
    }
}

#[test]
fn errors_are_bashs() {
    let mut bench = bench();
    for (line, prints, expected) in [
        ("a | | b", "bash: syntax error near unexpected token `|'", 2),
        (
            "echo 'x",
            "bash: unexpected EOF while looking for matching `''",
            2,
        ),
        (
            "cd nothing",
            "bash: cd: nothing: No such file or directory",
            1,
        ),
        (
            "cat < nothing",
            "bash: nothing: No such file or directory",
            1,
        ),
        ("echo x > src", "bash: src: Is a directory", 1),
        ("./run.sh", "bash: ./run.sh: No such file or directory", 127),
        (
            "README.md/x",
            "bash: README.md/x: No such file or directory",
            127,
        ),
        ("[ 1 -eq x ]", "bash: [: x: integer expression expected", 2),
        ("!nothing", "bash: !nothing: event not found", 1),
    ] {
        let run = bench.shell(Door::Shell, line);
        assert_eq!(text(&run), prints, "{line}");
        assert_eq!(code(&run), expected, "{line}");
    }
    let unknown = bench.shell(Door::Shell, "kubctl get pods");
    assert!(
        text(&unknown).contains("Did you mean `kubectl`?"),
        "{}",
        text(&unknown)
    );
}

#[test]
fn each_program_is_journaled_as_itself_and_filters_are_free() {
    let mut bench = bench();
    let before = bench.world().now();
    bench.shell(Door::Shell, "echo hi | tr h H; seq 3 | sort -r; X=1");
    assert_eq!(bench.world().now(), before);
    assert_eq!(entries(&bench), [""; 0]);
    bench.shell(
        Door::Shell,
        "kubectl get pods -n back | grep worker | wc -l",
    );
    bench.shell(Door::Shell, "head -3 README.md");
    bench.shell(Door::Shell, "echo x >> README.md");
    assert_eq!(entries(&bench), ["call kubectl", "call head", "command"]);
    assert!(bench.file("alpha/README.md").unwrap().ends_with("x\n"));
    bench.shell(Door::Shell, "sed -i 's/^x$/y/' README.md");
    assert!(bench.file("alpha/README.md").unwrap().ends_with("y\n"));
}

#[test]
fn what_goes_on_streams_until_it_is_interrupted() {
    let mut bench = bench();
    let run = bench.shell_live(
        Door::Shell,
        "kubectl logs -f -n front deploy/gate --tail=1 | grep -v nothing && echo after",
    );
    let Then::Running(job) = run.then else {
        panic!("{run:?}");
    };
    let mut lines = 0;
    for _ in 0..20 {
        bench.session_mut().advance(Duration::from_secs(2));
        lines += bench.shell_poll(Door::Shell, job).lines.len();
    }
    assert!(lines > 5, "{lines}");
    let run = bench.shell_interrupt(Door::Shell, job);
    assert_eq!((text(&run), code(&run)), ("^C".to_owned(), 130));
    assert_eq!(
        entries(&bench),
        ["call kubectl", "look shell", "away shell"]
    );
    assert_eq!(bench.shell_poll(Door::Shell, job), ShellRun::default());
}

#[test]
fn a_rollout_is_waited_for_and_the_line_goes_on() {
    let mut bench = bench();
    let line = "kubectl rollout restart deploy/gate -n front && kubectl rollout status deploy/gate -n front && echo done";
    let run = bench.shell_live(Door::Shell, line);
    let Then::Running(job) = run.then else {
        panic!("{run:?}");
    };
    let mut seen = text(&run);
    for _ in 0..200 {
        bench.session_mut().advance(Duration::from_secs(5));
        let run = bench.shell_poll(Door::Shell, job);
        seen.push_str(&text(&run));
        if run.then == Then::Done(0) {
            break;
        }
    }
    assert!(seen.contains("successfully rolled out"), "{seen}");
    assert!(seen.ends_with("done"), "{seen}");
    // Without anybody to interrupt it, the same line runs to its end.
    let run = bench.shell(Door::Shell, line);
    assert!(text(&run).ends_with("done"), "{}", text(&run));
}

#[test]
fn watching_shows_the_last_answer_alone() {
    let mut bench = bench();
    let run = bench.shell_live(
        Door::Shell,
        "watch -n 5 'kubectl get pods -n back | head -2'",
    );
    let Then::Running(job) = run.then else {
        panic!("{run:?}");
    };
    let first = bench.shell_poll(Door::Shell, job);
    assert!(
        first.replaces && text(&first).starts_with("Every 5.0s: kubectl get pods"),
        "{first:?}"
    );
    assert_eq!(first.lines.len(), 4);
    bench.session_mut().advance(Duration::from_secs(1));
    assert!(bench.shell_poll(Door::Shell, job).lines.is_empty());
    bench.session_mut().advance(Duration::from_secs(5));
    assert!(bench.shell_poll(Door::Shell, job).replaces);
    // Another line ends it.
    bench.shell_live(Door::Shell, "true");
    assert_eq!(bench.running(), None);
}

#[test]
fn sleeping_takes_simulated_time() {
    let mut bench = bench();
    let before = bench.world().now();
    bench.shell(Door::Shell, "sleep 1m");
    assert_eq!(bench.world().now() - before, Span::from_mins(1));
    let run = bench.shell_live(Door::Shell, "sleep 20; echo up");
    let Then::Running(job) = run.then else {
        panic!("{run:?}");
    };
    bench.session_mut().advance(Duration::from_secs(9));
    assert_eq!(bench.shell_poll(Door::Shell, job).then, Then::Running(job));
    bench.session_mut().advance(Duration::from_secs(9));
    bench.session_mut().advance(Duration::from_secs(9));
    assert_eq!(text(&bench.shell_poll(Door::Shell, job)), "up");
}

#[test]
fn work_is_bounded() {
    let mut bench = bench();
    let run = bench.shell(Door::Shell, "while true; do :; done");
    assert!(text(&run).contains("stopped"), "{run:?}");
    let run = bench.shell(
        Door::Shell,
        "x=aaaaaaaaaaaaaaaa; for i in {1..60}; do x=$x$x; done; echo ${#x}",
    );
    assert_eq!(code(&run), 1, "{run:?}");
    let run = bench.shell(
        Door::Shell,
        "seq 100000 | sed 's/./&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&/g' | wc -l",
    );
    assert_eq!(code(&run), 0);
    let nested = format!("{}x{}", "$(echo ".repeat(100), ")".repeat(100));
    assert_eq!(code(&bench.shell(Door::Shell, &nested)), 2);
}

#[test]
fn words_are_completed() {
    let bench = bench();
    let of = |line: &str| -> Vec<String> {
        let (_, found) = bench.complete(line, line.len());
        found.into_iter().map(|(text, _)| text).collect()
    };
    assert!(of("kub").contains(&"kubectl ".to_owned()));
    assert!(
        of("kubectl get deploy").contains(&"deployments ".to_owned()),
        "{:?}",
        of("kubectl get deploy")
    );
    assert!(
        of("kubectl -n ba").contains(&"back ".to_owned()),
        "{:?}",
        of("kubectl -n ba")
    );
    assert_eq!(of("cat RE"), ["README.md "]);
    assert_eq!(of("cd s"), ["src/"]);
    assert!(of("slack read #jo").contains(&"#jobs ".to_owned()));
    assert!(of("echo a | gre").contains(&"grep ".to_owned()));
    assert!(of("echo $HO").contains(&"$HOME".to_owned()));
}

#[test]
fn an_object_is_edited_like_a_file() {
    let mut bench = bench();
    let run = bench.shell(Door::Shell, "kubectl edit deploy/gate -n front");
    let Then::Edit { path, text } = run.then else {
        panic!("{run:?}");
    };
    let changed = text.replacen("replicas: 2", "replicas: 3", 1);
    assert_ne!(text, changed, "{text}");
    bench.save_file(Door::Tui, &path, &changed).unwrap();
    let run = bench.shell(
        Door::Shell,
        "kubectl get deploy gate -n front -o 'jsonpath={.spec.replicas}'",
    );
    assert_eq!(run.lines[0].0, "3");
    let refused = bench
        .save_file(Door::Tui, &path, "a: [")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("is not valid"), "{refused}");
}
