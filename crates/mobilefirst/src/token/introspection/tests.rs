use std::time::UNIX_EPOCH;

use serde_json::json;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::error::ErrorKind;
use crate::token::mfp_objects::DeviceStatus;

const SAMPLE: &str = r#"{"active":true,"scope":"RegisteredClient accessRestricted","username":"jdoe","client_id":"5a3e0c0e-9a55-4f43-8d0c-7a3c24b3a9a1","exp":1893456000000,"mfp-application":{"id":"com.sample.bank","clientPlatform":"ios","version":"2.1.0"},"mfp-device":{"id":"F5C8E3D0-1B7D-4C55-9C70-0B2A60B3B1F4","hardware":"iPhone15,2","platform":"ios 17.4","deviceDisplayName":"John's phone","status":"ACTIVE","colour":"red"},"mfp-user":{"id":"jdoe","displayName":"John Doe","authenticatedBy":"UserLogin","authenticatedAt":1893452400000,"attributes":{"role":"customer"}},"mfp-checks":{"UserLogin":{"remaining":3}},"cnf":{"x":1}}"#;

fn moment() -> Moment {
    let clock = ManualClock::new(UNIX_EPOCH + Duration::from_secs(1_893_450_000));
    clock.advance(Duration::from_secs(1000));
    clock.read()
}

fn active(json: &str) -> Arc<ActiveToken> {
    match Introspection::read(json.as_bytes(), moment()) {
        Ok(Introspection::Active(token)) => token,
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn every_field_can_be_read() {
    let token = active(SAMPLE);
    assert_eq!(token.scope(), "RegisteredClient accessRestricted");
    assert_eq!(token.username(), Some("jdoe"));
    let expiry = UNIX_EPOCH + Duration::from_millis(1_893_456_000_000);
    assert_eq!(token.expires_at(), Some(expiry));
    assert_eq!(token.application().unwrap().id.unwrap(), "com.sample.bank");
    let device = token.device().unwrap();
    assert_eq!(device.status, Some(DeviceStatus::Active));
    assert_eq!(device.other["colour"], "red");
    let user = token.user().unwrap();
    assert_eq!(user.display_name.unwrap(), "John Doe");
    assert_eq!(user.attributes.unwrap()["role"], "customer");
    let login = UNIX_EPOCH + Duration::from_millis(1_893_452_400_000);
    assert_eq!(user.authenticated_at, Some(login));
    assert_eq!(token.checks()["UserLogin"], json!({"remaining": 3}));
    assert_eq!(token.claims()["cnf"], json!({"x": 1}));
}

#[test]
fn a_null_field_is_like_a_missing_one() {
    let token =
        active(r#"{"active":true,"mfp-user":null,"mfp-checks":null,"exp":null,"scope":null}"#);
    assert!(token.user().is_none() && token.device().is_none());
    assert!(token.checks().is_empty() && token.scope().is_empty());
    assert_eq!(token.expires_at(), None);
}

#[test]
fn scope_comes_as_text_or_as_an_array() {
    for (json, scope) in [
        (r#"{"active":true,"scope":"  b  c a "}"#, "b c a"),
        (r#"{"active":true,"scope":["b","c a"]}"#, "b c a"),
        (r#"{"active":true,"scope":[]}"#, ""),
    ] {
        assert_eq!(active(json).scope(), scope);
    }
}

#[test]
fn only_a_plain_true_is_active() {
    for json in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "\"active\"",
        "<html>",
        "\u{feff}{\"active\":true}",
        "[true]",
        "[false]",
        r#"{"active":null}"#,
        r#"{"active":"true"}"#,
        r#"{"active":"false"}"#,
        r#"{"active":0}"#,
        r#"{"active":1}"#,
        r#"{"active":true,"active":false}"#,
        r#"{"active":false,"active":true}"#,
        r#"{"active":true,"active":true}"#,
        r#"{"Active":true}"#,
        r#"{"active":true"#,
        r#"{"active":true}}"#,
        r#"{"active":true,"exp":"soon"}"#,
        r#"{"active":true,"exp":1,"exp":2000000000}"#,
        r#"{"active":true,"scope":7}"#,
        r#"{"active":true,"scope":"a","scope":"b"}"#,
        r#"{"active":true,"username":["jdoe"]}"#,
        r#"{"active":true,"mfp-user":"jdoe"}"#,
    ] {
        let outcome = Introspection::read(json.as_bytes(), moment());
        let error = outcome.expect_err(json);
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    }
}

#[test]
fn inactive_is_inactive_whatever_else_it_says() {
    for json in [r#"{"active":false}"#, r#"{"active":false,"exp":"soon"}"#] {
        let outcome = Introspection::read(json.as_bytes(), moment());
        assert!(matches!(outcome, Ok(Introspection::Inactive(_))));
    }
}

#[test]
fn a_jump_of_the_clock_never_extends_a_token_s_lifetime() {
    let now = moment();
    let at = |seconds: i64, uptime: u64| {
        let date = now.date().as_secs().checked_add_signed(seconds).unwrap();
        let uptime = now.uptime() + Duration::from_secs(uptime);
        Moment::new(UNIX_EPOCH + Duration::from_secs(date), uptime)
    };
    let token = active(r#"{"active":true,"nbf":1893449990,"exp":1893451060}"#);
    for (date, uptime, current) in [
        (0, 0, true),
        (59, 59, true),
        (60, 60, false),
        (60, 0, false),
        (-20, 59, true),
        (-20, 60, false),
        (-5000, 1, false),
    ] {
        let is_current = token.is_current(at(date, uptime), Duration::ZERO);
        assert_eq!(is_current, current, "{date} {uptime}");
    }
    assert!(token.is_current(at(64, 64), Duration::from_secs(5)));
    assert!(!token.is_current(at(65, 65), Duration::from_secs(5)));
}

#[test]
fn debug_shows_no_personal_data() {
    let text = format!("{:?}", active(SAMPLE));
    assert!(!text.contains("jdoe") && !text.contains("John"), "{text}");
}

#[test]
fn what_is_accepted_can_be_read_in_full_i13() {
    let nested = |depth: usize| {
        format!(
            "{}{}",
            r#"{"a":"#.repeat(depth),
            "1".to_owned() + &"}".repeat(depth)
        )
    };
    let with = |field: &str| format!(r#"{{"active":true,"blocked":true,{field}}}"#);
    for (field, accepted) in [
        (r#""nick":"\ud83d""#.to_owned(), true),
        (r#""nick":"\ude00\ud83d\ud83d\ude00""#.to_owned(), true),
        (r#""\ud83d":1"#.to_owned(), true),
        (r#""mfp-user":{"displayName":"Jo\ud83d"}"#.to_owned(), true),
        (r#""mfp-checks":{"a":{"b":"\udfff"}}"#.to_owned(), true),
        (format!(r#""deep":{}"#, nested(126)), true),
        (format!(r#""deep":{}"#, nested(127)), false),
        (
            format!(r#""mfp-user":{{"attributes":{}}}"#, nested(127)),
            false,
        ),
        (r#""big":1e999"#.to_owned(), false),
        (r#""mfp-checks":{"a":[1e999]}"#.to_owned(), false),
        (r#""mfp-device":{"other":-1e999}"#.to_owned(), false),
        (r#""nick":"\x""#.to_owned(), false),
        (r#""nick":"\u12""#.to_owned(), false),
        (r#""nick":"a	b""#.to_owned(), false),
        (r#""security_context":{"imf.user":[]}"#.to_owned(), false),
        (r#""mfp-user":["jdoe"]"#.to_owned(), false),
        (r#""mfp-user":{"id":"a","id":"b"}"#.to_owned(), false),
    ] {
        match Introspection::read(with(&field).as_bytes(), moment()) {
            Ok(Introspection::Active(token)) => {
                assert!(accepted, "{field}");
                assert_eq!(token.claims()["blocked"], true, "{field}");
            }
            other => assert!(!accepted && other.is_err(), "{field}: {other:?}"),
        }
    }
    let token = active(r#"{"active":true,"mfp-user":{"id":"jdoe","displayName":"Jo\ud83d"}}"#);
    assert_eq!(token.user().unwrap().display_name.unwrap(), "Jo\u{fffd}");
}

#[test]
fn an_id_that_cannot_be_decoded_is_refused_i13() {
    for field in [
        r#""username":"jo\ud83d""#,
        r#""client_id":"jo\ud83d""#,
        r#""user_id":"\udc00""#,
        r#""mfp-user":{"id":"jo\ud83d"}"#,
        r#""mfp-device":{"id":"jo\ud83d"}"#,
        r#""mfp-application":{"id":"jo\ud83d"}"#,
        r#""security_context":{"imf.user":{"id":"jo\ud83d"}}"#,
    ] {
        let json = format!(r#"{{"active":true,{field}}}"#);
        assert!(
            Introspection::read(json.as_bytes(), moment()).is_err(),
            "{json}"
        );
    }
}

#[test]
fn a_number_in_place_of_a_text_is_that_text_i14() {
    let token = active(
        r#"{"active":true,"username":4711,"client_id":-1,"mfp-user":{"id":7,"displayName":1.5,
        "authenticatedAt":1893452400000.0},"mfp-device":{"id":18446744073709551615,"status":0}}"#,
    );
    assert_eq!(
        (token.username(), token.client_id()),
        (Some("4711"), Some("-1"))
    );
    let user = token.user().unwrap();
    assert_eq!(
        (user.id.as_deref(), user.display_name.as_deref()),
        (Some("7"), Some("1.5"))
    );
    let login = UNIX_EPOCH + Duration::from_millis(1_893_452_400_000);
    assert_eq!(user.authenticated_at, Some(login));
    let device = token.device().unwrap();
    assert_eq!(device.id.as_deref(), Some("18446744073709551615"));
    assert_eq!(device.status, Some(DeviceStatus::Other("0".to_owned())));
    assert_eq!(
        active(r#"{"active":true,"user_id":42}"#)
            .user_id()
            .as_deref(),
        Some("42")
    );
    for field in [
        r#""username":true"#,
        r#""client_id":{}"#,
        r#""mfp-user":{"id":[1]}"#,
    ] {
        let json = format!(r#"{{"active":true,{field}}}"#);
        assert!(
            Introspection::read(json.as_bytes(), moment()).is_err(),
            "{json}"
        );
    }
}

#[test]
fn claims_and_attributes_are_read_into_types_of_the_applications_i16() {
    #[derive(Deserialize)]
    struct Claims {
        client_id: String,
    }
    #[derive(Debug, Deserialize)]
    struct Attributes {
        role: String,
    }
    let token = active(SAMPLE);
    let claims: Claims = token.claims_as().unwrap();
    assert_eq!(claims.client_id, "5a3e0c0e-9a55-4f43-8d0c-7a3c24b3a9a1");
    let user = token.user().unwrap();
    assert_eq!(user.attributes_as::<Attributes>().unwrap().role, "customer");
    assert!(user.has_attribute("role", "customer"));

    let secret = r#"{"active":true,"mfp-user":{"attributes":{"role":["a-secret", 3, "b"]}}}"#;
    let user = active(secret).user().unwrap();
    assert_eq!(
        user.attribute_texts("role").collect::<Vec<_>>(),
        ["a-secret", "b"]
    );
    let error = user.attributes_as::<Attributes>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(!format!("{error:?}").contains("a-secret"), "{error:?}");
    // serde's own message quotes a text.
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nothing fits it")]
    struct Numbers {
        role: u64,
    }
    let error = token
        .user()
        .unwrap()
        .attributes_as::<Numbers>()
        .unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("customer"),
        "{error:?}"
    );
    let nobody = crate::token::mfp_objects::User::default();
    assert!(nobody.attributes_as::<Attributes>().is_err());
    assert_eq!(nobody.attribute_texts("role").count(), 0);
}

#[test]
fn the_device_s_id_is_the_same_however_it_is_written() {
    let context = r#""security_context":{"imf.device":{"id":"d 1"}}"#;
    for (fields, expected) in [
        (r#""mfp-device":{"id":"d 1"}"#, Some("d 1")),
        (r#""mfp-device":{"id":"d\u00201"}"#, Some("d 1")),
        (r#""mfp-device":{"id":17}"#, Some("17")),
        (r#""mfp-device":{"id":null}"#, None),
        (r#""mfp-device":{}"#, None),
        (r#""x":"mfp-device""#, None),
        (context, Some("d 1")),
        (
            &format!(r#""mfp-device":{{"id":null}},{context}"#),
            Some("d 1"),
        ),
        (
            &format!(r#""mfp-device":{{"id":"e"}},{context}"#),
            Some("e"),
        ),
    ] {
        let token = active(&format!(r#"{{"active":true,"scope":"\ud83d",{fields}}}"#));
        assert_eq!(token.device_id().as_deref(), expected, "{fields}");
        let token = active(&format!(r#"{{"active":true,{fields}}}"#));
        assert_eq!(token.device_id().as_deref(), expected, "{fields}");
    }
}
