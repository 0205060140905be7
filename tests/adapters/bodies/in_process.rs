//! Bodies that are counted piece by piece, which only a service without a socket allows.
//! (Rocket has none that takes such a body.)

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body::Frame;
use mobilefirst::TokenValidator;
use mobilefirst_devserver::Authority;
use tokio::time::timeout;
use tower::ServiceExt;
use warp::Filter;

use crate::adapters::A;
use crate::support::{asking, settle};

const PIECE: usize = 64 * 1024;
/// 200 MiB.
const PIECES: usize = 3200;
/// 16 MiB.
const MOST: usize = 256;
const PATHS: [&str; 2] = ["/number", "/group/number"];

/// An upload, and what has been seen of it.
#[derive(Clone, Default)]
struct Upload {
    made: Arc<AtomicUsize>,
    live: Arc<AtomicUsize>,
    most_live: Arc<AtomicUsize>,
    /// Whether it falls silent in place of its first piece.
    is_silent: bool,
}

impl Upload {
    fn next(&self) -> Poll<Option<Bytes>> {
        if self.is_silent {
            return Poll::Pending;
        }
        if self.made.fetch_add(1, Ordering::Relaxed) == PIECES {
            return Poll::Ready(None);
        }
        let live = self.live.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_live.fetch_max(live, Ordering::Relaxed);
        Poll::Ready(Some(Bytes::from_owner(Piece {
            bytes: vec![b'1'; PIECE],
            live: self.live.clone(),
        })))
    }

    async fn assert_flat(&self, name: &str) {
        settle().await;
        let made = self.made.load(Ordering::Relaxed);
        let most_live = self.most_live.load(Ordering::Relaxed);
        assert!(made <= MOST, "{name}: {made} pieces read");
        assert!(most_live <= 2, "{name}: {most_live} pieces at a time");
    }
}

struct Piece {
    bytes: Vec<u8>,
    live: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.next().map(|piece| Some(Ok(Frame::data(piece?))))
    }
}

impl warp::Stream for Upload {
    type Item = Result<Bytes, actix_web::error::PayloadError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.next().map(|piece| piece.map(Ok))
    }
}

fn validator() -> TokenValidator {
    asking(&Authority::new()).build().unwrap()
}

fn request<B>(path: &str, body: B) -> Request<B> {
    let request = Request::post(path).header(CONTENT_TYPE, "application/json");
    request.body(body).unwrap()
}

async fn actix_web(path: &str, upload: Upload) -> u16 {
    use actix_web::dev::Payload;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use mobilefirst_actix_web::{Guarded, RequireScope};

    let number = async |Guarded(_, number): Guarded<A, web::Json<u64>>| number.to_string();
    let in_group = async |number: web::Json<u64>| number.to_string();
    let group = web::scope("/group")
        .route("/number", web::post().to(in_group))
        .wrap(RequireScope::of::<A>());
    let app = App::new()
        .app_data(web::Data::new(validator()))
        .route("/number", web::post().to(number))
        .service(group);
    let app = init_service(app).await;
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .to_request();
    let payload: Pin<Box<dyn warp::Stream<Item = _>>> = Box::pin(upload);
    let (request, _) = request.replace_payload(Payload::from(payload));
    call_service(&app, request).await.status().as_u16()
}

async fn axum(path: &str, upload: Upload) -> u16 {
    use axum::body::Body;
    use axum::routing::post;
    use axum::{Json, Router};
    use mobilefirst_axum::{Authorized, DrainRefusedLayer, RequireScopeLayer};

    let number = async |_: Authorized<A>, Json(number): Json<u64>| number.to_string();
    let in_group = async |Json(number): Json<u64>| number.to_string();
    let group = Router::new()
        .route("/number", post(in_group))
        .layer(RequireScopeLayer::of::<A>(validator()));
    let app = Router::new()
        .route("/number", post(number).layer(DrainRefusedLayer::new()))
        .nest("/group", group)
        .with_state(validator());
    let response = app.oneshot(request(path, Body::new(upload))).await;
    response.unwrap().status().as_u16()
}

async fn warp(path: &str, upload: Upload) -> u16 {
    use mobilefirst_warp::{AndGranted, Authorized, RequireScope, ThenGranted, authorized};

    let number = async |_: Authorized<A>, number: u64| number.to_string();
    let number = warp::path!("number")
        .and(warp::post())
        .and(authorized(&validator()))
        .and_granted(warp::body::json())
        .then_granted(number);
    let in_group = warp::path!("number")
        .and(warp::post())
        .and(warp::body::json())
        .map(|number: u64| number.to_string());
    let group = RequireScope::of::<A>(&validator()).routes(in_group);
    let routes = number.or(warp::path("group").and(group));
    let response = warp::service(routes).oneshot(request(path, upload)).await;
    response.unwrap().status().as_u16()
}

#[actix_web::test]
async fn a_huge_body_of_a_stranger_takes_no_memory_d5() {
    for path in PATHS {
        let upload = Upload::default();
        assert_eq!(actix_web(path, upload.clone()).await, 401);
        upload.assert_flat(&format!("actix-web {path}")).await;
        let upload = Upload::default();
        assert_eq!(axum(path, upload.clone()).await, 401);
        upload.assert_flat(&format!("axum {path}")).await;
        let upload = Upload::default();
        assert_eq!(warp(path, upload.clone()).await, 401);
        upload.assert_flat(&format!("warp {path}")).await;
    }
}

#[actix_web::test]
async fn nobody_waits_for_a_strangers_body_d3() {
    tokio::time::pause();
    // A moment of a clock that stands still while anything can go on.
    let moment = Duration::from_millis(1);
    for path in PATHS {
        let silent = || Upload {
            is_silent: true,
            ..Upload::default()
        };
        let name = format!("actix-web {path}");
        let status = timeout(moment, actix_web(path, silent())).await;
        assert_eq!(status.expect(&name), 401, "{name}");
        let name = format!("axum {path}");
        let status = timeout(moment, axum(path, silent())).await;
        assert_eq!(status.expect(&name), 401, "{name}");
        let name = format!("warp {path}");
        let status = timeout(moment, warp(path, silent())).await;
        assert_eq!(status.expect(&name), 401, "{name}");
    }
}
