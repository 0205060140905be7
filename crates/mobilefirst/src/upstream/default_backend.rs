//! The HTTP backend that is used when no other is given.

use std::sync::Arc;

use crate::error::Error;
use crate::upstream::http_backend::HttpBackend;
#[cfg(feature = "reqwest")]
use crate::upstream::reqwest::ReqwestBackend;

#[cfg(feature = "reqwest")]
pub(crate) fn default_backend() -> Result<Arc<dyn HttpBackend>, Error> {
    let backend = ReqwestBackend::new()?;
    Ok(Arc::new(backend))
}

#[cfg(not(feature = "reqwest"))]
pub(crate) fn default_backend() -> Result<Arc<dyn HttpBackend>, Error> {
    Err(Error::configuration(
        "there is no HTTP backend: pass one with http_backend, or turn the feature `reqwest` on",
    ))
}
