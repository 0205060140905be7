//! The text of an answer that is kept, and the parts of it that every request reads.

use std::borrow::Cow;

/// An answer in one piece of memory. Parts of it are found by where they are, so that they take
/// no room of their own.
pub(crate) struct KeptText {
    text: Box<str>,
    /// What follows the answer are parts that it has in another form only.
    answer_length: usize,
}

/// A part of a [`KeptText`].
#[derive(Clone, Copy)]
pub(crate) struct Part {
    begin: usize,
    length: usize,
}

impl KeptText {
    /// Keeps `answer`. `parts` are pieces of it, or were made from it.
    pub(crate) fn new<const N: usize>(
        answer: &str,
        parts: [Option<&Cow<'_, str>>; N],
    ) -> (Self, [Option<Part>; N]) {
        let mut added = String::new();
        let parts = parts.map(|part| {
            let part = part?;
            let begin = position(answer, part).unwrap_or_else(|| {
                let begin = answer.len() + added.len();
                added += part;
                begin
            });
            Some(Part {
                begin,
                length: part.len(),
            })
        });
        let text = match added.is_empty() {
            true => answer.into(),
            false => [answer, &added].concat().into(),
        };
        let kept = Self {
            text,
            answer_length: answer.len(),
        };
        (kept, parts)
    }

    /// The answer.
    pub(crate) fn answer(&self) -> &str {
        &self.text[..self.answer_length]
    }

    #[inline]
    pub(crate) fn part(&self, part: Part) -> &str {
        let Part { begin, length } = part;
        &self.text[begin..begin + length]
    }
}

/// Where `part` is in `answer`, if it is a piece of it.
fn position(answer: &str, part: &str) -> Option<usize> {
    let answer = answer.as_bytes().as_ptr_range();
    let part = part.as_bytes().as_ptr_range();
    let is_piece = answer.start <= part.start && part.end <= answer.end;
    is_piece.then(|| part.start.addr() - answer.start.addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_whether_they_are_pieces_of_the_answer_or_not() {
        let answer = "one two three".to_owned();
        let parts = [
            Some(Cow::Borrowed(&answer[4..7])),
            Some(Cow::Owned("two".to_owned())),
            None,
            Some(Cow::Borrowed("elsewhere")),
            Some(Cow::Borrowed("")),
            Some(Cow::Borrowed(&answer[..])),
        ];
        let (kept, found) = KeptText::new(&answer, parts.each_ref().map(Option::as_ref));
        assert_eq!(kept.answer(), answer);
        assert_eq!(kept.text.len(), answer.len() + "twoelsewhere".len());
        for (part, found) in parts.iter().zip(found) {
            assert_eq!(found.map(|part| kept.part(part)), part.as_deref());
        }
    }
}
