//! Truncates the texts in events.

/// Maximum length of a text, in characters; a path may be four times as long.
const LONGEST: usize = 256;

/// Truncates a text. Bytes that are not UTF-8 are replaced.
pub(crate) fn clipped(text: &[u8]) -> String {
    cut(text, LONGEST)
}

/// Truncates a path.
pub(crate) fn clipped_path(path: &[u8]) -> String {
    cut(path, 4 * LONGEST)
}

fn cut(text: &[u8], longest: usize) -> String {
    // A character has at most four bytes, so this is enough to decode.
    let head = &text[..text.len().min(4 * longest)];
    let head = String::from_utf8_lossy(head);
    match head.char_indices().nth(longest) {
        Some((end, _)) => head[..end].to_owned(),
        None => head.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, length) in [
            ("a".repeat(300), 256),
            ("ä".repeat(300), 512),
            ("𝄞".repeat(300), 1024),
            (format!("a{}", "𝄞".repeat(300)), 1021),
            ("ab".to_owned(), 2),
        ] {
            let clipped = clipped(text.as_bytes());
            assert!(text.starts_with(&clipped), "{clipped}");
            assert_eq!(clipped.len(), length);
        }
        assert_eq!(clipped(b"a\xffb"), "a\u{fffd}b");
    }
}
