//! What could stand at a place of a command line: programs, verbs, kinds, names, flags, files, channels, variables.

use super::Workbench;
use super::language::is_name;
use super::state::State;
use crate::tools::code::text::Files;
use crate::tools::kubernetes;

/// The most candidates.
const MOST: usize = 200;

/// Candidates with what they are.
type Candidates = Vec<(String, String)>;

impl Workbench {
    /// What could stand at a place of a command line: where the word begins, and candidates with what they are.
    pub fn complete(&self, line: &str, cursor: usize) -> (usize, Vec<(String, String)>) {
        let before = line.get(..cursor).unwrap_or(line);
        let (from, words) = words_before(before);
        let word = before.get(from..).unwrap_or("");
        let mut found = self.candidates(&words, word);
        found.retain(|(text, _)| text.starts_with(word) && text.trim_end() != word);
        found.sort();
        found.dedup_by(|left, right| left.0 == right.0);
        found.truncate(MOST);
        (from, found)
    }

    fn candidates(&self, words: &[String], word: &str) -> Candidates {
        if let Some(name) = word.strip_prefix('$') {
            return self.variables(name);
        }
        let words = expanded(&self.shell, words);
        let Some((program, args)) = words.split_first() else {
            return self.programs(word);
        };
        let program = program.as_str();
        match program {
            "man" | "help" | "which" | "type" | "sudo" | "time" | "xargs" | "command"
            | "timeout"
                if args.is_empty() =>
            {
                self.programs(word)
            }
            "sudo" | "time" | "xargs" | "command" => self.candidates(args, word),
            "watch" => {
                let inner: Vec<String> = args
                    .iter()
                    .filter(|word| !word.starts_with('-'))
                    .cloned()
                    .collect();
                self.candidates(&inner, word)
            }
            "kubectl" => self.kubectl(args, word),
            "slack" | "pd" | "sentry" | "flags" | "wiki" | "tickets" | "jira" | "ship"
            | "services" | "oncall" | "curl" | "dig" | "host" | "nslookup" | "datadog" => {
                self.own(program, args, word)
            }
            "git" => self.git(args, word),
            "export" | "unset" => self.variables(word),
            _ if word.starts_with('-') => self.flags_of(program),
            _ => self.files(word, program == "cd"),
        }
    }

    fn programs(&self, word: &str) -> Candidates {
        if word.contains('/') {
            return self.files(word, false);
        }
        let registry = self.registry.programs();
        let programs = registry
            .filter(|program| !program.name().ends_with(".sh"))
            .map(|program| (format!("{} ", program.name()), program.about().to_owned()));
        let builtins = super::builtins::NAMES
            .iter()
            .map(|name| (format!("{name} "), "the shell's own".to_owned()));
        let aliases = self
            .shell
            .aliases
            .iter()
            .map(|(name, value)| (format!("{name} "), format!("alias for {value}")));
        programs.chain(builtins).chain(aliases).collect()
    }

    fn variables(&self, name: &str) -> Candidates {
        const KNOWN: [&str; 7] = [
            "HOME",
            "PWD",
            "OLDPWD",
            "USER",
            "HOSTNAME",
            "KUBECONFIG",
            "?",
        ];
        let own = self.shell.variables.keys().map(String::as_str);
        own.chain(KNOWN)
            .filter(|known| known.starts_with(name) && (is_name(known) || name.is_empty()))
            .map(|known| (format!("${known}"), "variable".to_owned()))
            .collect()
    }

    fn files(&self, word: &str, folders_only: bool) -> Candidates {
        let files = Files {
            world: self.world(),
            cwd: &self.shell.place.cwd,
            scratch: &self.shell.scratch,
        };
        let (folder, start) = match word.rfind('/') {
            Some(at) => word.split_at(at + 1),
            None => ("", word),
        };
        let path = if folder.is_empty() {
            self.shell.place.cwd.clone()
        } else {
            files.resolve(folder)
        };
        files
            .list(&path)
            .into_iter()
            .filter(|(name, _, is_folder)| {
                (*is_folder || !folders_only) && (!name.starts_with('.') || start.starts_with('.'))
            })
            .map(|(name, _, is_folder)| {
                if is_folder {
                    (format!("{folder}{name}/"), "folder".to_owned())
                } else {
                    (format!("{folder}{name} "), "file".to_owned())
                }
            })
            .collect()
    }

    fn kubectl(&self, args: &[String], word: &str) -> Candidates {
        let last = args.last().map(String::as_str);
        if matches!(last, Some("-n" | "--namespace")) {
            let namespaces = self.world().plan().pack.estate.namespaces.keys();
            return namespaces
                .map(|name| (format!("{name} "), "namespace".to_owned()))
                .collect();
        }
        let cluster = self.world().cluster();
        let mut found: Candidates = kubernetes::complete(cluster, &verb_first(args, word))
            .into_iter()
            .map(|word| {
                let about = if word.starts_with('-') {
                    "flag"
                } else if args.is_empty() {
                    "verb"
                } else {
                    ""
                };
                (format!("{word} "), about.to_owned())
            })
            .collect();
        let pod_is_wanted = matches!(
            args.iter()
                .find(|word| !word.starts_with('-'))
                .map(String::as_str),
            Some("logs" | "exec" | "port-forward" | "attach")
        );
        if pod_is_wanted {
            for (name, about) in &mut found {
                if !name.starts_with('-') && about.is_empty() {
                    "pod".clone_into(about);
                }
            }
        }
        if matches!(last, Some("-o" | "--output")) {
            found = [
                "wide",
                "yaml",
                "json",
                "name",
                "jsonpath=",
                "custom-columns=",
            ]
            .map(|form| {
                let gap = if form.ends_with('=') { "" } else { " " };
                (format!("{form}{gap}"), "form of output".to_owned())
            })
            .to_vec();
        }
        if matches!(last, Some("-f" | "--filename")) {
            return self.files(word, false);
        }
        found
    }

    fn git(&self, args: &[String], word: &str) -> Candidates {
        const VERBS: [(&str, &str); 20] = [
            ("add", "stage files"),
            ("blame", "who wrote each line"),
            ("branch", "branches"),
            ("checkout", "switch, or take files back"),
            ("commit", "record what is staged"),
            ("diff", "what changed"),
            ("fetch", "see what others pushed"),
            ("grep", "find lines"),
            ("log", "commits"),
            ("merge", "join a branch"),
            ("pull", "fetch and join"),
            ("push", "give commits to everybody"),
            ("reset", "take back"),
            ("restore", "take files back"),
            ("revert", "undo a commit by another"),
            ("show", "a commit"),
            ("stash", "put changes aside"),
            ("status", "what is changed"),
            ("switch", "go to a branch"),
            ("tag", "tags"),
        ];
        let Some(verb) = args.first() else {
            return VERBS
                .iter()
                .map(|(verb, about)| (format!("{verb} "), (*about).to_owned()))
                .collect();
        };
        if word.starts_with('-') {
            return [
                "--oneline ",
                "--since=",
                "--author=",
                "--stat ",
                "--graph ",
                "-p ",
                "-n ",
                "--grep=",
                "-S ",
                "--all ",
            ]
            .map(|flag| (flag.to_owned(), "flag".to_owned()))
            .to_vec();
        }
        let mut found = self.files(word, false);
        let repo = self.shell.place.cwd.split('/').next().unwrap_or("");
        if matches!(
            verb.as_str(),
            "checkout"
                | "switch"
                | "merge"
                | "log"
                | "show"
                | "diff"
                | "push"
                | "branch"
                | "revert"
                | "cherry-pick"
        ) && let Some(repository) = self.world().repositories().get(repo)
        {
            let commits = repository.commits().rev().take(40);
            found.extend(commits.map(|(index, commit)| {
                (format!("{} ", repository.short_id(index)), commit.subject())
            }));
        }
        found
    }

    /// Words of the game's own programs: verbs, channels, services, people.
    fn own(&self, program: &str, args: &[String], word: &str) -> Candidates {
        let world = self.world();
        let estate = &world.plan().pack.estate;
        let verbs: &[&str] = match program {
            "slack" => &["list", "read", "search", "post", "reply"],
            "pd" => &["list", "show", "timeline", "ack", "resolve"],
            "sentry" => &["projects", "issues", "issue"],
            "flags" => &["list", "get", "set"],
            "datadog" => &["traces", "trace", "query"],
            "wiki" | "tickets" | "jira" => &["list", "search", "show"],
            _ => &[],
        };
        if args.is_empty() && !verbs.is_empty() {
            return verbs
                .iter()
                .map(|verb| (format!("{verb} "), "verb".to_owned()))
                .collect();
        }
        match program {
            "slack" => {
                let hash = if word.starts_with('#') || word.is_empty() {
                    "#"
                } else {
                    ""
                };
                let channels = estate.channels.keys();
                channels
                    .map(|name| {
                        (
                            format!("{hash}{} ", name.trim_start_matches('#')),
                            "channel".to_owned(),
                        )
                    })
                    .collect()
            }
            "pd" => {
                let incidents = crate::tools::pagerduty::incidents::all(world).into_iter();
                incidents
                    .map(|one| (format!("{} ", one.id), one.title.clone()))
                    .collect()
            }
            "datadog" => {
                let traces = crate::sim::traces::Traces::of(world);
                let services = traces.services();
                services
                    .map(|(_, service)| (format!("{} ", service.name), "service".to_owned()))
                    .collect()
            }
            "wiki" => {
                let pages = world.plan().pack.wiki.keys();
                pages
                    .map(|name| (format!("{name} "), "page".to_owned()))
                    .collect()
            }
            "flags" => {
                let flags = world.facts().flags.keys();
                flags
                    .map(|name| (format!("{name} "), "flag".to_owned()))
                    .collect()
            }
            "tickets" | "jira" => {
                let scenario = &world.plan().pack.scenario.tickets;
                let tickets = scenario.iter().chain(&estate.tickets);
                tickets
                    .map(|(key, ticket)| (format!("{key} "), ticket.title.clone()))
                    .collect()
            }
            "oncall" => {
                let teams = estate.teams.keys();
                teams
                    .map(|name| (format!("{name} "), "team".to_owned()))
                    .collect()
            }
            _ => {
                let services = world.plan().services.iter();
                services
                    .map(|service| (format!("{} ", service.name), service.spec.about.clone()))
                    .collect()
            }
        }
    }

    /// Flags that a program's own sentence names.
    fn flags_of(&self, program: &str) -> Candidates {
        let about = self
            .registry
            .program(program)
            .map_or("", crate::tools::Program::about);
        about
            .split(|letter: char| letter.is_whitespace() || ",;".contains(letter))
            .filter(|word| word.starts_with('-') && word.len() > 1)
            .map(|flag| (format!("{flag} "), "flag".to_owned()))
            .collect()
    }
}

/// kubectl's words with flags that stand before the verb put behind it, and the word that is being typed.
fn verb_first(args: &[String], word: &str) -> Vec<String> {
    let mut flags = Vec::new();
    let mut rest = args.iter().peekable();
    while let Some(flag) = rest.next_if(|word| word.starts_with('-')) {
        flags.push(flag.clone());
        if matches!(flag.as_str(), "-n" | "--namespace" | "--context") {
            flags.extend(rest.next().cloned());
        }
    }
    let mut words: Vec<String> = rest.next().cloned().into_iter().collect();
    words.append(&mut flags);
    words.extend(rest.cloned());
    words.push(word.to_owned());
    words
}

/// Words with an alias in the first place replaced.
fn expanded(state: &State, words: &[String]) -> Vec<String> {
    let Some((first, rest)) = words.split_first() else {
        return Vec::new();
    };
    match state.aliases.get(first) {
        Some(value) => value
            .split_whitespace()
            .map(str::to_owned)
            .chain(rest.iter().cloned())
            .collect(),
        None => words.to_vec(),
    }
}

/// Where the last word begins, and the words of its command before it.
fn words_before(text: &str) -> (usize, Vec<String>) {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<(usize, String)> = None;
    let mut quote = None;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert((at, String::new()));
            }
            (None, '\\') => {
                let next = letters.next();
                let held = word.get_or_insert((at, String::new()));
                held.1.extend(next.map(|(_, letter)| letter));
            }
            (None, '|' | ';' | '&' | '(' | '`') => {
                word = None;
                words.clear();
            }
            (None, letter) if letter.is_whitespace() => {
                if let Some((_, word)) = word.take() {
                    let opens = matches!(
                        word.as_str(),
                        "do" | "then" | "else" | "{" | "!" | "if" | "while"
                    );
                    let assigns = words.is_empty()
                        && word.split_once('=').is_some_and(|(name, _)| is_name(name));
                    if opens && words.is_empty() || assigns {
                        words.clear();
                    } else {
                        words.push(word);
                    }
                }
            }
            (_, letter) => word.get_or_insert((at, String::new())).1.push(letter),
        }
    }
    let from = word.map_or(text.len(), |(at, _)| at);
    (from, words)
}

#[cfg(test)]
mod tests {
    use super::words_before;

    #[test]
    fn the_command_of_a_word() {
        let of = |text: &str| {
            let (from, words) = words_before(text);
            (from, words.join(" "))
        };
        assert_eq!(of("kubectl get po"), (12, "kubectl get".to_owned()));
        assert_eq!(of("kubectl get pods | gr"), (19, String::new()));
        assert_eq!(of("a && b c "), (9, "b c".to_owned()));
        assert_eq!(of("for p in x; do ec"), (15, String::new()));
        assert_eq!(of("X=1 kub"), (4, String::new()));
        assert_eq!(of("echo $(kubectl get "), (19, "kubectl get".to_owned()));
        assert_eq!(of("cat 'a b"), (4, "cat".to_owned()));
    }
}
