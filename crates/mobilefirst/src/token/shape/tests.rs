use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::*;
use crate::token::mfp_objects::{Application, Device, User};
use crate::token::security_context::SecurityContext;

fn fits(shape: &Shape, json: &str) -> bool {
    let mut from = serde_json::Deserializer::from_str(json);
    shape.deserialize(&mut from).is_ok() && from.end().is_ok()
}

fn reads<T: DeserializeOwned>(json: &str) -> bool {
    serde_json::from_str::<Option<T>>(json).is_ok()
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(1_893_456_000_000_u64)),
        "[a\u{fffd}1]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[ab]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Objects whose fields have the names that count, and any values.
fn objects() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "id",
        "clientPlatform",
        "version",
        "hardware",
        "platform",
        "deviceDisplayName",
        "status",
        "displayName",
        "authenticatedBy",
        "authenticatedAt",
        "attributes",
        "other",
        "imf.sub",
        "imf.user",
        "imf.device",
        "imf.application",
        "authBy",
        "model",
        "osVersion",
    ]);
    let inner = prop::collection::hash_map(names.clone(), values(), 0..3);
    let inner = inner.prop_map(|map| json!(map));
    let value = prop_oneof![values(), inner];
    prop::collection::hash_map(names, value, 0..4).prop_map(|map| json!(map))
}

proptest! {
    #[test]
    fn what_fits_can_be_read_and_what_does_not_can_not_i13(object in objects()) {
        let json = object.to_string();
        prop_assert_eq!(fits(&APPLICATION, &json), reads::<Application>(&json));
        prop_assert_eq!(fits(&Shape::Fields(DEVICE), &json), reads::<Device>(&json));
        prop_assert_eq!(fits(&USER, &json), reads::<User>(&json));
        prop_assert_eq!(fits(&SECURITY_CONTEXT, &json), reads::<SecurityContext>(&json));
    }
}

#[test]
fn any_value_fits_if_it_can_be_built() {
    let deep = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    for json in [
        "1e308",
        "1e309",
        "-1e999",
        "18446744073709551616",
        r#""\ud83d""#,
        r#"{"\ud83d":1}"#,
        r#"{"a":1,"a":2}"#,
        &deep(127),
        &deep(128),
        &objects(127),
        &objects(128),
        "[1,]",
        "tru",
    ] {
        let is_built = serde_json::from_str::<Value>(json).is_ok();
        assert_eq!(fits(&Shape::Any, json), is_built, "{json}");
        let in_map = format!(r#"{{"x":{json}}}"#);
        let is_built = serde_json::from_str::<Map<String, Value>>(&in_map).is_ok();
        assert_eq!(fits(&Shape::Object, &in_map), is_built, "{in_map}");
    }
}

#[test]
fn a_field_that_counts_is_given_once() {
    assert!(fits(&USER, r#"{"id":"a","other":1,"other":2}"#));
    assert!(!fits(&USER, r#"{"id":"a","id":"b"}"#));
    assert!(!fits(&USER, "[\"a\"]"));
}
