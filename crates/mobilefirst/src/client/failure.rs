//! The error of a call to a resource.

use std::error::Error as StdError;
use std::fmt;

use crate::client::resources::Guarded;
use crate::error::Error;

/// Says which resource it was, in one line with what the backend reports, such as a limit.
pub(crate) fn of_call(resource: &Guarded, error: &Error) -> Error {
    let message = format!("the call to {resource} failed: {error}");
    match error.source() {
        None => Error::new(error.kind(), message),
        Some(_) => Error::with_source(error.kind(), message, CauseOf(error.clone())),
    }
}

/// What caused an error. That error itself is in the message, and is not shown again.
#[derive(Debug)]
struct CauseOf(Error);

impl fmt::Display for CauseOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .source()
            .map_or(Ok(()), |cause| fmt::Display::fmt(cause, f))
    }
}

impl StdError for CauseOf {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()?.source()
    }
}
