//! A second listener, for those who end sessions: logout, password change, ban, lost device.
//!
//! It has no authentication of its own, so bind it where only they can reach it.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use mobilefirst::{Subject, TokenValidator};
use tokio::net::TcpListener;

const EXPECTED: &str = "send a form with exactly one of token, user, client, device";

/// Serves `POST /invalidate` in the background.
pub(crate) async fn listen(address: SocketAddr, validator: TokenValidator) -> Result<(), String> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|e| format!("ADMIN_BIND: cannot listen on {address}: {e}"))?;
    let app = Router::new()
        .route("/invalidate", post(invalidate))
        .with_state(validator);
    println!("POST /invalidate on http://{address}");
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}

async fn invalidate(
    State(validator): State<TokenValidator>,
    form: String,
) -> Result<StatusCode, (StatusCode, String)> {
    let fields: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
    let Some(subject) = subject(&fields) else {
        return Err((StatusCode::BAD_REQUEST, EXPECTED.to_owned()));
    };
    match validator.invalidate(subject).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        // It is done here, and will be elsewhere.
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

fn subject<'f>(fields: &'f [(impl AsRef<str>, impl AsRef<str>)]) -> Option<Subject<'f>> {
    let [(name, value)] = fields else {
        return None;
    };
    match (name.as_ref(), value.as_ref()) {
        (_, "") => None,
        ("token", token) => Some(Subject::Token(token)),
        ("user", user) => Some(Subject::User(user)),
        ("client", client) => Some(Subject::Client(client)),
        ("device", device) => Some(Subject::Device(device)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_names_exactly_one_subject() {
        for (form, expected) in [
            ("token=a%20b", Some(Subject::Token("a b"))),
            ("user=jdoe", Some(Subject::User("jdoe"))),
            ("client=c", Some(Subject::Client("c"))),
            ("device=d", Some(Subject::Device("d"))),
            ("", None),
            ("user=", None),
            ("user", None),
            ("name=jdoe", None),
            ("user=a&user=b", None),
            ("user=a&device=b", None),
            ("user=a&x=", None),
        ] {
            let fields: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
            assert!(subject(&fields) == expected, "{form}");
        }
    }
}
