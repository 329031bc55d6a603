//! Why a call could not be made. That nobody answered is not among it: that is a result.

use super::wire::WireError;
use crate::protocol::names::InvalidName;
use crate::security::request::SignerError;

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The connection did not take the request.
    #[error("cannot publish the request")]
    Publish {
        /// Why.
        #[source]
        err: WireError,
    },
    /// A name does not fit into a subject or an envelope.
    #[error("cannot address the request")]
    Name {
        /// Which.
        #[source]
        err: InvalidName,
    },
    /// The signer refused.
    #[error("cannot sign the request")]
    Sign {
        /// Why.
        #[source]
        err: SignerError,
    },
    /// More than a message may have.
    #[error("the request has {size} bytes, which is more than a message may have")]
    TooLarge {
        /// Size of the encoded request.
        size: usize,
    },
    /// Calls without nodes are mistakes.
    #[error("no targets were discovered")]
    NoTargets,
}
