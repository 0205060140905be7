//! A refusal as a Rocket error.

use std::fmt;
use std::io::Cursor;

use mobilefirst::Denial;
use rocket::http::Status;
use rocket::request::Outcome;
use rocket::response::{self, Responder};
use rocket::{Ignite, Request, Response, Rocket, Sentinel};

use crate::fairing::is_missing;
use crate::slot;

/// A refusal: a [`Denial`] as the error of a request guard, and as a responder.
///
/// Either way Rocket calls the catcher for its status, and the fairing
/// [`MobileFirst`](crate::MobileFirst) adds the header fields.
///
/// A handler that has [checks of its own](mobilefirst::Permit::forbidden) returns
/// `Result<_, Denied>`; `?` turns a [`Denial`] into this.
#[derive(Clone, Debug)]
pub struct Denied(pub Denial);

impl Denied {
    /// The last refusal of this request, for catchers.
    ///
    /// ```
    /// use mobilefirst_rocket::Denied;
    /// use rocket::{Request, catch};
    ///
    /// #[catch(401)]
    /// fn unauthorized(request: &Request) -> String {
    ///     match Denied::of(request) {
    ///         Some(denied) => denied.to_string(),
    ///         None => "unauthorized".to_owned(),
    ///     }
    /// }
    /// ```
    pub fn of(request: &Request<'_>) -> Option<Self> {
        slot::with(request, |kept| kept.denial.clone()).map(Self)
    }

    /// An error, never a forward: after a forward, the next matching route would serve the
    /// request, guarded or not.
    pub(crate) fn into_outcome<T>(self, request: &Request<'_>) -> Outcome<T, Self> {
        Outcome::Error((self.leave(request), self))
    }

    /// Leaves the refusal for the fairing: nothing else can add header fields to the
    /// response of a catcher.
    pub(crate) fn leave(&self, request: &Request<'_>) -> Status {
        slot::with(request, |kept| kept.denial = Some(self.0.clone()));
        self.status()
    }

    /// Adds the header fields and the body of this refusal to the response of a catcher or
    /// handler.
    ///
    /// If that has another status, the application has made its own decision, and a
    /// challenge would not fit.
    pub(crate) fn complete(&self, response: &mut Response<'_>) {
        if response.status() != self.status() {
            return;
        }
        for (name, value) in self.0.headers() {
            // Rocket's values are text. Replaces a field, because the client SDKs read only one.
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            response.set_raw_header(name.to_string(), value);
        }
        if let Some(body) = self.0.body() {
            let content_type = String::from_utf8_lossy(body.content_type().as_bytes());
            response.set_raw_header("Content-Type", content_type.into_owned());
            response.set_sized_body(body.bytes().len(), Cursor::new(body.bytes().clone()));
        }
    }

    fn status(&self) -> Status {
        Status::new(self.0.status().as_u16())
    }
}

impl From<Denial> for Denied {
    fn from(denial: Denial) -> Self {
        Self(denial)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Denied {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl<'r> Responder<'r, 'static> for Denied {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Err(self.leave(request))
    }
}

impl Sentinel for Denied {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}
