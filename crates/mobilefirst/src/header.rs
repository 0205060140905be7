//! Header fields that carry tokens and challenges, one per file.

pub(crate) mod authorization;
pub(crate) mod bearer_challenge;
pub(crate) mod challenge;
pub(crate) mod mfp_conflict;
pub(crate) mod quoted;
pub(crate) mod token_place;
