//! `skopeo`, `crane` and `docker manifest` in the shell: tags, digests and manifests in the forms of the real programs.
//! Never pulls an image: there is no daemon here.

use serde_json::{Value, json};

use super::get_manifest::{
    self, CONFIG_TYPE, GetManifest, LAYER_TYPE, MANIFEST_TYPE, Manifest, pretty,
};
use super::images;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::looked;
use crate::tools::tool::Look;

const NO_DAEMON: &str = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n(none on this workstation: containers run in the cluster, try kubectl get pods -A; docker manifest inspect works)\n";

/// An image as it is named: repository and tag, or digest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    repo: String,
    tag: String,
}

impl Name {
    fn parse(text: &str) -> Self {
        let text = text.strip_prefix("docker://").unwrap_or(text);
        if let Some((repo, digest)) = text.split_once('@') {
            return Self {
                repo: repo.to_owned(),
                tag: digest.to_owned(),
            };
        }
        let (repo, tag) = match text.rsplit_once(':') {
            Some((repo, tag)) if !tag.contains('/') => (repo, tag),
            _ => (text, "latest"),
        };
        Self {
            repo: repo.to_owned(),
            tag: tag.to_owned(),
        }
    }

    /// The registry's host and the path behind it.
    fn parts(&self) -> (&str, &str) {
        match self.repo.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) => (host, path),
            _ => ("index.docker.io", &self.repo),
        }
    }
}

fn text(text: impl Into<String>, shown: Vec<Shown>) -> Run {
    Run::Answer(Answer {
        text: text.into(),
        shown,
        ..Answer::default()
    })
}

fn args(name: &Name) -> get_manifest::Args {
    get_manifest::Args {
        repo: name.repo.clone(),
        tag: name.tag.clone(),
    }
}

/// An image's manifest; `None` where the registry has none of that name.
fn manifest(world: &World, name: &Name) -> Option<(Manifest, Vec<Shown>)> {
    let seen = GetManifest::look(world, &args(name)).ok()?;
    Some((seen.output, seen.shown))
}

/// The manifest as the registry keeps it.
fn raw(manifest: &Manifest) -> Value {
    let layers: Vec<Value> = manifest
        .layers
        .iter()
        .map(|layer| json!({"mediaType": LAYER_TYPE, "size": layer.size, "digest": layer.digest}))
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": CONFIG_TYPE, "size": manifest.config.size, "digest": manifest.config.digest},
        "layers": layers,
    })
}

/// The configuration of an image.
fn config(manifest: &Manifest) -> Value {
    let layers: Vec<&String> = manifest.layers.iter().map(|layer| &layer.digest).collect();
    json!({
        "architecture": manifest.architecture,
        "created": SimTime(manifest.created_ms).rfc3339(),
        "os": manifest.os,
        "config": {"Env": manifest.env, "Labels": manifest.labels},
        "rootfs": {"type": "layers", "diff_ids": layers},
    })
}

/// The names of a repository's tags, sorted as a registry lists them; and the repository's whole name.
fn tags(world: &World, repo: &str) -> Option<(String, Vec<String>)> {
    let images = images::find(world, repo).ok()?;
    let mut tags: Vec<String> = images.tags.into_iter().map(|image| image.tag).collect();
    tags.sort();
    tags.dedup();
    Some((images.name, tags))
}

/// The words that are no options; options that take a value are given as `--name=value` or not at all.
fn words(argv: &[String]) -> Vec<&str> {
    argv.iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect()
}

fn has(argv: &[String], name: &str) -> bool {
    argv.iter().any(|word| word == name)
}

/// `skopeo`.
pub struct Skopeo;

fn fatal(world: &World, message: &str) -> Run {
    let at = world.now().rfc3339();
    let message = message.replace('"', "\\\"");
    Run::failed(format!("time=\"{at}\" level=fatal msg=\"{message}\"\n"), 1)
}

impl Program for Skopeo {
    fn name(&self) -> &'static str {
        "skopeo"
    }

    fn family(&self) -> Family {
        Family::ImageRegistry
    }

    fn about(&self) -> &'static str {
        "Inspects images of the registry and lists their tags"
    }

    fn run(&self, world: &World, _: &Place, argv: &[String], _: &str) -> Run {
        match words(argv).as_slice() {
            ["inspect" | "list-tags", given] if !given.starts_with("docker://") => fatal(
                world,
                &format!(
                    "Invalid image name \"{given}\", expected colon-separated transport:reference"
                ),
            ),
            ["inspect", given] => inspect(world, argv, given),
            ["list-tags", given] => match tags(world, &Name::parse(given).repo) {
                Some((name, tags)) => text(
                    pretty(&json!({"Repository": name, "Tags": tags}), b"    "),
                    Vec::new(),
                ),
                None => fatal(
                    world,
                    "Error listing repository tags: fetching tags list: repository name not known to registry",
                ),
            },
            ["copy" | "delete" | "sync", ..] => {
                fatal(world, "denied: requested access to the resource is denied")
            }
            _ => Run::failed(
                "Various operations with container images and container image registries\n\nUsage:\n  skopeo inspect [--raw|--config] docker://IMAGE\n  skopeo list-tags docker://REPOSITORY\n",
                1,
            ),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "skopeo list-tags docker://registry.alpha.example/worker",
            about: "The tags of a repository",
            prints: "{\n    \"Repository\": \"registry.alpha.example/worker\",\n    \"Tags\": [\n        \"0.1.0\",\n        \"0.1.1\",\n        \"0.2.0\",\n        \"0.2.1\",\n        \"0.2.2\",\n        \"0.3.0\",\n        \"0.4.0\",\n        \"0.4.1\",\n        \"0.4.2\",\n        \"0.4.3\",\n        \"1.0.0\",\n        \"1.1.0\",\n        \"1.2.0\",\n        \"1.2.1\",\n        \"1.2.2\",\n        \"1.2.3\",\n        \"1.3.0\",\n        \"1.4.0\",\n        \"b7c0de1d07a303ec1a7b1a00546b125547ab5ec2\"\n    ]\n}\n",
        }]
    }
}

fn inspect(world: &World, argv: &[String], given: &str) -> Run {
    let name = Name::parse(given);
    let Some((manifest, shown)) = manifest(world, &name) else {
        let Name { repo, tag } = &name;
        return fatal(
            world,
            &format!(
                "Error parsing image name \"{given}\": reading manifest {tag} in {repo}: manifest unknown: manifest unknown"
            ),
        );
    };
    if has(argv, "--config") {
        return text(pretty(&config(&manifest), b"    "), shown);
    }
    if has(argv, "--raw") {
        // The registry's own bytes, without a line break at their end.
        return text(pretty(&raw(&manifest), b"   ").trim_end(), shown);
    }
    looked::<GetManifest>(world, &args(&name))
}

/// `crane`.
pub struct Crane;

impl Program for Crane {
    fn name(&self) -> &'static str {
        "crane"
    }

    fn family(&self) -> Family {
        Family::ImageRegistry
    }

    fn about(&self) -> &'static str {
        "Lists tags, and prints digests, manifests and configurations of images"
    }

    fn run(&self, world: &World, _: &Place, argv: &[String], _: &str) -> Run {
        match words(argv).as_slice() {
            ["ls", repo] => match tags(world, repo) {
                Some((_, tags)) => text(lines(&tags), Vec::new()),
                None => unknown_name(repo),
            },
            ["catalog", registry] => text(lines(&catalog(world, registry)), Vec::new()),
            [verb @ ("digest" | "manifest" | "config"), given] => {
                let name = Name::parse(given);
                let Some((manifest, shown)) = manifest(world, &name) else {
                    return unknown_manifest(verb, given, &name);
                };
                let printed = match *verb {
                    "digest" => manifest.digest,
                    "manifest" => pretty(&raw(&manifest), b"   ").trim_end().to_owned(),
                    _ => config(&manifest).to_string(),
                };
                text(format!("{printed}\n"), shown)
            }
            ["push" | "copy" | "cp" | "delete" | "tag" | "mutate", ..] => Run::failed(
                "Error: DENIED: requested access to the resource is denied\n",
                1,
            ),
            _ => Run::failed(
                "Crane is a tool for managing container images\n\nUsage:\n  crane ls REPO\n  crane digest IMAGE\n  crane manifest IMAGE\n  crane config IMAGE\n  crane catalog REGISTRY\n",
                1,
            ),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "crane ls registry.alpha.example/worker",
                about: "The tags of a repository",
                prints: "0.1.0\n0.1.1\n0.2.0\n0.2.1\n0.2.2\n0.3.0\n0.4.0\n0.4.1\n0.4.2\n0.4.3\n1.0.0\n1.1.0\n1.2.0\n1.2.1\n1.2.2\n1.2.3\n1.3.0\n1.4.0\nb7c0de1d07a303ec1a7b1a00546b125547ab5ec2\n",
            },
            Example {
                line: "crane digest registry.alpha.example/worker:1.4.0",
                about: "The digest that a tag names",
                prints: "sha256:de1d5a4800d18134d1a4b2cbf32b0bf76bbd1c1aa66aca7c602bbab36142dd68\n",
            },
        ]
    }
}

fn lines(names: &[String]) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

/// The repositories of a registry, without its host.
fn catalog(world: &World, registry: &str) -> Vec<String> {
    let host = format!("{registry}/");
    images::all(world)
        .into_iter()
        .filter_map(|images| images.name.strip_prefix(&host).map(str::to_owned))
        .collect()
}

fn unknown_name(repo: &str) -> Run {
    let name = Name::parse(repo);
    let (host, path) = name.parts();
    Run::failed(
        format!(
            "Error: reading tags for {repo}: GET https://{host}/v2/{path}/tags/list?n=1000: NAME_UNKNOWN: repository name not known to registry; map[name:{path}]\n"
        ),
        1,
    )
}

fn unknown_manifest(verb: &str, given: &str, name: &Name) -> Run {
    let (host, path) = name.parts();
    let tag = &name.tag;
    let doing = match verb {
        "digest" => "computing digest",
        "config" => "fetching config",
        _ => "fetching manifest",
    };
    Run::failed(
        format!(
            "Error: {doing} {given}: GET https://{host}/v2/{path}/manifests/{tag}: MANIFEST_UNKNOWN: manifest unknown; map[Tag:{tag}]\n"
        ),
        1,
    )
}

/// `docker`, as far as it needs no daemon.
pub struct Docker;

impl Program for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn family(&self) -> Family {
        Family::ImageRegistry
    }

    fn about(&self) -> &'static str {
        "Inspects manifests of the registry; there is no daemon on this workstation"
    }

    fn run(&self, world: &World, _: &Place, argv: &[String], _: &str) -> Run {
        let words = words(argv);
        let ["manifest", "inspect", given] = words.as_slice() else {
            return match words.as_slice() {
                ["manifest", ..] => Run::failed(
                    "\"docker manifest inspect\" requires at least 1 argument.\n\nUsage:  docker manifest inspect [OPTIONS] [MANIFEST_LIST] MANIFEST\n",
                    1,
                ),
                _ => Run::failed(NO_DAEMON, 1),
            };
        };
        let Some((manifest, shown)) = manifest(world, &Name::parse(given)) else {
            return Run::failed(format!("no such manifest: {given}\n"), 1);
        };
        let raw = raw(&manifest);
        if has(argv, "-v") || has(argv, "--verbose") {
            let verbose = json!({
                "Ref": given,
                "Descriptor": {
                    "mediaType": MANIFEST_TYPE, "digest": manifest.digest, "size": manifest.size,
                    "platform": {"architecture": manifest.architecture, "os": manifest.os},
                },
                "SchemaV2Manifest": raw,
            });
            return text(pretty(&verbose, b"\t"), shown);
        }
        text(pretty(&raw, b"\t"), shown)
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "docker manifest inspect registry.alpha.example/worker:9.9",
                about: "A tag that does not exist",
                prints: "no such manifest: registry.alpha.example/worker:9.9\n",
            },
            Example {
                line: "docker ps",
                about: "There is no daemon",
                prints: NO_DAEMON,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    fn run(program: &dyn Program, line: &str) -> Answer {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        match program.run(&small_world(), &Place::default(), &argv, "") {
            Run::Answer(answer) => answer,
            Run::Act(_) => panic!("{line} changes something"),
        }
    }

    #[test]
    fn a_name_has_a_repository_and_a_tag_or_digest() {
        let name = |text: &str| {
            let name = Name::parse(text);
            (name.repo, name.tag)
        };
        assert_eq!(
            name("docker://h:5000/a/b:1"),
            ("h:5000/a/b".into(), "1".into())
        );
        assert_eq!(name("h:5000/a/b"), ("h:5000/a/b".into(), "latest".into()));
        assert_eq!(name("a@sha256:00"), ("a".into(), "sha256:00".into()));
    }

    #[test]
    fn programs_agree_on_an_image() {
        let image = "registry.alpha.example/worker:1.4.0";
        let digest = run(&Crane, &format!("digest {image}")).text;
        let inspected = run(&Skopeo, &format!("inspect docker://{image}")).text;
        let inspected: Value = serde_json::from_str(&inspected).unwrap();
        assert_eq!(inspected["Digest"], digest.trim_end());
        let by_docker = run(&Docker, &format!("manifest inspect {image}")).text;
        let by_crane = run(&Crane, &format!("manifest {image}")).text;
        let raw = run(&Skopeo, &format!("inspect --raw docker://{image}")).text;
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&by_docker), read(&by_crane));
        assert_eq!(raw, by_crane.trim_end());
        assert!(by_docker.starts_with("{\n\t\"schemaVersion\": 2,\n"));
        assert!(raw.starts_with("{\n   \"schemaVersion\": 2,\n"));
        let by_digest = format!("digest registry.alpha.example/worker@{}", digest.trim_end());
        assert_eq!(run(&Crane, &by_digest).text, digest);
    }

    #[test]
    fn each_says_in_its_own_words_what_is_not_there() {
        assert_eq!(
            run(&Crane, "manifest registry.alpha.example/worker:9.9").error,
            "Error: fetching manifest registry.alpha.example/worker:9.9: GET https://registry.alpha.example/v2/worker/manifests/9.9: MANIFEST_UNKNOWN: manifest unknown; map[Tag:9.9]\n"
        );
        assert_eq!(
            run(
                &Skopeo,
                "inspect docker://registry.alpha.example/worker:9.9"
            )
            .error,
            "time=\"2026-03-02T14:00:00Z\" level=fatal msg=\"Error parsing image name \\\"docker://registry.alpha.example/worker:9.9\\\": reading manifest 9.9 in registry.alpha.example/worker: manifest unknown: manifest unknown\"\n"
        );
        assert!(
            run(&Crane, "ls registry.alpha.example/none")
                .error
                .contains("NAME_UNKNOWN")
        );
        assert_eq!(run(&Docker, "pull x").code, 1);
    }
}
