//! What a connection is made with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::backoff::Policy;
use super::inbox::Room;
use super::policy::Renewable;
use super::policy::TlsPolicy;
use super::targets::Targets;
use crate::secret::Secret;

/// What a connection is made with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name that the broker shows for this connection.
    pub name: String,
    /// Where brokers are.
    pub targets: Targets,
    /// When TLS is spoken, and to whom.
    pub tls: TlsPolicy,
    /// Asked before every round of attempts for a protection that takes the place of `tls`.
    pub renewable: Option<Arc<dyn Renewable>>,
    /// How we introduce ourselves.
    pub credentials: Credentials,
    /// Made with every connection, before anyone learns that it stands.
    pub subscriptions: Vec<Subscription>,
    /// Time for one server to answer, and again for the connection to be complete.
    pub connect_timeout: Duration,
    /// Silence after which the broker is asked for a sign of life. The third question without an answer ends the
    /// connection, so a peer that vanished is noticed within three intervals. The reference waits for 2 minutes; the
    /// default of 30 seconds notices within 90, for two small packets per interval.
    pub ping_interval: Duration,
    /// Waits between rounds.
    pub backoff: Policy,
    /// What may wait to be read; more is dropped and counted.
    pub room: Room,
}

impl Config {
    /// The defaults: two seconds to connect, a ping after thirty seconds, waits of up to five seconds. A node, which is one
    /// of many, waits by another policy.
    #[must_use]
    pub fn new(name: impl Into<String>, targets: Targets, tls: TlsPolicy) -> Self {
        Self {
            name: name.into(),
            targets,
            tls,
            renewable: None,
            credentials: Credentials::default(),
            subscriptions: Vec::new(),
            connect_timeout: Duration::from_secs(2),
            ping_interval: Duration::from_secs(30),
            backoff: Policy::FiveSec,
            room: Room::NODE,
        }
    }
}

/// How we introduce ourselves. Whatever is set is sent, together: a node with a provisioning JWT sends token, user and
/// password. A signature of the broker's nonce (protocol version 2) will be one more field here and become an
/// authentication callback in `session`.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// User and password.
    pub user: Option<(String, Secret<String>)>,
    /// Token.
    pub token: Option<Secret<String>>,
}

impl Credentials {
    /// Whether nothing is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.user.is_none() && self.token.is_none()
    }
}

/// Subjects to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pattern: String,
    group: Option<String>,
}

/// A pattern or group that a broker would not understand. The text is not part of the error: it may come from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a valid subscription: tokens joined by dots, `*` for one token, `>` for the rest, no white space"
)]
pub struct BadPattern;

impl Subscription {
    /// A pattern of subjects, such as `provisioning.node.n1` or `c.reply.x.*`.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] when the text is none.
    pub fn new(pattern: impl Into<String>) -> Result<Self, BadPattern> {
        let pattern = pattern.into();
        let last = pattern.split('.').count().saturating_sub(1);
        let fits = |(at, token): (usize, &str)| match token {
            "*" => true,
            ">" => at == last,
            _ => is_token(token),
        };
        if pattern.len() <= MAX_PATTERN && pattern.split('.').enumerate().all(fits) {
            Ok(Self {
                pattern,
                group: None,
            })
        } else {
            Err(BadPattern)
        }
    }

    /// Shares the messages with the other members of a group.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] when the name is none.
    pub fn in_group(self, group: impl Into<String>) -> Result<Self, BadPattern> {
        let group = group.into();
        if group.len() <= MAX_PATTERN && group.split('.').all(is_token) {
            Ok(Self {
                group: Some(group),
                ..self
            })
        } else {
            Err(BadPattern)
        }
    }

    /// The pattern.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The group, if it has one.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// Well below the 4096 bytes that a broker takes as one line.
const MAX_PATTERN: usize = 512;

fn is_token(token: &str) -> bool {
    !token.is_empty()
        && token
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'*' && b != b'>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_alone_and_the_rest_comes_last() {
        for good in ["a", "a.b", "a.*", "*.b", "a.>", ">"] {
            assert!(Subscription::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "a.",
            "a..b",
            "a b",
            "a.>.b",
            "a*",
            "a.b>",
            "a\r\nPUB x",
        ] {
            assert!(Subscription::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_group_is_one_plain_word() {
        let subscription = || Subscription::new("a").unwrap();
        assert_eq!(subscription().in_group("g").unwrap().group(), Some("g"));
        assert_eq!(subscription().in_group("g 2"), Err(BadPattern));
        assert_eq!(subscription().in_group(""), Err(BadPattern));
    }

    #[test]
    fn debug_shows_no_credential() {
        let mut config = Config::new("n1", Targets::Servers(Vec::new()), TlsPolicy::Disabled);
        config.credentials = Credentials {
            user: Some(("bob".into(), Secret::new("hunter2".into()))),
            token: Some(Secret::new("s3cret".into())),
        };
        let text = format!("{config:?}");
        assert!(text.contains("bob") && !text.contains("hunter2") && !text.contains("s3cret"));
    }
}
