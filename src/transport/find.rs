//! Whether targets lead anywhere, without connecting: for whoever must know it before a node depends on them.

use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::Instant;
use tokio::time::timeout_at;

use super::attempt::AttemptError;
use super::srv::resolve;
use super::targets::Server;
use super::targets::Targets;

/// Targets that lead nowhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// No servers are named: nothing is configured, or DNS names none.
    #[error("no brokers are found")]
    Servers(#[source] LookupError),
    /// Servers are named, and none of their names has an address.
    #[error("{host} has no address")]
    Address {
        /// The last of the names.
        host: String,
        /// What the system said about it.
        #[source]
        err: LookupError,
    },
    /// It took too long.
    #[error("finding brokers took longer than {} s", .0.as_secs())]
    Late(Duration),
}

/// Why a lookup failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LookupError(Box<AttemptError>);

impl From<AttemptError> for LookupError {
    fn from(err: AttemptError) -> Self {
        Self(Box::new(err))
    }
}

/// The servers that the targets name at this moment and whose names have addresses, in the order of a round.
///
/// # Errors
///
/// [`FindError`] when there is none within `limit`.
pub async fn find(targets: Targets, limit: Duration) -> Result<Vec<Server>, FindError> {
    let deadline = Instant::now() + limit;
    let named = timeout_at(deadline, resolve(targets))
        .await
        .map_err(|_| FindError::Late(limit))?
        .map_err(|err| FindError::Servers(err.into()))?;
    let mut found = Vec::new();
    let mut failure = FindError::Servers(AttemptError::NoServers.into());
    for server in named.servers {
        let lookup = lookup_host((server.host.as_str(), server.port));
        let looked = timeout_at(deadline, lookup).await;
        match looked.map(|addresses| addresses.map(drop)) {
            Ok(Ok(())) => found.push(server),
            Ok(Err(err)) => {
                failure = FindError::Address {
                    host: server.host,
                    err: AttemptError::Host(err).into(),
                };
            }
            Err(_) => {
                failure = FindError::Late(limit);
                break;
            }
        }
    }
    if found.is_empty() {
        return Err(failure);
    }
    Ok(found)
}
