//! A value that is none.
//~ `&str` is not a remote store
//~ pass a `RedisStore` of the crate `mobilefirst-redis`

fn build(builder: mobilefirst::TokenValidatorBuilder) {
    let _ = builder.remote_store("none");
}
