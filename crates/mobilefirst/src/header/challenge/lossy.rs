//! Reads as much of `WWW-Authenticate` as can be read: one bad challenge must not spoil the
//! others, which may come from another server in between.

use crate::header::challenge::parse::{
    MAX_CHALLENGES, MAX_LENGTH, challenge, end_of_element, is_parameter, parameter,
};
use crate::header::challenge::reader::Reader;
use crate::header::challenge::{Challenge, Content};

impl Challenge {
    /// Parses what can be read of the `WWW-Authenticate` fields of a response, and skips the rest.
    ///
    /// - A challenge with a syntax error, or with a parameter twice, is skipped whole, up to the
    ///   next scheme after a comma. If it has a quotation mark without its counterpart, the rest
    ///   of its field is skipped, because its end can't be known.
    /// - A bad field takes nothing of another field along.
    /// - A comma between a scheme and its first parameter, which some servers send, is ignored.
    /// - A field with which all fields would exceed 64 KiB is skipped, and so is what follows the
    ///   64th challenge. A challenge with more than 64 parameters is a bad one.
    ///
    /// Where [`parse_all`](Self::parse_all) returns challenges, this returns the same.
    ///
    /// ```
    /// use mobilefirst::challenge::Challenge;
    ///
    /// let fields = ["Basic realm=My Realm, Negotiate", r#"Bearer, error="invalid_token""#];
    /// let challenges = Challenge::parse_lossy(fields);
    /// assert_eq!(challenges.len(), 2);
    /// assert_eq!(challenges[0].scheme(), "Negotiate");
    /// assert_eq!(challenges[1].parameter("error"), Some("invalid_token"));
    /// ```
    pub fn parse_lossy(values: impl IntoIterator<Item: AsRef<[u8]>>) -> Vec<Self> {
        let mut list = List::default();
        let mut room = MAX_LENGTH;
        for (field, value) in values.into_iter().enumerate() {
            let text = value.as_ref();
            match room.checked_sub(text.len() + 1) {
                Some(rest) => room = rest,
                None => continue,
            }
            list.read(&mut Reader::new(field, text));
        }
        list.challenges
    }
}

#[derive(Default)]
struct List {
    challenges: Vec<Challenge>,
    /// The field in which the last challenge began. `None` if the last one was skipped: then its
    /// further parameters are skipped too.
    last: Option<usize>,
}

impl List {
    fn read(&mut self, reader: &mut Reader<'_>) {
        while reader.begins_element() {
            let begin = reader.clone();
            if self.element(reader).is_none() {
                *reader = begin;
                skip_element(reader);
            }
        }
    }

    /// Reads a challenge, or another parameter of the last one. `None` if neither can be read.
    fn element(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        if is_parameter(reader) {
            return self.parameter(reader);
        }
        self.last = None;
        if self.challenges.len() == MAX_CHALLENGES {
            return None;
        }
        let (challenge, _) = challenge(reader).ok()?;
        end_of_element(reader).ok()?;
        self.challenges.push(challenge);
        self.last = Some(reader.field);
        Some(())
    }

    fn parameter(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let began_in = self.last?;
        let last = self.challenges.last_mut()?;
        let Content::Parameters(own) = &mut last.content else {
            return None;
        };
        let known = own.len();
        let read = parameter(reader, own).and_then(|()| end_of_element(reader));
        if read.is_err() {
            self.last = None;
            own.truncate(known);
            // What was read of an earlier field stays.
            if began_in == reader.field {
                self.challenges.pop();
            }
        }
        read.ok()
    }
}

/// Skips to the next comma outside of quotation marks.
fn skip_element(reader: &mut Reader<'_>) {
    while let Some(byte) = reader.peek() {
        match byte {
            b',' => return,
            b'"' => skip_quoted(reader),
            _ => reader.at += 1,
        }
    }
}

/// Skips a quoted string, or everything if it has no end.
fn skip_quoted(reader: &mut Reader<'_>) {
    reader.at += 1;
    while let Some(byte) = reader.peek() {
        reader.at += match byte {
            b'"' => {
                reader.at += 1;
                return;
            }
            b'\\' => 2,
            _ => 1,
        };
    }
    reader.at = reader.text.len();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Vec<String> {
        let challenges = Challenge::parse_lossy(values);
        challenges.iter().map(ToString::to_string).collect()
    }

    const A: &str = r#"Bearer scope="a""#;

    #[test]
    fn a_bad_challenge_spoils_no_other() {
        let good: &[&str] = &[A];
        let cases: [(&[&str], &[&str]); 36] = [
            // In another field, before or after.
            (&["Basic realm=My Realm", A], good),
            (&[A, "Basic realm=My Realm"], good),
            (&["Basic realm=\"", A], good),
            (&["", A, ",", "="], good),
            (&["\u{e4}", A], good),
            // In the same field, before or after.
            (&["Basic realm=My Realm, Bearer scope=a"], good),
            (&["Basic realm=My, Realm=, Bearer scope=a"], good),
            (&["Basic realm=\"My \"own\" Realm\", Bearer scope=a"], good),
            (
                &["Basic realm=\"a, Bearer scope=b\" x, Bearer scope=a"],
                good,
            ),
            (
                &["Basic realm=\"a\\\", Bearer scope=b\" x, Bearer scope=a"],
                good,
            ),
            (&["Basic a b, c=d, Bearer scope=a"], good),
            (&["Negotiate a=b=, Bearer scope=a"], good),
            (&["Basic a=1, a=2, b=3, Bearer scope=a"], good),
            (&["B\ta=1, Bearer scope=a"], good),
            (&["=, Bearer scope=a"], good),
            (&["a=1, Bearer scope=a"], good),
            (&["Bearer scope=a, \u{e4}, Basic x=\u{e4}, x=1"], good),
            (&["Bearer scope=a, Basic realm=\""], good),
            (&["Bearer scope=a, \"x\", y z w, []"], good),
            // Where it ends can't be known.
            (&["Basic realm=\"a, Bearer scope=b"], &[]),
            (&["Basic realm=a\"b, Bearer scope=c", A], good),
            // A challenge is skipped whole.
            (&["Bearer scope=a, realm=My Realm"], &[]),
            (&["Bearer scope=a; error=b"], &[]),
            (&["Bearer scope=a, =b"], &[]),
            (&["Bearer scope=a b"], &[]),
            (&["Bearer scope=a, scope=b, error=c"], &[]),
            // It may go on in the next field, but what is bad there takes nothing along.
            (
                &["Bearer scope=a", "error=b"],
                &["Bearer scope=\"a\", error=\"b\""],
            ),
            (&[A, "error=b c"], good),
            (&[A, "error=\"", "realm=r"], good),
            (&[A, "scope=b"], good),
            (&["Bearer scope=a b", "error=c"], &[]),
            // A comma after the scheme.
            (&["Bearer, scope=a"], good),
            (&["Basic, Bearer ,\t, scope=a"], &["Basic", A]),
            // A parameter after a token68 belongs to nothing.
            (
                &["Negotiate abc, a=1, Bearer scope=a"],
                &["Negotiate abc", A],
            ),
            (&["Negotiate abc==", A], &["Negotiate abc==", A]),
            (&["bearer SCOPE = a"], &["bearer scope=\"a\""]),
        ];
        for (values, challenges) in cases {
            assert_eq!(read(values), challenges, "{values:?}");
        }
    }

    #[test]
    fn what_exceeds_a_bound_is_skipped() {
        let long = format!("Negotiate {}", "x".repeat(MAX_LENGTH));
        assert_eq!(read(&[&long, A]), [A]);
        let half = &long[..MAX_LENGTH / 2];
        assert_eq!(read(&[half, half, A]), [half, A]);
        let many = ["B"; 100].join(", ");
        assert_eq!(read(&[&many, "a=1", A]), ["B"; 64]);
        let parameters: Vec<_> = (0..65).map(|i| format!("p{i}=1")).collect();
        let parameters = format!("B {}, Bearer scope=a", parameters.join(","));
        assert_eq!(read(&[&parameters]), [A]);
    }
}
