//! Who may control the server. A web page may not, unless it is the server's own console.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderName, Request};

use crate::wire::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Admits programs, and no web page: browsers add Origin to every POST from a page, and no page
/// can prevent it.
pub(crate) fn admit_program(request: &Request<Bytes>) -> Result<(), Refusal> {
    match is_from_a_page(request) {
        true => Err(Refusal::Forbidden(
            "web pages may not send forms to the development server",
        )),
        false => Ok(()),
    }
}

/// Admits callers on this machine that call it by a name that no other can take.
///
/// A page of another site may let its own name point to this machine (DNS rebinding). It is
/// then of the same origin for the browser, but its name is in `Host`.
pub(crate) fn admit_local(request: &Request<Bytes>, peer: IpAddr) -> Result<(), Refusal> {
    if !peer.to_canonical().is_loopback() {
        return Err(Refusal::Forbidden(
            "only callers on the same machine may use the console; \
             from another one, use a tunnel such as ssh -L",
        ));
    }
    let in_uri = request.uri().authority().map(Authority::as_str);
    match host(request) {
        Some(host) if is_local(host) && in_uri.is_none_or(is_local) => Ok(()),
        _ => Err(Refusal::Forbidden(
            "the Host header must be localhost or a loopback address, such as 127.0.0.1",
        )),
    }
}

/// Admits programs on this machine, and the pages of the server itself.
pub(crate) fn admit_own_page(request: &Request<Bytes>, peer: IpAddr) -> Result<(), Refusal> {
    admit_local(request, peer)?;
    let own_origin = host(request).map(|host| format!("http://{host}"));
    let headers = request.headers();
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_own =
        origins.all(|origin| Some(origin.as_bytes()) == own_origin.as_deref().map(str::as_bytes));
    // The value is `none` if the user entered the address.
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    let is_same_site = sites.all(|site| site == "same-origin" || site == "none");
    match is_own && is_same_site {
        true => Ok(()),
        false => Err(Refusal::Forbidden(
            "pages of another origin may not control the development server",
        )),
    }
}

fn is_from_a_page(request: &Request<Bytes>) -> bool {
    let headers = request.headers();
    headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE)
}

/// The value of `Host`, if there is exactly one.
fn host(request: &Request<Bytes>) -> Option<&str> {
    let mut fields = request.headers().get_all(HOST).iter();
    let (field, None) = (fields.next()?, fields.next()) else {
        return None;
    };
    field.to_str().ok()
}

/// Whether the authority of a URL is `localhost` or a loopback address, with any port.
fn is_local(authority: &str) -> bool {
    if authority.contains('@') {
        return false;
    }
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let address = address.unwrap_or(host).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn request(headers: &[(&str, &str)]) -> Request<Bytes> {
        let request = Request::post("/devserver/state");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(Bytes::new()).unwrap()
    }

    #[test]
    fn only_names_that_nobody_else_can_take_are_admitted() {
        for (host, admitted) in [
            ("localhost", true),
            ("LocalHost:9080", true),
            ("127.0.0.1:9080", true),
            ("127.1.2.3", true),
            ("[::1]:9080", true),
            ("[::ffff:127.0.0.1]", true),
            ("", false),
            ("localhost.", false),
            ("localhost.evil.example", false),
            ("evil.example:9080", false),
            ("localhost@evil.example", false),
            ("evil.example@localhost", false),
            ("127.0.0.1.evil.example", false),
            ("192.168.1.5", false),
            ("0.0.0.0", false),
            ("[::]", false),
            ("2130706433", false),
        ] {
            let admission = admit_local(&request(&[("host", host)]), LOOPBACK);
            assert_eq!(admission.is_ok(), admitted, "{host}");
        }
        assert!(admit_local(&request(&[]), LOOPBACK).is_err());
        let twice = request(&[("host", "localhost"), ("host", "localhost")]);
        assert!(admit_local(&twice, LOOPBACK).is_err());
    }

    #[test]
    fn the_name_in_an_absolute_uri_counts_too() {
        let request = Request::get("http://evil.example/devserver/state").header(HOST, "localhost");
        assert!(admit_local(&request.body(Bytes::new()).unwrap(), LOOPBACK).is_err());
    }

    #[test]
    fn only_callers_on_this_machine_are_admitted() {
        for (peer, admitted) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.168.1.5", false),
            ("::ffff:192.168.1.5", false),
            ("fe80::1", false),
        ] {
            let admission = admit_local(&request(&[("host", "localhost")]), peer.parse().unwrap());
            assert_eq!(admission.is_ok(), admitted, "{peer}");
        }
    }

    #[test]
    fn only_the_servers_own_page_is_admitted() {
        for (headers, admitted) in [
            (&[][..], true),
            (&[("origin", "http://localhost:9080")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("origin", "null")], false),
            (&[("origin", "http://localhost")], false),
            (&[("origin", "https://localhost:9080")], false),
            (&[("origin", "http://127.0.0.1:9080")], false),
            (&[("origin", "http://evil.example")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (
                &[
                    ("origin", "http://localhost:9080"),
                    ("origin", "http://evil.example"),
                ],
                false,
            ),
        ] {
            let mut all = vec![("host", "localhost:9080")];
            all.extend(headers);
            let admission = admit_own_page(&request(&all), LOOPBACK);
            assert_eq!(admission.is_ok(), admitted, "{headers:?}");
        }
    }
}
