//! What is left of a refused request's body.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::coop::consume_budget;
use tokio::time::timeout;

/// The number of bytes after which no more is read.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The time after which no more is read: nginx's `lingering_time`.
const MAX_TIME: Duration = Duration::from_secs(30);

/// The longest wait for the next piece: nginx's `lingering_timeout`.
const MAX_SILENCE: Duration = Duration::from_secs(5);

/// The least that a piece counts for, so that empty pieces come to an end too.
const MIN_PIECE: u64 = 64;

/// Reads and drops a refused request's body, so that the client gets to see the refusal.
/// For adapters.
///
/// Many clients send their whole request before they read anything. If the server answers
/// and closes the connection before that, they report a broken pipe instead of the 401, and
/// an app never learns that it needs a new token. Await this before the refusal is sent, or
/// run it in the background meanwhile.
///
/// `next` polls for the length of the body's next piece, which it drops. It returns `None`
/// at the end of the body and on an error. Reading stops after 16 MiB, after 30 seconds, or
/// once nothing has come for 5 seconds. If `expect`, the values of the `Expect` field, says
/// `100-continue`, nothing is read: such a client waits for the answer before it sends the
/// body, and reading would ask for it (RFC 9110 §10.1.1).
///
/// ```
/// use std::task::Poll;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut pieces = vec!["a", "piece"].into_iter();
/// let expect: [&str; 0] = [];
/// mobilefirst::drain_refused_body(expect, |_| Poll::Ready(pieces.next().map(str::len))).await;
/// assert_eq!(pieces.next(), None);
/// # }
/// ```
///
/// # Panics
///
/// Panics when polled outside a tokio runtime with timers.
pub fn drain_refused_body<E, N>(expect: E, next: N) -> impl Future<Output = ()> + use<E, N>
where
    E: IntoIterator<Item: AsRef<[u8]>>,
    N: FnMut(&mut Context<'_>) -> Poll<Option<usize>>,
{
    let mut expect = expect.into_iter();
    let waits = expect.any(|value| is_continue(value.as_ref()));
    async move {
        if !waits {
            // What is not read by then is the client's loss.
            drop(timeout(MAX_TIME, drain(next)).await);
        }
    }
}

async fn drain(mut next: impl FnMut(&mut Context<'_>) -> Poll<Option<usize>>) {
    let mut left = MAX_BYTES;
    while left > 0 {
        let Ok(Some(length)) = timeout(MAX_SILENCE, poll_fn(&mut next)).await else {
            return;
        };
        left = left.saturating_sub(MIN_PIECE.max(length as u64));
        // A body that is always ready lets others run, and its time run out.
        consume_budget().await;
    }
}

/// Whether one of the expectations in a value of `Expect` is `100-continue`, in any case.
fn is_continue(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|expectation| {
        expectation
            .trim_ascii()
            .eq_ignore_ascii_case(b"100-continue")
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::time::Instant;

    use super::*;

    const NO_EXPECT: [&str; 0] = [];

    #[tokio::test(start_paused = true)]
    async fn a_silent_body_is_awaited_for_five_seconds_d3() {
        let begin = Instant::now();
        drain_refused_body(NO_EXPECT, |_: &mut _| Poll::Pending).await;
        assert_eq!(begin.elapsed(), MAX_SILENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_read_for_thirty_seconds_d3() {
        let begin = Instant::now();
        let mut drip = Box::pin(tokio::time::sleep(Duration::from_secs(4)));
        let next = |cx: &mut Context<'_>| {
            let dripped = drip.as_mut().poll(cx).map(|()| Some(1));
            if dripped.is_ready() {
                drip.set(tokio::time::sleep(Duration::from_secs(4)));
            }
            dripped
        };
        drain_refused_body(NO_EXPECT, next).await;
        assert_eq!(begin.elapsed(), MAX_TIME);
    }

    #[tokio::test]
    async fn a_body_without_end_is_read_up_to_a_bound_d3() {
        for (piece, most) in [
            (64 * 1024, MAX_BYTES / (64 * 1024)),
            (0, MAX_BYTES / MIN_PIECE),
        ] {
            let mut pieces = 0;
            let next = |_: &mut Context<'_>| {
                pieces += 1;
                Poll::Ready(Some(piece))
            };
            drain_refused_body(NO_EXPECT, next).await;
            assert_eq!(pieces, most);
        }
    }

    #[tokio::test]
    async fn a_body_that_is_always_ready_lets_others_run_d3() {
        let next = |_: &mut Context<'_>| Poll::Ready(Some(1));
        let mut reading = pin!(drain_refused_body(NO_EXPECT, next));
        let first = poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await;
        assert!(first.is_pending());
    }

    #[tokio::test]
    async fn a_body_that_waits_to_be_asked_for_is_not_read_d4() {
        for expect in ["100-continue", "100-Continue", "a=b, 100-continue "] {
            let mut pieces = 0;
            let next = |_: &mut Context<'_>| {
                pieces += 1;
                Poll::Ready(None)
            };
            drain_refused_body([expect], next).await;
            assert_eq!(pieces, 0, "{expect}");
        }
        assert!(!is_continue(b"100-continued"));
        assert!(!is_continue(b""));
    }
}
