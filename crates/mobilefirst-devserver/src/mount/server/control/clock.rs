//! Moving the authorization server's clock.

use serde_json::{Value, json};

use crate::authority::Authority;
use crate::wire::parameters::{Parameters, missing, wrong};
use crate::wire::refusal::Refusal;

/// Ten years, in seconds: how far the clock may be moved either way.
const FARTHEST: i64 = 10 * 365 * 24 * 60 * 60;

/// Moves the clock forward, or back by a negative number of seconds.
pub(crate) fn advance(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    parameters.allow_only(&["advance"])?;
    let seconds = parameters.number("advance", "seconds", -FARTHEST..=FARTHEST)?;
    let seconds = seconds.ok_or_else(|| missing("advance"))?;
    let mut state = authority.lock();
    let moved = state.moved + seconds * 1000;
    if moved.abs() > FARTHEST * 1000 {
        return Err(wrong("advance", "less: the clock moves ten years at most"));
    }
    state.moved = moved;
    Ok(reading(state.now(), moved))
}

/// Lets the clock show its own time again.
pub(crate) fn reset(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    parameters.allow_only(&[])?;
    let mut state = authority.lock();
    state.moved = 0;
    Ok(reading(state.now(), 0))
}

/// Both in milliseconds.
fn reading(now: u64, moved: i64) -> Value {
    json!({ "now": now, "moved": moved })
}
