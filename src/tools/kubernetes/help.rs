//! kubectl's help: the verbs in their sections, the verbs of a group, the flags of a verb.

use super::flags::{Flag, GLOBAL, Takes};
use super::outcome::KubectlOutcome;
use super::verbs::{self, Section, VERBS, Verb};

const SECTIONS: [(Section, &str); 8] = [
    (Section::Beginner, "Basic Commands (Beginner)"),
    (Section::Intermediate, "Basic Commands (Intermediate)"),
    (Section::Deploy, "Deploy Commands"),
    (Section::Cluster, "Cluster Management Commands"),
    (
        Section::Troubleshooting,
        "Troubleshooting and Debugging Commands",
    ),
    (Section::Advanced, "Advanced Commands"),
    (Section::Settings, "Settings Commands"),
    (Section::Other, "Other Commands"),
];

const FOOTER: &str = "Use \"kubectl <command> --help\" for more information about a given command.\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n";

/// `kubectl` alone.
pub fn main() -> KubectlOutcome {
    let mut text = String::from(
        "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n",
    );
    for (section, title) in SECTIONS {
        if section == Section::Other {
            text.push_str("Subcommands provided by plugins:\n\n");
        }
        text.push_str(&format!("{title}:\n"));
        for verb in VERBS.iter().filter(|verb| verb.section == section) {
            text.push_str(&format!("  {:<15} {}\n", verb.name, verb.about));
        }
        text.push('\n');
    }
    text.push_str("Usage:\n  kubectl [flags] [options]\n\n");
    text.push_str(FOOTER);
    KubectlOutcome::text(text)
}

/// A group alone: its verbs, and a failure as kubectl has it.
pub fn group(verb: &Verb, rest: &[String]) -> KubectlOutcome {
    let asked = rest.iter().any(|word| word == "--help" || word == "-h");
    let mut text = format!("{}.\n\nAvailable Commands:\n", verb.about);
    for sub in verbs::of_group(verb.name) {
        let name = sub.name.split(' ').nth(1).unwrap_or_default();
        text.push_str(&format!("  {name:<13} {}\n", sub.about));
    }
    text.push_str(&format!(
        "\nUsage:\n  kubectl {} SUBCOMMAND [options]\n\n",
        verb.name
    ));
    text.push_str(&FOOTER.replace("<command>", &format!("{} <command>", verb.name)));
    let mut outcome = KubectlOutcome::text(text);
    outcome.code = i32::from(!asked);
    outcome
}

/// A verb's flags.
pub fn verb(verb: &Verb) -> KubectlOutcome {
    if verb.action.is_none() {
        return group(verb, &["-h".to_owned()]);
    }
    let mut text = format!("{}.\n\nOptions:\n", verb.about);
    for flag in verb.flags {
        text.push_str(&flag_line(flag));
    }
    text.push_str(&format!(
        "\nUsage:\n  kubectl {} [flags] [options]\n\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
        verb.name
    ));
    KubectlOutcome::text(text)
}

fn flag_line(flag: &Flag) -> String {
    let short = if flag.short == ' ' {
        "    ".to_owned()
    } else {
        format!("-{}, ", flag.short)
    };
    let value = match flag.takes {
        Takes::Nothing => "=false",
        Takes::Value => "=''",
        Takes::Maybe(_) => "=\"\"",
    };
    format!("    {short}--{}{value}\n", flag.long)
}

/// `kubectl help VERB` and `kubectl options`.
pub fn of(rest: &[String], word: &str) -> KubectlOutcome {
    if word == "options" {
        let mut text = String::from("The following options can be passed to any command:\n\n");
        for flag in GLOBAL {
            text.push_str(&flag_line(flag));
        }
        return KubectlOutcome::text(text);
    }
    let words: Vec<&str> = rest
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if words.is_empty() {
        return main();
    }
    let found =
        verbs::find(&words.join(" ")).or_else(|| words.first().and_then(|word| verbs::find(word)));
    match found {
        Some(found) => verb(found),
        None => KubectlOutcome {
            stdout: String::new(),
            stderr: format!("Unknown help topic [`{}`]\n", words.join("` `")),
            code: 1,
            ..KubectlOutcome::default()
        },
    }
}
