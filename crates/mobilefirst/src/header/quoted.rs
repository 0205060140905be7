//! Quoted strings (RFC 9110 §5.6.4).

use std::fmt;

/// Text for a quoted string, with `"` and `\` escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(['"', '\\']) {
            match piece.as_bytes().split_last() {
                Some((last @ (b'"' | b'\\'), _)) => {
                    let plain = &piece[..piece.len() - 1];
                    write!(f, "{plain}\\{}", char::from(*last))?;
                }
                _ => f.write_str(piece)?,
            }
        }
        Ok(())
    }
}
