//! Forgetting by token, user, client and device.

use std::time::Duration;

use mobilefirst::Subject;

use super::*;

fn of(world: &World) -> String {
    let token = UserToken::new("a").user("jdoe").client_id("app");
    world.authority.issue(token.device("phone"))
}

#[tokio::test]
async fn what_is_forgotten_is_asked_about_again_and_nothing_else_is_k21() {
    let world = World::new();
    let token = of(&world);
    assert_eq!(world.status(&token).await, 200);
    for (subject, calls) in [
        (Subject::User("other"), 1),
        (Subject::Client("other"), 1),
        (Subject::Device("other"), 1),
        (Subject::Token("other"), 1),
        // A name counts for its own kind only.
        (Subject::User("phone"), 1),
        (Subject::User("jdoe"), 2),
        (Subject::Client("app"), 3),
        (Subject::Device("phone"), 4),
        (Subject::Token(&token), 5),
    ] {
        world.validator.invalidate(subject).await.unwrap();
        for _ in 0..2 {
            assert_eq!(world.status(&token).await, 200);
            assert_eq!(world.calls().1, calls, "{subject:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_asked_for_before_its_user_was_forgotten_is_not_kept_k21() {
    let world = World::new();
    let token = of(&world);
    let late = Fault::Delay(Duration::from_secs(1));
    world.authority.fault(Endpoint::Introspection, late);
    let bearing = [format!("Bearer {token}")];
    let request = tokio::spawn(world.validator.authorize::<AnyScope>(bearing));
    settle().await;
    world
        .validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
    assert!(request.await.unwrap().is_ok());
    world.authority.revoke(&token);
    assert_eq!(world.status(&token).await, 401);
    assert_eq!(world.calls().1, 2);
}
