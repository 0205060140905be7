//! Permits for unit tests of handlers.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::{Clock, SystemClock};
use crate::token::introspection::{ActiveToken, Introspection};
use crate::verdict::permit::Permit;
use crate::verdict::requirement::RequiredScope;

/// # For unit tests
impl<S: RequiredScope> Permit<S> {
    /// Makes a permit by hand, to call a handler that takes a caller.
    ///
    /// **Only for tests**: nobody checked anything. So it needs the feature `test-util`, which
    /// belongs under `[dev-dependencies]`, where no build of your server has it.
    ///
    /// `claims` is what the authorization server would say: an object as in an introspection
    /// response (RFC 7662 §2.2). `scope` is that of `S` if you leave it out, and `active` is
    /// always true.
    ///
    /// ```
    /// use mobilefirst::{Permit, scopes};
    /// use serde_json::json;
    ///
    /// scopes! { AccessRestricted = "accessRestricted"; }
    ///
    /// fn greeting(caller: &Permit<AccessRestricted>) -> String {
    ///     format!("hello, {}", caller.username().unwrap_or("stranger"))
    /// }
    ///
    /// let caller = Permit::for_test(json!({ "username": "jdoe" }));
    /// assert_eq!(greeting(&caller), "hello, jdoe");
    /// ```
    ///
    /// No check relies on such a permit in place of its own.
    ///
    /// # Panics
    ///
    /// Panics if `claims` is not such an object, or if its `scope` does not cover that of `S`.
    #[doc(alias = "mock")]
    #[doc(alias = "fake")]
    #[track_caller]
    pub fn for_test(claims: Value) -> Self {
        let token = token(claims, S::SCOPE.as_str()).expect("an introspection response");
        assert!(
            token.covers(&S::SCOPE),
            "the token's scope `{}` does not cover `{}`",
            token.scope(),
            S::SCOPE,
        );
        Permit::new(token, S::SCOPE).retyped()
    }
}

fn token(mut claims: Value, scope: &str) -> Option<Arc<ActiveToken>> {
    let fields = claims.as_object_mut()?;
    fields.insert("active".to_owned(), json!(true));
    fields.entry("scope").or_insert_with(|| json!(scope));
    match Introspection::read(claims.to_string().as_bytes(), SystemClock.read()) {
        Ok(Introspection::Active(token)) => Some(token),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    crate::scopes! { Read = "read"; }

    #[test]
    fn a_permit_made_by_hand_says_what_it_was_given_t2() {
        let caller = Permit::<Read>::for_test(json!({
            "username": "jdoe",
            "mfp-user": { "attributes": { "roles": ["manager", "teller"], "branch": "Halle" } },
        }));
        assert_eq!(caller.username(), Some("jdoe"));
        assert_eq!(caller.scope(), "read");
        let user = caller.user().unwrap();
        assert!(user.has_attribute("roles", "teller") && user.has_attribute("branch", "Halle"));
        assert!(!user.has_attribute("roles", "tell") && !user.has_attribute("none", ""));
        let denied = caller.insufficient_scope(&"write".parse().unwrap());
        let (_, challenge) = denied.headers().next().unwrap();
        assert_eq!(
            challenge,
            r#"Bearer error="insufficient_scope", scope="read write""#
        );
    }

    #[test]
    fn a_permit_made_by_hand_covers_its_scope_t2() {
        for bad in [
            json!(null),
            json!([]),
            json!({ "scope": "write" }),
            json!({ "exp": "x" }),
        ] {
            let made = catch_unwind(|| Permit::<Read>::for_test(bad.clone()));
            assert!(made.is_err(), "{bad}");
        }
    }
}
