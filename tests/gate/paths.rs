//! Ways to spell a path, for which other gates fell.

use mobilefirst_devserver::UserToken;

use super::{TRUSTED, ask, forwarded, gate};
use crate::support::World;

/// `/admin` and all below it is guarded; everything else is public. That is the worst table for
/// a gate: whatever it does not recognize passes.
const ROUTES: &str = r#"
    [[route]]
    path = "/admin"
    scope = "a"

    [[route]]
    path = "/admin/*"
    scope = "a"

    [[route]]
    path = "/*"
    public = true
"#;

/// Each means `/admin` or something below it to some server.
const SPELLINGS: &[&str] = &[
    "/admin",
    "/admin/",
    "/admin/users",
    "/admin?",
    "/admin?a=/public",
    // Dot segments: oathkeeper GHSA-p224-6x5r-fjpm, heimdall CVE-2026-42274.
    "/public/../admin",
    "/public/../../admin",
    "/./admin",
    "/admin/.",
    "/admin/..",
    "/public/..",
    "/public/x/../../admin/users",
    "/.//admin",
    "/public/.../admin",
    // Empty segments.
    "//admin",
    "///admin",
    "/admin//users",
    "/public//../admin",
    // Encoded dots and slashes.
    "/public/%2e%2e/admin",
    "/public/%2E%2E/admin",
    "/public/.%2e/admin",
    "/public/%2e./admin",
    "/public/..%2fadmin",
    "/public/..%2Fadmin",
    "/public%2f..%2fadmin",
    "/%2fadmin",
    "/admin%2fusers",
    "/admin%2Fusers",
    // Encoded twice.
    "/public/%252e%252e/admin",
    "/public/..%252fadmin",
    "/%2561dmin",
    // Backslashes.
    "/public/..\\admin",
    "/public\\..\\admin",
    "/public/..%5cadmin",
    "/public/..%5Cadmin",
    "/\\admin",
    // Characters that need no encoding.
    "/%61dmin",
    "/%61%64%6d%69%6e",
    "/adm%69n/users",
    "/%41dmin",
    // Upper and lower case.
    "/ADMIN",
    "/Admin/users",
    "/admin%2Fusers/",
    // Letters that become others in upper or lower case, or look like them: `ı`, `ſ`, full width.
    "/adm%C4%B1n",
    "/%EF%BD%81dmin",
    "/public/%EF%BC%8E%EF%BC%8E/admin",
    "/public/..%EF%BC%8Fadmin",
    "/public/..%E2%88%95admin",
    // Letters that become plain ones when a server or a file system normalizes them (NFKC).
    "/%E2%93%90dmin",
    "/adm%C2%AAn",
    "/adm%E1%B5%A2n",
    "/adm%E2%85%B0n",
    "/%F0%9D%96%BAdmin",
    "/admi%E2%81%BF",
    "/%E2%82%90dmin",
    "/public%E2%80%A5/admin",
    "/public/%E2%80%A5%E2%88%95admin",
    "/public/%EF%B9%92%EF%B9%92/admin",
    "/admin%CD%BEa=b",
    "/admin%E2%A0%80%E2%80%8D",
    // Characters that servers drop.
    "/ad%E2%80%8Bmin",
    "/ad%C2%ADmin",
    "/admin%EF%BB%BF",
    // Overlong and broken UTF-8.
    "/public/%c0%ae%c0%ae/admin",
    "/public/..%c0%afadmin",
    "/public/%C0%AE%C0%AE/admin",
    "/admin%FF",
    // Path parameters: servers of Java cut them off.
    "/admin;a=b",
    "/admin;/users",
    "/public/..;/admin",
    "/public;/../admin",
    "/;/admin",
    "/admin%3busers",
    "/admin%3B",
    // Controls, white space, and what Windows drops at the end of a name.
    "/admin%00",
    "/admin%00.html",
    "/admin%0a",
    "/admin%0D%0A",
    "/admin%09",
    "/admin\t",
    "/admin%7F",
    "/admin%20",
    "/admin ",
    "/admin.",
    "/admin%2e",
    "/admin./users",
    "/admin%20/users",
    // Encoded delimiters.
    "/admin%3f",
    "/admin%3Fa=b",
    "/admin%23",
    "/admin#x",
    "/public#/../admin",
    "/public%23/../admin",
    // Not the form of a path (RFC 9112 §3.2).
    "admin",
    "",
    "*",
    "http://localhost/admin",
    "http:/admin",
    "?/admin",
    "@localhost/admin",
    // Malformed encoding.
    "/%",
    "/%6",
    "/%u0061dmin",
    "/%u002e%u002e/admin",
    "/admin%",
    "/admin%2",
    "/admin%GG",
    "/%-1admin",
];

#[tokio::test]
async fn no_spelling_of_a_guarded_path_passes_y1() {
    let world = World::new();
    let gate = gate(&world, ROUTES);
    let passing = [
        "/public",
        "/public/a%20b",
        "/%C3%A4",
        "/administration",
        "/",
    ];
    for target in passing {
        let answer = ask(&gate, TRUSTED, "/auth", &forwarded("GET", target)).await;
        assert_eq!(answer.status(), 200, "{target:?}");
    }
    assert!(SPELLINGS.len() >= 40);
    for target in SPELLINGS {
        for question in ["/auth", "/nginx"] {
            let answer = ask(&gate, TRUSTED, question, &forwarded("GET", target)).await;
            let status = answer.status().as_u16();
            assert!(
                [400, 401, 403, 404].contains(&status),
                "{target:?}: {status}"
            );
        }
        // Envoy puts it behind its prefix. It refuses a fragment itself, which the server's parser
        // would drop.
        let question = http::Request::get(format!("/envoy/table{target}")).body(());
        if let Ok(question) = question
            && !target.contains('#')
        {
            let answer = gate.answer(TRUSTED, question).await;
            assert_ne!(answer.status(), 200, "{target:?}");
        }
    }
    assert_eq!(world.calls(), (0, 0));
}

#[tokio::test]
async fn what_is_no_path_in_normal_form_is_refused_before_the_token_is_looked_at_y1() {
    let world = World::new();
    let gate = gate(&world, ROUTES);
    let bearer = format!("Bearer {}", world.token());
    for target in ["/admin/../admin", "/%61dmin", "//admin", "/admin;a"] {
        let mut fields = forwarded("GET", target).to_vec();
        fields.push(("authorization", &bearer));
        let answer = ask(&gate, TRUSTED, "/auth", &fields).await;
        assert_eq!(answer.status(), 400, "{target}");
        assert!(answer.headers().is_empty(), "{target}");
    }
    assert_eq!(world.calls(), (0, 0));
}

/// A guarded folder whose name can be written in several ways.
#[tokio::test]
async fn another_form_of_the_same_text_does_not_pass_y1() {
    let world = World::new();
    let text = "[[route]]\npath = \"/caf%C3%A9/*\"\nscope = \"a\"\n\
                [[route]]\npath = \"/pass/*\"\nscope = \"a\"\n\
                [[route]]\npath = \"/*\"\npublic = true\n";
    let gate = gate(&world, text);
    for (target, status) in [
        ("/caf%C3%A9/a", 401),
        ("/cafe%CC%81/a", 400),
        ("/CAF%C3%89/a", 404),
        ("/pa%E1%BA%9E/a", 404),
        ("/pa%C3%9F/a", 404),
        ("/pa%C5%BFs/a", 400),
        ("/cafe/a", 200),
    ] {
        let answer = ask(&gate, TRUSTED, "/auth", &forwarded("GET", target)).await;
        assert_eq!(answer.status(), status, "{target}");
    }
}

#[tokio::test]
async fn a_method_that_servers_read_differently_is_denied_y2() {
    let world = World::new();
    let text = "[[route]]\nmethods = [\"POST\"]\npath = \"/a\"\nscope = \"a\"\n\
                [[route]]\npath = \"/a\"\npublic = true\n";
    let gate = gate(&world, text);
    for (method, status) in [
        ("POST", 401),
        ("GET", 200),
        ("PROPFIND", 200),
        ("post", 404),
        ("Post", 404),
        ("POST ", 404),
        ("POST,GET", 404),
        ("POST\t", 404),
        ("", 404),
    ] {
        let answer = ask(&gate, TRUSTED, "/auth", &forwarded(method, "/a")).await;
        assert_eq!(answer.status(), status, "{method:?}");
    }
}

#[tokio::test]
async fn what_no_route_names_is_denied_y2() {
    let world = World::new();
    let gate = gate(
        &world,
        "[[route]]\nmethods = [\"GET\"]\npath = \"/a\"\nscope = \"a\"",
    );
    let bearer = format!("Bearer {}", world.authority.issue(UserToken::new("a")));
    for (method, target, status) in [
        ("GET", "/a", 200),
        ("GET", "/b", 404),
        ("GET", "/a/b", 404),
        ("POST", "/a", 404),
        ("OPTIONS", "/a", 404),
        ("get", "/a", 404),
        ("GET", "/A", 404),
    ] {
        let mut fields = forwarded(method, target).to_vec();
        fields.push(("authorization", &bearer));
        let answer = ask(&gate, TRUSTED, "/auth", &fields).await;
        assert_eq!(answer.status(), status, "{method} {target}");
        // A challenge would make the client SDKs try again.
        assert!(!answer.headers().contains_key("www-authenticate"));
    }
    for question in ["/", "/authx", "/envoy", "/auth/a?scope=a"] {
        let fields = [("authorization", &*bearer)];
        let answer = ask(&gate, TRUSTED, question, &fields).await;
        assert_eq!(answer.status(), 404, "{question}");
    }
}
