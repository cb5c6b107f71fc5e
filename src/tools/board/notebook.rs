//! The notebook: hints with their costs, words for a claim. Never says which hint belongs to which fault.

use crate::sim::World;

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its number.
    pub number: u32,
    /// `where to look`, `what to look for` or `what it means`.
    pub title: &'static str,
    /// Points.
    pub cost: u32,
    /// What it says, once taken.
    pub text: Option<String>,
    /// Can be taken: the one before it was.
    pub is_open: bool,
}

/// All hints, in the order in which they can be taken.
pub fn hints(world: &World) -> Vec<Hint> {
    let taken = &world.trainee().hints;
    let plan = world.plan();
    (0_u32..)
        .map_while(|number| plan.hint(number).map(|(_, hint)| (number, hint)))
        .map(|(number, hint)| Hint {
            number,
            title: match number % 3 {
                0 => "where to look",
                1 => "what to look for",
                _ => "what it means",
            },
            cost: hint.cost,
            text: taken.contains(&number).then(|| hint.says.clone()),
            is_open: number == 0 || number % 3 == 0 || taken.contains(&(number - 1)),
        })
        .collect()
}

/// Services, for the component of a claim.
pub fn components(world: &World) -> Vec<String> {
    world
        .plan()
        .services
        .iter()
        .map(|service| service.name.clone())
        .collect()
}

/// Mechanisms, for a claim: the same list in every scenario.
pub fn mechanisms() -> Vec<String> {
    [
        "a setting is missing or wrong",
        "a change of code is wrong",
        "more work than it can do",
        "something finite is used up",
        "processes crash again and again",
        "data is lost",
        "something behind it fails",
        "the network fails",
        "a certificate, token or lease ran out",
        "a node or disk fails",
        "things happen in the wrong order",
    ]
    .map(str::to_owned)
    .to_vec()
}
