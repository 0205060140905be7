//! Refused requests with long bodies, from clients that write before they read.

mod bounds;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use mobilefirst_axum::{Authorized, DrainRefusedLayer};
use mobilefirst_devserver::{Authority, UserToken};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::{guard, request};
use crate::adapters::A;
use crate::support::asking;

const MIB: usize = 1024 * 1024;

/// One route for each way to guard.
const GUARDED: [&str; 2] = ["/layer", "/extractor"];

/// Writes a whole request, and only then reads the response.
fn upload(address: SocketAddr, path: &str, fields: &str, body: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let bound = Some(Duration::from_secs(60));
    stream.set_read_timeout(bound).unwrap();
    stream.set_write_timeout(bound).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    for piece in body {
        stream.write_all(piece).expect("the server reads on");
    }
    read_head(&mut stream)
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response");
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

async fn serve() -> SocketAddr {
    let authority = Authority::new();
    let by_extractor = Router::new()
        .route("/extractor", post(async |_: Authorized<A>, _: Bytes| {}))
        .layer(DrainRefusedLayer::new())
        .with_state(asking(&authority).build().unwrap());
    let app = Router::new()
        .route("/layer", post(async || {}).layer(guard(&authority)))
        .merge(by_extractor);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_writes_its_whole_request_first_sees_the_refusal_b1() {
    let address = serve().await;
    let piece = vec![b'x'; 64 * 1024];
    let size = format!("{:x}\r\n", piece.len());
    let plain = vec![&*piece; 8 * MIB / piece.len()];
    let chunk = [size.as_bytes(), &*piece, b"\r\n"];
    let mut chunks = chunk.repeat(8 * MIB / piece.len());
    chunks.push(b"0\r\n\r\n");

    let length = format!("Content-Length: {}\r\n", 8 * MIB);
    let closing = format!("Connection: close\r\n{length}");
    let chunked = "Transfer-Encoding: chunked\r\n";
    let bad = format!("Authorization: Bearer bad\r\n{length}");
    for (fields, body, challenge) in [
        (&*length, &plain, "Bearer\r\n"),
        (&*closing, &plain, "Bearer\r\n"),
        (chunked, &chunks, "Bearer\r\n"),
        (&*bad, &plain, "Bearer error=\"invalid_token\"\r\n"),
    ] {
        let challenge = format!("www-authenticate: {challenge}");
        for path in GUARDED {
            let head = tokio::task::block_in_place(|| upload(address, path, fields, body));
            assert!(head.starts_with("HTTP/1.1 401 "), "{path} {fields}{head}");
            assert!(head.contains(&challenge), "{path} {fields}{head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_on_after_a_refused_upload_b1() {
    let address = serve().await;
    for path in GUARDED {
        tokio::task::block_in_place(|| {
            let mut stream = TcpStream::connect(address).unwrap();
            let head =
                format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MIB}\r\n\r\n");
            for _ in 0..2 {
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&vec![b'x'; MIB]).unwrap();
                assert!(read_head(&mut stream).starts_with("HTTP/1.1 401 "));
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_expects_100_continue_is_refused_at_once_b3() {
    let address = serve().await;
    for path in GUARDED {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\
             Expect: 100-continue\r\n\r\n"
        );
        let answer = tokio::task::block_in_place(|| {
            let mut stream = TcpStream::connect(address).unwrap();
            // Less than a body is read for: the server waits for none, and hangs up.
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an end");
            answer
        });
        assert!(answer.starts_with("HTTP/1.1 401 "), "{path} {answer}");
        assert!(!answer.contains("100 Continue"), "{path} {answer}");
    }
}

#[tokio::test]
async fn a_granted_upload_reaches_its_handler_whole_b4() {
    let authority = Authority::new();
    let app = Router::new()
        .route(
            "/",
            post(async |_: Authorized<A>, body: Bytes| body.len().to_string()),
        )
        .layer(DrainRefusedLayer::new())
        .with_state(asking(&authority).build().unwrap());
    let token = authority.issue(UserToken::new("a"));
    let mut request = request::<Body>("/", Some(&token));
    *request.method_mut() = Method::POST;
    *request.body_mut() = vec![b'x'; MIB].into();
    let response = app.oneshot(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, MIB.to_string());
}
