//! The rows, in the order of the behaviour table.

mod bodies;
mod devices;
mod guards;
mod handlers;
mod introspection;
mod own_token;
mod request;
mod scope;
mod trouble;
pub(crate) mod version7;

use mobilefirst_devserver::{Authority, Endpoint, UserToken};

use super::{Answer, Arrange, Bearing, Row, Step};

const BARE: &str = "www-authenticate: Bearer";
const INVALID_REQUEST: &str = r#"www-authenticate: Bearer error="invalid_request""#;
const INVALID_TOKEN: &str = r#"www-authenticate: Bearer error="invalid_token""#;

pub(crate) fn all() -> Vec<Row> {
    let mut rows = request::all();
    rows.extend(introspection::all());
    rows.extend(scope::all());
    rows.extend(devices::all());
    rows.extend(own_token::all());
    rows.extend(trouble::all());
    rows.extend(guards::all());
    rows.extend(handlers::all());
    rows.extend(bodies::all());
    rows
}

fn row(
    fact: &'static str,
    id: &'static str,
    arrange: Arrange,
    steps: Vec<Step>,
    calls: (u64, u64),
) -> Row {
    Row {
        fact,
        id,
        arrange,
        steps,
        calls,
    }
}

fn step(path: &'static str, bearing: Bearing, answer: Answer) -> Step {
    Step {
        path,
        bearing,
        body: None,
        answer,
    }
}

fn nothing(_: &Authority, _: Endpoint) {}

fn token(token: UserToken) -> Bearing {
    Bearing::Token("Bearer ", token)
}

fn field_of(field: &[u8]) -> Bearing {
    fields(&[field])
}

fn fields(fields: &[&[u8]]) -> Bearing {
    Bearing::Fields(fields.iter().map(|field| field.to_vec()).collect())
}

fn granted(body: Option<&'static str>) -> Answer {
    Answer {
        status: 200,
        headers: Vec::new(),
        body,
    }
}

fn refusal(status: u16, header: &str) -> Answer {
    Answer {
        status,
        headers: vec![header.to_owned()],
        body: None,
    }
}

fn plain(status: u16) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: None,
    }
}
