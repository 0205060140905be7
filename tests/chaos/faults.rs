//! What goes wrong, by the seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use mobilefirst_devserver::Fault;

use super::*;

/// The faults and how often each comes among a thousand calls.
const FAULTS: [(&str, u32); 14] = [
    ("delay", 150),
    ("reset", 40),
    ("hang", 2),
    ("endless", 10),
    ("oversized", 10),
    ("500", 20),
    ("502", 20),
    ("503", 20),
    ("429", 1),
    ("401", 5),
    ("redirect", 20),
    ("half", 20),
    ("nonsense", 20),
    ("conflict", 30),
];

/// How often each was met.
#[derive(Clone, Default)]
pub(crate) struct Met {
    counts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Met {
    pub(crate) fn assert_all_met(&self) {
        let counts = self.counts.lock().unwrap();
        assert_eq!(counts.len(), FAULTS.len(), "{counts:?}");
    }
}

/// Lets calls of both endpoints fail from now on.
pub(crate) fn begin(authority: &Authority, rng: &mut fastrand::Rng) -> Met {
    let met = Met::default();
    for endpoint in [Endpoint::Token, Endpoint::Introspection] {
        let (met, mut rng) = (met.clone(), rng.fork());
        authority.fault_each(endpoint, move || {
            let name = pick(&mut rng)?;
            *met.counts.lock().unwrap().entry(name).or_default() += 1;
            Some(fault(name, &mut rng))
        });
    }
    met
}

fn pick(rng: &mut fastrand::Rng) -> Option<&'static str> {
    let mut drawn = rng.u32(..1000);
    for (name, weight) in FAULTS {
        if drawn < weight {
            return Some(name);
        }
        drawn -= weight;
    }
    None
}

fn fault(name: &str, rng: &mut fastrand::Rng) -> Fault {
    match name {
        "delay" => Fault::Delay(Duration::from_millis(rng.u64(1..60))),
        "reset" => Fault::Reset,
        "hang" => Fault::Hang,
        "endless" => Fault::Endless,
        "oversized" => Fault::Oversized(2 * 1024 * 1024),
        "429" => with(StatusCode::TOO_MANY_REQUESTS, RETRY_AFTER, "1"),
        "redirect" => with(StatusCode::FOUND, LOCATION, "/elsewhere"),
        "half" => body(r#"{"active":true,"scope":"a b"#),
        "nonsense" => body(r#"{"active":"true","scope":"a b"}"#),
        "conflict" => Fault::conflict(HeaderValue::from_static("true")),
        status => Fault::status(status.parse().unwrap()),
    }
}

fn body(text: &'static str) -> Fault {
    Fault::Respond(Response::new(Bytes::from_static(text.as_bytes())))
}

fn with(status: StatusCode, name: http::HeaderName, value: &'static str) -> Fault {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    Fault::Respond(response)
}
