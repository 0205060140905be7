//! Blocked devices and bound tokens: what makes an active token of the right scope not good enough.

use mobilefirst::DeviceStatus;
use mobilefirst_devserver::UserToken;
use serde_json::json;

use super::{INVALID_TOKEN, granted, nothing, plain, refusal, row, step, token};
use crate::conformance::{Bearing, Row};

pub(crate) fn all() -> Vec<Row> {
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
