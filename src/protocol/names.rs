//! Names on the wire. Each constructor is the validation; whoever holds a value need not check it again.

use std::fmt;

/// A name that its grammar refuses. The offending text is not part of the error: it may come from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {rule}")]
pub struct InvalidName {
    /// What the name should have been.
    pub kind: &'static str,
    /// The rule it breaks.
    pub rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks the text against the grammar of the name.
            ///
            /// # Errors
            ///
            /// [`InvalidName`] when the grammar refuses the text.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(InvalidName { kind: $kind, rule: $rule }) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }
    };
}

name!(
    /// Name of a node: labels of letters, digits, `_` and `-`, joined by single dots, 253 bytes at most.
    Identity,
    "identity",
    "labels of letters, digits, '_' and '-' joined by single dots, 253 bytes at most",
    |text| text.len() <= 253 && labels(text)
);

name!(
    /// Name of a collective; same grammar as an identity, 64 bytes at most.
    Collective,
    "collective",
    "labels of letters, digits, '_' and '-' joined by single dots, 64 bytes at most",
    |text| text.len() <= 64 && labels(text)
);

name!(
    /// Name of an agent: letters, digits, `_` and `-`, 64 bytes at most.
    AgentName,
    "agent name",
    "letters, digits, '_' and '-', 64 bytes at most",
    |text| !text.is_empty() && text.len() <= 64 && text.bytes().all(label_byte)
);

name!(
    /// Id of a request: 32 printable characters without white space (spec 01 §1.6).
    RequestId,
    "request id",
    "32 printable characters",
    |text| text.len() == 32 && text.bytes().all(|b| b.is_ascii_graphic())
);

name!(
    /// Who asks: `kind=name`. Any printable text is accepted here, [`CallerId::name`] tells whether it has that form.
    CallerId,
    "caller id",
    "1 to 256 bytes without control characters",
    |text| !text.is_empty() && text.len() <= 256 && !text.chars().any(char::is_control)
);

name!(
    /// Identity of a sending process as it says itself; not verified by anything.
    SenderId,
    "sender id",
    "at most 256 bytes without control characters",
    |text| text.len() <= 256 && !text.chars().any(char::is_control)
);

name!(
    /// A NATS subject to publish to: tokens joined by dots, no white space, no wildcards.
    Subject,
    "subject",
    "tokens joined by dots without white space or wildcards, 512 bytes at most",
    |text| {
        text.len() <= 512
            && text.split('.').all(|token| {
                !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'>')
            })
    }
);

impl CallerId {
    /// The part after `kind=` when the whole text has the form `[a-z]+=[\w.-]+`.
    ///
    /// The reference leaves the end of the pattern open (spec 01 W9); here the whole text must fit.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let (kind, name) = self.0.split_once('=')?;
        let kind_fits = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase());
        let name_fits = !name.is_empty() && name.bytes().all(|b| label_byte(b) || b == b'.');
        (kind_fits && name_fits).then_some(name)
    }
}

impl Subject {
    /// `<collective>.broadcast.agent.<agent>`
    #[must_use]
    pub fn broadcast(collective: &Collective, agent: &AgentName) -> Self {
        Self(format!("{collective}.broadcast.agent.{agent}"))
    }

    /// `<collective>.node.<identity>`
    #[must_use]
    pub fn node(collective: &Collective, identity: &Identity) -> Self {
        Self(format!("{collective}.node.{identity}"))
    }

    /// `choria.lifecycle.event.<kind>.<component>`
    #[must_use]
    pub fn lifecycle(kind: &str, component: &str) -> Self {
        Self(format!("choria.lifecycle.event.{kind}.{component}"))
    }

    /// Whether a node may publish a reply here: `<collective>.reply.>` or `choria.federation.<cluster>.collective`.
    ///
    /// The header that names the subject is not signed (spec 01 W1), so a node must not follow it everywhere. The
    /// first token is not compared with the node's own collectives, because the reference's command line uses its main
    /// collective there, whatever collective it asks.
    #[must_use]
    pub fn accepts_replies(&self) -> bool {
        let mut tokens = self.0.split('.');
        let (Some(first), Some(second), Some(third)) =
            (tokens.next(), tokens.next(), tokens.next())
        else {
            return false;
        };
        if first == "choria" && second == "federation" {
            return tokens.next() == Some("collective")
                && tokens.next().is_none()
                && !third.is_empty();
        }
        second == "reply" && !first.starts_with('$') && !first.starts_with('_')
    }
}

fn labels(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(label_byte))
}

const fn label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_cannot_widen_a_subscription() {
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a b",
            "a*",
            ">",
            "a.>",
            "a\n",
            "ä",
            &"a".repeat(254),
        ] {
            assert!(Identity::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "node1.example.net", "a_b-c.D"] {
            assert!(Identity::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_caller_has_a_name_only_when_the_whole_text_fits() {
        let name = |text: &str| CallerId::new(text).unwrap().name().map(str::to_owned);
        assert_eq!(
            name("choria=bob.mcollective"),
            Some("bob.mcollective".into())
        );
        for bad in [
            "choria=bob;x",
            "fooBar=x",
            "x",
            "=x",
            "choria=",
            "choria=a=b",
        ] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn replies_go_only_where_replies_are_read() {
        let accepted = |text: &str| Subject::new(text).unwrap().accepts_replies();
        assert!(accepted("provisioning.reply.tester.16830"));
        assert!(accepted("mcollective.reply.ef9a.d539"));
        assert!(accepted("choria.federation.pilot.collective"));
        for bad in [
            "dev.null",
            "a.node.b",
            "a.broadcast.agent.rpcutil",
            "choria.lifecycle.event.startup.server",
            "$SYS.reply.x",
            "_INBOX.reply.x",
            "a.reply",
            "choria.federation.x.collective.y",
        ] {
            assert!(!accepted(bad), "{bad}");
        }
    }
}
