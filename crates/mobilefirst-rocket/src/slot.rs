//! Values that stay with a request.

use std::sync::{Mutex, PoisonError};

use rocket::Request;

/// Keeps the last value of its type. Rocket's local cache alone keeps the first.
struct Slot<T>(Mutex<Option<T>>);

/// Stores `value` in place of an earlier one.
pub(crate) fn put<T: Send + 'static>(request: &Request<'_>, value: T) {
    set(request, Some(value));
}

/// Drops the stored value.
pub(crate) fn clear<T: Send + 'static>(request: &Request<'_>) {
    set::<T>(request, None);
}

/// The stored value.
pub(crate) fn last<T: Clone + Send + 'static>(request: &Request<'_>) -> Option<T> {
    let Slot(last) = slot(request);
    last.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn set<T: Send + 'static>(request: &Request<'_>, value: Option<T>) {
    let Slot(last) = slot(request);
    *last.lock().unwrap_or_else(PoisonError::into_inner) = value;
}

fn slot<'r, T: Send + 'static>(request: &'r Request<'_>) -> &'r Slot<T> {
    request.local_cache(|| Slot(Mutex::new(None)))
}
