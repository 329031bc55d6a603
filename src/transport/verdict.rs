//! What an error of TLS means to whoever has to put it right.

use std::error::Error;
use std::io;

use rustls::AlertDescription;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::attempt::AttemptError;

/// What was wrong, if TLS says so somewhere among the causes.
pub(super) fn verdict(err: &(dyn Error + 'static)) -> Option<AttemptError> {
    let tls = of_tls(err)?;
    match tls {
        rustls::Error::InvalidCertificate(reason) => Some(certificate(reason)),
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired => {
                Some(AttemptError::OwnCertificate(tls.clone()))
            }
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity => {
                Some(AttemptError::NothingInCommon(tls.clone()))
            }
            _ => None,
        },
        rustls::Error::PeerIncompatible(_) => Some(AttemptError::NothingInCommon(tls.clone())),
        _ => None,
    }
}

fn certificate(reason: &CertificateError) -> AttemptError {
    match reason {
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => AttemptError::BrokerName {
            expected: expected.to_str().into_owned(),
            found: names(presented),
        },
        CertificateError::UnknownIssuer | CertificateError::BadSignature => AttemptError::BrokerCa,
        CertificateError::ExpiredContext { not_after, .. } => AttemptError::BrokerTime {
            span: format!("ended on {}", date(*not_after)),
        },
        CertificateError::NotValidYetContext { not_before, .. } => AttemptError::BrokerTime {
            span: format!("begins on {}", date(*not_before)),
        },
        other => AttemptError::BrokerCertificate(rustls::Error::InvalidCertificate(other.clone())),
    }
}

/// The library shows names as `DnsName("a")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name
            .split_once("(\"")
            .and_then(|(_, rest)| rest.split_once("\")"));
        inner.map_or_else(|| name.clone(), |(inner, _)| inner.to_owned())
    };
    if presented.is_empty() {
        return "no name at all".to_owned();
    }
    let mut shown: Vec<String> = presented.iter().take(MOST_NAMES).map(bare).collect();
    if presented.len() > MOST_NAMES {
        shown.push("others".to_owned());
    }
    shown.join(", ")
}

fn date(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "a date out of this world".to_owned())
}

/// The error of TLS among the causes. One that travels inside an `io::Error` is not among its sources.
fn of_tls<'a>(err: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(err);
    while let Some(err) = next {
        if let Some(found) = err.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let inside = err
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .and_then(|inner| of_tls(inner));
        if inside.is_some() {
            return inside;
        }
        next = err.source();
    }
    None
}

/// Names of a broker that a message shows.
const MOST_NAMES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Chain;

    fn told(err: rustls::Error) -> String {
        let inner = io::Error::new(io::ErrorKind::InvalidData, err);
        verdict(&io::Error::other(inner)).map_or_else(String::new, |err| Chain(&err).to_string())
    }

    #[test]
    fn a_wrong_name_is_told_with_the_names_there_are() {
        let presented = (0..6).map(|at| format!("DnsName(\"b{at}.example.net\")"));
        let err = CertificateError::NotValidForNameContext {
            expected: "broker.example.net".try_into().unwrap(),
            presented: presented.collect(),
        };
        let text = told(rustls::Error::InvalidCertificate(err));
        assert!(
            text.starts_with(
                "the broker's certificate is for b0.example.net, b1.example.net, b2.example.net, b3.example.net, others, not for broker.example.net:"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_certificate_of_another_time_is_told_with_its_dates() {
        let (time, not_after) = (
            UnixTime::since_unix_epoch(std::time::Duration::ZERO),
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000)),
        );
        let err = CertificateError::ExpiredContext { time, not_after };
        let text = told(rustls::Error::InvalidCertificate(err));
        assert!(text.contains("ended on 2023-11-14T22:13:20Z"), "{text}");
    }

    #[test]
    fn what_is_not_about_certificates_is_left_to_others() {
        assert_eq!(told(rustls::Error::DecryptError), "");
        assert!(verdict(&io::Error::other("x")).is_none());
        let alert = rustls::Error::AlertReceived(AlertDescription::UnknownCA);
        assert!(told(alert).contains("trusts its CA"));
        let alert = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert!(told(alert).contains("in common"));
    }
}
