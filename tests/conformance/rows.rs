//! The rows, in the order of the behaviour table.

pub(crate) mod version7;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use mobilefirst::DeviceStatus;
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use serde_json::json;

use super::{Answer, Arrange, Bearing, Row, Step};

const BARE: &str = "www-authenticate: Bearer";
const INVALID_REQUEST: &str = r#"www-authenticate: Bearer error="invalid_request""#;
const INVALID_TOKEN: &str = r#"www-authenticate: Bearer error="invalid_token""#;

pub(crate) fn all() -> Vec<Row> {
    let mut rows = reading_the_request();
    rows.extend(reading_the_introspection());
    rows.extend(scope());
    rows.extend(devices_and_keys());
    rows.extend(our_own_token());
    rows.extend(trouble_and_cache());
    rows.extend(ways_to_guard());
    rows.extend(refusals_by_handlers());
    rows.extend(bodies());
    rows
}

fn reading_the_request() -> Vec<Row> {
    let refused = |fact, id, field: &[u8], status, challenge| {
        let answer = refusal(status, challenge);
        row(
            fact,
            id,
            nothing,
            vec![step("/any", field_of(field), answer)],
            (0, 0),
        )
    };
    let mut rows = vec![
        row(
            "a request without a token is challenged",
            "H1",
            nothing,
            vec![step("/any", fields(&[]), refusal(401, BARE))],
            (0, 0),
        ),
        refused("another scheme is no token", "H2", b"Basic abc", 401, BARE),
        refused(
            "another scheme with parameters is no token",
            "H2",
            b"Digest username=\"abc\"",
            401,
            BARE,
        ),
        refused("an empty field is no token", "H2", b"", 401, BARE),
        refused(
            "a longer scheme is another scheme",
            "H4",
            b"BearerXYZ",
            401,
            BARE,
        ),
        refused(
            "a scheme without a token is malformed",
            "H5",
            b"Bearer",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a scheme and a space are malformed",
            "H5",
            b"Bearer ",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a quote in a token is malformed",
            "H6",
            b"Bearer a\"b",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a comma in a token is malformed",
            "H6",
            b"Bearer a,b",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "an ampersand in a token is malformed",
            "H6",
            b"Bearer a&b",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a tab in a token is malformed",
            "H6",
            b"Bearer a\tb",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a letter outside ASCII in a token is malformed",
            "H6",
            "Bearer ä".as_bytes(),
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a token outside UTF-8 is malformed",
            "H6",
            b"Bearer a\xff",
            400,
            INVALID_REQUEST,
        ),
        refused(
            "a second word is malformed",
            "H10",
            b"Bearer access id",
            400,
            INVALID_REQUEST,
        ),
    ];
    for (fact, id, scheme) in [
        ("the scheme may be in lower case", "H3", "bearer "),
        ("the scheme may be in upper case", "H3", "BEARER "),
        ("several spaces may follow the scheme", "H3", "Bearer   "),
    ] {
        let bearing = Bearing::Token(scheme, UserToken::new("a"));
        rows.push(row(
            fact,
            id,
            nothing,
            vec![step("/a", bearing, granted(None))],
            (1, 1),
        ));
    }
    let pairs: [[&[u8]; 2]; 3] = [
        [b"Bearer abc", b"Bearer abc"],
        [b"Bearer abc", b"Basic abc"],
        [b"Basic abc", b"Bearer abc"],
    ];
    for pair in pairs {
        let answer = refusal(400, INVALID_REQUEST);
        rows.push(row(
            "a second field is refused",
            "H7",
            nothing,
            vec![step("/any", fields(&pair), answer)],
            (0, 0),
        ));
    }
    rows
}

fn reading_the_introspection() -> Vec<Row> {
    let known = UserToken::new("a")
        .user("jdoe")
        .device("d-1")
        .application("com.sample.bank");
    let fact = |part| step("/a", Bearing::Same, granted(Some(part)));
    vec![
        row(
            "the handler can read every field",
            "I1",
            nothing,
            vec![
                step(
                    "/a",
                    token(known.field("unknown", json!({"x": 1}))),
                    granted(Some(r#""username":"jdoe""#)),
                ),
                fact(r#""unknown":{"x":1}"#),
                fact(r#""id":"d-1""#),
                fact(r#""id":"com.sample.bank""#),
                fact(r#""displayName":"#),
            ],
            (1, 1),
        ),
        row(
            "an inactive token is refused without a reason",
            "I2",
            nothing,
            vec![step(
                "/any",
                field_of(b"Bearer unknown"),
                refusal(401, INVALID_TOKEN),
            )],
            (1, 1),
        ),
    ]
}

fn scope() -> Vec<Row> {
    let short = |required: &str| {
        let challenge = r#"www-authenticate: Bearer error="insufficient_scope", scope=""#;
        refusal(403, &format!("{challenge}{required}\""))
    };
    vec![
        row(
            "a longer scope element does not cover a shorter one",
            "S1",
            nothing,
            vec![step(
                "/read",
                token(UserToken::new("readonly")),
                short("read"),
            )],
            (1, 1),
        ),
        row(
            "a scope element in another case does not cover",
            "S1",
            nothing,
            vec![step(
                "/read",
                token(UserToken::new("Read READ")),
                short("read"),
            )],
            (1, 1),
        ),
        row(
            "a scope covers in any order",
            "S2",
            nothing,
            vec![step("/ab", token(UserToken::new("b  c a")), granted(None))],
            (1, 1),
        ),
        row(
            "the challenge names the whole required scope",
            "S3",
            nothing,
            vec![step("/ab", token(UserToken::new("b c")), short("a b"))],
            (1, 1),
        ),
        row(
            "the challenge names a scope given as a value",
            "S3",
            nothing,
            vec![step("/value", token(UserToken::new("b c")), short("a b"))],
            (1, 1),
        ),
        row(
            "any active token covers the empty scope",
            "S4",
            nothing,
            vec![step("/any", token(UserToken::new("")), granted(None))],
            (1, 1),
        ),
        row(
            "a cached answer is judged anew for each route",
            "S6",
            nothing,
            vec![
                step("/a", token(UserToken::new("a")), granted(None)),
                step("/b", Bearing::Same, short("b")),
                step("/ab", Bearing::Same, short("a b")),
                step("/a", Bearing::Same, granted(None)),
            ],
            (1, 1),
        ),
    ]
}

/// What makes an active token of the right scope not good enough.
fn devices_and_keys() -> Vec<Row> {
    let on =
        |status: &str| UserToken::new("a").device_status(DeviceStatus::Other(status.to_owned()));
    let blocked = |fact, status| {
        let paths = ["/a", "/group/a", "/b", "/any", "/optional"];
        let mut bearings = vec![token(on(status))];
        bearings.resize_with(paths.len(), || Bearing::Same);
        let steps = paths.into_iter().zip(bearings);
        let steps = steps.map(|(path, bearing)| step(path, bearing, plain(403)));
        row(fact, "P1", nothing, steps.collect(), (1, 1))
    };
    let granted = |fact, known| {
        let steps = vec![step("/a", token(known), granted(None))];
        row(fact, "P2", nothing, steps, (1, 1))
    };
    let bound = UserToken::new("a").field("cnf", json!({"jkt": "key"}));
    vec![
        blocked("a lost device is refused without a challenge", "LOST"),
        blocked("a stolen device is refused without a challenge", "STOLEN"),
        blocked(
            "a disabled device is refused without a challenge",
            "DISABLED",
        ),
        blocked(
            "an unknown status is refused without a challenge",
            "unheard-of",
        ),
        granted("a device that was not seen for long passes", on("EXPIRED")),
        granted(
            "a token without a device passes",
            UserToken::new("a").without("mfp-device"),
        ),
        row(
            "a token that is bound to a key is no bearer token",
            "P4",
            nothing,
            vec![
                step("/a", token(bound), refusal(401, INVALID_TOKEN)),
                step("/group/a", Bearing::Same, refusal(401, INVALID_TOKEN)),
                step("/optional", Bearing::Same, refusal(401, INVALID_TOKEN)),
            ],
            (1, 1),
        ),
    ]
}

fn our_own_token() -> Vec<Row> {
    let refused = |fact, id, arrange, calls| {
        let steps = vec![step("/any", token(UserToken::new("a")), plain(500))];
        row(fact, id, arrange, steps, calls)
    };
    let introspection_401 = |authority: &Authority, endpoint| {
        authority.fault_always(endpoint, Fault::status(StatusCode::UNAUTHORIZED));
    };
    let unknown_client = |authority: &Authority, _: Endpoint| {
        authority.unregister("test");
    };
    let invalid_client_401 = |authority: &Authority, _: Endpoint| {
        let mut response = Response::new(Bytes::from_static(br#"{"error":"invalid_client"}"#));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        authority.fault_always(Endpoint::Token, Fault::Respond(response));
    };
    let invalid_scope = |authority: &Authority, _: Endpoint| {
        authority.register("test", "test", "other.scope");
    };
    vec![
        refused(
            "a lasting 401 from introspection is our misconfiguration",
            "O3",
            introspection_401,
            (2, 2),
        ),
        refused(
            "an unknown client is our misconfiguration",
            "O6",
            unknown_client,
            (1, 0),
        ),
        refused(
            "refused credentials are our misconfiguration",
            "O6",
            invalid_client_401,
            (1, 0),
        ),
        refused(
            "a refused scope is our misconfiguration",
            "O6",
            invalid_scope,
            (1, 0),
        ),
    ]
}

fn trouble_and_cache() -> Vec<Row> {
    let conflict = |authority: &Authority, endpoint| {
        authority.fault(endpoint, Fault::conflict(HeaderValue::from_static("v")));
    };
    let unavailable = |fact, id, arrange, introspections| {
        let steps = vec![step(
            "/any",
            token(UserToken::new("a")),
            refusal(503, "retry-after: 1"),
        )];
        row(fact, id, arrange, steps, (1, introspections))
    };
    vec![
        row(
            "a conflict is passed on and not kept",
            "C1",
            conflict,
            vec![
                step(
                    "/a",
                    token(UserToken::new("a")),
                    refusal(409, "mfp-conflict: v"),
                ),
                step("/a", Bearing::Same, granted(None)),
            ],
            (1, 2),
        ),
        unavailable(
            "an internal error upstream is unavailability",
            "U1",
            |a, endpoint| {
                a.fault_always(endpoint, Fault::status(StatusCode::INTERNAL_SERVER_ERROR))
            },
            1,
        ),
        unavailable(
            "too many requests upstream is unavailability",
            "U1",
            |a, endpoint| a.fault_always(endpoint, Fault::status(StatusCode::TOO_MANY_REQUESTS)),
            1,
        ),
        unavailable(
            "a reset connection is unavailability",
            "U1",
            |a, endpoint| a.fault_always(endpoint, Fault::Reset),
            2,
        ),
        unavailable(
            "a timeout is unavailability",
            "U1",
            |a, endpoint| a.fault_always(endpoint, Fault::Hang),
            1,
        ),
        row(
            "the same token is introspected once",
            "K1",
            nothing,
            vec![
                step("/a", token(UserToken::new("a")), granted(None)),
                step("/a", Bearing::Same, granted(None)),
                step("/group/a", Bearing::Same, granted(None)),
            ],
            (1, 1),
        ),
    ]
}

/// What an adapter offers beyond the extractor, judged as the extractor is.
fn ways_to_guard() -> Vec<Row> {
    let stranger = granted(Some("stranger"));
    let guest = || token(UserToken::new("a").user("jdoe"));
    let named = || granted(Some(r#""username":"jdoe""#));
    vec![
        row(
            "a group guard challenges",
            "G1",
            nothing,
            vec![step("/group/a", fields(&[]), refusal(401, BARE))],
            (0, 0),
        ),
        row(
            "a group guard passes the caller on",
            "G1",
            nothing,
            vec![step("/group/a", guest(), named())],
            (1, 1),
        ),
        row(
            "a scope given as a value challenges",
            "G2",
            nothing,
            vec![step("/value", fields(&[]), refusal(401, BARE))],
            (0, 0),
        ),
        row(
            "an optional guard lets a request without a token in",
            "G3",
            nothing,
            vec![step("/optional", fields(&[]), stranger)],
            (0, 0),
        ),
        row(
            "an optional guard passes the caller on",
            "G3",
            nothing,
            vec![step("/optional", guest(), named())],
            (1, 1),
        ),
        row(
            "an optional guard refuses a bad token",
            "G3",
            nothing,
            vec![step(
                "/optional",
                field_of(b"Bearer bad"),
                refusal(401, INVALID_TOKEN),
            )],
            (1, 1),
        ),
        row(
            "a public route ignores the token",
            "G4",
            nothing,
            vec![step(
                "/public",
                field_of(b"Bearer bad"),
                granted(Some("public")),
            )],
            (0, 0),
        ),
    ]
}

/// What a handler refuses itself, with its caller's permit.
fn refusals_by_handlers() -> Vec<Row> {
    let guest = |scope| token(UserToken::new(scope).user("jdoe"));
    let named = || granted(Some(r#""username":"jdoe""#));
    let lacking = || {
        refusal(
            403,
            r#"www-authenticate: Bearer error="insufficient_scope", scope="a b""#,
        )
    };
    vec![
        row(
            "a handler forbids without a challenge",
            "R1",
            nothing,
            vec![
                step("/forbidden", guest("a"), plain(403)),
                step("/forbidden", Bearing::Same, plain(403)),
            ],
            (1, 1),
        ),
        row(
            "a handler that lacks a scope challenges for all that the route needs",
            "R2",
            nothing,
            vec![
                step("/narrow", guest("a c"), lacking()),
                step("/group/narrow", Bearing::Same, lacking()),
            ],
            (1, 1),
        ),
        row(
            "a handler narrows what the guard granted",
            "R4",
            nothing,
            vec![
                step("/narrow", guest("a b"), named()),
                step("/group/narrow", Bearing::Same, named()),
            ],
            (1, 1),
        ),
        row(
            "a handler challenges a stranger",
            "R6",
            nothing,
            vec![
                step("/required", fields(&[]), refusal(401, BARE)),
                step("/required", guest("a"), named()),
            ],
            (1, 1),
        ),
    ]
}

/// The token is judged before the body is looked at.
fn bodies() -> Vec<Row> {
    let mut rows = Vec::new();
    for path in ["/number", "/group/number"] {
        let mut sending = |fact, body, bearing, answer, calls| {
            let step = Step {
                body: Some(body),
                ..step(path, bearing, answer)
            };
            rows.push(row(fact, "D1", nothing, vec![step], calls));
        };
        sending(
            "a body that cannot be parsed hides no missing token",
            "oops",
            fields(&[]),
            refusal(401, BARE),
            (0, 0),
        );
        sending(
            "a body that cannot be parsed hides no bad token",
            "oops",
            field_of(b"Bearer bad"),
            refusal(401, INVALID_TOKEN),
            (1, 1),
        );
        sending(
            "a body that cannot be parsed is found out once the token is good",
            "oops",
            token(UserToken::new("a")),
            plain(400),
            (1, 1),
        );
        sending(
            "the body of a granted request is parsed",
            "25",
            token(UserToken::new("a")),
            granted(Some("25")),
            (1, 1),
        );
    }
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
