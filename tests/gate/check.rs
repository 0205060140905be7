//! Questions over gRPC, in the words of Envoy.

use std::collections::HashMap;

use envoy_types::ext_authz::v3::pb::{CheckRequest, HeaderValue};
use envoy_types::pb::envoy::config::core::v3;
use envoy_types::pb::envoy::service::auth::v3::{AttributeContext, attribute_context};
use http::HeaderMap;

/// A question in the words of Envoy, with `encode_raw_headers`.
pub(crate) fn check(
    named: HashMap<String, String>,
    uri: &http::Uri,
    headers: &HeaderMap,
) -> CheckRequest {
    let headers = headers.iter().map(|(name, value)| HeaderValue {
        key: name.to_string(),
        raw_value: value.as_bytes().to_vec(),
        ..Default::default()
    });
    let http = attribute_context::HttpRequest {
        method: "GET".to_owned(),
        path: uri.path_and_query().unwrap().to_string(),
        header_map: Some(v3::HeaderMap {
            headers: headers.collect(),
        }),
        ..Default::default()
    };
    asked(http, named)
}

pub(crate) fn asked(
    http: attribute_context::HttpRequest,
    named: HashMap<String, String>,
) -> CheckRequest {
    let request = attribute_context::Request {
        http: Some(http),
        ..Default::default()
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(request),
            context_extensions: named,
            ..Default::default()
        }),
    }
}
