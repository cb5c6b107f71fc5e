//! Queries as text: what [`super::parse`] reads to the same tree. Adds nothing, leaves nothing out.

use std::fmt;

use super::ast::{
    Conversion, Expr, LabelChoice, LabelValue, LogExpr, MetricExpr, RangeAggregation, Stage, Unwrap,
};
use crate::sim::promql::ast::{BinaryOp, Cardinality, Grouping, Matching};
use crate::sim::promql::numbers::{format_duration_ms, quote};

/// An operator as it is written.
pub(super) const fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Power => "^",
        BinaryOp::Atan2 => "atan2",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Unless => "unless",
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(log) => log.fmt(out),
            Self::Metric(metric) => metric.fmt(out),
        }
    }
}

impl fmt::Display for LogExpr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matchers: Vec<String> = self.matchers.iter().map(ToString::to_string).collect();
        write!(out, "{{{}}}", matchers.join(", "))?;
        for stage in &self.stages {
            write!(out, " {stage}")?;
        }
        Ok(())
    }
}

fn pairs(list: &[(String, String)]) -> String {
    let texts: Vec<String> = list
        .iter()
        .map(|(name, from)| format!("{name}={}", quote(from)))
        .collect();
    texts.join(", ")
}

fn choices(list: &[LabelChoice]) -> String {
    let texts: Vec<String> = list
        .iter()
        .map(|choice| match choice {
            LabelChoice::Name(name) => name.clone(),
            LabelChoice::Match(matcher) => matcher.to_string(),
        })
        .collect();
    texts.join(", ")
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(filter) => {
                let values: Vec<String> = filter.values.iter().map(|text| quote(text)).collect();
                write!(out, "{} {}", filter.op.text(), values.join(" or "))
            }
            Self::Json(paths) if paths.is_empty() => out.write_str("| json"),
            Self::Json(paths) => write!(out, "| json {}", pairs(paths)),
            Self::Logfmt {
                strict,
                keep_empty,
                fields,
            } => {
                out.write_str("| logfmt")?;
                if *strict {
                    out.write_str(" --strict")?;
                }
                if *keep_empty {
                    out.write_str(" --keep-empty")?;
                }
                if fields.is_empty() {
                    Ok(())
                } else {
                    write!(out, " {}", pairs(fields))
                }
            }
            Self::Pattern(pattern) => write!(out, "| pattern {}", quote(&pattern.text)),
            Self::Regexp(named) => write!(out, "| regexp {}", quote(&named.text)),
            Self::Unpack => out.write_str("| unpack"),
            Self::Label(filter) => write!(out, "| {filter}"),
            Self::LineFormat(template) => write!(out, "| line_format {}", quote(&template.text)),
            Self::LabelFormat(formats) => {
                let texts: Vec<String> = formats
                    .iter()
                    .map(|(name, value)| match value {
                        LabelValue::Rename(from) => format!("{name}={from}"),
                        LabelValue::Format(template) => format!("{name}={}", quote(&template.text)),
                    })
                    .collect();
                write!(out, "| label_format {}", texts.join(", "))
            }
            Self::Drop(list) => write!(out, "| drop {}", choices(list)),
            Self::Keep(list) => write!(out, "| keep {}", choices(list)),
            Self::Decolorize => out.write_str("| decolorize"),
        }
    }
}

impl fmt::Display for Unwrap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conversion {
            Conversion::Plain => write!(out, "| unwrap {}", self.label)?,
            Conversion::Duration => write!(out, "| unwrap duration({})", self.label)?,
            Conversion::DurationSeconds => {
                write!(out, "| unwrap duration_seconds({})", self.label)?;
            }
            Conversion::Bytes => write!(out, "| unwrap bytes({})", self.label)?,
        }
        for filter in &self.filters {
            write!(out, " | {filter}")?;
        }
        Ok(())
    }
}

fn group(grouping: &Grouping) -> String {
    match grouping {
        Grouping::By(labels) => format!("by ({})", labels.join(", ")),
        Grouping::Without(labels) => format!("without ({})", labels.join(", ")),
    }
}

impl fmt::Display for RangeAggregation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}(", self.op.name())?;
        if let Some(parameter) = self.parameter {
            write!(out, "{parameter}, ")?;
        }
        write!(out, "{}", self.log)?;
        if let Some(unwrap) = &self.unwrap {
            write!(out, " {unwrap}")?;
        }
        write!(out, " [{}]", format_duration_ms(self.range_ms))?;
        if self.offset_ms != 0 {
            let sign = if self.offset_ms < 0 { "-" } else { "" };
            let size = format_duration_ms(self.offset_ms.saturating_abs());
            write!(out, " offset {sign}{size}")?;
        }
        out.write_str(")")?;
        match &self.grouping {
            Some(grouping) => write!(out, " {}", group(grouping)),
            None => Ok(()),
        }
    }
}

fn matching_text(matching: &Matching) -> String {
    let mut text = match &matching.labels {
        Grouping::By(labels) => format!("on ({}) ", labels.join(", ")),
        Grouping::Without(labels)
            if labels.is_empty() && matching.cardinality == Cardinality::OneToOne =>
        {
            String::new()
        }
        Grouping::Without(labels) => format!("ignoring ({}) ", labels.join(", ")),
    };
    match &matching.cardinality {
        Cardinality::OneToOne => {}
        Cardinality::ManyToOne(labels) => {
            text.push_str(&format!("group_left ({}) ", labels.join(", ")));
        }
        Cardinality::OneToMany(labels) => {
            text.push_str(&format!("group_right ({}) ", labels.join(", ")));
        }
    }
    text
}

impl fmt::Display for MetricExpr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Vector(number) => write!(out, "vector({number})"),
            Self::Range(range) => range.fmt(out),
            Self::Aggregate(aggregate) => {
                out.write_str(aggregate.op.name())?;
                if let Some(grouping) = &aggregate.grouping {
                    write!(out, " {} ", group(grouping))?;
                }
                out.write_str("(")?;
                if let Some(parameter) = aggregate.parameter {
                    write!(out, "{parameter}, ")?;
                }
                write!(out, "{})", aggregate.inner)
            }
            Self::Binary(binary) => {
                let returns_bool = if binary.returns_bool { "bool " } else { "" };
                write!(
                    out,
                    "({} {} {returns_bool}{}{})",
                    binary.left,
                    operator(binary.op),
                    matching_text(&binary.matching),
                    binary.right
                )
            }
            Self::LabelReplace(replace) => {
                write!(out, "label_replace({}", replace.inner)?;
                for text in &replace.texts {
                    write!(out, ", {}", quote(text))?;
                }
                out.write_str(")")
            }
        }
    }
}
