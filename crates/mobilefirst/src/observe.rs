//! Reporting decisions to logs, metrics and observers.

pub(crate) mod decision_span;
pub(crate) mod observer;
pub(crate) mod request_info;
