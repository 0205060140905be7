//! The authorization server's answer about a token.

pub(crate) mod derived;
pub(crate) mod device_head;
pub(crate) mod device_id_place;
pub(crate) mod fields;
pub(crate) mod head;
pub(crate) mod introspection;
pub(crate) mod kept_text;
pub(crate) mod mfp_objects;
pub(crate) mod parse_error;
pub(crate) mod security_context;
pub(crate) mod shape;
pub(crate) mod stored;
pub(crate) mod text;
pub(crate) mod timestamp;
pub(crate) mod typed;
pub(crate) mod wire;
