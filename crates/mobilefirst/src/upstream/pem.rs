//! Certificates as text, RFC 7468. Says what was found where it is no certificate.

use std::borrow::Cow;

use crate::error::Error;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The text of trusted certificates, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let text = text("ca_certificate", pem)?;
    let labels = labels(&text);
    match &*labels {
        _ if labels.contains(&"CERTIFICATE") => Ok(text),
        // The trust settings behind the certificate are OpenSSL's own.
        _ if labels.contains(&"TRUSTED CERTIFICATE") => Err(Error::configuration(
            "ca_certificate: this is OpenSSL's TRUSTED CERTIFICATE: convert it with \
             `openssl x509 -in FILE -out ca.pem`",
        )),
        [label, ..] => Err(Error::configuration(format!(
            "ca_certificate: this PEM text holds no certificate, but a {}",
            known(label)
        ))),
        [] => Err(not_pem("ca_certificate", &text)),
    }
}

/// The text of a client certificate with its private key.
pub(crate) fn identity(pem: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let text = text("client_certificate", pem)?;
    let labels = labels(&text);
    let has_certificate = labels.contains(&"CERTIFICATE");
    let has_key = labels.iter().any(|label| label.ends_with("PRIVATE KEY"));
    match (has_certificate, has_key) {
        _ if labels.is_empty() => Err(not_pem("client_certificate", &text)),
        _ if labels.contains(&"ENCRYPTED PRIVATE KEY") => Err(Error::configuration(
            "client_certificate: the private key is encrypted: decrypt it with \
             `openssl pkey -in FILE -out key.pem`",
        )),
        (true, true) => Ok(text),
        (false, _) => Err(Error::configuration(
            "client_certificate: the certificate is missing: put it before its private key",
        )),
        (true, false) => Err(Error::configuration(
            "client_certificate: the private key is missing: put it behind the certificate",
        )),
    }
}

/// The text without a byte-order mark.
fn text<'a>(setting: &str, pem: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
    let text = pem.strip_prefix(BYTE_ORDER_MARK).unwrap_or(pem);
    match text.trim_ascii().is_empty() {
        true => Err(Error::configuration(format!(
            "{setting}: the text is empty: pass the content of a PEM file, or leave it out"
        ))),
        false => Ok(Cow::Borrowed(text)),
    }
}

/// What the text holds: `CERTIFICATE`, `PRIVATE KEY` and the like.
fn labels(text: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let label = line.trim().strip_prefix("-----BEGIN ")?;
            label.strip_suffix("-----")
        })
        .collect()
}

/// A label of RFC 7468 or OpenSSL; another one is not quoted, since it may be anything.
fn known(label: &str) -> &str {
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
            "private key"
        }
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => "certificate request",
        "PUBLIC KEY" => "public key",
        "X509 CRL" => "revocation list",
        "PKCS7" => "PKCS #7 container: convert it with `openssl pkcs7 -print_certs`",
        _ => "block of another kind",
    }
}

fn not_pem(setting: &str, text: &[u8]) -> Error {
    let found = match text {
        // An ASN.1 SEQUENCE, which every DER certificate is.
        [0x30, ..] => {
            "this looks like DER: convert it with `openssl x509 -inform der -in FILE -out ca.pem`"
        }
        [b'<', ..] => "this is HTML or XML: the file comes from a web page, not from a CA",
        _ => "this is no PEM text: it must hold a line -----BEGIN CERTIFICATE-----",
    };
    Error::configuration(format!("{setting}: {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(label: &str) -> String {
        format!("-----BEGIN {label}-----\nAA==\n-----END {label}-----\n")
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        for (text, found) in [
            (String::new(), "empty"),
            (" \r\n".to_owned(), "empty"),
            ("\u{feff}".to_owned(), "empty"),
            ("0\u{1}".to_owned(), "DER"),
            ("<!doctype html>".to_owned(), "HTML"),
            ("certificate".to_owned(), "no PEM text"),
            (block("PRIVATE KEY"), "private key"),
            (block("TRUSTED CERTIFICATE"), "TRUSTED CERTIFICATE"),
            (block("CERTIFICATE REQUEST"), "certificate request"),
            (block("s3cret"), "block of another kind"),
        ] {
            let message = certificates(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(found), "{text}: {message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn a_certificate_may_stand_behind_a_byte_order_mark_and_beside_a_key() {
        let text = format!("\u{feff}{}{}", block("PRIVATE KEY"), block("CERTIFICATE"));
        assert!(certificates(text.as_bytes()).unwrap().starts_with(b"-----"));
        assert!(identity(text.as_bytes()).is_ok());
    }

    #[test]
    fn a_client_certificate_needs_both_halves() {
        for (text, missing) in [
            (block("CERTIFICATE"), "key is missing"),
            (block("EC PRIVATE KEY"), "certificate is missing"),
            (
                block("CERTIFICATE") + &block("ENCRYPTED PRIVATE KEY"),
                "encrypted",
            ),
        ] {
            let message = identity(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(missing), "{text}: {message}");
        }
    }
}
