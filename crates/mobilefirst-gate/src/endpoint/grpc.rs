//! `Check`, for Envoy's `ext_authz` over gRPC.

use std::borrow::Cow;

use envoy_types::ext_authz::v3::pb::{
    Authorization, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderAppendAction,
    HeaderValue, HeaderValueOption, HttpResponse, HttpStatus, OkHttpResponse,
};
use envoy_types::pb::envoy::service::auth::v3::attribute_context::HttpRequest;
use envoy_types::pb::google::rpc;
use http::HeaderName;
use http::header::CONTENT_TYPE;
use tonic::{Code, Request, Response, Status, async_trait};

use crate::identity::Identity;
use crate::peer::Peer;
use crate::policy::{CurrentPolicy, Fields, Original, Policy};
use crate::refusal::Refusal;
use crate::rule::Rule;

/// The service, for the connections of one peer.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) policy: CurrentPolicy,
    pub(crate) peer: Peer,
}

const NO_REQUEST: &str = "Envoy sends no HTTP request to decide about: \
                          use ext_authz as an HTTP filter";

#[async_trait]
impl Authorization for Check {
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let policy = self.policy.get();
        let attributes = request.into_inner().attributes.unwrap_or_default();
        let http = attributes.request.and_then(|request| request.http);
        let verdict = match &http {
            Some(http) => {
                let original = Original {
                    method: &http.method,
                    target: http.path.as_bytes(),
                };
                let original = policy.trusts(self.peer).then_some(original);
                let named = Rule::named(&attributes.context_extensions);
                let named = named.map(|rule| rule.map(Cow::Owned));
                policy.decide(named, original, http).await
            }
            None => Err(policy.misconfigured(NO_REQUEST)),
        };
        let response = match verdict {
            Ok(identity) => granted(&policy, &identity, &http.unwrap_or_default()),
            Err(refusal) => denied(refusal),
        };
        Ok(Response::new(response))
    }
}

/// Envoy joins the values of a field, unless it was told to send them raw. Either way the core
/// refuses two of `Authorization`.
impl Fields for HttpRequest {
    fn authorization(&self) -> impl Iterator<Item: AsRef<[u8]>> {
        values(self, "authorization")
    }

    fn get(&self, name: &'static str) -> Option<&[u8]> {
        values(self, name).next()
    }
}

fn values<'a>(http: &'a HttpRequest, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let joined = http.headers.get(name).map(String::as_bytes);
    let raw = http.header_map.iter().flat_map(|map| &map.headers);
    let raw = raw.filter(move |field| field.key.eq_ignore_ascii_case(name));
    let raw = raw.map(|field| match &*field.raw_value {
        [] => field.value.as_bytes(),
        bytes => bytes,
    });
    joined.into_iter().chain(raw)
}

fn granted(policy: &Policy, identity: &Identity, http: &HttpRequest) -> CheckResponse {
    let fields = identity.fields().iter();
    let raw = http.header_map.iter().flat_map(|map| &map.headers);
    let names = http.headers.keys().chain(raw.map(|field| &field.key));
    let aliases = names.filter(|name| Identity::is_alias(name)).cloned();
    let authorization = policy
        .remove_authorization
        .then(|| "authorization".to_owned());
    let response = OkHttpResponse {
        headers: fields.map(|(name, value)| field(name, value)).collect(),
        headers_to_remove: aliases.chain(authorization).collect(),
        ..OkHttpResponse::default()
    };
    CheckResponse {
        status: Some(status(Code::Ok)),
        http_response: Some(HttpResponse::OkResponse(response)),
        ..CheckResponse::default()
    }
}

fn denied(refusal: Refusal) -> CheckResponse {
    let Refusal {
        status: code,
        field: header,
        body,
    } = refusal;
    let mut headers: Vec<_> = header
        .iter()
        .map(|(name, value)| field(name, value))
        .collect();
    headers.extend(
        body.iter()
            .map(|body| field(&CONTENT_TYPE, body.content_type())),
    );
    let body = body.map(|body| String::from_utf8_lossy(body.bytes()).into_owned());
    let response = DeniedHttpResponse {
        status: Some(HttpStatus {
            code: code.as_u16().into(),
        }),
        headers,
        body: body.unwrap_or_default(),
    };
    CheckResponse {
        status: Some(status(Code::PermissionDenied)),
        http_response: Some(HttpResponse::DeniedResponse(response)),
        ..CheckResponse::default()
    }
}

fn status(code: Code) -> rpc::Status {
    rpc::Status {
        code: code as i32,
        ..rpc::Status::default()
    }
}

/// A field that replaces the caller's own.
fn field(name: &HeaderName, value: &http::HeaderValue) -> HeaderValueOption {
    let (value, raw_value) = match value.to_str() {
        Ok(text) => (text.to_owned(), Vec::new()),
        Err(_) => (String::new(), value.as_bytes().to_vec()),
    };
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.as_str().to_owned(),
            value,
            raw_value,
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd as i32,
        keep_empty_value: true,
        ..HeaderValueOption::default()
    }
}
