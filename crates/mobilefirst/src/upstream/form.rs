//! Form-encoded requests to the authorization server.

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};

/// `application/x-www-form-urlencoded`.
pub(crate) fn encoded<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Bytes {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(parameters);
    form.finish().into()
}

/// A form for an endpoint of the authorization server.
pub(crate) fn form_request(
    uri: &Uri,
    authorization: Option<HeaderValue>,
    form: Bytes,
) -> Request<Bytes> {
    let mut request = Request::new(form);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    request
}
