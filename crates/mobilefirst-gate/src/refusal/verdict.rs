//! A refusal as the value of a header field, which nginx carries from one question to the next.
//!
//! nginx cannot pass on the gate's answer, so the gate puts the whole refusal into one field,
//! and nginx hands that field to `/denied`, which plays it back. A caller may forge the field,
//! but gets nothing for it except a refusal of his own choice: `/denied` accepts only what
//! the gate itself could have said.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use mobilefirst::ErrorBody;
use mobilefirst::challenge::{BearerChallenge, Challenge};

use crate::refusal::Refusal;

/// The field that carries a verdict.
pub(crate) const VERDICT: HeaderName = HeaderName::from_static("x-mobilefirst-verdict");

/// Longest body in a verdict, in bytes. nginx reads header fields of up to 4 KiB by default. A
/// longer body is left out.
const LONGEST_BODY: usize = 1024;

/// The media types of bodies, and their names in a verdict. A type that a browser runs, such as
/// HTML, is not among them.
const TYPES: [(&str, &str); 2] = [
    ("json", "application/json"),
    ("text", "text/plain; charset=utf-8"),
];

const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

impl Refusal {
    /// Writes the refusal as `<status>[;<field>=<base64url>][;<type>=<base64url>]`.
    pub(crate) fn to_verdict(&self) -> HeaderValue {
        let mut text = self.status.as_u16().to_string();
        let mut part = |name: &str, value: &[u8]| {
            write!(text, ";{name}={}", BASE64.encode(value)).expect("a string takes all");
        };
        if let Some((name, value)) = &self.field {
            part(name.as_str(), value.as_bytes());
        }
        if let Some(body) = &self.body
            && body.bytes().len() <= LONGEST_BODY
            && let Some(word) = word_of(body.content_type())
        {
            part(word, body.bytes());
        }
        HeaderValue::try_from(text).expect("digits, names and base64")
    }

    /// Reads a verdict; `None` if the gate cannot have written it.
    pub(crate) fn from_verdict(verdict: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(verdict).ok()?;
        let mut parts = text.split(';');
        let status = StatusCode::from_bytes(parts.next()?.as_bytes()).ok()?;
        let mut refusal = Self {
            status,
            field: None,
            body: None,
        };
        for part in parts {
            let (name, value) = part.split_once('=')?;
            let value = BASE64.decode(value).ok()?;
            match TYPES.iter().find(|(word, _)| *word == name) {
                Some((_, content_type)) => {
                    let content_type = HeaderValue::from_static(content_type);
                    refusal.body = Some(ErrorBody::new(content_type, value));
                }
                None => {
                    let name = HeaderName::try_from(name).ok()?;
                    refusal.field = Some((name, HeaderValue::from_bytes(&value).ok()?));
                }
            }
        }
        // A verdict of our own reads the same when it is written again.
        (refusal.is_plausible() && refusal.to_verdict() == verdict).then_some(refusal)
    }

    /// Whether the status is one of a refusal, with the field that belongs to it.
    fn is_plausible(&self) -> bool {
        let field = self.field.as_ref();
        let field = field.map(|(name, value)| (name, value.as_bytes()));
        match (self.status.as_u16(), field) {
            // A 403 without a challenge refuses a blocked device.
            (400 | 403 | 404 | 500, None) => true,
            (400 | 401 | 403, Some((name, value))) => {
                *name == WWW_AUTHENTICATE && is_one_bearer_challenge(value)
            }
            (409, Some((name, value))) => *name == MFP_CONFLICT && !value.is_empty(),
            (503, Some((name, value))) => {
                *name == RETRY_AFTER && value.len() <= 20 && value.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        }
    }
}

fn word_of(content_type: &HeaderValue) -> Option<&'static str> {
    let mut types = TYPES.iter();
    let (word, _) = types.find(|(_, known)| content_type == known)?;
    Some(word)
}

fn is_one_bearer_challenge(value: &[u8]) -> bool {
    match Challenge::parse_all([value]).as_deref() {
        Ok(challenges @ [_]) => BearerChallenge::find(challenges)
            .is_some_and(|bearer| bearer.to_header_value().as_bytes() == value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, field: Option<(&'static str, &'static [u8])>) -> Refusal {
        Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            field: field.map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_bytes(value).unwrap(),
                )
            }),
            body: None,
        }
    }

    #[test]
    fn every_refusal_survives_the_way_through_nginx() {
        let challenge = |value: &'static [u8]| Some(("www-authenticate", value));
        for refusal in [
            refusal(400, None),
            refusal(403, None),
            refusal(404, None),
            refusal(500, None),
            refusal(400, challenge(br#"Bearer error="invalid_request""#)),
            refusal(401, challenge(b"Bearer")),
            refusal(401, challenge(br#"Bearer error="invalid_token""#)),
            refusal(
                403,
                challenge(br#"Bearer error="insufficient_scope", scope="a b""#),
            ),
            refusal(409, Some(("mfp-conflict", b"true"))),
            refusal(409, Some(("mfp-conflict", b"a;b=\xe4 \"c\""))),
            refusal(503, Some(("retry-after", b"7"))),
        ] {
            for body in [
                None,
                Some(ErrorBody::text("a;b=\nä")),
                Some(ErrorBody::json(&serde_json::json!({"error": "x"}))),
                Some(ErrorBody::text("")),
            ] {
                let refusal = Refusal {
                    body,
                    ..refusal.clone()
                };
                let verdict = refusal.to_verdict();
                assert!(verdict.to_str().is_ok_and(|text| !text.contains(' ')));
                assert_eq!(Refusal::from_verdict(verdict.as_bytes()), Some(refusal));
            }
        }
    }

    #[test]
    fn a_body_that_is_too_long_or_of_another_type_is_left_out() {
        let html = HeaderValue::from_static("text/html");
        for body in [
            ErrorBody::text("x".repeat(LONGEST_BODY + 1)),
            ErrorBody::new(html, "x"),
        ] {
            let bare = refusal(500, None);
            let refusal = Refusal {
                body: Some(body),
                ..bare.clone()
            };
            assert_eq!(refusal.to_verdict(), bare.to_verdict());
        }
    }

    #[test]
    fn what_the_gate_cannot_have_said_is_no_verdict() {
        let part = |name: &str, value: &[u8]| format!(";{name}={}", BASE64.encode(value));
        let bearer = part("www-authenticate", b"Bearer");
        for verdict in [
            String::new(),
            "200".to_owned(),
            "204".to_owned(),
            "302".to_owned() + &part("location", b"https://evil.example"),
            "401".to_owned(),
            "409".to_owned(),
            "503".to_owned(),
            "418".to_owned(),
            "0401".to_owned() + &bearer,
            format!("401{bearer}{bearer}"),
            "401".to_owned() + &part("WWW-Authenticate", b"Bearer"),
            "401".to_owned() + &part("www-authenticate", b"Basic realm=\"a\""),
            "401".to_owned() + &part("www-authenticate", b"Bearer, Basic realm=\"a\""),
            "401".to_owned() + &part("www-authenticate", b"bearer"),
            "401".to_owned() + &part("set-cookie", b"a=b"),
            "404".to_owned() + &bearer,
            "500".to_owned() + &part("retry-after", b"1"),
            "503".to_owned() + &part("retry-after", b"soon"),
            "503".to_owned() + &part("retry-after", b"1\r\nset-cookie: a=b"),
            "500".to_owned() + &part("html", b"<script>"),
            "500".to_owned() + &part("json", &[b'x'; LONGEST_BODY + 1]),
            format!("500{}{bearer}", part("json", b"{}")),
            "500;json=!".to_owned(),
            "500;json=eA==".to_owned(),
            "500;json".to_owned(),
            "500;".to_owned(),
            " 500".to_owned(),
        ] {
            assert_eq!(Refusal::from_verdict(verdict.as_bytes()), None, "{verdict}");
        }
        assert_eq!(Refusal::from_verdict(b"500\xff"), None);
    }
}
