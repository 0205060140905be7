//! Response bodies padded with spaces, up to a length or without end.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

static SPACES: [u8; 16 * 1024] = [b' '; 16 * 1024];

/// A body followed by spaces.
pub(crate) struct Padded {
    head: Bytes,
    /// How many spaces follow; `None` for an endless stream.
    spaces: Option<usize>,
}

impl Padded {
    /// The body, without padding.
    pub(crate) fn exact(head: Bytes) -> Self {
        let spaces = Some(0);
        Self { head, spaces }
    }

    /// The body, padded to `length`. A longer body is left as it is.
    pub(crate) fn to(length: usize, head: Bytes) -> Self {
        let spaces = Some(length.saturating_sub(head.len()));
        Self { head, spaces }
    }

    /// The body, followed by an endless stream of spaces.
    pub(crate) fn endless(head: Bytes) -> Self {
        let spaces = None;
        Self { head, spaces }
    }

    fn next(&mut self) -> Option<Bytes> {
        if !self.head.is_empty() {
            return Some(std::mem::take(&mut self.head));
        }
        let length = match &mut self.spaces {
            None => SPACES.len(),
            Some(0) => return None,
            Some(left) => {
                let length = SPACES.len().min(*left);
                *left -= length;
                length
            }
        };
        Some(Bytes::from_static(&SPACES).slice(..length))
    }
}

impl Body for Padded {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.head.is_empty() && self.spaces == Some(0)
    }

    /// Exact for a finite body, so that hyper sends `Content-Length`.
    fn size_hint(&self) -> SizeHint {
        match self.spaces {
            Some(spaces) => SizeHint::with_exact((self.head.len() + spaces) as u64),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(mut body: Padded) -> usize {
        std::iter::from_fn(|| body.next()).map(|b| b.len()).sum()
    }

    #[test]
    fn a_body_is_padded_but_never_cut() {
        let head = Bytes::from_static(b"{}");
        for target in [0, 1, 2, 3, SPACES.len() + 2, SPACES.len() + 3] {
            let body = Padded::to(target, head.clone());
            assert_eq!(body.size_hint().exact(), Some(target.max(2) as u64));
            assert_eq!(length(body), target.max(2));
        }
        assert_eq!(length(Padded::exact(head)), 2);
    }
}
