//! Certificate signing requests of a node.

use std::fmt;

use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::DnValue;
use rcgen::SanType;
use rcgen::string::Ia5String;
use rcgen::string::PrintableString;

use super::key::RsaKey;

/// The subject of a certificate signing request; empty fields are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// `CN`: labels as in a host name, at most 80 characters.
    pub common_name: String,
    /// `C`: two capital letters.
    pub country: String,
    /// `ST`.
    pub state: String,
    /// `L`.
    pub locality: String,
    /// `O`.
    pub organization: String,
    /// `OU`.
    pub unit: String,
}

/// A subject that the grammar of the field refuses; limits are those of the published DDL (spec 04 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSubject {
    /// Name of the input.
    pub field: &'static str,
    /// The rule it breaks.
    pub rule: &'static str,
}

impl fmt::Display for InvalidSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.rule)
    }
}

impl std::error::Error for InvalidSubject {}

/// Why no request could be made.
#[derive(Debug, thiserror::Error)]
#[error("the certificate request could not be signed")]
pub struct CsrError(#[source] rcgen::Error);

impl Subject {
    /// Checks every field against its rule.
    ///
    /// # Errors
    ///
    /// The first field that breaks its rule.
    pub fn validate(&self) -> Result<(), InvalidSubject> {
        let refuse = |field, rule| Err(InvalidSubject { field, rule });
        if self.common_name.chars().count() > 80 {
            return refuse("cn", "is longer than 80 characters");
        }
        if !is_host_name(&self.common_name) {
            return refuse("cn", "is not a name of letters, digits, '-' and '.'");
        }
        if !(self.country.is_empty()
            || self.country.len() == 2 && self.country.bytes().all(|b| b.is_ascii_uppercase()))
        {
            return refuse("C", "is not two capital letters");
        }
        let rest = [
            ("ST", &self.state),
            ("L", &self.locality),
            ("O", &self.organization),
            ("OU", &self.unit),
        ];
        for (field, text) in rest {
            if text.chars().count() > 50 {
                return refuse(field, "is longer than 50 characters");
            }
            if !text
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
            {
                return refuse(
                    field,
                    "has characters other than letters, digits, '_', '-' and space",
                );
            }
        }
        Ok(())
    }

    /// The request as PEM: SHA-256 with RSA, one attribute per field, the common name also as DNS name, because modern
    /// verifiers look nowhere else. The same subject and key give the same bytes.
    ///
    /// # Errors
    ///
    /// [`CsrError`] when signing fails.
    pub fn request(&self, key: &RsaKey) -> Result<String, CsrError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.distinguished_name();
        if let Ok(name) = Ia5String::try_from(self.common_name.as_str()) {
            params.subject_alt_names = vec![SanType::DnsName(name)];
        }
        let request = params.serialize_request(key.pair()).map_err(CsrError)?;
        Ok(super::key::pem("CERTIFICATE REQUEST", request.der()))
    }

    fn distinguished_name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        let fields = [
            (DnType::CountryName, &self.country),
            (DnType::StateOrProvinceName, &self.state),
            (DnType::LocalityName, &self.locality),
            (DnType::OrganizationName, &self.organization),
            (DnType::OrganizationalUnitName, &self.unit),
            (DnType::CommonName, &self.common_name),
        ];
        for (kind, text) in fields {
            if !text.is_empty() {
                name.push(kind, directory_string(text));
            }
        }
        name
    }
}

fn directory_string(text: &str) -> DnValue {
    PrintableString::try_from(text).map_or_else(
        |_| DnValue::Utf8String(text.to_owned()),
        DnValue::PrintableString,
    )
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::FromDer as _;
    use x509_parser::prelude::X509CertificationRequest;

    use super::*;

    fn subject() -> Subject {
        Subject {
            common_name: "cap1.example.net".into(),
            country: "MT".into(),
            state: "Malta".into(),
            locality: "Valletta".into(),
            organization: "Example".into(),
            unit: "Ops".into(),
        }
    }

    fn key() -> RsaKey {
        RsaKey::new(rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap())
    }

    #[test]
    fn every_field_of_the_subject_reaches_the_request_and_its_signature_is_good() {
        let text = subject().request(&key()).unwrap();
        let (_, block) = x509_parser::pem::parse_x509_pem(text.as_bytes()).unwrap();
        let (_, request) = X509CertificationRequest::from_der(&block.contents).unwrap();
        request.verify_signature().unwrap();
        assert_eq!(
            request.certification_request_info.subject.to_string(),
            "C=MT, ST=Malta, L=Valletta, O=Example, OU=Ops, CN=cap1.example.net"
        );
    }

    #[test]
    fn the_same_subject_and_key_give_the_same_request() {
        let key = key();
        assert_eq!(
            subject().request(&key).unwrap(),
            subject().request(&key).unwrap()
        );
    }

    #[test]
    fn a_private_key_survives_its_file_form() {
        let key = key();
        let pem = key.private_pem().unwrap();
        assert!(
            pem.expose()
                .starts_with("-----BEGIN RSA PRIVATE KEY-----\n")
        );
        assert_eq!(
            RsaKey::from_pem(pem.expose()).unwrap().public_spki(),
            key.public_spki()
        );
    }

    #[test]
    fn a_subject_outside_its_grammar_is_refused_by_name() {
        let refused = |change: fn(&mut Subject)| {
            let mut bad = subject();
            change(&mut bad);
            bad.validate().unwrap_err().field
        };
        assert_eq!(refused(|s| s.common_name = "a".repeat(100_000)), "cn");
        assert_eq!(refused(|s| s.common_name = "a b".into()), "cn");
        assert_eq!(refused(|s| s.common_name = "a..b".into()), "cn");
        assert_eq!(refused(|s| s.common_name = String::new()), "cn");
        assert_eq!(refused(|s| s.country = "mt".into()), "C");
        assert_eq!(refused(|s| s.state = "x".repeat(51)), "ST");
        assert_eq!(refused(|s| s.unit = "a/b".into()), "OU");
        subject().validate().unwrap();
    }
}
