//! Names that are drawn: pod suffixes, template hashes, UIDs, addresses. Each a function of seed and identity.

use core::net::Ipv4Addr;

use crate::sim::draw::{LeafKey, StreamId, StreamKey};

/// The letters Kubernetes uses for generated names: no vowels, no digits that look like letters.
const SAFE: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The key of an identity's draws: the same seed and parts give the same key on every machine.
fn identity(seed: u64, parts: &[&str]) -> LeafKey {
    let mut path = String::with_capacity(64);
    path.push_str("kubernetes");
    for part in parts {
        // A separator no name contains, so ("ab", "c") and ("a", "bc") differ.
        path.push('\n');
        path.push_str(part);
    }
    StreamKey::new(seed, StreamId::of(&path)).leaf(0)
}

/// A number drawn for an identity.
pub(super) fn keyed(seed: u64, parts: &[&str], index: u64) -> u64 {
    identity(seed, parts).draw(index)
}

/// A number in `low..=high` drawn for an identity.
pub(super) fn keyed_between(seed: u64, parts: &[&str], index: u64, low: i64, high: i64) -> i64 {
    identity(seed, parts).between(index, low, high)
}

/// The five characters at the end of a generated pod name.
pub(super) fn pod_suffix(seed: u64, owner: &str, index: u64) -> String {
    let mut bits = keyed(seed, &["pod-suffix", owner], index);
    let mut suffix = String::with_capacity(5);
    for _ in 0..5 {
        suffix.push(safe(bits % 27));
        bits /= 27;
    }
    suffix
}

/// The hash of a pod template as Deployments write it: a 32-bit number in decimal, each character mapped to a safe one.
pub(super) fn template_hash(canonical: &str, collisions: u32) -> String {
    let number = (keyed(0, &["template", canonical], u64::from(collisions)) >> 32) as u32;
    number
        .to_string()
        .bytes()
        .map(|digit| safe(u64::from(digit) % 27))
        .collect()
}

fn safe(index: u64) -> char {
    SAFE.get(index as usize)
        .map_or('x', |byte| char::from(*byte))
}

/// A UID in the form of a version 4 UUID.
pub(super) fn uid(seed: u64, kind: &str, namespace: &str, name: &str) -> String {
    let high = keyed(seed, &["uid", kind, namespace, name], 0);
    let low = keyed(seed, &["uid", kind, namespace, name], 1);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// Hexadecimal digits for identifiers such as a container's: `length` of them.
pub(super) fn hex(seed: u64, parts: &[&str], length: usize) -> String {
    let mut digits = String::with_capacity(length + 16);
    let mut index = 0;
    while digits.len() < length {
        digits.push_str(&format!("{:016x}", keyed(seed, parts, index)));
        index += 1;
    }
    digits.truncate(length);
    digits
}

/// The last octet to try first for a pod's address on its node; the caller steps on while it is taken.
pub(super) fn pod_octet(seed: u64, namespace: &str, name: &str) -> u8 {
    (2 + keyed(seed, &["pod-ip", namespace, name], 0) % 250) as u8
}

/// A service's cluster address in 10.96.0.0/12.
pub(super) fn cluster_ip(seed: u64, namespace: &str, name: &str) -> Ipv4Addr {
    let bits = keyed(seed, &["cluster-ip", namespace, name], 0);
    Ipv4Addr::new(
        10,
        96 + (bits % 16) as u8,
        (bits >> 8) as u8,
        1 + ((bits >> 16) % 254) as u8,
    )
}

/// The address that a node is named after, as `ip-10-0-3-7` is.
pub(super) fn address_in(name: &str) -> Option<Ipv4Addr> {
    let digits = name.strip_prefix("ip-")?;
    let digits = digits.split_once('.').map_or(digits, |(first, _)| first);
    digits.replace('-', ".").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_identity_alone() {
        assert_eq!(keyed(7, &["a", "b"], 3), keyed(7, &["a", "b"], 3));
        assert_ne!(keyed(7, &["ab", "c"], 0), keyed(7, &["a", "bc"], 0));
        assert_ne!(keyed(7, &["a"], 0), keyed(8, &["a"], 0));
    }

    #[test]
    fn names_use_the_safe_letters() {
        let suffix = pod_suffix(1, "web-6c9d8b7f5d", 0);
        assert_eq!(suffix.len(), 5);
        assert!(suffix.bytes().all(|letter| SAFE.contains(&letter)));
        let hash = template_hash("{}", 0);
        assert!((1..=10).contains(&hash.len()));
        assert!(hash.bytes().all(|letter| b"456789bcdf".contains(&letter)));
        assert_ne!(hash, template_hash("{}", 1));
    }

    #[test]
    fn a_node_may_be_named_after_its_address() {
        let address = |name| address_in(name).map(|ip| ip.to_string());
        assert_eq!(address("ip-10-1-2-33").as_deref(), Some("10.1.2.33"));
        let whole = address("ip-10-1-2-33.eu-north-1.compute.internal");
        assert_eq!(whole.as_deref(), Some("10.1.2.33"));
        assert_eq!(address("node-a"), None);
        assert_eq!(address("ip-10-1-2-333"), None);
    }

    #[test]
    fn uids_look_like_version_four() {
        let uid = uid(1, "Pod", "ns", "alpha");
        assert_eq!(uid.len(), 36);
        assert_eq!(uid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uid.as_bytes()[19]));
    }
}
