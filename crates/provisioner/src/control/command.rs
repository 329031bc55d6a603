//! The commands and answers of the control socket.

use std::fmt;
use std::time::Duration;

use muster::protocol::names::Identity;
use serde::Deserialize;
use serde::Serialize;

use crate::control::plan::PlanDocument;
use crate::control::status::StatusDocument;
use crate::table::Row;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Every node, and why it waits.
    Hosts,
    /// How the provisioner is.
    Status,
    /// Begin nothing any more: no calls, no helpers, no discovery.
    Pause {
        /// Why, for whoever wonders later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// Go on.
    Resume,
    /// Finish what is begun, then end.
    Drain,
    /// Try this node now, whatever it waits for.
    Retry {
        /// The node.
        #[serde(with = "name")]
        identity: Identity,
    },
    /// Provision this node, which waits for a person's word.
    Approve {
        /// The node.
        #[serde(with = "name")]
        identity: Identity,
    },
    /// Say what this node would become, and do nothing.
    Plan {
        /// The node.
        #[serde(with = "name")]
        identity: Identity,
    },
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Command::Hosts`].
    Hosts {
        /// One row for each node.
        rows: Vec<Row>,
    },
    /// To [`Command::Status`].
    Status(Box<StatusDocument>),
    /// To commands that change something.
    Done {
        /// What was done, one line.
        message: String,
    },
    /// To [`Command::Plan`].
    Plan(Box<PlanDocument>),
    /// To any command.
    Refused {
        /// Why, one clause.
        reason: String,
    },
}

impl Command {
    /// How long its answer may take: a plan asks the node and the helper, everything else is known.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        match self {
            Self::Plan { .. } => Duration::from_secs(120),
            Self::Hosts
            | Self::Status
            | Self::Pause { .. }
            | Self::Resume
            | Self::Drain
            | Self::Retry { .. }
            | Self::Approve { .. } => Duration::from_secs(10),
        }
    }
}

/// Why somebody paused: 1 to 200 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

/// A text that is no [`Reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason has 1 to {LONGEST_REASON} characters on one line")]
pub struct InvalidReason;

impl Reason {
    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = InvalidReason;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim();
        let fits = (1..=LONGEST_REASON).contains(&text.chars().count())
            && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidReason)
    }
}

impl std::str::FromStr for Reason {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identity as a text that its grammar has accepted.
mod name {
    use muster::protocol::names::Identity;
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(
        identity: &Identity,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(identity.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Identity, D::Error> {
        Identity::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

const LONGEST_REASON: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(text: &str) -> Identity {
        Identity::new(text).unwrap()
    }

    fn read(text: &str) -> Result<Command, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_command_is_its_name_and_its_node() {
        let web = || identity("web1.example.net");
        for (command, text) in [
            (Command::Hosts, r#"{"command":"hosts"}"#),
            (Command::Status, r#"{"command":"status"}"#),
            (Command::Pause { reason: None }, r#"{"command":"pause"}"#),
            (
                Command::Pause {
                    reason: "new CA".parse().ok(),
                },
                r#"{"command":"pause","reason":"new CA"}"#,
            ),
            (Command::Resume, r#"{"command":"resume"}"#),
            (Command::Drain, r#"{"command":"drain"}"#),
            (
                Command::Retry { identity: web() },
                r#"{"command":"retry","identity":"web1.example.net"}"#,
            ),
            (
                Command::Approve { identity: web() },
                r#"{"command":"approve","identity":"web1.example.net"}"#,
            ),
            (
                Command::Plan { identity: web() },
                r#"{"command":"plan","identity":"web1.example.net"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&command).unwrap(), text);
            assert_eq!(read(text).unwrap(), command, "{text}");
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for text in [
            "",
            "7",
            "{}",
            r#"{"command":"explode"}"#,
            r#"{"command":"retry"}"#,
            r#"{"command":"retry","identity":"a b"}"#,
            r#"{"command":"retry","identity":"a","force":true}"#,
            r#"{"command":"pause","reason":"two\nlines"}"#,
            r#"{"command":"pause","reason":" "}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(" a ".parse::<Reason>().unwrap().as_str(), "a");
        "x".repeat(LONGEST_REASON).parse::<Reason>().unwrap();
        for bad in ["", "  ", "a\u{1b}[2J", &"x".repeat(LONGEST_REASON + 1)] {
            assert_eq!(bad.parse::<Reason>(), Err(InvalidReason), "{bad:?}");
        }
    }
}
