//! Walking history: which commits, in which order, seen from where. Never formats anything.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::commit::CommitIndex;
use super::pathspec::Pathspec;
use super::repository::Repository;
use super::tree::Tree;
use crate::sim::time::SimTime;

/// The commits reachable from some, themselves included.
pub fn ancestors(repository: &Repository, from: &[CommitIndex]) -> BTreeSet<CommitIndex> {
    let mut seen = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(index) = open.pop() {
        if let Some(commit) = repository.commit(index)
            && seen.insert(index)
        {
            open.extend(&commit.parents);
        }
    }
    seen
}

/// The newest commit that both have in their history.
pub fn merge_base(repository: &Repository, a: CommitIndex, b: CommitIndex) -> Option<CommitIndex> {
    let of_a = ancestors(repository, &[a]);
    let of_b = ancestors(repository, &[b]);
    // Parents are recorded before their children, so the highest place is never an ancestor of another common one.
    of_a.intersection(&of_b).last().copied()
}

/// Whether `older` is `newer` or in its history.
pub fn is_ancestor(repository: &Repository, older: CommitIndex, newer: CommitIndex) -> bool {
    ancestors(repository, &[newer]).contains(&older)
}

/// In which order commits come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Date,
    /// No commit before its children, lines of history kept together: what `--graph` uses.
    Topological,
}

/// Which commits a walk visits.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Start here.
    pub include: Vec<CommitIndex>,
    /// Leave out what is reachable from here.
    pub exclude: Vec<CommitIndex>,
    /// Follow first parents alone.
    pub first_parent: bool,
    /// The order.
    pub order: Order,
    /// Unless it is everything: only commits that change one of these files, with history simplified as git does.
    pub paths: Pathspec,
}

/// A visited commit with the parents that remain in a simplified history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The commit.
    pub index: CommitIndex,
    /// Its parents, for drawing a graph.
    pub parents: Vec<CommitIndex>,
    /// Where the one file that a log follows is in this commit.
    pub followed: Option<String>,
}

/// The commits of a walk, in order.
pub fn walk(repository: &Repository, walk: &Walk) -> Vec<Visit> {
    let excluded = ancestors(repository, &walk.exclude);
    let mut simplified: BTreeMap<CommitIndex, Simplified> = BTreeMap::new();
    let mut open: Vec<CommitIndex> = walk.include.clone();
    while let Some(index) = open.pop() {
        if excluded.contains(&index) || simplified.contains_key(&index) {
            continue;
        }
        let visit = simplify(repository, walk, index);
        open.extend(&visit.parents);
        simplified.insert(index, visit);
    }
    let mut visits: Vec<Visit> = simplified
        .iter()
        .filter(|(_, node)| node.shown)
        .map(|(index, node)| Visit {
            index: *index,
            parents: shown_parents(&simplified, &node.parents),
            followed: None,
        })
        .collect();
    match walk.order {
        Order::Date => {
            visits.sort_by_key(|visit| std::cmp::Reverse(date_key(repository, visit.index)));
        }
        Order::Topological => visits = topological(repository, visits),
    }
    visits
}

struct Simplified {
    shown: bool,
    parents: Vec<CommitIndex>,
}

/// What history simplification leaves of a commit: if one parent has the same files at the paths, only that one is
/// followed and the commit is not shown.
fn simplify(repository: &Repository, walk: &Walk, index: CommitIndex) -> Simplified {
    let Some(commit) = repository.commit(index) else {
        return Simplified {
            shown: false,
            parents: Vec::new(),
        };
    };
    let mut parents = commit.parents.clone();
    if walk.first_parent {
        parents.truncate(1);
    }
    if walk.paths.is_everything() {
        return Simplified {
            shown: true,
            parents,
        };
    }
    let empty = Tree::default();
    let differs = |before: &Tree| walk.paths.differs(before, &commit.tree);
    if parents.is_empty() {
        return Simplified {
            shown: differs(&empty),
            parents,
        };
    }
    let same = parents
        .iter()
        .copied()
        .find(|parent| !differs(repository.tree(*parent).unwrap_or(&empty)));
    match same {
        Some(parent) => Simplified {
            shown: false,
            parents: vec![parent],
        },
        None => Simplified {
            shown: true,
            parents,
        },
    }
}

/// Parents with those that are not shown replaced by what they lead to.
fn shown_parents(
    nodes: &BTreeMap<CommitIndex, Simplified>,
    parents: &[CommitIndex],
) -> Vec<CommitIndex> {
    let mut result = Vec::new();
    for parent in parents {
        let mut at = *parent;
        while let Some(node) = nodes.get(&at) {
            if node.shown {
                if !result.contains(&at) {
                    result.push(at);
                }
                break;
            }
            match node.parents.first() {
                Some(next) => at = *next,
                None => break,
            }
        }
    }
    result
}

fn date_key(repository: &Repository, index: CommitIndex) -> (SimTime, CommitIndex) {
    let date = repository.commit(index).map(|commit| commit.committed_at);
    (date.unwrap_or_default(), index)
}

/// Children before parents; among the free ones, the line of history just shown goes on, as git's graph order does.
fn topological(repository: &Repository, visits: Vec<Visit>) -> Vec<Visit> {
    let mut nodes: BTreeMap<CommitIndex, Visit> = visits
        .into_iter()
        .map(|visit| (visit.index, visit))
        .collect();
    let mut waiting: BTreeMap<CommitIndex, usize> = BTreeMap::new();
    for visit in nodes.values() {
        for parent in &visit.parents {
            *waiting.entry(*parent).or_default() += 1;
        }
    }
    // Tips by date, oldest pushed first, so that the newest is taken first.
    let mut tips: BinaryHeap<std::cmp::Reverse<(SimTime, CommitIndex)>> = nodes
        .keys()
        .filter(|index| !waiting.contains_key(index))
        .map(|index| std::cmp::Reverse(date_key(repository, *index)))
        .collect();
    let mut stack = Vec::new();
    while let Some(std::cmp::Reverse((_, index))) = tips.pop() {
        stack.push(index);
    }
    let mut result = Vec::with_capacity(nodes.len());
    while let Some(index) = stack.pop() {
        let Some(visit) = nodes.remove(&index) else {
            continue;
        };
        for parent in &visit.parents {
            if let Some(count) = waiting.get_mut(parent) {
                *count -= 1;
                if *count == 0 {
                    stack.push(*parent);
                }
            }
        }
        result.push(visit);
    }
    result
}
