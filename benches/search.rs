//! Search over a drill's log lines beside ripgrep on the same lines exported: `cargo bench --bench search`.
//!
//! Each class of pattern is timed on one thread, with ripgrep's time on the export (page cache warm). Counts are compared
//! on random words and expressions. `FIREDRILL_BENCH_LINES` (default 10,000,000) and `FIREDRILL_BENCH_PATTERNS` (default
//! 200) make it shorter; with `FIREDRILL_BENCH_FRAMES` only the log pane's frames are measured. Without `rg` in the path
//! only the own times are printed.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops where something is wrong"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use firedrill::sim::telemetry::search::{Budget, LineQuery, Search, TextFilter};
use firedrill::sim::telemetry::store::Telemetry;
use firedrill::sim::time::Span;
use firedrill::tools::board::finder::Finder;
use firedrill::tools::board::lines::{Seek, Wanted};

/// Frames of one filter that are measured at most.
const MOST_FRAMES: usize = 4_000;
const SCENARIO: &str = "carts-emptying";

fn world(one_in: Option<u32>) -> World {
    let root = Source::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let mut pack = loader::load(&root, SCENARIO).expect("the shipped scenario has no problems");
    if let Some(one_in) = one_in {
        pack.estate.access_log_one_in = one_in;
        pack.estate.access_log_retention.millis = Span::from_hours(14 * 24).millis();
    }
    let mut world = World::open(Arc::new(Plan::new(Arc::new(pack))), 1);
    let later = world.now() + Span::from_mins(30);
    world.advance_to(later);
    world
}

fn telemetry(world: &World) -> Arc<Telemetry> {
    world.signals().telemetry().snapshot()
}

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The newest lines of a telemetry, about so many.
fn newest(telemetry: &Telemetry, lines: u64) -> LineFilter {
    let since = |from_ms| LineFilter {
        from_ms,
        ..LineFilter::default()
    };
    let (mut from_ms, mut until_ms) = (telemetry.grid().origin_ms(), telemetry.closed_ms());
    while until_ms - from_ms > 1 {
        let middle = from_ms.midpoint(until_ms);
        if telemetry.count_lines(&since(middle)) > lines {
            from_ms = middle;
        } else {
            until_ms = middle;
        }
    }
    since(from_ms)
}

fn export(telemetry: &Telemetry, filter: &LineFilter, path: &Path) -> (u64, u64) {
    let file = File::create(path).expect("the export can be written");
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let (mut lines, mut bytes) = (0, 0);
    telemetry
        .each_line(filter, |line: LogLine| {
            lines += 1;
            bytes += line.text.len() as u64 + 1;
            // A line of a log may hold line breaks: NUL parts lines.
            out.write_all(line.text.as_bytes())?;
            out.write_all(b"\0")
        })
        .expect("the export can be written");
    out.flush().expect("the export can be written");
    (lines, bytes)
}

struct Timed {
    count: u64,
    took: Duration,
}

fn best<T>(times: usize, mut run: impl FnMut() -> T) -> (T, Duration) {
    let mut best: Option<(T, Duration)> = None;
    for _ in 0..times {
        let begun = Instant::now();
        let value = run();
        let took = begun.elapsed();
        if best.as_ref().is_none_or(|(_, least)| took < *least) {
            best = Some((value, took));
        }
    }
    best.expect("it ran at least once")
}

fn search(telemetry: &Arc<Telemetry>, filter: &LineFilter, text: &TextFilter) -> Search {
    let query = LineQuery::new(std::slice::from_ref(text)).expect("the pattern can be read");
    Search::new(Arc::clone(telemetry), filter.clone(), query)
}

fn count(
    telemetry: &Arc<Telemetry>,
    filter: &LineFilter,
    text: &TextFilter,
    times: usize,
) -> Timed {
    let (count, took) = best(times, || {
        let search = search(telemetry, filter, text);
        let mut counting = search.start_counting();
        while !counting.done {
            search.count(&mut counting, Budget::lines(1 << 20));
        }
        counting.total()
    });
    Timed { count, took }
}

fn first(telemetry: &Arc<Telemetry>, filter: &LineFilter, text: &TextFilter) -> Timed {
    let (found, took) = best(3, || {
        let search = search(telemetry, filter, text);
        let mut cursor = None;
        let mut lines = 0;
        loop {
            let found = search.find(cursor, Direction::Older, 50 - lines, Budget::lines(200_000));
            lines += found.lines.len();
            cursor = found.next;
            if lines >= 50 || cursor.is_none() {
                return lines;
            }
        }
    });
    Timed {
        count: found as u64,
        took,
    }
}

fn ripgrep(path: &Path, text: &TextFilter, times: usize) -> Option<Timed> {
    let run = || {
        let mut rg = Command::new("rg");
        rg.args([
            "--no-config",
            "--null-data",
            "--text",
            "--count",
            "--threads",
            "1",
        ]);
        if !text.regex {
            rg.arg("--fixed-strings");
        }
        let output = rg
            .args(["--regexp", &text.pattern])
            .arg(path)
            .output()
            .ok()?;
        // With NUL between lines the answer ends with one, too.
        let count = String::from_utf8_lossy(&output.stdout)
            .trim_matches(|letter: char| letter == '\0' || letter.is_whitespace())
            .parse()
            .unwrap_or(0);
        Some(count)
    };
    let (count, took) = best(times, run);
    count.map(|count| Timed { count, took })
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

/// A generator with a fixed beginning: the same patterns every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

/// Words, pieces over the borders of fields, and expressions made of them.
fn random_patterns(lines: &[String], count: usize) -> Vec<TextFilter> {
    let mut dice = Dice(7);
    let mut patterns = Vec::new();
    let digits = regex::Regex::new("[0-9]").expect("a class");
    while patterns.len() < count {
        let line: Vec<char> = lines[dice.below(lines.len())]
            .chars()
            .filter(char::is_ascii)
            .collect();
        let start = dice.below(line.len());
        let piece: String = line.iter().skip(start).take(3 + dice.below(12)).collect();
        if piece.trim().len() < 3 || piece.contains('\n') {
            continue;
        }
        patterns.push(match patterns.len() % 4 {
            0 | 1 => TextFilter::containing(&piece),
            2 => {
                let escaped = regex::escape(&piece);
                TextFilter::matching(&digits.replace_all(&escaped, "[0-9]"))
            }
            _ => {
                let (a, b) = piece.split_at(piece.len() / 2);
                TextFilter::matching(&format!("{}.*{}", regex::escape(a), regex::escape(b)))
            }
        });
    }
    patterns
}

fn main() {
    // The harness of other benches passes flags that mean nothing here.
    if std::env::var_os("FIREDRILL_BENCH_FRAMES").is_some() {
        return frames(&world(None));
    }
    let wanted = number("FIREDRILL_BENCH_LINES", 10_000_000);
    let begun = Instant::now();
    let world = world(None);
    let telemetry = telemetry(&world);
    println!("world opened in {:.0} ms", ms(begun.elapsed()));
    let filter = newest(&telemetry, wanted);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join("search-bench-lines");
    let begun = Instant::now();
    let (lines, bytes) = export(&telemetry, &filter, &path);
    println!(
        "{lines} lines, {:.2} GB, exported in {:.1} s ({:.0} ns a line)",
        bytes as f64 / 1e9,
        begun.elapsed().as_secs_f64(),
        begun.elapsed().as_nanos() as f64 / lines as f64
    );
    assert_eq!(telemetry.count_lines(&filter), lines, "counted and made");
    classes(&telemetry, &filter, &path);
    trace(&telemetry, &filter);
    agreement(&telemetry, &filter, &path);
    drop(std::fs::remove_file(&path));
    frames(&world);
    growth();
}

fn classes(telemetry: &Arc<Telemetry>, filter: &LineFilter, path: &Path) {
    let contains = TextFilter::containing;
    let matches = TextFilter::matching;
    let patterns = [
        ("template, no line", contains("no such word anywhere"), 20.0),
        ("template, rare", contains("Unhandled exception"), 20.0),
        ("template, rare", contains("Offset gap detected"), 20.0),
        ("template, common", contains("duration_ms"), 1.0),
        ("template, common", contains("error"), 1.0),
        ("one field", contains("status=500"), 1.0),
        ("one field", contains("\"status\":200"), 1.0),
        ("one field", contains("duration_ms=99"), 1.0),
        ("whole lines", matches("[0-9a-f]{6}ff"), 0.15),
        ("whole lines", contains("7777"), 0.15),
        ("whole lines", matches("a.*z.*9"), 0.15),
        ("whole lines", matches("5[0-9]{2}.*ab"), 0.15),
    ];
    println!(
        "\n{:<18} {:<26} {:>10} {:>10} {:>10} {:>8} {:>7} {:>9}",
        "CLASS", "PATTERN", "MATCHES", "OWN MS", "RG MS", "RATIO", "WANTED", "FIRST MS"
    );
    let idle = resident_mb();
    // The page cache is warm: ripgrep reads the file once before it is timed.
    let _ = ripgrep(path, &contains("warm"), 1);
    for (class, text, wanted) in &patterns {
        let own = count(telemetry, filter, text, 3);
        let first = first(telemetry, filter, text);
        let rg = ripgrep(path, text, 3);
        let ratio = rg
            .as_ref()
            .map_or(f64::NAN, |rg| ms(rg.took) / ms(own.took));
        let verdict = if rg.as_ref().is_some_and(|rg| rg.count != own.count) {
            "COUNTS DIFFER"
        } else if ratio < *wanted || ms(first.took) > 50.0 {
            "short"
        } else {
            ""
        };
        println!(
            "{class:<18} {:<26} {:>10} {:>10.2} {:>10.1} {ratio:>8.2} {wanted:>7.2} {:>9.2} {verdict}",
            text.pattern,
            own.count,
            ms(own.took),
            rg.as_ref().map_or(f64::NAN, |rg| ms(rg.took)),
            ms(first.took),
        );
    }
    println!("memory above idle: {:.1} MB", resident_mb() - idle);
}

fn trace(telemetry: &Arc<Telemetry>, filter: &LineFilter) {
    let page = telemetry.lines(filter, None, Direction::Older, 5_000);
    let shown = page
        .lines
        .iter()
        .rev()
        .find_map(|line| telemetry.trace_shown(line.key));
    let trace = shown.expect("some line shows its trace");
    let text = TextFilter::containing(&format!("{trace:032x}"));
    let own = count(telemetry, filter, &text, 20);
    let found = first(telemetry, filter, &text);
    println!(
        "exact trace: {} lines counted in {:.3} ms, found in {:.3} ms",
        own.count,
        ms(own.took),
        ms(found.took)
    );
}

fn agreement(telemetry: &Arc<Telemetry>, filter: &LineFilter, path: &Path) {
    let count_of = number("FIREDRILL_BENCH_PATTERNS", 200) as usize;
    let page = telemetry.lines(filter, None, Direction::Older, 10_000);
    let lines: Vec<String> = page.lines.into_iter().map(|line| line.text).collect();
    let (mut same, mut differ, mut own_ms, mut rg_ms) = (0, 0, 0.0, 0.0);
    for text in random_patterns(&lines, count_of) {
        let own = count(telemetry, filter, &text, 1);
        let Some(rg) = ripgrep(path, &text, 1) else {
            println!("rg is not there: counts are not compared");
            return;
        };
        own_ms += ms(own.took);
        rg_ms += ms(rg.took);
        if own.count == rg.count {
            same += 1;
        } else {
            differ += 1;
            println!(
                "DIFFERS {:?}: {} and {} with ripgrep",
                text.pattern, own.count, rg.count
            );
        }
    }
    println!(
        "random patterns: {same} counts equal ripgrep's, {differ} differ; {own_ms:.0} ms own, {rg_ms:.0} ms ripgrep"
    );
}

/// What each frame may take, in ms.
const FRAME_MS: f64 = 16.0;
/// Times that the frames of a filter are run through, each in a world of which nothing is known yet. What other programs take
/// meanwhile is left out by the least that a frame took.
const RUNS: usize = 3;
const HOUR_MS: i64 = 3_600_000;

/// What the log pane shows while a filter is typed.
#[derive(Clone, Copy)]
enum Shown {
    /// The newest lines, with the bars of an hour.
    Newest,
    /// The lines at so many hours before the end, with the bars of the hour around them.
    At(i64),
    /// Kinds of lines since so many hours before the end, beside the lines.
    Kinds(i64),
}

/// What one frame asks of the search; says whether anything has changed by it.
struct Pane {
    world: World,
    shown: Shown,
    finder: Option<Finder>,
    wanted: Wanted,
    before: (u64, u64),
}

impl Pane {
    fn frame(&mut self) -> bool {
        let (world, wanted) = (&self.world, &self.wanted);
        let end_ms = world.now().millis();
        let new = || Finder::new(world, wanted).expect("the filter can be read");
        let finder = self.finder.get_or_insert_with(new);
        let back = |hours: i64| end_ms - hours * HOUR_MS;
        let (seek, middle) = match self.shown {
            Shown::At(hours) => (Seek::Time(back(hours)), back(hours) + HOUR_MS / 2),
            Shown::Newest | Shown::Kinds(_) => (Seek::Newest, end_ms),
        };
        let mut kinds = 0;
        if let Shown::Kinds(hours) = self.shown {
            let groups = finder.groups(world, back(hours), end_ms, 64);
            kinds = groups
                .iter()
                .map(|group| group.lines + u64::from(group.is_new))
                .sum();
        }
        let window = finder.window(world, &seek, 150, 150);
        let bars = finder.histogram(world, middle - HOUR_MS, middle, 190);
        let bars: u64 = bars.iter().flatten().sum();
        let now = (window.count, bars + kinds + window.lines.len() as u64);
        let changed = now != self.before || window.searched < 1.0;
        self.before = now;
        changed
    }
}

/// The time of each frame until nothing changes any more.
fn took(text: &str, shown: Shown) -> Vec<Duration> {
    let mut pane = Pane {
        world: world(None),
        shown,
        finder: None,
        wanted: Wanted {
            text: text.to_owned(),
            ..Wanted::default()
        },
        before: (0, 0),
    };
    let mut took = Vec::new();
    let mut same = 0;
    while same < 100 && took.len() < MOST_FRAMES {
        let begun = Instant::now();
        let changed = pane.frame();
        took.push(begun.elapsed());
        same = if changed { 0 } else { same + 1 };
    }
    took
}

/// What a filter takes of each frame of the log pane until all lines of the history are filtered and counted. The first frame
/// compiles the filter and decides all templates.
fn frames(world: &World) {
    let lines = telemetry(world).count_lines(&LineFilter::default());
    println!(
        "\nframes while {lines} lines are filtered: the search's share of each, in a world of which nothing is known yet"
    );
    println!(
        "{:<58} {:<10} {:>7} {:>10} {:>9} {:>11} {:>6}",
        "FILTER", "SHOWN", "FRAMES", "MEDIAN MS", "FIRST MS", "LONGEST MS", "LIMIT"
    );
    let expression = |text: &str| format!(r#"{{app=~".+"}} |~ `{text}`"#);
    let filters = [
        String::new(),
        "e".to_owned(),
        "error".to_owned(),
        "duration_ms".to_owned(),
        "status=500".to_owned(),
        "duration_ms=99".to_owned(),
        "7777".to_owned(),
        expression("5[0-9]{2}.*ab"),
        expression("[0-9a-f]{6}ff"),
        expression(r"\w+"),
        expression(r"error.{0,20}timeout"),
        expression(r"user=\w+ .*cart=\w+"),
        expression(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"),
        // Automata of very many states, or programs too large for one.
        expression("7[0-9a-f]{14}7[0-9a-f]{1,14}7"),
        expression("(a|b|c|d)[0-9]{3,40}.*x.{30}y"),
        expression("[0-9a-f]*1[0-9a-f]{12}"),
        expression(r"\w{5}\W\w{9}"),
        expression(r"\w{18}"),
        expression(r".{300}z"),
        r#"{app="frontend"} | json | status="502""#.to_owned(),
    ];
    let newest = filters.iter().map(|text| (text.as_str(), Shown::Newest));
    let others = ["", "e", "7777", filters[13].as_str(), filters[17].as_str()];
    let others = others.into_iter().flat_map(|text| {
        [
            Shown::At(24),
            Shown::At(7 * 24),
            Shown::Kinds(24),
            Shown::Kinds(7 * 24),
        ]
        .map(|shown| (text, shown))
    });
    let mut longest_of_all = 0.0_f64;
    for (text, shown) in newest.chain(others) {
        let mut least = took(text, shown);
        for _ in 1..RUNS {
            let again = took(text, shown);
            for (least, took) in least.iter_mut().zip(again) {
                *least = took.min(*least);
            }
        }
        let first = ms(least[0]);
        let place = (0..least.len())
            .max_by_key(|&frame| least[frame])
            .unwrap_or(0);
        let longest = ms(least[place]);
        longest_of_all = longest_of_all.max(longest);
        least.sort_unstable();
        let shown = match shown {
            Shown::Newest => "newest".to_owned(),
            Shown::At(hours) => format!("{hours} h back"),
            Shown::Kinds(hours) => format!("kinds {hours} h"),
        };
        println!(
            "{text:<58} {shown:<10} {:>7} {:>10.2} {first:>9.2} {longest:>11.2} {FRAME_MS:>6} {}",
            least.len(),
            ms(least[least.len() / 2]),
            if longest > FRAME_MS {
                format!("over, frame {place}")
            } else {
                String::new()
            },
        );
    }
    println!("longest frame while filtering: {longest_of_all:.2} ms, limit {FRAME_MS} ms");
}

fn growth() {
    println!(
        "\n{:>12} {:>12} {:>14} {:>14} {:>14}",
        "LINES", "RARE MS", "COMMON MS", "ONE FIELD MS", "WHOLE LINE MS"
    );
    let telemetry = telemetry(&world(Some(1)));
    let all = telemetry.count_lines(&LineFilter::default());
    for wanted in [100_000, 1_000_000, 10_000_000, 100_000_000_u64] {
        let filter = newest(&telemetry, wanted.min(all));
        let lines = telemetry.count_lines(&filter);
        let times = if wanted > 10_000_000 { 1 } else { 3 };
        let took = |text: &TextFilter| ms(count(&telemetry, &filter, text, times).took);
        println!(
            "{lines:>12} {:>12.2} {:>14.2} {:>14.2} {:>14.1}",
            took(&TextFilter::containing("Unhandled exception")),
            took(&TextFilter::containing("duration_ms")),
            took(&TextFilter::containing("status=500")),
            took(&TextFilter::matching("[0-9a-f]{6}ff")),
        );
    }
}
