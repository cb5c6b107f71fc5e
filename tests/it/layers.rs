//! Holds the layers: reads the source and checks who uses whom, what the simulation must not touch, headers, sizes, and
//! that no scenario's names are in the program. Never compiles or runs anything.

mod names;
mod source;

use std::fmt;

use regex::Regex;
use source::{Source, sources};

/// The table of `docs/architecture.md`: a layer and the layers it may use besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("scenario", &["diag"]),
    ("sim", &["diag", "scenario"]),
    ("session", &["diag", "scenario", "sim"]),
    ("debrief", &["diag", "scenario", "sim", "session"]),
    ("tools", &["diag", "scenario", "sim", "session", "debrief"]),
    // Doors. They start and hold a session, show diagnostics and debriefs, and name instants; of the simulation they see
    // what the tools give them.
    ("tui", &["diag", "session", "debrief", "tools", "sim::time"]),
    // `check` and `list` are about files, not about a drill.
    (
        "cli",
        &[
            "diag",
            "scenario",
            "session",
            "debrief",
            "tools",
            "sim::time",
        ],
    ),
    ("mcp", &["diag", "session", "debrief", "tools", "sim::time"]),
];

/// What a layer must not name in its code: the pattern, where it is not allowed, where in there it is all the same, and why.
struct Ban {
    pattern: &'static str,
    layers: &'static [&'static str],
    except: &'static [&'static str],
    tests_too: bool,
    because: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        pattern: r"\b(HashMap|HashSet)\b",
        layers: &["diag", "scenario", "sim", "session", "debrief", "tools"],
        except: &[],
        tests_too: true,
        because: "its order differs from run to run: use BTreeMap or Vec",
    },
    Ban {
        pattern: r"\b(Instant::now|SystemTime|Utc::now|Local::now)\b",
        layers: &["diag", "scenario", "sim", "debrief", "tools"],
        except: &[],
        tests_too: true,
        because: "the wall clock is the session's and the doors'",
    },
    Ban {
        pattern: r"\bstd::(env|thread|net|process)\b",
        layers: &["diag", "scenario", "sim", "debrief", "tools"],
        except: &[],
        tests_too: false,
        because: "the machine is no part of a drill",
    },
    Ban {
        pattern: r"\bstd::fs\b|\b(File|OpenOptions)::",
        layers: &["diag", "scenario", "sim", "session", "debrief", "tools"],
        except: &["src/scenario/loader", "src/session/store"],
        tests_too: false,
        because: "files are for the scenario's loader and the session's store",
    },
    // No `pow`: floats have none, and that of integers is exact.
    Ban {
        pattern: r"\.(exp|exp2|exp_m1|ln|ln_1p|log|log2|log10|sin|cos|tan|sin_cos|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|powf|powi|sqrt|cbrt|hypot|mul_add)\(",
        layers: &["sim", "session", "debrief"],
        except: &[],
        tests_too: false,
        because: "its last bit is the platform's: use libm",
    },
    Ban {
        pattern: r"\bf(32|64)::(exp|exp2|exp_m1|ln|ln_1p|log|log2|log10|sin|cos|tan|sin_cos|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|powf|powi|sqrt|cbrt|hypot|mul_add)\b",
        layers: &["sim", "session", "debrief"],
        except: &[],
        tests_too: false,
        because: "its last bit is the platform's: use libm",
    },
    Ban {
        pattern: r"\brand::",
        layers: &["diag", "scenario", "sim", "debrief", "tools"],
        except: &[],
        tests_too: false,
        because: "a generator with a position: use keyed draws",
    },
    Ban {
        pattern: r"\b(ratatui|ratatui_\w+|crossterm|tui_input|clap|clap_\w+|tokio|rmcp)::",
        layers: &["diag", "scenario", "sim", "session", "debrief", "tools"],
        except: &[],
        tests_too: true,
        because: "only doors know terminals, command lines and protocols",
    },
    Ban {
        pattern: r"\b(clap|clap_\w+|tokio|rmcp)::",
        layers: &["tui"],
        except: &[],
        tests_too: true,
        because: "command lines and protocols are other doors'",
    },
    Ban {
        pattern: r"\b(ratatui|ratatui_\w+|crossterm|tui_input)::",
        layers: &["cli", "mcp"],
        except: &[],
        tests_too: true,
        because: "terminals are another door's",
    },
    Ban {
        pattern: r"\b(serde|serde_json|ron|thiserror|regex|chrono|libm)::",
        layers: &["diag"],
        except: &[],
        tests_too: true,
        because: "diagnostics need the standard library only",
    },
    Ban {
        pattern: r"\b(print|println|eprint|eprintln)!",
        layers: &[
            "diag", "scenario", "sim", "session", "debrief", "tools", "tui",
        ],
        except: &[],
        tests_too: false,
        because: "only the command line prints",
    },
    Ban {
        pattern: r"\b(todo|unimplemented|dbg)!",
        layers: &[
            "diag", "scenario", "sim", "session", "debrief", "tools", "tui", "cli", "mcp", "main",
            "lib",
        ],
        except: &[],
        tests_too: true,
        because: "it is not done",
    },
];

/// Lines without tests from which a file is looked at, and from which it fails.
const LOOKED_AT: usize = 500;
const TOO_LONG: usize = 800;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.what)
    }
}

fn finding(source: &Source, line: usize, what: impl Into<String>) -> Finding {
    Finding {
        path: source.path.clone(),
        line,
        what: what.into(),
    }
}

fn fail_on(findings: &[Finding]) {
    let text: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(findings.is_empty(), "\n{}\n", text.join("\n"));
}

/// Uses of other layers that the table does not allow.
fn check_uses(source: &Source) -> Vec<Finding> {
    let Some(layer) = source.layer() else {
        return Vec::new();
    };
    let allowed = match LAYERS.iter().find(|(name, _)| *name == layer) {
        Some((_, allowed)) => *allowed,
        None => {
            return vec![finding(
                source,
                1,
                format!("`{layer}` is in no layer: add it to the table"),
            )];
        }
    };
    let mut findings: Vec<Finding> = source
        .crate_paths()
        .into_iter()
        .filter(|(_, path)| !may_use(layer, allowed, path))
        .map(|(line, path)| finding(source, line, format!("`{layer}` must not use `{path}`")))
        .collect();
    findings.extend(source.paths_over_the_root().into_iter().map(|line| {
        finding(
            source,
            line,
            "`super::` reaches the crate's root: write `crate::`, so that the layer is seen",
        )
    }));
    findings
}

fn may_use(layer: &str, allowed: &[&str], path: &str) -> bool {
    let mut parts = path.split("::");
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    let is_module = LAYERS.iter().any(|(name, _)| *name == first);
    // What is no layer is a macro or a test's helper at the root.
    !is_module
        || first == layer
        || allowed.contains(&first)
        || allowed.contains(&format!("{first}::{second}").as_str())
}

/// The program's own file hands over to doors; of the rest it may name what they ask for.
fn check_main(source: &Source) -> Vec<Finding> {
    let named = Regex::new(r"\bfiredrill\s*::\s*(\w+)").unwrap();
    let lines = source.code.lines().enumerate();
    lines
        .flat_map(|(at, line)| named.captures_iter(line).map(move |found| (at, found)))
        .filter(|(_, found)| !["cli", "tui", "mcp", "session"].contains(&&found[1]))
        .map(|(at, found)| {
            finding(
                source,
                at + 1,
                format!(
                    "the program must not use `{}`: it hands over to doors",
                    &found[1]
                ),
            )
        })
        .collect()
}

fn check_bans(source: &Source) -> Vec<Finding> {
    let layer = source.layer().unwrap_or(if source.path == "src/main.rs" {
        "main"
    } else {
        "lib"
    });
    BANS.iter()
        .filter(|ban| ban.layers.contains(&layer))
        .filter(|ban| {
            !ban.except
                .iter()
                .any(|start| source.path.starts_with(start))
        })
        .flat_map(|ban| {
            let pattern = Regex::new(ban.pattern).unwrap();
            let lines = if ban.tests_too {
                usize::MAX
            } else {
                source.lines_without_tests
            };
            let matching =
                source
                    .code
                    .lines()
                    .take(lines)
                    .enumerate()
                    .filter_map(move |(at, line)| {
                        let found = pattern.find(line)?.as_str().to_owned();
                        Some(finding(
                            source,
                            at + 1,
                            format!("`{found}` in `{layer}`: {}", ban.because),
                        ))
                    });
            matching.collect::<Vec<_>>()
        })
        .collect()
}

fn check_header(source: &Source) -> Vec<Finding> {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//! ").unwrap_or_default();
    if says.len() >= 10 {
        Vec::new()
    } else {
        vec![finding(
            source,
            1,
            "the file must start with a `//! ` header: what it owns and what it must not do",
        )]
    }
}

fn check_size(source: &Source) -> Vec<Finding> {
    let lines = source.lines_without_tests;
    if lines > TOO_LONG {
        vec![finding(
            source,
            1,
            format!("{lines} lines without tests, at most {TOO_LONG} are allowed: split it"),
        )]
    } else {
        Vec::new()
    }
}

fn check_all(check: fn(&Source) -> Vec<Finding>) {
    let findings: Vec<Finding> = sources("src").iter().flat_map(check).collect();
    fail_on(&findings);
}

#[test]
fn a_layer_uses_those_below_it_only() {
    check_all(check_uses);
}

#[test]
fn the_program_hands_over_to_doors() {
    let findings: Vec<Finding> = sources("src")
        .iter()
        .filter(|source| source.path == "src/main.rs")
        .flat_map(check_main)
        .collect();
    fail_on(&findings);
}

#[test]
fn no_layer_names_what_it_must_not_touch() {
    check_all(check_bans);
}

#[test]
fn every_file_says_what_it_is() {
    let findings: Vec<Finding> = ["src", "tests", "benches", "examples", "fuzz/fuzz_targets"]
        .into_iter()
        .flat_map(sources)
        .flat_map(|source| check_header(&source))
        .collect();
    fail_on(&findings);
}

#[test]
fn no_file_is_too_long() {
    for source in sources("src")
        .iter()
        .filter(|source| source.lines_without_tests > LOOKED_AT)
    {
        println!(
            "look at {}: {} lines without tests",
            source.path, source.lines_without_tests
        );
    }
    check_all(check_size);
}

#[test]
fn modules_have_names() {
    let findings: Vec<Finding> = ["src", "tests", "benches"]
        .into_iter()
        .flat_map(sources)
        .filter(|source| source.path.ends_with("/mod.rs"))
        .map(|source| {
            finding(
                &source,
                1,
                "name the file after its module instead of `mod.rs`",
            )
        })
        .collect();
    fail_on(&findings);
}

#[test]
fn the_program_knows_no_scenario() {
    let names = names::of_scenarios();
    let findings: Vec<Finding> = sources("src")
        .iter()
        .flat_map(|source| names::check(source, &names))
        .collect();
    fail_on(&findings);
}

/// The rules themselves: each finds what it is there to find.
mod rules {
    use super::*;

    const NOWHERE: [usize; 0] = [];

    fn found(check: fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_use_of_a_higher_layer_is_found_however_it_is_written() {
        let uses = |path, text| found(check_uses, path, text);
        assert_eq!(uses("src/sim/time.rs", "use crate::session::clock;"), [1]);
        assert_eq!(
            uses("src/sim/time.rs", "\nfn f() { crate::tools::x() }"),
            [2]
        );
        assert_eq!(
            uses("src/sim.rs", "use crate::{diag, tui::{pane, theme}};"),
            [1]
        );
        assert_eq!(
            uses(
                "src/sim.rs",
                "use crate::{\n    scenario::{tools, tui},\n    diag,\n};"
            ),
            NOWHERE
        );
        assert_eq!(uses("src/tui/pane.rs", "use crate::cli::run;"), [1]);
        assert_eq!(
            uses("src/tui/pane.rs", "use crate::sim::time::SimTime;"),
            NOWHERE
        );
        assert_eq!(
            uses("src/tui/pane.rs", "use crate::sim::world::World;"),
            [1]
        );
        assert_eq!(uses("src/tui/pane.rs", "use crate::sim;"), [1]);
        assert_eq!(uses("src/main.rs", "use firedrill::{cli, tui};"), NOWHERE);
        assert_eq!(uses("src/other.rs", ""), [1]);
    }

    #[test]
    fn every_layer_of_the_design_has_its_row() {
        let rows: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            rows,
            [
                "diag", "scenario", "sim", "session", "debrief", "tools", "tui", "cli", "mcp"
            ]
        );
        let allows = |layer: &str, other: &str| {
            LAYERS.iter().any(|(name, may)| {
                *name == layer && may.iter().any(|may| may.split(':').next() == Some(other))
            })
        };
        for door in ["tui", "cli", "mcp"] {
            for (layer, _) in LAYERS {
                assert!(!allows(layer, door), "{layer} may use the door {door}");
            }
        }
        assert!(
            !allows("debrief", "tools")
                && !allows("session", "debrief")
                && !allows("sim", "session")
        );
    }

    #[test]
    fn the_program_may_name_doors_alone() {
        let main = |text| found(check_main, "src/main.rs", text);
        assert_eq!(
            main("use firedrill::cli::{self};\nuse firedrill::session::journal::Mode;"),
            NOWHERE
        );
        assert_eq!(main("use firedrill::cli;\nuse firedrill::sim::World;"), [2]);
    }

    #[test]
    fn comments_and_texts_are_no_uses() {
        let text = "// crate::tools\n/* crate::tools /* */ crate::tools */\nlet a = \"crate::tools\";\n\
                    let b = r#\"\" crate::tools\"#; let c = '\"'; let d = \"\\\" crate::tools\";\nfn f<'a>() {}";
        assert_eq!(found(check_uses, "src/sim.rs", text), NOWHERE);
        let after = format!("{text}\nuse crate::tools;");
        assert_eq!(found(check_uses, "src/sim.rs", &after), [6]);
    }

    #[test]
    fn the_root_is_not_reached_from_below() {
        let uses = |path, text| found(check_uses, path, text);
        assert_eq!(uses("src/sim/git.rs", "use super::super::tools;"), [1]);
        assert_eq!(uses("src/sim/git.rs", "use super::draw;"), NOWHERE);
        assert_eq!(uses("src/sim.rs", "use super::tools;"), [1]);
        assert_eq!(
            uses(
                "src/sim.rs",
                "#[cfg(test)]\nmod tests {\n    use super::*;\n}"
            ),
            NOWHERE
        );
    }

    #[test]
    fn what_the_simulation_must_not_touch_is_found() {
        let bans = |text| found(check_bans, "src/sim/draw.rs", text);
        assert_eq!(bans("let x = y.exp();\nlet z = f64::powi(x, 2);"), [1, 2]);
        assert_eq!(
            bans("let x = libm::exp(y);\nlet n = 10_u64.pow(3);\nlet s = n.isqrt();"),
            NOWHERE
        );
        assert_eq!(bans("use std::collections::HashMap;"), [1]);
        assert_eq!(bans("let now = std::time::Instant::now();"), [1]);
        assert_eq!(bans("std::fs::read(\"x\")"), [1]);
        assert_eq!(bans("#[cfg(test)]\nlet x = 2.0_f64.sqrt();"), NOWHERE);
        assert_eq!(bans("#[cfg(test)]\nlet x = HashSet::new();"), [2]);
        assert_eq!(bans("todo!()"), [1]);
    }

    #[test]
    fn a_place_for_files_may_touch_them() {
        let bans = |path| found(check_bans, path, "std::fs::read(x)");
        assert_eq!(bans("src/session/store/folder.rs"), NOWHERE);
        assert_eq!(bans("src/session/journal.rs"), [1]);
        assert_eq!(bans("src/scenario/loader/files.rs"), NOWHERE);
        assert_eq!(bans("src/cli/check.rs"), NOWHERE);
    }

    #[test]
    fn headers_and_sizes_are_held() {
        assert_eq!(
            found(check_header, "src/a.rs", "//! Owns a, never b.\n"),
            NOWHERE
        );
        assert_eq!(
            found(check_header, "src/a.rs", "use x;\n//! Owns a, never b."),
            [1]
        );
        assert_eq!(found(check_header, "src/a.rs", "//!\n"), [1]);
        let long = "x\n".repeat(TOO_LONG);
        assert_eq!(
            found(
                check_size,
                "src/a.rs",
                &format!("{long}#[cfg(test)]\n{long}")
            ),
            NOWHERE
        );
        assert_eq!(
            found(check_size, "src/a.rs", &format!("{long}x\n#[cfg(test)]\n")),
            [1]
        );
        assert_eq!(
            found(
                check_size,
                "src/a.rs",
                &format!("//! Only tests.\n\n#![cfg(test)]\n{long}")
            ),
            NOWHERE
        );
    }
}
