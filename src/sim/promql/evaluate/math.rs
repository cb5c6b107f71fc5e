//! Functions and operators of one or two numbers. Transcendental functions come from `libm`: the same bits everywhere.

use super::calendar::Moment;
use crate::sim::promql::ast::BinaryOp;
use crate::sim::promql::function::Function;

/// A function of one number; none if the function is not of that kind.
pub(super) fn of_number(function: Function) -> Option<fn(f64) -> f64> {
    Some(match function {
        Function::Abs => f64::abs,
        Function::Acos => libm::acos,
        Function::Acosh => libm::acosh,
        Function::Asin => libm::asin,
        Function::Asinh => libm::asinh,
        Function::Atan => libm::atan,
        Function::Atanh => libm::atanh,
        Function::Ceil => libm::ceil,
        Function::Cos => libm::cos,
        Function::Cosh => libm::cosh,
        Function::Deg => |value| value * 180.0 / std::f64::consts::PI,
        Function::Exp => libm::exp,
        Function::Floor => libm::floor,
        Function::Ln => libm::log,
        Function::Log10 => libm::log10,
        Function::Log2 => libm::log2,
        Function::Rad => |value| value * std::f64::consts::PI / 180.0,
        Function::Sgn => sign,
        Function::Sin => libm::sin,
        Function::Sinh => libm::sinh,
        Function::Sqrt => libm::sqrt,
        Function::Tan => libm::tan,
        Function::Tanh => libm::tanh,
        _ => return None,
    })
}

/// A part of a date in UTC from seconds since the epoch; none if the function is not of that kind.
pub(super) fn of_moment(function: Function) -> Option<fn(f64) -> f64> {
    Some(match function {
        Function::DayOfMonth => |at| Moment::from_seconds(at).day as f64,
        Function::DayOfWeek => |at| Moment::from_seconds(at).weekday as f64,
        Function::DayOfYear => |at| Moment::from_seconds(at).day_of_year as f64,
        Function::DaysInMonth => |at| Moment::from_seconds(at).days_in_month() as f64,
        Function::Hour => |at| Moment::from_seconds(at).hour as f64,
        Function::Minute => |at| Moment::from_seconds(at).minute as f64,
        Function::Month => |at| Moment::from_seconds(at).month as f64,
        Function::Year => |at| Moment::from_seconds(at).year as f64,
        _ => return None,
    })
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// The nearest multiple of `step`, halves up.
pub(super) fn round_to(value: f64, step: f64) -> f64 {
    let inverse = 1.0 / step;
    libm::floor(value * inverse + 0.5) / inverse
}

/// The larger of two numbers; NaN if one is.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// The smaller of two numbers; NaN if one is.
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.min(b)
    }
}

/// What an arithmetic operator computes; none for comparisons and set operators.
pub(super) fn arithmetic(op: BinaryOp) -> Option<fn(f64, f64) -> f64> {
    Some(match op {
        BinaryOp::Add => |a, b| a + b,
        BinaryOp::Subtract => |a, b| a - b,
        BinaryOp::Multiply => |a, b| a * b,
        BinaryOp::Divide => |a, b| a / b,
        BinaryOp::Modulo => libm::fmod,
        BinaryOp::Power => libm::pow,
        BinaryOp::Atan2 => libm::atan2,
        _ => return None,
    })
}

/// Whether a comparison holds; none for other operators.
#[expect(clippy::float_cmp, reason = "PromQL's == compares the bits of numbers")]
pub(super) fn comparison(op: BinaryOp) -> Option<fn(f64, f64) -> bool> {
    Some(match op {
        BinaryOp::Equal => |a, b| a == b,
        BinaryOp::NotEqual => |a, b| a != b,
        BinaryOp::Greater => |a, b| a > b,
        BinaryOp::GreaterOrEqual => |a, b| a >= b,
        BinaryOp::Less => |a, b| a < b,
        BinaryOp::LessOrEqual => |a, b| a <= b,
        _ => return None,
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "tests state exact results")]
mod tests {
    use super::*;

    #[test]
    fn rounding_and_signs() {
        assert_eq!(round_to(-2.5, 1.0), -2.0);
        assert_eq!(round_to(7.4, 5.0), 5.0);
        assert!(sign(f64::NAN).is_nan());
        assert!(larger(1.0, f64::NAN).is_nan());
    }
}
