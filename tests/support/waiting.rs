//! Requests at the same time, and what goes on in the background.

use std::pin::Pin;
use std::task::{Context, Waker};

use mobilefirst::AnyScope;

use super::{World, status};

/// Polls once.
pub(crate) fn is_pending(future: Pin<&mut impl Future>) -> bool {
    let waker = Waker::noop();
    future.poll(&mut Context::from_waker(waker)).is_pending()
}

/// Lets what goes on in the background come to its end.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// The statuses of requests that come at the same time.
pub(crate) async fn at_once(world: &World, tokens: &[String]) -> Vec<u16> {
    let requests: Vec<_> = tokens
        .iter()
        .map(|token| {
            tokio::spawn(
                world
                    .validator
                    .authorize::<AnyScope>([format!("Bearer {token}")]),
            )
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(status(&request.await.unwrap()));
    }
    statuses
}
