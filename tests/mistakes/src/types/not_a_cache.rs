//! A value that is none.
//~ `&str` is not a cache of answers
//~ what several processes share is a `RemoteStore`

fn build(builder: mobilefirst::TokenValidatorBuilder) {
    let _ = builder.cache("none");
}
