//! Events of this process, as they are written.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::protocol::names::Identity;
use crate::protocol::names::Subject;

/// What happened to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Subscribed and ready for requests.
    Startup,
    /// Still there.
    Alive,
    /// `configure` succeeded.
    Provisioned,
    /// About to leave in an orderly way.
    Shutdown,
}

/// As what the node speaks; peers listen for these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// An ordinary managed node.
    Server,
    /// A node in provisioning mode.
    ProvisionModeServer,
    /// A provisioner.
    Provisioner,
}

/// One event, to be published once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// `UUIDv4` with dashes, new for every event.
    pub id: String,
    /// The node.
    pub identity: Identity,
    /// As what it speaks.
    pub component: Component,
    /// When, in seconds since 1970.
    pub timestamp: i64,
    /// Version of the node's software.
    pub version: String,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `CloudEvents` 1.0 around the event.
    #[default]
    CloudEvents,
    /// The bare event (`plugin.choria.legacy_lifecycle_format`).
    Legacy,
}

impl Event {
    /// Where the event is published.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::lifecycle(self.kind.as_str(), self.component.as_str())
    }

    /// The event as JSON.
    #[must_use]
    pub fn encode(&self, format: Format) -> Vec<u8> {
        let protocol = format!("io.choria.lifecycle.v1.{}", self.kind.as_str());
        let version =
            matches!(self.kind, Kind::Startup | Kind::Alive).then_some(self.version.as_str());
        let inner = Inner {
            protocol: &protocol,
            id: &self.id,
            identity: self.identity.as_str(),
            component: self.component.as_str(),
            timestamp: self.timestamp,
            version,
        };
        let bytes = match format {
            Format::Legacy => serde_json::to_vec(&inner),
            Format::CloudEvents => serde_json::to_vec(&CloudEvent {
                specversion: "1.0",
                id: &self.id,
                source: "io.choria.lifecycle",
                kind: &protocol,
                subject: self.identity.as_str(),
                datacontenttype: "application/json",
                time: rfc3339(self.timestamp),
                data: inner,
            }),
        };
        bytes.unwrap_or_default()
    }
}

impl Kind {
    /// The kind with this name in subjects and protocols.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Startup,
            Self::Alive,
            Self::Provisioned,
            Self::Shutdown,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }

    /// The name in subjects and protocols.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Alive => "alive",
            Self::Provisioned => "provisioned",
            Self::Shutdown => "shutdown",
        }
    }
}

impl Component {
    /// The name in subjects and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::ProvisionModeServer => "provision_mode_server",
            Self::Provisioner => "provisioner",
        }
    }
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'static str,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: &'a str,
    datacontenttype: &'static str,
    time: String,
    data: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    protocol: &'a str,
    id: &'a str,
    identity: &'a str,
    component: &'a str,
    timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

fn rfc3339(timestamp: i64) -> String {
    OffsetDateTime::from_unix_timestamp(timestamp)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: Kind, component: Component) -> Event {
        Event {
            kind,
            id: "01e72410-d734-4611-9485-8c6a2dd2579b".into(),
            identity: Identity::new("node1.example.net").unwrap(),
            component,
            timestamp: 1_535_106_973,
            version: "0.29.4".into(),
        }
    }

    #[test]
    fn a_startup_event_is_the_recorded_document() {
        let event = event(Kind::Startup, Component::ProvisionModeServer);
        assert_eq!(
            event.subject().as_str(),
            "choria.lifecycle.event.startup.provision_mode_server"
        );
        assert_eq!(
            String::from_utf8(event.encode(Format::CloudEvents)).unwrap(),
            concat!(
                r#"{"specversion":"1.0","id":"01e72410-d734-4611-9485-8c6a2dd2579b","source":"io.choria.lifecycle","#,
                r#""type":"io.choria.lifecycle.v1.startup","subject":"node1.example.net","datacontenttype":"application/json","#,
                r#""time":"2018-08-24T10:36:13Z","data":{"protocol":"io.choria.lifecycle.v1.startup","#,
                r#""id":"01e72410-d734-4611-9485-8c6a2dd2579b","identity":"node1.example.net","#,
                r#""component":"provision_mode_server","timestamp":1535106973,"version":"0.29.4"}}"#
            )
        );
    }

    /// Spec 05 §4.3, as recorded from the reference's provisioner but for the values.
    #[test]
    fn a_provisioner_announces_itself_without_an_envelope() {
        let event = event(Kind::Startup, Component::Provisioner);
        assert_eq!(
            event.subject().as_str(),
            "choria.lifecycle.event.startup.provisioner"
        );
        assert_eq!(
            String::from_utf8(event.encode(Format::Legacy)).unwrap(),
            concat!(
                r#"{"protocol":"io.choria.lifecycle.v1.startup","id":"01e72410-d734-4611-9485-8c6a2dd2579b","#,
                r#""identity":"node1.example.net","component":"provisioner","timestamp":1535106973,"version":"0.29.4"}"#
            )
        );
    }

    #[test]
    fn a_legacy_shutdown_event_has_no_version() {
        let text =
            String::from_utf8(event(Kind::Shutdown, Component::Server).encode(Format::Legacy))
                .unwrap();
        assert!(text.starts_with(r#"{"protocol":"io.choria.lifecycle.v1.shutdown""#));
        assert!(!text.contains("version\""));
    }
}
