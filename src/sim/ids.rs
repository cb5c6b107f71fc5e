//! Dense identities of what a plan holds: indices into its lists, one type each, so that they cannot be mixed up.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The index in the plan's list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A service of the plan.
    ServiceId,
    /// A route of a service.
    RouteId,
    /// A node of the causal graph.
    FaultId,
    /// A declared stock.
    StockId,
    /// A declared driver.
    DriverId,
    /// A Kafka topic.
    TopicId,
    /// A consumer group.
    GroupId,
    /// A Valkey server.
    ValkeyId,
    /// A clue of the scenario.
    ClueId,
    /// A red herring of the scenario.
    HerringId,
}
