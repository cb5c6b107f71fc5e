//! Draws for what other systems hold beside the story: ids, durations, who did it. Keyed by a readable path, so that
//! looking never changes what is seen.

use crate::sim::World;
use crate::sim::draw::{LeafKey, StreamId, StreamKey};
use crate::sim::time::{SimTime, Span};

/// The key of something, under the drill's seed.
pub fn key(world: &World, path: &str) -> LeafKey {
    StreamKey::new(world.seed(), StreamId::of(path)).leaf(0)
}

/// The key of something that is the same in every drill of an estate.
pub fn estate_key(world: &World, path: &str) -> LeafKey {
    let estate = &world.plan().pack.estate.title;
    StreamKey::new(0, StreamId::of(&format!("{estate}/{path}"))).leaf(0)
}

/// A day, or the Friday before it where it is one of a weekend.
pub fn working_day(day: SimTime) -> SimTime {
    let length = Span::from_hours(24);
    // The epoch was a Thursday.
    match day.millis().div_euclid(length.millis()).rem_euclid(7) {
        2 => day - length,
        3 => day - length - length,
        _ => day,
    }
}

/// Hexadecimal digits of a key.
pub fn hex(key: LeafKey, length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    let mut index = 0;
    while text.len() < length {
        text.push_str(&format!("{:016x}", key.draw(index)));
        index += 1;
    }
    text.truncate(length);
    text
}

/// A UUID of a key.
pub fn uuid(key: LeafKey) -> String {
    let digits = hex(key, 32);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

/// One of some things; `None` where there are none.
pub fn one_of<T>(key: LeafKey, index: u64, things: &[T]) -> Option<&T> {
    things.get(key.below(index, things.len() as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_form() {
        let key = StreamKey::new(1, StreamId::of("x")).leaf(0);
        let id = uuid(key);
        assert_eq!(id.len(), 36);
        assert_eq!(id.get(14..15), Some("4"));
        assert_eq!(hex(key, 5).len(), 5);
    }
}
