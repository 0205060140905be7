//! Reads a field's value byte by byte.

use crate::header::challenge::ChallengeError;

/// A position in a field's value.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    pub(crate) field: usize,
    pub(crate) text: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of a value. White space at its end does not belong to it, §5.5.
    pub(crate) fn new(field: usize, text: &'a [u8]) -> Self {
        let end = text.iter().rposition(|byte| !is_white(*byte));
        let text = &text[..end.map_or(0, |last| last + 1)];
        Self { field, text, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Skips the bytes that fit, and returns how many there were.
    pub(crate) fn skip(&mut self, fits: impl Fn(u8) -> bool) -> usize {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| fits(**byte)).count();
        self.at += length;
        length
    }

    /// Skips to the next element of the list that is not empty. Returns whether there is one.
    pub(crate) fn begins_element(&mut self) -> bool {
        self.skip(|byte| is_white(byte) || byte == b',');
        self.peek().is_some()
    }

    pub(crate) fn expected(&self, what: &'static str) -> ChallengeError {
        ChallengeError {
            field: self.field,
            offset: self.at,
            expected: what,
        }
    }
}

/// Whether a byte is `OWS`, or `BWS`, which senders must not produce but recipients must
/// accept, §5.6.3.
pub(crate) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
