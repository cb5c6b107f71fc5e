//! Tests of background commits: they apply, they repeat, they keep away from what is protected.

use super::*;
use crate::sim::git::Repository;
use crate::sim::git::tests::{commit, person, source, start};

const FILES: [(&str, &str); 7] = [
    (
        "svc/web/go.mod",
        "module web\n\ngo 1.22\n\nrequire (\n\tgithub.com/x/y v1.2.3\n\tgolang.org/x/net v0.30.1\n)\n",
    ),
    (
        "svc/web/main.go",
        "package main\n\n// starts the server and waits for it\nfunc main() {\n\t// nothing to see in here\n}\n",
    ),
    (
        "svc/api/package.json",
        "{\n  \"name\": \"api\",\n  \"version\": \"1.0.0\",\n  \"dependencies\": {\n    \"fastify\": \"^4.28.1\"\n  }\n}\n",
    ),
    ("svc/api/config.yaml", "log:\n  level: info\n  sample: 10\n"),
    (
        "svc/job/Job.csproj",
        "<Project>\n  <PackageReference Include=\"Dapper\" Version=\"2.1.35\" />\n</Project>\n",
    ),
    ("svc/job/requirements.txt", "requests==2.31.0\n"),
    ("README.md", "# Alpha\n"),
];

fn plan() -> BackgroundPlan {
    let service = |name: &str| BackgroundService {
        name: name.to_owned(),
        folder: format!("svc/{name}"),
    };
    BackgroundPlan {
        seed: 7,
        from: start(),
        until: start() + Span::from_hours(24 * 70),
        per_week: 12,
        authors: vec![
            BackgroundAuthor {
                signature: person("Ann"),
                services: vec!["web".to_owned()],
            },
            BackgroundAuthor {
                signature: person("Ben"),
                services: vec!["api".to_owned(), "job".to_owned()],
            },
        ],
        services: vec![service("web"), service("api"), service("job")],
        allowed: vec!["svc/".to_owned()],
        protected: BTreeSet::from(["svc/web/main.go".to_owned()]),
        safe_values: vec![SafeValue {
            path: "svc/api/config.yaml".to_owned(),
            key: "sample".to_owned(),
            values: vec!["10".to_owned(), "20".to_owned(), "50".to_owned()],
        }],
        quiet: vec![(
            start() + Span::from_hours(24 * 20),
            start() + Span::from_hours(24 * 30),
        )],
    }
}

fn built(plan: &BackgroundPlan) -> (usize, Repository) {
    let touching = commit(
        "aaaa111",
        200,
        "Rename the job",
        ChangeSource::Patch("--- a/svc/job/requirements.txt\n+++ b/svc/job/requirements.txt\n@@ -1 +1 @@\n-requests==2.31.0\n+requests==3.0.0\n".to_owned()),
    );
    let mut source = source(&FILES, vec![touching]);
    let count = source.add_background(plan);
    (count, Repository::build(source).unwrap())
}

#[test]
fn background_commits_apply_and_keep_away() {
    let plan = plan();
    let (count, repository) = built(&plan);
    assert!((70..140).contains(&count), "{count}");
    let mut kinds = BTreeSet::new();
    for (index, commit) in repository.commits().skip(1) {
        let paths = repository.tree_before(index).changed(&commit.tree);
        assert_eq!(paths.len(), 1, "{}", commit.subject());
        let own = commit.id.as_str().starts_with("aaaa111");
        assert!(own || (paths[0] != "svc/job/requirements.txt" && paths[0].starts_with("svc/")));
        assert_ne!(paths[0], "svc/web/main.go");
        let quiet = plan.quiet[0];
        assert!(own || commit.authored_at < quiet.0 || commit.authored_at >= quiet.1);
        assert!(own || (8..18).contains(&(commit.authored_at.secs() / 3600 % 24)));
        let words: Vec<String> = commit
            .subject()
            .split(' ')
            .skip(1)
            .map(str::to_owned)
            .collect();
        kinds.insert(words.first().cloned().unwrap_or_default());
        if words.first().is_some_and(|word| word == "bump") {
            let owner = if commit.subject().starts_with("web") {
                "Ann"
            } else {
                "Ben"
            };
            assert_eq!(&*commit.author.name, owner);
        }
    }
    for kind in ["bump", "set", "say"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    let manifest = repository
        .head_tree()
        .unwrap()
        .file("svc/web/go.mod")
        .unwrap()
        .to_string();
    assert!(
        !manifest.contains("y v1.2.3\n") && manifest.contains("go 1.22\n"),
        "{manifest}"
    );
}

#[test]
fn the_same_plan_gives_the_same_commits_and_a_longer_one_more() {
    let (_, one) = built(&plan());
    let (_, two) = built(&plan());
    assert_eq!(one, two);
    let mut shorter = plan();
    shorter.until = start() + Span::from_hours(24 * 35);
    let (count, _) = built(&shorter);
    let (_, three) = built(&shorter);
    let ids = |repository: &Repository| -> Vec<String> {
        repository
            .commits()
            .take(count)
            .map(|(_, commit)| commit.id.to_string())
            .collect()
    };
    assert_eq!(ids(&one), ids(&three));
    let mut other = plan();
    other.seed = 8;
    assert_ne!(built(&other).1, one);
}

#[test]
fn comments_change_without_moving_lines() {
    let mut open = plan();
    open.protected.clear();
    let (_, repository) = built(&open);
    let text = repository
        .head_tree()
        .unwrap()
        .file("svc/web/main.go")
        .unwrap()
        .to_string();
    assert_eq!(
        text,
        "package main\n\n// Starts the server and waits for it.\nfunc main() {\n\t// Nothing to see in here.\n}\n"
    );
}
