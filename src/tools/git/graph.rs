//! The lines of history beside commits: `git log --graph`. Columns are commits still to come; each commit is drawn in its
//! column, its parents spread from it, and columns that left a gap slide to the left. Characters only.

use crate::sim::git::CommitIndex;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing left to draw for the last commit.
    Padding,
    /// The commit itself comes next.
    Commit,
    /// The edges from a merge to its parents.
    PostMerge,
    /// Columns slide to the left.
    Collapsing,
}

/// The drawing, which goes from commit to commit.
pub(super) struct Graph {
    commit: Option<CommitIndex>,
    parents: Vec<CommitIndex>,
    columns: Vec<CommitIndex>,
    next_columns: Vec<CommitIndex>,
    /// Character cell -> column that the edge in it leads to.
    mapping: Vec<Option<usize>>,
    old_mapping: Vec<Option<usize>>,
    commit_column: usize,
    previous_commit_column: usize,
    /// 0 if a merge's first edge leans to the left, 1 if it goes straight down.
    merge_layout: Option<usize>,
    edges_added: i64,
    previous_edges_added: i64,
    width: usize,
    state: State,
    previous_state: State,
}

impl Graph {
    pub(super) fn new() -> Self {
        Self {
            commit: None,
            parents: Vec::new(),
            columns: Vec::new(),
            next_columns: Vec::new(),
            mapping: Vec::new(),
            old_mapping: Vec::new(),
            commit_column: 0,
            previous_commit_column: 0,
            merge_layout: None,
            edges_added: 0,
            previous_edges_added: 0,
            width: 0,
            state: State::Padding,
            previous_state: State::Padding,
        }
    }

    /// Goes on to a commit whose visible parents are given.
    pub(super) fn advance(&mut self, commit: CommitIndex, parents: &[CommitIndex]) {
        self.commit = Some(commit);
        self.parents = parents.to_vec();
        self.previous_commit_column = self.commit_column;
        self.place_columns(commit);
        self.state = State::Commit;
    }

    /// Whether nothing but plain columns would be drawn next.
    pub(super) fn is_settled(&self) -> bool {
        self.state == State::Padding
    }

    /// The next line, padded to the drawing's width; the flag says that the commit itself is on it.
    pub(super) fn next_line(&mut self) -> (String, bool) {
        let (mut line, shown) = match self.state {
            State::Padding => ("| ".repeat(self.next_columns.len()), false),
            State::Commit => (self.commit_line(), true),
            State::PostMerge => (self.post_merge_line(), false),
            State::Collapsing => (self.collapsing_line(), false),
        };
        self.pad(&mut line);
        (line, shown)
    }

    /// A line between commits: the columns as they stand, if nothing else is due.
    pub(super) fn padding(&mut self) -> String {
        if self.state != State::Commit {
            return self.next_line().0;
        }
        // The commit is not drawn yet, so the columns before it stand.
        self.previous_state = State::Padding;
        let mut line = "| ".repeat(self.columns.len());
        self.pad(&mut line);
        line
    }

    fn pad(&self, line: &mut String) {
        while line.len() < self.width {
            line.push(' ');
        }
    }

    fn go(&mut self, state: State) {
        self.previous_state = self.state;
        self.state = state;
    }

    fn place_columns(&mut self, commit: CommitIndex) {
        self.columns = std::mem::take(&mut self.next_columns);
        let most = self.columns.len() + self.parents.len().max(1);
        self.mapping = vec![None; 2 * most];
        self.width = 0;
        self.previous_edges_added = self.edges_added;
        self.edges_added = 0;
        let mut seen = false;
        for (column, waiting) in self.columns.clone().into_iter().enumerate() {
            if waiting == commit {
                seen = true;
                self.place_commit(column);
            } else {
                self.place(waiting, None);
            }
        }
        if !seen {
            self.place_commit(self.columns.len());
        }
        while self.mapping.len() > 1 && self.mapping.last() == Some(&None) {
            self.mapping.pop();
        }
    }

    fn place_commit(&mut self, column: usize) {
        self.commit_column = column;
        self.merge_layout = None;
        for parent in self.parents.clone() {
            self.place(parent, Some(column));
        }
        if self.parents.is_empty() {
            self.width += 2;
        }
    }

    fn place(&mut self, commit: CommitIndex, from: Option<usize>) {
        let known = self
            .next_columns
            .iter()
            .position(|waiting| *waiting == commit);
        let column = known.unwrap_or_else(|| {
            self.next_columns.push(commit);
            self.next_columns.len() - 1
        });
        let cell = match from {
            Some(from) if self.parents.len() > 1 && self.merge_layout.is_none() => {
                // The first parent of a merge decides how the merge leans.
                let distance = from as i64 - column as i64;
                let shift = if distance > 1 { 2 * distance - 3 } else { 1 };
                let layout = usize::from(distance <= 0);
                self.merge_layout = Some(layout);
                self.edges_added = self.parents.len() as i64 + layout as i64 - 2;
                let cell = self.width as i64 + (layout as i64 - 1) * shift;
                self.width += 2 * layout;
                cell.max(0) as usize
            }
            _ if self.edges_added > 0
                && self.width >= 2
                && self.mapping.get(self.width - 2) == Some(&Some(column)) =>
            {
                // The last edge already leads there: both join at once.
                self.edges_added = -1;
                self.width - 2
            }
            _ => {
                self.width += 2;
                self.width - 2
            }
        };
        if let Some(place) = self.mapping.get_mut(cell) {
            *place = Some(column);
        }
    }

    fn is_straight(&self) -> bool {
        self.mapping
            .iter()
            .enumerate()
            .all(|(cell, target)| target.is_none_or(|target| target == cell / 2))
    }

    fn after_commit(&mut self) {
        let next = if self.parents.len() > 1 {
            State::PostMerge
        } else if self.is_straight() {
            State::Padding
        } else {
            State::Collapsing
        };
        self.go(next);
    }

    /// The columns of a line with the commit's own, which is the last one when no edge leads to it.
    fn drawn_columns(&self) -> Vec<CommitIndex> {
        let mut columns = self.columns.clone();
        if let Some(commit) = self.commit.filter(|commit| !columns.contains(commit)) {
            columns.push(commit);
        }
        columns
    }

    fn commit_line(&mut self) -> String {
        let mut line = String::new();
        let mut seen = false;
        for (column, commit) in self.drawn_columns().into_iter().enumerate() {
            let character = if Some(commit) == self.commit {
                seen = true;
                '*'
            } else if seen && self.edges_added > 1 {
                '\\'
            } else if seen && self.edges_added == 1 {
                let slanted = self.previous_state == State::PostMerge
                    && self.previous_edges_added > 0
                    && self.previous_commit_column < column;
                if slanted { '\\' } else { '|' }
            } else if self.slides_here(column) {
                '/'
            } else {
                '|'
            };
            line.push(character);
            line.push(' ');
        }
        self.after_commit();
        line
    }

    /// Whether the line before was sliding this column to the left and is not done.
    fn slides_here(&self, column: usize) -> bool {
        self.previous_state == State::Collapsing
            && self.old_mapping.get(2 * column + 1) == Some(&Some(column))
            && self
                .mapping
                .get(2 * column)
                .copied()
                .flatten()
                .is_some_and(|target| target < column)
    }

    fn post_merge_line(&mut self) -> String {
        const EDGES: [char; 3] = ['/', '|', '\\'];
        let mut line = String::new();
        let mut seen = false;
        let mut parent_passed = false;
        for (column, commit) in self.drawn_columns().into_iter().enumerate() {
            if Some(commit) == self.commit {
                seen = true;
                let mut edge = self.merge_layout.unwrap_or(1);
                for number in 0..self.parents.len() {
                    line.push(EDGES.get(edge).copied().unwrap_or('\\'));
                    if edge < 2 {
                        edge += 1;
                    } else if self.edges_added > 0 || number + 1 < self.parents.len() {
                        line.push(' ');
                    }
                }
                if self.edges_added == 0 {
                    line.push(' ');
                }
            } else if seen {
                line.push(if self.edges_added > 0 { '\\' } else { '|' });
                line.push(' ');
            } else {
                line.push('|');
                if self.merge_layout != Some(0) || column + 1 != self.commit_column {
                    line.push(if parent_passed { '_' } else { ' ' });
                }
            }
            parent_passed |= Some(&commit) == self.parents.first();
        }
        let next = if self.is_straight() {
            State::Padding
        } else {
            State::Collapsing
        };
        self.go(next);
        line
    }

    fn collapsing_line(&mut self) -> String {
        self.old_mapping = std::mem::take(&mut self.mapping);
        let (moved, horizontal) = slide(&self.old_mapping);
        self.mapping = moved;
        self.old_mapping.clone_from(&self.mapping);
        if self.mapping.len() > 1 && self.mapping.last() == Some(&None) {
            self.mapping.pop();
        }
        let mut line = String::new();
        let mut used_horizontal = false;
        for cell in 0..self.mapping.len() {
            let target = self.mapping.get(cell).copied().flatten();
            let Some(target) = target else {
                line.push(' ');
                continue;
            };
            if target * 2 == cell {
                line.push('|');
            } else if horizontal.is_some_and(|(edge, to)| target == to && cell + 1 != edge) {
                if cell != target * 2 + 3 {
                    self.clear(cell);
                }
                used_horizontal = true;
                line.push('_');
            } else {
                if used_horizontal && horizontal.is_some_and(|(edge, _)| cell < edge) {
                    self.clear(cell);
                }
                line.push('/');
            }
        }
        let next = if self.is_straight() {
            State::Padding
        } else {
            State::Collapsing
        };
        self.go(next);
        line
    }

    fn clear(&mut self, cell: usize) {
        if let Some(place) = self.mapping.get_mut(cell) {
            *place = None;
        }
    }
}

/// Moves every edge one cell towards its column; one edge may go several cells at once. Returns the new cells and that
/// edge with its target.
fn slide(old: &[Option<usize>]) -> (Vec<Option<usize>>, Option<(usize, usize)>) {
    let mut moved: Vec<Option<usize>> = vec![None; old.len()];
    let mut horizontal = None;
    for (cell, target) in old.iter().enumerate() {
        let Some(target) = *target else { continue };
        let left = cell
            .checked_sub(1)
            .and_then(|left| moved.get(left).copied().flatten());
        let edge = if target * 2 == cell {
            set(&mut moved, cell, target);
            continue;
        } else if left.is_none() {
            set(&mut moved, cell.saturating_sub(1), target);
            cell
        } else if left == Some(target) {
            continue;
        } else {
            set(&mut moved, cell.saturating_sub(2), target);
            cell.saturating_sub(1)
        };
        if horizontal.is_none() {
            horizontal = Some((edge, target));
            let mut at = target * 2 + 3;
            while at + 2 < cell {
                set(&mut moved, at, target);
                at += 2;
            }
        }
    }
    (moved, horizontal)
}

fn set(cells: &mut [Option<usize>], at: usize, target: usize) {
    if let Some(cell) = cells.get_mut(at) {
        *cell = Some(target);
    }
}
