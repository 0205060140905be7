//! A text as the body of refusals.
//~ expected `ErrorBody`, found `&str`

fn build(builder: mobilefirst::TokenValidatorBuilder) {
    let _ = builder.error_body(|_| "please log in");
}
