//! The first line of a broker, as far as it matters before connecting. Pure.

use serde::Deserialize;

use super::attempt::plain;
use crate::protocol::MAX_MESSAGE;

/// What a broker says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokerInfo {
    /// Name of the broker, its id where it has none.
    pub(super) name: String,
    /// Version of the broker.
    pub(super) version: String,
    /// What it says about TLS.
    pub(super) tls: TlsOffer,
    /// Whether it wants credentials.
    pub(super) auth_required: bool,
    /// Largest payload it takes.
    pub(super) max_payload: usize,
}

/// What a broker says about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsOffer {
    /// Nothing.
    Nothing,
    /// It is there for who wants it.
    Available,
    /// Nothing goes without.
    Required,
}

/// A first line that is none of a broker.
#[derive(Debug, thiserror::Error)]
pub(super) enum InfoError {
    #[error("the peer does not speak NATS")]
    NotNats,
    #[error("the broker's INFO is not understood")]
    Json(#[source] serde_json::Error),
}

impl BrokerInfo {
    /// Reads a line without its end.
    pub(super) fn parse(line: &[u8]) -> Result<Self, InfoError> {
        let json = line.strip_prefix(PREFIX).ok_or(InfoError::NotNats)?;
        let raw: Raw = serde_json::from_slice(json).map_err(InfoError::Json)?;
        let tls = match (raw.tls_required, raw.tls_available) {
            (true, _) => TlsOffer::Required,
            (false, true) => TlsOffer::Available,
            (false, false) => TlsOffer::Nothing,
        };
        let name = if raw.server_name.is_empty() {
            raw.server_id
        } else {
            raw.server_name
        };
        Ok(Self {
            name: plain(&name, 128),
            version: plain(&raw.version, 32),
            tls,
            auth_required: raw.auth_required,
            max_payload: raw
                .max_payload
                .and_then(|size| usize::try_from(size).ok())
                .filter(|size| *size > 0)
                .unwrap_or(MAX_MESSAGE),
        })
    }
}

/// How the first line of every broker begins.
pub(super) const PREFIX: &[u8] = b"INFO ";

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Raw {
    server_id: String,
    server_name: String,
    version: String,
    tls_required: bool,
    tls_available: bool,
    auth_required: bool,
    max_payload: Option<i64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The first line of nats-server 2.9.10 with `tls` and `allow_non_tls`, shortened by its address.
    const OPTIONAL: &str = r#"INFO {"server_id":"NB7X","server_name":"broker1","version":"2.9.10","proto":1,"git_commit":"x","go":"go1.19.4","host":"127.0.0.1","port":4222,"headers":true,"auth_required":true,"tls_available":true,"max_payload":1048576,"client_id":5,"client_ip":"127.0.0.1"} "#;

    #[test]
    fn a_real_line_is_read() {
        let info = BrokerInfo::parse(OPTIONAL.as_bytes()).unwrap();
        assert_eq!(info.name, "broker1");
        assert_eq!(info.version, "2.9.10");
        assert_eq!(info.tls, TlsOffer::Available);
        assert!(info.auth_required);
        assert_eq!(info.max_payload, 1_048_576);
    }

    #[test]
    fn required_outranks_available_and_absence_is_nothing() {
        let tls = |json: &str| {
            BrokerInfo::parse(format!("INFO {json}").as_bytes())
                .unwrap()
                .tls
        };
        assert_eq!(
            tls(r#"{"tls_required":true,"tls_available":true}"#),
            TlsOffer::Required
        );
        assert_eq!(tls(r#"{"tls_required":true}"#), TlsOffer::Required);
        assert_eq!(tls("{}"), TlsOffer::Nothing);
    }

    #[test]
    fn what_is_not_info_is_told_apart_from_broken_info() {
        assert!(matches!(
            BrokerInfo::parse(b"SSH-2.0-x"),
            Err(InfoError::NotNats)
        ));
        assert!(matches!(
            BrokerInfo::parse(b"INFO {"),
            Err(InfoError::Json(_))
        ));
        let deep = format!("INFO {}", r#"{"a":"#.repeat(10_000));
        assert!(matches!(
            BrokerInfo::parse(deep.as_bytes()),
            Err(InfoError::Json(_))
        ));
    }

    #[test]
    fn a_name_cannot_forge_a_log_line() {
        let info = BrokerInfo::parse(br#"INFO {"server_name":"a\n\u001b[31mb"}"#).unwrap();
        assert!(!info.name.chars().any(char::is_control));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let line = [PREFIX, &bytes].concat();
            if let Ok(info) = BrokerInfo::parse(&line) {
                prop_assert!(info.max_payload > 0);
            }
        }
    }
}
