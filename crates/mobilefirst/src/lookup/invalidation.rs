//! Passing an invalidation on to a remote store.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind};

/// An invalidation on its way to the other processes of a fleet.
///
/// The validator that returned it has forgotten already, and the rest happens in the background:
/// await it only to learn whether the [remote store](crate::RemoteStore) was told. Without a remote
/// store it is ready at once.
pub struct Invalidation {
    told: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

impl Invalidation {
    /// An invalidation that nobody else has to hear of.
    pub(crate) fn local() -> Self {
        Self::ready(Ok(()))
    }

    /// Runs `tell` in the background.
    pub(crate) fn begin(tell: impl Future<Output = Result<(), Error>> + Send + 'static) -> Self {
        let Ok(runtime) = Handle::try_current() else {
            return Self::ready(Err(Error::configuration(
                "the remote store was not told, for lack of a tokio runtime: invalidate within one",
            )));
        };
        let told = runtime.spawn(tell);
        let cut_off = "the runtime ended before the remote store was told";
        Self {
            told: Box::pin(async move {
                told.await
                    .unwrap_or_else(|_| Err(Error::new(ErrorKind::Interrupted, cut_off)))
            }),
        }
    }

    fn ready(result: Result<(), Error>) -> Self {
        Self {
            told: Box::pin(ready(result)),
        }
    }
}

impl Future for Invalidation {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.told.as_mut().poll(cx)
    }
}

impl fmt::Debug for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invalidation").finish_non_exhaustive()
    }
}
