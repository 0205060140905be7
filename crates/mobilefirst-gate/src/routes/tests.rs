use mobilefirst::{Requirement, Scope};

use super::*;
use crate::rule::Access;

fn route(methods: &[&str], path: &str, access: Access) -> Route {
    Route {
        methods: match methods {
            [] => Methods::Any,
            _ => Methods::These(methods.iter().map(|&method| method.to_owned()).collect()),
        },
        pattern: path.parse().unwrap(),
        rule: Rule {
            access,
            preflight: Preflight::Guarded,
        },
        line: 1,
    }
}

fn guarded(methods: &[&str], path: &str, scope: &'static str) -> Route {
    let requirement = Requirement::new(Scope::from_static(scope));
    route(methods, path, Access::Guarded(requirement))
}

fn public(path: &str) -> Route {
    route(&[], path, Access::Public)
}

fn routes(all: Vec<Route>) -> Routes {
    let mut routes = Routes::default();
    for route in all {
        routes.add(route).unwrap();
    }
    routes
}

/// The scope of the route that is found, `public`, or `none`.
fn found(routes: &Routes, method: &str, path: &str) -> String {
    let path = NormalPath::parse(path.as_bytes()).unwrap();
    match routes.find(method, path).map(|rule| &rule.access) {
        None => "none".to_owned(),
        Some(Access::Public) => "public".to_owned(),
        Some(Access::Optional(_)) => "optional".to_owned(),
        Some(Access::Guarded(requirement)) => {
            let of = |scope| Requirement::new(Scope::from_static(scope));
            let scopes = ["a", "b", "c"];
            let scope = scopes.into_iter().find(|&scope| *requirement == of(scope));
            scope.unwrap().to_owned()
        }
    }
}

#[test]
fn the_most_specific_path_decides() {
    let routes = routes(vec![
        public("/*"),
        guarded(&[], "/x/*", "a"),
        guarded(&[], "/x/y/*", "b"),
        guarded(&[], "/x/y/z", "c"),
    ]);
    for (path, expected) in [
        ("/", "public"),
        ("/other", "public"),
        ("/x/1", "a"),
        ("/x/1/2", "a"),
        ("/x/y1", "a"),
        ("/x/y/1", "b"),
        ("/x/y/z", "c"),
        ("/x/y/z/1", "b"),
        ("/x1", "public"),
        // A server may take `/x` for `/x/`, which is guarded.
        ("/x", "none"),
        ("/x/", "a"),
        // Nobody knows which of two a server takes it for.
        ("/x/y", "none"),
        ("/x/y/z/", "none"),
    ] {
        assert_eq!(found(&routes, "GET", path), expected, "{path}");
    }
}

#[test]
fn the_method_is_looked_for_only_at_the_most_specific_path() {
    let routes = routes(vec![
        public("/*"),
        guarded(&["GET", "HEAD"], "/x", "a"),
        guarded(&["POST"], "/x", "b"),
        guarded(&[], "/y", "a"),
        guarded(&["DELETE"], "/y", "b"),
    ]);
    for (method, path, expected) in [
        ("GET", "/x", "a"),
        ("HEAD", "/x", "a"),
        ("POST", "/x", "b"),
        ("DELETE", "/x", "none"),
        ("get", "/x", "none"),
        ("GET", "/y", "a"),
        ("DELETE", "/y", "b"),
        ("OPTIONS", "/y", "none"),
        ("OPTIONS", "/z", "none"),
        ("", "/x", "none"),
    ] {
        assert_eq!(found(&routes, method, path), expected, "{method} {path}");
    }
}

#[test]
fn a_preflight_is_found_only_where_a_route_says_so() {
    let mut with_preflight = guarded(&["GET"], "/x", "a");
    with_preflight.rule.preflight = Preflight::LetThrough;
    let routes = routes(vec![with_preflight, guarded(&["GET"], "/y", "a")]);
    let find = |method, path: &'static str| {
        let path = NormalPath::parse(path.as_bytes()).unwrap();
        routes.find(method, path).map(|rule| rule.preflight)
    };
    assert_eq!(find("OPTIONS", "/x"), Some(Preflight::LetThrough));
    assert_eq!(find("OPTIONS", "/y"), None);
    assert_eq!(find("POST", "/x"), None);
}

#[test]
fn routes_that_clash_are_refused() {
    for (first, second) in [
        (public("/x"), guarded(&[], "/x", "a")),
        (
            guarded(&["GET", "PUT"], "/x", "a"),
            guarded(&["PUT"], "/x", "b"),
        ),
        (public("/x/*"), guarded(&[], "/x/*", "a")),
        // Some servers do not distinguish these.
        (public("/x"), guarded(&[], "/X", "a")),
        (public("/x/"), guarded(&[], "/x", "a")),
        (public("/x/*"), guarded(&[], "/X/*", "a")),
        (public("/a%2Bb"), guarded(&[], "/a+b", "a")),
    ] {
        let mut routes = Routes::default();
        routes.add(first).unwrap();
        assert!(routes.add(second).is_err());
    }
}
