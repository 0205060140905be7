//! The only place that reads a request: its `Authorization` fields, and what observers see.

use std::convert::Infallible;

use mobilefirst::{Authorize, RequestInfo, RequiredScope, Requirement, TokenPlace, TokenValidator};
use warp::Filter;
use warp::http::header::{AUTHORIZATION, COOKIE};
use warp::http::{HeaderMap, Method};
use warp::path::FullPath;

/// The parts of a request that a check reads.
pub(crate) struct Head {
    method: Method,
    path: FullPath,
    headers: HeaderMap,
}

/// Extracts the parts of every request that make up its [`Head`].
// Parts, because each further `map` around a filter costs every request more than making a `Head`.
pub(crate) fn head()
-> impl Filter<Extract = (Method, FullPath, HeaderMap), Error = Infallible> + Copy {
    warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
}

/// Extracts what [`head`] does, with the tokens in another place as further `Authorization`
/// fields.
pub(crate) fn head_with(
    place: TokenPlace,
) -> impl Filter<Extract = (Method, FullPath, HeaderMap), Error = Infallible> + Copy {
    let query = warp::query::raw()
        .map(Some)
        .or(warp::any().map(|| None))
        .unify();
    head()
        .and(query)
        .map(
            move |method, path, mut headers: HeaderMap, query: Option<String>| {
                let cookies = headers.get_all(COOKIE);
                for token in place.tokens(query.as_deref(), cookies) {
                    headers.append(AUTHORIZATION, token);
                }
                (method, path, headers)
            },
        )
        .untuple_one()
}

impl Head {
    pub(crate) fn of(method: Method, path: FullPath, headers: HeaderMap) -> Self {
        Self {
            method,
            path,
            headers,
        }
    }

    pub(crate) fn authorize<S: RequiredScope>(&self, validator: &TokenValidator) -> Authorize<S> {
        validator
            .authorize(self.headers.get_all(AUTHORIZATION))
            .for_request(|| self.info())
    }

    pub(crate) fn authorize_scope(
        &self,
        validator: &TokenValidator,
        requirement: &Requirement,
    ) -> Authorize {
        validator
            .authorize_scope(self.headers.get_all(AUTHORIZATION), requirement)
            .for_request(|| self.info())
    }

    fn info(&self) -> RequestInfo {
        RequestInfo::of(&self.method, self.path.as_str(), &self.headers)
    }
}
