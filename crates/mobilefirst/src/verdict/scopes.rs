//! Declares scopes as types.

/// Declares scopes as types, one line each.
///
/// Each type implements [`RequiredScope`](crate::RequiredScope), and a route requires it by
/// naming it: `Authorized<AccessRestricted>` in an adapter,
/// [`authorize::<AccessRestricted>`](crate::TokenValidator::authorize) without one.
///
/// ```
/// use std::time::Duration;
/// use mobilefirst::{RequiredScope, scopes};
///
/// scopes! {
///     /// May see accounts.
///     pub AccessRestricted = "accessRestricted";
///     pub(crate) Transfer = "accessRestricted transferPrivilege", max_age = Duration::ZERO;
/// }
///
/// assert_eq!(AccessRestricted::SCOPE.as_str(), "accessRestricted");
/// assert_eq!(Transfer::MAX_AGE, Some(Duration::ZERO));
/// ```
///
/// The text is a scope as in a token: elements separated by single spaces. `max_age` is a
/// [`Duration`](std::time::Duration), the type's
/// [`MAX_AGE`](crate::RequiredScope::MAX_AGE). The documentation of a type ends with its
/// scope.
///
/// # Errors
///
/// A text that is not a [`Scope`](crate::Scope) does not compile, whether or not the type is
/// used; `cargo check` reports it too.
///
/// ```compile_fail,E0080
/// mobilefirst::scopes! {
///     Transfer = "accessRestricted,transferPrivilege";
/// }
/// ```
#[doc(alias = "role")]
#[doc(alias = "permission")]
#[macro_export]
macro_rules! scopes {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis $name:ident = $scope:literal $(, max_age = $max_age:expr)?
    );* $(;)?) => { $(
        $(#[$attribute])*
        #[doc = ""]
        #[doc = ::core::concat!("The scope `", $scope, "`.")]
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name;

        // The compiler checks an associated constant only where one is used.
        const _: $crate::Scope = $crate::Scope::from_static($scope);

        impl $crate::RequiredScope for $name {
            const SCOPE: $crate::Scope = $crate::Scope::from_static($scope);
            $(const MAX_AGE: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some($max_age);)?
        }
    )* };
}
