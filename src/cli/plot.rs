//! A chart in a terminal's text: lines of braille dots, a legend under it. Reads no terminal, knows no colours.

use unicode_width::UnicodeWidthStr as _;

use crate::tools::offline::{Answer, short};

/// Dots of a braille cell by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// Series that are drawn; more would hide each other.
const MOST_SERIES: usize = 8;
/// Marks that tell series apart in the legend and at their last value.
const MARKS: [char; MOST_SERIES] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/// Draws an answer's series over its instants.
pub fn draw(answer: &Answer, width: usize, height: usize) -> String {
    let (width, height) = (width.max(20), height.max(4));
    let drawn = answer.columns.iter().take(MOST_SERIES);
    let values = drawn
        .clone()
        .flat_map(|column| column.values.iter().flatten().copied())
        .filter(|value| value.is_finite());
    let Some((mut low, mut high)) = values.fold(None, |range: Option<(f64, f64)>, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    }) else {
        return "no data\n".to_owned();
    };
    // Rates and counts are read against zero.
    if low > 0.0 && low < high * 0.5 {
        low = 0.0;
    }
    if high - low < f64::EPSILON * high.abs().max(1.0) {
        high += 1.0;
    }
    let labels: Vec<String> = [high, f64::midpoint(low, high), low].map(short).to_vec();
    let margin = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let columns = width.saturating_sub(margin + 2).max(10);
    let mut cells = vec![vec![0_u32; columns]; height];
    let mut ends = Vec::new();
    for (column, mark) in drawn.clone().zip(MARKS) {
        let mut before: Option<(usize, usize)> = None;
        let last = column.values.len().saturating_sub(1).max(1);
        for (index, value) in column.values.iter().enumerate() {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                before = None;
                continue;
            };
            let x = index * (columns * 2 - 1) / last;
            let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
            let y = ((1.0 - share) * (height * 4 - 1) as f64).round() as usize;
            line(&mut cells, before.unwrap_or((x, y)), (x, y));
            before = Some((x, y));
        }
        ends.extend(before.map(|(_, y)| (y / 4, mark)));
    }
    let mut text = String::new();
    for (row, cells) in cells.iter().enumerate() {
        let label = match row {
            0 => labels.first(),
            row if row == height / 2 => labels.get(1),
            row if row + 1 == height => labels.get(2),
            _ => None,
        };
        let label = label.map_or("", String::as_str);
        let pad = margin.saturating_sub(label.width());
        text.push_str(&format!("{}{label} ┤", " ".repeat(pad)));
        text.extend(
            cells
                .iter()
                .map(|dots| char::from_u32(0x2800 + dots).unwrap_or(' ')),
        );
        let marks: String = ends
            .iter()
            .filter(|(at, _)| *at == row)
            .map(|(_, mark)| *mark)
            .collect();
        text.push_str(&marks);
        text.push('\n');
    }
    if let (Some(first), Some(last)) = (answer.times.first(), answer.times.last()) {
        let (from, to) = (first.format("%d %b %H:%M"), last.format("%H:%M"));
        let gap = columns.saturating_sub(from.width() + to.width());
        let margin = " ".repeat(margin + 2);
        text.push_str(&format!("{margin}{from}{}{to}\n", " ".repeat(gap)));
    }
    for (column, mark) in drawn.zip(MARKS) {
        let now = column.values.iter().rev().flatten().next();
        let now = now.map_or_else(|| "-".to_owned(), |value| short(*value));
        text.push_str(&format!("{mark} {} {now}\n", column.name));
    }
    let more = answer.columns.len().saturating_sub(MOST_SERIES);
    if more > 0 {
        text.push_str(&format!("{more} more series are not drawn\n"));
    }
    text
}

/// Sets the dots from one point to another.
fn line(cells: &mut [Vec<u32>], from: (usize, usize), to: (usize, usize)) {
    let steps = to.0.abs_diff(from.0).max(to.1.abs_diff(from.1)).max(1);
    for step in 0..=steps {
        let between = |a: usize, b: usize| {
            let (a, b) = (a as i64, b as i64);
            (a + (b - a) * step as i64 / steps as i64) as usize
        };
        let (x, y) = (between(from.0, to.0), between(from.1, to.1));
        let dot = DOTS.get(x % 2).and_then(|rows| rows.get(y % 4));
        if let (Some(cell), Some(dot)) =
            (cells.get_mut(y / 4).and_then(|row| row.get_mut(x / 2)), dot)
        {
            *cell |= dot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::SimTime;
    use crate::tools::offline::Column;

    fn answer(values: &[Option<f64>]) -> Answer {
        Answer {
            times: (0..values.len() as i64)
                .map(|step| SimTime(step * 60_000))
                .collect(),
            columns: vec![Column {
                name: "up".to_owned(),
                values: values.to_vec(),
            }],
            ..Answer::default()
        }
    }

    #[test]
    fn a_rising_line_goes_from_the_lower_left_to_the_upper_right() {
        let values: Vec<_> = (0..20).map(|value| Some(f64::from(value))).collect();
        let text = draw(&answer(&values), 24, 4);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 6, "{text}");
        assert!(
            rows[0].starts_with(" 19 ┤⠀") && rows[0].ends_with('a'),
            "{text}"
        );
        let first = rows[3].chars().nth(5);
        assert!(rows[3].starts_with("  0 ┤") && first != Some('⠀'), "{text}");
        assert_eq!(rows[5], "a up 19");
    }

    #[test]
    fn gaps_equal_values_and_nothing_at_all_are_drawn() {
        assert_eq!(draw(&answer(&[]), 24, 4), "no data\n");
        assert_eq!(draw(&answer(&[None, Some(f64::NAN)]), 24, 4), "no data\n");
        let flat = draw(&answer(&[Some(5.0), None, Some(5.0)]), 24, 4);
        assert!(flat.contains("a up 5"), "{flat}");
        draw(&answer(&[Some(f64::MAX), Some(f64::MIN)]), 0, 0);
    }
}
