//! Paths in normal form (RFC 3986 §6.2.2, and Unicode's NFKC).
//!
//! A proxy hands on the path as the caller wrote it, and back ends disagree about what `//`,
//! `..` or `%2f` mean. So the gate decides only about a path that every server reads alike,
//! and refuses all others.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use percent_encoding::percent_decode_str;

/// A path in normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NormalPath<'a>(&'a str);

/// Why a path is not in normal form, in plain words.
pub(crate) type Fault = &'static str;

impl<'a> NormalPath<'a> {
    /// Reads the path of a request target, which may have a query (RFC 9112 §3.2.1).
    pub(crate) fn of_target(target: &'a [u8]) -> Result<Self, Fault> {
        let end = target.iter().position(|byte| *byte == b'?');
        Self::parse(&target[..end.unwrap_or(target.len())])
    }

    pub(crate) fn parse(path: &'a [u8]) -> Result<Self, Fault> {
        let Some(rest) = path.strip_prefix(b"/") else {
            return Err("it does not begin with a slash");
        };
        let path = std::str::from_utf8(path).map_err(|_| CHARACTER)?;
        let mut segments = rest.split(|byte| *byte == b'/').peekable();
        while let Some(segment) = segments.next() {
            match segments.peek() {
                Some(_) if segment.is_empty() => return Err("it has an empty segment"),
                _ => check(segment)?,
            }
        }
        let decoded = percent_decode_str(path).decode_utf8();
        let decoded = decoded.map_err(|_| "its encoded bytes are not UTF-8")?;
        // Some servers and file systems normalize texts, each in its way.
        let is_normal = || ComposingNormalizerBorrowed::new_nfkc().is_normalized(&decoded);
        if !decoded.is_ascii() && (!is_normal() || decoded.chars().any(is_lookalike)) {
            return Err("it has a character that some servers read as another or as none");
        }
        Ok(Self(path))
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    /// The path without what some servers don't distinguish: upper and lower case, encoded
    /// characters, and a slash at the end.
    pub(crate) fn folded(self) -> String {
        fold(self.0)
    }
}

/// See [`NormalPath::folded`].
pub(crate) fn fold(path: &str) -> String {
    let decoded: Cow<'_, str> = percent_decode_str(path).decode_utf8_lossy();
    let path = decoded.strip_suffix('/').unwrap_or(&decoded);
    // There and back, because some letters have a case that only another of theirs leads to: `ı`,
    // `I` and `i`, or `ẞ`, `ß` and `SS`.
    path.to_lowercase().to_uppercase().to_lowercase()
}

const CHARACTER: Fault = "it has a character that must be percent-encoded, or a semicolon";

fn check(segment: &[u8]) -> Result<(), Fault> {
    let mut rest = segment;
    while let Some((byte, tail)) = rest.split_first() {
        rest = match byte {
            b'%' => {
                let Some((digits, tail)) = tail.split_first_chunk::<2>() else {
                    return Err("it has a `%` without two digits");
                };
                check_encoded(*digits)?;
                tail
            }
            byte if is_allowed(*byte) => tail,
            _ => return Err(CHARACTER),
        };
    }
    // `.` and `..`; and Windows drops dots and spaces at the end of a name.
    match segment {
        [.., b'.'] | [.., b'%', b'2', b'0'] => Err("a segment ends with a dot or a space"),
        _ => Ok(()),
    }
}

/// `pchar` of RFC 3986 §3.3, but for the semicolon: servers cut a segment there, or do not.
fn is_allowed(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,=:@".contains(&byte)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Allows only what has no other spelling, and no meaning once it is decoded.
fn check_encoded(digits: [u8; 2]) -> Result<(), Fault> {
    let [Some(high), Some(low)] = digits.map(|digit| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }) else {
        return Err("it has a `%` without two digits in upper case");
    };
    match high << 4 | low {
        byte if is_unreserved(byte) => Err("it encodes a character that needs no encoding"),
        b'/' | b'\\' | b'%' | b';' | b'?' | b'#' => {
            Err("it encodes a delimiter, which some servers decode")
        }
        byte if byte.is_ascii_control() => Err("it encodes a control character"),
        _ => Ok(()),
    }
}

/// Characters that NFKC keeps, but some servers read as a dot or a slash, or drop.
fn is_lookalike(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}' // controls
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' // invisible
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' // invisible, directions
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' // selectors and tags
        | '\u{2044}' | '\u{2215}' | '\u{2216}' // slashes
        | '\u{29f5}' | '\u{29f8}' | '\u{29f9}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_in_normal_form() {
        for path in [
            "/",
            "/a",
            "/a/",
            "/a/b-c_d.e~f",
            "/.well-known/x",
            "/a/..b",
            "/a/b:c@d!$&'()*+,=",
            "/a%20b",
            "/%C3%A4/%E4%B8%AD",
            "/a%22%3C%3E%5B",
            "/a%2Bb%40c",
            "/caf%C3%A9/%ED%95%9C/%E0%A4%B9%E0%A4%BF",
        ] {
            assert_eq!(
                NormalPath::parse(path.as_bytes()).map(NormalPath::as_str),
                Ok(path)
            );
        }
    }

    #[test]
    fn a_query_is_not_part_of_the_path() {
        let path = NormalPath::of_target(b"/a?b=//../%2f;").unwrap();
        assert_eq!(path.as_str(), "/a");
    }

    #[test]
    fn folding_removes_what_servers_do_not_distinguish() {
        for (path, folded) in [
            ("/", ""),
            ("/Admin/", "/admin"),
            ("/a%2Bb", "/a+b"),
            ("/%C3%84", "/ä"),
            ("/adm%C4%B1n", "/admin"),
            ("/pa%E1%BA%9E", "/pass"),
        ] {
            let path = NormalPath::parse(path.as_bytes()).unwrap();
            assert_eq!(path.folded(), folded);
        }
    }
}
