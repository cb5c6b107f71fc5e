//! Made-up words: people, messages, pages, changes, files, notebook, debrief.

use super::super::world::*;
use super::{BEGAN_MS, MINUTE_MS};

/// The title screen's scenarios.
pub fn scenarios() -> Vec<ScenarioRow> {
    let row = |id: &str,
               title: &str,
               difficulty: &str,
               stars,
               minutes,
               best: Option<(u32, &str)>,
               teaser: &str| ScenarioRow {
        id: id.into(),
        title: title.into(),
        teaser: teaser.into(),
        difficulty: difficulty.into(),
        stars,
        minutes,
        estate: "railway".into(),
        best: best.map(|(points, ending)| BestResult {
            points,
            out_of: 100,
            ending: ending.into(),
        }),
    };
    vec![
        row(
            "night-train",
            "Nobody can board the night train",
            "moderate",
            3,
            40,
            None,
            "Two thousand travellers stand at the turnstiles of a station that says their seats are taken. They are not. Support blames the fares release of this afternoon; the graphs half agree.",
        ),
        row(
            "green-lamp",
            "The lamp that stays green",
            "easy",
            2,
            20,
            Some((81, "resolved")),
            "Everything is up. Every check says so. The phones say otherwise.",
        ),
        row(
            "slow-postcards",
            "Postcards from last week",
            "hard",
            4,
            55,
            Some((37, "handed over")),
            "Confirmations arrive six days late, in order, and only for people whose names begin with M.",
        ),
        row(
            "broken",
            "An unfinished scenario",
            "unknown",
            1,
            10,
            None,
            "It does not load.",
        ),
    ]
}

/// The briefing.
pub fn briefing() -> Briefing {
    Briefing {
        title: "Nobody can board the night train".into(),
        severity: "SEV1".into(),
        role: "You are Sam, SRE on call for the ticket shop of a railway".into(),
        text: "It is Monday afternoon. Since about two o'clock, **turnstiles refuse travellers** whose tickets are good: \
               the seat they booked counts as taken.\n\n\
               - `fares` 7.3.1 went out at 13:24.\n- The station wants to know by 15:00 whether the 15:40 departs.\n- Anouk from support \
               keeps the channel `#incident-214` informed.\n\n\
               You have read access to everything and may change what an SRE on call may change."
            .into(),
        goals: vec![
            "Say in the channel what is affected, early.".into(),
            "Let travellers board again; then make sure that it stays so.".into(),
            "Name the cause: which component, by what mechanism, and why today.".into(),
        ],
    }
}

/// The people.
pub fn people() -> Vec<PersonRow> {
    let person = |handle: &str, name: &str, role: &str, on_call, is_me| PersonRow {
        handle: handle.into(),
        name: name.into(),
        role: role.into(),
        on_call,
        is_me,
    };
    vec![
        person("sam", "Sam", "SRE", true, true),
        person("anouk", "Anouk N.", "support lead", false, false),
        person("tomas", "Tomas W.", "seating team", true, false),
        person("ines", "Ines C.", "fares team", false, false),
    ]
}

/// The channels.
pub fn channels() -> Vec<ChannelRow> {
    let channel = |name: &str, unread, mentions| ChannelRow {
        name: name.into(),
        topic: String::new(),
        unread,
        mentions,
    };
    vec![
        channel("incident-214", 3, 2),
        channel("alerts", 12, 0),
        channel("deploys", 0, 0),
        channel("team-seating", 1, 0),
        channel("support", 7, 0),
        channel("random", 0, 0),
    ]
}

/// A channel's messages up to now.
#[expect(clippy::too_many_lines, reason = "a list of what is said")]
pub fn messages(channel: &str, now_ms: i64) -> Vec<MessageRow> {
    let mut rows = Vec::new();
    let mut say = |minutes: i64, author: &str, role: &str, text: &str, replies: u32| {
        rows.push(MessageRow {
            id: format!("slack/{channel}/{minutes}-{author}"),
            at_ms: BEGAN_MS + minutes * MINUTE_MS + 7_000,
            author: author.into(),
            role: role.into(),
            mentions_me: text.contains("@sam"),
            bot: role == "app",
            text: text.into(),
            replies,
            reactions: if replies > 1 {
                vec![("eyes".into(), 3)]
            } else {
                Vec::new()
            },
            ..MessageRow::default()
        });
    };
    match channel {
        "incident-214" => {
            say(
                -14,
                "anouk",
                "support lead",
                "first calls from the north hall: \"seat already taken\", tickets are fine",
                0,
            );
            say(
                -11,
                "anouk",
                "support lead",
                "now 40 calls. all of them the 15:40 and the 16:10",
                2,
            );
            say(
                -8,
                "ines",
                "fares team",
                "we shipped `fares 7.3.1` at 13:24, only rounding of prices. rolling back takes 10 min, say the word",
                0,
            );
            say(
                -3,
                "tomas",
                "seating team",
                "seating looks busy but fine from here, cpu at 30%. I restarted one pod, it got better for a minute",
                4,
            );
            say(
                1,
                "anouk",
                "support lead",
                "@sam are you on this? the station asks for an ETA",
                0,
            );
            say(
                4,
                "ines",
                "fares team",
                "@sam shall I roll back? everyone in #support says it is us",
                0,
            );
            say(9, "anouk", "support lead", "58 calls now", 0);
        }
        "alerts" => {
            for minute in -40..20 {
                if minute % 4 == 0 {
                    say(
                        minute,
                        "alertmanager",
                        "app",
                        "[FIRING] SeatingErrors: 5xx share of `seating` above 5 % for 5m",
                        0,
                    );
                }
            }
        }
        "deploys" => {
            say(
                -41,
                "shipit",
                "app",
                "fares 7.3.1 (4be19d0) rolled out to production, 3/3",
                0,
            );
            say(
                -26,
                "shipit",
                "app",
                "config: seating/lease.yaml changed by tomas (c07e2aa)",
                0,
            );
        }
        "team-seating" => {
            say(
                -26,
                "tomas",
                "seating team",
                "lease time up to 600 s, the import job kept losing its leases at night",
                1,
            );
        }
        _ => {
            say(
                -120,
                "anouk",
                "support lead",
                "quiet day so far \u{2600}",
                0,
            );
            say(-30, "ines", "fares team", "who took the good mug", 0);
        }
    }
    rows.retain(|row| row.at_ms <= now_ms);
    rows
}

/// The pages.
pub fn pages(state: PageState) -> Vec<PageRow> {
    let page = |id: &str, minutes: i64, state, title: &str, assignee: &str, is_mine| PageRow {
        id: id.into(),
        title: title.into(),
        service: "seating".into(),
        severity: if is_mine { "SEV1" } else { "SEV3" }.into(),
        state,
        at_ms: BEGAN_MS + minutes * MINUTE_MS,
        assignee: assignee.into(),
        is_mine,
    };
    vec![
        page(
            "INC-214",
            0,
            state,
            "Turnstiles refuse valid tickets: 31 % of boardings fail at two stations",
            "sam",
            true,
        ),
        page(
            "INC-213",
            -190,
            PageState::Resolved,
            "postcard queue older than 10 min",
            "tomas",
            false,
        ),
        page(
            "INC-209",
            -3000,
            PageState::Resolved,
            "timetable import late",
            "tomas",
            false,
        ),
    ]
}

/// What happened to a page.
pub fn page_timeline(page: &str, state: PageState) -> Vec<TimelineRow> {
    let row = |minutes: i64, who: &str, what: &str| TimelineRow {
        at_ms: BEGAN_MS + minutes * MINUTE_MS,
        who: who.into(),
        what: what.into(),
    };
    let mut rows = vec![
        row(-9, "alertmanager", "SeatingErrors began to fire"),
        row(0, "pagerduty", &format!("triggered {page} and called sam")),
    ];
    if page == "INC-214" && state != PageState::Triggered {
        rows.push(row(1, "sam", "acknowledged"));
    }
    rows
}

/// The changes.
pub fn changes() -> Vec<ChangeRow> {
    let change =
        |minutes: i64, kind, target: &str, name: &str, title: &str, author: &str| ChangeRow {
            id: format!("changes/{name}"),
            at_ms: BEGAN_MS + minutes * MINUTE_MS,
            kind,
            target: target.into(),
            name: name.into(),
            title: title.into(),
            author: author.into(),
            progress: String::new(),
        };
    let mut rows = vec![
        change(
            -26,
            ChangeKind::Config,
            "seating",
            "c07e2aa",
            "Raise the lease from 30 s to 600 s",
            "tomas",
        ),
        change(
            -41,
            ChangeKind::Rollout,
            "fares",
            "7.3.1",
            "7.3.0 to 7.3.1, 3/3 ready",
            "ines",
        ),
        change(
            -63,
            ChangeKind::Commit,
            "fares",
            "4be19d0",
            "Round prices half to even",
            "ines",
        ),
        change(
            -300,
            ChangeKind::Commit,
            "timetable",
            "91d0c3e",
            "Read the winter table",
            "tomas",
        ),
    ];
    rows.extend((1..30).map(|day| {
        change(
            -1440 * day,
            ChangeKind::Commit,
            "postcard",
            &format!("a{day:02}f00d"),
            "Bump dependencies",
            "renovate",
        )
    }));
    rows
}

/// A change in full.
pub fn change_detail(change: &str) -> Vec<DetailLine> {
    let line = |kind, text: &str| DetailLine {
        text: text.into(),
        kind,
    };
    vec![
        line(DetailKind::Heading, change),
        line(
            DetailKind::Text,
            "    The import loses its leases when it pauses for long.",
        ),
        line(DetailKind::Text, ""),
        line(DetailKind::Heading, "seating/lease.yaml"),
        line(DetailKind::Hunk, "@@ -3,5 +3,5 @@ lease:"),
        line(DetailKind::Text, "   renew_every_seconds: 10"),
        line(DetailKind::Removed, "-  held_for_seconds: 30"),
        line(DetailKind::Added, "+  held_for_seconds: 600"),
        line(DetailKind::Text, "   pool: 24"),
    ]
}

const FILES: [(&str, &str); 4] = [
    (
        "rail/seating/lease.yaml",
        "lease:\n  renew_every_seconds: 10\n  held_for_seconds: 600\n  pool: 24\n",
    ),
    (
        "rail/seating/lease.go",
        "package seating\n\nimport \"time\"\n\n// Hold keeps a seat until it is let go or its time is over.\nfunc (l *Lease) Hold(seat int) error {\n\tconn, err := l.pool.Take(l.ctx)\n\tif err != nil {\n\t\treturn err\n\t}\n\t// The connection stays with the lease.\n\tl.conns[seat] = conn\n\ttime.AfterFunc(l.heldFor, func() { l.release(seat) })\n\treturn nil\n}\n",
    ),
    (
        "rail/fares/round.go",
        "package fares\n\nfunc round(cents float64) int64 {\n\treturn int64(math.RoundToEven(cents))\n}\n",
    ),
    ("rail/README.md", "# rail\n\nThe ticket shop.\n"),
];

/// A folder's entries.
pub fn files(folder: &str) -> Vec<FileRow> {
    let prefix = if folder.is_empty() {
        String::new()
    } else {
        format!("{}/", folder.trim_end_matches('/'))
    };
    let mut rows: Vec<FileRow> = Vec::new();
    for (path, text) in FILES {
        let Some(rest) = path.strip_prefix(&prefix) else {
            continue;
        };
        let (name, is_folder) = match rest.split_once('/') {
            Some((name, _)) => (name, true),
            None => (rest, false),
        };
        if !rows.iter().any(|row| row.name == name) {
            rows.push(FileRow {
                name: name.into(),
                path: format!("{prefix}{name}"),
                is_folder,
                about: if is_folder {
                    String::new()
                } else {
                    format!("{} B", text.len())
                },
            });
        }
    }
    rows
}

/// A file's text, as edited.
pub fn file_text(path: &str, edits: &[(String, String)]) -> Option<String> {
    edits
        .iter()
        .find(|(known, _)| known == path)
        .map(|(_, text)| text.clone())
        .or_else(|| {
            FILES
                .iter()
                .find(|(known, _)| *known == path)
                .map(|(_, text)| (*text).to_owned())
        })
}

/// What a command prints.
pub fn shell_output(line: &str) -> Vec<ShellLine> {
    let (text, is_error) = match line.split_whitespace().next() {
        None | Some("clear" | "edit" | "watch") => return Vec::new(),
        Some("kubectl") => (
            "NAME                         READY   STATUS             RESTARTS        AGE\n\
             fares-7b6f5d9c8d-4kq2m       1/1     Running            0               41m\n\
             seating-6d9c7f5b44-x2lqp     1/1     Running            0               3m\n\
             seating-6d9c7f5b44-zz81d     1/1     Running            0               26m\n\
             timetable-import-9f6-7hxvn   0/1     CrashLoopBackOff   7 (2m ago)      19m\n\
             turnstile-55d8c9b7f6-p0w4k   1/1     Running            0               12d",
            false,
        ),
        Some("git") => (
            "c07e2aa (HEAD -> main) Raise the lease from 30 s to 600 s\n4be19d0 Round prices half to even",
            false,
        ),
        Some(_) => (
            "bash: that is not on this bastion; try kubectl, git or psql",
            true,
        ),
    };
    text.lines()
        .map(|text| ShellLine {
            text: text.into(),
            is_error,
        })
        .collect()
}

/// Candidates for a word.
pub fn complete(line: &str, cursor: usize) -> Completions {
    let before = line.get(..cursor).unwrap_or("");
    let from = before.rfind(' ').map_or(0, |at| at + 1);
    let word = before.get(from..).unwrap_or("");
    let known: &[(&str, &str)] = if from == 0 {
        &[
            ("kubectl ", "Kubernetes"),
            ("git ", "history"),
            ("psql ", "PostgreSQL"),
            ("kafka-consumer-groups ", "lag and offsets"),
        ]
    } else {
        &[
            ("pods ", "resource"),
            ("podtemplates ", "resource"),
            ("get ", "verb"),
            ("describe ", "verb"),
            ("rollout ", "verb"),
            ("deployments ", "resource"),
        ]
    };
    Completions {
        from,
        items: known
            .iter()
            .filter(|(text, _)| text.starts_with(word))
            .map(|(text, about)| Completion {
                text: (*text).into(),
                about: (*about).into(),
            })
            .collect(),
    }
}

/// The notebook at the start.
pub fn notebook() -> Notebook {
    let hint = |id: &str, title: &str, cost: &str, is_open| HintRow {
        id: id.into(),
        title: title.into(),
        cost: cost.into(),
        text: None,
        is_open,
    };
    Notebook {
        hints: vec![
            hint("where", "where to look", "4 points", true),
            hint("what", "what to look for", "6 points", false),
            hint("means", "what it means", "10 points", false),
        ],
        components: ["turnstile", "timetable", "seating", "fares", "postcard"]
            .map(String::from)
            .to_vec(),
        mechanisms: ["pool exhausted", "lease never released", "bad rollout"]
            .map(String::from)
            .to_vec(),
        ..Notebook::default()
    }
}

/// Opens a hint and the one after it.
pub fn take_hint(notebook: &mut Notebook, id: &str) {
    let mut opens = false;
    for hint in &mut notebook.hints {
        hint.is_open |= std::mem::take(&mut opens);
        if hint.id == id {
            hint.text = Some("Count the connections that seats hold, and how long.".into());
            opens = true;
        }
    }
}

/// The debrief.
pub fn report() -> Report {
    let entry = |minutes: i64, tone, what: &str| TimelineEntry {
        at_ms: BEGAN_MS + minutes * MINUTE_MS,
        what: what.into(),
        tone,
    };
    let times: Vec<i64> = (0..60)
        .map(|minute| BEGAN_MS + minute * MINUTE_MS)
        .collect();
    let curve = |peak: f64, mends: usize| {
        (0..60)
            .map(|at| {
                if at < mends {
                    peak
                } else {
                    peak * 0.8_f64.powi((at - mends) as i32)
                }
            })
            .collect()
    };
    Report {
        title: "Nobody can board the night train".into(),
        verdict: "Given up after 31 minutes; travellers board again only after midnight.".into(),
        points: 58,
        out_of: 100,
        is_win: false,
        incident: String::new(),
        is_open: false,
        sections: vec![
            Section {
                heading: "Score".into(),
                blocks: vec![
                    Block::Table(
                        [["measure", "you", "par", "points", "why"],
                         ["time to acknowledge", "1 min 12 s", "2 min", "10 of 10", "entry 4: INC-214 acknowledged"],
                         ["first update", "6 min", "5 min", "7 of 10", "entry 11: a post in #incident-214 that names boardings"],
                         ["mitigated", "never", "18 min", "0 of 30", "no entry changed the lease or the pool"]]
                            .map(|row| row.map(String::from).to_vec()).to_vec(),
                    ),
                    Block::Points(vec![
                        (Tone::Good, "You asked for a picture before you changed anything.".into()),
                        (Tone::Missed, "The configuration change at 13:39 was on the deploys channel and on two charts.".into()),
                        (Tone::Bad, "Entry 17 restarted every pod of seating: all leases were lost and taken again at once.".into()),
                    ]),
                ],
            },
            Section {
                heading: "What happened".into(),
                blocks: vec![
                    Block::Text("A lease holds a **connection** as long as it holds a seat. At 30 seconds nobody noticed; at 600, twenty-four seats are all it takes.".into()),
                    Block::Drawing(vec![
                        (Tone::Good, "lease raised to 600 s      found".into()),
                        (Tone::Plain, "        │".into()),
                        (Tone::Missed, "connections stay taken     missed: `seats_pool_in_use` was flat at 24".into()),
                        (Tone::Plain, "        │".into()),
                        (Tone::Good, "turnstiles refuse          found".into()),
                    ]),
                ],
            },
            Section {
                heading: "Impact".into(),
                blocks: vec![Block::Impact(Impact {
                    times,
                    title: "travellers refused a minute".into(),
                    curves: vec![("you".into(), curve(130.0, 52)), ("doing nothing".into(), curve(140.0, 60)), ("par".into(), curve(120.0, 16))],
                    marks: vec![Mark { at_ms: BEGAN_MS + 17 * MINUTE_MS, kind: MarkKind::Action, label: "restarted seating".into() }],
                })],
            },
            Section {
                heading: "Timeline".into(),
                blocks: vec![Block::Timeline(vec![
                    entry(-26, Tone::Plain, "The lease is raised"),
                    entry(1, Tone::Good, "You acknowledge INC-214"),
                    entry(17, Tone::Bad, "You restart every pod of seating"),
                    entry(31, Tone::Plain, "You give up"),
                ])],
            },
        ],
    }
}

pub fn dashboards() -> Vec<DashboardRow> {
    vec![DashboardRow {
        title: "Ticket shop".into(),
        about: "dashboard".into(),
        panels: vec![
            ("Sold".into(), "rate(tickets_sold_total[5m])".into()),
            ("Held".into(), "seat_lease_held".into()),
        ],
    }]
}

pub fn complete_query(query: &str, cursor: usize) -> Completions {
    let before = query.get(..cursor).unwrap_or(query);
    let from = before
        .rfind(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .map_or(0, |at| at + 1);
    let word = before.get(from..).unwrap_or("");
    let names = ["rate(", "tickets_sold_total", "tickets_refunded_total"];
    let items = names
        .into_iter()
        .filter(|name| name.starts_with(word))
        .map(|name| Completion {
            text: name.into(),
            about: "metric".into(),
        });
    Completions {
        from,
        items: items.collect(),
    }
}
