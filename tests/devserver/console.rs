//! The files of the console.

use super::*;

#[tokio::test]
async fn the_page_and_all_that_it_names_are_served() {
    let served = Served::start(&Authority::new()).await;
    let mut names = vec!["/".to_owned()];
    let mut seen = Vec::new();
    while let Some(name) = names.pop() {
        if seen.contains(&name) {
            continue;
        }
        let answer = served.get(&name).await;
        assert_eq!(answer.status, 200, "{name}");
        let ending = name.rsplit('.').next().unwrap();
        let expected = match ending {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(answer.header("content-type"), Some(expected), "{name}");
        // In markup, and as an import of a module.
        for part in answer.body.split('"') {
            if part.starts_with("/devserver/console/") {
                names.push(part.to_owned());
            } else if let Some(file) = part.strip_prefix("./") {
                names.push(format!("/devserver/console/{file}"));
            }
        }
        seen.push(name);
    }
    assert_eq!(seen.len(), 12, "{seen:?}");
}

#[tokio::test]
async fn the_page_may_neither_be_framed_nor_run_inline_script_nor_fetch_from_elsewhere() {
    let served = Served::start(&Authority::new()).await;
    for path in ["/", "/devserver/console/main.js"] {
        let answer = served.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.split("; ").any(|own| own == rule), "{rule}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn only_reads_are_served() {
    let served = Served::start(&Authority::new()).await;
    for (method, path, status, allow) in [
        ("HEAD", "/", 200, None),
        ("POST", "/", 405, Some("GET, HEAD")),
        ("POST", "/devserver/state", 405, Some("GET")),
        ("GET", "/devserver/tokens", 405, Some("POST")),
        ("GET", "/devserver/clock", 405, Some("POST")),
        ("OPTIONS", "/devserver/clock", 405, Some("POST")),
        ("GET", "/devserver/console/", 404, None),
        ("GET", "/devserver", 404, None),
    ] {
        let answer = served.send(served.request(method, path)).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}
