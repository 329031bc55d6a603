//! The identity of a node that nobody named (design §9).

use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;

/// Why the machine yields no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefaultIdentityError {
    /// The host name does not fit the grammar.
    #[error("the host name is no identity, please set identity in the configuration")]
    HostName(#[source] InvalidName),
    /// The host is called `localhost` and its machine id is missing or too short.
    #[error(
        "the host is called localhost and has no machine id, please set identity in the configuration"
    )]
    NoMachineId,
}

/// The host name; for a host called `localhost`, as images are before their first boot, `node-` and the first twelve
/// characters of the machine id.
///
/// The reference asks DNS and facter when the name has fewer than two dots (spec 03 §2.6), so that a name server decides
/// who a node is. Here only the machine itself does.
///
/// # Errors
///
/// [`DefaultIdentityError`] when neither yields a name.
pub fn default_identity(
    host_name: &str,
    machine_id: Option<&str>,
) -> Result<Identity, DefaultIdentityError> {
    let host = host_name.trim().trim_end_matches('.');
    let anonymous = host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().starts_with("localhost.");
    if !anonymous {
        return Identity::new(host).map_err(DefaultIdentityError::HostName);
    }
    let id = machine_id
        .map(str::trim)
        .and_then(|id| id.get(..MACHINE_ID_USED));
    let id = id.filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit()));
    let id = id.ok_or(DefaultIdentityError::NoMachineId)?;
    Identity::new(format!("node-{id}")).map_err(DefaultIdentityError::HostName)
}

/// Enough to tell machines apart, short enough to read aloud.
const MACHINE_ID_USED: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_name_is_the_identity() {
        for (host, identity) in [
            ("n1.example.net", "n1.example.net"),
            ("n1", "n1"),
            ("n1.example.net.\n", "n1.example.net"),
        ] {
            assert_eq!(default_identity(host, None).unwrap().as_str(), identity);
        }
    }

    #[test]
    fn a_host_called_localhost_is_named_after_its_machine() {
        let id = Some("0123456789abcdef0123456789abcdef\n");
        for host in ["localhost", "localhost.localdomain", "LocalHost", ""] {
            assert_eq!(
                default_identity(host, id).unwrap().as_str(),
                "node-0123456789ab"
            );
        }
        for missing in [None, Some(""), Some("short"), Some("uninitialized")] {
            assert_eq!(
                default_identity("localhost", missing),
                Err(DefaultIdentityError::NoMachineId)
            );
        }
    }

    #[test]
    fn a_host_name_outside_the_grammar_is_no_identity() {
        assert!(matches!(
            default_identity("a..b", None),
            Err(DefaultIdentityError::HostName(_))
        ));
    }
}
