//! `/denied`, which plays back a verdict of [`nginx`](crate::endpoint::nginx).
//!
//! It never asks again: meanwhile a 409 may have become a 200, which nobody would notice.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::policy::Policy;
use crate::refusal::verdict::VERDICT;
use crate::refusal::{OwnReason, Refusal};

pub(crate) fn answer(policy: &Policy, request: &Parts) -> Response<Bytes> {
    let mut verdicts = request.headers.get_all(VERDICT).iter();
    let verdict = verdicts.next().filter(|_| verdicts.next().is_none());
    let refusal = verdict.and_then(|verdict| Refusal::from_verdict(verdict.as_bytes()));
    let refusal = refusal.unwrap_or_else(|| policy.refuse(OwnReason::NoVerdict));
    refusal.into_response()
}
