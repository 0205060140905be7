//! The step from the check to the handler.

use mobilefirst::Denial;
use warp::{Filter, Rejection};

use crate::body::{Pieces, body, drain, expect};
use crate::denied::Denied;
use crate::granted::{Granted, refusals};

/// Calls a handler only for requests that are granted.
///
/// It extends every filter whose last extracted value is the result of a check.
///
/// ```
/// use mobilefirst_warp::{Authorized, ThenGranted, TokenValidator, authorized, scopes};
/// use warp::{Filter, Reply};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(account: u32, caller: Authorized<AccessRestricted>) -> String {
///     format!("{:?} asks for {account}", caller.username())
/// }
///
/// fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("balance" / u32)
///         .and(warp::get())
///         .and(authorized(&validator))
///         .then_granted(balance)
/// }
/// ```
///
/// It is like [`Filter::then`], but the handler takes the caller instead of the check's
/// `Result`, so a refusal cannot be overlooked. Up to six values may come before the
/// caller. A handler that needs the body takes it after the caller:
/// [`and_granted`](crate::AndGranted::and_granted) adds the filter that reads it. If the body
/// has been read before the check, by a filter or by a route that then rejected, the
/// request is refused with 500, and the log says what to do.
///
/// # If it does not compile
///
/// - *no method named `then_granted` found*: `.and(authorized(&validator))` is missing before it.
/// - *`Denied: Deserialize` is not satisfied*: the body is read with `and` after the check, in
///   place of [`and_granted`](crate::AndGranted::and_granted).
/// - *… is not a future*: the handler is not `async`.
pub trait ThenGranted<Extracted, Handler> {
    /// What the handler replies with.
    type Granted;

    /// Calls `handler` with the values extracted before the check, the caller, and the
    /// value extracted after the check, if any.
    ///
    /// If the request is refused, the refusal is the reply; `handler` is not called, and
    /// nothing is rejected. What the client is still sending is read and dropped in the
    /// background, within bounds ([`drain_refused_body`](mobilefirst::drain_refused_body)),
    /// so that it gets to see the refusal.
    fn then_granted(
        self,
        handler: Handler,
    ) -> impl Filter<Extract = (Result<Self::Granted, Denied>,), Error = Rejection>
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
            F: Filter<Extract = ($($Argument,)* Result<C, Denied>,), Error = Rejection>
                + Clone + Send + Sync + 'static,
            $($Argument: Send + 'static,)*
            C: Send + 'static,
            H: Fn($($Argument,)* C) -> Replied + Clone + Send + Sync + 'static,
            Replied: Future<Output: Send> + Send + 'static,
        {
            type Granted = Replied::Output;

            fn then_granted(
                self,
                handler: H,
            ) -> impl Filter<Extract = (Result<Replied::Output, Denied>,), Error = Rejection>
            + Clone
            + Send
            + Sync
            + 'static {
                self.and(body().and(expect())).then(
                    move |$($argument: $Argument,)* caller: Result<C, Denied>, body, expect| {
                        let granted = admit(caller, body, expect);
                        let reply =
                            granted.map(|(caller, body)| (handler($($argument,)* caller), body));
                        async {
                            // Until the reply is there, the body is kept as if no filter had
                            // taken it.
                            let (reply, _body) = reply?;
                            Ok(reply.await)
                        }
                    },
                )
            }
        }

        impl<F, $($Argument,)* C, T, H, Replied> ThenGranted<(($($Argument,)* C,), T), H> for Granted<F>
        where
            F: Filter<Extract = (($($Argument,)* C,), T), Error = Rejection>
                + Clone + Send + Sync + 'static,
            $($Argument: Send + 'static,)*
            C: Send + 'static,
            T: Send + 'static,
            H: Fn($($Argument,)* C, T) -> Replied + Clone + Send + Sync + 'static,
            Replied: Future<Output: Send> + Send + 'static,
        {
            type Granted = Replied::Output;

            fn then_granted(
                self,
                handler: H,
            ) -> impl Filter<Extract = (Result<Replied::Output, Denied>,), Error = Rejection>
            + Clone
            + Send
            + Sync
            + 'static {
                refusals(self.0.then(
                    move |($($argument,)* caller,): ($($Argument,)* C,), rest: T| {
                        handler($($argument,)* caller, rest)
                    },
                ))
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

const READ_BEFORE: &str =
    "a filter before the check reads the body: pass it to `and_granted`, after the check";

/// Lets a request that is granted pass. Nobody else needs the body, so a refusal may take it.
fn admit<C, Body: Pieces>(
    caller: Result<C, Denied>,
    body: Option<Body>,
    expect: Option<String>,
) -> Result<(C, Body), Denied> {
    let Some(body) = body else {
        return Err(Denied(Denial::not_set_up(READ_BEFORE)));
    };
    match caller {
        Ok(caller) => Ok((caller, body)),
        Err(denied) => {
            drain(body, expect);
            Err(denied)
        }
    }
}
