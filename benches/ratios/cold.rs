//! A thousand simultaneous requests with one new token.

use mobilefirst::{AnyScope, Credentials, TokenValidator};
use mobilefirst_devserver::{Authority, Calls, UserToken};

use crate::runtime;

pub(crate) fn introspections() -> f64 {
    calls().introspection as f64
}

pub(crate) fn token_calls() -> f64 {
    calls().token as f64
}

fn calls() -> Calls {
    runtime().block_on(async {
        let authority = Authority::new();
        let devserver = authority.listen("127.0.0.1:0").await.expect("a dev server");
        let server = devserver.url().parse().expect("a URL");
        let credentials = Credentials::new("test", "test").expect("credentials");
        let validator = TokenValidator::builder(server, credentials).build();
        let validator = validator.expect("a validator");
        let bearing = [format!("Bearer {}", authority.issue(UserToken::new("a")))];
        let requests: Vec<_> = (0..1000)
            .map(|_| {
                let (validator, bearing) = (validator.clone(), bearing.clone());
                tokio::spawn(async move { validator.authorize::<AnyScope>(bearing).await })
            })
            .collect();
        for request in requests {
            assert!(request.await.expect("a verdict").is_ok());
        }
        authority.calls()
    })
}
