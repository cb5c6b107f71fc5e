//! Heat maps: how often values fell into each bucket over time, one row a bucket, brighter where more did.

use ratatui::layout::Rect;

use super::chart::{self, Chart};
use crate::tui::canvas::{Align, Canvas};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::world::{SeriesColumn, Unit};

/// From nothing to much: the sign for those who see no colours, and the look.
const SHADES: [(char, Role); 6] = [
    (' ', Role::Base),
    ('·', Role::Faint),
    ('░', Role::Flame4),
    ('▒', Role::Flame3),
    ('▓', Role::Flame2),
    ('█', Role::Flame0),
];

/// A row: the upper end of the bucket and how often a value fell into it, an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The upper end.
    pub upper: f64,
    /// Values per second in it.
    pub values: Vec<f64>,
}

/// Buckets of series that are cumulative by `le`; `None` where they are none. Series of one bucket are summed.
pub fn buckets<'a>(series: impl Iterator<Item = &'a SeriesColumn>) -> Option<Vec<Bucket>> {
    let mut sums: Vec<Bucket> = Vec::new();
    for column in series {
        let upper = column
            .labels
            .iter()
            .find(|(name, _)| name == "le")
            .and_then(|(_, value)| match value.as_str() {
                "+Inf" => Some(f64::INFINITY),
                text => text.parse().ok(),
            })?;
        match sums.iter_mut().find(|bucket| bucket.upper == upper) {
            Some(bucket) => {
                for (sum, value) in bucket.values.iter_mut().zip(&column.values) {
                    *sum = if sum.is_nan() {
                        *value
                    } else {
                        *sum + value.max(0.0)
                    };
                }
            }
            None => sums.push(Bucket {
                upper,
                values: column.values.clone(),
            }),
        }
    }
    if sums.len() < 3 {
        return None;
    }
    sums.sort_by(|left, right| left.upper.total_cmp(&right.upper));
    let mut below: Vec<f64> = Vec::new();
    for bucket in &mut sums {
        let cumulative = bucket.values.clone();
        for (index, value) in bucket.values.iter_mut().enumerate() {
            let under = below.get(index).copied().unwrap_or(0.0);
            *value = (*value - if under.is_nan() { 0.0 } else { under }).max(0.0);
        }
        below = cumulative;
    }
    Some(sums)
}

/// Draws a heat map with its axes; gives where the map itself is, for clicks.
pub fn draw(canvas: &mut Canvas<'_>, buckets: &[Bucket], chart: &Chart<'_>) -> Rect {
    let labels: Vec<String> = buckets
        .iter()
        .map(|bucket| {
            if bucket.upper.is_finite() {
                units::value(bucket.upper, Unit::Seconds)
            } else {
                "+Inf".to_owned()
            }
        })
        .collect();
    let gutter = labels
        .iter()
        .map(|label| text::width(label))
        .max()
        .unwrap_or(0) as u16
        + 2;
    let plot = Rect::new(
        gutter,
        0,
        canvas.width().saturating_sub(gutter + 1),
        canvas.height().saturating_sub(2),
    );
    if plot.width < 4 || plot.height < 3 {
        return Rect::default();
    }
    let most = buckets
        .iter()
        .flat_map(|bucket| &bucket.values)
        .copied()
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    let (start, end) = chart.range_ms;
    let span = (end - start).max(1);
    let count = buckets.len() as u16;
    for y in 0..plot.height {
        // The highest bucket on top; several rows a bucket where there is room.
        let at =
            (u32::from(plot.height - 1 - y) * u32::from(count) / u32::from(plot.height)) as usize;
        let Some(bucket) = buckets.get(at) else {
            continue;
        };
        for x in 0..plot.width {
            let from = start + span * i64::from(x) / i64::from(plot.width);
            let to = start + span * i64::from(x + 1) / i64::from(plot.width);
            let first = chart.times.partition_point(|time| *time < from);
            let last = chart
                .times
                .partition_point(|time| *time < to)
                .max(first + 1);
            let values = bucket.values.get(first..last.min(bucket.values.len()));
            let value = values
                .unwrap_or(&[])
                .iter()
                .copied()
                .filter(|value| value.is_finite())
                .fold(0.0, f64::max);
            let (glyph, role) = shade(value, most);
            canvas.glyph(plot.x + x, y, glyph, role);
        }
    }
    let rows = (plot.height / count.max(1)).max(1);
    let every = (count / plot.height.max(1)).max(1);
    for (index, label) in labels.iter().enumerate() {
        if !(index as u16).is_multiple_of(every) {
            continue;
        }
        let bottom = plot.height.saturating_sub(1)
            - (index as u16 * plot.height / count.max(1)).min(plot.height - 1);
        let y = bottom.saturating_sub(rows.saturating_sub(1) / 2);
        canvas.text_aligned(
            (0, y),
            gutter.saturating_sub(1),
            Align::Right,
            label,
            Role::Axis,
        );
    }
    chart::draw_time(canvas, plot, chart);
    plot
}

/// The sign of a value: by its square root, so that few are seen beside many.
fn shade(value: f64, most: f64) -> (char, Role) {
    if value <= 0.0 || most <= 0.0 {
        return SHADES[0];
    }
    let share = (value / most).sqrt();
    let index = 1
        + (share * (SHADES.len() - 1) as f64)
            .floor()
            .clamp(0.0, (SHADES.len() - 2) as f64) as usize;
    SHADES.get(index).copied().unwrap_or(SHADES[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(le: &str, values: &[f64]) -> SeriesColumn {
        SeriesColumn {
            labels: vec![("le".to_owned(), le.to_owned())],
            values: values.to_vec(),
            ..SeriesColumn::default()
        }
    }

    #[test]
    fn cumulative_buckets_are_parted() {
        let all = [
            series("+Inf", &[10.0, 12.0]),
            series("0.1", &[4.0, 1.0]),
            series("1", &[9.0, 1.0]),
        ];
        let found = buckets(all.iter()).unwrap();
        let values: Vec<(f64, Vec<f64>)> = found
            .into_iter()
            .map(|bucket| (bucket.upper, bucket.values))
            .collect();
        assert_eq!(
            values,
            [
                (0.1, vec![4.0, 1.0]),
                (1.0, vec![5.0, 0.0]),
                (f64::INFINITY, vec![1.0, 11.0]),
            ]
        );
        assert!(buckets([SeriesColumn::default()].iter()).is_none());
    }

    #[test]
    fn more_is_brighter() {
        assert_eq!(shade(0.0, 10.0).0, ' ');
        assert_eq!(shade(10.0, 10.0).0, '█');
        assert_eq!(shade(0.01, 10.0).0, '·');
    }
}
