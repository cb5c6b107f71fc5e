//! The table of remedies of the first incident: what each does to checkout, the lag, what expires and the carts after 5, 30
//! and 120 minutes; each cause mended alone, both in either order, each mending undone, each by three routes.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::command::Command;
use firedrill::sim::git::command::RepoCommand;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;
use firedrill::sim::world::trainee::DrillState;
use firedrill::tools::program::Run;
use firedrill::tools::{Place, Registry};

use super::reference_runs::player::words;

const SET: &str = "kubectl set env deployment/accounting -n backoffice KAFKA_SESSION_TIMEOUT_MS=45000 KAFKA_HEARTBEAT_INTERVAL_MS=3000 KAFKA_MAX_POLL_INTERVAL_MS=300000";
const UNSET: &str = "kubectl set env deployment/accounting -n backoffice KAFKA_SESSION_TIMEOUT_MS- KAFKA_HEARTBEAT_INTERVAL_MS- KAFKA_MAX_POLL_INTERVAL_MS-";

/// The world at the page, without an end: rows are compared after two hours whatever was done.
fn world() -> World {
    static AT_PAGE: OnceLock<Mutex<World>> = OnceLock::new();
    let open = || {
        let root = Source::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        let pack =
            loader::load(&root, "carts-emptying").expect("the shipped scenario has no problems");
        Mutex::new(World::open(Arc::new(Plan::new(Arc::new(pack))), 7).endless())
    };
    AT_PAGE
        .get_or_init(open)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Types a command line that changes something.
fn type_in(world: &mut World, line: &str) {
    let registry = Registry::standard();
    let argv = words(line);
    let (name, args) = argv.split_first().expect("a program");
    let program = registry.program(name).expect("the program exists");
    match program.run(world, &Place::default(), args, "") {
        Run::Act(act) => {
            for command in act.commands {
                world
                    .apply(&command)
                    .unwrap_or_else(|error| panic!("{line}: {error}"));
            }
        }
        Run::Answer(answer) => panic!("{line}: {}{}", answer.text, answer.error),
    }
}

fn edit(world: &mut World, path: &str, change: impl Fn(&str) -> String) {
    let files = world.worktree("shop").expect("the clone").files().clone();
    let before = files.file(path).expect("the file").to_string();
    let text = change(&before);
    assert_ne!(before, text, "{path} is changed");
    let command = RepoCommand::Write {
        path: path.to_owned(),
        text: Some(text),
    };
    world
        .apply(&Command::Repository {
            repo: "shop".to_owned(),
            command,
        })
        .expect("the file is saved");
}

fn pass(world: &mut World, minutes: i64) {
    let target = world.now() + Span::from_mins(minutes);
    world.advance_to(target);
}

/// One change: command lines, or an edit that is shipped.
#[derive(Clone, Copy)]
enum Does {
    Nothing,
    Lines(&'static [&'static str]),
    Defaults,
    EnvFile,
    RetentionFile,
    CartLast,
}

fn do_it(world: &mut World, does: Does) {
    match does {
        Does::Nothing => {}
        Does::Lines(lines) => lines
            .iter()
            .for_each(|line| type_in(world, &line.replace("@KAFKA", BROKER))),
        Does::Defaults => {
            edit(world, "src/accounting/Consumer.cs", |text| {
                text.replace(
                    "throw new InvalidOperationException($\"{name} not configured\");",
                    "return fallback;",
                )
                .replace("Required(string name)", "Setting(string name, int fallback)")
                .replace("Required(\"KAFKA_SESSION_TIMEOUT_MS\")", "Setting(\"KAFKA_SESSION_TIMEOUT_MS\", 45000)")
                .replace("Required(\"KAFKA_HEARTBEAT_INTERVAL_MS\")", "Setting(\"KAFKA_HEARTBEAT_INTERVAL_MS\", 3000)")
                .replace("Required(\"KAFKA_MAX_POLL_INTERVAL_MS\")", "Setting(\"KAFKA_MAX_POLL_INTERVAL_MS\", 300000)")
            });
            type_in(world, "ship accounting");
        }
        Does::EnvFile => {
            edit(world, ".env", |text| {
                format!(
                    "{}\nKAFKA_SESSION_TIMEOUT_MS=45000\nKAFKA_HEARTBEAT_INTERVAL_MS=3000\nKAFKA_MAX_POLL_INTERVAL_MS=300000\n",
                    text.trim_end()
                )
            });
            type_in(world, "ship accounting");
        }
        Does::RetentionFile => {
            edit(world, "docker-compose.yml", |text| {
                text.replace("KAFKA_LOG_RETENTION_HOURS=4", "KAFKA_LOG_RETENTION_HOURS=24")
            });
            type_in(world, "ship kafka");
        }
        Does::CartLast => {
            edit(world, "src/checkout/main.go", |text| {
                let empties = "\tif err := cs.emptyUserCart(ctx, req.GetUserId()); err != nil {\n\t\tlog.Warn(\"cart not emptied\", \"error\", err)\n\t}\n\n";
                let placed = "\tordersPlaced.WithLabelValues(\"ok\").Inc()\n";
                assert!(text.contains(empties) && text.contains(placed));
                text.replacen(empties, "", 1)
                    .replacen(placed, &format!("{empties}{placed}"), 1)
            });
            type_in(world, "ship checkout");
        }
    }
}

const BROKER: &str = "--bootstrap-server kafka:9092";

/// What is measured of a world.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Measure {
    /// Share of orders that succeed.
    success: f64,
    /// Messages that accounting has still to read.
    lag: u64,
    /// Messages that were gone before accounting read them.
    expired: u64,
    /// How strongly carts vanish (0 to 1).
    vanish: f64,
    /// Share of the carts' keys that Valkey holds.
    carts: f64,
}

fn measure(world: &World) -> Measure {
    let names = &world.plan().names;
    let route = names.routes[&(
        "checkout".to_owned(),
        "shop.CheckoutService/PlaceOrder".to_owned(),
    )];
    let group = names.groups["accounting"];
    Measure {
        success: 1.0 - world.flows().routes[route.index()].failing(),
        lag: world.lag(group),
        expired: world.expired(group),
        vanish: world.intensity(names.faults["carts-vanish"]),
        carts: world.valkey()[0].filled(world.now()),
    }
}

#[test]
fn show() {
    let rows: &[(&str, Does)] = &[
        ("nothing", Does::Nothing),
        ("set the variables", Does::Lines(&[SET])),
        ("roll accounting back", Does::Lines(&["kubectl rollout undo deployment/accounting -n backoffice"])),
        ("ship defaults", Does::Defaults),
        (".env", Does::EnvFile),
        ("accounting to zero", Does::Lines(&["kubectl scale deployment/accounting -n backoffice --replicas=0"])),
        ("retention by topic", Does::Lines(&["kafka-configs @KAFKA --alter --entity-type topics --entity-name orders --add-config retention.ms=86400000"])),
        ("retention by broker", Does::Lines(&["kubectl set env statefulset/kafka -n data KAFKA_LOG_RETENTION_HOURS=24"])),
        ("retention by file", Does::RetentionFile),
        ("cart last", Does::CartLast),
        ("restart cart", Does::Lines(&["kubectl rollout restart deployment/cart -n shop"])),
        ("restart checkout", Does::Lines(&["kubectl rollout restart deployment/checkout -n shop"])),
        ("memory", Does::Lines(&["kubectl set resources deployment/cart -n shop --limits=memory=1Gi"])),
        ("scale checkout", Does::Lines(&["kubectl scale deployment/checkout -n shop --replicas=12"])),
        ("flush", Does::Lines(&["valkey-cli -h valkey-cart --yes FLUSHALL"])),
        ("skip", Does::Lines(&["kafka-consumer-groups @KAFKA --group accounting --topic orders --reset-offsets --to-latest --execute"])),
        ("delete topic", Does::Lines(&["kafka-topics @KAFKA --delete --topic orders"])),
        ("restart broker", Does::Lines(&["kubectl rollout restart statefulset/kafka -n data"])),
    ];
    for (name, does) in rows {
        let mut world = world();
        do_it(&mut world, *does);
        for minutes in [1, 4, 25, 90] {
            pass(&mut world, minutes);
            let m = measure(&world);
            println!(
                "{name:<22} {:>4}m success {:.3} lag {:>6} expired {:>6} vanish {:.2} carts {:.2} loss {:>7.0} skipped {} {:?}",
                (world.now() - world.plan().page).secs() / 60,
                m.success, m.lag, m.expired, m.vanish, m.carts, world.loss().total(),
                world.groups()[world.plan().names.groups["accounting"].index()].skipped,
                world.drill()
            );
        }
    }
}
