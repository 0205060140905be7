//! A role as a type of one's own.
//~ `Payments` is not a scope that a route can require
//~ declare it: `mobilefirst::scopes! { Payments = "accessRestricted"; }`

struct Payments;

async fn balance(_caller: mobilefirst_actix_web::Authorized<Payments>) {}
