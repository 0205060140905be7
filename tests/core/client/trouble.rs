//! The client while a resource or the authorization server is in trouble.

use super::*;

#[tokio::test]
async fn a_resource_in_trouble_is_called_each_time_and_once_a_call() {
    let caller = Caller::new();
    for _ in 0..10 {
        let error = Error::new(ErrorKind::Interrupted, "cut off");
        caller.net.script.lock().unwrap().push_back(Err(error));
        let error = caller.call(BANK).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
    }
    assert_eq!(caller.seen().len(), 10);
    assert_eq!(caller.status(BANK).await, 200);
}

#[tokio::test]
async fn an_authorization_server_in_trouble_is_left_alone() {
    let caller = Caller::new();
    let fault = Fault::status(StatusCode::INTERNAL_SERVER_ERROR);
    caller.world.authority.fault_always(Endpoint::Token, fault);
    for _ in 0..20 {
        let error = caller.call(BANK).await.unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::ErrorStatus | ErrorKind::Suspended
        ));
    }
    assert_eq!(caller.token_calls(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_hangs_meets_the_deadline_w13() {
    let caller = Caller::with(|builder| {
        let bank = "https://bank.example".parse().unwrap();
        builder.resource(bank).deadline(Duration::from_secs(7))
    });
    let begun = tokio::time::Instant::now();
    let error = caller.call("https://bank.example/hang").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(begun.elapsed().as_secs(), 7);
    let said = error.to_string();
    assert!(said.contains("https://bank.example "), "{said}");
    assert!(
        said.contains("7s, which `ConfidentialClientBuilder::deadline`"),
        "{said}"
    );
}
