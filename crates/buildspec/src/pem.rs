//! The certificates of a PEM file, and nothing else of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The certificate blocks of a PEM file, in order, without what stands between them.
///
/// The certificates themselves are judged by the library that will verify with them, when the node starts.
pub(crate) fn certificates(text: &str) -> Result<String, &'static str> {
    let mut certificates = String::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = label(line, "-----BEGIN ") else {
            continue;
        };
        if label != "CERTIFICATE" {
            return Err(if label.ends_with("PRIVATE KEY") {
                "holds a private key, which must not be part of a build"
            } else {
                "holds something that is not a certificate"
            });
        }
        let mut body = Vec::new();
        loop {
            match lines.next() {
                Some("-----END CERTIFICATE-----") => break,
                Some(line) if !line.starts_with("-----") => body.push(line),
                Some(_) | None => return Err("has a certificate without an end"),
            }
        }
        // DER of a certificate is a SEQUENCE
        let der = STANDARD
            .decode(body.concat())
            .map_err(|_| "has a certificate that is not base64")?;
        if der.first() != Some(&0x30) {
            return Err("has a block that is not a certificate");
        }
        certificates.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in &body {
            certificates.push_str(line);
            certificates.push('\n');
        }
        certificates.push_str("-----END CERTIFICATE-----\n");
    }
    if certificates.is_empty() {
        return Err("holds no certificate in PEM form");
    }
    Ok(certificates)
}

fn label<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";

    #[test]
    fn comments_are_left_out() {
        assert_eq!(
            certificates(&format!("# ours\r\n{GOOD}\ntail")).unwrap(),
            GOOD
        );
    }

    #[test]
    fn a_chain_stays_in_order() {
        let chain = format!("{GOOD}{GOOD}");
        assert_eq!(certificates(&chain).unwrap(), chain);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let key = GOOD.replace("CERTIFICATE", "RSA PRIVATE KEY");
        let cut = GOOD.replace("-----END CERTIFICATE-----", "");
        for text in [
            "",
            "nothing",
            &cut,
            &GOOD.replace("MAM", "!!!"),
            &GOOD.replace("MAM", "AAM"),
            &key,
        ] {
            assert!(certificates(text).is_err(), "{text}");
        }
    }
}
