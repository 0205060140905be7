//! The extractor for the caller that a guard let through.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use mobilefirst::{Denial, Permit};

use crate::denied::Denied;

/// An extractor for the caller that [`RequireScope`](crate::RequireScope) let through.
///
/// It derefs to [`Permit`]. It makes no check. On a route outside any `RequireScope` it
/// refuses every request with 500, and the log says what to do.
///
/// ```
/// use actix_web::{App, web};
/// use mobilefirst_actix_web::{Caller, RequireScope, scopes};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(caller: Caller) -> String {
///     format!("{:?}: 17364.9", caller.username())
/// }
///
/// let accounts = web::scope("/accounts")
///     .route("/balance", web::get().to(balance))
///     .wrap(RequireScope::of::<AccessRestricted>());
/// let app = App::new().service(accounts);
/// ```
#[doc(alias = "ReqData")]
#[derive(Clone, Debug)]
pub struct Caller(pub Permit);

impl Deref for Caller {
    type Target = Permit;

    fn deref(&self) -> &Permit {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = Denied;
    type Future = Ready<Result<Self, Denied>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.extensions().get::<Permit>() {
            Some(permit) => Ok(Self(permit.clone())),
            None => Err(Denial::not_set_up(NOT_GUARDED).into()),
        })
    }
}

const NOT_GUARDED: &str = "a route with `Caller` is not in a `RequireScope`: wrap the route or \
     its `web::scope` in one, or take `Authorized<S>`, which checks by itself";
