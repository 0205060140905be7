//! The credentials of a confidential client.

mod secret;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use http::HeaderValue;
use serde::Deserialize;

use crate::credentials::secret::Secret;
use crate::error::Error;

/// The ID and secret of a confidential client, as registered with the authorization
/// server (MobileFirst Operations Console, *Confidential Clients*).
///
/// ```
/// use mobilefirst::Credentials;
///
/// let credentials = Credentials::new("bank", "s3cret")?;
/// assert_eq!(format!("{credentials:?}"), r#"Credentials { id: "bank", .. }"#);
/// assert!(Credentials::new("a:b", "s3cret").is_err());
/// # Ok::<(), mobilefirst::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    id: String,
    secret: Secret,
    authentication: ClientAuthentication,
}

/// How a client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// HTTP Basic with the plain ID and secret, which MobileFirst Server expects.
    #[default]
    Basic,
    /// HTTP Basic with the form-encoded ID and secret, which RFC 6749 requires of other
    /// authorization servers.
    BasicFormEncoded,
    /// `client_id` and `client_secret` in the request body.
    Body,
}

impl Credentials {
    /// Creates credentials from an ID and a secret.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if either is empty, contains
    /// anything but printable ASCII, or begins or ends with a space or a line end, as the content
    /// of a file may; or if the ID contains a colon, where HTTP Basic would split it
    /// (RFC 7617 §2). The message says which.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        let secret = Secret::Text(Arc::from(secret.into()));
        Self::checked(id.into(), secret)
    }

    /// Creates credentials from an ID and a file that holds the secret, as orchestrators mount
    /// it.
    ///
    /// The file is read now, and again whenever a token of our own is requested: after a new
    /// secret was written, the next request for a token uses it. Replace the file by renaming
    /// another onto it, or by switching a link, so that nobody reads half a secret. If it can't be
    /// read then, the last secret is used, and the log says so. A relative path starts at the working
    /// directory. One line break at the end of the file is ignored.
    ///
    /// To use a new secret at once, pass the credentials to
    /// [`set_credentials`](crate::TokenValidator::set_credentials) again.
    ///
    /// ```no_run
    /// use mobilefirst::Credentials;
    ///
    /// let credentials = Credentials::from_file("bank", "/run/secrets/mfp_client_secret")?;
    /// # Ok::<(), mobilefirst::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if the file can't be read, isn't
    /// a regular file (or a link to one), is longer than 64 KiB, or isn't text in UTF-8; and for what [`new`](Self::new) refuses.
    #[doc(alias = "rotation")]
    #[doc(alias = "vault")]
    #[doc(alias = "kubernetes")]
    pub fn from_file(id: impl Into<String>, path: impl Into<PathBuf>) -> Result<Self, Error> {
        let secret = Secret::in_file(path.into()).map_err(Error::configuration)?;
        Self::checked(id.into(), secret)
    }

    fn checked(id: String, secret: Secret) -> Result<Self, Error> {
        if id.is_empty() {
            return Err(Error::configuration(
                "the client ID is empty: set it to the ID of the confidential client",
            ));
        }
        if id.contains(':') {
            return Err(Error::configuration(
                "the client ID contains a colon, which HTTP Basic does not allow: \
                 register another ID",
            ));
        }
        check("the client ID", &id).map_err(Error::configuration)?;
        check_secret(&secret.current()).map_err(Error::configuration)?;
        Ok(Self {
            id,
            secret,
            authentication: ClientAuthentication::default(),
        })
    }

    /// Sets how the client authenticates. Default: [`ClientAuthentication::Basic`].
    #[must_use]
    pub fn authenticated_by(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Returns the client ID.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the secret is in a file, which may have changed.
    pub(crate) fn is_in_file(&self) -> bool {
        matches!(self.secret, Secret::File(_))
    }

    /// Reads the secret's file again, which blocks. An error leaves the last secret.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        self.secret
            .reload(check_secret)
            .map_err(Error::configuration)
    }

    /// Returns the `Authorization` field of a token request, or `None` if the credentials
    /// go into the body.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let secret = self.secret.current();
        let pair = match self.authentication {
            ClientAuthentication::Basic => format!("{}:{secret}", self.id),
            ClientAuthentication::BasicFormEncoded => {
                let (id, secret) = (self.id.as_bytes(), secret.as_bytes());
                let (id, secret) = (byte_serialize(id), byte_serialize(secret));
                id.chain([":"]).chain(secret).collect()
            }
            ClientAuthentication::Body => return None,
        };
        sensitive(&format!("Basic {}", STANDARD.encode(pair)))
    }

    /// Returns the credentials that go into the body of a token request.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, Arc<str>)> {
        match self.authentication {
            ClientAuthentication::Body => vec![
                ("client_id", Arc::from(&*self.id)),
                ("client_secret", self.secret.current()),
            ],
            _ => Vec::new(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn check_secret(secret: &str) -> Result<(), String> {
    if secret.is_empty() {
        return Err(
            "the client secret is empty: set it to the secret of the confidential client"
                .to_owned(),
        );
    }
    check("the client secret", secret)
}

/// Names what is wrong with a text that goes into HTTP Basic, never the text.
fn check(name: &str, text: &str) -> Result<(), String> {
    match stray(text) {
        Some(fault) => Err(format!("{name} {fault}")),
        None if text.is_ascii() => Ok(()),
        None => Err(format!(
            "{name} contains a character that is not printable ASCII: register another"
        )),
    }
}

/// Creates a header value that `Debug` does not print. `None` if `text` is not valid as one.
pub(crate) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Says which character got into a setting by mistake, most likely from a file or a form, and what
/// to do. Never quotes the text.
pub(crate) fn stray(text: &str) -> Option<&'static str> {
    let is_blank = |c: char| c.is_whitespace() || c == '\0';
    let is_line_end = |c: char| matches!(c, '\r' | '\n');
    Some(match text {
        _ if text.starts_with('\u{feff}') => {
            "begins with a byte-order mark, as some editors write it into files: remove it"
        }
        _ if text.ends_with(is_line_end) => "ends with a line end, as files do: remove it",
        _ if text.starts_with(is_blank) => "begins with white space or a NUL: remove it",
        _ if text.ends_with(is_blank) => "ends with white space or a NUL: remove it",
        _ if text.contains(char::is_control) => {
            "contains a control character, such as a tab, a line end or a NUL: remove it"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(authentication: ClientAuthentication) -> String {
        let credentials = Credentials::new("bank 1", "a:b%c+d").unwrap();
        let value = credentials.authenticated_by(authentication).authorization();
        let value = value.unwrap();
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }

    #[test]
    fn basic_is_raw_by_default() {
        assert_eq!(basic(ClientAuthentication::default()), "bank 1:a:b%c+d");
    }

    #[test]
    fn basic_is_form_encoded_by_choice() {
        assert_eq!(
            basic(ClientAuthentication::BasicFormEncoded),
            "bank+1:a%3Ab%25c%2Bd"
        );
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        for (id, secret) in [("", "s"), ("b", ""), ("a:b", "s"), ("b", "ä"), ("b\n", "s")] {
            let error = Credentials::new(id, secret).unwrap_err();
            assert!(secret.is_empty() || !error.to_string().contains("ä"));
        }
    }

    #[test]
    fn a_stray_character_is_named_and_the_text_is_not_shown_e1() {
        for (text, found) in [
            ("s3cret\n", "ends with a line end"),
            ("s3cret\r\n", "ends with a line end"),
            ("s3cret \n", "ends with a line end"),
            ("\ns3cret", "begins with white space"),
            (" s3cret", "begins with white space"),
            ("\ts3cret", "begins with white space"),
            ("s3cret ", "ends with white space"),
            ("s3cret\t", "ends with white space"),
            ("s3cret\u{a0}", "ends with white space"),
            ("\0s3cret", "begins with white space or a NUL"),
            ("s3cret\0", "ends with white space or a NUL"),
            (" ", "begins with white space"),
            ("\n", "ends with a line end"),
            ("\u{feff}s3cret", "byte-order mark"),
            ("\u{feff}s3cret\n", "byte-order mark"),
            ("s3\ncret", "control character"),
            ("s3\tcret", "control character"),
            ("s3\0cret", "control character"),
            ("s3\u{7f}cret", "control character"),
            ("s3cretä", "not printable ASCII"),
            ("s3\u{200b}cret", "not printable ASCII"),
        ] {
            for (id, secret, name) in [("bank", text, "secret"), (text, "s3cret", "ID")] {
                let message = Credentials::new(id, secret).unwrap_err().to_string();
                let begin = format!("the client {name} ");
                assert!(message.starts_with(&begin), "{text:?}: {message}");
                assert!(message.contains(found), "{text:?}: {message}");
                assert!(!message.contains("s3"), "{message}");
            }
        }
        assert!(Credentials::new("bank 1", "a b  c~!\"").is_ok());
    }
}
