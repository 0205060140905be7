//! The only place that reads a request: its validator, its `Authorization` fields, and what
//! observers see.

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, web};
use mobilefirst::{
    Authorize, Denial, Permit, RequestInfo, RequiredScope, Requirement, TokenValidator,
};

pub(crate) fn authorize<S: RequiredScope>(request: &HttpRequest) -> Authorize<S> {
    check(request, |validator| {
        let extensions = request.extensions();
        validator.authorize_behind(extensions.get::<Permit>(), authorization(request))
    })
}

pub(crate) fn authorize_scope(request: &HttpRequest, requirement: &Requirement) -> Authorize {
    check(request, |validator| {
        let extensions = request.extensions();
        let guard = extensions.get::<Permit>();
        validator.authorize_scope_behind(guard, authorization(request), requirement)
    })
}

fn check<S>(
    request: &HttpRequest,
    authorize: impl FnOnce(&TokenValidator) -> Authorize<S>,
) -> Authorize<S> {
    match request.app_data::<web::Data<TokenValidator>>() {
        Some(validator) => authorize(validator).for_request(|| info(request)),
        None => {
            Denial::not_set_up("there is no `web::Data<TokenValidator>` in the app's `app_data`")
                .into()
        }
    }
}

fn authorization(request: &HttpRequest) -> impl Iterator<Item = &HeaderValue> {
    request.headers().get_all(AUTHORIZATION)
}

fn info(request: &HttpRequest) -> RequestInfo {
    let field = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    RequestInfo::new(request.method().as_str(), request.path(), field)
}
