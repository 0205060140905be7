//! The crates whose types may appear in our public APIs.

/// Allowed in every published crate, besides its own items.
const EVERYWHERE: &[&str] = &[
    "alloc",
    "bytes",
    "core",
    "http",
    "mobilefirst",
    "serde",
    "serde_core", // where serde's traits are defined
    "serde_json",
    "std",
];

/// What an adapter may re-export from the core, by name: a re-export's line does not say
/// where it comes from.
const FROM_THE_CORE: &[&str] = &[
    "AnyScope",
    "BaseUrl",
    "Credentials",
    "Denial",
    "ErrorBody",
    "Permit",
    "Reason",
    "RequiredScope",
    "Requirement",
    "Scope",
    "Settings",
    "TokenPlace",
    "TokenValidator",
    "TokenValidatorBuilder",
    "scopes",
];

/// Also allowed in the crate `name`: mostly its framework.
fn framework(name: &str) -> &'static [&'static str] {
    match name {
        // The macro, for implementing our traits.
        "mobilefirst" => &["async_trait"],
        "mobilefirst-actix-web" => &["actix_http", "actix_service", "actix_web"],
        "mobilefirst-axum" => &[
            "Layer", // of tower_layer
            "axum_core",
            "http_body",
            "pin_project_lite", // in the bounds of `Unpin`, where users cannot name it
            "tower_layer",
            "tower_service",
        ],
        "mobilefirst-rocket" => &["rocket"],
        "mobilefirst-warp" => &["warp"],
        _ => &[],
    }
}

/// The lines that name an item of a crate that is not allowed, each with that crate.
pub(crate) fn shown<'a>(name: &str, lines: &'a [String]) -> Vec<(&'a str, &'a str)> {
    let own = name.replace('-', "_");
    let from_the_core = match name {
        "mobilefirst" => &[],
        _ => FROM_THE_CORE,
    };
    let may_be_shown = |root: &str| {
        let allowed = [EVERYWHERE, framework(name), from_the_core];
        root == own || allowed.iter().any(|crates| crates.contains(&root))
    };
    lines
        .iter()
        .flat_map(|line| {
            roots(line)
                .into_iter()
                .map(move |root| (line.as_str(), root))
        })
        .filter(|(_, root)| !may_be_shown(root))
        .collect()
}

/// The first segment of each path in a line, if it is a crate. For a re-export, the name of the
/// item, because the line does not say where it comes from.
fn roots(line: &str) -> Vec<&str> {
    if let Some(path) = line.strip_prefix("pub use ") {
        return path.rsplit("::").take(1).collect();
    }
    line.match_indices("::")
        .filter_map(|(end, _)| {
            let before = &line[..end];
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let word = &before[before.trim_end_matches(is_word).len()..];
            let is_first = !before[..before.len() - word.len()].ends_with("::");
            // Types and type parameters start with a capital letter: `Self::Future`.
            let is_crate = word.starts_with(|c: char| c.is_lowercase() || c == '_');
            (is_first && is_crate).then_some(word)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_types_are_found_wherever_they_stand() {
        for (line, foreign) in [
            (
                "pub fn mobilefirst::A::new(&core::time::Duration) -> Self",
                &[][..],
            ),
            (
                "pub fn mobilefirst::A::client(self, reqwest::Client) -> Self",
                &["reqwest"],
            ),
            (
                "pub type mobilefirst::A::B = alloc::boxed::Box<dyn url::Url>",
                &["url"],
            ),
            (
                "impl<S: tokio::io::AsyncRead + ?core::marker::Sized> mobilefirst::A<S>",
                &["tokio"],
            ),
            (
                "pub fn mobilefirst::A::b() -> <N as tower::Layer<S>>::Error",
                &["tower"],
            ),
            (
                "pub fn mobilefirst::A::b() -> Self::Future where N: 'static",
                &[],
            ),
            ("pub use mobilefirst::async_trait", &[]),
            ("pub use mobilefirst::reqwest", &["reqwest"]),
            ("pub use mobilefirst::<<reqwest::*>>", &["*>>"]),
        ] {
            let lines = [line.to_owned()];
            let found: Vec<&str> = shown("mobilefirst", &lines)
                .into_iter()
                .map(|(_, root)| root)
                .collect();
            assert_eq!(found, foreign, "{line}");
        }
    }

    #[test]
    fn each_adapter_may_show_its_own_framework_alone() {
        let lines = ["impl warp::Reply for X".to_owned()];
        assert_eq!(shown("mobilefirst-warp", &lines), []);
        assert_eq!(
            shown("mobilefirst-axum", &lines),
            [(lines[0].as_str(), "warp")]
        );
    }
}
