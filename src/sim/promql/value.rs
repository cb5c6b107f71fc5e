//! Results of queries, and how the HTTP API and `promtool` write them. Never evaluates.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::labels::Labels;
use super::numbers::{format_json_value, format_seconds, format_value};
use super::source::is_stale;
use crate::sim::time::SimTime;

/// One sample of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The series.
    pub labels: Labels,
    /// The evaluation time.
    pub at: SimTime,
    /// The value.
    pub value: f64,
}

/// The samples of one series over a range of time.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleSeries {
    /// The series.
    pub labels: Labels,
    /// Instants and values, ascending.
    pub points: Vec<(SimTime, f64)>,
}

/// The result of an instant query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Scalar {
        /// The evaluation time.
        at: SimTime,
        /// The number.
        value: f64,
    },
    /// One sample each of some series.
    Vector(Vec<Sample>),
    /// Samples over a range of time of some series.
    Matrix(Vec<SampleSeries>),
    /// Text.
    Text {
        /// The evaluation time.
        at: SimTime,
        /// The text.
        text: String,
    },
}

/// The result of a range query: columns over shared instants, sorted by labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// The instants of all columns, ascending.
    pub times: Vec<SimTime>,
    /// The series.
    pub columns: Vec<MatrixColumn>,
}

/// One series of a range query's result.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixColumn {
    /// The series.
    pub labels: Labels,
    /// One slot for each instant; the stale marker where the series has no value. Read by [`MatrixColumn::get`].
    pub values: Vec<f64>,
}

impl MatrixColumn {
    /// The value at the n-th instant, if the series has one there.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.values
            .get(index)
            .copied()
            .filter(|value| !is_stale(*value))
    }
}

impl Matrix {
    /// The instants and values that one column has.
    pub fn points<'a>(
        &'a self,
        column: &'a MatrixColumn,
    ) -> impl Iterator<Item = (SimTime, f64)> + 'a {
        self.times
            .iter()
            .zip(&column.values)
            .filter(|(_, value)| !is_stale(**value))
            .map(|(at, value)| (*at, *value))
    }

    /// The result as separate series of points.
    pub fn series(&self) -> Vec<SampleSeries> {
        self.columns
            .iter()
            .map(|column| SampleSeries {
                labels: column.labels.clone(),
                points: self.points(column).collect(),
            })
            .collect()
    }

    /// The `data` of the HTTP API's answer.
    pub fn to_json(&self) -> Json {
        let result: Vec<Json> = self
            .columns
            .iter()
            .map(|column| series_json(&column.labels, self.points(column)))
            .collect();
        json!({"resultType": "matrix", "result": result})
    }

    /// What `promtool query range` prints.
    pub fn to_text(&self) -> String {
        let series: Vec<String> = self
            .columns
            .iter()
            .map(|column| series_text(&column.labels, self.points(column)))
            .collect();
        series.join("\n")
    }
}

impl Value {
    /// The `data` of the HTTP API's answer.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Scalar { at, value } => {
                json!({"resultType": "scalar", "result": point_json(*at, *value)})
            }
            Self::Text { at, text } => {
                json!({"resultType": "string", "result": [seconds_json(*at), text]})
            }
            Self::Vector(samples) => {
                let result: Vec<Json> = samples
                    .iter()
                    .map(|sample| {
                        json!({
                            "metric": sample.labels.to_json(),
                            "value": point_json(sample.at, sample.value),
                        })
                    })
                    .collect();
                json!({"resultType": "vector", "result": result})
            }
            Self::Matrix(series) => {
                let result: Vec<Json> = series
                    .iter()
                    .map(|one| series_json(&one.labels, one.points.iter().copied()))
                    .collect();
                json!({"resultType": "matrix", "result": result})
            }
        }
    }

    /// What `promtool query instant` prints.
    pub fn to_text(&self) -> String {
        match self {
            Self::Scalar { at, value } => {
                format!(
                    "scalar: {} @[{}]",
                    format_value(*value),
                    format_seconds(at.millis())
                )
            }
            Self::Text { text, .. } => text.clone(),
            Self::Vector(samples) => {
                let lines: Vec<String> = samples
                    .iter()
                    .map(|sample| {
                        format!(
                            "{} => {} @[{}]",
                            sample.labels.metric_form(),
                            format_value(sample.value),
                            format_seconds(sample.at.millis())
                        )
                    })
                    .collect();
                lines.join("\n")
            }
            Self::Matrix(series) => {
                let parts: Vec<String> = series
                    .iter()
                    .map(|one| series_text(&one.labels, one.points.iter().copied()))
                    .collect();
                parts.join("\n")
            }
        }
    }

    /// The samples, if this is a vector.
    pub fn samples(&self) -> &[Sample] {
        match self {
            Self::Vector(samples) => samples,
            _ => &[],
        }
    }
}

/// Whole seconds as an integer, others with up to three decimals.
fn seconds_json(at: SimTime) -> Json {
    let millis = at.millis();
    if millis % 1000 == 0 {
        json!(millis / 1000)
    } else {
        json!(millis as f64 / 1000.0)
    }
}

fn point_json(at: SimTime, value: f64) -> Json {
    json!([seconds_json(at), format_json_value(value)])
}

fn series_json(labels: &Labels, points: impl Iterator<Item = (SimTime, f64)>) -> Json {
    let values: Vec<Json> = points.map(|(at, value)| point_json(at, value)).collect();
    json!({"metric": labels.to_json(), "values": values})
}

fn series_text(labels: &Labels, points: impl Iterator<Item = (SimTime, f64)>) -> String {
    let mut text = format!("{} =>", labels.metric_form());
    for (at, value) in points {
        let (value, at) = (format_value(value), format_seconds(at.millis()));
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{value} @[{at}]");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::promql::source::stale_marker;

    fn labels() -> Labels {
        Labels::new([("__name__", "up"), ("job", "api")])
    }

    #[test]
    fn instant_results_in_both_forms() {
        let vector = Value::Vector(vec![Sample {
            labels: labels(),
            at: SimTime(1_435_781_451_781),
            value: 1.0,
        }]);
        assert_eq!(vector.to_text(), r#"up{job="api"} => 1 @[1435781451.781]"#);
        assert_eq!(
            vector.to_json().to_string(),
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"api"},"value":[1435781451.781,"1"]}]}"#
        );
        let scalar = Value::Scalar {
            at: SimTime(5000),
            value: f64::INFINITY,
        };
        assert_eq!(scalar.to_text(), "scalar: +Inf @[5]");
        assert_eq!(
            scalar.to_json().to_string(),
            r#"{"resultType":"scalar","result":[5,"+Inf"]}"#
        );
    }

    #[test]
    fn gaps_of_a_range_are_left_out() {
        let matrix = Matrix {
            times: vec![SimTime(0), SimTime(15_000), SimTime(30_000)],
            columns: vec![MatrixColumn {
                labels: labels(),
                values: vec![1.0, stale_marker(), 2.5],
            }],
        };
        assert_eq!(matrix.to_text(), "up{job=\"api\"} =>\n1 @[0]\n2.5 @[30]");
        assert_eq!(
            matrix.to_json()["result"][0]["values"].to_string(),
            r#"[[0,"1"],[30,"2.5"]]"#
        );
        assert_eq!(matrix.columns[0].get(1), None);
    }
}
