//! What any workstation has: `date`, `whoami`, `hostname`, `uptime`, `env`, `help`, `man`. Never the real machine's.

use super::Small;
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::program::{Example, Run};
use crate::tools::registry::Registry;
use crate::tools::shared::columns;

/// The programs.
pub const PROGRAMS: [Small; 7] = [
    Small {
        name: "date",
        about: "Prints the date and time, always in UTC",
        seconds: 0,
        run: date,
        examples: &[Example {
            line: "date",
            about: "Now",
            prints: "Mon Mar  2 14:00:00 UTC 2026\n",
        }],
    },
    Small {
        name: "whoami",
        about: "Prints your handle",
        seconds: 0,
        run: |world, _| Run::text(format!("{}\n", world.trainee_handle())),
        examples: &[Example {
            line: "whoami",
            about: "Your handle",
            prints: "you\n",
        }],
    },
    Small {
        name: "hostname",
        about: "Prints this workstation's name",
        seconds: 0,
        run: |world, _| Run::text(format!("oncall.{}\n", world.plan().pack.estate.domain)),
        examples: &[Example {
            line: "hostname",
            about: "This workstation",
            prints: "oncall.alpha.example\n",
        }],
    },
    Small {
        name: "uptime",
        about: "Prints how long this workstation has been on: it is not where anything runs",
        seconds: 0,
        run: uptime,
        examples: &[Example {
            line: "uptime",
            about: "How long it has been on",
            prints: " 14:00:00 up 12 days,  3:41,  1 user,  load average: 0.08, 0.11, 0.09\n(of this workstation; for the nodes: kubectl top nodes)\n",
        }],
    },
    Small {
        name: "env",
        about: "Prints this shell's variables",
        seconds: 0,
        run: env,
        examples: &[Example {
            line: "env",
            about: "This shell's variables",
            prints: "USER=you\nHOME=/home/you\nHOSTNAME=oncall.alpha.example\nSHELL=/bin/bash\nTZ=UTC\nKUBECONFIG=/home/you/.kube/config\nKAFKA_BOOTSTRAP_SERVER=broker:9092\n(of this workstation; a pod's: kubectl exec POD -- env)\n",
        }],
    },
    Small {
        name: "help",
        about: "Lists what this workstation has",
        seconds: 0,
        run: |_, argv| argv.first().map_or_else(help, |name| man(name)),
        examples: &[Example {
            line: "help date",
            about: "One program",
            prints: "NAME\n    date - Prints the date and time, always in UTC\n\nEXAMPLES\n    date\n        Now\n\nIt runs on this workstation.\n",
        }],
    },
    Small {
        name: "man",
        about: "Explains a program with examples",
        seconds: 0,
        run: |_, argv| {
            argv.first().map_or_else(
                || Run::failed("What manual page do you want?\n", 1),
                |name| man(name),
            )
        },
        examples: &[
            Example {
                line: "man hostname",
                about: "One program",
                prints: "NAME\n    hostname - Prints this workstation's name\n\nEXAMPLES\n    hostname\n        This workstation\n\nIt runs on this workstation.\n",
            },
            Example {
                line: "man emacs",
                about: "A program that is not here",
                prints: "No manual entry for emacs\n",
            },
        ],
    },
];

/// `date`, `date +FORMAT`, `-u`.
fn date(world: &World, argv: &[String]) -> Run {
    let format = argv.iter().find_map(|word| word.strip_prefix('+'));
    let now = world.now();
    match format {
        None => Run::text(format!("{}\n", now.format("%a %b %e %H:%M:%S UTC %Y"))),
        Some("%s") => Run::text(format!("{}\n", now.secs())),
        // Only what cannot fail: chrono's own letters are fewer than those of the real program.
        Some(format)
            if format
                .chars()
                .all(|letter| "%YmdHMSFTzaAbBejuy -:/.,TZ".contains(letter))
                && !format.ends_with('%') =>
        {
            Run::text(format!("{}\n", now.format(format)))
        }
        Some(format) => Run::failed(format!("date: invalid format '{format}'\n"), 1),
    }
}

fn uptime(world: &World, _argv: &[String]) -> Run {
    Run::text(format!(
        " {} up 12 days,  3:41,  1 user,  load average: 0.08, 0.11, 0.09\n(of this workstation; for the nodes: kubectl top nodes)\n",
        world.now().format("%H:%M:%S")
    ))
}

fn env(world: &World, _argv: &[String]) -> Run {
    let estate = &world.plan().pack.estate;
    let user = world.trainee_handle();
    let mut text = format!(
        "USER={user}\nHOME=/home/{user}\nHOSTNAME=oncall.{}\nSHELL=/bin/bash\nTZ=UTC\nKUBECONFIG=/home/{user}/.kube/config\n",
        estate.domain
    );
    for cluster in estate.kafka.values() {
        text.push_str(&format!("KAFKA_BOOTSTRAP_SERVER={}\n", cluster.bootstrap));
    }
    text.push_str("(of this workstation; a pod's: kubectl exec POD -- env)\n");
    Run::text(text)
}

fn help() -> Run {
    let registry = Registry::standard();
    let rows: Vec<Vec<String>> = registry
        .programs()
        .filter(|program| !program.name().ends_with(".sh"))
        .map(|program| vec![program.name().to_owned(), program.about().to_owned()])
        .collect();
    Run::text(format!(
        "{}\n`man PROGRAM` shows examples.\n",
        columns(&rows)
    ))
}

fn man(name: &str) -> Run {
    let registry = Registry::standard();
    let Some(program) = registry.program(name) else {
        return Run::failed(format!("No manual entry for {name}\n"), 16);
    };
    let mut text = format!(
        "NAME\n    {} - {}\n\nEXAMPLES\n",
        program.name(),
        program.about()
    );
    for example in program.examples() {
        text.push_str(&format!(
            "    {}\n        {}\n",
            example.line, example.about
        ));
    }
    if program.family() == Family::Host {
        text.push_str("\nIt runs on this workstation.\n");
    }
    Run::text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_format_of_a_date_is_answered(format in "[+%a-zA-Z :.#-]{0,12}") {
            let _ = date(&small_world(), &[format!("+{format}")]);
        }
    }
}
