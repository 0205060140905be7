//! The step from the check to the handler.

use warp::Filter;

use crate::denied::Denied;

/// Calls a handler only for requests that are granted.
///
/// It extends every filter whose last extracted value is the result of a check.
///
/// ```
/// use mobilefirst::{RequiredScope, Scope, TokenValidator};
/// use mobilefirst_warp::{Authorized, ThenGranted, authorized};
/// use warp::{Filter, Reply};
///
/// struct Transfer;
/// impl RequiredScope for Transfer {
///     const SCOPE: Scope = Scope::from_static("accessRestricted transferPrivilege");
/// }
///
/// async fn transfer(account: u32, caller: Authorized<Transfer>) -> String {
///     format!("{:?} pays to {account}", caller.token().username())
/// }
///
/// fn routes(validator: &TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("transfer" / u32)
///         .and(warp::post())
///         .and(authorized(validator))
///         .then_granted(transfer)
/// }
/// ```
///
/// It is like [`Filter::then`], but the handler takes the caller instead of the check's
/// `Result`, so a refusal cannot be overlooked. Up to six values may come before the
/// caller.
pub trait ThenGranted<Extracted, Handler>: Filter {
    /// What the handler replies with.
    type Granted;

    /// Calls `handler` with the values extracted before the check, and with the caller.
    ///
    /// If the request is refused, the refusal is the reply; `handler` is not called, and
    /// nothing is rejected.
    fn then_granted(
        self,
        handler: Handler,
    ) -> impl Filter<Extract = (Result<Self::Granted, Denied>,), Error = Self::Error>
    + Clone
    + Send
    + Sync
    + 'static;
}

/// Implements the trait for handlers with these arguments before the caller. (warp has a
/// trait for any number of arguments, but it is private.)
macro_rules! then_granted {
    ($($Argument:ident $argument:ident)*) => {
        impl<F, $($Argument,)* C, H, Replied> ThenGranted<($($Argument,)* Result<C, Denied>,), H> for F
        where
            F: Filter<Extract = ($($Argument,)* Result<C, Denied>,)> + Clone + Send + Sync + 'static,
            $($Argument: Send + 'static,)*
            C: Send + 'static,
            H: Fn($($Argument,)* C) -> Replied + Clone + Send + Sync + 'static,
            Replied: Future<Output: Send> + Send + 'static,
        {
            type Granted = Replied::Output;

            fn then_granted(
                self,
                handler: H,
            ) -> impl Filter<Extract = (Result<Replied::Output, Denied>,), Error = Self::Error>
            + Clone
            + Send
            + Sync
            + 'static {
                self.then(move |$($argument: $Argument,)* caller: Result<C, Denied>| {
                    let granted = caller.map(|caller| handler($($argument,)* caller));
                    async { Ok(granted?.await) }
                })
            }
        }
    };
}

then_granted!();
then_granted!(A1 a1);
then_granted!(A1 a1 A2 a2);
then_granted!(A1 a1 A2 a2 A3 a3);
then_granted!(A1 a1 A2 a2 A3 a3 A4 a4);
then_granted!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5);
then_granted!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6);
