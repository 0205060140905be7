//! A value that is none.
//~ `&str` is not a clock
//~ in a test, pass a `mobilefirst::ManualClock`

fn build(builder: mobilefirst::TokenValidatorBuilder) {
    let _ = builder.clock("none");
}
