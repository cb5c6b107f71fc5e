//! Releases from before anything else that is kept: the registry keeps images for longer than the repository's history, CI's
//! runs and rollouts reach back. Drawn from a service's versions, the same in every drill. Never one beside a known release.

use super::images::{Image, PUSH};
use crate::scenario::format::service::Runtime;
use crate::sim::World;
use crate::sim::draw::LeafKey;
use crate::sim::ids::ServiceId;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::{estate_key, working_day};

const DAY: Span = Span::from_hours(24);
/// How many images before the first known release a repository keeps, from and until.
const KEPT: (i64, i64) = (24, 40);

/// A version of three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    /// Reads `2.13.2`; nothing else is counted back from.
    fn parse(tag: &str) -> Option<Self> {
        let mut numbers = tag.split('.').map(str::parse);
        let version = Self {
            major: numbers.next()?.ok()?,
            minor: numbers.next()?.ok()?,
            patch: numbers.next()?.ok()?,
        };
        numbers.next().is_none().then_some(version)
    }

    fn tag(self) -> String {
        format!("{}.{}.{}", self.major, self.minor, self.patch)
    }

    /// The version that was released before this one; none before 0.1.0.
    fn before(self, key: LeafKey, index: u64) -> Option<Self> {
        let Self {
            major,
            minor,
            patch,
        } = self;
        // Most minor versions see one patch or none.
        let patches = [0, 0, 1, 1, 2, 3];
        let last_patch = patches
            .get(key.below(index, patches.len() as u64) as usize)
            .copied()
            .unwrap_or(0);
        if let Some(patch) = patch.checked_sub(1) {
            return Some(Self { patch, ..self });
        }
        let (major, minor) = match minor.checked_sub(1) {
            Some(minor) => (major, minor),
            None => (
                major.checked_sub(1)?,
                key.between(index + 1, 3, 12).unsigned_abs(),
            ),
        };
        ((major, minor) != (0, 0)).then_some(Self {
            major,
            minor,
            patch: last_patch,
        })
    }
}

/// The images before a service's first known release, newest first. What somebody else builds has none here: its versions
/// are its vendor's.
pub(super) fn of(world: &World, service: ServiceId) -> Vec<Image> {
    let found = world.plan().services.get(service.index());
    let Some(spec) = found.map(|found| &found.spec) else {
        return Vec::new();
    };
    let first = spec.releases.iter().min_by_key(|release| release.built);
    let built_here = spec.runtime != Runtime::Vendor && spec.source.is_some();
    let Some(first) = first.filter(|_| built_here) else {
        return Vec::new();
    };
    let repository = spec
        .source
        .as_ref()
        .and_then(|source| world.repositories().get(&source.repo));
    // A release that the repository's history reaches back to would have a commit and runs.
    let root = repository.and_then(|known| {
        let times = known.commits().map(|(_, commit)| commit.committed_at);
        times.min()
    });
    let first_built = SimTime(first.built.millis);
    let mut built = root.map_or(first_built, |root| root.min(first_built));
    let key = estate_key(world, &format!("registry/earlier/{}", spec.image));
    let mut version = Version::parse(&first.tag);
    let mut images = Vec::new();
    for step in 0..key.between(0, KEPT.0, KEPT.1).unsigned_abs() {
        let index = 1 + step * 4;
        version = version.and_then(|version| version.before(key, index));
        let Some(version) = version else {
            break;
        };
        built = working_time(
            built - Span::from_hours(key.between(index + 2, 3 * 24, 18 * 24)),
            key.between(index + 3, 8 * 3600, 16 * 3600),
        );
        let tag = version.tag();
        let digest = world
            .cluster()
            .image_digest(&format!("{}:{tag}", spec.image));
        images.push(Image {
            built,
            pushed: built + PUSH,
            commit: None,
            release: Some(tag.clone()),
            digest: format!("sha256:{digest}"),
            tag,
        });
    }
    images
}

/// An instant of the last working day at or before another, so many seconds after midnight.
fn working_time(at: SimTime, second: i64) -> SimTime {
    working_day(at.floor_to(DAY)) + Span::from_secs(second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn versions_count_back() {
        let world = small_world();
        let key = estate_key(&world, "x");
        let version = |tag| Version::parse(tag).unwrap();
        assert_eq!(version("2.13.2").before(key, 1), Some(version("2.13.1")));
        let minor = version("2.13.0").before(key, 1).unwrap();
        assert_eq!((minor.major, minor.minor), (2, 12));
        assert_eq!(version("1.0.0").before(key, 1).unwrap().major, 0);
        assert_eq!(version("0.1.0").before(key, 1), None);
        assert!(Version::parse("16.4").is_none() && Version::parse("7.2.6-alpine").is_none());
    }

    #[test]
    fn earlier_images_lie_before_everything_known_and_in_order() {
        let world = small_world();
        let (worker, found) = world.plan().service("worker").unwrap();
        let images = of(&world, worker);
        assert!(images.len() >= 8, "{}", images.len());
        let source = found.spec.source.as_ref().unwrap();
        let commits = world.repositories()[&source.repo].commits();
        let root = commits
            .map(|(_, commit)| commit.committed_at)
            .min()
            .unwrap();
        assert!(images.iter().all(|image| image.built < root));
        assert!(images.windows(2).all(|pair| pair[0].built > pair[1].built));
    }
}
