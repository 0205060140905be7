use super::*;

const SECTION: &str = r#"[mobilefirst]
server_url = "https://mfp.example.com/mfp/api"
client_id = "gate"
client_secret = "s3cret"
"#;

fn read(before: &str, after: &str) -> Result<Config, ConfigError> {
    format!("{before}\n{SECTION}\n{after}").parse()
}

fn error(before: &str, after: &str) -> ConfigError {
    read(before, after).unwrap_err()
}

#[test]
fn everything_but_the_server_has_a_default() {
    let config = read("", "").unwrap();
    assert_eq!(config.to_string(), "HTTP on 127.0.0.1:9180");
    assert_eq!((config.log_level(), config.logs_json()), ("info", false));
    assert!(!config.remove_authorization);
    assert_eq!(config.error_body, BodyFormat::None);
    assert!(config.validator().is_ok());
}

#[test]
fn the_configuration_of_the_recipes_is_right() {
    let recipes = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gate/gate.toml");
    // The tarball of the crate has no recipes.
    if let Ok(text) = std::fs::read_to_string(recipes) {
        let config: Config = text.parse().unwrap();
        let sockets = "HTTP on 127.0.0.1:9180, gRPC on 127.0.0.1:9181, admin on 127.0.0.1:9182";
        assert_eq!(config.to_string(), sockets);
    }
}

#[test]
fn a_mistake_is_named_with_its_line_and_the_fix() {
    let route = |keys: &str| format!("[[route]]\npath = \"/a\"\n{keys}");
    let trusted = "trusted_proxies = [\"127.0.0.1\"]";
    // The section has four lines, from line 2; what follows it begins in line 7.
    for (before, after, line, word) in [
        ("listen = \"0.0.0.0:80\"", "", 1, "allow_network"),
        ("listen = \"localhost\"", "", 1, "127.0.0.1:9180"),
        ("grpc_listen = \"unix:a\"", "", 1, "whole path"),
        ("admin_listen = \"[::]:1\"", "", 1, "allow_network"),
        (
            "listn = \"127.0.0.1:80\"",
            "",
            1,
            "expected one of `listen`",
        ),
        ("listen = 9180", "", 1, "expected a string"),
        ("listen = ", "", 1, "string values must be quoted"),
        ("trusted_proxies = [\"proxy\"]", "", 1, "trusted_proxies"),
        ("error_body = \"xml\"", "", 1, "`none` or `json`"),
        ("log_level = \"loud\"", "", 1, "`info`"),
        ("", "max_age = -1", 7, "max_age"),
        ("", "serve_stail = 1", 7, "serve_stale"),
        ("", "client_secret_file = \"/x\"", 2, "remove one"),
        ("", &route("scope = \"a\""), 7, "trusted_proxies"),
        (trusted, &route(""), 7, "public = true"),
        (trusted, &route("scope = \"a,b\""), 9, "must not contain"),
        (
            trusted,
            &route("scope = \"a\"\npublic = true"),
            9,
            "remove one",
        ),
        (
            trusted,
            &route("public = true\nmax_age = \"0s\""),
            7,
            "max_age",
        ),
        (
            trusted,
            &route("scope = \"a\"\nmax_age = \"soon\""),
            10,
            "30s",
        ),
        (trusted, &route("scope = \"a\"\nmethods = []"), 10, "empty"),
        (
            trusted,
            &route("scope = \"a\"\nmethods = [\"get\"]"),
            10,
            "\"GET\"",
        ),
        (trusted, &route("scop = \"a\""), 9, "`scope`"),
        (
            trusted,
            "[[route]]\npath = \"/a//b\"\nscope = \"\"",
            8,
            "empty segment",
        ),
        (trusted, "[[route]]\nscope = \"\"", 7, "path"),
    ] {
        let config = read(before, after).and_then(|config| config.validator().map(|_| ()));
        let error = config.unwrap_err();
        assert_eq!(error.line(), Some(line), "{error}");
        assert!(error.message().contains(word), "{error}");
    }
    let twice = format!("{}\n{}", route("scope = \"a\""), route("public = true"));
    let clash = error(trusted, &twice);
    assert_eq!(clash.line(), Some(10));
    assert!(clash.message().contains("line 7"), "{clash}");
}

#[test]
fn an_error_shows_no_secret() {
    for text in [
        "[mobilefirst]\nserver_url = \"https://a/\"\nclient_id = \"g\"\nclient_secret = s3cret\n",
        "[mobilefirst]\nserver_url = \"https://a/\"\nclient_id = \"g\"\nclient_secret = \"s3cret\n",
        "[mobilefirst]\nserver_url = \"https://a/\"\nclient_id = \"g\"\nclient_secret = 53123.5\n",
        "[mobilefirst]\nserver_url = \"https://a/\"\nclient_id = \"g\"\nclient_secret = \"s3cret\" 1\n",
        "[mobilefirst]\nserver_url = \"https://u:s3cret@a/\"\nclient_id = \"g\"\nclient_secret = \"s3cret\"\n",
        "mobilefirst = {client_secret = \"s3cret\"",
    ] {
        let config = text.parse::<Config>();
        let error = config
            .and_then(|config| config.validator().map(|_| ()))
            .unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("53123"),
            "{shown}"
        );
    }
    let config = format!("{:?}", read("", "").unwrap());
    assert!(!config.contains("s3cret"), "{config}");
}

#[test]
fn an_empty_scope_and_each_kind_of_route_are_read() {
    let trusted = "trusted_proxies = [\"127.0.0.1\"]\nremove_authorization = true";
    let routes = "[[route]]\npath = \"/a\"\nscope = \"\"\nmax_age = \"500ms\"\n\
                  [[route]]\npath = \"/b\"\nscope = \"b\"\noptional = true\n\
                  [[route]]\npath = \"/*\"\npublic = true\npreflight = true\n";
    let config = read(trusted, routes).unwrap();
    assert!(config.remove_authorization);
    let path = |path: &'static str| crate::path::NormalPath::parse(path.as_bytes()).unwrap();
    for found in ["/a", "/b", "/c"] {
        assert!(config.routes.find("GET", path(found)).is_some(), "{found}");
    }
    assert!(config.routes.find("OPTIONS", path("/c")).is_some());
}

const KEY: &str = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=";

/// A store with these settings. The section begins in line 7.
fn with_store(settings: &str) -> Result<(), ConfigError> {
    let config = read("", &format!("[store]\n{settings}"))?;
    config.mobilefirst.store().map(|_| ())
}

#[test]
fn a_mistake_about_the_store_is_named_with_its_line_and_shows_no_secret() {
    let url = "url = \"redis://u:s3cret@127.0.0.1:9\"";
    for (settings, line, word) in [
        (format!("{url}\n"), 7, "openssl"),
        (format!("keys = \"{KEY}\""), 7, "url"),
        (format!("{url}\nkeys = \"s3cret\""), 9, "openssl"),
        (format!("{url}\nkeys = 53123"), 9, "quotes"),
        (
            format!("{url}\nkeys = \"{KEY}\"\nkey = \"a\""),
            10,
            "unknown",
        ),
        (
            format!("{url}\nkeys = \"{KEY}\"\ntimeout = \"x\""),
            10,
            "timeout",
        ),
        (
            format!("{url}\nkeys = \"{KEY}\"\ntimeout = -1.0"),
            10,
            "timeout",
        ),
        (
            format!("{url}\nkeys = \"{KEY}\"\nprefix = \"*\""),
            10,
            "prefix",
        ),
        (
            format!("{url}\nkeys = \"{KEY}\"\nkeys_file = \"/x\""),
            10,
            "remove one",
        ),
        (format!("{url}\nkeys_file = \"/no/such\""), 9, "/no/such"),
        (format!("{url}\nkeys_file = 1"), 9, "path"),
        (format!("url = \"s3cret\"\nkeys = \"{KEY}\""), 8, "redis://"),
        (format!("url = 53123\nkeys = \"{KEY}\""), 8, "quotes"),
    ] {
        let error = with_store(&settings).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(error.message().contains(word), "{settings}: {shown}");
        assert_eq!(error.line(), Some(line), "{settings}: {shown}");
        for secret in ["s3cret", "53123", KEY] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn a_file_may_hold_the_keys_of_the_store() {
    let name = format!("mobilefirst-gate-keys-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let settings = format!("url = \"redis://127.0.0.1:9\"\nkeys_file = {file:?}");
    assert_eq!(with_store(&settings), Ok(()));
    let config = read("", &format!("[store]\n{settings}")).unwrap();
    assert!(!format!("{config:?}").contains(KEY));
    let same = read("", &format!("[store]\n{settings}")).unwrap();
    assert!(config.mobilefirst.is_same(&same.mobilefirst));
    std::fs::write(&file, format!("{KEY},{KEY}\n")).unwrap();
    let other = read("", &format!("[store]\n{settings}")).unwrap();
    assert!(!config.mobilefirst.is_same(&other.mobilefirst));
    std::fs::remove_file(&file).unwrap();
}
