//! An extractor that checks before another one runs.

use std::fmt;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};
use mobilefirst::{Permit, RequiredScope};

use crate::denied::Denied;
use crate::request;

/// An extractor for a caller whose token covers the scope `S`, and for what the extractor
/// `T` reads from its request: usually the body.
///
/// It checks first. Nothing of a stranger's body is parsed or kept, and a bad token is
/// refused whatever the body looks like. As two arguments of a handler, `Authorized<S>` and
/// `T` would run at the same time, and the first error would be the answer.
///
/// ```
/// use actix_web::{post, web};
/// use mobilefirst_actix_web::{Guarded, scopes};
///
/// scopes! { Transfer = "accessRestricted transferPrivilege"; }
///
/// #[post("/transfer")]
/// async fn transfer(Guarded(caller, cents): Guarded<Transfer, web::Json<u64>>) -> String {
///     format!("{:?} pays {cents}", caller.username())
/// }
/// ```
///
/// `T` may be a tuple of extractors. The body belongs to this extractor: another argument
/// of the handler finds none. The error is that of the check ([`Denied`]) or that of `T`.
pub struct Guarded<S: RequiredScope, T>(pub Permit<S>, pub T);

impl<S: RequiredScope, T: fmt::Debug> fmt::Debug for Guarded<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guarded")
            .field(&self.0)
            .field(&self.1)
            .finish()
    }
}

impl<S: RequiredScope, T: FromRequest + 'static> FromRequest for Guarded<S, T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let check = request::authorize(request);
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let permit = check.await.map_err(Denied::from)?;
            let rest = T::from_request(&request, &mut payload).await;
            Ok(Self(permit, rest.map_err(Into::into)?))
        })
    }
}
