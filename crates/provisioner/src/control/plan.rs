//! What a node would become. Pure; secrets are masked here, before anything is sent.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use muster::protocol::names::Identity;
use serde::Deserialize;
use serde::Serialize;

use crate::helper::Decision;

/// What would be done with a node now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDocument {
    /// The node.
    pub identity: String,
    /// What the helper decides.
    pub decision: Course,
    /// Its message.
    pub message: String,
    /// When it wants to be asked again, where it says so.
    pub retry_after_seconds: Option<u64>,
    /// What would change in the node's configuration, keys sorted.
    pub changes: Vec<Change>,
    /// The certificate it would get.
    pub certificate: Option<CertificateSummary>,
    /// What else is worth knowing: why there is no certificate, what would be refused.
    pub notes: Vec<String>,
}

/// What a helper decides about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// The node gets its configuration.
    Configure,
    /// Later.
    Defer,
    /// The node is to end.
    Shutdown,
}

/// A key of the node's configuration that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The key.
    pub key: String,
    /// What the node has, as far as it told; nothing where it has no such key.
    pub old: Option<String>,
    /// What it would have; nothing where the key would go.
    pub new: Option<String>,
}

/// What is worth knowing of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSummary {
    /// The names it carries.
    pub names: Vec<String>,
    /// When it ends, seconds since 1970.
    pub not_after: i64,
}

impl PlanDocument {
    /// The plan that follows from a decision. `told` is the configuration that the node has, as far as it told.
    #[must_use]
    pub fn new(identity: &Identity, decision: &Decision, told: &BTreeMap<String, String>) -> Self {
        let mut plan = Self {
            identity: identity.to_string(),
            decision: Course::Defer,
            message: String::new(),
            retry_after_seconds: None,
            changes: Vec::new(),
            certificate: None,
            notes: Vec::new(),
        };
        match decision {
            Decision::Defer {
                message,
                retry_after,
            } => {
                plan.message.clone_from(message);
                plan.retry_after_seconds = retry_after.map(|wait| wait.as_secs());
            }
            Decision::Shutdown { message } => {
                plan.decision = Course::Shutdown;
                plan.message.clone_from(message);
            }
            Decision::Configure(outfit) => {
                plan.decision = Course::Configure;
                plan.message.clone_from(&outfit.message);
                plan.changes = changes(told, &outfit.configuration);
            }
        }
        plan
    }
}

/// What differs between two configurations, keys sorted, secrets masked.
#[must_use]
pub fn changes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Change> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter()
        .filter(|key| old.get(*key) != new.get(*key))
        .map(|key| Change {
            key: key.clone(),
            old: old.get(key).map(|value| masked(key, value)),
            new: new.get(key).map(|value| masked(key, value)),
        })
        .collect()
}

/// A value as it may be shown: none of a secret, and no address with a password in it.
fn masked(key: &str, value: &str) -> String {
    if sounds_secret(key) || (value.contains("://") && value.contains('@')) {
        MASK.to_owned()
    } else {
        value.to_owned()
    }
}

/// Sites have keys of their own, so that the name is all there is to judge by; it errs on the side of hiding.
fn sounds_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| key.contains(word))
}

const MASK: &str = "*****";
const SECRET_WORDS: [&str; 8] = [
    "pass",
    "secret",
    "token",
    "seed",
    "credential",
    "private",
    "signing_key",
    "psk",
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::helper::Outfit;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn change(key: &str, old: Option<&str>, new: Option<&str>) -> Change {
        Change {
            key: key.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        }
    }

    #[test]
    fn only_keys_that_differ_are_shown() {
        let old = settings(&[("a", "1"), ("b", "1"), ("d", "1")]);
        let new = settings(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(
            changes(&old, &new),
            [
                change("b", Some("1"), Some("2")),
                change("c", None, Some("3")),
                change("d", Some("1"), None),
            ]
        );
    }

    #[test]
    fn a_secret_shows_that_it_changes_and_nothing_else() {
        let shown = changes(
            &settings(&[("plugin.nats.pass", "one")]),
            &settings(&[
                ("plugin.nats.pass", "two"),
                (
                    "plugin.choria.middleware_hosts",
                    "nats://me:three@broker:4222",
                ),
                ("site.api_TOKEN", "four"),
            ]),
        );
        assert_eq!(shown.len(), 3);
        let text = serde_json::to_string(&shown).unwrap();
        for secret in ["one", "two", "three", "four"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    #[test]
    fn every_key_that_a_node_keeps_secret_is_masked() {
        let reference = muster::config::reference_markdown();
        let secret: Vec<&str> = reference
            .lines()
            .filter(|line| line.contains("Secret: never shown."))
            .filter_map(|line| line.split('`').nth(1))
            .collect();
        assert!(!secret.is_empty());
        for key in secret {
            assert_eq!(masked(key, "value"), MASK, "{key}");
        }
    }

    #[test]
    fn a_plan_says_what_was_decided() {
        let identity = Identity::new("n1").unwrap();
        let told = BTreeMap::new();
        let plan = |decision: &Decision| PlanDocument::new(&identity, decision, &told);
        let message = || "because".to_owned();

        let deferred = plan(&Decision::Defer {
            message: message(),
            retry_after: Some(Duration::from_secs(90)),
        });
        assert_eq!(deferred.decision, Course::Defer);
        assert_eq!(deferred.retry_after_seconds, Some(90));
        let shutdown = plan(&Decision::Shutdown { message: message() });
        assert_eq!(shutdown.decision, Course::Shutdown);
        let configured = plan(&Decision::Configure(Box::new(Outfit {
            message: message(),
            configuration: settings(&[("identity", "n1")]),
            ..Outfit::default()
        })));
        assert_eq!(configured.decision, Course::Configure);
        assert_eq!(configured.changes, [change("identity", None, Some("n1"))]);
        for plan in [deferred, shutdown, configured] {
            assert_eq!(
                (plan.identity.as_str(), plan.message.as_str()),
                ("n1", "because")
            );
        }
    }
}
