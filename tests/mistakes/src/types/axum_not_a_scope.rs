//! A role as a type of one's own.
//~ `Accounts` is not a scope that a route can require
//~ declare it: `mobilefirst::scopes! { Accounts = "accessRestricted"; }`

struct Accounts;

async fn balance(_caller: mobilefirst_axum::Authorized<Accounts>) {}
