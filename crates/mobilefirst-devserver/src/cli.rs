//! What the binary reads and prints.

pub(crate) mod args;
pub(crate) mod warnings;
pub(crate) mod welcome;
