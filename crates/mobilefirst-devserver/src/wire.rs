//! Reading requests and writing responses.

pub(crate) mod credentials;
pub(crate) mod form;
pub(crate) mod parameters;
pub(crate) mod refusal;
pub(crate) mod response;
pub(crate) mod shortened;
