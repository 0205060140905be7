//! Checks each confidential client the way a resource server would.

use mobilefirst::{BaseUrl, Credentials, Error, TokenValidator};
use mobilefirst_devserver::Authority;

use crate::cli::args::Client;

/// One line for each client that cannot introspect tokens.
pub(crate) async fn unusable_clients(clients: &[Client]) -> Vec<String> {
    // A server of its own, so that these calls and tokens don't show in the console.
    let authority = Authority::new();
    for client in clients {
        authority.register(&client.id, &client.secret, &client.allowed_scope);
    }
    let mut warnings = Vec::new();
    for client in clients {
        let error = match validator(&authority, client) {
            Ok(validator) => validator.check().await.error().cloned(),
            Err(error) => Some(error),
        };
        warnings.extend(error.map(|error| {
            let id = &client.id;
            format!("no resource server can use the client {id}: {error}")
        }));
    }
    warnings
}

fn validator(authority: &Authority, client: &Client) -> Result<TokenValidator, Error> {
    // The authority answers in this process, without the network.
    let url: BaseUrl = format!("https://localhost{}", authority.base_path()).parse()?;
    TokenValidator::builder(url, Credentials::new(&client.id, &client.secret)?)
        .http_backend(authority.clone())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_that_cannot_introspect_is_named_with_the_fix() {
        let clients = [
            ("bank", "authorization.introspect"),
            ("all", "*"),
            ("caller", "accessRestricted"),
            ("b\u{e4}nk", "*"),
        ];
        let clients = clients.map(|(id, allowed_scope)| Client {
            id: id.to_owned(),
            secret: "s3cret".to_owned(),
            allowed_scope: allowed_scope.to_owned(),
        });
        let warnings = unusable_clients(&clients).await;
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        for (warning, parts) in warnings.iter().zip([
            ["client caller: ", "add it to the client's allowed scope"],
            ["client b\u{e4}nk: ", "ASCII"],
        ]) {
            assert!(parts.iter().all(|part| warning.contains(part)), "{warning}");
            assert!(!warning.contains("s3cret"), "{warning}");
        }
    }
}
