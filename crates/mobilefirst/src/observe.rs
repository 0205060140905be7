//! Reporting decisions to logs, metrics and observers.

pub(crate) mod decision_span;
pub(crate) mod observer;
