//! Every search against making every line: the same lines, the same counts, in slices of any size.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Budget, Counting, Finding, LineQuery, QueryError, Search, TextFilter, cost};
use crate::scenario::format::telemetry::Level;
use crate::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use crate::sim::telemetry::logs::LogDef;
use crate::sim::telemetry::store::Telemetry;
use crate::sim::telemetry::template::{FieldKind, Template};
use crate::sim::telemetry::testing::{HOUR_MS, t0_ms, with_logs};
use crate::sim::time::SimTime;

fn snapshot(seed: u64) -> Arc<Telemetry> {
    let mut estate = with_logs(seed);
    estate.telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
    estate.telemetry.snapshot()
}

fn window(from_ms: i64, until_ms: i64) -> LineFilter {
    LineFilter {
        from_ms: t0_ms() + from_ms,
        until_ms: t0_ms() + until_ms,
        ..LineFilter::default()
    }
}

fn all(telemetry: &Telemetry, filter: &LineFilter) -> Vec<LogLine> {
    telemetry
        .lines(filter, None, Direction::Older, 10_000)
        .lines
}

fn found(search: &Search, direction: Direction, limit: usize, budget: u64) -> Vec<LogLine> {
    let mut lines = Vec::new();
    let mut cursor = None;
    loop {
        let page = search.find(cursor, direction, limit, Budget::lines(budget));
        assert!(page.lines.len() <= limit);
        lines.extend(page.lines);
        cursor = page.next;
        if cursor.is_none() {
            return lines;
        }
    }
}

fn counted(search: &Search, budget: u64) -> Counting {
    let mut counting = search.start_counting();
    while !counting.done {
        search.count(&mut counting, Budget::lines(budget));
    }
    counting
}

/// The same in slices so small that each ends inside a leaf.
fn found_in_slices(search: &Search, direction: Direction, limit: usize, work: u64) -> Vec<LogLine> {
    let mut lines = Vec::new();
    let (mut cursor, mut finding) = (None, Finding::default());
    loop {
        let budget = Budget::work(work);
        let page = search.find_on(&mut finding, cursor, direction, limit, budget);
        lines.extend(page.lines);
        cursor = page.next;
        if cursor.is_none() {
            return lines;
        }
    }
}

/// Checks one query on one window against the lines themselves.
fn check(
    telemetry: &Arc<Telemetry>,
    filter: &LineFilter,
    lines: &[LogLine],
    filters: &[TextFilter],
) -> usize {
    let query = LineQuery::new(filters).unwrap();
    let expected: Vec<_> = lines
        .iter()
        .filter(|line| query.matches(&line.text))
        .cloned()
        .collect();
    let search = Search::new(Arc::clone(telemetry), filter.clone(), query);
    let name = format!("{filters:?}");
    assert!(
        found(&search, Direction::Older, 400, u64::MAX) == expected,
        "{name}"
    );
    let counting = counted(&search, u64::MAX);
    assert_eq!(counting.total(), expected.len() as u64, "{name}");
    expected.len()
}

#[test]
fn words_fields_and_borders_are_found_as_in_the_lines() {
    let telemetry = snapshot(1);
    let contains = TextFilter::containing;
    let matches = TextFilter::matching;
    let mut ignoring = contains("CANNOT READ");
    ignoring.ignore_case = true;
    let queries: Vec<Vec<TextFilter>> = vec![
        vec![],
        vec![contains("")],
        vec![contains("no such words")],
        vec![contains("cannot read basket")],
        vec![contains("firefox")],
        vec![contains("status=503")],
        vec![contains("basket 7")],
        vec![contains("shard red is")],
        vec![contains("t 4")],
        vec![contains("red is gone\n        at Basket.Read(Basket.cs:4")],
        vec![contains("exception 2")],
        vec![contains("\"duration_ms\":2")],
        vec![contains("26-03-02T1")],
        vec![contains("ab")],
        vec![contains("T14:0"), contains("00"), contains("2").negate()],
        vec![matches(r"basket/\d{3} status=(200|503)")],
        vec![matches(r"(?i)SHARD (red|green)")],
        vec![matches(r"^fail: .*\n")],
        vec![matches(r"Serve$")],
        vec![matches(r"\bblue\b")],
        vec![matches(r"(?-u:\b)blue(?-u:\b)")],
        vec![matches(r"tick [0-9a-f]{5}0 took 1\.[0-4]")],
        vec![matches(r"[a-f]{6}.*[a-f]{6}")],
        vec![contains("duration_ms=9")],
        vec![contains("duration_ms=1")],
        vec![matches(r"duration_ms=[0-9]{3}\.[0-4]")],
        vec![matches(r"_ms\D{1,2}1?\d\d\.\d*7 ?\D")],
        vec![contains("77")],
        vec![contains("777")],
        vec![matches(r"5[0-9]{2}.*ab")],
        vec![matches(r"[0-9a-f]{6}ff")],
        vec![matches(r":\d[13]\.[5-9]\d\d")],
        vec![matches(r"T14:(04|05):.*took 2\.\d")],
        vec![matches(r"(?:[^7]*7){9}[^7]*$")],
        vec![matches(".*")],
        vec![matches("a.*z|q")],
        vec![ignoring],
        vec![
            contains("status=200"),
            contains("curl").negate(),
            matches(r"basket/[1-3]\d* "),
        ],
        vec![contains("status=").negate()],
    ];
    let mut total = 0;
    for filter in [
        window(-3 * HOUR_MS - 4_321, -3 * HOUR_MS + 296_000),
        window(-120_500, 90_700),
    ] {
        let lines = all(&telemetry, &filter);
        for query in &queries {
            total += check(&telemetry, &filter, &lines, query);
        }
    }
    assert!(total > 2_000, "{total}");
}

/// Every kind of field, at its borders and beside others.
#[test]
fn every_kind_of_field_is_followed_as_it_is_written() {
    let mut estate = with_logs(4);
    let telemetry = &mut estate.telemetry;
    telemetry.reopen_for_tests();
    let bound = [
        ("trace", FieldKind::TraceId),
        ("span", FieldKind::SpanId),
        ("us", FieldKind::DurationUs),
        ("node", FieldKind::Node),
    ];
    let bound = bound.map(|(name, kind)| (name.to_owned(), kind)).into();
    let texts = [
        "{a:digits(0..9)}{b:digits(995..1004)}|{c:digits(0..4000000000)}|{d:digits(99998..10000001)}",
        "{h:hex(1)}{i:hex(7)}-{j:hex(32)}|{u:uuid}|{p:ip}{m:money(0.05..12000)}",
        "{t:time(comma)}{us}{s:time(point)}us {trace}{span}{duration_ms}",
        "on {pod}@{node} é{w:word(ä|b)}{x:digits(5..5)} took {duration_ms} {r:time}",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let def = LogDef {
            atom: estate.bad,
            service: "all".into(),
            name: format!("kind-{number}").into(),
            level: Level::Info,
            template: Template::parse_with(text, &bound).unwrap(),
            keep_one_in: 1 + number as u32,
            retention_ms: 48 * HOUR_MS,
        };
        telemetry.add_log(def).unwrap();
    }
    telemetry.open();
    telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
    let telemetry = estate.telemetry.snapshot();
    let only = LineFilter {
        services: vec!["all".to_owned()],
        ..window(-HOUR_MS - 900_000, -HOUR_MS + 1_200_000)
    };
    let later = LineFilter {
        services: vec!["all".to_owned()],
        ..window(-40_000, 20_000)
    };
    let patterns = [
        r"^9",
        r"^\d100[0-3]\|",
        r"^\d{4}\|",
        r"\|\d{7}\|",
        r"\|1000000[01]$",
        r"00",
        r"7.7",
        r"[a-f]\d-",
        r"^f",
        r"-4[0-9a-f]{3}-[89]",
        r"a-4|b-4",
        r"[c-f]{4}\|",
        r"10\.2[0-9]{2}\.",
        r"\.7?\.",
        r"\.05$",
        r"\d\.\d{3}\.\d\d$",
        r"0\.[0-9]{2}$",
        r"[5-9]{3}us",
        r"^2026-03-02 1[34]:0[0-9]:[0-5]7",
        r",\d\d[02]\d",
        r"us [0-7]{5}",
        r"[0-9a-f]{49}",
        r"[0-9a-f]0\.\d|[0-9a-f]1\.\d",
        r"web-[ab]@",
        r"node-2 ",
        r"(?-u:é)|b5",
        r"ä5 took [1-4]?\d\.",
        r"5 took \d{3}\.\d*9",
        r"Z$",
        r":[0-2]\d\.\d\d[13579]Z",
        r"[^ ]5 took .*:59\.",
    ];
    let mut total = 0;
    for filter in [&only, &later] {
        let lines = all(&telemetry, filter);
        assert!(lines.len() > 40, "{}", lines.len());
        for pattern in patterns {
            let text = TextFilter::matching(pattern);
            total += check(&telemetry, filter, &lines, &[text.clone().negate()]);
            let pods = LineFilter {
                pods: vec!["web-a".to_owned()],
                ..filter.clone()
            };
            total += check(&telemetry, filter, &lines, std::slice::from_ref(&text));
            check(&telemetry, &pods, &all(&telemetry, &pods), &[text]);
        }
    }
    assert!(total > 2_000, "{total}");
}

#[test]
fn slices_and_directions_change_nothing() {
    let telemetry = snapshot(2);
    let mut filter = window(-200_000, 150_000);
    for pods in [vec![], vec!["web-a".to_owned()]] {
        filter.pods = pods;
        for query in [
            TextFilter::containing("1"),
            TextFilter::containing("basket"),
            TextFilter::matching(r"\d\dfe"),
            // No automaton: lines are read whole.
            TextFilter::matching(r"[7x]..\w{16}"),
        ] {
            let make = || LineQuery::new(std::slice::from_ref(&query)).unwrap();
            let search = Search::new(Arc::clone(&telemetry), filter.clone(), make());
            let expected: Vec<_> = all(&telemetry, &filter)
                .into_iter()
                .filter(|line| search.matches_text(&line.text))
                .collect();
            let mut newer = expected.clone();
            newer.reverse();
            for (limit, budget) in [(1, 1_000), (7, 10), (1_000, 0), (1_000, u64::MAX)] {
                assert!(found(&search, Direction::Older, limit, budget) == expected);
                assert!(found(&search, Direction::Newer, limit, budget) == newer);
            }
            for (limit, work) in [(7, 0), (1_000, 0), (3, 9_000)] {
                assert!(found_in_slices(&search, Direction::Older, limit, work) == expected);
                assert!(found_in_slices(&search, Direction::Newer, limit, work) == newer);
            }
            let whole = counted(&search, u64::MAX);
            assert_eq!(whole.total(), expected.len() as u64);
            assert_eq!(whole.counts, counted(&search, 0).counts);
            let mut by_work = search.start_counting();
            while !by_work.done {
                search.count(&mut by_work, Budget::work(0));
            }
            assert_eq!(whole.counts, by_work.counts);
        }
    }
}

/// However its templates are decided and however little is known yet, a slice of a search does little more than it is given.
#[test]
fn slices_of_a_cold_history_are_bounded() {
    const SLICE: u64 = 2_000;
    // A leaf of one stream, split over its pods; some lines that are read together.
    const AT_ONCE: u64 = 1_000;
    const WHOLE_AT_ONCE: u64 = 1_024 * cost::LINE + AT_ONCE;
    for (text, most_at_once) in [
        (TextFilter::containing("cannot read basket"), AT_ONCE),
        (TextFilter::containing("status=200"), 20_000),
        (TextFilter::matching(r"[7x]..\w{16}"), WHOLE_AT_ONCE),
    ] {
        for pods in [vec![], vec!["web-a".to_owned()]] {
            let filter = LineFilter {
                pods,
                from_ms: t0_ms() - 30 * HOUR_MS - 4_100,
                until_ms: t0_ms() + 7_300,
                ..LineFilter::default()
            };
            let query = LineQuery::new(std::slice::from_ref(&text)).unwrap();
            let expected = counted(
                &Search::new(snapshot(2), filter.clone(), query.clone()),
                u64::MAX,
            );
            let search = Search::new(snapshot(2), filter, query);
            let mut counting = search.start_counting();
            assert_eq!(counting.total(), 0);
            let (mut slices, mut work) = (0, 0);
            while !counting.done {
                let spent = search.count(&mut counting, Budget::work(SLICE));
                assert!(spent <= SLICE + most_at_once, "{text:?}: {spent}");
                (slices, work) = (slices + 1, work + spent);
            }
            assert_eq!(counting.counts, expected.counts, "{text:?}");
            assert!(counting.total() > 0 && slices > 3, "{text:?}: {slices}");
            // A leaf costs at least as much as its count.
            assert!(work >= 30 * 60 * cost::COUNTED, "{text:?}: {work}");
        }
    }
}

#[test]
fn what_templates_decide_needs_no_line() {
    let telemetry = snapshot(3);
    let decided = |text: &str| {
        let query = LineQuery::new(&[TextFilter::containing(text)]).unwrap();
        let search = Search::new(Arc::clone(&telemetry), LineFilter::default(), query);
        let mut counting = search.start_counting();
        search.count(&mut counting, Budget::lines(100));
        (counting.done, counting.total())
    };
    assert!(decided("cannot read basket").0 && decided("cannot read basket").1 > 1_000);
    assert_eq!(decided("no such word"), (true, 0));
    assert!(!decided("basket/77").0);
    let errors = LineFilter {
        levels: vec![Level::Error],
        ..LineFilter::default()
    };
    assert_eq!(
        decided("cannot read basket").1,
        telemetry.count_lines(&errors)
    );
}

#[test]
fn an_exact_trace_is_found_by_its_event() {
    let telemetry = snapshot(1);
    let filter = window(-30 * 60_000, 60_000);
    let lines = all(&telemetry, &filter);
    let shown = lines
        .iter()
        .rev()
        .find(|line| telemetry.trace_shown(line.key).is_some());
    let trace = telemetry.trace_shown(shown.unwrap().key).unwrap();
    let text = TextFilter::containing(&format!("{trace:032x}"));
    assert!(check(&telemetry, &filter, &lines, std::slice::from_ref(&text)) > 0);
    let only = |filters: &[TextFilter]| {
        let query = LineQuery::new(filters).unwrap();
        let search = Search::new(Arc::clone(&telemetry), LineFilter::default(), query);
        let mut counting = search.start_counting();
        // Far less than there are lines, or even leaves.
        search.count(&mut counting, Budget::lines(500));
        (counting.done, counting.total())
    };
    let (done, count) = only(std::slice::from_ref(&text));
    assert!(done && count > 0);
    assert_eq!(
        only(&[text.clone(), TextFilter::containing("no such word")]),
        (true, 0)
    );
    let other = TextFilter::containing(&format!("{:032x}", trace ^ 1));
    assert_eq!(only(&[other]), (true, 0));
    let mut with_more = vec![text, TextFilter::matching("[0-9]$").negate()];
    check(&telemetry, &filter, &lines, &with_more);
    with_more.swap(0, 1);
    check(&telemetry, &filter, &lines, &with_more);
    // A piece of a trace, or one with more digits around it, is looked for as any text.
    check(
        &telemetry,
        &filter,
        &lines,
        &[TextFilter::containing(&format!("{trace:032x}")[1..])],
    );
    check(
        &telemetry,
        &filter,
        &lines,
        &[TextFilter::containing(&format!("a{trace:032x}"))],
    );
}

#[test]
fn a_renewed_search_is_a_new_one() {
    let telemetry = snapshot(2);
    let text = TextFilter::containing("4");
    let query = || LineQuery::new(std::slice::from_ref(&text)).unwrap();
    let mut search = Search::new(Arc::clone(&telemetry), window(-60_000, -30_000), query());
    let other = window(-30_000, 60_000);
    search.renew(Arc::clone(&telemetry), other.from_ms, other.until_ms);
    let fresh = Search::new(Arc::clone(&telemetry), other, query());
    assert_eq!(
        found(&search, Direction::Older, 400, u64::MAX),
        found(&fresh, Direction::Older, 400, u64::MAX)
    );
}

#[test]
fn a_walk_sees_what_a_search_finds() {
    use super::tally::{Detail, Matches};
    let telemetry = snapshot(3);
    let filter = window(-200_500, 90_700);
    for text in [
        TextFilter::containing("basket"),
        TextFilter::containing("7"),
    ] {
        let query = LineQuery::new(std::slice::from_ref(&text)).unwrap();
        let search = Search::new(Arc::clone(&telemetry), filter.clone(), query);
        let lines = found(&search, Direction::Newer, 1_000, u64::MAX);
        let cuts = [t0_ms() - 100_000, t0_ms() - 7_000, t0_ms() + 33_000];
        let part = |at: i64| cuts.partition_point(|cut| *cut <= at);
        let mut expected = [0_u64; 4];
        for line in &lines {
            expected[part(line.key.at_ms)] += 1;
        }
        for (detail, budget) in [
            (Detail::Templates, Budget::lines(0)),
            (Detail::Templates, Budget::lines(900)),
            (Detail::Templates, Budget::work(0)),
            (Detail::Pods, Budget::lines(50)),
            (Detail::Lines, Budget::lines(u64::MAX)),
            (Detail::Lines, Budget::work(2_000)),
        ] {
            let mut counts = [0_u64; 4];
            let mut walk = search.start_walk();
            while !walk.is_done() {
                let walked: Result<u64, ()> =
                    search.walk(&mut walk, detail, &cuts, budget, &mut |matches| {
                        match matches {
                            Matches::Many { at_ms, count, .. } => counts[part(at_ms)] += count,
                            Matches::One(line) => counts[part(line.key.at_ms)] += 1,
                        }
                        Ok(())
                    });
                walked.unwrap();
            }
            assert_eq!(counts, expected, "{text:?} {detail:?}");
        }
    }
}

#[test]
fn bad_queries_are_refused() {
    let error = |filters: &[TextFilter]| LineQuery::new(filters).unwrap_err();
    assert!(matches!(
        error(&[TextFilter::matching("a(")]),
        QueryError::Regex(_)
    ));
    assert!(matches!(
        error(&[TextFilter::matching("(a{999}){999}")]),
        QueryError::Regex(_)
    ));
    assert_eq!(
        error(&[TextFilter::containing(&"x".repeat(5000))]),
        QueryError::TooLong
    );
    assert_eq!(
        error(&vec![TextFilter::containing("x"); 17]),
        QueryError::TooMany
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_piece_of_any_line_is_found(seed in 0_u64..3, line in 0_usize..10_000, from in 0_usize..200, length in 1_usize..12, negated: bool) {
        let telemetry = snapshot(seed);
        let filter = window(-90_000, 20_000);
        let lines = all(&telemetry, &filter);
        let text: Vec<char> = lines[line % lines.len()].text.chars().collect();
        let start = from % text.len();
        let piece: String = text[start..(start + length).min(text.len())].iter().collect();
        let mut query = TextFilter::containing(&piece);
        query.negated = negated;
        let count = check(&telemetry, &filter, &lines, &[query]);
        prop_assert!(negated || count > 0);
    }

    #[test]
    fn any_pattern_agrees_with_the_lines(pattern in "[a-d0-3 ./:=\\-\\[\\]()|?*+\"]{0,9}") {
        let telemetry = snapshot(1);
        let filter = window(-60_000, 10_000);
        if LineQuery::new(&[TextFilter::matching(&pattern)]).is_ok() {
            check(&telemetry, &filter, &all(&telemetry, &filter), &[TextFilter::matching(&pattern)]);
        }
    }
}

/// Patterns of few and of very many states, alone and in a row.
fn deciding() -> Vec<Vec<TextFilter>> {
    let matches = TextFilter::matching;
    vec![
        vec![],
        vec![TextFilter::containing("status=503")],
        vec![matches(r"basket/\d{3} status=(200|503)")],
        vec![matches("[0-9a-f]*1[0-9a-f]{12}")],
        vec![matches(r"\w{18}"), matches("[0-9]7").negate()],
        vec![matches(r"\w{5}\W\w{9}")],
        vec![matches(r".{60}z"), TextFilter::containing("a")],
        vec![TextFilter::containing("0123456789abcdef0123456789abcdef")],
    ]
}

#[test]
fn templates_are_decided_alike_in_slices_of_any_size() {
    let telemetry = snapshot(1);
    let filter = window(-HOUR_MS, HOUR_MS);
    for filters in deciding() {
        let query = LineQuery::new(&filters).unwrap();
        let begin = || Search::begin(Arc::clone(&telemetry), filter.clone(), query.clone());
        let mut at_once = begin();
        let whole = at_once.decide(Budget::work(u64::MAX));
        assert!(at_once.is_decided());
        for budget in [1, 700, 20_000] {
            let mut search = begin();
            let (mut slices, mut spent) = (0, 0);
            while !search.is_decided() {
                let work = search.decide(Budget::work(budget));
                assert!(work < budget + 200_000, "{filters:?}: {work} of {budget}");
                (slices, spent) = (slices + 1, spent + work);
                assert!(slices < 20_000, "{filters:?} gets no further");
            }
            // What was begun is gone through again, which costs little unless a slice is tiny.
            assert!(budget < 20_000 || spent <= whole * 3 / 2, "{filters:?}");
            let plans = |search: &Search| format!("{:?}", search.decided.plans);
            assert!(plans(&search) == plans(&at_once), "{filters:?}, {budget}");
            let older = |search| found(search, Direction::Older, 400, u64::MAX);
            assert!(older(&search) == older(&at_once), "{filters:?}, {budget}");
        }
    }
}

#[test]
fn copies_decide_for_themselves_what_was_begun_together() {
    let telemetry = snapshot(1);
    let query = LineQuery::new(&[TextFilter::matching(r"\w{18}")]).unwrap();
    let filter = window(-HOUR_MS, HOUR_MS);
    let mut one = Search::begin(telemetry, filter, query);
    one.decide(Budget::work(1));
    assert!(!one.is_decided());
    let mut other = one.clone();
    one.finish();
    assert!(one.is_decided() && !other.is_decided());
    while !other.is_decided() {
        other.decide(Budget::work(500));
    }
    let plans = |search: &Search| format!("{:?}", search.decided.plans);
    assert!(plans(&one) == plans(&other));
}
