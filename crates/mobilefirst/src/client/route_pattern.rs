//! Patterns of routes that require one scope.

use std::fmt;
use std::str::FromStr;

use http::Method;

use crate::error::Error;

/// A method and a pattern of paths, such as `GET /items/{id}`, that name the routes of a
/// resource which require the same scope.
///
/// `{id}` stands for one segment of the path, which is not empty, and `{*rest}`, at the end, for
/// any number of segments. The names in the braces have no meaning. Everything else is compared
/// exactly, as it is sent. Without a method, the pattern is for all methods. A query is no part
/// of the path.
///
/// ```
/// use mobilefirst::RoutePattern;
///
/// let items: RoutePattern = "GET /items/{id}".parse()?;
/// let files: RoutePattern = "/files/{*path}".parse()?;
/// assert!("items/{id}".parse::<RoutePattern>().is_err());
/// # Ok::<(), mobilefirst::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RoutePattern {
    method: Option<Method>,
    segments: Vec<Segment>,
}

#[derive(Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
    /// Only at the end.
    Rest,
}

impl RoutePattern {
    pub(crate) fn matches(&self, method: &Method, path: &str) -> bool {
        if self.method.as_ref().is_some_and(|own| own != method) {
            return false;
        }
        let mut path = path.split('/').skip(1);
        for segment in &self.segments {
            let matches = match (segment, path.next()) {
                (Segment::Rest, _) => return true,
                (_, None) => false,
                (Segment::Any, Some(text)) => !text.is_empty(),
                (Segment::Literal(own), Some(text)) => own == text,
            };
            if !matches {
                return false;
            }
        }
        path.next().is_none()
    }
}

impl FromStr for RoutePattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unusable = |what: &str| {
            Error::configuration(format!(
                "the route pattern `{}` {what}: write it like `GET /items/{{id}}`",
                text.escape_debug()
            ))
        };
        let (method, path) = match text.split_once(' ') {
            None => (None, text),
            Some((method, path)) => {
                let method = Method::from_bytes(method.as_bytes())
                    .map_err(|_| unusable("begins with what is no method"))?;
                (Some(method), path)
            }
        };
        let path = path
            .strip_prefix('/')
            .ok_or_else(|| unusable("has no path that begins with a slash"))?;
        let is_sent = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#');
        if !path.chars().all(is_sent) {
            return Err(unusable(
                "has a character that no path has (encode it with %)",
            ));
        }
        let mut segments = Vec::new();
        for segment in path.split('/') {
            if segments.last() == Some(&Segment::Rest) {
                return Err(unusable("goes on after `{*…}`"));
            }
            let name = segment
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'));
            let has_braces = |text: &str| text.contains(['{', '}']);
            segments.push(match name {
                Some(name) if has_braces(name) => return Err(unusable("has braces in braces")),
                Some(name) if name.starts_with('*') => Segment::Rest,
                Some(_) => Segment::Any,
                None if has_braces(segment) => {
                    return Err(unusable("has braces in a part of a segment"));
                }
                None => Segment::Literal(segment.to_owned()),
            });
        }
        Ok(Self { method, segments })
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = &self.method {
            write!(f, "{method} ")?;
        }
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Any => f.write_str("/{}")?,
                Segment::Rest => f.write_str("/{*}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoutePattern({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_segments() {
        for (pattern, path, matches) in [
            ("GET /items/{id}", "/items/17", true),
            ("GET /items/{id}", "/items/blue%20shoe", true),
            ("GET /items/{id}", "/items/", false),
            ("GET /items/{id}", "/items", false),
            ("GET /items/{id}", "/items/17/parts", false),
            ("GET /items/{id}", "/Items/17", false),
            ("POST /items/{id}", "/items/17", false),
            ("/items/{id}/parts/{part}", "/items/17/parts/4", true),
            ("/items/{id}/parts/{part}", "/items/17/part/4", false),
            ("/files/{*path}", "/files/a/b/c", true),
            ("/files/{*path}", "/files/", true),
            ("/files/{*path}", "/files", true),
            ("/files/{*path}", "/filesystem", false),
            ("/", "/", true),
            ("/", "/a", false),
            ("/{*}", "/a/b", true),
        ] {
            let parsed: RoutePattern = pattern.parse().unwrap();
            assert_eq!(
                parsed.matches(&Method::GET, path),
                matches,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_one_to_write() {
        for (text, what) in [
            ("", "begins with a slash"),
            ("items/{id}", "begins with a slash"),
            ("GET items", "begins with a slash"),
            ("GET  /items", "begins with a slash"),
            ("GÉT /items", "no method"),
            ("https://bank.example/items", "begins with a slash"),
            ("/items?a=b", "no path has"),
            ("/ä", "no path has"),
            ("/items/{id", "part of a segment"),
            ("/items/v{id}", "part of a segment"),
            ("/items/{{id}}", "braces in braces"),
            ("/{*rest}/a", "goes on"),
        ] {
            let message = text.parse::<RoutePattern>().unwrap_err().to_string();
            assert!(message.contains(what), "{text}: {message}");
            assert!(message.contains("GET /items/{id}"), "{message}");
        }
    }
}
