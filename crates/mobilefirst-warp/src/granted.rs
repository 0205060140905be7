//! Filters that run only for requests that are granted.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use warp::reject::Reject;
use warp::{Filter, Rejection};

use crate::body::{Pieces, body, drain, expect};
use crate::denied::Denied;

/// Adds a filter that runs only for requests that are granted, such as one that reads the
/// body.
///
/// It extends every filter whose last extracted value is the result of a check.
///
/// ```
/// use mobilefirst_warp::{AndGranted, Authorized, ThenGranted, TokenValidator, authorized, scopes};
/// use warp::{Filter, Reply};
///
/// scopes! { Transfer = "accessRestricted transferPrivilege"; }
///
/// async fn transfer(account: u32, caller: Authorized<Transfer>, cents: u64) -> String {
///     format!("{:?} pays {cents} to {account}", caller.username())
/// }
///
/// fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     let body = warp::body::content_length_limit(1024).and(warp::body::json());
///     warp::path!("transfer" / u32)
///         .and(warp::post())
///         .and(authorized(&validator))
///         .and_granted(body)
///         .then_granted(transfer)
/// }
/// ```
///
/// With [`Filter::and`] instead, the body of a stranger would be read and parsed, and a
/// body that cannot be parsed would be answered before the token.
pub trait AndGranted<Extracted>: Filter {
    /// What was extracted before `rest`, with the caller in place of the check's result.
    type Granted;

    /// Runs `rest` after the check, and only if the request is granted.
    ///
    /// `rest` extracts one value; join several with `.map(|a, b| (a, b))`. If it rejects,
    /// the request is rejected as usual.
    fn and_granted<Rest, T>(
        self,
        rest: Rest,
    ) -> Granted<
        impl Filter<Extract = (Self::Granted, T), Error = Rejection> + Clone + Send + Sync + 'static,
    >
    where
        Rest: Filter<Extract = (T,), Error = Rejection> + Clone + Send + Sync + 'static,
        T: Send + 'static;
}

/// A guarded route that checks first, and then reads what its handler needs.
///
/// [`AndGranted::and_granted`] makes it, and
/// [`then_granted`](crate::ThenGranted::then_granted) makes it a filter again.
#[derive(Clone)]
pub struct Granted<F>(pub(crate) F);

impl<F> fmt::Debug for Granted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted").finish_non_exhaustive()
    }
}

macro_rules! and_granted {
    ($($Argument:ident $argument:ident)*) => {
        impl<F, $($Argument,)* C> AndGranted<($($Argument,)* Result<C, Denied>,)> for F
        where
            F: Filter<Extract = ($($Argument,)* Result<C, Denied>,), Error = Rejection>
                + Clone + Send + Sync + 'static,
            $($Argument: Send + 'static,)*
            C: Send + 'static,
        {
            type Granted = ($($Argument,)* C,);

            fn and_granted<Rest, T>(
                self,
                rest: Rest,
            ) -> Granted<
                impl Filter<Extract = (Self::Granted, T), Error = Rejection>
                + Clone + Send + Sync + 'static,
            >
            where
                Rest: Filter<Extract = (T,), Error = Rejection> + Clone + Send + Sync + 'static,
                T: Send + 'static,
            {
                let checked = self.map(|$($argument: $Argument,)* caller: Result<C, Denied>| {
                    caller.map(|caller| ($($argument,)* caller,))
                });
                Granted(only_granted(checked).and(rest))
            }
        }
    };
}

and_granted!();
and_granted!(A1 a1);
and_granted!(A1 a1 A2 a2);
and_granted!(A1 a1 A2 a2 A3 a3);
and_granted!(A1 a1 A2 a2 A3 a3 A4 a4);
and_granted!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5);
and_granted!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6);

/// Rejects what was refused, for [`refusals`] to answer. Nothing of it may reach a filter
/// outside, which would try the next route.
///
/// Only here, where a request is known to be refused, is its body taken: that of a granted
/// request belongs to the filters that follow.
pub(crate) fn only_granted<F, G>(
    checked: F,
) -> impl Filter<Extract = (G,), Error = Rejection> + Clone + Send + Sync + 'static + use<F, G>
where
    F: Filter<Extract = (Result<G, Denied>,), Error = Rejection> + Clone + Send + Sync + 'static,
    G: Send + 'static,
{
    // A filter can do without another only by rejecting. So that a refusal is the only
    // rejection that reaches `refused_body`, any other is carried past it as a value.
    checked
        .map(Step::Checked)
        .recover(async |elsewhere| Ok::<_, Rejection>(Step::Elsewhere(elsewhere)))
        .unify()
        .and_then(async |step: Step<G>| match step {
            Step::Checked(Err(denied)) => Err(warp::reject::custom(Refused(denied))),
            other => Ok(other),
        })
        .or(refused_body())
        .unify()
        .or_else(refuse_and_drain)
        .and_then(async |step: Step<G>| match step {
            Step::Checked(Ok(granted)) => Ok(granted),
            Step::Checked(Err(denied)) => Err(warp::reject::custom(Refused(denied))),
            Step::Elsewhere(rejection) => Err(rejection),
        })
}

/// Makes refusals of [`only_granted`] the reply.
pub(crate) fn refusals<F, Replied>(
    routes: F,
) -> impl Filter<Extract = (Result<Replied, Denied>,), Error = Rejection>
+ Clone
+ Send
+ Sync
+ 'static
+ use<F, Replied>
where
    F: Filter<Extract = (Replied,), Error = Rejection> + Clone + Send + Sync + 'static,
    Replied: Send + 'static,
{
    routes
        .map(Ok)
        .recover(async |rejection: Rejection| match rejection.find() {
            Some(Refused(denied)) => Ok(Err(denied.clone())),
            None => Err(rejection),
        })
        .unify()
}

/// What became of a request so far.
enum Step<G> {
    Checked(Result<G, Denied>),
    /// It is not for this route.
    Elsewhere(Rejection),
}

/// Carries a refusal past the filters of a route or group. It never leaves them.
#[derive(Debug)]
struct Refused(Denied);

impl Reject for Refused {}

/// Carries the body of a refused request to where its refusal is known too.
struct RefusedBody(Mutex<Option<Left>>);

/// What is left of a refused request.
struct Left {
    body: Box<dyn Pieces>,
    expect: Option<String>,
}

impl fmt::Debug for RefusedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedBody").finish_non_exhaustive()
    }
}

impl Reject for RefusedBody {}

/// Takes the body and rejects with it, because warp joins rejections and drops values.
fn refused_body<G: Send + 'static>()
-> impl Filter<Extract = (Step<G>,), Error = Rejection> + Copy + Send + Sync + 'static {
    body().and(expect()).and_then(reject_with_body)
}

async fn reject_with_body<G>(
    body: Option<impl Pieces>,
    expect: Option<String>,
) -> Result<Step<G>, Rejection> {
    let left = body.map(|body| Left {
        body: Box::new(body),
        expect,
    });
    Err(warp::reject::custom(RefusedBody(Mutex::new(left))))
}

async fn refuse_and_drain<G>(rejection: Rejection) -> Result<(Step<G>,), Rejection> {
    let Some(Refused(denied)) = rejection.find() else {
        return Err(rejection);
    };
    let denied = denied.clone();
    let left = rejection
        .find()
        .and_then(|RefusedBody(left)| left.lock().unwrap_or_else(PoisonError::into_inner).take());
    if let Some(Left { body, expect }) = left {
        drain(body, expect);
    }
    Ok((Step::Checked(Err(denied)),))
}
