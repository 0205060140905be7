//! A text where a scope is meant.
//~ the trait bound `Requirement: From<&str>` is not satisfied

fn guard() -> mobilefirst_actix_web::RequireScope {
    mobilefirst_actix_web::RequireScope::new("accessRestricted")
}
