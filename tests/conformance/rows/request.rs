//! Reading the request.

use mobilefirst_devserver::UserToken;

use super::{BARE, INVALID_REQUEST, field_of, fields, granted, nothing, refusal, row, step};
use crate::conformance::{Bearing, Row};

pub(crate) fn all() -> Vec<Row> {
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
