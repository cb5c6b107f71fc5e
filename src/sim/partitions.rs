//! How a topic's messages fall to its partitions. Keeps nothing.
//!
//! Producers deal messages to partitions in turn, so the message with the topic's number `n` is number `n / of` of the
//! partition `n % of`, and everything about a partition follows from the topic's own log.

/// The share of a topic's first messages that fall to one of its `of` partitions; shares add up to the whole.
pub const fn share(messages: u64, partition: u32, of: u32) -> u64 {
    let of = if of == 0 { 1 } else { of as u64 };
    (messages + of - 1 - partition as u64) / of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        for messages in [0, 1, 7, 100, 2_000_003] {
            for of in 1..9 {
                let sum: u64 = (0..of).map(|number| share(messages, number, of)).sum();
                assert_eq!(sum, messages);
            }
        }
    }
}
