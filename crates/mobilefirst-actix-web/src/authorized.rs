//! Extractors for the caller of a handler.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use mobilefirst::{AnyScope, Authorize, Permit, RequiredScope};

use crate::denied::Denied;
use crate::request;

/// An extractor for a caller whose token covers the scope `S`.
///
/// It derefs to [`Permit`], which describes the token. Without `S`, any active token will
/// do. The validator comes from `app_data`, as a
/// [`web::Data<TokenValidator>`](actix_web::web::Data). A handler that reads the body takes
/// [`Guarded`](crate::Guarded) instead, because actix-web extracts all arguments of a handler
/// at the same time.
#[doc(alias = "extractor")]
#[doc(alias = "jwt")]
#[doc(alias = "bearer")]
#[doc(alias = "oauth")]
pub struct Authorized<S: RequiredScope = AnyScope>(pub Permit<S>);

impl<S: RequiredScope> Deref for Authorized<S> {
    type Target = Permit<S>;

    fn deref(&self) -> &Permit<S> {
        &self.0
    }
}

impl<S: RequiredScope> fmt::Debug for Authorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.0).finish()
    }
}

impl<S: RequiredScope> FromRequest for Authorized<S> {
    type Error = Denied;
    type Future = Extract<S>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Extract<S> {
        Extract(request::authorize(request))
    }
}

/// The future of [`Authorized`].
#[derive(Debug)]
pub struct Extract<S = AnyScope>(Authorize<S>);

impl<S: RequiredScope> Future for Extract<S> {
    type Output = Result<Authorized<S>, Denied>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let verdict = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(verdict.map(Authorized).map_err(Denied::from))
    }
}

/// An extractor for a route that also serves callers without a token.
///
/// It derefs to an `Option`, which is `None` only if the request has no token. A request
/// with a bad token is refused. Do not use `Option<Authorized<S>>`: actix-web turns every
/// error into `None`, so a bad token would pass for no token.
pub struct OptionalAuthorized<S: RequiredScope = AnyScope>(pub Option<Permit<S>>);

impl<S: RequiredScope> Deref for OptionalAuthorized<S> {
    type Target = Option<Permit<S>>;

    fn deref(&self) -> &Option<Permit<S>> {
        &self.0
    }
}

impl<S: RequiredScope> fmt::Debug for OptionalAuthorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OptionalAuthorized").field(&self.0).finish()
    }
}

impl<S: RequiredScope> FromRequest for OptionalAuthorized<S> {
    type Error = Denied;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Denied>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let check = request::authorize(request);
        Box::pin(async move {
            let permit = check.optional().await?;
            Ok(Self(permit))
        })
    }
}
