//! Setting and clearing faults.

use serde_json::{Value, json};

use crate::authority::Authority;
use crate::endpoint::Endpoint;
use crate::mount::server::fault_json;
use crate::state::State;
use crate::state::script::Planned;
use crate::wire::parameters::{Parameters, missing, wrong};
use crate::wire::refusal::Refusal;

/// How many faults of an endpoint may be set.
const MOST: usize = 100;

#[derive(Clone, Copy)]
enum When {
    Next,
    Always,
}

/// Sets a fault for the next call of an endpoint, or for every call.
pub(crate) fn set(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    let fault = fault_json::read(parameters, &["endpoint", "when"])?;
    let endpoint = endpoint(parameters)?.ok_or_else(|| missing("endpoint"))?;
    let whens = [("next", When::Next), ("always", When::Always)];
    let when = parameters.choice("when", &whens)?.unwrap_or(When::Next);
    let mut state = authority.lock();
    if state.script.planned(endpoint).count() >= MOST {
        return Err(wrong(
            "endpoint",
            "another, or cleared first: it has 100 faults",
        ));
    }
    match when {
        When::Next => state.script.once(endpoint, fault),
        When::Always => state.script.always(endpoint, fault),
    }
    Ok(json!({ "faults": planned(&state) }))
}

/// Removes the faults of one endpoint, or all.
pub(crate) fn clear(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    parameters.allow_only(&["endpoint"])?;
    let endpoint = endpoint(parameters)?;
    let mut state = authority.lock();
    for each in Endpoint::ALL {
        if endpoint.is_none_or(|endpoint| endpoint == each) {
            state.script.clear(each);
        }
    }
    Ok(json!({ "faults": planned(&state) }))
}

/// The faults that are set, in the order in which they apply.
pub(crate) fn planned(state: &State) -> Vec<Value> {
    let mut faults = Vec::new();
    for endpoint in Endpoint::ALL {
        for planned in state.script.planned(endpoint) {
            let (mut shown, when) = match planned {
                Planned::Next(fault) => (fault_json::shown(fault), "next"),
                Planned::Always(fault) => (fault_json::shown(fault), "always"),
                Planned::Picked => (json!({ "fault": "picked" }), "always"),
            };
            shown["endpoint"] = endpoint.name().into();
            shown["when"] = when.into();
            faults.push(shown);
        }
    }
    faults
}

fn endpoint(parameters: &Parameters) -> Result<Option<Endpoint>, Refusal> {
    let choices = Endpoint::ALL.map(|endpoint| (endpoint.name(), endpoint));
    parameters.choice("endpoint", &choices)
}
