//! What to do about trouble with TLS.

use redis::{ErrorKind, RedisError};

/// What rustls says, and what to do about it. The client library hands on its words alone where it
/// connects to a cluster.
const ADVICE: [(&str, &str); 8] = [
    (
        "UnknownIssuer",
        "set ca_certificate to the certificate of the CA that issued the store's",
    ),
    (
        "not valid for name",
        "write a name into the store's URL that is in its certificate",
    ),
    (
        "invalid peer certificate",
        "renew the store's certificate, or check the clock of this machine",
    ),
    (
        "CertificateRequired",
        "the store asks for a client certificate: set client_certificate",
    ),
    (
        "UnknownCA",
        "the store does not trust the CA of our client certificate",
    ),
    (
        "fatal alert",
        "the store refuses our client certificate, or the version of TLS",
    ),
    (
        "InvalidContentType",
        "this port of the store does not speak TLS: write its TLS port, or redis://",
    ),
    (
        "No CA certificates were loaded",
        "install the package ca-certificates, or set ca_certificate",
    ),
];

/// None where TLS is not to blame.
pub(super) fn about_tls(error: &RedisError) -> Option<&'static str> {
    // What a server says in words of its own is no matter of TLS.
    if matches!(error.kind(), ErrorKind::Server(_)) {
        return None;
    }
    let text = error.to_string();
    let mut advice = ADVICE.iter();
    advice.find_map(|(words, advice)| text.contains(words).then_some(*advice))
}
