//! A value that is none.
//~ `&str` is not an observer of decisions
//~ implement `mobilefirst::Observer` for it

fn build(builder: mobilefirst::TokenValidatorBuilder) {
    let _ = builder.observer("none");
}
