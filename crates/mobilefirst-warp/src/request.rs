//! The only place that reads a request: its `Authorization` fields, and what observers see.

use std::convert::Infallible;

use mobilefirst::{Authorize, RequestInfo, RequiredScope, Requirement, TokenValidator};
use warp::Filter;
use warp::http::header::AUTHORIZATION;
use warp::http::{HeaderMap, Method};
use warp::path::FullPath;

/// The parts of a request that a check reads.
pub(crate) struct Head {
    method: Method,
    path: FullPath,
    headers: HeaderMap,
}

/// Extracts the [`Head`] of every request.
pub(crate) fn head() -> impl Filter<Extract = (Head,), Error = Infallible> + Copy {
    warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .map(|method, path, headers| Head {
            method,
            path,
            headers,
        })
}

impl Head {
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
