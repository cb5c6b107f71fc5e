//! PromQL: evaluation of expressions over a source of series. Never makes samples itself.
