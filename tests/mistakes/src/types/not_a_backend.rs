//! A value that is none.
//~ `&str` is not an HTTP backend
//~ implement `mobilefirst::HttpBackend` for it

fn build(builder: mobilefirst::TokenValidatorBuilder) {
    let _ = builder.http_backend("none");
}
