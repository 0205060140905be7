//! Text that comes from a request, made fit to be shown: no token appears as a whole.

/// The longest text that is shown, in characters.
const LONGEST: usize = 200;

/// A word of at least this many characters may be a token. A UUID has 36.
const TOKEN_LENGTH: usize = 40;

/// The beginning of a token: eight characters, or a third of a short one.
pub(crate) fn token(token: &str) -> String {
    let shown = (token.chars().count() / 3).min(8);
    token.chars().take(shown).chain(['…']).collect()
}

/// The text, cut off if it is long, with each word that may be a token shortened.
pub(crate) fn text(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(|character| !may_be_in_a_token(character)) {
        let part = word.trim_end_matches(|character| !may_be_in_a_token(character));
        match part.len() {
            ..TOKEN_LENGTH => shown += word,
            TOKEN_LENGTH.. => {
                shown += &token(part);
                shown += &word[part.len()..];
            }
        }
    }
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

/// Whether the character is one of token68 (RFC 9110 §11.2) or of an escape. The slash is
/// left out: it separates the segments of a path.
fn may_be_in_a_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~+=%".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown_as_a_whole() {
        let long = "0123456789".repeat(4);
        for (whole, shown) in [
            ("", "…"),
            ("ab", "…"),
            ("abcdef", "ab…"),
            ("äöüßäöü", "äö…"),
            (&long, "01234567…"),
        ] {
            assert_eq!(token(whole), shown);
        }
    }

    #[test]
    fn long_words_and_long_texts_are_cut_off() {
        let long = "0123456789".repeat(4);
        let uuid = "0d7c9f11-6fe3-348a-a13f-e1bf5fcccf03";
        for (whole, shown) in [
            ("a  b ", "a  b "),
            (uuid, uuid),
            (&format!("a {long} b"), "a 01234567… b"),
            (&format!("/{long}/b"), "/01234567…/b"),
            (&format!("\"{long}\""), "\"01234567…\""),
        ] {
            assert_eq!(text(whole), shown);
        }
        let text = text(&"ä ".repeat(LONGEST));
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
