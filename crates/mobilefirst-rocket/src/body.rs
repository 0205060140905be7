//! What is left of a refused request's body.

use std::pin::Pin;
use std::task::ready;

use mobilefirst::drain_refused_body;
use rocket::data::{ByteUnit, Data};
use rocket::tokio::io::{AsyncRead, ReadBuf};

/// Reads on for a moment before a refusal is sent, so that the client gets to see it.
pub(crate) async fn drain(data: Data<'_>) {
    // The bounds are the core's. Rocket would warn of its own.
    let mut body = data.open(ByteUnit::max_value());
    let mut buffer = vec![0; 8 * 1024];
    // Rocket has looked at the body already, for the field `_method` of a form. So a client
    // that waited for `100 Continue` has got it.
    let expect: [&str; 0] = [];
    drain_refused_body(expect, |cx| {
        let mut piece = ReadBuf::new(&mut buffer);
        let read = ready!(Pin::new(&mut body).poll_read(cx, &mut piece));
        let length = piece.filled().len();
        Some(length)
            .filter(|length| read.is_ok() && *length > 0)
            .into()
    })
    .await;
}
