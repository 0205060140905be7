//! The guard around a gRPC service of tonic, as its clients see it.

use std::convert::Infallible;

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response};
use mobilefirst::Permit;
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status, client, server};
use tower::{Layer, service_fn};

use super::guard;

/// Messages that are plain text, so that no code must be generated.
#[derive(Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(String::from_utf8(bytes.into()).unwrap()))
    }
}

/// A method that answers the caller's name.
async fn name(request: tonic::Request<String>) -> Result<tonic::Response<String>, Status> {
    let permit = request.extensions().get::<Permit>().unwrap();
    let name = permit.token().username().unwrap().to_owned();
    Ok(tonic::Response::new(name))
}

async fn serve(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(server::Grpc::new(Text)
        .unary(service_fn(name), request)
        .await)
}

#[tokio::test]
async fn a_grpc_client_sees_a_refusal_as_a_status() {
    let authority = Authority::new();
    let mut client = client::Grpc::new(guard(&authority).layer(service_fn(serve)));
    let narrow = authority.issue(UserToken::new("b"));
    let good = authority.issue(UserToken::new("a").user("jdoe"));

    let conflict = Fault::conflict(HeaderValue::from_static("true"));
    authority.fault(Endpoint::Introspection, conflict);
    for (token, expected) in [
        (Some(&*good), Err(Code::Unknown)),
        (None, Err(Code::Unauthenticated)),
        (Some("unknown"), Err(Code::Unauthenticated)),
        (Some(&*narrow), Err(Code::PermissionDenied)),
        (Some("a b"), Err(Code::Internal)),
        (Some(&*good), Ok("jdoe".to_owned())),
    ] {
        let mut request = tonic::Request::new(String::new());
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        let path = PathAndQuery::from_static("/bank.Bank/Name");
        client.ready().await.unwrap();
        let answer = client.unary(request, path, Text).await;
        let seen = answer
            .map(tonic::Response::into_inner)
            .map_err(|status| status.code());
        assert_eq!(seen, expected, "{token:?}");
    }
}
