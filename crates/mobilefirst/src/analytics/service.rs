//! Sends a batch to the analytics service, and interprets the response.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use tokio::time::timeout;

use crate::error::{Error, ErrorKind};
use crate::upstream::http_backend::HttpBackend;

/// The analytics service and our credentials for it.
pub(crate) struct Service {
    pub(crate) backend: Arc<dyn HttpBackend>,
    pub(crate) single: Uri,
    pub(crate) bulk: Uri,
    pub(crate) username: String,
    /// `Basic …`, marked as sensitive.
    pub(crate) authorization: HeaderValue,
    pub(crate) deadline: Duration,
}

/// Serialized events.
pub(crate) struct Batch {
    pub(crate) events: usize,
    pub(crate) body: Bytes,
}

/// Why a batch was not sent.
pub(crate) enum Failure {
    /// The batch should be retried.
    Transient(Error),
    /// The batch should be dropped, because a retry would fail again.
    Permanent(Error),
}

impl Service {
    pub(crate) async fn post(&self, batch: &Batch) -> Result<(), Failure> {
        let mut request = Request::new(batch.body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = match batch.events {
            1 => self.single.clone(),
            _ => self.bulk.clone(),
        };
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, json.clone());
        headers.insert(ACCEPT, json);
        headers.insert(AUTHORIZATION, self.authorization.clone());
        match timeout(self.deadline, self.backend.send(request)).await {
            Ok(Ok(response)) => self.judge(response.status()),
            // The service answered, but the response is unreadable. A retry would not help.
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidResponse => {
                Err(Failure::Permanent(error))
            }
            Ok(Err(error)) => Err(Failure::Transient(error)),
            Err(_) => Err(Failure::Transient(Error::new(
                ErrorKind::Timeout,
                "the analytics service did not answer within the deadline",
            ))),
        }
    }

    fn judge(&self, status: StatusCode) -> Result<(), Failure> {
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Failure::Transient(Error::new(
                    ErrorKind::CredentialsRejected,
                    format!(
                        "the analytics service answered {status}: correct the user name `{}` or its \
                     password, or let that user send events",
                        self.username
                    ),
                )))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(unavailable(status)),
            _ if status.is_server_error() => Err(unavailable(status)),
            _ if status.is_redirection() => {
                Err(Failure::Permanent(Error::invalid_response(format!(
                    "the analytics service answered {status}; redirects are not followed, \
                     since they would send our password elsewhere: correct the URL"
                ))))
            }
            StatusCode::NOT_FOUND => Err(Failure::Permanent(Error::invalid_response(
                "there is no analytics service at the URL: it should look like \
                 https://host:port/analytics-service/rest/v3",
            ))),
            _ => Err(Failure::Permanent(Error::invalid_response(format!(
                "the analytics service answered {status}"
            )))),
        }
    }
}

fn unavailable(status: StatusCode) -> Failure {
    Failure::Transient(Error::new(
        ErrorKind::Unavailable,
        format!("the analytics service answered {status}"),
    ))
}
