//! A role as a type of one's own.
//~ `Loans` is not a scope that a route can require
//~ declare it: `mobilefirst::scopes! { Loans = "accessRestricted"; }`

struct Loans;

async fn balance(_caller: mobilefirst_rocket::Authorized<Loans>) {}
