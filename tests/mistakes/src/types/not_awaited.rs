//! A check that nobody awaits.
//~ no method named `username` found for struct `Authorize<S>`

async fn balance(validator: mobilefirst::TokenValidator) -> Option<String> {
    let caller = validator.authorize::<mobilefirst::AnyScope>(["Bearer abc"]);
    caller.username().map(str::to_owned)
}
