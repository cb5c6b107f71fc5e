//! The functions of PromQL: their names, signatures and what each gives. Never evaluates.

/// A function. Each variant is the function of the same name; what it computes is in [`Function::help`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table below has a sentence for each")]
pub enum Function {
    Abs,
    Absent,
    AbsentOverTime,
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    AvgOverTime,
    Ceil,
    Changes,
    Clamp,
    ClampMax,
    ClampMin,
    Cos,
    Cosh,
    CountOverTime,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    DaysInMonth,
    Deg,
    Delta,
    Deriv,
    DoubleExponentialSmoothing,
    End,
    Exp,
    FirstOverTime,
    Floor,
    HistogramAvg,
    HistogramCount,
    HistogramFraction,
    HistogramQuantile,
    HistogramStddev,
    HistogramStdvar,
    HistogramSum,
    Hour,
    Idelta,
    Increase,
    Irate,
    LabelJoin,
    LabelReplace,
    LastOverTime,
    Ln,
    Log10,
    Log2,
    MadOverTime,
    MaxOf,
    MaxOverTime,
    MinOf,
    MinOverTime,
    Minute,
    Month,
    Pi,
    PredictLinear,
    PresentOverTime,
    QuantileOverTime,
    Rad,
    Range,
    Rate,
    Resets,
    Round,
    Scalar,
    Sgn,
    Sin,
    Sinh,
    Sort,
    SortByLabel,
    SortByLabelDesc,
    SortDesc,
    Sqrt,
    Start,
    StddevOverTime,
    StdvarOverTime,
    Step,
    SumOverTime,
    Tan,
    Tanh,
    Time,
    Timestamp,
    TsOfFirstOverTime,
    TsOfLastOverTime,
    TsOfMaxOverTime,
    TsOfMinOverTime,
    Vector,
    Year,
}

/// What completion and help show of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionHelp {
    /// The function.
    pub function: Function,
    /// Its name in a query.
    pub name: &'static str,
    /// Its parameters as the Prometheus manual writes them.
    pub parameters: &'static str,
    /// What it gives, in one sentence.
    pub help: &'static str,
}

macro_rules! functions {
    ($($variant:ident $name:literal ($parameters:literal) $help:literal;)*) => {
        /// All functions, sorted by name.
        pub const FUNCTIONS: &[FunctionHelp] = &[$(FunctionHelp {
            function: Function::$variant,
            name: $name,
            parameters: $parameters,
            help: $help,
        }),*];
    };
}

functions! {
    Abs "abs" ("v instant-vector") "Absolute values.";
    Absent "absent" ("v instant-vector") "1 if the vector is empty, nothing otherwise.";
    AbsentOverTime "absent_over_time" ("v range-vector") "1 if the range holds no sample, nothing otherwise.";
    Acos "acos" ("v instant-vector") "Arccosine.";
    Acosh "acosh" ("v instant-vector") "Inverse hyperbolic cosine.";
    Asin "asin" ("v instant-vector") "Arcsine.";
    Asinh "asinh" ("v instant-vector") "Inverse hyperbolic sine.";
    Atan "atan" ("v instant-vector") "Arctangent.";
    Atanh "atanh" ("v instant-vector") "Inverse hyperbolic tangent.";
    AvgOverTime "avg_over_time" ("v range-vector") "Mean of the samples in the range.";
    Ceil "ceil" ("v instant-vector") "Rounded up to whole numbers.";
    Changes "changes" ("v range-vector") "How often the value changed in the range.";
    Clamp "clamp" ("v instant-vector, min scalar, max scalar") "Values held between two bounds.";
    ClampMax "clamp_max" ("v instant-vector, max scalar") "Values held at or below a bound.";
    ClampMin "clamp_min" ("v instant-vector, min scalar") "Values held at or above a bound.";
    Cos "cos" ("v instant-vector") "Cosine.";
    Cosh "cosh" ("v instant-vector") "Hyperbolic cosine.";
    CountOverTime "count_over_time" ("v range-vector") "Number of samples in the range.";
    DayOfMonth "day_of_month" ("v=vector(time()) instant-vector") "Day of the month in UTC, 1 to 31.";
    DayOfWeek "day_of_week" ("v=vector(time()) instant-vector") "Day of the week in UTC, 0 is Sunday.";
    DayOfYear "day_of_year" ("v=vector(time()) instant-vector") "Day of the year in UTC, 1 to 366.";
    DaysInMonth "days_in_month" ("v=vector(time()) instant-vector") "Days of the month in UTC, 28 to 31.";
    Deg "deg" ("v instant-vector") "Radians to degrees.";
    Delta "delta" ("v range-vector") "Difference between the ends of the range, extrapolated; for gauges.";
    Deriv "deriv" ("v range-vector") "Slope per second by linear regression; for gauges.";
    DoubleExponentialSmoothing "double_exponential_smoothing" ("v range-vector, sf scalar, tf scalar") "Smoothed value by Holt's method; for gauges.";
    End "end" ("") "End of the query in seconds since the epoch.";
    Exp "exp" ("v instant-vector") "Exponential function.";
    FirstOverTime "first_over_time" ("v range-vector") "Oldest sample in the range.";
    Floor "floor" ("v instant-vector") "Rounded down to whole numbers.";
    HistogramAvg "histogram_avg" ("v instant-vector") "Mean of native histograms; nothing for other samples.";
    HistogramCount "histogram_count" ("v instant-vector") "Observations of native histograms; nothing for other samples.";
    HistogramFraction "histogram_fraction" ("lower scalar, upper scalar, b instant-vector") "Share of observations between two bounds.";
    HistogramQuantile "histogram_quantile" ("phi scalar, b instant-vector") "Quantile of a histogram's buckets.";
    HistogramStddev "histogram_stddev" ("v instant-vector") "Standard deviation of native histograms; nothing for other samples.";
    HistogramStdvar "histogram_stdvar" ("v instant-vector") "Variance of native histograms; nothing for other samples.";
    HistogramSum "histogram_sum" ("v instant-vector") "Sum of native histograms; nothing for other samples.";
    Hour "hour" ("v=vector(time()) instant-vector") "Hour of the day in UTC, 0 to 23.";
    Idelta "idelta" ("v range-vector") "Difference between the last two samples; for gauges.";
    Increase "increase" ("v range-vector") "Increase of a counter over the range, extrapolated.";
    Irate "irate" ("v range-vector") "Per-second increase of a counter between the last two samples.";
    LabelJoin "label_join" ("v instant-vector, dst_label string, separator string, src_label string, ...") "Sets a label to other labels' values, joined.";
    LabelReplace "label_replace" ("v instant-vector, dst_label string, replacement string, src_label string, regex string") "Sets a label from another by a regular expression.";
    LastOverTime "last_over_time" ("v range-vector") "Newest sample in the range.";
    Ln "ln" ("v instant-vector") "Natural logarithm.";
    Log10 "log10" ("v instant-vector") "Decimal logarithm.";
    Log2 "log2" ("v instant-vector") "Binary logarithm.";
    MadOverTime "mad_over_time" ("v range-vector") "Median absolute deviation in the range.";
    MaxOf "max_of" ("a scalar, b scalar") "The larger of two numbers.";
    MaxOverTime "max_over_time" ("v range-vector") "Largest sample in the range.";
    MinOf "min_of" ("a scalar, b scalar") "The smaller of two numbers.";
    MinOverTime "min_over_time" ("v range-vector") "Smallest sample in the range.";
    Minute "minute" ("v=vector(time()) instant-vector") "Minute of the hour in UTC, 0 to 59.";
    Month "month" ("v=vector(time()) instant-vector") "Month in UTC, 1 to 12.";
    Pi "pi" ("") "The number pi.";
    PredictLinear "predict_linear" ("v range-vector, t scalar") "Value in t seconds by linear regression; for gauges.";
    PresentOverTime "present_over_time" ("v range-vector") "1 for each series with a sample in the range.";
    QuantileOverTime "quantile_over_time" ("phi scalar, v range-vector") "Quantile of the samples in the range.";
    Rad "rad" ("v instant-vector") "Degrees to radians.";
    Range "range" ("") "Length of the query in seconds.";
    Rate "rate" ("v range-vector") "Per-second increase of a counter over the range, extrapolated.";
    Resets "resets" ("v range-vector") "How often a counter fell in the range.";
    Round "round" ("v instant-vector, to_nearest=1 scalar") "Rounded to the nearest multiple.";
    Scalar "scalar" ("v instant-vector") "The value of a vector's only series, otherwise NaN.";
    Sgn "sgn" ("v instant-vector") "Sign: 1, 0 or -1.";
    Sin "sin" ("v instant-vector") "Sine.";
    Sinh "sinh" ("v instant-vector") "Hyperbolic sine.";
    Sort "sort" ("v instant-vector") "Ordered by value, ascending; instant queries only.";
    SortByLabel "sort_by_label" ("v instant-vector, label string, ...") "Ordered by labels, ascending; instant queries only.";
    SortByLabelDesc "sort_by_label_desc" ("v instant-vector, label string, ...") "Ordered by labels, descending; instant queries only.";
    SortDesc "sort_desc" ("v instant-vector") "Ordered by value, descending; instant queries only.";
    Sqrt "sqrt" ("v instant-vector") "Square root.";
    Start "start" ("") "Start of the query in seconds since the epoch.";
    StddevOverTime "stddev_over_time" ("v range-vector") "Population standard deviation of the samples in the range.";
    StdvarOverTime "stdvar_over_time" ("v range-vector") "Population variance of the samples in the range.";
    Step "step" ("") "Step of the query in seconds.";
    SumOverTime "sum_over_time" ("v range-vector") "Sum of the samples in the range.";
    Tan "tan" ("v instant-vector") "Tangent.";
    Tanh "tanh" ("v instant-vector") "Hyperbolic tangent.";
    Time "time" ("") "The evaluation time in seconds since the epoch.";
    Timestamp "timestamp" ("v instant-vector") "When each sample was taken, in seconds since the epoch.";
    TsOfFirstOverTime "ts_of_first_over_time" ("v range-vector") "When the oldest sample in the range was taken.";
    TsOfLastOverTime "ts_of_last_over_time" ("v range-vector") "When the newest sample in the range was taken.";
    TsOfMaxOverTime "ts_of_max_over_time" ("v range-vector") "When the largest sample in the range was last taken.";
    TsOfMinOverTime "ts_of_min_over_time" ("v range-vector") "When the smallest sample in the range was last taken.";
    Vector "vector" ("s scalar") "A number as a vector without labels.";
    Year "year" ("v=vector(time()) instant-vector") "Year in UTC.";
}

impl Function {
    /// The function of a name, which is case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        FUNCTIONS
            .binary_search_by(|entry| entry.name.cmp(name))
            .ok()
            .and_then(|index| FUNCTIONS.get(index))
            .map(|entry| entry.function)
    }

    /// The name in a query.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |entry| entry.name)
    }

    /// What it gives, in one sentence.
    pub fn help(self) -> &'static str {
        self.entry().map_or("", |entry| entry.help)
    }

    fn entry(self) -> Option<&'static FunctionHelp> {
        FUNCTIONS.iter().find(|entry| entry.function == self)
    }

    /// Whether it gives a scalar; all others give an instant vector.
    pub fn returns_scalar(self) -> bool {
        matches!(
            self,
            Self::End
                | Self::MaxOf
                | Self::MinOf
                | Self::Pi
                | Self::Range
                | Self::Scalar
                | Self::Start
                | Self::Step
                | Self::Time
        )
    }

    /// Whether its first or second argument is a range vector.
    pub fn takes_range(self) -> bool {
        self.entry()
            .is_some_and(|entry| entry.parameters.contains("range-vector"))
    }

    /// Whether a series keeps its metric name.
    pub fn keeps_metric_name(self) -> bool {
        matches!(
            self,
            Self::FirstOverTime
                | Self::LastOverTime
                | Self::LabelJoin
                | Self::LabelReplace
                | Self::Sort
                | Self::SortByLabel
                | Self::SortByLabelDesc
                | Self::SortDesc
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        for entry in FUNCTIONS {
            assert_eq!(Function::from_name(entry.name), Some(entry.function));
            assert_eq!(entry.function.name(), entry.name);
        }
        assert_eq!(Function::from_name("RATE"), None);
        assert!(Function::QuantileOverTime.takes_range());
        assert!(!Function::HistogramQuantile.takes_range());
    }
}
