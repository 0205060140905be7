//! What is left with a request for those who come later.

use std::sync::{Mutex, PoisonError};

use rocket::Request;

/// The last value of its type that was put: Rocket's local cache alone keeps the first.
struct Slot<T>(Mutex<Option<T>>);

/// Leaves `value` with the request.
pub(crate) fn put<T: Send + 'static>(request: &Request<'_>, value: T) {
    let Slot(last) = slot(request);
    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

/// What was left with the request.
pub(crate) fn last<T: Clone + Send + 'static>(request: &Request<'_>) -> Option<T> {
    let Slot(last) = slot(request);
    last.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn slot<'r, T: Send + 'static>(request: &'r Request<'_>) -> &'r Slot<T> {
    request.local_cache(|| Slot(Mutex::new(None)))
}
