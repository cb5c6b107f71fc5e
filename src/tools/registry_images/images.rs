//! The images that the registry holds: what was released, what CI pushed for each merged commit, what cron jobs run.
//! Digests are those that the cluster reports for its containers. Never an image that is not built yet.

use std::collections::BTreeMap;

use super::earlier;
use crate::scenario::format::service::Runtime;
use crate::sim::World;
use crate::sim::ids::ServiceId;
use crate::sim::time::{SimTime, Span};
use crate::tools::ci::run::{CI, Kind};
use crate::tools::ci::runs;
use crate::tools::drawn::{estate_key, hex};
use crate::tools::tool::ToolError;

/// How long a push takes after the build.
pub const PUSH: Span = Span::from_secs(2);
/// Bytes of a manifest.
pub const MANIFEST_SIZE: u64 = 1786;

/// A repository of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Its name with the registry's host, as in `registry.example/team/service`.
    pub name: String,
    /// The service that runs these images; none for a cron job's.
    pub service: Option<ServiceId>,
    /// Tags, newest first.
    pub tags: Vec<Image>,
}

/// An image under one of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The tag.
    pub tag: String,
    /// When it was built.
    pub built: SimTime,
    /// When it was pushed under this tag.
    pub pushed: SimTime,
    /// The full id of the commit it was built from, where it was built here.
    pub commit: Option<String>,
    /// The release that it is, where it is one.
    pub release: Option<String>,
    /// Its digest, with `sha256:`.
    pub digest: String,
}

/// A layer of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The digest of a service's image under a release's tag or a commit's full id. An image that was pushed under both has one.
pub fn digest(world: &World, service: ServiceId, tag: &str) -> String {
    let plan = world.plan();
    let image = plan
        .services
        .get(service.index())
        .map_or("", |found| found.spec.image.as_str());
    let released = world.releases_of(service).find(|release| {
        release.tag == tag
            || (tag.len() == 40
                && release
                    .commit
                    .as_deref()
                    .is_some_and(|commit| tag.starts_with(commit)))
    });
    let tag = released.map_or(tag, |release| release.tag.as_str());
    let digest = world.cluster().image_digest(&format!("{image}:{tag}"));
    format!("sha256:{digest}")
}

/// All repositories, by name.
pub fn all(world: &World) -> Vec<Images> {
    let plan = world.plan();
    let mut found: Vec<Images> = plan
        .services
        .iter()
        .zip(0_u32..)
        .map(|(service, number)| of_service(world, &service.spec.image, ServiceId(number)))
        .collect();
    for job in plan.pack.estate.jobs.values() {
        let (name, tag) = job.image.rsplit_once(':').unwrap_or((&job.image, "latest"));
        if found.iter().any(|known| known.name == name) {
            continue;
        }
        let since = plan
            .pack
            .estate
            .since
            .map_or(plan.history_start(), |at| SimTime(at.millis));
        let built = since
            - Span::from_hours(estate_key(world, &format!("registry/{name}")).between(0, 20, 900));
        found.push(Images {
            name: name.to_owned(),
            service: None,
            tags: vec![Image {
                tag: tag.to_owned(),
                built,
                pushed: built + PUSH,
                commit: None,
                release: None,
                digest: format!("sha256:{}", world.cluster().image_digest(&job.image)),
            }],
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn of_service(world: &World, name: &str, service: ServiceId) -> Images {
    let now = world.now();
    let plan = world.plan();
    let repository = plan
        .services
        .get(service.index())
        .and_then(|found| found.spec.source.as_ref())
        .and_then(|source| world.repositories().get(&source.repo));
    let full = |commit: &str| {
        let repository = repository?;
        let commit = repository.commit(repository.find(commit)?)?;
        Some(commit.id.as_str().to_owned())
    };
    let released = world.releases_of(service);
    let mut tags: Vec<Image> = released
        .map(|release| Image {
            tag: release.tag.clone(),
            built: SimTime(release.built.millis),
            pushed: SimTime(release.built.millis) + PUSH,
            commit: release.commit.as_deref().and_then(full),
            release: Some(release.tag.clone()),
            digest: digest(world, service, &release.tag),
        })
        .filter(|image| image.built <= now)
        .collect();
    tags.sort_by_key(|image| std::cmp::Reverse(image.built));
    Images {
        name: name.to_owned(),
        service: Some(service),
        tags,
    }
}

/// Adds the tags under which CI pushed every merged commit, and releases from before all that is known.
fn complete(world: &World, images: &mut Images) {
    let Some(service) = images.service else {
        return;
    };
    images.tags.extend(earlier::of(world, service));
    for run in runs::all(world) {
        let pushed = run.workflow == CI && matches!(run.kind, Kind::Push(_));
        if !pushed || !run.services.contains(&service) || run.ends > world.now() {
            continue;
        }
        let twin = run.releases.iter().find(|(of, _)| *of == service);
        let built = twin.and_then(|(_, tag)| {
            images
                .tags
                .iter()
                .find(|image| image.tag == *tag)
                .map(|image| image.built)
        });
        let built = built.unwrap_or(run.ends - Span::from_secs(3));
        images.tags.push(Image {
            tag: run.sha.clone(),
            built,
            pushed: built + PUSH,
            commit: Some(run.sha.clone()),
            release: twin.map(|(_, tag)| tag.clone()),
            digest: digest(world, service, &run.sha),
        });
    }
    moved(world, images, service);
    images
        .tags
        .sort_by(|a, b| (b.built, &a.tag).cmp(&(a.built, &b.tag)));
}

/// Adds the tags that move, as they were pushed last.
fn moved(world: &World, images: &mut Images, service: ServiceId) {
    let (plan, now) = (world.plan(), world.now());
    let name = plan.services.get(service.index()).map(|own| &own.name);
    let pack = &plan.pack;
    let declared = pack
        .estate
        .image_tags
        .iter()
        .chain(&pack.scenario.image_tags);
    let mut newest: BTreeMap<&str, (SimTime, &str)> = BTreeMap::new();
    for moved in declared.filter(|moved| Some(&moved.of) == name) {
        let at = plan.moment(moved.at);
        let known = newest.get(moved.tag.as_str());
        if at <= now && known.is_none_or(|(before, _)| *before <= at) {
            newest.insert(&moved.tag, (at, &moved.release));
        }
    }
    for (tag, (pushed, release)) in newest {
        let named = images.tags.iter().find(|image| image.tag == release);
        if let Some(named) = named.cloned() {
            images.tags.push(Image {
                tag: tag.to_owned(),
                pushed,
                ..named
            });
        }
    }
}

/// The repository that is meant: its whole name, its path without the host, or its last part where only one has it.
///
/// # Errors
/// As a registry says that it has no such repository.
pub fn find(world: &World, given: &str) -> Result<Images, ToolError> {
    let mut repositories = all(world);
    let given = given.trim_start_matches("docker://").trim_end_matches('/');
    let ends = format!("/{given}");
    let fits: Vec<usize> = repositories
        .iter()
        .enumerate()
        .filter(|(_, known)| known.name == given || known.name.ends_with(&ends))
        .map(|(place, _)| place)
        .collect();
    match fits.as_slice() {
        [only] if !given.is_empty() => {
            let mut images = repositories.swap_remove(*only);
            complete(world, &mut images);
            Ok(images)
        }
        _ => {
            let names: Vec<String> = repositories.into_iter().map(|known| known.name).collect();
            Err(ToolError {
                message: format!("NAME_UNKNOWN: repository name not known to registry: {given}"),
                hint: Some(format!("repositories are {}", names.join(", "))),
            })
        }
    }
}

/// The layers of an image: those of its base, then its own.
pub fn layers(world: &World, images: &Images, image: &Image) -> Vec<Layer> {
    let plan = world.plan();
    let runtime = images
        .service
        .and_then(|id| plan.services.get(id.index()))
        .map_or(Runtime::Vendor, |found| found.spec.runtime);
    let base: &[u64] = match runtime {
        Runtime::Go => &[104_232, 13_340, 817_640],
        Runtime::DotNet => &[28_230_148, 18_736_280, 3_281, 32_149_402],
        Runtime::Java => &[30_610_455, 22_947_301, 51_880_216],
        Runtime::Node => &[3_642_247, 49_914_203, 1_260_331],
        Runtime::Python => &[28_230_148, 3_515_420, 13_652_881],
        Runtime::Ruby => &[28_230_148, 1_075_233, 36_402_115],
        Runtime::Rust | Runtime::Cpp => &[28_230_148],
        Runtime::Php => &[28_230_148, 104_340_778, 12_011_630],
        Runtime::Proxy => &[29_712_604, 42_118_037],
        Runtime::Vendor => &[3_623_844, 61_450_991],
    };
    let of_base = base.iter().enumerate().map(|(place, size)| Layer {
        digest: format!(
            "sha256:{}",
            hex(
                estate_key(world, &format!("registry/base/{runtime:?}/{place}")),
                64
            )
        ),
        size: *size,
    });
    let own = ["dependencies", "application"].map(|part| {
        // Dependencies change seldom: images of one month share them.
        let version = if part == "application" {
            image.digest.clone()
        } else {
            image.built.format("%Y-%m")
        };
        let key = estate_key(world, &format!("registry/{}/{part}/{version}", images.name));
        Layer {
            digest: format!("sha256:{}", hex(key, 64)),
            size: key.between(9, 400_000, 9_000_000) as u64,
        }
    });
    of_base.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::format::systems::MovedTag;
    use crate::scenario::format::values::Moment;
    use crate::sim::plan::Plan;
    use crate::sim::testing::{small_pack, small_world};

    #[test]
    fn the_registry_has_the_digest_that_the_cluster_runs() {
        let world = small_world();
        let images = find(&world, "worker").unwrap();
        let running = images
            .tags
            .iter()
            .find(|image| image.tag == "1.4.0")
            .unwrap();
        let expected = world
            .cluster()
            .image_digest("registry.alpha.example/worker:1.4.0");
        assert_eq!(running.digest, format!("sha256:{expected}"));
        let twin = images
            .tags
            .iter()
            .find(|image| Some(&image.tag) == running.commit.as_ref())
            .unwrap();
        assert_eq!(twin.digest, running.digest);
    }

    #[test]
    fn a_tag_that_moves_names_what_it_was_pushed_with_last() {
        let mut pack = (*small_pack()).clone();
        let moved = |tag: &str, release: &str, minutes: i64| MovedTag {
            of: "worker".to_owned(),
            tag: tag.to_owned(),
            release: release.to_owned(),
            at: Moment::FromPage(minutes * 60_000),
        };
        pack.estate.image_tags = vec![moved("stable", "1.4.0", -60), moved("next", "1.4.0", 30)];
        pack.scenario.image_tags = vec![moved("stable", "1.3.0", -20)];
        let world = World::open(Arc::new(Plan::new(Arc::new(pack))), 7);
        let images = find(&world, "worker").unwrap();
        let tag = |name: &str| images.tags.iter().find(|image| image.tag == name);
        let (stable, release) = (tag("stable").unwrap(), tag("1.3.0").unwrap());
        assert_eq!(stable.digest, release.digest);
        assert_eq!(stable.built, release.built);
        assert_eq!(stable.pushed, world.plan().page - Span::from_mins(20));
        assert_eq!(tag("next"), None);
    }

    #[test]
    fn a_repository_is_found_by_any_of_its_names() {
        let world = small_world();
        let whole = find(&world, "registry.alpha.example/worker").unwrap();
        assert_eq!(find(&world, "worker").unwrap(), whole);
        let error = find(&world, "nothing").unwrap_err();
        assert!(error.message.starts_with("NAME_UNKNOWN"));
    }
}
