//! The trace goes along to the authorization server.

use http::Request;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[tokio::test]
async fn traceparent_is_sent_where_a_tracer_is_set_and_only_there() {
    let recorder = Recorder::default();
    let world = World::through(|authority| recorder.before(&authority));
    let parents = || {
        let parent = |request: Request<Bytes>| {
            let value = request.headers().get("traceparent")?.to_str().unwrap();
            Some(value.to_owned())
        };
        recorder.take().into_iter().map(parent).collect::<Vec<_>>()
    };
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(parents(), [None, None], "no tracer is set");

    // For the whole process; where no tracer is set, it has nothing to write.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let guard = tracing::subscriber::set_default(subscriber);
    let request = async { assert_eq!(world.status(&world.token()).await, 200) };
    request.instrument(info_span!("request")).await;
    drop(guard);

    let spans = exporter.get_finished_spans().unwrap();
    let span = |name: &str| {
        let span = spans.iter().find(|span| span.name == name);
        span.unwrap_or_else(|| panic!("no span {name} in {spans:?}"))
    };
    let (request, authorize, upstream) = (span("request"), span("authorize"), span("upstream"));
    assert_eq!(authorize.parent_span_id, request.span_context.span_id());
    assert_eq!(upstream.parent_span_id, authorize.span_context.span_id());
    let trace = upstream.span_context.trace_id();
    let parent = format!("00-{trace}-{}-01", upstream.span_context.span_id());
    assert_eq!(parents(), [Some(parent)]);
}
