//! The seam to an HTTP client.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::error::Error;

/// An HTTP client: sends one request and returns the response.
///
/// The default is [`ReqwestBackend`](crate::ReqwestBackend); implement this to
/// use another client. An implementation must:
///
/// - **Never follow a redirect.** The request holds a token, which a redirect would carry
///   elsewhere (RFC 9700 §4.12). Return the 3xx as it is.
/// - **Bound the body**: stop after about 1 MiB, with
///   [`ErrorKind::InvalidResponse`](crate::ErrorKind::InvalidResponse).
/// - **Stop when dropped.** The core keeps the deadline and drops the future.
/// - **Report failures by kind**: [`Unreachable`](crate::ErrorKind::Unreachable)
///   where no connection was made, [`Interrupted`](crate::ErrorKind::Interrupted)
///   where it ended before an answer arrived (such a call may be retried).
/// - **Log no header or body.** Both hold secrets; `Authorization` is marked as
///   [sensitive](http::HeaderValue::is_sensitive).
///
/// Any status is `Ok`. The core handles statuses, retries and JSON.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use mobilefirst::{Error, HttpBackend, async_trait};
///
/// /// Answers every introspection with "not active".
/// #[derive(Debug)]
/// struct Never;
///
/// #[async_trait]
/// impl HttpBackend for Never {
///     async fn send(&self, _request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
///         Ok(Response::new(Bytes::from_static(br#"{"active":false}"#)))
///     }
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP backend",
    label = "not an HTTP backend",
    note = "implement `mobilefirst::HttpBackend` for it, with `#[mobilefirst::async_trait]`",
    note = "without one, the validator uses reqwest"
)]
pub trait HttpBackend: Send + Sync + 'static {
    /// Sends `request`, whose URI is absolute, and reads the whole response.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error>;

    /// Makes [`send`](Self::send) stop using the connections that are open now, because one of
    /// them failed or fell silent. Returns false where there is nothing to renew. Default: does
    /// nothing.
    ///
    /// Connections die without notice, after a failover for example. A second attempt then needs
    /// a new one: the next pooled connection is likely to be dead too.
    fn renew_connections(&self) -> bool {
        false
    }
}

impl<B: HttpBackend + ?Sized> HttpBackend for Arc<B> {
    // By hand: a method with `async_trait` would box the boxed future once more.
    fn send<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, Error>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        (**self).send(request)
    }

    fn renew_connections(&self) -> bool {
        (**self).renew_connections()
    }
}
