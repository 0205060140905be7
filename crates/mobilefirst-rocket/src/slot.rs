//! What stays with a request.

use std::sync::{Mutex, PoisonError};

use mobilefirst::{Denial, Permit};
use rocket::Request;

/// What guards leave with a request, for those who come after them.
// One value for all, because each value in Rocket's local cache is an allocation, and even a look
// for what is not there makes one.
#[derive(Default)]
pub(crate) struct Kept {
    /// The permit of the guard around this route.
    pub(crate) permit: Option<Permit>,
    /// The last refusal.
    pub(crate) denial: Option<Denial>,
    pub(crate) storage: Storage,
}

/// Whether a cache may store the response.
#[derive(Default, PartialEq, Eq)]
pub(crate) enum Storage {
    #[default]
    Allowed,
    /// It may not, because the request has its token in an unusual place (RFC 6750 §2.3).
    Forbidden,
}

/// Reads or changes what is kept.
pub(crate) fn with<T>(request: &Request<'_>, access: impl FnOnce(&mut Kept) -> T) -> T {
    // Rocket's local cache keeps the first value of a type.
    let kept = request.local_cache(Mutex::<Kept>::default);
    access(&mut kept.lock().unwrap_or_else(PoisonError::into_inner))
}
