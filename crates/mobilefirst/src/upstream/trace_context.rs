//! Propagating the trace to the authorization server: W3C Trace Context, or what the
//! process-wide propagator writes.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::global::get_text_map_propagator;
use opentelemetry::propagation::Injector;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Adds the header fields of the current trace, if a propagator is set.
pub(crate) fn inject(headers: &mut HeaderMap) {
    let context = Span::current().context();
    get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut Fields(headers));
    });
}

/// Adds new fields only, so that the propagator can't change ours.
struct Fields<'a>(&'a mut HeaderMap);

impl Injector for Fields<'_> {
    fn set(&mut self, name: &str, value: String) {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            self.0.entry(name).or_insert(value);
        }
    }
}
