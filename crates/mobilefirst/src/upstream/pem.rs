//! Certificates as text, RFC 7468. Says what was found where it is no certificate.

use std::borrow::Cow;

use crate::error::Error;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const CA: &str = "ca_certificate";
const CLIENT: &str = "client_certificate";
const BEGIN: &[u8] = b"-----BEGIN ";

/// The text of trusted certificates, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let text = text(CA, pem)?;
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
        [] => Err(not_pem(CA, &text)),
    }
}

/// The text of a client certificate with its private key.
pub(crate) fn identity(pem: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let text = text(CLIENT, pem)?;
    let labels = labels(&text);
    let has_certificate = labels.contains(&"CERTIFICATE");
    let has_key = labels.iter().any(|label| label.ends_with("PRIVATE KEY"));
    match (has_certificate, has_key) {
        _ if labels.is_empty() => Err(not_pem(CLIENT, &text)),
        _ if labels.contains(&"ENCRYPTED PRIVATE KEY") || is_encrypted(&text) => {
            Err(Error::configuration(
                "client_certificate: the private key is encrypted: decrypt it with \
             `openssl pkey -in FILE -out key.pem`",
            ))
        }
        (true, true) => Ok(text),
        (false, true) => Err(Error::configuration(
            "client_certificate: the certificate is missing: put it before its private key",
        )),
        (false, false) if labels.contains(&"TRUSTED CERTIFICATE") => Err(Error::configuration(
            "client_certificate: this is OpenSSL's TRUSTED CERTIFICATE: convert it with \
             `openssl x509 -in FILE -out client.pem`, and put its private key behind it",
        )),
        (false, false) => Err(Error::configuration(format!(
            "client_certificate: this PEM text holds neither a certificate nor a private key, but \
             a {}",
            known(labels[0])
        ))),
        (true, false) => Err(Error::configuration(
            "client_certificate: the private key is missing: put it behind the certificate",
        )),
    }
}

/// Whether a key has the header that OpenSSL puts into a block which it encrypts (RFC 1421 §4.6).
fn is_encrypted(text: &[u8]) -> bool {
    lines(text).any(|line| line.trim_ascii() == b"Proc-Type: 4,ENCRYPTED")
}

/// The text as a parser takes it: without a byte-order mark, and without the indentation that a
/// block in a YAML file has.
fn text<'a>(setting: &str, pem: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
    let text = pem.strip_prefix(BYTE_ORDER_MARK).unwrap_or(pem);
    if text.trim_ascii().is_empty() {
        return Err(Error::configuration(format!(
            "{setting}: the text is empty: pass the content of a PEM file, or leave it out"
        )));
    }
    let is_indented = |line: &[u8]| {
        let rest = line.trim_ascii_start();
        rest.len() < line.len() && rest.starts_with(BEGIN)
    };
    if !lines(text).any(is_indented) {
        return Ok(Cow::Borrowed(text));
    }
    let trimmed: Vec<_> = lines(text).map(<[u8]>::trim_ascii).collect();
    Ok(Cow::Owned(trimmed.join(&b'\n')))
}

/// What the text holds: `CERTIFICATE`, `PRIVATE KEY` and the like. Text around the blocks may have
/// any encoding.
fn labels(text: &[u8]) -> Vec<&str> {
    lines(text)
        .filter_map(|line| {
            let label = line.trim_ascii().strip_prefix(BEGIN)?;
            let label = std::str::from_utf8(label.strip_suffix(b"-----")?).ok()?;
            // A whole block on one line has its label, its content and its end there.
            (!label.contains("-----")).then_some(label)
        })
        .collect()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
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
    let found = match text.trim_ascii_start() {
        // An ASN.1 SEQUENCE, which every DER certificate is.
        [0x30, ..] if setting == CLIENT => {
            "this looks like DER or PKCS #12: convert it with \
             `openssl pkcs12 -in FILE -nodes -out client.pem`"
        }
        [0x30, ..] => {
            "this looks like DER: convert it with `openssl x509 -inform der -in FILE -out ca.pem`"
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is UTF-16: save the file as ASCII or UTF-8",
        [b'<', ..] => "this is HTML or XML: the file comes from a web page, not from a CA",
        other if other.starts_with(BEGIN) => {
            "the PEM text is all on one line: its line ends are missing, or written as \\n"
        }
        other if is_path(other) => {
            "this is no PEM text, but looks like the path of a file: pass the file's content, such \
             as `std::fs::read(path)?`"
        }
        _ => "this is no PEM text: it must hold a line -----BEGIN CERTIFICATE-----",
    };
    Error::configuration(format!("{setting}: {found}"))
}

fn is_path(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let ends = [&b".pem"[..], b".crt", b".cer", b".key", b".p12", b".pfx"];
    lines(text).count() == 1
        && ends
            .iter()
            .any(|end| text.to_ascii_lowercase().ends_with(end))
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
            (" \r\n<html>".to_owned(), "HTML"),
            ("certificate".to_owned(), "no PEM text"),
            ("/etc/ssl/Company-CA.PEM\n".to_owned(), "path of a file"),
            (block("CERTIFICATE").replace('\n', ""), "all on one line"),
            (block("CERTIFICATE").replace('\n', "\\n"), "all on one line"),
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
    fn what_is_no_utf_8_is_named_and_text_around_a_certificate_may_be_anything() {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let text = format!("\u{feff}{}", block("CERTIFICATE"));
            let utf_16: Vec<_> = text.encode_utf16().flat_map(order).collect();
            let message = certificates(&utf_16).unwrap_err().to_string();
            assert!(message.contains("UTF-16"), "{message}");
        }
        let with_comment = [b"# M\xfcller GmbH\r\n", block("CERTIFICATE").as_bytes()].concat();
        assert!(certificates(&with_comment).is_ok());
    }

    #[test]
    fn indentation_is_removed() {
        let indented = block("CERTIFICATE")
            .replace("AA", "\tAA")
            .replace("-----B", "  -----B");
        let text = certificates(indented.as_bytes()).unwrap();
        assert_eq!(
            text.trim_ascii(),
            block("CERTIFICATE").trim_ascii().as_bytes()
        );
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
            (
                block("CERTIFICATE") + &block("CERTIFICATE"),
                "key is missing",
            ),
            (block("EC PRIVATE KEY"), "certificate is missing"),
            (block("TRUSTED CERTIFICATE"), "TRUSTED CERTIFICATE"),
            (block("PUBLIC KEY"), "but a public key"),
            (String::new(), "empty"),
            ("0\u{1}".to_owned(), "PKCS #12"),
            ("<html>".to_owned(), "HTML"),
            ("client.p12".to_owned(), "path of a file"),
            (
                block("CERTIFICATE")
                    + "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END RSA PRIVATE KEY-----",
                "encrypted",
            ),
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
