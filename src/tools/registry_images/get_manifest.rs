//! `registry_get_manifest`: an image's manifest with its configuration: digest, layers, labels. Never what is in a layer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::images::{self, Image, Images};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::drawn::{estate_key, hex};
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// The media type of an image's manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The media type of an image's configuration.
pub const CONFIG_TYPE: &str = "application/vnd.docker.container.image.v1+json";
/// The media type of a layer.
pub const LAYER_TYPE: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Reads a manifest.
pub struct GetManifest;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The repository: its whole name, or its last part.
    pub repo: String,
    /// The tag, or a digest with `sha256:`.
    pub tag: String,
}

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Manifest {
    /// The repository.
    pub repo: String,
    /// The tag that was asked for.
    pub tag: String,
    /// The digest of the manifest.
    pub digest: String,
    /// Bytes of the manifest.
    pub size: u64,
    /// All tags that name this image.
    pub tags: Vec<String>,
    /// All tags of the repository.
    pub repo_tags: Vec<String>,
    /// When the image was built, in ms since the epoch.
    pub created_ms: i64,
    /// Architecture.
    pub architecture: String,
    /// Operating system.
    pub os: String,
    /// Labels: the commit it was built from, its source and version.
    pub labels: BTreeMap<String, String>,
    /// The configuration.
    pub config: Blob,
    /// Layers, lowest first.
    pub layers: Vec<Blob>,
    /// Variables that the image itself sets.
    pub env: Vec<String>,
    /// The id under which it can be pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
}

/// Something that the registry holds under its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Blob {
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Text for Manifest {
    /// As `skopeo inspect` prints it.
    fn text(&self) -> String {
        let layers: Vec<&String> = self.layers.iter().map(|layer| &layer.digest).collect();
        let value = serde_json::json!({
            "Name": self.repo,
            "Digest": self.digest,
            "RepoTags": self.repo_tags,
            "Created": SimTime(self.created_ms).rfc3339(),
            "DockerVersion": "",
            "Labels": self.labels,
            "Architecture": self.architecture,
            "Os": self.os,
            "Layers": layers,
            "Env": self.env,
        });
        pretty(&value, b"    ")
    }
}

/// JSON with an indent of one's own.
pub fn pretty(value: &serde_json::Value, indent: &[u8]) -> String {
    let mut text = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(indent);
    let mut writer = serde_json::Serializer::with_formatter(&mut text, form);
    if serde::Serialize::serialize(value, &mut writer).is_err() {
        return String::new();
    }
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

fn made(world: &World, images: &Images, image: &Image, tag: &str) -> Manifest {
    let plan = world.plan();
    let service = images.service.and_then(|id| plan.services.get(id.index()));
    let mut labels = BTreeMap::new();
    if let Some(commit) = &image.commit {
        labels.insert(
            "org.opencontainers.image.revision".to_owned(),
            commit.clone(),
        );
        let source = service.and_then(|service| service.spec.source.as_ref());
        if let Some(source) = source {
            labels.insert(
                "org.opencontainers.image.source".to_owned(),
                format!(
                    "https://github.com/{}/{}",
                    plan.pack.estate.title.to_lowercase(),
                    source.repo
                ),
            );
        }
    }
    if let Some(version) = &image.release {
        labels.insert(
            "org.opencontainers.image.version".to_owned(),
            version.clone(),
        );
    }
    labels.insert(
        "org.opencontainers.image.created".to_owned(),
        image.built.rfc3339(),
    );
    let layers = images::layers(world, images, image);
    let shown = service.zip(image.release.as_ref());
    let config = estate_key(world, &format!("registry/config/{}", image.digest));
    Manifest {
        repo: images.name.clone(),
        tag: tag.to_owned(),
        digest: image.digest.clone(),
        size: images::MANIFEST_SIZE,
        tags: images
            .tags
            .iter()
            .filter(|other| other.digest == image.digest)
            .map(|other| other.tag.clone())
            .collect(),
        repo_tags: {
            let mut tags: Vec<String> = images.tags.iter().map(|image| image.tag.clone()).collect();
            tags.sort();
            tags
        },
        created_ms: image.built.millis(),
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        labels,
        config: Blob {
            digest: format!("sha256:{}", hex(config, 64)),
            size: config.between(9, 4_200, 9_800) as u64,
        },
        layers: layers
            .into_iter()
            .map(|layer| Blob {
                digest: layer.digest,
                size: layer.size,
            })
            .collect(),
        env: vec!["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()],
        artifact: shown.map(|(service, tag)| {
            let (service, tag) = (service.name.clone(), tag.clone());
            Shown::ImageManifest { service, tag }.id()
        }),
    }
}

impl Look for GetManifest {
    type Args = Args;
    type Output = Manifest;
    const NAME: &'static str = "registry_get_manifest";
    const FAMILY: Family = Family::ImageRegistry;
    const ABOUT: &'static str =
        "Shows an image of the container registry: digest, when and from what it was built, layers";

    fn look(world: &World, args: &Args) -> Result<Seen<Manifest>, ToolError> {
        let images = images::find(world, &args.repo)?;
        let image = images
            .tags
            .iter()
            .find(|image| image.tag == args.tag || image.digest == args.tag)
            .ok_or_else(|| ToolError {
                message: format!(
                    "reading manifest {} in {}: manifest unknown",
                    args.tag, images.name
                ),
                hint: Some("registry_list_tags lists them".to_owned()),
            })?;
        let manifest = made(world, &images, image, &args.tag);
        let shown = manifest.artifact.as_deref().and_then(Shown::from_id);
        Ok(Seen {
            output: manifest,
            shown: shown.into_iter().collect(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"repo\":\"worker\",\"tag\":\"1.4.0\"}",
                about: "What an image was built from",
                prints: "{\n    \"Name\": \"registry.alpha.example/worker\",\n    \"Digest\": \"sha256:de1d5a4800d18134d1a4b2cbf32b0bf76bbd1c1aa66aca7c602bbab36142dd68\",\n    \"RepoTags\": [\n        \"0.1.0\",\n        \"0.1.1\",\n        \"0.2.0\",\n        \"0.2.1\",\n        \"0.2.2\",\n        \"0.3.0\",\n        \"0.4.0\",\n        \"0.4.1\",\n        \"0.4.2\",\n        \"0.4.3\",\n        \"1.0.0\",\n        \"1.1.0\",\n        \"1.2.0\",\n        \"1.2.1\",\n        \"1.2.2\",\n        \"1.2.3\",\n        \"1.3.0\",\n        \"1.4.0\",\n        \"b7c0de1d07a303ec1a7b1a00546b125547ab5ec2\"\n    ],\n    \"Created\": \"2026-02-26T15:30:00Z\",\n    \"DockerVersion\": \"\",\n    \"Labels\": {\n        \"org.opencontainers.image.created\": \"2026-02-26T15:30:00Z\",\n        \"org.opencontainers.image.revision\": \"b7c0de1d07a303ec1a7b1a00546b125547ab5ec2\",\n        \"org.opencontainers.image.source\": \"https://github.com/alpha/alpha\",\n        \"org.opencontainers.image.version\": \"1.4.0\"\n    },\n    \"Architecture\": \"amd64\",\n    \"Os\": \"linux\",\n    \"Layers\": [\n        \"sha256:3abcf4dab2d1a55ce62587ee6a61628bab4e0b17fcd7cf26152411107d8e56d6\",\n        \"sha256:c9afd03dd28ce941b3760b439a3533827a27f8642b6d2c98f0a337231bfb6d67\",\n        \"sha256:3b9f74e1099b80baec7db05de6eae5856b353d6a3a53ecdbc3fd88015e3f86da\",\n        \"sha256:f29b4a131342b45744ff292975080af7ff3a5e7708790f7421b6a88c1f84bc89\",\n        \"sha256:843ea8ce6bfb9b04304a52595bbfbe48d0913a77c91435da17a197f0671f00d5\",\n        \"sha256:b2a0b2ac8911a60901859f7b505c5e2df6d01eb533522b785970f3b7e518bbf7\"\n    ],\n    \"Env\": [\n        \"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"\n    ]\n}\n",
            },
            ToolExample {
                args: "{\"repo\":\"worker\",\"tag\":\"9.9\"}",
                about: "A tag that does not exist",
                prints: "registry_get_manifest: reading manifest 9.9 in registry.alpha.example/worker: manifest unknown\nhint: registry_list_tags lists them\n",
            },
        ]
    }
}
