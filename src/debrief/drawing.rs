//! Drawings in plain characters: the causal graph as boxes and arrows in layers, the impact as a small chart. At most 74
//! columns, so that it fits a screen of 80; nothing depends on colour. Decides nothing about what it draws.

use super::claim::Found;
use super::graph::{Graph, Node};

/// The most columns of a drawing.
pub const COLUMNS: usize = 74;
/// The most boxes beside one another.
const BESIDE: usize = 3;
/// Columns between boxes.
const GAP: usize = 2;
/// The widest box.
const WIDEST: usize = 60;

/// How a node was found, as the drawing marks it.
pub const fn mark(found: Found) -> &'static str {
    match found {
        Found::Named => "✓ named",
        Found::Pinned => "✓ pinned",
        Found::Seen => "· seen",
        Found::Missed => "○ missed",
    }
}

/// A slot of a row: a node's box, or an arrow that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Node(usize),
    Passing(usize),
}

/// Draws the graph.
pub fn graph(graph: &Graph) -> Vec<String> {
    let rows = rows(graph);
    let mut lines: Vec<String> = Vec::new();
    let mut above: Vec<(Slot, usize)> = Vec::new();
    for row in &rows {
        let placed = place(row);
        if !above.is_empty() {
            lines.extend(arrows(graph, &above, &centers(&placed)));
        }
        lines.extend(boxes(graph, &placed));
        above = centers(&placed);
    }
    lines
}

/// The rows: layers, those with too many boxes cut into several; an arrow over several rows passes through a slot of each.
fn rows(graph: &Graph) -> Vec<Vec<Slot>> {
    let mut row_of = vec![0; graph.nodes.len()];
    let mut rows: Vec<Vec<Slot>> = Vec::new();
    let mut layer = None;
    for (index, node) in graph.nodes.iter().enumerate() {
        let full = rows.last().is_none_or(|row| row.len() >= BESIDE);
        if layer != Some(node.layer) || full {
            rows.push(Vec::new());
        }
        layer = Some(node.layer);
        if let Some(slot) = row_of.get_mut(index) {
            *slot = rows.len() - 1;
        }
        if let Some(row) = rows.last_mut() {
            row.push(Slot::Node(index));
        }
    }
    for (number, (from, to)) in graph.edges.iter().enumerate() {
        let first = row_of.get(*from).copied().unwrap_or(0) + 1;
        let last = row_of.get(*to).copied().unwrap_or(0);
        for row in rows.get_mut(first..last).unwrap_or_default() {
            row.push(Slot::Passing(number));
        }
    }
    rows
}

/// A slot with its left edge and its width.
type Placed = (Slot, usize, usize);

/// Boxes share the columns; what passes takes one.
fn place(row: &[Slot]) -> Vec<Placed> {
    let boxes = row
        .iter()
        .filter(|slot| matches!(slot, Slot::Node(_)))
        .count();
    let passing = row.len() - boxes;
    let room = COLUMNS.saturating_sub(passing * (1 + GAP) + boxes.saturating_sub(1) * GAP);
    let width = (room / boxes.max(1)).min(WIDEST);
    let mut left = 0;
    row.iter()
        .map(|slot| {
            let wide = match slot {
                Slot::Node(_) => width,
                Slot::Passing(_) => 1,
            };
            let at = left;
            left += wide + GAP;
            (*slot, at, wide)
        })
        .collect()
}

fn centers(placed: &[Placed]) -> Vec<(Slot, usize)> {
    placed
        .iter()
        .map(|(slot, left, wide)| (*slot, left + wide / 2))
        .collect()
}

/// Characters that lines are made of, by the sides they leave at.
const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

const fn line(sides: u8) -> char {
    match sides {
        0 => ' ',
        3 | UP | DOWN => '│',
        12 | LEFT | RIGHT => '─',
        9 => '└',
        5 => '┘',
        10 => '┌',
        6 => '┐',
        11 => '├',
        7 => '┤',
        14 => '┬',
        13 => '┴',
        _ => '┼',
    }
}

/// The lines between two rows: each source that leads down has a track of its own.
fn arrows(graph: &Graph, above: &[(Slot, usize)], below: &[(Slot, usize)]) -> Vec<String> {
    let tracks: Vec<(usize, Vec<(usize, bool)>)> = above
        .iter()
        .map(|(slot, from)| (*from, targets(graph, *slot, below)))
        .filter(|(_, targets)| !targets.is_empty())
        .collect();
    let height = tracks.len() + 1;
    let mut grid = vec![vec![0_u8; COLUMNS]; height];
    let mut heads: Vec<usize> = Vec::new();
    let mut set = |row: usize, column: usize, sides: u8| {
        if let Some(cell) = grid.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell |= sides;
        }
    };
    for (track, (from, targets)) in tracks.iter().enumerate() {
        for row in 0..track {
            set(row, *from, UP | DOWN);
        }
        for (to, is_head) in targets {
            set(track, *from, UP);
            if to == from {
                set(track, *from, DOWN);
            } else {
                let (left, right) = (*from.min(to), *from.max(to));
                set(track, left, RIGHT);
                set(track, right, LEFT);
                for column in left + 1..right {
                    set(track, column, LEFT | RIGHT);
                }
                set(track, *to, DOWN);
            }
            for row in track + 1..height {
                set(row, *to, UP | DOWN);
            }
            if *is_head {
                heads.push(*to);
            }
        }
    }
    let last = height - 1;
    grid.iter()
        .enumerate()
        .map(|(row, cells)| {
            let drawn: String = cells
                .iter()
                .enumerate()
                .map(|(column, sides)| {
                    if row == last && heads.contains(&column) {
                        '▼'
                    } else {
                        line(*sides)
                    }
                })
                .collect();
            drawn.trim_end().to_owned()
        })
        .collect()
}

/// Where the arrows of a slot go in the next row, and whether they end there.
fn targets(graph: &Graph, slot: Slot, below: &[(Slot, usize)]) -> Vec<(usize, bool)> {
    let edges = graph
        .edges
        .iter()
        .enumerate()
        .filter(|(number, (from, _))| match slot {
            Slot::Node(node) => node == *from,
            Slot::Passing(passing) => passing == *number,
        });
    edges
        .filter_map(|(number, (_, to))| {
            below.iter().find_map(|(other, column)| match other {
                Slot::Node(node) if node == to => Some((*column, true)),
                Slot::Passing(passing) if *passing == number => Some((*column, false)),
                _ => None,
            })
        })
        .collect()
}

fn boxes(graph: &Graph, placed: &[Placed]) -> Vec<String> {
    let texts: Vec<Vec<String>> = placed
        .iter()
        .map(|(slot, _, wide)| match slot {
            Slot::Node(index) => graph
                .nodes
                .get(*index)
                .map_or_else(Vec::new, |node| text(node, wide.saturating_sub(4))),
            Slot::Passing(_) => Vec::new(),
        })
        .collect();
    let height = texts.iter().map(Vec::len).max().unwrap_or(0) + 2;
    (0..height)
        .map(|row| {
            let mut out = String::new();
            let mut column = 0;
            for ((slot, left, wide), text) in placed.iter().zip(&texts) {
                out.extend(std::iter::repeat_n(' ', left.saturating_sub(column)));
                out.push_str(&match slot {
                    Slot::Node(_) => box_row(text, row, height, *wide),
                    Slot::Passing(_) => line(UP | DOWN).to_string(),
                });
                column = left + wide;
            }
            out.trim_end().to_owned()
        })
        .collect()
}

fn box_row(text: &[String], row: usize, height: usize, wide: usize) -> String {
    let inner = wide.saturating_sub(2);
    if row == 0 {
        return format!("┌{}┐", "─".repeat(inner));
    }
    if row + 1 == height {
        return format!("└{}┘", "─".repeat(inner));
    }
    let words = text.get(row - 1).map_or("", String::as_str);
    let pad = wide.saturating_sub(4 + words.chars().count());
    format!("│ {words}{} │", " ".repeat(pad))
}

/// What stands in a box: the mark, the place, what it is.
fn text(node: &Node, columns: usize) -> Vec<String> {
    let role = if node.is_root { ", root cause" } else { "" };
    let mut lines = wrap(&format!("{}{role}", mark(node.found)), columns);
    lines.extend(wrap(&format!("{}: {}", node.place, node.says), columns));
    lines
}

/// Wraps a text at spaces; a word that is too long is cut.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for (index, piece) in letters.chunks(columns).enumerate() {
            let fits = length + usize::from(length > 0) + piece.len() <= columns;
            if length > 0 && (!fits || index > 0) {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.extend(piece);
            length += piece.len();
        }
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

/// A chart of two curves in so many rows and at most [`COLUMNS`] columns: `█` the first, `·` where only the second reaches.
pub fn chart(first: &[f64], second: &[f64], rows: usize) -> Vec<String> {
    let top = first.iter().chain(second).copied().fold(0.0, f64::max);
    let count = first.len().max(second.len());
    if count == 0 || top <= 0.0 || rows == 0 {
        return Vec::new();
    }
    let label = format!("{top:.0}").len().max(1);
    let columns = count.min(COLUMNS - label - 3);
    let at = |curve: &[f64], column: usize| {
        let (from, to) = (column * count / columns, (column + 1) * count / columns);
        let part = curve.get(from..to.min(curve.len())).unwrap_or_default();
        if part.is_empty() {
            0.0
        } else {
            part.iter().sum::<f64>() / part.len() as f64
        }
    };
    let mut lines: Vec<String> = (0..rows)
        .map(|row| {
            // A column reaches into a row when it is above the row's middle.
            let bound = top * ((rows - row) as f64 - 0.5) / rows as f64;
            let figure = match row {
                0 => format!("{top:>label$.0} ┤"),
                _ => format!("{:label$} │", ""),
            };
            let cells: String = (0..columns)
                .map(|column| match (at(first, column), at(second, column)) {
                    (value, _) if value >= bound => '█',
                    (_, value) if value >= bound => '·',
                    _ => ' ',
                })
                .collect();
            format!("{figure}{cells}").trim_end().to_owned()
        })
        .collect();
    lines.push(format!("{:>label$} └{}", 0, "─".repeat(columns)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(layer: usize, says: &str, found: Found) -> Node {
        Node {
            fault: says.to_owned(),
            place: "p".to_owned(),
            says: says.to_owned(),
            found,
            is_root: layer == 0,
            is_asked: true,
            layer,
            began: None,
            is_active: false,
        }
    }

    #[test]
    fn boxes_and_arrows_stand_in_layers() {
        let drawn = graph(&Graph {
            nodes: vec![
                node(0, "a", Found::Named),
                node(1, "b", Found::Missed),
                node(1, "c", Found::Seen),
                node(2, "d", Found::Pinned),
            ],
            edges: vec![(0, 1), (0, 2), (1, 3)],
        });
        let expected = "\
┌──────────────────────────────────────────────────────────┐
│ ✓ named, root cause                                      │
│ p: a                                                     │
└──────────────────────────────────────────────────────────┘
                  ┌───────────┴─────────────────────────┐
                  ▼                                     ▼
┌──────────────────────────────────┐  ┌──────────────────────────────────┐
│ ○ missed                         │  │ · seen                           │
│ p: b                             │  │ p: c                             │
└──────────────────────────────────┘  └──────────────────────────────────┘
                  └───────────┐
                              ▼
┌──────────────────────────────────────────────────────────┐
│ ✓ pinned                                                 │
│ p: d                                                     │
└──────────────────────────────────────────────────────────┘";
        assert_eq!(drawn.join("\n"), expected);
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        let long = "a sentence of many words that goes on and on ".repeat(6);
        let mut nodes = vec![node(0, &long, Found::Named)];
        nodes.extend((0..7).map(|_| node(1, &long, Found::Missed)));
        nodes.push(node(2, &long, Found::Missed));
        let edges = (1..8).map(|to| (0, to)).chain((1..8).map(|from| (from, 8)));
        let drawn = graph(&Graph {
            edges: edges.collect(),
            nodes,
        });
        for line in &drawn {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
        assert!(drawn.len() > 20);
    }

    #[test]
    fn texts_wrap_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("  ", 4), Vec::<String>::new());
    }

    #[test]
    fn a_chart_shows_both_curves() {
        let drawn = chart(&[4.0, 4.0, 1.0], &[4.0, 4.0, 4.0], 2);
        assert_eq!(drawn, ["4 ┤██·", "  │███", "0 └───"]);
        assert_eq!(chart(&[0.0], &[0.0], 3), Vec::<String>::new());
    }
}
